#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tsan.sh - concurrent calls, and the rendezvous host, under ThreadSanitizer
#
# Threads that call with one struct rtld must find it theirs alone, or be
# refused (test_together.c).  The threads of test_rendezvous.c read text and memory by plain loads; that no
# write of the initiator races with one of them is what the protocol promises,
# and ThreadSanitizer knows of nothing but the protocol's atomics.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc setarch timeout

# build PROGRAM TEST OPTIONS SOURCE...
build() {
	local to=$1 test=$2 options=$3
	shift 3
	# shellcheck disable=SC2086
	gcc -std=gnu11 -g -O1 -fsanitize=thread -pthread -D_GNU_SOURCE \
		-I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" -o "$to" $options \
		"$RTS_SRCDIR/tests/unit/$test.c" \
		"$RTS_SRCDIR/tests/lib/rts_world.c" \
		"$RTS_SRCDIR/tests/lib/rts_build.c" \
		"$RTS_SRCDIR/tests/lib/rts_damage.c" \
		"$RTS_SRCDIR/rtld/validate.c" "$@" -lcmocka
}

# Its shadow memory wants addresses where this kernel may put a stack.
run() {
	timeout 100 setarch -R "./$1"
}

core=$RTS_SRCDIR/rtld/rtld.c
dump=$RTS_SRCDIR/rtld/rtld_dump.c
check "one struct rtld: compiled" build together test_together "" "$core" \
	"$dump"
check "one struct rtld: no race" run together
# Without the exchange they would not be alone.
for file in bind stream field read image; do
	cp "$RTS_SRCDIR/rtld/$file.c" .
done
sed -i 's/__atomic_exchange_n(&rt->busy, 1, __ATOMIC_ACQUIRE)/rt->busy++/' \
	bind.c
sed "s,\"\([a-z]*\)\.c\",\"./\1.c\"," "$core" >unlocked.c
check "one struct rtld: compiled, without exchange" build unlocked \
	test_together "" unlocked.c "$dump"
check_fails any "... which is found" run unlocked

host=$RTS_SRCDIR/rtld/platform/rendezvous.c
check "compiled with -fsanitize=thread" build whole test_rendezvous "" \
	"$core" "$host"
check "no race" run whole

# The test can fail: a host that lets them go before the last write.
sed 's/return phase == GATHER || phase == STOP;/return phase == GATHER;/' \
	"$host" >broken.c
check "compiled, with CPUs that do not stay for STOP" build broken \
	test_rendezvous "-I$RTS_SRCDIR/rtld/platform" "$core" broken.c
check_fails any "... which is found" run broken
done_testing
