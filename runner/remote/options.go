// What ssh resolved becomes what one server needs. An option that would lead
// another way, or make trust laxer than ours, is refused; one that makes it
// stricter is obeyed. docs/ssh.md has them all.

package remote

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// options are the lines of ssh -G: lower-case keyword to values in order.
type options map[string][]string

func (o options) one(key string) string {
	if len(o[key]) == 0 {
		return ""
	}
	return o[key][0]
}

// refused are options that ssh would obey and we cannot: with them set, to go
// on would mean another way to the host, or a laxer one.
var refused = map[string]string{
	"proxycommand":     "use ProxyJump",
	"revokedhostkeys":  "mark the keys @revoked in known_hosts",
	"bindaddress":      "",
	"bindinterface":    "",
	"pkcs11provider":   "add the token's key to your ssh agent",
	"controlproxypath": "",
}

// hop turns the options of one host into what we need.
func (o options) hop(host string) (Hop, error) {
	for key, instead := range refused {
		if v := o.one(key); v != "" && v != "none" {
			if instead != "" {
				instead = "; " + instead
			}
			return Hop{}, fmt.Errorf("%s %q is not supported%s", key, v, instead)
		}
	}
	h := Hop{Address: o.one("hostname"), User: o.one("user"), HostKeyAlias: o.one("hostkeyalias"),
		IdentitiesOnly: o.one("identitiesonly") == "yes"}
	if h.Address == "" {
		h.Address = host
	}
	var err error
	if h.Port, err = strconv.Atoi(o.one("port")); err != nil || h.Port < 1 || h.Port > 65535 {
		return Hop{}, fmt.Errorf("bad port %q", o.one("port"))
	}
	if h.Agent, err = o.agent(h); err != nil {
		return Hop{}, err
	}
	if h.Identities, err = paths(o["identityfile"], h); err != nil {
		return Hop{}, err
	}
	if h.Certificates, err = paths(o["certificatefile"], h); err != nil {
		return Hop{}, err
	}
	var lists []string
	for _, list := range append(o["userknownhostsfile"], o["globalknownhostsfile"]...) {
		lists = append(lists, strings.Fields(list)...)
	}
	h.KnownHosts, err = paths(lists, h)
	return h, err
}

func (o options) agent(h Hop) (string, error) {
	name := o.one("identityagent")
	switch {
	case name == "none":
		return "", nil
	case name == "" || name == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK"), nil
	case strings.HasPrefix(name, "$"):
		return os.Getenv(strings.Trim(name[1:], "{}")), nil
	}
	return expand(name, h)
}

func paths(names []string, h Hop) (list []string, err error) {
	for _, name := range names {
		name = strings.Trim(name, `"`)
		if name == "none" || name == os.DevNull {
			continue
		}
		path, err := expand(name, h)
		if err != nil {
			return nil, err
		}
		list = append(list, path)
	}
	return list, nil
}

// expand resolves what ssh -G leaves in a path: ~ and the tokens of
// ssh_config(5) that make sense before a connection.
func expand(name string, h Hop) (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		name = filepath.Join(home, rest)
	}
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		i++
		if i == len(name) {
			return "", fmt.Errorf("path %q ends in %%", name)
		}
		switch name[i] {
		case '%':
			b.WriteByte('%')
		case 'd':
			b.WriteString(home)
		case 'h':
			b.WriteString(h.Address)
		case 'r':
			b.WriteString(h.User)
		case 'p':
			b.WriteString(strconv.Itoa(h.port()))
		case 'u':
			me, err := user.Current()
			if err != nil {
				return "", err
			}
			b.WriteString(me.Username)
		default:
			return "", fmt.Errorf("path %q: token %%%c is not supported", name, name[i])
		}
	}
	if !filepath.IsAbs(b.String()) {
		return "", errors.New("path is not absolute: " + b.String())
	}
	return b.String(), nil
}
