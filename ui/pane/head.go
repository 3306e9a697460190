package pane

// The rule of this file: what a program puts before its message (when, how bad,
// who, from where in its source) gives way to the message where there is little
// room; a mark stands where something was left out, and a search finds it still.

import (
	"regexp"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"belay/runner/tail"
	"belay/ui/style"
)

// Times says how the head of a line is shown.
type Times int

// Ways to show a line's head.
const (
	AsFits Times = iota // shortened where the pane is narrow
	InFull
	Hidden
	times
)

// Next is the way after this one.
func (t Times) Next() Times { return (t + 1) % times }

// Widths of a pane from which a head shows more of itself. A head of Ray's C++
// is 58 columns, so a line needs twice that to say something.
const (
	headWho  = 64  // who and how bad, beside the clock
	headFull = 120 // all of it
)

// head is what stands before the message of a line, as spans of its text. A
// span that is empty was not there.
type head struct {
	clock, level, who [2]int
	end               int // where the message begins; 0 where there is no head
}

// The parts of a head. A head begins with a time; without one a line is all
// message. None of them matches an escape, so none is left out with a head.
var (
	stamp  = regexp.MustCompile(`^(?:\([^()]{1,48}\) )?\[?(?:\d{4}[-/]\d\d[-/]\d\d[ T]|[A-Z][a-z][a-z] [ \d]\d )?(\d\d:\d\d:\d\d)(?:[.,]\d{1,9})?(?:Z| ?[+-]\d\d:?\d\d)?(?:[\], ]|$)`)
	klog   = regexp.MustCompile(`^([IWEF])\d{4} (\d\d:\d\d:\d\d)\.\d+ +\d+ [\w./-]+:\d+\] `)
	syslog = regexp.MustCompile(`^ ?[\w.-]+ ([\w./@-]+)(?:\[\d+\])?: `)
	level  = regexp.MustCompile(`^\[?(TRACE|DEBUG|INFO|NOTICE|SUCC|WARN|WARNING|ERR|ERROR|CRIT|CRITICAL|FATAL|PANIC)\b\]?:?`)
	letter = regexp.MustCompile(`^([TDIWEFC])[ \]]`)
	pid    = regexp.MustCompile(`^\d+[ \]]`)
	who    = regexp.MustCompile(`^(\([A-Za-z_][\w.:=,/ -]{0,47}\))(?: |$)`)
	source = regexp.MustCompile(`^[\w./-]+\.(?:cc|cpp|c|h|hpp|py|go|rs|java|js|ts|rb|kt|scala):\d+:?(?: |$)`)
	dash   = regexp.MustCompile(`^(?:--?|\||[\],:])(?: |$)`)
)

// headOf finds the head of a line.
func headOf(text string) head {
	var h head
	if m := klog.FindStringSubmatchIndex(text); m != nil {
		return head{level: [2]int{m[2], m[3]}, clock: [2]int{m[4], m[5]}, end: m[1]}
	}
	m := stamp.FindStringSubmatchIndex(text)
	if m == nil {
		return h
	}
	at := m[1]
	h.clock = [2]int{m[2], m[3]}
	if month := text[0] >= 'A' && text[0] <= 'Z'; month {
		at-- // the space before the host
		if m := syslog.FindStringSubmatchIndex(text[at:]); m != nil {
			h.who, at = [2]int{at + m[2], at + m[3]}, at+m[1]
		}
	}
	h.end = h.parts(text, at)
	if h.end >= len(text) { // it is nothing but a head
		return head{}
	}
	return h
}

// parts goes on behind the time and gives where the message begins.
func (h *head) parts(text string, at int) int {
	inside := strings.Contains(text[:at], "[") && !strings.Contains(text[:at], "]")
	for {
		for at < len(text) && text[at] == ' ' {
			at++
		}
		rest := text[at:]
		take := func(m []int, into *[2]int) bool {
			if m == nil || into != nil && into[1] > 0 {
				return false
			}
			if into != nil {
				*into = [2]int{at + m[2], at + m[3]}
			}
			if strings.Contains(rest[:m[1]], "]") {
				inside = false
			}
			at += m[1]
			return true
		}
		switch {
		case inside && take(letter.FindStringSubmatchIndex(rest), &h.level):
		case inside && take(pid.FindStringIndex(rest), nil):
		case take(level.FindStringSubmatchIndex(rest), &h.level):
		case take(who.FindStringSubmatchIndex(rest), &h.who):
		case take(stamp.FindStringIndex(rest), nil): // the program's own, behind Docker's
			inside = inside || strings.Contains(text[:at], "[") && text[at-1] != ']'
		case take(source.FindStringIndex(rest), nil):
		case take(dash.FindStringIndex(rest), nil):
		default:
			return at
		}
	}
}

// loud is the tone of a level; Plain for what is no trouble.
func loud(level string) style.Tone {
	switch {
	case level == "":
		return style.Plain
	case level[0] == 'W':
		return style.Warn
	case strings.HasPrefix(level, "E"), strings.HasPrefix(level, "F"), strings.HasPrefix(level, "C"), level == "PANIC":
		return style.Danger
	}
	return style.Plain
}

// piece is a part of a line as it is drawn.
type piece struct {
	text string
	at   int // where it stands in the line's text; -1 for a mark of ours
	tone style.Tone
}

// pieces gives a line as it is drawn: whole, or with a short head. What is left
// out never lies under one of the spans.
func pieces(line tail.Line, v LogView, w int, spans [][2]int, st *style.Style) []piece {
	whole := []piece{{text: line.Text}}
	short := v.Times == Hidden || v.Times == AsFits && w < headFull && !v.Wrap
	if !short {
		return whole
	}
	h := headOf(line.Text)
	if h.end == 0 {
		return whole
	}
	out := h.short(line.Text, v.Times, w, st)
	n := 0
	for _, p := range out {
		n += ansi.StringWidth(p.text)
	}
	if n >= ansi.StringWidth(line.Text) {
		return whole
	}
	for _, s := range spans {
		if !shown(out, s) {
			return whole
		}
	}
	return out
}

// short is the line with what its head has room for.
func (h head) short(text string, how Times, w int, st *style.Style) []piece {
	var out []piece
	keep := func(s [2]int, tone style.Tone) {
		if s[1] > 0 {
			if len(out) > 0 {
				out = append(out, piece{" ", -1, style.Dim})
			}
			out = append(out, piece{text[s[0]:s[1]], s[0], tone})
		}
	}
	if how != Hidden {
		keep(h.clock, style.Dim)
	}
	tone := loud(text[h.level[0]:h.level[1]])
	switch {
	case tone != style.Plain:
		keep(h.level, tone)
	case how != Hidden && w >= headWho:
		keep(h.level, style.Dim)
	}
	if how != Hidden && w >= headWho {
		keep(h.who, style.Dim)
	}
	return append(out, piece{st.Frame.Ellipsis + " ", -1, style.Dim}, piece{text[h.end:], h.end, style.Plain})
}

// shown reports whether a span of the line lies within one piece.
func shown(list []piece, span [2]int) bool {
	for _, p := range list {
		if p.at >= 0 && span[0] >= p.at && span[1] <= p.at+len(p.text) {
			return true
		}
	}
	return false
}
