#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_tmux - the workbench in tmux, by tmux's own keys and eyes: what a person would see in a
# terminal that nobody wrote for this test.
set -euo pipefail
program=$1
command -v tmux >/dev/null || { echo "tmux is not installed"; exit 77; }
dir=$(mktemp -d)
socket=mn-test-$$
export HOME=$dir XDG_STATE_HOME=$dir XDG_CONFIG_HOME=$dir XDG_DATA_HOME=$dir LC_ALL=C.UTF-8 TZ=UTC
unset TMUX NO_COLOR MNEMOSCOPE_STORE MNEMOSCOPE_BRAIN
passed=0

t() {
	tmux -L "$socket" -f /dev/null "$@"
}

finish() {
	t kill-server 2>/dev/null || true
	rm -rf "$dir" 2>/dev/null || { sleep 0.5; rm -rf "$dir"; }
}
trap finish EXIT

# sees CLAIM TEXT: within ten seconds the pane shows TEXT
sees() {
	local i
	for ((i = 0; i < 100; i++)); do
		if t capture-pane -p | grep -qF -- "$2"; then
			passed=$((passed + 1))
			return
		fi
		sleep 0.1
	done
	printf 'FAILED: %s: "%s" is not to be seen in:\n' "$1" "$2"
	t capture-pane -p
	exit 1
}

t new-session -d -x 100 -y 30 "bash --norc --noprofile -i"
t set -g default-terminal tmux-256color
t send-keys "PS1='shell> '" Enter
sees "a shell is there" "shell>"
t send-keys "clear; $program --store sqlite:$dir/store" Enter
sees "the list of brains comes first" "No brain here yet."
t send-keys n
sees "n asks for a name" "brain create"
t send-keys -l '"tmux brain"'
t send-keys Enter
sees "the brain is in the list" "▸  tmux brain"
t send-keys Enter
sees "enter opens it" "Neurons"
t send-keys :
sees "the palette lists actions" "Add one memory to a brain"
t send-keys -l "gocap"
sees "letters in order are enough" "go capacity"
t send-keys Enter
sees "the palette starts an action" "more neurons to medium"
t send-keys '?'
sees "help names the keys of this screen" "Measure now"
t send-keys Escape
t resize-window -x 60 -y 16
sees "a narrow terminal shows it all the same" "Tier"
t resize-window -x 50 -y 12
sees "one too small says so" "needs 60x16, has 50x12"
t resize-window -x 100 -y 30
sees "and when it has grown goes on" "Graph cache"
t send-keys 6
sees "scripts that come with the program are there" "Pack old memories of little weight away."
t send-keys -l ":run decay"
t send-keys Enter
sees "a dry run makes a plan" "nothing is changed yet"
t send-keys a
sees "a applies it" "done"
t send-keys u
sees "u asks first" "Take back run 1 (decay)"
t send-keys y
sees "and takes it back" "taken back"
t send-keys 4
sees "the other screens are there still" "Graph cache"
t send-keys C-z
sees "Ctrl-Z leads back to the shell" "Stopped"
t send-keys "fg" Enter
sees "fg leads back to the workbench" "Graph cache"
t send-keys q
sees "q leaves" "shell>"
t send-keys 'echo "code $?, echo $(stty -a | tr " " "\n" | grep -cx echo)"' Enter
sees "the terminal echoes again" "code 0, echo 1"
echo "$passed claims"
