package probe

// The dashboard's REST interface of Ray 2.40 and 2.53, on whose real answers the
// tests stand: /api/version, /nodes?view=summary, /api/jobs/ and
// /api/cluster_status?format=1. `ray status` itself knows no version.

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// Ray reads a cluster. Fields:
//
//	version     of the head
//	workers     alive nodes but the head; with a path only those of that address
//	nodes       alive nodes with the head; with a path likewise
//	nodes_lost  nodes that are dead but known to the head
//	jobs        jobs that run or are about to, of every type
//	cpus        CPUs of the cluster, by the autoscaler's status
//	cpus_used   those that are taken
//	active      nodes that are up, the head among them, by the same
//	pending     nodes that are on their way
//	failures    recent failures, with what they say
//
// The last five are read from the text of `ray status` as well: for a probe that
// has a script and no http.
type Ray struct{}

var _ Reader = Ray{}

const rayStatusPath = "/api/cluster_status?format=1"

var rayPaths = map[string]string{
	"version":    "/api/version",
	"workers":    "/nodes?view=summary",
	"nodes":      "/nodes?view=summary",
	"nodes_lost": "/nodes?view=summary",
	"jobs":       "/api/jobs/",
	"cpus":       rayStatusPath,
	"cpus_used":  rayStatusPath,
	"active":     rayStatusPath,
	"pending":    rayStatusPath,
	"failures":   rayStatusPath,
}

// Ask gives the one path that the field needs.
func (Ray) Ask(field, _ string) (Question, error) {
	p, ok := rayPaths[field]
	if !ok {
		return Question{}, errField("ray", field, "version", "workers", "nodes", "nodes_lost", "jobs", "cpus", "cpus_used", "active", "pending", "failures")
	}
	return Question{HTTP: p}, nil
}

// Read reads one answer of the dashboard.
func (Ray) Read(a Answer, field, path string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	var v Value
	var err error
	switch field {
	case "version":
		var s string
		s, err = ParseRayVersion(a.Body)
		v = said(s)
	case "workers", "nodes", "nodes_lost":
		var nodes []RayNode
		nodes, err = ParseRayNodes(a.Body)
		v = countNodes(nodes, field, path)
	case "jobs":
		v, err = rayJobs(a.Body)
	case "cpus", "cpus_used", "active", "pending", "failures":
		v, err = rayStatus(a.Body, field)
	default:
		err = errors.New("ray: no field " + field)
	}
	if err != nil {
		return Unknown(err.Error(), a.Body)
	}
	return v
}

// rayStatus reads a field of the autoscaler's status, from the dashboard's JSON
// or from the text itself.
func rayStatus(body []byte, field string) (Value, error) {
	parse := ParseRayStatusJSON
	if text := bytes.TrimSpace(body); len(text) == 0 || text[0] != '{' {
		parse = func(b []byte) (RayStatus, error) { return ParseRayStatus(string(b)) }
	}
	s, err := parse(body)
	if err != nil {
		return Value{}, err
	}
	switch field {
	case "cpus_used":
		return number(s.CPUsUsed, "", fmt.Sprintf("%g", s.CPUsUsed)), nil
	case "active":
		return count(s.Active + s.Idle), nil
	case "pending":
		return count(s.Pending), nil
	case "failures":
		return count(len(s.Failures), s.Failures...), nil
	}
	return number(s.CPUs, "", fmt.Sprintf("%g", s.CPUs)), nil
}

// ParseRayVersion reads /api/version.
func ParseRayVersion(body []byte) (string, error) {
	var v struct {
		Ray string `json:"ray_version"`
	}
	if err := json.Unmarshal(body, &v); err != nil || v.Ray == "" {
		return "", errors.New("ray: no ray_version")
	}
	return v.Ray, nil
}

// RayNode is one node as the head sees it.
type RayNode struct {
	IP    string
	ID    string
	Alive bool
	Head  bool
}

// ParseRayNodes reads /nodes?view=summary. A node without a state is an error:
// it would be counted as lost.
func ParseRayNodes(body []byte) ([]RayNode, error) {
	var v struct {
		Result bool `json:"result"`
		Data   struct {
			Summary *[]struct {
				IP     string `json:"ip"`
				Raylet struct {
					State  string `json:"state"`
					NodeID string `json:"nodeId"`
					Head   bool   `json:"isHeadNode"`
				} `json:"raylet"`
			} `json:"summary"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &v); err != nil || !v.Result || v.Data.Summary == nil {
		return nil, errors.New("ray: no summary of nodes")
	}
	var nodes []RayNode
	for _, n := range *v.Data.Summary {
		if n.Raylet.State != "ALIVE" && n.Raylet.State != "DEAD" {
			return nil, fmt.Errorf("ray: node %s has the state %q", n.IP, n.Raylet.State)
		}
		nodes = append(nodes, RayNode{n.IP, n.Raylet.NodeID, n.Raylet.State == "ALIVE", n.Raylet.Head})
	}
	return nodes, nil
}

func countNodes(nodes []RayNode, field, ip string) Value {
	n := 0
	for _, node := range nodes {
		if ip != "" && node.IP != ip {
			continue
		}
		switch field {
		case "nodes_lost":
			if !node.Alive {
				n++
			}
		case "workers":
			if node.Alive && !node.Head {
				n++
			}
		default:
			if node.Alive {
				n++
			}
		}
	}
	return count(n)
}

// RayJob is a job of any type: submitted, or a driver that joined by ray://.
type RayJob struct {
	Type       string `json:"type"`
	Status     string `json:"status"` // PENDING, RUNNING, STOPPED, SUCCEEDED, FAILED
	Submission string `json:"submission_id"`
	Job        string `json:"job_id"`
	Entrypoint string `json:"entrypoint"`
}

// Name is the id under which a person finds the job.
func (j RayJob) Name() string {
	if j.Submission != "" {
		return j.Submission
	}
	return j.Job
}

var rayDone = []string{"STOPPED", "SUCCEEDED", "FAILED"}

// ParseRayJobs reads /api/jobs/.
func ParseRayJobs(body []byte) ([]RayJob, error) {
	var jobs []RayJob
	if err := json.Unmarshal(body, &jobs); err != nil || jobs == nil {
		return nil, errors.New("ray: no list of jobs")
	}
	for _, j := range jobs {
		if j.Status == "" {
			return nil, fmt.Errorf("ray: job %s has no status", j.Name())
		}
	}
	return jobs, nil
}

// rayJobs counts what an outage would kill, so a status that is new to us
// counts as well.
func rayJobs(body []byte) (Value, error) {
	jobs, err := ParseRayJobs(body)
	if err != nil {
		return Value{}, err
	}
	var names []string
	for _, j := range jobs {
		if !slices.Contains(rayDone, j.Status) {
			names = append(names, j.Name())
		}
	}
	sort.Strings(names)
	return count(len(names), names...), nil
}
