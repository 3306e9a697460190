// A look leaves no record, so it needs no session of its own: many are asked of
// one shell, in turn. What is between two asks belongs to nobody.

package job

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"strings"
)

// ShellVersion is the first line of Shell.
const ShellVersion = "# belay-shell 1"

//go:embed shell.sh
var asker string

// Shell is what makes a shell of Command that takes one Ask after the other.
func Shell() []byte { return []byte(asker) }

// EndAsk ends the script of the ask that is under way, if one is.
const EndAsk = "\n"

// Ask gives the bytes that ask an open shell to run a script that changes
// nothing. The host answers between Begins and Ends of the mark, on its stdout
// and on its stderr. Nothing but EndAsk may be sent before both have ended.
func Ask(mark string, s Script) ([]byte, error) {
	if err := (Call{Verb: Run, ID: mark, Request: Request{Script: s}}).Check(); err != nil {
		return nil, err
	}
	text := s.stored()
	end := endLine("SCRIPT", text)
	return fmt.Appendf(nil, "{ belay_ask %s %s 3<<\\%s\n%s%s\n}\n", s.shell(), mark, end, text, end), nil
}

// ParseAsk reads the next ask of a shell, as a call of Run; io.EOF says that the
// other side has gone. It is the far side of Shell and Ask.
func ParseAsk(r *bufio.Reader) (Call, error) {
	for {
		line, err := r.ReadString('\n')
		if err == io.EOF && line == "" {
			return Call{}, io.EOF
		}
		if err != nil {
			return Call{}, torn("ends within a line")
		}
		if words, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "{ belay_ask "); ok {
			return parseRun(r, strings.Split(words, " "))
		}
	}
}
