#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged objects, archives and scripts as inputs of a link: the reader in one
# process, very many; and whole links beside the real linker.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
reader=$RTS_BUILDDIR/tests/fuzz/fuzz_input
links=$RTS_BUILDDIR/tests/fuzz/fuzz_link
badobj=$RTS_BUILDDIR/tests/lib/badobj
dump=$RTS_BUILDDIR/ld-wrap/rts-dump
need "$CC" ld ar as "$reader" "$links" "$badobj" "$dump"
# What check-long has more.
inputs=20000 n=150
if [ -n "${RTS_LONG:-}" ]; then
	inputs=1000000 n=100000
fi

seeds() {
	mkdir "$1"
	check "inputs to be damaged" env CC="$CC" \
		bash "$RTS_SRCDIR/tests/fuzz/seeds.sh" "$1" \
		"$RTS_SRCDIR/include" "$badobj" "$1"
}

links() {
	check "$1 links of damaged inputs: as the real linker, or a clear error" \
		"$links" "$LD_WRAP" "$(command -v ld)" "$dump" "$1"
	sed 's/^/# /' "$out"
}

seeds seeds

# Undamaged they are links that work, but those that are there to be refused.
linked=0
cd seeds || exit 99
while read -r words; do
	# shellcheck disable=SC2086
	if "$LD_WRAP" -o good ${words//@/} >log 2>&1; then
		linked=$((linked + 1))
	fi
done <list
check "of $(wc -l <list) links $linked work" test "$linked" -ge 29

check "$inputs damaged inputs: read or noted, never more" \
	env FUZZ_SEEDS="$PWD" "$reader" "$inputs"
sed 's/^/# /' "$out"
links "$n"
cd .. || exit 99

if [ -n "${RTS_LONG:-}" ]; then
	seeds many
	cd many || exit 99
	links 200
	cd .. || exit 99
fi
done_testing
