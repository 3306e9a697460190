// Command fleetsh runs a script on a simulated host, for those who write
// commands of a fleet:
//
//	go run ./runner/rehearsal/fleetsh [-fleet ray] [-host head] [-hosts head,w80,w81] FILE [ARG]...
//	go run ./runner/rehearsal/fleetsh -c 'docker ps' -host head
//
// The world is made anew in a temporary folder, or kept in -dir. Every host of
// -hosts is set up; addresses count up from 10.0.84.80. -var NAME=VALUE (may be
// repeated) is given to all hosts. Fleets are looked for in -fleets first, by
// default in runner/rehearsal/fleet of the working copy, so that no build is
// needed between two tries.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"belay/runner/rehearsal"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/world"
)

func main() {
	status, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fleetsh:", err)
		status = 125
	}
	os.Exit(status)
}

type variables map[string]string

func (v variables) String() string { return "" }
func (v variables) Set(pair string) error {
	name, value, ok := strings.Cut(pair, "=")
	if !ok {
		return fmt.Errorf("want NAME=VALUE")
	}
	v[name] = value
	return nil
}

// command is what the host is to run: a text, or a file with its words.
func command(shell, text string) ([]string, error) {
	if text != "" {
		return append([]string{shell, "-c", text, shell}, flag.Args()...), nil
	}
	if flag.NArg() == 0 {
		return nil, fmt.Errorf("a FILE or -c is needed")
	}
	data, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		return nil, err
	}
	return append([]string{shell, "-c", string(data)}, flag.Args()...), nil
}

func run() (int, error) {
	vars := variables{}
	fleet := flag.String("fleet", "ray", "name of the fleet, empty for base alone")
	host := flag.String("host", "head", "the host to run on")
	hosts := flag.String("hosts", "head,w80,w81,w82,local", "ids of all hosts")
	user := flag.String("user", "wizardsofts", "user on all hosts")
	dir := flag.String("dir", "", "keep the world in this folder")
	folders := flag.String("fleets", "runner/rehearsal/fleet", "folder of fleets, searched before the embedded ones")
	text := flag.String("c", "", "text of a script, instead of FILE")
	shell := flag.String("shell", "sh", "sh or bash")
	speed := flag.Float64("speed", 60, "how much faster delays pass")
	faults := flag.String("faults", "", "lasting faults of the host, by comma: crash-loop,log-flood=3000")
	flag.Var(vars, "var", "NAME=VALUE for all hosts")
	flag.Parse()

	args, err := command(*shell, *text)
	if err != nil {
		return 2, err
	}
	if *dir == "" {
		temp, err := os.MkdirTemp("", "fleetsh-")
		if err != nil {
			return 2, err
		}
		defer os.RemoveAll(temp)
		*dir = temp
	}
	spec := world.Spec{Fleet: *fleet, Speed: *speed}
	for i, id := range strings.Split(*hosts, ",") {
		spec.Hosts = append(spec.Hosts, world.HostSpec{ID: id, Address: fmt.Sprintf("10.0.84.%d", 80+i), User: *user, Vars: vars})
	}
	if err := world.Supply(*dir, *fleet, rehearsal.Sources([]string{*folders})); err != nil {
		return 2, err
	}
	w, err := world.Open(*dir, spec, "fleetsh")
	if err != nil {
		return 2, err
	}
	defer w.Close()
	h := w.Host(*host)
	if h == nil {
		return 2, fmt.Errorf("no host %s", *host)
	}
	for fault := range strings.FieldsFuncSeq(*faults, func(r rune) bool { return r == ',' }) {
		name, value, _ := strings.Cut(fault, "=")
		if err := h.SetFault(name, value); err != nil {
			return 2, err
		}
	}
	if err := w.Start(); err != nil {
		return 2, err
	}
	return login(h, args), nil
}

// login runs args on h with our own streams; an interrupt kills it.
func login(h *world.Host, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	in, feed := process.Pipe()
	go func() {
		_, _ = io.Copy(writer{feed, ctx.Done()}, os.Stdin)
		_ = feed.Close()
	}()
	out := process.NewDescriptor(process.WriterStream(os.Stdout))
	errs := process.NewDescriptor(process.WriterStream(os.Stderr))
	p := h.Table.Start(args, h.Environ(), h.Home(), in, out, errs)
	defer context.AfterFunc(ctx, func() { p.Signal(process.KILL) })()
	return p.Run(func() int { return h.Table.Exec(p, args, h.Environ()) })
}

type writer struct {
	d    *process.Descriptor
	done <-chan struct{}
}

func (w writer) Write(b []byte) (int, error) { return w.d.Write(w.done, b) }
