package probe

// docker ps prints one JSON object per line with --format '{{json .}}'; how
// often a container was restarted only docker inspect knows.

import (
	"encoding/json"
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

// Docker reads containers. The path is a name or a pattern (ray-worker-*), empty
// for all. Fields: running (how many run; the default), count, restarts (their
// sum), and of a single one state, status and image.
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
	default:
		return Question{}, errField("docker", field, "running", "count", "restarts", "state", "status", "image")
	}
	if _, err := path.Match(pattern, ""); err != nil {
		return Question{}, fmt.Errorf("probe: docker: name pattern %q: %w", pattern, err)
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
		if ok, _ := path.Match(pattern, c.Name); ok || pattern == "" {
			found = append(found, c)
		}
	}
	switch field {
	case "", "running":
		return running(found)
	case "count":
		return count(len(found))
	case "restarts":
		return restarts(found)
	}
	return ofOne(found, field, pattern)
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
