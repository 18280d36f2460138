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
