package ui

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"belay/steps"
)

// strange gives every action a key that nothing else has, a letter of Hiragana.
func strange() Keys {
	keys := Keys{}
	for i, a := range Actions() {
		keys[a.Name] = []string{string(rune('ぁ' + i))}
	}
	return keys
}

// withKeys is a console on a run, in front of somebody who has keys of their own.
func withKeys(t *testing.T, f *fake, keys Keys) *desk {
	t.Helper()
	d := &desk{f: f, clock: night.Add(time.Hour)}
	d.model = newModel(t.Context(), Options{Theme: Dark, Keys: keys, Now: func() time.Time { return d.clock }}, f)
	d.send(tea.WindowSizeMsg{Width: 120, Height: 36})
	d.send(snapshotMsg(f.Snapshot()))
	return d
}

func TestOtherKeys(t *testing.T) {
	colemak := Keys{"down": {"n", "down"}, "up": {"e", "up"}, "older": {"k"}, "error": {"j"}, "execute": {"f5"}}
	if err := colemak.Check(); err != nil {
		t.Fatal(err)
	}
	d := withKeys(t, newFake(t, "rehearsal"), colemak)
	first := d.sel
	d.press("n")
	if d.sel == first {
		t.Error("n does not go down")
	}
	d.press("up")
	if d.sel != first {
		t.Error("up does not go up")
	}
	d.expect(t, "f5 execute")
	d.press("x")
	d.expect(t, "x does nothing here")
	d.press("tab", "tab", "tab")
	d.press("?")
	if help := d.screen(); !strings.Contains(help, "f5 ") || strings.Contains(help, "  x ") {
		t.Errorf("the help does not have the other key:\n%s", help)
	}
}

// loneKey is a usual key where it can only mean that key.
var loneKey = regexp.MustCompile(`(?:^|[ (;])(?:x|s|u|r|V|m|c|O|A|!|X|i|H|R|K|z|q|y|w|\?|&)(?:$|[ ),;])`)

// TestNoTextKnowsAKeyByHeart: whatever an action says, and whatever waits for a
// person, names the keys that this operator has.
func TestNoTextKnowsAKeyByHeart(t *testing.T) {
	unraced(t)
	keys := strange()
	if err := keys.Check(); err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for name, begin := range moments(t) {
		d := withKeys(t, begin(), keys)
		for _, id := range d.kinds() {
			for _, b := range keyMap {
				if b.group != acting && b.group != running {
					continue
				}
				if len(d.f.sent)+d.f.rolls > 0 {
					d = withKeys(t, begin(), keys)
					d.kinds()
				}
				d.asked, d.waiting, d.said, d.sel, d.moved = nil, nil, "", id, true
				d.press(keys.of(b)[0])
				said := []string{d.said}
				for _, w := range d.wishes {
					said = append(said, d.st.Keyed(w.Hint))
				}
				for _, h := range d.hints() {
					said = append(said, h.Key)
				}
				for _, text := range said {
					if loneKey.MatchString(text) && !words[text] {
						words[text] = true
						t.Errorf("%s, %s on %+v: %q names a key that nobody has", name, b.word, id, text)
					}
					if strings.ContainsAny(text, "{}") {
						t.Errorf("%s, %s on %+v: %q leaves a key out", name, b.word, id, text)
					}
				}
			}
		}
	}
}

// TestNoHintKnowsAKeyByHeart, of all refusals there are, nor does the help of an
// action.
func TestNoHintKnowsAKeyByHeart(t *testing.T) {
	for _, b := range keyMap {
		if loneKey.MatchString(b.help) {
			t.Errorf("%s: %q names a key", b.word, b.help)
		}
	}
	paths, err := filepath.Glob("../steps/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files, hints := token.NewFileSet(), 0
	for _, path := range paths {
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			name, ok := call.Fun.(*ast.Ident)
			hint, isText := call.Args[1].(*ast.BasicLit)
			if !ok || name.Name != "refuse" || !isText {
				return true
			}
			hints++
			text, err := strconv.Unquote(hint.Value)
			if err != nil || loneKey.MatchString(text) {
				t.Errorf("%s: %s names a key: %v", files.Position(call.Pos()), hint.Value, err)
			}
			return true
		})
	}
	if hints < 50 {
		t.Errorf("only %d hints were found", hints)
	}
}

func TestKeysThatCannotBe(t *testing.T) {
	tests := []struct {
		keys         Keys
		action, says string
	}{
		{Keys{"dance": {"x"}}, "dance", "no such action"},
		{Keys{"execute": {}}, "execute", "needs a key"},
		{Keys{"execute": {"enter"}}, "execute", "same for everybody"},
		{Keys{"execute": {"5"}}, "execute", "same for everybody"},
		{Keys{"execute": {"xx"}}, "execute", "is no key"},
		{Keys{"execute": {"\x1b"}}, "execute", "is no key"},
		{Keys{"execute": {"ctrl+X"}}, "execute", "is no key"},
		{Keys{"execute": {"s"}}, "execute", `"s" is the key of skip too`},
		{Keys{"down": {"n"}}, "down", `"n" is the key of older too`},
		{Keys{"back": {"b"}}, "back", "no such action"},
		{Keys{"servers": {"b"}}, "servers", "no such action"},
	}
	for _, tt := range tests {
		var e *KeyError
		if err := tt.keys.Check(); !errors.As(err, &e) || e.Action != tt.action || !strings.Contains(e.Why, tt.says) {
			t.Errorf("%v: want %s: …%s…, got %v", tt.keys, tt.action, tt.says, err)
		}
	}
	for _, key := range []string{"x", "ü", "ctrl+x", "alt+x", "f12", "pgdown", "shift+f3", "ctrl+left", "\\", "space"} {
		if !keyName.MatchString(key) {
			t.Errorf("%q is refused", key)
		}
	}
	if err := (Keys{"execute": {"s"}, "skip": {"x"}}).Check(); err != nil {
		t.Errorf("two that change places: %v", err)
	}
}

// TestEveryActionIsACommand: by its name after ":", which Tab completes and the
// line explains.
func TestEveryActionIsACommand(t *testing.T) {
	f := newFake(t, "rehearsal")
	d := sit(t, f, 120, 36)
	d.press(":")
	d.words("exe")
	d.expect(t, ":exe_  execute; of a group", "(key x)")
	d.press("tab", "enter")
	if d.asked == nil && !slices.Contains(d.verbs(), steps.Execute) {
		t.Errorf("nothing came of :execute, and it says %q", d.said)
	}
	d = sit(t, f, 120, 36)
	d.press(":")
	d.words("ex")
	d.expect(t, ":ex_  exclude  execute")
	d.words("x")
	d.press("enter")
	d.expect(t, "there is no :exx")
	d.press(":")
	d.words("ro")
	d.press("tab")
	d.expect(t, ":roll-back")
	d.press("enter")
	d.expect(t, "ROLL BACK")
	d.press("esc", ":")
	d.words("follow")
	d.press("enter")
	d.expect(t, ":follow does nothing here; it is for a log")
	d.press(":")
	d.words("skip w82")
	d.press("enter")
	d.expect(t, ":skip takes no words")
	for _, b := range keyMap {
		if _, ok := d.action(b.name()); b.in&d.here() != 0 && !ok && b.do != nil && b.word != "command" {
			t.Errorf(":%s is no command", b.name())
		}
	}
}
