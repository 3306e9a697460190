package pane

// The rule of this file: what a narrow screen has room for is one row a server,
// and every value in it stands beside its title or under it.

import (
	"strings"

	"belay/runner/tail"
	"belay/ui/style"
)

const (
	// roomy is the width from which a row names every value itself.
	roomy = 100
	// barred is the width from which shares have bars.
	barred = 110
	// mostValue is how many columns a value takes at most, without its word.
	mostValue = 12
)

// Table draws servers as rows under a title line.
func Table(servers []Server, selected, w, h int, st *style.Style) []string {
	if h <= 0 {
		return nil
	}
	t := table{w: w, st: st}
	for _, s := range servers {
		t.measure(s)
	}
	var out []string
	for i := Scroll(len(servers), selected, 0, h-1); i < len(servers) && len(out) < h-1; i++ {
		out = append(out, t.row(servers[i], i == selected))
	}
	return append([]string{t.title()}, Block(out, w, h-1, st)...)
}

// table is how a table of servers is laid out.
type table struct {
	w      int
	st     *style.Style
	titles []string // of the columns of values, the shortest that a server has
	widths []int
}

func (t *table) cell(g Gauge, s Server) string {
	bar := 0
	if t.w >= barred {
		bar = 8
	}
	cell := g.cell(s.Now, bar, mostValue, t.st)
	if t.w >= roomy {
		cell = t.st.Paint(style.Dim, tail.Inert(g.Title)) + " " + cell
	}
	return cell
}

func (t *table) measure(s Server) {
	for i, g := range s.Gauges {
		title := tail.Inert(g.Title)
		if i == len(t.titles) {
			t.titles, t.widths = append(t.titles, title), append(t.widths, 0)
		} else if Width(title) < Width(t.titles[i]) {
			t.titles[i] = title
		}
		t.widths[i] = max(t.widths[i], Width(t.cell(g, s)))
	}
	for i, title := range t.titles {
		if t.w < roomy {
			t.widths[i] = max(t.widths[i], Width(title))
		}
	}
}

// lead is what every row begins with: the server, what it is, and its link.
const lead = 2 + 6 + 1 + 7 + 1 + 14

// title is the line over the rows. It names the values that do not name themselves.
func (t *table) title() string {
	if t.w >= roomy {
		return TitleLine("Servers", "", false, t.w, t.st)
	}
	line := TitleLine("Servers", "", false, lead, t.st)
	for i, title := range t.titles {
		line += "  " + t.st.Paint(style.Dim, Fit(title, t.widths[i], t.st))
	}
	if n := t.w - Width(line) - 1; n > 0 {
		line += " " + t.st.Paint(style.Dim, strings.Repeat(t.st.Frame.Across, n))
	}
	return Fit(line, t.w, t.st)
}

func (t *table) row(s Server, selected bool) string {
	mark := "  "
	if selected {
		mark = t.st.Frame.Mark + " "
	}
	role, _, _ := strings.Cut(tail.Inert(s.Role), ",")
	words, tone := s.link()
	row := mark + Fit(tail.Inert(s.ID), 6, t.st) + " " + Fit(role, 7, t.st) + " " + t.st.Paint(tone, Fit(words, 14, t.st))
	for i, g := range s.Gauges {
		row += "  " + Fit(t.cell(g, s), t.widths[i], t.st)
	}
	if c := s.skewCell(t.st); c != "" {
		row += "  " + c
	}
	if s.Work != "" {
		row += "  " + t.st.Paint(style.Busy, tail.Inert(s.Work))
	}
	return Fit(row, t.w, t.st)
}
