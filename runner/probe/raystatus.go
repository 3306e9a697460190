package probe

// The text of `ray status`, which the dashboard gives as well. Headings have
// changed between versions (Usage and Total Usage, Demands and Pending Demands,
// Healthy and Active), the indented lines have not.

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// RayStatus is the autoscaler's view.
type RayStatus struct {
	Active, Idle, Pending int      // nodes
	Failures              []string // lines under "Recent failures"
	CPUs, CPUsUsed        float64
}

// ParseRayStatusJSON reads /api/cluster_status?format=1.
func ParseRayStatusJSON(body []byte) (RayStatus, error) {
	var v struct {
		Data struct {
			Status string `json:"clusterStatus"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &v); err != nil || v.Data.Status == "" {
		return RayStatus{}, errors.New("ray: no cluster status")
	}
	return ParseRayStatus(v.Data.Status)
}

var (
	rayNodeLine = regexp.MustCompile(`^(\d+) \S+`)
	rayCPULine  = regexp.MustCompile(`^([\d.]+)/([\d.]+) CPU`)
)

// ParseRayStatus reads the text of `ray status`. Before the cluster is ready it
// says "No cluster status", which is an error here.
func ParseRayStatus(text string) (RayStatus, error) {
	var s RayStatus
	if !strings.Contains(text, "Autoscaler status:") {
		return s, fmt.Errorf("ray: not a cluster status: %.80q", strings.TrimSpace(text))
	}
	section, cpus := "", false
	for _, line := range strings.Split(text, "\n") {
		if item, ok := strings.CutPrefix(line, " "); ok {
			item = strings.TrimSpace(item)
			if strings.HasPrefix(item, "(no ") || item == "(none)" {
				continue
			}
			if m := rayCPULine.FindStringSubmatch(item); m != nil && strings.HasSuffix(section, "Usage") {
				s.CPUsUsed, _ = strconv.ParseFloat(m[1], 64)
				s.CPUs, _ = strconv.ParseFloat(m[2], 64)
				cpus = true
			}
			s.node(section, item)
			continue
		}
		section, _, _ = strings.Cut(line, ":")
	}
	if !cpus {
		return s, errors.New("ray: no CPUs in the cluster status")
	}
	return s, nil
}

// node takes one line of the part about nodes.
func (s *RayStatus) node(section, item string) {
	n := 0
	if m := rayNodeLine.FindStringSubmatch(item); m != nil {
		n, _ = strconv.Atoi(m[1])
	}
	switch section {
	case "Active", "Healthy":
		s.Active += n
	case "Idle":
		s.Idle += n
	case "Pending":
		s.Pending += n
	case "Recent failures":
		s.Failures = append(s.Failures, item)
	}
}
