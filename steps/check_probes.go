package steps

// The rule of this file: a probe has one way to ask and one reader for the
// answer, and the reader says which fields there are.

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// reading is what a reader of probes offers: fields behind the probe's name,
// and whether the name alone will do.
type reading struct {
	fields []string
	alone  bool
}

var readers = map[string]reading{
	"df":         {[]string{"free", "used", "size", "percent"}, true},
	"docker":     {[]string{"running", "missing", "count", "restarts", "state", "status", "image"}, true},
	"ray":        {[]string{"version", "workers", "nodes", "nodes_lost", "jobs", "cpus", "cpus_used", "active", "pending", "failures"}, false},
	"prometheus": {[]string{"alerts"}, true},
	"json":       {nil, true},
	"regex":      {nil, true},
	"text":       {nil, true},
}

// ProbeFields lists what may follow a probe's name ("ray.jobs"), by reader, and
// whether the name alone is a value too.
func ProbeFields(reader string) (fields []string, alone bool) {
	r := readers[reader]
	return slices.Clone(r.fields), r.alone
}

func (c *checker) checkProbes() {
	for name, p := range c.rb.Probes {
		path := member("probes", name)
		if !identifier.MatchString(name) || strings.Contains(name, ".") {
			c.key(path, "probe", "probe %q: want lower-case letters, digits and dashes; what follows a dot is a field", name)
		}
		if p.Host != "" && p.Host != LocalHost {
			if _, ok := c.rb.Hosts[p.Host]; !ok {
				c.value(path+".host", "probe", "%q is not a host%s", p.Host, suggest(p.Host, c.rb.AllHosts()))
			}
		}
		switch {
		case p.Read == "":
			c.key(path, "probe", "probe %s needs read: how its output is read", name)
		case p.HTTP != "" && p.Script != "":
			c.value(path+".script", "probe", "probe %s has http and a script; want one of them", name)
		case p.HTTP == "" && p.Script == "" && p.Read != "df" && p.Read != "docker":
			c.key(path, "probe", "probe %s needs http or a script: %s reads what one of them gives", name, p.Read)
		case p.HTTP != "" && !strings.HasPrefix(p.HTTP, "http://") && !strings.HasPrefix(p.HTTP, "https://"):
			c.value(path+".http", "probe", "http %q: want an address such as http://127.0.0.1:9090", p.HTTP)
		}
		if _, secret := c.rb.Secrets[p.Token]; p.Token != "" && !secret {
			c.value(path+".token", "probe", "token %q is not in [secrets]%s", p.Token, suggest(p.Token, slices.Collect(maps.Keys(c.rb.Secrets))))
		} else if p.Token != "" && p.HTTP == "" {
			c.value(path+".token", "probe", "a token goes with http; a script has no secrets in a probe")
		}
		if p.Read == "regex" {
			c.checkPattern(path+".path", p.Path)
		}
		c.checkTimeout(path+".timeout", p.Timeout, 10*time.Minute)
	}
}

func (c *checker) checkPattern(path, pattern string) {
	if re, err := regexp.Compile(pattern); err != nil {
		c.value(path, "probe", "%v", err)
	} else if re.NumSubexp() > 1 {
		c.value(path, "probe", "the pattern %q has %d groups; want one, around the value: (?:…) does not count", pattern, re.NumSubexp())
	}
}
