package ui

// The rule of this file: what is looked for is counted, and where a search ends
// it says so before it goes on from the other end.

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"belay/runner/tail"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// askSearch asks what to look for in the focused log.
func (m *model) askSearch() {
	m.askText("search", "/", m.search)
}

// askFilter asks which lines of the focused log are to be shown.
func (m *model) askFilter() {
	m.askText("filter", "&", m.filter)
}

// askText asks for a text in the footer.
func (m *model) askText(name, label string, then func(string)) {
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
		then(a.Values[0])
		return nil
	}
	m.ask(q)
}

// search looks for a text in the focused log, backward from its end.
func (m *model) search(text string) {
	l := m.looked()
	if l.Ring == nil {
		return
	}
	q, err := tail.Typed(text)
	if err != nil {
		m.say(style.Warn, err.Error())
		return
	}
	v := m.views[l.key]
	v.Search, v.Jump = pane.Search{Text: text, Query: q}, pane.NoJump
	m.views[l.key] = m.sift(l, v)
	if text != "" {
		m.match(true)
	}
}

// filter shows only the lines that match a text; all of them for no text.
func (m *model) filter(text string) {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		q, err := tail.Typed(text)
		if err != nil {
			m.say(style.Warn, err.Error())
			return v
		}
		v.Filter, v.Not = pane.Search{Text: text, Query: q}, false
		return m.sift(l, v)
	})
}

// invert shows the other lines.
func (m *model) invert() {
	m.change(func(l viewed, v pane.LogView) pane.LogView {
		if v.Filter.Text == "" {
			m.say(style.Dim, "no lines are filtered; & does it")
			return v
		}
		v.Not = !v.Not
		return m.sift(l, v)
	})
}

// sift makes the indexes of a view anew, and says how much its filter shows.
func (m *model) sift(l viewed, v pane.LogView) pane.LogView {
	v = indexed(v)
	m.views[l.key] = v
	m.caughtUp(l.key, l.Ring)
	v = m.views[l.key]
	if x := v.Filter.Lines; x != nil {
		first, next := l.Ring.Span()
		m.say(style.Dim, fmt.Sprintf("%s of %s lines", pane.Thousands(int64(x.Len())), pane.Thousands(next-first)))
	}
	if v.Paused {
		v.Top = min(l.Step(v, v.Top, 0), l.Last(v, l.w, l.h))
	}
	return v
}

// indexed gives a view empty indexes of what it looks for.
func indexed(v pane.LogView) pane.LogView {
	var only []tail.Query
	v.Filter.Lines, v.Search.Lines, v.Errors = nil, nil, nil
	if v.Filter.Text != "" {
		q := v.Filter.Query
		if v.Not {
			q = q.Not()
		}
		only = []tail.Query{q}
		v.Filter.Lines = tail.NewIndex(q)
	}
	if v.Search.Text != "" {
		v.Search.Lines = tail.NewIndex(append(only, v.Search.Query)...)
	}
	return v
}

// match goes to the match before, or the one after.
func (m *model) match(backward bool) {
	l := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[l.key]
	if v.Search.Lines == nil {
		m.say(style.Dim, "nothing is looked for; / does it")
		return
	}
	m.jump(l, v, pane.ToMatch, v.Search.Lines, backward)
}

// nextError goes to the line before that speaks of trouble, or the one after.
func (m *model) nextError(backward bool) {
	l := m.looked()
	if l.Ring == nil {
		return
	}
	v := m.views[l.key]
	if v.Errors == nil {
		var only []tail.Query
		if q := v.Filter.Query; v.Filter.Text != "" {
			if v.Not {
				q = q.Not()
			}
			only = []tail.Query{q}
		}
		v.Errors = tail.NewIndex(append(only, pane.Trouble)...)
		v.Errors.Catch(l.Ring)
	}
	m.jump(l, v, pane.ToError, v.Errors, backward)
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
	if !ok {
		tone = style.Warn
	}
	m.say(tone, fmt.Sprintf("%s %s of %s%s", what, pane.Thousands(int64(x.UpTo(n))), pane.Thousands(int64(x.Len())), end))
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
