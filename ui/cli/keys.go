package cli

// The rule of this file: one file gives actions of the console other keys. What
// is wrong in it is said with its line, before anything is begun.

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/ui"
)

func (p *program) keysVerb() *cobra.Command {
	c := verb("keys", "print the keys of the console, as the file that changes them", noWords, func(*cobra.Command, []string) error {
		keys, err := p.keys()
		if err != nil {
			return err
		}
		p.sayKeys(keys)
		return nil
	})
	c.Long = `Keys prints what each action of the console is called, its keys and what it does, in the format of
keys.toml in the config folder (belay info names it). That file gives actions other keys; the
actions that it does not name keep theirs:

  mkdir -p ~/.config/belay && belay keys > ~/.config/belay/keys.toml

The first key of an action is the one that the screen shows, in footer, help and every text.
Digits, Esc, Enter, Tab, Ctrl+C and the keys of answers in questions are the same for everybody.`
	return c
}

func (p *program) keysFile() string { return filepath.Join(p.env.configDir(), "keys.toml") }

// keys reads the operator's own keys; none where there is no file.
func (p *program) keys() (ui.Keys, error) {
	file := p.keysFile()
	src, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, usage("mend it, or move it away", "the keys cannot be read: %v", err)
	}
	keys, line, err := parseKeys(string(src))
	if err != nil {
		return nil, usage("belay keys lists actions and keys once it is mended or moved away", "%s:%d: %s", file, line, tail.Inert(err.Error()))
	}
	return keys, nil
}

// parseKeys reads a file of keys. An error comes with its line.
func parseKeys(src string) (keys ui.Keys, line int, err error) {
	var given map[string]any
	if _, err := toml.Decode(src, &given); err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return nil, at.Position.Line, errors.New(at.Message)
		}
		return nil, 1, err
	}
	keys = ui.Keys{}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if keys[name], err = keysOf(given[name]); err != nil {
			return nil, lineOf(src, name), fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := keys.Check(); err != nil {
		var e *ui.KeyError
		if errors.As(err, &e) {
			line = lineOf(src, e.Action)
		}
		return nil, line, err
	}
	return keys, 0, nil
}

// keysOf takes a key, or a list of them.
func keysOf(value any) ([]string, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var out []string
	for _, v := range list {
		key, ok := v.(string)
		if !ok {
			return nil, errors.New(`want a key, "x", or a list of them, ["x", "f5"]`)
		}
		out = append(out, key)
	}
	return out, nil
}

// lineOf finds the line that gives a name its value; the first, where it is
// written in a way of its own.
func lineOf(src, name string) int {
	at := regexp.MustCompile(`(?m)^[ \t]*\[*["']?` + regexp.QuoteMeta(name) + `\b`).FindStringIndex(src)
	if at == nil {
		return 1
	}
	return 1 + strings.Count(src[:at[0]], "\n")
}

func (p *program) sayKeys(own ui.Keys) {
	wide := 0
	for _, a := range ui.Actions() {
		wide = max(wide, len(a.Name))
	}
	for _, a := range ui.Actions() {
		keys := a.Keys
		if k, ok := own[a.Name]; ok {
			keys = k
		}
		value := quoteKey(keys[0])
		if len(keys) > 1 {
			var all []string
			for _, k := range keys {
				all = append(all, quoteKey(k))
			}
			value = "[" + strings.Join(all, ", ") + "]"
		}
		p.say("%-*s = %-22s # %s\n", wide, a.Name, value, a.Help)
	}
}

// quoteKey writes a key as a literal string of TOML where that can hold it.
func quoteKey(key string) string {
	if strings.Contains(key, "'") {
		return `"` + key + `"`
	}
	return "'" + key + "'"
}
