package ui

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"belay/ui/style"
)

func choosing() (*chooser, func(...string)) {
	clock := night
	m := &chooser{opts: Options{Theme: Dark, Now: func() time.Time { return clock }}, title: "Ray 2.40.0 to 2.53.0", choices: []Choice{
		{ID: "run:7f3a", Group: "Open runs", Label: "7f3a", Detail: "LIVE production, 12 of 43"},
		{ID: "env:production", Group: "Environments", Label: "production", Detail: "live, 4 servers", Type: "production"},
		{ID: "rehearse", Group: "Rehearse", Label: "embedded fleet", Detail: "nothing real is touched"},
	}}
	m.st = style.New(style.Terminal{Dark: true}, style.Solid)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return m, func(keys ...string) {
		for _, k := range keys {
			clock = clock.Add(time.Second)
			m.Update(keyOf(k))
		}
	}
}

func TestStartScreenStartsNothingLiveByItself(t *testing.T) {
	m, press := choosing()
	for _, want := range []string{"Open runs", "Environments", "Rehearse", "nothing real is touched"} {
		if !strings.Contains(ansi.Strip(m.View().Content), want) {
			t.Fatalf("no %q in\n%s", want, ansi.Strip(m.View().Content))
		}
	}
	press("j", "enter", "enter", "p", "r", "o", "d", "enter")
	if m.chosen != nil {
		t.Fatal("a live environment was chosen without its name")
	}
	press("u", "c", "t", "i", "o", "n", "enter")
	if m.chosen == nil || m.chosen.ID != "env:production" {
		t.Fatalf("chosen %+v", m.chosen)
	}
}

func TestStartScreenIsLeft(t *testing.T) {
	m, press := choosing()
	press("G", "esc")
	if m.chosen != nil {
		t.Fatalf("Esc chose %+v", m.chosen)
	}
	press("enter")
	if m.chosen == nil || m.chosen.ID != "rehearse" {
		t.Fatalf("chosen %+v", m.chosen)
	}
}
