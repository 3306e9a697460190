#!/bin/sh
# What Belay costs, beside what it is compared with, in one run: each round
# measures all of them, and a ratio is taken within its round. Absolute figures
# belong to the machine; ratios count. ROUNDS=7 for figures to keep. The table
# goes into docs/performance.md, too.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
rounds=${ROUNDS:-3}

measure() { # PACKAGE BENCHMARK TIMES
	test -x "$dir/$(basename "$1").test" || go test -c -o "$dir/$(basename "$1").test" "./$1"
	(cd "$1" && "$dir/$(basename "$1").test" -test.run '^$' -test.bench "$2" -test.benchtime "$3") >"$dir/last" 2>&1 ||
		{ cat "$dir/last" >&2; exit 1; }
	grep -E '^Benchmark|--- SKIP|no .* to compare|is left out' "$dir/last" | tee -a "$dir/all"
}

r=0
while [ "$r" -lt "$rounds" ]; do
	r=$((r + 1))
	echo "round $r" | tee -a "$dir/all"
	measure ui/cli Console 250x
	measure ui/cli FirstPaint 10x
	measure ui/cli Stalled 1x
	measure ui/cli Peak 1x
	measure runner Lines 1x
	measure ui/cli Resume100k 1x
	measure runner/journal DurableRecord 300x
	measure runner/remote Look 200x
	measure ui/cli FanOut 1x
done

awk -v rounds="$rounds" '
function put(name, value) { v[name, r] = value }
function sorted(name,   i, j, n, t) {
	n = 0
	for (i = 1; i <= rounds; i++) if ((name, i) in v) s[++n] = v[name, i]
	for (i = 2; i <= n; i++) for (j = i; j > 1 && s[j] < s[j-1]; j--) { t = s[j]; s[j] = s[j-1]; s[j-1] = t }
	return n
}
function median(name,   n) { n = sorted(name); return n ? s[int((n + 1) / 2)] : "" }
function ratio(to, a, b,   i) {
	for (i = 1; i <= rounds; i++) if (((a, i) in v) && ((b, i) in v) && v[b, i] > 0) v[to, i] = v[a, i] / v[b, i]
}
function figure(x) { return x >= 1000 ? sprintf("%d", x) : sprintf("%.4g", x) }
function row(what, ours, unit, theirs, beside, x, most, least,   a, b, q, word) {
	a = median(ours); b = median(theirs); q = x == "" ? "" : median(x)
	if (a == "") { printf "%-38s not measured\n", what; return }
	if (b == "") { printf "%-38s %10s %-8s nothing to compare with: no %s\n", what, figure(a), unit, beside; return }
	word = most != "" ? (q <= most ? "holds" : "MISSED") : (q >= least ? "holds" : "MISSED")
	printf "%-38s %10s %-8s %10s  %-30s %6.2fx  %s %-5s %s\n", what, figure(a), unit, figure(b), beside, q, most != "" ? "<=" : ">=", (most != "" ? most : least) "x", word
}
/^round / { r = $2; next }
/^Benchmark/ {
	split($1, part, "-[0-9]+$"); name = part[1]; sub(/^Benchmark/, "", name)
	for (i = 3; i < NF; i += 2) put(name " " $(i + 1), $i)
}
END {
	still = "Console/lines=0/belay"; flood = "Console/lines=10000/belay"; tmux = "Console/lines=10000/tmux"
	more = "Console/lines=100000/belay"; tmuxmore = "Console/lines=100000/tmux"
	ratio("p50", flood " p50-ms", still " p50-ms"); ratio("p99", flood " p99-ms", tmux " p99-ms")
	ratio("bytes", flood " kB/s", tmux " kB/s"); ratio("cpu", flood " cpu-%", tmux " cpu-%"); ratio("cpu more", more " cpu-%", tmuxmore " cpu-%")
	ratio("cpu 128", "FanOut/hosts=128 pdsh-x25519-cpu-s", "FanOut/hosts=128 check-cpu-s")
	ratio("look", "Look shared-ms", "Look look-ms"); ratio("first", "Look first-ms", "Look second-ms")
	ratio("warm", "FanOut/hosts=32 warm-s", "FanOut/hosts=32 masters-s")
	for (n = 1; n <= 32; n = n == 1 ? 4 : n * 8) ratio("lines " n, "Lines/hosts=" n " belay-lines/s", "Lines/hosts=" n " ssh-lines/s")
	ratio("peak", "Peak check-MB", "Peak pdsh-MB")
	ratio("resume", "Resume100k resume-s", "Resume100k floor-s")
	ratio("record", "DurableRecord record-us", "DurableRecord bare-us")
	for (n = 4; n <= 128; n *= n == 4 ? 8 : 4) {
		many = "FanOut/hosts=" n " "
		for (i = 1; i <= rounds; i++) {
			for (p = split("xargs pdsh pssh clush", peer, " "); p; p--) {
				name = many peer[p] "-s"
				if ((name, i) in v && (!((many "best-s", i) in v) || v[name, i] < v[many "best-s", i])) v[many "best-s", i] = v[name, i]
			}
		}
		for (x = split("check step", kind, " "); x; x--) {
			ratio(many kind[x] " best", many "best-s", many kind[x] "-s")
			ratio(many kind[x] " kex", many "pdsh-x25519-s", many kind[x] "-s")
			ratio(many kind[x] " ansible", many "ansible-s", many kind[x] "-s")
			ratio(many kind[x] " floor", many kind[x] "-s", many (kind[x] == "check" ? "sshd-s" : "handshakes-s"))
		}
	}
	printf "\n%-38s %10s %-8s %10s  %-30s %7s\n", "medians of " rounds " rounds", "belay", "", "beside it", "", "ratio"
	row("key to paint, p50, 4 x 10,000 lines/s", flood " p50-ms", "ms", still " p50-ms", "the same, logs stand still", "p50", 1.5, "")
	row("key to paint, p99, 4 x 10,000 lines/s", flood " p99-ms", "ms", tmux " p99-ms", "tmux and ssh, as fast", "p99", 1.5, "")
	a = median(flood " p99-ms"); b = median("Console/lines=10000/echo p99-ms")
	printf "%-38s %10s %-8s %10s  %-30s %7s  <= 5 ms  %s\n", "the same", figure(a), "ms", figure(b), "the terminal echoes it itself", "", a <= 5 ? "holds" : "MISSED"
	row("written to the terminal, as fast", flood " kB/s", "kB/s", tmux " kB/s", "tmux and ssh", "bytes", 0.25, "")
	row("processor, 4 x 10,000 lines/s", flood " cpu-%", "%", tmux " cpu-%", "tmux and ssh", "cpu", 1.3, "")
	row("processor, 4 x 100,000 lines/s", more " cpu-%", "%", tmuxmore " cpu-%", "tmux and ssh", "cpu more", 0.7, "")
	a = median("FirstPaint first-ms"); printf "%-38s %10s %-8s %10s  %-30s %7s  <= 100 ms %s\n", "first paint, 250 steps", figure(a), "ms", "", "", "", a <= 100 ? "holds" : "MISSED"
	a = median("Stalled stalled-MB"); printf "%-38s %10s %-8s %10s  %-30s %7s  <= 112 MB %s\n", "32 logs at full speed, nobody reads", figure(a), "MB", "", "", "", a <= 112 ? "holds" : "MISSED"
	row("memory of looking at 128 hosts", "Peak check-MB", "MB", "Peak pdsh-MB", "pdsh and its ssh", "peak", 0.75, "")
	for (n = 1; n <= 32; n = n == 1 ? 4 : n * 8)
		row("lines accepted, hosts: " n, "Lines/hosts=" n " belay-lines/s", "lines/s", "Lines/hosts=" n " ssh-lines/s", "ssh into nothing", "lines " n, "", n == 4 ? 0.6 : 0.8)
	row("one durable record, p50", "DurableRecord record-us", "us", "DurableRecord bare-us", "one write and fsync", "record", 1.3, "")
	a = median("Resume100k resume-s")
	for (n = 4; n <= 128; n *= n == 4 ? 8 : 4) {
		many = "FanOut/hosts=" n " "; least = n == 4 ? 4 : 3.5; same = n == 4 ? 2.5 : 1.2
		what["check"] = "looked at, " n " hosts"; what["step"] = "a durable step, " n " hosts"
		for (x = 1; x <= 2; x++) {
			k = kind[x]
			row(what[k], many k "-s", "s", many "best-s", "best of xargs, pdsh, pssh, clush", many k " best", "", least)
			row(what[k], many k "-s", "s", many "pdsh-x25519-s", "pdsh, our key exchange", many k " kex", "", same)
			row(what[k], many k "-s", "s", many "ansible-s", "ansible -m raw", many k " ansible", "", same)
			if (k == "check") row(what[k], many k "-s", "s", many "sshd-s", "what sshd needs of it", many k " floor", 1.3, "")
		}
	}
	row("processor of looking at 128 hosts", "FanOut/hosts=128 check-cpu-s", "s", "FanOut/hosts=128 pdsh-x25519-cpu-s", "pdsh, our key exchange", "cpu 128", "", 6)
	row("one more look", "Look look-ms", "ms", "Look shared-ms", "ssh, a shared connection", "look", "", 20)
	row("the first look after a login", "Look first-ms", "ms", "Look second-ms", "the second", "first", 2.5, "")
	row("a durable step more, 32 hosts", "FanOut/hosts=32 warm-s", "s", "FanOut/hosts=32 masters-s", "xargs and shared connections", "warm", 3, "")
	printf "%-38s %10.4g %-8s %10.4g  %-30s %6.2fx  < 1 s    %s (%.4g s of CPU)\n", "resume of 100,000 records", a, "s", median("Resume100k floor-s"), "read and hash its bytes once", median("resume"), a < 1 ? "holds" : "MISSED", median("Resume100k resume-cpu-s")
}' "$dir/all" | tee "$dir/table"

awk -v table="$dir/table" -v on="$(uname -sr), $(nproc) processors, $(ssh -V 2>&1 | cut -d, -f1), $(go version | cut -d" " -f3), $(date -u +%Y-%m-%d)" '
/^<!-- table -->/ { print; print "```"; print on; while ((getline line <table) > 0) print line; print "```"; skip = 1 }
/^<!-- end -->/ { skip = 0 }
!skip && !/^<!-- table -->/' docs/performance.md >"$dir/performance.md"
cat "$dir/performance.md" >docs/performance.md
