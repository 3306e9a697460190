package remote

// What decides whom we reach and whom we believe comes from files that others
// write: read wrongly, it must not panic, and must never believe more than it says.

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// FuzzKnownHosts: a key is believed only if the file has that very key.
func FuzzKnownHosts(f *testing.F) {
	const public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk0Z4yAMiOkrpb4Qx6OMxvhPBh2ha0LBCFgXVFEQC8c"
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(public))
	if err != nil {
		f.Fatal(err)
	}
	blob := strings.Fields(public)[1]
	for _, line := range []string{
		"web1 " + public, "[web1]:22 " + public, "web1,10.0.0.1 " + public + " comment", "@revoked web1 " + public,
		"@cert-authority * " + public, "!web1,* " + public, "*.example " + public, "# web1 " + public,
		"|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= " + public,
		"web1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB", "web1 ssh-rsa", "web1\t" + public + "\r\n", "\x00web1 " + public,
	} {
		f.Add([]byte(line + "\n"))
	}
	file := filepath.Join(f.TempDir(), "known_hosts")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := newKeyCheck("web1", Hop{Address: "web1", KnownHosts: []string{file}})
		if err != nil {
			return // the file is refused as a whole
		}
		for _, a := range c.algos {
			if slices.Contains(weak, a) {
				t.Errorf("asks for %s", a)
			}
		}
		if err := c.check("web1:22", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 22}, key); err == nil && !bytes.Contains(text, []byte(blob)) {
			t.Errorf("believed, and the file does not have it: %q", text)
		}
	})
}

// FuzzSSHConfig: an answer of ssh -G that means more than we do is refused, and
// what is taken can be used.
func FuzzSSHConfig(f *testing.F) {
	for _, text := range []string{
		"hostname web1\nport 22\nuser ana\nidentityfile ~/.ssh/id_ed25519\nuserknownhostsfile ~/.ssh/known_hosts\n",
		"port 22\nproxycommand nc %h %p\n", "port 22\nproxyjump a,b:2222,[::1]:22\n", "port 0\n", "port 22\nidentityfile %x\n",
		"port 22\nidentityagent $SOCK\n", "PORT 22\nHostName -oProxyCommand=x\n", "port 22\ncertificatefile \"~/%%a\"\n", "port\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := readAnswer(text)
		h, err := o.hop("web1")
		if err != nil {
			return
		}
		for key := range refused {
			if v := o.one(key); v != "" && v != "none" {
				t.Errorf("%s %q was passed over", key, v)
			}
		}
		if h.Port < 1 || h.Port > 65535 || h.Address == "" {
			t.Errorf("%+v", h)
		}
		for _, path := range slices.Concat(h.KnownHosts, h.Identities, h.Certificates) {
			if !filepath.IsAbs(path) {
				t.Errorf("path %q", path)
			}
		}
	})
}

// FuzzJump: what is split can be put together again.
func FuzzJump(f *testing.F) {
	for _, spec := range []string{"a", "ana@a:22", "ssh://ana@[::1]:2222", "[::1", "@", "a:b", "a@b@c", "-x"} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		host, user, port, err := splitJump(spec)
		if err != nil {
			return
		}
		if host == "" || host[0] == '-' || port < 0 || port > 65535 {
			t.Errorf("%q: %q %q %d", spec, host, user, port)
		}
		if !strings.Contains(spec, host) || !strings.Contains(spec, user) {
			t.Errorf("%q: %q %q come from elsewhere", spec, host, user)
		}
	})
}

// FuzzConfigFile: the reader for systems without ssh refuses what it does not
// know, by its line.
func FuzzConfigFile(f *testing.F) {
	for _, text := range []string{
		"Host web1\n  HostName 10.0.0.1\n  Port 2222\n", "Host *\n User ana\nHost !web1 *\n Port 1\n", "Match all\n", "Include x\n",
		"Host web1\n ProxyCommand nc\n", "HostName=web2\n", "Host web1\nIdentityFile \"a b\"\n", "Host [\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := make(options)
		if err := o.readFile("config", []byte(text), "web1"); err != nil {
			return
		}
		for key := range o {
			if !slices.Contains(understood, key) {
				t.Errorf("took %s", key)
			}
		}
	})
}
