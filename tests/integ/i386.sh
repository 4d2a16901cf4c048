#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# i386: objects of 32 bits, with their addends at the places, are linked,
# located, accounted, bound and shown as those of x86-64 are.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
bits=32
. "${RTS_SRCDIR:?}/tests/lib/account.sh"
need ld.lld ld.gold mold

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
references() {	# WHAT MARK SYMBOL...: the report has as many as readelf
	local what=$1 mark=$2
	shift 2
	same "$what: $mark: references" "$(total "$@")" \
		"$(get "$mark" references)"
}
# What branches through memory or to a stub, and what writes, objdump sees in
# code that has absolute addresses.
compare() {	# WHAT MARK SYMBOL...
	local what="$1: $2" mark=$2 tag want='' have=''
	shift 2
	for tag in call-slot jmp-slot call jmp; do
		want="$want $tag $(count_uses $tag "$@")"
		have="$have $tag $(get "$mark" bound $tag)"
	done
	want="$want store $(count_uses store "$@")"
	have="$have store $(get "$mark" kept store)"
	same "$what: as objdump has it" "$want" "$have"
}
for cc in gcc clang; do
	for opt in -O0 -O2 -Os; do
		for mode in "-fno-pie -no-pie" "-fPIE -pie" "-fPIE -static-pie" \
		    "-fno-pie -static"; do
			what="$cc $opt $mode"
			for f in def use main; do
				# shellcheck disable=SC2086
				$cc -m32 $opt ${mode% *} $inc -c $f.c ||
					not_ok "$what: compile $f.c"
			done
			rm -f "$report"
			check "$what: links" gcc -m32 -B"$PWD/bin/" \
				"${mode#* }" -Wl,--rts-report="$report" \
				-o prog def.o use.o main.o
			check "$what: runs" ./prog
			adds_up "$what" prog
			same "$what: unexplained" 0 "$(line unexplained)"
			references "$what" shift shift
			references "$what" wide wide
			references "$what" ops ops
			references "$what" choose choose rts_slot_choose
			references "$what" limit .data.limit
			references "$what" hook .data.hook
			same "$what: nothing is dropped" 0 \
				"$(get total dropped)"
			same "$what: pointers are data" 2 "$(get shift data)"
			case $mode in *-fPIE*) continue ;; esac
			uses prog >.uses
			compare "$what" ops ops
			compare "$what" choose choose rts_slot_choose
			compare "$what" hook hook
			compare "$what" shift shift
		done
	done
done

# ---- where the code may stand anywhere -------------------------------------

# A register holds the GOT's address, and an access by it is not proven to be
# of the object; that of an entry of the GOT the linker may relax.
cat >got.c <<'EOC'
#include "conf.h"
static unsigned own = 3;
RTS_VAR(own);
unsigned got1(unsigned x) { return x >> own; }
unsigned got2(unsigned x) { return x >> shift; }
unsigned *got3(void) { return &shift; }
void got4(unsigned x) { own = x; }
int got5(int x) { return choose(x) + 1; }
int got6(int x) { return choose(x); }
EOC
echo 'unsigned got1(unsigned), got2(unsigned), *got3(void);
int got5(int), got6(int); void got4(unsigned);
int main(void) { got4(1); return got1(4) != 2 || got2(16) != 2 ||
	*got3() != 3 || got5(1) != 3 || got6(1) != 2; }' >gotmain.c
for cc in gcc clang; do
	for f in got def gotmain; do
		# shellcheck disable=SC2086
		$cc -m32 -O2 -fPIE $inc -c $f.c || not_ok "$cc: compile $f.c"
	done
	for ld in ld.bfd ld.lld ld.gold mold; do
		what="PIE, $cc, $ld"
		rm -f "$report"
		check "$what: links" env LD_WRAP_LD="$(command -v $ld)" \
			gcc -m32 -B"$PWD/bin/" -pie \
			-Wl,--rts-report="$report" -o prog def.o got.o gotmain.o
		check "$what: runs" ./prog
		adds_up "$what" prog
		same "$what: unexplained" 0 "$(line unexplained)"
		same "$what: a load relative to the GOT is kept" 1 \
			"$(get own kept indexed)"
		same "$what: so is a store" 1 "$(get own kept store)"
		same "$what: a call of a function is bound" 1 \
			"$(get choose bound call)"
		same "$what: and a jump" 1 "$(get choose bound jmp)"
		same "$what: nothing is dropped" 0 "$(get total dropped)"
		check_fails 1 "$what: no text relocation" sh -c \
			'readelf -dW prog | grep TEXTREL'
	done
done

# What the dynamic linker adjusts, one by one or packed, is what a dump shows.
cat >dynamic.c <<'EOC'
#include "rtstatic.h"
RTS_DECLARE_FUNC(int, choose, (int));
static int plus(int x) { return x + 1; }
RTS_DEFINE_FUNC(choose, plus);
int main(void) { return choose(1) != 2; }
EOC
# shellcheck disable=SC2086
gcc -m32 -O1 -fPIE $inc -c dynamic.c
for flags in "-pie" "-pie -Wl,-z,pack-relative-relocs" "-static-pie"; do
	# shellcheck disable=SC2086
	check "dynamic, $flags: links" gcc -m32 -B"$PWD/bin/" $flags -o prog \
		dynamic.o
	check "dynamic, $flags: runs" ./prog
	check "dynamic, $flags: rts-dump" "$RTS_DUMP" prog
	said "dynamic, $flags: the slot's content" 'choose\+0x0 = <plus>'
done

# Through the GOT by a register or without: kept if it is not relaxed, else
# what became of it.
cat >relax.s <<'EOC'
	.globl	relax
relax:	call	1f
1:	pop	%ebx
	add	$_GLOBAL_OFFSET_TABLE_+(.-1b), %ebx
	mov	shift@GOT(%ebx), %ecx
	call	*choose@GOT(%ebx)
	jmp	*choose@GOT(%ebx)
	.section .note.GNU-stack
EOC
as --32 -o relax.o relax.s
as --32 -mrelax-relocations=no -o plain.o relax.s
echo 'void relax(void); void _start(void) { relax(); }' >rstart.c
gcc -m32 -O2 -fPIE -c rstart.c
# shellcheck disable=SC2086
gcc -m32 -O2 -fPIE $inc -c def.c
lw "relaxed" -pie -o prog rstart.o relax.o def.o
adds_up "relaxed" prog
same "relaxed: a lea" 1 "$(get shift address)"
same "relaxed: a call" 1 "$(get choose bound call)"
same "relaxed: a jump" 1 "$(get choose bound jmp)"
lw "not relaxed" -pie -o prog rstart.o plain.o def.o
adds_up "not relaxed" prog
same "not relaxed: kept: a load" 1 "$(get shift kept got)"
same "not relaxed: kept: a call and a jump" 2 "$(get choose kept got)"

# Whatever the calling convention, a stub leaves registers and stack alone.
cat >convention.c <<'EOC'
#include "rtstatic.h"
struct big { int n[5]; };
#define REGPARM __attribute__((regparm(3)))
#define FASTCALL __attribute__((fastcall))
RTS_DECLARE_FUNC(int, in_registers, (int, int, int, int) REGPARM);
RTS_DECLARE_FUNC(int, fast, (int, int, int) FASTCALL);
RTS_DECLARE_FUNC(struct big, returned, (int, double));
RTS_DECLARE_FUNC(int, many, (int, ...));
static int REGPARM one(int a, int b, int c, int d) {
	return a + 2 * b + 3 * c + 4 * d; }
static int FASTCALL two(int a, int b, int c) { return a + 2 * b + 3 * c; }
static struct big three(int a, double b) {
	return (struct big){ { a, (int)b, 3, 4, 5 } }; }
static int four(int n, ...) {
	__builtin_va_list l; int sum = 0;
	__builtin_va_start(l, n);
	while (n--) sum = 2 * sum + __builtin_va_arg(l, int);
	__builtin_va_end(l);
	return sum; }
RTS_DEFINE_FUNC(in_registers, one);
RTS_DEFINE_FUNC(fast, two);
RTS_DEFINE_FUNC(returned, three);
RTS_DEFINE_FUNC(many, four);
RTS_DECLARE_FUNC(void, perhaps, (int *, int, int) REGPARM);
RTS_DEFINE_FUNC_NULLABLE(perhaps);
static void REGPARM five(int *to, int a, int b) { *to = a + 2 * b; }
__attribute__((noinline)) void set(int *to) { perhaps(to, 1, 2); *to += 1; }
__attribute__((noinline)) int last(int a, int b, int c) { return fast(a, b, c); }
int main(void)
{
	struct big b = returned(7, 2.0);
	int n = 3;
	set(&n);
	if (n != 4)
		return 2;
	RTS_SET_FUNC(perhaps, five);
	set(&n);
	if (n != 6)
		return 3;
	return in_registers(1, 2, 3, 4) != 30 || last(1, 2, 3) != 14 ||
		b.n[0] != 7 || b.n[1] != 2 || b.n[4] != 5 ||
		many(3, 1, 1, 1) != 7;
}
EOC
for cc in gcc clang; do
	for mode in "-fno-pie -no-pie" "-fPIE -pie" \
	    "-fPIE -fcf-protection -pie"; do
		what="conventions, $cc $mode"
		# shellcheck disable=SC2086
		check "$what: compiles" $cc -m32 -O2 -Wall -Wextra -Werror \
			${mode% *} $inc -c convention.c
		check "$what: links" gcc -m32 -B"$PWD/bin/" "${mode##* }" \
			-Wl,--rts-report="$report" -o prog convention.o
		check "$what: runs, unbound" ./prog
		adds_up "$what" prog
		check_fails 1 "$what: no text relocation" sh -c \
			'readelf -dW prog | grep TEXTREL'
		for f in in_registers fast returned many perhaps; do
			same "$what: $f is bound" 1 "$(($(get $f bound call) +
				$(get $f bound jmp)))"
		done
	done
done

# ---- addends at the places ---------------------------------------------------

# Of fields of each size, signed, and against a section: where a reference
# leads, seen from the mark's first byte.
cat >addends.s <<'EOC'
	.data
	.long	0, 0, 0
	.globl	flag
	.type	flag, @object
	.size	flag, 8
flag:	.long	1, 2
	.type	own, @object
	.size	own, 4
own:	.long	3
	.long	flag, flag+4, flag-4, own
	.short	flag+2
	.byte	flag+1
	.section .rts.mark, "R", @progbits
	.balign	8
9:	.long	flag, 0, 8, 0, 0, 0, 1, 8f-9b
	.asciz	"flag"
	.balign 8
8:	.long	own, 0, 4, 0, 0, 0, 1, 7f-8b
	.asciz	"own"
	.balign 8
7:	.text
	mov	flag+4, %ecx
	mov	own, %eax
	movb	$1, own+3
	mov	flag@GOTOFF+4(%ebx), %ecx
	mov	own@GOTOFF(%ebx), %edx
	mov	flag@GOT(%ebx), %edx
	.code16
	mov	flag+2, %ax
	.code32
	call	flag
EOC
as --32 -o addends.o addends.s
check "addends: the scan" "$RTS_BUILDDIR/tests/unit/test_scan_dump" addends.o
sed -n 's/^reference addends.o \([^ ]*\) [^ ]* [0-9]* \(.*\)/\1 \2/p' "$out" |
	sort >addends.have
sort >addends.want <<'EOC'
.data 0 flag 0
.data 4 flag 4
.data -4 flag -4
.data 20 own 0
.data 2 flag 2
.data 1 flag 1
.text 4 flag 4 code
.text 20 own 0 code
.text 23 own 3 code
.text 4 flag 4 code
.text 20 own 0 code
.text 0 flag 0 code
.text 2 flag 2 code
.text -4 flag 0 code
EOC
check "addends: as they stand at the places" diff -u addends.want addends.have

# ---- marks by option ---------------------------------------------------------

for mode in "-fno-pie -no-pie" "-fPIE -pie"; do
	for cc in gcc clang; do
		what="options, $cc ${mode% *}"
		for f in little other; do
			# shellcheck disable=SC2086
			$cc -m32 -O2 ${mode% *} -c \
				"$RTS_SRCDIR/tests/process/$f.c"
		done
		$cc -m32 "${mode#* }" -o plain little.o other.o
		check "$what: links" gcc -m32 -B"$PWD/bin/" "${mode#* }" \
			-Wl,--rts-var=unit,--rts-ops=emit,--rts-func=twice \
			-Wl,--rts-var=little.o:step \
			-Wl,--rts-report="$report" -o prog little.o other.o
		adds_up "$what" prog
		for words in "" "100" "100 7"; do
			# shellcheck disable=SC2086
			same "$what: $words: says the same" \
				"$(./plain $words)" "$(./prog $words)"
		done
		same "$what: a call and a jump are redirected" 2 \
			"$(($(get twice bound call) + $(get twice bound jmp)))"
		check "$what: to a stub" sh -c \
			'objdump -d prog | grep "call.*<rts_stub_twice>"'
		same "$what: unit is used" "$(by_readelf little.o unit)" \
			"$(get unit references)"
	done
done
# A stub by hand is one, with endbr32 or without.
printf '%s\n' '.globl fn, plain, bound, slot; .data; slot: .long plain; .text' \
	'bound: endbr32; jmp *slot' 'plain: ret; fn: call bound; ret' \
	'.section .note.GNU-stack' >hand.s
as --32 -o hand.o hand.s
lw "a stub by hand" -e fn --rts-func=bound -o prog hand.o
adds_up "a stub by hand" prog
same "a stub by hand: its call is bound" 1 "$(get bound bound call)"
same "a stub by hand: no other is made" "" "$(address_of prog rts_stub_bound)"
done_testing
