package steps

import (
	"os"
	"strings"
	"testing"
)

// planned is an inventory of the items in rows "id kind where".
func planned(rows ...string) string {
	lines := []string{strings.Join(ItemColumns, "\t")}
	for _, r := range rows {
		f := strings.SplitN(r, " ", 3)
		lines = append(lines, strings.Join([]string{f[0], "1", "s", "title of " + f[0], f[1], strings.Join(f[2:], ""), "", "", "", ""}, "\t"))
	}
	return strings.Join(lines, "\n") + "\n"
}

// carriers is a runbook in which every kind of thing carries one item.
const carriersBook = `format = 1
title = "T"
[hosts]
head = { address = "10.0.0.84" }
w81 = { address = "10.0.0.81" }
w82 = { address = "10.0.0.82" }
[groups]
workers = ["w81", "w82"]
[refs]
where = { operator = "local", cluster = "workers" }
except = [{ id = "GONE", rule = "missing", why = "not wanted" }, { id = "ODD", rule = "where", why = "asked on the head" }]
[[phase]]
id = "one"
refs = ["META"]
[[phase.step]]
id = "script"
on = "workers"
danger = "none"
script = "true"
refs = ["CMD"]
[[phase.step]]
id = "odd"
on = "head"
danger = "none"
script = "true"
refs = ["ODD"]
[[phase.step]]
id = "here"
danger = "low"
no_undo = "x"
script = "true"
refs = ["LOCAL"]
[[phase.step]]
id = "edit"
kind = "edit"
on = "head"
danger = "low"
file = { path = "/x", set = { A = "1" } }
refs = ["FILE"]
[[phase.step]]
id = "go"
kind = "gate"
evidence = [{ title = "yes", sign_off = "driver" }]
refs = ["GATE"]
[[phase.step]]
id = "soak"
kind = "soak"
soak = { for = "5m" }
evidence = [{ title = "x", on = "head", script = "true" }]
refs = ["SOAK"]
[[phase.step]]
id = "paper"
kind = "document"
document = { template = "x" }
refs = ["DOC"]
[[phase.step]]
id = "hands"
kind = "manual"
refs = ["HAND"]
[[phase.step]]
id = "figure"
kind = "measure"
measure = { name = "rate", as = "result", ask = "?" }
refs = ["CRIT"]
[[trigger]]
id = "lost"
title = "Lost"
when = { script = "echo 0", on = "head", want = "> 3" }
proposes = "run"
refs = ["TRIG"]
[[known]]
title = "odd"
do = "mend it"
refs = ["KNOWN"]
[[escalation]]
title = "call"
after = "10m"
refs = ["ESC"]
`

var carriersPlan = []string{"META reference", "CMD command each of 10.0.0.81 -> .82 (worker)", "ODD command operator", "LOCAL command operator -> 84",
	"FILE file-content 10.0.0.84 (head)", "GATE gate", "SOAK soak", "DOC document", "HAND manual", "CRIT criterion", "TRIG trigger",
	"KNOWN reference", "ESC reference", "GONE command operator"}

func checkedRefs(t *testing.T, book string, rows []string) string {
	t.Helper()
	rb, ps := Load("f", []byte(book))
	if rb == nil {
		t.Fatal(ps)
	}
	if ps := Check(rb); ps.Failed() {
		t.Fatal(ps)
	}
	plan, ps := LoadInventory("plan.tsv", []byte(planned(rows...)))
	if plan == nil {
		t.Fatal(ps)
	}
	var lines []string
	for _, p := range CheckRefs(rb, plan) {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

func TestRefsSound(t *testing.T) {
	if got := checkedRefs(t, carriersBook, carriersPlan); got != "" {
		t.Error(got)
	}
}

// TestRefsFindings spoils the sound one, once a row.
func TestRefsFindings(t *testing.T) {
	for name, tt := range map[string]struct{ old, new, want string }{
		"missing":            {`refs = ["META"]`, ``, "plan.tsv:2:1: error: META (title of META) is carried by nothing in f [refs-missing]"},
		"invented":           {`refs = ["META"]`, `refs = ["META", "CMDX"]`, `f:14:17: error: ref CMDX is not in plan.tsv; did you mean "CMD"? [refs-unknown]`},
		"too many":           {`["HAND"]`, `["HAND", "META", "KNOWN", "ESC", "DOC", "SOAK", "GATE"]`, "error: step hands carries 7 items; want 6 at most: split it [refs-many]"},
		"command by hand":    {`refs = ["CMD"]`, `refs = ["META"]`, "CMD (title of CMD) is carried by nothing"},
		"script by a person": {"danger = \"low\"\nno_undo = \"x\"\nscript = \"true\"\nrefs = [\"LOCAL\"]", "kind = \"manual\"\nrefs = [\"LOCAL\"]", "LOCAL is a command and needs a step with a script or an edit; a step of kind manual cannot carry it [refs-kind]"},
		"another host":       {`on = "workers"`, `on = "w81"`, "f:20:9: error: CMD belongs to each of 10.0.0.81 -> .82 (worker), and nothing that carries it runs on w82 [refs-where]"},
		"edit on the wrong":  {"on = \"head\"\ndanger = \"low\"\nfile", "on = \"w81\"\ndanger = \"low\"\nfile", "FILE belongs to 10.0.0.84 (head), and nothing that carries it runs on head [refs-where]"},
		"document by hand":   {"kind = \"document\"\ndocument = { template = \"x\" }", "kind = \"manual\"", "DOC is a document and needs a document"},
		"soak by a gate":     {"kind = \"soak\"\nsoak = { for = \"5m\" }", "kind = \"gate\"", "SOAK is a soak and needs a soak"},
		"gate by hand":       {"kind = \"gate\"\nevidence = [{ title = \"yes\", sign_off = \"driver\" }]", "kind = \"manual\"", "GATE is a gate and needs a gate, or a step that stops"},
		"criterion by hand":  {"kind = \"measure\"\nmeasure = { name = \"rate\", as = \"result\", ask = \"?\" }", "kind = \"manual\"", "CRIT is a criterion and needs"},
		"trigger by a link":  {`refs = ["TRIG"]`, "[[link]]\nurl = \"a://b\"\nrefs = [\"TRIG\"]", "TRIG is a trigger and needs a [[trigger]]; [[link]] cannot carry it [refs-kind]"},
		"manual by a script": {"kind = \"manual\"", "danger = \"none\"\nscript = \"true\"", "HAND is a manual and needs a manual step, or one that does it and has a note"},
		"needless exception": {`"GONE", rule = "missing"`, `"CMD", rule = "kind"`, `f:11:11: error: CMD needs no exception from "kind": take it out [refs-except]`},
		"unknown exception":  {`"GONE", rule = "missing"`, `"WENT", rule = "missing"`, "f:11:18: error: WENT is not in plan.tsv [refs-unknown]"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Count(carriersBook, tt.old) != 1 {
				t.Fatalf("%q is not there once", tt.old)
			}
			got := checkedRefs(t, strings.Replace(carriersBook, tt.old, tt.new, 1), carriersPlan)
			if !strings.Contains(got, tt.want) {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestRefsTable: what [refs] says is looked at without a plan too.
func TestRefsTable(t *testing.T) {
	for refs, want := range map[string]string{
		`where = { operator = "locl" }`:                                                             `"locl" is neither a host nor a group`,
		`except = [{ rule = "kind", why = "x" }]`:                                                   "an exception needs the id",
		`except = [{ id = "A", why = "x" }]`:                                                        "needs rule: missing, kind or where",
		`except = [{ id = "A", rule = "kind", why = " " }]`:                                         "the exception for A needs why",
		`except = [{ id = "A", rule = "kind", why = "x" }, { id = "A", rule = "kind", why = "y" }]`: `A is excepted from "kind" twice`,
	} {
		rb, ps := Load("f", []byte(strings.Replace(sound, "[hosts]\n", "[refs]\n"+refs+"\n[hosts]\n", 1)))
		if rb == nil {
			t.Fatal(ps)
		}
		if got := Check(rb).Err(); got == nil || !strings.Contains(got.Error(), want) || strings.Contains(got.Error(), "f:0:") {
			t.Errorf("%s: %v, want %s", refs, got, want)
		}
	}
	if _, ps := Load("f", []byte(strings.Replace(sound, "[hosts]\n", "[refs]\nexcept = [{ id = 'A', rule = 'knd', why = 'x' }]\n[hosts]\n", 1))); !ps.Failed() {
		t.Error("a rule that there is none of was taken")
	}
}

func TestLoadInventory(t *testing.T) {
	good := planned("A command operator", "B gate")
	for name, tt := range map[string]struct{ src, want string }{
		"no header":    {"A\t1\n", "plan.tsv:1:1: error: the first line has to name the columns"},
		"too few":      {good + "C\tx\n", "plan.tsv:4:1: error: 2 columns; want 10"},
		"twice":        {good + strings.Split(good, "\n")[1] + "\n", "plan.tsv:4:1: error: id A is taken already, in line 2"},
		"unknown kind": {strings.Replace(good, "\tgate\t", "\tgaet\t", 1), `plan.tsv:3:18: error: "gaet" is not a kind of item; want command, criterion, document, file-content, gate, manual, reference, soak or trigger; did you mean "gate"?`},
		"no id":        {strings.Replace(good, "\nB\t", "\n\t", 1), `plan.tsv:3:1: error: id ""`},
	} {
		t.Run(name, func(t *testing.T) {
			plan, ps := LoadInventory("plan.tsv", []byte(tt.src))
			if plan != nil || ps.Err() == nil || !strings.Contains(ps.Err().Error(), tt.want) {
				t.Errorf("%v, %v; want %s", plan, ps, tt.want)
			}
		})
	}
	src, err := os.ReadFile("../docs/plan/inventory.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if plan, ps := LoadInventory("inventory.tsv", src); plan == nil || len(plan.Items) != 241 {
		t.Errorf("the plan has 241 items; problems: %v", ps)
	}
}

// TestShippedCarriesThePlan: every item of the plan, none invented, and no
// exception more than is needed.
func TestShippedCarriesThePlan(t *testing.T) {
	src, err := os.ReadFile("../docs/plan/inventory.tsv")
	if err != nil {
		t.Fatal(err)
	}
	plan, ps := LoadInventory("inventory.tsv", src)
	if plan == nil {
		t.Fatal(ps)
	}
	rb, ps := Load("runbook.toml", []byte(read(t, "../runbook.toml")))
	if rb == nil {
		t.Fatal(ps)
	}
	if err := CheckRefs(rb, plan).Err(); err != nil {
		t.Error(err)
	}
	if n := len(rb.Refs.Except); n > 5 {
		t.Errorf("%d exceptions; every one is a place where the plan and the runbook part", n)
	}
}
