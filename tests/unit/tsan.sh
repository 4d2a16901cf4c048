#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# tsan.sh - the rendezvous host under ThreadSanitizer
#
# The threads of test_rendezvous.c read text and memory by plain loads; that no
# write of the initiator races with one of them is what the protocol promises,
# and ThreadSanitizer knows of nothing but the protocol's atomics.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc setarch timeout

build() {
	# shellcheck disable=SC2086
	gcc -std=gnu11 -g -O1 -fsanitize=thread -pthread -D_GNU_SOURCE \
		-I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" -o "$1" $2 \
		"$RTS_SRCDIR/tests/unit/test_rendezvous.c" \
		"$RTS_SRCDIR/tests/lib/rts_world.c" \
		"$RTS_SRCDIR/tests/lib/rts_build.c" \
		"$RTS_SRCDIR/tests/lib/rts_damage.c" \
		"$RTS_SRCDIR/rtld/rtld.c" "$RTS_SRCDIR/rtld/validate.c" \
		"$3" -lcmocka
}

# Its shadow memory wants addresses where this kernel may put a stack.
run() {
	timeout 100 setarch -R "./$1"
}

host=$RTS_SRCDIR/rtld/platform/rendezvous.c
check "compiled with -fsanitize=thread" build whole "" "$host"
check "no race" run whole

# The test can fail: a host that lets them go before the last write.
sed 's/return phase == GATHER || phase == STOP;/return phase == GATHER;/' \
	"$host" >broken.c
check "compiled, with CPUs that do not stay for STOP" build broken \
	"-I$RTS_SRCDIR/rtld/platform" broken.c
check_fails any "... which is found" run broken
done_testing
