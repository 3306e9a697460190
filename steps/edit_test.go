package steps

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bench is a home, a folder and a shell for one edit.
type bench struct {
	t     testing.TB
	shell []string
	dir   string
	path  string // of the file
	tools string // PATH
}

// shells lists the shells of this machine that the scripts must run in.
func shells(t testing.TB) map[string][]string {
	found := map[string][]string{}
	for _, s := range [][]string{{"dash"}, {"bash", "--posix"}, {"busybox", "ash"}} {
		if p, err := exec.LookPath(s[0]); err == nil {
			found[s[0]] = append([]string{p}, s[1:]...)
		} else {
			t.Logf("not tried in %s: %v", s[0], err)
		}
	}
	if len(found) == 0 {
		t.Skip("skipped: no shell on this machine")
	}
	return found
}

func newBench(t testing.TB, shell []string) *bench {
	dir := t.TempDir()
	b := &bench{t: t, shell: shell, dir: dir, path: filepath.Join(dir, "etc", "app.env"), tools: os.Getenv("PATH")}
	for _, d := range []string{"home", "etc"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b.write(filepath.Join(dir, "token"), "s3cret & \\1 'q' \"d\"", 0o600)
	return b
}

func (b *bench) write(path, content string, mode os.FileMode) {
	b.t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) reset(content *string) {
	b.t.Helper()
	os.RemoveAll(filepath.Join(b.dir, "home"))
	os.Mkdir(filepath.Join(b.dir, "home"), 0o755)
	os.Remove(b.path)
	if content != nil {
		b.write(b.path, *content, 0o640)
	}
}

// run gives the exit code and what was said.
func (b *bench) run(script string, more ...string) (int, string) {
	b.t.Helper()
	args := append(b.shell[1:len(b.shell):len(b.shell)], "-eu", "-c", script)
	cmd := exec.Command(b.shell[0], args...)
	cmd.Dir = b.dir
	cmd.Env = append([]string{"PATH=" + b.tools, "HOME=" + b.dir + "/home", "DIR=" + b.dir, "BELAY_RUN=r", "BELAY_STEP=s",
		"BELAY_HOST=h", "BELAY_OUT=" + b.dir + "/out", "TOKEN_FILE=" + b.dir + "/token"}, more...)
	out, err := cmd.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		b.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func (b *bench) must(script string, code int, says string) {
	b.t.Helper()
	if got, out := b.run(script); got != code || !strings.Contains(out, says) {
		b.t.Fatalf("exit %d, want %d with %q:\n%s", got, code, says, out)
	}
}

func (b *bench) is(content string, mode os.FileMode) {
	b.t.Helper()
	got, err := os.ReadFile(b.path)
	info, _ := os.Stat(b.path)
	if err != nil || string(got) != content || info.Mode().Perm() != mode {
		b.t.Fatalf("%v: %q, mode %v; want %q, %v", err, got, info.Mode(), content, mode)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir, "etc", ".*")); len(left) > 0 {
		b.t.Fatalf("left behind: %v", left)
	}
}

func edit(t testing.TB, f *FileEdit) (do, undo string) {
	t.Helper()
	do, undo, _, err := EditScripts(f)
	if err != nil {
		t.Fatal(err)
	}
	return do, undo
}

// inShells runs a test in every shell, and in busybox with its own tools only.
func inShells(t *testing.T, test func(t *testing.T, b *bench)) {
	for name, shell := range shells(t) {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, shell)
			if name == "busybox" {
				b.tools = onlyBusybox(t, shell[0])
			}
			test(t, b)
		})
	}
}

func onlyBusybox(t *testing.T, busybox string) string {
	dir := t.TempDir()
	for _, tool := range strings.Fields("awk cat chmod chown cp grep ls mkdir mv rm sha256sum stat sync tail tr wc") {
		if err := os.Symlink(busybox, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestEditAndUndo(t *testing.T) {
	inShells(t, func(t *testing.T, b *bench) {
		f := &FileEdit{Path: "$DIR/etc/app.env", Mode: "0600", Set: map[string]FileValue{"A": {Value: "new 'v'"}, "T": {Secret: "TOKEN"}}}
		do, undo := edit(t, f)
		was := "# A=comment\nA=old\nB=1\nA=again"
		b.reset(&was)
		b.must(do, 0, "")
		now := "# A=comment\nA=new 'v'\nB=1\nT=s3cret & \\1 'q' \"d\"\n"
		b.is(now, 0o600)
		out, _ := os.ReadFile(b.dir + "/out")
		want := fmt.Sprintf("EDIT_BACKUP=%s/home/.belay/backup/r/s/h-app.env\nEDIT_SHA=%s\nEDIT_EXISTED=yes\n", b.dir, digest([]byte(now)))
		if string(out) != want {
			t.Errorf("BELAY_OUT:\n%s\nwant\n%s", out, want)
		}
		for path, mode := range map[string]os.FileMode{"home/.belay/backup/r/s": 0o700, "home/.belay/backup/r/s/h-app.env": 0o600} {
			if info, err := os.Stat(filepath.Join(b.dir, path)); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s: %v, want mode %v", path, info, mode)
			}
		}
		b.must(do, 0, "") // a retry keeps the first backup
		b.is(now, 0o600)
		b.must(undo, 0, "")
		b.is(was, 0o640)
		b.must(undo, 0, "restored before")
		b.is(was, 0o640)
		again := "C=3\n"
		b.write(b.path, again, 0o644) // another attempt after an undo begins anew
		b.must(do, 0, "")
		b.must(undo, 0, "")
		b.is(again, 0o644)
	})
}

func TestEditOfNothing(t *testing.T) {
	inShells(t, func(t *testing.T, b *bench) {
		do, undo := edit(t, &FileEdit{Path: "etc/app.env", Template: "it's\n%s \\n\n"})
		b.reset(nil)
		b.must(undo, 0, "never changed")
		b.must(do, 0, "")
		b.is("it's\n%s \\n\n", 0o644)
		if out, _ := os.ReadFile(b.dir + "/out"); !strings.Contains(string(out), "EDIT_EXISTED=no\n") {
			t.Errorf("BELAY_OUT: %s", out)
		}
		b.must(do, 0, "")
		b.must(undo, 0, "")
		if _, err := os.Lstat(b.path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is still there: %v", err)
		}
	})
}

func TestEditRetriesReplacement(t *testing.T) {
	inShells(t, func(t *testing.T, b *bench) {
		do, undo := edit(t, &FileEdit{Path: "etc/app.env", Replace: []Replace{{"a\nb", "x"}, {"c", "c/\\&"}}})
		was := "1\na\nb\nc"
		b.reset(&was)
		b.must(do, 0, "")
		b.must(do, 0, "")
		b.is("1\nx\nc/\\&", 0o640)
		b.must(undo, 0, "")
		b.is(was, 0o640)
	})
}

func TestEditRefuses(t *testing.T) {
	inShells(t, func(t *testing.T, b *bench) {
		replace, _ := edit(t, &FileEdit{Path: "etc/app.env", Replace: []Replace{{"aa", "b"}}})
		set, undo := edit(t, &FileEdit{Path: "etc/app.env", Set: map[string]FileValue{"A": {Value: "1"}}})
		secret, _ := edit(t, &FileEdit{Path: "etc/app.env", Set: map[string]FileValue{"A": {Secret: "TOKEN"}}})
		refused := func(script, content, says string) {
			t.Helper()
			b.reset(&content)
			b.must(script, 3, says)
			b.is(content, 0o640)
		}
		refused(replace, "nothing", "not in ./etc/app.env")
		refused(replace, "aaa", "more than once")
		refused(set, "a\x00b", "NUL bytes")
		b.write(b.dir+"/token", "two\nlines\n", 0o600)
		refused(secret, "A=1", "more than one line")
		b.write(b.dir+"/token", "", 0o600)
		refused(secret, "A=1", "missing or empty")

		content := "A=0\n"
		b.reset(&content)
		b.must(set, 0, "")
		b.write(b.path, "A=2\n", 0o640)
		b.must(set, 3, "changed by somebody since the first attempt")
		b.must(undo, 3, "changed by somebody since")
		b.is("A=2\n", 0o640)
		if code, out := b.run("rm -rf \"$HOME/.belay\"; " + undo); code != 0 || !strings.Contains(out, "never changed") {
			t.Errorf("%d %s", code, out)
		}
		if code, out := b.run(undo, "EDIT_SHA=x"); code != 3 || !strings.Contains(out, "is gone") {
			t.Errorf("%d %s", code, out)
		}
		os.Rename(b.path, b.path+".real")
		os.Symlink(b.path+".real", b.path)
		b.must(set, 3, "symbolic link")
		b.must(undo, 3, "symbolic link")
		os.Remove(b.path)
		os.Mkdir(b.path, 0o755)
		b.must(set, 3, "not a regular file")
	})
}

// TestEditWithoutStat takes mode and owner from ls, as hosts without stat do.
func TestEditWithoutStat(t *testing.T) {
	inShells(t, func(t *testing.T, b *bench) {
		do, undo := edit(t, &FileEdit{Path: "etc/app.env", Set: map[string]FileValue{"A": {Value: "1"}}})
		was := "A=0\n"
		for _, mode := range []os.FileMode{0o754, 0o600, os.ModeSetgid | 0o710, os.ModeSetuid | 0o644} {
			b.reset(&was)
			b.write(b.path, was, mode)
			b.must("stat() { return 127; }\n"+do+undo, 0, "")
			if info, _ := os.Stat(b.path); info.Mode() != mode {
				t.Errorf("mode %v, want %v", info.Mode(), mode)
			}
		}
	})
}

func TestEditKeepsSecretsOutOfTheScript(t *testing.T) {
	do, undo := edit(t, &FileEdit{Path: "x", Set: map[string]FileValue{"A": {Secret: "TOKEN"}}})
	if !strings.Contains(do, `"$TOKEN_FILE"`) || strings.Contains(undo, "TOKEN") {
		t.Error("a secret must come from its file, and the undo needs none")
	}
}

func TestEditPreviewMasks(t *testing.T) {
	f := &FileEdit{Path: "x", Set: map[string]FileValue{"A": {Secret: "TOKEN"}, "B": {Value: "2"}}}
	before, after, err := EditPreview(f, []byte("A=old\nexport A=older\nB=1\n"), nil)
	if err != nil || string(before) != "A=‹hidden›\nexport A=‹hidden›\nB=1\n" || string(after) != "A=‹secret TOKEN›\nB=2\n" {
		t.Errorf("%v\n%s\n%s", err, before, after)
	}
}

func TestUndoPreviewMasks(t *testing.T) {
	f := &FileEdit{Path: "x", Set: map[string]FileValue{"A": {Secret: "TOKEN"}, "B": {Value: "2"}}}
	before, after, err := UndoPreview(f, []byte("A=new\nB=2\n"), []byte("A=old\nexport A=older\nB=1\n"))
	if err != nil || string(before) != "A=‹secret TOKEN›\nB=2\n" || string(after) != "A=‹hidden›\nexport A=‹hidden›\nB=1\n" {
		t.Errorf("%v\n%s\n%s", err, before, after)
	}
	if _, _, err := UndoPreview(f, nil, []byte("a\x00b")); err == nil {
		t.Error("NUL bytes are taken for text")
	}
}

// TestPreviewIsWhatTheScriptWrites runs edits at random in a real shell.
func TestPreviewIsWhatTheScriptWrites(t *testing.T) {
	shell, ok := shells(t)["dash"]
	if !ok {
		t.Skip("skipped: no dash on this machine")
	}
	b := newBench(t, shell)
	line := rapid.SampledFrom([]string{"A=1", "  A = x y", "export B=2", "#A=1", "A", "", " ", "B=", "C.d-e=3\r", "é=ü", "A=\\1 & \"q\" 'x'", "\tB=$A", "=", "."})
	text := rapid.Custom(func(t *rapid.T) string {
		s := strings.Join(rapid.SliceOfN(line, 0, 6).Draw(t, "lines"), "\n")
		return s + rapid.SampledFrom([]string{"", "\n"}).Draw(t, "end")
	})
	value := rapid.StringMatching(`[ -~é]{0,8}`)
	rapid.Check(t, func(r *rapid.T) {
		f := &FileEdit{Path: "etc/app.env"}
		current := text.Draw(r, "current")
		switch rapid.IntRange(0, 2).Draw(r, "way") {
		case 0:
			f.Set = map[string]FileValue{}
			for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C.d-e", "NEW"}), 1, 4, rapid.ID).Draw(r, "keys") {
				f.Set[key] = FileValue{Value: value.Draw(r, key)}
				if rapid.Bool().Draw(r, "secret") {
					f.Set[key] = FileValue{Secret: "TOKEN"}
				}
			}
		case 1:
			for range rapid.IntRange(1, 2).Draw(r, "texts") {
				f.Replace = append(f.Replace, Replace{rapid.SampledFrom([]string{"A", "1\n", "\\1 &", "ü", "B=", "x y\n"}).Draw(r, "old"), text.Draw(r, "new")})
			}
		default:
			f.Template = "t" + text.Draw(r, "template")
		}
		secret := "a" + value.Draw(r, "token")
		b.write(b.dir+"/token", secret+rapid.SampledFrom([]string{"", "\n"}).Draw(r, "newline"), 0o600)
		b.reset(&current)
		_, want, err := EditPreview(f, []byte(current), map[string]string{"TOKEN": secret})
		do, _ := edit(t, f)
		code, out := b.run(do)
		got, _ := os.ReadFile(b.path)
		switch {
		case err != nil && (code != 3 || string(got) != current):
			r.Fatalf("preview says %v, the script exits %d and leaves %q\n%s", err, code, got, out)
		case err == nil && (code != 0 || !bytes.Equal(got, want)):
			r.Fatalf("preview %q\nscript %q, exit %d\n%s", want, got, code, out)
		}
	})
}
