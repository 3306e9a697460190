package cli

// The rule of this file: the plan shows what would run, byte for byte, so that
// two people can read it before anything does.

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"belay/runner/tail"
	"belay/steps"
)

// planned is plan --json.
type planned struct {
	V     int                 `json:"v"`
	File  string              `json:"file"`
	Title string              `json:"title"`
	Hash  string              `json:"hash"`
	Env   string              `json:"env"`
	Kind  steps.EnvKind       `json:"kind"`
	Tasks []steps.PlannedTask `json:"tasks"`
}

func (p *program) planVerb() *cobra.Command {
	c := verb("plan [flags]", "print every task in order, fully rendered", noWords,
		func(*cobra.Command, []string) error { return p.plan() })
	c.Long = `Plan prints every task in the order in which it would be carried out: host, script, check, verify,
undo; what a rollback does around the undos comes last. What only a run can know stays $NAME; an
input can be given with --set. Without -e it takes the only live environment, else the file as it is.`
	p.addBook(c)
	p.addAnswers(c)
	p.addState(c)
	p.addJSON(c)
	return c
}

func (p *program) plan() error {
	l, err := p.sound(p.opt.file)
	if err != nil {
		return err
	}
	rb, err := l.anyEnv(p.opt.env)
	if err != nil {
		return err
	}
	answers, err := p.inputs(rb)
	if err != nil {
		return err
	}
	tasks := steps.Plan(rb, answers)
	if p.opt.json {
		return p.sayJSON(planned{1, p.opt.file, rb.Title, rb.Hash, rb.Env, rb.Kind, tasks})
	}
	p.say("%s, %s, %s\n", tail.Inert(rb.Title), environmentWord(rb.Env, rb.Kind), count(len(tasks), "task"))
	for i, t := range tasks {
		p.say("\n%d. %s\n", i+1, taskHeading(t))
		var b strings.Builder
		renderTask(&b, t)
		p.say("%s", b.String())
	}
	return nil
}

func taskHeading(t steps.PlannedTask) string {
	out := fmt.Sprintf("%s@%s  %s  (%s, %s", t.Step, t.Host, tail.Inert(t.Title), t.Phase, t.Kind)
	if t.Block != "" {
		out += ", block " + t.Block
	}
	if t.Batches > 0 {
		out += fmt.Sprintf(", batch %d of %d", t.Batch, t.Batches)
	}
	if t.MaxFailures > 0 {
		out += fmt.Sprintf(", max_failures %d", t.MaxFailures)
	}
	if t.Danger > steps.Unset {
		out += ", danger " + t.Danger.String()
	}
	if t.Confirm > max(t.Danger, steps.None) {
		out += ", confirmed as " + t.Confirm.String()
	}
	return out + ")"
}

func renderTask(b *strings.Builder, t steps.PlannedTask) {
	field := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "   %-9s %s\n", name, tail.Inert(text))
		}
	}
	block := func(name, text string) { renderText(b, name, text) }
	field("left out", t.Left)
	field("needs", strings.Join(t.Needs, ", "))
	field("refs", strings.Join(t.Refs, " "))
	block("note", t.Note)
	block("text", t.Text)
	field("dir", t.Dir)
	for _, pair := range t.Env {
		if name, _, _ := strings.Cut(pair, "="); uses(t, name) {
			field("variable", pair)
		}
	}
	for _, s := range t.Secrets {
		field("secret", s+" as the file $"+s+"_FILE")
	}
	field("captures", strings.Join(t.Captures, ", "))
	renderFile(b, t.File)
	renderEvidence(b, "check", t.Check)
	if t.Script != "" {
		block("script", fmt.Sprintf("# %s, timeout %s\n%s", t.Shell, t.Timeout, t.Script))
	}
	for i := range t.Evidence {
		renderEvidence(b, "evidence", &t.Evidence[i])
	}
	if s := t.Soak; s != nil {
		field("soak", fmt.Sprintf("for %s, deadline %s, on red %s, on stale %s", s.For, s.Deadline, s.OnRed, s.OnStale))
	}
	renderEvidence(b, "verify", t.Verify)
	if u := t.Undo; u != nil {
		field("undo dir", u.Dir)
		block("undo", strings.TrimSpace(u.Text+"\n"+u.Script))
		renderEvidence(b, "undone if", u.Verify)
	}
	field("no undo", t.NoUndo)
	field("no return", t.NoReturn)
}

// uses reports whether a task's texts name a variable.
func uses(t steps.PlannedTask, name string) bool {
	texts := []string{t.Script}
	if t.Undo != nil {
		texts = append(texts, t.Undo.Script)
	}
	for _, e := range append([]steps.PlannedEvidence{}, t.Evidence...) {
		texts = append(texts, e.Script)
	}
	for _, e := range []*steps.PlannedEvidence{t.Check, t.Verify} {
		if e != nil {
			texts = append(texts, e.Script)
		}
	}
	for _, text := range texts {
		if strings.Contains(text, "$"+name) || strings.Contains(text, "${"+name) {
			return true
		}
	}
	return false
}

func renderFile(b *strings.Builder, f *steps.PlannedFile) {
	if f == nil {
		return
	}
	fmt.Fprintf(b, "   %-9s %s\n", "file", tail.Inert(strings.TrimSpace(f.Path+" "+f.Mode)))
	for _, k := range sorted(f.Set) {
		fmt.Fprintf(b, "   %-9s %s=%s\n", "set", k, tail.Inert(f.Set[k]))
	}
	for _, r := range f.Replace {
		renderText(b, "replace", r.Old)
		renderText(b, "by", r.New)
	}
	renderText(b, "template", f.Template)
}

func renderEvidence(b *strings.Builder, name string, e *steps.PlannedEvidence) {
	if e == nil {
		return
	}
	var parts []string
	for _, x := range [][2]string{{"", e.Title}, {"on ", strings.Join(e.Hosts, ", ")}, {"probe ", e.Probe}, {"path ", e.Path},
		{"want ", e.Want}, {"sign-off of the ", e.SignOff}, {"no older than ", duration(e.MaxAge)},
		{"stable for ", duration(e.Stable)}, {"timeout ", duration(e.Timeout)}} {
		if x[1] != "" {
			parts = append(parts, x[0]+x[1])
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(b, "   %-9s %s\n", name, tail.Inert(strings.Join(parts, ", ")))
		name = ""
	}
	renderText(b, name, e.Script)
}

func duration(d steps.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

// renderText prints a text of several lines beside its name.
func renderText(b *strings.Builder, name, text string) {
	if text == "" {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		fmt.Fprintf(b, "   %-9s | %s\n", name, tail.Project([]byte(line)).Text)
		name = ""
	}
}
