# belay-job 1
# The durable job: a script that runs at most once and outlives whoever started it.
#
# These functions are sent on the stdin of `sh -s` before every call, so nothing
# is installed, no login shell has a say in the quoting, and ps shows no more
# than "sh -s". The call follows in a brace group; a launch carries its script
# and its secrets in here-documents inside the same braces. A stream that is cut
# at any byte is then a syntax error and runs nothing. (Without the braces dash,
# bash and busybox ash all run a here-document that ends at EOF.)
#
#   belay launch ID SHELL SHA256 LEN SECSHA MACHINE HEAD 3<secrets <script
#   belay status ID                one status line
#   belay attach ID OFFSET         frames until the attempt is settled and read
#   belay fence ID                 take an id that no launch has taken; else look
#   belay cancel ID GRACE          fence, or TERM, GRACE seconds, KILL
#   belay values ID                one frame: what the script wrote to $BELAY_OUT
#   belay forget ID                drop output, keep the fence
# A frame is a status line with n=BYTES, that many bytes, and a newline.
#
# State is one folder per attempt, 0700:
#   meta         link(2) of a complete, fsynced file is the commit point. Whoever
#                links it owns the id for ever: a supervisor (may start the
#                command) or a cancel (nobody may). No lock, so no stale lock.
#   cmd          what is run; never holds a secret
#   secret/NAME  0600, removed by whoever ends the attempt
#   child        fsynced before the first byte of the command: no child, not started
#   out          stdout and stderr in ONE file. An operator needs to see an error
#                beside the line that caused it; two files lose that order for ever.
#   values       $BELAY_OUT
#   exit.N.i/.s  the exit code, by the inner shell or seen by the supervisor from
#                outside. Made by rename: it needs no free block on a full disk.
#   norun        committed, then proven never started
# No marker and nobody alive is "lost": a person decides, never a retry.
#
# Exit codes: 0 ok, 64 usage, 65 torn input, 66 id used for another script,
# 69 host cannot run jobs, 72 still running, 74 cannot tell, 75 no space,
# 76 values too large, 77 unsafe state folder, 78 another machine. A refusal of
# a launch (64..69, 75, 77, 78) is only given while nothing is committed, since
# the console takes it for a proof that nothing ran.

belay_say() { printf '%s\n' "$*"; }
belay_nap() { sleep 0.05 2>/dev/null || sleep 1; }

# belay_refuse CODE TEXT: a refusal proves "not started"; with a commit on disk
# it would lie, so then the code says that we cannot tell.
belay_refuse() {
	printf 'belay: %s\n' "$2" >&2
	[ -n "${J:-}" ] && [ -e "$J/meta" ] && return 74
	return "$1"
}

belay_setup() {
	J=
	case $1 in '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._-]*) belay_refuse 64 "bad job id"; return ;; esac
	[ "${#1}" -le 120 ] || { belay_refuse 64 "job id too long"; return; }
	[ -n "${BELAY_JOBS:-}" ] || [ -n "${HOME:-}" ] || { belay_refuse 69 "no home folder"; return; }
	ID=$1 ROOT=${BELAY_JOBS:-$HOME/.belay/jobs}; J=$ROOT/$1
	BELAY_UMASK=$(umask); umask 077; unset BELAY_JOB BELAY_OUT CDPATH
	belay_bootf=${BELAY_BOOT_ID:-/proc/sys/kernel/random/boot_id}
	read -r BOOT <"$belay_bootf" || { belay_refuse 69 "no boot id: Linux only"; return; }
	for belay_x in setsid sha256sum ln mv rm sync df grep sort tail head tr wc cat mkdir chmod date uname sleep; do
		command -v $belay_x >/dev/null || { belay_refuse 69 "host lacks $belay_x"; return; }
	done
	[ -d "$ROOT" ] || mkdir -p "$ROOT" 2>/dev/null || { belay_refuse 75 "cannot make $ROOT"; return; }
	# who only reads trusts what the launch found
	case $belay_verb in status | attach | values) belay_x=: ;; *) belay_x=chmod ;; esac
	if [ -L "$ROOT" ] || ! [ -O "$ROOT" ] || ! $belay_x 700 "$ROOT"; then
		belay_refuse 77 "$ROOT is not ours alone"; return
	fi
}

# belay_get FILE KEY: sets V from a key=value file, without a process: attach
# asks this five times a second for as long as the attempt lasts.
belay_get() {
	V=
	[ -r "$1" ] || return 0
	while IFS='=' read -r belay_k belay_v; do
		[ "$belay_k" != "$2" ] || { V=$belay_v; return 0; }
	done <"$1"
}

# sets ST (state letter) SESS START of a pid from /proc/PID/stat, see proc(5)
belay_stat() {
	[ -n "$1" ] || return 1
	{ read -r belay_l <"/proc/$1/stat"; } 2>/dev/null || return 1
	belay_l=${belay_l##*) }
	set -- $belay_l
	[ $# -ge 20 ] || return 1
	ST=$1 SESS=$4 START=${20}
}

# Who carries the environment tag of the attempt. GNU grep looks at all of /proc
# in one go; busybox grep ends at the first NUL of a file and must be led by hand.
# The ; ends the tag: no id can hold one, so job-1 never matches job-10.
belay_tagged() {
	if printf 'a\000b;' | grep -qF 'b;'; then
		grep -lsF "BELAY_JOB=$J;" /proc/[0-9]*/environ
		return
	fi
	for belay_d in /proc/[0-9]*; do
		tr '\000' '\n' <"$belay_d/environ" | grep -qF "BELAY_JOB=$J;" && belay_say "$belay_d/environ"
	done
}

# pids of the attempt: its session, and whatever carries its tag (timeout,
# setsid and orphans leave the group or the session, not the tag). A session
# whose leader is gone is not trusted: the number may be a stranger's.
belay_members() {
	belay_get "$J/meta" boot; [ "$V" = "$BOOT" ] || return 0
	belay_get "$J/child" pid; belay_c=$V
	[ -n "$belay_c" ] || return 0
	belay_get "$J/child" start
	{
		if belay_stat "$belay_c" && [ "$START" = "$V" ]; then
			for belay_d in /proc/[0-9]*; do
				belay_stat "${belay_d#/proc/}" || continue
				[ "$SESS" != "$belay_c" ] || [ "$ST" = Z ] || belay_say "${belay_d#/proc/}"
			done
		fi
		belay_tagged | while read -r belay_f; do
			belay_p=${belay_f#/proc/} belay_p=${belay_p%/environ}
			[ "$belay_p" != $$ ] && belay_stat "$belay_p" && [ "$ST" != Z ] && belay_say "$belay_p"
		done
	} 2>/dev/null | sort -u
}

belay_marker() { # settled on disk? sets STATE EXIT BY
	for belay_f in "$J"/exit.*; do
		[ -e "$belay_f" ] || continue
		belay_n=${belay_f##*/exit.}; STATE=exited EXIT=${belay_n%%.*} BY=${belay_n##*.}; return 0
	done
	[ -e "$J/norun" ] && STATE=norun
}

belay_alive() { # supervisor or anything else of the attempt; sets WHY
	belay_get "$J/meta" sup; belay_s=$V; belay_get "$J/meta" start
	belay_stat "$belay_s" && [ "$START" = "$V" ] && [ "$ST" != Z ] && return 0
	WHY=orphan; [ -n "$(belay_members)" ]
}

belay_look() { # sets STATE EXIT BY WHY STARTED SIZE
	EXIT='' BY='' WHY='' STARTED=no SIZE=0 LEFT=0 SIGNAL='' STATE=none
	[ -e "$J/meta" ] || return 0
	belay_get "$J/meta" kind
	if [ "$V" = cancel ]; then STATE=cancelled; return 0; fi
	if ! belay_marker; then
		belay_get "$J/meta" boot
		if [ "$V" != "$BOOT" ]; then STATE=lost WHY=reboot
		elif belay_alive; then STATE=running
		else STATE=lost WHY=killed; fi
		# it may have ended while we looked: the marker has the last word
		if belay_marker; then WHY=; fi
	fi
	[ $STATE = norun ] || [ ! -e "$J/child" ] || STARTED=yes
	# the size is taken after the state: what "exited" says is final, unless a
	# process that the script left behind is still writing
	[ ! -e "$J/out" ] || SIZE=$(($(wc -c <"$J/out")))
	[ $STATE = running ] || [ ! -e "$J/secret" ] || rm -rf "$J/secret"
}

belay_left() { # counts who outlived a settled attempt
	if [ $STARTED = no ] || [ $STATE = running ]; then return; fi
	set -- $(belay_members)
	LEFT=$#
}

belay_line() { # what an attempt wrote to $BELAY_OUT is asked for only where it wrote
	belay_v=
	[ $STATE != exited ] || [ -s "$J/values" ] || belay_v=' values=none'
	belay_say "belay1 id=$ID state=$STATE started=$STARTED exit=$EXIT by=$BY why=$WHY size=$SIZE left=$LEFT signal=$SIGNAL$belay_v$1"
}

# The detached half: a supervisor in its own session and an inner shell in
# another; either alone can record the exit code.
belay_detached() {
	cat <<'BELAY_DETACHED'
mode=$1 J=$2 ID=$3 SUM=$4 TAG=$5 UM=$6 SH=$7 BOOT=$8 HEAD=$9
umask 077
trap : TERM INT HUP QUIT
mystart() { read -r l </proc/$$/stat; l=${l##*) }; set -- $l; start=${20}; }
same() { # two files, line by line and without a process
	while IFS= read -r a <&3; do IFS= read -r b <&4 && [ "$a" = "$b" ] || return 1; done
} 3<"$J/.meta.$TAG" 4<"$J/meta"
# Secrets go first: once an attempt reads as ended, none of them is left.
record() {
	[ ! -e "$J/secret" ] || rm -rf "$J/secret"
	sync "$J/out" 2>/dev/null
	until mv -f "$J/pending" "$J/exit.$1" 2>/dev/null; do
		[ -e "$J" ] || return
		for f in "$J"/exit.*; do [ -e "$f" ] && return; done
		sleep 1
	done
	sync "$J" 2>/dev/null
}
norun() { rm -rf "$J/secret"; mv -f "$J/pending" "$J/norun" 2>/dev/null || : >"$J/norun"; exit 71; }
if [ "$mode" = inner ]; then
	mystart
	printf 'pid=%s\nstart=%s\n' $$ "$start" >"$J/.child.$TAG" && sync "$J/.child.$TAG" \
		&& mv -f "$J/.child.$TAG" "$J/child" && sync "$J" || norun
	# cancel writes its marker and then looks for child; we the other way round:
	# one of the two sees the other
	if [ -e "$J/cancel" ]; then record 143.i; exit 143; fi
	for f in "$J"/secret/*; do
		[ ! -f "$f" ] || export "${f##*/}_FILE=$f"
	done
	BELAY_JOB="$J;" BELAY_OUT=$J/values; export BELAY_JOB BELAY_OUT
	(umask "$UM"; cd "$HOME" 2>/dev/null; exec "$SH" "$J/cmd" </dev/null >>"$J/out" 2>&1)
	rc=$?
	record $rc.i
	exit $rc
fi
drop() { rm -f "$J/.cmd.$TAG" "$J/.meta.$TAG" "$J/.pend.$TAG" "$J/.run.$TAG"; }
: >"$J/.pend.$TAG" || { drop; exit 71; }
read -r host </proc/sys/kernel/hostname || host=
mystart
{ printf 'kind=run\nid=%s\nsum=%s\nhead=%s\nsup=%s\nstart=%s\nboot=%s\nhost=%s\nat=%s\ntag=%s\n' \
	"$ID" "$SUM" "$HEAD" $$ "$start" "$BOOT" "$host" "${TAG##*.}" "$TAG" >"$J/.meta.$TAG" \
	&& sync "$J/.meta.$TAG" "$J/.cmd.$TAG"; } 2>/dev/null || { drop; exit 71; }
ln "$J/.meta.$TAG" "$J/meta" 2>/dev/null
# not ln's own status: on NFS a retransmitted link can win and still say EEXIST
same 2>/dev/null || { drop; exit 0; }
{ mv -f "$J/.cmd.$TAG" "$J/cmd" && mv -f "$J/.pend.$TAG" "$J/pending" && rm -f "$J/.meta.$TAG" \
	&& : >>"$J/out" && : >>"$J/values" && sync "$J" "${J%/*}"; } 2>/dev/null || norun
# Secrets came through a pipe, in octal, and touch the disk only now. Without
# their last line the launcher died while it wrote them: nothing may start.
whole=no
while read -r name body; do
	if [ "$name" = end ]; then whole=yes; break; fi
	mkdir -p "$J/secret" && printf "$body" >"$J/secret/$name" || break
done
[ $whole = yes ] || norun
exec </dev/null
setsid sh "$J/.run.$TAG" inner "$J" "$ID" "$SUM" "$TAG" "$UM" "$SH" "$BOOT" &
c=$!
while :; do wait $c; rc=$?; kill -0 $c 2>/dev/null || break; done
[ -e "$J/pending" ] || exit 0
# The inner shell died without recording. Wait out whatever of its session still
# runs, then record what we saw, marked as seen from outside (.s).
live() {
	for d in /proc/[0-9]*; do
		{ read -r l <"$d/stat"; } 2>/dev/null || continue
		l=${l##*) }; set -- $l
		[ "$4" = "$c" ] && [ "$1" != Z ] && return 0
	done
	return 1
}
while live; do sleep 1; done
if [ -e "$J/child" ]; then record $rc.s; else norun; fi
BELAY_DETACHED
}

# an id that was taken by another script is refused
belay_ours() {
	[ $STATE != cancelled ] || return 0
	belay_get "$J/meta" sum
	[ "$V" = "$1" ] || { printf 'belay: %s\n' "job id already used for another script" >&2; return 66; }
}

belay_guard() { # MACHINE, or - for none
	[ "$1" != - ] || return 0
	belay_m=
	for belay_f in "${BELAY_MACHINE_ID:-/etc/machine-id}" /var/lib/dbus/machine-id; do
		{ read -r belay_m <"$belay_f"; } 2>/dev/null && break
	done
	[ "$belay_m" = "$1" ] || belay_refuse 78 "machine-id is ${belay_m:-missing}, expected $1"
}

belay_launch() {
	[ $# -eq 7 ] || { belay_refuse 64 "launch: usage"; return; }
	belay_sum="$3 $4 $2"
	if [ -e "$J/meta" ]; then
		belay_look; belay_ours "$belay_sum" || return
		belay_left; belay_line
		return
	fi
	belay_guard "$6" || return
	command -v "$2" >/dev/null || { belay_refuse 69 "host lacks $2"; return; }
	belay_secrets=''
	while IFS= read -r belay_x; do belay_secrets="$belay_secrets$belay_x
"; done <&3
	exec 3<&-
	belay_h=48332fe667bc51ac4a51ba0efe734441c90def55c60a26d7db275ecbbcf42f15 # of the last line alone
	if [ "$belay_secrets" != "end
" ]; then
		case $(command -v printf) in */*) belay_refuse 69 "printf is not built in: ps would show secrets"; return ;; esac
		belay_h=$(printf '%s' "$belay_secrets" | sha256sum)
	fi
	[ "${belay_h%% *}" = "$5" ] || { belay_refuse 65 "torn or altered secrets"; return; }
	mkdir -p "$J" 2>/dev/null || { belay_refuse 75 "cannot make $J"; return; }
	belay_free=$(df -Pk "$J" | { read -r belay_x; read -r belay_x belay_x belay_x belay_a belay_x; belay_say "$belay_a"; })
	[ "${belay_free:-0}" -ge "${BELAY_MIN_KB:-1024}" ] || { belay_refuse 75 "only ${belay_free:-?} KiB free in $ROOT"; return; }
	belay_tag=$$.$(date +%s)
	belay_detached >"$J/.run.$belay_tag" && cat >"$J/.cmd.$belay_tag" || {
		rm -f "$J/.cmd.$belay_tag" "$J/.run.$belay_tag"; belay_refuse 75 "cannot store the script"; return; }
	belay_h=$(sha256sum <"$J/.cmd.$belay_tag")
	if [ "${belay_h%% *}" != "$3" ]; then # so has its length
		rm -f "$J/.cmd.$belay_tag" "$J/.run.$belay_tag"; belay_refuse 65 "torn or altered script"; return
	fi
	printf '%s' "$belay_secrets" 2>/dev/null | setsid sh "$J/.run.$belay_tag" sup "$J" "$ID" "$belay_sum" \
		"$belay_tag" "$BELAY_UMASK" "$2" "$BOOT" "$7" >/dev/null 2>&1 &
	belay_i=0
	while [ $belay_i -lt 200 ]; do
		if [ -e "$J/child" ] || [ -e "$J/norun" ]; then break; fi
		if [ -e "$J/meta" ]; then belay_look; [ "$STARTED$STATE" = norunning ] || break; fi
		belay_nap; belay_i=$((belay_i + 1))
	done
	# who outlived it is counted when it is followed to its end, and once is enough
	belay_look
	[ $STATE = none ] || belay_ours "$belay_sum" || return
	belay_line
}

belay_attach() {
	case ${2:-x} in *[!0-9]*) belay_refuse 64 "attach: bad offset"; return ;; esac
	belay_off=$2 belay_said='' belay_at=0
	while :; do
		belay_look
		belay_n=$((SIZE - belay_off)) belay_end=no
		[ $belay_n -le 262144 ] || belay_n=262144
		# the file shrank under us: say the size, send nothing, never start again
		if [ $belay_n -lt 0 ]; then belay_n=0 belay_end=yes; fi
		if [ $STATE != running ] && [ $((belay_off + belay_n)) -ge "$SIZE" ]; then belay_end=yes; belay_left; fi
		read -r belay_up </proc/uptime; belay_up=${belay_up%%.*}
		if [ $belay_n -gt 0 ] || [ $belay_end = yes ] || [ "$STATE $STARTED $WHY" != "$belay_said" ] \
			|| [ $((belay_up - belay_at)) -ge 4 ]; then
			belay_line " n=$belay_n" || return 74
			if [ $belay_n -gt 0 ] && [ $belay_off -eq 0 ]; then head -c $belay_n "$J/out" || return 74
			elif [ $belay_n -gt 0 ]; then tail -c +$((belay_off + 1)) "$J/out" | head -c $belay_n || return 74; fi
			belay_say '' || return 74
			belay_said="$STATE $STARTED $WHY" belay_at=$belay_up belay_off=$((belay_off + belay_n))
		fi
		[ $belay_end = no ] || return 0
		[ $belay_n -eq 262144 ] || belay_nap
	done 2>/dev/null
}

# Taking the id is how a launch that may still be on its way is proven never to
# start: one of the two wins the link.
belay_fence() {
	mkdir -p "$J" 2>/dev/null || { belay_refuse 75 "cannot make $J"; return; }
	belay_tag=$$.$(date +%s).c
	printf 'kind=cancel\nid=%s\nboot=%s\nat=%s\ntag=%s\n' "$ID" "$BOOT" "$(date -u +%s)" "$belay_tag" >"$J/.meta.$belay_tag" \
		&& sync "$J/.meta.$belay_tag" && ln "$J/.meta.$belay_tag" "$J/meta" 2>/dev/null
	rm -f "$J/.meta.$belay_tag"; sync "$J"
	belay_look
	[ $STATE != none ] || belay_refuse 75 "cannot fence: no space"
}

belay_cancel() {
	case ${2:-x} in *[!0-9]*) belay_refuse 64 "cancel: bad grace"; return ;; esac
	belay_fence || return
	if [ $STATE != running ]; then belay_left; belay_line; return; fi
	: >"$J/cancel"
	belay_sig=TERM belay_end=$(($(date +%s) + $2))
	for belay_q in $(belay_members); do kill -TERM "$belay_q" 2>/dev/null; kill -CONT "$belay_q" 2>/dev/null; done
	while [ "$(date +%s)" -le $belay_end ]; do
		[ -e "$J/child" ] && [ -z "$(belay_members)" ] && break
		belay_marker && [ -z "$(belay_members)" ] && break
		belay_nap
	done
	belay_i=0
	while [ $belay_i -lt 100 ]; do
		belay_k=$(belay_members); [ -n "$belay_k" ] || break
		for belay_q in $belay_k; do kill -KILL "$belay_q" 2>/dev/null; done
		belay_sig=KILL belay_i=$((belay_i + 1)); belay_nap
	done
	belay_i=0
	while [ $belay_i -lt 100 ]; do belay_look; [ $STATE = running ] || break; belay_nap; belay_i=$((belay_i + 1)); done
	SIGNAL=$belay_sig; belay_left; belay_line
}

belay_values() {
	belay_look; belay_n=0
	[ ! -e "$J/values" ] || belay_n=$(($(wc -c <"$J/values")))
	if [ $belay_n -gt 65536 ]; then printf 'belay: values: %s bytes, at most 65536\n' $belay_n >&2; return 76; fi
	belay_line " n=$belay_n"
	[ $belay_n -eq 0 ] || head -c $belay_n "$J/values"
	belay_say ''
}

# Forgetting drops what takes space. meta and the marker stay: they are the
# fence that keeps a late launch of the same id from running a second time.
belay_forget() {
	belay_look
	if [ $STATE = running ]; then printf 'belay: still running\n' >&2; return 72; fi
	[ $STATE = none ] || rm -rf "$J/out" "$J/values" "$J/cmd" "$J/cancel" "$J/secret" "$J"/.run.* "$J"/.cmd.* "$J"/.meta.* "$J"/.pend.*
	belay_look; belay_line
}

belay() {
	[ $# -ge 2 ] || { belay_refuse 64 "usage"; return; }
	belay_verb=$1; shift
	belay_setup "$1" || return
	case $belay_verb in
	launch) belay_launch "$@" ;;
	status) belay_look; belay_left; belay_line ;;
	attach) belay_attach "$@" ;;
	fence) belay_fence || return; belay_left; belay_line ;;
	cancel) belay_cancel "$@" ;;
	values) belay_values ;;
	forget) belay_forget ;;
	*) belay_refuse 64 "unknown verb" ;;
	esac
}
