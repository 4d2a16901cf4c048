#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A branch is folded only where nothing can get between it and its comparison:
# each way to get there, and beside it what only looks like one.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc python3 readelf nm

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

# ---- a stub that reads its slot once -----------------------------------------

# Its test for NULL must go by what it loaded, whatever is bound meanwhile.
cat >nullable.c <<'EOC'
#include "rtstatic.h"
RTS_DECLARE_FUNC(void, maybe, (void));
RTS_DEFINE_FUNC_NULLABLE(maybe);
extern void (*ops)(void);	RTS_OPS(ops);
void (*ops)(void);
void _start(void) { maybe(); if (ops) ops(); }
EOC
check "nullable: compiles" gcc -O2 -fno-pie -I"$RTS_SRCDIR/include" \
	-fno-stack-protector -c nullable.c
check "nullable: links" "$LD_WRAP" -o nullable nullable.o --rts-report=report
readelf -rW nullable 2>/dev/null | awk '
	/^Relocation section/ { on = /\.rts\.rela/ }
	on && $2 ~ /^[0-9a-f]*d[123]$/ { print $1 }' >folded
stub=$(nm nullable | awk '$3 == "maybe" { print $1 }')
check "nullable: the stub's load is bound" grep -q "^ bound load64 1" report
check "nullable: one branch is folded" [ "$(wc -l <folded)" = 1 ]
distance=$((0x$(cat folded) - 0x$stub))
check "nullable: and not the stub's" \
	[ $((distance < 0 || distance > 32)) = 1 ]

done_testing
