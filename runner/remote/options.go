// What ssh resolved becomes what one server needs. An option that would lead
// another way, or make trust laxer than ours, is refused; one that makes it
// stricter is obeyed. docs/ssh.md has them all.

package remote

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"time"
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
	"bindinterface":     "use BindAddress",
	"knownhostscommand": "put the keys that it prints into a known_hosts file",
	"pkcs11provider":    "add the token's key to your ssh agent",
}

// hop turns the options of one host into what we need.
func (o options) hop(host string) (Hop, error) {
	for key, instead := range refused {
		if v := o.one(key); v != "" && v != "none" {
			return Hop{}, fmt.Errorf("%s %q is not supported; %s", key, v, instead)
		}
	}
	h := Hop{Address: cmp.Or(o.one("hostname"), host), User: o.one("user"), HostKeyAlias: o.one("hostkeyalias"),
		IdentitiesOnly: o.one("identitiesonly") == "yes", BindAddress: o.one("bindaddress"), Network: "tcp",
		NoKeys: o.one("pubkeyauthentication") == "false" || o.one("pubkeyauthentication") == "no"}
	if o.one("batchmode") != "yes" { // then ssh asks nobody
		h.KbdInteractive = o.one("kbdinteractiveauthentication") != "no"
		h.Password = o.one("passwordauthentication") != "no"
	}
	var err error
	if h.Port, err = strconv.Atoi(o.one("port")); err != nil || h.Port < 1 || h.Port > 65535 {
		return Hop{}, fmt.Errorf("bad port %q", o.one("port"))
	}
	switch o.one("addressfamily") {
	case "inet":
		h.Network = "tcp4"
	case "inet6":
		h.Network = "tcp6"
	}
	if list := o.one("hostkeyalgorithms"); list != "" {
		h.HostKeyAlgorithms = strings.Split(list, ",")
	}
	if err := o.times(&h); err != nil {
		return Hop{}, err
	}
	if err := o.command(&h, host); err != nil {
		return Hop{}, err
	}
	return h, o.files(&h)
}

// times reads what ssh -G prints of them: seconds, or none.
func (o options) times(h *Hop) error {
	for key, to := range map[string]*time.Duration{"connecttimeout": &h.ConnectTimeout, "serveraliveinterval": &h.AliveInterval} {
		v := o.one(key)
		if v == "" || v == "none" {
			continue
		}
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds < 0 {
			return fmt.Errorf("%s %q is no number of seconds", key, v)
		}
		*to = time.Duration(seconds) * time.Second
	}
	var err error
	if v := o.one("serveralivecountmax"); v != "" {
		if h.AliveCountMax, err = strconv.Atoi(v); err != nil || h.AliveCountMax < 0 {
			return fmt.Errorf("serveralivecountmax %q is no number", v)
		}
	}
	return nil
}

// command expands a ProxyCommand: %%, %h, %n, %p and %r (ssh_config(5), TOKENS).
func (o options) command(h *Hop, host string) (err error) {
	command := o.one("proxycommand")
	if command == "" || command == "none" {
		return nil
	}
	if o.one("proxyusefdpass") == "yes" {
		return errors.New("proxyusefdpass is not supported; use a ProxyCommand that copies, without it")
	}
	// as ssh since CVE-2023-51385: a name is no place for a shell's signs
	if i := strings.IndexAny(h.Address+host+h.User, "'`\"$\\;&<>|(){}\n"); i >= 0 {
		return errors.New("ProxyCommand: the host's or the user's name has a character that a shell would act on")
	}
	h.ProxyCommand, err = tokens(command, map[byte]string{'h': h.Address, 'n': host, 'p': strconv.Itoa(h.Port), 'r': h.User})
	return err
}

// files are the paths of keys, certificates, known hosts and revoked ones.
func (o options) files(h *Hop) (err error) {
	if h.Agent, err = o.agent(*h); err != nil {
		return err
	}
	var known []string
	for _, list := range append(o["userknownhostsfile"], o["globalknownhostsfile"]...) {
		known = append(known, strings.Fields(list)...)
	}
	for _, p := range []struct {
		to    *[]string
		names []string
	}{{&h.Identities, o["identityfile"]}, {&h.Certificates, o["certificatefile"]}, {&h.KnownHosts, known}, {&h.RevokedKeys, o["revokedhostkeys"]}} {
		if *p.to, err = paths(p.names, *h); err != nil {
			return err
		}
	}
	return nil
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
	me, err := user.Current()
	if err != nil {
		return "", err
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		name = filepath.Join(home, rest)
	}
	path, err := tokens(name, map[byte]string{'d': home, 'h': h.Address, 'p': strconv.Itoa(h.port()), 'r': h.User, 'u': me.Username})
	if err == nil && !filepath.IsAbs(path) {
		err = errors.New("path is not absolute: " + path)
	}
	return path, err
}

// tokens replaces %X by its value, and %% by %. Another one is an error: what
// ssh would put there, we do not know.
func tokens(text string, values map[byte]string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if i == len(text) {
			return "", fmt.Errorf("%q ends in %%", text)
		}
		value, ok := values[text[i]]
		switch {
		case text[i] == '%':
			b.WriteByte('%')
		case ok:
			b.WriteString(value)
		default:
			return "", fmt.Errorf("%q: token %%%c is not supported", text, text[i])
		}
	}
	return b.String(), nil
}
