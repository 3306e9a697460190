package rehearsal

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// probes try to get out of the sandbox. CANARY stands for a real folder beside
// it. What is wanted of the output, where anything is, is a regular expression.
var probes = []struct{ name, script, want string }{
	{"tmphole", `echo pwned >/tmp/sh-interp-evil; cat /tmp/sh-interp-evil; ls /tmp`, `^pwned\nsh-interp-evil\n$`},
	{"procsubst", `bash -c 'cat <(echo hi)'`, `not supported`},
	{"procsubstEval", `bash -c "eval 'cat <(echo hi)'"; bash -c "trap 'cat <(echo hi)' EXIT"`, `not supported(.|\n)*not supported`},
	{"procsubstSource", `echo 'cat <(echo hi)' >/tmp/s; bash -c '. /tmp/s'`, `not supported`},
	{"commandv", `command -v perl; type -P python3; bash -c 'type -P ssh'; command -v ls`, `(?m)^/usr/bin/ls$`},
	{"dotpath", `. os-release; . /etc/os-release; echo $ID`, ``},
	{"dotsource", `(. /etc/os-release; echo $ID)`, `^belay-fleet\n$`},
	{"pwdP", `cd /bin && pwd -P`, `^/usr/bin\n$`},
	{"tildeuser", `echo ~daemon ~ops ~root ~nobody/x; x=~daemon; echo $x`, `^~daemon /home/ops /root ~nobody/x\n~daemon\n$`},
	{"ids", `echo $HOME; bash -c 'echo $UID $EUID'; id -u`, `^/home/ops\n1000 1000\n1000\n$`},
	{"pids", `[ $$ -gt 1000 ] && echo $PPID; sh -c '[ $PPID -gt 1000 ] && echo child'`, `^1\nchild\n$`},
	{"cdreal", `cd CANARY && pwd; cd /usr/lib && pwd`, `can't cd`},
	{"globreal", `echo /usr/* CANARY/*`, `/usr/bin /usr/local`},
	{"dotdot", `cat ../../../../../../etc/hostname; cd ../../../..; pwd`, `^head\n/\n$`},
	{"symesc", `ln -s /etc/hostname l; cat l; ln -s ../../../../../../../../etc/hostname m; cat m; ln -s CANARY c; cat c/secret; echo x >c/new`, `^head\nhead\n`},
	{"devtcp", `bash -c 'echo x >/dev/tcp/127.0.0.1/22'`, `cannot create`},
	{"proc", `cat /proc/self/environ | tr '\0' '\n'; cat /proc/1/environ; ls -l /proc/self/exe /proc/self/cwd`, `HOME=/home/ops`},
	{"xdir", `[ -x /usr/bin/perl ] && echo realx; [ -r /etc/shadow ] && echo realr; echo end`, `^end\n$`},
	{"umask", `umask 000; umask; : >/tmp/u; stat -c %a /tmp/u`, `^0000\n666\n$`},
	{"testO", `[ -O /opt ] && echo o; [ -G /opt ] && echo g; [ -O /nope ] || echo no; bash -c '[[ -O /opt && -G /opt ]] && echo both'`, `^o\ng\nno\nboth\n$`},
	{"execreal", `/bin/perl -e 1; exec /usr/bin/python3 -c 1`, `not found`},
	{"killreal", `kill -0 1; kill -9 $$; echo survived`, `^sh: kill: No such process\n$`},
	{"envleak", `env; echo "[$SECRET_LEAK]"`, `\[\]\n$`},
	{"recursion", `(f(){ f; }; f); echo after`, `^after\n.*recursion depth`},
	{"deepnest", `x=1; eval "$(i=0; while [ $i -lt 9 ]; do i=$((i+1)); done; echo echo ok)"`, `^ok\n$`},
	{"redirects", `echo x >CANARY/a; echo x >>CANARY/secret; cat <CANARY/secret; exec 5<CANARY/secret; : <>CANARY/b`, `(?i)cannot (open|create)`},
	{"programs", `cp CANARY/secret /tmp/x; cp /etc/hostname CANARY/c; rm -rf CANARY; mv CANARY /tmp/y; tar -cf /tmp/t.tar CANARY; touch CANARY/t; mkdir -p CANARY/sub/dir; ls CANARY/sub`, `(?m)^dir$`},
	{"awkout", `awk 'BEGIN { print "x" > "CANARY/awk" }'; awk 'BEGIN { while ((getline l < "CANARY/secret") > 0) print l }'; awk 'BEGIN { system("touch CANARY/sys") }'`, `can't`},
	{"sedout", `echo x | sed 'w CANARY/sed'; echo x | sed 's/x/y/w CANARY/sed'; echo x | sed '1e touch CANARY/e'`, `(?s)unknown.*unknown.*unknown`},
	{"jqenv", `jq -n 'env|keys|length > 20'; jq -n '$ENV.SECRET_LEAK'; jq -n 'input_filename'; jq -n 'import "CANARY/m" as m; 1'`, `false\nnull\n`},
	{"tarslip", `cd /tmp; mkdir -p d; echo x >d/f; ln -s CANARY d/l; tar -cf t.tar d; mkdir -p o; tar -xf t.tar -C o; echo y >o/d/l/file`, ``},
	{"cmdenv", `env -i PATH=CANARY/bin:/usr/bin evil; PATH=CANARY/bin evil`, `not found`},
	{"faults", `sh -c 'kill -SEGV $$; ulimit -n; wait 1; exec 300>x'`, `.`},
	{"bigparse", `x=$(seq 30000 | sed 's/.*/(/' | tr -d '\n'); eval "$x"`, `too deeply nested`},
	{"forkbomb", `b() { b | b & }; b; echo on`, ``},
}

// TestLeaks runs the probes and looks at a real folder that they aim at; where
// strace is installed, at every path that the child names to the kernel too.
func TestLeaks(t *testing.T) {
	canary := t.TempDir()
	const secret = "the-real-machine-7a1f"
	if err := os.WriteFile(filepath.Join(canary, "secret"), []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET_LEAK", secret)
	before := tree(t, canary)
	f, trace := traced(t, testSpec(t))
	for _, p := range probes {
		if p.name == "forkbomb" && testing.Short() {
			continue
		}
		out := probe(t, connect(t, f, "head"), strings.ReplaceAll(p.script, "CANARY", canary))
		if strings.Contains(out, secret) {
			t.Errorf("%s: read the real machine: %q", p.name, out)
		}
		if ok, _ := regexp.MatchString(p.want, out); !ok {
			t.Errorf("%s: got %.300q, want %s", p.name, out, p.want)
		}
	}
	if after := tree(t, canary); after != before {
		t.Errorf("the real folder was changed:\n%s\nwas\n%s", after, before)
	}
	if err := f.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if trace == "" {
		t.Log("strace is not installed: the child's system calls are not looked at")
		return
	}
	checkTrace(t, trace, f.spec.Dir)
}

func probe(t *testing.T, c *ssh.Client, script string) string {
	out, errs, _ := sh(t, c, "", script)
	return out + errs
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		fmt.Fprintln(&b, p, info.Mode(), info.Size(), info.ModTime().UnixNano())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// traced starts a fleet under strace, where there is one.
func traced(t *testing.T, spec Spec) (*Fleet, string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		return start(t, spec), ""
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	trace, wrapper := filepath.Join(dir, "trace"), filepath.Join(dir, "wrapper")
	text := fmt.Sprintf("#!/bin/sh\nexec %s -f -qq -s 400 -o %s -e trace=%%file,connect,bind %s \"$@\"\n", strace, trace, exe)
	if err := os.WriteFile(wrapper, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := Start(t.Context(), wrapper, spec)
	if err != nil {
		t.Skipf("strace cannot trace here: %v", err)
	}
	t.Cleanup(func() { _ = f.Stop(t.Context()) })
	return f, trace
}

// ofRuntime is what the Go runtime itself reads while a program runs: how many
// CPUs there are now.
const ofRuntime = `"/sys/devices/system/cpu/online", O_RDONLY`

var quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// checkTrace looks at what came after the child served: every absolute path
// lies in its folder.
func checkTrace(t *testing.T, trace, dir string) {
	t.Helper()
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	_, serving, found := strings.Cut(string(data), "/s/c\"")
	if !found {
		t.Fatal("the trace does not show that the child served")
	}
	calls := 0
	for line := range strings.Lines(serving) {
		if strings.Contains(line, ofRuntime) {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			calls++
			// an absolute text behind symlinkat is a link's own, never followed
			if !strings.HasPrefix(m[1], "/") || strings.HasPrefix(m[1], dir) || strings.Contains(line, "symlinkat") || strings.Contains(line, "readlinkat") {
				continue
			}
			t.Errorf("outside of the sandbox: %s", strings.TrimSpace(line))
		}
	}
	if calls == 0 {
		t.Error("the trace shows no calls")
	}
	t.Logf("%d paths looked at", calls)
}
