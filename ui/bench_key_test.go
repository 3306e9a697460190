package ui

import (
	"fmt"
	"io"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// BenchmarkKey moves the cursor on a screen of 200 by 50 and paints that, as it is
// done between two frames.
func BenchmarkKey(b *testing.B) {
	p := newPainter(io.Discard)
	p.stop() // by hand from here on
	d := &painted{model: sit(b, newFake(b, "rehearsal"), 200, 50).model, painter: p}
	fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
	for i := 0; b.Loop(); i++ {
		d.model.Update(keyOf("jk"[i%2 : i%2+1]))
		d.paint(true)
		p.flush()
	}
}

// BenchmarkFrame takes a snapshot after some lines of each log, and paints it.
func BenchmarkFrame(b *testing.B) {
	p := newPainter(io.Discard)
	p.stop()
	f := newFake(b, "rehearsal")
	d := &painted{model: sit(b, f, 200, 50).model, painter: p}
	fmt.Fprint(p, ansi.SetModeAltScreenSaveCursor)
	for i := 0; b.Loop(); i++ {
		for _, h := range f.hosts {
			for n := range 500 {
				fmt.Fprintf(h.Logs[0].Ring, "2026-11-23 21:40:00 (raylet) line %d of a flood, as long as lines of logs are, more or less\n", i*500+n)
			}
		}
		d.model.Update(snapshotMsg(f.Snapshot()))
		d.paint(false)
		p.flush()
	}
}
