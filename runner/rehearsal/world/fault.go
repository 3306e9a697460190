// Faults: what goes wrong on purpose. The rule of this file: a fault that a
// retry should get over fires once, and that is on disk before it fires; a
// lasting one stays until somebody clears it on the host.
package world

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Fault is one --fault of rehearse.
type Fault struct {
	Kind string        // refuse, drop, hang, exit, disk-full, crash-loop, log-flood, stray-worker, clock
	Host string        // "" is any, where a step is named
	Step string        // "" is from the start
	Exit int           // of exit
	For  time.Duration // of refuse: how long, 0 is until it is cleared; of clock: how far ahead
}

// FaultForms are the faults there are, one a line: how it is written, and what
// it does. A lasting one ends when its file on the host is removed.
var FaultForms = [][2]string{
	{"refuse:HOST[@STEP][~DURATION]", "connections are refused: from the start, or once STEP has ended on HOST; for DURATION (30s), else for good"},
	{"drop:STEP[@HOST]", "the connection is cut during the first attempt; the attempt goes on"},
	{"hang:STEP[@HOST]", "the first attempt never ends"},
	{"exit:N:STEP[@HOST]", "the first attempt runs nothing and ends with exit code N"},
	{"disk-full:HOST", "writes fail, until /etc/belay/faults/disk-full is removed there"},
	{"crash-loop:HOST", "workers crash after their start, until /etc/belay/faults/crash-loop is removed there"},
	{"log-flood:HOST[=RATE]", "logs flow at RATE lines a second (3000), until /etc/belay/faults/log-flood is removed there"},
	{"clock:HOST=DURATION", "its clock is ahead by DURATION, or with a minus behind, until /etc/belay/faults/clock is removed there"},
	{"stray-worker:HOST", "a forgotten worker of the old version runs, until it is removed"},
}

// ParseFault reads one fault; see FaultForms.
func ParseFault(spec string) (Fault, error) {
	f, err := parseFault(spec)
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", spec, err)
	}
	return f, nil
}

func parseFault(spec string) (f Fault, err error) {
	kind, rest, ok := strings.Cut(spec, ":")
	if !ok || rest == "" {
		return f, errors.New("want KIND:WHAT")
	}
	f.Kind = kind
	switch kind {
	case "refuse":
		rest, span, timed := strings.Cut(rest, "~")
		if timed {
			if f.For, err = time.ParseDuration(span); err != nil || f.For <= 0 {
				return f, fmt.Errorf("bad duration %q", span)
			}
		}
		f.Host, f.Step, _ = strings.Cut(rest, "@")
	case "exit":
		code, step, ok := strings.Cut(rest, ":")
		if f.Exit, err = strconv.Atoi(code); !ok || err != nil || f.Exit < 1 || f.Exit > 255 {
			return f, errors.New("want exit:N:STEP with N from 1 to 255")
		}
		f.Step, f.Host, _ = strings.Cut(step, "@")
	case "drop", "hang":
		f.Step, f.Host, _ = strings.Cut(rest, "@")
	case "log-flood":
		host, rate, given := strings.Cut(rest, "=")
		if f.Exit = 3000; given {
			if f.Exit, err = strconv.Atoi(rate); err != nil || f.Exit < 1 {
				return f, fmt.Errorf("bad rate %q", rate)
			}
		}
		f.Host = host
	case "clock":
		host, span, _ := strings.Cut(rest, "=")
		if f.For, err = time.ParseDuration(span); err != nil || f.For == 0 {
			return f, fmt.Errorf("bad duration %q", span)
		}
		f.Host = host
	case "disk-full", "crash-loop", "stray-worker":
		f.Host = rest
	default:
		return f, fmt.Errorf("unknown kind %q", kind)
	}
	if needsStep := kind == "exit" || kind == "drop" || kind == "hang"; needsStep && f.Step == "" {
		return f, errors.New("no step")
	} else if !needsStep && f.Host == "" {
		return f, errors.New("no host")
	}
	return f, nil
}

// String is the fault as it was written.
func (f Fault) String() string {
	at := ""
	switch {
	case f.Kind == "refuse":
		if f.Step != "" {
			at = "@" + f.Step
		}
		if f.For > 0 {
			at += "~" + f.For.String()
		}
		return "refuse:" + f.Host + at
	case f.Kind == "clock":
		return "clock:" + f.Host + "=" + f.For.String()
	case f.Kind == "log-flood":
		return fmt.Sprintf("log-flood:%s=%d", f.Host, f.Exit)
	case f.Step == "":
		return f.Kind + ":" + f.Host
	}
	if f.Host != "" {
		at = "@" + f.Host
	}
	if f.Kind == "exit" {
		return fmt.Sprintf("exit:%d:%s%s", f.Exit, f.Step, at)
	}
	return f.Kind + ":" + f.Step + at
}

// Fires says whether the fault has not fired yet, and records that it does now.
func (w *World) Fires(f Fault) bool {
	dir := filepath.Join(w.Dir, "fired")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return false
	}
	name := strings.NewReplacer("/", "_", ":", "_").Replace(f.String())
	h, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return false
	}
	return h.Close() == nil
}

// Afflict writes the lasting faults to their hosts. Those that setup must see
// are written before it, a full disk after.
func (w *World) Afflict(faults []Fault, beforeSetup bool) error {
	for _, f := range faults {
		h := w.Host(f.Host)
		if h == nil {
			if f.Host != "" {
				return fmt.Errorf("fault %s: there is no host %s", f, f.Host)
			}
			continue
		}
		early := f.Kind != "disk-full"
		lasting := f.Kind == "disk-full" || f.Kind == "crash-loop" || f.Kind == "log-flood" || f.Kind == "stray-worker" || f.Kind == "clock"
		if !lasting && !(f.Kind == "refuse" && f.Step == "") || early != beforeSetup || !w.Fires(f) {
			continue
		}
		err := error(nil)
		if lasting {
			text := fmt.Sprintln(f.Exit)
			if f.Kind == "clock" {
				text = f.For.String() + "\n"
			}
			err = h.SetFault(f.Kind, text)
		} else {
			err = h.SetDown(true)
		}
		if err != nil {
			return fmt.Errorf("fault %s: %w", f, err)
		}
	}
	return nil
}
