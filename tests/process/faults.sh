#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# faults.sh - the demo program, linked, and then damaged in every way
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc
mkdir bin
ln -s "$LD_WRAP" bin/ld

link_demo() {
	local file
	for file in tests/process/demo tests/process/work \
		tests/process/selftest rtld/image rtld/stream rtld/field \
		rtld/read rtld/bind rtld/dump rtld/strerror \
		rtld/platform/process; do
		gcc -std=gnu11 -D_GNU_SOURCE -O2 -fno-pie \
			-I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" -c \
			-o "${file//\//-}.o" "$RTS_SRCDIR/$file.c" || return 1
	done
	gcc -B"$PWD/bin/" -no-pie -static -o demo ./*.o
}

# fault WHAT TEXT
fault() {
	check "$2" "$RTS_BUILDDIR/tests/process/faults" demo "$1" &&
		sed 's/^/# /' "$out"
}

check "the demo is linked" link_demo
fault bad-table "each byte of the table changed: it is not opened"
fault forged-table \
	"the same with the checksum put right: refused, or text alone is written"
fault foreign-bytes "each byte of each site changed by another patcher"
fault odd-values "NULL, beyond 2 GiB, too large: bound, or kept and counted"
fault callbacks "each callback failed, left for good, or nested, at each call"
fault too-early "bound before the image is relocated: stale, and then right"
done_testing
