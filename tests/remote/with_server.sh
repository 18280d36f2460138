#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# with_server.sh MNEMOSCOPE [-t] STORE... -- PROGRAM ARG...
# Serves each STORE on a free port ("@": a fresh folder), runs PROGRAM with the servers' URLs behind
# its arguments, and ends the servers. With -t they want a token, which PROGRAM has in
# $MNEMOSCOPE_TOKEN. The exit status is PROGRAM's, or 1 if a server does not end as it should.
set -uo pipefail

mnemoscope=$1
shift
folder=$(mktemp -d "${TMPDIR:-/tmp}/mn-remote-XXXXXX")
export XDG_CONFIG_HOME=$folder/config XDG_DATA_HOME=$folder/data XDG_STATE_HOME=$folder/state
pids=() urls=()

end_servers() {
	local pid bad=0
	for pid in "${pids[@]}"; do
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" || bad=1
	done
	pids=()
	return $bad
}
trap 'end_servers; rm -rf "$folder"' EXIT

options=(--listen 127.0.0.1:0 --rate 0)
if [ "$1" = -t ]; then
	shift
	MNEMOSCOPE_TOKEN=$("$mnemoscope" token create test --admin '*') || exit 1
	export MNEMOSCOPE_TOKEN
fi

# serve STORE: starts a server, waits until it listens, adds its URL
serve() {
	local n=${#pids[@]} store=${1/@/$folder/store${#pids[@]}} said url
	said=$folder/said$n
	"$mnemoscope" --store "$store" serve "${options[@]}" --log "$folder/log$n" >"$said" 2>&1 &
	pids+=($!)
	until url=$(grep -o 'http://[0-9.:]*' "$said" | head -n 1) && [ -n "$url" ]; do
		kill -0 "${pids[$n]}" 2>/dev/null || {
			cat "$said"
			exit 1
		}
		sleep 0.02
	done
	urls+=("$url")
}

while [ "$1" != -- ]; do
	serve "$1"
	shift
done
shift
"$@" "${urls[@]}"
status=$?
end_servers || {
	echo "a server did not end in order"
	cat "$folder"/said*
	[ $status != 0 ] || status=1
}
exit $status
