// Package tail turns what hosts print into text that is safe to show, and keeps
// the last of it at hand: bytes become inert lines, lines fill a ring, a view
// asks the ring for a window.
//
// The rule of this package: after this room every line is inert. A rune reaches
// the screen because a list allows it, never because nobody thought of it; what
// may not be shown is shown escaped, and nothing is dropped in silence. Nobody
// escapes again. Every foreign string takes the same way through [Inert]: host
// names, banners, error texts, JSON, file names.
package tail

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

const (
	// MaxLine is how many bytes of one line are shown. Longer lines are cut and
	// say how long they really are.
	MaxLine = 8 << 10
	// TabWidth is the distance of the columns that a tab goes to.
	TabWidth = 8
	// maxCombining is how many combining marks one base may carry: enough for
	// every living script, too few to paint over the neighbours.
	maxCombining = 4
)

// Overwritten stands at the start of a line that a host drew several times with
// carriage returns, as progress bars do; only the last drawing follows. At the
// end of a line it stands for the carriage return of a CR LF.
const Overwritten = "␍"

// Mark is a span of a line's text that the host did not print like this: an
// escape, a tab, a cut. Painters dim it.
type Mark struct {
	Start, End int    // bytes of Text
	Raw        string // what the span stands for; empty for what is hidden
}

// Line is one line as it may be shown.
type Line struct {
	Number int64  // counted from 0 since the ring began; set by [Ring]
	Text   string // allow-listed runes only, one row, no tabs
	Marks  []Mark // in order, not overlapping
	Size   int64  // bytes that the host wrote, without the LF
	Hidden int64  // of these, how many Text and Marks do not show
	Open   bool   // the LF has not come yet
}

// Width is the number of terminal columns that Text takes.
func (l Line) Width() int { return ansi.StringWidth(l.Text) }

// Source is what the host printed, when nothing of it is hidden.
func (l Line) Source() string {
	var b strings.Builder
	at := 0
	for _, m := range l.Marks {
		b.WriteString(l.Text[at:m.Start])
		b.WriteString(m.Raw)
		at = m.End
	}
	b.WriteString(l.Text[at:])
	return b.String()
}

// Inert makes any foreign string safe to print. All of it is shown, CR and LF
// as ^M and ^J. For plain ASCII it returns s itself.
func Inert(s string) string { return Raw(s).Text }

// Raw is [Inert] with its marks: the view of a line that hides nothing.
func Raw(s string) Line {
	if isPlain(s) {
		return Line{Text: s, Size: int64(len(s))}
	}
	var p projector
	p.text.Grow(len(s) + len(s)/4)
	p.all(s)
	return Line{Text: p.text.String(), Marks: p.marks, Size: int64(len(s))}
}

// Project makes a line of a log safe to show. Unlike [Raw] it shows a line that
// was overwritten by carriage returns as it looked in the end, and cuts it
// after [MaxLine] bytes; both leave a visible mark.
func Project(line []byte) Line {
	if len(line) <= MaxLine {
		return project(line, int64(len(line)), false)
	}
	var p partial
	p.extend(line)
	return project(p.kept, p.size, p.skipped)
}

// project shows what was kept of a line of size bytes. skipped says that
// drawings in front of kept are gone already.
func project(kept []byte, size int64, skipped bool) Line {
	s := string(kept)
	if int64(len(s)) == size && isPlain(s) {
		return Line{Text: s, Size: size}
	}
	cut := int64(len(s)) < size
	if cut {
		s = wholeRunes(s)
	}
	body := strings.TrimRight(s, "\r")
	tail := s[len(body):]
	if i := strings.LastIndexByte(body, '\r'); i >= 0 {
		body, skipped = body[i+1:], true
	}
	var p projector
	if skipped {
		p.mark(Overwritten+" ", "")
	}
	p.all(body)
	for range len(tail) {
		p.mark(Overwritten, "\r")
	}
	if cut {
		p.mark(fmt.Sprintf(" …[%d bytes]", size), "")
	}
	return Line{Text: p.text.String(), Marks: p.marks, Size: size, Hidden: size - int64(len(body)+len(tail))}
}

// wholeRunes takes a rune that a cut went through off the end, so that it does
// not look like bad bytes.
func wholeRunes(s string) string {
	for i := 1; i < utf8.UTFMax && i <= len(s); i++ {
		if tail := s[len(s)-i:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}

// isPlain reports printable ASCII only: nearly every line of every log.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i]-0x20 > 0x7e-0x20 {
			return false
		}
	}
	return true
}

// projector writes runes, allowed or escaped, one after the other.
type projector struct {
	text      strings.Builder
	marks     []Mark
	stop      int  // byte of text behind the last tab, which is at a tab stop
	based     bool // the last thing written can carry a combining mark
	combining int  // how many it carries
}

// mark writes shown in place of raw.
func (p *projector) mark(shown, raw string) {
	start := p.text.Len()
	p.text.WriteString(shown)
	p.marks = append(p.marks, Mark{Start: start, End: p.text.Len(), Raw: raw})
	p.based = false
}

func (p *projector) all(s string) {
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		p.rune(r, s[:n])
		s = s[n:]
	}
}

// rune writes one rune, or the bad byte that raw is.
func (p *projector) rune(r rune, raw string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		p.mark(fmt.Sprintf(`\x%02x`, raw[0]), raw)
	case r == '\t':
		column := ansi.StringWidth(p.text.String()[p.stop:])
		p.mark(strings.Repeat(" ", TabWidth-column%TabWidth), raw)
		p.stop = p.text.Len()
	case r < 0x20, r == 0x7f:
		p.mark("^"+string(r^0x40), raw) // ^[ for ESC, ^? for DEL
	case r == ' ':
		p.text.WriteByte(' ')
		p.based = false
	case unicode.Is(unicode.Zs, r):
		p.mark(" ", raw)
	case ignorable(r):
		p.mark(fmt.Sprintf("<U+%04X>", r), raw)
	case unicode.Is(unicode.M, r):
		p.combine(r, raw)
	case unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S):
		p.text.WriteString(raw)
		p.based, p.combining = true, 0
	default:
		p.mark(fmt.Sprintf("<U+%04X>", r), raw)
	}
}

// combine writes a combining mark if there is a base of its own to carry it.
// Without one it would sit on an escape or on the border of the pane.
func (p *projector) combine(r rune, raw string) {
	if !p.based || p.combining >= maxCombining {
		p.mark(fmt.Sprintf("<U+%04X>", r), raw)
		return
	}
	p.text.WriteString(raw)
	p.combining++
}

// ignorable are runes in the allowed categories that are drawn as nothing, so
// they could hide in a name: Hangul fillers, the grapheme joiner, the variation
// selectors but the two for text and emoji.
func ignorable(r rune) bool {
	return r >= 0x34f && (unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r) && r != 0xfe0e && r != 0xfe0f)
}

// partial is a line whose end has not come. What it keeps depends on the bytes
// alone, not on the pieces in which they came: all of a line of up to MaxLine
// bytes; of a longer one the first MaxLine bytes of its last drawing.
type partial struct {
	kept    []byte
	size    int64
	long    bool // more than MaxLine bytes came
	skipped bool // drawings were thrown away
	cr      bool // long only: a CR came, and nothing after it yet
}

func (p *partial) extend(b []byte) {
	p.size += int64(len(b))
	if !p.long && len(p.kept)+len(b) <= MaxLine {
		p.kept = append(p.kept, b...)
		return
	}
	if !p.long {
		first := bytes.Clone(p.kept)
		p.long, p.kept = true, p.kept[:0]
		p.redraw(first)
	}
	p.redraw(b)
}

// redraw follows the drawings of a long line.
func (p *partial) redraw(b []byte) {
	for len(b) > 0 {
		if b[0] == '\r' {
			p.cr, b = true, b[1:]
			continue
		}
		if p.cr {
			p.kept, p.skipped, p.cr = p.kept[:0], true, false
		}
		drawing, _, _ := bytes.Cut(b, []byte{'\r'})
		p.kept = append(p.kept, drawing[:min(len(drawing), MaxLine-len(p.kept))]...)
		b = b[len(drawing):]
	}
}

func (p *partial) reset() { *p = partial{kept: p.kept[:0]} }
