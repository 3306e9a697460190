package steps

// The rule of this file: these are the types of format 1, field for field.
// What the file does not say (order, resolved hosts, hashes) is filled in by
// Load and For and is marked toml:"-". The comments on fields become the
// descriptions of the JSON Schema.

// Runbook is one file. For gives the same type with an environment applied.
type Runbook struct {
	// Format of the file; always 1.
	Format int `toml:"format"`
	// Title as the header shows it.
	Title string `toml:"title"`
	// Fleet names the folder of simulated commands that the embedded fleet uses.
	Fleet string `toml:"fleet"`
	// Vars reach scripts as environment variables, never as text.
	Vars map[string]Var `toml:"vars"`
	// Secrets reach scripts as a 0600 file named by $NAME_FILE.
	Secrets map[string]Secret `toml:"secrets"`
	// Hosts by id.
	Hosts map[string]Host `toml:"hosts"`
	// Groups are ordered lists of host ids.
	Groups map[string][]string `toml:"groups"`
	// Probes read values from hosts.
	Probes map[string]Probe `toml:"probes"`
	// Environments are named overlays of this file.
	Environments map[string]Environment `toml:"environments"`
	// Watches say what a server's pane shows.
	Watches map[string]Watch `toml:"watch"`
	// Phases in order.
	Phases []Phase `toml:"phase"`
	// Triggers propose a rollback; they never start one.
	Triggers []Trigger `toml:"trigger"`
	// Criteria judge measures.
	Criteria []Criterion `toml:"criterion"`
	// Rollback is what happens before and after the computed undos.
	Rollback Rollback `toml:"rollback"`
	// Contacts, most important first.
	Contacts []Contact `toml:"contact"`
	// Links worth having at hand.
	Links []Link `toml:"link"`

	// Filled in by Load.
	Name      string   `toml:"-" json:"-"` // file name for messages
	Hash      string   `toml:"-" json:"-"` // SHA-256 of the file's bytes, hex
	HostOrder []string `toml:"-" json:"-"` // host ids as the file lists them
	VarOrder  []string `toml:"-" json:"-"` // names of vars as the file lists them
	positions *positions
	// Filled in by For.
	Env      string  `toml:"-" json:"-"` // name of the environment
	Kind     EnvKind `toml:"-" json:"-"`
	Approver Danger  `toml:"-" json:"-"` // approver_from of the environment
}

// EnvKind tells real changes from rehearsals.
type EnvKind string

// Kinds of environment. Embedded is never written in a file.
const (
	Live      EnvKind = "live"
	Rehearsal EnvKind = "rehearsal"
	Embedded  EnvKind = "embedded"
)

// Var is a value, or an input that is asked for at the start of a run.
type Var struct {
	Value     string // of a plain string, integer, float or boolean
	Ask       string // the question; set only for an input
	Match     string // regular expression that an answer must match as a whole
	Rehearsal string // the answer on the embedded fleet
}

// IsInput reports whether the value is asked for.
func (v Var) IsInput() bool { return v.Ask != "" }

// Secret says where a secret comes from: exactly one of its fields.
type Secret struct {
	// Command whose stdout is the secret (a final newline is cut).
	Command []string `toml:"command"`
	// Env is the name of an environment variable of Belay itself.
	Env string `toml:"env"`
	// File that contains the secret.
	File string `toml:"file"`
	// Prompt asks the operator, without echo.
	Prompt string `toml:"prompt"`
}

// Host is one server.
type Host struct {
	// Address as ssh would take it: a name, an alias or an IP address.
	Address string `toml:"address"`
	// User to log in as; default: what ssh_config says.
	User string `toml:"user"`
	// Port; default: what ssh_config says.
	Port int `toml:"port"`
	// Role in a word or two, shown beside the id.
	Role string `toml:"role"`
	// Vars of this host; they win over those of the file and the environment.
	Vars map[string]Var `toml:"vars"`
}

// Probe is a command or an HTTP path and a reader for what it prints.
type Probe struct {
	// Host the probe runs on; default: the host that is asked about.
	Host string `toml:"host"`
	// HTTP base address as seen from the host, through its SSH connection.
	HTTP string `toml:"http"`
	// Script to run; not with http.
	Script string `toml:"script"`
	// Read is the reader: df, docker, ray, prometheus, json, regex or text.
	Read string `toml:"read"`
	// Path for the reader: a URL path, a JSON path or a pattern with one group.
	Path string `toml:"path"`
	// Every is how often the probe runs while something shows it.
	Every Duration `toml:"every"`
	// Timeout of one run.
	Timeout Duration `toml:"timeout"`
}

// Environment is a named overlay. Tables are merged, arrays replaced.
type Environment struct {
	// Kind: live or rehearsal.
	Kind EnvKind `toml:"kind"`
	// ApproverFrom asks for a second person from this danger up.
	ApproverFrom Danger `toml:"approver_from"`
	// Hosts to change.
	Hosts map[string]Host `toml:"hosts"`
	// Vars to change.
	Vars map[string]Var `toml:"vars"`
	// Watches to change.
	Watches map[string]Watch `toml:"watch"`
	// Danger of single steps; may only raise it.
	Danger map[string]Danger `toml:"danger"`
}

// Watch is what the panes of some servers show.
type Watch struct {
	// On: the host or group whose panes these are.
	On string `toml:"on"`
	// Logs to follow.
	Logs []Log `toml:"logs"`
	// Gauges in the pane's head line.
	Gauges []Evidence `toml:"gauges"`
}

// Log is one followed log of a server.
type Log struct {
	// Name shown in the pane's title.
	Name string `toml:"name"`
	// Script that prints the log and goes on printing.
	Script string `toml:"script"`
}

// Phase is steps in order, with a maintenance window of its own.
type Phase struct {
	// ID of the phase.
	ID string `toml:"id"`
	// Title of the phase.
	Title string `toml:"title"`
	// Note for the operator.
	Note string `toml:"note"`
	// Refs to items of the plan that this carries.
	Refs []string `toml:"refs"`
	// Window is how long the maintenance may last once it is opened.
	Window Duration `toml:"window"`
	// Steps in order.
	Steps []Step `toml:"step"`
}

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
	// Title in a few words.
	Title string `toml:"title"`
	// Kind: command (default), manual, gate, soak, measure, edit or document.
	Kind Kind `toml:"kind"`
	// On: a host or a group; default local.
	On string `toml:"on"`
	// Block: neighbours of one block are carried out host by host.
	Block string `toml:"block"`
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
	// Deadline from its start; when it passes the soak is red.
	Deadline Duration `toml:"deadline"`
	// OnRed: pause (default), restart or fail.
	OnRed string `toml:"on_red"`
	// OnStale: pause (default) or fail.
	OnStale string `toml:"on_stale"`
	// Every: how often the evidence is looked at; default 10s.
	Every Duration `toml:"every"`
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
	// Name of the file in the run directory.
	Name string `toml:"name"`
	// Template it starts from.
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

// Trigger proposes a rollback when its condition holds.
type Trigger struct {
	// ID of the trigger.
	ID string `toml:"id"`
	// Title in a few words.
	Title string `toml:"title"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
	// Note for the operator.
	Note string `toml:"note"`
	// When: the condition.
	When Evidence `toml:"when"`
	// Mute: own-work leaves out what this run itself stopped.
	Mute string `toml:"mute"`
	// Proposes: the phase whose rollback it proposes, or run.
	Proposes string `toml:"proposes"`
}

// Criterion is a threshold on a measure.
type Criterion struct {
	// ID of the criterion.
	ID string `toml:"id"`
	// Title in a few words.
	Title string `toml:"title"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
	// Measure it judges.
	Measure string `toml:"measure"`
	// Success: a comparison of the result with the baseline.
	Success string `toml:"success"`
	// Failed: a comparison; between the two the verdict is undecided.
	Failed string `toml:"failed"`
	// Note for the operator.
	Note string `toml:"note"`
}

// Rollback is what stands around the computed undos.
type Rollback struct {
	// Estimate of a whole rollback.
	Estimate Duration `toml:"estimate"`
	// Note for the operator.
	Note string `toml:"note"`
	// Before the undos.
	Before []Step `toml:"before"`
	// After the undos.
	After []Step `toml:"after"`
}

// Contact is a person to reach.
type Contact struct {
	// Role of the person.
	Role string `toml:"role"`
	// Name of the person.
	Name string `toml:"name"`
	// Reach: telephone, pager or channel.
	Reach string `toml:"reach"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
}

// Link is an address worth having at hand.
type Link struct {
	// Title of the link.
	Title string `toml:"title"`
	// URL of the link.
	URL string `toml:"url"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
}
