// Reading a script. The rule of this file: every text that is run comes
// through parse, a script as well as the words of eval, source and trap; what
// the evaluator does not know is refused here, before anything has run.
package shell

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Bounds of one text: the parser recurses on nesting, and the end of a Go
// stack cannot be recovered from.
const (
	maxText  = 4 << 20
	maxOpens = 20000
)

// maxTrees is how many parsed texts are kept.
const maxTrees = 512

type treeKey struct {
	text string
	bash bool
}

// parse gives the checked tree of a text. Trees are shared and never changed.
func (sys *System) parse(text, name string, bash bool) (*syntax.File, error) {
	key := treeKey{text, bash}
	sys.mu.Lock()
	file := sys.trees[key]
	sys.mu.Unlock()
	if file != nil {
		return file, nil
	}
	if len(text) > maxText || strings.Count(text, "(")+strings.Count(text, "{")+strings.Count(text, "`") > maxOpens {
		return nil, fmt.Errorf("the text is too long or too deeply nested for the embedded fleet")
	}
	lang := syntax.LangPOSIX
	if bash {
		lang = syntax.LangBash
	}
	file, err := syntax.NewParser(syntax.Variant(lang)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, fmt.Errorf("syntax error: %w", err)
	}
	if err := check(file, bash); err != nil {
		return nil, err
	}
	sys.mu.Lock()
	defer sys.mu.Unlock()
	if len(sys.trees) >= maxTrees || sys.trees == nil {
		sys.trees = map[treeKey]*syntax.File{}
	}
	sys.trees[key] = file
	return file, nil
}

// check refuses what the evaluator does not run, and takes brace expansion
// away from POSIX scripts: dash has none.
func check(file *syntax.File, bash bool) (err error) {
	refuse := func(n syntax.Node, what string) {
		if err == nil {
			err = fmt.Errorf("%s: %s is not supported in the embedded fleet", n.Pos(), what)
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.ProcSubst:
			refuse(n, "process substitution")
		case *syntax.CoprocClause:
			refuse(n, "coproc")
		case *syntax.ForClause:
			if n.Select {
				refuse(n, "select")
			}
			if words, ok := n.Loop.(*syntax.WordIter); ok && !bash {
				quoteBraces(words.Items)
			}
		case *syntax.Stmt:
			if n.Coprocess || n.Disown {
				refuse(n, "a coprocess")
			}
		case *syntax.FuncDecl:
			if n.Name == nil {
				refuse(n, "a function without a name")
			}
		case *syntax.CmdSubst:
			if n.TempFile || n.ReplyVar {
				refuse(n, "this command substitution")
			}
		case *syntax.CallExpr:
			if !bash {
				quoteBraces(n.Args)
			}
		case *syntax.DeclClause:
			if n.Variant.Value == "nameref" {
				refuse(n, "nameref")
			}
		}
		return err == nil
	})
	return err
}

// quoteBraces hides braces from the expansion.
func quoteBraces(words []*syntax.Word) {
	for _, w := range words {
		var parts []syntax.WordPart
		for _, part := range w.Parts {
			lit, ok := part.(*syntax.Lit)
			if !ok || !strings.Contains(lit.Value, "{") {
				parts = append(parts, part)
				continue
			}
			parts = append(parts, splitBraces(lit)...)
		}
		w.Parts = parts
	}
}

func splitBraces(lit *syntax.Lit) (parts []syntax.WordPart) {
	start := 0
	flush := func(end int) {
		if end > start {
			parts = append(parts, &syntax.Lit{ValuePos: lit.ValuePos, ValueEnd: lit.ValueEnd, Value: lit.Value[start:end]})
		}
	}
	for i := 0; i < len(lit.Value); i++ {
		switch lit.Value[i] {
		case '\\':
			i++
		case '{':
			flush(i)
			parts = append(parts, &syntax.SglQuoted{Left: lit.ValuePos, Right: lit.ValueEnd, Value: "{"})
			start = i + 1
		}
	}
	flush(len(lit.Value))
	return parts
}
