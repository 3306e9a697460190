// Reading a script of sed.
package command

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

type sedParser struct {
	text     string
	at       int
	extended bool
	cmds     []*sedCommand
	open     []int
}

func (p *sedParser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *sedParser) skip(set string) {
	for p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *sedParser) parse() ([]*sedCommand, error) {
	for {
		p.skip(" \t\n;")
		if p.at >= len(p.text) {
			break
		}
		if p.peek() == '#' {
			p.line()
			continue
		}
		cmd := &sedCommand{}
		if err := p.command(cmd); err != nil {
			return nil, err
		}
	}
	if len(p.open) > 0 {
		return nil, errors.New("unmatched `{'")
	}
	return p.cmds, nil
}

// line takes the rest of the line.
func (p *sedParser) line() string {
	end := strings.IndexByte(p.text[p.at:], '\n')
	if end < 0 {
		end = len(p.text) - p.at
	}
	text := p.text[p.at : p.at+end]
	p.at = min(len(p.text), p.at+end+1)
	return text
}

func (p *sedParser) command(cmd *sedCommand) (err error) {
	if cmd.from, err = p.address(); err != nil {
		return err
	}
	if p.skip(" \t"); cmd.from != nil && p.peek() == ',' {
		p.at++
		p.skip(" \t")
		if cmd.to, err = p.address(); err != nil {
			return err
		}
		if cmd.to == nil {
			return errors.New("unexpected `,'")
		}
	}
	p.skip(" \t")
	for p.peek() == '!' {
		cmd.negate = true
		p.at++
		p.skip(" \t")
	}
	cmd.verb = p.peek()
	p.at++
	p.cmds = append(p.cmds, cmd)
	return p.body(cmd)
}

func (p *sedParser) address() (*address, error) {
	switch c := p.peek(); {
	case c == '$':
		p.at++
		return &address{last: true}, nil
	case c >= '0' && c <= '9' || c == '+':
		a := &address{plus: c == '+'}
		if a.plus {
			p.at++
		}
		start := p.at
		p.skip("0123456789")
		a.line, _ = strconv.Atoi(p.text[start:p.at])
		if p.peek() == '~' {
			return nil, errors.New("steps in addresses are not supported in the embedded fleet")
		}
		return a, nil
	case c == '/' || c == '\\':
		if p.at++; c == '\\' {
			c = p.peek()
			p.at++
		}
		expr, err := p.until(c, true)
		if err != nil {
			return nil, errors.New("unterminated address regex")
		}
		fold := p.peek() == 'I'
		if fold {
			p.at++
		}
		rx, err := compile(expr, p.extended, fold)
		return &address{rx: rx}, err
	}
	return nil, nil
}

// until takes the text up to the delimiter. \ and the delimiter is the
// delimiter itself; in a bracket expression it needs no backslash.
func (p *sedParser) until(delim byte, regex bool) (string, error) {
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == delim:
			p.at++
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			next := p.text[p.at+1]
			if next != delim || regex && strings.IndexByte(`.*[]^$+?(){}|`, delim) >= 0 {
				b.WriteByte('\\')
			}
			b.WriteByte(next)
			p.at += 2
			continue
		case c == '[' && regex:
			if _, n := bracket(p.text[p.at:]); n > 1 {
				b.WriteString(p.text[p.at : p.at+n])
				p.at += n
				continue
			}
		}
		b.WriteByte(c)
		p.at++
	}
	return "", errors.New("unterminated")
}

func (p *sedParser) body(cmd *sedCommand) error {
	switch cmd.verb {
	case 's':
		return p.substitution(cmd)
	case 'y':
		return p.transliteration(cmd)
	case 'a', 'i', 'c':
		p.skip(" \t")
		if p.peek() == '\\' {
			p.at++
			p.skip(" \t")
			if p.peek() == '\n' {
				p.at++
			}
		}
		text := p.line()
		for strings.HasSuffix(text, `\`) && p.at < len(p.text) {
			text = text[:len(text)-1] + "\n" + p.line()
		}
		cmd.text = strings.ReplaceAll(text, `\t`, "\t")
	case '{':
		p.open = append(p.open, len(p.cmds)-1)
	case '}':
		if len(p.open) == 0 {
			return errors.New("unexpected `}'")
		}
		p.cmds[p.open[len(p.open)-1]].block = len(p.cmds)
		p.open = p.open[:len(p.open)-1]
	case 'b', 't', ':':
		p.skip(" \t")
		start := p.at
		for p.at < len(p.text) && strings.IndexByte("\n;}", p.text[p.at]) < 0 {
			p.at++
		}
		cmd.text = strings.TrimSpace(p.text[start:p.at])
	case 'q', 'Q':
		p.skip(" \t")
		start := p.at
		p.skip("0123456789")
		cmd.text = p.text[start:p.at]
	case 'd', 'p', 'P', 'n', 'N', '=', 'h', 'H', 'g', 'G', 'x':
	default:
		return fmt.Errorf("unknown command: `%c' (the embedded fleet)", cmd.verb)
	}
	return nil
}

func (p *sedParser) substitution(cmd *sedCommand) error {
	delim := p.peek()
	p.at++
	expr, err := p.until(delim, true)
	if err != nil {
		return errors.New("unterminated `s' command")
	}
	if cmd.with, err = p.until(delim, false); err != nil {
		return errors.New("unterminated `s' command")
	}
	fold := false
	cmd.nth = 1
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == 'g':
			cmd.global = true
		case c == 'p':
			cmd.print = true
		case c == 'i' || c == 'I':
			fold = true
		case c >= '1' && c <= '9':
			cmd.nth = int(c - '0')
		case strings.IndexByte(" \t\n;}#", c) >= 0:
			cmd.rx, err = compile(expr, p.extended, fold)
			return err
		default:
			return errors.New("unknown option to `s'")
		}
	}
	cmd.rx, err = compile(expr, p.extended, fold)
	return err
}

func (p *sedParser) transliteration(cmd *sedCommand) (err error) {
	delim := p.peek()
	p.at++
	if cmd.from1, err = p.until(delim, false); err == nil {
		cmd.to1, err = p.until(delim, false)
	}
	if err == nil && len([]rune(cmd.from1)) != len([]rune(cmd.to1)) {
		err = errors.New("strings for `y' command are different lengths")
	}
	return err
}
