package steps

// The rule of this file: every key that takes one of a few words is listed
// here once; Load and the JSON Schema both ask.

import (
	"reflect"
	"slices"
)

var choices = map[reflect.Type]map[string][]string{
	reflect.TypeFor[Environment](): {"kind": {"live", "rehearsal"}},
	reflect.TypeFor[Step](): {
		"kind":  {"command", "manual", "gate", "soak", "measure", "edit", "document"},
		"shell": {"sh", "bash"},
		"retry": {"safe", "ask", "never"},

		"outage": {"begins", "ends"},
	},
	reflect.TypeFor[Probe]():    {"read": {"df", "docker", "ray", "prometheus", "json", "regex", "text"}},
	reflect.TypeFor[Evidence](): {"sign_off": {"driver", "approver"}},
	reflect.TypeFor[SoakRule](): {
		"on_red":   {"pause", "restart", "fail"},
		"on_stale": {"pause", "fail"},
	},
	reflect.TypeFor[MeasureRule](): {"as": {"baseline", "result"}},
	reflect.TypeFor[Trigger]():     {"mute": {"own-work"}},
	reflect.TypeFor[Exception]():   {"rule": {"missing", "kind", "where"}},
	reflect.TypeFor[Keep]():        {"": {"first", "last"}},
	reflect.TypeFor[Danger]():      {"": slices.Clone(dangers[1:])},
}

// Choices lists the words that a key of a type may hold, or with an empty key
// those of the type itself; nil when any word will do.
func Choices(t reflect.Type, key string) []string { return slices.Clone(choices[t][key]) }
