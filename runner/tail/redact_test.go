package tail

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func secretsFor(t testing.TB, pairs ...string) *Secrets {
	t.Helper()
	values := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = []byte(pairs[i+1])
	}
	s, err := NewSecrets(values)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRedact(t *testing.T) {
	s := secretsFor(t, "A", "hunter2", "LONG", "hunter2-and-more", "NL", "line1\nline2")
	for _, tt := range []struct {
		in, want string
		hits     int
	}{
		{"", "", 0},
		{"nothing here", "nothing here", 0},
		{"pw=hunter2", "pw=‹secret A›", 1},
		{"hunter2hunter2", "‹secret A›‹secret A›", 2},
		{"hunter2-and-more", "‹secret LONG›", 1},
		{"hunter2-and-les", "‹secret A›-and-les", 1},
		{"hunter", "hunter", 0},
		{"hhunter2", "h‹secret A›", 1},
		{"x line1\nline2 y", "x ‹secret NL› y", 1},
	} {
		if got, hits := s.Text(tt.in); got != tt.want || hits != tt.hits {
			t.Errorf("%q: %q with %d hits, want %q with %d", tt.in, got, hits, tt.want, tt.hits)
		}
	}
}

func TestShortSecretIsRefusedUnnamed(t *testing.T) {
	_, err := NewSecrets(map[string][]byte{"PIN": []byte("12345")})
	if !errors.Is(err, ErrShortSecret) || !strings.Contains(err.Error(), "PIN") || strings.Contains(err.Error(), "12345") {
		t.Fatal(err)
	}
}

// However the stream is cut, the result is that of the whole, no value is in
// it, and what is held back is less than the longest value.
func TestRedactAcrossChunks(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{"aabaab", "aabaabaab", "baabaa", "aab", "a", "b", "x", "\n"}),
		rapid.StringMatching(`[abx]{0,9}`))
	rapid.Check(t, func(rt *rapid.T) {
		s := secretsFor(t, "ONE", "aabaab", "TWO", "aabaabaab", "THREE", "baabaax")
		all := strings.Join(rapid.SliceOf(piece).Draw(rt, "pieces"), "")
		want, hits := s.Text(all)
		var out bytes.Buffer
		r := s.Redactor(&out)
		for rest := all; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(rt, "n")
			if _, err := io.WriteString(r, rest[:n]); err != nil {
				rt.Fatal(err)
			}
			if rest = rest[n:]; r.Held() >= len("aabaabaab") {
				rt.Fatalf("%d bytes held", r.Held())
			}
		}
		if err := r.Flush(); err != nil || r.Held() != 0 {
			rt.Fatal(err, r.Held())
		}
		if out.String() != want || r.Hits() != hits || r.HitsOf("ONE")+r.HitsOf("TWO")+r.HitsOf("THREE") != hits {
			rt.Fatalf("%q: %q in pieces, %q whole", all, out.String(), want)
		}
		naked := strings.NewReplacer("‹secret ONE›", "|", "‹secret TWO›", "|", "‹secret THREE›", "|").Replace(want)
		for _, value := range []string{"aabaab", "baabaax"} {
			if strings.Contains(naked, value) {
				rt.Fatalf("%q still in %q", value, want)
			}
		}
	})
}

func TestNoSecretsPassAll(t *testing.T) {
	var none *Secrets
	var out bytes.Buffer
	r := none.Redactor(&out)
	io.WriteString(r, "text")
	if text, hits := none.Text("text"); text != "text" || hits != 0 || out.String() != "text" || r.Held() != 0 {
		t.Fatal(text, hits, out.String())
	}
}

type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestRedactorReportsItsWriter(t *testing.T) {
	r := secretsFor(t, "A", "hunter2").Redactor(&fullDisk{room: 3})
	if _, err := io.WriteString(r, "more than three"); !errors.Is(err, io.ErrShortWrite) {
		t.Fatal(err)
	}
	if err := r.Flush(); !errors.Is(err, io.ErrShortWrite) {
		t.Fatal(err)
	}
}

func BenchmarkRedact(b *testing.B) {
	s := secretsFor(b, "A", "2unter-and-more", "B", "correct horse battery", "C", "0123456789abcdef")
	r := s.Redactor(io.Discard)
	chunk := bytes.Repeat([]byte(logLine), 320)
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		r.Write(chunk)
	}
}
