// Package pages holds what this folder says about each rule of the linter, for
// operators who have the binary and nothing else. The pages are checked by the
// tests of steps/lint, which carry out their examples.
package pages

import "embed"

//go:embed *.md
var files embed.FS

// Page gives the page of a rule as Markdown, or "" when there is none.
func Page(rule string) string {
	b, err := files.ReadFile(rule + ".md")
	if err != nil || rule == "README" {
		return ""
	}
	return string(b)
}
