#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Brains copied between every two kinds of stores, by profiles; and to a server that is killed in the
# middle. test_copy.sh PROGRAM PLUGINS. MN_TEST_NEO4J, a store's URL, brings Neo4j in as well.
set -euo pipefail
program=$1 plugins=$2
room=$(mktemp -d /tmp/mn-copy-XXXXXX)
export XDG_CONFIG_HOME=$room XDG_DATA_HOME=$room XDG_STATE_HOME=$room
server=

end() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -rf "$room"
}
trap end EXIT

mn() { "$program" --plugin-dir "$plugins" "$@"; }
fail() {
	echo "FAILED: $*" >&2
	exit 1
}
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# serve: starts the server, waits until it answers
serve() {
	"$program" --plugin-dir "$plugins" --store "sqlite:$room/served" serve \
		--listen "127.0.0.1:$port" --log "$room/log" 2>"$room/said" &
	server=$!
	for _ in $(seq 200); do
		mn --store @far brain list >"$room/out" 2>&1 && return 0
		grep -q "is not a server of Mnemoscope" "$room/out" && return 1
		kill -0 "$server" 2>/dev/null || fail "the server ended: $(cat "$room/said")"
		sleep 0.05
	done
	fail "the server does not answer: $(cat "$room/out")"
}

port=$(free_port)
mn -q profile add near "sqlite:$room/near"
mn -q profile add other "sqlite:$room/other"
mn -q profile add far "http://127.0.0.1:$port"
stores=(near other)
if serve; then
	stores+=(far)
else
	echo "SKIPPED: copies to a server: it has no batch endpoints"
fi
if [ -n "${MN_TEST_NEO4J:-}" ]; then
	mn -q profile add graph "$MN_TEST_NEO4J"
	stores+=(graph)
else
	echo "SKIPPED: copies to Neo4j: MN_TEST_NEO4J is not set"
fi

for i in $(seq 400); do
	echo "{\"id\":\"n$i\",\"text\":\"note $i of {thing $((i % 17))} and word$i\",\"tags\":[\"t$((i % 5))\"]}"
done >"$room/notes.jsonl"
mn -q --brain @near#notes import "$room/notes.jsonl"
mn -q --brain @near#notes recall --no-learn "what of thing 3" >"$room/expect"
[ -s "$room/expect" ] || fail "nothing is recalled"

# A ring over all of them, and from each to each: every copy is verified by its hash.
for a in "${stores[@]}"; do
	[ "$a" = near ] || mn -q brain copy @near#notes "@$a#notes"
done
for a in "${stores[@]}"; do
	for b in "${stores[@]}"; do
		mn -q brain copy "@$a#notes" "@$b#from-$a" || fail "from $a to $b"
		mn -q --brain "@$b#from-$a" recall --no-learn "what of thing 3" | sed 's/, [0-9.]* [mu]*s;.*//' >"$room/got"
		sed 's/, [0-9.]* [mu]*s;.*//' "$room/expect" | diff - "$room/got" || fail "another answer at $b, from $a"
		mn -q brain delete --yes "@$b#from-$a"
	done
done

# A taken name costs nothing; a read-only profile takes nothing.
mn brain copy @near#notes @other#notes 2>"$room/err" && fail "a taken name was taken again"
grep -q notes "$room/err" || fail "$(cat "$room/err")"
mn -q profile add other "sqlite:$room/other" --read-only
mn brain copy @near#notes @other#more 2>"$room/err" && fail "a read-only store was written to"
mn brain list --store @other | grep -q more && fail "a read-only store has more"

# Killed in the middle: what is left is said, and can be removed.
if [[ " ${stores[*]} " == *" far "* ]]; then
	for i in $(seq 20000); do echo "{\"text\":\"long$i note of {place $((i % 997))}, word$((i * 7 % 5003)) and more\"}"; done |
		mn -q --brain @near#large import - --format jsonl
	"$program" --plugin-dir "$plugins" brain copy @near#large @far#large 2>"$room/err" &
	copy=$!
	for _ in $(seq 400); do # until something of it is there
		mn --store @far brain list 2>/dev/null | grep -q large && break
		sleep 0.01
	done
	kill -9 "$server"
	wait "$server" 2>/dev/null || true
	wait "$copy" && fail "a copy to a dead server was said to be done"
	[ "$(wc -l <"$room/err")" = 1 ] || fail "not one line: $(cat "$room/err")"
	grep -q 'delete the brain "large"' "$room/err" || fail "$(cat "$room/err")"
	serve || fail "it does not come back"
	mn -q brain delete --yes @far#large
	mn -q brain copy @near#large @far#large
fi
echo "copied between: ${stores[*]}"
