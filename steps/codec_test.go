package steps

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// filled gives an event of a kind with something in every field.
func filled(kind string) Event {
	v := reflect.New(reflect.TypeOf(New(kind))).Elem()
	fill(v, 1)
	return v.Interface().(Event)
}

func fill(v reflect.Value, n int) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(n) * time.Nanosecond)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), n+i)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, n)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("key", n)).Convert(v.Type().Key()), value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.String:
		v.SetString(fmt.Sprintf("word %d ‹\u2028\"\\\x01", n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n%4 + 1))
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.1)
	}
}

// TestEveryKindComesBack writes each kind full and empty, and reads it again.
func TestEveryKindComesBack(t *testing.T) {
	if len(Kinds()) != 48 {
		t.Errorf("%d kinds of events", len(Kinds()))
	}
	for _, kind := range Kinds() {
		for _, e := range []Event{filled(kind), New(kind)} {
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
			back, err := Decode(kind, b)
			if err != nil {
				t.Errorf("%s: %v in %s", kind, err, b)
				continue
			}
			if diff := cmp.Diff(e, back, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s (- written, + read):\n%s", kind, diff)
			}
			if strings.Contains(string(b), "\n") {
				t.Errorf("%s takes more than a line", kind)
			}
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	for kind, data := range map[string]string{"no-such": "{}", "started": "{", "exited": `{"code":"one"}`,
		"timed-out": `{"after":"soon"}`, "passed": `[]`} {
		if e, err := Decode(kind, []byte(data)); err == nil {
			t.Errorf("%s %s was read as %+v", kind, data, e)
		}
	}
	if New("no-such") != nil {
		t.Error("an event of a kind that there is not")
	}
}

// FuzzDecode: whatever a journal holds, reading and folding it neither panics
// nor changes the state where it is refused; and what is read can be written.
func FuzzDecode(f *testing.F) {
	for _, kind := range Kinds() {
		for _, e := range []Event{filled(kind), New(kind)} {
			b, err := json.Marshal(e)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(kind, b)
		}
	}
	f.Add("started", []byte(`{"attempt":"r1.c.w1.1"}`))
	f.Add("exited", []byte(`{"attempt":"r1.c.w1.1","ok":true,"values":{"A":""}}`))
	f.Add("resolved", []byte(`{"task":{"step":"c","host":"w1"},"as":"happened","verify":true}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		e, err := Decode(kind, data)
		if err != nil {
			return
		}
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatalf("%s was read and cannot be written: %v", kind, err)
		}
		if _, err := Decode(kind, b); err != nil {
			t.Fatalf("%s was read, and what is written of it is not: %v", kind, err)
		}
		for name, s := range map[string]*scene{
			"new":      {t: t, c: Case{State: NewState()}},
			"running":  play(t, "live", ofEachKind).do(x("c@w1"), x("k"), x("g")),
			"rollback": play(t, "live", ofEachKind).done("c@w1", "m").do(Action{Verb: OpenRollback}),
			"unknown":  play(t, "live", ofEachKind).do(x("c@w1")).lost("c@w1"),
		} {
			before := s.c.State.Clone()
			if err := s.c.State.Apply(s.seq+1, noon.Add(time.Hour), e); err != nil && !reflect.DeepEqual(before, s.c.State.Clone()) {
				t.Fatalf("%s: refused with %v, and it changed the state", name, err)
			}
		}
	})
}
