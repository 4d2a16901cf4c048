#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What depends on a comparison with a slot is folded: branches, setcc, cmov.
# Not where something else may get there; and with every content the program
# does the same, unbound, bound, and bound anew.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ clang clang++ python3 readelf
src=$RTS_SRCDIR/tests/integ
mkdir bin rtld
ln -s "$LD_WRAP" bin/ld
for f in image stream field read bind strerror platform/process; do
	gcc -std=gnu11 -O2 -fPIE -D_GNU_SOURCE -I"$RTS_SRCDIR/include" \
		-I"$RTS_SRCDIR/rtld" -c -o "rtld/${f##*/}.o" \
		"$RTS_SRCDIR/rtld/$f.c" || not_ok "compile $f"
done

# Branches, setcc and cmov among the sites, by their types: 192 + 17, 18, 19.
folded() {
	readelf -rW "$1" | awk '
		/^Relocation section/ { on = /\.rts\.rela/ }
		on && $2 ~ /^[0-9a-f]*d[123]$/ { n++ }
		END { print n + 0 }'
}

# ---- every condition, by execution -------------------------------------------

gcc -std=gnu11 -O2 -fPIE -Wall -Wextra -Werror -I"$RTS_SRCDIR/include" \
	-I"$RTS_SRCDIR/rtld" -c "$src/branches-run.c" || not_ok "compile"
# In load groups, some more than the generator promises.
execute() {	# GROUP LINK
	local group=$1 cases sites have
	python3 "$src/branches-gen.py" "$group" >"$group.S" 2>count
	read -r cases sites <count
	check "$group: assembles" gcc -c "$group.S"
	check "$group: links" gcc "$2" -B"$PWD/bin/" -o run \
		"$group.o" branches-run.o rtld/*.o -Wl,--rts-report=report
	check "$group: the table is sound" "$RTS_DUMP" --check run
	check "$group: bound, bound anew and unbound do the same" ./run
	cp "$out" log
	check "$group: all cases ran" grep -q "^cases $cases .* failures 0$" \
		log
	have=$(folded run)
	case $group in
	load*)
		check "$group: $sites sites at least" [ "$have" -ge "$sites" ]
		;;
	*)
		check "$group: $sites sites" [ "$have" = "$sites" ]
		check "$group: all bound with any content" \
			grep -q "sites $sites kept 0 " log
		;;
	esac
}
[ "${RTS_ONLY:-}" ] || for group in cmp test bit load-a load-13 load-si; do
	execute $group -pie
done
[ "${RTS_ONLY:-}" ] || execute cmp -no-pie

# ---- who may enter --------------------------------------------------------------

# Each function is named for what becomes of its comparison: bound, or kept for
# that reason.  between: what it takes to get between comparison and branch.
cat >entered.S <<'EOC'
#include "rtstatic.h"
	.macro	begin name:req
	.globl	\name
	.type	\name, @function
\name:
	.endm
	.macro	end
	ret
	.endm
	.macro	compare between:vararg
	cmpl	$3, x(%rip)
	nop
	\between
	je	8f
	nop
8:
	.endm
	.text
	.globl	_start
	.type	_start, @function
_start:	ret

	begin	bound
	compare
	end
	begin	bound_behind		# the branch's own target
	compare
	jmp	8b
	end
	begin	bound_before		# the comparison itself
7:	cmpl	$3, x(%rip)
	je	7b
	jmp	7b
	end
	begin	entered_jmp
	compare 9:
	jmp	9b
	end
	begin	entered_site		# right at the branch
	cmpl	$3, x(%rip)
9:	je	8f
	nop
8:	loop	9b
	end
	begin	entered_jmp32
	compare 9:
	jmp.d32	9b
	end
	begin	entered_jcc32
	jne.d32	9f
	compare 9:
	end
	begin	entered_call
	call	9f
	compare 9:
	end
	begin	entered_middle		# of the branch
	cmpl	$3, x(%rip)
9:	je	8f
	nop
8:	jmp	9b+1
	end
	begin	entered_inside		# the comparison's immediate
9:	cmpl	$3, x(%rip)
	je	8f
	nop
8:	jmp	9b+6
	end
	begin	load_entered
	movl	x(%rip), %eax
9:	test	%eax, %eax
	je	8f
	dec	%eax
	jmp	9b
8:	nop
	end
	begin	entered_symbol
	.globl	label
	compare label:
	end
	begin	entered_endbr
	compare endbr64
	end
	begin	entered_table64
	compare 9:
	jmp	*table64(,%rax,8)
	.pushsection .rodata
table64: .quad	8b, 9b
	.popsection
	end
	begin	bound_table64
	compare
9:	nop
7:	jmp	*table64b(,%rax,8)
	.pushsection .rodata
table64b: .quad	9b, 7b
	.popsection
	end
	begin	entered_table32
	compare 9:
	movslq	table32(,%rax,4), %rax
	add	$table32, %rax
	jmp	*%rax
	.pushsection .rodata
table32: .long	8b - table32, 9b - table32
	.popsection
	end
	begin	bound_table32
	compare
9:	nop
7:	movslq	table32b(,%rax,4), %rax
	add	$table32b, %rax
	jmp	*%rax
	.pushsection .rodata
table32b: .long	9b - table32b, 7b - table32b
	.popsection
	end
	begin	bound_table32_cmp	# a distance that, from its own place,
6:	cmpl	$3, x(%rip)		# would lead into an instruction
	je	8f
	nop
8:	movslq	table32c(,%rax,4), %rax
	add	$table32c, %rax
	jmp	*%rax
	.pushsection .rodata
table32c: .long	8b - table32c, 6b - table32c
	.popsection
	end
	begin	entered_table32_own	# and this is how such a table looks
6:	compare	9:
	movslq	table32d(,%rax,4), %rcx
	lea	table32d(%rcx,%rax,4), %rax
	jmp	*%rax
	.pushsection .rodata
table32d: .long	6b - ., 9b - .
	.popsection
	end
	begin	entered_pointer
	compare 9:
	.pushsection .data
	.quad	9b
	.popsection
	end
	begin	entered_long		# as a kernel's exception tables have it
	compare 9:
	.pushsection .rodata.extable, "a"
	.long	9b - .
	.popsection
	end
	begin	entered_other
	compare 9:
	.pushsection .text.cold, "ax"
	jmp	9b
	.popsection
	end
	begin	bound_debug		# what is not loaded leads nowhere
	compare 9:
	.pushsection .debug_mine, "", @progbits
	.quad	9b
	.popsection
	end
	begin	entered_code
	mov	$9f, %eax		# an address by relocation
	compare 9:
	end
	begin	entered_goto
	lea	7f(%rip), %rax		# the other label by distance
	mov	$9f - 7f, %ecx
	add	%rcx, %rax
	compare 9:
	jmp	*%rax
7:	nop
	end
	begin	entered_goto_code
	mov	$7f, %eax
	add	$9f - 7f, %rax
	compare 9:
	jmp	*%rax
7:	nop
	end
	begin	entered_goto_thunk
	lea	7f(%rip), %rax
	compare
	jmp	__x86_indirect_thunk_rax
7:	nop
	end
	begin	entered_goto_away	# to a thunk that is there at hand
	lea	7f(%rip), %rax
	compare
	jmp	dispatch
7:	nop
	end
	begin	entered_goto_ret
	lea	7f(%rip), %rax
	compare
	push	%rax
7:	end
	begin	bound_goto		# an address, but nobody jumps
	lea	7f(%rip), %rax
	compare
7:	nop
	end
	begin	bound_indirect		# a jump, but to a function
	lea	_start(%rip), %rax
	compare
	jmp	*%rax
	end
	begin	entered_data		# what is not decoded may be a branch
	compare 9:
	ret
	.byte	0x06			# no instruction
	.byte	0xeb, 9b - (. + 1)
	begin	other_data32
	ret
	.byte	0x06
	.byte	0x0f, 0x85
	.long	9f - (. + 4)
	begin	entered_data32
	compare 9:
	end
	begin	entered_misled		# the sweep swallows a branch
	compare 9:
	jmp	7f
	.byte	0x48, 0xb8
7:	jmp	9b
	.fill	8, 1, 0x90
	end
	begin	bound_twice		# behind a branch the path goes on
	cmpl	$3, x(%rip)
	ja	8f
	je	8f
	nop
8:	nop
	end
	begin	bound_once			# the first is, the second is not
	movl	x(%rip), %eax
	test	%eax, %eax
	js	8f
9:	je	8f
	jmp	9b
8:	nop
	end
	begin	bound_inc		# leaves C alone
	cmpl	$3, x(%rip)
	inc	%ecx
	jb	8f
	nop
8:	nop
	end
	begin	flags_inc		# but not the others
	cmpl	$3, x(%rip)
	inc	%ecx
	jbe	8f
	nop
8:	nop
	end
	begin	flags_parity
	cmpl	$3, x(%rip)
	jp	8f
	nop
8:	nop
	end
	begin	load_part
	movl	x(%rip), %eax
	cmp	$3, %al
	jb	8f
	nop
8:	nop
	end
	begin	other_call
	cmpl	$3, x(%rip)
	call	_start
	je	8f
	nop
8:	nop
	end
	begin	other_flags
	cmpl	$3, x(%rip)
	add	$1, %eax
	je	8f
	nop
8:	nop
	end
	begin	load_register
	movl	x(%rip), %eax
	mov	$1, %ax
	test	%eax, %eax
	je	8f
	nop
8:	nop
	end
	begin	load_high
	movl	x(%rip), %eax
	test	%ah, %ah
	je	8f
	nop
8:	nop
	end
	begin	other_stub		# is a use of another mark
	cmpl	$3, x(%rip)
	je	stub
	end
	begin	other_address		# the constant is relocated
	cmpl	$_start, x(%rip)
	je	8f
	nop
8:	nop
	end
	begin	other_prefix
	cmpl	$3, x(%eip)
	je	8f
	nop
8:	nop
	end
	begin	other_odd		# a branch with a prefix
	cmpl	$3, x(%rip)
	.byte	0x48
	je	8f
	nop
8:	nop
	end
	begin	bound_hint
	cmpl	$3, x(%rip)
	je,pn	8f
	nop
8:	nop
	end

	# Landing pads.  A function's table as gcc and clang write it, but for
	# the encodings of LPStart and of the call sites.
	.macro	lsda start:req, sites:req, pad:req
	.pushsection .gcc_except_table, "a"
5:	.byte	\start, 0xff, \sites
	.uleb128 7f - 6f
6:	.uleb128 0, 4, \pad, 0
7:	.popsection
	.cfi_lsda 0x1b, 5b
	.endm
	begin	entered_landing
	.cfi_startproc
	.cfi_personality 0x1b, _start
4:	compare 9:
	lsda	0xff, 1, 9b-4b
	ret
	.cfi_endproc
	begin	bound_landing
	.cfi_startproc
	.cfi_personality 0x1b, _start
4:	compare
9:	lsda	0xff, 1, 9b-4b
	ret
	.cfi_endproc
	begin	bound_no_landing
	.cfi_startproc
	.cfi_personality 0x1b, _start
4:	compare 9:
	lsda	0xff, 1, 0
	ret
	.cfi_endproc
	begin	entered_landing_start
	.cfi_startproc
	.cfi_personality 0x1b, _start
4:	compare
9:	lsda	0x1b, 1, 9b-4b
	ret
	.cfi_endproc
	begin	entered_landing_sites
	.cfi_startproc
	.cfi_personality 0x1b, _start
4:	compare
9:	lsda	0xff, 3, 9b-4b
	ret
	.cfi_endproc
	begin	bound_no_table
	.cfi_startproc
	compare
	ret
	.cfi_endproc

	.globl	__x86_indirect_thunk_rax
	.type	__x86_indirect_thunk_rax, @function
__x86_indirect_thunk_rax: jmp *%rax
	.type	dispatch, @function
dispatch: jmp	*%rax
	.section .text.stub, "ax", @progbits
	.globl	stub
	.type	stub, @function
stub:	jmp	*slot(%rip)
		.data
	.globl	x
	.type	x, @object
x:	.long	7
	.size	x, 4
	.balign	8
	.type	slot, @object
slot:	.quad	_start
	.size	slot, 8
RTS_VAR(x)
RTS_FUNC(stub, slot)
	.section .note.GNU-stack, "", @progbits
EOC
cat >functions.py <<'EOC'
"""How many branches of each function were folded, of two files: the output of
nm -n and of readelf -rW; and what the report, the third, keeps in it."""
import bisect, re, sys
at, names, n, why = [], [], {}, {}
for line in open(sys.argv[1]):
    word = line.split()
    if len(word) == 3 and word[1] in "tT" and "_" in word[2] or "bound" in line:
        at.append(int(word[0], 16))
        names.append(word[2])
        n[word[2]] = 0
on = False
for line in open(sys.argv[2]):
    if line.startswith("Relocation section"):
        on = ".rts.rela" in line
    word = line.split()
    if on and len(word) > 2 and re.fullmatch("0*d[123]", word[1]):
        n[names[bisect.bisect(at, int(word[0], 16)) - 1]] += 1
for line in open(sys.argv[3]):
    word = re.match(" kept ([a-z-]+) 0x.* function `([a-z0-9_]+)'", line)
    if word:
        why[word[2]] = word[1]
for name in names:
    print(name, n[name], why.get(name, "-"))
EOC
check "entries: assembles" gcc -I"$RTS_SRCDIR/include" -c entered.S
check "entries: links" "$LD_WRAP" -o entered entered.o --rts-report=report
nm -n entered >symbols
readelf -rW entered >relocations 2>/dev/null
python3 functions.py symbols relocations report >functions
n=0
while read -r name sites why; do
	case $name in
	bound_twice) check "entries: $name" [ "$sites $why" = "2 -" ] ;;
	bound*) check "entries: $name" [ "$sites $why" = "1 -" ] ;;
	entered*) check "entries: $name" [ "$sites $why" = "0 entered" ] ;;
	flags*)	check "entries: $name" [ "$sites $why" = "0 flags" ] ;;
	load*)	check "entries: $name" [ "$sites $why" = "0 -" ] ;;
	other*)	check "entries: $name" [ "$sites $why" != "1 -" ] ;;
	*)	continue ;;
	esac
	n=$((n + 1))
done <functions
check "entries: all functions were looked at" \
	[ "$n" = "$(grep -c '^	begin	' entered.S)" ]

# ---- what compilers make --------------------------------------------------------

# Switches, labels as values, exceptions; each is linked twice, and bound
# for each content, says what it said unbound.
cat >real.cc <<'EOC'
extern "C" {
#include "rtstatic.h"
#include "rtld.h"
#include "platform/process.h"
}
#include <cstdio>

extern unsigned char mode;	RTS_VAR(mode);
extern int level;		RTS_VAR(level);
extern unsigned long mask;	RTS_VAR(mask);
extern bool on;			RTS_VAR(on);
extern const char *name;	RTS_VAR(name);
unsigned char mode;
int level;
unsigned long mask;
bool on;
const char *name;

#define ALONE	__attribute__((noinline, noclone))
static unsigned long sum;
ALONE static void note(unsigned long x) { sum = sum * 31 + x; }

ALONE static int choose(int x)
{
	switch (x) {
	case 0: if (mode == 3) note(1); return 4;
	case 1: if (level < -5) note(2); else note(3); return 9;
	case 2: return level > 100 ? 7 : x;
	case 3: if (mask & 0x10) return 2; return 3;
	case 4: if (on) note(4); return 1;
	case 5: if (name) note((unsigned char)*name); return 6;
	case 6: if (mode > 7 && level != 2) return 5; return 8;
	default: return mode < 2 ? 12 : 13;
	}
}

ALONE static int labels(const unsigned char *p)
{
	static const int to[] = { (int)((char *)&&stop - (char *)&&stop),
		(int)((char *)&&add - (char *)&&stop),
		(int)((char *)&&test - (char *)&&stop),
		(int)((char *)&&loop - (char *)&&stop) };
	int a = 0;

next:	goto *((char *)&&stop + to[*p++ & 3]);
add:	a += level > 0 ? 3 : 1;
	goto next;
test:	if (mode == 1)
		goto loop;
	a ^= 5;
	goto next;
loop:	if (mask > 0xffffffff)
		a += 7;
	if (on)
		goto next;
	a <<= 1;
	goto next;
stop:	return a;
}

struct Guard { int n; Guard(int x) : n(x) { } ~Guard() { note(n); } };
ALONE static void may_throw(int x) { if (level == x || mode > 200) throw x; }

ALONE static int catches(int x)
{
	Guard guard(x);

	try {
		if (mode == 2)
			note(5);
		may_throw(x);
		if (level >= 0)
			may_throw(x - 1);
		return mask != 0;
	} catch (int e) {
		if (on)
			return e + (name == nullptr);
		return level <= e;
	}
}

ALONE static unsigned long booleans(void)
{
	unsigned long n = 0;

	n = n * 2 + (level == 2);
	n = n * 2 + (level < 2);
	n = n * 2 + (mode >= 128);
	n = n * 2 + !on;
	n = n * 2 + ((mask & 1) != 0);
	n = n * 2 + ((long)mask < 0);
	for (int i = 0; i < 3; i++)
		n += level > i ? mode : i;
	return n;
}

static const struct { unsigned char mode; int level; unsigned long mask;
	bool on; const char *name; } all[] = {
	{ 0, 0, 0, false, nullptr }, { 1, 1, 1, true, "a" },
	{ 2, 2, 0x10, false, "b" }, { 3, -6, 0x100000000, true, nullptr },
	{ 127, -5, 0x7fffffff, false, "c" }, { 128, 100, 0x80000000, true, "d" },
	{ 255, 101, ~0ul, true, "e" }, { 8, -2147483647 - 1, 0xffffffff,
	false, "f" }, { 7, 2147483647, 1ul << 63, true, "g" } };
#define N (int)(sizeof(all) / sizeof(*all))

ALONE static unsigned long all_of_it(int i)
{
	static const unsigned char program[] = { 1, 2, 3, 1, 1, 3, 2, 2, 1, 0 };

	mode = all[i].mode, level = all[i].level, mask = all[i].mask;
	on = all[i].on, name = all[i].name;
	sum = 0;
	return 0;
	(void)program;
}

ALONE static unsigned long compute(void)
{
	static const unsigned char program[] = { 1, 2, 3, 1, 1, 3, 2, 2, 1, 0 };

	for (int i = -1; i < 9; i++)
		note(choose(i));
	note(labels(program));
	for (int i = 0; i < 4; i++)
		note(catches(i));
	note(booleans());
	return sum;
}

int main()
{
	static struct rtld_process process;
	struct rtld rt;
	unsigned long unbound[N];
	int bad = 0;

	for (int i = 0; i < N; i++) {
		all_of_it(i);
		unbound[i] = compute();
	}
	if (rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt))
		return 2;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++) {
			all_of_it(i);
			if (rtld_bind(&rt, rtld_process_host(&process)))
				return 3;
			bad += compute() != unbound[i];
		}
	for (int i = 0; i < N; i++) {
		if (rtld_unbind(&rt, rtld_process_host(&process)))
			return 4;
		all_of_it(i);
		bad += compute() != unbound[i];
	}
	std::printf("sites %u bad %d\n", rt.stats.sites, bad);
	return bad != 0;
}
EOC
real() {	# CXX FLAGS LINK MINIMUM
	local cxx=$1 flags=$2 link=$3 minimum=$4 what="$1 $2"
	# shellcheck disable=SC2086
	check "$what: compiles" $cxx -Wall -Wextra -Wno-pointer-arith \
		-D_GNU_SOURCE $flags -I"$RTS_SRCDIR/include" \
		-I"$RTS_SRCDIR/rtld" -c real.cc
	check "$what: links" $cxx "$link" -B"$PWD/bin/" -o real real.o \
		rtld/*.o -Wl,--rts-report=report
	check "$what: the table is sound" "$RTS_DUMP" --check real
	check "$what: does the same, bound" ./real
	check "$what: $(folded real) folded, at least $minimum" \
		[ "$(folded real)" -ge "$minimum" ]
}
[ "${RTS_ONLY:-}" ] || for level in -O0 -O1 -O2 -O3 -Os; do
	for cxx in g++ clang++; do
		real $cxx "$level -fPIE" -pie 15
	done
done
for cxx in g++ clang++; do
	real $cxx "-O2 -fno-pie" -no-pie 15
	real $cxx "-O2 -fPIE -fcf-protection=full -ffunction-sections" -pie 15
done

done_testing
