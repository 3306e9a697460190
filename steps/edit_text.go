package steps

// The rule of this file: these are the shell texts of an edit, and every branch
// of them is walked by edit_test.go with a real shell.

// editCommon is what an edit and its undo share: the names of things and the
// refusals. State of the edit, beside each other in a 0700 folder:
//
//	NAME         the content as it was
//	NAME.state   existed, mode, owner and SHA-256 as they were; complete once it is there
//	NAME.after   a SHA-256 for each content that an attempt was about to write
//	NAME.undone  NAME.state after the undo
const editCommon = `refuse() { printf "edit: %s\n" "$1" >&2; exit 3; }
sum() { if [ -e "$1" ]; then s=$(sha256sum <"$1"); echo "${s%% *}"; else echo none; fi; }
attributes() { # mode and owner: "644 1000:1000"
	stat -c '%a %u:%g' "$1" 2>/dev/null || LC_ALL=C ls -ldn "$1" | awk '{
		bit = 256; high = 2048
		for (i = 0; i < 9; i++) {
			c = substr($1, i + 2, 1)
			if (c ~ /[rwxst]/) m += bit
			if (c ~ /[sStT]/) m += high
			bit /= 2
			if (i % 3 == 2) high /= 2
		}
		printf "%o %s:%s\n", m, $3, $4
	}'
}
install_as() { # tmp mode owner: give tmp its last face and put it in place
	have=$(attributes "$1")
	[ "${have#* }" = "$3" ] || chown "$3" "$1" || refuse "cannot give $file its owner $3 back"
	chmod "$2" "$1"
	sync "$1" 2>/dev/null || sync 2>/dev/null || :
	mv -f "$1" "$file"
}
case $file in /*) ;; *) file=./$file ;; esac
folder=${file%/*}
name=$BELAY_HOST-${file##*/}
tmp=$folder/.${file##*/}.belay
keep=$HOME/.belay/backup/$BELAY_RUN/$BELAY_STEP
state=$keep/$name.state
umask 077
[ ! -L "$file" ] || refuse "$file is a symbolic link; name the file that it points to"
[ ! -e "$file" ] || [ -f "$file" ] || refuse "$file is not a regular file"
[ ! -L "$tmp" ] || refuse "$tmp is a symbolic link; somebody should look at it"
rm -f "$tmp"
trap 'rm -f "$tmp"' EXIT
`

// editSource finds what the edit begins from: the file, or on a retry the
// backup of the first attempt.
const editSource = `one_line() { # a secret that is there and has one line
	[ -s "$1" ] || refuse "the secret in $1 is missing or empty"
	[ "$(awk 'END { print NR }' <"$1")" = 1 ] || refuse "the secret in $1 has more than one line"
}
newline() { [ -z "$(tail -c 1 "$1")" ] || echo; }
[ -d "$folder/" ] || refuse "there is no folder ${folder:-/}"
[ ! -e "$file" ] || [ -r "$file" ] || refuse "$file cannot be read"
mkdir -p "$keep"
chmod 700 "$keep"
now=$(sum "$file")
source=$file
if [ -f "$state" ]; then
	{ read -r existed; read -r was; read -r owner; read -r before; } <"$state"
	if [ "$now" != "$before" ]; then
		grep -qx "$now" "$keep/$name.after" 2>/dev/null || refuse "$file was changed by somebody since the first attempt"
		source=$keep/$name
	fi
else
	rm -f "$keep/$name" "$keep/$name.after" "$keep/$name.undone"
	existed=no was=$fresh owner=- before=none
	if [ -e "$file" ]; then
		existed=yes before=$now
		was=$(attributes "$file")
		owner=${was#* } was=${was%% *}
	fi
fi
[ ! -e "$source" ] || [ "$(tr -d '\000' <"$source" | wc -c)" -eq "$(wc -c <"$source")" ] || refuse "$file holds NUL bytes; it is no text"
if [ "$existed" = yes ]; then cp -p "$file" "$tmp"; else : >"$tmp"; fi
chmod 600 "$tmp"
`

// editFilter runs the content through awk. The full stop at the end proves that
// all of it arrived, and keeps a last line without a newline apart from one
// with it.
const editFilter = `code=0
{
%s	if [ -e "$source" ]; then cat "$source" || exit 1; fi
	printf .
} | LC_ALL=C awk 'BEGIN {
ORS = ""
%s
}
%s' >"$tmp" || code=$?
case $code in
0) ;;
7) refuse "a text to replace is not in $file" ;;
8) refuse "a text to replace is in $file more than once" ;;
*) refuse "$file could not be read to its end" ;;
esac
`

// awkHead collects the input: first the secrets, then the file's lines.
const awkHead = `NR <= secrets { set[from[NR]] = $0; next }
{ line[++n] = $0 }
END {
	last = length(line[n])
	if (substr(line[n], last) != ".") exit 6
	line[n] = substr(line[n], 1, last - 1)
`

const awkSet = awkHead + `	for (i = 1; i <= n; i++) {
		text = line[i]
		if (match(text, /^[ \t]*(export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=[ \t]*/)) {
			head = name = substr(text, 1, RLENGTH)
			sub(/^[ \t]*(export[ \t]+)?/, "", name)
			sub(/[ \t]*=[ \t]*$/, "", name)
			if (name in set) {
				if (name in done) continue
				done[name] = 1
				text = head set[name] (text ~ /\r$/ ? "\r" : "")
			}
		}
		out[++m] = text
	}
	for (i = 1; i <= keys; i++) if (!(order[i] in done)) {
		if (out[m] == "") m--
		out[++m] = order[i] "=" set[order[i]]
		out[++m] = ""
	}
	for (i = 1; i <= m; i++) print (i > 1 ? "\n" : "") out[i]
}`

const awkReplace = awkHead + `	all = line[1]
	for (i = 2; i <= n; i++) all = all "\n" line[i]
	for (i = 1; i <= texts; i++) {
		at = index(all, old[i])
		if (!at) exit 7
		if (index(substr(all, at + 1), old[i])) exit 8
		all = substr(all, 1, at - 1) new[i] substr(all, at + length(old[i]))
	}
	print all
}`

// editCommit keeps what was there, writes down what will be, and changes the
// file in one move. What it tells comes last: the state says as much.
const editCommit = `after=$(sum "$tmp")
if [ ! -f "$state" ]; then
	if [ "$existed" = yes ]; then
		cat "$file" >"$keep/$name"
		[ "$(sum "$keep/$name")" = "$before" ] || refuse "$file changed while it was copied"
	fi
	printf '%s\n' "$existed" "$was" "$owner" "$before" >"$state.new"
	mv "$state.new" "$state"
fi
echo "$after" >>"$keep/$name.after"
sync "$keep/$name.after" 2>/dev/null || sync 2>/dev/null || :
if [ "$existed" = no ]; then
	owner=$(attributes "$tmp")
	owner=${owner#* } was=$fresh
fi
install_as "$tmp" "${mode:-$was}" "$owner"
{
	echo "EDIT_BACKUP=$keep/$name"
	echo "EDIT_SHA=$after"
	echo "EDIT_EXISTED=$existed"
} >>"$BELAY_OUT"
`

// editUndo puts back what was there, over what an attempt left and nothing else.
const editUndo = `if [ ! -f "$state" ]; then
	if [ -f "$keep/$name.undone" ]; then
		echo "edit: $file was restored before"
		exit 0
	fi
	[ -z "${EDIT_SHA:-}" ] || refuse "the backup of $file is gone from $keep"
	echo "edit: $file was never changed"
	exit 0
fi
{ read -r existed; read -r was; read -r owner; read -r before; } <"$state"
now=$(sum "$file")
[ "$now" = "$before" ] || grep -qx "$now" "$keep/$name.after" 2>/dev/null ||
	refuse "$file was changed by somebody since; what was there before is in $keep/$name"
if [ "$existed" = no ]; then
	rm -f "$file"
else
	[ "$(sum "$keep/$name")" = "$before" ] || refuse "the backup $keep/$name is not what was kept"
	if [ -e "$file" ]; then cp -p "$file" "$tmp"; fi
	: >>"$tmp"
	chmod 600 "$tmp"
	cat "$keep/$name" >"$tmp"
	install_as "$tmp" "$was" "$owner"
fi
mv "$state" "$keep/$name.undone"
`
