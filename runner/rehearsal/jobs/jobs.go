// Package jobs answers the job protocol on a simulated host.
//
// The rule of this package: what it says of an attempt is on the disk of the
// host. An id is taken by link(2) of a complete file, once; what ran when the
// fleet itself died is lost, and is said to be lost.
package jobs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"belay/runner/job"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/world"
)

// Faults asks what is to go wrong with an attempt that starts now. A nil Plan
// is a plain run.
type Faults interface {
	Launch(h *world.Host, step string) *Plan
	Ended(h *world.Host, step string)
}

// Plan is what goes wrong with one attempt.
type Plan struct {
	Hang bool
	Exit int    // -1: the script runs
	Drop func() // cuts the host's connections once the attempt is under way
}

// Jobs are the attempts of one host.
type Jobs struct {
	host   *world.Host
	faults Faults
	root   string

	// begin is held from the moment that an id is taken until its attempt is
	// known here: who looks in between would call it lost, and it would run.
	begin sync.RWMutex

	mu      sync.Mutex
	running map[string]*attempt
	tags    int
}

// attempt is a job that runs in this fleet process.
type attempt struct {
	p       *process.Process
	settled chan struct{} // closed when the outcome is on disk
}

// New gives the attempts of a host. faults may be nil.
func New(h *world.Host, faults Faults) *Jobs {
	return &Jobs{host: h, faults: faults, root: h.Home() + "/.belay/jobs", running: map[string]*attempt{}}
}

// refusal is an answer other than a status line.
type refusal struct {
	code int
	text string
}

func (r *refusal) Error() string { return r.text }

func refuse(code int, format string, args ...any) error {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// Serve answers one call. gone is closed when the caller no longer listens.
// The result is the exit status of the wrapper.
func (j *Jobs) Serve(gone <-chan struct{}, c job.Call, out, errs io.Writer) int {
	var err error
	switch c.Verb {
	case job.Launch:
		err = j.launch(c, out)
	case job.Look:
		err = j.line(out, j.look(c.ID, true))
	case job.Fence:
		err = j.fence(c, out)
	case job.Attach:
		err = j.attach(gone, c, out)
	case job.Cancel:
		err = j.cancel(gone, c, out)
	case job.Values:
		err = j.values(c, out)
	case job.Forget:
		err = j.forget(c, out)
	default:
		err = refuse(job.RefusedUsage, "unknown verb")
	}
	var r *refusal
	switch {
	case err == nil:
		return 0
	case errors.As(err, &r):
		fmt.Fprintf(errs, "belay: %s\n", r.text)
		return r.code
	}
	fmt.Fprintf(errs, "belay: %v\n", err)
	return job.CannotTell
}

func (j *Jobs) line(out io.Writer, s job.Status) error {
	_, err := fmt.Fprintln(out, s.Line())
	return err
}

func (j *Jobs) dir(id string) string { return j.root + "/" + id }

func (j *Jobs) exists(name string) bool {
	_, err := j.host.Files.Stat(name, false)
	return err == nil
}

// meta reads the file that took the id.
func (j *Jobs) meta(id string) map[string]string {
	data, err := j.host.Files.ReadFile(j.dir(id) + "/meta")
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		out[key] = value
	}
	return out
}

// take takes the id with a complete meta file, and says whether it was free.
func (j *Jobs) take(id string, fields map[string]string) (bool, error) {
	dir := j.dir(id)
	if err := j.host.Files.MkdirAll(dir, 0o700); err != nil {
		return false, refuse(job.RefusedSpace, "cannot make %s", dir)
	}
	fields["id"], fields["boot"], fields["at"] = id, j.host.Table.Boot, strconv.FormatInt(time.Now().Unix(), 10)
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		fmt.Fprintf(&b, "%s=%s\n", key, fields[key])
	}
	j.mu.Lock()
	j.tags++
	temp := fmt.Sprintf("%s/.meta.%s.%d", dir, j.host.Table.Boot, j.tags)
	j.mu.Unlock()
	if err := j.host.Files.WriteFile(temp, b.Bytes(), 0o600); err != nil {
		return false, refuse(job.RefusedSpace, "cannot store %s", temp)
	}
	err := j.host.Files.Link(temp, dir+"/meta")
	_ = j.host.Files.Remove(temp)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// scriptSum tells two scripts apart.
func scriptSum(s job.Script) string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", s.Text, s.Shell, s.Dir, s.Env))
	return hex.EncodeToString(h[:])
}

// marker finds the outcome on disk.
func (j *Jobs) marker(id string, s *job.Status) bool {
	list, _ := j.host.Files.ReadDir(j.dir(id))
	for _, e := range list {
		rest, ok := strings.CutPrefix(e.Name(), "exit.")
		code, by, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(code); ok && err == nil {
			s.State, s.Exit, s.Outside = job.Exited, n, by == "s"
			return true
		}
		if e.Name() == "norun" {
			s.State = job.NoRun
			return true
		}
	}
	return false
}

// look says what the disk proves about an id.
func (j *Jobs) look(id string, left bool) job.Status {
	j.begin.RLock()
	defer j.begin.RUnlock()
	s := job.Status{ID: id, State: job.None}
	meta := j.meta(id)
	if meta == nil {
		return s
	}
	if meta["kind"] == "cancel" {
		s.State = job.Fenced
		return s
	}
	if !j.marker(id, &s) {
		switch {
		case meta["boot"] != j.host.Table.Boot:
			s.State, s.Why = job.Lost, "reboot"
		case j.attempt(id) != nil:
			s.State = job.Running
		case !j.marker(id, &s): // it may have ended while we looked
			s.State, s.Why = job.Lost, "killed"
		}
	}
	s.Started = s.State != job.NoRun && j.exists(j.dir(id)+"/child")
	if info, err := j.host.Files.Stat(j.dir(id)+"/out", true); err == nil {
		s.Size = info.Size()
	}
	if left && s.Started && s.State != job.Running {
		s.Left = len(j.members(id))
	}
	return s
}

func (j *Jobs) attempt(id string) *attempt {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.running[id]
}

// tag is the variable by which all processes of an attempt are known; the
// semicolon ends it, so that job-1 is not found in job-10.
func (j *Jobs) tag(id string) string { return "BELAY_JOB=" + j.dir(id) + ";" }

// members are the living processes of an attempt.
func (j *Jobs) members(id string) []*process.Process {
	session := 0
	if a := j.attempt(id); a != nil {
		session = a.p.PID
	}
	var out []*process.Process
	for _, p := range j.host.Table.All() {
		if session > 0 && p.Session() == session || slices.Contains(p.Environ(), j.tag(id)) {
			out = append(out, p)
		}
	}
	return out
}

func (j *Jobs) values(c job.Call, out io.Writer) error {
	s := j.look(c.ID, true)
	data, _ := j.host.Files.ReadFile(j.dir(c.ID) + "/values")
	if len(data) > job.MaxValues {
		return refuse(job.TooLarge, "values: %d bytes, at most %d", len(data), job.MaxValues)
	}
	return job.WriteFrame(out, job.Frame{Status: s, Bytes: data})
}

// forget drops what takes space. meta and the marker stay as the fence.
func (j *Jobs) forget(c job.Call, out io.Writer) error {
	s := j.look(c.ID, false)
	if s.State == job.Running {
		return refuse(job.StillRunning, "still running")
	}
	for _, name := range []string{"out", "values", "cmd", "secret"} {
		if err := j.host.Files.RemoveAll(path.Join(j.dir(c.ID), name)); err != nil {
			return err
		}
	}
	return j.line(out, j.look(c.ID, false))
}
