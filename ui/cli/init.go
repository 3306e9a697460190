package cli

// The rule of this file: init never overwrites; what is there already may be a
// night's work.

import (
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"belay/steps"
)

func (p *program) initVerb() *cobra.Command {
	c := verb("init [FILE]", "write a short runbook to start one's own", wordCount(0, 1),
		func(_ *cobra.Command, words []string) error {
			name := DefaultFile
			if len(words) > 0 {
				name = words[0]
			}
			return p.init(name)
		})
	c.Long = "Init writes a short runbook that passes check and can be rehearsed as it is. It never overwrites a file."
	c.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return []cobra.Completion{"toml"}, cobra.ShellCompDirectiveFilterFileExt
	}
	return c
}

func (p *program) init(name string) error {
	f, err := os.OpenFile(p.env.abs(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usage("belay init OTHER.toml", "%s is there already, and init never overwrites", name)
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(steps.Starter); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	p.say("wrote %s; next: %s, then %s\n", name, p.env.again("belay check"+ofFile(name)), p.env.again("belay rehearse"+ofFile(name)))
	return nil
}
