package runner

// Three nights that are known, as runbooks. What people believed then is played,
// the world is as it was, and the harmful script is not sent: by at least two
// guards, each of which is enough by itself. Without any of them it is sent, so
// the test can tell.

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"belay/runner/job"
	"belay/steps"
)

// guard is one of the things that stop the night.
type guard struct {
	name string
	says string              // of what the operators are told
	off  func(*night)        // takes it away; nil: the lines of the file that it names
	none func(string) string // the same in the text
}

// incident is a night in its file.
type incident struct {
	file   string
	harm   string // in the script that must not be sent
	guards []guard
	play   func(*night)
}

// night is one playing of it.
type night struct {
	*rig
	told  []string // what the program said to those who acted
	clone bool     // the wrong machine says that it is the right one
}

// insist acts as somebody who is sure: what has to be typed is typed.
func (n *night) insist(a steps.Action) error {
	a.Confirm = steps.Confirmation{How: "key"}
	err := n.do(a)
	var ref *steps.Refusal
	if errors.As(err, &ref) && ref.Phrase != "" {
		a.Confirm = steps.Confirmation{How: "typed", Typed: ref.Phrase, Level: ref.Level, Single: "it is night"}
		err = n.do(a)
	}
	if err != nil {
		n.told = append(n.told, err.Error())
	}
	return err
}

func (n *night) sent(harm string) (sent int) {
	for _, h := range n.hosts {
		h.mu.Lock()
		for text, times := range h.ran {
			if strings.Contains(text, harm) {
				sent += times
			}
		}
		h.mu.Unlock()
	}
	return sent
}

// ended waits until nothing of a task is under way, and keeps what it says.
func (n *night) ended(name string) {
	n.until(name+" to end", func(c *steps.Case) bool { return !c.State.Task(task(name)).Status.Busy() })
	s := n.runner.Snapshot()
	if why := s.Case.State.Task(task(name)).Reason; why != "" {
		n.told = append(n.told, name+": "+why)
	}
}

// without takes the lines of a guard out of a text.
func without(text, name string) string {
	return regexp.MustCompile(`(?s)\n# guard: `+name+`\n.*?\n# end\n`).ReplaceAllString(text, "\n")
}

func says(out string) func(job.Script) job.Result {
	return func(job.Script) job.Result { return job.Result{Out: []byte(out + "\n")} }
}

var incidents = []incident{
	{file: "gitlab-2017", harm: "rm -rf", play: playGitLab, guards: []guard{
		{name: "binding", says: "is not the host we know", off: func(n *night) { n.clone = true }},
		{name: "role", says: "the check of wipe@db2 is red: f"},
		{name: "backup", says: "hours since a dump was restored"},
	}},
	{file: "s3-2017", harm: "pool remove", play: playS3, guards: []guard{
		{name: "range", says: `"50" does not match`, none: func(text string) string {
			return strings.Replace(text, `match = "[1-5]"`, `match = "[0-9]+"`, 1)
		}},
		{name: "floor", says: "the check of remove@control is red: 50 %"},
	}},
	{file: "knight-2012", harm: "set-flag RLP on", play: playKnight, guards: []guard{
		{name: "proof", says: "install@s8: "},
		{name: "all alike", says: "version"},
	}},
}

// playGitLab: the name of the secondary leads to the primary.
func playGitLab(n *night) {
	for _, h := range n.hosts {
		h.look = says("t")
	}
	n.hosts["db1"].look = says("744")
	n.start(nil)
	n.bound()
	if n.insist(execute("survey@db2")) != nil {
		return
	}
	n.ended("survey@db2")
	db1, db2 := n.hosts["db1"], n.hosts["db2"]
	db2.mu.Lock()
	db2.look = says("f") // the primary receives nothing
	if !n.clone {
		db2.id = db1.id
	}
	db2.mu.Unlock()
	db2.setAway(true)
	n.until("the link is down", func(c *steps.Case) bool { return !c.Seen.Hosts["db2"].Up })
	db2.setAway(false)
	n.until("it is back", func(c *steps.Case) bool { return c.Seen.Hosts["db2"].Up })
	if n.book.Step("backup") != nil {
		n.insist(steps.Action{Verb: steps.Execute, Task: task("backup@local")})
		n.insist(steps.Action{Verb: steps.Yes, Task: task("backup@local")})
	}
	if n.insist(execute("wipe@db2")) == nil {
		n.ended("wipe@db2")
	}
}

// playS3: somebody means 5 and types 50.
func playS3(n *night) {
	n.hosts["control"].look = func(s job.Script) job.Result {
		var pool, remove int
		for _, pair := range s.Env {
			fmt.Sscanf(pair, "POOL=%d", &pool)
			fmt.Sscanf(pair, "REMOVE=%d", &remove)
		}
		return job.Result{Out: fmt.Appendf(nil, "%d %%\n", 100*(pool-remove)/max(pool, 1))}
	}
	n.start(nil)
	n.bound()
	n.insist(steps.Action{Verb: steps.Answer, Name: "REMOVE", Value: "50"})
	if n.insist(execute("remove@control")) == nil {
		n.ended("remove@control")
	}
}

// playKnight: on the eighth server the installation says that all is well, and
// nothing has changed.
func playKnight(n *night) {
	for id, h := range n.hosts {
		h.look = says(map[bool]string{true: "2003.04", false: "2012.08"}[id == "s8"])
	}
	n.start(nil)
	n.bound()
	servers := n.book.Groups["smars"]
	for _, s := range servers {
		if n.insist(execute("install@"+s)) == nil {
			n.ended("install@" + s)
		}
	}
	if n.book.Step("alike") != nil {
		n.insist(steps.Action{Verb: steps.Execute, Task: task("alike@local")})
		n.insist(steps.Action{Verb: steps.Yes, Task: task("alike@local")})
	}
	for _, s := range servers {
		if n.insist(execute("flag@"+s)) == nil {
			n.ended("flag@" + s)
		}
	}
}

// plays a night with some of its guards away.
func (i incident) plays(t *testing.T, away func(guard) bool) *night {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "incidents", i.file+".toml"))
	if err != nil {
		t.Fatal(err)
	}
	text, clone := string(b), &night{}
	for _, g := range i.guards {
		if !away(g) {
			continue
		}
		before := text
		switch {
		case g.off != nil:
			g.off(clone)
			continue
		case g.none != nil:
			text = g.none(text)
		default:
			text = without(text, g.name)
		}
		if text == before {
			t.Fatalf("guard %s is not in %s", g.name, i.file)
		}
	}
	n := &night{rig: newRig(t, text), clone: clone.clone}
	i.play(n)
	return n
}

func TestIncidents(t *testing.T) {
	guards := 0
	for _, i := range incidents {
		t.Run(i.file, func(t *testing.T) {
			if n := i.plays(t, func(guard) bool { return false }); n.sent(i.harm) != 0 {
				t.Errorf("with all guards it was sent:\n%s", strings.Join(n.told, "\n"))
			}
			if n := i.plays(t, func(guard) bool { return true }); n.sent(i.harm) == 0 {
				t.Errorf("without any guard it was not sent either, so this shows nothing:\n%s", strings.Join(n.told, "\n"))
			}
			for _, only := range i.guards {
				guards++
				n := i.plays(t, func(g guard) bool { return g.name != only.name })
				if n.sent(i.harm) != 0 {
					t.Errorf("guard %s alone let it pass:\n%s", only.name, strings.Join(n.told, "\n"))
				}
				if all := strings.Join(n.told, "\n"); !strings.Contains(all, only.says) {
					t.Errorf("guard %s alone: nobody was told %q:\n%s", only.name, only.says, all)
				}
			}
		})
	}
	t.Logf("figure: %d incidents, %d guards, each enough by itself; without them the script is sent", len(incidents), guards)
}
