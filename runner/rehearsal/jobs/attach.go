// Following an attempt, and ending one.
package jobs

import (
	"io"
	"os"
	"time"

	"belay/runner/job"
	"belay/runner/rehearsal/process"
)

// Beats of the protocol, those of job.sh.
const (
	nap       = 50 * time.Millisecond // between two looks
	heartbeat = 4 * time.Second       // a sign of life where nothing changes
)

// attach sends frames from an offset until the attempt has settled and all its
// output is out.
func (j *Jobs) attach(gone <-chan struct{}, c job.Call, out io.Writer) error {
	offset := c.Offset
	var said job.Status
	var at time.Time
	for {
		s := j.look(c.ID, false)
		n := min(s.Size-offset, job.MaxChunk)
		end := n < 0 // the file shrank: say the size, send nothing
		n = max(n, 0)
		if s.State != job.Running && offset+n >= s.Size {
			end = true
			s.Left = j.look(c.ID, true).Left
		}
		changed := s.State != said.State || s.Started != said.Started || s.Why != said.Why
		if n > 0 || end || changed || time.Since(at) >= heartbeat {
			data, err := j.piece(c.ID, offset, n)
			if err != nil {
				return err
			}
			if err := job.WriteFrame(out, job.Frame{Status: s, Bytes: data}); err != nil {
				return err
			}
			said, at, offset = s, time.Now(), offset+n
		}
		if end {
			return nil
		}
		if n < job.MaxChunk && !j.pause(gone, c.ID) {
			return nil
		}
	}
}

// pause waits until it is worth looking again; false: nobody listens any more.
func (j *Jobs) pause(gone <-chan struct{}, id string) bool {
	t := time.NewTimer(nap)
	defer t.Stop()
	var settled <-chan struct{}
	if a := j.attempt(id); a != nil {
		settled = a.settled
	}
	select {
	case <-t.C:
	case <-settled:
	case <-gone:
		return false
	}
	return true
}

func (j *Jobs) piece(id string, offset, n int64) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	f, err := j.host.Files.Open(j.dir(id)+"/out", os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data := make([]byte, n)
	if at, ok := f.(io.ReaderAt); ok {
		_, err = at.ReadAt(data, offset)
	}
	return data, err
}

// fence takes an id that no launch has taken, and otherwise only looks.
func (j *Jobs) fence(c job.Call, out io.Writer) error {
	s, err := j.fenced(c.ID)
	if err != nil {
		return err
	}
	return j.line(out, s)
}

func (j *Jobs) fenced(id string) (job.Status, error) {
	if _, err := j.take(id, map[string]string{"kind": "cancel"}); err != nil {
		return job.Status{}, err
	}
	s := j.look(id, true)
	if s.State == job.None {
		return s, refuse(job.RefusedSpace, "cannot fence: no space")
	}
	return s, nil
}

// cancel fences an id that nobody has taken, and ends an attempt that runs:
// TERM for all that belongs to it, and KILL after the grace.
func (j *Jobs) cancel(gone <-chan struct{}, c job.Call, out io.Writer) error {
	s, err := j.fenced(c.ID)
	if err != nil {
		return err
	}
	if s.State != job.Running {
		return j.line(out, s)
	}
	sig := "TERM"
	a := j.attempt(c.ID)
	if !j.end(gone, c, process.TERM, c.Grace) {
		sig = "KILL"
		j.end(gone, c, process.KILL, 5*time.Second)
	}
	if a != nil {
		select {
		case <-a.settled:
		case <-gone:
		}
	}
	s = j.look(c.ID, true)
	s.Signal = sig
	return j.line(out, s)
}

// end sends a signal to the attempt and waits until nothing of it is left.
func (j *Jobs) end(gone <-chan struct{}, c job.Call, sig process.Signal, grace time.Duration) bool {
	for _, p := range j.members(c.ID) {
		p.Signal(sig)
	}
	limit := time.NewTimer(grace)
	defer limit.Stop()
	for {
		left := j.members(c.ID)
		if len(left) == 0 {
			return true
		}
		select {
		case <-left[0].Dead():
		case <-limit.C:
			return false
		}
	}
}

// Run is the plain command of the protocol: no record is kept. When nobody
// listens any more, the whole session gets TERM, and KILL two seconds later.
func (j *Jobs) Run(gone <-chan struct{}, s job.Script, out, errs io.Writer) int {
	null, err := j.host.Files.Open("/dev/null", os.O_RDONLY, 0)
	if err != nil {
		return job.CannotTell
	}
	env := append(j.host.Environ(), s.Env...)
	t := j.host.Table
	p := t.Start([]string{shellOf(s), "/dev/fd/3"}, env, j.host.Home(), process.NewDescriptor(process.FileStream(null)),
		process.NewDescriptor(process.WriterStream(out)), process.NewDescriptor(process.WriterStream(errs)))
	t.Go(p, func() int { return j.Script(p, s) })
	select {
	case <-p.Dead():
		return p.Status()
	case <-gone:
	}
	for _, sig := range []process.Signal{process.TERM, process.KILL} {
		for _, q := range t.All() {
			if q.Session() == p.PID {
				q.Signal(sig)
			}
		}
		patience := time.NewTimer(2 * time.Second)
		select {
		case <-p.Dead():
		case <-patience.C:
		}
		patience.Stop()
	}
	<-p.Dead()
	return p.Status()
}
