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
	rayCPULine  = regexp.MustCompile(`^([\d.]+)/([\d.]+) CPU$`)
)

// ParseRayStatus reads the text of `ray status`. Before the cluster is ready it
// says "No cluster status", which is an error here. So is a part that is not
// there, or a line that is not understood: nothing of it may be taken for zero.
func ParseRayStatus(text string) (RayStatus, error) {
	var s RayStatus
	if !strings.Contains(text, "Autoscaler status:") {
		return s, fmt.Errorf("ray: not a cluster status: %.80q", strings.TrimSpace(text))
	}
	section, seen := "", map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		item, indented := strings.CutPrefix(line, " ")
		if !indented {
			section, _, _ = strings.Cut(strings.TrimSpace(line), ":")
			seen[section] = true
			continue
		}
		item = strings.TrimSpace(item)
		if item == "" || strings.HasPrefix(item, "(no ") || item == "(none)" {
			continue
		}
		if err := s.line(section, item); err != nil {
			return RayStatus{}, err
		}
		if strings.HasSuffix(section, "Usage") && strings.HasSuffix(item, " CPU") {
			seen["CPU"] = true
		}
	}
	switch {
	case !seen["CPU"]:
		return RayStatus{}, errors.New("ray: no CPUs in the cluster status")
	case !seen["Active"] && !seen["Healthy"] || !seen["Pending"] || !seen["Recent failures"]:
		return RayStatus{}, errors.New("ray: the cluster status has no list of nodes")
	}
	return s, nil
}

// line takes one indented line.
func (s *RayStatus) line(section, item string) error {
	switch {
	case section == "Active" || section == "Healthy" || section == "Idle":
		m := rayNodeLine.FindStringSubmatch(item)
		if m == nil {
			return fmt.Errorf("ray: cannot read the line %.80q of the nodes", item)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return fmt.Errorf("ray: %w", err)
		}
		if section == "Idle" {
			s.Idle += n
		} else {
			s.Active += n
		}
	case section == "Pending":
		n := 1 // "10.0.0.5: worker, setting-up" is one node
		if m := rayNodeLine.FindStringSubmatch(item); m != nil {
			var err error
			if n, err = strconv.Atoi(m[1]); err != nil {
				return fmt.Errorf("ray: %w", err)
			}
		}
		s.Pending += n
	case section == "Recent failures":
		s.Failures = append(s.Failures, item)
	case strings.HasSuffix(section, "Usage") && strings.HasSuffix(item, " CPU"):
		m := rayCPULine.FindStringSubmatch(item)
		if m == nil {
			return fmt.Errorf("ray: cannot read the line %.80q of the usage", item)
		}
		used, err1 := strconv.ParseFloat(m[1], 64)
		all, err2 := strconv.ParseFloat(m[2], 64)
		if err := errors.Join(err1, err2); err != nil {
			return fmt.Errorf("ray: cannot read the line %.80q of the usage", item)
		}
		s.CPUsUsed, s.CPUs = used, all
	}
	return nil
}
