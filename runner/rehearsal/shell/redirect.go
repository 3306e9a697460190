// Redirections. The rule of this file: what was there before is put back, and
// no descriptor is left open when the process dies in between.
package shell

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

// undo remembers what redirections replaced.
type undo []replaced

type replaced struct {
	fd  int
	old *process.Descriptor
}

// restore puts everything back.
func (u undo) restore(p *process.Process) {
	for i := len(u) - 1; i >= 0; i-- {
		if now := p.SetDescriptor(u[i].fd, u[i].old); now != nil {
			_ = now.Close()
		}
	}
}

// keep makes the redirections last: exec without a command.
func (u undo) keep() {
	for _, r := range u {
		if r.old != nil {
			_ = r.old.Close()
		}
	}
}

// redirect applies redirections to p, which is this shell or a child of it.
func (s *Shell) redirect(list []*syntax.Redirect, p *process.Process) (u undo, err error) {
	for _, rd := range list {
		d, fds, err := s.target(rd, p)
		if err != nil {
			return u, err
		}
		for i, fd := range fds {
			set := d
			if d != nil && i > 0 {
				set = d.Dup()
			}
			u = append(u, replaced{fd, p.SetDescriptor(fd, set)})
		}
	}
	return u, nil
}

// target opens what a redirection leads to, and says for which descriptors.
// A nil descriptor closes them.
func (s *Shell) target(rd *syntax.Redirect, p *process.Process) (*process.Descriptor, []int, error) {
	fd := 1
	switch rd.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		fd = 0
	}
	if rd.N != nil {
		n, err := strconv.Atoi(rd.N.Value)
		if err != nil || n > 255 {
			return nil, nil, fmt.Errorf("%s: this descriptor is not supported in the embedded fleet", rd.N.Value)
		}
		fd = n
	}
	switch rd.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		return text(s.hereDocument(rd)), []int{fd}, nil
	case syntax.WordHdoc:
		return text(s.literal(rd.Word) + "\n"), []int{fd}, nil
	case syntax.DplIn, syntax.DplOut:
		return s.duplicate(rd, p, fd)
	}
	name := s.literal(rd.Word)
	flag, fds := os.O_RDONLY, []int{fd}
	switch rd.Op {
	case syntax.RdrIn:
	case syntax.RdrInOut:
		flag = os.O_RDWR | os.O_CREATE
	case syntax.AppOut:
		flag = os.O_WRONLY | os.O_CREATE | os.O_APPEND
	case syntax.RdrOut, syntax.RdrClob:
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case syntax.RdrAll:
		flag, fds = os.O_WRONLY|os.O_CREATE|os.O_TRUNC, []int{1, 2}
	case syntax.AppAll:
		flag, fds = os.O_WRONLY|os.O_CREATE|os.O_APPEND, []int{1, 2}
	default:
		return nil, nil, fmt.Errorf("%v: this redirection is not supported in the embedded fleet", rd.Op)
	}
	if s.opts.noclobber && rd.Op == syntax.RdrOut {
		if info, err := p.Files().Stat(p.Abs(name), true); err != nil || info.Mode().IsRegular() {
			flag = os.O_WRONLY | os.O_CREATE | os.O_EXCL
		}
	}
	d, err := p.Open(name, flag, 0o666)
	if err != nil {
		verb := "open"
		if flag&os.O_CREATE != 0 {
			verb = "create"
		}
		return nil, nil, fmt.Errorf("cannot %s %s: %s", verb, name, files.Reason(err))
	}
	return d, fds, nil
}

func text(s string) *process.Descriptor {
	return process.NewDescriptor(process.ReaderStream(strings.NewReader(s)))
}

func (s *Shell) duplicate(rd *syntax.Redirect, p *process.Process, fd int) (*process.Descriptor, []int, error) {
	word := s.literal(rd.Word)
	if word == "-" {
		return nil, []int{fd}, nil
	}
	n, err := strconv.Atoi(word)
	if err != nil && s.bash && rd.Op == syntax.DplOut && rd.N == nil { // >& file
		d, err := p.Open(word, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot create %s: %s", word, files.Reason(err))
		}
		return d, []int{1, 2}, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("bad file descriptor: %s", word)
	}
	d := p.Descriptor(n)
	if d == nil {
		return nil, nil, fmt.Errorf("%d: Bad file descriptor", n)
	}
	return d.Dup(), []int{fd}, nil
}

// hereDocument expands the text of << unless its delimiter is quoted; <<- takes
// the tabs at the start of its lines away.
func (s *Shell) hereDocument(rd *syntax.Redirect) string {
	if rd.Hdoc == nil {
		return ""
	}
	quoted := false
	for _, part := range rd.Word.Parts {
		lit, ok := part.(*syntax.Lit)
		quoted = quoted || !ok || strings.Contains(lit.Value, `\`)
	}
	body := rd.Hdoc
	if rd.Op == syntax.DashHdoc {
		body = untabbed(body)
	}
	if quoted {
		var b strings.Builder
		for _, part := range body.Parts {
			if lit, ok := part.(*syntax.Lit); ok {
				b.WriteString(lit.Value)
			}
		}
		return b.String()
	}
	return s.document(body)
}

// untabbed is a copy of a here-document without the tabs that begin its lines.
func untabbed(w *syntax.Word) *syntax.Word {
	out, start := &syntax.Word{}, true
	for _, part := range w.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			out.Parts, start = append(out.Parts, part), false
			continue
		}
		var b strings.Builder
		for i, c := range []byte(lit.Value) {
			if start && c == '\t' {
				continue
			}
			start = lit.Value[i] == '\n'
			b.WriteByte(c)
		}
		out.Parts = append(out.Parts, &syntax.Lit{ValuePos: lit.ValuePos, ValueEnd: lit.ValueEnd, Value: b.String()})
	}
	return out
}
