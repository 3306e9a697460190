package cli

// The rule of this file: what fits in a few lines needs no file of its own:
// version, info, completion.

import (
	"github.com/spf13/cobra"

	"belay/steps"
)

func (p *program) versionVerb() *cobra.Command {
	return verb("version", "print the version", noWords, func(*cobra.Command, []string) error {
		p.say("belay %s %s, format 1\n", Version(), platform())
		return nil
	})
}

func (p *program) infoVerb() *cobra.Command {
	c := verb("info [flags]", "print every path that belay uses", noWords, func(*cobra.Command, []string) error {
		return p.info()
	})
	p.addState(c)
	p.addJSON(c)
	return c
}

// paths is info --json.
type paths struct {
	V       int    `json:"v"`
	Version string `json:"version"`
	Binary  string `json:"binary"`
	State   string `json:"state"`
	Runs    string `json:"runs"`
	Config  string `json:"config"`
	Keys    string `json:"keys"`
	Runbook string `json:"runbook"`
	SSH     string `json:"known_hosts"`
}

func (p *program) info() error {
	i := paths{1, Version(), p.env.Self, p.env.stateDir(p.opt.state), p.runsDir(), p.env.configDir(), p.keysFile(),
		p.env.abs(DefaultFile), p.env.Getenv("HOME") + "/.ssh/known_hosts"}
	if p.opt.json {
		return p.sayJSON(i)
	}
	for _, x := range [][2]string{{"version", i.Version}, {"binary", i.Binary}, {"state", i.State}, {"runs", i.Runs},
		{"config", i.Config}, {"keys", i.Keys}, {"runbook", i.Runbook}, {"known hosts", i.SSH}} {
		p.say("%-12s %s\n", x[0], x[1])
	}
	return nil
}

func (p *program) completionVerb(root *cobra.Command) *cobra.Command {
	shells := map[string]func() error{
		"bash": func() error { return root.GenBashCompletionV2(p.env.Stdout, true) },
		"zsh":  func() error { return root.GenZshCompletion(p.env.Stdout) },
		"fish": func() error { return root.GenFishCompletion(p.env.Stdout, true) },
	}
	c := verb("completion SHELL", "print completion for bash, zsh or fish", wordCount(1, 1),
		func(_ *cobra.Command, words []string) error {
			gen, ok := shells[words[0]]
			if !ok {
				return usage("bash, zsh or fish", "there is no completion for %q", words[0])
			}
			return gen()
		})
	c.Long = `Completion prints a script for your shell:

  bash   belay completion bash > ~/.local/share/bash-completion/completions/belay
  zsh    belay completion zsh > "${fpath[1]}/_belay"
  fish   belay completion fish > ~/.config/fish/completions/belay.fish`
	c.ValidArgs = []string{"bash", "zsh", "fish"}
	return c
}

// completeEnv offers the runbook's environments.
func (p *program) completeEnv(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	l, err := p.load(p.opt.file)
	if err != nil || l.book == nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out := environments(l.book, steps.Live)
	return append(append(out, environments(l.book, steps.Rehearsal)...), steps.EmbeddedEnv), cobra.ShellCompDirectiveNoFileComp
}

// completeRun offers the ids of runs.
func (p *program) completeRun(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	all, err := p.ledgers()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, l := range all {
		out = append(out, cobra.CompletionWithDesc(l.id, l.state.Opened.Title))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
