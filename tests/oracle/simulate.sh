#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# simulate.sh - an emulated CPU as oracle: each site of the demo kernels, of
# both compilers and machines, does bound what it does as linked
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
# The emulator is a package of Debian's own python.
python=/usr/bin/python3
simulate=$RTS_SRCDIR/tests/lib/simulate.py
check "the emulator is here" "$python" -c 'import unicorn'

for variant in gcc clang gcc-m32 clang-m32; do
	image=$RTS_BUILDDIR/tests/boot/$variant/kernel
	check "$variant: bound is as linked, for 24 sets of contents" \
		"$python" "$simulate" "$RTS_DUMP" "$image.elf" "$image.json" 24
	cp "$out" "$variant.log"
	sed 's/^/# /' "$variant.log"
	check "$variant: thousands of runs" \
		grep -Eq '^total: [0-9]+ sites, [0-9]{4,} runs, 0 different' \
		"$variant.log"
done
done_testing
