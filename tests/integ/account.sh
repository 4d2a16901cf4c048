#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every relocation against a mark is accounted for, in one class, and the
# classes add up: whatever the compiler, whatever the linker drops.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"

# ---- what compilers write --------------------------------------------------

cat >main.c <<'EOC'
unsigned use1(unsigned); int use2(int), use3(int), use6(int), use7(int);
unsigned long use4(unsigned long); long use5(void); unsigned *use8(void);
void use9(unsigned), set(unsigned);
int main(void)
{
	use9(4);
	set(3);
	return use1(16) != 5 || use2(1) != 3 || use3(2) != 3 || use4(1) != 6 ||
		use5() != 19 || use6(1) != 2 || use7(1) != 4 || *use8() != 3;
}
EOC
total() {	# SYMBOL...: in both objects
	echo $(($(by_readelf def.o "$@") + $(by_readelf use.o "$@")))
}
# The report's numbers are those of readelf and objdump.
compare() {	# WHAT MARK SYMBOLS...
	local what="$1: $2" mark=$2 tag want have
	shift 2
	want="references $(total "$@")"
	have="references $(get "$mark" references)"
	set -- "${@#.data.}"
	for tag in load32 load64 load32s call-slot jmp-slot call jmp; do
		want="$want, $tag $(count_uses $tag "$@")"
		have="$have, $tag $(get "$mark" bound $tag)"
	done
	want="$want, store $(count_uses store "$@")"
	have="$have, store $(get "$mark" kept store)"
	same "$what: as readelf and objdump have it" "$want" "$have"
}
for cc in gcc clang; do
	for opt in -O0 -O2 -Os; do
		for mode in "-fno-pie -no-pie" "-fPIE -pie" "-fPIE -static-pie" \
		    "-fno-pie -static"; do
			what="$cc $opt $mode"
			for f in def use main; do
				# shellcheck disable=SC2086
				$cc $opt ${mode% *} $inc -c $f.c ||
					not_ok "$what: compile $f.c"
			done
			rm -f "$report"
			check "$what: links" gcc -B"$PWD/bin/" "${mode#* }" \
				-Wl,--rts-report="$report" -o prog def.o \
				use.o main.o
			check "$what: runs" ./prog
			adds_up "$what" prog
			uses prog >.uses
			same "$what: unexplained" 0 "$(line unexplained)"
			compare "$what" shift shift
			compare "$what" wide wide
			compare "$what" ops ops
			compare "$what" choose choose rts_slot_choose
			compare "$what" limit .data.limit
			compare "$what" hook .data.hook
			same "$what: nothing is dropped" 0 \
				"$(get total dropped)"
			same "$what: pointers are data" 2 "$(get shift data)"
		done
	done
done

# ---- what the linker drops -------------------------------------------------

cat >gc.c <<'EOC'
#include "conf.h"
volatile unsigned sink;
__attribute__((noinline)) void used(unsigned x) { sink = x >> shift; }
unsigned unused(unsigned x) { return (x >> shift) + choose(x) + wide; }
void _start(void) { for (;;) used(1); }
EOC
cc -ffunction-sections gc.c
cc "" def.c
lw "--gc-sections" --gc-sections -o gc gc.o def.o
adds_up "--gc-sections" gc
n=$(relocations gc.o | awk '$1 == ".text.unused" &&
	$4 ~ /^(shift|choose|wide)$/ { n++ } END { print n + 0 }')
has "--gc-sections: unused() is dropped" "^dropped $n gc\.o$"
same "--gc-sections: a mark whose every use is dropped stays" 1 \
	"$(grep -c '^mark wide var 0x' "$report")"
same "--gc-sections: its uses" "$(by_readelf gc.o wide)" "$(get wide dropped)"
same "--gc-sections: used() is bound" 1 "$(get shift bound)"
lw "--no-gc-sections" -o gc gc.o def.o
same "--no-gc-sections: nothing is dropped" 0 "$(get total dropped)"

cat >inline.h <<'EOC'
#include "rtstatic.h"
extern unsigned shift;
RTS_VAR(shift);
inline __attribute__((noinline)) unsigned twice(unsigned x)
{
	return x << shift;
}
EOC
echo '#include "inline.h"
unsigned other(unsigned x) { return twice(x) + 1; }' >cxx1.cc
echo '#include "inline.h"
unsigned shift = 2;
unsigned other(unsigned);
extern "C" void _start() { for (;;) other(twice(1)); }' >cxx2.cc
for cxx in g++ clang++; do
	for opt in -O0 -O2; do
		what="$cxx $opt: COMDAT"
		for f in cxx1 cxx2; do
			# shellcheck disable=SC2086
			$cxx $opt -fno-pie $inc -c $f.cc ||
				not_ok "$what: compile $f.cc"
		done
		lw "$what" -o cxx cxx1.o cxx2.o
		adds_up "$what" cxx
		same "$what: references" $(($(by_readelf cxx1.o shift) + \
			$(by_readelf cxx2.o shift))) "$(get shift references)"
		same "$what: one copy is there" 1 $(($(get shift bound) + \
			$(get shift kept)))
		has "$what: the other is dropped" '^dropped 1 cxx[12]\.o$'
		same "$what: unexplained" 0 "$(line unexplained)"
	done
done

# ---- sections that look alike ----------------------------------------------

cat >start.c <<'EOC'
unsigned twin1(unsigned), twin2(unsigned);
void _start(void) { for (;;) twin1(twin2(1)); }
EOC
for flags in "" -ffunction-sections "-ffunction-sections -fno-toplevel-reorder"; do
	what="twins $flags"
	cc "$flags -fno-optimize-sibling-calls" twin1.c twin2.c start.c
	lw "$what" -o twins twin1.o twin2.o start.o def.o
	adds_up "$what" twins
	same "$what: both are bound" 2 "$(get shift bound)"
	same "$what: at the two places of peek()" \
		"$(nm twins | awk '$3 == "peek" { print $1 }' | sort | xargs)" \
		"$(sites twins | awk -v s="$(address_of twins shift)" '
			$3 == s { print $2 }' | sort | xargs)"
done

# The code of a weak function stays, though another one is called.
cat >weak.c <<'EOC'
#include "conf.h"
__attribute__((weak)) unsigned chosen(unsigned x) { return x >> shift; }
EOC
cat >strong.c <<'EOC'
#include "conf.h"
unsigned chosen(unsigned x) { return (x << shift) + 1; }
void _start(void) { for (;;) chosen(1); }
EOC
for flags in "" -ffunction-sections; do
	cc "$flags" weak.c strong.c
	lw "a weak function $flags" -o weak weak.o strong.o def.o
	adds_up "a weak function $flags" weak
	same "a weak function $flags: both are bound" 2 "$(get shift bound)"
	lw "a weak function $flags, gc" --gc-sections -o weak weak.o \
		strong.o def.o
	adds_up "a weak function $flags, gc" weak
	same "a weak function $flags, gc: by readelf" \
		$(($(by_readelf weak.o shift) + $(by_readelf strong.o shift) + \
		   $(by_readelf def.o shift))) "$(get shift references)"
done

# Merged by ld -r first.
cc "" twin1.c twin2.c start.c def.c
check "ld -r" ld -r -o merged.o twin1.o twin2.o
lw "ld -r: what it wrote" -o merged merged.o start.o def.o
adds_up "ld -r: what it wrote" merged
same "ld -r: what it wrote: both are bound" 2 "$(get shift bound)"
same "ld -r: what it wrote: unexplained" 0 "$(line unexplained)"

# Of two equal sections in different output sections, another section of the
# object says where the second one is: the first must not take that place.
cat >equal.S <<'EOC'
	.section .fini, "ax", @progbits
one:	movl	shift(%rip), %eax
	ret
	.section .text.equal, "ax", @progbits
two:	movl	shift(%rip), %eax
	ret
	.text
	.globl	_start
_start:	movl	shift(%rip), %ecx
	call	two
	jmp	_start
	.section .note.GNU-stack, "", @progbits
EOC
cc "" equal.S
lw "an equal that is known" -o equal equal.o def.o
adds_up "an equal that is known" equal
same "an equal that is known: all are bound" 3 "$(get shift bound)"
same "an equal that is known: unexplained" 0 "$(line unexplained)"

# A section whose bytes are how a larger one begins.
cat >small.s <<'EOC'
	.section .text.small,"ax",@progbits
small:	movl	shift(%rip), %eax
	ret
EOC
cat >large.s <<'EOC'
	.section .text.large,"ax",@progbits
large:	movl	shift(%rip), %eax
	ret
	.globl	_start
_start:	movl	shift(%rip), %ecx
	jmp	_start
EOC
as -o small.o small.s
as -o large.o large.s
for order in "small.o large.o" "large.o small.o" "small.o small2.o large.o"; do
	cp small.o small2.o
	n=$(($(echo "$order" | wc -w) + 1))
	# shellcheck disable=SC2086
	lw "a prefix: $order" -o prefix $order def.o
	adds_up "a prefix: $order" prefix
	same "a prefix: $order: all are bound" $n "$(get shift bound)"
	same "a prefix: $order: nothing is dropped" 0 "$(get total dropped)"
	same "a prefix: $order: unexplained" 0 "$(line unexplained)"
done

# ---- archives --------------------------------------------------------------

for f in pulled left; do
	cat >$f.c <<EOC
#include "conf.h"
static unsigned mine __attribute__((section(".data.mine"))) = 1;
RTS_VAR(mine);
void put_$f(unsigned x) { mine = x; }
unsigned $f(unsigned x) { return (x >> shift) + choose(x) + mine; }
EOC
done
# No global symbol: only --whole-archive takes such a member.
cat >statics.c <<'EOC'
#include "conf.h"
static unsigned only __attribute__((section(".data.only"))) = 1;
RTS_VAR(only);
static void set_only(unsigned x) { only = x; }
static unsigned hidden(unsigned x) { return (x >> shift) + only; }
static void *const table[] __attribute__((used, section(".data.table"))) = {
	hidden, set_only
};
EOC
cat >archive.c <<'EOC'
unsigned pulled(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = pulled(1); }
EOC
cc "" pulled.c left.c statics.c archive.c
ar rc ordinary.a left.o pulled.o statics.o
ar rcT thin.a left.o pulled.o statics.o
names="shift choose .data.mine .data.only"
# shellcheck disable=SC2086
for lib in ordinary.a thin.a; do
	lw "$lib" -o archive archive.o def.o $lib
	adds_up "$lib" archive
	same "$lib: unexplained" 0 "$(line unexplained)"
	has "$lib: a member that is not pulled in" \
		"^dropped $(by_readelf left.o $names) $lib\(left\.o\)$"
	has "$lib: a member that nothing can pull in" \
		"^dropped $(by_readelf statics.o $names) $lib\(statics\.o\)$"
	same "$lib: nothing else is dropped" 2 \
		"$(grep -c ^dropped "$report")"
	same "$lib: static marks of members that are not linked" 2 \
		"$(grep -cE '^mark (mine|only) var absent' "$report")"
	same "$lib: the one that is linked" \
		"mark mine var 0x$(address_of archive mine | sed 's/^0*//')" \
		"$(grep -o '^mark mine var 0x[0-9a-f]*' "$report")"
	lw "$lib whole" -o archive archive.o def.o --whole-archive $lib
	adds_up "$lib whole" archive
	same "$lib whole: nothing is dropped" 0 "$(get total dropped)"
	same "$lib whole: unexplained" 0 "$(line unexplained)"
	for mark in only shift; do
		same "$lib whole: $mark" $(($(by_readelf left.o $mark \
			.data.$mark) + $(by_readelf pulled.o $mark \
			.data.$mark) + $(by_readelf statics.o $mark \
			.data.$mark) + $(by_readelf def.o $mark))) \
			"$(get $mark references)"
	done
	same "$lib whole: only" "bound 1 kept 1" \
		"bound $(get only bound) kept $(get only kept)"
	lw "$lib whole -s" -o archive -s archive.o def.o --whole-archive $lib
	adds_up "$lib whole -s" archive
	same "$lib whole -s: nothing is dropped" 0 "$(get total dropped)"
done

# By option, a static that a member without global symbols has one of, too.
cat >alone.c <<'EOC'
static int quiet = 4;
int _start(void) { for (;;) ((volatile int *)16)[0] = quiet, quiet++; }
EOC
cat >nameless.c <<'EOC'
static int quiet = 5;
static int *hush(void) { quiet++; return &quiet; }
static int *(*const list[])(void) __attribute__((used)) = { hush };
EOC
cc "" alone.c nameless.c
ar rc nameless.a nameless.o
for object in alone.o nameless.o; do
	lw "$object:quiet" --rts-var=$object:quiet -o quiet alone.o \
		--whole-archive nameless.a
	adds_up "$object:quiet" quiet
	same "$object:quiet: its references" \
		"$(relocations $object | grep -c '\.data ')" \
		"$(($(get total references) - $(get total dropped)))"
	same "$object:quiet: unexplained" 0 "$(line unexplained)"
done
lw "alone.o:quiet, alone" --rts-var=alone.o:quiet -o quiet alone.o nameless.a
adds_up "alone.o:quiet, alone" quiet
same "alone.o:quiet, alone: nothing is dropped" 0 "$(get total dropped)"
lw "in the archive" --rts-var=alone.o:quiet -o quiet nameless.a alone.o

# A member that is pulled in, but loses its only global function again; what
# the linker script keeps of it has no global symbol.
cat >keeper.c <<'EOC'
#include "rtstatic.h"
static unsigned alone __attribute__((section(".data.alone"))) = 1;
RTS_VAR(alone);
unsigned lost(unsigned x) { return x + alone; }
static void construct(void) { *(volatile unsigned *)16 = alone; }
static void (*const list[])(void) __attribute__((used,
	section(".init_array"))) = { construct };
EOC
cat >loser.c <<'EOC'
unsigned lost(unsigned);
unsigned never(unsigned x) { return lost(x); }
void _start(void) { for (;;) ; }
EOC
cc "-ffunction-sections" keeper.c loser.c
ar rc keeper.a keeper.o
lw "a member without its globals" --gc-sections -o keeper loser.o keeper.a
adds_up "a member without its globals" keeper
same "a member without its globals: its static mark is there" \
	"mark alone var 0x$(address_of keeper alone | sed 's/^0*//')" \
	"$(grep -o '^mark alone var [0-9a-fx]*' "$report")"
same "a member without its globals: what is left of it" \
	"references 2 bound 1 dropped 1" "references $(get alone references)\
 bound $(get alone bound) dropped $(get alone dropped)"
same "a member without its globals: unexplained" 0 "$(line unexplained)"

done_testing
