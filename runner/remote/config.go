// What the operator's ssh would do is asked of ssh itself: `ssh -G` resolves
// Host, Match, Include and all tokens. Whatever in its answer would make ssh
// behave in a way that we do not have is an error, never passed over in silence.

package remote

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// maxJumps bounds a chain of ProxyJump lines that lead to each other.
const maxJumps = 8

// Resolver turns a name that an operator would give to ssh into Settings. Its
// zero value uses the system's ssh, or ~/.ssh/config where there is none.
type Resolver struct {
	SSH  string // the ssh program; empty means the one on the PATH, "none" means none
	File string // the configuration; empty means ssh's own files
}

// Resolve is a zero Resolver's Resolve.
func Resolve(ctx context.Context, host, user string, port int) (Settings, error) {
	return Resolver{}.Resolve(ctx, host, user, port)
}

// Resolve gives the settings of a host, its jump hosts included. An empty user
// and a port of 0 mean what the configuration says. Keys, Limits and Dial are
// left to the caller.
func (r Resolver) Resolve(ctx context.Context, host, user string, port int) (Settings, error) {
	if host == "" || strings.HasPrefix(host, "-") || strings.ContainsAny(host, " \t\n\x00") {
		return Settings{}, fmt.Errorf("ssh settings: bad host name %q", host)
	}
	s, err := r.resolve(ctx, host, user, port, 0)
	if err != nil {
		return Settings{}, fmt.Errorf("ssh settings of %s: %w", host, err)
	}
	s.ID = host
	return s, nil
}

func (r Resolver) resolve(ctx context.Context, host, user string, port, depth int) (Settings, error) {
	if depth > maxJumps {
		return Settings{}, fmt.Errorf("ProxyJump: more than %d hops, or hops that lead to each other", maxJumps)
	}
	var o options
	var err error
	if program := r.program(); program != "" {
		o, err = r.askSSH(ctx, program, host, user, port)
	} else {
		o, err = r.readFiles(host, user, port)
	}
	if err != nil {
		return Settings{}, err
	}
	hop, err := o.hop(host)
	if err != nil {
		return Settings{}, err
	}
	jumps, err := r.jumps(ctx, o.one("proxyjump"), depth)
	return Settings{Hop: hop, Jumps: jumps}, err
}

func (r Resolver) program() string {
	if r.SSH != "" {
		return strings.TrimSuffix(r.SSH, "none")
	}
	path, err := exec.LookPath("ssh")
	if err != nil {
		return ""
	}
	return path
}

// jumps resolves a ProxyJump line. As with ssh itself, only the first hop is
// reached by its own ProxyJump: for the others the list says the way.
func (r Resolver) jumps(ctx context.Context, line string, depth int) (hops []Hop, err error) {
	if line == "" || strings.EqualFold(line, "none") {
		return nil, nil
	}
	for i, spec := range strings.Split(line, ",") {
		host, user, port, err := splitJump(spec)
		if err != nil {
			return nil, err
		}
		s, err := r.resolve(ctx, host, user, port, depth+1)
		if err != nil {
			return nil, fmt.Errorf("jump host %s: %w", host, err)
		}
		if i == 0 {
			hops = append(hops, s.Jumps...)
		}
		hops = append(hops, s.Hop)
	}
	if len(hops) > maxJumps {
		return nil, fmt.Errorf("ProxyJump: more than %d hops", maxJumps)
	}
	return hops, nil
}

// splitJump reads [user@]host[:port] or ssh://[user@]host[:port]; a host with
// colons stands in brackets.
func splitJump(spec string) (host, user string, port int, err error) {
	rest := strings.TrimPrefix(strings.TrimSpace(spec), "ssh://")
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		user, rest = rest[:i], rest[i+1:]
	}
	host, tail := rest, ""
	if inside, ok := strings.CutPrefix(rest, "["); ok {
		host, tail, _ = strings.Cut(inside, "]")
	} else if i := strings.IndexByte(rest, ':'); i >= 0 {
		host, tail = rest[:i], rest[i:]
	}
	if tail != "" {
		if port, err = strconv.Atoi(strings.TrimPrefix(tail, ":")); err != nil || port < 1 || port > 65535 {
			return "", "", 0, fmt.Errorf("ProxyJump: bad port in %q", spec)
		}
	}
	if host == "" || host[0] == '-' {
		return "", "", 0, fmt.Errorf("ProxyJump: bad host in %q", spec)
	}
	return host, user, port, nil
}

// askSSH runs ssh -G, which connects to nothing.
func (r Resolver) askSSH(ctx context.Context, program, host, user string, port int) (options, error) {
	args := []string{"-G"}
	if r.File != "" {
		args = append(args, "-F", r.File)
	}
	if user != "" {
		args = append(args, "-l", user)
	}
	if port != 0 {
		args = append(args, "-p", strconv.Itoa(port))
	}
	cmd := exec.CommandContext(ctx, program, append(args, "--", host)...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ssh -G: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return readAnswer(string(out)), nil
}

// readAnswer reads what ssh -G prints.
func readAnswer(out string) options {
	o := make(options)
	for line := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		o[strings.ToLower(key)] = append(o[strings.ToLower(key)], value)
	}
	return o
}
