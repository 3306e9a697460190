package runner

// The rule of this file: what has come of a log is counted, so that after a cut
// it goes on where it stood. Nothing is shown twice, and where something may be
// missing a line of ours says so.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"belay/runner/job"
	"belay/steps"
)

// source is where a followed log comes from: script gives what is executed next,
// and takes what that prints. What of it belongs to the log goes to out.
type source interface {
	script(env []string) (job.Script, error)
	io.Writer
}

// newSource gives the source of a log. What a script prints nobody can count: it
// begins anew after each cut, as it says itself.
// Of what nobody has followed yet the newest lines are shown, about so many.
func newSource(l steps.Log, newest int, out io.Writer) source {
	switch {
	case l.File != "":
		return &fileSource{path: l.File, newest: newest, out: out, at: -1}
	case l.Container != "":
		return &containerSource{name: l.Container, newest: newest, out: out}
	}
	return &scriptSource{text: l.Script, out: out}
}

// reads says in a person's words how a log is read.
func reads(l steps.Log) string {
	switch {
	case l.File != "":
		return "tail -F " + l.File + ", from the byte on that it had come to"
	case l.Container != "":
		return "docker logs --follow " + l.Container + ", from the time on that it had come to"
	}
	return l.Script
}

// scriptSource is a script that prints a log and goes on printing.
type scriptSource struct {
	text string
	out  io.Writer
	try  *again
}

func (s *scriptSource) script(env []string) (job.Script, error) {
	was := []byte(nil)
	if s.try != nil {
		was = s.try.said()
	}
	s.try = &again{out: s.out, was: was}
	return job.Script{Text: s.text, Env: env}, nil
}

func (s *scriptSource) Write(p []byte) (int, error) { return s.try.Write(p) }

const (
	// window is how many bytes before the place in a file tell whether it is still
	// that file.
	window = 64
	// tells begins a line of our script's own, before a mark that is drawn for each
	// stream: no log can say it.
	tells = "\x1ebelay "
	// most is how many bytes of a line are held back until it ends.
	most = 256 << 10
)

// ours says something of a log within it. A line that was cut stays cut.
func ours(open bool, format string, a ...any) []byte {
	text := "=== belay: " + fmt.Sprintf(format, a...) + "\n"
	if open {
		text = "\n" + text
	}
	return []byte(text)
}

// fileSource is a file that others append to, turn over (logrotate(8), to FILE.1)
// or cut short. tail -F follows it and says within its output, in order, when it
// is another file (on its stderr, which is one stream with it).
type fileSource struct {
	path   string // as it is written in the runbook
	newest int
	out    io.Writer

	at   int64  // of the next byte in the file; -1 before the first
	last []byte // up to window bytes before it

	name  string // the last part of the path, which tail's words hold
	mark  string
	begun bool   // it has said where it begins
	skip  bool   // what comes is the rest of a line whose beginning is not shown
	held  []byte // of a line that may be ours or tail's
	open  bool   // the last byte was not the end of a line
}

// fromFile asks of the file what was read of it before: at the place that it had
// come to stand the bytes that stood before it. Where they do not, they may in
// the file that logrotate has made of it; else it is another file.
const fromFile = `f=$BELAY_LOG at=$BELAY_AT
case $f in
"~/"*) f=$HOME/${f#"~/"} ;;
-*) f=./$f ;;
esac
if [ -e "$f" ] && [ ! -f "$f" ]; then echo "$f is no regular file" >&2; exit 1; fi
tell() { printf '\036belay %s %s %s\n' "$BELAY_MARK" "$1" "$2"; }
same() {
  { [ "$(wc -c <"$1")" -ge "$at" ]; } 2>/dev/null || return 1
  sum=$(tail -c +$((at - BELAY_WINDOW + 1)) "$1" 2>/dev/null | head -c "$BELAY_WINDOW" | sha256sum)
  [ "${sum%% *}" = "$BELAY_SUM" ]
}
newest() { # where the newest lines begin, more or less
  n=$(tail -n "$BELAY_NEWEST" "$f" | wc -c) at=$(wc -c <"$f")
  at=$((at - n)); [ "$at" -ge 0 ] || at=0
}
if [ "$at" -lt 0 ]; then newest; tell first "$at"
elif same "$f"; then tell same "$at"
elif same "$f.1"; then
  tell turned "$at"; tail -c +$((at + 1)) "$f.1"
  [ -z "$(tail -c 1 "$f.1")" ] || echo
  at=0; tell after 0
else newest; tell other "$at"
fi
exec tail -c +$((at + 1)) -F "$f" 2>&1
`

func (s *fileSource) script(env []string) (job.Script, error) {
	path, err := steps.Expand(s.path, env)
	if err != nil {
		return job.Script{}, err
	}
	s.name, s.mark, s.begun, s.held = path[strings.LastIndexByte(path, '/')+1:], job.NewMark(), false, nil
	sum := sha256.Sum256(s.last)
	own := []string{"BELAY_LOG=" + path, fmt.Sprint("BELAY_AT=", s.at), fmt.Sprint("BELAY_WINDOW=", len(s.last)),
		"BELAY_SUM=" + hex.EncodeToString(sum[:]), "BELAY_MARK=" + s.mark, fmt.Sprint("BELAY_NEWEST=", s.newest)}
	return job.Script{Text: fromFile, Env: append(own, env...)}, nil
}

// Write takes bytes of the stream. Lines are looked at one by one, and those of
// the log go out many at a time.
func (s *fileSource) Write(p []byte) (int, error) {
	n := len(p)
	if len(s.held) > 0 {
		p = append(s.held, p...)
		s.held = nil
	}
	plain := 0 // bytes at the beginning of p that belong to the log
	for rest := p; len(rest) > 0; rest = p[plain:] {
		end := bytes.IndexByte(rest, '\n')
		switch {
		case end < 0 && len(rest) < most && s.atStart() && special(rest):
			s.held = bytes.Clone(rest)
			return n, s.pass(p[:plain])
		case end < 0:
			s.open = true
			return n, s.pass(p)
		case !s.atStart() || !special(rest):
			s.open = false
			plain += end + 1
			continue
		}
		if err := s.pass(p[:plain]); err != nil {
			return n, err
		}
		if err := s.told(rest[:end+1]); err != nil {
			return n, err
		}
		p, plain = rest[end+1:], 0
	}
	return n, s.pass(p)
}

// atStart reports whether what comes is the beginning of a line. The first that
// a stream says is one of its own, though the line before may have been cut.
func (s *fileSource) atStart() bool { return !s.open || !s.begun }

// special reports whether a line, or the beginning of one, may be ours or tail's.
func special(line []byte) bool {
	for _, begins := range []string{tells, "tail: "} {
		if n := min(len(line), len(begins)); string(line[:n]) == begins[:n] {
			return true
		}
	}
	return false
}

// pass counts bytes of the file and lets them out.
func (s *fileSource) pass(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	s.at += int64(len(p))
	if s.last = append(s.last, p[max(0, len(p)-window):]...); len(s.last) > window {
		s.last = bytes.Clone(s.last[len(s.last)-window:])
	}
	if s.skip {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			return nil
		}
		s.skip, p = false, p[end+1:]
	}
	_, err := s.out.Write(p)
	return err
}

// told takes a whole line that our script or tail may have said.
func (s *fileSource) told(line []byte) error {
	if own, ok := strings.CutPrefix(string(line), tells+s.mark+" "); ok {
		var word string
		var at int64
		if _, err := fmt.Sscanf(own, "%s %d\n", &word, &at); err == nil {
			return s.stands(word, at)
		}
	}
	if t := string(line); strings.HasPrefix(t, "tail: ") && strings.Contains(t, s.name) {
		switch {
		case strings.Contains(t, "has been replaced"), strings.Contains(t, "has appeared"), strings.Contains(t, "truncated"):
			s.at, s.last = 0, nil
		}
		_, err := s.out.Write(line)
		return err
	}
	return s.pass(line)
}

// stands takes where the stream begins in the file.
func (s *fileSource) stands(word string, at int64) error {
	s.begun = true
	switch word {
	case "first", "after", "other":
		s.at, s.last = at, nil
		s.skip = at > 0
	}
	if word != "other" {
		return nil
	}
	open := s.open
	s.open = false
	_, err := s.out.Write(ours(open, "%s does not hold any more what was read of it; what came since may be missing", s.path))
	return err
}

// containerSource is what a container prints, as Docker keeps it: each line with
// the time at which it came.
type containerSource struct {
	name   string
	newest int
	out    io.Writer

	id   string // of the container that was followed
	last string // the newest time that was read
	seen int    // how many lines had that time

	mark string
	skip int    // lines of that time that will come again
	held []byte // a line that has not ended
	left int    // bytes of it that are not held
}

// fromContainer asks for what was printed at the newest time that is known, and
// later (docker-logs(1), --since: that time is included).
const fromContainer = `tell() { printf '\036belay %s %s %s\n' "$BELAY_MARK" "$1" "$2"; }
id=$(docker inspect -f '{{.Id}}' "$BELAY_LOG")
tell container "$id"
if [ -z "$BELAY_SINCE" ]; then exec docker logs --follow --timestamps --tail "$BELAY_NEWEST" "$BELAY_LOG" 2>&1
else exec docker logs --follow --timestamps --since "$BELAY_SINCE" "$BELAY_LOG" 2>&1
fi
`

func (s *containerSource) script(env []string) (job.Script, error) {
	name, err := steps.Expand(s.name, env)
	if err != nil {
		return job.Script{}, err
	}
	if strings.HasPrefix(name, "-") {
		return job.Script{}, fmt.Errorf("no container is called %q", name)
	}
	s.mark, s.held, s.left, s.skip = job.NewMark(), nil, 0, s.seen
	own := []string{"BELAY_LOG=" + name, "BELAY_SINCE=" + s.last, "BELAY_MARK=" + s.mark, fmt.Sprint("BELAY_NEWEST=", s.newest)}
	return job.Script{Text: fromContainer, Env: append(own, env...)}, nil
}

// Write takes whole lines. One that a cut has left without its end comes again.
func (s *containerSource) Write(p []byte) (int, error) {
	n := len(p)
	if len(s.held) > 0 {
		p = append(s.held, p...)
		s.held = nil
	}
	var out []byte
	for {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		if !ended {
			break
		}
		if s.left > 0 {
			line = fmt.Appendf(line[:min(len(line), most)], " === belay: %d bytes of this line are left out", s.left+max(0, len(line)-most))
			s.left = 0
		}
		out, p = append(out, s.line(string(line))...), rest
	}
	s.left += max(0, len(p)-most)
	s.held = bytes.Clone(p[:min(len(p), most)])
	if len(out) == 0 {
		return n, nil
	}
	_, err := s.out.Write(out)
	return n, err
}

// line gives what of a line is shown.
func (s *containerSource) line(line string) []byte {
	if id, ok := strings.CutPrefix(line, tells+s.mark+" container "); ok {
		was := s.id
		s.id = id
		if was != "" && was != id {
			s.skip = 0 // its lines are none of those
			return ours(false, "another container is called %s now; what the old one said after %s may be missing", s.name, s.last)
		}
		return nil
	}
	stamp, text, _ := strings.Cut(line, " ")
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil {
		return []byte(line + "\n") // docker itself says something
	}
	var before []byte
	switch {
	case stamp == s.last && s.skip > 0:
		s.skip--
		return nil
	case stamp == s.last:
		s.seen++
	default:
		if s.skip > 0 {
			before = ours(false, "what had come until %s is kept there no longer; what came since may be missing", s.last)
		}
		s.last, s.seen, s.skip = stamp, 1, 0
	}
	return append(before, text+"\n"...)
}
