#!/bin/sh
# Makes the pictures in docs/screens from what the program really shows, on a
# dark and on a light terminal: `make picture`. Needs tmux. Waits for screens,
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

for theme in dark light; do
	flag=
	[ $theme = dark ] || flag=-light
	show --from rollout
	wait_for '12/12'
	picture console
	show --from rollout --fault exit:3:precheck@w81
	press x
	wait_for 'y execute'
	picture preview
	press y
	wait_for 'FAILED'
	picture failure
done
