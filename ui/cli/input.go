package cli

// The rule of this file: a line is read only when somebody waits for it, so
// that no reader is left behind that would eat the console's first key. The end
// of input is never an answer.

import (
	"bufio"
	"context"
	"io"
	"strings"
)

// answer is one line, or why there is none.
type answer struct {
	line string
	err  error
}

// input reads answers from the terminal or a pipe.
type input struct {
	r       *bufio.Reader
	pending chan answer // of a line that was asked for and is not taken
	kept    bool        // it has come, and waits in pending for its turn
}

// input is the one reader of stdin.
func (p *program) input() *input {
	if p.in == nil {
		p.in = &input{r: bufio.NewReader(p.env.Stdin)}
	}
	return p.in
}

// next yields the next line. Whoever gives up waiting leaves it to the next
// who asks.
func (i *input) next() <-chan answer {
	if i.pending == nil {
		i.pending = make(chan answer, 1)
		go func(to chan<- answer) {
			line, err := i.r.ReadString('\n')
			if err == io.EOF && line != "" {
				err = nil
			}
			to <- answer{strings.TrimSpace(line), err}
		}(i.pending)
	}
	return i.pending
}

// taken must be called by whoever received from next and uses the line.
func (i *input) taken() { i.pending, i.kept = nil, false }

// keep puts a line back for whoever asks next.
func (i *input) keep(a answer) {
	i.pending <- a
	i.kept = true
}

// line waits for one, or for the end of ctx.
func (i *input) line(ctx context.Context) (string, error) {
	select {
	case a := <-i.next():
		i.taken()
		return a.line, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// prompts is where questions are asked: never where JSON goes.
func (p *program) prompts() io.Writer {
	if p.opt.json {
		return p.env.Stderr
	}
	return p.env.Stdout
}
