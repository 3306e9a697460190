package dialog

// The rule of this file: a key counts only when a person can have meant it for
// what is on the screen now.

import "time"

const (
	// dead is how long a dialog takes no key after it opened.
	dead = 300 * time.Millisecond
	// held is the time within which the same key again is taken for a key that
	// is held down: terminals repeat after 250 to 500 ms, then every 30 ms.
	held = 300 * time.Millisecond
	// quiet is how long nothing must have been pressed before a dialog that
	// opened by itself listens, and patience how long it waits for that.
	quiet    = 425 * time.Millisecond
	patience = 1500 * time.Millisecond
	// arm is how long after the terminal got the focus no key acts.
	arm = 400 * time.Millisecond
)

// Guard drops keys that cannot have been meant. It lives as long as the screen.
type Guard struct {
	opened    time.Time
	byProgram bool
	focused   time.Time
	last      time.Time
	name      string
}

// Open tells that a dialog opened at a time; by the program, or by a key.
func (g *Guard) Open(at time.Time, byProgram bool) { g.opened, g.byProgram = at, byProgram }

// Focus tells that the terminal got the focus.
func (g *Guard) Focus(at time.Time) { g.focused = at }

// Pass reports whether a key may go into the open dialog. Text for a field may
// hold the same letter twice; a choice may not.
func (g *Guard) Pass(k Key, typing bool) bool {
	before, same := g.last, g.name == k.Name
	g.last, g.name = k.At, k.Name
	switch {
	case k.Name == "esc" && !g.byProgram:
		return true
	case k.Repeat && !typing:
		return false
	case k.At.Sub(g.focused) < arm:
		return false
	case g.byProgram && k.At.Sub(g.opened) < patience && k.At.Sub(later(before, g.opened)) < quiet:
		return false
	case k.At.Sub(g.opened) < dead:
		return false
	case !typing && same && k.At.Sub(before) < held && acts(k):
		return false
	}
	g.byProgram = false // there was quiet once; from now on the keys are meant
	return true
}

// Act reports whether a key may start something from the screen itself.
func (g *Guard) Act(k Key) bool {
	before, same := g.last, g.name == k.Name
	g.last, g.name = k.At, k.Name
	return !k.Repeat && k.At.Sub(g.focused) >= arm && !(same && k.At.Sub(before) < held)
}

// acts tells choices from moves: scrolling may repeat.
func acts(k Key) bool {
	switch k.Name {
	case "j", "k", "h", "l", "up", "down", "left", "right", "pgup", "pgdown", "tab", "shift+tab", "space", "b", "ctrl+d", "ctrl+u":
		return false
	}
	return true
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
