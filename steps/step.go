package steps

// The rule of this file: the types of one step, field for field, under the rule
// of runbook.go.

// Kind of a step.
type Kind string

// Kinds of steps.
const (
	Command  Kind = "command"
	Manual   Kind = "manual"
	Gate     Kind = "gate"
	Soak     Kind = "soak"
	Measure  Kind = "measure"
	Edit     Kind = "edit"
	Document Kind = "document"
)

// Step is one entry of a phase or of the rollback.
type Step struct {
	// ID, unique in the file.
	ID string `toml:"id"`
	// Title in a few words; default: the id.
	Title string `toml:"title"`
	// Kind: command (default), manual, gate, soak, measure, edit or document.
	Kind Kind `toml:"kind"`
	// On: a host or a group; default local.
	On string `toml:"on"`
	// Block: neighbours of one block are carried out host by host, or in batches.
	Block string `toml:"block"`
	// Batch: how many hosts go together, one batch after the other, such as [1, 5, "20%"]; the last repeats.
	Batch []BatchSize `toml:"batch"`
	// MaxFailures: hosts in trouble that the next batch passes over; default 0.
	MaxFailures int `toml:"max_failures"`
	// Needs: steps that must be done before.
	Needs []string `toml:"needs"`
	// Free: may be done out of the file's order.
	Free bool `toml:"free"`
	// Refs to items of the plan that this step carries.
	Refs []string `toml:"refs"`
	// Note: what the operator should know; where this differs from the plan, why.
	Note string `toml:"note"`
	// Text of a manual step: what a person does.
	Text string `toml:"text"`
	// Danger: none, low, med, high or critical.
	Danger Danger `toml:"danger"`
	// Confirm may raise the level of confirmation above the danger.
	Confirm Danger `toml:"confirm"`
	// Dir the script runs in; $NAME is expanded.
	Dir string `toml:"dir"`
	// Shell: sh (default) or bash.
	Shell string `toml:"shell"`
	// Script runs under set -eu.
	Script string `toml:"script"`
	// OKExit are the exit codes that mean success; default [0].
	OKExit []int `toml:"ok_exit"`
	// Timeout of the script; default 30m.
	Timeout Duration `toml:"timeout"`
	// Estimate of how long it takes.
	Estimate Duration `toml:"estimate"`
	// Retry: safe, ask (default) or never.
	Retry string `toml:"retry"`
	// Check must hold before the task may start.
	Check *Evidence `toml:"check"`
	// Verify proves that it worked.
	Verify *Evidence `toml:"verify"`
	// Undo takes the step back.
	Undo *Undo `toml:"undo"`
	// NoUndo says why there is no undo.
	NoUndo string `toml:"no_undo"`
	// NoReturn says what an undo will not restore from this step on.
	NoReturn string `toml:"no_return"`
	// Outage: begins where this step takes its host away, ends where it brings it back.
	Outage string `toml:"outage"`
	// Capture: values that the script must leave in $BELAY_OUT: first or last.
	Capture map[string]Keep `toml:"capture"`
	// Rehearsal: values of captures or of a measure when they are assumed.
	Rehearsal map[string]string `toml:"rehearsal"`
	// SkipIn: environments that leave this step out.
	SkipIn []string `toml:"skip_in"`
	// SkipReason: why they do.
	SkipReason string `toml:"skip_reason"`
	// Evidence of a gate or a soak.
	Evidence []Evidence `toml:"evidence"`
	// Soak: how long and by which rules.
	Soak *SoakRule `toml:"soak"`
	// File that an edit changes.
	File *FileEdit `toml:"file"`
	// Document that is written from a template.
	Document *DocumentRule `toml:"document"`
	// Measure: what is recorded.
	Measure *MeasureRule `toml:"measure"`
	// Lint silences rules of the linter on this step: rule = "why it is right here".
	Lint map[string]string `toml:"lint"`

	// Filled in by Load and For.
	Phase string   `toml:"-" json:"-"` // id of the phase, or "rollback.before", "rollback.after"
	Hosts []string `toml:"-" json:"-"` // resolved On, in order
	Left  string   `toml:"-" json:"-"` // why this environment leaves the step out
	path  string   // where it stands in the file: phase[0].step[2]
}

// Keep tells which value of a capture counts over several attempts.
type Keep string

// First keeps the value of the first attempt until the task is undone; an undo
// that uses it thus restores what was there before the first try.
const (
	First Keep = "first"
	Last  Keep = "last"
)

// Undo takes one task back. It must be safe on half-done work.
type Undo struct {
	// Script to run.
	Script string `toml:"script"`
	// Dir; default: the step's.
	Dir string `toml:"dir"`
	// Danger; default: the step's.
	Danger Danger `toml:"danger"`
	// Timeout; default: the step's.
	Timeout Duration `toml:"timeout"`
	// OKExit; default [0].
	OKExit []int `toml:"ok_exit"`
	// Verify proves that it is undone.
	Verify *Evidence `toml:"verify"`
	// Text: what a person does to undo a manual step.
	Text string `toml:"text"`
}

// Evidence is a live value with a threshold. A script without want is green
// when it exits 0.
type Evidence struct {
	// Title in a few words.
	Title string `toml:"title"`
	// On: the hosts that are asked; default: the step's.
	On string `toml:"on"`
	// Probe: NAME or NAME.FIELD.
	Probe string `toml:"probe"`
	// Path: what the probe reads (a mount, an address, a JSON path); $NAME is expanded.
	Path string `toml:"path"`
	// Script to run instead of a probe.
	Script string `toml:"script"`
	// Want: a comparison such as ">= 20 GiB", "== 0", "<= baseline", "~ ^ok"; $NAME is expanded.
	Want string `toml:"want"`
	// MaxAge of a value that still counts; default 30s.
	MaxAge Duration `toml:"max_age"`
	// SignOff: a person's yes, by the driver or the approver.
	SignOff string `toml:"sign_off"`
	// Within is the window of a trigger's condition.
	Within Duration `toml:"within"`
	// Stable is how long a verify must hold.
	Stable Duration `toml:"stable"`
	// Timeout: how long a verify may take in all; of a check: of one try.
	Timeout Duration `toml:"timeout"`
}

// SoakRule says when a soak is complete.
type SoakRule struct {
	// For: how long the evidence must be green in all.
	For Duration `toml:"for"`
	// Deadline from its start; when it passes the soak fails, or asks a person where nobody looked.
	Deadline Duration `toml:"deadline"`
	// OnRed: pause (default), restart or fail.
	OnRed string `toml:"on_red"`
	// OnStale: pause (default) or fail.
	OnStale string `toml:"on_stale"`
	// Every: how often the evidence is looked at; default 10s.
	Every Duration `toml:"every"`
	// Rehearsal: how long on the embedded fleet, before its speed counts; default: for.
	Rehearsal Duration `toml:"rehearsal"`
}

// FileEdit changes one file on a host. The backup it makes is its undo.
type FileEdit struct {
	// Path of the file; $NAME is expanded.
	Path string `toml:"path"`
	// Mode in octal; default: as it was.
	Mode string `toml:"mode"`
	// Set keys of a KEY=value file, each exactly once.
	Set map[string]FileValue `toml:"set"`
	// Replace literal texts, each of which must be there exactly once.
	Replace []Replace `toml:"replace"`
	// Template is the whole new content.
	Template string `toml:"template"`
}

// FileValue is a text or a secret.
type FileValue struct {
	Value  string
	Secret string
}

// Replace is one literal replacement.
type Replace struct {
	// Old text, there exactly once.
	Old string `toml:"old"`
	// New text.
	New string `toml:"new"`
}

// DocumentRule is a document that operators write from a template.
type DocumentRule struct {
	// Name of the file in the run directory; default: the step's id and .md.
	Name string `toml:"name"`
	// Template it starts from; {baseline of NAME} and {result of NAME} are figures that the run has measured.
	Template string `toml:"template"`
}

// MeasureRule is a figure recorded before or after.
type MeasureRule struct {
	// Name that criteria and "baseline" refer to.
	Name string `toml:"name"`
	// Unit of the figure.
	Unit string `toml:"unit"`
	// As: baseline or result.
	As string `toml:"as"`
	// Ask: the question, when a person types the figure.
	Ask string `toml:"ask"`
}
