package job

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func sampleCalls() []Call {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return []Call{
		{Verb: Look, ID: "a"},
		{Verb: Attach, ID: "r1.step-2_x", Offset: 1 << 40},
		{Verb: Cancel, ID: "a", Grace: 3 * time.Second},
		{Verb: Values, ID: "a"},
		{Verb: Fence, ID: "a"},
		{Verb: Forget, ID: "a"},
		{Verb: Launch, ID: "a", Request: Request{ID: "a", Script: Script{Text: "echo hi\n", Shell: "sh"}}},
		{Verb: Launch, ID: "a", Request: Request{ID: "a",
			Script: Script{
				Text:  "cat <<X\n}\nend\nX\n: script; export 'A=1'; \n",
				Shell: "bash", Dir: "~/a 'b", Env: []string{"A=it's; $x\nnew line", "B="},
			},
			Secrets:   map[string][]byte{"TOKEN": all, "EMPTY": {}},
			MachineID: "0123456789abcdef", Head: "sha256:00ff",
		}},
		{Verb: Run, ID: "0123456789abcdef", Request: Request{Script: Script{Text: "df -Pk\n", Shell: "sh", Dir: "/"}}},
	}
}

func TestBuildAndParseAgree(t *testing.T) {
	for _, want := range sampleCalls() {
		t.Run(string(want.Verb), func(t *testing.T) {
			stream, err := Build(want)
			if err != nil {
				t.Fatal(err)
			}
			// The stream of a Run stays open: Parse must not wait for its end.
			pr, pw := io.Pipe()
			defer pr.Close()
			go pw.Write(stream)
			got, err := Parse(pr)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefusesEveryCut(t *testing.T) {
	for _, c := range sampleCalls() {
		stream, err := Build(c)
		if err != nil {
			t.Fatal(err)
		}
		// the last byte is the newline behind the brace: without it a shell runs
		// the call whole, Parse still calls it torn
		for n := len(stream) - 1; n >= 0 && n > len(stream)-1500; n-- {
			if got, err := Parse(bytes.NewReader(stream[:n])); !errors.Is(err, ErrTorn) {
				t.Fatalf("%s cut at %d of %d: got %v, %v", c.Verb, n, len(stream), got, err)
			}
		}
	}
}

func TestParseRefusesAnAlteredScript(t *testing.T) {
	stream, err := Build(sampleCalls()[7])
	if err != nil {
		t.Fatal(err)
	}
	for _, swap := range [][2]string{{"cat <<X", "cat <<Y"}, {`TOKEN \000`, `TOKEN \001`}} {
		altered := bytes.Replace(stream, []byte(swap[0]), []byte(swap[1]), 1)
		if bytes.Equal(altered, stream) {
			t.Fatalf("%q does not occur", swap[0])
		}
		if _, err := Parse(bytes.NewReader(altered)); !errors.Is(err, ErrTorn) {
			t.Errorf("altered %q: %v", swap[0], err)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	launch := func(change func(*Call)) Call {
		c := Call{Verb: Launch, ID: "a", Request: Request{ID: "a", Script: Script{Text: "true"}}}
		change(&c)
		return c
	}
	for name, c := range map[string]Call{
		"no verb":        {ID: "a"},
		"unknown verb":   {Verb: "rm", ID: "a"},
		"id with slash":  {Verb: Look, ID: "../a"},
		"id with dash":   {Verb: Look, ID: "-rf"},
		"id with line":   {Verb: Look, ID: "a\nb"},
		"empty id":       {Verb: Look},
		"long id":        {Verb: Look, ID: strings.Repeat("a", 121)},
		"offset":         {Verb: Attach, ID: "a", Offset: -1},
		"grace":          {Verb: Cancel, ID: "a", Grace: -1},
		"other id":       launch(func(c *Call) { c.Request.ID = "b" }),
		"NUL":            launch(func(c *Call) { c.Request.Script.Text = "a\x00b" }),
		"NUL in dir":     launch(func(c *Call) { c.Request.Script.Dir = "a\x00b" }),
		"shell":          launch(func(c *Call) { c.Request.Script.Shell = "zsh" }),
		"variable":       launch(func(c *Call) { c.Request.Script.Env = []string{"A B=1"} }),
		"no value":       launch(func(c *Call) { c.Request.Script.Env = []string{"A"} }),
		"our variable":   launch(func(c *Call) { c.Request.Script.Env = []string{"BELAY_OUT=/etc/passwd"} }),
		"secret's name":  launch(func(c *Call) { c.Request.Secrets = map[string][]byte{"../A": nil} }),
		"secret's size":  launch(func(c *Call) { c.Request.Secrets = map[string][]byte{"A": make([]byte, MaxSecret+1)} }),
		"head":           launch(func(c *Call) { c.Request.Head = "a b" }),
		"machine":        launch(func(c *Call) { c.Request.MachineID = "-" }),
		"too big script": launch(func(c *Call) { c.Request.Script.Text = strings.Repeat("x", MaxScript) }),
	} {
		if stream, err := Build(c); err == nil || stream != nil {
			t.Errorf("%s: built %d bytes, error %v", name, len(stream), err)
		}
	}
}

// The parser looks for the line that starts the call: the wrapper's own text
// must not hold one, and its first line is what a native host looks for.
func TestWrapperText(t *testing.T) {
	for text, version := range map[string]string{wrapper: Version, runner: RunVersion} {
		if first, _, _ := strings.Cut(text, "\n"); first != version {
			t.Errorf("first line is %q, want %q", first, version)
		}
		if strings.Contains(text, "\n{ belay") {
			t.Error("the wrapper holds a line that looks like a call")
		}
		if !strings.HasSuffix(text, "}\n") {
			t.Error("the wrapper must end in a function, whole")
		}
	}
}

func TestStatusLine(t *testing.T) {
	for _, want := range []Status{
		{ID: "a", State: None},
		{ID: "a", State: Running, Started: true, Why: "orphan", Size: 12},
		{ID: "a", State: Exited, Started: true, Exit: 255, Outside: true, Size: 1 << 50, Left: 3, Signal: "KILL"},
		{ID: "a", State: Exited, Started: true},
		{ID: "a", State: Lost, Why: "reboot"},
	} {
		got, err := ParseStatus(want.Line())
		if err != nil || got != want {
			t.Errorf("%s\n got %+v, %v\nwant %+v", want.Line(), got, err, want)
		}
	}
	good := Status{ID: "a", State: Exited}.Line()
	for _, swap := range [][2]string{
		{"belay1", "belay2"}, {"id=a", "id=../a"}, {"state=exited", "state=fine"}, {"exit=0", "exit=256"},
		{"exit=0", "exit="}, {"exit=0", "exit=-1"}, {"by=i", "by=x"}, {"size=0", "size=-1"}, {"size=0", ""},
		{"left=0", "left=x"}, {"signal=", "signal=HUP"}, {"why=", "why=\x1b[2J"}, {"started=no", "started=maybe"},
		{"left=0", "left=0 left=0"}, {"left=0", "left=0 more=0"}, {"left=0", "left=0 n=1"},
	} {
		bad := strings.Replace(good, swap[0], swap[1], 1)
		if got, err := ParseStatus(bad); err == nil {
			t.Errorf("accepted %q as %+v", bad, got)
		}
	}
}

func TestFrames(t *testing.T) {
	want := []Frame{
		{Status: Status{ID: "a", State: Running, Size: 3}, Bytes: []byte("a\nb")},
		{Status: Status{ID: "a", State: Running, Size: 3}},
		{Status: Status{ID: "a", State: Exited, Started: true, Size: MaxChunk}, Bytes: bytes.Repeat([]byte("x"), MaxChunk)},
	}
	var b bytes.Buffer
	b.WriteString("Welcome to a noisy host\nbelay1x\n")
	for _, f := range want {
		if err := WriteFrame(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	whole := b.Bytes()
	r := NewFrameReader(bytes.NewReader(whole))
	for i := range want {
		got, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i], got, cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last frame: %v", err)
	}
	if err := WriteFrame(io.Discard, Frame{Bytes: make([]byte, MaxChunk+1)}); err == nil {
		t.Error("wrote a frame that is too large")
	}
	first := len("Welcome to a noisy host\nbelay1x\n") + len(want[0].Status.Line()) + len(" n=3\n") + 3 + 1
	for n := 1; n < first; n++ {
		if f, err := NewFrameReader(bytes.NewReader(whole[:n])).Next(); err == nil || err == io.EOF && n > 33 {
			t.Errorf("cut at %d: %+v, %v", n, f, err)
		}
	}
}

func TestFrameReaderBounds(t *testing.T) {
	endless := io.MultiReader(strings.NewReader("belay1 id="), zeroes{})
	if _, err := NewFrameReader(endless).Next(); err == nil {
		t.Error("a line without end was accepted")
	}
	chatter := strings.NewReader(strings.Repeat("hello\n", maxNoise))
	if _, err := NewFrameReader(chatter).Next(); err == nil || err == io.EOF {
		t.Errorf("chatter: %v", err)
	}
	short := Status{ID: "a", State: Running}.Line() + " n=2\nabX"
	if _, err := NewFrameReader(strings.NewReader(short)).Next(); err == nil {
		t.Error("a frame that does not end where it said was accepted")
	}
}

type zeroes struct{}

func (zeroes) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func TestAnswer(t *testing.T) {
	err := Answer(Launch, RefusedSpace, "motd\nbelay: only 3 KiB free\n")
	if !Proven(err) || err.Error() != "host refused: only 3 KiB free" {
		t.Errorf("launch: %v", err)
	}
	for _, code := range []int{1, 2, 126, 127, 130, 255, StillRunning, CannotTell} {
		if err := Answer(Launch, code, ""); err == nil || Proven(err) {
			t.Errorf("exit %d of a launch proves nothing, got %v", code, err)
		}
	}
	if err := Answer(Launch, RefusedHost, "sh: not found"); err == nil || Proven(err) {
		t.Errorf("a code without our text proves nothing: %v", err)
	}
	if err := Answer(Look, RefusedHost, "belay: x"); err == nil || Proven(err) {
		t.Errorf("a look is no launch: %v", err)
	}
	if err := Answer(Values, TooLarge, ""); !errors.Is(err, ErrTooLarge) {
		t.Errorf("values: %v", err)
	}
	if err := Answer(Look, 0, "noise"); err != nil {
		t.Error(err)
	}
}

func FuzzParseStatus(f *testing.F) {
	f.Add(Status{ID: "a", State: Exited, Exit: 3, Outside: true, Size: 9}.Line())
	f.Add("belay1 id=a state=running started=yes exit= by= why= size=1 left=0 signal=")
	f.Fuzz(func(t *testing.T, line string) {
		s, err := ParseStatus(line)
		if err != nil {
			return
		}
		again, err := ParseStatus(s.Line())
		if err != nil || again != s {
			t.Fatalf("%q: %+v, again %+v, %v", line, s, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, c := range sampleCalls() {
		stream, err := Build(c)
		if err != nil {
			f.Fatal(err)
		}
		// the wrapper's body only slows the fuzzer down
		first, _, _ := bytes.Cut(stream, []byte("\n"))
		i := bytes.Index(stream, []byte("\n{ belay"))
		f.Add(append(append([]byte{}, first...), stream[i:]...))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		c, err := Parse(bytes.NewReader(stream))
		if err != nil {
			return
		}
		built, err := Build(c)
		if err != nil {
			t.Fatalf("parsed, but cannot be built: %v", err)
		}
		again, err := Parse(bytes.NewReader(built))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("motd\n" + Status{ID: "a", State: Running}.Line() + " n=3\nabc\n"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewFrameReader(bytes.NewReader(stream))
		for {
			frame, err := r.Next()
			if err != nil {
				return
			}
			var b bytes.Buffer
			if err := WriteFrame(&b, frame); err != nil {
				t.Fatal(err)
			}
			again, err := NewFrameReader(&b).Next()
			if err != nil || again.Status != frame.Status || !bytes.Equal(again.Bytes, frame.Bytes) {
				t.Fatalf("%+v, again %+v, %v", frame, again, err)
			}
		}
	})
}
