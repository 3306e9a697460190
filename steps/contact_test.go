package steps

import (
	"strings"
	"testing"
)

func TestContactsAreNamedByTheRun(t *testing.T) {
	src := strings.Replace(pair, "[hosts]\n", "[vars]\nLEAD = { ask = 'Who leads?', rehearsal = 'Nobody' }\n[[contact]]\nrole = 'Lead'\nname = '$LEAD'\nreach = 'channel #ray'\n[hosts]\n", 1)
	src += "[[phase]]\nid = 'p'\n[[phase.step]]\nid = 'a'\nkind = 'manual'\n"
	s := playBook(t, book(t, "live", src))
	if got := s.c.Contacts()[0].Name; got != "$LEAD" {
		t.Errorf("nobody has said it yet, and yet it is %q", got)
	}
	s.do(Action{Verb: Answer, Name: "LEAD", Value: "Ada, +1 555 0100"})
	if got := s.c.Contacts()[0]; got.Name != "Ada, +1 555 0100" || got.Reach != "channel #ray" {
		t.Errorf("%+v", got)
	}
	if s.c.Book.Contacts[0].Name != "$LEAD" {
		t.Error("the runbook itself was changed")
	}
	rb, _ := Load("f", []byte(strings.Replace(src, "'$LEAD'", "'$LEED'", 1)))
	if got := Check(rb).Err(); got == nil || !strings.Contains(got.Error(), `$LEED is not known here: no variable, fact or captured value before this has the name; did you mean "LEAD"?`) {
		t.Error(got)
	}
}
