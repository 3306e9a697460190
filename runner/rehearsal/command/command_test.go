package command

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"belay/runner/rehearsal/files"
	"belay/runner/rehearsal/process"
	"belay/runner/rehearsal/shell"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// like are scripts whose output and status must be those of the real programs.
// They run in an empty folder.
var like = []string{
	`printf 'b\na\nc\na\n' | sort; printf 'b\na\na\n' | sort -u; printf '10\n9\n2\n' | sort -n; printf '10\n9\n' | sort -rn`,
	`printf 'x 3\ny 1\nz 2\n' | sort -k2; printf 'x:10\ny:9\n' | sort -t: -k2 -n; printf '2.9\n2.40\n2.53.0\n' | sort -V`,
	`printf 'a\na\nb\n' | uniq -c; printf 'a\na\nb\n' | uniq -d; printf 'a\na\nb\n' | uniq -u`,
	`printf 'a b c\nd e f\n' | cut -d' ' -f2; printf 'abcdef\n' | cut -c2-4; printf 'a:b:c\n' | cut -d: -f1,3; printf 'a:b:c\n' | cut -d: -f2-`,
	`echo hello | tr a-z A-Z; echo hello | tr -d l; echo aabbcc | tr -s ab; echo 'a b' | tr ' ' '\n'; echo a1b2 | tr -dc '0-9\n'; echo ab | tr '[:lower:]' '[:upper:]'`,
	`seq 5; seq 2 4; seq 10 -3 1; seq -s, 3; seq -w 8 10`,
	`seq 20 | head -n 3; seq 20 | head -3; seq 20 | head -c 5; seq 5 | head -n -2`,
	`seq 20 | tail -n 2; seq 20 | tail -2; seq 5 | tail -n +4; printf abcdef | tail -c 3; printf abcdef | tail -c +3`,
	`printf 'a b\nc\n' | wc -l; printf 'a b\nc\n' | wc -w; printf 'a b\nc\n' | wc -c; printf 'a b\nc\n' >f; wc -l <f; wc -l f`,
	`printf 'one\ntwo\nthree\n' >f; grep t f; grep -c t f; grep -n t f; grep -v t f; grep -q one f; echo $?; grep -q no f; echo $?; grep -x two f; grep -i ONE f`,
	`printf 'a.b\naxb\n' >f; grep -F a.b f; grep 'a\.b' f; grep -E '^a(x|y)b$' f; grep -o 'x.' f; grep -l a f; grep -L zzz f; grep a f nosuch 2>/dev/null; echo $?`,
	`mkdir d; echo hit >d/x; echo no >d/y; grep -r hit d; grep -rl hit d; grep -h hit d/x d/y; grep -H hit d/x; echo hit >d/z.py; grep -rl --include='*.py' hit d; grep -r --include=no hit d; echo $?`,
	`printf 'k=v\nkey = value\n' | grep -E '^[a-z]+ *= *[a-z]+$'; printf 'a\nb\n' | grep -e a -e b; echo 'a+b' | grep 'a+b'; echo aab | grep 'a\+b'; echo 'x{2}' | grep 'x{2}'; echo xx | grep 'x\{2\}'`,
	`seq 5 | grep -A1 2; seq 5 | grep -B1 4; seq 9 | grep -m2 '[0-9]'`,
	`echo hello | sed 's/l/L/'; echo hello | sed 's/l/L/g'; echo hello | sed 's/l/L/2'; echo 'a/b' | sed 's|/|-|'; echo abc | sed 's/b/[&]/'; echo 'a b' | sed 's/\(a\) \(b\)/\2 \1/'; echo 'a b' | sed -E 's/(a) (b)/\2 \1/'`,
	`seq 5 | sed -n 2p; seq 5 | sed 2d; seq 5 | sed -n '2,4p'; seq 5 | sed '$d'; seq 5 | sed -n '$p'; seq 5 | sed '/3/d'; seq 5 | sed -n '/2/,/4/p'; seq 5 | sed 3q; seq 5 | sed '2,$d'`,
	`seq 3 | sed '2a\
new'; seq 3 | sed '2i new'; seq 3 | sed '2c new'; seq 3 | sed -e 's/1/x/' -e 's/2/y/'; seq 3 | sed '/2/!d'; seq 3 | sed -n '/2/{s/2/two/;p}'; seq 2 | sed -n '='`,
	`printf 'A=1\nB=2\n' >f; sed -i 's/^A=.*/A=9/' f; cat f; sed -i.bak 's/B/C/' f; cat f f.bak; sed -i -e '/^A/d' f; cat f`,
	`echo abc | sed 'y/abc/xyz/'; printf 'a\nb\n' | sed 'N;s/\n/+/'; printf 'a\nb\n' | sed -n 'H;${x;s/\n/,/g;p}'; echo 'a.b' | sed 's/[.]/-/'; echo 'image: ray:2.40' | sed -E 's#(ray:)[0-9.]+#\12.53#'`,
	`echo aaa | sed ':a;s/a/b/;ta'; printf 'x' | sed 's/x/y/'; echo "a'b" | sed "s/'/Q/"; echo 'p=/a/b' | sed 's,/a,/z,'`,
	`echo 'a b c' | awk '{print $2}'; printf 'a:1\nb:2\n' | awk -F: '{s+=$2} END {print s}'; echo x | awk -v v=7 '{print v, NR, NF}'; printf '1\n2\n' >f; awk '{n+=$1} END {printf "%d\n", n}' f; awk 'BEGIN {exit 3}'; echo $?`,
	`mkdir -p a/b; echo x >a/f; echo y >a/b/g; cp -r a c; cat c/f c/b/g; cp a/f z; cat z; cp a/f a/b/g c/b; ls c/b; mv z q; ls; mv q a/; ls a; cp nosuch x 2>/dev/null; echo $?`,
	`mkdir d; rmdir d; mkdir d/e 2>/dev/null; echo $?; mkdir -p d/e; rm d 2>/dev/null; echo $?; rm -rf d; ls; rm nosuch 2>/dev/null; echo $?; rm -f nosuch; echo $?`,
	`echo x >f; ln -s f l; cat l; readlink l; ln f h; echo y >>h; cat f; ln -sf h l; readlink l; ln -sfn h l; ls; [ f -ef h ] && echo same; rm f; cat h`,
	`touch a b; ls; ls -a; ls -1 a b; mkdir d; ls -d d; ls nosuch 2>/dev/null; echo $?; touch d/x; ls d; ls -A d`,
	`echo x >f; chmod 600 f; stat -c %a f; chmod u+x,g=r f; stat -c %a f; chmod a-r f; stat -c %a f; chmod 644 f; stat -c '%s %n %F' f; mkdir d; stat -c '%F %a' d`,
	`umask 077; echo x >f; mkdir d; stat -c %a f d; umask 022; echo x >g; stat -c %a g; install -m 755 f h; stat -c %a h; install -d -m 700 i/j; stat -c %a i/j`,
	`mkdir -p x/y; touch x/a.log x/y/b.log x/c.txt; find x -name '*.log' | sort; find x -type d | sort; find x -maxdepth 1 -type f | sort; find x -type f ! -name '*.log'; find x -name '*.log' -exec echo got {} \; | sort; find x \( -name a.log -o -name c.txt \) | sort; find x -name b.log -delete; find x -type f | sort; find nosuch 2>/dev/null; echo $?`,
	`touch -d '2020-01-01' old; touch new; find . -newer old -type f; [ new -nt old ] && echo newer; date -u -d @0 +%Y-%m-%dT%H:%M:%SZ; date -u -d 2024-02-29 +%s; date -u -d '2024-02-29 12:00:00' +%F_%H%M; date -u -d @86400 '+%a %b %e %j'`,
	`printf 'a b\nc\n' | xargs echo; printf 'a\nb\n' | xargs -n1 echo x; printf 'a\nb\n' | xargs -I{} echo '<{}>'; printf 'a\0b c\0' | xargs -0 -n1 echo; xargs -r echo no </dev/null; printf "'a b' c\n" | xargs -n1 echo; echo 1 | xargs false; echo $?`,
	`env -i A=1 env; A=1 env -u A sh -c 'echo ${A-none}'; env B=2 sh -c 'echo $B'; timeout 5 echo fast; timeout 0.1 sleep 5; echo $?; timeout 5 sh -c 'exit 3'; echo $?; nohup echo n 2>/dev/null`,
	`echo a >f; echo a >g; cmp f g; echo $?; echo b >g; cmp -s f g; echo $?; diff f f; echo $?; diff -q f g; echo $?; sha256sum f; sha256sum f >s; sha256sum -c s; md5sum <f`,
	`mkdir d; echo x >d/f; ln -s f d/l; tar -czf t.tgz d; tar -tzf t.tgz | sort; rm -rf d; tar -xzf t.tgz; cat d/l; mkdir o; tar -xf t.tgz -C o d/f; ls o/d; tar -cf e.tar --exclude='*.log' -C d f; tar -tf e.tar; tar -tf nosuch 2>/dev/null; echo $?`,
	`echo data >f; gzip f; ls; gunzip f.gz; cat f; gzip -c f | gzip -dc; gzip -k f; zcat f.gz`,
	`echo hi | tee a b; cat a b; echo more | tee -a a >/dev/null; cat a; basename /x/y.txt .txt; dirname /x/y/z; dirname f; basename /a/b/; echo x | base64; echo eAo= | base64 -d`,
	`printf '1\n2\n' >a; printf '2\n3\n' >b; comm -12 a b; comm -23 a b; paste -d, a b; seq 3 | paste -sd+; printf 'a\nb\n' | tac; echo abc | rev; printf 'a\nb\n' | nl -ba | tr -d ' '`,
	`which ls >/dev/null; echo $?; which nosuch-program >/dev/null; echo $?; true; echo $?; id -u >/dev/null; uname; nproc >/dev/null && echo n; yes | head -n 2; yes no | head -n 1`,
	`echo '{"a":{"b":[1,"x"]},"n":null}' >j; jq -r '.a.b[1]' j; jq -c .a j; jq '.a.b|length' j; jq -e .n j; echo $?; jq -n --arg v hi '$v'; echo '[1,2]' | jq '.[]'`,
	`d=$(mktemp -d); [ -d "$d" ] && echo dir; f=$(mktemp); [ -f "$f" ] && echo file; rm -r "$d" "$f"; mktemp ./t.XXXXXX | cut -c1-4; stat -c %a t.*`,
	`cat nosuch 2>/dev/null; echo $?; echo a >f; cat f - </dev/null; cat <f; printf 'a\nb\n' | cat -n; cd nosuch 2>/dev/null || echo cannot; truncate -s 0 f; wc -c <f; du -s f >/dev/null; echo $?`,
	`sleep 0.01; echo $?; setsid true; echo $?; nice true; echo $?; sync; echo $?; test -e f || echo none; realpath -m /a/../b; readlink -f /nosuch-dir-x/y; echo $?`,
}

func TestLikeTheRealPrograms(t *testing.T) {
	for _, name := range []string{"dash", "jq", "tar", "gzip", "find"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed: nothing to compare with", name)
		}
	}
	for i, script := range like {
		cmd := exec.Command("dash", "-c", script)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"PATH=/usr/bin:/bin", "HOME=/tmp", "LC_ALL=C", "TZ=UTC"}
		var want, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &want, &errs
		_ = cmd.Run()
		got, gotErrs := simulated(t, script)
		if got != want.String() {
			t.Errorf("%d: %s\n got %q (%s)\nwant %q (%s)", i, script, got, gotErrs, want.String(), errs.String())
		}
	}
}

func simulated(t *testing.T, script string) (out, errs string) {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"usr/bin", "tmp", "work"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sys := shell.NewSystem(All())
	for name := range sys.Programs {
		if err := os.WriteFile(filepath.Join(root, "usr/bin", name), []byte(shell.GoMark+name+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	fsys, err := files.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	table := process.NewTable(fsys)
	table.User, table.Host, table.Exec = "ops", "h1", sys.Exec
	defer fsys.Close()
	defer table.Close()
	stdout, d1 := process.NewCapture()
	stderr, d2 := process.NewCapture()
	in := process.NewDescriptor(process.ReaderStream(strings.NewReader("")))
	env := []string{"PATH=/usr/bin", "HOME=/tmp"}
	p := table.Start(nil, env, "/work", in, d1, d2)
	p.Run(func() int { return sys.Exec(p, []string{"sh", "-c", script}, env) })
	<-stdout.Done()
	<-stderr.Done()
	return string(stdout.Bytes()), string(stderr.Bytes())
}
