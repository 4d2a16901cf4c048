#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# live.sh - sites are changed while threads run through them
#
# main.c says what is right.  Three ways to change: live-x86 with batches of
# several sizes; the process host, which stops nobody either: it replaces whole
# pages.  Then a reader that is held at a breakpoint (steps.c), the entry for a
# kernel, the thread sanitizer, and versions of live-x86.c that are wrong.
# RTS_LONG=1: 100,000 switches.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang
mkdir bin
ln -s "$LD_WRAP" bin/ld
src=$RTS_SRCDIR
many=1000
few=200
if [ "${RTS_LONG-}" ]; then many=100000 few=10000; fi

compile() { # CC DIR FLAGS
	local cc=$1 dir=$2 file
	shift 2
	mkdir -p "$dir"
	for file in rtld/image rtld/stream rtld/field rtld/read rtld/bind \
		rtld/strerror rtld/platform/process rtld/platform/live-x86 \
		rtld/platform/emulate-x86 tests/live/main tests/live/sets \
		tests/live/text tests/live/steps; do
		"$cc" -std=gnu11 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE \
			"$@" -I"$src/include" -I"$src/rtld" -c \
			-o "$dir/${file##*/}.o" "$src/$file.c" || return 1
	done
	"$cc" "$@" -I"$src/include" -I"$src/rtld" -c -o "$dir/sites.o" \
		"$src/tests/live/sites.S"
}

# build CC DIR LINK FLAGS
build() {
	local cc=$1 dir=$2 link=$3
	shift 3
	compile "$cc" "$dir" "$@" &&
		"$cc" "$link" -pthread "$@" -B"$PWD/bin/" -o "$dir/main" \
			"$dir"/*.o -Wl,--rts-report="$dir/report"
}

figures() {
	sed 's/^/# /' "$out"
}

# Every kind of site that a linked image can have, but windows.
all_kinds() {
	local tag
	for tag in call jmp jcc call-slot jmp-slot push-slot load8 load16 \
		load32 load32s load64 loadzx loadsx alu cmp test imul branch \
		setcc cmov call-thunk jmp-thunk const mask shift if; do
		grep -q "^ bound $tag [1-9]" "$1" || { echo "$tag"; return 1; }
	done
}

for cc in gcc clang; do
	check "$cc: builds" build $cc $cc -pie -fPIE || continue
	check "$cc: sites of all kinds" all_kinds $cc/report
	check "$cc: live, batches of 256, 8 readers" \
		$cc/main live $many 8 256
	cp "$out" $cc/batches
	figures
	check "$cc: live, batches of 7" $cc/main live $few 4 7
	figures
	check "$cc: ... and breakpoints were met" grep -q \
		'emulated [1-9][0-9]* retried' $cc/batches
	check "$cc: the process host, 8 readers" $cc/main process $many 8
	figures
	check "$cc: held at a breakpoint in each step" $cc/main steps 0 0 1024
	figures
done
check "not position-independent: builds" build gcc static -no-pie -fno-pie
check "not position-independent: live, all in one batch" \
	static/main live $few 3 1024
figures

# ---- the entry for a kernel ---------------------------------------------

# A process is in user mode, for which the entry has no answer.
sed 's/testb	\$3, /testb	$0, /' "$src/rtld/platform/live-entry-x86.h" \
	>live-entry-x86.h
for bits in 64 32; do
	check "entry, $bits bits: builds" gcc -m$bits -std=gnu11 -O2 -Wall \
		-Wextra -Werror -no-pie -fno-pie -I. -I"$src/include" \
		-I"$src/rtld" -o entry-$bits "$src/tests/live/entry.c" \
		"$src/tests/live/entry-code.S"
	check "entry, $bits bits: registers, stack, return" ./entry-$bits
	figures
done

# ---- the thread sanitizer -----------------------------------------------

check "thread sanitizer: builds" build gcc tsan -pie -fPIE -fsanitize=thread
check "thread sanitizer: live" tsan/main live $((few / 5)) 3 100
figures
check "thread sanitizer: held at a breakpoint" tsan/main steps 0 0 1024
figures

# ---- what is wrong is seen ----------------------------------------------

# broken NAME SED MODE...: fails if that program does
broken() {
	local name=$1 edit=$2
	shift 2
	mkdir -p "$name"
	cp gcc/*.o "$name"
	sed "$edit" "$src/rtld/platform/live-x86.c" >"$name/live-x86.c"
	if cmp -s "$name/live-x86.c" "$src/rtld/platform/live-x86.c"; then
		return 0
	fi
	gcc -std=gnu11 -O2 -w -fPIE -I"$src/include" -I"$src/rtld" \
		-I"$src/rtld/platform" -c -o "$name/live-x86.o" \
		"$name/live-x86.c" || return 0
	gcc -pie -pthread -B"$PWD/bin/" -o "$name/main" "$name"/*.o || return 0
	timeout 60 "$name/main" "$@"
}
if [ -x gcc/main ]; then
	cp "$src/rtld/internal.h" .
	check_fails any "broken: no breakpoint" broken none \
		's/if (number == 1)/if (number == 9)/' live 2000 4 256
	check_fails any "broken: first bytes too early" broken early \
		's/number == 2 \&\&/number == 3 \&\&/; s/else if (number == 3)/else if (number == 2)/' \
		live 2000 4 256
	check_fails any "broken: a round is left out" broken round \
		's/number <= 3; number++/number <= 3; number += 2/' steps 0 0 1024
	check_fails any "broken: a stale breakpoint is another's" broken stale \
		's/if (is_int3)/if (1)/' steps 0 0 1024
	check_fails any "broken: another's breakpoint is stale" broken other \
		's/if (is_int3)/if (0)/' steps 0 0 1024
	check_fails any "broken: the batch is not sorted" broken sorted \
		's/p\[at - gap\].address > one.address/0/' steps 0 0 1024
	check_fails any "broken: the last batch is not written" broken last \
		's/^	flush(l);/	;/' live 10 2 256
	check_fails any "broken: two initiators" broken two \
		's/__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE)/0/' \
		steps 0 0 1024
fi
done_testing
