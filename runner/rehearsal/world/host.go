// One simulated machine.
package world

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"belay/runner/rehearsal/command"
	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/shell"
)

// Host is a machine that runs.
type Host struct {
	HostSpec
	Files  *files.FS
	Table  *process.Table
	System *shell.System
	world  *World
}

// Paths of a host that its scripts may rely on.
const (
	// Network is the folder that all hosts of a world share: what one writes
	// there, the others see. hosts/ID/down says that a host cannot be reached.
	Network = "/run/fleet"
	// FaultDir holds a file for every lasting fault of this host.
	FaultDir = "/etc/belay/faults"

	ready = "/var/lib/belay/ready" // setup is done
)

// defaultDisk is the table of a host whose setup wrote none: 94 GB, a third used.
const defaultDisk = "/ 98304000 32768000 /dev/sda1\n"

func (w *World) host(spec HostSpec) (*Host, error) {
	if spec.User == "" {
		spec.User = "ops"
	}
	dir := filepath.Join(w.Dir, "hosts", spec.ID)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	fsys, err := files.Open(dir)
	if err != nil {
		return nil, err
	}
	h := &Host{HostSpec: spec, Files: fsys, Table: process.NewTable(fsys), world: w}
	h.System = shell.NewSystem(command.All())
	h.System.Missing = h.missing
	t := h.Table
	t.Host, t.Address, t.User, t.Home, t.Boot, t.Born = spec.ID, spec.Address, spec.User, h.Home(), w.boot, started
	t.Exec = h.System.Exec
	if t.Speed = w.Spec.Speed; t.Speed <= 0 {
		t.Speed = 1
	}
	if err := h.mount(); err != nil {
		return nil, errors.Join(err, fsys.Close())
	}
	if err := h.furnish(); err != nil {
		return nil, errors.Join(err, fsys.Close())
	}
	return h, nil
}

// Home is the home folder of the host's user.
func (h *Host) Home() string {
	if h.User == "root" {
		return "/root"
	}
	return "/home/" + h.User
}

func (h *Host) missing(name string) string {
	fleet := h.world.Spec.Fleet
	if fleet == "" {
		fleet = Base
	}
	return fmt.Sprintf("%s: not found in the embedded fleet; add it as fleet/%s/bin/%s beside the runbook", name, fleet, name)
}

func (h *Host) mount() error {
	w := h.world
	return errors.Join(
		h.Files.Mount("/usr/bin", w.bin, true),
		h.Files.Mount("/fleet", w.commands, true),
		h.Files.Mount(Network, w.shared, false),
	)
}

// furnish makes what every Linux machine has. Files that are there stay.
func (h *Host) furnish() error {
	h.Files.SetProc(h.Table)
	defer h.Files.Watch()
	if _, err := h.Files.Stat("/etc/hostname", true); err == nil {
		return nil
	}
	for _, d := range []string{"/dev", "/proc", "/etc/belay/faults", "/tmp", "/root", "/opt", "/srv", "/var/log", "/var/tmp", "/var/lib/belay", "/usr/local/bin", h.Home()} {
		if err := h.Files.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	if err := errors.Join(h.Files.Symlink("usr/bin", "/bin"), h.Files.Symlink("usr/bin", "/sbin"), h.Files.Symlink("/run", "/var/run")); err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(h.world.Dir + "\x00" + h.ID))
	texts := map[string]string{
		"/etc/machine-id":                       hex.EncodeToString(sum[:16]) + "\n",
		"/etc/passwd":                           fmt.Sprintf("root:x:0:0:root:/root:/bin/sh\n%s:x:1000:1000::%s:/bin/sh\n", h.User, h.Home()),
		"/etc/os-release":                       "PRETTY_NAME=\"Belay embedded fleet\"\nID=belay-fleet\nVERSION_ID=1\n",
		"/etc/hosts":                            h.etcHosts(),
		files.DiskTable:                         defaultDisk,
		Network + "/hosts/" + h.ID + "/address": h.Address + "\n",
		"/etc/hostname":                         h.ID + "\n", // last: it says that the rest is there
	}
	if err := h.Files.MkdirAll(Network+"/hosts/"+h.ID, 0o755); err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(texts))
	names = append(slices.DeleteFunc(names, func(n string) bool { return n == "/etc/hostname" }), "/etc/hostname")
	for _, name := range names {
		if err := h.Files.WriteFile(name, []byte(texts[name]), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (h *Host) etcHosts() string {
	var b strings.Builder
	b.WriteString("127.0.0.1 localhost\n")
	for _, o := range h.world.Spec.Hosts {
		fmt.Fprintf(&b, "%s %s\n", o.Address, o.ID)
	}
	return b.String()
}

// Environ is what a login on the host starts with.
func (h *Host) Environ() []string {
	return []string{
		"HOME=" + h.Home(), "USER=" + h.User, "LOGNAME=" + h.User, "SHELL=/bin/sh", "LANG=C.UTF-8",
		"PATH=/usr/local/bin:/usr/bin:/bin",
	}
}

// worldEnviron is what the scripts of the fleet folder see in addition.
func (h *Host) worldEnviron() []string {
	env := append(h.Environ(), "BELAY_HOST="+h.ID, "BELAY_ADDRESS="+h.Address, "BELAY_FLEET="+h.world.Spec.Fleet,
		fmt.Sprintf("BELAY_SPEED=%g", h.Table.Speed))
	var list []string
	for _, o := range h.world.Spec.Hosts {
		list = append(list, o.ID+" "+o.Address)
	}
	env = append(env, "FLEET_HOSTS="+strings.Join(list, "\n"))
	for _, name := range slices.Sorted(maps.Keys(h.Vars)) {
		env = append(env, name+"="+h.Vars[name])
	}
	return env
}

// Command runs args on the host as a login would, and collects its output.
func (h *Host) Command(env []string, stdin io.Reader, args ...string) (out []byte, status int) {
	capture, d := process.NewCapture()
	in := process.NewDescriptor(process.ReaderStream(stdin))
	p := h.Table.Start(args, env, h.Home(), in, d, d.Dup())
	status = p.Run(func() int { return h.Table.Exec(p, args, env) })
	<-capture.Done()
	return capture.Bytes(), status
}

// setup runs the setup scripts once in the life of a host.
func (h *Host) setup() error {
	if _, err := h.Files.Stat(ready, true); err == nil {
		return nil
	}
	for _, fleet := range h.world.fleets() {
		script := path.Join("/fleet", fleet, "setup")
		if _, err := h.Files.Stat(script, true); err != nil {
			continue
		}
		if out, status := h.Command(h.worldEnviron(), strings.NewReader(""), "sh", script); status != 0 {
			return fmt.Errorf("host %s: fleet/%s/setup: exit %d: %.400s", h.ID, fleet, status, bytes.TrimSpace(out))
		}
	}
	return h.Files.WriteFile(ready, nil, 0o644)
}

// daemons starts what keeps running on the host. Its words go to a log.
func (h *Host) daemons() {
	for _, fleet := range h.world.fleets() {
		script := path.Join("/fleet", fleet, "daemon")
		if _, err := h.Files.Stat(script, true); err != nil {
			continue
		}
		h.spawn("/var/log/fleet-"+fleet+".log", "sh", script)
	}
}

// spawn starts args in a session of its own, with its words in a log.
func (h *Host) spawn(log string, args ...string) {
	env := h.worldEnviron()
	in := process.NewDescriptor(process.ReaderStream(strings.NewReader("")))
	f, err := h.Files.Open(log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return
	}
	out := process.NewDescriptor(process.FileStream(f))
	p := h.Table.Start(args, env, h.Home(), in, out, out.Dup())
	p.Attend()
	h.Table.Go(p, func() int { return h.Table.Exec(p, args, env) })
}

// portScript is the script that answers for a port, or "".
func (h *Host) portScript(port string) string {
	fleets := h.world.fleets()
	slices.Reverse(fleets)
	for _, fleet := range fleets {
		script := path.Join("/fleet", fleet, "ports", port)
		if _, err := h.Files.Stat(script, true); err == nil {
			return script
		}
	}
	return ""
}

// HasPort says whether anything answers on a port of the host.
func (h *Host) HasPort(port string) bool { return h.portScript(port) != "" }

// Port answers a request to a port of the host by the script ports/PORT of its
// fleet. The status is the script's: 0 found, 4 no such page.
func (h *Host) Port(port, method, target string, body io.Reader) (answer []byte, status int, found bool) {
	script := h.portScript(port)
	if script == "" {
		return nil, 0, false
	}
	answer, status = h.Command(h.worldEnviron(), body, "sh", script, method, target)
	return answer, status, true
}

// Down says whether the host cannot be reached at the moment.
func (h *Host) Down() bool {
	_, err := h.Files.Stat(Network+"/hosts/"+h.ID+"/down", true)
	return err == nil
}

// SetDown takes the host from the network or gives it back.
func (h *Host) SetDown(down bool) error {
	name := Network + "/hosts/" + h.ID + "/down"
	if down {
		return h.Files.WriteFile(name, nil, 0o644)
	}
	return h.Files.RemoveAll(name)
}

// SetFault writes a lasting fault of the host. A script, or a person, clears
// it by removing the file.
func (h *Host) SetFault(name, text string) error {
	return h.Files.WriteFile(path.Join(FaultDir, name), []byte(text), 0o644)
}

// Later does something in d of the clock's time, unless the host goes down first.
func (h *Host) Later(d time.Duration, do func()) {
	args := []string{"[fault]"}
	p := h.Table.Start(args, nil, "/")
	h.Table.Go(p, func() int {
		p.Pause(d)
		do()
		return 0
	})
}

// Kill ends all that runs on the host; nothing starts on it any more.
func (h *Host) Kill() { h.Table.Close() }

func (h *Host) close() {
	h.Kill()
	_ = h.Files.Close()
}
