#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What depends on a comparison with a slot is folded: branches, setcc, cmov.
# Not where something else may get there; and with every content the program
# does the same, unbound, bound, and bound anew.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ clang clang++ python3 readelf
src=$RTS_SRCDIR/tests/integ
mkdir bin rtld
ln -s "$LD_WRAP" bin/ld
for f in image stream field read bind strerror platform/process; do
	gcc -std=gnu11 -O2 -fPIE -D_GNU_SOURCE -I"$RTS_SRCDIR/include" \
		-I"$RTS_SRCDIR/rtld" -c -o "rtld/${f##*/}.o" \
		"$RTS_SRCDIR/rtld/$f.c" || not_ok "compile $f"
done

# Branches, setcc and cmov among the sites, by their types: 192 + 17, 18, 19.
folded() {
	readelf -rW "$1" | awk '
		/^Relocation section/ { on = /\.rts\.rela/ }
		on && $2 ~ /^[0-9a-f]*d[123]$/ { n++ }
		END { print n + 0 }'
}

# ---- every condition, by execution -------------------------------------------

gcc -std=gnu11 -O2 -fPIE -Wall -Wextra -Werror -I"$RTS_SRCDIR/include" \
	-I"$RTS_SRCDIR/rtld" -c "$src/branches-run.c" || not_ok "compile"
# In load groups, some more than the generator promises.
execute() {	# GROUP LINK
	local group=$1 cases sites have
	python3 "$src/branches-gen.py" "$group" >"$group.S" 2>count
	read -r cases sites <count
	check "$group: assembles" gcc -c "$group.S"
	check "$group: links" gcc "$2" -B"$PWD/bin/" -o run \
		"$group.o" branches-run.o rtld/*.o -Wl,--rts-report=report
	check "$group: the table is sound" "$RTS_DUMP" --check run
	check "$group: bound, bound anew and unbound do the same" ./run
	cp "$out" log
	check "$group: all cases ran" grep -q "^cases $cases .* failures 0$" \
		log
	have=$(folded run)
	case $group in
	load*)
		check "$group: $sites sites at least" [ "$have" -ge "$sites" ]
		;;
	*)
		check "$group: $sites sites" [ "$have" = "$sites" ]
		check "$group: all bound with any content" \
			grep -q "sites $sites kept 0 " log
		;;
	esac
}
for group in cmp test bit load-a load-13 load-si; do
	execute $group -pie
done
execute cmp -no-pie

# ---- what compilers make --------------------------------------------------------

# Switches, labels as values, exceptions; each is linked twice, and bound
# for each content, says what it said unbound.
real() {	# CXX FLAGS LINK MINIMUM
	local cxx=$1 flags=$2 link=$3 minimum=$4 what="$1 $2"
	# shellcheck disable=SC2086
	check "$what: compiles" "$cxx" -Wall -Wextra -Wno-pointer-arith \
		-D_GNU_SOURCE $flags -I"$RTS_SRCDIR/include" \
		-I"$RTS_SRCDIR/rtld" -c -o real.o "$src/branches-real.cc"
	check "$what: links" "$cxx" "$link" -B"$PWD/bin/" -o real real.o \
		rtld/*.o -Wl,--rts-report=report
	check "$what: the table is sound" "$RTS_DUMP" --check real
	check "$what: does the same, bound" ./real
	check "$what: $(folded real) folded, at least $minimum" \
		[ "$(folded real)" -ge "$minimum" ]
}
for level in -O0 -O1 -O2 -O3 -Os; do
	for cxx in g++ clang++; do
		real $cxx "$level -fPIE" -pie 15
	done
done
for cxx in g++ clang++; do
	real $cxx "-O2 -fno-pie" -no-pie 15
	real $cxx "-O2 -fPIE -fcf-protection=full -ffunction-sections" -pie 15
done

done_testing
