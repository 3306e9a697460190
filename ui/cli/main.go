package cli

// The rule of this file: the table of verbs is the whole command line. Each
// verb has a file of its own; none knows another.

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// program is one invocation.
type program struct {
	env Env
	opt options
	in  *input

	terminal terminal
	locked   bool // some server's key needs a passphrase
	typed    bool // the live environment's name was typed on the start screen
}

// Main carries out one invocation and gives its exit code. A signal ends what
// this process does and never what runs on servers.
func Main(env Env) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	p := &program{env: env}
	root := p.root()
	root.SetArgs(env.Args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	return p.end(root.ExecuteContext(ctx))
}

// root is the command without a verb, with all verbs below it.
func (p *program) root() *cobra.Command {
	root := p.startVerb()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.DisableDefaultCmd = true
	root.PersistentPreRun = func(c *cobra.Command, _ []string) { p.opt.given = c.Flags().Changed }
	root.Version = Version()
	root.SetVersionTemplate("belay {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(strings.TrimSpace("belay help "+verbOf(c)), "%v", err)
	})
	root.SetHelpCommand(p.helpVerb(root))
	root.AddCommand(
		p.runVerb(), p.rehearseVerb(),
		p.checkVerb(), p.planVerb(), p.initVerb(),
		p.runsVerb(), p.statusVerb(), p.logsVerb(), p.auditVerb(), p.reportVerb(),
		p.schemaVerb(), p.keysVerb(), p.infoVerb(), p.versionVerb(), p.completionVerb(root), p.manVerb(root),
		p.jobVerb(), p.fleetVerb(),
	)
	for _, c := range root.Commands() {
		c.ValidArgsFunction = orNoFiles(c.ValidArgsFunction)
	}
	return root
}

func verbOf(c *cobra.Command) string {
	if c.HasParent() {
		return c.Name()
	}
	return ""
}

// verb makes a command whose errors carry their exit code.
func verb(use, short string, args cobra.PositionalArgs, do func(c *cobra.Command, args []string) error) *cobra.Command {
	name, _, _ := strings.Cut(use, " ")
	return &cobra.Command{
		Use: use, Short: short, DisableFlagsInUseLine: true,
		Args: func(c *cobra.Command, words []string) error {
			err := args(c, words)
			if e := (*ending)(nil); err == nil || errors.As(err, &e) {
				return err
			}
			return usage("belay help "+name, "%v", err)
		},
		RunE: func(c *cobra.Command, words []string) error { return asEnding(do(c, words)) },
	}
}

// noWords refuses words after a verb that takes none.
func noWords(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes no words, and got %q", c.Name(), words[0])
}

// wordCount takes between so many words, which the verb's line of use names.
func wordCount(from, to int) cobra.PositionalArgs {
	return func(c *cobra.Command, words []string) error {
		if len(words) < from || len(words) > to {
			return fmt.Errorf("want: belay %s", c.Use)
		}
		return nil
	}
}

// noVerb refuses words that are no verb.
func noVerb(c *cobra.Command, words []string) error {
	if len(words) == 0 {
		return nil
	}
	hint := "belay help"
	if near := c.SuggestionsFor(words[0]); len(near) > 0 {
		hint = "did you mean " + near[0] + "?"
	}
	return usage(hint, "there is no verb %q", words[0])
}

// helpVerb is help [VERB].
func (p *program) helpVerb(root *cobra.Command) *cobra.Command {
	return verb("help [VERB]", "explain a verb", wordCount(0, 1), func(_ *cobra.Command, words []string) error {
		if len(words) == 0 {
			return root.Help()
		}
		c, _, err := root.Find(words)
		if err != nil || c == root || c.Hidden {
			return usage("belay help", "there is no verb %q", words[0])
		}
		return c.Help()
	})
}

type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// orNoFiles offers no file names where a verb takes no words.
func orNoFiles(f completer) completer {
	if f != nil {
		return f
	}
	return cobra.NoFileCompletions
}

// say prints to stdout.
func (p *program) say(format string, a ...any) { fmt.Fprintf(p.env.Stdout, format, a...) }
