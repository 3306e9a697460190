package remote

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"belay/runner/remote/sshdtest"
)

// bothWays resolves by the system's ssh and by the library.
func bothWays(t *testing.T, config string, test func(t *testing.T, r Resolver)) {
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, config)
	t.Run("ssh", func(t *testing.T) {
		if _, err := exec.LookPath("ssh"); err != nil {
			t.Skip("ssh is not on this machine")
		}
		test(t, Resolver{File: file})
	})
	t.Run("library", func(t *testing.T) { test(t, Resolver{File: file, SSH: "none"}) })
}

const sampleConfig = `
Host web1
  HostName 10.0.0.1
  Port 2222
  ProxyJump ops@bastion:2022,inner
Host bastion
  HostName bastion.example.net
  User nobody
  ProxyJump outer
Host inner
  User deploy
  ProxyJump never-asked
Host outer
  Port 2200
Host *
  User ray
  IdentityFile /keys/id_%h
  IdentityFile ~/.ssh/id_ops
  ServerAliveInterval 7
`

func TestResolve(t *testing.T) {
	bothWays(t, sampleConfig, func(t *testing.T, r Resolver) {
		s, err := r.Resolve(context.Background(), "web1", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		var way []string
		for i, hop := range s.hops() {
			way = append(way, fmt.Sprintf("%s@%s", hop.User, hop.addr()))
			if len(hop.KnownHosts) == 0 || !filepath.IsAbs(hop.KnownHosts[0]) {
				t.Errorf("hop %d: known hosts %q", i, hop.KnownHosts)
			}
		}
		want := []string{"ray@outer:2200", "ops@bastion.example.net:2022", "deploy@inner:22", "ray@10.0.0.1:2222"}
		if !slices.Equal(way, want) {
			t.Errorf("way %q\nwant %q", way, want)
		}
		if s.ID != "web1" || len(s.Identities) != 2 || s.Identities[0] != "/keys/id_10.0.0.1" {
			t.Errorf("%s %q", s.ID, s.Identities)
		}
		s, err = r.Resolve(context.Background(), "outer", "root", 99)
		if err != nil || s.User != "root" || s.Port != 99 || s.Jumps != nil {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

func TestResolveRefuses(t *testing.T) {
	bothWays(t, "Host a\n  ProxyCommand nc %h %p %T\nHost b\n  ProxyJump c\nHost c\n  ProxyJump b\nHost d\n  ProxyJump x:y\n",
		func(t *testing.T, r Resolver) {
			for _, host := range []string{"a", "b", "d", "", "-oProxyCommand=x", "a b"} {
				if s, err := r.Resolve(context.Background(), host, "", 0); err == nil {
					t.Errorf("%q: %+v", host, s)
				}
			}
		})
	for config, want := range map[string]string{
		"ProxyUseFdpass yes\n  ProxyCommand x": "proxyusefdpass is not supported",
		"KnownHostsCommand /bin/true":          "put the keys that it prints into a known_hosts file",
		"HostName $(x)\n  ProxyCommand nc %h":  "a character that a shell would act on",
		"PKCS11Provider /x.so":                 "to your ssh agent",
	} {
		file := filepath.Join(t.TempDir(), "config")
		write(t, file, "Host a\n  "+config+"\n")
		_, err := Resolver{File: file}.Resolve(context.Background(), "a", "", 0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", config, err)
		}
	}
	for word, config := range map[string]string{
		"match":          "Host *\n  User x\nMatch host a\n  ProxyJump b\n",
		"include":        "Host *\n  User x\nInclude more\n",
		"HostKeyAlias":   "Host *\n  User x\n  HostKeyAlias b\n",
		"IdentitiesOnly": "Host *\n  User x\n\tIdentitiesOnly=yes\n",
	} {
		file := filepath.Join(t.TempDir(), "config")
		write(t, file, config)
		_, err := Resolver{File: file, SSH: "none"}.Resolve(context.Background(), "a", "", 0)
		if err == nil || !strings.Contains(err.Error(), file+":3: "+word) {
			t.Errorf("%s: %v", word, err)
		}
	}
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, "Host other\n  HostKeyAlias b\n")
	if _, err := (Resolver{File: file, SSH: "none"}).Resolve(context.Background(), "a", "", 0); err != nil {
		t.Errorf("another host's lines do not concern us: %v", err)
	}
}

func TestSplitJump(t *testing.T) {
	for spec, want := range map[string]string{
		"h": "h  0", "u@h:22": "h u 22", "ssh://u@h": "h u 0", "[::1]:22": "::1  22", "u@[fe80::1]": "fe80::1 u 0", " h ": "h  0",
	} {
		host, user, port, err := splitJump(spec)
		if got := fmt.Sprintf("%s %s %d", host, user, port); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", spec, got, err, want)
		}
	}
	for _, spec := range []string{"", "u@", "h:0", "h:99999", "h:x", "-oX"} {
		if host, _, _, err := splitJump(spec); err == nil {
			t.Errorf("%q: %q", spec, host)
		}
	}
}

// What ssh -G says is enough to reach a host by way of another.
func TestResolveAndConnect(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not on this machine")
	}
	jump, end := sshdtest.Start(t, sshdtest.Options{}), sshdtest.Start(t, sshdtest.Options{})
	var config strings.Builder
	for name, s := range map[string]*sshdtest.Server{"jump": jump, "end": end} {
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n  Port %d\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n",
			name, s.Host, s.Port, s.User, s.Key, s.KnownHosts)
	}
	config.WriteString("Host end\n  ProxyJump jump\n")
	file := filepath.Join(t.TempDir(), "config")
	write(t, file, config.String())
	set, err := Resolver{File: file}.Resolve(context.Background(), "end", "", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := knock(t, set); err != nil {
		t.Error(err)
	}
	if !strings.Contains(jump.Log(), "Accepted publickey") {
		t.Error("the jump host was passed by")
	}
}
