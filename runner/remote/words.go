// What a server wants to be told by a person is asked for under the name that we
// have for the server, whose own words come after it. Nobody has to type against
// a clock of ours, and what is typed is kept in memory only: a password, until a
// server refuses it; a code that holds once, not at all.

package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// loginTries is how often one handshake asks (NumberOfPasswordPrompts,
// ssh_config(5)).
const loginTries = 3

// NeedsPerson says that a server wants to be told something and nobody can be
// asked. It comes inside a *job.Unreachable. The server is not tried again by
// itself: every try is a login that fails, and some servers count those.
type NeedsPerson struct {
	Server string
	Wants  string // the server's own words
	Err    error  // why nobody was asked, or what came of it
}

func (e *NeedsPerson) Error() string {
	return fmt.Sprintf("%s wants to be told %q: %v", e.Server, e.Wants, e.Err)
}

func (e *NeedsPerson) Unwrap() error { return e.Err }

// words are those of one handshake.
type words struct {
	ctx   context.Context
	keys  *Keys
	who   string // NAME (USER@ADDRESS:PORT)
	clock *patience
	given map[string]bool // answers of this handshake; asked again, they were wrong
	once  bool            // one of them will not do a second time
	err   error           // the typed reason; the library passes on its text only
}

func (w *words) methods(hop Hop) (list []ssh.AuthMethod) {
	if hop.KbdInteractive {
		list = append(list, ssh.RetryableAuthMethod(ssh.KeyboardInteractive(w.challenge), loginTries))
	}
	if hop.Password {
		list = append(list, ssh.RetryableAuthMethod(ssh.PasswordCallback(w.password), loginTries))
	}
	return list
}

func (w *words) password() (string, error) { return w.answer("password", "password") }

// challenge answers a round of RFC 4256. A round without questions has no answers.
func (w *words) challenge(name, instruction string, questions []string, _ []bool) (answers []string, err error) {
	for _, q := range questions {
		text := strings.Join(strings.Fields(name+" "+instruction+" "+q), " ")
		a, err := w.answer(q, text)
		if err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
	return answers, nil
}

// asksPassword reports whether the same answer will do the next time. Whatever
// does not say so may be a code that holds once.
func asksPassword(question string) bool {
	q := strings.ToLower(question)
	return strings.Contains(q, "password") && !strings.Contains(q, "one-time") && !strings.Contains(q, "otp")
}

// wantsMost bounds how much of a server's words a person is shown, in runes.
const wantsMost = 300

func (w *words) answer(question, text string) (string, error) {
	if w.err != nil { // by another method: it would be the same question again
		return "", w.err
	}
	key := w.who + "\x00" + question
	if w.given[key] {
		w.keys.drop(key)
	}
	w.given[key] = true
	if a, ok := w.keys.kept(key); ok {
		return a, nil
	}
	if r := []rune(text); len(r) > wantsMost {
		text = string(r[:wantsMost]) + "…"
	}
	w.clock.hold()
	defer w.clock.goOn()
	b, err := w.keys.ask(w.ctx, w.who+" asks: "+text)
	if err == nil && len(b) == 0 {
		err = errors.New("nothing was typed")
	}
	if err != nil {
		w.err = &NeedsPerson{Server: w.who, Wants: text, Err: err}
		return "", w.err
	}
	if asksPassword(question) {
		w.keys.keep(key, string(b))
	} else {
		w.once = true
	}
	answer := string(b)
	clear(b)
	return answer, nil
}

// Login tries a host again for which somebody had to type something, now that
// somebody can. The error is as of Identify.
func (h *Host) Login(ctx context.Context) error {
	h.s.Keys.again()
	h.mu.Lock()
	for _, p := range []*pool{h.control, h.follow, h.stream, h.looks} {
		for _, l := range p.lines {
			l.retryAt = time.Time{}
		}
	}
	h.mu.Unlock()
	_, err := h.Identify(ctx)
	return err
}
