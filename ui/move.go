package ui

// The rule of this file: moving changes where the operator looks, and nothing
// else.

import (
	"fmt"

	"belay/steps"
	"belay/ui/pane"
	"belay/ui/style"
)

// move goes up or down in the focused pane, which shows no log.
func (m *model) move(by int) {
	if m.focus.part != stepsPart {
		by = max(-1<<20, min(by, 1<<20))
		if m.focus.part == ledgerPart {
			by = -by // the newest is at the bottom
		}
		m.pages[m.focus.part] = max(0, m.pages[m.focus.part]+by)
		return
	}
	if len(m.rows) == 0 {
		return
	}
	m.moveTo(max(0, min(m.at()+by, len(m.rows)-1)))
}

// moveTo selects a row by its index.
func (m *model) moveTo(i int) {
	m.sel, m.moved = m.rows[i].ID, true
	m.pages[detailPart] = 0
}

// home goes to what is next, out of every fold, and follows it again.
func (m *model) home() {
	m.moved = false
	m.focus = focus{part: stepsPart}
	for m.plant(); ; m.plant() {
		row, ok := m.row()
		if open, said := m.folds[row.ID]; !ok || !said || open {
			return
		}
		delete(m.folds, row.ID)
	}
}

// goToTask selects a task and unfolds what it is in.
func (m *model) goToTask(t steps.Task) bool {
	s := m.kase.Step(t)
	if s == nil {
		return false
	}
	m.folds[pane.ID{Phase: s.Phase}] = true
	if s.Block != "" {
		m.folds[pane.ID{Phase: s.Phase, Block: s.Block, Host: t.Host}] = true
	} else {
		m.folds[pane.ID{Phase: s.Phase, Step: s.ID}] = true
	}
	m.plant()
	for i, r := range m.rows {
		if r.Task == t {
			m.moveTo(i)
			m.focus = focus{part: stepsPart}
			return true
		}
	}
	return false
}

// goToRow selects a group, or an entry of the rollback, and unfolds what it is in.
func (m *model) goToRow(id pane.ID) {
	if id.Rollback {
		m.folds[pane.ID{Rollback: true}] = true
	} else if id.Step != "" || id.Host != "" {
		m.folds[pane.ID{Phase: id.Phase}] = true
	}
	m.plant()
	if i := pane.Find(m.rows, id); i >= 0 {
		m.moveTo(i)
		m.focus = focus{part: stepsPart}
	}
}

func (m *model) fold() {
	if r, ok := m.row(); ok && r.Group {
		m.folds[r.ID] = !r.Open
		m.moved = true
		m.plant()
	}
}

// setFold unfolds a group, or folds it; in a row that is no open group, folding
// goes to the group around it.
func (m *model) setFold(open bool) {
	r, ok := m.row()
	if !ok {
		return
	}
	if r.Group && r.Open != open {
		m.fold()
		return
	}
	if open {
		return
	}
	for i := m.at() - 1; i >= 0; i-- {
		if m.rows[i].Depth < r.Depth {
			m.moveTo(i)
			return
		}
	}
}

// turn goes to the next pane, or the one before.
func (m *model) turn(by int) {
	all := []focus{{part: stepsPart}}
	if !m.zoom && m.layout().lower == 0 && m.layout().detail == 0 {
		all = append(all, focus{part: detailPart})
	} else {
		all = append(all, focus{part: m.lower})
	}
	for _, s := range m.servers {
		all = append(all, focus{serverPart, s.ID})
	}
	for i, f := range all {
		if f == m.focus {
			m.goTo(all[(i+by+len(all))%len(all)])
			return
		}
	}
	m.goTo(all[0])
}

// goTo focuses a pane.
func (m *model) goTo(f focus) {
	m.focus = f
	switch f.part {
	case detailPart, ledgerPart:
		m.lower = f.part
	case serverPart:
		m.host = f.host
	}
}

func (m *model) goToServer(n int) {
	if n >= len(m.servers) {
		m.say(style.Dim, fmt.Sprintf("there are %d servers", len(m.servers)))
		return
	}
	m.goTo(focus{serverPart, m.servers[n].ID})
}

// back ends a mark, leaves the zoom, else goes to the steps.
func (m *model) back() {
	l := m.looked()
	switch {
	case m.views[l.key].Marking:
		m.views[l.key] = unmarked(m.views[l.key])
	case m.zoom:
		m.zoom = false
	default:
		m.goTo(focus{part: stepsPart})
	}
}

// open shows what can be said or decided about the selected row.
func (m *model) open() {
	row, ok := m.row()
	if !ok {
		return
	}
	t, has := m.task()
	st := m.kase.State.Task(t).Status
	switch {
	case m.onBack():
		m.askWentBack()
	case row.Task.Zero() && row.Group:
		m.fold()
	case has && st == steps.TaskOpen:
		m.askOpen(t)
	case has && (st == steps.TaskUnknown || st == steps.TaskUndoUnknown):
		m.askResolve(t)
	case has && st.Trouble():
		m.askFailure(t)
	default:
		m.goTo(focus{part: detailPart})
	}
}
