package probe

// docker ps prints one JSON object per line with --format '{{json .}}'; how
// often a container was restarted only docker inspect knows.

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Container is one line of docker ps -a, with its restarts.
type Container struct {
	Name     string `json:"Names"`
	ID       string `json:"ID"`
	Image    string `json:"Image"`
	State    string `json:"State"`  // created, running, paused, restarting, exited, dead, removing
	Status   string `json:"Status"` // "Up 3 hours (unhealthy)", "Restarting (1) 2 seconds ago"
	Restarts *int   `json:"-"`      // by the engine; nil when inspect did not say
}

// Docker reads containers. The path is names or patterns (ray-worker-*) with
// blanks between them, empty for all. Fields: running (how many run; the
// default), count, restarts (their sum), and of a single one state, status and
// image. missing counts the names of which no container runs, and tells them.
type Docker struct{}

var _ Reader = Docker{}

const dockerScript = `docker ps -a --format '{{json .}}'
ids=$(docker ps -aq)
[ -z "$ids" ] || docker inspect --format '{{.Name}} {{.RestartCount}}' $ids || :
`

// Ask gives the commands: the list, then name and restarts of each.
func (Docker) Ask(field, pattern string) (Question, error) {
	switch field {
	case "", "running", "count", "restarts", "state", "status", "image":
	case "missing":
		if len(strings.Fields(pattern)) == 0 {
			return Question{}, errors.New("probe: docker.missing needs a path: the names that are expected")
		}
	default:
		return Question{}, errField("docker", field, "running", "missing", "count", "restarts", "state", "status", "image")
	}
	for _, p := range strings.Fields(pattern) {
		if _, err := path.Match(p, ""); err != nil {
			return Question{}, fmt.Errorf("probe: docker: name pattern %q: %w", p, err)
		}
	}
	return Question{Script: dockerScript}, nil
}

// Read looks at the containers whose names match.
func (Docker) Read(a Answer, field, pattern string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	all, err := ParseDocker(a.Body)
	if err != nil {
		return Unknown(err.Error(), a.Body)
	}
	var found []Container
	for _, c := range all {
		if matches(c.Name, pattern) || pattern == "" {
			found = append(found, c)
		}
	}
	switch field {
	case "missing":
		return missing(found, pattern)
	case "", "running":
		return running(found)
	case "count":
		return count(len(found))
	case "restarts":
		return restarts(found)
	}
	return ofOne(found, field, pattern)
}

func matches(name, patterns string) bool {
	for _, p := range strings.Fields(patterns) {
		if ok, _ := path.Match(p, name); ok {
			return true
		}
	}
	return false
}

// missing counts the names of which nothing runs, with the state of what is
// there under them instead.
func missing(found []Container, patterns string) Value {
	var out []string
	for _, p := range strings.Fields(patterns) {
		state, runs := "", false
		for _, c := range found {
			if matches(c.Name, p) {
				state, runs = " "+c.State, runs || c.State == "running"
			}
		}
		if !runs {
			out = append(out, p+state)
		}
	}
	return count(len(out), out...)
}

// running counts what works: a paused or restarting container does not.
func running(found []Container) Value {
	n, odd := 0, []string{}
	for _, c := range found {
		if c.State == "running" {
			n++
		} else {
			odd = append(odd, c.Name+" "+c.State)
		}
	}
	return count(n, odd...)
}

func restarts(found []Container) Value {
	sum := 0
	for _, c := range found {
		if c.Restarts == nil {
			return Unknown("docker: inspect did not tell the restarts of "+c.Name, nil)
		}
		sum += *c.Restarts
	}
	return count(sum)
}

func ofOne(found []Container, field, pattern string) Value {
	if len(found) != 1 {
		return Unknown(fmt.Sprintf("docker: %d containers match %q, want one", len(found), pattern), nil)
	}
	return said(map[string]string{
		"state": found[0].State, "status": found[0].Status, "image": found[0].Image,
	}[field])
}

// ParseDocker reads the lines of docker ps -a --format '{{json .}}', and lines
// of name and restart count behind them where there are any. No line at all is
// an engine without containers.
func ParseDocker(out []byte) ([]Container, error) {
	var all []Container
	at := map[string]int{}
	for _, line := range strings.Split(string(out), "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "{"):
			var c Container
			if err := json.Unmarshal([]byte(line), &c); err != nil || c.Name == "" || c.State == "" {
				return nil, fmt.Errorf("docker: cannot read the line %.80q", line)
			}
			at[c.Name] = len(all)
			all = append(all, c)
		default:
			name, times, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
			n, err := strconv.Atoi(times)
			if err != nil {
				return nil, fmt.Errorf("docker: cannot read the line %.80q", line)
			}
			if i, ok := at[name]; ok {
				all[i].Restarts = &n
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all, nil
}
