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
	// Known troubles, and what to do about them.
	Known []Known `toml:"known"`
	// Escalation in order: who is told, and when.
	Escalation []Escalation `toml:"escalation"`
	// Refs says how this file answers for the items of a written plan.
	Refs Refs `toml:"refs"`

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
	// Token is a secret that goes with http as "Authorization: Bearer".
	Token string `toml:"token"`
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
	// Lint silences rules of the linter on this probe: rule = "why it is right here".
	Lint map[string]string `toml:"lint"`
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
	// Lint silences rules of the linter on what is watched here: rule = "why it is right here".
	Lint map[string]string `toml:"lint"`
}

// Log is one followed log of a server.
type Log struct {
	// Name shown in the pane's title.
	Name string `toml:"name"`
	// Script that prints the log and goes on printing; after a cut it begins anew.
	Script string `toml:"script"`
	// File that others append to; after a cut it goes on where it stood, in FILE.1 too. $NAME is expanded.
	File string `toml:"file"`
	// Container of Docker; after a cut its log goes on at the time that it had come to. $NAME is expanded.
	Container string `toml:"container"`
}

// Phase is steps in order, with a maintenance window of its own.
type Phase struct {
	// ID of the phase.
	ID string `toml:"id"`
	// Title of the phase; default: its id.
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
	// When: the condition; without one only a person can say that it holds.
	When Evidence `toml:"when"`
	// Mute: own-work leaves out what this run itself does.
	Mute string `toml:"mute"`
	// Proposes: the phase whose rollback it proposes, or run.
	Proposes string `toml:"proposes"`
	// Lint silences rules of the linter on this trigger: rule = "why it is right here".
	Lint map[string]string `toml:"lint"`
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
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
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

// Known is a trouble that others have met before.
type Known struct {
	// Title of the trouble.
	Title string `toml:"title"`
	// Seen: how it shows.
	Seen string `toml:"seen"`
	// Do: what helps.
	Do string `toml:"do"`
	// Note: where this differs from the plan, and why.
	Note string `toml:"note"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
}

// Escalation is one rung of the ladder of help.
type Escalation struct {
	// After: how long the rung before has been tried.
	After Duration `toml:"after"`
	// Title: what is done, or who is told.
	Title string `toml:"title"`
	// Reach: telephone, channel or address.
	Reach string `toml:"reach"`
	// Refs to items of the plan.
	Refs []string `toml:"refs"`
}

// Refs is what check --refs has to know of the plan.
type Refs struct {
	// Where: words of the plan's column "where", and the host or group that each means.
	Where map[string]string `toml:"where"`
	// Except: items that are carried otherwise than check --refs wants.
	Except []Exception `toml:"except"`
}

// Exception lets one item of the plan pass against one rule.
type Exception struct {
	// ID of the item.
	ID string `toml:"id"`
	// Rule that it is let off: missing, kind or where.
	Rule string `toml:"rule"`
	// Why, in a sentence.
	Why string `toml:"why"`
}
