package pane

// The rule of this file: a head is what programs of the field put before a
// message: when, how bad, who, from where in its source. It begins with a time,
// holds only what is listed here and no escape, and where in doubt a word is
// message. It is read by hand: every line on the screen is, in every picture.

import "strings"

// head is what stands before the message of a line, as spans of its text. A
// span that is empty was not there.
type head struct {
	clock, level, who [2]int
	end               int // where the message begins; 0 where there is no head
}

// scan reads a line from its beginning. Each of its methods takes one thing, or
// takes nothing and says so.
type scan struct {
	text   string
	at     int
	inside bool // a bracket is open, in which pids and single letters may stand
}

// headOf finds the head of a line.
func headOf(text string) head {
	var h head
	s := &scan{text: text}
	if s.klog(&h) {
		h.end = s.at
		return h
	}
	if s.note(); !s.stamp(&h.clock) {
		return head{}
	}
	if text[0] >= 'A' && text[0] <= 'Z' {
		s.syslog(&h.who)
	}
	for s.spaces(); s.part(&h); s.spaces() {
	}
	if s.at >= len(text) { // it is nothing but a head
		return head{}
	}
	h.end = s.at
	return h
}

// part takes one thing behind the time.
func (s *scan) part(h *head) bool {
	var other [2]int
	switch {
	case s.inside && h.level[1] == 0 && s.letter(&h.level):
	case s.inside && s.pid():
	case h.level[1] == 0 && s.level(&h.level):
	case h.who[1] == 0 && s.process(&h.who):
	case s.stamp(&other): // the program's own, behind Docker's
	case s.source():
	case s.dash():
	default:
		return false
	}
	return true
}

func (s *scan) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return ' ' // the end is as good as a space
}

func (s *scan) spaces() {
	for s.at < len(s.text) && s.text[s.at] == ' ' {
		s.at++
	}
}

// like reports whether the text goes on as a pattern does, in which 0 stands for
// a digit, and takes it.
func (s *scan) like(pattern string) bool {
	if len(s.text)-s.at < len(pattern) {
		return false
	}
	for i := range len(pattern) {
		c := s.text[s.at+i]
		if pattern[i] == '0' && !isDigit(c) || pattern[i] != '0' && c != pattern[i] {
			return false
		}
	}
	s.at += len(pattern)
	return true
}

// run takes bytes of a kind and gives how many.
func (s *scan) run(kind func(byte) bool) int {
	from := s.at
	for s.at < len(s.text) && kind(s.text[s.at]) {
		s.at++
	}
	return s.at - from
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWord(c byte) bool {
	return isDigit(c) || c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
func isPath(c byte) bool  { return isWord(c) || c == '.' || c == '/' || c == '-' }
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

// back undoes what was taken since at.
func (s *scan) back(at int) bool {
	s.at = at
	return false
}

// longest is how many bytes a name in parentheses has at most.
const longest = 48

// note takes what Ray puts before a worker's line: (raylet, ip=10.0.0.81).
func (s *scan) note() {
	if s.peek() != '(' {
		return
	}
	end := strings.IndexByte(s.text, ')')
	if end > 0 && end <= longest+1 && strings.HasPrefix(s.text[end+1:], " ") && !strings.Contains(s.text[1:end], "(") {
		s.at = end + 2
	}
}

// stamp takes a time: with a date or without, in a bracket or not.
func (s *scan) stamp(clock *[2]int) bool {
	from := s.at
	open := s.like("[")
	if !s.like("0000-00-00") && !s.like("0000/00/00") {
		s.month()
	} else if c := s.peek(); c != ' ' && c != 'T' {
		return s.back(from)
	} else {
		s.at++
	}
	at := s.at
	if !s.like("00:00:00") {
		return s.back(from)
	}
	*clock = [2]int{at, s.at}
	if c := s.peek(); c == '.' || c == ',' {
		if s.at++; s.run(isDigit) == 0 {
			s.at-- // the comma ends the time
		}
	}
	s.zone()
	switch c := s.peek(); c {
	case ' ', ',':
		s.inside = s.inside || open
	case ']':
		s.inside = false
	default:
		return s.back(from)
	}
	s.at = min(s.at+1, len(s.text))
	return true
}

// zone takes Z, or an offset.
func (s *scan) zone() {
	from := s.at
	if s.like("Z") {
		return
	}
	s.like(" ")
	if c := s.peek(); c == '+' || c == '-' {
		if s.at++; s.like("00:00") || s.like("0000") {
			return
		}
	}
	s.at = from
}

// month takes the date of syslog: Nov 25, or Nov  5.
func (s *scan) month() {
	from := s.at
	if s.run(isWord) == 3 && isUpper(s.text[from]) && (s.like(" 00 ") || s.like("  0 ")) {
		return
	}
	s.at = from
}

// syslog takes the host and the process that syslog puts behind its time.
func (s *scan) syslog(who *[2]int) {
	from := s.at
	if s.run(isPath) == 0 || !s.like(" ") {
		s.at = from
		return
	}
	at := s.at
	s.run(func(c byte) bool { return isPath(c) || c == '@' })
	end := s.at
	if s.like("[") {
		if s.run(isDigit) == 0 || !s.like("]") {
			s.at = from
			return
		}
	}
	if end == at || !s.like(": ") {
		s.at = from
		return
	}
	*who = [2]int{at, end}
}

// klog takes the head of Kubernetes' programs: E1125 22:11:28.148123 17 server.go:44].
func (s *scan) klog(h *head) bool {
	if s.text == "" || !strings.ContainsRune("IWEF", rune(s.text[0])) {
		return false
	}
	s.at = 1
	if !s.like("0000 ") {
		return s.back(0)
	}
	at := s.at
	if !s.like("00:00:00.") || s.run(isDigit) == 0 {
		return s.back(0)
	}
	s.spaces()
	if s.run(isDigit) == 0 || !s.like(" ") || s.run(isPath) == 0 || !s.like(":") || s.run(isDigit) == 0 || !s.like("] ") {
		return s.back(0)
	}
	h.level, h.clock = [2]int{0, 1}, [2]int{at, at + 8}
	return true
}

// levels are the words for how bad a line is.
var levels = map[string]bool{"TRACE": true, "DEBUG": true, "INFO": true, "NOTICE": true, "SUCC": true, "WARN": true, "WARNING": true,
	"ERR": true, "ERROR": true, "CRIT": true, "CRITICAL": true, "FATAL": true, "PANIC": true}

// level takes such a word, in brackets of its own or with a colon.
func (s *scan) level(span *[2]int) bool {
	from := s.at
	open := s.like("[")
	at := s.at
	s.run(isUpper)
	if !levels[s.text[at:s.at]] || s.at < len(s.text) && isWord(s.text[s.at]) {
		return s.back(from)
	}
	*span = [2]int{at, s.at}
	if s.like("]") && !open {
		s.inside = false
	}
	s.like(":")
	return true
}

// letter takes a level of one letter.
func (s *scan) letter(span *[2]int) bool {
	if !strings.ContainsRune("TDIWEFC", rune(s.peek())) || s.at+1 >= len(s.text) {
		return false
	}
	*span = [2]int{s.at, s.at + 1}
	s.at++
	if !s.closes() {
		*span = [2]int{}
		return s.back(s.at - 1)
	}
	return true
}

// pid takes a number.
func (s *scan) pid() bool {
	from := s.at
	if s.run(isDigit) == 0 || !s.closes() {
		return s.back(from)
	}
	return true
}

// closes takes the space behind a word, or the bracket that ends all such words.
func (s *scan) closes() bool {
	switch s.peek() {
	case ' ':
		s.at = min(s.at+1, len(s.text))
	case ']':
		s.at, s.inside = s.at+1, false
	default:
		return false
	}
	return true
}

// process takes a name in parentheses: (raylet).
func (s *scan) process(span *[2]int) bool {
	from := s.at
	if !s.like("(") || !isWord(s.peek()) || isDigit(s.peek()) {
		return s.back(from)
	}
	n := s.run(func(c byte) bool { return isPath(c) || strings.IndexByte(":=, ", c) >= 0 })
	if n > longest || !s.like(")") || s.peek() != ' ' {
		return s.back(from)
	}
	*span = [2]int{from, s.at}
	return true
}

// sources are the ends of the names of source files.
var sources = map[string]bool{"cc": true, "cpp": true, "c": true, "h": true, "hpp": true, "py": true, "go": true, "rs": true, "java": true,
	"js": true, "ts": true, "rb": true, "kt": true, "scala": true}

// source takes a place in a source file: store.cc:572:.
func (s *scan) source() bool {
	from := s.at
	s.run(isPath)
	name := s.text[from:s.at]
	if !sources[name[strings.LastIndexByte(name, '.')+1:]] || !strings.Contains(name, ".") || !s.like(":") || s.run(isDigit) == 0 {
		return s.back(from)
	}
	if s.like(":"); s.peek() != ' ' {
		return s.back(from)
	}
	return true
}

// dash takes what stands between a head and its message.
func (s *scan) dash() bool {
	from := s.at
	if (s.like("--") || s.like("-") || s.like("|") || s.like("]") || s.like(",") || s.like(":")) && s.peek() == ' ' {
		if s.text[from] == ']' {
			s.inside = false
		}
		return true
	}
	return s.back(from)
}
