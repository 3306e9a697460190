package steps

// The rule of this file: what is looked up at night leads somewhere: a contact
// has a name, a link a whole address, a known trouble a remedy.

import "strings"

func (c *checker) checkHelp() {
	for i, k := range c.rb.Contacts {
		path := element("contact", i)
		c.checkRefs(path, k.Refs)
		c.checkReferences(&Step{}, path+".name", k.Name, false)
		c.checkReferences(&Step{}, path+".reach", k.Reach, false)
	}
	for i, l := range c.rb.Links {
		path := element("link", i)
		c.checkRefs(path, l.Refs)
		if !strings.Contains(l.URL, "://") {
			c.value(path+".url", "url", "url %q: want a whole address such as https://example.org/", l.URL)
		}
	}
	for i, k := range c.rb.Known {
		path := element("known", i)
		c.checkRefs(path, k.Refs)
		if k.Title == "" || k.Do == "" {
			c.value(path, "known", "a known trouble needs a title, and do: what helps")
		}
	}
	for i, e := range c.rb.Escalation {
		path := element("escalation", i)
		c.checkRefs(path, e.Refs)
		if e.Title == "" {
			c.value(path, "escalation", "a rung of the escalation needs a title: what is done, or who is told")
		}
	}
}
