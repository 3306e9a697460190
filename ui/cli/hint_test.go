package cli

// The rule of this file: whoever is refused is told what would work.

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryRefusalHasAHint holds it for every refusal that this package makes.
func TestEveryRefusalHasAHint(t *testing.T) {
	files := token.NewFileSet()
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	calls := 0
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name, at := "", 0
			if id, ok := call.Fun.(*ast.Ident); ok {
				name = id.Name
			}
			if name == "stop" {
				at = 1
			}
			if (name != "usage" && name != "stop") || len(call.Args) < at+2 {
				return true
			}
			calls++
			if hint, ok := call.Args[at].(*ast.BasicLit); ok && hint.Value == `""` {
				t.Errorf("%s: a refusal without a hint", files.Position(call.Pos()))
			}
			return true
		})
	}
	if calls < 50 {
		t.Errorf("only %d refusals were found", calls)
	}
}
