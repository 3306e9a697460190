package probe

// The HTTP interface of Prometheus, version 1:
// https://prometheus.io/docs/prometheus/latest/querying/api/

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
)

// Prometheus reads alerts or one figure. With an empty path the value is the
// number of firing alerts, with their names; else the path is a query in PromQL
// that must give exactly one sample (sum the series in the query).
type Prometheus struct{}

var _ Reader = Prometheus{}

// Ask gives the path of the alerts or of an instant query.
func (Prometheus) Ask(field, query string) (Question, error) {
	if field != "" && field != "alerts" {
		return Question{}, errField("prometheus", field, "alerts")
	}
	if query == "" || field == "alerts" {
		return Question{HTTP: "/api/v1/alerts"}, nil
	}
	return Question{HTTP: "/api/v1/query?query=" + url.QueryEscape(query)}, nil
}

// Read reads either answer.
func (Prometheus) Read(a Answer, field, query string) Value {
	if v, bad := a.failed(); bad {
		return v
	}
	read := ParseSample
	if query == "" || field == "alerts" {
		read = countAlerts
	}
	v, err := read(a.Body)
	if err != nil {
		return Unknown(err.Error(), a.Body)
	}
	return v
}

// envelope is around every answer.
type envelope struct {
	Status string          `json:"status"`
	Error  string          `json:"error"`
	Data   json.RawMessage `json:"data"`
}

func unwrap(body []byte, into any) error {
	var e envelope
	if err := json.Unmarshal(body, &e); err != nil {
		return errors.New("prometheus: not JSON")
	}
	if e.Status != "success" {
		return fmt.Errorf("prometheus: %s %s", e.Status, e.Error)
	}
	if err := json.Unmarshal(e.Data, into); err != nil {
		return errors.New("prometheus: unexpected data")
	}
	return nil
}

// Alert is one active alert.
type Alert struct {
	Labels map[string]string `json:"labels"`
	State  string            `json:"state"` // pending or firing
}

// ParseAlerts reads /api/v1/alerts.
func ParseAlerts(body []byte) ([]Alert, error) {
	var data struct {
		Alerts *[]Alert `json:"alerts"`
	}
	if err := unwrap(body, &data); err != nil {
		return nil, err
	}
	if data.Alerts == nil {
		return nil, errors.New("prometheus: no list of alerts")
	}
	return *data.Alerts, nil
}

func countAlerts(body []byte) (Value, error) {
	alerts, err := ParseAlerts(body)
	if err != nil {
		return Value{}, err
	}
	n, names := 0, []string{}
	for _, a := range alerts {
		if a.State == "firing" {
			n++
			names = append(names, a.Labels["alertname"])
		}
	}
	slices.Sort(names)
	return count(n, slices.Compact(names)...), nil
}

// ParseSample reads /api/v1/query: a scalar, or a vector of one sample. No
// sample is an error, not a zero: the metric may have been renamed.
func ParseSample(body []byte) (Value, error) {
	var data struct {
		Type   string          `json:"resultType"`
		Result json.RawMessage `json:"result"`
	}
	if err := unwrap(body, &data); err != nil {
		return Value{}, err
	}
	var sample [2]any // time, "value"
	switch data.Type {
	case "scalar":
		if json.Unmarshal(data.Result, &sample) != nil {
			return Value{}, errors.New("prometheus: unexpected scalar")
		}
	case "vector":
		var series []struct {
			Value [2]any `json:"value"`
		}
		if json.Unmarshal(data.Result, &series) != nil || len(series) != 1 {
			return Value{}, fmt.Errorf("prometheus: %d series, want one", len(series))
		}
		sample = series[0].Value
	default:
		return Value{}, fmt.Errorf("prometheus: a %s, want a scalar or a vector", data.Type)
	}
	text, _ := sample[1].(string)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return Value{}, fmt.Errorf("prometheus: the value is %q", text)
	}
	return number(n, "", text), nil
}
