# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# marked.sh - sourced behind tap.sh: the smallest link that has a mark
#
#	compile_small NAME...	NAME.c becomes NAME.o, and needs no libc
#	marked_object		marked.o: the mark, its use, and _start
#	marked_parts		the same in main.o and shift.o; other.o has neither

compile_small() {
	local name
	for name; do
		"$CC" -O2 -fno-pic -fno-stack-protector -fcf-protection=none \
			-I"$RTS_SRCDIR/include" -c "$name.c" -o "$name.o" ||
			exit 99
	done
}

marked_object() {
	cat >marked.c <<-'END'
	#include "rtstatic.h"
	unsigned shift = 3;
	RTS_VAR(shift);
	unsigned get(unsigned x) { return x >> shift; }
	void _start(void) { for (;;) get(7); }
	END
	compile_small marked
}

marked_parts() {
	cat >main.c <<-'END'
	#include "rtstatic.h"
	extern unsigned shift;
	RTS_VAR(shift);
	unsigned get(unsigned x) { return x >> shift; }
	void _start(void) { for (;;) get(7); }
	END
	echo 'unsigned shift = 3;' >shift.c
	echo 'unsigned other = 3; unsigned uses(void) { return other; }' \
		>other.c
	compile_small main shift other
}
