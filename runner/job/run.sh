# belay-run 2
# A plain command: for checks, probes and tails, which change nothing and so
# leave no record on the host.
#
#   belay_run SHELL MARK 3<script
#
# The script's output stands between two marks: what a login shell prints before
# and after it is not the script's.
#
# The script's stdin is /dev/null. Ours stays open for as long as the console
# listens: when it ends, because the console closed the channel or the link is
# gone, the script's whole session gets TERM and, two seconds later, KILL. So a
# `docker logs -f` does not stay behind on the host.
belay_run() {
	printf '\036belay %s begins\n' "$2"
	printf '\036belay %s begins\n' "$2" >&2
	command -v "$1" >/dev/null || { printf 'belay: host lacks %s\n' "$1" >&2; exit 127; }
	exec 4<&0
	setsid "$1" /dev/fd/3 </dev/null 4<&- &
	belay_p=$!
	exec 3<&-
	# not <&0: a background list has /dev/null there
	{ cat; kill -s TERM -- "-$belay_p"; sleep 2; kill -s KILL -- "-$belay_p"; } <&4 >/dev/null 2>&1 &
	belay_w=$!
	exec 4<&-
	wait $belay_p; belay_rc=$?
	kill $belay_w 2>/dev/null
	printf '\036belay %s ended %s\n' "$2" $belay_rc
	exit $belay_rc
}
