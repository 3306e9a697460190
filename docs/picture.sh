#!/bin/sh
# Makes the pictures and the film in docs/screens from what the program really
# shows, on a dark and on a light terminal: `make picture`. Needs tmux. Waits for screens,
# never for a clock.
set -eu
cd "$(dirname "$0")/.."
all=$(mktemp -d) # one folder a run: a fleet ends when its folder is gone, a moment later
shows=0 tmux=:
trap '$tmux kill-server 2>/dev/null || :; rm -rf "$all" 2>/dev/null || :' EXIT
mkdir -p docs/screens

show() { # FLAGS of the rehearsal
	$tmux kill-server 2>/dev/null || :
	shows=$((shows + 1)) tmux="tmux -L belay-picture-$$-$shows"
	state=$(mktemp -d "$all/XXXXXX")
	$tmux new -d -x 132 -y 38 "BELAY_STATE=$state bin/belay rehearse --theme $theme --as ana $*"
	wait_for 'nodes alive, 0 dead'
}
wait_for() {
	n=0
	until $tmux capture-pane -p 2>/dev/null | grep -qF "$1"; do
		n=$((n + 1))
		[ $n -lt 600 ] || { echo "the screen never showed: $1" >&2; exit 1; }
		sleep 0.2
	done
}
press() { # a key, when the screen has been there long enough for a person to mean it
	sleep 0.5
	$tmux send-keys "$1"
}
picture() { # NAME
	$tmux capture-pane -e -p | go run ./ui/screentest/picture $flag >"docs/screens/$1-$theme.svg"
}

# frame keeps the screen as it is now for the film.
frame() {
	$tmux capture-pane -e -p >>"$all/film"
	printf '\f' >>"$all/film"
}
ask_all() { # TITLE of the group that is next: asks for all of it
	wait_for "▶ ▾ [ ] $1"
	press x
	wait_for 'y execute'
}
evening() { # from the first step to a failure, its log, and the way back
	: >"$all/film"
	show --from rollout --speed 300 --fault exit:3:build@w82
	wait_for '12/12'
	frame
	ask_all 'Disk, containers'
	frame
	press y
	wait_for '▶   [ ] Count the alerts'
	press x
	ask_all 'Back up each'
	frame
	press y
	wait_for '▶   [ ] Back up the training'
	press x
	wait_for 'y execute'
	press y
	for group in 'Record this' 'Name the 2.40' 'Build 2.53'; do
		ask_all "$group"
		frame
		press y
	done
	wait_for 'FAILED'
	frame
	press Escape
	press 6
	press z
	wait_for 'following'
	frame
	press z
	press Escape
	press R
	wait_for 'ROLL BACK what?'
	frame
	press r
	wait_for 'y '
	frame
	go run ./ui/screentest/picture $flag -film <"$all/film" >"docs/screens/evening-$theme.svg"
}

for theme in dark light; do
	flag=
	[ $theme = dark ] || flag=-light
	show --from rollout --fault exit:3:precheck@w81
	press x
	wait_for 'y execute'
	picture preview
	press y
	wait_for 'FAILED'
	picture failure
	evening
done
