package cli

// The rule of this file: the account as a page that reads well as text and as
// Markdown; a cell never breaks its table, and a script never its fence.

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"belay/runner/tail"
	"belay/steps"
)

func writeMarkdown(w io.Writer, r runAccount) error {
	b := bufio.NewWriter(w)
	writeHead(b, r)
	writeDeviations(b, r.Deviations)
	for _, ph := range r.Phases {
		fmt.Fprintf(b, "\n## %s: %s\n\n", ph.ID, cell(ph.Title))
		if line := ph.clock(); line != "" {
			fmt.Fprintf(b, "%s.\n\n", line)
		}
		if n := len(ph.Tasks); n > 0 && ph.assumed() {
			fmt.Fprintf(b, "All of it, %s, is assumed: taken as done before this run.\n", count(n, "task"))
			continue
		}
		writeTasks(b, ph.Tasks)
		writeBaselines(b, ph.Baselines)
		writeWords(b, ph.Tasks)
	}
	if len(r.Rollback) > 0 {
		b.WriteString("\n## Around the rollback\n\n")
		writeTasks(b, r.Rollback)
		writeWords(b, r.Rollback)
	}
	writeRest(b, r)
	writeAttempts(b, r)
	writeScripts(b, r.Scripts)
	return b.Flush()
}

func writeHead(b *bufio.Writer, r runAccount) {
	stamp := ""
	if r.Stamp != "" {
		stamp = r.Stamp + ": "
	}
	fmt.Fprintf(b, "# %s%s\n\n", stamp, cell(r.Run.Title))
	fmt.Fprintf(b, "- Run: %s, environment %s\n", r.Run.ID, environmentWord(r.Run.Env, r.Run.Kind))
	if r.Run.Kind == steps.Embedded {
		b.WriteString("- Nothing here is of a real server: the fleet is simulated, figures and answers marked *invented* are the runbook's own or nobody's\n")
	}
	if r.Run.Speed > 0 {
		fmt.Fprintf(b, "- Speed: %gx (planned is the file's time, took is by the wall); faults: %s\n", r.Run.Speed, cell(orDash(strings.Join(r.Run.Faults, ", "))))
	}
	fmt.Fprintf(b, "- Began: %s, last event: %s\n", stampOf(r.Run.Began), stampOf(r.Run.Last))
	fmt.Fprintf(b, "- Operators: %s\n", cell(join(r.Operators)))
	for _, d := range r.Drove {
		fmt.Fprintf(b, "- From %s: %s drives%s\n", timeOf(d.At), cell(d.Driver), withPartner(d.Partner))
	}
	fmt.Fprintf(b, "- Outcome: %s (exit code %d)\n", cell(r.Outcome), r.Run.Code)
	fmt.Fprintf(b, "- Journal: %d records, head `%s`\n", r.Run.Events, r.Head)
	for _, i := range r.Inputs {
		fmt.Fprintf(b, "- Input %s: `%s`%s%s\n", i.Name, cell(i.Value), said(cell(i.By), ""), inventedMark(i.Invented))
	}
	if len(r.Unrehearsed) > 0 {
		fmt.Fprintf(b, "\n## Never rehearsed on real hosts before it was taken\n\n| step | content |\n|---|---|\n")
		for _, u := range r.Unrehearsed {
			fmt.Fprintf(b, "| %s | `%.12s` |\n", cell(u.Step), u.Hash)
		}
	}
}

// writeDeviations lists what was not as planned. What is assumed of the time
// before the run is one line, however many tasks it is about, and so is what a
// trigger said again and again.
func writeDeviations(b *bufio.Writer, list []deviation) {
	b.WriteString("\n## Deviations\n\n")
	assumed, again := 0, repeats(list)
	for i, d := range list {
		switch last, n := list[again[i].last], again[i].times; {
		case slices.Contains(d.Kinds, "assumed"):
			assumed++
		case n == 0: // it stands where it was said first
		case n == 1:
			fmt.Fprintf(b, "- %s **%s** %s (event %d)\n", timeOf(d.At), strings.Join(d.Kinds, ", "), cell(d.Text), d.Seq)
		default:
			fmt.Fprintf(b, "- %s **%s** %s (event %d; %d times, the last %s, event %d)\n", timeOf(d.At), strings.Join(d.Kinds, ", "), cell(d.Text), d.Seq,
				n, timeOf(last.At), last.Seq)
		}
	}
	if assumed > 0 {
		fmt.Fprintf(b, "- **assumed** %s taken as done before this run; what they would have captured is invented\n", count(assumed, "task"))
	}
	if len(list) == 0 {
		b.WriteString("None.\n")
	}
}

// repeat is how often a deviation was said, and which was the last of them.
type repeat struct{ times, last int }

// repeats counts what triggers said in the same words: at the first of them, and
// none at the others.
func repeats(list []deviation) []repeat {
	out, first := make([]repeat, len(list)), map[string]int{}
	for i, d := range list {
		at := i
		if slices.Contains(d.Kinds, "trigger") {
			if was, ok := first[d.Text]; ok {
				at = was
			}
			first[d.Text] = at
		}
		out[at].times++
		out[at].last = i
	}
	return out
}

// assumed reports whether nothing of a phase was done in this run.
func (ph phaseAccount) assumed() bool {
	for _, t := range ph.Tasks {
		if t.How != steps.HowAssumed && t.Status != steps.TaskSkipped {
			return false
		}
	}
	return true
}

// clock says when a phase went on, beside what was planned.
func (ph phaseAccount) clock() string {
	var out []string
	if !ph.Opened.IsZero() {
		out = append(out, "Opened "+stampOf(ph.Opened)+untilText(ph.Until))
	}
	if !ph.Ended.IsZero() {
		out = append(out, "ended "+stampOf(ph.Ended))
	}
	switch {
	case ph.Planned > 0 && ph.AtLeast:
		out = append(out, "planned at least "+span(ph.Planned))
	case ph.Planned > 0:
		out = append(out, "planned "+span(ph.Planned))
	}
	if ph.Took > 0 {
		out = append(out, "took "+span(ph.Took))
	}
	return strings.Join(out, ", ")
}

func writeTasks(b *bufio.Writer, list []taskAccount) {
	b.WriteString("| step | host | title | refs | began | planned | took | state | exit codes | by |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, t := range list {
		state := first(t.waits, string(t.Status))
		if t.Reopened {
			state = "done before the rollback, new again"
		}
		if t.How != "" && t.How != steps.HowProven {
			state += ", " + t.How
		}
		if t.Reason != "" {
			state += because(t.Reason)
		}
		var codes []string
		for _, a := range t.Attempts {
			codes = append(codes, a.code())
		}
		began := ""
		if !t.Began.IsZero() {
			began = timeOf(t.Began)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", t.Step, t.Host, cell(t.Title), strings.Join(t.Refs, " "),
			began, span(t.Planned), span(t.Took), cell(state), strings.Join(codes, ", "), cell(strings.Join(t.By, ", ")))
	}
}

// code is how an attempt ended, in a word.
func (a attemptAccount) code() string {
	word := "no code"
	if a.Exit != nil {
		word = fmt.Sprint(*a.Exit)
	}
	if a.Undo {
		word = "undo " + word
	}
	return word
}

// writeWords tells who said what of which task and on what evidence, in order.
func writeWords(b *bufio.Writer, list []taskAccount) {
	var all []word
	for _, t := range list {
		all = append(all, t.Words...)
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(x, y word) int { return int(x.Seq - y.Seq) })
	b.WriteString("\nWho said what, and what was seen:\n\n")
	for i, w := range all {
		if i > 0 && all[i-1].Seq == w.Seq {
			continue // one event of several tasks
		}
		fmt.Fprintf(b, "- %s %s%s\n", timeOf(w.At), cell(w.Text), inventedMark(w.Invented))
		writeSeen(b, w.Evidence)
	}
}

func writeBaselines(b *bufio.Writer, list []seen) {
	if len(list) == 0 {
		return
	}
	b.WriteString("\nWhat was read when it opened, to compare with:\n\n")
	writeSeen(b, list)
}

func writeSeen(b *bufio.Writer, list []seen) {
	for _, s := range list {
		line := string(s.Verdict) + onHost(s.Host) + ": " + orDash(s.Text)
		if s.Title != "" {
			line = string(s.Verdict) + ": " + s.Title + onHost(s.Host) + ", " + orDash(s.Text)
		}
		if s.Want != "" {
			line += ", want " + s.Want
		}
		if s.Verdict != steps.Green && s.Why != s.Text {
			line += because(s.Why)
		}
		if !s.At.IsZero() {
			line += ", seen " + s.At.Local().Format(time.TimeOnly)
		}
		fmt.Fprintf(b, "  - %s\n", cell(line))
	}
}

// inventedMark labels what a rehearsal made up.
func inventedMark(invented bool) string {
	if invented {
		return " *invented*"
	}
	return ""
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

// timeOf is a time among others of one run.
func timeOf(t time.Time) string { return t.Local().Format("01-02 15:04:05") }
