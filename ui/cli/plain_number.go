package cli

// The rule of this file: a number never means another thing than it did. It is
// given when something is first listed, and to nothing else while we are here.

import (
	"belay/runner"
	"belay/runner/tail"
)

// numbers are those of a session's entries.
type numbers struct {
	of    map[string]int
	names []string // by number, from 1
	keys  []string
}

// key tells two entries of one label apart that are about different things.
func (e entry) key() string { return e.label + "\x00" + e.action.Name }

// give is the number of an entry.
func (n *numbers) give(e entry) int {
	if n.of == nil {
		n.of = map[string]int{}
	}
	if have, ok := n.of[e.key()]; ok {
		return have
	}
	n.keys, n.names = append(n.keys, e.key()), append(n.names, e.label)
	n.of[e.key()] = len(n.keys)
	return len(n.keys)
}

// numbered finds the entry of a number among what is allowed now. Where it is
// not, it says what the number stands for and why that cannot be done.
func (f *plain) numbered(n int, list, all []entry, snap runner.Snapshot) (entry, bool) {
	if n < 1 || n > len(f.numbers.keys) {
		f.print("there is no %d\n", n)
		return entry{}, false
	}
	for _, e := range append(list, all...) {
		if e.key() == f.numbers.keys[n-1] {
			return e, true
		}
	}
	label := f.numbers.names[n-1]
	why := f.refusal(snap, label)
	f.print("%d is %q, which is not allowed now%s; nothing was done\n", n, label, tail.Inert(because(why)))
	return entry{}, false
}
