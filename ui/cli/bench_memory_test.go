//go:build linux

package cli

// The rule of this file: what is held in memory is measured in runs of their own,
// since looking at it takes time. Of one process it is its resident set
// (proc_pid_status(5)), of many their proportional share (proc_pid_smaps(5)).

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkMemory reports what the console holds after a minute of a flood and
// after BELAY_MINUTES of it.
func BenchmarkMemory(b *testing.B) {
	minutes, err := strconv.Atoi(os.Getenv("BELAY_MINUTES"))
	if err != nil || minutes < 2 {
		b.Skip("BELAY_MINUTES=10 says how long")
	}
	f := newCrowd(b, 4)
	f.watch(b)
	defer f.floods(b, 10_000)()
	x := f.belayScreen(b)
	defer x.close()
	go io.Copy(io.Discard, x.near)
	for b.Loop() {
		time.Sleep(time.Minute)
		b.ReportMetric(memoryOf(b, x.pids), "first-MB")
		time.Sleep(time.Duration(minutes-1) * time.Minute)
		b.ReportMetric(memoryOf(b, x.pids), "last-MB")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStalled reports what the console holds while 32 servers print logs as
// fast as they can and nobody reads its terminal for 10 s, and how soon it paints
// a key once somebody does.
func BenchmarkStalled(b *testing.B) {
	f := newCrowd(b, 32)
	f.watch(b)
	book, err := os.ReadFile(filepath.Join(f.dir, "runbook.toml"))
	if err != nil {
		b.Fatal(err)
	}
	f.write("runbook.toml", strings.Replace(string(book), `tail -n 0 -F "$HOME/app.log"`, `exec yes "$(printf %0100d 0)"`, 1))
	for b.Loop() {
		x := f.belayScreen(b)
		most := 0.0
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			most = max(most, memoryOf(b, x.pids))
		}
		begun := time.Now()
		if _, err := x.near.Write([]byte("?")); err != nil {
			b.Fatal(err)
		}
		await(b, x.near, "KEYS")
		b.ReportMetric(float64(time.Since(begun).Milliseconds()), "awake-ms")
		b.ReportMetric(most, "stalled-MB")
		x.close()
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkPeak reports the most that looking at 128 hosts holds at once, with
// all processes that it starts here: ours, and pdsh's.
func BenchmarkPeak(b *testing.B) {
	f := newCrowd(b, 128)
	for b.Loop() {
		cmd, out := f.process("check", "--connect")
		b.ReportMetric(peak(b, cmd, out), "check-MB")
		cmd, out = exec.Command("pdsh", "-f", fmt.Sprint(len(f.names)), "-w", "^"+filepath.Join(f.dir, "names"), "uname -a"), &bytes.Buffer{}
		cmd.Env = append(append(os.Environ(), "HOME="+f.dir), f.pdsh("")...)
		cmd.Stdout, cmd.Stderr = out, out
		if err := cmd.Start(); err != nil {
			b.Logf("pdsh is left out: %v", err)
			continue
		}
		b.ReportMetric(peak(b, cmd, out), "pdsh-MB")
	}
	b.ReportMetric(0, "ns/op")
}

// peak is the most, in MB, that a program that was started and all below it hold
// until it ends.
func peak(b *testing.B, cmd *exec.Cmd, out *bytes.Buffer) (most float64) {
	b.Helper()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for looks := 0; ; looks++ {
		select {
		case err := <-ended:
			if err != nil || looks < 10 {
				b.Fatalf("%s was looked at %d times: %v: %.300s", cmd.Path, looks, err, out)
			}
			return most
		case <-time.After(10 * time.Millisecond):
			most = max(most, shareOf(cmd.Process.Pid))
		}
	}
}

// shareOf is the proportional share of a process and of all below it, in MB.
func shareOf(pid int) float64 {
	kib, below := 0, []int{pid}
	for len(below) > 0 {
		one := below[0]
		below = below[1:]
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", one)) // it may have ended
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				n, _ := strconv.Atoi(strings.Fields(rest)[0])
				kib += n
			}
		}
		threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", one))
		for _, t := range threads {
			list, _ := os.ReadFile(t)
			for _, word := range strings.Fields(string(list)) {
				if n, err := strconv.Atoi(word); err == nil && !slices.Contains(below, n) {
					below = append(below, n)
				}
			}
		}
	}
	return float64(kib) / 1024
}

// memoryOf is what some processes hold in memory, in MB.
func memoryOf(b *testing.B, pids []int) float64 {
	b.Helper()
	kib := 0
	for _, pid := range pids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
				kib += number(b, strings.Fields(rest)[0])
			}
		}
	}
	return float64(kib) / 1000
}
