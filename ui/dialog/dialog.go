// Package dialog asks a person a question and gives back the answer. It draws
// nothing and does nothing.
//
// The rule of this package: a question cannot be answered by accident. Enter
// never agrees to anything: on words that have to be typed it counts only when
// they match exactly, elsewhere it only goes on to the next question. The
// choice that changes nothing is the default, and Esc always takes it.
package dialog

import (
	"strings"
	"time"
	"unicode"
)

// Key is one key press as a terminal reports it.
type Key struct {
	Name   string // as Bubble Tea names it: "y", "enter", "ctrl+u"
	Text   string // what it types; empty for keys that type nothing
	Repeat bool   // the terminal says that the key is held down
	At     time.Time
}

// Field is one line of text.
type Field struct {
	Label    string
	Value    string
	Want     string             // words that have to be typed exactly; such a field takes no paste
	Optional bool               // may stay empty
	Check    func(string) error // of a value that is not empty
	Note     string             // shown below it
	Key      string             // goes to it from the answers
	Past     []string           // earlier values, the newest last; up and down go through them
	Complete func(string) string
	back     int
}

// problem says what is wrong with the value, or "".
func (f Field) problem() string {
	v := strings.TrimSpace(f.Value)
	switch {
	case f.Want != "" && f.Value != f.Want:
		return "type " + f.Want + " exactly"
	case f.Want == "" && v == "" && !f.Optional:
		return f.Label + ": say something"
	case v != "" && f.Check != nil:
		if err := f.Check(v); err != nil {
			return err.Error()
		}
	}
	return ""
}

// problem says what is wrong with a field's value, or "". The key of an answer
// alone was meant as one.
func (d *Dialog) problem(f Field) string {
	v := strings.TrimSpace(f.Value)
	if p := f.problem(); p != "" || f.Want != "" || f.Check != nil {
		return p
	}
	for _, o := range d.Options {
		if o.Key == v {
			return f.Label + ": " + v + " alone is the key of an answer and no text; write more, Enter, and then " + v
		}
	}
	return ""
}

// Option is one answer.
type Option struct {
	Key, Label string
	ID         string
	Off        string // why it cannot be chosen now
	Safe       bool   // it changes nothing, or leads to another question: Enter may take it
	Bare       bool   // it needs no field to be filled in
}

// Cancel is the answer that changes nothing.
const Cancel = "cancel"

// Answer is what came of a key. ID is empty while the question stands.
type Answer struct {
	ID     string
	Values []string // of the fields, without the spaces around them
	Say    string   // why a key did nothing
}

// Dialog is one question. The zero value of At and Focus is the right start.
type Dialog struct {
	Name    string // one word for what it asks: confirm, skip, …
	Title   string
	Fields  []Field
	Options []Option
	Sends   string // with fields: what Enter on a complete last field answers; empty where it must not
	Focus   int    // index of a field, or len(Fields) for the options
	At      int    // highlighted option
	Scroll  int    // lines of the body that are scrolled away
	Lines   int    // of the body, as it was last drawn
	Height  int    // of the body's window, as it was last drawn
}

// New gives a dialog whose first option is to cancel.
func New(name, title string, cancel string, options ...Option) *Dialog {
	first := Option{Key: "esc", Label: cancel, ID: Cancel, Safe: true, Bare: true}
	return &Dialog{Name: name, Title: title, Options: append([]Option{first}, options...)}
}

// Typing reports whether keys go into a field.
func (d *Dialog) Typing() bool { return d.Focus < len(d.Fields) }

// Enter is what the Enter key does in the focused field.
type Enter int

// What Enter does. Until it has left the text, the keys of the answers are typed.
const (
	NoText   Enter = iota // no field is focused
	ToNext                // goes on to the next field
	ToAnswer              // leaves the text for the answers
	Sends                 // answers, where everything is filled in
)

// Enter says what the Enter key does now.
func (d *Dialog) Enter() Enter {
	switch last := d.Focus == len(d.Fields)-1; {
	case !d.Typing():
		return NoText
	case last && d.Sends != "":
		return Sends
	case last:
		return ToAnswer
	}
	return ToNext
}

// HandleKey takes one key that the guard let through.
func (d *Dialog) HandleKey(k Key) Answer {
	switch k.Name {
	case "esc":
		return Answer{ID: Cancel}
	case "pgdown", "ctrl+f":
		d.scroll(d.Height - 1)
	case "pgup":
		d.scroll(1 - d.Height)
	case "tab":
		if d.Typing() && d.Fields[d.Focus].Complete != nil {
			d.Fields[d.Focus].Value = d.Fields[d.Focus].Complete(d.Fields[d.Focus].Value)
			break
		}
		d.next(1)
	case "shift+tab":
		d.next(-1)
	default:
		if d.Typing() {
			return d.typed(k)
		}
		return d.chosen(k)
	}
	return Answer{}
}

// typed takes a key into the focused field.
func (d *Dialog) typed(k Key) Answer {
	f := &d.Fields[d.Focus]
	switch k.Name {
	case "enter":
		return d.enter(f)
	case "down":
		d.upDown(f, -1)
	case "up":
		d.upDown(f, 1)
	case "backspace", "ctrl+h":
		if r := []rune(f.Value); len(r) > 0 {
			f.Value = string(r[:len(r)-1])
		}
	case "ctrl+u":
		f.Value = ""
	case "ctrl+w":
		v := strings.TrimRight(f.Value, " ")
		f.Value = v[:strings.LastIndexByte(v, ' ')+1]
	default:
		f.Value += printable(k.Text)
	}
	return Answer{}
}

// upDown goes through earlier values, or to the next field where there are none.
func (d *Dialog) upDown(f *Field, by int) {
	if len(f.Past) == 0 {
		d.next(-by)
		return
	}
	f.back = max(0, min(f.back+by, len(f.Past)))
	f.Value = ""
	if f.back > 0 {
		f.Value = f.Past[len(f.Past)-f.back]
	}
}

// enter goes on to the next field. On the last one it answers where the words
// match exactly or where nothing is at stake.
func (d *Dialog) enter(f *Field) Answer {
	if p := d.problem(*f); p != "" {
		return Answer{Say: p}
	}
	if d.Enter() == Sends {
		return d.answer(d.Sends)
	}
	d.Focus++
	return Answer{}
}

// chosen takes a key as a choice.
func (d *Dialog) chosen(k Key) Answer {
	for _, o := range d.Options {
		if o.Key == k.Name {
			return d.pick(o)
		}
	}
	for i, f := range d.Fields {
		if f.Key != "" && f.Key == k.Name {
			d.Focus = i
			return Answer{}
		}
	}
	switch k.Name {
	case "j", "down":
		d.scroll(1)
	case "k", "up":
		d.scroll(-1)
	case "g", "home":
		d.Scroll = 0
	case "G", "end":
		d.scroll(d.Lines)
	case "ctrl+d", "space":
		d.scroll(d.Height / 2)
	case "ctrl+u", "b":
		d.scroll(-d.Height / 2)
	case "right", "l":
		d.At = (d.At + 1) % len(d.Options)
	case "left", "h":
		d.At = (d.At + len(d.Options) - 1) % len(d.Options)
	case "q", "n":
		return Answer{ID: Cancel}
	case "enter":
		o := d.Options[d.At]
		if !o.Safe {
			return Answer{Say: "Enter confirms nothing; press " + o.Key}
		}
		return d.pick(o)
	}
	return Answer{}
}

func (d *Dialog) pick(o Option) Answer {
	switch {
	case o.Off != "":
		return Answer{Say: o.Off}
	case o.Bare:
		return Answer{ID: o.ID, Values: d.values()}
	}
	return d.answer(o.ID)
}

// answer gives an answer when every field is filled in as it has to be.
func (d *Dialog) answer(id string) Answer {
	for i, f := range d.Fields {
		if p := d.problem(f); p != "" {
			d.Focus = i
			return Answer{Say: p}
		}
	}
	for _, o := range d.Options {
		if o.ID == id && o.Off != "" {
			return Answer{Say: o.Off}
		}
	}
	return Answer{ID: id, Values: d.values()}
}

func (d *Dialog) values() []string {
	out := make([]string, len(d.Fields))
	for i, f := range d.Fields {
		out[i] = strings.TrimSpace(f.Value)
	}
	return out
}

// next moves the focus over the fields and the options.
func (d *Dialog) next(by int) {
	if len(d.Fields) == 0 {
		d.At = (d.At + by + len(d.Options)) % len(d.Options)
		return
	}
	n := len(d.Fields)
	if len(d.Options) > 0 {
		n++
	}
	d.Focus = (d.Focus + by + n) % n
	d.At = 0
}

func (d *Dialog) scroll(by int) {
	d.Scroll = max(0, min(d.Scroll+by, d.Lines-d.Height))
}

// Paste puts pasted text into the focused field, in one line. It is no key: it
// chooses nothing, and words that have to be typed cannot be pasted.
func (d *Dialog) Paste(text string) {
	if d.Typing() && d.Fields[d.Focus].Want == "" {
		d.Fields[d.Focus].Value += printable(strings.Join(strings.Fields(text), " "))
	}
}

// Blur is the terminal losing the focus: what was typed so far to confirm is
// forgotten, since the next keys may be meant for another window.
func (d *Dialog) Blur() {
	for i := range d.Fields {
		if d.Fields[i].Want != "" {
			d.Fields[i].Value = ""
		}
	}
}

func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
