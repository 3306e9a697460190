package journal

// A line has exactly one spelling: fields in this order, no spaces, hashes of
// fixed length at the end. So the bytes that are hashed need no second
// encoding, and a reader needs no JSON parser to take the envelope apart.

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"strconv"
	"strings"
	"time"
)

// Record is one line of the journal.
type Record struct {
	Seq  uint64          // 1, 2, 3, … without a gap
	Time time.Time       // UTC; the writer's clock, which may go back
	Kind string          // the word under which the caller knows Data
	Data json.RawMessage // compact JSON
	Prev string          // Hash of the record before, 64 zeros for the first
	Hash string          // SHA-256 in hex of the line without its last field
}

const (
	version = 1
	digits  = 2 * sha256.Size

	prefixSeq  = `{"v":1,"seq":`
	prefixTime = `,"time":"`
	prefixKind = `","kind":"`
	prefixData = `","data":`
	prefixPrev = `,"prev":"`
	prefixHash = `","h":"`
	suffix     = `"}`
)

// chain is what the next record has to follow.
type chain struct {
	seq  uint64
	head string
}

// genesis is what the first record follows.
var genesis = chain{seq: 0, head: strings.Repeat("0", digits)}

// checkKind keeps kinds to words that need no escape in JSON.
func checkKind(kind string) error {
	if kind == "" {
		return errors.New("empty kind")
	}
	for i := range len(kind) {
		switch c := kind[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return fmt.Errorf("kind has the byte %q", c)
		}
	}
	return nil
}

// seal computes the hash of the record and returns its line, with LF.
func (r *Record) seal() []byte {
	b := make([]byte, 0, len(r.Data)+256)
	b = append(b, prefixSeq...)
	b = strconv.AppendUint(b, r.Seq, 10)
	b = append(b, prefixTime...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, prefixKind...)
	b = append(b, r.Kind...)
	b = append(b, prefixData...)
	b = append(b, r.Data...)
	b = append(b, prefixPrev...)
	b = append(b, r.Prev...)
	u := unsealer{hash: sha256.New()}
	r.Hash = string(u.hashOf(b))
	b = append(b, prefixHash...)
	b = append(b, r.Hash...)
	return append(b, suffix+"\n"...)
}

// unsealer takes lines apart, one after the other, with the memory of one.
type unsealer struct {
	hash hash.Hash
	sum  [sha256.Size]byte
	hex  [digits]byte
}

// hashOf hashes the line up to the hash of its predecessor, closed off. The
// result is overwritten by the next call.
func (u *unsealer) hashOf(open []byte) []byte {
	u.hash.Reset()
	u.hash.Write(open)
	u.hash.Write([]byte(suffix))
	hex.Encode(u.hex[:], u.hash.Sum(u.sum[:0]))
	return u.hex[:]
}

// sealed is a line that was taken apart, and whose bytes match their hash. What
// it follows is not known yet.
type sealed struct {
	Record        // without Prev
	prev   []byte // as the line says
	wrong  error  // the Why of a [Damage]; the rest counts for nothing
}

// unseal takes a line apart, with its LF. Data is a part of the line.
func (u *unsealer) unseal(line []byte) (s sealed) {
	open, ok := bytes.CutSuffix(line, []byte(suffix+"\n"))
	if !ok {
		return sealed{wrong: errors.New("not a whole record")}
	}
	hashed, own, ok := cutHash(open, prefixHash)
	if !ok {
		return sealed{wrong: errors.New("no h field at the end")}
	}
	if !bytes.Equal(u.hashOf(hashed), own) {
		return sealed{wrong: errors.New("the bytes do not match their hash")}
	}
	head, prev, ok := cutHash(hashed, prefixPrev)
	if !ok {
		return sealed{wrong: errors.New("no prev field")}
	}
	s.Hash, s.prev = string(own), prev
	s.wrong = s.parseHead(head)
	return s
}

// follows verifies a record as the successor of another, and gives the Why of a
// [Damage] where it is not.
func (s *sealed) follows(after chain) error {
	switch {
	case s.wrong != nil:
		return s.wrong
	case s.Seq != after.seq+1:
		return fmt.Errorf("seq is %d after %d", s.Seq, after.seq)
	case string(s.prev) != after.head:
		return errors.New("prev is not the hash of the record before")
	}
	s.Prev = after.head
	return nil
}

// cutHash takes a hash and the prefix in front of it off the end of b.
func cutHash(b []byte, prefix string) (rest, hash []byte, ok bool) {
	at := len(b) - digits
	if at < 0 {
		return nil, nil, false
	}
	rest, ok = bytes.CutSuffix(b[:at], []byte(prefix))
	return rest, b[at:], ok
}

// parseHead reads the fields in front of prev.
func (r *Record) parseHead(b []byte) error {
	b, ok := bytes.CutPrefix(b, []byte(prefixSeq))
	if !ok {
		return fmt.Errorf("not a record of version %d", version)
	}
	seq, b, ok := bytes.Cut(b, []byte(prefixTime))
	if !ok {
		return errors.New("no time field")
	}
	stamp, b, ok := bytes.Cut(b, []byte(prefixKind))
	if !ok {
		return errors.New("no kind field")
	}
	kind, data, ok := bytes.Cut(b, []byte(prefixData))
	if !ok {
		return errors.New("no data field")
	}
	var err error
	if r.Seq, err = strconv.ParseUint(string(seq), 10, 64); err != nil {
		return errors.New("seq is not a number")
	}
	if err = r.Time.UnmarshalText(stamp); err != nil {
		return errors.New("time is not RFC 3339")
	}
	r.Kind = string(kind)
	if err := checkKind(r.Kind); err != nil {
		return err
	}
	if r.Data = data[:len(data):len(data)]; !json.Valid(r.Data) {
		return errors.New("data is not JSON")
	}
	return nil
}
