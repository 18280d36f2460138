# SPDX-License-Identifier: MIT
# packages.sh - what Debian has to offer for each purpose; sourced by demo and test.
# shellcheck shell=bash

# To build and to run.
packages_build=(gcc libc6-dev meson ninja-build pkg-config libncurses-dev libutf8proc-dev
	libstemmer-dev libsqlite3-dev libcurl4-openssl-dev libjansson-dev libsodium-dev libxxhash-dev
	libhttp-parser-dev libwslay-dev nettle-dev libzstd-dev liblua5.4-dev libseccomp-dev libcmocka-dev)
# What the demonstration reads.
packages_demo=(dict-jargon dictzip)
# What the tests and checks need besides.
packages_test=(ccache clang clang-format clang-tidy cppcheck haproxy mandoc maven nginx-light
	openjdk-17-jre-headless openssl python3 python3-venv sqlite3 tmux universal-ctags valgrind
	dict-jargon dictzip wordnet-base ncurses-term bash-completion)

# What the benchmarks read besides: the larger texts.
# shellcheck disable=SC2034
packages_bench=(dict-gcide wordnet-base)

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
	say "$*"
	exit 1
}

# packages_missing NAME...: those of them that are not installed, a line each
packages_missing() {
	local name
	for name; do
		dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed \
			|| printf '%s\n' "$name"
	done
}

# packages_install NAME...: installs what is missing, with sudo where one is not root
packages_install() {
	local missing sudo=() log
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null \
		|| die "apt-get not found: install these by other means: ${missing[*]}"
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null \
			|| die "not root and no sudo: ask for these packages: ${missing[*]}"
		sudo=(sudo)
	fi
	say "installing ${missing[*]}"
	log=$(mktemp)
	if ! { "${sudo[@]}" apt-get update -qq \
		&& "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
		tail -n 5 "$log" >&2
		rm -f "$log"
		die "installing packages failed (above); nothing else was done"
	fi
	rm -f "$log"
}

# build_tree DIR [MESON OPTION...]: configures once, builds
build_tree() {
	local dir=$1
	shift
	[ -f "$dir/build.ninja" ] || meson setup "$dir" "$@" >/dev/null \
		|| die "meson setup failed: see $dir/meson-logs/meson-log.txt"
	ninja -C "$dir" >"$dir/build.log" 2>&1 || {
		tail -n 30 "$dir/build.log" >&2
		die "the build failed (above)"
	}
}
