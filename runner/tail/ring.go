package tail

// The ring keeps the newest lines of a stream as the host wrote them, and makes
// them inert when they are looked at: lines come by the million and are seen by
// the screenful. A line keeps its number for ever, so a view that is anchored
// to a number stands still while old lines fall out behind it.

import (
	"bytes"
	"sync"
)

// DefaultRing is the number of bytes that a ring keeps unless told otherwise.
const DefaultRing = 5 << 20

const (
	// firstBlock is what a ring begins with: most outputs are a few lines, and a
	// run of many hosts has thousands of them.
	firstBlock = 2 << 10
	minBlock   = 4 * MaxLine
	refCost    = 24 // bytes of bookkeeping per line, counted so that empty lines cost
)

// Ring is a bounded buffer of lines. One goroutine writes, any number read.
type Ring struct {
	limit, blockSize int

	mu      sync.Mutex
	blocks  []block // oldest first; never empty
	cost    int     // of all blocks
	open    partial
	changes uint64
}

// block holds consecutive lines. Its bytes and refs are only ever appended to, so
// a reader may go on using a copy of the two slices.
type block struct {
	first int64 // number of its first line
	bytes []byte
	refs  []ref
}

// ref finds a line in its block.
type ref struct {
	start, end int32
	skipped    bool
	size       int64
}

func (b *block) cost() int { return len(b.bytes) + refCost*len(b.refs) }

// NewRing returns a ring of about limit bytes; it may hold one block more, which
// is 1/64 of limit and at least 32 KiB.
func NewRing(limit int) *Ring {
	if limit <= 0 {
		limit = DefaultRing
	}
	r := &Ring{limit: limit, blockSize: max(minBlock, limit/64)}
	r.grow(0, firstBlock)
	return r
}

func (r *Ring) grow(first int64, size int) {
	r.blocks = append(r.blocks, block{
		first: first,
		bytes: make([]byte, 0, size),
		refs:  make([]ref, 0, size/128),
	})
}

// Write takes the next bytes of the stream. It never fails.
func (r *Ring) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		switch {
		case i < 0:
			r.open.extend(p)
			p = nil
		case r.open.size == 0 && i <= MaxLine:
			r.add(p[:i], int64(i), false)
			p = p[i+1:]
		default:
			r.open.extend(p[:i])
			r.add(r.open.kept, r.open.size, r.open.skipped)
			r.open.reset()
			p = p[i+1:]
		}
	}
	r.changes++
	return n, nil
}

// add appends a whole line, and lets old blocks go to make room.
func (r *Ring) add(line []byte, size int64, skipped bool) {
	b := &r.blocks[len(r.blocks)-1]
	if b.cost()+len(line)+refCost > r.blockSize {
		r.grow(b.first+int64(len(b.refs)), r.blockSize)
		b = &r.blocks[len(r.blocks)-1]
	}
	start := len(b.bytes)
	b.bytes = append(b.bytes, line...)
	b.refs = append(b.refs, ref{int32(start), int32(len(b.bytes)), skipped, size})
	r.cost += len(line) + refCost
	for r.cost > r.limit && len(r.blocks) > 1 {
		r.cost -= r.blocks[0].cost()
		r.blocks[0] = block{}
		r.blocks = r.blocks[1:]
	}
}

// Span gives the number of the oldest line that is kept, and of the line after
// the newest. A last line without its LF counts as a line.
func (r *Ring) Span() (first, next int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.span()
}

func (r *Ring) span() (first, next int64) {
	last := &r.blocks[len(r.blocks)-1]
	next = last.first + int64(len(last.refs))
	if r.open.size > 0 {
		next++
	}
	return r.blocks[0].first, next
}

// Dropped is how many lines have fallen out.
func (r *Ring) Dropped() int64 { first, _ := r.Span(); return first }

// Changes goes up with every write: a view that saw the same number before
// need not be drawn again.
func (r *Ring) Changes() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changes
}

// Window returns up to n lines from number first on, made inert. Lines that
// have fallen out are left out: compare the first Number.
func (r *Ring) Window(first int64, n int) []Line {
	var lines []Line
	for line := range r.from(first, n) {
		lines = append(lines, line.inert())
	}
	return lines
}

// Raw returns one line as it was kept, with everything of it shown: CR as ^M.
func (r *Ring) Raw(number int64) (Line, bool) {
	for line := range r.from(number, 1) {
		if line.number == number {
			shown := Raw(string(line.bytes))
			shown.Number, shown.Open = number, line.open
			shown.Size, shown.Hidden = line.ref.size, line.ref.size-int64(len(line.bytes))
			return shown, true
		}
	}
	return Line{}, false
}

// stored is a line in the ring, before it is made inert.
type stored struct {
	number int64
	bytes  []byte
	ref    ref
	open   bool
}

func (s stored) inert() Line {
	line := project(s.bytes, s.ref.size, s.ref.skipped)
	line.Number, line.Open = s.number, s.open
	return line
}

// from yields up to n lines from number first on, as they are at this moment.
// The lock is not held while the caller looks at them.
func (r *Ring) from(first int64, n int) func(yield func(stored) bool) {
	blocks, open := r.snapshot(first, n)
	return func(yield func(stored) bool) {
		for _, b := range blocks {
			for i := max(0, int(first-b.first)); i < len(b.refs) && n > 0; i++ {
				ref := b.refs[i]
				if n--; !yield(stored{b.first + int64(i), b.bytes[ref.start:ref.end], ref, false}) {
					return
				}
			}
		}
		if open != nil && n > 0 && open.number >= first {
			yield(*open)
		}
	}
}

// snapshot copies the headers of the blocks that hold lines first … first+n-1,
// and the open line if it is among them.
func (r *Ring) snapshot(first int64, n int) (blocks []block, open *stored) {
	r.mu.Lock()
	defer r.mu.Unlock()
	oldest, next := r.span()
	first = max(first, oldest)
	end := next
	if int64(n) < next-first {
		end = first + int64(n)
	}
	for i := r.blockOf(first); i < len(r.blocks) && r.blocks[i].first < end; i++ {
		blocks = append(blocks, r.blocks[i])
	}
	if r.open.size > 0 && end == next {
		open = &stored{next - 1, bytes.Clone(r.open.kept), ref{skipped: r.open.skipped, size: r.open.size}, true}
	}
	return blocks, open
}

// blockOf is the index of the block that holds a line, or of the last one.
func (r *Ring) blockOf(number int64) int {
	low, high := 0, len(r.blocks)-1
	for low < high {
		mid := (low + high + 1) / 2
		if r.blocks[mid].first <= number {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low
}
