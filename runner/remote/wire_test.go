package remote

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"belay/runner/job"
	"belay/runner/remote/sshdtest"
)

// TestNothingIsForwarded: what a server has been asked for in all, by its own
// word, is to run commands and to reach a port. An agent is used to log in and
// is never forwarded, though the server would take it.
func TestNothingIsForwarded(t *testing.T) {
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"AllowAgentForwarding yes", "X11Forwarding yes", "LogLevel DEBUG3"}})
	set := settings(s)
	set.Agent, set.Identities = startAgent(t, s.Key), nil
	h := open(t, set)
	ctx := within(t, time.Minute)
	if _, err := h.Identify(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Launch(ctx, request("w", "echo out; echo agent: ${SSH_AUTH_SOCK:-none}")); err != nil {
		t.Fatal(err)
	}
	var g gather
	if _, err := h.Attach(ctx, "w", 0, g.sink); err != nil || string(g.b) != "out\nagent: none\n" {
		t.Errorf("%q, %v", g.b, err)
	}
	short, stop := context.WithCancel(ctx)
	if err := h.Stream(short, job.Script{Text: "echo line"}, io.Discard); err != nil {
		t.Error(err)
	}
	stop()
	if conn, err := h.Dial(ctx, s.Addr); err != nil {
		t.Error(err)
	} else {
		conn.Close()
	}
	h.Close()
	asked := func(pattern string) (found []string) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(s.Log(), -1) {
			if !slices.Contains(found, m[1]) {
				found = append(found, m[1])
			}
		}
		slices.Sort(found)
		return found
	}
	if got := asked(`session_input_channel_req: session \d+ req (\S+)`); !slices.Equal(got, []string{"exec"}) {
		t.Errorf("sessions were asked for %q", got)
	}
	if got := asked(`server_input_channel_open: ctype (\S+)`); !slices.Equal(got, []string{"direct-tcpip", "session"}) {
		t.Errorf("channels: %q", got)
	}
	for _, global := range asked(`server_input_global_request: rtype (\S+)`) {
		if global != "keepalive@openssh.com" {
			t.Errorf("asked for %q", global)
		}
	}
	if strings.Contains(s.Log(), "auth-agent") {
		t.Error("the agent was offered")
	}
}
