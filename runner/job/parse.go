// Parse is the far side of Build, for a host that speaks the protocol without
// a shell of its own. It accepts what Build writes and nothing else: a call that
// it has to guess at is refused, as a real shell refuses a torn one.

package job

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// ErrTorn says that a call was cut or altered on its way; nothing may be run.
// A host answers it with RefusedTorn.
var ErrTorn = errors.New("torn or altered call")

// maxCall bounds what Parse reads: a script, its secrets in octal, the wrapper.
const maxCall = MaxScript + 32*4*MaxSecret + 1<<20

// Parse reads one call up to its closing brace; it does not wait for the end of
// the stream, since Run's stream stays open while the script runs. Every error
// is or wraps ErrTorn, unless reading itself failed.
func Parse(r io.Reader) (Call, error) {
	lines := bufio.NewReader(io.LimitReader(r, maxCall))
	first, err := readLine(lines)
	if err != nil {
		return Call{}, err
	}
	if first != Version && first != RunVersion {
		return Call{}, torn("first line is not %q", Version)
	}
	for {
		line, err := readLine(lines)
		if err != nil {
			return Call{}, err
		}
		if words, ok := strings.CutPrefix(line, "{ belay "); ok && first == Version {
			return parseCall(lines, strings.Split(words, " "))
		}
		if words, ok := strings.CutPrefix(line, "{ belay_run "); ok && first == RunVersion {
			return parseRun(lines, strings.Split(words, " "))
		}
	}
}

func torn(format string, a ...any) error {
	return fmt.Errorf("%w: %s", ErrTorn, fmt.Sprintf(format, a...))
}

// readLine gives a line without its newline; a line that ends at EOF is torn.
func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err == io.EOF {
		return "", torn("ends within a line")
	}
	return strings.TrimSuffix(line, "\n"), err
}

// readUntil gives the lines before the line end, each with its newline.
func readUntil(r *bufio.Reader, end string) (string, error) {
	var b bytes.Buffer
	for {
		line, err := readLine(r)
		if err != nil {
			return "", err
		}
		if line == end {
			return b.String(), nil
		}
		b.WriteString(line + "\n")
	}
}

func closeBrace(r *bufio.Reader) error {
	line, err := readLine(r)
	if err == nil && line != "}" {
		err = torn("no closing brace")
	}
	return err
}

func parseRun(r *bufio.Reader, words []string) (Call, error) {
	if len(words) != 3 {
		return Call{}, torn("run: %d words", len(words))
	}
	end, ok := strings.CutPrefix(words[2], `3<<\`)
	if !ok {
		return Call{}, torn("run: no script")
	}
	text, err := readUntil(r, end)
	if err != nil {
		return Call{}, err
	}
	script, err := parseStored(text, words[0])
	if err != nil {
		return Call{}, err
	}
	return checked(r, Call{Verb: Run, ID: words[1], Request: Request{Script: script}})
}

func parseCall(r *bufio.Reader, words []string) (Call, error) {
	if len(words) < 2 {
		return Call{}, torn("%d words", len(words))
	}
	c := Call{Verb: Verb(words[0]), ID: words[1]}
	want, last := 2, words[len(words)-1]
	switch c.Verb {
	case Launch:
		return parseLaunch(r, c, words)
	case Attach, Cancel:
		want = 3
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			return Call{}, torn("%s: bad number %q", c.Verb, last)
		}
		if c.Verb == Attach {
			c.Offset = n
		} else if n <= int64(24*time.Hour/time.Second) {
			c.Grace = time.Duration(n) * time.Second
		} else {
			return Call{}, torn("cancel: grace of %d s", n)
		}
	case Run: // only behind its own first line
		return Call{}, torn("run is not a job")
	}
	if len(words) != want {
		return Call{}, torn("%s: %d words", c.Verb, len(words))
	}
	return checked(r, c)
}

func parseLaunch(r *bufio.Reader, c Call, words []string) (Call, error) {
	if len(words) != 10 {
		return Call{}, torn("launch: %d words", len(words))
	}
	secEnd, ok1 := strings.CutPrefix(words[8], `3<<\`)
	cmdEnd, ok2 := strings.CutPrefix(words[9], `<<\`)
	if !ok1 || !ok2 {
		return Call{}, torn("launch: no script")
	}
	secrets, err := readUntil(r, secEnd)
	if err != nil {
		return Call{}, err
	}
	cmd, err := readUntil(r, cmdEnd)
	if err != nil {
		return Call{}, err
	}
	if sum(cmd) != words[3] || strconv.Itoa(len(cmd)) != words[4] || sum(secrets) != words[5] {
		return Call{}, torn("launch: hash of script or secrets differs")
	}
	c.Request = Request{ID: c.ID, MachineID: undash(words[6]), Head: undash(words[7])}
	if c.Request.Script, err = parseStored(cmd, words[2]); err != nil {
		return Call{}, err
	}
	if c.Request.Secrets, err = parseOctal(secrets); err != nil {
		return Call{}, err
	}
	return checked(r, c)
}

func checked(r *bufio.Reader, c Call) (Call, error) {
	if err := closeBrace(r); err != nil {
		return Call{}, err
	}
	if err := c.Check(); err != nil {
		return Call{}, torn("%v", err)
	}
	return c, nil
}

// parseStored takes the surroundings off a stored script.
func parseStored(text, shell string) (Script, error) {
	s := Script{Shell: shell}
	if shell == "" { // Build names one, so this was cut
		return s, torn("no shell is named")
	}
	rest, ok := strings.CutPrefix(text, "set -eu; ")
	if !ok {
		return s, torn("script without its preamble")
	}
	for {
		if body, ok := strings.CutPrefix(rest, preambleEnd); ok {
			s.Text = body
			return s, nil
		}
		var word string
		if body, ok := strings.CutPrefix(rest, "export "); ok {
			if word, rest, ok = unquote(body); !ok || !strings.HasPrefix(rest, "; ") {
				return s, torn("bad variable in the preamble")
			}
			s.Env, rest = append(s.Env, word), rest[len("; "):]
			continue
		}
		body, ok := strings.CutPrefix(rest, "CDPATH= cd -- ")
		if !ok || s.Dir != "" {
			return s, torn("bad preamble")
		}
		if s.Dir, rest, ok = unquoteDir(body); !ok {
			return s, torn("bad dir in the preamble")
		}
		if rest, ok = strings.CutPrefix(rest, " || exit 126; "); !ok {
			return s, torn("bad dir in the preamble")
		}
	}
}

// unquote takes one word that quote wrote off the front of s.
func unquote(s string) (word, rest string, ok bool) {
	var b strings.Builder
	for {
		if s, ok = strings.CutPrefix(s, "'"); !ok {
			return "", "", false
		}
		part, after, ok := strings.Cut(s, "'")
		if !ok {
			return "", "", false
		}
		b.WriteString(part)
		next, more := strings.CutPrefix(after, `\'`)
		if !more {
			return b.String(), after, true
		}
		b.WriteByte('\'')
		s = next
	}
}

func unquoteDir(s string) (dir, rest string, ok bool) {
	home, found := strings.CutPrefix(s, `"$HOME"`)
	if !found {
		return unquote(s)
	}
	inside, found := strings.CutPrefix(home, "/")
	if !found {
		return "~", home, true
	}
	dir, rest, ok = unquote(inside)
	return "~/" + dir, rest, ok
}

func parseOctal(text string) (map[string][]byte, error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[len(lines)-1] != "end" {
		return nil, torn("secrets without their end")
	}
	var secrets map[string][]byte
	for _, line := range lines[:len(lines)-1] {
		name, body, ok := strings.Cut(line, " ")
		if !ok || len(body)%4 != 0 {
			return nil, torn("bad secret")
		}
		value := make([]byte, 0, len(body)/4)
		for ; body != ""; body = body[4:] {
			n, err := strconv.ParseUint(body[1:4], 8, 8)
			if err != nil || body[0] != '\\' {
				return nil, torn("bad secret")
			}
			value = append(value, byte(n))
		}
		if secrets == nil {
			secrets = make(map[string][]byte)
		}
		secrets[name] = value
	}
	return secrets, nil
}

func undash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}
