package probe

// The samples named ray-* and docker-* are real: Ray 2.40.0 and 2.53.0 with a
// head and one worker, and Docker 20.10, shortened and with other addresses.
// Those named df-* are of GNU coreutils 9.1 and busybox 1.35. What Prometheus
// answers is written after its documentation.

import (
	"bytes"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// short is a Value in one word or two: text, and the number if there is one. "?" stands
// for Unknown.
func short(v Value) string {
	if !v.Known {
		if v.Raw == "" {
			return "? without a reason"
		}
		return "?"
	}
	if v.Number == nil {
		return v.Text
	}
	return v.Text + " =" + strconv.FormatFloat(*v.Number, 'f', -1, 64) + v.Unit
}

func TestReaders(t *testing.T) {
	const head, w81 = "10.0.0.84", "10.0.0.81"
	for _, tt := range []struct {
		reader, field, path, file, want string
	}{
		{"ray", "version", "", "ray-2.40.0-version.json", "2.40.0"},
		{"ray", "version", "", "ray-2.53.0-version.json", "2.53.0"},
		{"ray", "workers", "", "ray-2.40.0-nodes-job.json", "1 =1"},
		{"ray", "workers", "", "ray-2.53.0-nodes-job.json", "1 =1"},
		{"ray", "workers", w81, "ray-2.53.0-nodes-job.json", "1 =1"},
		{"ray", "workers", head, "ray-2.53.0-nodes-job.json", "0 =0"},
		{"ray", "nodes", "", "ray-2.53.0-nodes-job.json", "2 =2"},
		{"ray", "nodes", head, "ray-2.53.0-nodes-job.json", "1 =1"},
		{"ray", "nodes_lost", "", "ray-2.53.0-nodes-job.json", "0 =0"},
		{"ray", "workers", "", "ray-2.40.0-nodes-dead.json", "0 =0"},
		{"ray", "workers", w81, "ray-2.53.0-nodes-dead.json", "0 =0"},
		{"ray", "nodes_lost", "", "ray-2.53.0-nodes-dead.json", "1 =1"},
		{"ray", "jobs", "", "ray-2.40.0-jobs-none.json", "0 =0"},
		{"ray", "jobs", "", "ray-2.53.0-jobs-running.json", "1 (belay-sample) =1"},
		{"ray", "jobs", "", "ray-2.53.0-jobs-stopped.json", "0 =0"},
		{"ray", "cpus", "", "ray-2.40.0-status.json", "4 =4"},
		{"ray", "cpus", "", "ray-2.53.0-status.json", "4 =4"},
		{"ray", "cpus", "", "ray-2.40.0-status-early.json", "?"},
		{"ray", "cpus", "", "ray-2.40.0-status.txt", "4 =4"}, // a script's text
		{"ray", "cpus", "", "ray-2.53.0-status.txt", "4 =4"},
		{"ray", "cpus_used", "", "ray-2.53.0-status.json", "0 =0"},
		{"ray", "active", "", "ray-2.40.0-status.json", "2 =2"},
		{"ray", "active", "", "ray-2.53.0-status.txt", "2 =2"},
		{"ray", "pending", "", "ray-2.53.0-status.txt", "0 =0"},
		{"ray", "failures", "", "ray-2.40.0-status.txt", "0 =0"},
		{"ray", "failures", "", "ray-2.40.0-status-early.json", "?"},
		{"ray", "active", "", "ray-2.53.0-nodes-job.json", "?"},
		{"ray", "workers", "", "ray-2.53.0-status.txt", "?"}, // it does not say which is the head
		{"ray", "jobs", "", "ray-2.53.0-version.json", "?"},
		{"ray", "workers", "", "ray-2.53.0-version.json", "?"},
		{"ray", "version", "", "ray-2.53.0-jobs-none.json", "?"},
		{"docker", "", "", "docker-ps.txt", "2 (paused paused, ray-worker-1 restarting, ray-worker-2 exited, ray-worker-3 created) =2"},
		{"docker", "running", "ray-head", "docker-ps.txt", "1 =1"},
		{"docker", "running", "nobody", "docker-ps.txt", "0 =0"},
		{"docker", "count", "ray-worker-*", "docker-ps.txt", "4 =4"},
		{"docker", "restarts", "ray-worker-*", "docker-ps.txt", "6 =6"},
		{"docker", "status", "ray-worker-4", "docker-ps.txt", "Up 6 seconds (unhealthy)"},
		{"docker", "state", "ray-worker-1", "docker-ps.txt", "restarting"},
		{"docker", "image", "ray-worker-1", "docker-ps.txt", "ray:2.40.0"},
		{"docker", "state", "ray-worker-*", "docker-ps.txt", "?"},
		{"docker", "running", "ray-head ray-worker-4", "docker-ps.txt", "2 =2"},
		{"docker", "missing", "ray-head ray-worker-4", "docker-ps.txt", "0 =0"},
		{"docker", "missing", "ray-head ray-worker-2 ray-worker-9", "docker-ps.txt", "2 (ray-worker-2 exited, ray-worker-9) =2"},
		{"docker", "restarts", "ray-head", "docker-ps.txt", "0 =0"},
		{"docker", "", "", "df-gnu.txt", "?"},
		{"df", "", "/", "df-gnu.txt", "78.5 GiB =84259717120B"},
		{"df", "percent", "/", "df-busybox.txt", "14% =14%"},
		{"df", "", "/", "docker-ps.txt", "?"},
		{"df", "", "/:/x", "df-gnu.txt", "?"}, // two were asked for, one answered
		{"json", "", ".ray_version", "ray-2.53.0-version.json", "2.53.0"},
		{"json", "", "[.data.summary[]|select(.raylet.state==\"DEAD\")]|length", "ray-2.53.0-nodes-dead.json", "1 =1"},
		{"json", "", ".nothing", "ray-2.53.0-version.json", "?"},
		{"json", "", ".data.summary[].ip", "ray-2.53.0-nodes-dead.json", "?"},
		{"json", "", "def f: f; f", "ray-2.53.0-version.json", "?"},
		{"json", "", ".", "docker-ps.txt", "?"},
		{"regex", "", `([\d.]+)/[\d.]+ CPU`, "ray-2.53.0-status.txt", "0.0"},
		{"regex", "", `Autoscaler`, "ray-2.53.0-status.txt", "Autoscaler"},
		{"regex", "", `no such thing`, "ray-2.53.0-status.txt", "?"},
		{"regex", "", `Autoscaler|(x)`, "ray-2.53.0-status.txt", "?"},
	} {
		r, err := For(tt.reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Ask(tt.field, tt.path); err != nil {
			t.Errorf("%s.%s: %v", tt.reader, tt.field, err)
		}
		got := short(r.Read(Answer{Body: file(t, tt.file)}, tt.field, tt.path))
		if got != tt.want {
			t.Errorf("%s.%s %q of %s: %s, want %s", tt.reader, tt.field, tt.path, tt.file, got, tt.want)
		}
	}
}

func TestPrometheus(t *testing.T) {
	const vector = `{"status":"success","data":{"resultType":"vector","result":[`
	for _, tt := range []struct{ path, body, want string }{
		{"", `{"status":"success","data":{"alerts":[]}}`, "0 =0"},
		{"", `{"status":"success","data":{"alerts":[
			{"labels":{"alertname":"NodeDown","instance":"a"},"annotations":{},"state":"firing","activeAt":"2026-11-23T18:00:00Z","value":"1e+00"},
			{"labels":{"alertname":"NodeDown","instance":"b"},"state":"firing","value":"1e+00"},
			{"labels":{"alertname":"DiskFull"},"state":"pending","value":"9e+01"}]}}`, "2 (NodeDown) =2"},
		{"", `{"status":"success","data":{}}`, "?"},
		{"", `{"status":"error","errorType":"unavailable","error":"starting"}`, "?"},
		{"", `<html>502</html>`, "?"},
		{"up", vector + `{"metric":{},"value":[1795458825.7,"12"]}]}}`, "12 =12"},
		{"up", vector + `{"metric":{},"value":[1,"12"]},{"metric":{},"value":[1,"1"]}]}}`, "?"},
		{"up", vector + `]}}`, "?"},
		{"up", vector + `{"metric":{},"value":[1,"NaN"]}]}}`, "?"},
		{"1+1", `{"status":"success","data":{"resultType":"scalar","result":[1795458825.7,"2"]}}`, "2 =2"},
		{"up[5m]", `{"status":"success","data":{"resultType":"matrix","result":[]}}`, "?"},
	} {
		if got := short(Prometheus{}.Read(Answer{Body: []byte(tt.body)}, "", tt.path)); got != tt.want {
			t.Errorf("%s of %s: %s, want %s", tt.path, tt.body, got, tt.want)
		}
	}
	q, err := Prometheus{}.Ask("", `sum(ray_tasks{State="RUNNING"}) & 1`)
	if err != nil || q.HTTP != "/api/v1/query?query=sum%28ray_tasks%7BState%3D%22RUNNING%22%7D%29+%26+1" {
		t.Errorf("%+v %v", q, err)
	}
}

// No reader may make a figure out of an answer that is none.
func TestNoAnswerIsUnknown(t *testing.T) {
	answers := map[string]Answer{
		"no link":   {Err: errors.New("dial: refused")},
		"not found": {Body: []byte("[]"), HTTP: 404},
		"exit code": {Body: []byte("Filesystem"), Exit: 250},
		"empty":     {},
		"blank":     {Body: []byte(" \n")},
		"null":      {Body: []byte("null")},
		"object":    {Body: []byte("{}")},
		"hostile":   {Body: []byte("\x1b]0;x\x07" + strings.Repeat("9", 1000))},
	}
	for name, r := range readers {
		for field := range map[string]bool{"": true, "workers": true, "nodes": true, "jobs": true, "version": true, "cpus": true, "running": true, "restarts": true} {
			if _, err := r.Ask(field, "x"); err != nil {
				continue
			}
			for what, a := range answers {
				v := r.Read(a, field, "x")
				// An engine without containers prints nothing, and that is an answer.
				if name == "docker" && (what == "empty" || what == "blank") {
					continue
				}
				if (name == "text" || name == "regex") && (what == "hostile" || what == "null" || what == "object") {
					continue
				}
				if v.Known || v.Number != nil || v.Text != "" || v.Raw == "" || len(v.Raw) > rawLimit+200 {
					t.Errorf("%s.%s of %s: %+v", name, field, what, v)
				}
			}
		}
	}
}

func TestParseDF(t *testing.T) {
	got, err := ParseDF([]byte("Filesystem 1024-blocks Used Available Capacity Mounted on\n" +
		"//nas/my share  100 60 -5 100% /mnt/my disk\nproc 0 0 0 - /proc\n"))
	want := []Mount{{"//nas/my share", "/mnt/my disk", 102400, 61440, -5120, 100}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	for _, bad := range []string{"", "df: /x: No such file\n", "Filesystem 1024-blocks\n/dev/vda what\n",
		"Filesystem 512-blocks Used Available Capacity Mounted on\n/dev/a 1 1 1 1% /\n"} {
		if m, err := ParseDF([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, m)
		}
	}
}

// TestTheFullestOfSeveralCounts, and is named.
func TestTheFullestOfSeveralCounts(t *testing.T) {
	body := []byte("Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 1000 100 900 10% /\n" +
		"/dev/b 500000 450000 50 90% /var\n/dev/b 500000 450000 50 90% /var\n")
	for field, want := range map[string]string{"": "50 KiB on /var =51200B", "percent": "90% on /var =90%", "used": "439.5 MiB on /var =460800000B", "size": "1000 KiB on / =1024000B"} {
		if got := short((DF{}).Read(Answer{Body: body}, field, "/:@docker:/home")); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	q, err := (DF{}).Ask("", "/:@docker:/home/it's")
	if want := "root=$(docker info -f '{{.DockerRootDir}}')\nLC_ALL=C df -Pk '/' \"$root\" '/home/it'\\''s'\n"; err != nil || q.Script != want {
		t.Errorf("%q %v, want %q", q.Script, err, want)
	}
	if _, err := (DF{}).Ask("", "/::/x"); err == nil {
		t.Error("an empty path was taken")
	}
	if _, err := (Docker{}).Ask("missing", ""); err == nil {
		t.Error("nothing is expected, and nothing can be missing")
	}
}

// TestNothingIsTakenForZero: what a line does not say in its usual words.
func TestNothingIsTakenForZero(t *testing.T) {
	good := string(file(t, "ray-2.53.0-status.txt"))
	for _, x := range [][2]string{{"0.0/4.0 CPU", "0.0/4.0.1 CPU"}, {"0.0/4.0 CPU", "plenty of CPU"}, {"0.0/4.0 CPU", ""},
		{"Active:", "Living:"}, {"Pending:\n", ""}, {"Recent failures:\n", ""}, {"1 node_06", "one node_06"}, {"1 node_06", strings.Repeat("9", 30) + " node_06"}} {
		if !strings.Contains(good, x[0]) {
			t.Fatal(x[0])
		}
		for _, field := range []string{"cpus", "cpus_used", "active", "pending", "failures"} {
			if v := (Ray{}).Read(Answer{Body: []byte(strings.Replace(good, x[0], x[1], 1))}, field, ""); v.Known {
				t.Errorf("%q for %q: %s is %+v", x[1], x[0], field, v)
			}
		}
	}
	if v := (Ray{}).Read(Answer{Body: []byte(strings.Replace(good, "(no pending nodes)", "10.0.0.5: worker, setting-up", 1))}, "pending", ""); short(v) != "1 =1" {
		t.Errorf("a node that is on its way: %+v", v)
	}
	if v := (DF{}).Read(Answer{Body: []byte("Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/a 1 1 1 " + strings.Repeat("9", 30) + "% /\n")}, "percent", "/"); v.Known {
		t.Errorf("%+v", v)
	}
}

func TestRestartsAreOnlyWhatInspectSaid(t *testing.T) {
	lines, _, _ := strings.Cut(string(file(t, "docker-ps.txt")), "/paused 0")
	if v := (Docker{}).Read(Answer{Body: []byte(lines)}, "restarts", ""); v.Known {
		t.Fatalf("%+v", v)
	}
}

// The scripts are run by this machine's own sh, with a docker of our own.
func TestScriptsRun(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh on this machine")
	}
	dir := t.TempDir()
	stub := "#!/bin/sh\ncase \"$*\" in\n'info -f {{.DockerRootDir}}') echo " + dir + " ;;\n" +
		"'ps -a --format {{json .}}') echo '{\"Names\":\"a\",\"State\":\"running\"}' ;;\n'ps -aq') echo 1; echo 2 ;;\n" +
		"'inspect --format {{.Name}} {{.RestartCount}} 1 2') echo '/a 3' ;;\n*) echo \"$*\" >&2; exit 9 ;;\nesac\n"
	if err := os.WriteFile(filepath.Join(dir, "docker"), []byte(stub), 0o700); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(dir, "it's a dir")
	if err := os.Mkdir(odd, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		r           Reader
		field, path string
	}{{DF{}, "", ""}, {DF{}, "percent", odd}, {DF{}, "free", "@docker"}, {Docker{}, "restarts", "a"}} {
		q, err := tt.r.Ask(tt.field, tt.path)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(sh, "-euc", q.Script)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "LC_ALL=C")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%q: %v: %s", q.Script, err, out)
		}
		if v := tt.r.Read(Answer{Body: out}, tt.field, tt.path); !v.Known || v.Number == nil {
			t.Errorf("%q: %+v", q.Script, v)
		}
	}
}

func TestWrongNamesAreToldBeforeAnythingRuns(t *testing.T) {
	if _, err := For("rya"); err == nil || !strings.Contains(err.Error(), "ray") {
		t.Error(err)
	}
	for name, path := range map[string]string{"json": ".[", "regex": "(", "docker": "["} {
		if _, err := readers[name].Ask("", path); err == nil {
			t.Errorf("%s took the path %q", name, path)
		}
	}
	if _, err := (Regex{}).Ask("", "(a)(b)"); err == nil {
		t.Error("two groups were taken")
	}
	for name, r := range readers {
		if _, err := r.Ask("no_such_field", ""); err == nil {
			t.Errorf("%s took any field", name)
		}
	}
}

// FuzzReaders: whatever is printed, a reader gives a figure that it read, or
// says that it knows none and why. It is never a zero out of nothing: without
// any digit there is no figure, but for the counts of a list that is empty.
func FuzzReaders(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, name := range files {
		f.Add(file(f, filepath.Base(name)), "x")
	}
	f.Add([]byte(`{"status":"success","data":{"resultType":"vector","result":[{"value":[1,"12"]}]}}`), "up")
	f.Add([]byte(`{"status":"success","data":{"alerts":[{"labels":{"alertname":"a"},"state":"firing"}]}}`), "")
	f.Add([]byte(`{"a":[{"b":1e400},{"b":-0}]}`), ".a[0].b")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		for name, r := range readers {
			path := path
			if name == "json" { // an expression is the file's; a random one may well take its whole second
				path = ".data.result[0].value[1]"
			}
			for _, field := range append(fuzzed[name], "") {
				if _, err := r.Ask(field, path); err != nil {
					continue
				}
				v := r.Read(Answer{Body: body}, field, path)
				switch {
				case v.Number != nil && (!v.Known || math.IsNaN(*v.Number) || math.IsInf(*v.Number, 0)):
					t.Fatalf("%s.%s: %+v", name, field, v)
				case !v.Known && (v.Text != "" || v.Raw == "" || v.Number != nil):
					t.Fatalf("%s.%s: %+v", name, field, v)
				case len(v.Raw) > 4*rawLimit+len(path):
					t.Fatalf("%s.%s: a reason of %d bytes", name, field, len(v.Raw))
				case v.Number != nil && *v.Number == 0 && name == "df" && !bytes.ContainsAny(body, "0"):
					t.Fatalf("%s.%s: zero out of %q", name, field, body)
				}
				for _, bad := range []Answer{{Body: body, HTTP: 500}, {Body: body, Exit: 1}, {Body: body, Err: errors.New("cut")}} {
					if v := r.Read(bad, field, path); v.Known {
						t.Fatalf("%s.%s of an answer that failed: %+v", name, field, v)
					}
				}
			}
		}
	})
}

var fuzzed = map[string][]string{
	"df": {"used", "size", "percent"}, "docker": {"running", "missing", "count", "restarts", "state", "image"},
	"ray":        {"version", "workers", "nodes", "nodes_lost", "jobs", "cpus", "cpus_used", "active", "pending", "failures"},
	"prometheus": {"alerts"},
}
