package steps

// The rule of this file: an edit is made as a whole or not at all, what was
// there before is kept first, and it is put back only over what the edit itself
// left. A secret passes through a pipe: it is never in the text of the script,
// in an argument or in the environment.
//
// The scripts are POSIX sh and need awk, cat, cp, mkdir, mv, rm, sha256sum, tr
// and wc; chmod, chown, ls, stat and sync where the host has them.

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// What the script of an edit captures for its undo.
const (
	EditBackup  = "EDIT_BACKUP"  // the file in which what was there is kept
	EditExisted = "EDIT_EXISTED" // whether there was a file: yes or no
)

// EditScripts gives the scripts of an edit and of its undo. They run in the
// step's directory with the task's variables and want BELAY_RUN, BELAY_STEP,
// BELAY_HOST, BELAY_OUT and, for a secret NAME, NAME_FILE. No further variables
// are needed: env is empty.
//
// The first writes EDIT_BACKUP, EDIT_SHA (SHA-256 of the new content) and
// EDIT_EXISTED (yes or no) to $BELAY_OUT. A retry keeps the first backup and
// begins again from it. Both exit with 3 when they refuse: a symbolic link, a
// file that is not regular, a text to replace that is not there exactly once,
// a file that somebody else changed since. Undoing twice is harmless.
func EditScripts(f *FileEdit) (do, undo string, env []string, err error) {
	content, err := f.contentScript()
	if err != nil {
		return "", "", nil, fmt.Errorf("edit %s: %w", f.Path, err)
	}
	head := "file=" + pathWord(f.Path) + "\n" + editCommon
	ask := fmt.Sprintf("mode=%s fresh=%s\n", quoteWord(f.Mode), f.freshMode())
	return head + ask + editSource + content + editCommit, head + editUndo, nil, nil
}

// freshMode is the mode of a file that the edit creates: private where it
// holds a secret.
func (f *FileEdit) freshMode() string {
	if f.Mode != "" {
		return f.Mode
	}
	if len(f.secrets()) > 0 {
		return "0600"
	}
	return "0644"
}

// secrets lists the keys whose values are secrets, sorted.
func (f *FileEdit) secrets() (keys []string) {
	for key, v := range f.Set {
		if v.Secret != "" {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// keys lists the keys to set, sorted: the order in which new ones are appended.
func (f *FileEdit) keys() (keys []string) {
	for key := range f.Set {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

var errNoEdit = errors.New("neither set, replace nor template")

// contentScript writes the new content to $tmp.
func (f *FileEdit) contentScript() (string, error) {
	switch {
	case f.Template != "":
		return fmt.Sprintf("printf '%%s' %s >\"$tmp\"\n", quoteWord(f.Template)), nil
	case len(f.Set) > 0:
		return f.setScript()
	case len(f.Replace) > 0:
		return f.replaceScript()
	}
	return "", errNoEdit
}

func (f *FileEdit) setScript() (string, error) {
	var begin, feed, guard strings.Builder
	for i, key := range f.keys() {
		v := f.Set[key]
		if strings.ContainsAny(v.Value, "\n\x00") {
			return "", fmt.Errorf("the value of %s has more than one line", key)
		}
		fmt.Fprintf(&begin, "order[%d] = %s; set[order[%d]] = %s\n", i+1, awkString(key), i+1, awkString(v.Value))
	}
	secrets := f.secrets()
	for i, key := range secrets {
		if !shellName.MatchString(f.Set[key].Secret) {
			return "", fmt.Errorf("%q is not the name of a secret", f.Set[key].Secret)
		}
		fmt.Fprintf(&begin, "from[%d] = %s\n", i+1, awkString(key))
		fmt.Fprintf(&guard, "one_line \"$%s_FILE\"\n", f.Set[key].Secret)
		fmt.Fprintf(&feed, "\tcat \"$%s_FILE\"; newline \"$%s_FILE\"\n", f.Set[key].Secret, f.Set[key].Secret)
	}
	begin.WriteString(fmt.Sprintf("keys = %d; secrets = %d", len(f.Set), len(secrets)))
	return guard.String() + fmt.Sprintf(editFilter, feed.String(), begin.String(), awkSet), nil
}

func (f *FileEdit) replaceScript() (string, error) {
	var begin strings.Builder
	for i, r := range f.Replace {
		if r.Old == "" || strings.ContainsRune(r.Old+r.New, 0) {
			return "", fmt.Errorf("replacement %d: an empty text or a NUL byte", i+1)
		}
		fmt.Fprintf(&begin, "old[%d] = %s; new[%d] = %s\n", i+1, awkString(r.Old), i+1, awkString(r.New))
	}
	begin.WriteString(fmt.Sprintf("texts = %d; secrets = 0", len(f.Replace)))
	return fmt.Sprintf(editFilter, "", begin.String(), awkReplace), nil
}

// quoteWord makes one word of a shell out of any text.
func quoteWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// pathWord is quoteWord, but leaves $NAME to the shell. It does what Expand
// does: the task's variables are in the environment.
func pathWord(path string) string {
	var b strings.Builder
	rest := 0
	for _, at := range reference.FindAllStringIndex(path, -1) {
		b.WriteString(quoteWord(path[rest:at[0]]) + `"` + path[at[0]:at[1]] + `"`)
		rest = at[1]
	}
	return b.String() + quoteWord(path[rest:])
}

// awkString writes a text as a string of awk that holds no single quote, so
// that it may stand in a program that the shell quotes with them.
func awkString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\' || c == '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c == '\'' || c == 0x7f:
			fmt.Fprintf(&b, `\%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
