package lint

// The rule of this file: a finding in a script knows its place in the file,
// also when the script is handed to another shell by one that hands it on.

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// script is one shell text under the linter.
type script struct {
	steps.Script
	book  *book
	file  *syntax.File
	calls []*call // every simple command, in the order of the text

	outer     *script // that hands this one on, in quotes or as arguments
	elsewhere bool    // it runs on another machine or in a container
	offsets   []uint  // of each byte in the outer script; nil when it is no quoted text
	known     *values // what is known of its variables; read on demand
}

// read takes a parsed text.
func (s *script) read(file *syntax.File) {
	s.file = file
	s.calls = callsOf(file)
}

// at keeps a finding at a byte of the text.
func (s *script) at(offset uint, format string, args ...any) {
	for s.outer != nil {
		if s.offsets != nil {
			offset = s.offsets[min(int(offset), len(s.offsets)-1)]
		}
		s = s.outer
	}
	line, col := s.book.rb.Place(s.Path, int(offset))
	s.book.tell(s.Path, line, col, format, args...)
}

// pos keeps a finding where a node begins.
func (s *script) pos(n syntax.Node, format string, args ...any) {
	s.at(n.Pos().Offset(), format, args...)
}

// looks reports whether the script is one that must change nothing.
func (s *script) looks() bool {
	return s.Role != steps.RoleScript && s.Role != steps.RoleUndo
}

// inner gives the scripts that this one hands to another shell: ssh HOST '...',
// sh -c '...', docker exec NAME sh -c '...', and the command lines that follow
// ssh HOST and docker exec NAME.
func (s *script) inner() (out []*script) {
	if s.depth() > 3 {
		return nil
	}
	for _, c := range s.calls {
		h := c.handsOn()
		switch {
		case h.text != nil:
			if in := s.quoted(h); in != nil {
				out = append(out, in)
			}
		case len(h.words) > 0:
			in := &script{Script: s.Script, book: s.book, outer: s, elsewhere: s.elsewhere || h.elsewhere}
			in.file = &syntax.File{}
			in.calls = []*call{newCall(&syntax.CallExpr{Args: h.words}, c.stmt, c.up)}
			out = append(out, in)
		}
	}
	return out
}

func (s *script) depth() (n int) {
	for o := s.outer; o != nil; o = o.outer {
		n++
	}
	return n
}

// quoted parses a text in quotes. What does not parse is passed over: the text
// may be put together from parts that are not known here.
func (s *script) quoted(h handed) *script {
	text, offsets := unquote(s.Text, h.text)
	if text == "" {
		return nil
	}
	file, err := Parse(text, "bash") // whatever the other end has, it is no worse
	if err != nil {
		return nil
	}
	in := &script{Script: s.Script, book: s.book, outer: s, elsewhere: s.elsewhere || h.elsewhere, offsets: offsets}
	in.Text = text
	in.read(file)
	return in
}

// unquote gives the text that a quoted word hands on, with the place of every
// byte, and "" when the word is not one piece in quotes. What the shell at hand
// expands stays as it is: it becomes part of a word, and no command.
func unquote(src string, w *syntax.Word) (text string, offsets []uint) {
	if len(w.Parts) != 1 {
		return "", nil
	}
	from, to, double := uint(0), uint(0), false
	switch q := w.Parts[0].(type) {
	case *syntax.SglQuoted:
		if q.Dollar {
			return "", nil
		}
		from, to = q.Left.Offset()+1, q.Right.Offset()
	case *syntax.DblQuoted:
		if q.Dollar {
			return "", nil
		}
		from, to, double = q.Left.Offset()+1, q.Right.Offset(), true
	}
	if from >= to || to > uint(len(src)) {
		return "", nil
	}
	var b []byte
	for i := from; i < to; i++ {
		if double && src[i] == '\\' && i+1 < to {
			if src[i+1] == '\n' {
				i++
				continue
			}
			if strings.IndexByte("$`\"\\", src[i+1]) >= 0 {
				i++
			}
		}
		b, offsets = append(b, src[i]), append(offsets, i)
	}
	return string(b), offsets
}
