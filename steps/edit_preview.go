package steps

// The rule of this file: the preview computes what the script will write, byte
// for byte, and shows no secret, neither a new one nor the one it replaces.

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	errNotThere   = errors.New("a text to replace is not there")
	errMoreOften  = errors.New("a text to replace is there more than once")
	errNoTextFile = errors.New("the file holds NUL bytes; it is no text")
)

// EditPreview gives a file's content as it is and as the edit will leave it,
// for a diff. Current is nil when the file does not exist. Values of secrets
// are taken from secrets; one that is not in there is shown as ‹secret NAME›,
// and what stands in its place now as ‹hidden›.
func EditPreview(f *FileEdit, current []byte, secrets map[string]string) (before, after []byte, err error) {
	text := string(current)
	if strings.ContainsRune(text, 0) {
		return nil, nil, fmt.Errorf("edit %s: %w", f.Path, errNoTextFile)
	}
	hidden := map[string]string{}
	set := map[string]string{}
	for key, v := range f.Set {
		set[key] = v.Value
		if v.Secret == "" {
			continue
		}
		value, shown := secrets[v.Secret]
		if !shown {
			value, hidden[key] = "‹secret "+v.Secret+"›", "‹hidden›"
		}
		set[key] = value
	}
	before = []byte(setKeys(text, hidden, nil))
	switch {
	case f.Template != "":
		return before, []byte(f.Template), nil
	case len(f.Set) > 0:
		return before, []byte(setKeys(text, set, f.keys())), nil
	case len(f.Replace) > 0:
		text, err = replaceTexts(text, f.Replace)
	default:
		err = errNoEdit
	}
	if err != nil {
		return nil, nil, fmt.Errorf("edit %s: %w", f.Path, err)
	}
	return before, []byte(text), nil
}

// UndoPreview gives a file's content as it is and as the undo of an edit will
// leave it, for a diff; kept is what the edit found. A secret that the edit set
// is shown as ‹secret NAME›, and what it took the place of as ‹hidden›.
func UndoPreview(f *FileEdit, current, kept []byte) (before, after []byte, err error) {
	if strings.ContainsRune(string(current)+string(kept), 0) {
		return nil, nil, fmt.Errorf("edit %s: %w", f.Path, errNoTextFile)
	}
	ours, theirs := map[string]string{}, map[string]string{}
	for key, v := range f.Set {
		if v.Secret != "" {
			ours[key], theirs[key] = "‹secret "+v.Secret+"›", "‹hidden›"
		}
	}
	return []byte(setKeys(string(current), ours, nil)), []byte(setKeys(string(kept), theirs, nil)), nil
}

// assignment matches the head of a KEY=value line, up to the value.
var assignment = regexp.MustCompile(`^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*`)

// setKeys gives keys their values: in place where they are, once; at the end,
// in order, where they are not. With no order it changes existing lines only,
// each of them.
func setKeys(text string, set map[string]string, order []string) string {
	if len(set) == 0 {
		return text
	}
	done := map[string]bool{}
	var out []string
	for _, line := range strings.Split(text, "\n") {
		m := assignment.FindStringSubmatch(line)
		if m == nil {
			out = append(out, line)
			continue
		}
		value, ours := set[m[1]]
		switch {
		case !ours:
			out = append(out, line)
		case !done[m[1]] || order == nil:
			if strings.HasSuffix(line, "\r") {
				value += "\r"
			}
			out = append(out, m[0]+value)
			done[m[1]] = true
		}
	}
	for _, key := range order {
		if !done[key] {
			if n := len(out); n > 0 && out[n-1] == "" {
				out = out[:n-1]
			}
			out = append(out, key+"="+set[key], "")
		}
	}
	return strings.Join(out, "\n")
}

func replaceTexts(text string, list []Replace) (string, error) {
	for _, r := range list {
		at := strings.Index(text, r.Old)
		if at < 0 {
			return "", fmt.Errorf("%w: %q", errNotThere, r.Old)
		}
		if strings.Contains(text[at+1:], r.Old) {
			return "", fmt.Errorf("%w: %q", errMoreOften, r.Old)
		}
		text = text[:at] + r.New + text[at+len(r.Old):]
	}
	return text, nil
}
