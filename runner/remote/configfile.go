// Where the system has no ssh, its configuration files are read by a library,
// for HostName, User, Port, IdentityFile and ProxyJump. A file that could mean
// more than that for a host is refused by line: half a configuration leads to
// the wrong host, or to the right one by the wrong way.

package remote

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kevinburke/ssh_config"
)

// understood are the keywords that we read; harmless are those that change
// nothing of who is reached, how, or as whom.
var understood = []string{"hostname", "user", "port", "identityfile", "proxyjump", "proxycommand",
	"connecttimeout", "serveraliveinterval", "serveralivecountmax", "batchmode"}

var harmless = map[string]bool{
	"addkeystoagent": true, "compression": true,
	"connectionattempts": true, "controlmaster": true, "controlpath": true, "controlpersist": true,
	"forwardagent": true, "forwardx11": true, "forwardx11trusted": true, "hashknownhosts": true,
	"loglevel": true, "requesttty": true, "sendenv": true,
	"stricthostkeychecking": true, "tcpkeepalive": true,
	"updatehostkeys": true, "visualhostkey": true, "usekeychain": true, "escapechar": true,
	"checkhostip": true, "permitlocalcommand": true, "ignoreunknown": true,
}

func (r Resolver) readFiles(host, login string, port int) (options, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	files := []string{filepath.Join(home, ".ssh/config"), "/etc/ssh/ssh_config"}
	if r.File != "" {
		files = []string{r.File}
	}
	o := make(options)
	if login != "" {
		o["user"] = []string{login}
	}
	if port != 0 {
		o["port"] = []string{strconv.Itoa(port)}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := o.readFile(file, text, host); err != nil {
			return nil, err
		}
	}
	return o, o.defaults(host, home)
}

// readFile adds what a file says for a host. The first value counts, but of
// IdentityFile every one (ssh_config(5)).
func (o options) readFile(file string, text []byte, host string) error {
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		word, _, _ := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), "=", " "), " ")
		if word = strings.ToLower(word); word == "match" || word == "include" {
			return unsupported(file, n, word)
		}
	}
	config, err := ssh_config.DecodeBytes(text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, block := range config.Hosts {
		if !block.Matches(host) {
			continue
		}
		for _, node := range block.Nodes {
			kv, ok := node.(*ssh_config.KV)
			if !ok {
				continue
			}
			if err := o.add(file, kv); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o options) add(file string, kv *ssh_config.KV) error {
	key := strings.ToLower(kv.Key)
	for _, known := range understood {
		if key != known {
			continue
		}
		if (key == "proxyjump" && len(o["proxycommand"]) > 0) || (key == "proxycommand" && len(o["proxyjump"]) > 0) {
			return nil // the one that is named first counts
		}
		if key == "identityfile" || len(o[key]) == 0 {
			o[key] = append(o[key], kv.Value)
		}
		return nil
	}
	if !harmless[key] {
		return unsupported(file, kv.Pos().Line, kv.Key)
	}
	return nil
}

func unsupported(file string, line int, word string) error {
	return fmt.Errorf("%s:%d: %s is only understood where the system has an ssh program; install OpenSSH's client", file, line, word)
}

// defaults are ssh's own for what no file has said.
func (o options) defaults(host, home string) error {
	set := func(key string, values ...string) {
		if len(o[key]) == 0 {
			o[key] = values
		}
	}
	me, err := user.Current()
	if err != nil {
		return err
	}
	set("user", me.Username)
	set("port", "22")
	set("hostname", host)
	o["hostname"][0] = strings.ReplaceAll(o["hostname"][0], "%h", host)
	for i, file := range o["identityfile"] { // relative to where ssh would be: the home folder is what people mean
		if !filepath.IsAbs(file) && !strings.HasPrefix(file, "~") && !strings.HasPrefix(file, "%") {
			o["identityfile"][i] = filepath.Join(home, file)
		}
	}
	set("identityfile", "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
	set("userknownhostsfile", "~/.ssh/known_hosts ~/.ssh/known_hosts2")
	set("globalknownhostsfile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")
	return nil
}
