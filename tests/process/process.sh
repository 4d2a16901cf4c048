#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# process.sh - the road once more, in a process
#
# The compilers find ld-wrap as the `ld' of a -B directory, which is all that
# a build needs.  Each program is linked by plain ld, too: it must say the
# same, only unbound.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/selftest.sh"
need gcc clang readelf
src=$RTS_SRCDIR/tests/process
warn="-Wall -Wextra -Wshadow -Wcast-qual -Wpointer-arith -Wundef -Wvla
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2
	-Wnull-dereference -Werror"
mkdir bin
ln -s "$LD_WRAP" bin/ld

# compile CC DIR FLAGS: the demo and rtld, each as a program takes it in
compile() {
	local cc=$1 dir=$2 file
	shift 2
	mkdir -p "$dir"
	for file in demo work selftest; do
		# shellcheck disable=SC2086
		"$cc" -std=gnu11 -O2 -g $warn "$@" -I"$RTS_SRCDIR/include" \
			-I"$RTS_SRCDIR/rtld" -c -o "$dir/$file.o" \
			"$src/$file.c" || return 1
	done
	compile_rtld "$cc" "$dir" "$@"
}

compile_rtld() {
	local cc=$1 dir=$2 file
	shift 2
	for file in image stream field read bind dump strerror \
		platform/process; do
		"$cc" -std=gnu11 -D_GNU_SOURCE -Os "$@" -I"$RTS_SRCDIR/include" \
			-I"$RTS_SRCDIR/rtld" -c \
			-o "$dir/rtld-${file##*/}.o" \
			"$RTS_SRCDIR/rtld/$file.c" || return 1
	done
}

# variant CC NAME "compiler's flags" "linker's flags"
variant() {
	local what="$1 $2" dir=$1-$2
	check "$what: compiles without a warning" compile "$1" "$dir" $3
	check "$what: links" "$1" -B"$PWD/bin/" $4 -o "$dir/demo" "$dir"/*.o \
		-Wl,--rts-report="$dir/report"
	check "$what: plain ld links" "$1" $4 -o "$dir/plain" "$dir"/*.o
	check "$what: bound and unbound, never writable and executable" \
		"$dir/demo"
	cp "$out" "$dir/log"
	check_selftest "$what" "$dir"
	check "$what: the table is sound" "$RTS_DUMP" --check "$dir/demo"
	check "$what: linked by plain ld it works, unbound" "$dir/plain"
	cp "$out" "$dir/plain.log"
	check "$what: ... and says so" \
		grep -q 'rtld: unbound (no table): MAGIC' "$dir/plain.log"
	check_fails 1 "$what: ... and nothing was bound" \
		grep -q '(bound)' "$dir/plain.log"
	check_fails 1 "$what: no RWX segment, no text relocation" \
		bad_segments "$dir/demo"
}

bad_segments() {
	readelf -lW "$1" | grep -E 'RWE' || readelf -dW "$1" | grep TEXTREL
}

for cc in gcc clang; do
	variant $cc pie "-fPIE" "-pie"
	variant $cc static-pie "-fPIE" "-static-pie"
	variant $cc static "-fno-pie" "-static"
	variant $cc dynamic "-fno-pie" "-no-pie"
	variant $cc ibt "-fPIE -fcf-protection=full" "-pie"
	variant $cc i386 "-m32 -fno-pie" "-m32 -no-pie"
	variant $cc i386-static "-m32 -fno-pie" "-m32 -static"
	variant $cc i386-pie "-m32 -fPIE" "-m32 -pie"
	variant $cc i386-ibt "-m32 -fno-pie -fcf-protection=full" "-m32 -no-pie"
	variant $cc i386-pie-ibt "-m32 -fPIE -fcf-protection=full" "-m32 -pie"
done

# ---- marks by option, on a program that knows nothing -------------------

option_marks() {
	local cc=$1 dir=$1-little file words mark
	mkdir "$dir"
	for file in little other; do
		check "$cc, little: compiles $file.c" "$cc" -O2 -fPIE -c \
			-o "$dir/$file.o" "$src/$file.c"
	done
	"$cc" -pie -o "$dir/plain" "$dir/little.o" "$dir/other.o"
	check "$cc, little: marks by option" "$cc" -pie -B"$PWD/bin/" \
		-Wl,--rts-var=unit,--rts-ops=emit,--rts-func=twice \
		-Wl,--rts-var="$dir/little.o:step" \
		-o "$dir/little" "$dir/little.o" "$dir/other.o"
	for words in "" "100" "100 7"; do
		# shellcheck disable=SC2086
		check "$cc, little $words: says the same" same_output \
			"$dir/plain" "$dir/little" $words
	done
	check "$cc, little: the table is sound" "$RTS_DUMP" --check \
		"$dir/little"
	check "$cc, little: rts-dump" "$RTS_DUMP" --sites "$dir/little"
	cp "$out" "$dir/sites"
	for mark in unit step emit twice; do
		check "$cc, little: $mark has sites" grep -w "$mark" \
			"$dir/sites"
	done
}

same_output() {
	local a=$1 b=$2
	shift 2
	[ "$("$a" "$@")" = "$("$b" "$@" 2>/dev/null)" ]
}

# The same program again, with a stranger in its link that binds it.
bound_from_outside() {
	local cc=$1 dir=$1-little
	check "$cc, binder: compiles" compile_rtld "$cc" "$dir" -fPIE
	# shellcheck disable=SC2086
	check "$cc, binder: compiles without a warning" "$cc" -std=gnu11 -O2 \
		$warn -fPIE -I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" -c \
		-o "$dir/binder.o" "$src/binder.c"
	check "$cc, binder: links" "$cc" -pie -B"$PWD/bin/" \
		-Wl,--rts-var=unit,--rts-ops=emit,--rts-func=twice \
		-Wl,--rts-var="$dir/little.o:step" -o "$dir/bound" \
		"$dir/little.o" "$dir/other.o" "$dir/binder.o" "$dir"/rtld-*.o
	check "$cc, binder: runs" "$dir/bound" 100
	cp "$out" "$dir/bound.log"
	check "$cc, binder: has bound" \
		grep -E 'binder: bound, sites [1-9][0-9]* bound [1-9]' \
		"$dir/bound.log"
	check "$cc, binder: little says the same" same_output "$dir/plain" \
		"$dir/bound" 100
	sed 's/2 \* x/3 * x/' "$src/other.c" >"$dir/three.c"
	"$cc" -pie -fPIE -O2 -o "$dir/three" "$src/little.c" "$dir/three.c"
	export LITTLE=thrice
	check "$cc, binder: twice() is another function now" same_output \
		"$dir/three" "$dir/bound" 100
	unset LITTLE
}

for cc in gcc clang; do
	option_marks $cc
	bound_from_outside $cc
done
done_testing
