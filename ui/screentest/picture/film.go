package main

// The rule of this file: a film is pictures one after the other, and a row that
// stays as it is, is drawn once. Where nothing moves, the first picture is seen.

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// perFrame is how long a picture stays, in seconds: long enough to be read.
const perFrame = 3

// stay is a row of the screen from one frame to before another.
type stay struct {
	text     string
	y        int
	from, to int
}

// stays finds how long each row stays as it is.
func stays(frames [][]string) []stay {
	var out []stay
	rows := 0
	for _, f := range frames {
		rows = max(rows, len(f))
	}
	for y := range rows {
		row := func(i int) string {
			if y < len(frames[i]) {
				return frames[i][y]
			}
			return ""
		}
		for from := 0; from < len(frames); {
			to := from + 1
			for to < len(frames) && row(to) == row(from) {
				to++
			}
			out = append(out, stay{row(from), y, from, to})
			from = to
		}
	}
	return out
}

// film draws frames that form feeds separate.
func film(r io.Reader, w io.Writer) error {
	all, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	var frames [][]string
	for f := range strings.SplitSeq(strings.TrimSuffix(string(all), "\f"), "\f") {
		frames = append(frames, strings.Split(strings.TrimSuffix(f, "\n"), "\n"))
	}
	out := bufio.NewWriter(w)
	open(out, frames...)
	for _, s := range stays(frames) {
		if s.to-s.from == len(frames) {
			drawRow(out, s.text, s.y)
			continue
		}
		if s.from == 0 {
			fmt.Fprint(out, "<g>")
		} else {
			fmt.Fprint(out, `<g visibility="hidden">`)
		}
		fmt.Fprint(out, s.animation(len(frames)))
		drawRow(out, s.text, s.y)
		fmt.Fprintln(out, "</g>")
	}
	fmt.Fprintln(out, "</svg>")
	return out.Flush()
}

// animation shows a row while it stays (SVG 1.1, 19.2; calcMode discrete).
func (s stay) animation(frames int) string {
	values, times := []string{"visible"}, []string{"0"}
	at := func(frame int) string { return fmt.Sprintf("%.4f", float64(frame)/float64(frames)) }
	if s.from > 0 {
		values, times = []string{"hidden", "visible"}, append(times, at(s.from))
	}
	if s.to < frames {
		values, times = append(values, "hidden"), append(times, at(s.to))
	}
	return fmt.Sprintf(`<animate attributeName="visibility" calcMode="discrete" dur="%ds" repeatCount="indefinite" values="%s" keyTimes="%s"/>`,
		frames*perFrame, strings.Join(values, ";"), strings.Join(times, ";"))
}
