// Package style holds the only colours of the full-screen face.
//
// The rule of this package: a token is named for what it means. Colours come
// from the sixteen that every terminal lets its owner choose, and no token is
// the only sign of anything: whatever it colours also says it in words.
package style

import (
	"strings"

	"charm.land/lipgloss/v2"
)

// Tone is how a piece of text is meant.
type Tone int

// Tones, from quiet to loud.
const (
	Plain Tone = iota
	Dim
	Strong
	OK
	Busy
	Warn
	Danger
	Key
	tones
)

// Shape tells environments apart by the form of their lines, for eyes and
// terminals that cannot tell them apart by colour.
type Shape int

// Shapes of frames.
const (
	Solid  Shape = iota // live
	Double              // staging
	Dashed              // embedded fleet
)

// Terminal is what is known of the terminal, and of whoever looks at it.
type Terminal struct {
	Dark        bool // its background
	ASCII       bool // it has no other letters
	ColourBlind bool // what is well and what is not must not differ by red and green
}

// Style is one theme on one kind of terminal.
type Style struct {
	Terminal
	Frame Frame

	Title     lipgloss.Style // of a pane
	Focus     lipgloss.Style // title of the focused pane
	Selected  lipgloss.Style // the row under the cursor
	Match     lipgloss.Style // what a search found
	Live      lipgloss.Style // the block that names a live environment
	Rehearsal lipgloss.Style // the block that names a rehearsal
	Button    lipgloss.Style // the answer that Enter would give
	tone      [tones]ink
	keys      *strings.Replacer
}

// ink is what stands before and after a text in a tone. Lines of logs are
// painted by the thousand, and a lipgloss.Style would be asked the same each time.
type ink struct{ before, after string }

func inkOf(s lipgloss.Style) ink {
	before, after, _ := strings.Cut(s.Render("x"), "x")
	return ink{before, after}
}

// Name gives the actions of the console their keys, by their words.
func (st *Style) Name(keys map[string]string) {
	var pairs []string
	for word, key := range keys {
		pairs = append(pairs, "{"+word+"}", key)
	}
	st.keys = strings.NewReplacer(pairs...)
}

// Keyed puts the keys of actions in the place of their words: "{execute}" in a
// text of ours is the key of that action. Nothing foreign goes through here.
func (st *Style) Keyed(text string) string { return st.keys.Replace(text) }

// Frame is the runes that lines are drawn with.
type Frame struct {
	Across, Down                                   string
	TopLeft, TopRight, BottomLeft, BottomRight     string
	Full, Empty, Ellipsis, Open, Closed, Mark, Dot string
}

// New gives the style for a terminal.
func New(on Terminal, shape Shape) *Style {
	s := lipgloss.NewStyle
	st := &Style{
		Terminal: on, Frame: frame(on.ASCII, shape), keys: strings.NewReplacer(),
		Title:     s().Bold(true),
		Focus:     s().Bold(true).Reverse(true),
		Selected:  s().Reverse(true),
		Match:     s().Bold(true).Underline(true),
		Live:      s().Bold(true).Reverse(true).Foreground(lipgloss.Red),
		Rehearsal: s().Bold(true).Reverse(true).Foreground(lipgloss.Cyan),
		Button:    s().Bold(true).Reverse(true),
	}
	st.tone = [tones]ink{
		Dim: inkOf(s().Faint(true)), Strong: inkOf(s().Bold(true)),
		OK: inkOf(s().Foreground(lipgloss.Green)), Busy: inkOf(s().Foreground(lipgloss.Cyan)),
		Warn: inkOf(s().Foreground(lipgloss.Yellow)), Danger: inkOf(s().Foreground(lipgloss.Red).Bold(true)),
		Key: inkOf(s().Bold(true)),
	}
	if !on.Dark { // cyan and yellow vanish on white
		st.tone[Busy] = inkOf(s().Foreground(lipgloss.Blue))
		st.tone[Warn] = inkOf(s().Foreground(lipgloss.Magenta))
		st.Rehearsal = s().Bold(true).Reverse(true).Foreground(lipgloss.Blue)
	}
	if on.ColourBlind { // blue against no hue at all is seen by everybody
		st.tone[OK], st.tone[Danger] = inkOf(s().Foreground(lipgloss.Blue)), inkOf(s().Bold(true).Reverse(true))
		if on.Dark {
			st.tone[OK] = inkOf(s().Foreground(lipgloss.BrightBlue))
		}
		st.Live = s().Bold(true).Reverse(true)
	}
	return st
}

// Paint gives a line of text in a tone. Empty text stays empty.
func (st *Style) Paint(t Tone, text string) string {
	if t == Plain || text == "" {
		return text
	}
	return st.tone[t].before + text + st.tone[t].after
}

func frame(ascii bool, shape Shape) Frame {
	if ascii {
		f := Frame{Across: "-", Down: "|", TopLeft: "+", TopRight: "+", BottomLeft: "+", BottomRight: "+",
			Full: "#", Empty: ".", Ellipsis: "~", Open: "v", Closed: ">", Mark: ">", Dot: "-"}
		switch shape {
		case Double:
			f.Across = "="
		case Dashed:
			f.Across, f.Down = ".", ":"
		}
		return f
	}
	f := Frame{Across: "─", Down: "│", TopLeft: "┌", TopRight: "┐", BottomLeft: "└", BottomRight: "┘",
		Full: "█", Empty: "░", Ellipsis: "…", Open: "▾", Closed: "▸", Mark: "▶", Dot: "·"}
	switch shape {
	case Double:
		f.Across, f.Down = "═", "║"
		f.TopLeft, f.TopRight, f.BottomLeft, f.BottomRight = "╔", "╗", "╚", "╝"
	case Dashed:
		f.Across, f.Down = "╌", "╎"
	}
	return f
}
