package pane

// The rule of this file: what somebody needs who does not know what to do is on
// one page, and who is reached first stands first.

import (
	"fmt"
	"strings"

	"belay/ui/style"
)

// AtHand lists contacts, escalation, known troubles and links of a runbook.
func AtHand(r *Run, w int, st *style.Style) []string {
	p, rb := NewPage(w, st), r.Book
	if len(rb.Contacts)+len(rb.Escalation)+len(rb.Known)+len(rb.Links) == 0 {
		p.Text(style.Dim, "The runbook names no contacts, no escalation, no known troubles and no links.")
		return p.Lines
	}
	if len(rb.Contacts) > 0 {
		p.Head("Contacts")
	}
	for _, k := range r.Contacts() {
		p.Field("", k.Role+": "+joined(k.Name, k.Reach))
	}
	if len(rb.Escalation) > 0 {
		p.Head("Escalation")
	}
	for i, e := range rb.Escalation {
		when := ""
		if e.After > 0 {
			when = "after " + e.After.String()
		}
		p.Field(fmt.Sprint(i+1), joined(e.Title, when, e.Reach))
	}
	for i, k := range rb.Known {
		if i == 0 {
			p.Head("Known troubles")
		}
		p.Text(style.Strong, "  "+k.Title)
		p.Field("seen", k.Seen)
		p.Field("do", k.Do)
		p.Field("note", k.Note)
	}
	if len(rb.Links) > 0 {
		p.Head("Links")
	}
	for _, l := range rb.Links {
		p.Field("", joined(l.Title, l.URL))
	}
	return p.Lines
}

func joined(parts ...string) string {
	var out []string
	for _, s := range parts {
		if s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}
