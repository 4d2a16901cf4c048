#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# exec.sh - the CPU as oracle: exec.c with all the sites of sites.py, linked
# below 4 GiB with every addressing mode; as a PIE far above, where lea is all
# that reaches; and for i386
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang python3
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
	[ "$cc" = clang ] || set -- "$@" -Wa,-mindex-reg
	"$cc" "$@" -I"$RTS_SRCDIR/include" -I"$dir" -c -o "$dir/sites.o" \
		"$src/exec-sites.S"
}

# variant CC NAME "MACHINE MODE..." USES CONTENTS FLAGS, with all numbers of
# the last line known: each content runs each use six times
variant() {
	local cc=$1 list=$3 uses=$4 contents=$5 link=$6 dir=$1-$2 what="$1 $2"
	shift 6
	mkdir "$dir"
	# shellcheck disable=SC2086
	python3 "$src/sites.py" $list >"$dir/uses.inc"
	check "$what: compiles" compile "$cc" "$@"
	check "$what: links" "$cc" "$1" "$link" -B"$PWD/bin/" \
		-o "$dir/exec" "$dir"/*.o
	check "$what: each site does what it did, and only that" "$dir/exec"
	cp "$out" "$dir/log"
	tail -n 1 "$dir/log" | sed 's/^/# /'
	check "$what: $uses sites with $contents contents" grep -q \
		"^uses $uses runs $((uses * contents * 6)) bound [1-9]" \
		"$dir/log"
}

# 45 edges, 150 random contents, and 5 for each fourth load that lea can do.
for cc in gcc clang; do
	variant $cc below-4-GiB "x86-64 pc abs moffs" 1945 $((195 + 5 * 8)) \
		-no-pie -m64 -fno-pie
	variant $cc pie "x86-64 pc" 998 $((195 + 5 * 4)) -pie -m64 -fPIE
	variant $cc i386 "i386 abs sib moffs" 680 195 -no-pie -m32 -fno-pie
	check "$cc pie: lea was run" \
		grep -Eq ' lea [1-9][0-9]+ failures 0 lost 0$' $cc-pie/log
done
done_testing
