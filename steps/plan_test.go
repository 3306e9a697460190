package steps

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestStarter(t *testing.T) {
	rb := load(t, Starter)
	if ps := Check(rb); len(ps) > 0 {
		t.Errorf("%v", ps)
	}
	if lines := strings.Count(Starter, "\n"); lines != 25 {
		t.Errorf("%d lines: nobody reads that on the first day", lines)
	}
	embedded, err := rb.For(EmbeddedEnv)
	if err != nil {
		t.Fatal(err)
	}
	if tasks := Plan(embedded, nil); len(tasks) != 5 {
		t.Errorf("%d tasks", len(tasks))
	}
}

func TestPlanOrder(t *testing.T) {
	rb, err := load(t, sound).For("production")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range Plan(rb, nil) {
		got = append(got, p.Step+"@"+p.Host)
	}
	want := "first@w1 first@w2 second@w1 soaking@w1 second@w2 soaking@w2 gate@local editing@w1 figure@local paper@local hands@local look@local"
	if strings.Join(got, " ") != want {
		t.Errorf("\n got %s\nwant %s", strings.Join(got, " "), want)
	}
}

func TestPlanFillsIn(t *testing.T) {
	rb, err := load(t, sound).For("staging")
	if err != nil {
		t.Fatal(err)
	}
	tasks := Plan(rb, nil)
	at := func(step string) PlannedTask {
		return tasks[slices.IndexFunc(tasks, func(p PlannedTask) bool { return p.Step == step })]
	}
	first := at("first")
	if first.Dir != "/srv/1" || first.Undo.Dir != "/srv/1" || first.Undo.Danger != Low || first.Timeout.String() != "30m" || first.Shell != "sh" {
		t.Errorf("%+v", first)
	}
	for _, want := range []string{"IN=$IN", "OLD=$OLD", "BELAY_RUN=$BELAY_RUN", "BELAY_ADDRESS=10.1.0.1", "ONLY=x"} {
		if !slices.Contains(first.Env, want) {
			t.Errorf("no %s in %v", want, first.Env)
		}
	}
	if s := at("second"); s.Danger != High || s.Confirm != Critical {
		t.Errorf("second: danger %v, confirm %v", s.Danger, s.Confirm)
	}
	if e := at("editing"); e.File.Path != "/etc/x" || e.File.Set["T"] != "‹secret TOKEN›" || e.Undo == nil || !slices.Equal(e.Secrets, []string{"TOKEN"}) {
		t.Errorf("editing: %+v", e)
	}
	if g := at("gate"); g.Evidence[0].Want != "== 1" {
		t.Errorf("gate: %+v", g.Evidence[0])
	}
	if h := at("hands"); h.Left != "nobody there" {
		t.Errorf("hands: %+v", h)
	}
	if env := Plan(rb, map[string]string{"IN": "answer"})[0].Env; !slices.Contains(env, "IN=answer") {
		t.Errorf("answered: %v", env)
	}
	b, err := json.Marshal(first)
	if err != nil || !strings.Contains(string(b), `"danger":"low"`) || !strings.Contains(string(b), `"timeout":"30m"`) {
		t.Errorf("%v %s", err, b)
	}
}

// TestPlanShipped plans every file in every environment that it has.
func TestPlanShipped(t *testing.T) {
	for name, src := range shipped(t) {
		file := load(t, src)
		for _, env := range append(file.environmentNames(), EmbeddedEnv) {
			rb, err := file.For(env)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range Plan(rb, nil) {
				id := fmt.Sprintf("%s: %s@%s in %s", name, p.Step, p.Host, env)
				if p.Title == "" && p.Text == "" {
					t.Errorf("%s has no title", id)
				}
				if (p.Kind == Command || p.Kind == Edit) && (p.Danger == Unset || len(p.Env) < 6) {
					t.Errorf("%s is not fully rendered: %+v", id, p)
				}
			}
		}
	}
}
