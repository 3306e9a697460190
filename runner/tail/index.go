package tail

// An index remembers which lines of a ring match, so that a search or a filter
// looks at every line once and not once a picture. It knows lines by number, as
// the ring does: what fell out there is forgotten here.

import "slices"

// Index holds the numbers of the lines that match all of some queries. One
// goroutine uses it; it never holds the ring's lock while it looks.
type Index struct {
	queries []Query
	ring    *Ring
	at      []int64 // numbers of the matching lines, ascending
	next    int64   // lines before this one have been looked at
}

// NewIndex gives an empty index of the lines that match all queries.
func NewIndex(queries ...Query) *Index { return &Index{queries: queries} }

// Catch looks at the lines that came since the last time and forgets those that
// fell out. Given another ring it begins anew. A line whose LF has not come is
// looked at again the next time.
func (x *Index) Catch(r *Ring) {
	if x.ring != r {
		x.ring, x.at, x.next = r, nil, 0
	}
	first, _ := r.Span()
	if i, _ := slices.BinarySearch(x.at, first); i > 0 {
		x.at = append(x.at[:0], x.at[i:]...)
	}
	if n := len(x.at); n > 0 && x.at[n-1] >= x.next { // it was open
		x.at = x.at[:n-1]
	}
	for line := range r.from(x.next, maxLines) {
		if x.match(line.inert().Text) {
			x.at = append(x.at, line.number)
		}
		if !line.open {
			x.next = line.number + 1
		}
	}
}

func (x *Index) match(text string) bool {
	for _, q := range x.queries {
		if !q.Match(text) {
			return false
		}
	}
	return len(x.queries) > 0
}

// Len is how many lines match.
func (x *Index) Len() int { return len(x.at) }

// UpTo is how many of the matching lines are at or before a line: the 8 of
// "8 of 41".
func (x *Index) UpTo(number int64) int {
	i, found := slices.BinarySearch(x.at, number)
	if found {
		i++
	}
	return i
}

// Number of the i-th matching line, from 0.
func (x *Index) Number(i int) int64 { return x.at[i] }

// Find gives the number of the first match at or behind line from, or, going
// backward, at or before it.
func (x *Index) Find(from int64, backward bool) (number int64, ok bool) {
	i := x.UpTo(from - 1)
	if backward {
		i = x.UpTo(from) - 1
	}
	if i < 0 || i >= len(x.at) {
		return 0, false
	}
	return x.at[i], true
}

// Window returns up to n matching lines from number first on, made inert.
func (x *Index) Window(first int64, n int) []Line {
	if x.ring == nil {
		return nil
	}
	var lines []Line
	for _, number := range x.at[x.UpTo(first-1):] {
		if len(lines) == n {
			break
		}
		if l := x.ring.Window(number, 1); len(l) == 1 && l[0].Number == number {
			lines = append(lines, l[0])
		}
	}
	return lines
}
