// Starting an attempt.
package jobs

import (
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"belay/runner/job"
	"belay/runner/rehearsal/process"
)

// minFree is what must be free for a launch: job.sh's BELAY_MIN_KB.
const minFree = 1 << 20

func (j *Jobs) launch(c job.Call, out io.Writer) error {
	sum := scriptSum(c.Request.Script)
	if meta := j.meta(c.ID); meta != nil {
		return j.again(c.ID, sum, meta, out)
	}
	if want := c.Request.MachineID; want != "" {
		id, _ := j.host.Files.ReadFile("/etc/machine-id")
		if got := strings.TrimSpace(string(id)); got != want {
			return refuse(job.RefusedMachine, "machine-id is %s, expected %s", got, want)
		}
	}
	if m, ok := j.host.Files.Disk().Of(j.root); ok && m.Free() < minFree {
		return refuse(job.RefusedSpace, "only %d KiB free in %s", m.Free()>>10, j.root)
	}
	if err := j.begins(c, sum); err != nil {
		return err
	}
	return j.again(c.ID, sum, j.meta(c.ID), out)
}

// begins takes the id and runs the attempt, unless the id was taken meanwhile.
func (j *Jobs) begins(c job.Call, sum string) error {
	j.begin.Lock()
	defer j.begin.Unlock()
	won, err := j.take(c.ID, map[string]string{"kind": "run", "sum": sum, "head": c.Request.Head})
	if won {
		j.start(c)
	}
	return err
}

// again answers for an id that is taken.
func (j *Jobs) again(id, sum string, meta map[string]string, out io.Writer) error {
	s := j.look(id, true)
	if s.State != job.Fenced && meta["sum"] != sum {
		return refuse(job.RefusedReused, "job id already used for another script")
	}
	return j.line(out, s)
}

// start runs the attempt whose id was just taken. When its files cannot be
// made it is proven not to have run.
func (j *Jobs) start(c job.Call) {
	p, err := j.prepare(c)
	if err != nil {
		_ = j.host.Files.RemoveAll(j.dir(c.ID) + "/secret")
		_ = j.mark(c.ID, "norun")
		return
	}
	a := &attempt{p: p, settled: make(chan struct{})}
	j.mu.Lock()
	j.running[c.ID] = a
	j.mu.Unlock()
	plan := j.plan(c)
	gate := j.host.Table.Gate
	gate.Enter()
	j.host.Table.Go(p, func() int { return j.body(c, plan, p) })
	j.host.Table.Background(func() {
		defer gate.Leave()
		j.settle(c, a)
	})
	if plan.Drop != nil {
		plan.Drop()
	}
}

func (j *Jobs) plan(c job.Call) *Plan {
	if j.faults != nil {
		if plan := j.faults.Launch(j.host, stepOf(c)); plan != nil {
			return plan
		}
	}
	return &Plan{Exit: -1}
}

// stepOf is the step that an attempt belongs to.
func stepOf(c job.Call) string {
	step := ""
	for _, pair := range c.Request.Script.Env {
		if v, ok := strings.CutPrefix(pair, "BELAY_STEP="); ok {
			step = v
		}
	}
	return step
}

// prepare makes the files of the attempt and its process.
func (j *Jobs) prepare(c job.Call) (*process.Process, error) {
	dir, fsys := j.dir(c.ID), j.host.Files
	env := append(j.host.Environ(), j.tag(c.ID), "BELAY_OUT="+dir+"/values")
	for name, secret := range c.Request.Secrets {
		file := dir + "/secret/" + name
		if err := fsys.MkdirAll(dir+"/secret", 0o700); err != nil {
			return nil, err
		}
		if err := fsys.WriteFile(file, secret, 0o600); err != nil {
			return nil, err
		}
		env = append(env, name+"_FILE="+file)
	}
	for _, name := range []string{"cmd", "values", "child"} {
		text := ""
		if name == "cmd" {
			text = c.Request.Script.Text
		}
		if err := fsys.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	f, err := fsys.Open(dir+"/out", os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	null, err := fsys.Open("/dev/null", os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	out := process.NewDescriptor(process.FileStream(f))
	env = append(env, c.Request.Script.Env...)
	args := []string{shellOf(c.Request.Script), dir + "/cmd"}
	return j.host.Table.Start(args, env, j.host.Home(), process.NewDescriptor(process.FileStream(null)), out, out.Dup()), nil
}

func shellOf(s job.Script) string {
	if s.Shell == "" {
		return "sh"
	}
	return s.Shell
}

// body is what the attempt's process does.
func (j *Jobs) body(c job.Call, plan *Plan, p *process.Process) int {
	switch {
	case plan.Hang:
		fmt.Fprintln(p.Stdout(), "embedded fleet: fault: this attempt hangs")
		p.Hang()
	case plan.Exit >= 0:
		fmt.Fprintf(p.Stdout(), "embedded fleet: fault: this attempt ends with %d\n", plan.Exit)
		return plan.Exit
	}
	return j.Script(p, c.Request.Script)
}

// Script runs a script on p as the wrapper does: under set -eu, in its folder.
func (j *Jobs) Script(p *process.Process, s job.Script) int {
	if s.Dir != "" {
		dir := s.Dir
		if dir == "~" || strings.HasPrefix(dir, "~/") {
			dir = j.host.Home() + dir[1:]
		}
		at := path.Clean(p.Abs(dir))
		if info, err := j.host.Files.Stat(at, true); err != nil || !info.IsDir() {
			fmt.Fprintf(p.Stderr(), "sh: 1: cd: can't cd to %s\n", dir)
			return 126
		}
		p.SetDir(at)
	}
	sh := j.host.System.New(p, s.Shell == "bash", shellOf(s), nil)
	return sh.Script("set -eu; " + s.Text)
}

// settle writes the outcome down when the attempt's process has ended.
func (j *Jobs) settle(c job.Call, a *attempt) {
	<-a.p.Dead()
	defer close(a.settled)
	if j.host.Table.Closed() {
		return // the fleet goes down under it: that is no outcome
	}
	_ = j.host.Files.RemoveAll(j.dir(c.ID) + "/secret")
	_ = j.mark(c.ID, fmt.Sprintf("exit.%d.i", a.p.Status()))
	j.mu.Lock()
	delete(j.running, c.ID)
	j.mu.Unlock()
	if j.faults != nil {
		j.faults.Ended(j.host, stepOf(c))
	}
}

// mark makes an empty file: a full disk does not hinder it.
func (j *Jobs) mark(id, name string) error {
	f, err := j.host.Files.Open(j.dir(id)+"/"+name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}
