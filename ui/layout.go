package ui

// The rule of this file: where things stand is arithmetic on a size. Nothing
// else decides it, and a size of nothing gives nothing.

// Sizes below which a screen is arranged in another way.
const (
	wide   = 160 // steps, servers and detail side by side
	middle = 100 // steps over detail on the left, servers on the right
	narrow = 80  // everything stacked
	leastW = 60  // below this, or leastH, there is one message
	leastH = 16
	two    = 22 // rows from which the header has two lines, also with the tour on 24
	tall   = 30 // rows from which the detail has a place of its own

	notch     = 4  // columns by which the line beside the steps moves at once
	leastPane = 34 // columns that a pane keeps on either side of it
)

// layout says how many columns and rows each part gets; 0 means that it is not
// shown.
type layout struct {
	small  bool // one message only
	tabs   bool // one pane at a time, with a strip of tabs
	header int
	footer int
	body   int // rows between header and footer

	left, right, detail int // widths of the columns
	steps, lower        int // heights in the left column
	cols, rows          int // of the grid of servers
	table               int // height of the table of servers, in place of the grid
}

// arrange gives the layout of a screen with some servers on it. Board tells
// whether the servers' panes are wanted, or the table and one log; moved how far
// the line beside the steps was moved.
func arrange(w, h, servers int, board bool, moved shift) layout {
	l := layout{}
	if w < leastW || h < leastH {
		l.small = true
		return l
	}
	l.header, l.footer = 1, 2
	if h >= two {
		l.header = 2
	}
	l.body = h - l.header - l.footer
	switch {
	case w >= wide:
		l.detail = min(64, w*26/100)
		l.left = between(leastPane, min(60, w*28/100)+notch*moved.Right, w-l.detail-2-leastPane)
		l.right = w - l.left - l.detail - 2
		l.steps = l.body
	case w >= middle:
		l.left = between(leastPane, min(58, w*39/100)+notch*moved.Right, w-1-leastPane)
		l.right = w - l.left - 1
		l.steps = l.body
		if h >= tall {
			l.lower = l.body * 2 / 5
			l.steps = l.body - l.lower
		}
	case w >= narrow:
		l.left, l.right = w, w
		l.table = min(servers+1, 5)
		l.steps = between(4, max((l.body-l.table)/2, l.body-l.table-7)+moved.Down, l.body-l.table-3)
		return l
	default:
		l.tabs, l.left = true, w
		l.body--
		l.steps = l.body
		return l
	}
	if !board || servers == 0 {
		l.table = min(servers+1, l.body/3)
		return l
	}
	l.cols = max(1, min(2, l.right/36, servers))
	if l.right >= 240 {
		l.cols = min(3, servers)
	}
	l.rows = min((servers+l.cols-1)/l.cols, max(2, l.body/13))
	return l
}

// shift is how far the line between the steps and the servers was moved: by
// notches to the right where they stand side by side, by rows down where not.
type shift struct {
	Right int `json:"right,omitempty"`
	Down  int `json:"down,omitempty"`
}

// between keeps a length within its bounds.
func between(least, n, most int) int { return max(least, min(n, most)) }

// split divides a length into parts with a line of one cell between them.
func split(length, parts, line int) []int {
	out := make([]int, parts)
	rest := length - line*(parts-1)
	for i := range out {
		out[i] = rest / (parts - i)
		rest -= out[i]
	}
	return out
}
