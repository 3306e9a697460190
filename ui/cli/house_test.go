package cli

// The rule of this file: the arrows of the house and its sizes are held by a
// test and not by goodwill. docs/architecture.md has the same table for people.

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// room is what a package may import: of ours, and of others by module path.
// The standard library is open to all, but for what pure rooms are denied.
type room struct {
	ours, outside []string
}

const (
	xssh  = "golang.org/x/crypto/ssh"
	msh   = "mvdan.cc/sh/v3"
	xansi = "github.com/charmbracelet/x/ansi"
	diff  = "github.com/aymanbagabas/go-udiff"
)

// house is the table of the rooms. Everyone may also import runner/job, which
// imports nothing of ours.
var house = map[string]room{
	"belay":                            {ours: []string{"ui/cli"}},
	"belay/steps":                      {outside: []string{"github.com/BurntSushi/toml", "github.com/pelletier/go-toml/v2/unstable"}},
	"belay/steps/lint":                 {ours: []string{"steps"}, outside: []string{msh + "/syntax"}},
	"belay/steps/schema":               {},
	"belay/docs/lint":                  {},
	"belay/steps/schema/gen":           {ours: []string{"steps"}, outside: []string{"github.com/invopop/jsonschema"}},
	"belay/runner":                     {ours: []string{"steps", "runner/tail", "runner/probe"}},
	"belay/runner/job":                 {},
	"belay/runner/journal":             {outside: []string{"github.com/gofrs/flock"}},
	"belay/runner/remote":              {outside: []string{xssh, "github.com/kevinburke/ssh_config", "github.com/skeema/knownhosts"}},
	"belay/runner/remote/sshdtest":     {outside: []string{xssh}},
	"belay/runner/local":               {outside: []string{"golang.org/x/sys/unix"}},
	"belay/runner/tail":                {outside: []string{xansi}},
	"belay/runner/probe":               {outside: []string{"github.com/itchyny/gojq"}},
	"belay/runner/rehearsal":           {ours: rehearsalRooms, outside: []string{xssh, "github.com/gofrs/flock", "golang.org/x/sys/unix"}},
	"belay/runner/rehearsal/files":     {},
	"belay/runner/rehearsal/process":   {ours: rehearsalRooms},
	"belay/runner/rehearsal/shell":     {ours: rehearsalRooms, outside: []string{msh}},
	"belay/runner/rehearsal/command":   {ours: rehearsalRooms, outside: []string{diff, "github.com/benhoyt/goawk", "github.com/itchyny/gojq"}},
	"belay/runner/rehearsal/world":     {ours: rehearsalRooms},
	"belay/runner/rehearsal/jobs":      {ours: rehearsalRooms},
	"belay/runner/rehearsal/sshd":      {ours: rehearsalRooms, outside: []string{xssh}},
	"belay/runner/rehearsal/fleetsh":   {ours: append([]string{"runner/rehearsal"}, rehearsalRooms...)},
	"belay/runner/rehearsal/fleettest": {},
	"belay/ui/style":                   {outside: []string{"charm.land/lipgloss/v2"}},
	"belay/ui/pane":                    {ours: []string{"ui/style", "steps", "runner/tail", "runner/probe"}, outside: []string{"charm.land/lipgloss/v2", xansi, diff, msh + "/syntax"}},
	"belay/ui/dialog":                  {ours: []string{"ui/style", "steps"}, outside: []string{"charm.land/bubbles/v2/key", xansi}},
	"belay/ui/screentest":              {outside: []string{xansi}},
	"belay/ui/screentest/picture":      {outside: []string{xansi}},
	"belay/ui/cli/terminal":            {}, // tests alone
	"belay/ui": {ours: []string{"ui/style", "ui/pane", "ui/dialog", "runner", "runner/tail", "steps"},
		outside: []string{"charm.land/bubbletea/v2", "charm.land/bubbles/v2", "charm.land/lipgloss/v2", "github.com/charmbracelet/colorprofile", xansi}},
	"belay/ui/cli": {ours: []string{"*"}, outside: []string{"github.com/BurntSushi/toml", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/invopop/jsonschema",
		xssh, "golang.org/x/term", "golang.org/x/sync/errgroup", "golang.org/x/sys/unix", "charm.land/bubbletea/v2"}},
}

var rehearsalRooms = []string{"runner/rehearsal/files", "runner/rehearsal/process", "runner/rehearsal/shell",
	"runner/rehearsal/command", "runner/rehearsal/world", "runner/rehearsal/jobs", "runner/rehearsal/sshd"}

// denied are parts of the standard library that would make a pure room impure.
var denied = map[string][]string{
	"belay/steps":    {"os", "os/exec", "net", "net/http", "context", "log", "log/slog", "io/ioutil", "path/filepath", "math/rand", "math/rand/v2", "crypto/rand"},
	"belay/ui/pane":  {"os", "os/exec", "net", "context"},
	"belay/ui/style": {"os", "os/exec", "net", "context"},
}

// never is what a room must not reach through others either.
var never = map[string][]string{
	"belay/steps":  {"belay/runner", xssh},
	"belay/runner": {"belay/ui", "belay/runner/journal", "belay/runner/remote", "belay/runner/rehearsal", xssh},
	"belay/ui":     {"belay/ui/cli", "belay/runner/journal", "belay/runner/remote", "belay/runner/rehearsal", "belay/runner/local", xssh},
}

// forTests may be imported by tests alone.
var forTests = []string{"belay/runner/remote/sshdtest", "belay/runner/rehearsal/fleettest", "belay/ui/screentest"}

type listed struct {
	ImportPath, Dir string
	Imports, Deps   []string
	Standard        bool
}

func packages(t *testing.T) (ours []listed, standard map[string]bool) {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Imports,Deps,Standard", "belay/...")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("go list: %v", err)
	}
	standard = map[string]bool{}
	for d := json.NewDecoder(out); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch {
		case p.Standard:
			standard[p.ImportPath] = true
		case p.ImportPath == "belay" || strings.HasPrefix(p.ImportPath, "belay/"):
			ours = append(ours, p)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return ours, standard
}

func TestArrows(t *testing.T) {
	ours, standard := packages(t)
	if len(ours) < 10 {
		t.Fatalf("go list found %d packages only", len(ours))
	}
	for _, p := range ours {
		r, known := house[p.ImportPath]
		if !known {
			t.Errorf("%s is in no row of the table", p.ImportPath)
			continue
		}
		for _, i := range p.Imports {
			if why := r.refuses(p.ImportPath, i, standard); why != "" {
				t.Errorf("%s imports %s: %s", p.ImportPath, i, why)
			}
		}
		for _, far := range never[p.ImportPath] {
			if slices.Contains(p.Deps, far) {
				t.Errorf("%s reaches %s through what it imports", p.ImportPath, far)
			}
		}
	}
}

// refuses says why a room may not import a package.
func (r room) refuses(from, path string, standard map[string]bool) string {
	switch local, isOurs := strings.CutPrefix(path, "belay/"); {
	case standard[path] && slices.Contains(denied[from], path):
		return "this room is pure"
	case standard[path]:
		return ""
	case slices.Contains(forTests, path):
		return "it is for tests alone"
	case isOurs && (local == "runner/job" || slices.Contains(r.ours, local) || slices.Contains(r.ours, "*")):
		return ""
	case isOurs:
		return "there is no such arrow"
	}
	for _, m := range r.outside {
		if path == m || strings.HasPrefix(path, m+"/") {
			return ""
		}
	}
	return "not in the room's list of libraries"
}

// Limits of a file and of a function, in lines.
const (
	maxFile     = 400
	maxFunction = 60
)

// tables are longer than a function may be, since they are flat lists.
var tables = map[string]bool{}

var badNames = regexp.MustCompile(`(?i)^(util|utils|common|helper|helpers|manager|managers|misc)$`)

// root is the folder of go.mod.
const root = "../.."

func TestSizes(t *testing.T) {
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := strings.TrimSuffix(d.Name(), ".go")
		if badNames.MatchString(base) {
			t.Errorf("%s: a name that says nothing", path)
		}
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "bin"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(files, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		measure(t, files, path, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func measure(t *testing.T, files *token.FileSet, path string, f *ast.File) {
	if n := files.File(f.Pos()).LineCount(); n > maxFile {
		t.Errorf("%s has %d lines, at most %d", path, n, maxFile)
	}
	if len(f.Decls) > 0 && (len(f.Comments) == 0 || f.Comments[0].Pos() > firstDecl(f)) {
		t.Errorf("%s does not open with its rule", path)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		n := files.Position(fn.End()).Line - files.Position(fn.Pos()).Line + 1
		if n > maxFunction && !tables[f.Name.Name+"."+fn.Name.Name] {
			t.Errorf("%s: %s has %d lines, at most %d", path, fn.Name.Name, n, maxFunction)
		}
	}
}

// firstDecl is where the first declaration that is no import stands.
func firstDecl(f *ast.File) token.Pos {
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); !ok || g.Tok != token.IMPORT {
			return d.Pos()
		}
	}
	return f.End()
}

// TestNoClock: time comes into the pure room on the case, and no other way.
func TestNoClock(t *testing.T) {
	files := token.NewFileSet()
	paths, err := filepath.Glob(filepath.Join(root, "steps", "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if x, isName := (*ast.Ident)(nil), false; ok {
				x, isName = s.X.(*ast.Ident)
				if isName && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker"}, s.Sel.Name) {
					t.Errorf("%s: time.%s", files.Position(s.Pos()), s.Sel.Name)
				}
			}
			return true
		})
	}
}
