package pane

// The rule of this file: a row is known by what it stands for and never by its
// place, so a selection survives every change of the list around it.

import (
	"fmt"
	"time"

	"belay/runner/tail"
	"belay/steps"
	"belay/ui/style"
)

// ID is what a row stands for: a phase, a host of a block, a step, a task, or
// an entry of the open rollback.
type ID struct {
	Rollback          bool
	Phase, Block      string
	Step, Host, Entry string
}

// Row is one line of the tree.
type Row struct {
	ID    ID
	Depth int
	Group bool // it can be folded
	Open  bool
	Mark  Mark
	Text  string
	Note  string // a word in front of the state: on hold, by hand
	Right string
	Task  steps.Task   // of a single task, else zero
	Tasks []steps.Task // all that the row covers
}

// Folds are the rows that an operator folded (false) or unfolded (true). All
// others are open where something is going on.
type Folds map[ID]bool

// Tree lists the rows of a run.
func Tree(r *Run, folds Folds) []Row {
	b := &tree{Run: r, folds: folds}
	if r.State.Rollback != nil {
		b.rollback()
	} else {
		b.wentBack()
	}
	for i := range r.Book.Phases {
		b.phase(&r.Book.Phases[i])
	}
	return b.rows
}

type tree struct {
	*Run
	folds Folds
	rows  []Row
}

func (b *tree) add(r Row, busy bool) bool {
	if r.Group {
		open, said := b.folds[r.ID]
		r.Open = open || !said && busy
	}
	b.rows = append(b.rows, r)
	return r.Open
}

func (b *tree) phase(p *steps.Phase) {
	tasks := p.Tasks()
	row := Row{ID: ID{Phase: p.ID}, Group: true, Text: tail.Inert(p.Title), Tasks: tasks}
	row.Mark, row.Right = b.sum(tasks)
	if why, ok := b.State.Holds[steps.Scope{Phase: p.ID}]; ok && why != "" {
		row.Note = "on hold"
	}
	active := b.active(tasks)
	if b.State.Rollback != nil {
		active = false
	}
	if !b.add(row, active) {
		return
	}
	for i := 0; i < len(p.Steps); {
		j := i + 1
		for p.Steps[i].Block != "" && j < len(p.Steps) && p.Steps[j].Block == p.Steps[i].Block {
			j++
		}
		if p.Steps[i].Block == "" {
			b.step(&p.Steps[i])
		} else {
			b.block(p.Steps[i:j])
		}
		i = j
	}
}

// block shows its hosts in order, with all of the block's steps below each.
func (b *tree) block(list []steps.Step) {
	for _, h := range list[0].TaskHosts() {
		var tasks []steps.Task
		for i := range list {
			tasks = append(tasks, steps.Task{Step: list[i].ID, Host: h})
		}
		row := Row{ID: ID{Phase: list[0].Phase, Block: list[0].Block, Host: h}, Depth: 1, Group: true,
			Text: tail.Inert(list[0].Block + " " + h), Tasks: tasks}
		row.Mark, row.Right = b.sum(tasks)
		if _, ok := b.State.Holds[steps.Scope{Host: h}]; ok {
			row.Note = "on hold"
		}
		if !b.add(row, b.active(tasks)) {
			continue
		}
		for i := range list {
			b.task(tasks[i], 2, list[i].Title)
		}
	}
}

func (b *tree) step(s *steps.Step) {
	hosts := s.TaskHosts()
	if len(hosts) == 1 {
		title := s.Title
		if hosts[0] != steps.LocalHost {
			title += " (" + hosts[0] + ")"
		}
		b.task(steps.Task{Step: s.ID, Host: hosts[0]}, 1, title)
		return
	}
	var tasks []steps.Task
	for _, h := range hosts {
		tasks = append(tasks, steps.Task{Step: s.ID, Host: h})
	}
	row := Row{ID: ID{Phase: s.Phase, Step: s.ID}, Depth: 1, Group: true, Text: tail.Inert(s.Title), Tasks: tasks}
	row.Mark, row.Right = b.sum(tasks)
	if !b.add(row, b.active(tasks)) {
		return
	}
	for _, t := range tasks {
		b.task(t, 2, t.Host)
	}
}

func (b *tree) task(t steps.Task, depth int, title string) {
	s := b.Step(t)
	row := Row{ID: TaskID(s, t), Depth: depth, Mark: b.Mark(t), Text: tail.Inert(title), Task: t, Tasks: []steps.Task{t}}
	if s.NoReturn != "" {
		row.Text = "no return: " + row.Text
	}
	row.Right = b.time(t)
	b.add(row, false)
}

// TaskID is the row of a task.
func TaskID(s *steps.Step, t steps.Task) ID { return ID{Phase: s.Phase, Step: s.ID, Host: t.Host} }

// time is the clock of a task, by the wall: what is left of a soak, how long a
// proof has held, what has passed, or what it may take.
func (b *tree) time(t steps.Task) string {
	ts, s := b.State.Task(t), b.Step(t)
	if ts.Status == steps.TaskOpen && ts.Kind == steps.Soak && s.Soak != nil {
		left := s.Soak.For.D() - ts.Soak.GreenAt(b.Now, b.State.Speed())
		return Clock(max(0, b.Wall(left))) + " left"
	}
	if p, ok := b.Seen.Proofs[t]; ok && ts.Status.Busy() && !b.instant(p.For) && !p.Holds.IsZero() {
		return "held " + Clock(b.Wall(p.Held(b.Now, b.State.Speed()))) + "/" + Clock(b.Wall(p.For))
	}
	if d, ok := b.Elapsed(t); ok {
		return Clock(d)
	}
	if b.Ready(t) {
		if d, ok := b.Estimate(t); ok {
			return "est " + About(b.Wall(d))
		}
	}
	return ""
}

// active reports whether something of a group is under way, in trouble or next.
func (b *tree) active(tasks []steps.Task) bool {
	for _, t := range tasks {
		st := b.State.Task(t).Status
		if st.Busy() || st.Trouble() || st == steps.TaskOpen || b.Ready(t) {
			return true
		}
	}
	return false
}

// sum gives the mark and the count of a group: the loudest state wins.
func (b *tree) sum(tasks []steps.Task) (Mark, string) {
	var finished, assumed, skipped, ready int
	loud, rank := Mark{glyphTodo, "locked", style.Dim}, 0
	for _, t := range tasks {
		st, m := b.State.Task(t).Status, b.Mark(t)
		switch {
		case m.Glyph == glyphDone || m.Glyph == glyphSkipped:
			finished++
			if m.Glyph == glyphSkipped {
				skipped++
			}
			if m.Word == "assumed done" {
				assumed++
			}
		case b.Ready(t) && !st.Busy() && !st.Trouble():
			ready++
		}
		if n := loudness(m, st); n > rank {
			loud, rank = m, n
		}
	}
	count := fmt.Sprintf("%d/%d", finished, len(tasks))
	switch {
	case rank > 1:
	case finished == len(tasks) && assumed > 0 && assumed+skipped == finished:
		loud = Mark{glyphDone, "assumed done", style.OK}
	case finished == len(tasks) && skipped == finished && finished > 0:
		loud = Mark{glyphSkipped, loud.Word, style.Dim}
		if rank == 0 {
			loud.Word = "skipped"
		}
	case finished == len(tasks):
		loud = Mark{glyphDone, "done", style.OK}
	case rank == 1:
	case finished > 0:
		loud = Mark{glyphTodo, "locked", style.Plain}
	}
	return loud, count
}

// loudness orders states by how much they want a person's eyes.
func loudness(m Mark, st steps.Status) int {
	switch {
	case st.Trouble() || m.Glyph == glyphTrouble:
		return 5
	case m.Tone == style.Warn && m.Glyph == glyphBusy:
		return 4
	case m.Glyph == glyphBusy:
		return 3
	case m.Word == "held":
		return 2
	case m.Word == "ready" || m.Word == "undone, ready":
		return 1
	}
	return 0
}

// wayBack counts what a rollback does: what is done, all of it, and what was left
// as it is. What no undo takes back is none of it.
func wayBack(plan []steps.Entry) (done, all, left int) {
	for _, e := range plan {
		switch {
		case e.Do == steps.DoNothing:
			continue
		case e.Do == steps.DoLeft:
			left++
		case e.Done:
			done++
		}
		all++
	}
	return done, all, left
}

// rollback lists the entries of the open rollback, the next first to be done.
func (b *tree) rollback() {
	plan := b.UndoPlan(b.State.Rollback.Scope)
	done, all, left := wayBack(plan)
	row := Row{ID: ID{Rollback: true}, Group: true, Text: "Rollback of " + tail.Inert(b.State.Rollback.Scope.String()),
		Right: fmt.Sprintf("%d/%d", done, all), Mark: Mark{glyphBusy, "rolling back", style.Busy}}
	if _, waits := b.RollbackWaits(); waits {
		row.Mark = Mark{glyphBusy, "waits for a person", style.Warn}
	}
	switch {
	case done+left == all && left > 0:
		row.Mark = Mark{glyphTrouble, "not restored", style.Danger}
	case done == all:
		row.Mark = Mark{glyphDone, "done", style.OK}
	}
	if !b.add(row, true) {
		return
	}
	next := map[steps.Task]bool{}
	for _, e := range b.RollbackNext() {
		next[e.Task] = true
	}
	for _, e := range plan {
		b.rows = append(b.rows, b.entry(e, next[e.Task]))
	}
}

func (b *tree) entry(e steps.Entry, next bool) Row {
	s, ts := b.Step(e.Task), b.State.Task(e.Task)
	row := Row{ID: entryID(e), Depth: 1,
		Task: e.Task, Tasks: []steps.Task{e.Task}, Text: EntryText(s, e)}
	switch {
	case e.Do == steps.DoNothing || e.Do == steps.DoLeft:
		row.Mark = Mark{glyphSkipped, e.Do, style.Warn}
	case e.Done:
		row.Mark = Mark{glyphDone, string(ts.Status), style.OK}
	case ts.Status.Busy():
		row.Mark = b.Mark(e.Task)
	case ts.Status == steps.TaskOpen || ts.Status.Trouble() && e.Part != steps.PartUndo,
		ts.Status == steps.TaskUndoFailed, ts.Status == steps.TaskUndoUnknown, ts.Status == steps.TaskUnknown:
		row.Mark = b.Mark(e.Task)
	case next:
		row.Mark = Mark{glyphTodo, "ready", style.Strong}
	default:
		row.Mark = Mark{glyphTodo, "locked", style.Dim}
	}
	if e.Do == steps.DoByHand && !e.Done {
		row.Note = "by hand"
	}
	if d, ok := b.Elapsed(e.Task); ok && (ts.Status.Busy() || e.Done && e.Do == steps.DoUndo) {
		row.Right = Clock(d)
	}
	return row
}

// EntryText names an entry of a rollback.
func EntryText(s *steps.Step, e steps.Entry) string {
	where := ""
	if e.Task.Host != steps.LocalHost {
		where = e.Task.Host + ": "
	}
	verb := ""
	if e.Part == steps.PartUndo {
		verb = "undo "
	}
	return tail.Inert(where + verb + s.Title)
}

// since is how long something has been so, for a line of text.
func since(now, at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return About(now.Sub(at))
}
