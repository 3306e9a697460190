// Picture turns a captured screen (tmux capture-pane -e -p) into an SVG: the
// pictures in the documents are what the program really showed. With -film it
// takes several, each ended by a form feed, and shows one after the other.
//
//	tmux capture-pane -e -p | go run ./ui/screentest/picture [-light] [-film] >screen.svg
//
// Its rule: it draws every cell that was captured and invents none.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Size of one cell, in pixels, for a monospaced font of 14.
const (
	cellWidth  = 8.43
	cellHeight = 18
	margin     = 12
)

// terminal is what a terminal makes of the 16 colours, and of none.
type terminal struct {
	ink, paper string
	palette    [16]string
}

var dark = terminal{"#c0caf5", "#12161f", [16]string{"#1d2430", "#f07178", "#9ece6a", "#e0af68", "#7aa2f7", "#bb9af7", "#7dcfff", "#c0caf5",
	"#68708c", "#ff8b92", "#b9f27c", "#ffc777", "#8db6ff", "#c7a9ff", "#a4daff", "#ffffff"}}

var light = terminal{"#24292f", "#ffffff", [16]string{"#24292f", "#b3261e", "#1a7f37", "#8a5a00", "#0550ae", "#8250df", "#116b7f", "#57606a",
	"#6e7781", "#cf222e", "#2da44e", "#9a6700", "#0969da", "#a475f9", "#1b8fa8", "#8c959f"}}

// on is the terminal that is drawn.
var on = dark

// look of the cells that follow.
type look struct {
	fg, bg      string
	bold, dim   bool
	under, swap bool
}

func main() {
	isLight, isFilm := flag.Bool("light", false, "for a light terminal"), flag.Bool("film", false, "several screens, each ended by a form feed")
	flag.Parse()
	if *isLight {
		on = light
	}
	render := draw
	if *isFilm {
		render = film
	}
	if err := render(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(r io.Reader, w io.Writer) error {
	var rows []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		rows = append(rows, lines.Text())
	}
	if err := lines.Err(); err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	open(out, rows)
	for y, row := range rows {
		drawRow(out, row, y)
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

// open writes what comes before the first row of the largest screen.
func open(out io.Writer, screens ...[]string) {
	width, height := 0, 0
	for _, rows := range screens {
		height = max(height, len(rows))
		for _, row := range rows {
			width = max(width, ansi.StringWidth(row))
		}
	}
	fmt.Fprintf(out, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n",
		float64(width)*cellWidth+2*margin, height*cellHeight+2*margin)
	fmt.Fprintf(out, `<rect width="100%%" height="100%%" rx="8" fill="%s"/>`+"\n", on.paper)
}

// drawRow writes one run of equal cells after the other.
func drawRow(out io.Writer, row string, y int) {
	var now look
	var text strings.Builder
	x, from := 0, 0
	flush := func() {
		drawRun(out, text.String(), now, from, x, y)
		text.Reset()
		from = x
	}
	var state byte
	for len(row) > 0 {
		seq, width, n, next := ansi.DecodeSequence(row, state, nil)
		state, row = next, row[n:]
		if width > 0 {
			text.WriteString(seq)
			x += width
			continue
		}
		if params, ok := strings.CutPrefix(seq, "\x1b["); ok && strings.HasSuffix(params, "m") {
			flush()
			now = now.after(strings.TrimSuffix(params, "m"))
		}
	}
	flush()
}

func drawRun(out io.Writer, text string, l look, from, to, y int) {
	if from == to {
		return
	}
	fg, bg := l.fg, l.bg
	if fg == "" {
		fg = on.ink
	}
	if l.swap {
		if bg == "" {
			bg = on.paper
		}
		fg, bg = bg, fg
	}
	left, top := margin+float64(from)*cellWidth, margin+y*cellHeight
	if bg != "" {
		fmt.Fprintf(out, `<rect x="%.2f" y="%d" width="%.2f" height="%d" fill="%s"/>`+"\n", left, top, float64(to-from)*cellWidth, cellHeight, bg)
	}
	if strings.TrimSpace(text) == "" {
		return
	}
	style := ""
	if l.bold {
		style += ` font-weight="bold"`
	}
	if l.dim {
		style += ` opacity="0.6"`
	}
	if l.under {
		style += ` text-decoration="underline"`
	}
	fmt.Fprintf(out, `<text x="%.2f" y="%d" textLength="%.2f" xml:space="preserve" fill="%s"%s>%s</text>`+"\n",
		left, top+13, float64(to-from)*cellWidth, fg, style, html.EscapeString(text))
}

// after applies the parameters of one SGR sequence (ECMA-48, 8.3.117).
func (l look) after(params string) look {
	for _, p := range strings.Split(params, ";") {
		n, _ := strconv.Atoi(p)
		switch {
		case n == 0:
			l = look{}
		case n == 1:
			l.bold = true
		case n == 2:
			l.dim = true
		case n == 4:
			l.under = true
		case n == 7:
			l.swap = true
		case n == 22:
			l.bold, l.dim = false, false
		case n == 24:
			l.under = false
		case n == 27:
			l.swap = false
		case n >= 30 && n <= 37:
			l.fg = on.palette[n-30]
		case n == 39:
			l.fg = ""
		case n >= 40 && n <= 47:
			l.bg = on.palette[n-40]
		case n == 49:
			l.bg = ""
		case n >= 90 && n <= 97:
			l.fg = on.palette[n-90+8]
		case n >= 100 && n <= 107:
			l.bg = on.palette[n-100+8]
		}
	}
	return l
}
