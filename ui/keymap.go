package ui

// The rule of this file: an operator may give any action other keys, and every
// text of the screen that names a key then names that one. What must be the same
// on every screen keeps its key: digits, Esc, Enter, Tab, Ctrl+C, and the keys of
// answers, which stand beside them.

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Keys are the keys of actions, as Bubble Tea names keys ("x", "ctrl+d", "pgup"),
// by the action's name (see Actions). The first key of an action is the one that
// is shown. An action that is not named here has its usual keys.
type Keys map[string][]string

// Action is one entry of the key map that can be given other keys.
type Action struct {
	Name string   // in the file of keys and after ":"
	Keys []string // the usual ones, without those that are fixed
	Help string
}

// KeyError says what is wrong with the keys of an action.
type KeyError struct{ Action, Why string }

func (e *KeyError) Error() string { return e.Action + ": " + e.Why }

// name is how a file and the command line call an action.
func (b binding) name() string { return strings.ReplaceAll(b.word, " ", "-") }

// fixed are keys that are given to no action and taken from none.
var fixed = []string{"esc", "enter", "tab", "shift+tab", "ctrl+c", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0"}

// keeps reports whether a binding has its usual keys and no others.
func (b binding) keeps() bool {
	return !slices.ContainsFunc(b.keys, func(k string) bool { return !slices.Contains(fixed, k) })
}

// Actions lists what can be given other keys, in the order of the help.
func Actions() []Action {
	var out []Action
	for _, b := range keyMap {
		if !b.keeps() && !slices.ContainsFunc(out, func(a Action) bool { return a.Name == b.name() }) {
			own := slices.DeleteFunc(slices.Clone(b.keys), func(k string) bool { return slices.Contains(fixed, k) })
			out = append(out, Action{b.name(), own, b.help})
		}
	}
	return out
}

// keyName is a key as Bubble Tea names it: what it types, or a name.
var keyName = regexp.MustCompile(`^(?:(?:ctrl\+)?(?:alt\+)?(?:shift\+)?(?:up|down|left|right|home|end|pgup|pgdown|insert|delete|backspace|space|f[1-9]|f1[0-2])|(?:ctrl\+)(?:alt\+)?[a-z]|(?:alt\+)?[[:graph:]]|[^[:cntrl:][:space:]])$`)

// Check says what is wrong with the keys, as a *KeyError: a name or a key that
// nobody knows, a key that is fixed, or one that would mean two things at once.
func (k Keys) Check() error {
	known := Actions()
	for _, name := range slices.Sorted(maps.Keys(k)) {
		if !slices.ContainsFunc(known, func(a Action) bool { return a.Name == name }) {
			return &KeyError{name, "there is no such action; belay keys lists them"}
		}
		if len(k[name]) == 0 {
			return &KeyError{name, "it needs a key"}
		}
		for _, key := range k[name] {
			switch {
			case slices.Contains(fixed, key):
				return &KeyError{name, fmt.Sprintf("%q is the same for everybody, and no action's key", key)}
			case !keyName.MatchString(key):
				return &KeyError{name, fmt.Sprintf("%q is no key; write \"x\", \"X\", \"ctrl+x\", \"alt+x\", \"f5\", \"pgdown\" or \"space\"", key)}
			}
		}
	}
	for i, a := range keyMap {
		for _, b := range keyMap[:i] {
			for _, key := range k.of(a) {
				if a.in&b.in == 0 || !slices.Contains(k.of(b), key) {
					continue
				}
				at, other := a, b
				if _, given := k[a.name()]; !given {
					at, other = b, a
				}
				return &KeyError{at.name(), fmt.Sprintf("%q is the key of %s too: give that another", key, other.name())}
			}
		}
	}
	return nil
}

// of gives the keys of a binding.
func (k Keys) of(b binding) []string {
	given, ok := k[b.name()]
	if !ok || b.keeps() {
		return b.keys
	}
	own := slices.Clone(given)
	for _, key := range b.keys {
		if slices.Contains(fixed, key) {
			own = append(own, key)
		}
	}
	return own
}

// shown is the key of each action, by its word, for the texts of the screen.
func (k Keys) shown() map[string]string {
	out := map[string]string{}
	for _, b := range keyMap {
		out[b.word] = k.of(b)[0]
	}
	return out
}
