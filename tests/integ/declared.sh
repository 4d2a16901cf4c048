#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# declared.sh - rts_if() and the others, compiled in all ways and run
#
# Unbound, bound, rebound, unbound again, and linked by plain ld. What
# a bind writes is held against what the manual says, by objdump.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang g++ clang++ objdump
src=$RTS_SRCDIR/tests/declared
inc="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld"
warn="-Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wpointer-arith
	-Wpedantic -Werror"
mkdir bin
ln -s "$LD_WRAP" bin/ld

# host CC DIR FLAGS: the rest of the program, compiled once a mode
host() {
	local cc=$1 dir=$2 file
	shift 2
	mkdir -p "$dir"
	for file in rtld/image rtld/stream rtld/field rtld/read rtld/bind \
		rtld/strerror \
		rtld/platform/process tests/declared/declared; do
		# shellcheck disable=SC2086
		"$cc" -std=gnu11 -D_GNU_SOURCE -O1 "$@" $inc -I"$src" -c \
			-o "$dir/${file##*/}.o" "$RTS_SRCDIR/$file.c" ||
			return 1
	done
}

compile() {	# CC FLAGS...: uses.c
	local cc=$1
	shift
	# shellcheck disable=SC2086
	"$cc" -std=c11 $warn "$@" $inc -c -o uses.o "$src/uses.c"
}

bound() {	# TAG: in the last report
	awk -v tag="$1" '$1 == "bound" && $2 == tag { n += $3 }
			 END { print n + 0 }' report
}

# variant CC STALE IFS SHIFTS "FLAGS" LINK: how many must be bound, at least
variant() {
	local cc=$1 what="$1 $5 $6" stale=$2 ifs=$3 shifts=$4
	# shellcheck disable=SC2086
	check "$what: compiles without a warning" compile "$cc" $5
	check "$what: links" "$cc" "$6" -B"$PWD/bin/" -o bound uses.o \
		"$mode"/*.o -Wl,--rts-report=report
	check "$what: unbound, bound, rebound, unbound" ./bound "$stale"
	tail -n 1 "$out" | sed 's/^/# /'
	check "$what: the table is sound" "$RTS_DUMP" --check bound
	if [ "$(bound if)" -ge "$ifs" ] && [ "$(bound shift)" -ge "$shifts" ]
	then
		ok "$what: $ifs rts_if(), $shifts rts_shift_right() bound"
	else
		not_ok "$what: bound: $(bound if) $(bound shift)"
	fi
	check "$what: plain ld links" "$cc" "$6" -o plain uses.o "$mode"/*.o
	check "$what: and it works, unbound" ./plain
}

direct=-fdirect-access-external-data
for mode in no-pie pie; do
	flags=-fPIE
	[ $mode = pie ] || flags=-fno-pie
	check "the host compiles, $mode" host gcc $mode $flags
	for cc in gcc clang; do
		# In a PIE clang thinks the GOT is needed, unless told.
		[ $cc = gcc ] || [ $mode = no-pie ] ||
			flags="$flags $direct"
		# Unoptimised, clang's rts_if() has an address in a register.
		variant $cc 1 $([ $cc = gcc ] && echo 17 || echo 0) 16 \
			"-O0 $flags" -$mode
		for opt in -O1 -O2 -O3 -Os; do
			variant $cc 100 17 16 "$opt $flags" -$mode
		done
	done
done
# Through the GOT where the compiler thinks it must: correct, not bound.
variant gcc 0 0 0 "-O2 -fPIC" -pie
variant clang 0 0 0 "-O2 -fPIC" -pie
variant clang 0 0 0 "-O2 -fPIE" -pie
# Each function in a section of its own, a cold part, IBT, and copies.
variant gcc 100 17 16 "-O2 -fPIE -ffunction-sections" -pie
variant gcc 100 17 16 "-O2 -fPIE -fcf-protection=full" -pie
variant gcc 100 17 16 "-O3 -fPIE -funroll-all-loops" -pie
variant clang 100 17 16 "-O2 -fPIE $direct -ffunction-sections" -pie
variant clang 100 17 16 "-O2 -fPIE $direct -fcf-protection=full" -pie
done_testing
