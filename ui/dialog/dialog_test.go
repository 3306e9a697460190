package dialog

import (
	"strings"
	"testing"
	"time"
)

func press(d *Dialog, names ...string) Answer {
	var a Answer
	for _, n := range names {
		k := Key{Name: n}
		if len([]rune(n)) == 1 {
			k.Text = n
		}
		if n == "space" {
			k.Text = " "
		}
		if a = d.HandleKey(k); a.ID != "" {
			return a
		}
	}
	return a
}

func confirm(want string) *Dialog {
	d := New("confirm", "CONFIRM", "Cancel", Option{Key: "y", Label: "execute", ID: "go"})
	if want != "" {
		d.Fields = []Field{{Label: "type", Want: want}}
		d.Sends = "go"
	}
	return d
}

func TestEnterConfirmsNothing(t *testing.T) {
	if a := press(confirm(""), "enter"); a.ID != Cancel {
		t.Errorf("Enter on the default answered %q", a.ID)
	}
	d := confirm("")
	if a := press(d, "right", "enter"); a.ID != "" || a.Say == "" {
		t.Errorf("Enter on the confirming option answered %+v", a)
	}
	if a := press(d, "y"); a.ID != "go" {
		t.Errorf("y answered %+v", a)
	}
}

func TestTypedWords(t *testing.T) {
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{[]string{"w", "8", "1", "enter"}, "go"},
		{[]string{"w", "8", "enter"}, ""},
		{[]string{"w", "8", "1", "1", "enter"}, ""},
		{[]string{"w", "8", "1", "1", "backspace", "enter"}, "go"},
		{[]string{"W", "8", "1", "enter"}, ""},
		{[]string{"w", "8", "1", "space", "enter"}, ""},
		{[]string{"enter", "enter"}, ""},
		{[]string{"tab", "y"}, ""},
		{[]string{"w", "8", "1", "esc"}, Cancel},
		{[]string{"x", "ctrl+u", "w", "8", "1", "enter"}, "go"},
	} {
		if a := press(confirm("w81"), tt.keys...); a.ID != tt.want {
			t.Errorf("%v answered %q, want %q", tt.keys, a.ID, tt.want)
		}
	}
}

func TestPasteFillsTextButNeverConfirms(t *testing.T) {
	d := confirm("w81")
	d.Paste("w81\n")
	if d.Fields[0].Value != "" {
		t.Errorf("a paste filled in %q", d.Fields[0].Value)
	}
	d = New("skip", "Skip", "Cancel", Option{Key: "y", ID: "skip"})
	d.Fields = []Field{{Label: "reason"}}
	d.Paste("two\nlines\x1b[31m")
	if got := d.Fields[0].Value; got != "two lines[31m" {
		t.Errorf("pasted %q", got)
	}
}

func TestLostFocusEmptiesTheWords(t *testing.T) {
	d := confirm("w81")
	d.Fields = append([]Field{{Label: "reason", Value: "because"}}, d.Fields...)
	d.Focus = 1
	press(d, "w", "8")
	d.Blur()
	if d.Fields[1].Value != "" || d.Fields[0].Value != "because" {
		t.Errorf("fields are %+v", d.Fields)
	}
}

func TestReasonIsNeeded(t *testing.T) {
	d := New("skip", "Skip", "Cancel", Option{Key: "y", ID: "skip"})
	d.Fields = []Field{{Label: "reason"}}
	if a := press(d, "enter"); a.Say == "" {
		t.Error("Enter on an empty reason said nothing")
	}
	if a := press(d, "tab", "y"); a.ID != "" || d.Focus != 0 {
		t.Errorf("y without a reason: %+v, focus %d", a, d.Focus)
	}
	if a := press(d, "o", "k", "enter", "enter"); a.ID != Cancel {
		t.Errorf("Enter behind the reason answered %q, want the default", a.ID)
	}
	if a := press(d, "y"); a.ID != "skip" || a.Values[0] != "ok" {
		t.Errorf("y answered %+v", a)
	}
}

func TestOptionThatIsOffSaysWhy(t *testing.T) {
	d := New("gate", "Gate", "Close", Option{Key: "y", ID: "yes", Off: "disk is red"})
	if a := press(d, "y"); a.ID != "" || a.Say != "disk is red" {
		t.Errorf("%+v", a)
	}
}

func TestCheckedField(t *testing.T) {
	d := New("inputs", "Inputs", "Later")
	d.Fields, d.Sends = []Field{{Label: "COMMIT", Check: func(s string) error {
		if len(s) != 3 {
			return errShort
		}
		return nil
	}}}, "answer"
	if a := press(d, "a", "b", "enter"); a.Say != errShort.Error() {
		t.Errorf("%+v", a)
	}
	if a := press(d, "c", "enter"); a.ID != "answer" || a.Values[0] != "abc" {
		t.Errorf("%+v", a)
	}
}

type short string

func (s short) Error() string { return string(s) }

const errShort = short("too short")

func TestGuard(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	y := func(ms int) Key { return Key{Name: "y", Text: "y", At: at(ms)} }
	for _, tt := range []struct {
		name      string
		byProgram bool
		keys      []Key
		want      string // of each key: p passes, . does not
	}{
		{"dead time", false, []Key{y(100), y(700)}, ".p"},
		{"esc at once", false, []Key{{Name: "esc", At: at(10)}}, "p"},
		{"held down", false, []Key{y(100), y(390), y(420), y(450)}, "...."},
		{"reported repeat", false, []Key{{Name: "y", Repeat: true, At: at(2000)}}, "."},
		{"by itself, in the flow of typing", true, []Key{y(200), y(500), y(900)}, "..."},
		{"by itself, after quiet", true, []Key{y(200), y(700)}, ".p"},
		{"by itself, words after quiet", true, []Key{{Name: "w", At: at(500)}, {Name: "8", At: at(590)}}, "pp"},
		{"by itself, never quiet", true, []Key{{Name: "j", At: at(400)}, {Name: "j", At: at(800)}, {Name: "j", At: at(1200)}, {Name: "j", At: at(1550)}}, "...p"},
		{"moving may repeat", false, []Key{{Name: "j", At: at(1000)}, {Name: "j", At: at(1030)}}, "pp"},
	} {
		g := Guard{}
		g.Open(start, tt.byProgram)
		var got strings.Builder
		for _, k := range tt.keys {
			if g.Pass(k, false) {
				got.WriteByte('p')
			} else {
				got.WriteByte('.')
			}
		}
		if got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got.String(), tt.want)
		}
	}
}

func TestGuardArmsAfterFocus(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	var g Guard
	g.Focus(start)
	if g.Act(Key{Name: "x", At: start.Add(200 * time.Millisecond)}) {
		t.Error("a key 200 ms after the focus came acted")
	}
	if !g.Act(Key{Name: "x", At: start.Add(900 * time.Millisecond)}) {
		t.Error("a key 900 ms after the focus came did nothing")
	}
	if g.Act(Key{Name: "x", At: start.Add(930 * time.Millisecond)}) {
		t.Error("a held key acted twice")
	}
}

func TestSameLetterTwiceMayBeTyped(t *testing.T) {
	start := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	var g Guard
	g.Open(start, false)
	for i := range 2 {
		if !g.Pass(Key{Name: "o", Text: "o", At: start.Add(time.Duration(1000+60*i) * time.Millisecond)}, true) {
			t.Error("a double letter was dropped")
		}
	}
}
