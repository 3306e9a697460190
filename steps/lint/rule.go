package lint

// The rule of this file: the table of rules is all that the linter knows. Each
// has a page in docs/lint that says why, with an example of both kinds.

// Rule is one thing that the linter looks for. The name is for ever: runbooks
// silence rules by it.
type Rule struct {
	ID    string
	Error bool   // it is certain to break; else a warning
	Brief string // what it finds, in a line

	text   func(*script) // reads the bare text, also of what does not parse
	script func(*script) // reads a parsed script
	inside bool          // also reads what is handed on to another shell
	book   func(*book)   // reads the runbook
}

// Rules lists the rules in the order of their documentation.
func Rules() []Rule { return append([]Rule(nil), rules...) }

var rules []Rule

// The table refers to functions that refer to the table.
func init() {
	rules = []Rule{
		{ID: "shell-syntax", Error: true, Brief: "a script that its shell cannot read"},
		{ID: silence, Brief: "a rule is silenced without a reason, by a wrong name, or for nothing"},

		// what never ends, asks, or waits
		{ID: "endless", Error: true, Brief: "a command that never ends", script: endless, inside: true},
		{ID: "interactive", Error: true, Brief: "a command that wants a person at a terminal", script: interactive, inside: true},
		{ID: "sudo-asks", Brief: "sudo that may ask for a password", script: sudoAsks, inside: true},
		{ID: "no-deadline", Brief: "something waits, and nothing ends the waiting", script: loopsForever, book: soaksForever},
		{ID: "sleep-as-proof", Brief: "a fixed sleep stands for a look at what happened", script: sleepAsProof, inside: true},

		// failures that nobody sees
		{ID: "pipe-hides-failure", Brief: "a command fails in a pipe, and the pipe succeeds", script: pipeHidesFailure},
		{ID: "failure-ignored", Brief: "a failure is thrown away", script: failureIgnored},
		{ID: "curl-without-fail", Brief: "curl takes an error page for success", script: curlWithoutFail, inside: true},
		{ID: "cd-unchecked", Brief: "a cd that may fail where nothing stops the script", script: cdUnchecked},
		{ID: "old-evidence", Brief: "a gate opens on a value that was read long ago", book: oldEvidence},

		// values
		{ID: "placeholder", Brief: "a text that should have been filled in", text: placeholders, book: placeholdersBeside},
		{ID: "unset-variable", Brief: "a variable that nobody sets", script: unsetVariable},
		{ID: "undo-uncaptured", Brief: "an undo uses a value that nobody captured", script: undoUncaptured},
		{ID: "date-in-name", Brief: "a name with the time in it, which no later step can know", script: dateInName},
		{ID: "moving-ref", Brief: "a version that is another one tomorrow", script: movingRef, inside: true},
		{ID: "unquoted-path", Brief: "a variable without quotes in a path", script: unquotedPath},
		{ID: "tilde", Brief: "a ~ that means another home, or none", script: tilde, book: tildeInPath},
		{ID: "rm-unguarded", Brief: "a recursive rm that an empty variable sends elsewhere", script: rmUnguarded, inside: true},

		// secrets
		{ID: "secret-argument", Brief: "a secret among a command's arguments, where ps shows it", script: secretArgument, inside: true},
		{ID: "secret-literal", Brief: "a secret written into the runbook", text: secretLiteral, book: secretLiteralBeside},
		{ID: "secret-shown", Brief: "a secret printed into the output", script: secretShown, inside: true},

		// what a step says of itself
		{ID: "danger-none", Brief: "danger none, and yet the script changes something", script: dangerNone, inside: true},
		{ID: "danger-too-low", Brief: "a command destroys what no undo brings back, at a danger below high", script: dangerTooLow, inside: true},
		{ID: "evidence-changes", Brief: "a script that should only look changes something", script: evidenceChanges, inside: true},
		{ID: "append-twice", Brief: "a retry appends to a file a second time", script: appendTwice},
		{ID: "state-is-lost", Brief: "a script ends in what only its own shell remembers", script: stateIsLost},
		{ID: "ssh-in-script", Brief: "a script that goes to another server by itself", script: sshInScript, inside: true},
		{ID: "bash-in-sh", Brief: "sh is given what only bash knows", script: bashInSh},
		{ID: "log-unbounded", Brief: "a whole log is printed", script: logUnbounded, inside: true},

		// the night as a whole
		{ID: "host-absent", Brief: "all servers but one", book: hostAbsent},
		{ID: "undo-after-start", Brief: "going back starts the old before the change is taken back", book: undoAfterStart},
	}
}

// ruleOf gives a rule by its name; one without a name when there is none.
func ruleOf(id string) Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	return Rule{}
}

func ids() (out []string) {
	for _, r := range rules {
		out = append(out, r.ID)
	}
	return out
}
