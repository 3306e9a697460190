package steps

// The rule of this file: these are what a plan is made of, as "belay plan
// --json" prints it.

// PlannedTask is one task as it would be carried out.
type PlannedTask struct {
	Phase       string   `json:"phase"`
	Block       string   `json:"block,omitempty"`
	Batch       int      `json:"batch,omitempty"`        // of a step or block that goes in batches: which one
	Batches     int      `json:"batches,omitempty"`      // of how many
	MaxFailures int      `json:"max_failures,omitempty"` // hosts in trouble that the next batch passes over
	Step        string   `json:"step"`
	Title       string   `json:"title"`
	Kind        Kind     `json:"kind"`
	Host        string   `json:"host"`
	Danger      Danger   `json:"danger,omitempty"`
	Confirm     Danger   `json:"confirm,omitempty"` // level of confirmation that the file asks for
	Needs       []string `json:"needs,omitempty"`
	Left        string   `json:"left_out,omitempty"` // why this environment leaves it out
	Refs        []string `json:"refs,omitempty"`
	Note        string   `json:"note,omitempty"`
	Text        string   `json:"text,omitempty"` // what a person does

	Dir      string            `json:"dir,omitempty"`
	Env      []string          `json:"env,omitempty"` // NAME=value
	Secrets  []string          `json:"secrets,omitempty"`
	Captures []string          `json:"captures,omitempty"`
	Shell    string            `json:"shell,omitempty"`
	Timeout  Duration          `json:"timeout,omitempty"`
	Script   string            `json:"script,omitempty"`
	File     *PlannedFile      `json:"file,omitempty"`
	Check    *PlannedEvidence  `json:"check,omitempty"`
	Verify   *PlannedEvidence  `json:"verify,omitempty"`
	Evidence []PlannedEvidence `json:"evidence,omitempty"`
	Soak     *PlannedSoak      `json:"soak,omitempty"`
	Undo     *PlannedUndo      `json:"undo,omitempty"`
	NoUndo   string            `json:"no_undo,omitempty"`
	NoReturn string            `json:"no_return,omitempty"`
}

// PlannedFile is the file that an edit changes.
type PlannedFile struct {
	Path     string            `json:"path"`
	Mode     string            `json:"mode,omitempty"`
	Set      map[string]string `json:"set,omitempty"` // a secret reads ‹secret NAME›
	Replace  []PlannedReplace  `json:"replace,omitempty"`
	Template string            `json:"template,omitempty"`
}

// PlannedReplace is one literal replacement.
type PlannedReplace struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// PlannedEvidence is a piece of evidence with its names filled in.
type PlannedEvidence struct {
	Title   string   `json:"title,omitempty"`
	Hosts   []string `json:"hosts,omitempty"`
	Probe   string   `json:"probe,omitempty"`
	Path    string   `json:"path,omitempty"`
	Script  string   `json:"script,omitempty"`
	Want    string   `json:"want,omitempty"`
	SignOff string   `json:"sign_off,omitempty"`
	MaxAge  Duration `json:"max_age,omitempty"`
	Stable  Duration `json:"stable,omitempty"`
	Timeout Duration `json:"timeout,omitempty"`
}

// PlannedSoak says when a soak is complete.
type PlannedSoak struct {
	For      Duration `json:"for"`
	Deadline Duration `json:"deadline,omitempty"`
	OnRed    string   `json:"on_red"`
	OnStale  string   `json:"on_stale"`
}

// PlannedUndo is what takes the task back.
type PlannedUndo struct {
	Danger  Danger           `json:"danger,omitempty"`
	Dir     string           `json:"dir,omitempty"`
	Script  string           `json:"script,omitempty"`
	Text    string           `json:"text,omitempty"`
	Timeout Duration         `json:"timeout,omitempty"`
	Verify  *PlannedEvidence `json:"verify,omitempty"`
}
