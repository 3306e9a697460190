package steps

// The rule of this file: hosts are taken in the group's order, as many at a
// time as the file says, and every batch is known before the first begins.

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// BatchSize is how many hosts go together: a number of them, or a share of the
// group.
type BatchSize struct {
	N       int
	Percent bool
}

var shareOfHosts = regexp.MustCompile(`^([1-9][0-9]?|100)%$`)

// UnmarshalTOML reads a positive number, or text such as "20%".
func (b *BatchSize) UnmarshalTOML(raw any) error {
	switch x := raw.(type) {
	case int64:
		if x >= 1 && x <= 1<<20 {
			*b = BatchSize{N: int(x)}
			return nil
		}
		return fmt.Errorf(`%d: want at least 1 host, or a share of them such as "20%%"`, x)
	case string:
		if m := shareOfHosts.FindStringSubmatch(x); m != nil {
			n, err := strconv.Atoi(m[1])
			*b = BatchSize{N: n, Percent: true}
			return err
		}
		hint := ""
		if n, err := strconv.Atoi(strings.TrimSpace(x)); err == nil && n > 0 {
			hint = fmt.Sprintf("; did you mean %d, or \"%d%%\"?", n, min(n, 100))
		}
		return fmt.Errorf(`%q: want a number of hosts such as 5, or "1%%" to "100%%" of them%s`, x, hint)
	}
	return fmt.Errorf(`want a number of hosts such as 5, or a share of them such as "20%%", not %s`, kindName(raw))
}

func (b BatchSize) String() string {
	if b.Percent {
		return strconv.Itoa(b.N) + "%"
	}
	return strconv.Itoa(b.N)
}

// of gives the size among so many hosts; a share is rounded up.
func (b BatchSize) of(hosts int) int {
	if !b.Percent {
		return b.N
	}
	return (hosts*b.N + 99) / 100
}

// saysBatch spells a step's batches and limit in short.
func (s *Step) saysBatch() string {
	if len(s.Batch) == 0 {
		return "no batch"
	}
	return fmt.Sprintf("batch = %s, max_failures = %d", sizes(s.Batch), s.MaxFailures)
}

// sizes spells batches as the file does.
func sizes(list []BatchSize) string {
	var words []string
	for _, b := range list {
		word := b.String()
		if b.Percent {
			word = strconv.Quote(word)
		}
		words = append(words, word)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// batchSizes is how many of some hosts each batch takes; the last size repeats.
func batchSizes(list []BatchSize, hosts int) []int {
	var out []int
	for left := hosts; left > 0; {
		n := min(left, list[min(len(out), len(list)-1)].of(hosts))
		out, left = append(out, n), left-n
	}
	return out
}

// batches parts the hosts of a segment into those that go together: as the file
// says; else one by one in a block, and all at once elsewhere.
func (g segment) batches() [][]string {
	hosts, size := g.hosts(), g.steps[0].Batch
	switch {
	case len(size) > 0:
	case g.block != "":
		size = []BatchSize{{N: 1}}
	default:
		return [][]string{hosts}
	}
	var out [][]string
	for _, n := range batchSizes(size, len(hosts)) {
		out, hosts = append(out, hosts[:n]), hosts[n:]
	}
	return out
}

// batched reports whether the file says how many hosts go at a time.
func (g segment) batched() bool { return len(g.steps[0].Batch) > 0 }

// batchOf gives the place of a host's batch, counted from 1, and how many there
// are; 0 and 0 where the file names none.
func (g segment) batchOf(host string) (n, of int) {
	if !g.batched() {
		return 0, 0
	}
	all := g.batches()
	return 1 + slices.IndexFunc(all, func(hosts []string) bool { return slices.Contains(hosts, host) }), len(all)
}

// Ramp is a step, or a block, that goes in batches.
type Ramp struct {
	Name        string // the block, else the step's title
	steps       []*Step
	Sizes       []int // of its batches
	Hosts       int
	MaxFailures int
}

// Ramps gives what of some tasks goes in batches, in the file's order, with the
// hosts counted that the tasks are on.
func (c *Case) Ramps(tasks []Task) []Ramp {
	var out []Ramp
	on := map[*Step]map[string]bool{} // hosts, by the first step of the segment
	for _, t := range tasks {
		s := c.inForce(t.Step)
		if s == nil || len(s.Batch) == 0 {
			continue
		}
		g := c.segmentOf(s)
		if on[g.steps[0]] == nil {
			on[g.steps[0]] = map[string]bool{}
			out = append(out, Ramp{Name: firstOf(g.block, s.Title), steps: g.steps, MaxFailures: s.MaxFailures})
		}
		on[g.steps[0]][t.Host] = true
	}
	for i := range out {
		r := &out[i]
		for _, hosts := range (segment{r.steps[0].Block, r.steps}).batches() {
			n := 0
			for _, h := range hosts {
				if on[r.steps[0]][h] {
					n++
				}
			}
			if r.Hosts += len(hosts); n > 0 {
				r.Sizes = append(r.Sizes, n)
			}
		}
	}
	return out
}

// String says the batches in words, and what stops the next one: "1, then 5,
// then 7 and 7 of 20 hosts; a host in trouble stops the rest".
func (r Ramp) String() string {
	var parts []string
	for i := 0; i < len(r.Sizes); {
		n := 1
		for i+n < len(r.Sizes) && r.Sizes[i+n] == r.Sizes[i] {
			n++
		}
		switch text := strconv.Itoa(r.Sizes[i]); n {
		case 1:
			parts = append(parts, text)
		case 2:
			parts = append(parts, text+" and "+text)
		default:
			parts = append(parts, fmt.Sprintf("%d times %s", n, text))
		}
		i += n
	}
	stops := "a host in trouble stops the rest"
	if r.MaxFailures > 0 {
		stops = fmt.Sprintf("up to %d in trouble are passed over", r.MaxFailures)
	}
	return fmt.Sprintf("%s of %d hosts; %s", strings.Join(parts, ", then "), r.Hosts, stops)
}
