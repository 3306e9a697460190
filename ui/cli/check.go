package cli

// The rule of this file: findings go to stdout in the one form that editors
// and CI understand, FILE:LINE:COL: error|warning: text [rule].

import (
	"encoding/json"
	"strings"

	"github.com/spf13/cobra"

	pages "belay/docs/lint"
	"belay/steps"
	"belay/steps/lint"
)

// checked is check --json.
type checked struct {
	V        int            `json:"v"`
	File     string         `json:"file"`
	Errors   int            `json:"errors"`
	Warnings int            `json:"warnings"`
	Problems steps.Problems `json:"problems"`
	Hosts    []hostReport   `json:"hosts,omitempty"`
	Plan     *comparedPlan  `json:"plan,omitempty"` // of --refs
}

// comparedPlan says which written plan the runbook was held against.
type comparedPlan struct {
	File     string `json:"file"`
	Items    int    `json:"items"`
	Excepted int    `json:"excepted,omitempty"` // items that [refs] except lets be carried otherwise
}

func (p *program) checkVerb() *cobra.Command {
	connect, refs, rule := false, "", ""
	c := verb("check [flags]", "find what is wrong with a runbook, and with its hosts", noWords,
		func(c *cobra.Command, _ []string) error {
			if rule != "" {
				return p.explain(rule)
			}
			return p.check(c, connect, refs)
		})
	c.Long = `Check reads the runbook as a careful colleague would and prints what it finds, one line each:
FILE:LINE:COL: error|warning: text [rule]. A rule's page, with the reason and an example of both
kinds, is printed by --explain RULE; a step silences one with lint = { "RULE" = "why it is right
here" }; docs/lint has them all. With --connect it also asks every host: can it be
reached, as whom, is its host key known, what does the job wrapper miss there, is its clock right.
With --refs it also holds the runbook against the items of a written plan: none lost, none invented,
each carried by what can do it, on the hosts that the plan names (docs/format.md, "A written plan").
Exit code 1 when errors were found, 7 when a host cannot be reached or is not the one we know.`
	p.addBook(c)
	p.addAnswers(c)
	p.addState(c)
	p.addJSON(c)
	c.Flags().BoolVar(&connect, "connect", false, "also ask every host, in parallel, changing nothing")
	c.Flags().StringVar(&rule, "explain", "", "print the page of a `RULE` of the linter, and check nothing")
	_ = c.RegisterFlagCompletionFunc("explain", completeRule)
	c.Flags().StringVar(&refs, "refs", "", "also prove that every item of the plan in `FILE.tsv` is carried")
	return c
}

// explain prints the page of a rule.
func (p *program) explain(rule string) error {
	page := pages.Page(rule)
	if page == "" {
		return usage("docs/lint lists the rules; other messages say themselves what would be right",
			"the linter has no rule %q%s", rule, steps.Suggest(rule, ruleNames()))
	}
	p.say("%s", page)
	return nil
}

func ruleNames() (names []string) {
	for _, r := range lint.Rules() {
		names = append(names, r.ID)
	}
	return names
}

func completeRule(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return ruleNames(), cobra.ShellCompDirectiveNoFileComp
}

func (p *program) check(c *cobra.Command, connect bool, refs string) error {
	l, err := p.read(p.opt.file, lint.Check)
	if err != nil {
		return err
	}
	out := checked{V: 1, File: p.opt.file}
	if refs != "" {
		if out.Plan, err = p.checkRefs(l, refs); err != nil {
			return err
		}
	}
	out.Problems = l.problems
	for _, x := range l.problems {
		if x.Error {
			out.Errors++
		} else {
			out.Warnings++
		}
	}
	code := steps.CodeDone
	if out.Errors > 0 {
		code = steps.CodeFailed
	} else if err := p.checkEnv(l); err != nil {
		return err
	}
	if !p.opt.json {
		p.sayProblems(out)
	}
	if connect && out.Errors == 0 {
		var worst int
		if out.Hosts, worst, err = p.connect(c.Context(), l); err != nil {
			return err
		}
		code = steps.Worse(code, worst)
		if !p.opt.json {
			p.sayHosts(out.Hosts)
		}
	}
	if p.opt.json {
		if out.Problems == nil {
			out.Problems = steps.Problems{}
		}
		if err := p.sayJSON(out); err != nil {
			return err
		}
	}
	return quiet(code)
}

// checkRefs adds what the runbook does not carry of a plan to its problems, and
// gives what was compared: nothing where one of the two cannot be read.
func (p *program) checkRefs(l *loaded, name string) (*comparedPlan, error) {
	src, err := p.env.ReadFile(p.env.abs(name))
	if err != nil {
		return nil, usage("the plan's items, a row each: "+strings.Join(steps.ItemColumns, " "), "read the plan: %v", err)
	}
	plan, found := steps.LoadInventory(name, src)
	var out *comparedPlan
	if plan != nil && l.book != nil {
		found = steps.CheckRefs(l.book, plan)
		let := map[string]bool{}
		for _, x := range l.book.Refs.Except {
			let[x.ID] = true
		}
		out = &comparedPlan{name, len(plan.Items), len(let)}
	}
	l.problems = append(l.problems, found...).Sort()
	return out, nil
}

// checkEnv makes sure that -e and --set name something of the runbook.
func (p *program) checkEnv(l *loaded) error {
	rb, err := l.anyEnv(p.opt.env)
	if err != nil {
		return err
	}
	_, err = p.inputs(rb)
	return err
}

func (p *program) sayProblems(c checked) {
	for _, x := range c.Problems {
		p.say("%s\n", x)
	}
	if c.Plan != nil {
		p.say("%s: %s compared, %d with an exception\n", c.Plan.File, count(c.Plan.Items, "item"), c.Plan.Excepted)
	}
	switch {
	case c.Errors+c.Warnings == 0:
		p.say("%s: no errors, no warnings\n", c.File)
	default:
		p.say("%s: %s, %s\n", c.File, count(c.Errors, "error"), count(c.Warnings, "warning"))
	}
}

// sayJSON prints one document.
func (p *program) sayJSON(v any) error {
	e := json.NewEncoder(p.env.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
