# belay-shell 1
# One shell for many looks, one after the other: what a login's start-up files
# cost is paid once, and they cannot pile up.
#
#   belay_ask SHELL MARK 3<script
#
# Output and errors of a script stand between two marks that were drawn for this
# one ask. Its stdin is /dev/null. While it runs nothing is sent here but an
# empty line, which ends it and it alone: its whole session gets TERM and, two
# seconds later, KILL. So does the end of our stdin, when the console is gone.
# What it leaves behind in its session is killed when it ends.
belay_ask() {
	printf '\036belay %s begins\n' "$2"
	printf '\036belay %s begins\n' "$2" >&2
	belay_rc=127
	if command -v "$1" >/dev/null; then
		exec 4<&0
		setsid "$1" /dev/fd/3 </dev/null 4<&- &
		belay_p=$!
		# read is no process of its own: it cannot outlive the shell that is killed
		# here and take the next ask for an empty line. Not <&0: a background list
		# has /dev/null there.
		{ read -r belay_x; kill -s TERM -- "-$belay_p"; sleep 2; kill -s KILL -- "-$belay_p"; } <&4 >/dev/null 2>&1 3<&- 4<&- &
		belay_w=$!
		exec 4<&-
		{
			wait $belay_p; belay_rc=$?
			kill -s KILL $belay_w; wait $belay_w
			kill -s KILL -- "-$belay_p"
		} 2>/dev/null
	else
		printf 'belay: host lacks %s\n' "$1" >&2
	fi
	printf '\036belay %s ended %s\n' "$2" $belay_rc
	printf '\036belay %s ended %s\n' "$2" $belay_rc >&2
}
