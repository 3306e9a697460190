package ui

// The rule of this file: this is the one key map. The help and the footer are
// made from it, so they cannot say anything else than what the keys do.

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"belay/ui/pane"
)

// where a key has its meaning.
type where int

const (
	inSteps  where = 1 << iota
	inPages        // detail without output, run log
	inLogs         // a server's log, or the output of an attempt
	anywhere = inSteps | inPages | inLogs
)

func (w where) String() string {
	switch w {
	case inSteps:
		return "the steps"
	case inLogs:
		return "a log"
	case inSteps | inPages:
		return "the steps, a detail or the run log"
	}
	return "every pane"
}

// binding is one entry of the key map.
type binding struct {
	keys  []string // the first is the one that is shown
	word  string   // in the footer
	help  string   // in the help
	group string
	in    where
	acts  bool // it can start or change something: repeats of it are dropped
	do    func(*model) tea.Cmd
}

// Groups of the help, in order.
const (
	acting  = "Acting on the selected row"
	running = "The run"
	moving  = "Moving"
	logging = "Reading a log"
	viewing = "The screen"
)

// plain makes a binding's function of one that starts nothing outside.
func plain(f func(*model)) func(*model) tea.Cmd {
	return func(m *model) tea.Cmd { f(m); return nil }
}

var keyMap []binding

func init() { // the help refers to the map itself
	keyMap = slices.Concat(actionKeys, runKeys, moveKeys, logKeys, viewKeys)
}

var actionKeys = []binding{
	{[]string{"x"}, "execute", "execute; of a group: all of it, until something needs a person", acting, anywhere, true, (*model).execute},
	{[]string{"p"}, "preview", "preview: what would be sent, and nothing is", acting, anywhere, true, plain((*model).preview)},
	{[]string{"s"}, "skip", "skip with a reason; of a skipped task: take the skip back", acting, anywhere, true, (*model).skip},
	{[]string{"u"}, "undo", "undo, after a preview", acting, anywhere, true, (*model).undo},
	{[]string{"r"}, "retry", "retry what failed", acting, anywhere, true, (*model).retry},
	{[]string{"V"}, "verify again", "look again whether a failed task worked after all", acting, anywhere, true, (*model).verifyAgain},
	{[]string{"m"}, "mark done", "mark done by hand, or record a figure, with evidence", acting, anywhere, true, plain((*model).mark)},
	{[]string{"c"}, "cancel", "cancel what is running", acting, anywhere, true, plain((*model).cancel)},
	{[]string{"O"}, "override", "override a gate against its evidence", acting, anywhere, true, plain((*model).override)},
	{[]string{"A"}, "approve", "sign off, or give the second yes ahead: it lives for 5 minutes", acting, anywhere, true, (*model).approve},
	{[]string{"!"}, "resolve", "say what became of an unknown task", acting, anywhere, true, plain((*model).resolve)},
	{[]string{"X"}, "exclude", "exclude a host, or include it again", acting, anywhere, true, (*model).exclude},
	{[]string{"i"}, "note", "write a note for the report", acting, anywhere, true, plain((*model).note)},
}

var runKeys = []binding{
	{[]string{"H"}, "hold", "hold or release the run, the phase, the host", running, anywhere, true, plain((*model).hold)},
	{[]string{"R"}, "roll back", "the rollback: scope and plan; nothing starts before it is confirmed", running, anywhere, true, plain((*model).rollback)},
	{[]string{"a"}, "attention", "what wants a person", running, anywhere, true, plain((*model).attention)},
	{[]string{"K"}, "at hand", "whom to call, what is known, where to read on", running, anywhere, true, plain((*model).atHand)},
	{[]string{":"}, "command", "command line", running, anywhere, true, plain((*model).command)},
}

var moveKeys = []binding{
	{[]string{"j", "down"}, "down", "down", moving, inSteps | inPages, false, plain(func(m *model) { m.move(1) })},
	{[]string{"k", "up"}, "up", "up", moving, inSteps | inPages, false, plain(func(m *model) { m.move(-1) })},
	{[]string{"g", "home"}, "top", "to the top", moving, inSteps | inPages, false, plain(func(m *model) { m.move(-1 << 30) })},
	{[]string{"G", "end"}, "end", "to the end", moving, inSteps | inPages, false, plain(func(m *model) { m.move(1 << 30) })},
	{[]string{"ctrl+d"}, "half page", "half a page down", moving, inSteps | inPages, false, plain(func(m *model) { m.move(m.page() / 2) })},
	{[]string{"ctrl+u"}, "half page up", "half a page up", moving, inSteps | inPages, false, plain(func(m *model) { m.move(-m.page() / 2) })},
	{[]string{"pgdown", "space"}, "page", "a page down", moving, inSteps | inPages, false, plain(func(m *model) { m.move(m.page()) })},
	{[]string{"pgup"}, "page up", "a page up", moving, inSteps | inPages, false, plain(func(m *model) { m.move(-m.page()) })},
	{[]string{"."}, "next step", "to what is next; the cursor follows again", moving, anywhere, false, plain((*model).home)},
	{[]string{"o"}, "fold", "fold or unfold a group", moving, inSteps, false, plain((*model).fold)},
	{[]string{"l", "right"}, "unfold", "unfold a group", moving, inSteps, false, plain(func(m *model) { m.setFold(true) })},
	{[]string{"h", "left"}, "group", "fold a group, or go to the one around the row", moving, inSteps, false, plain(func(m *model) { m.setFold(false) })},
	{[]string{"enter"}, "open", "what can be said or decided about the row", moving, inSteps, false, plain((*model).open)},
	{[]string{"tab"}, "next pane", "next pane", moving, anywhere, false, plain(func(m *model) { m.turn(1) })},
	{[]string{"shift+tab", "P"}, "previous pane", "previous pane", moving, anywhere, false, plain(func(m *model) { m.turn(-1) })},
	{[]string{"1"}, "steps", "the steps", moving, anywhere, false, plain(func(m *model) { m.goTo(focus{part: stepsPart}) })},
	{[]string{"2"}, "detail", "the detail of the selected row", moving, anywhere, false, plain(func(m *model) { m.goTo(focus{part: detailPart}) })},
	{[]string{"3"}, "run log", "the log of the run", moving, anywhere, false, plain(func(m *model) { m.goTo(focus{part: ledgerPart}) })},
	{[]string{"4", "5", "6", "7", "8", "9"}, "servers", "a server", moving, anywhere, false, nil},
}

var logKeys = []binding{
	{[]string{"j", "down"}, "down", "a line down", logging, inLogs, false, plain(func(m *model) { m.scrollLog(1) })},
	{[]string{"k", "up"}, "up", "a line up; the view stops following", logging, inLogs, false, plain(func(m *model) { m.scrollLog(-1) })},
	{[]string{"ctrl+d"}, "half page", "half a page down", logging, inLogs, false, plain(func(m *model) { m.pageLog(1, 2) })},
	{[]string{"ctrl+u"}, "half page up", "half a page up", logging, inLogs, false, plain(func(m *model) { m.pageLog(-1, 2) })},
	{[]string{"pgdown", "space"}, "page", "a page down", logging, inLogs, false, plain(func(m *model) { m.pageLog(1, 1) })},
	{[]string{"pgup"}, "page up", "a page up", logging, inLogs, false, plain(func(m *model) { m.pageLog(-1, 1) })},
	{[]string{"g", "home"}, "top", "to the oldest line that is kept", logging, inLogs, false, plain(func(m *model) { m.scrollLog(-far) })},
	{[]string{"G", "end"}, "end", "to the newest line, following", logging, inLogs, false, plain(func(m *model) { m.scrollLog(far) })},
	{[]string{"f"}, "follow", "follow, or stand still", logging, inLogs, false, plain((*model).follow)},
	{[]string{"="}, "all stop", "all servers' logs stand still at this moment, or follow again", logging, anywhere, false, plain((*model).standStill)},
	{[]string{"h", "left"}, "left", "8 columns to the left; at the edge: the heads of lines in full", logging, inLogs, false, plain(func(m *model) { m.aside(-8) })},
	{[]string{"l", "right"}, "right", "8 columns to the right", logging, inLogs, false, plain(func(m *model) { m.aside(8) })},
	{[]string{"w"}, "wrap", "wrap long lines", logging, inLogs, false, plain((*model).wrap)},
	{[]string{"t"}, "heads", "heads of lines (time, level, process): as they fit, in full, hidden", logging, inLogs, false, plain((*model).times)},
	{[]string{"/"}, "search", "search; capital letters make it exact, /a|b/ is an expression", logging, inLogs, true, plain((*model).askSearch)},
	{[]string{"n"}, "older", "the match before", logging, inLogs, false, func(m *model) tea.Cmd { return m.match(true) }},
	{[]string{"N"}, "newer", "the match after", logging, inLogs, false, func(m *model) tea.Cmd { return m.match(false) }},
	{[]string{"&"}, "filter", "show only the lines with a text; with none: all lines", logging, inLogs, true, plain((*model).askFilter)},
	{[]string{"\\"}, "invert", "show only the lines without the filter's text, or with it again", logging, inLogs, false, (*model).invert},
	{[]string{"e"}, "error", "the error before", logging, inLogs, false, func(m *model) tea.Cmd { return m.nextError(true) }},
	{[]string{"E"}, "newer error", "the error after", logging, inLogs, false, func(m *model) tea.Cmd { return m.nextError(false) }},
	{[]string{"v"}, "mark", "mark lines, to copy them", logging, inLogs, false, plain((*model).markLines)},
	{[]string{"L"}, "pager", "all of the log, or of the step's output, in $PAGER", logging, anywhere, true, (*model).whole},
	{[]string{"]"}, "next log", "the server's next log", logging, anywhere, false, plain(func(m *model) { m.otherLog(1) })},
	{[]string{"["}, "log before", "the server's log before", logging, anywhere, false, plain(func(m *model) { m.otherLog(-1) })},
}

// far is more lines than any log keeps.
const far = 1 << 40

var viewKeys = []binding{
	{[]string{"?"}, "help", "this list", viewing, anywhere, true, plain((*model).help)},
	{[]string{"z"}, "zoom", "give the focused pane the screen, or take it back", viewing, anywhere, false, plain(func(m *model) { m.zoom = !m.zoom })},
	{[]string{"b"}, "board", "all servers' logs, or their table and one log", viewing, anywhere, false, plain(func(m *model) { m.board = !m.board })},
	{[]string{"+"}, "larger", "larger: one log in place of the board, then the whole screen", viewing, anywhere, false, plain((*model).larger)},
	{[]string{"_"}, "smaller", "smaller: back to the board", viewing, anywhere, false, plain((*model).smaller)},
	{[]string{">"}, "more steps", "more room for the steps, less for the servers", viewing, anywhere, false, plain(func(m *model) { m.moveSplit(1) })},
	{[]string{"<"}, "more log", "more room for the servers, less for the steps", viewing, anywhere, false, plain(func(m *model) { m.moveSplit(-1) })},
	{[]string{"M"}, "mouse", "mouse on or off: the wheel scrolls; hold Shift to select text while it is on", viewing, anywhere, false, plain((*model).toggleMouse)},
	{[]string{"esc"}, "back", "one step back: out of the zoom, to the steps", viewing, anywhere, false, plain((*model).back)},
	{[]string{"y"}, "copy", "copy the marked lines, else the line, the row or the pane's text", viewing, anywhere, true, (*model).yank},
	{[]string{"Y"}, "copy script", "copy the script of the selected step, with its folder and variables", viewing, anywhere, true, (*model).yankScript},
	{[]string{"D"}, "dump", "save the screen as text", viewing, anywhere, true, (*model).dump},
	{[]string{"ctrl+l"}, "redraw", "draw the screen anew", viewing, anywhere, false, func(*model) tea.Cmd { return tea.ClearScreen }},
	{[]string{"ctrl+z"}, "suspend", "give the terminal back to the shell; fg there comes back", viewing, anywhere, true, plain((*model).askSuspend)},
	{[]string{"q", "ctrl+c"}, "leave", "leave; what runs on the servers goes on", viewing, anywhere, true, plain((*model).askLeave)},
}

// here is what the focused pane is, for the key map.
func (m *model) here() where {
	switch m.focus.part {
	case stepsPart:
		return inSteps
	case serverPart:
		return inLogs
	case detailPart:
		if m.looked().Ring != nil {
			return inLogs
		}
	}
	return inPages
}

// bound finds what a key means in the focused pane.
func (m *model) bound(key string) (binding, bool) {
	here := m.here()
	for _, b := range keyMap {
		if b.in&here == 0 || !slices.Contains(m.opts.Keys.of(b), key) {
			continue
		}
		if b.do == nil {
			n := int(key[0]-'0') - firstServer
			b.do = plain(func(m *model) { m.goToServer(n) })
		}
		return b, true
	}
	return binding{}, false
}

// changes reports whether a key may change the run.
func (b binding) changes() bool {
	return (b.group == acting || b.group == running) && !slices.Contains([]string{"preview", "note", "attention", "at hand", "command"}, b.word)
}

// named finds what a word of the key map means in the focused pane.
func (m *model) named(word string) binding {
	here := m.here()
	i := slices.IndexFunc(keyMap, func(b binding) bool { return b.in&here != 0 && b.word == word })
	return keyMap[i]
}

// hint gives the key and the word of an action, for the footer.
func (m *model) hint(b binding) pane.Hint {
	return pane.Hint{Key: m.opts.Keys.of(b)[0], Word: b.word, Stays: b.word == "help" || b.word == "leave"}
}
