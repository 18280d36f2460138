#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An installation that was moved finds its own plugins, and not those of the build it came from.
# usage: test_moved.sh BUILD_TREE PREFIX
set -euo pipefail
tree=$1 prefix=$2
umask 022
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT

DESTDIR=$there/packed meson install -C "$tree" --no-rebuild --quiet >/dev/null
mv "$there/packed$prefix" "$there/moved"
listed=$("$there/moved/bin/mnemoscope" plugins)
for plugin in "$tree"/plugins/mn_*.so; do
	moved=$(find "$there/moved" -name "$(basename "$plugin")")
	grep -qF "$moved" <<<"$listed" || { echo "$moved is not listed:"; echo "$listed"; exit 1; }
done
if grep -F "$tree" <<<"$listed"; then
	echo "plugins of the build are found from a moved installation"
	exit 1
fi

# The host of scripts moves along.
echo 'error("found")' >"$there/t.lua"
"$there/moved/bin/mnemoscope" --store "sqlite:$there/store" remember word >/dev/null
run() {
	"$there/moved/bin/mnemoscope" --store "sqlite:$there/store" run "$there/t.lua" 2>&1 || true
}
run | grep -qF ':1: found' || { echo "no script is run:"; run; exit 1; }
chmod o+w "$(find "$there/moved" -name mnemoscope-script)"
run | grep -qF 'unsafe: everybody may write to the file' || { echo "an unsafe host:"; run; exit 1; }
find "$there/moved" -name mnemoscope-script -delete
run | grep -qF 'it is not installed' || { echo "without a host:"; run; exit 1; }
