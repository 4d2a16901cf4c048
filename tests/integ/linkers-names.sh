#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linkers-names.sh - names, orders and places that the command line changes
#
# What a name means where it is used (--wrap, --defsym), which marks are dead,
# in which order sections come, what a shared object gives: for each linker.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/linkers.sh"
need gcc readelf

compile() {	# FILE...
	local f
	for f; do
		gcc -O2 -fno-pie -ffunction-sections -fdata-sections \
			-fno-asynchronous-unwind-tables \
			-I"$RTS_SRCDIR/include" -c "$f.c" ||
			not_ok "compile $f.c"
	done
}

lw() {	# WHAT WORDS...: to ./linked and ./report
	local what=$1
	shift
	rm -f linked report
	check "$what: links" "$LD_WRAP" --rts-ld="$(command -v "$linker")" \
		--rts-report=report -o linked "$@" &&
		check "$what: nothing is said" test ! -s "$out" &&
		check "$what: the table is sound" "$RTS_DUMP" --check linked &&
		check "$what: no use is unexplained" \
			grep -qx 'unexplained 0' report
}

are() {	# WHAT "SITE"...: sites by symbols
	local what=$1
	shift
	sites_of linked >have
	printf '%s\n' "$@" >want
	check "$what: the sites" diff -u want have
}

totals() {	# WHAT CLASSES
	check "$1: the classes" grep -qx "total references $2" report
}

# ---- --wrap -----------------------------------------------------------------

cat >a.c <<'END'
unsigned shift = 1;
int f(int x);
__attribute__((noipa)) int f(int x) { return x + 1; }
unsigned own(unsigned x) { return x * 5 + shift; }
int own_f(int x) { return f(x) * 7 + 2; }
END
cat >b.c <<'END'
extern unsigned shift, __real_shift;
int f(int), __real_f(int);
unsigned use(void) { return shift; }
unsigned real(void) { return __real_shift; }
int use_f(int x) { return f(x) + 1; }
int real_f(int x) { return __real_f(x) + 1; }
END
cat >c.c <<'END'
unsigned __wrap_shift = 2;
int __real_f(int), __wrap_f(int);
int __wrap_f(int x) { return __real_f(x) * 2; }
void _start(void) { for (;;); }
END
compile a b c
for linker in $linkers; do
	what="$linker, --wrap"
	lw "$what" --wrap=shift --wrap f --rts-var=shift --rts-func=f a.o b.o \
		c.o
	# lld wraps what the defining object says itself, the others do not.
	case $linker in
	*lld*)
		are "$what" "own+0x3 13 __wrap_shift+0x0" \
			"own_f+0x4 0 rts_slot_f+0x0" \
			"use+0x0 6 __wrap_shift+0x0" \
			"use_f+0x4 0 rts_slot_f+0x0" ;;
	*)
		are "$what" "use+0x0 6 __wrap_shift+0x0" \
			"use_f+0x4 0 rts_slot_f+0x0" ;;
	esac
	what="$linker, --wrap, the real one"
	lw "$what" --wrap=shift --rts-var=__real_shift a.o b.o c.o \
		--defsym=__real_f=f
	case $linker in
	*lld*) are "$what" "real+0x0 6 shift+0x0" ;;
	*) are "$what" "own+0x3 13 shift+0x0" "real+0x0 6 shift+0x0" ;;
	esac
done

# ---- --defsym ---------------------------------------------------------------

cat >d.c <<'END'
extern unsigned alias;
int g(int);
unsigned use(void) { return alias; }
int use_g(int x) { return g(x) + 1; }
void _start(void) { for (;;); }
END
cat >part.c <<'END'
extern unsigned short part;
unsigned use_part(void) { return part; }
END
compile d part
for linker in $linkers; do
	what="$linker, --defsym"
	lw "$what" --defsym=alias=shift --defsym g=f --rts-var=shift \
		--rts-func=f a.o d.o
	are "$what" "own+0x3 13 shift+0x0" "use+0x0 6 shift+0x0" \
		"use_g+0x4 0 rts_slot_f+0x0"
	totals "$what" "4 bound 3 kept 1 address 0 data 0 dropped 0"
	[ "$linker" != mold ] || continue	# knows no expressions
	what="$linker, --defsym with an offset"
	lw "$what" --defsym=part=shift+2 --defsym=g=f --defsym=alias=shift \
		--rts-var=shift a.o part.o d.o
	are "$what" "own+0x3 13 shift+0x0" "use+0x0 6 shift+0x0" \
		"use_part+0x0 11 shift+0x2"
done

# ---- marks that are dead ----------------------------------------------------

# gold and mold leave a zero address where --gc-sections took the object away;
# GNU ld and lld keep a marked object, since its record refers to it.
cat >dead.c <<'END'
#include "rtstatic.h"
unsigned dead = 3, alive = 4;
RTS_VAR(dead);
RTS_VAR(alive);
unsigned unused(unsigned x) { return x >> dead; }
unsigned used(unsigned x) { return x >> alive; }
volatile unsigned sink;
void _start(void) { for (;;) sink = used(sink); }
END
compile dead
for linker in $linkers; do
	what="$linker, dead"
	lw "$what" --gc-sections dead.o
	are "$what" "_start+0x0 6 alive+0x0"
	case $linker in
	ld.gold | mold) address=absent ;;
	*) address=0x ;;
	esac
	check "$what: the mark" grep -q "^mark dead var $address" report
done

# ---- what is folded shares what is known of it -----------------------------------

# Equal code, of which one object enters the middle, between the comparison and
# its branch; and equal callers, of which one is compiled with the function that
# they call.  Folded, both places must be as careful as the one that has to.
for f in 1 2; do
	{
		echo "	.section .text.e$f, \"ax\", @progbits
	.globl	e$f
	.type	e$f, @function
e$f:	cmpl	\$0, shift(%rip)"
		[ $f = 1 ] || echo "	.globl	mid
mid:"
		echo "	je	1f
	movl	\$1, %eax
	ret
1:	xorl	%eax, %eax
	ret
	.size	e$f, . - e$f
	.section .note.GNU-stack, \"\", @progbits"
	} >e$f.s
	as -o e$f.o e$f.s
done
cat >call1.c <<'END'
int twice(int);
int call1(int x) { return twice(x) * 3; }
END
cat >call2.c <<'END'
int twice(int);
__attribute__((noipa)) int twice(int x) { return 2 * x; }
int call2(int x) { return twice(x) * 3; }
END
cat >emain.c <<'END'
unsigned shift = 1;
int e1(void), e2(void), mid(void), call1(int), call2(int);
volatile int sink;
void _start(void)
{
	for (;;)
		sink = e1() + e2() + mid() + call1(1) + call2(2);
}
END
compile call1 call2 emain
for linker in $linkers; do
	for words in "" "--icf=all"; do
		what="$linker, alike $words"
		[ "$linker $words" != "ld.bfd --icf=all" ] || continue
		# shellcheck disable=SC2086
		lw "$what" $words --rts-var=shift --rts-func=twice emain.o \
			e1.o e2.o call1.o call2.o
		if [ "$words" ]; then
			check_fails 1 "$what: none is bound" grep '^ bound' \
				report
			totals "$what" \
				"4 bound 0 kept 2 address 0 data 0 dropped 2"
		else
			are "$what" "call1+0x4 0 rts_slot_twice+0x0" \
				"e1+0x7 17 shift+0x0"
		fi
		check "$what: entered" grep -q '^ kept entered 1' report
		check "$what: same-object" grep -q '^ kept same-object 1' report
	done
done

# Two entries that can be replaced cannot be one; inline bodies can.
cat >entry.c <<'END'
#include "rtstatic.h"
int p1(int x), p2(int x);
RTS_PATCHABLE(p1);
RTS_PATCHABLE(p2);
int p1(int x) { return x * 3; }
int p2(int x) { return x * 3; }
volatile int sink;
void _start(void) { for (;;) sink = p1(1) + p2(2); }
END
cat >body.c <<'END'
#include "rtstatic.h"
int i1(int x), i2(int x);
RTS_DECLARE_FUNC(int, pick1, (int x));
RTS_DECLARE_FUNC(int, pick2, (int x));
RTS_INLINE(i1, RTS_CLOBBER_RAX, "mov %edi, %eax");
RTS_INLINE(i2, RTS_CLOBBER_RAX, "mov %edi, %eax");
int i1(int x) { return x; }
int i2(int x) { return x; }
RTS_DEFINE_FUNC(pick1, i1);
RTS_DEFINE_FUNC(pick2, i2);
volatile int sink;
void _start(void) { for (;;) sink = pick1(3) + pick2(4); }
END
compile entry body
for linker in $linkers; do
	lw "$linker, two entries" entry.o
	lw "$linker, two bodies" body.o
	[ "$linker" != ld.bfd ] || continue
	lw "$linker, two bodies, --icf=all" --icf=all body.o
	check_fails 1 "$linker, two entries, --icf=all" "$LD_WRAP" \
		--rts-ld="$(command -v "$linker")" --icf=all -o none entry.o
	cp "$out" said
	check "$linker, two entries, --icf=all: says so" grep -q \
		'folded it into .*\[patchable\]' said
done

# ---- orders -----------------------------------------------------------------

# Statics of one name, whose order is not that of the inputs any more.
for f in 1 2 3; do
	cat >s$f.c <<END
#include "rtstatic.h"
static unsigned limit = $f;
RTS_VAR(limit);
void set$f(unsigned x) { limit = x; }
unsigned get$f(unsigned x) { return (x * $f) >> limit; }
END
done
cat >smain.c <<'END'
unsigned get1(unsigned), get2(unsigned), get3(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = get1(1) + get2(2) + get3(3); }
END
compile s1 s2 s3 smain
printf '%s\n' get3 get1 get2 >symbols
printf '%s\n' '*.text.get3' '*.text.get1' '*.text.get2' >sections
# The load of the limit in each getN, and what it leads to.
loads() {
	objdump -d --no-show-raw-insn linked | awk '
		/^[0-9a-f]+ </ { f = $2 }
		f ~ /get/ && match($0, /# [0-9a-f]+ <limit>/) {
			slot = substr($0, RSTART + 2)
			sub(/ .*/, "", slot)
			sub(/:/, "", $1)
			print $1, slot }' | sort
}
for linker in $linkers; do
	for words in "" "--sort-section=name" \
		"--symbol-ordering-file=symbols" \
		"--section-ordering-file=sections"; do
		case "$linker $words" in
		*lld*--section-* | ld.bfd*-file* | mold*-file* | *gold*--symb*)
			continue ;;
		esac
		what="$linker, statics $words"
		# shellcheck disable=SC2086
		lw "$what" $words smain.o s1.o s3.o s2.o
		loads >want
		readelf -rW linked | awk '/rts\.rela/ { on = 1; next }
			on && /^[0-9a-f]/ { print $1, $NF }' |
			sed 's/^0*//; s/ 0*/ /' | sort >have
		check "$what: three loads" test "$(wc -l <want)" = 3
		check "$what: each has its own slot" diff -u want have
	done
done

# ---- shared objects among the inputs ----------------------------------------

cat >dso.c <<'END'
int outside = 5;
int foreign(int x);
int foreign(int x) { return x + outside; }
END
gcc -O2 -fPIC -shared -o libdso.so dso.c
cat >uses.c <<'END'
#include "rtstatic.h"
extern int outside;
int foreign(int x);
unsigned shift __attribute__((visibility("hidden"))) = 2;
RTS_VAR(shift);
volatile int sink;
int uses(int x);
int uses(int x) { return (foreign(x) + outside) >> shift; }
void _start(void) { for (;;) sink = uses(sink); }
END
compile uses
for linker in $linkers; do
	what="$linker, a shared object"
	lw "$what" uses.o libdso.so
	check "$what: the use is bound" grep -q \
		'^ references 2 bound 2 kept 0' report
	check_fails 1 "$what: a mark in it" "$LD_WRAP" --rts-ld="$(command \
		-v "$linker")" --rts-var=outside -o none uses.o libdso.so
	cp "$out" said
	check "$what: is refused by name" grep -q '\[mark-in-dso\]' said
done
done_testing
