package shell

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testHost is a host with a few programs of its own.
func testHost(t *testing.T) *process.Table {
	t.Helper()
	fsys, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	table := process.NewTable(fsys)
	fsys.SetProc(table)
	table.Host, table.User, table.Home = "h1", "ops", "/home/ops"
	programs := map[string]process.Program{
		"cat": func(c *process.Call) int {
			buf := make([]byte, 4096)
			for {
				n, err := c.Stdin().Read(buf)
				if n > 0 {
					c.Stdout().Write(buf[:n])
				}
				if err != nil {
					return 0
				}
			}
		},
		"head1": func(c *process.Call) int {
			buf := make([]byte, 1)
			for buf[0] != '\n' {
				if n, _ := c.Stdin().Read(buf); n == 0 {
					return 0
				}
				c.Stdout().Write(buf)
			}
			return 0
		},
		"sleep": func(c *process.Call) int {
			d, _ := time.ParseDuration(c.Args[1] + "s")
			c.Sleep(d)
			return 0
		},
		"env": func(c *process.Call) int {
			fmt.Fprintln(c.Stdout(), strings.Join(c.Environ(), "\n"))
			return 0
		},
	}
	sys := NewSystem(programs)
	table.Exec = sys.Exec
	for _, dir := range []string{"/usr/bin", "/tmp", "/home/ops"} {
		if err := fsys.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name := range sys.Programs {
		if err := fsys.WriteFile("/usr/bin/"+name, []byte(GoMark+name+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		table.Close()
		fsys.Close()
	})
	return table
}

// run runs a script and returns its output and status.
func run(t *testing.T, table *process.Table, shell, script string, args ...string) (out, errs string, status int) {
	t.Helper()
	stdout, d1 := process.NewCapture()
	stderr, d2 := process.NewCapture()
	null, err := table.Files.Open("/dev/null", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"HOME=/home/ops", "PATH=/usr/bin:/bin"}
	p := table.Start(nil, env, "/tmp", process.NewDescriptor(process.FileStream(null)), d1, d2)
	timer := time.AfterFunc(20*time.Second, func() { p.Signal(process.KILL) })
	defer timer.Stop()
	status = p.Run(func() int { return table.Exec(p, append([]string{shell, "-c", script, "sh"}, args...), env) })
	<-stdout.Done()
	<-stderr.Done()
	return string(stdout.Bytes()), string(stderr.Bytes()), status
}

// posix are scripts whose output and status must be those of dash.
var posix = []string{
	`echo hello; echo "a  b" c`,
	`x=1; y=$x$x; echo $y; echo "${y}z" '$y' "\$y" \$y`,
	`echo ${a:-d} ${a-d} ${a:=e} $a ${a:+f} ${#a}`,
	`p=/a/b/c.txt; echo ${p##*/} ${p%/*} ${p%%.*} ${p#/}`,
	`set -- a "b c" d; echo $# "$@" "$*" $2; for i; do echo "<$i>"; done; shift; echo $1`,
	`IFS=:; set -- a b; echo "$*"; x=1:2:3; for i in $x; do echo $i; done`,
	`if false; then echo a; elif true; then echo b; else echo c; fi`,
	`i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i -eq 2 ] && continue; echo $i; done`,
	`for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done`,
	`for i in 1 2 3; do [ $i = 2 ] && break; echo $i; done; echo $?`,
	`until false; do echo once; break; done`,
	`case abc in a*) echo star;; *) echo no;; esac; case x in [a-c]) echo 1;; x|y) echo 2;; esac`,
	`case "a*" in "a*") echo lit;; esac; case ab in "a*") echo bad;; *) echo ok;; esac`,
	`f() { echo "$1-$#"; return 3; }; f a b; echo $?`,
	`f() { local x=1; x=2; echo $x; }; x=9; f; echo $x`,
	`echo $(echo a; echo b) "$(printf 'x\n\n')"e`,
	"echo `echo a`",
	`x=$(false); echo $?; x=$(exit 7); echo $?`,
	`(exit 4); echo $?; (cd /; x=5); echo ${x-unset}`,
	`echo a b c | { read x y; echo "$y $x"; }`,
	`x=1; echo foo | read x; echo $x`,
	`echo abc | cat | cat; false | true; echo $?; true | false; echo $?`,
	`! true; echo $?; ! false; echo $?`,
	`true && echo a || echo b; false && echo a || echo b`,
	`cat <<E
a $((1+2)) $(echo x) \$y
E
cat <<'E'
a $x
E
cat <<-E
	tab
	E`,
	`echo out; echo err >&2`,
	`{ echo a; echo b >&2; } 2>&1 | cat`,
	`exec 3>&1; echo three >&3; exec 3>&-; echo x >&3; echo $?`,
	`echo a > /tmp/belay-shell-test-f; cat < /tmp/belay-shell-test-f; echo b >> /tmp/belay-shell-test-f; cat /tmp/belay-shell-test-f < /tmp/belay-shell-test-f`,
	`exec 4</tmp/belay-shell-test-f; read a <&4; read b <&4; echo $b$a`,
	`set -e; false; echo no`,
	`set -e; if false; then :; fi; false || true; ! true; echo yes`,
	`set -e; f() { false; echo in; }; f || echo caught; f; echo no`,
	`set -e; { false && true; }; echo after`,
	`set -e; (false; echo in) || echo caught; (false; echo in); echo no`,
	`set -e; x=$(false; echo hi); echo no`,
	`set -e; echo $(false; echo hi); echo yes`,
	`set -e; false | true; echo yes; true | false; echo no`,
	`set -e; while false; do :; done; for i in; do :; done; case a in b) ;; esac; echo yes`,
	`set -e; f() { false && true; }; f; echo no`,
	`set -e; true && false; echo no`,
	`set -e; false && true; echo yes`,
	`set -e; trap 'echo bye $?' EXIT; false`,
	`trap 'echo bye' EXIT; exit 3`,
	`trap 'echo bye' 0; (exit 2); echo x`,
	`(trap 'echo sub' EXIT; echo in); echo out`,
	`trap 'echo term' TERM; kill -TERM $$; echo on`,
	`trap '' TERM; kill -TERM $$; echo still`,
	`trap 'echo t; exit 9' TERM; kill $$; echo no`,
	`exec 2>/dev/null; sh -c 'kill -9 $$'; echo $?; sh -c 'kill $$'; echo $?`,
	`exec 2>/dev/null; sleep 9 & p=$!; kill $p; wait $p; echo $?`,
	`(exit 3) & wait $!; echo $?; wait; echo $?`,
	`set -u; echo ${x-ok}; echo $x; echo no`,
	`echo ${x?gone}; echo no`,
	`readonly r=1; echo $r; r=2; echo no`,
	`export A=1; env | cat >/dev/null; B=2 sh -c 'echo $A$B'; echo ${B-none}`,
	`A=1; sh -c 'echo ${A-none}'; unset A; echo ${A-gone}`,
	`f() { echo $A; }; A=3 f; echo ${A-none}`,
	`A=5 :; echo $A; A=6 eval 'echo $A'; echo $A`,
	`eval 'x=1; echo $x'; eval "eval 'echo deep'"`,
	`printf '%s-%d|%5s|%-5s|%05d|%x|%o|%c\n' a 5 ab cd 42 255 8 xyz`,
	`printf '%s\n' a b c; printf '%s %s\n' a b c; printf 'x\ty\n'; printf '%%\n'`,
	`printf '%.2f %5.1f %.3s|\n' 3.14159 2.5 abcdef; printf '%b' 'a\nb\n'`,
	`printf '%d\n' 0x10 010 "'A"`,
	`echo 'a\tb\nc'; echo -n x; echo; echo 'a\cb'; echo y`,
	`[ a = a ]; echo $?; [ a != a ]; echo $?; [ 1 -lt 2 ] && [ -n x ] && [ -z "" ] && echo ok`,
	`[ ]; echo $?; [ x ]; echo $?; [ ! x ]; echo $?; [ ! "" ]; echo $?; [ a = b -o c = c ]; echo $?; [ \( a = a \) -a b ]; echo $?`,
	`[ -n ]; echo $?; [ -e / ]; echo $?; [ -d /nope ]; echo $?; [ "-f" = "-f" ]; echo $?; [ ! -e /nope ]; echo $?`,
	`while getopts ab:c o -a -b val -c x; do echo $o ${OPTARG-}; done; echo $OPTIND`,
	`while getopts abc o -abc; do echo $o; done; echo $OPTIND; OPTIND=1; while getopts abc o -abc; do echo $o; done`,
	`while getopts :ab: o -x -b; do echo "$o" $OPTARG; done`,
	`echo $((1+2*3)) $((7/2)) $((7%3)) $((1<<4)) $((5>3)) $((!0)) $((~5)); x=4; echo $((x*x)) $((x+=1)) $x`,
	`umask 027; umask; umask 22; umask`,
	`cd /tmp; pwd; cd /; cd -; cd /tmp/..; pwd`,
	`echo {a,b} a{1..3}; echo "{x}"`,
	`echo "~" '~'; x=~; [ "$x" = "$HOME" ] && echo home; echo ~nosuchuserhere`,
	`echo a#b # comment`,
	`a="x y"; set -- $a; echo $#; set -- "$a"; echo $#; set -- $e; echo $#; set -- "$e"; echo $#`,
	`f() { while :; do return 4; done; }; f; echo $?`,
	`f() { [ $1 -gt 0 ] || return 0; echo $1; f $(($1-1)); }; f 3`,
	`x=a; case $x in a) exit 5;; esac; echo no`,
	`echo $0 $#; sh -c 'echo $0 $1' zero one`,
	`command echo hi; command -v echo; command -v nosuchcommand; echo $?; command -v if`,
	`: ${x:=5}; echo $x; : > /tmp/belay-shell-test-g; [ -s /tmp/belay-shell-test-g ] || echo empty`,
	`echo x | { cat; echo y; } | { cat; echo z; }`,
	`set -- -a -b; echo "$1"; set -f; echo *; set +f`,
	`x='a b'; y=$x; echo "$y"; z="$(echo "$x")"; echo "$z"`,
	`while read -r l; do echo "[$l]"; done <<E
 a\b
c d
E`,
	`printf 'a b c\n' | while read x y; do echo "$y"; done`,
	`read x </dev/null; echo $?; printf 'no newline' | { read x; echo $? "$x"; }`,
	`false; echo $?; nosuchcommand-x 2>/dev/null; echo $?`,
	`cat </nope/nothing 2>/dev/null; echo $?; echo x 2>/dev/null >/nope/nothing; echo $?`,
	`exit 300`,
	`sh -c 'exit 3'; echo $?; sh -c 'exit' ; echo $?`,
	`echo 'echo from stdin $1' | sh -s arg`,
	`x=5; { x=6; }; echo $x; (x=7); echo $x; x=8 | cat; echo $x`,
	`if ! false; then echo a; fi; if true && ! true; then echo b; else echo c; fi`,
	`kill -0 $$ && echo alive; kill -0 999999 2>/dev/null || echo dead`,
	`echo "a
b"; echo a\
b`,
	`. /nope/file 2>/dev/null; echo no`,
	`echo 'v=1; f() { echo f$1; }' >/tmp/belay-shell-test-h; . /tmp/belay-shell-test-h; echo $v; f 2`,
	`while :; do echo x; done | head1`,
	`(echo a; sleep 0.05; echo b) & wait; echo c`,
	`f() { trap 'echo ex' EXIT; }; f; echo m`,
	`set -C; echo a >/tmp/belay-shell-test-c$$; echo b 2>/dev/null >/tmp/belay-shell-test-c$$; echo $?; echo c >|/tmp/belay-shell-test-c$$; cat </tmp/belay-shell-test-c$$`,
	`set -- a b c; echo "${@}" "$#" "${*}"; set --; echo "$@" "${1-none}"`,
	`x=1; unset x y; echo ${x-u}; unset -f nof; echo $?`,
	`echo "${x:-"a b"}" ${x:-a   b}; echo "${x:-}" end`,
	`[ -z "$(echo)" ] && echo empty; echo "$(echo 'a"b')"`,
	`sleep 0.05 & sleep 0.01 & wait; echo done`,
	// Signals until one interrupts the wait: on a busy machine one alone may come too early.
	// It is USR1, since whoever starts the tests may have HUP ignored, as nohup does.
	`trap 'got=1' USR1; sleep 60 & p=$!; (while kill -USR1 $$; do sleep 0.02; done) 2>/dev/null & wait $p; test $? -gt 128 && echo $got; trap '' USR1; kill $p`,
}

// TestLikeDash runs the table in dash and in the sandbox and compares.
func TestLikeDash(t *testing.T) {
	dash, err := exec.LookPath("dash")
	if err != nil {
		t.Skip("dash is not installed: nothing to compare with")
	}
	dir := t.TempDir()
	table := testHost(t)
	for i, script := range posix {
		real := strings.ReplaceAll(script, "/tmp/belay-shell-test-", dir+"/")
		ours := strings.ReplaceAll(script, "/tmp/belay-shell-test-", "/tmp/")
		cmd := exec.Command(dash, "-c", strings.ReplaceAll(real, "| head1", "| head -n 1"), "sh")
		cmd.Dir, cmd.Env = "/tmp", []string{"HOME=/home/ops", "PATH=/usr/bin:/bin"}
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		_ = cmd.Run()
		want := cmd.ProcessState.ExitCode()
		gotOut, gotErr, got := run(t, table, "sh", ours)
		if gotOut != out.String() || got != want || (gotErr == "") != (errs.Len() == 0) {
			t.Errorf("%d: %s\n got %d %q (stderr %q)\nwant %d %q (stderr %q)", i, script, got, gotOut, gotErr, want, out.String(), errs.String())
		}
	}
}
