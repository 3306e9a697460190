// Programs that choose, order and cut lines.
package command

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// fail says that something about name went wrong.
func fail(c *process.Call, name string, err error) int {
	return c.Fail("%s: %s", name, files.Reason(err))
}

// slurp reads all lines of the named files.
func slurp(c *process.Call, names []string) (list []string, status int) {
	status = each(c, names, func(_ string, r io.Reader) error {
		return lines(r, func(line string) error {
			list = append(list, line)
			return nil
		})
	})
	return list, status
}

func spill(w io.Writer, list []string) {
	out := bufio.NewWriter(w)
	for _, line := range list {
		out.WriteString(line)
		out.WriteByte('\n')
	}
	out.Flush()
}

func sortLines(c *process.Call) int {
	o, ok := parse(c, "nruk:t:o:Vhfbgc", map[string]byte{
		"numeric-sort": 'n', "reverse": 'r', "unique": 'u', "key": 'k', "field-separator": 't', "version-sort": 'V', "output": 'o'})
	if !ok {
		return 2
	}
	list, status := slurp(c, o.rest)
	order := keyOrder(o)
	if o.has('c') {
		return max(status, boolStatus(slices.IsSortedFunc(list, order)))
	}
	slices.SortStableFunc(list, func(a, b string) int {
		n := order(a, b)
		if n == 0 && !o.has('u') {
			n = strings.Compare(a, b)
			if o.has('r') {
				n = -n
			}
		}
		return n
	})
	if o.has('u') {
		list = slices.CompactFunc(list, func(a, b string) bool { return order(a, b) == 0 })
	}
	if name, ok := o.set['o']; ok {
		h, err := c.OpenWrite(name, os.O_TRUNC)
		if err != nil {
			return fail(c, name, err)
		}
		defer h.Close()
		spill(h, list)
		return status
	}
	spill(c.Stdout(), list)
	return status
}

func boolStatus(ok bool) int {
	if ok {
		return 0
	}
	return 1
}

// keyOrder compares two lines by the keys and letters of sort.
func keyOrder(o options) func(a, b string) int {
	keys := o.all['k']
	if len(keys) == 0 {
		keys = []string{"1"}
	}
	return func(a, b string) int {
		for _, key := range keys {
			letters := strings.TrimLeft(key, "0123456789,.")
			spec := strings.TrimRight(key, "nrVhfbg")
			n := compareBy(letters, o, sortKey(a, spec, o), sortKey(b, spec, o))
			if strings.Contains(letters, "r") || o.has('r') && !strings.Contains(letters, "r") {
				n = -n
			}
			if n != 0 {
				return n
			}
		}
		return 0
	}
}

func compareBy(letters string, o options, a, b string) int {
	is := func(l byte) bool { return strings.IndexByte(letters, l) >= 0 || o.has(l) }
	switch {
	case is('n'), is('h'), is('g'):
		return cmp.Compare(leading(a), leading(b))
	case is('V'):
		return compareVersions(a, b)
	case is('f'):
		a, b = strings.ToUpper(a), strings.ToUpper(b)
	}
	return strings.Compare(a, b)
}

// sortKey is the part of a line that a key such as 2 or 2,3 names.
func sortKey(line, spec string, o options) string {
	from, to, bounded := strings.Cut(spec, ",")
	first, _ := strconv.Atoi(strings.SplitN(from, ".", 2)[0])
	last := math.MaxInt
	if bounded {
		last, _ = strconv.Atoi(strings.SplitN(to, ".", 2)[0])
	}
	if first <= 1 && !bounded {
		return line
	}
	sep, given := o.set['t']
	parts := strings.Fields(line)
	if given {
		parts = strings.Split(line, sep)
	} else {
		sep = " "
	}
	first = min(max(first, 1)-1, len(parts))
	return strings.Join(parts[first:max(first, min(last, len(parts)))], sep)
}

// leading is the number that a text begins with, 0 when with none; a suffix of
// sort -h counts.
func leading(t string) float64 {
	t = strings.TrimSpace(t)
	end := 0
	for end < len(t) && (t[end] >= '0' && t[end] <= '9' || t[end] == '.' || end == 0 && t[end] == '-') {
		end++
	}
	n, _ := strconv.ParseFloat(t[:end], 64)
	if end < len(t) {
		if i := strings.IndexByte("KMGT", t[end]); i >= 0 {
			n *= math.Pow(1024, float64(i+1))
		}
	}
	return n
}

// compareVersions orders 2.9 before 2.40.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		ta, tb := chunk(a), chunk(b)
		na, erra := strconv.Atoi(ta)
		nb, errb := strconv.Atoi(tb)
		n := strings.Compare(ta, tb)
		if erra == nil && errb == nil {
			n = cmp.Compare(na, nb)
		}
		if n != 0 {
			return n
		}
		a, b = a[len(ta):], b[len(tb):]
	}
	return cmp.Compare(len(a), len(b))
}

// chunk is the run of digits or of other characters that t begins with.
func chunk(t string) string {
	digit := t[0] >= '0' && t[0] <= '9'
	for i := range len(t) {
		if (t[i] >= '0' && t[i] <= '9') != digit {
			return t[:i]
		}
	}
	return t
}

func uniq(c *process.Call) int {
	o, ok := parse(c, "cdui", map[string]byte{"count": 'c', "repeated": 'd', "unique": 'u'})
	if !ok {
		return 2
	}
	list, status := slurp(c, o.rest[:min(1, len(o.rest))])
	out := bufio.NewWriter(c.Stdout())
	defer out.Flush()
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && (list[i+n] == list[i] || o.has('i') && strings.EqualFold(list[i+n], list[i])) {
			n++
		}
		if (!o.has('d') || n > 1) && (!o.has('u') || n == 1) {
			if o.has('c') {
				fmt.Fprintf(out, "%7d ", n)
			}
			fmt.Fprintln(out, list[i])
		}
		i += n
	}
	return status
}

// ranges reads a list such as 1,3-5,7-.
func ranges(spec string) (func(int) bool, error) {
	type span struct{ from, to int }
	var spans []span
	for part := range strings.SplitSeq(spec, ",") {
		from, to, dash := strings.Cut(part, "-")
		s := span{1, math.MaxInt}
		var err error
		if from != "" {
			if s.from, err = strconv.Atoi(from); err != nil {
				return nil, err
			}
		}
		if !dash {
			s.to = s.from
		} else if to != "" {
			if s.to, err = strconv.Atoi(to); err != nil {
				return nil, err
			}
		}
		spans = append(spans, s)
	}
	return func(n int) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return n >= s.from && n <= s.to })
	}, nil
}

func cut(c *process.Call) int {
	o, ok := parse(c, "d:f:c:b:s", map[string]byte{"delimiter": 'd', "fields": 'f', "characters": 'c', "only-delimited": 's'})
	if !ok {
		return 2
	}
	spec, byField := o.set['f'], o.has('f')
	if !byField {
		if spec = o.set['c']; spec == "" {
			spec = o.set['b']
		}
	}
	in, err := ranges(spec)
	if err != nil || spec == "" {
		return c.Fail("invalid list: '%s'", spec)
	}
	delim := "\t"
	if o.has('d') {
		delim = o.set['d']
	}
	out := bufio.NewWriter(c.Stdout())
	defer out.Flush()
	return each(c, o.rest, func(_ string, r io.Reader) error {
		return lines(r, func(line string) error {
			parts, joint := strings.Split(line, ""), ""
			if byField {
				if !strings.Contains(line, delim) {
					if !o.has('s') {
						fmt.Fprintln(out, line)
					}
					return nil
				}
				parts, joint = strings.Split(line, delim), delim
			}
			var kept []string
			for i, p := range parts {
				if in(i + 1) {
					kept = append(kept, p)
				}
			}
			_, err := fmt.Fprintln(out, strings.Join(kept, joint))
			return err
		})
	})
}

func seq(c *process.Call) int {
	o, ok := parse(c, "+s:w", nil)
	if !ok {
		return 2
	}
	nums := make([]int, len(o.rest))
	for i, a := range o.rest {
		n, err := strconv.Atoi(a)
		if err != nil {
			return c.Fail("invalid argument: '%s'", a)
		}
		nums[i] = n
	}
	first, step, last := 1, 1, 0
	switch len(nums) {
	case 1:
		last = nums[0]
	case 2:
		first, last = nums[0], nums[1]
	case 3:
		first, step, last = nums[0], nums[1], nums[2]
	default:
		return c.Fail("missing operand")
	}
	if step == 0 {
		return c.Fail("invalid Zero increment value: '0'")
	}
	sep := "\n"
	if o.has('s') {
		sep = o.set['s']
	}
	width := 0
	if o.has('w') {
		width = max(len(strconv.Itoa(first)), len(strconv.Itoa(last)))
	}
	out := bufio.NewWriter(c.Stdout())
	for n := first; step > 0 && n <= last || step < 0 && n >= last; n += step {
		if n != first {
			out.WriteString(sep)
		}
		fmt.Fprintf(out, "%0*d", width, n)
	}
	out.WriteString("\n")
	out.Flush()
	return 0
}
