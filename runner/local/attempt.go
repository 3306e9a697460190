package local

// What is on disk of an attempt, and how its state is read from it. A state is
// reported only with proof; what was read last has the last word.

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"belay/runner/job"
)

// attempt is one folder.
type attempt struct{ id, dir string }

func (a attempt) path(name string) string { return filepath.Join(a.dir, name) }

// The names in the folder; see the package comment.
const (
	metaFile    = "meta"
	scriptFile  = "cmd"
	secretDir   = "secret"
	childFile   = "child"
	outFile     = "out"
	valuesFile  = "values"
	cancelFile  = "cancel"
	pendingFile = "pending" // renamed to exit.N.i, exit.N.s or norun
	norunFile   = "norun"
)

// meta is the content of the commit point.
type meta struct {
	Kind string // run or cancel
	ID   string
	Sum  string // of the script and its surroundings
	Head string // of the journal at launch
	Sup  proc   // the supervisor
	Boot string
	At   time.Time
	Tag  string // unlike that of any other process that tried
}

// order is what a supervisor is told on its stdin.
type order struct {
	ID, Head string
	Script   job.Script
	Secrets  map[string][]byte
}

// sum tells two scripts apart. Secrets are left out: no digest of one may lie
// on a disk.
func (o order) sum() string {
	text, _ := json.Marshal(o.Script) // strings only: cannot fail
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}

func (a attempt) taken() bool { return exists(a.path(metaFile)) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (a attempt) meta() (m meta, err error) { return m, readJSON(a.path(metaFile), &m) }

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// commit tries to take the id with m, and reports whether it is ours.
func (a attempt) commit(m meta) (bool, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	mine := a.path(".meta." + m.Tag)
	defer os.Remove(mine)
	if err := writeSynced(mine, text, 0o600); err != nil {
		return false, err
	}
	err = os.Link(mine, a.path(metaFile))
	if err != nil && !errors.Is(err, os.ErrExist) {
		return false, err
	}
	// Not link's own answer: on NFS a repeated request can win and say EEXIST.
	won, err := a.meta()
	if err != nil {
		return false, err
	}
	return won.Tag == m.Tag, syncDir(a.dir, filepath.Dir(a.dir))
}

// writeSynced makes a file that must not be there, content on the medium.
func writeSynced(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncDir makes the names in folders durable.
func syncDir(dirs ...string) error {
	for _, dir := range dirs {
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

// again answers a launch of an id that is taken.
func (a attempt) again(sum string) (job.Status, error) {
	s, err := a.look()
	if err != nil || s.State == job.Fenced {
		return s, err
	}
	m, err := a.meta()
	if err != nil {
		return s, a.cannotTell(err)
	}
	if m.Sum != sum {
		return s, &job.Refused{Code: job.RefusedReused, Text: "job id already used for another script"}
	}
	return s, nil
}

func (a attempt) cannotTell(err error) error {
	return fmt.Errorf("attempt %s on local: cannot tell: %w", a.id, err)
}

// look reads the state, and removes the secrets of an attempt that has ended
// without anybody there to do it.
func (a attempt) look() (job.Status, error) {
	s := job.Status{ID: a.id, State: job.None}
	m, err := a.meta()
	switch {
	case errors.Is(err, os.ErrNotExist):
		return s, nil
	case err != nil:
		return s, a.cannotTell(err)
	case m.Kind == kindCancel:
		s.State = job.Fenced
		return s, nil
	}
	if err := a.judge(m, &s); err != nil {
		return s, a.cannotTell(err)
	}
	s.Started = s.State != job.NoRun && exists(a.path(childFile))
	// The size is taken after the state: what "exited" says is final, unless a
	// process that the script left behind is still writing.
	if info, err := os.Stat(a.path(outFile)); err == nil {
		s.Size = info.Size()
	}
	if s.State != job.Running {
		os.RemoveAll(a.path(secretDir))
		if s.Started {
			left, err := a.members(m)
			if err != nil {
				return s, a.cannotTell(err)
			}
			s.Left = len(left)
		}
	}
	return s, nil
}

// judge finds the state of an attempt that was committed by a supervisor.
func (a attempt) judge(m meta, s *job.Status) error {
	if done, err := a.marker(s); done || err != nil {
		return err
	}
	switch {
	case m.Boot != bootID():
		s.State, s.Why = job.Lost, "reboot"
	case m.Sup.alive():
		s.State = job.Running
		return nil
	default:
		members, err := a.members(m)
		if err != nil {
			return err
		}
		coming, err := a.coming()
		if err != nil {
			return err
		}
		// The inner process may still record the code by itself.
		inner, _ := a.inner()
		if inner.alive() || coming || len(members) > 0 {
			s.State, s.Why = job.Running, "orphan"
		} else {
			s.State, s.Why = job.Lost, "killed"
		}
	}
	// It may have ended while we looked: the marker has the last word.
	done, err := a.marker(s)
	if done {
		s.Why = ""
	}
	return err
}

// coming reports whether one of our own two is alive and may still prove the
// start: a supervisor that is killed at the wrong moment leaves an inner process
// behind that does. In the middle of exec(2) a process shows no environment, so
// no is asked for twice.
func (a attempt) coming() (bool, error) {
	if exists(a.path(childFile)) {
		return false, nil // it is proven
	}
	for range 2 {
		all, err := processes()
		if err != nil {
			return false, err
		}
		for _, p := range all {
			if p.tagged(a.mark()) {
				return true, nil
			}
		}
	}
	return false, nil
}

// mark is the variable of our own two processes; scripts do not inherit it.
func (a attempt) mark() string { return "BELAY_JOB_OF=" + a.dir + ";" }

// marker reports whether the outcome is on disk, and reads it.
func (a attempt) marker(s *job.Status) (bool, error) {
	names, err := filepath.Glob(a.path("exit.*"))
	if err != nil {
		return false, err
	}
	if len(names) > 0 {
		code, who, _ := strings.Cut(strings.TrimPrefix(filepath.Base(names[0]), "exit."), ".")
		n, err := strconv.Atoi(code)
		if err != nil {
			return false, fmt.Errorf("bad marker %s", names[0])
		}
		s.State, s.Exit, s.Outside = job.Exited, n, who == byOutside
		return true, nil
	}
	if exists(a.path(norunFile)) {
		s.State = job.NoRun
		return true, nil
	}
	return false, nil
}

// inner is the process that runs the script, or the zero proc.
func (a attempt) inner() (p proc, err error) { return p, readJSON(a.path(childFile), &p) }

const (
	kindRun    = "run"
	kindCancel = "cancel"
	byInner    = "i"
	byOutside  = "s"
)
