// Package steps says what a runbook is and what is true about a run of it.
//
// It is pure. Nothing in here reads a clock, a file, a network or a terminal:
// if a line would give another answer tomorrow, on another machine or offline,
// it does not belong here. Time and observations come in as arguments.
//
// The words, used here and everywhere else:
//
//   - A runbook is phases in order, a phase is steps in order. Neighbouring
//     steps of one block are carried out host by host.
//   - A task is one step on one host ("local" where a step names none); an
//     attempt is one try of a task.
//   - An Action is what an operator asks for. Decide answers it with the
//     events that it leads to, or with a Refusal that says why not and what
//     would help.
//   - An Event is a fact, in the past tense. State is the fold of all events
//     (Apply) and nothing else.
//   - Trouble of a task is failed (an exit code or a verify said so), unknown
//     (it may have happened) or not started. A host is unreachable.
package steps
