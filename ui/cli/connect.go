package cli

// The rule of this file: check --connect changes nothing on a host, asks all of
// them at once, and names for each trouble one command that helps.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"belay/runner"
	"belay/runner/job"
	"belay/runner/remote"
	"belay/runner/tail"
	"belay/steps"
)

// hostReport is what check --connect says of one host.
type hostReport struct {
	Host      string   `json:"host"`
	Address   string   `json:"address"`
	OK        bool     `json:"ok"`
	User      string   `json:"user,omitempty"`
	Hostname  string   `json:"hostname,omitempty"`
	MachineID string   `json:"machine_id,omitempty"`
	HostKey   string   `json:"host_key,omitempty"`
	Skew      string   `json:"clock_skew,omitempty"` // theirs minus ours, where it is worth a word
	Free      string   `json:"job_folder_free,omitempty"`
	Missing   []string `json:"missing,omitempty"`  // tools
	Through   []string `json:"through,omitempty"`  // jump hosts, or a ProxyCommand
	KnownBy   string   `json:"known_by,omitempty"` // FILE:LINE
	Key       string   `json:"key,omitempty"`      // that logged in
	Sudo      string   `json:"sudo,omitempty"`     // "no password", or "asks for a password"; empty where there is none
	Why       string   `json:"why,omitempty"`
	Warnings  []string `json:"warnings,omitempty"`
	Hint      string   `json:"hint,omitempty"`

	code int
}

// connectPatience is how long one host may take in all.
const connectPatience = 30 * time.Second

// connect asks every host of the environment and gives the worst code.
func (p *program) connect(ctx context.Context, l *loaded) ([]hostReport, int, error) {
	rb, err := l.anyEnv(p.opt.env)
	if err != nil {
		return nil, 0, err
	}
	if p.opt.env == steps.EmbeddedEnv {
		return nil, 0, usage("-e names an environment with real servers", "the embedded fleet is not connected to; it is made")
	}
	hosts, err := p.servers(ctx, rb)
	if err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	out := make([]hostReport, len(rb.AllHosts()))
	var all sync.WaitGroup
	for i, id := range rb.AllHosts() {
		all.Go(func() {
			out[i] = p.askHost(ctx, id, shellsOf(rb, id), hosts[id])
			out[i].Address = rb.Hosts[id].Address
		})
	}
	all.Wait()
	worst := steps.CodeDone
	for i := range out {
		_ = hosts[out[i].Host].Close()
		out[i].OK = out[i].code == steps.CodeDone
		worst = steps.Worse(worst, out[i].code)
	}
	markTwins(out)
	return out, worst, nil
}

// wrapperTools are what the job wrapper calls on a host (runner/job/job.sh; a
// test holds the two together).
const wrapperTools = "setsid sha256sum ln mv rm sync df grep sort tail head tr wc cat mkdir chmod date uname sleep"

// wants prints what a host lacks, a line each, and what else it says of itself:
// the free space for jobs, sudo, and whether a logout ends what we started.
const wants = `for t in ` + wrapperTools + ` $BELAY_SHELLS; do
  command -v "$t" >/dev/null 2>&1 || echo "$t"
done
test -r /proc/self/stat || echo /proc
df -Pk "$HOME" 2>/dev/null | { read -r x; read -r x x x free x && echo "free $free"; } || :
test -w "$HOME" || echo "a home folder that can be written"
if command -v sudo >/dev/null 2>&1; then
  if sudo -n true >/dev/null 2>&1; then echo "sudo no password"; else echo "sudo asks for a password"; fi
fi
# the last word counts, and a folder's words come after the file's (logind.conf(5))
test -d /run/systemd/system && cat /etc/systemd/logind.conf /usr/lib/systemd/logind.conf.d/*.conf \
  /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf 2>/dev/null | sed -n 's/^Kill/logind Kill/p'
:
`

// shellsOf lists the shells that the steps on a host ask for.
func shellsOf(rb *steps.Runbook, host string) string {
	for s := range rb.Steps() {
		if s.Shell == "bash" && slices.Contains(s.Hosts, host) {
			return "sh bash"
		}
	}
	return "sh"
}

func (p *program) askHost(ctx context.Context, id, shells string, h *remote.Host) hostReport {
	r := hostReport{Host: id}
	sent := p.env.Now()
	who, err := h.Identify(ctx)
	if err != nil {
		r.fail(err)
		return r
	}
	got := p.env.Now()
	r.User, r.Hostname, r.MachineID, r.HostKey = who.User, who.Hostname, who.MachineID, who.HostKey
	if d := runner.Skew(who.Clock, sent, got); d.Abs() > steps.SkewWarns {
		r.Skew = d.Round(time.Second).String()
		r.Warnings = append(r.Warnings, "its clock is "+steps.Ahead(d)+" ours")
		r.Hint = first(r.Hint, "on "+id+": timedatectl set-ntp true")
	}
	if r.MachineID == "" {
		r.Warnings = append(r.Warnings, "it has no machine-id, so it is known by its host key and name alone")
		r.Hint = first(r.Hint, "on "+id+": systemd-machine-id-setup")
	}
	res, err := h.Run(ctx, job.Script{Text: wants, Env: []string{"BELAY_SHELLS=" + shells}}, 64<<10)
	if err != nil {
		r.fail(err)
		return r
	}
	if way, ok := h.Way(); ok {
		r.Through, r.KnownBy, r.Key = way.Through, way.Known, way.Key
	}
	r.take(string(res.Out))
	if len(r.Missing) > 0 {
		r.code, r.Why = steps.CodeFailed, "it lacks "+strings.Join(r.Missing, ", ")
		r.Hint = "on " + id + ": apt-get install coreutils util-linux, or busybox"
	}
	return r
}

// take reads what wants printed.
func (r *hostReport) take(text string) {
	kills, spared := false, "root"
	for line := range strings.Lines(text) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		name, value, _ := strings.Cut(rest, "=")
		switch {
		case word == "free" && rest != "":
			r.Free = rest + " KiB"
		case word == "sudo" && rest != "":
			r.Sudo = rest
		case word == "logind" && strings.TrimSpace(name) == "KillUserProcesses":
			kills = slices.Contains([]string{"yes", "true", "on", "1"}, strings.TrimSpace(value))
		case word == "logind" && strings.TrimSpace(name) == "KillExcludeUsers":
			spared = value
		case word != "" && word != "logind":
			r.Missing = append(r.Missing, strings.TrimSpace(line))
		}
	}
	if kills && !slices.Contains(strings.Fields(spared), r.User) {
		r.Warnings = append(r.Warnings, "KillUserProcesses is on: a step that runs when the link is lost is killed")
		r.Hint = first(r.Hint, "on "+r.Host+": add KillExcludeUsers=root "+r.User+" to /etc/systemd/logind.conf, then systemctl restart systemd-logind")
	}
}

// how is a line on the way to a host.
func (r *hostReport) how() string {
	words := []string{"directly"}
	if len(r.Through) > 0 {
		words[0] = "through " + strings.Join(r.Through, ", ")
	}
	if r.KnownBy != "" {
		words = append(words, "known by "+r.KnownBy)
	}
	if r.Key != "" {
		words = append(words, "logged in with "+r.Key)
	}
	if r.Sudo != "" {
		words = append(words, "sudo "+r.Sudo)
	}
	return strings.Join(words, "; ")
}

// fail says why a host cannot be used, and what helps.
func (r *hostReport) fail(err error) {
	r.code, r.Why = steps.CodeUnreachable, strings.TrimPrefix(err.Error(), r.Host+": ")
	var away *job.Unreachable
	var wrong *job.WrongHost
	switch {
	case errors.As(err, &wrong):
		r.Hint = wrong.Hint
	case errors.As(err, &away):
		r.Hint = away.Hint
	case errors.Is(err, context.DeadlineExceeded):
		r.Why = fmt.Sprintf("no answer within %s", connectPatience)
	}
}

// markTwins warns of two hosts that are one machine, or a careless clone.
func markTwins(list []hostReport) {
	for i := range list {
		for j := range list {
			if i != j && list[i].MachineID != "" && list[i].MachineID == list[j].MachineID {
				list[i].Warnings = append(list[i].Warnings, "it has the same machine-id as "+list[j].Host)
			}
		}
	}
}

func (p *program) sayHosts(list []hostReport) {
	for _, r := range list {
		switch {
		case r.code != steps.CodeDone:
			p.say("%s: error: %s\n", r.Host, tail.Inert(r.Why))
		default:
			p.say("%s: ok, %s@%s, machine-id %.8s, host key %s, %s free\n", r.Host, tail.Inert(r.User), tail.Inert(r.Hostname),
				tail.Inert(orDash(r.MachineID)), tail.Inert(r.HostKey), tail.Inert(orDash(r.Free)))
			p.say("%s: %s\n", r.Host, tail.Inert(r.how()))
		}
		for _, w := range r.Warnings {
			p.say("%s: warning: %s\n", r.Host, tail.Inert(w))
		}
		if r.Hint != "" {
			p.say("%s: hint: %s\n", r.Host, tail.Inert(r.Hint))
		}
	}
}
