package runner

// The rule of this file: a probe is asked where the file says, as its reader
// wants it, and whatever comes back goes to the reader whole. Nothing is parsed
// here, and one question is put to a host once per look, however many want it.

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"belay/runner/probe"
	"belay/steps"
)

// probe reads one value for an evidence that was asked on a host.
func (r *Runner) probe(ctx context.Context, c *steps.Case, host string, e steps.Evidence, env []string) steps.Value {
	return r.ask1(ctx, c, host, e, env, &answers{})
}

// answers remembers what was asked within one look; different questions do not
// wait for each other.
type answers struct {
	mu   sync.Mutex
	seen map[string]func() probe.Answer
}

func (a *answers) of(key string, ask func() probe.Answer) probe.Answer {
	a.mu.Lock()
	if a.seen == nil {
		a.seen = map[string]func() probe.Answer{}
	}
	once, ok := a.seen[key]
	if !ok {
		once = sync.OnceValue(ask)
		a.seen[key] = once
	}
	a.mu.Unlock()
	return once()
}

func (r *Runner) ask1(ctx context.Context, c *steps.Case, host string, e steps.Evidence, env []string, seen *answers) steps.Value {
	name, field, _ := strings.Cut(e.Probe, ".")
	p, ok := c.Book.Probes[name]
	reader, err := probe.For(p.Read)
	if !ok || err != nil {
		return unknown(r.cfg.Now(), fmt.Sprintf("there is no probe %q", name))
	}
	path := firstOf(e.Path, p.Path)
	q, err := reader.Ask(field, path)
	if err != nil {
		return unknown(r.cfg.Now(), err.Error())
	}
	if p.Host != "" {
		host = p.Host
	}
	if p.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, p.Timeout.D())
		defer cancel()
	}
	script := firstOf(p.Script, q.Script)
	answer := seen.of(host+"\x00"+name+"\x00"+script+"\x00"+q.HTTP, func() probe.Answer {
		if p.HTTP != "" {
			return r.get(ctx, host, p.HTTP+q.HTTP, p.Token)
		}
		res, err := r.run(ctx, host, job.Script{Text: script, Env: env})
		return probe.Answer{Body: res.Out, Exit: res.Exit, Err: err}
	})
	return r.value(reader.Read(answer, field, path), r.cfg.Now())
}

// errTooLong is the value of an answer that was cut: a part of a list is not a
// shorter list.
var errTooLong = fmt.Errorf("the answer is longer than %d MiB", lookLimit>>20)

func unknown(at time.Time, why string) steps.Value { return steps.Value{Raw: why, At: at} }

// value of a reader in the words of package steps, which knows no readers. A
// server may say a secret back to us: it is masked before anybody sees it.
func (r *Runner) value(v probe.Value, at time.Time) steps.Value {
	v.Text, v.Raw = r.cfg.mask(v.Text), r.cfg.mask(v.Raw)
	out := steps.Value{Text: v.Text, Known: v.Known, Unit: v.Unit, Raw: v.Raw, At: at}
	if !v.Known {
		return out
	}
	if v.Number != nil {
		out.Number, out.IsNumber = *v.Number, true
		return out
	}
	parsed := steps.ParseValue(v.Text, at)
	parsed.Raw = v.Raw
	return parsed
}

// get asks an HTTP path as the host itself would reach it, through its SSH
// connection. Nothing listens here, and a redirect is not followed: a token goes
// to the address that the file names and to no other.
func (r *Runner) get(ctx context.Context, host, address, token string) probe.Answer {
	h, ok := r.cfg.Hosts[host]
	if !ok {
		return probe.Answer{Err: fmt.Errorf("there is no host %q", host)}
	}
	u, err := url.Parse(address)
	if err != nil {
		return probe.Answer{Err: err}
	}
	client := http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			return h.Dial(ctx, addr)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return probe.Answer{Err: err}
	}
	if token != "" {
		secret := r.cfg.Values[token]
		if len(secret) == 0 {
			return probe.Answer{Err: fmt.Errorf("the secret %s has no value", token)}
		}
		req.Header.Set("Authorization", "Bearer "+string(secret))
	}
	res, err := client.Do(req)
	if err != nil {
		return probe.Answer{Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, lookLimit+1))
	if err == nil && len(body) > lookLimit {
		err = errTooLong
	}
	return probe.Answer{Body: body, HTTP: res.StatusCode, Err: err}
}

// lookGauges reads the watched values of one host.
func (r *Runner) lookGauges(ctx context.Context, host string, list []steps.Evidence) []Gauge {
	c := r.face()
	out := make([]Gauge, len(list))
	seen := &answers{}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	var wg sync.WaitGroup
	for i, e := range list {
		own := *c
		wg.Go(func() { out[i] = r.gauge(ctx, &own, host, e, seen) })
	}
	wg.Wait()
	return out
}

func (r *Runner) gauge(ctx context.Context, c *steps.Case, host string, e steps.Evidence, seen *answers) Gauge {
	g := Gauge{Title: e.Title, Percent: -1, Reading: steps.Reading{Title: e.Title, Host: host, Verdict: steps.CannotTell}}
	env, err := c.HostEnviron(host)
	if err == nil {
		e.Want, err = steps.Expand(e.Want, env)
	}
	if err == nil {
		e.Path, err = steps.Expand(e.Path, env)
	}
	if err != nil {
		g.Reading.Why, g.Reading.At = err.Error(), r.cfg.Now()
		return g
	}
	g.Reading.Want = e.Want
	if e.Probe == "" {
		r.judgeScript(ctx, c, &steps.Step{}, host, e, job.Script{Text: e.Script, Env: env}, &g.Reading)
		return g
	}
	v := r.ask1(ctx, c, host, e, env, seen)
	r.judge(c, &steps.Step{}, e, v, &g.Reading)
	if v.IsNumber && v.Unit == "%" {
		g.Percent = v.Number
	}
	return g
}
