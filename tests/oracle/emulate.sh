#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# emulate.sh - the emulator of live-x86 against the CPU
#
# Two lists.  All that ld-wrap makes a form of (test_opcodes -b), which must be
# in the emulator's set: so begin() refuses none of its tables.  And all that
# is in the set, found by trying: jcc, setcc and cmov behind a comparison have
# no reference of their own and are not in the first.
# RTS_LONG=1: more of the second.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang
opcodes=$RTS_BUILDDIR/tests/oracle/test_opcodes
one_in=100
if [ "${RTS_LONG-}" ]; then one_in=10; fi

build() { # CC FLAG: emulate-CC-FLAG
	"$1" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror "$2" -no-pie \
		-fno-pie -I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" \
		-o "emulate-$1$2" "$RTS_SRCDIR/tests/oracle/emulate.c" \
		"$RTS_SRCDIR/rtld/platform/emulate-x86.c"
}

# at_least N: so many instructions of each kind, by the file `log'
at_least() {
	local least=$1 counts
	counts=$(sed -n 's/^# of each kind: //p' log)
	echo "$counts"
	shift
	set -- $counts
	[ $# = 10 ] || return 1
	for n; do [ "$n" -ge "$least" ] || return 1; done
}

make -s -C "$RTS_BUILDDIR" tests/oracle/test_opcodes >/dev/null 2>&1
for bits in 64 32; do
	check "$bits bits: what ld-wrap makes a form of" "$opcodes" -b $bits
	cp "$out" list-$bits
	check "$bits bits: some" test "$(wc -l <list-$bits)" -gt 1000
	for cc in gcc clang; do
		what="$cc, $bits bits"
		check "$what: builds" build $cc -m$bits || continue
		check "$what: each of these does what the CPU does" \
			sh -c "./emulate-$cc-m$bits list 2 \
			       <list-$bits"
		sed 's/^/# /' "$out"
		check "$what: and each that the emulator takes" \
			./emulate-$cc-m$bits all $one_in 3
		sed 's/^/# /' "$out"
		cp "$out" log
		check "$what: some of each kind" at_least 4
	done
	one_in=4	# of 32 bits there are not so many
done

# The test sees what is wrong.
broken() { # NAME SED: 1 if the emulator that sed makes fails
	mkdir -p "$1/platform"
	cp "$RTS_SRCDIR"/rtld/*.h "$1"
	cp "$RTS_SRCDIR"/rtld/platform/*.h "$1/platform"
	sed "$2" "$RTS_SRCDIR/rtld/platform/emulate-x86.c" >"$1/platform/e.c"
	! cmp -s "$RTS_SRCDIR/rtld/platform/emulate-x86.c" "$1/platform/e.c" &&
		gcc -std=gnu11 -D_GNU_SOURCE -O2 -w -no-pie -fno-pie \
			-I"$RTS_SRCDIR/include" -I"$1" -o "$1/emulate" \
			"$RTS_SRCDIR/tests/oracle/emulate.c" \
			"$1/platform/e.c" || return 0
	"$1/emulate" all 100 2
}
check_fails 1 "broken: carry is lost" broken carry 's/; sahf; /; /'
check_fails 1 "broken: 16 bits clear the rest" broken clear \
	's/mask = 0xffff;/mask = ~0ul;/'
check_fails 1 "broken: ah taken for spl" broken high \
	's/i->size == 1 \&\& !i->rex/i->size == 1 \&\& i->rex/'
check_fails 1 "broken: sign" broken sign 's/i->is_signed = (uint8_t)is_signed/i->is_signed = 0/'
check_fails 1 "broken: a condition" broken less 's/!(f \& SF) != !(f \& OF)/!(f \& SF) == !(f \& OF)/'
check_fails 1 "broken: return address" broken return \
	's/push(regs, end);/push(regs, regs->ip);/'
check_fails 1 "broken: a cmov that is not taken" broken cmov \
	's/set(i, regs, regs->r\[is ? i->rm : i->reg\])/if (is) set(i, regs, regs->r[i->rm])/'
done_testing
