package cli

// The rule of this file: the report names who could have been called and what
// was known beforehand, as the text in force had it.

import (
	"bufio"
	"fmt"
	"strings"

	"belay/steps"
)

// atHand is what the runbook offers to somebody who does not know what to do.
type atHand struct {
	Contacts   []contactLine    `json:"contacts,omitempty"`
	Escalation []escalationLine `json:"escalation,omitempty"`
	Known      []knownLine      `json:"known,omitempty"`
	Links      []linkLine       `json:"links,omitempty"`
}

type contactLine struct {
	Role  string   `json:"role"`
	Name  string   `json:"name"`
	Reach string   `json:"reach,omitempty"`
	Refs  []string `json:"refs,omitempty"`
}

type escalationLine struct {
	After steps.Duration `json:"after,omitzero"`
	Title string         `json:"title"`
	Reach string         `json:"reach,omitempty"`
	Refs  []string       `json:"refs,omitempty"`
}

type knownLine struct {
	Title string   `json:"title"`
	Seen  string   `json:"seen,omitempty"`
	Do    string   `json:"do"`
	Note  string   `json:"note,omitempty"`
	Refs  []string `json:"refs,omitempty"`
}

type linkLine struct {
	Title string   `json:"title"`
	URL   string   `json:"url"`
	Refs  []string `json:"refs,omitempty"`
}

func atHandOf(c *steps.Case) (a atHand) {
	rb := c.Book
	for _, k := range c.Contacts() {
		a.Contacts = append(a.Contacts, contactLine(k))
	}
	for _, e := range rb.Escalation {
		a.Escalation = append(a.Escalation, escalationLine(e))
	}
	for _, k := range rb.Known {
		a.Known = append(a.Known, knownLine(k))
	}
	for _, l := range rb.Links {
		a.Links = append(a.Links, linkLine(l))
	}
	return a
}

func writeAtHand(b *bufio.Writer, a atHand) {
	if len(a.Contacts)+len(a.Escalation)+len(a.Known)+len(a.Links) == 0 {
		return
	}
	b.WriteString("\n## At hand\n\n")
	line := func(refs []string, parts ...string) {
		var out []string
		for _, p := range append(parts, strings.Join(refs, " ")) {
			if p != "" {
				out = append(out, cell(p))
			}
		}
		fmt.Fprintf(b, "- %s\n", strings.Join(out, "; "))
	}
	for _, k := range a.Contacts {
		line(k.Refs, k.Role+": "+k.Name, k.Reach)
	}
	for _, e := range a.Escalation {
		when := ""
		if e.After > 0 {
			when = "after " + e.After.String()
		}
		line(e.Refs, "Escalation: "+e.Title, when, e.Reach)
	}
	for _, k := range a.Known {
		line(k.Refs, "Known: "+k.Title, k.Seen, k.Do, k.Note)
	}
	for _, l := range a.Links {
		line(l.Refs, l.Title, l.URL)
	}
}
