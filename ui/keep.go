package ui

// The rule of this file: how an operator looks at a run is kept with the run and
// is no fact of it. What cannot be read there is left aside with a word, and
// nothing else depends on it.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"

	"belay/runner"
	"belay/runner/tail"
	"belay/ui/pane"
	"belay/ui/style"
)

// viewVersion is the form of what is kept. Another one is not read.
const viewVersion = 1

// viewMost is how many bytes of it are read at most.
const viewMost = 256 << 10

// keptScreen is how the screen was left.
type keptScreen struct {
	Version int                `json:"v"`
	Table   bool               `json:"table,omitempty"` // the servers' table and one log, not the board
	Split   shift              `json:"split,omitzero"`
	Shown   map[string]string  `json:"shown,omitempty"` // the log that each server shows, where it is not its first
	Tour    *[]string          `json:"tour,omitempty"`  // what the tour has told, while it goes on
	Logs    map[string]keptLog `json:"logs,omitempty"`  // by HOST/LOG, or "output of TASK"
}

// keptLog is how one log was looked at. A log that follows has no Paused.
type keptLog struct {
	Paused bool   `json:"paused,omitempty"`
	Top    int64  `json:"top,omitempty"` // of an output, whose lines keep their numbers
	X      int    `json:"x,omitempty"`
	Wrap   bool   `json:"wrap,omitempty"`
	Heads  string `json:"heads,omitempty"`
	Search string `json:"search,omitempty"`
	Filter string `json:"filter,omitempty"`
	Not    bool   `json:"not,omitempty"`
}

// headWords are the ways to show heads, as they are kept.
var headWords = map[pane.Times]string{pane.InFull: "full", pane.Hidden: "hidden"}

// outputPrefix begins the key of an output's view.
const outputPrefix = "output of "

// kept gives how the screen is looked at now.
func (m *model) kept() []byte {
	k := keptScreen{Version: viewVersion, Table: !m.board, Split: m.split, Shown: map[string]string{}, Logs: map[string]keptLog{}}
	maps.Copy(k.Shown, m.shown) // those whose logs are not known yet
	for _, h := range m.snap.Hosts {
		if n := len(h.Logs); n > 0 && m.log[h.ID]%n > 0 {
			k.Shown[h.ID] = h.Logs[m.log[h.ID]%n].Name
		}
	}
	for key, v := range m.views {
		l := keptLog{Paused: v.Paused, X: v.X, Wrap: v.Wrap, Heads: headWords[v.Times], Search: v.Search.Text, Filter: v.Filter.Text, Not: v.Not}
		if v.Marking {
			l.Paused = v.Was
		}
		if l.Paused && strings.HasPrefix(key, outputPrefix) {
			l.Top = v.Top
		}
		if l != (keptLog{}) {
			k.Logs[key] = l
		}
	}
	if m.tour.on {
		told := slices.Sorted(maps.Keys(m.tour.learnt))
		k.Tour = &told
	}
	out, err := json.MarshalIndent(k, "", "  ")
	if err != nil { // there is nothing in it that could fail
		return nil
	}
	return append(out, '\n')
}

// asLeft looks at the run as the screen was left; the error says why it does not.
func (m *model) asLeft(text []byte, err error) error {
	if err != nil || len(text) == 0 {
		return err
	}
	var k keptScreen
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	switch err := d.Decode(&k); {
	case len(text) > viewMost:
		return fmt.Errorf("it is longer than %d bytes", viewMost)
	case err != nil:
		return err
	case k.Version != viewVersion:
		return fmt.Errorf("it is of version %d, and this is version %d", k.Version, viewVersion)
	}
	m.board, m.split = !k.Table, shift{between(-99, k.Split.Right, 99), between(-99, k.Split.Down, 99)}
	for key, l := range k.Logs {
		v := pane.LogView{Paused: l.Paused, Top: max(0, l.Top), X: between(0, l.X, tail.MaxLine), Wrap: l.Wrap, Not: l.Not}
		for t, word := range headWords {
			if word == l.Heads {
				v.Times = t
			}
		}
		var err error
		if v.Search.Query, err = tail.Typed(l.Search); err == nil {
			v.Search.Text = l.Search
		}
		if v.Filter.Query, err = tail.Typed(l.Filter); err == nil {
			v.Filter.Text = l.Filter
		}
		m.views[key] = indexed(v, false)
	}
	m.shown = k.Shown
	if k.Tour != nil {
		m.tour.on = true
		for _, id := range *k.Tour {
			m.tour.learnt[id] = true
		}
	}
	return nil
}

// showLeft brings back which log each server showed, as the logs come to be known.
func (m *model) showLeft(hosts []runner.HostView) {
	for _, h := range hosts {
		for i, l := range h.Logs {
			if m.shown[h.ID] == l.Name {
				m.log[h.ID] = i
				delete(m.shown, h.ID)
			}
		}
	}
}

// sayLeft says what is not looked at as it would be at first.
func (m *model) sayLeft() {
	if m.strange != nil {
		m.say(style.Warn, "view.json is left aside, "+m.strange.Error())
		return
	}
	var still []string
	for _, key := range slices.Sorted(maps.Keys(m.views)) {
		host, _, _ := strings.Cut(key, "/")
		if v := m.views[key]; m.server(host) >= 0 && (v.Paused || v.Filter.Text != "") {
			still = append(still, key)
		}
	}
	if len(still) > 0 {
		m.say(style.Strong, "stopped or filtered, as they were left: "+strings.Join(still, ", "))
	}
}

// keeper writes one after the other, and nothing behind what is newer.
type keeper struct {
	write  func([]byte) error
	mu     sync.Mutex
	newest int
}

func (k *keeper) put(n int, text []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n <= k.newest {
		return nil
	}
	k.newest = n
	return k.write(text)
}

// notKeptMsg says why the view could not be kept.
type notKeptMsg struct{ err error }

// keep keeps how the screen is looked at, where that has changed.
func (m *model) keep() tea.Cmd {
	if m.opts.Keep == nil || m.kase == nil {
		return nil
	}
	now := m.kept()
	if bytes.Equal(now, m.keptText) {
		return nil
	}
	m.keptText, m.keptN = now, m.keptN+1
	n := m.keptN
	return func() tea.Msg {
		if err := m.keeper.put(n, now); err != nil {
			return notKeptMsg{err}
		}
		return nil
	}
}

// keepLast keeps how the screen was left.
func (m *model) keepLast() {
	if m.opts.Keep != nil && m.kase != nil {
		_ = m.keeper.put(m.keptN+1, m.kept()) // there is no screen any more to say it on
	}
}
