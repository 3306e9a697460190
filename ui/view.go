package ui

// The rule of this file: the picture is made once per change and follows from
// the model alone, but that a key may find the servers' logs as the last frame had
// them. Every line is exactly as wide as the screen.

import (
	"fmt"
	"reflect"
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/ui/pane"
	"belay/ui/style"
)

// View gives the last picture, drawn anew when something changed.
func (m *model) View() tea.View {
	drawn := m.drawn
	if lines := m.newest(); !drawn {
		m.frame = tea.NewView(strings.Join(lines, "\n"))
	}
	m.modes(&m.frame)
	return m.frame
}

// newest gives the lines of the picture as it is now.
func (m *model) newest() []string {
	if !m.drawn {
		m.lines, m.drawn = m.picture(), true
	}
	return m.lines
}

// hurried gives the lines of a picture between two frames, which follows a key.
func (m *model) hurried() []string {
	m.hurry = true
	lines := m.newest()
	m.hurry, m.drawn = false, false
	return lines
}

// modes of the terminal that go with the picture.
func (m *model) modes(v *tea.View) {
	v.AltScreen, v.ReportFocus, v.WindowTitle, v.MouseMode = true, true, m.title(), tea.MouseModeNone
	if m.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.ProgressBar = m.progress()
}

// progress is what a terminal may show in its tab or its task bar (OSC 9;4): how
// far the run is, and that it wants somebody. It goes with the screen.
func (m *model) progress() *tea.ProgressBar {
	if m.kase == nil || m.kase.State.Closed != nil || !m.opts.takesProgress() {
		return nil
	}
	state := tea.ProgressBarDefault
	for _, w := range m.wishes {
		switch {
		case w.Tone == style.Danger:
			state = tea.ProgressBarError
		case w.Tone == style.Warn && state != tea.ProgressBarError:
			state = tea.ProgressBarWarning
		}
	}
	all := m.kase.Progress("")
	return tea.NewProgressBar(state, 100*(all.Done+all.Skipped)/max(1, all.Total))
}

// title of the terminal's window. It is ours, never a server's.
func (m *model) title() string {
	if m.kase == nil {
		return inert(m.opts.Title)
	}
	short, _ := pane.Environment(m.kase.Case)
	return inert(strings.TrimSpace("belay " + short + " " + or(m.opts.Title, m.kase.Book.Title)))
}

func (m *model) layout() layout {
	return arrange(m.w, m.h-m.tourHeight(), len(m.servers), m.board, m.split)
}

// box is a place on the screen, in cells.
type box struct{ x, y, w, h int }

func (b box) has(x, y int) bool { return x >= b.x && x < b.x+b.w && y >= b.y && y < b.y+b.h }

// picture gives all lines of the screen.
func (m *model) picture() []string {
	l := m.layout()
	switch {
	case m.w <= 0 || m.h <= 0:
		return nil
	case m.kase == nil:
		return pane.Block([]string{" belay: asking how the run stands"}, m.w, m.h, m.st)
	case l.small:
		return pane.Small(m.kase, m.w, m.h, leastW, leastH, m.st)
	}
	out := pane.Header(m.kase, m.w, l.header, m.st)
	clear(m.places)
	out = append(out, pane.Block(m.body(l), m.w, l.body+btoi(l.tabs), m.st)...)
	out = append(out, m.guide()...)
	out = append(out, m.footer()...)
	if q := m.asked; q != nil && !q.line {
		out = m.overlay(out, q)
	}
	return pane.Block(out, m.w, m.h, m.st)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// box is how wide a question is, and how high it may be.
func (m *model) box() (w, h int) {
	w = min(m.w, 108)
	if m.w >= narrow {
		w = min(m.w-4, 108)
	}
	if rows := m.tourHeight(); rows > 0 {
		return w, m.h - 3 - rows
	}
	return w, m.h - 2
}

// room is how many lines of a question's body can be seen at once.
func (m *model) room(q *question) int {
	w, h := m.box()
	return q.answers().Room(w, h, m.st)
}

// overlay lays the open question over the picture.
func (m *model) overlay(under []string, q *question) []string {
	w, h := m.box()
	box, shown := q.form(w).Draw(w, h, m.st)
	q.Height, q.Lines = shown, 0
	if q.body != nil {
		q.Lines = len(q.body(pane.Inner(w)))
	}
	return pane.Over(under, box, m.w, max(1, (m.h-len(box))/3), m.st)
}

// body draws what is between header and footer.
func (m *model) body(l layout) []string {
	all := box{0, l.header, m.w, l.body}
	switch {
	case l.tabs:
		all.y++
		return append([]string{m.tabs()}, m.draw(m.focus, all)...)
	case m.zoom:
		return m.draw(m.focus, all)
	case m.w < middle:
		return m.stacked(l)
	}
	left := m.column(l)
	right := m.right(l)
	if l.detail == 0 {
		return pane.Beside(m.st, left, right)
	}
	return pane.Beside(m.st, left, right, m.third(l))
}

// column is the left one: the steps, and under them detail or run log.
func (m *model) column(l layout) []string {
	top := focus{part: stepsPart}
	if l.lower == 0 && l.detail == 0 && (m.focus.part == detailPart || m.focus.part == ledgerPart) {
		top = m.focus // there is no place of its own for it
	}
	out := m.draw(top, box{0, l.header, l.left, l.steps})
	if l.lower > 0 {
		out = append(out, m.draw(focus{part: m.lower}, box{0, l.header + l.steps, l.left, l.lower})...)
	}
	return out
}

// third is the right column of a wide screen: detail, and the run log where
// there is room for both.
func (m *model) third(l layout) []string {
	at := box{l.left + l.right + 2, l.header, l.detail, l.body}
	if l.body < 40 {
		return m.draw(focus{part: m.lower}, at)
	}
	at.h = l.body * 2 / 3
	out := m.draw(focus{part: detailPart}, at)
	at.y, at.h = at.y+at.h, l.body-at.h
	return append(out, m.draw(focus{part: ledgerPart}, at)...)
}

// stacked is for screens of 80 to 99 columns.
func (m *model) stacked(l layout) []string {
	out := m.column(l)
	out = append(out, m.table(m.w, l.table)...)
	return append(out, m.oneLog(box{0, l.header + l.steps + l.table, m.w, l.body - l.steps - l.table})...)
}

// right is the servers: the board of their logs, or their table and one log.
func (m *model) right(l layout) []string {
	if l.table > 0 {
		return append(m.table(l.right, l.table), m.oneLog(box{l.left + 1, l.header + l.table, l.right, l.body - l.table})...)
	}
	if len(m.servers) == 0 {
		return pane.Titled("Servers", "", false, []string{"the runbook names no servers"}, l.right, l.body, m.st)
	}
	return m.grid(l)
}

// grid is the page of servers that the focused one is on.
func (m *model) grid(l layout) []string {
	per := l.cols * l.rows
	first := max(0, m.server(m.host)) / per * per
	shown := m.servers[first:min(first+per, len(m.servers))]
	var out []string
	at := box{l.left + 1, l.header, l.right, l.body}
	if len(m.servers) > per {
		out = append(out, pane.Fit(fmt.Sprintf(" servers %d to %d of %d, Tab goes on", first+1, first+len(shown), len(m.servers)), l.right, m.st))
		at.y, at.h = at.y+1, at.h-1
	}
	widths, heights := split(l.right, l.cols, 1), split(at.h, l.rows, 0)
	for r := range l.rows {
		var cells [][]string
		at.x = l.left + 1
		for c := range l.cols {
			at.w, at.h = widths[c], heights[r]
			if i := r*l.cols + c; i < len(shown) {
				cells = append(cells, m.draw(focus{serverPart, shown[i].ID}, at))
			} else {
				cells = append(cells, pane.Block(nil, at.w, at.h, m.st))
			}
			at.x += at.w + 1
		}
		out = append(out, pane.Beside(m.st, cells...)...)
		at.y += at.h
	}
	return out
}

// table of all servers, with a title.
func (m *model) table(w, h int) []string {
	return pane.Table(m.servers, m.server(m.host), w, h, m.st)
}

// oneLog is the log of the server that was focused last.
func (m *model) oneLog(at box) []string {
	if m.server(m.host) < 0 {
		return pane.Titled("Log", "", false, []string{"there are no servers"}, at.w, at.h, m.st)
	}
	return m.draw(focus{serverPart, m.host}, at)
}

// draw gives one pane, and remembers where it is.
func (m *model) draw(f focus, at box) []string {
	on := f == m.focus && m.asked == nil
	m.places[f] = at
	switch f.part {
	case detailPart:
		return m.drawDetail(on, at)
	case ledgerPart:
		return m.drawLedger(on, at.w, at.h)
	case serverPart:
		i := m.server(f.host)
		if i < 0 {
			return pane.Block([]string{"there is no server " + inert(f.host)}, at.w, at.h, m.st)
		}
		s := m.servers[i]
		s.Focused = on
		return m.drawServer(s, at)
	}
	m.top = pane.Scroll(len(m.rows), m.at(), m.top, at.h-1)
	return pane.Titled("1 Steps", "", on, pane.Outline(m.rows, m.at(), m.top, at.w, at.h-1, m.st), at.w, at.h, m.st)
}

// drawnServer is a server's pane, and what it was drawn from but for the lines of
// its log.
type drawnServer struct {
	server pane.Server
	view   pane.LogView
	w, h   int
	st     *style.Style
	lines  []string
}

// drawServer gives a server's pane. A key that is painted between two frames finds
// the lines of the log as the last frame had them, where nothing else of the pane
// has changed: a flood of lines is drawn as often as there are frames.
func (m *model) drawServer(s pane.Server, at box) []string {
	now := drawnServer{server: s, view: m.views[viewKey(s)], w: at.w, h: at.h, st: m.st}
	was := m.panes[s.ID]
	now.lines = was.lines
	if !m.hurry || was.st != now.st || !reflect.DeepEqual(was, now) {
		now.lines = s.Draw(now.view, at.w, at.h, m.st)
	}
	m.panes[s.ID] = now
	return now.lines
}

func (m *model) drawLedger(on bool, w, h int) []string {
	facts := make([]pane.Fact, len(m.snap.Events))
	for i, e := range m.snap.Events {
		facts[i] = pane.Fact{At: e.At, Event: e.Event}
	}
	facts = pane.Turns(facts)
	up := min(m.pages[ledgerPart], max(0, len(facts)-h+1))
	m.pages[ledgerPart] = up
	right := ""
	if up > 0 {
		right = fmt.Sprintf("%d newer below", up)
	}
	return pane.Titled("3 Run log", right, on, pane.Ledger(facts, up, w, h-1, m.st, m.kase.Now.Location()), w, h, m.st)
}

// drawDetail tells about the selected row, and shows its output where there is
// any.
func (m *model) drawDetail(on bool, at box) []string {
	w, h := at.w, at.h
	row, ok := m.row()
	if !ok {
		return pane.Titled("2 Detail", "", on, nil, w, h, m.st)
	}
	var body []string
	if m.onBack() {
		body = pane.WentBack(m.kase, m.servers, w, m.st)
	} else if row.Task.Zero() {
		body = pane.GroupDetail(m.kase, row, w, m.st)
	} else {
		body = pane.Detail(m.kase, row.Task, w, m.st)
	}
	out, key := m.output()
	up := 0
	if out.Ring == nil {
		up = max(0, min(m.pages[detailPart], len(body)-h+1))
		m.pages[detailPart] = up
	}
	right := ""
	if len(body)-up > h-1 {
		right = fmt.Sprintf("%d more", len(body)-up-h+1)
	}
	if out.Ring == nil {
		return pane.Titled("2 Detail", right, on, body[up:], w, h, m.st)
	}
	above := min(len(body)+1, h/2)
	if more := len(body) - above + 1; more > 0 {
		right = fmt.Sprintf("%d more", more)
	}
	lines := pane.Titled("2 Detail", right, on, body, w, above, m.st)
	m.inner = box{at.x, at.y + above + 1, w, h - above - 1}
	v := m.views[key]
	log := out.Lines(v, w, h-above-1, m.st)
	if first, next := out.Ring.Span(); first == next {
		t, _ := m.task()
		log = pane.Silence(m.kase, t, w, m.st)
	}
	return append(lines, pane.Titled(inert(out.Name), pane.Cut(pane.LogTitle(pane.Log{Ring: out.Ring}, v, 1, m.kase.Now, w-16, m.st), w-16, m.st), false, log, w, h-above, m.st)...)
}

// tabs names the panes of a screen that shows one at a time.
func (m *model) tabs() string {
	names := []string{"1 Steps", "2 Detail", "3 Run log"}
	at := int(m.focus.part)
	for i, s := range m.servers {
		names = append(names, s.Name())
		if m.focus == (focus{serverPart, s.ID}) {
			at = 3 + i
		}
	}
	for i, n := range names {
		if i == at {
			names[i] = m.st.Focus.Render("[" + n + "]")
		}
	}
	return pane.Fit(" "+strings.Join(names, "  "), m.w, m.st)
}
