package local

// The detached half. A supervisor in a session of its own commits the attempt
// and starts an inner process in another session, which proves the start, runs
// the shell and records its code. Either alone can record what became of it.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"belay/runner/job"
)

// roleVar tells the two processes of an attempt apart. It is not passed on.
const roleVar = "BELAY_JOB_ROLE"

// HiddenVerb is the word in front of the folder when the binary starts itself.
const HiddenVerb = "_job"

// proofFD is the descriptor that a process of ours closes when the start of the
// attempt is proven. When it dies the kernel closes it.
const proofFD = 3

// begin starts a supervisor. An error proves that there is none; otherwise the
// function that it returns hands over the order and waits for the proof.
func (a attempt) begin(ctx context.Context, exe string, hidden []string, o order) (proven func() error, err error) {
	cmd := exec.Command(exe, HiddenVerb, a.dir)
	cmd.Env = append(environ(hidden), roleVar+"=supervisor", a.mark())
	proven, err = start(ctx, cmd, o)
	if err == nil {
		// Reap it when the attempt ends, if we are still there.
		go cmd.Wait()
	}
	return proven, err
}

// environ is ours without what marks an attempt: Belay itself may be run by a
// script of Belay's, and its attempts are its own. Hidden variables are left out.
func environ(hidden []string) []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(v, "BELAY_JOB") || name == "BELAY_OUT" || slices.Contains(hidden, name)
	})
}

// start runs cmd in a session of its own. proven hands it the order on stdin
// and waits until it closes its proof, or dies; which of the two it was is
// read from the disk. Unless ctx ends first, an error of it is an error of ours.
func start(ctx context.Context, cmd *exec.Cmd, o order) (proven func() error, err error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	proofR, proofW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close())
	}
	cmd.Stdin, cmd.ExtraFiles = inR, []*os.File{proofW}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	inR.Close()
	proofW.Close()
	if err != nil {
		return nil, errors.Join(err, inW.Close(), proofR.Close())
	}
	return func() error {
		defer proofR.Close()
		defer inW.Close()
		stop := context.AfterFunc(ctx, func() {
			inW.SetWriteDeadline(time.Now())
			proofR.SetReadDeadline(time.Now())
		})
		defer stop()
		if _, err := inW.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
			return errors.Join(ctx.Err(), err)
		}
		inW.Close()
		if _, err := io.Copy(io.Discard, proofR); err != nil {
			return errors.Join(ctx.Err(), err)
		}
		return nil
	}, nil
}

// Supervise is the hidden verb: it carries out the order on stdin in the folder
// of an attempt. The result is the process's exit code; what counts is on disk.
func Supervise(dir string) int {
	role := os.Getenv(roleVar)
	os.Unsetenv(roleVar)
	// Caught and thrown away, not ignored: an ignored signal stays ignored in
	// the shell that we start, and no trap could ever get it back (POSIX sh).
	signal.Notify(make(chan os.Signal, 1), syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	syscall.CloseOnExec(proofFD)
	proof := os.NewFile(proofFD, "proof")
	var o order
	// An order that was cut, because its sender died, is no JSON: nothing runs.
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil {
		return exitTorn
	}
	a := attempt{id: o.ID, dir: dir}
	if filepath.Base(dir) != o.ID {
		return exitTorn
	}
	if role == "inner" {
		return a.runInner(o, proof)
	}
	return a.runSupervisor(o, proof)
}

const (
	exitTorn  = 65 // of our processes, for a person who straces them
	exitNoRun = 71
)

// runSupervisor commits, prepares, starts the inner process and watches it.
func (a attempt) runSupervisor(o order, proof io.Closer) int {
	self, err := self()
	if err != nil {
		return exitNoRun
	}
	ours, err := a.commit(meta{Kind: kindRun, ID: a.id, Sum: o.sum(), Head: o.Head, Sup: self,
		Boot: bootID(), At: time.Now().UTC(), Tag: newTag()})
	if !ours {
		return 0
	}
	if err != nil || a.prepare(o) != nil {
		return a.norun()
	}
	exe, err := os.Executable()
	if err != nil {
		return a.norun()
	}
	cmd := exec.Command(exe, HiddenVerb, a.dir)
	cmd.Env = append(environ(nil), roleVar+"=inner", a.mark()) // ours has been cleaned
	o.Secrets = nil                                            // they are files now
	proven, err := start(context.Background(), cmd, o)
	if err != nil {
		return a.norun()
	}
	proven() // or died: both are seen below
	proof.Close()
	cmd.Wait()
	if !exists(a.path(pendingFile)) {
		return 0
	}
	return a.seenFromOutside(cmd)
}

// prepare lays out the folder of an attempt that is ours.
func (a attempt) prepare(o order) error {
	script := prefix + o.Script.Text
	if !strings.HasSuffix(script, "\n") {
		script += "\n"
	}
	err := writeSynced(a.path(scriptFile), []byte(script), 0o600)
	for _, name := range []string{pendingFile, outFile, valuesFile} {
		err = errors.Join(err, writeSynced(a.path(name), nil, 0o600))
	}
	if len(o.Secrets) > 0 {
		err = errors.Join(err, os.Mkdir(a.path(secretDir), 0o700))
	}
	for name, secret := range o.Secrets {
		err = errors.Join(err, os.WriteFile(filepath.Join(a.path(secretDir), name), secret, 0o600))
	}
	return errors.Join(err, syncDir(a.dir))
}

// seenFromOutside records for an inner process that was killed: what of its
// session still runs is waited for, then the code is marked as ours.
func (a attempt) seenFromOutside(cmd *exec.Cmd) int {
	tick := time.NewTicker(outsideEvery)
	defer tick.Stop()
	for sessionAlive(cmd.Process.Pid) {
		<-tick.C
	}
	if !exists(a.path(childFile)) {
		return a.norun()
	}
	a.record(codeOf(cmd.ProcessState), byOutside)
	return 0
}

// outsideEvery is how often a session is looked at that nobody can wait for:
// its processes are not our children.
const outsideEvery = 200 * time.Millisecond

// runInner proves the start, runs the script and records its code.
func (a attempt) runInner(o order, proof io.Closer) int {
	self, err := self()
	if err != nil {
		return a.norun()
	}
	text, _ := json.Marshal(self)
	next := a.path(".child")
	if writeSynced(next, text, 0o600) != nil || os.Rename(next, a.path(childFile)) != nil || syncDir(a.dir) != nil {
		return a.norun()
	}
	// A cancel writes its marker and then looks for child, we the other way
	// round: one of the two sees the other.
	if exists(a.path(cancelFile)) {
		proof.Close()
		a.record(128+int(syscall.SIGTERM), byInner)
		return 0
	}
	proof.Close()
	a.record(a.runScript(o.Script), byInner)
	return 0
}

// runScript runs the shell, and is 126 or 127 with a line in the output when
// the script cannot be run, as a shell would be.
func (a attempt) runScript(s job.Script) int {
	out, err := os.OpenFile(a.path(outFile), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 126
	}
	defer out.Close()
	cmd, notRun := shellCommand(s, a.path(scriptFile), nil)
	if notRun != nil {
		fmt.Fprintln(out, notRun.text)
		return notRun.code
	}
	secrets, _ := os.ReadDir(a.path(secretDir))
	for _, f := range secrets {
		cmd.Env = append(cmd.Env, f.Name()+"_FILE="+filepath.Join(a.path(secretDir), f.Name()))
	}
	cmd.Env = append(cmd.Env, a.tag(), "BELAY_OUT="+a.path(valuesFile))
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); cmd.ProcessState == nil {
		fmt.Fprintf(out, "belay: %v\n", err)
		return 127
	}
	return codeOf(cmd.ProcessState)
}

// codeOf is the code as a shell gives it: 128 + N for a death by signal N.
func codeOf(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}

// record puts the exit code on disk. Secrets go first: once an attempt reads
// as ended, none of them is left.
func (a attempt) record(code int, who string) {
	os.RemoveAll(a.path(secretDir))
	if out, err := os.Open(a.path(outFile)); err == nil {
		out.Sync()
		out.Close()
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for os.Rename(a.path(pendingFile), a.path(fmt.Sprintf("exit.%d.%s", code, who))) != nil {
		var s job.Status
		if done, _ := a.marker(&s); done || !exists(a.dir) {
			return
		}
		<-tick.C // a full or failing disk: the code is still ours to keep
	}
	syncDir(a.dir)
}

// norun records that the script was never started.
func (a attempt) norun() int {
	os.RemoveAll(a.path(secretDir))
	if os.Rename(a.path(pendingFile), a.path(norunFile)) != nil {
		os.WriteFile(a.path(norunFile), nil, 0o600)
	}
	syncDir(a.dir)
	return exitNoRun
}
