package rehearsal

import (
	"errors"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"belay/runner/job"
)

func TestParseFault(t *testing.T) {
	for _, spec := range []string{"refuse:w80", "refuse:w80@ROLL-03", "refuse:w80@ROLL-03~30s", "drop:S", "drop:S@w80", "hang:S",
		"exit:7:S@w80", "disk-full:w80", "crash-loop:w80", "log-flood:w80=5000", "stray-worker:w80", "clock:w80=45s", "clock:w80=-1m30s"} {
		f, err := ParseFault(spec)
		if err != nil || f.String() != spec {
			t.Errorf("%s: got %s, %v", spec, f, err)
		}
	}
	for _, spec := range []string{"", "nonsense", "refuse:", "refuse:@S", "exit:S", "exit:0:S", "exit:256:S", "exit:x:S", "drop:", "hang:@w80", "log-flood:w80=x", "refuse:w80~x", "clock:w80", "clock:w80=x", "clock:=3s", "boom:w80"} {
		if f, err := ParseFault(spec); err == nil {
			t.Errorf("%s: taken as %+v", spec, f)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is no single line: %v", spec, err)
		}
	}
	written := strings.NewReplacer("HOST", "w80", "STEP", "S", "DURATION", "30s", ":N:", ":7:", "RATE", "9", "[", "", "]", "")
	for _, f := range FaultForms() {
		kind, _, _ := strings.Cut(f[0], ":")
		if got, err := ParseFault(written.Replace(f[0])); err != nil || got.Kind != kind || f[1] == "" {
			t.Errorf("%s is listed, and parses as %+v, %v", f[0], got, err)
		}
	}
	spec := testSpec(t)
	spec.Faults = []Fault{{Kind: "disk-full", Host: "nobody"}}
	if _, err := Start(t.Context(), "/nonexistent", spec); err == nil || !strings.Contains(err.Error(), "no host nobody") {
		t.Errorf("a fault of an unknown host: %v", err)
	}
}

func TestFaultExitOnce(t *testing.T) {
	c := connect(t, start(t, testSpec(t, "exit:9:S1@w80")), "w80")
	for id, want := range map[string]int{"a1": 9} {
		call(t, c, launch(id, "S1", "echo ran"))
		if out, s := follow(t, c, id); s.Exit != want || strings.Contains(out, "ran") {
			t.Errorf("first attempt: %q %+v", out, s)
		}
	}
	call(t, c, launch("a2", "S1", "echo ran"))
	if out, s := follow(t, c, "a2"); s.Exit != 0 || out != "ran\n" {
		t.Errorf("second attempt: %q %+v", out, s)
	}
}

func TestFaultHang(t *testing.T) {
	c := connect(t, start(t, testSpec(t, "hang:S1")), "w80")
	call(t, c, launch("a1", "S1", "echo ran"))
	out, _, _ := call(t, c, job.Call{Verb: job.Look, ID: "a1"})
	if s := status(t, out); s.State != job.Running {
		t.Fatalf("it does not hang: %+v", s)
	}
	out, _, _ = call(t, c, job.Call{Verb: job.Cancel, ID: "a1", Grace: time.Second})
	if s := status(t, out); s.State != job.Exited || s.Exit != 143 {
		t.Errorf("cancel: %+v", s)
	}
}

func TestFaultDrop(t *testing.T) {
	f := start(t, testSpec(t, "drop:S1@w80"))
	c := connect(t, f, "w80")
	call(t, c, launch("a1", "S1", "sleep 60; echo over"))
	_ = c.Wait() // the connection is cut
	c = connect(t, f, "w80")
	if out, s := follow(t, c, "a1"); out != "over\n" || s.Exit != 0 {
		t.Errorf("the attempt did not go on: %q %+v", out, s)
	}
}

func TestFaultRefuse(t *testing.T) {
	f := start(t, testSpec(t, "refuse:w80", "refuse:w81@S1~100ms"))
	if _, err := f.Dial(t.Context(), "w80"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial: %v", err)
	}
	other := connect(t, f, "head")
	sh(t, other, "", "rm /run/fleet/hosts/w80/down")
	connect(t, f, "w80")
	c := connect(t, f, "w81")
	call(t, c, launch("a1", "S1", "sleep 20; echo done"))
	_ = c.Wait() // cut when the step has ended
	for deadline := time.Now().Add(time.Minute); ; {
		conn, err := f.Dial(t.Context(), "w81")
		if err == nil {
			conn.Close()
			break
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Now().After(deadline) {
			t.Fatalf("it does not come back: %v", err)
		}
	}
}

func TestFaultsThatLast(t *testing.T) {
	f := start(t, testSpec(t, "disk-full:w80", "log-flood:w81=20000", "crash-loop:w82", "stray-worker:w82"))
	c := connect(t, f, "w80")
	out, errs, code := sh(t, c, "", "df -P / | awk 'NR==2 {print $5}'; echo x >/tmp/f; cp /etc/hostname /tmp/g; cat </etc/hostname >/tmp/h")
	if !strings.HasPrefix(out, "100%\n") || code == 0 || !strings.Contains(errs, "No space left on device") {
		t.Errorf("full disk: %q %q %d", out, errs, code)
	}
	if _, _, code := call(t, c, launch("a1", "S", "echo")); code != job.RefusedSpace {
		t.Errorf("launch on a full disk: %d", code)
	}
	sh(t, c, "", "rm /etc/belay/faults/disk-full")
	if _, errs, code := sh(t, c, "", "echo x >/tmp/f"); code != 0 {
		t.Errorf("cleared: %q", errs)
	}
	if out, _, _ := sh(t, connect(t, f, "w82"), "", "ls /etc/belay/faults"); out != "crash-loop\nstray-worker\n" {
		t.Errorf("faults of w82: %q", out)
	}
	flood := connect(t, f, "w81")
	if out, _, code := sh(t, flood, "", "timeout 60 tail -F -n 0 logs/app.log | head -n 5000 | wc -l"); code != 0 || out != "5000\n" {
		t.Errorf("flood: %q %d", out, code)
	}
}

func TestFaultClock(t *testing.T) {
	c := connect(t, start(t, testSpec(t, "clock:w80=1h")), "w80")
	ahead := func() time.Duration {
		out, _, _ := sh(t, c, "", "date +%s")
		n, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
		if err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		return time.Until(time.Unix(n, 0))
	}
	if d := ahead(); d < 55*time.Minute || d > time.Hour+time.Second {
		t.Errorf("its clock is ahead by %v", d)
	}
	if out, _, code := sh(t, c, "", "rm /etc/belay/faults/clock"); code != 0 {
		t.Fatal(out)
	}
	if d := ahead(); d < -5*time.Minute || d > time.Second {
		t.Errorf("set, its clock is ahead by %v", d)
	}
}
