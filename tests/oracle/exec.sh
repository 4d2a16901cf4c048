#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# exec.sh - the CPU as oracle: exec.c, linked below 4 GiB with both addressing
# modes, and as a PIE far above, where lea is all that reaches
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang
src=$RTS_SRCDIR/tests/oracle
mkdir bin
ln -s "$LD_WRAP" bin/ld

compile() { # CC FLAGS: all of it in the directory $dir
	local cc=$1 file
	shift
	for file in rtld/image rtld/stream rtld/field rtld/read rtld/bind \
		rtld/strerror rtld/platform/process tests/oracle/exec; do
		"$cc" -std=gnu11 -O2 -Wall -Wextra -Werror "$@" \
			-D_GNU_SOURCE -I"$RTS_SRCDIR/include" \
			-I"$RTS_SRCDIR/rtld" -c -o "$dir/${file##*/}.o" \
			"$RTS_SRCDIR/$file.c" || return 1
	done
	"$cc" "$@" -I"$RTS_SRCDIR/include" -c -o "$dir/sites.o" \
		"$src/exec-sites.S"
}

# variant CC NAME USES FLAGS, with all numbers of the last line known: each
# content runs each use twice
variant() {
	local cc=$1 uses=$3 link=$4 dir=$1-$2 what="$1 $2" contents
	shift 4
	contents=$((12 + uses / 12 * 5 + 300))
	mkdir "$dir"
	check "$what: compiles" compile "$cc" "$@"
	check "$what: links" "$cc" "$link" -B"$PWD/bin/" \
		-o "$dir/exec" "$dir"/*.o
	check "$what: each load does what it did, and only that" "$dir/exec"
	cp "$out" "$dir/log"
	tail -n 1 "$dir/log" | sed 's/^/# /'
	check "$what: $uses loads with $contents contents, twice" grep -q \
		"^uses $uses runs $((uses * contents * 2)) bound [1-9]" \
		"$dir/log"
}

for cc in gcc clang; do
	variant $cc below-4-GiB 96 -no-pie -fno-pie -DABSOLUTE
	variant $cc pie 48 -pie -fPIE
	check "$cc pie: lea was run" \
		grep -Eq ' lea [1-9][0-9]+ failures 0 lost 0$' $cc-pie/log
done
done_testing
