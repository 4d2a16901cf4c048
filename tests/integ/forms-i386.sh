#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# forms-i386.sh - on i386, each instruction becomes what an assembler makes of
# it with an immediate; and what is kept has the reason that is expected
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
bits=32
. "$RTS_SRCDIR/tests/lib/account.sh"

# One a line: what is expected, the instruction, what it becomes.  V is the
# content, 0x9182a3f4, in the width that is read.
cat >rows <<'EOC'
load32	movl x, %ecx	movl $0x9182a3f4, %ecx
load32	movl x, %eax	movl $0x9182a3f4, %eax
load8	movb x, %al	movb $0xf4, %al
load8	movb x, %dh	movb $0xf4, %dh
load16	movw x, %ax	movw $0xa3f4, %ax
load16	movw x+2, %si	movw $0x9182, %si
loadzx	movzbl x+1, %edi	movl $0xa3, %edi
loadzx	movzwl x, %ebp	movl $0xa3f4, %ebp
loadzx	movzbw x, %bx	movw $0xf4, %bx
loadsx	movsbl x, %edx	movl $0xfffffff4, %edx
loadsx	movswl x, %edx	movl $0xffffa3f4, %edx
loadsx	movsbw x, %cx	movw $0xfff4, %cx
alu	addl x, %ecx	addl $0x9182a3f4, %ecx
alu	orb x, %ah	orb $0xf4, %ah
alu	adcw x, %dx	adcw $0xa3f4, %dx
alu	sbbl x, %esp	sbbl $0x9182a3f4, %esp
alu	andl x, %edi	andl $0x9182a3f4, %edi
alu	subb x, %cl	subb $0xf4, %cl
alu	xorl x, %ebx	xorl $0x9182a3f4, %ebx
cmp	cmpl x, %esi	cmpl $0x9182a3f4, %esi
cmp	cmpb x, %bl	cmpb $0xf4, %bl
test	testl %ecx, x	testl $0x9182a3f4, %ecx
test	testb %ch, x	testb $0xf4, %ch
imul	imull x, %edx	imull $0x9182a3f4, %edx, %edx
imul	imulw x, %di	imulw $0xa3f4, %di, %di
push-slot	pushl x	pushl $0x9182a3f4
reversed	cmpl %ecx, x
constants	cmpl $5, x
constants	testb $1, x
constants	imull $1000, x, %ecx
constants	btl $3, x
indexed	btl %ecx, x
indexed	movl x(%ebx), %ecx
indexed	movl x(,%ecx,4), %ecx
conditional	cmovel x, %ecx
no-immediate	divl x
no-immediate	popcnt x, %ecx
no-immediate	boundl %ecx, x
system	lesl x, %ecx
system	ldmxcsr x
sse	movss x, %xmm0
sse	fldl x
store	movl %ecx, x
store	movb %al, x
read-write	incl x
read-write	xchgl %ecx, x
prefix	movl %gs:x, %ecx
prefix	movl %cs:x, %eax
prefix	pushw x
straddle	movsd x+4, %xmm1
outside	movl x+8, %ecx
EOC
{
	cat <<-'EOC'
	#include "rtstatic.h"
	.text
	.globl	_start
	_start:	ret
	EOC
	awk -F'\t' '{ printf "\t.globl\tf%d\n\t.type\tf%d, @function\n", NR, NR
		printf "f%d:\t%s\n\tret\n\t.size\tf%d, . - f%d\n", NR, $2, NR, NR
		}' rows
	cat <<-'EOC'
	.data
	.globl	x
	.type	x, @object
	x:	.long	0x9182a3f4, 0
	.size	x, 8
	.long	0, 0
	RTS_VAR(x)
	.section .note.GNU-stack, "", @progbits
	EOC
} >rows.S
cc "" rows.S
lw "rows" -o rows.out rows.o
adds_up "rows" rows.out
same "each is a reference" "$(wc -l <rows)" "$(get total references)"

sed -n 's/^ kept \([a-z-]*\) 0x\([0-9a-f]*\) .*`f\([0-9]*\).*/\3 \1/p' \
	"$report" | sort -n >have
awk -F'\t' '!$3 { print NR, $1 }' rows >want
check "what is kept has the reason of its row" diff -u want have
for tag in $(cut -f1 rows | sort -u); do
	same "as many as there are rows: $tag" "$(cut -f1 rows | grep -cx "$tag")" \
		"$(($(get x bound "$tag") + $(get x kept "$tag")))"
done

# The bytes that a bind writes, disassembled, against the assembler's.
"$RTS_DUMP" --sites rows.out >dump
awk '/^0x[0-9a-f]+ <f[0-9]+\+0x0>/ { match($2, /f[0-9]+/)
		n = substr($2, RSTART + 1, RLENGTH - 1); next }
	n && $1 ~ /^0\// { sub(/^ *0\/[0-9]+ */, ""); print n "\t" $0; n = 0 }' \
	dump | sed -E 's/\t([0-9a-f]{2} )+ */\t/; s/\t((cs|data16|addr16) )+/\t/' |
	sort -n >bound.have
awk -F'\t' '$3 { print NR "\t" $3 }' rows >bound.rows
{
	echo .text
	awk -F'\t' '{ printf "f%d: %s\n", $1, $2 }' bound.rows
} >imm.S
cc "" imm.S
objdump -d --no-show-raw-insn imm.o |
	awk '/^[0-9a-f]+ <f[0-9]+>/ { match($2, /f[0-9]+/)
		n = substr($2, RSTART + 1, RLENGTH - 1); next }
	n && /^ / { sub(/^[^\t]*\t/, ""); print n "\t" $0; n = 0 }' | sort -n |
	sed 's/ *$//' >bound.want
tidy() { sed -E 's/[[:space:]]+/ /g; s/ $//' "$1"; }
tidy bound.want >want
tidy bound.have >have
check "each becomes what the assembler makes of the immediate" \
	diff -u want have
same "all of them" "$(awk -F'\t' '$3' rows | wc -l)" "$(wc -l <have)"

done_testing
