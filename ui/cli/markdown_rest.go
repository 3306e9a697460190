package cli

// The rule of this file: behind the phases stands what belongs to none of them,
// and what a reader checks rather than reads: attempts, digests, scripts.

import (
	"bufio"
	"fmt"
	"strings"

	"belay/runner/tail"
	"belay/steps"
)

func writeRest(b *bufio.Writer, r runAccount) {
	writeYeses(b, r.SecondYeses)
	if len(r.Clocks) > 0 {
		b.WriteString("\n## Clocks\n\n")
		for _, c := range r.Clocks {
			fmt.Fprintf(b, "- %s\n", cell(c.sentence()))
		}
	}
	writeTriggers(b, r.Triggers)
	writeFigures(b, r)
	if len(r.Documents) > 0 {
		b.WriteString("\n## Documents\n\n| document | step | bytes | sha256 | by | |\n|---|---|---|---|---|---|\n")
		for _, d := range r.Documents {
			fmt.Fprintf(b, "| %s | %s | %d | `%.12s` | %s | %s |\n", cell(d.Name), d.Task, d.Bytes, d.SHA256, cell(orDash(d.By)), cell(d.Note))
		}
	}
	writeKept(b, r.Kept)
	if len(r.Notes) > 0 {
		b.WriteString("\n## Notes\n\n")
		for _, n := range r.Notes {
			fmt.Fprintf(b, "- %s %s%s%s\n", timeOf(n.At), first(n.Task+" ", ""), cell(n.Text+n.File.wrong()), said(cell(n.By), ""))
		}
	}
	writeAtHand(b, r.AtHand)
	if len(r.Hosts) > 0 {
		b.WriteString("\n## Hosts\n\n| host | name | machine-id | host key |\n|---|---|---|---|\n")
		for _, h := range r.Hosts {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", h.Host, cell(h.Hostname), cell(orDash(h.MachineID)), cell(orDash(h.HostKey)))
		}
	}
}

// writeYeses lists what a second person agreed to, and what that is worth.
func writeYeses(b *bufio.Writer, list []secondYes) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n## Second yeses\n\nIn one shared screen nobody can prove who typed. How each was given is all that is known of it.\n\n" +
		"| time | by | for | task | attempt | level | how |\n|---|---|---|---|---|---|---|\n")
	for _, y := range list {
		n := ""
		if y.N > 0 {
			n = fmt.Sprint(y.N)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", timeOf(y.At), cell(y.By), cell(y.For), y.Task, n, y.Level, cell(y.How))
	}
}

// writeFigures lists what was measured, and what that says of the criteria.
func writeFigures(b *bufio.Writer, r runAccount) {
	if len(r.Measures) > 0 {
		b.WriteString("\n## Measures\n\n| measure | as | value | source | by | time | step |\n|---|---|---|---|---|---|---|\n")
		for _, m := range r.Measures {
			fmt.Fprintf(b, "| %s | %s | %s%s | %s | %s | %s | %s |\n", cell(m.Name), m.As, cell(strings.TrimSpace(m.Value+" "+m.Unit)), inventedMark(m.Invented),
				cell(m.Source), cell(first(m.By, "its script")), timeOf(m.At), m.Task)
		}
	}
	if len(r.Criteria) > 0 {
		b.WriteString("\n## Criteria\n\n| criterion | verdict | because | success | failed | refs |\n|---|---|---|---|---|---|\n")
		for _, k := range r.Criteria {
			fmt.Fprintf(b, "| %s | **%s** | %s | %s %s | %s | %s |\n", cell(k.Title), k.Verdict, cell(k.Why), cell(k.Measure), cell(k.Success),
				cell(k.Failed), strings.Join(k.Refs, " "))
		}
	}
}

func writeKept(b *bufio.Writer, list []keptFile) {
	if len(list) > 0 {
		b.WriteString("\n## Evidence kept before undos\n\n")
	}
	for _, k := range list {
		if k.File == "" {
			fmt.Fprintf(b, "- Nothing before %s on %s%s\n", k.Undo, k.Host, cell(because(k.Why)))
			continue
		}
		fmt.Fprintf(b, "- Kept before %s on %s: `%s`, sha256 `%.12s`\n", k.Undo, k.Host, cell(k.File), k.SHA256)
	}
}

// writeAttempts lists every attempt with what identifies it: the script that it
// ran, and the digest of what it printed.
func writeAttempts(b *bufio.Writer, r runAccount) {
	var all []attemptAccount
	for _, ph := range r.Phases {
		for _, t := range ph.Tasks {
			all = append(all, t.Attempts...)
		}
	}
	for _, t := range r.Rollback {
		all = append(all, t.Attempts...)
	}
	if len(all) == 0 {
		return
	}
	b.WriteString("\n## Attempts\n\nScripts are named by the SHA-256 of their content; outputs lie in the run directory.\n\n" +
		"| attempt | began | took | exit | confirmed | by | script | output | bytes | sha256 of the output |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, a := range all {
		out := outputAccount{}
		if a.Output != nil {
			out = *a.Output
		}
		bytes := ""
		if a.Output != nil {
			bytes = fmt.Sprint(out.Bytes)
		}
		if out.Masked > 0 {
			bytes += fmt.Sprintf(", %s replaced", count(out.Masked, "secret"))
		}
		if out.Shrunk {
			bytes += ", cut by the host while it was read"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | `%.12s` | %s | %s | `%s` |\n", short(a.ID), timeOf(a.Began), span(a.Took), cell(a.code()+because(a.Why)),
			strings.TrimSpace(a.Level.String()+" "+a.How), cell(a.who()), a.Script, cell(out.File), bytes, out.SHA256)
	}
}

// who acted, and how.
func (a attemptAccount) who() string {
	return strings.TrimPrefix(byText(steps.Confirmation{How: "key", By: a.By, Approver: a.Approver, Single: a.Single}), ", by ")
}

// writeScripts prints every script that was sent, in a fence that none of its
// lines can close.
func writeScripts(b *bufio.Writer, list []sentScript) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\n## Scripts, as they were sent\n\nEach runs under `set -eu`. Values reach them as variables, secrets as files.\n")
	for _, s := range list {
		what := s.Step
		if s.Undo {
			what = "undo of " + s.Step
		}
		fmt.Fprintf(b, "\n### %s\n\n`%.12s` from %s, by %s, in %s, timeout %s\n\n", what, s.Script, s.Runbook, s.Shell, cell(first(s.Dir, "the home folder")), s.Timeout)
		fence := "```"
		for strings.Contains(s.Text, fence) {
			fence += "`"
		}
		fmt.Fprintf(b, "%s%s\n", fence, s.Shell)
		for line := range strings.Lines(s.Text) {
			fmt.Fprintln(b, tail.Project([]byte(strings.TrimRight(line, "\n"))).Text)
		}
		fmt.Fprintln(b, fence)
	}
}
