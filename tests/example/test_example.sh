#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_example - builds the example backend out of the tree, from what an installation gives and
# nothing else, and asks it what it promises.
# usage: test_example.sh BUILD_TREE SOURCE CONFORMANCE
set -euo pipefail
tree=$1 source=$(realpath "$2") conformance=$(realpath "$3")
work=$(mktemp -d "${TMPDIR:-/tmp}/mn-example-XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
	printf 'example: %s\n' "$*" >&2
	exit 1
}

[ "$(wc -l <"$source")" -le 150 ] || fail "the example is longer than 150 lines"

meson install -C "$tree" --no-rebuild --quiet --destdir "$work/root" >"$work/log" 2>&1 \
	|| { cat "$work/log" >&2; fail "meson install failed"; }
pc=$(find "$work/root" -name mnemoscope-backend.pc)
[ -n "$pc" ] || fail "no mnemoscope-backend.pc was installed"
export PKG_CONFIG_PATH=${pc%/*} PKG_CONFIG_SYSROOT_DIR=$work/root

# Outside the tree: a folder with the example alone.
mkdir "$work/own" "$work/plugins"
cp "$source" "$work/own/null.c"
cd "$work/own"
read -ra flags <<<"$(pkg-config --cflags mnemoscope-backend)"
[[ ${flags[*]} != *"$(dirname "$tree")/core"* ]] || fail "the .pc file leads into the source tree"
"${CC:-cc}" -std=gnu11 -Wall -Werror -fvisibility=hidden -shared -fPIC "${flags[@]}" null.c \
	-o "$work/plugins/mn_null.so"

exported=$(nm -D --defined-only "$work/plugins/mn_null.so" | awk '$2 == "T" {print $3}')
[ "$exported" = mn_backend_v1 ] || fail "exports $exported"

MN_PLUGINS=$work/plugins "$conformance" null: >"$work/claims" 2>&1 || { cat "$work/claims"; fail "claims"; }
passed=$(grep -c '^\[       OK \]' "$work/claims") || true
[ "$passed" -ge 8 ] || { cat "$work/claims"; fail "only $passed claims were asked"; }
printf 'example: %s lines, %s claims\n' "$(wc -l <"$source")" "$passed"
