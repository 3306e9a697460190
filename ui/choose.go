package ui

// The rule of this file: the start screen shows what there is and starts
// nothing. A choice that leads to real servers is made by typing its name.

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// Choice is one line of the start screen.
type Choice struct {
	ID     string
	Group  string // "Open runs", "Environments", …
	Label  string
	Detail string
	Type   string   // words that have to be typed to choose it: the name of a live environment
	Notes  []string // shown where they are typed
}

// Choose shows choices and gives the one that was made; nil when the operator
// left. It begins nothing.
func Choose(ctx context.Context, o Options, title string, choices []Choice) (*Choice, error) {
	o = o.stamped()
	m := &chooser{opts: o, title: title, choices: choices, dark: o.Theme != Light}
	m.st = style.New(o.terminal(m.dark), style.Solid)
	p := tea.NewProgram(m, o.program(ctx)...)
	if _, err := p.Run(); err != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("screen: %w", err)
	}
	return m.chosen, nil
}

// chooser is the model of the start screen.
type chooser struct {
	opts    Options
	title   string
	choices []Choice
	at, top int
	w, h    int
	dark    bool
	st      *style.Style
	guard   dialog.Guard
	asked   *question
	chosen  *Choice
}

func (m *chooser) Init() tea.Cmd {
	if m.opts.Theme == Auto || m.opts.Theme == "" {
		return tea.RequestBackgroundColor
	}
	return nil
}

func (m *chooser) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		if m.opts.Theme == Auto || m.opts.Theme == "" {
			m.dark = msg.IsDark()
			m.st = style.New(m.opts.terminal(m.dark), style.Solid)
		}
	case tea.FocusMsg:
		m.guard.Focus(m.opts.now())
	case tea.BlurMsg:
		if m.asked != nil {
			m.asked.Blur()
		}
	case tea.KeyPressMsg:
		return m, m.key(dialog.Key{Name: msg.String(), Text: msg.Text, Repeat: msg.IsRepeat, At: m.opts.keyAt()})
	}
	return m, nil
}

func (m *chooser) key(k dialog.Key) tea.Cmd {
	if k.Name == "ctrl+c" {
		return tea.Quit
	}
	if m.asked != nil {
		return m.answer(k)
	}
	may := m.guard.Act(k)
	switch k.Name {
	case "q", "esc":
		return tea.Quit
	case "j", "down":
		m.at = min(m.at+1, max(0, len(m.choices)-1))
	case "k", "up":
		m.at = max(0, m.at-1)
	case "g", "home":
		m.at = 0
	case "G", "end":
		m.at = max(0, len(m.choices)-1)
	case "enter", "x":
		if may && m.at < len(m.choices) {
			return m.pick(m.choices[m.at])
		}
	}
	return nil
}

// pick takes a choice, or asks for the words that it wants.
func (m *chooser) pick(c Choice) tea.Cmd {
	if c.Type == "" {
		m.chosen = &c
		return tea.Quit
	}
	q := &question{Dialog: dialog.New("name", inert("LIVE: "+c.Label), "cancel"), tone: style.Danger}
	q.Fields, q.Sends = []dialog.Field{{Label: "type", Want: c.Type}}, "go"
	q.body = func(w int) []string {
		p := pane.NewPage(w, m.st)
		p.Text(style.Plain, "This opens a run on real servers. Nothing is executed yet.")
		p.Field("detail", c.Detail)
		if len(c.Notes) > 0 {
			p.Head("Beforehand")
		}
		for _, l := range c.Notes {
			p.Lines = append(p.Lines, pane.Cut(inert(l), w, m.st))
		}
		return p.Lines
	}
	m.asked = q
	m.guard.Open(m.opts.now(), false)
	return nil
}

func (m *chooser) answer(k dialog.Key) tea.Cmd {
	q := m.asked
	if !m.guard.Pass(k, q.Typing()) {
		return nil
	}
	a := q.HandleKey(k)
	q.says = a.Say
	switch a.ID {
	case "":
	case dialog.Cancel:
		m.asked = nil
	default:
		c := m.choices[m.at]
		m.chosen = &c
		return tea.Quit
	}
	return nil
}

// View draws the choices under the names of their groups.
func (m *chooser) View() tea.View {
	v := tea.NewView(strings.Join(m.picture(), "\n"))
	v.AltScreen, v.ReportFocus, v.WindowTitle = true, true, "belay"
	return v
}

func (m *chooser) picture() []string {
	if m.w <= 0 || m.h <= 0 {
		return nil
	}
	lines, selected := m.list()
	head := []string{" " + m.st.Paint(style.Strong, "belay") + "  " + inert(m.title), ""}
	h := max(0, m.h-len(head)-1)
	m.top = pane.Scroll(len(lines), selected, m.top, h)
	out := append(head, pane.Block(lines[m.top:], m.w, h, m.st)...)
	out = append(out, pane.Hints([]pane.Hint{{Key: "enter", Word: "choose"}, {Key: "j k", Word: "move"}, {Key: "q", Word: "leave"}}, m.w, m.st))
	if m.asked != nil {
		w := min(m.w, 90)
		box, shown := m.asked.form(w).Draw(w, m.h-2, m.st)
		m.asked.Height, m.asked.Lines = shown, len(m.asked.body(pane.Inner(w)))
		out = pane.Over(out, box, m.w, max(1, (m.h-len(box))/3), m.st)
	}
	return pane.Block(out, m.w, m.h, m.st)
}

// list gives the lines of the choices, and which of them is selected.
func (m *chooser) list() (lines []string, selected int) {
	group := ""
	for i, c := range m.choices {
		if c.Group != group {
			group = c.Group
			if i > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, " "+m.st.Paint(style.Strong, inert(group)))
		}
		lead := "   "
		if i == m.at {
			lead, selected = " "+m.st.Frame.Mark+" ", len(lines)
		}
		row := lead + pane.Fit(inert(c.Label), min(40, m.w/2), m.st) + "  " + inert(c.Detail)
		if i == m.at {
			row = m.st.Selected.Render(pane.Fit(row, m.w, m.st))
		}
		lines = append(lines, row)
	}
	if len(lines) == 0 {
		lines = []string{" there is nothing to choose: belay init writes a runbook to start from"}
	}
	return lines, selected
}
