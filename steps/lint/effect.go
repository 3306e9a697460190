package lint

// The rule of this file: a command is said to change something only when its
// name and its words say so plainly. What is not in these tables may change
// things as well; an author knows, and a linter does not guess.

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"belay/steps"
)

// effect is what a command does to a server, as far as its words tell.
type effect struct {
	what  string       // in words, for a message
	level steps.Danger // None, Low: it changes something, High: no undo brings it back
	stops bool         // it takes something away or ends it, which may be gone already
}

var changes = effect{level: steps.Low}
var stops = effect{level: steps.Low, stops: true}
var destroys = effect{level: steps.High, stops: true}

// effects of commands by name and the verbs after it. The longest entry counts.
var effects = map[string]effect{}

func init() {
	for level, list := range map[*effect]string{
		&changes: `docker start|docker restart|docker unpause|docker rename|docker update|docker push|docker pull|docker build|docker load|docker import|docker commit|docker cp
			docker create|docker tag|docker compose up|docker compose start|docker compose restart|docker compose build|docker compose pull|docker compose create|docker compose push
			docker service update|docker service scale|docker service create|docker stack deploy|docker network create|docker volume create
			kubectl apply|kubectl create|kubectl cordon|kubectl uncordon|kubectl scale|kubectl patch|kubectl replace|kubectl set|kubectl label|kubectl annotate|kubectl taint
			systemctl start|systemctl restart|systemctl reload|systemctl try-restart|systemctl enable|systemctl unmask|systemctl daemon-reload|systemctl set-property|systemctl isolate
			git checkout|git switch|git pull|git merge|git rebase|git reset|git restore|git commit|git push|git revert|git cherry-pick|git apply|git am|git stash|git clone|git mv
			helm install|helm upgrade|helm rollback|terraform apply|npm install|npm ci|gem install
			pip install|pip3 install|apt install|apt-get install|apt upgrade|apt-get upgrade|apt-get dist-upgrade|dnf install|dnf upgrade|dnf update|yum install|yum update|apk add|zypper install|snap install
			pg_ctl start|pg_ctl restart|pg_ctl reload|pg_ctl promote|nft add|ufw allow|ufw deny|ufw enable|modprobe
			useradd|groupadd|usermod|chpasswd|initdb|createdb|createuser|pg_basebackup|ansible-playbook|hostnamectl set-hostname|timedatectl set-timezone`,
		&stops: `docker stop|docker rm|docker rmi|docker kill|docker pause|docker network rm|docker network prune|docker container prune|docker compose down|docker compose stop|docker compose rm
			docker compose kill|docker compose pause|docker service rm|docker stack rm|docker builder prune|docker image prune|docker image rm
			kubectl drain|kubectl rollout|systemctl stop|systemctl disable|systemctl mask|systemctl kill|systemctl reboot|systemctl poweroff|systemctl halt|reboot|shutdown|poweroff|halt
			pkill|killall|umount|swapoff|rmmod|pg_ctl stop|helm uninstall|pip uninstall|pip3 uninstall|apt remove|apt purge|apt autoremove|apt-get remove|apt-get purge|apt-get autoremove
			dnf remove|yum remove|apk del|zypper remove|snap remove|npm uninstall|userdel|groupdel|ufw disable|ufw delete|git rm|pg_upgrade`,
		&destroys: `docker system prune|docker volume rm|docker volume prune|dropdb|dropuser|mkfs|mkfs.ext4|mkfs.xfs|wipefs|shred|blkdiscard|lvremove|vgremove|pvremove|zpool destroy|zfs destroy
			terraform destroy|kubectl delete|mkswap|pg_resetwal|redis-cli flushall|redis-cli flushdb`,
	} {
		for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == '|' || r == '\n' }) {
			effects[strings.TrimSpace(name)] = *level
		}
	}
}

// effect tells what a command does.
func (s *script) effect(c *call) effect {
	e := s.special(c)
	if e.level == 0 {
		e = c.named()
	}
	if e.level > steps.None && c.pretends() {
		return effect{}
	}
	if e.level > 0 && e.what == "" {
		e.what = c.shown()
	}
	return e
}

// pretends reports whether a command is asked only to say what it would do.
func (c *call) pretends() bool {
	for _, w := range c.args {
		switch name, _, _ := strings.Cut(loose(w), "="); name {
		case "--dry-run", "--check", "--simulate", "--just-print", "--noop", "--whatif":
			return true
		}
	}
	return c.is("apt", "apt-get") && anywhere(c.args, "oct").has('s') || c.is("rsync", "make") && anywhere(c.args, "ef").has('n')
}

// named looks a command up by its name and its verbs.
func (c *call) named() effect {
	path, _ := c.docker()
	if c.is("docker-compose") || len(path) > 0 {
		return effects["docker "+strings.Join(path, " ")]
	}
	if e, ok := effects[c.name]; ok {
		return e
	}
	name := c.name
	if c.is("podman", "nerdctl") {
		name = "docker"
	}
	if v := verb(c); len(v) > 0 {
		return effects[name+" "+strings.ToLower(v[0])]
	}
	return effect{}
}

// special knows the commands whose options decide.
func (s *script) special(c *call) effect {
	path, args := c.docker()
	switch o := anywhere(c.args, "", "signal"); c.name {
	case "docker", "podman", "docker-compose", "nerdctl":
		return dockerEffect(strings.Join(path, " "), args)
	case "git":
		return gitEffect(c)
	case "kill":
		if len(c.args) > 0 && !o.has('0') && !o.has('l') {
			return stops
		}
	case "service", "rc-service":
		if len(c.args) > 1 && contains(strings.Fields("start restart reload stop"), literal(c.args[1])) {
			return effect{what: c.name + " " + literal(c.args[1]), level: steps.Low, stops: literal(c.args[1]) == "stop"}
		}
	case "crontab":
		if len(c.args) > 0 && !o.has('l') {
			return changes
		}
	case "dd":
		for _, w := range c.args {
			if strings.HasPrefix(loose(w), "of=/dev/") && !strings.HasPrefix(loose(w), "of=/dev/null") {
				return destroys
			}
		}
	case "fdisk", "parted", "sfdisk", "sgdisk":
		if !o.has('l') && !o.has('p') && !o.any("list", "print") {
			return destroys
		}
	case "iptables", "ip6tables":
		if o.has('A') || o.has('I') || o.has('D') || o.has('F') || o.has('P') {
			return changes
		}
	case "psql", "mysql", "mariadb", "sqlite3":
		return sqlEffect(c)
	case "kubectl":
		if v, args := c.verbs(1); last(v) == "rollout" && len(args) > 0 && contains([]string{"status", "history"}, literal(args[0])) {
			return effect{level: steps.None}
		}
	case "ip":
		if v, args := c.verbs(1); len(v) > 0 && len(args) > 0 && contains(strings.Fields("add set del delete replace change flush"), literal(args[0])) {
			return effect{what: "ip " + strings.ReplaceAll(v[0], hole, "...") + " " + literal(args[0]), level: steps.Low}
		}
	case "mount", "swapon":
		if len(o.rest) > 0 || o.has('a') {
			return changes
		}
	case "sysctl":
		if o.has('w') || o.has('p') || o.any("system") {
			return changes
		}
	case "curl":
		return curlEffect(c)
	}
	return s.fileEffect(c)
}

func dockerEffect(path string, args []*syntax.Word) effect {
	o := optionsOf(args, "aehlmpuvwc", runTakes(args)...)
	flags := anywhere(args, "t", "timeout")
	switch path {
	case "run":
		if o.has('d') || o.any("detach", "restart") {
			return changes
		}
	case "compose down":
		if flags.has('v') || flags.any("volumes") {
			return effect{what: "docker compose down -v", level: steps.High, stops: true}
		}
		if flags.any("rmi") {
			return effect{what: "docker compose down --rmi", level: steps.High, stops: true}
		}
	case "image prune", "builder prune":
		if flags.has('a') || flags.any("all") {
			return effect{what: "docker " + path + " -a", level: steps.High, stops: true}
		}
	}
	return effect{}
}

func gitEffect(c *call) effect {
	path, args := c.verbs(1)
	o := anywhere(args, "bBm")
	switch verb := last(path); {
	case verb == "clean" && (o.has('f') || o.any("force")) && !o.has('n'):
		return effect{what: "git clean", level: steps.High, stops: true}
	case verb == "push" && (o.has('f') || o.any("force", "mirror")):
		return effect{what: "git push --force", level: steps.High}
	case verb == "branch" && (o.has('D') || o.has('d') || o.has('m') || o.has('f')), verb == "tag" && (o.has('d') || o.has('f')):
		return changes
	case verb == "worktree" && len(o.rest) > 0 && contains([]string{"add", "remove", "move"}, literal(o.rest[0])):
		return effect{what: "git worktree " + literal(o.rest[0]), level: steps.Low, stops: literal(o.rest[0]) == "remove"}
	case verb == "checkout" && (o.has('h') || len(args) == 0), verb == "stash" && len(o.rest) > 0 && contains([]string{"list", "show"}, literal(o.rest[0])), verb == "apply" && o.any("check", "stat"):
		return effect{what: "git " + verb, level: steps.None}
	}
	return effect{}
}

var (
	sqlDrops   = regexp.MustCompile(`(?i)\b(?:drop\s+(?:database|table|schema|tablespace)|truncate\s+(?:table\s+)?[a-z_"]|delete\s+from)\b?`)
	sqlChanges = regexp.MustCompile(`(?i)\b(?:insert\s+into|update\s+[a-z_".]+\s+set|alter\s+(?:system|table|database|role|user)|create\s+(?:database|table|role|user|index|extension|publication|subscription)|grant\s|revoke\s|vacuum\s+full|pg_reload_conf|pg_promote|pg_terminate_backend|pg_switch_wal)\b?`)
)

func sqlEffect(c *call) effect {
	for _, w := range c.args {
		text := loose(w)
		if m := sqlDrops.FindString(text); m != "" {
			return effect{what: strings.ToUpper(strings.Join(strings.Fields(m), " ")), level: steps.High}
		}
		if m := sqlChanges.FindString(text); m != "" {
			return effect{what: strings.ToUpper(strings.Join(strings.Fields(m), " ")), level: steps.Low}
		}
	}
	return effect{}
}

func curlEffect(c *call) effect {
	o := anywhere(c.args, "XHdomuwKbceFTA", "request", "header", "data", "output", "max-time", "user", "write-out", "config")
	for _, w := range []*syntax.Word{o.value['X'], o.long["request"]} {
		if w == nil {
			continue
		}
		for _, method := range []string{"PUT", "DELETE", "PATCH"} {
			if strings.HasSuffix(loose(w), method) {
				return effect{what: "curl -X " + method, level: steps.Low}
			}
		}
	}
	return effect{}
}
