// date, with the formats of strftime(3) and the dates that scripts write.
package command

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"belay/runner/rehearsal/process"
)

// clockMark holds by how much the host's clock is ahead, as long as it is there:
// the fault clock.
const clockMark = "/etc/belay/faults/clock"

func clockOff(c *process.Call) time.Duration {
	text, err := c.Files().ReadFile(clockMark)
	if err != nil {
		return 0
	}
	d, _ := time.ParseDuration(strings.TrimSpace(string(text)))
	return d
}

func date(c *process.Call) int {
	o, ok := parse(c, "ud:r:IR", map[string]byte{"utc": 'u', "date": 'd', "reference": 'r', "iso-8601": 'Z', "rfc-3339": '3'})
	if !ok {
		return 2
	}
	when := time.Now().Add(clockOff(c))
	if spec, ok := o.set['d']; ok {
		var err error
		if when, err = parseDate(spec, when); err != nil {
			return c.Fail("invalid date '%s'", spec)
		}
	}
	if ref, ok := o.set['r']; ok {
		info, err := c.Files().Stat(c.Abs(ref), true)
		if err != nil {
			return fail(c, ref, err)
		}
		when = info.ModTime()
	}
	// A simulated host is in UTC, whatever the machine of the operator is in.
	when = when.UTC()
	format := "%a %b %e %H:%M:%S %Z %Y"
	switch {
	case o.has('I'), o.has('Z') && (o.set['Z'] == "" || o.set['Z'] == "date"):
		format = "%F"
	case o.has('Z'):
		format = "%FT%T+00:00"
	case o.has('3'):
		format = "%F %T+00:00"
	case o.has('R'):
		format = "%a, %d %b %Y %H:%M:%S %z"
	}
	if len(o.rest) > 0 {
		if !strings.HasPrefix(o.rest[0], "+") {
			return c.Usage("setting the clock")
		}
		format = o.rest[0][1:]
	}
	text, err := strftime(format, when)
	if err != nil {
		return c.Usage("%v", err)
	}
	fmt.Fprintln(c.Stdout(), text)
	return 0
}

var layouts = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04",
	'y': "06", 'b': "Jan", 'B': "January", 'h': "Jan", 'a': "Mon", 'A': "Monday", 'e': "_2", 'I': "03", 'p': "PM", 'z': "-0700", 'Z': "MST",
	'D': "01/02/06", 'N': "000000000", 'c': "Mon Jan _2 15:04:05 2006", 'k': "15",
}

func strftime(format string, t time.Time) (string, error) {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if strings.HasPrefix(format[i:], "3N") {
			fmt.Fprintf(&b, "%03d", t.Nanosecond()/1e6)
			i++
			continue
		}
		if format[i] == '-' && i+1 < len(format) {
			i++
			b.WriteString(strings.TrimLeft(t.Format(layouts[format[i]]), "0 "))
			continue
		}
		switch verb := format[i]; {
		case verb == 's':
			b.WriteString(strconv.FormatInt(t.Unix(), 10))
		case verb == 'N':
			fmt.Fprintf(&b, "%09d", t.Nanosecond())
		case verb == 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case verb == 'u':
			fmt.Fprintf(&b, "%d", (int(t.Weekday())+6)%7+1)
		case verb == 'w':
			fmt.Fprintf(&b, "%d", t.Weekday())
		case verb == 'V':
			_, week := t.ISOWeek()
			fmt.Fprintf(&b, "%02d", week)
		case verb == '%':
			b.WriteByte('%')
		case verb == 'n':
			b.WriteByte('\n')
		case verb == 't':
			b.WriteByte('\t')
		case layouts[verb] != "":
			b.WriteString(t.Format(layouts[verb]))
		default:
			return "", fmt.Errorf("format %%%c", verb)
		}
	}
	return b.String(), nil
}

var relative = regexp.MustCompile(`^([+-]?\d+) *(second|sec|minute|min|hour|day|week)s?( ago)?$`)

// parseDate reads what date -d is given in scripts: @SECONDS, a date, now,
// yesterday, "2 hours ago".
func parseDate(spec string, now time.Time) (time.Time, error) {
	spec = strings.TrimSpace(spec)
	if rest, ok := strings.CutPrefix(spec, "@"); ok {
		n, err := strconv.ParseFloat(rest, 64)
		whole := int64(n)
		return time.Unix(whole, int64((n-float64(whole))*1e9)), err
	}
	switch spec {
	case "", "now":
		return now, nil
	case "today":
		return now, nil
	case "yesterday":
		return now.AddDate(0, 0, -1), nil
	case "tomorrow":
		return now.AddDate(0, 0, 1), nil
	}
	if m := relative.FindStringSubmatch(spec); m != nil {
		n, _ := strconv.Atoi(m[1])
		if m[3] != "" {
			n = -n
		}
		unit := map[string]time.Duration{"second": time.Second, "sec": time.Second, "minute": time.Minute, "min": time.Minute,
			"hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}[m[2]]
		return now.Add(time.Duration(n) * unit), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 -0700",
		"2006-01-02 15:04:05 MST", "2006-01-02 15:04", "2006-01-02", "2006-01-02T15:04", time.RFC1123Z, time.UnixDate} {
		if t, err := time.ParseInLocation(layout, spec, time.UTC); err == nil {
			return t, nil
		}
	}
	return now, errors.New("a date that the embedded fleet cannot read")
}
