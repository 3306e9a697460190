#!/bin/sh
# Makes docs/screen.svg from what the program really shows: `make picture`.
# Needs tmux. Waits for the screen, never for a clock.
set -eu
cd "$(dirname "$0")/.."
state=$(mktemp -d)
t="tmux -L belay-picture-$$"
run="BELAY_STATE=$state bin/belay rehearse --from rollout --theme dark --as ana"
$t new -d -x 132 -y 38 "$run"
trap '$t kill-server 2>/dev/null || :; rm -rf "$state"' EXIT
wait_for() {
	n=0
	until $t capture-pane -p | grep -qF "$1"; do
		n=$((n + 1))
		[ $n -lt 300 ] || { echo "the screen never showed: $1" >&2; $t capture-pane -p >&2; exit 1; }
		sleep 0.2
	done
}
wait_for '12/12'
wait_for 'nodes alive, 0 dead'
$t capture-pane -e -p | go run ./ui/screentest/picture >docs/screen.svg
