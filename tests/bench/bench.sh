#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh - figures as ratios against a peer, measured in one run
#
# Run by `make bench'.  Absolute times depend on the machine; a ratio much less,
# since both sides run in turn and the best of several counts.
set -eu -o pipefail
unset LD_WRAP_FLAGS LD_WRAP_LD
LC_ALL=C
export LC_ALL
here=${RTS_SRCDIR:?}/tests/bench
include=$RTS_SRCDIR/include
ld_wrap=${RTS_BUILDDIR:?}/ld-wrap/ld-wrap
librtld=$RTS_BUILDDIR/rtld/librtld.a
rounds=${BENCH_ROUNDS:-7}
dir=$(mktemp -d "${TMPDIR:-/tmp}/rts-bench.XXXXXX")
trap 'cd / && rm -rf "$dir"' EXIT
cd "$dir"

# best N command...: milliseconds of the fastest run
best() {
	local n=$1 least=99999999 start t
	shift
	while [ "$n" -gt 0 ]; do
		n=$((n - 1))
		start=$(date +%s%N)
		"$@" >/dev/null 2>&1 || { echo "bench: fails: $*" >&2; exit 1; }
		t=$((($(date +%s%N) - start) / 1000))
		[ "$t" -ge "$least" ] || least=$t
	done
	awk "BEGIN { printf \"%.1f\", $least / 1000 }"
}

ratio() {
	awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}

# links N: link time of a program with N sites, marked and not.
links() {
	local n=$1 plain ours
	local ld=(ld -o out --build-id=none start.o)
	cat >start.c <<-'END'
	struct ops { int (*f[8])(int); };
	static int one(int x) { return x; }
	struct ops ops = { { one, one, one, one, one, one, one, one } };
	unsigned shift[8]; unsigned long limit[8], sink;
	int use_0(int);
	void _start(void);
	void _start(void) { use_0(1); __asm__ volatile("hlt"); }
	END
	gcc -O2 -c start.c
	for kind in marked plain; do
		sh "$here/sites.sh" "$n" $kind >$kind.c
		gcc -O2 -g -ffreestanding -I "$include" -c $kind.c
	done
	cat >marked-func.c <<-'END'
	#include "rtstatic.h"
	RTS_DECLARE_FUNC(int, chosen, (int));
	static int one(int x) { return x; }
	RTS_DEFINE_FUNC(chosen, one);
	END
	gcc -O2 -I "$include" -c marked-func.c
	echo 'int chosen(int x); int chosen(int x) { return x; }' >plain-func.c
	gcc -O2 -c plain-func.c
	for kind in marked plain; do
		plain=$(best "$rounds" "${ld[@]}" $kind.o $kind-func.o)
		ours=$(best "$rounds" "$ld_wrap" "${ld[@]:1}" $kind.o \
			$kind-func.o)
		printf 'link, %d sites, %s: ld %s ms, ld-wrap %s ms, ratio %s\n' \
			"$n" "$kind" "$plain" "$ours" "$(ratio "$ours" "$plain")"
	done
}

# binds N: bind time, instructions and bytes a site.
binds() {
	local n=$1 sites bound bytes ours loop instructions
	mkdir -p bin
	ln -sf "$ld_wrap" bin/ld
	sh "$here/sites.sh" "$n" >uses.c
	gcc -O2 -I "$include" -B bin/ -o bind "$here/bind.c" uses.c "$librtld"
	eval "$(./bind 0 | sed 's/ /=/')"
	eval "$(./bind 200 | sed 's/_ns / /; s/rtld/ours/; s/ /=/')"
	valgrind --tool=callgrind --callgrind-out-file=cg --smc-check=all \
		--toggle-collect=rtld_bind ./bind 0 >/dev/null 2>cg.log
	instructions=$(awk '/^(summary|totals):/ { print $2; exit }' cg)
	printf 'bind, %d sites (%d bound): rtld %s ns a site, a bare loop %s' \
		"$sites" "$bound" "$ours" "$loop"
	printf ' ns, ratio %s\n' "$(ratio "$ours" "$loop")"
	printf 'bind, instructions a site (callgrind): %s\n' \
		"$(ratio "$instructions" "$sites")"
	printf 'table: %d bytes, %s a site; .parainstructions takes 16, ratio %s\n' \
		"$bytes" "$(ratio "$bytes" "$sites")" \
		"$(ratio "$bytes" $((sites * 16)))"
}

# What ld-wrap adds where it has nothing to do.
starts() {
	local plain ours
	plain=$(best $((rounds * 10)) ld -v)
	ours=$(best $((rounds * 10)) "$ld_wrap" -v)
	printf 'start, -v: ld %s ms, ld-wrap %s ms, ratio %s\n' \
		"$plain" "$ours" "$(ratio "$ours" "$plain")"
}

starts
links 400
links 4000
binds 10000
for part in rtld validate dump strerror; do
	size "$RTS_BUILDDIR/rtld/$part-freestanding.o" |
		awk -v part=$part 'NR == 2 {
			print "rtld: " part " is " $1 " bytes of text" }'
done
