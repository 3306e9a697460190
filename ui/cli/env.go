// Package cli is the face of Belay without a screen: its verbs, and the one
// place where its rooms are wired together. It prints and exits; what is
// allowed and what is true it asks of package steps.
package cli

// The rule of this file: everything that the program takes from the process it
// runs in is one value, so that a test can be that process.

import (
	"context"
	"errors"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/term"

	"belay/runner/journal"
)

// Env is the process that the program runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Args           []string // without the program's own name
	Called         string   // that name, as it was typed
	Getenv         func(string) string
	Now            func() time.Time
	Cwd            string                                // what relative names are relative to
	Self           string                                // our own binary, which the embedded fleet and local jobs run again
	User           string                                // who is logged in, unless --as says otherwise
	IsTerminal     func(stream any) bool                 // of one of the three streams
	ReadSecret     func(context.Context) ([]byte, error) // a line from the terminal, without echo
	Hostname       func() (string, error)                // of this machine
	ReadFile       func(string) ([]byte, error)
	Disk           journal.Disk // of the journals that it writes
}

// Host is the real process.
func Host() Env {
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "."
	}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Args: os.Args[1:], Called: os.Args[0],
		Getenv: os.Getenv, Now: time.Now, Cwd: cwd, Self: self, User: login(),
		IsTerminal: isTerminal, ReadSecret: readSecret,
		Hostname: os.Hostname, ReadFile: os.ReadFile, Disk: journal.OS(),
	}
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// readSecret reads a line that is not shown. Whoever gives up gets the terminal
// back as it was; the line that is still being read is nobody's.
func readSecret(ctx context.Context) ([]byte, error) {
	fd := int(os.Stdin.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	type line struct {
		b   []byte
		err error
	}
	read := make(chan line, 1)
	go func() {
		b, err := term.ReadPassword(fd)
		read <- line{b, err}
	}()
	select {
	case l := <-read:
		return l.b, l.err
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), term.Restore(fd, before))
	}
}

// login is who sits here. A shared account is common on a bastion, so the name
// that was used to get in wins over the one that sudo left.
func login() string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if v := os.Getenv(name); v != "" && v != "root" {
			return v
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "operator"
}

// abs makes a name absolute, as the process that we run in would.
func (e Env) abs(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(e.Cwd, name)
}

// again writes a command of ours as the one who called us would type it.
func (e Env) again(command string) string {
	rest, ours := strings.CutPrefix(command, "belay ")
	if !ours || e.Called == "" {
		return command
	}
	return e.Called + " " + rest
}

// short is a name as a shell takes it, with ~ for the home directory, so that it
// fits on a line.
func (e Env) short(name string) string {
	home := e.Getenv("HOME")
	if rest, ok := strings.CutPrefix(name, home+"/"); ok && len(home) > 1 {
		return "~/" + rest
	}
	return name
}

// xdg is a base directory of the XDG specification; a relative value counts as
// unset there, and so it does here.
func (e Env) xdg(variable, under string) string {
	if dir := e.Getenv(variable); filepath.IsAbs(dir) {
		return filepath.Join(dir, "belay")
	}
	return filepath.Join(e.Getenv("HOME"), under, "belay")
}

// stateDir is where run directories live.
func (e Env) stateDir(flag string) string {
	if flag != "" {
		return e.abs(flag)
	}
	if dir := e.Getenv("BELAY_STATE"); dir != "" {
		return e.abs(dir)
	}
	return e.xdg("XDG_STATE_HOME", ".local/state")
}

func (e Env) configDir() string { return e.xdg("XDG_CONFIG_HOME", ".config") }

// version is set by the linker: -X belay/ui/cli.version=v1.2.3.
var version string

// Version is what this binary was built from.
func Version() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}

func platform() string { return runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH }
