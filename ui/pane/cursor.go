package pane

// The rule of this file: the cursor is on a row by what the row stands for, and
// what wants a person most comes first. A row that is folded away is stood for
// by the row that it is folded into, never by another.

import (
	"slices"

	"belay/steps"
)

// First gives the row that an operator should look at: what is in trouble, else
// the rollback that has just ended, else what is ready, else what is under way.
// While a rollback is open, nothing else goes on, and the row is one of the
// rollback's.
func First(r *Run, rows []Row) (ID, bool) {
	for _, wanted := range []func(*Run, Row) bool{inTrouble, HasEnded, isNext, isUnderWay} {
		for i, row := range rows {
			if r.State.Rollback != nil && !row.ID.Rollback || row.Group && row.Open && !HasEnded(r, row) {
				continue
			}
			if wanted(r, row) {
				return Parent(r, rows, i), true
			}
		}
	}
	if len(rows) > 0 {
		return rows[0].ID, true
	}
	return ID{}, false
}

// inTrouble reports whether a row wants a person because something went wrong.
// What a person has released or left as it is holds nothing, and what a rollback
// will take back is no trouble before its turn.
func inTrouble(r *Run, row Row) bool {
	if row.ID.Rollback {
		return row.Mark.Glyph == glyphTrouble
	}
	return slices.ContainsFunc(row.Tasks, func(t steps.Task) bool {
		ts := r.State.Task(t)
		soak := ts.Status == steps.TaskOpen && openMark(r.Step(t), ts).Glyph == glyphTrouble
		return ts.Left == "" && !ts.Released && (ts.Status.Trouble() || soak)
	})
}

// isNext reports whether a row may start now.
func isNext(r *Run, row Row) bool {
	if row.ID.Rollback {
		return row.Mark.Word == "ready"
	}
	return slices.ContainsFunc(row.Tasks, r.Ready)
}

// isUnderWay reports whether a row waits for a host or for a person, however long.
func isUnderWay(r *Run, row Row) bool {
	if row.ID.Rollback {
		return row.Mark.Glyph == glyphBusy
	}
	return slices.ContainsFunc(row.Tasks, func(t steps.Task) bool {
		ts := r.State.Task(t)
		return ts.Status.Busy() || ts.Status == steps.TaskOpen || ts.Status.Trouble() && ts.Left == ""
	})
}

// Parent gives the row of a multi-host step in place of its first task, while
// all of the step is still to be done.
func Parent(r *Run, rows []Row, i int) ID {
	if i == 0 || !rows[i-1].Group || rows[i-1].ID.Block != "" || rows[i-1].ID.Step != rows[i].ID.Step {
		return rows[i].ID
	}
	for _, t := range rows[i-1].Tasks {
		if !r.Ready(t) {
			return rows[i].ID
		}
	}
	return rows[i-1].ID
}

// Find gives the index of a row, or of the nearest row that holds it: its host,
// its step, its phase. It is -1 when there is none.
func Find(rows []Row, id ID) int {
	best, rank := -1, 0
	for i, r := range rows {
		n := 0
		switch {
		case r.ID == id:
			return i
		case r.ID.Rollback != id.Rollback:
			continue
		case r.Group && r.ID.Block == "" && r.ID.Step != "" && r.ID.Step == id.Step:
			n = 3
		case r.Group && r.ID.Block != "" && r.ID.Host == id.Host && holds(r, id):
			n = 3
		case r.ID.Step == "" && r.ID.Block == "" && r.ID.Phase == id.Phase:
			n = 1
		}
		if n > rank {
			best, rank = i, n
		}
	}
	return best
}

func holds(r Row, id ID) bool {
	for _, t := range r.Tasks {
		if t.Step == id.Step && t.Host == id.Host {
			return true
		}
	}
	return false
}
