package steps

// The rule of this file: what a person wished for is journalled under that
// person's name, whatever the verb, so that a report can say who.

import "reflect"

// AttemptOf is the id of the attempt that an event is about; "" for none.
func AttemptOf(e Event) string {
	if f := reflect.ValueOf(e).FieldByName("Attempt"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

// About lists the tasks that an event names.
func About(e Event) []Task {
	v := reflect.ValueOf(e)
	if f := v.FieldByName("Task"); f.IsValid() {
		if t, ok := f.Interface().(Task); ok && !t.Zero() {
			return []Task{t}
		}
	}
	switch e := e.(type) {
	case Excluded:
		return e.Tasks
	case Included:
		return e.Tasks
	case Released:
		if !e.Scope.Task.Zero() {
			return []Task{e.Scope.Task}
		}
	}
	return nil
}

// signedBy gives events the name of who acted, where they have room for one and
// none yet.
func signedBy(events []Event, by string) []Event {
	if by == "" {
		return events
	}
	for i, e := range events {
		v := reflect.New(reflect.TypeOf(e)).Elem()
		v.Set(reflect.ValueOf(e))
		if f := v.FieldByName("By"); f.IsValid() && f.Kind() == reflect.String && f.String() == "" {
			f.SetString(by)
			events[i] = v.Interface().(Event)
		}
	}
	return events
}

// By is who wished for an event: a person, or a rule that a person gave
// beforehand; "" for what a host or the time brought about.
func By(e Event) string {
	switch e := e.(type) {
	case Intended:
		return e.Confirm.By
	case Sequenced:
		return e.Confirm.By
	case RollbackConfirmed:
		return e.Confirm.By
	case Overridden:
		return e.Confirm.By
	case Opened:
		return e.Operator
	case Drove:
		return e.Driver
	}
	if f := reflect.ValueOf(e).FieldByName("By"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}
