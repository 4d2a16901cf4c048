#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# shared.sh - shared objects that bind themselves when they are loaded
#
# Two of them, by each linker, in a program that is bound as well; the same
# linked without ld-wrap must do the same, unbound.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang readelf ld.bfd ld.gold ld.lld ld.mold
src=$RTS_SRCDIR/tests/process
warn="-Wall -Wextra -Wshadow -Wcast-qual -Wpointer-arith -Wundef -Wvla
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2
	-Wnull-dereference -Werror"
mkdir bin
ln -s "$LD_WRAP" bin/ld

# compile CC OUT SOURCE FLAGS...
compile() {
	local cc=$1 out=$2 from=$3
	shift 3
	# shellcheck disable=SC2086
	$cc -std=gnu11 -O2 $warn -I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" \
		"$@" -c -o "$out" "$from"
}

# Each object has rtld to itself.
compile_all() {	# CC DIR FLAGS
	local cc=$1 dir=$2 file
	shift 2
	compile "$cc" "$dir/a.o" "$src/plug.c" "$@" -fPIC \
		-fvisibility=hidden -DNAME='"a"' -DBASE=40 &&
	compile "$cc" "$dir/b.o" "$src/plug.c" "$@" -fPIC \
		-fvisibility=hidden -DNAME='"b"' -DBASE=60 &&
	compile "$cc" "$dir/main.o" "$src/plugged.c" "$@" -fPIE &&
	compile "$cc" "$dir/copies.o" "$src/plugged.c" "$@" -fno-pie \
		-DCOPIES || return 1
	for file in image stream field read bind platform/process; do
		$cc -std=gnu11 -D_GNU_SOURCE -Os "$@" -fPIC \
			-fvisibility=hidden -I"$RTS_SRCDIR/include" \
			-I"$RTS_SRCDIR/rtld" -c -o "$dir/rtld-${file##*/}.o" \
			"$RTS_SRCDIR/rtld/$file.c" || return 1
	done
}

# link_all LD "FLAGS" DIR: bound by -B if LD is ld-wrap's, else as it is.
link_all() {
	local how=$1 m=$2 dir=$3
	for one in a b; do
		# shellcheck disable=SC2086
		check "$what: links $one" $cc $m $how -shared -o "$dir/$one.so" \
			$objects/$one.o $objects/rtld-*.o -Wl,-z,defs
	done
	# shellcheck disable=SC2086
	check "$what: links the program" $cc $m $how -pie -rdynamic \
		-o "$dir/main" $objects/main.o $objects/rtld-*.o -ldl -pthread
}

runs() {	# DIR STATE
	check "$what: loads, binds, unloads" "$1/main" "$1/a.so" "$1/b.so"
	cp "$out" log
	check "$what: ... $2" grep -q "^PLUGGED $2 PASS" log
}

variant() {	# CC NAME "FLAGS" LINKER...
	local cc=$1 m=$3 objects=$1-$2 real what=$1-$2 dir
	mkdir "$objects"
	# shellcheck disable=SC2086
	check "$what: compiles without a warning" compile_all "$cc" \
		"$objects" $m
	mkdir "$objects/plain"
	link_all "" "$m" "$objects/plain"
	runs "$objects/plain" unbound
	shift 3
	for real; do
		what="$objects $real" dir=$objects/$real
		mkdir "$dir"
		link_all "-B$PWD/bin/ -Wl,--rts-ld=$(command -v "$real")" \
			"$m" "$dir"
		runs "$dir" bound
		for one in a b; do
			check "$what: $one's table is sound" "$RTS_DUMP" \
				--check "$dir/$one.so"
			check_fails 1 "$what: $one: no text relocation" \
				bad_segments "$dir/$one.so"
			check_fails 1 "$what: $one: exports nothing of ours" \
				exports_ours "$dir/$one.so"
		done
	done
}

bad_segments() {
	readelf -lW "$1" | grep -E 'RWE' || readelf -dW "$1" | grep TEXTREL
}
exports_ours() {
	readelf --dyn-syms -W "$1" | grep -E ' (rts_|rtld_)'
}

variant gcc x86_64 "" ld.bfd ld.gold ld.lld ld.mold
variant clang x86_64 "" ld.bfd ld.lld
variant gcc ibt "-fcf-protection=full" ld.bfd
variant gcc i386 "-m32" ld.bfd

# A program at a fixed place has a copy of the variable.
for cc in gcc clang; do
	objects=$cc-x86_64
	what="$cc, a copied variable"
	for real in plain ld.bfd; do
		how=-B$PWD/bin/
		if [ $real = plain ]; then how=; fi
		# shellcheck disable=SC2086
		check "$what, $real: links" $cc $how -no-pie -o copies \
			$objects/copies.o $objects/rtld-*.o \
			$objects/$real/a.so -Wl,-rpath,"$PWD/$objects/$real"
		check "$what, $real: there is one" sh -c \
			'readelf -rW copies | grep "R_X86_64_COPY.*copied"'
		check "$what, $real: each reads its own" ./copies
	done
done
done_testing
