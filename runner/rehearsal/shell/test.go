// test, [ and [[. Files are asked for on the simulated host only.
package shell

import (
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// test is POSIX's test: the meaning depends on the number of words.
func (s *Shell) test(args []string) int {
	words := args[1:]
	if args[0] == "[" {
		if len(words) == 0 || words[len(words)-1] != "]" {
			return s.bad(args, "missing ]")
		}
		words = words[:len(words)-1]
	}
	t := &testParser{s: s, words: words}
	yes := false
	switch {
	case len(words) == 0:
	case len(words) == 1:
		yes = words[0] != ""
	default:
		yes = t.or()
		if !t.failed && t.at < len(words) {
			t.fail("%s: unexpected operator", words[t.at])
		}
	}
	if t.failed {
		return 2
	}
	return oneIf(!yes)
}

type testParser struct {
	s      *Shell
	words  []string
	at     int
	failed bool
}

func (t *testParser) fail(format string, args ...any) {
	if !t.failed {
		t.s.complain("test: "+format, args...)
	}
	t.failed = true
}

func (t *testParser) left() int { return len(t.words) - t.at }

func (t *testParser) peek(i int) string {
	if t.at+i < len(t.words) {
		return t.words[t.at+i]
	}
	return ""
}

func (t *testParser) or() bool {
	yes := t.and()
	for t.left() > 0 && t.peek(0) == "-o" {
		t.at++
		right := t.and()
		yes = yes || right
	}
	return yes
}

func (t *testParser) and() bool {
	yes := t.not()
	for t.left() > 0 && t.peek(0) == "-a" {
		t.at++
		right := t.not()
		yes = yes && right
	}
	return yes
}

func (t *testParser) not() bool {
	if t.left() > 1 && t.peek(0) == "!" && !(t.left() >= 3 && binary(t.peek(1))) {
		t.at++
		return !t.not()
	}
	return t.primary()
}

func (t *testParser) primary() bool {
	if t.left() == 0 {
		t.fail("argument expected")
		return false
	}
	if t.left() >= 3 && binary(t.peek(1)) {
		x, op, y := t.peek(0), t.peek(1), t.peek(2)
		t.at += 3
		return t.binary(op, x, y)
	}
	word := t.peek(0)
	if word == "(" && t.left() >= 3 {
		t.at++
		yes := t.or()
		if t.peek(0) != ")" {
			t.fail("closing paren expected")
		}
		t.at++
		return yes
	}
	if len(word) == 2 && word[0] == '-' && t.left() >= 2 && strings.ContainsRune(unaries, rune(word[1])) {
		x := t.peek(1)
		t.at += 2
		return t.s.unary(word, x)
	}
	t.at++
	return word != ""
}

// unaries are the letters of the operators with one operand.
const unaries = "bcdefghkLnprSstuwxzOGNv"

func binary(op string) bool {
	switch op {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (t *testParser) binary(op, x, y string) bool {
	switch op {
	case "=", "==":
		return x == y
	case "!=":
		return x != y
	case "<":
		return x < y
	case ">":
		return x > y
	case "-nt", "-ot", "-ef":
		return t.s.compareFiles(op, x, y)
	}
	a, err1 := strconv.ParseInt(strings.TrimSpace(x), 10, 64)
	b, err2 := strconv.ParseInt(strings.TrimSpace(y), 10, 64)
	if err1 != nil || err2 != nil {
		bad := x
		if err1 == nil {
			bad = y
		}
		t.fail("Illegal number: %s", bad)
		return false
	}
	return compareNumbers(op, a, b)
}

func compareNumbers(op string, a, b int64) bool {
	switch op {
	case "-eq":
		return a == b
	case "-ne":
		return a != b
	case "-lt":
		return a < b
	case "-le":
		return a <= b
	case "-gt":
		return a > b
	}
	return a >= b
}

func (s *Shell) compareFiles(op, x, y string) bool {
	a, err1 := s.p.Files().Stat(s.p.Abs(x), true)
	b, err2 := s.p.Files().Stat(s.p.Abs(y), true)
	switch op {
	case "-ef":
		return err1 == nil && err2 == nil && os.SameFile(a, b)
	case "-ot":
		a, b, err1, err2 = b, a, err2, err1
	}
	return err1 == nil && (err2 != nil || a.ModTime().After(b.ModTime()))
}

// unary answers an operator with one operand. All files belong to the one user
// of the simulated host, so -O and -G ask only whether the file is there.
func (s *Shell) unary(op, x string) bool {
	switch op {
	case "-n":
		return x != ""
	case "-z":
		return x == ""
	case "-t":
		return false // nothing in the fleet is a terminal
	case "-v":
		return s.vars[x].Set
	case "-h", "-L":
		info, err := s.p.Files().Stat(s.p.Abs(x), false)
		return err == nil && info.Mode()&fs.ModeSymlink != 0
	}
	if x == "" {
		return false
	}
	info, err := s.p.Files().Stat(s.p.Abs(x), true)
	if err != nil {
		return false
	}
	mode := info.Mode()
	switch op {
	case "-e", "-O", "-G":
		return true
	case "-f":
		return mode.IsRegular()
	case "-d":
		return mode.IsDir()
	case "-s":
		return info.Size() > 0
	case "-c":
		return mode&fs.ModeCharDevice != 0
	case "-p":
		return mode&fs.ModeNamedPipe != 0
	case "-S":
		return mode&fs.ModeSocket != 0
	case "-r":
		return s.may(mode, 4)
	case "-w":
		return s.may(mode, 2)
	case "-x":
		return s.may(mode, 1) && (mode&0o111 != 0 || mode.IsDir())
	}
	return false
}

// may asks the owner's permission bits; root is only ever held up by a missing x.
func (s *Shell) may(mode fs.FileMode, bit fs.FileMode) bool {
	return s.p.Table().User == "root" || mode>>6&bit != 0
}

// testClause is [[ ]] of bash.
func (s *Shell) testClause(x syntax.TestExpr) int {
	t := &testParser{s: s}
	yes := s.testExpr(t, x)
	if t.failed {
		return 2
	}
	return oneIf(!yes)
}

func (s *Shell) testExpr(t *testParser, x syntax.TestExpr) bool {
	switch x := x.(type) {
	case *syntax.Word:
		return s.literal(x) != ""
	case *syntax.ParenTest:
		return s.testExpr(t, x.X)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return !s.testExpr(t, x.X)
		}
		word, _ := x.X.(*syntax.Word)
		return s.unary(x.Op.String(), s.literal(word))
	case *syntax.BinaryTest:
		return s.binaryTest(t, x)
	}
	return false
}

func (s *Shell) binaryTest(t *testParser, x *syntax.BinaryTest) bool {
	switch x.Op {
	case syntax.AndTest:
		return s.testExpr(t, x.X) && s.testExpr(t, x.Y)
	case syntax.OrTest:
		return s.testExpr(t, x.X) || s.testExpr(t, x.Y)
	}
	left, _ := x.X.(*syntax.Word)
	right, _ := x.Y.(*syntax.Word)
	a := s.literal(left)
	switch x.Op {
	case syntax.TsMatch, syntax.TsMatchShort:
		return s.match(s.pattern(right), a)
	case syntax.TsNoMatch:
		return !s.match(s.pattern(right), a)
	case syntax.TsReMatch:
		return s.regexMatch(t, s.literal(right), a)
	}
	b := s.literal(right)
	if op := x.Op.String(); strings.HasPrefix(op, "-") && strings.Contains("-eq-ne-lt-le-gt-ge", op) {
		a, b = s.number(a), s.number(b)
	}
	return t.binary(x.Op.String(), a, b)
}

// number lets [[ a -eq b ]] name variables, as bash does.
func (s *Shell) number(word string) string {
	if syntax.ValidName(word) {
		word = s.get(word)
	}
	if word == "" {
		return "0"
	}
	return word
}

func (s *Shell) regexMatch(t *testParser, expr, word string) bool {
	rx, err := regexp.Compile(expr)
	if err != nil {
		t.fail("%s: not a regular expression that the embedded fleet knows", expr)
		return false
	}
	m := rx.FindStringSubmatch(word)
	if m != nil {
		s.vars["BASH_REMATCH"] = expand.Variable{Set: true, Kind: expand.Indexed, List: m}
	}
	return m != nil
}
