package lint

// The rule of this file: each rule finds what it is for and leaves alone what
// only looks like it. An alarm that is false once is not read the next time.

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"belay/steps"
)

// night is where the scripts of these tests stand; danger, kind and shell are
// put in.
const night = `format = 1
title = "n"
vars = { REPO = "/srv/repo", EMPTY = "", SPACED = "a b", COMMIT = { ask = "?", match = "[0-9a-f]{40}", rehearsal = "0123456789abcdef0123456789abcdef01234567" } }
secrets = { API_TOKEN = { prompt = "?" } }
hosts = { a = { address = "a.example.org", vars = { ROLE = "first" } }, b.address = "b.example.org" }
groups = { both = ["a", "b"] }
[[phase]]
id = "p"
[[phase.step]]
id = "before"
on = "a"
danger = "low"
no_undo = "none"
capture = { OLD = "first" }
script = 'echo "OLD=1" >>"$BELAY_OUT"'
[[phase.step]]
id = "s"
`

var cases = []struct {
	rule  string
	how   string // further keys of the step; default: on = a, danger = med
	finds []string
	not   []string
}{
	{"endless", "", []string{"tail -f x", "tail -n 5 --follow x", "docker logs -f c", "docker logs --tail 5 --follow c", "docker compose logs -f", "docker-compose logs -f", "journalctl -fu x",
		"kubectl -n n logs -f p", "watch df", "docker compose up", "docker compose -f x.yml up", "ping host", "while true; do echo; sleep 1; done", "while :; do :; done", "docker stats",
		"sleep infinity", "sudo -n tail -f x", "ssh -N -L 1:a:1 h", "docker exec c tail -f x", "ssh h 'tail -f x'", "docker logs -f c | tee x", "sh -c 'tail -f x'"},
		[]string{"tail -n 5 x", "tail -nf5 x", "timeout 60 tail -f x", "tail -f x &", "docker logs -f c | grep -m 1 ready", "docker logs -f c | head -5", "docker logs --since 5m c", "docker compose up -d", "docker compose up migrate", "docker compose up --wait",
			"ping -c 3 host", "while true; do test -e x && break; sleep 1; done", "while :; do exit 0; done", "docker stats --no-stream", "tail --pid=5 -f x", "echo tail -f x", "journalctl -n 5", "until grep x y; do sleep 1; done", "docker compose -f x.yml ps"}},
	{"interactive", "", []string{"vi x", "nano x", "less x", "ssh h", "ssh -o BatchMode=yes u@h", "ssh -L 1:a:1 h", "docker exec -it c sh", "docker run --rm -ti img", "read x", "git commit", "apt-get install x", "yum update",
		"sudo -n apt-get install x", "docker system prune", "docker image prune -a", "top", "crontab -e", "su - postgres", "sudo -i", "psql", "psql -h x -U y db", "rm -i x", "git add -p", "systemctl edit x", "ssh h 'docker exec -it c sh'"},
		[]string{"ssh h df", "ssh -V", "ssh -G h", "ssh h <x", "echo df | ssh h", "docker exec c sh -c x", "docker exec -i c sh", "docker run -t --rm img", "docker run -dit img", "read x <y", "while read -r x; do echo; done <y", "cat y | while read x; do :; done", "f() { read x; }; f",
			"git commit -m x", "git commit -am x", "git commit --no-edit --amend", "apt-get install -y x", "apt-get -qq -y install x", "apt-get update", "docker system prune -f", "top -b -n 1", "crontab -l", "su - postgres -c x", "sudo -n -u p psql -c x",
			"psql <x", "psql -f x", "psql $OPTIONS", "echo 'select 1' | psql", "crontab x", "less -V", "kubectl exec -t p -- x", "exec <x; read y", "read -r -u 3 x", "GIT_EDITOR=true git commit", "pacman -Q x"}},
	{"sudo-asks", "", []string{"sudo df", "sudo -u postgres psql -c x", "ssh h sudo df"}, []string{"sudo -n df", "sudo --non-interactive df", "sudo -nu postgres df", "echo sudo"}},
	{"no-deadline", "", []string{"until test -e x; do sleep 5; done", "while ! curl -f x; do sleep 1; done"},
		[]string{"i=0; until test -e x; do i=$((i + 1)); [ $i -lt 9 ] || exit 1; sleep 1; done", "for i in 1 2 3; do sleep 5; done", "until test -e x; do echo; done"}},
	{"no-deadline", "on = 'a'\ndanger = 'med'\ntimeout = '5m'", nil, []string{"until test -e x; do sleep 5; done"}},
	{"sleep-as-proof", "", []string{"docker restart c; sleep 30", "sleep 1m", "sleep 5"}, []string{"sleep 1", "for i in 1 2; do sleep 30; done", "sleep 30 &", "sleep 2", "until x; do sleep 10; done", "sleep \"$N\""}},
	{"pipe-hides-failure", "", []string{"a | b", "x=$(a | b)", "a | b | c", "a | grep -v x"}, []string{"echo | b", "a | grep x", "a | b | grep x", "a || b", "printf x | b | grep -q y"}},
	{"failure-ignored", "", []string{"docker compose up -d || true", "git checkout x || :", "systemctl restart x || echo failed", "set +e; a; b", "a && docker pull x || true"},
		[]string{"docker rm -f x || true", "rm x || true", "kill 5 || true", "x=$(git rev-parse HEAD || echo none)", "docker pull x || exit 1", "docker pull x || { echo no; exit 1; }", "set +e; a; set -e; b", "(set +e; a)", "ls || true", "grep x y || echo none"}},
	{"curl-without-fail", "", []string{"curl http://x", "curl -s http://x | grep y", "ssh h 'curl http://x'", "curl -o f http://x"},
		[]string{"curl -f http://x", "curl -fsS http://x", "curl -sSf http://x", "curl --fail http://x", "curl -s -o /dev/null -w '%{http_code}' http://x", "curl --version", "curl $OPTIONS http://x", "wget http://x"}},
	{"cd-unchecked", "", []string{"if (cd x; rm y); then :; fi", "(cd x; make) || echo", "{ cd x; make; } && y", "! (cd x; make)", "f() { cd x; rm y; }; f || true", "f() { cd x; rm y; }\nif f; then :; fi"},
		[]string{"cd x; rm y", "(cd x; rm y)", "if (cd x && rm y); then :; fi", "x=$(cd y; pwd)", "if x; then cd y; rm z; fi", "f() { cd x; rm y; }; f", "cd x || exit 1"}},
	{"cd-unchecked", "on = 'a'\ndanger = 'med'\nshell = 'bash'", []string{"x=$(cd y; pwd)"}, []string{"x=$(cd y && pwd)"}},
	{"placeholder", "", []string{"echo '<password>'", "x='<your-name>'", "# TODO: ask Ana", "x=TBD", "curl https://your_host/", "x=changeme", "tar xf b-YYYYMMDD.tgz", "ls /path/to/x", "docker pull x:2.xx", "x=CHANGE_THIS_NOW"},
		[]string{"docker images | grep '<none>'", "cat <x >y", "a <in >out", "cat <<END\nx\nEND", "mktemp /tmp/x.XXXXXX", "awk '$1 < 5 && $2 > 6'", "echo '<b>x</b>'", "ps | grep '<defunct>'", "grep -P '(?P<name>x)'", "printf '%s' \"$x\" | sed 's/<title>//'", "echo tbd"}},
	{"unset-variable", "", []string{"echo $SERVER", "echo \"${SERVER}\"", "echo ${SERVER%x}", "x=$Y", "echo $RANDOM", "[ -n \"$X\" ]"},
		[]string{"echo $REPO $ROLE $OLD $HOME $BELAY_RUN $API_TOKEN_FILE", "echo ${X:-y}", "X=1; echo $X", "read X <y; echo $X", "for X in 1; do echo $X; done", ". ./env; echo $X", "echo $1 $@ $# $?", "echo '$X'", "i=$((i2=1)); echo $i2", "getopts a X; echo $X", "echo \"${X?say X}\"",
			"[ -n \"${X:-}\" ] && echo $X", "awk '{ print $NF }'", "export X=1; echo $X", "f() { local Y=1; echo $Y; }; f"}},
	{"unset-variable", "on = 'b'\ndanger = 'med'", []string{"echo $ROLE", "echo $OLD"}, []string{"echo $REPO"}},
	{"unset-variable", "on = 'a'\ndanger = 'med'\nshell = 'bash'", []string{"echo $X"}, []string{"echo $RANDOM $SECONDS", "declare X=1; echo $X", "mapfile X <y; echo $X", "(( X = 1 )); echo $X"}},
	{"date-in-name", "", []string{"tar czf b-$(date +%F).tgz x", "cp x \"x.$(date +%s)\"", "echo x >\"log-`date`\"", "f=x-$(date +%F); tar czf $f x", "d=$(date +%F); tar czf \"x-$d.tgz\" x", "mkdir /srv/$(date +%Y)", "ssh h \"tar czf ~/b-$(date +%F).tgz x\"", "docker tag a b:$(date +%F)"},
		[]string{"echo \"at $(date)\"", "now=$(date +%s); [ $now -gt 5 ]", "docker logs --since \"$(date +%F)\" x", "docker logs --since=$(date +%F) x", "curl \"http://x/?t=$(date +%s)\"", "f=x-$(date +%F); echo \"F=$f\" >>\"$BELAY_OUT\"; tar czf $f x", "x=$(date -r y +%s)",
			"tar czf b-$BELAY_STAMP.tgz x", "printf '%s x\\n' \"$(date)\"", "end=$(($(date +%s) + 60))"}},
	{"moving-ref", "", []string{"git pull", "git pull origin master", "git -C x pull --ff-only", "git checkout master", "git reset --hard origin/main", "git switch main", "docker pull x", "docker pull r/x:latest", "docker run --rm -e A=b -p 80:80 nginx", "pip install x", "pip install -U x==1 y", "npm install -g x", "go install x/y@latest",
		"curl -fsSLO https://x/y/latest/z.tgz", "wget https://x/y/master/z", "git clone -b main x", "ssh h 'cd x && git pull'", "docker exec c pip install x"},
		[]string{"git pull origin \"$COMMIT\"", "git checkout \"$COMMIT\"", "git checkout -b main", "git fetch origin main", "git log master", "docker pull x:1", "docker pull \"$IMAGE\"", "docker pull x@sha256:1", "docker run --rm x:1", "docker run --rm --name y \"$IMAGE:$TAG\"", "docker pull localhost:5000/x:1", "pip install x==1 'y[z]==2'",
			"pip install -r requirements.txt", "pip install .", "pip install -e .[test]", "pip install ./x.whl", "npm ci", "npm install x@1", "curl -fsS https://x/latest/health | grep y", "pip list", "docker run --rm -v /a:/b -w /b img:3 pip list"}},
	{"unquoted-path", "", []string{"d=$(x); rm $d/y", "d=$(x); ls /a/$d/b", "d=$(x); cd $d", "rm $SPACED", "for f in $(x); do rm $f; done"},
		[]string{"d=$(x); rm \"$d/y\"", "rm $REPO/x", "rm $HOME/x", "cd $BELAY_RUN/x", "for c in $LIST; do echo $c; done", "d=/srv/x; rm $d/y", "d=$REPO/x; ls $d/y", "docker exec $LIST", "d=$(mktemp -d); rm $d/x", "x=$d/y", "i=$((1 + 1)); rm x/$i", "echo $d"}},
	{"tilde", "", []string{"cat \"~/x\"", "cat '~/x'", "x=\"~/y\"", "x --file=~/y", "ssh h cat ~/x", "ssh h ~/run.sh", "docker exec c cat ~/x"},
		[]string{"cat ~/x", "x=~/y", "cat \"$HOME/x\"", "ssh h 'cat ~/x'", "ssh h \"cat ~/x\"", "echo \"~/x is full\"", "awk '$1 ~ /x/'", "scp h:~/x y", "grep '~/x' y", "sh -c 'cat ~/x'", "cd ~"}},
	{"rm-unguarded", "", []string{"x=$(y); rm -rf \"$x/\"", "x=$(y); rm -rf $x/*", "x=$(y); rm -rf \"/srv/$x\"", "rm -rf \"$HOME/$UNKNOWN\"", "rm -rf \"$EMPTY/x\"", "x=$(y); rm -r \"${x%/*}/\"", "x=$(y); sudo -n rm -rf \"$x/lib\"", "ssh h \"rm -rf \\$x/y\""},
		[]string{"x=$(y); rm -rf \"$x\"", "x=$(y); rm -rf \"${x:?}/\"", "rm -rf \"$REPO/x\"", "rm -rf \"$HOME/x-$COMMIT\"", "x=$(y); rm -f \"$x/\"", "x=/srv/a; rm -rf \"$x/\"", "rm -rf \"$OLD/x\"", "d=$(mktemp -d); rm -rf \"$d/\"", "x=$(y); rm -rf \"/srv/a-$x\"", "x=$REPO/y; rm -rf $x/*", "rm -rf /srv/x"}},
	{"secret-argument", "", []string{"x --password y", "x --password=\"$P\"", "curl -u a:b http://x", "curl -H 'Authorization: Bearer x' http://x", "curl -H \"X-Api-Key: $K\" http://x", "mysql -psecret -e x", "mysqldump -p\"$P\" db", "sshpass -p x ssh h", "git clone https://a:b@x/y", "curl 'http://x/?token=abc'",
		"x --flag \"$(cat \"$API_TOKEN_FILE\")\"", "t=$(cat \"$API_TOKEN_FILE\"); x \"$t\"", "redis-cli -a x ping", "docker run -e DB_PASSWORD=$P img:1", "docker exec c mysql -psecret -e x", "x --token abc"},
		[]string{"x --password-file y", "docker login --password-stdin -u x", "curl -u a http://x", "curl -H 'Accept: x' http://x", "mysql -p -e x", "mysql -P 3306 -e x", "git clone https://x/y", "echo \"$(cat \"$API_TOKEN_FILE\")\" | x", "printf %s \"$t\" | docker login", "curl -K - http://x <<E\nheader = \"Authorization: Bearer $(cat \"$API_TOKEN_FILE\")\"\nE",
			"curl 'http://x/?page=2'", "x <\"$API_TOKEN_FILE\"", "docker run -p 80:80 x:1", "mkdir -p x", "t=$(cat \"$API_TOKEN_FILE\"); [ -n \"$t\" ]", "cp \"$API_TOKEN_FILE\" /run/x"}},
	{"secret-literal", "", []string{"DB_PASSWORD=hunter2 x", "echo 'API_TOKEN=abc123' >y", "# PASSWORD=hunter2", "export PGPASSWORD=\"swordfish\"", "docker run -e MYSQL_ROOT_PASSWORD=hunter2 x:1", "admin_password=hunter2", "cat >x <<E\nSECRET=abc\nE"},
		[]string{"DB_PASSWORD=$(cat x)", "API_TOKEN=\"$X\"", "PASSWORD=", "AUTH_MODE=token", "API_TOKEN_FILE=/run/x", "RANDOM_ROOT_PASSWORD=yes", "PASSWORD_FILE=x", "cat_passwd='getent passwd'", "TOKEN=/run/token", "grep -c '^TOKEN=' x", "MAX_TOKENS=400", "echo token=x"}},
	{"secret-shown", "", []string{"openssl rand -base64 32", "pwgen 20", "docker compose config", "cat .env", "cat /srv/app/.env.prod", "printenv", "docker exec c env", "env"},
		[]string{"x=$(openssl rand -hex 8)", "openssl rand -out x 8", "openssl version", "docker compose config --images", "docker compose config -q", "docker compose config >/dev/null", "cat .env.example", "env X=1 y", "cat env", "grep -c '^X=' .env", "printenv PATH"}},
	{"danger-none", "on = 'a'\ndanger = 'none'", []string{"docker restart c", "systemctl restart x", "rm x", "echo x >y", "git checkout x", "pip install x==1", "mv a b", "sed -i s/a/b/ x", "kill 5", "reboot", "sudo -n reboot", "docker compose up -d", "docker compose up migrate", "echo x | tee y", "tar xf a.tgz", "psql -c 'drop table x'", "kubectl apply -f x", "crontab x",
		"ssh h 'systemctl stop x'", "docker exec c rm x", "touch x", "curl -f -X DELETE http://x", "ln -s a b", "docker run -d x:1", "mount /x"},
		[]string{"docker ps", "docker inspect c", "systemctl status x", "ls >/dev/null", "ls >/tmp/x", "echo A=1 >>\"$BELAY_OUT\"", "t=$(mktemp); echo x >\"$t\"; rm \"$t\"", "git status", "git log", "git fetch", "pip list", "tar tf a.tgz", "tar czf - x", "kill -0 5", "docker run --rm x:1 --version", "psql -c 'select 1'", "kubectl get pods",
			"kubectl rollout status x", "crontab -l", "ls 2>&1", "docker compose config --images", "docker exec c ray status", "git stash list", "sed s/a/b/ x", "curl -f http://x", "apt-get install --dry-run x", "f=/tmp/x; echo >$f", "mount", "systemctl is-active x", "ip link", "echo rm x", "terraform plan", "make -n"}},
	{"danger-too-low", "", []string{"docker compose down -v", "docker compose down --volumes", "docker system prune -f", "docker volume rm x", "dropdb x", "psql -c 'DROP TABLE x'", "mkfs.ext4 /dev/x", "dd if=a of=/dev/sda", "git clean -fdx", "git push --force", "kubectl delete ns x", "ssh h 'docker volume prune -f'", "docker-compose down -v", "docker image prune -af"},
		[]string{"docker compose down", "docker compose down -t 60", "docker rm x", "rm -rf x", "git clean -n", "git push", "dd if=a of=b", "docker image prune -f", "psql -c 'select 1'", "docker volume ls"}},
	{"append-twice", "", []string{"echo x >>/etc/y", "cat >>/etc/y <<E\nx\nE", "echo x >>\"$REPO/y\""}, []string{"echo A=1 >>\"$BELAY_OUT\"", "echo x >>/tmp/y", "echo x >>/var/log/y.log", "grep -q x y || echo x >>y", "if ! grep -q x y; then echo x >>y; fi", ": >y; echo x >>y", "f() { echo >>\"$1\"; }; f x", "exec >>x"}},
	{"append-twice", "on = 'a'\ndanger = 'med'\nretry = 'never'", nil, []string{"echo x >>/etc/y"}},
	{"state-is-lost", "", []string{"cd x", "export X=1", "ls; cd x", ". venv/bin/activate", "umask 077", "X=1"}, []string{"cd x; ls", "export X=1; y", "x=$(y)", "cd x && ls", "(cd x; ls)"}},
	{"ssh-in-script", "", []string{"ssh h df", "ssh -o A=b h 'df -h'", "scp a h:b", "rsync -a x h:/y", "rsync -a x u@h:y", "echo x | ssh h", "sudo -n ssh h df"}, []string{"ssh -V", "ssh -G h", "ssh-keygen -y -f x", "rsync -a x y", "rsync -a /x/ /y/", "git push origin x", "echo ssh h"}},
	{"bash-in-sh", "", []string{"source x", "[[ -f x ]]", "[ a == b ]", "set -o pipefail", "echo {1..3}", "cp x{,.old}", "pushd x", "echo -e x", "read -p x y <z"}, []string{". x", "[ a = b ]", "set -eu", "echo '{1..3}'", "find . -exec x {} +", "awk '{print}'", "/bin/echo -e x", "docker inspect -f '{{.Id}}' c", "echo ${x}", "[ \"$a\" != '==' ]"}},
	{"bash-in-sh", "on = 'a'\ndanger = 'med'\nshell = 'bash'", nil, []string{"source x", "[[ -f x ]]", "set -o pipefail", "echo {1..3}"}},
	{"log-unbounded", "", []string{"docker logs c", "docker compose logs", "journalctl -u x", "kubectl logs p", "ssh h 'docker logs c'"}, []string{"docker logs --tail 5 c", "docker logs -n 5 c", "docker logs --since 5m c", "docker logs c | grep x", "x=$(docker logs c)", "docker logs c >x 2>&1", "journalctl -n 5", "journalctl -S today", "journalctl --vacuum-size=1G", "kubectl logs --tail=5 p", "journalctl -fu x"}},
}

// step gives a runbook with a script under test.
func underTest(how, script string) string {
	if how == "" {
		how = "on = 'a'\ndanger = 'med'"
	}
	return night + how + "\nscript = " + quotedTOML(script) + "\n"
}

func TestRules(t *testing.T) {
	for _, c := range cases {
		if ruleOf(c.rule).ID == "" {
			t.Fatalf("there is no rule %s", c.rule)
		}
		look := func(script string, want bool) {
			rb, ps := steps.Load("f", []byte(underTest(c.how, script)))
			if rb == nil {
				t.Fatal(ps)
			}
			found := false
			for _, p := range Check(rb) {
				if p.Rule == "shell-syntax" {
					t.Errorf("the test's script does not parse: %s", p)
				}
				found = found || p.Rule == c.rule
			}
			if found != want {
				t.Errorf("%s finds %v, want %v: %s", c.rule, found, want, script)
			}
		}
		for _, s := range c.finds {
			look(s, true)
		}
		for _, s := range c.not {
			look(s, false)
		}
	}
}

// TestErrors: what keeps a runbook from being run is the same, however much of
// the linter is asked.
func TestErrors(t *testing.T) {
	for _, script := range []string{"tail -f x", "if", "vi x", "curl http://x; sleep 60"} {
		rb, _ := steps.Load("f", []byte(underTest("", script)+"lint = { 'no-such' = 'x', 'sleep-as-proof' = 'y' }\n"))
		var want steps.Problems
		for _, p := range Check(rb) {
			if p.Error {
				want = append(want, p)
			}
		}
		if got := Errors(rb); got.Err().Error() != want.Err().Error() || len(want) == 0 {
			t.Errorf("%s\n got %v\nwant %v", script, got, want)
		}
	}
}

// TestCleanExamples: what ships is an example, and has nothing to be ashamed of.
func TestCleanExamples(t *testing.T) {
	files, err := filepath.Glob("../../docs/examples/*.toml")
	if err != nil || len(files) == 0 {
		t.Error("no examples", err)
	}
	for _, name := range append(files, "../testdata/sample.toml", "../../runbook.toml") {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rb, ps := steps.Load(filepath.Base(name), src)
		if rb == nil {
			t.Fatal(ps)
		}
		for _, p := range append(steps.Check(rb), Check(rb)...) {
			t.Errorf("%s: mend it, or silence it with a reason (docs/lint)", p)
		}
	}
}

// TestSilence: a silencing is for one step and one rule.
func TestSilence(t *testing.T) {
	src := night + `on = "a"
danger = "med"
lint = { "curl-without-fail" = "looked at by hand" }
script = "curl http://x; sleep 60"
verify.script = "curl http://y"
[[phase.step]]
id = "next"
on = "a"
danger = "med"
script = "curl http://z"
`
	rb, ps := steps.Load("f", []byte(src))
	if rb == nil {
		t.Fatal(ps)
	}
	var got []string
	for _, p := range Check(rb) {
		got = append(got, p.Rule)
	}
	if strings.Join(got, " ") != "sleep-as-proof curl-without-fail" {
		t.Errorf("heard %v", got)
	}
}
