// A status line is the whole answer of a host, as key=value words. It is strict
// in what it accepts: an answer that is not understood is no answer.

package job

import (
	"fmt"
	"strconv"
	"strings"
)

const statusMark = "belay1 "

// Line writes the status as the wrapper does, without a newline.
func (s Status) Line() string {
	exit, by := "", ""
	if s.State == Exited {
		exit, by = strconv.Itoa(s.Exit), "i"
		if s.Outside {
			by = "s"
		}
	}
	started := "no"
	if s.Started {
		started = "yes"
	}
	none := ""
	if s.NoValues {
		none = " values=none"
	}
	return fmt.Sprintf("%sid=%s state=%s started=%s exit=%s by=%s why=%s size=%d left=%d signal=%s%s",
		statusMark, s.ID, s.State, started, exit, by, s.Why, s.Size, s.Left, s.Signal, none)
}

// ParseStatus reads a status line, with or without its newline.
func ParseStatus(line string) (Status, error) {
	s, n, err := parseLine(line)
	if err == nil && n >= 0 {
		err = fmt.Errorf("status line: it heads a frame of %d bytes", n)
	}
	return s, err
}

// parseLine reads a status line and the n=BYTES of a frame, -1 when absent.
func parseLine(line string) (s Status, n int, err error) {
	n = -1
	words, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), statusMark)
	if !ok {
		return s, n, fmt.Errorf("status line: not one of ours: %.60q", line)
	}
	seen := make(map[string]string)
	for _, word := range strings.Split(words, " ") {
		key, value, ok := strings.Cut(word, "=")
		if _, twice := seen[key]; !ok || twice {
			return s, n, fmt.Errorf("status line: bad word %.60q", word)
		}
		seen[key] = value
	}
	for _, key := range []string{"id", "state", "started", "exit", "by", "why", "size", "left", "signal"} {
		value, ok := seen[key]
		if !ok {
			return s, n, fmt.Errorf("status line: no %s", key)
		}
		delete(seen, key)
		if err := s.set(key, value); err != nil {
			return s, n, err
		}
	}
	if value, ok := seen["values"]; ok {
		delete(seen, "values")
		if s.NoValues = value == "none" && s.State == Exited; !s.NoValues {
			return s, n, fmt.Errorf("status line: bad values %.60q", value)
		}
	}
	if value, ok := seen["n"]; ok {
		delete(seen, "n")
		if n, err = strconv.Atoi(value); err != nil || n < 0 || n > MaxChunk || strconv.Itoa(n) != value {
			return s, -1, fmt.Errorf("status line: bad n %.60q", value)
		}
	}
	if len(seen) > 0 {
		return s, n, fmt.Errorf("status line: words that we do not know: %.60q", line)
	}
	return s, n, nil
}

// set takes one word; words come in the order of the line.
func (s *Status) set(key, value string) error {
	ok := true
	switch key {
	case "id":
		s.ID, ok = value, idPattern.MatchString(value)
	case "state":
		s.State = State(value)
		ok = s.State.Settled() || s.State == None || s.State == Running
	case "started":
		s.Started, ok = value == "yes", value == "yes" || value == "no"
	case "exit":
		if s.State != Exited {
			ok = value == ""
			break
		}
		n, err := strconv.ParseUint(value, 10, 8)
		s.Exit, ok = int(n), err == nil
	case "by":
		s.Outside = value == "s"
		ok = s.State == Exited && (value == "s" || value == "i") || s.State != Exited && value == ""
	case "why":
		s.Why, ok = value, value == "" || markPattern.MatchString(value)
	case "size":
		n, err := strconv.ParseInt(value, 10, 64)
		s.Size, ok = n, err == nil && n >= 0
	case "left":
		n, err := strconv.ParseUint(value, 10, 31)
		s.Left, ok = int(n), err == nil
	case "signal":
		s.Signal, ok = value, value == "" || value == "TERM" || value == "KILL"
	}
	if !ok {
		return fmt.Errorf("status line: bad %s %.60q", key, value)
	}
	return nil
}

// Words are the status in plain words, for a person who has to resolve.
func (s Status) Words() string {
	switch s.State {
	case None:
		return "the host has no record of it"
	case Running:
		return fmt.Sprintf("it runs, with %d bytes of output", s.Size)
	case Exited:
		if s.Outside {
			return fmt.Sprintf("exit code %d, seen from outside: it may have been killed", s.Exit)
		}
		return fmt.Sprintf("it exited with code %d", s.Exit)
	case Lost:
		if !s.Started {
			return "it was taken and interrupted before its start"
		}
		return "it was started, nothing of it is alive, and no exit code was kept"
	}
	return "it was not started, and never will be"
}
