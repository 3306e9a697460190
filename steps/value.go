package steps

// The rule of this file: the small values of the file (danger, duration, var)
// read and print themselves, and an unreadable one says what it wants.

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Danger of what a step does, from none to critical.
type Danger int

// Levels of danger. Unset is what the file left out.
const (
	Unset Danger = iota
	None
	Low
	Med
	High
	Critical
)

var dangers = []string{"", "none", "low", "med", "high", "critical"}

func (d Danger) String() string { return dangers[d] }

// UnmarshalText reads none, low, med, high or critical.
func (d *Danger) UnmarshalText(b []byte) error {
	for i, s := range dangers[1:] {
		if s == string(b) {
			*d = Danger(i + 1)
			return nil
		}
	}
	return fmt.Errorf("%q is not a danger; want none, low, med, high or critical", b)
}

// MarshalText is the inverse of UnmarshalText.
func (d Danger) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// ParseDanger reads a level of danger.
func ParseDanger(s string) (Danger, error) {
	var d Danger
	err := d.UnmarshalText([]byte(s))
	return d, err
}

// Duration is written as Go writes it, with "d" for days as well: 90s, 15m, 6h, 2d.
type Duration time.Duration

// D gives the duration as the standard library's type.
func (d Duration) D() time.Duration { return time.Duration(d) }

// Or gives the duration, or other when none was written.
func (d Duration) Or(other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

func (d Duration) String() string {
	t := time.Duration(d)
	if t != 0 && t%(24*time.Hour) == 0 {
		return strconv.Itoa(int(t/(24*time.Hour))) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// UnmarshalText reads a positive duration.
func (d *Duration) UnmarshalText(b []byte) error {
	s := string(b)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n <= 0 || n > 10000 {
			return fmt.Errorf("%q is not a duration; want for example 90s, 15m, 6h or 2d", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	t, err := time.ParseDuration(s)
	if err != nil || t <= 0 {
		return fmt.Errorf("%q is not a duration; want for example 90s, 15m, 6h or 2d", s)
	}
	*d = Duration(t)
	return nil
}

// MarshalText is the inverse of UnmarshalText.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalTOML reads a plain value or { ask, match, rehearsal }.
func (v *Var) UnmarshalTOML(raw any) error {
	t, ok := raw.(map[string]any)
	if !ok {
		s, err := scalar(raw)
		v.Value = s
		return err
	}
	for key, to := range map[string]*string{"ask": &v.Ask, "match": &v.Match, "rehearsal": &v.Rehearsal} {
		if x, ok := t[key]; ok {
			s, err := scalar(x)
			if err != nil {
				return err
			}
			*to = s
		}
	}
	return nil
}

// UnmarshalTOML reads a plain value or { secret = "NAME" }.
func (v *FileValue) UnmarshalTOML(raw any) error {
	if t, ok := raw.(map[string]any); ok {
		v.Secret, _ = t["secret"].(string)
		return nil
	}
	s, err := scalar(raw)
	v.Value = s
	return err
}

func scalar(x any) (string, error) {
	switch x := x.(type) {
	case string:
		return x, nil
	case int64:
		return strconv.FormatInt(x, 10), nil
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), nil
	case bool:
		return strconv.FormatBool(x), nil
	}
	return "", fmt.Errorf("want a string, a number or a boolean")
}
