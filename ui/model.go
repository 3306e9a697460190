package ui

// The rule of this file: the model holds where the operator looks and what is
// being asked. What is true of the run is in the last snapshot and is never
// changed here.

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/runner"
	"belay/runner/tail"
	"belay/steps"
	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// part is a kind of pane.
type part int

const (
	stepsPart part = iota
	detailPart
	ledgerPart
	serverPart
)

// focus is the pane that keys go to. It names what it is on, not where.
type focus struct {
	part part
	host string // of serverPart
}

// model is the one tea.Model of the screen.
type model struct {
	ctx  context.Context // of commands; ends with the screen
	opts Options
	run  Run

	w, h    int
	dark    bool
	st      *style.Style
	blurred bool

	snap    runner.Snapshot
	kase    *pane.Run // nil before the first snapshot
	rows    []pane.Row
	servers []pane.Server
	wishes  []pane.Wish
	text    Text // of the runbook's file, once it has changed

	focus  focus
	sel    pane.ID
	moved  bool // the operator moved the cursor, so it no longer follows
	top    int  // first row of the tree on the screen
	folds  pane.Folds
	lower  part // what stands under the steps: detail or ledger
	board  bool
	zoom   bool
	pages  map[part]int            // lines scrolled down in detail, up in ledger
	views  map[string]pane.LogView // by server and log
	log    map[string]int          // index of the log that a server's pane shows
	host   string                  // the server that was focused last
	rings  map[string]*tail.Ring   // that the views were last of
	sifts  map[string]int          // how often lines were looked for, by view
	places map[focus]box           // of the panes that were last drawn
	inner  box                     // of the output in the detail
	split  shift
	mouse  bool
	sought []string // earlier searches and filters

	shown    map[string]string // the log that each server showed when the screen was left
	strange  error             // why it is not known how it was left
	keeper   keeper
	keptText []byte // what it was told to write last, as the keptN-th
	keptN    int

	guard    dialog.Guard
	asked    *question
	waiting  []wanted // questions that the program wants to ask when none is open
	said     string
	tone     style.Tone
	saidAt   time.Time
	history  []string // of the command line
	tour     tour
	askedFor string // the rollback's host whose word was asked for last

	frame  tea.View
	drawn  bool // frame shows all that is known
	lines  []string
	panes  map[string]drawnServer // as they were last drawn, by server
	hurry  bool                   // a key is painted between two frames
	leaves bool
}

func newModel(ctx context.Context, o Options, r Run) *model {
	m := &model{
		ctx: ctx, opts: o, run: r, dark: o.Theme != Light, lower: detailPart, board: true,
		folds: pane.Folds{}, pages: map[part]int{}, views: map[string]pane.LogView{}, log: map[string]int{},
		keeper: keeper{write: o.Keep}, rings: map[string]*tail.Ring{}, sifts: map[string]int{}, places: map[focus]box{}, panes: map[string]drawnServer{},
		tour: tour{on: o.Tour, learnt: map[string]bool{}},
	}
	m.restyle()
	return m
}

// restyle makes the style anew: the background or the environment is known.
func (m *model) restyle() {
	shape := style.Dashed
	if m.kase != nil {
		shape = pane.Shape(m.kase.Book.Kind)
	}
	m.st = style.New(m.opts.terminal(m.dark), shape)
	m.st.Name(m.opts.Keys.shown())
}

// observe takes a snapshot and finds what follows from it for the screen.
func (m *model) observe(s runner.Snapshot) tea.Cmd {
	before := m.kase
	m.snap = s
	m.showLeft(s.Hosts)
	c := s.Case // the one before stays as it was, to be compared with
	m.kase = pane.NewRun(&c, s.Asking)
	m.kase.Rolling = s.Rolling
	if before == nil || before.Book.Kind != m.kase.Book.Kind {
		m.restyle()
	}
	m.servers = m.serversOf(s)
	if m.host == "" && len(m.servers) > 0 {
		m.host = m.servers[0].ID
	}
	m.wish()
	m.plant()
	m.catchUp()
	if m.opts.now().Sub(m.saidAt) > sayFor {
		m.said = ""
	}
	cmd := m.notice(before)
	if before == nil {
		m.sayLeft()
	}
	if m.asked != nil && m.asked.live != nil {
		m.asked.live()
	}
	m.askNext()
	return cmd
}

// plant grows the tree anew. The cursor follows what is next until the operator
// moves it.
func (m *model) plant() {
	m.rows = pane.Tree(m.kase, m.folds)
	if id, ok := pane.First(m.kase, m.rows); ok && (!m.moved || pane.Find(m.rows, m.sel) < 0) {
		m.sel = id
	}
}

// at is the index of the selected row, or -1.
func (m *model) at() int { return pane.Find(m.rows, m.sel) }

// row is the selected row.
func (m *model) row() (pane.Row, bool) {
	i := m.at()
	if i < 0 {
		return pane.Row{}, false
	}
	return m.rows[i], true
}

// task is the task that a key is about: of the selected row, or the one of a
// group that matters most.
func (m *model) task() (steps.Task, bool) {
	r, ok := m.row()
	switch {
	case !ok || len(r.Tasks) == 0:
		return steps.Task{}, false
	case !r.Task.Zero():
		return r.Task, true
	}
	return m.kase.Foremost(r.Tasks), true
}

// output is the live output of the selected task, if there is any.
func (m *model) output() (pane.Log, string) {
	t, ok := m.task()
	if !ok {
		return pane.Log{}, ""
	}
	ring := m.run.Output(t)
	if ring == nil {
		return pane.Log{}, ""
	}
	name := "output of " + t.String()
	if m.kase.State.Task(t).Status == steps.TaskNotStarted {
		name += " before the rollback"
	}
	return pane.Log{Name: name, Nth: 1, Ring: ring}, outputPrefix + t.String()
}

// say shows a line in the footer until the next key, or for a while.
func (m *model) say(t style.Tone, text string) {
	m.said, m.tone, m.saidAt = tail.Inert(text), t, m.opts.now()
}

// sayFor is how long a line in the footer stands in the way of the progress.
const sayFor = 10 * time.Second
