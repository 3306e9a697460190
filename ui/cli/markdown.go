package cli

// The rule of this file: the account as a page that reads well as text and as
// Markdown; a cell never breaks its table.

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

func writeMarkdown(w io.Writer, r runAccount) error {
	b := bufio.NewWriter(w)
	stamp := ""
	if r.Stamp != "" {
		stamp = r.Stamp + ": "
	}
	fmt.Fprintf(b, "# %s%s\n\n", stamp, cell(r.Run.Title))
	fmt.Fprintf(b, "- Run: %s, environment %s\n", r.Run.ID, environmentWord(r.Run.Env, r.Run.Kind))
	if r.Run.Speed > 0 {
		fmt.Fprintf(b, "- Speed: %gx (planned is the file's time, took is by the wall); faults: %s\n", r.Run.Speed, cell(orDash(strings.Join(r.Run.Faults, ", "))))
	}
	fmt.Fprintf(b, "- Began: %s, last event: %s\n", stampOf(r.Run.Began), stampOf(r.Run.Last))
	fmt.Fprintf(b, "- Operators: %s\n", cell(join(r.Operators)))
	fmt.Fprintf(b, "- Outcome: %s (exit code %d)\n", cell(r.Outcome), r.Run.Code)
	fmt.Fprintf(b, "- Journal: %d records, head `%s`\n", r.Run.Events, r.Head)
	for _, i := range r.Inputs {
		fmt.Fprintf(b, "- Input %s: `%s`\n", i.Name, cell(i.Value))
	}
	if len(r.Unrehearsed) > 0 {
		fmt.Fprintf(b, "\n## Never rehearsed on real hosts before this run\n\n| step | content |\n|---|---|\n")
		for _, u := range r.Unrehearsed {
			fmt.Fprintf(b, "| %s | `%.12s` |\n", cell(u.Step), u.Hash)
		}
	}
	b.WriteString("\n## Deviations\n\n")
	if len(r.Deviations) == 0 {
		b.WriteString("None.\n")
	}
	for _, d := range r.Deviations {
		fmt.Fprintf(b, "- %s %s (event %d)\n", d.At.Local().Format("01-02 15:04:05"), cell(d.Text), d.Seq)
	}
	for _, ph := range r.Phases {
		fmt.Fprintf(b, "\n## %s: %s\n\n", ph.ID, cell(ph.Title))
		if !ph.Opened.IsZero() {
			fmt.Fprintf(b, "Opened %s%s.\n\n", stampOf(ph.Opened), untilText(ph.Until))
		}
		writeTasks(b, ph.Tasks)
	}
	if len(r.Rollback) > 0 {
		b.WriteString("\n## Around the rollback\n\n")
		writeTasks(b, r.Rollback)
	}
	writeRest(b, r)
	return b.Flush()
}

func writeTasks(b *bufio.Writer, list []taskAccount) {
	b.WriteString("| step | host | title | refs | planned | took | state | exit codes | by |\n|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range list {
		state := first(t.waits, string(t.Status))
		if t.How != "" && t.How != steps.HowProven {
			state += ", " + t.How
		}
		if t.Reason != "" {
			state += because(t.Reason)
		}
		var codes, by []string
		for _, a := range t.Attempts {
			word := "no code"
			if a.Exit != nil {
				word = fmt.Sprint(*a.Exit)
			}
			if a.Undo {
				word = "undo " + word
			}
			codes = append(codes, word)
			if n := len(by); a.By != "" && (n == 0 || by[n-1] != a.By) {
				by = append(by, a.By)
			}
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", t.Step, t.Host, cell(t.Title), strings.Join(t.Refs, " "),
			span(t.Planned), span(t.Took), cell(state), strings.Join(codes, ", "), cell(strings.Join(by, ", ")))
	}
}

func writeRest(b *bufio.Writer, r runAccount) {
	if len(r.Clocks) > 0 {
		b.WriteString("\n## Clocks\n\n")
		for _, c := range r.Clocks {
			fmt.Fprintf(b, "- %s\n", cell(c.sentence()))
		}
	}
	writeTriggers(b, r.Triggers)
	if len(r.Measures) > 0 {
		b.WriteString("\n## Measures\n\n| measure | value | source | step |\n|---|---|---|---|\n")
		for _, m := range r.Measures {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", cell(m.Name), cell(strings.TrimSpace(m.Value+" "+m.Unit)), cell(m.Source), m.Task)
		}
	}
	if len(r.Documents) > 0 {
		b.WriteString("\n## Documents\n\n| document | step | bytes | sha256 | by | |\n|---|---|---|---|---|---|\n")
		for _, d := range r.Documents {
			fmt.Fprintf(b, "| %s | %s | %d | `%.12s` | %s | %s |\n", cell(d.Name), d.Task, d.Bytes, d.SHA256, cell(orDash(d.By)), cell(d.Note))
		}
	}
	if len(r.Kept) > 0 {
		b.WriteString("\n## Evidence kept before undos\n\n")
	}
	for _, k := range r.Kept {
		if k.File == "" {
			fmt.Fprintf(b, "- Nothing before %s on %s%s\n", k.Undo, k.Host, cell(because(k.Why)))
			continue
		}
		fmt.Fprintf(b, "- Kept before %s on %s: `%s`, sha256 `%.12s`\n", k.Undo, k.Host, cell(k.File), k.SHA256)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n## Notes\n\n")
		for _, n := range r.Notes {
			fmt.Fprintf(b, "- %s %s%s\n", n.At.Local().Format("01-02 15:04"), first(n.Task+" ", ""), cell(n.Text))
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

// cell makes a text safe for a table: one line, inert, no bar that is not ours.
func cell(s string) string {
	return strings.ReplaceAll(tail.Inert(strings.Join(strings.Fields(s), " ")), "|", `\|`)
}

func span(d steps.Duration) string {
	if d == 0 {
		return ""
	}
	return d.D().Round(100 * time.Millisecond).String()
}

func stampOf(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }
