package ui

// The rule of this file: what is looked for is counted, and where a search ends
// it says so before it goes on from the other end.

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askSearch asks what to look for in the focused log.
func (m *model) askSearch() { m.askText("search", "/", m.search) }

// askFilter asks which lines of the focused log are to be shown.
func (m *model) askFilter() { m.askText("filter", "&", m.filter) }

// askText asks for a text in the footer.
func (m *model) askText(name, label string, then func(string) tea.Cmd) {
	if m.looked().Ring == nil {
		m.say(style.Dim, "there are no lines to look through")
		return
	}
	q := &question{Dialog: &dialog.Dialog{Name: name, Title: name, Sends: name,
		Fields: []dialog.Field{{Label: label, Optional: true, Past: m.sought}}}, line: true}
	q.on = func(a dialog.Answer) tea.Cmd {
		if text := a.Values[0]; text != "" {
			m.sought = append(m.sought, text)
		}
		return then(a.Values[0])
	}
	m.ask(q)
}

// search looks for a text in the focused log, backward from the screen's end.
func (m *model) search(text string) tea.Cmd {
	q, err := tail.Typed(text)
	if err != nil {
		m.say(style.Warn, err.Error())
		return nil
	}
	v := m.views[m.looked().key]
	v.Search, v.Jump = pane.Search{Text: text, Query: q}, pane.NoJump
	return m.sift(v, false, func(m *model) tea.Cmd {
		if text == "" {
			return nil
		}
		return m.match(true)
	})
}

// filter shows only the lines that match a text; all of them for no text.
func (m *model) filter(text string) tea.Cmd {
	q, err := tail.Typed(text)
	if err != nil {
		m.say(style.Warn, err.Error())
		return nil
	}
	v := m.views[m.looked().key]
	v.Filter, v.Not = pane.Search{Text: text, Query: q}, false
	return m.sift(v, false, sayFiltered)
}

// invert shows the other lines.
func (m *model) invert() tea.Cmd {
	v := m.views[m.looked().key]
	if v.Filter.Text == "" {
		m.say(style.Dim, m.st.Keyed("no lines are filtered; {filter} does it"))
		return nil
	}
	v.Not = !v.Not
	return m.sift(v, false, sayFiltered)
}

// sayFiltered says how much a new filter shows.
func sayFiltered(m *model) tea.Cmd {
	l := m.looked()
	if x := m.views[l.key].Filter.Lines; x != nil && !m.counted() {
		first, next := l.Ring.Span()
		m.say(style.Dim, fmt.Sprintf("%s of %s lines", pane.Thousands(int64(x.Len())), pane.Thousands(next-first)))
	}
	return nil
}

// siftedMsg is which lines of a log pass the filter, match and speak of trouble.
type siftedMsg struct {
	key  string
	n    int // of the question, so that an answer to an older one counts for nothing
	ring *tail.Ring
	v    pane.LogView // with the indexes
	then func(*model) tea.Cmd
}

// sift takes another search or filter for the focused log. All its lines are
// looked at outside of Update: they may be a hundred thousand.
func (m *model) sift(v pane.LogView, errors bool, then func(*model) tea.Cmd) tea.Cmd {
	l := m.looked()
	if l.Ring == nil {
		return nil
	}
	v.Filter.Lines, v.Search.Lines, v.Errors = nil, nil, nil
	m.views[l.key] = v
	m.sifts[l.key]++
	msg := siftedMsg{key: l.key, n: m.sifts[l.key], ring: l.Ring, v: indexed(v, errors), then: then}
	return func() tea.Msg {
		for _, x := range msg.v.Indexes() {
			x.Catch(msg.ring)
		}
		return msg
	}
}

// sifted takes the lines that were found, and goes on with what they were
// looked for.
func (m *model) sifted(s siftedMsg) tea.Cmd {
	if s.n != m.sifts[s.key] {
		return nil
	}
	v := m.views[s.key]
	v.Filter.Lines, v.Search.Lines, v.Errors = s.v.Filter.Lines, s.v.Search.Lines, s.v.Errors
	m.views[s.key] = v
	m.caughtUp(s.key, s.ring) // with what has come meanwhile
	l := m.looked()
	if l.key != s.key {
		return nil
	}
	if v = m.views[s.key]; v.Paused {
		v.Top = min(l.Step(v, v.Top, 0), l.Last(v, l.w, l.h))
		m.views[s.key] = v
	}
	return s.then(m)
}

// indexed gives a view empty indexes of what it looks for.
func indexed(v pane.LogView, errors bool) pane.LogView {
	var only []tail.Query
	if v.Filter.Text != "" {
		q := v.Filter.Query
		if v.Not {
			q = q.Not()
		}
		only = []tail.Query{q}
		v.Filter.Lines = tail.NewIndex(q)
	}
	if v.Search.Text != "" {
		v.Search.Lines = tail.NewIndex(slices.Concat(only, []tail.Query{v.Search.Query})...)
	}
	if errors {
		v.Errors = tail.NewIndex(slices.Concat(only, []tail.Query{pane.Trouble})...)
	}
	return v
}

// match goes to the match before, or the one after.
func (m *model) match(backward bool) tea.Cmd {
	l := m.looked()
	switch v := m.views[l.key]; {
	case l.Ring == nil:
	case v.Search.Text == "":
		m.say(style.Dim, m.st.Keyed("nothing is looked for; {search} does it"))
	case v.Search.Lines != nil:
		m.jump(l, v, pane.ToMatch, v.Search.Lines, backward)
	}
	return nil
}

// nextError goes to the line before that speaks of trouble, or the one after.
func (m *model) nextError(backward bool) tea.Cmd {
	l := m.looked()
	switch v := m.views[l.key]; {
	case l.Ring == nil:
	case v.Errors == nil:
		return m.sift(v, true, func(m *model) tea.Cmd {
			l := m.looked()
			v := m.views[l.key]
			m.jump(l, v, pane.ToError, v.Errors, backward)
			return nil
		})
	default:
		m.jump(l, v, pane.ToError, v.Errors, backward)
	}
	return nil
}

// jump brings a line that was looked for into the middle of the view.
func (m *model) jump(l viewed, v pane.LogView, to pane.Jump, x *tail.Index, backward bool) {
	what := "error"
	if to == pane.ToMatch {
		what = "match"
	}
	if x.Len() == 0 {
		first, next := l.Ring.Span()
		m.say(style.Warn, fmt.Sprintf("no %s in %s lines", what, pane.Thousands(next-first)))
		m.views[l.key] = v
		return
	}
	from := l.from(v, backward)
	n, ok := x.Find(from, backward)
	end := ""
	if !ok && backward {
		n, end = x.Number(x.Len()-1), "; there is none before: on from the newest"
	} else if !ok {
		n, end = x.Number(0), "; there is none after: on from the oldest"
	}
	if x.Len() == 1 {
		end = ", the only one"
	}
	v.Jump, v.Hit = to, n
	v.Top = min(l.Step(v, n, 1-l.Fit(v, n, true, l.w, max(1, l.h/2))), l.Last(v, l.w, l.h))
	v.Paused = true
	if v.Marking {
		v.To = n
	}
	if lines := l.Ring.Window(n, 1); len(lines) == 1 {
		v = v.Reveal(lines[0], l.w, m.st)
	}
	m.views[l.key] = v
	tone := style.Dim
	switch {
	case !ok:
		tone = style.Warn
	case end == "" && m.counted():
		return
	}
	m.say(tone, fmt.Sprintf("%s %s of %s%s", what, pane.Thousands(int64(x.UpTo(n))), pane.Thousands(int64(x.Len())), end))
}

// counted reports whether the focused pane has a line that counts what was found.
func (m *model) counted() bool {
	return m.focus.part == serverPart && m.places[m.focus].h >= pane.LeastFoot
}

// from is where the next search begins: beside the line that was jumped to if
// it is still on the screen, else at the screen's end.
func (l viewed) from(v pane.LogView, backward bool) int64 {
	top := v.Top
	if !v.Paused {
		top = l.Last(v, l.w, l.h)
	}
	bottom := l.Step(v, top, l.Fit(v, top, false, l.w, l.h)-1)
	seen := v.Jump != pane.NoJump && v.Hit >= top && v.Hit <= bottom
	switch {
	case seen && backward:
		return v.Hit - 1
	case seen:
		return v.Hit + 1
	case backward:
		return bottom
	}
	return top
}
