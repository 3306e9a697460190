package cli

// The rule of this file: a flag means one thing on every verb that takes it.

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"belay/ui"
)

// DefaultFile is the runbook where -f names none.
const DefaultFile = "runbook.toml"

// options are all flags of all verbs.
type options struct {
	file, env, state  string
	set               []string
	as, partner       string
	run               string
	fresh             bool
	plain, auto, json bool
	theme, palette    string
	ascii             bool
	fps               int
	stock             bool
	alarm             string

	maxDanger, until, only, rollback string

	from   string
	speed  float64
	faults []string
	tour   bool

	given func(flag string) bool // whether the flag was on the command line
}

func (p *program) addState(c *cobra.Command) {
	c.Flags().StringVar(&p.opt.state, "state", "", "`DIR` of runs (default $BELAY_STATE or $XDG_STATE_HOME/belay)")
	_ = c.MarkFlagDirname("state")
}

func (p *program) addBook(c *cobra.Command) {
	c.Flags().StringVarP(&p.opt.file, "file", "f", DefaultFile, "the runbook `FILE`")
	c.Flags().StringVarP(&p.opt.env, "env", "e", "", "environment `ENV` of the runbook")
	_ = c.MarkFlagFilename("file", "toml")
	_ = c.RegisterFlagCompletionFunc("env", p.completeEnv)
}

// ofFile is the flag that names a runbook, where one is needed.
func ofFile(name string) string {
	if name == DefaultFile {
		return ""
	}
	return " -f " + name
}

func (p *program) addAnswers(c *cobra.Command) {
	c.Flags().StringArrayVar(&p.opt.set, "set", nil, "answer an input: `NAME=VALUE`; may be repeated")
	c.Flags().StringVar(&p.opt.as, "as", "", "act under `NAME` (default: who is logged in)")
	c.Flags().StringVar(&p.opt.partner, "partner", "", "`NAME` of the second person")
}

func (p *program) addRun(c *cobra.Command) {
	c.Flags().StringVar(&p.opt.run, "run", "", "`ID` of a run, or a part of it that no other has (default: the newest)")
	_ = c.RegisterFlagCompletionFunc("run", p.completeRun)
}

func (p *program) addJSON(c *cobra.Command) {
	c.Flags().BoolVar(&p.opt.json, "json", false, "print JSON")
}

// addScreen adds how the screen is drawn.
func (p *program) addScreen(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.opt.theme, "theme", "auto", "colours for a `BACKGROUND` that is light, dark or auto (ask the terminal)")
	f.StringVar(&p.opt.palette, "palette", "usual", "`SET` of colours: usual, or colour-blind (blue is well, reversed is trouble)")
	f.BoolVar(&p.opt.ascii, "ascii", false, "draw with ASCII alone")
	f.StringVar(&p.opt.alarm, "alarm", "bell", "how to call you when something ends or waits: `HOW` is bell, desktop (OSC 9 beside the bell) or none")
	f.IntVar(&p.opt.fps, "fps", 0, "paint at most `N` times a second what no key has changed (default 60)")
	f.BoolVar(&p.opt.stock, "stock-renderer", false, "paint as Bubble Tea does, not row by row")
}

// screenOptions gives the options of whatever is shown on the whole screen.
func (p *program) screenOptions() (ui.Options, error) {
	theme := ui.Theme(p.opt.theme)
	switch theme {
	case "", ui.Auto, ui.Light, ui.Dark:
	default:
		return ui.Options{}, usage("--theme light", "--theme %s: want light, dark or auto", p.opt.theme)
	}
	switch p.opt.palette {
	case "", "usual", "colour-blind":
	default:
		return ui.Options{}, usage("--palette colour-blind", "--palette %s: want usual or colour-blind", p.opt.palette)
	}
	alarm := ui.Alarm(p.opt.alarm)
	switch alarm {
	case "", ui.Bell, ui.Desktop, ui.Silent:
	default:
		return ui.Options{}, usage("--alarm desktop", "--alarm %s: want bell, desktop or none", p.opt.alarm)
	}
	keys, err := p.keys()
	if err != nil {
		return ui.Options{}, err
	}
	return ui.Options{Keys: keys, Alarm: alarm, Tmux: p.env.Getenv("TMUX") != "", Theme: theme, Blind: p.opt.palette == "colour-blind", ASCII: p.opt.ascii, FPS: p.opt.fps, Stock: p.opt.stock, Input: p.env.Stdin, Output: p.env.Stdout, Now: p.env.Now}, nil
}

// addFaces adds the ways to go without a screen.
func (p *program) addFaces(c *cobra.Command) {
	p.addScreen(c)
	f := c.Flags()
	f.BoolVar(&p.opt.fresh, "new", false, "start a new run even if one is open")
	f.BoolVar(&p.opt.plain, "plain", false, "lines and numbered prompts instead of the console; end of input holds")
	f.BoolVar(&p.opt.auto, "auto", false, "ask nothing; stop with exit code 4 at what a person has to decide")
	f.BoolVar(&p.opt.json, "json", false, "with --auto or --plain: every event is a JSON line on stdout")
	f.StringVar(&p.opt.maxDanger, "max-danger", "", "with --auto: `LEVEL` none, low, med, high or critical (default low; critical on the embedded fleet)")
	f.StringVar(&p.opt.until, "until", "", "with --auto: stop after this `STEP`")
	f.StringVar(&p.opt.only, "only", "", "with --auto: this `PHASE` alone")
	f.StringVar(&p.opt.rollback, "rollback", "", "with --auto: roll back `SCOPE` (run, a phase or a host) and run no forward step")
}

// checkFaces refuses flags that contradict each other.
func (o *options) checkFaces() error {
	switch {
	case o.run != "" && o.fresh:
		return usage("give one of the two", "--run and --new exclude each other")
	case o.plain && o.auto:
		return usage("give one of the two", "--plain and --auto exclude each other")
	case o.json && !o.plain && !o.auto:
		return usage("add --auto", "--json needs --auto or --plain")
	}
	if o.tour && (o.plain || o.auto) {
		return usage("leave out --plain and --auto", "--tour teaches the keys of the console, and has none to teach here")
	}
	for _, name := range []string{"max-danger", "until", "only", "rollback"} {
		if o.given(name) && !o.auto {
			return usage("add --auto", "--%s needs --auto", name)
		}
	}
	if o.rollback != "" && (o.until != "" || o.only != "") {
		return usage("leave out --until and --only", "--rollback runs no forward step, so --until and --only do not go with it")
	}
	return nil
}

// answers reads --set; the last of a name wins.
func (o *options) answers() (map[string]string, error) {
	out := map[string]string{}
	for _, s := range o.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, usage("--set NAME=VALUE", "--set %q is not NAME=VALUE", s)
		}
		out[name] = value
	}
	return out, nil
}

func (p *program) actor() string {
	if p.opt.as != "" {
		return p.opt.as
	}
	return p.env.User
}

func (p *program) runsDir() string { return filepath.Join(p.env.stateDir(p.opt.state), "runs") }
