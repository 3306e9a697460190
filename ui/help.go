package ui

// The rule of this file: the help is made from the key map and the commands,
// and all of it can be read and searched on the smallest screen.

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/ui/dialog"
	"belay/ui/pane"
	"belay/ui/style"
)

// topic is one entry of the help: what to press or type, what it does, and the
// word that the footer has for it.
type topic struct{ keys, text, word string }

// groups of the help, in order.
var groups = []string{acting, running, moving, logging, viewing}

// asking is what is the same in every question.
const asking = "In a question"

var askingTopics = []topic{
	{"esc", "takes the answer that changes nothing", "cancel"},
	{"enter", "confirms nothing; it leaves a text for the answers, whose keys are letters until then, and sends words that match exactly", ""},
	{"tab", "between fields and answers", ""},
	{"j k pgup pgdown", "scroll", ""},
	{"L", "the full log of the attempt that is asked about, in $PAGER", "its full log"},
}

// commanding is the command line.
const commanding = "On the command line, after :"

// topics gives the help of a group.
func topics(group string, keys Keys) []topic {
	var out []topic
	switch group {
	case asking:
		return askingTopics
	case commanding:
		out = append(out, topic{"ACTION", "any action of this list by its word, with dashes for blanks: execute, roll-back", ""})
		for _, c := range commands {
			out = append(out, topic{strings.TrimSpace(c.name + " " + c.args), c.help, ""})
		}
		return out
	}
	for _, b := range keyMap {
		if b.group == group {
			out = append(out, topic{strings.Join(keys.of(b), " "), b.help, b.word})
		}
	}
	return out
}

// help lists the key map.
func (m *model) help() {
	q := &question{Dialog: dialog.New("help", "KEYS", "close")}
	q.Fields = []dialog.Field{{Label: "/ search", Key: "/", Optional: true}}
	q.Focus = len(q.Fields)
	q.body = func(w int) []string { return helpLines(w, q.Fields[0].Value, m.opts.Keys, m.st) }
	m.ask(q)
}

// keyColumn is how wide the keys of the help are.
const keyColumn = 18

// helpLines are the topics that hold a text, under the names of their groups.
func helpLines(w int, find string, keys Keys, st *style.Style) []string {
	p := pane.NewPage(w, st)
	n, all := 0, 0
	for _, g := range append(append([]string{}, groups...), asking, commanding) {
		column := keyColumn
		if g == commanding {
			column = 30
		}
		headed := false
		for _, t := range topics(g, keys) {
			all++
			if !strings.Contains(strings.ToLower(t.keys+" "+t.text+" "+t.word), strings.ToLower(strings.TrimSpace(find))) {
				continue
			}
			if n++; !headed {
				p.Head(g)
				headed = true
			}
			keys := st.Paint(style.Key, pane.Fit("  "+t.keys, column, st))
			for _, row := range strings.Split(ansi.Wrap(t.text, max(1, w-column), ""), "\n") {
				p.Lines = append(p.Lines, keys+row)
				keys = strings.Repeat(" ", column)
			}
		}
	}
	if strings.TrimSpace(find) != "" {
		p.Head(fmt.Sprintf("%d of %d", n, all))
	}
	return p.Lines
}
