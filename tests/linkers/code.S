/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * code.S - uses through the GOT, of which linkers make something else
 *
 * The psABI lets a linker rewrite what goes through a slot of the GOT where
 * it knows the address (X86_64_REX_GOTPCRELX and the like).  Each shape that
 * it may rewrite stands here beside sites, of which no byte may be taken for
 * another's.
 */
#include "rtstatic.h"

	.text

/* mov x@GOTPCREL(%rip) becomes lea x(%rip), or mov $x: an address. */
	.globl	asm_mov
	.type	asm_mov, @function
asm_mov:
	movl	near(%rip), %edx
	movq	shift@GOTPCREL(%rip), %rax
	movl	near(%rip), %ecx
	movl	(%rax), %eax
	addl	%ecx, %eax
	addl	%edx, %eax
	cltq
	ret
	.size	asm_mov, . - asm_mov

/* add, cmp and test of the address: with an immediate, if there is one. */
	.globl	asm_alu
	.type	asm_alu, @function
asm_alu:
	movq	wide@GOTPCREL(%rip), %rax
	xorl	%edx, %edx
	cmpq	wide@GOTPCREL(%rip), %rax
	sete	%dl
	testq	%rax, wide@GOTPCREL(%rip)
	setne	%cl
	movzbl	%cl, %ecx
	addl	near(%rip), %ecx
	subq	wide@GOTPCREL(%rip), %rax
	addq	%rdx, %rax
	addq	%rcx, %rax
	ret
	.size	asm_alu, . - asm_alu

/* call *f@GOTPCREL(%rip) becomes addr32 call f, or call f; nop. */
	.globl	asm_call
	.type	asm_call, @function
asm_call:
	subq	$8, %rsp
	movl	near(%rip), %edi
	call	*twice@GOTPCREL(%rip)
	addl	near(%rip), %eax
	cltq
	addq	$8, %rsp
	ret
	.size	asm_call, . - asm_call

/* jmp *f@GOTPCREL(%rip) becomes jmp f; nop: the field is a byte earlier. */
	.globl	asm_jump
	.type	asm_jump, @function
asm_jump:
	movl	near(%rip), %edi
	jmp	*twice@GOTPCREL(%rip)
	.size	asm_jump, . - asm_jump

/* A function that calls the stub by the GOT, too. */
	.globl	asm_stub
	.type	asm_stub, @function
asm_stub:
	subq	$8, %rsp
	movl	$4, %edi
	call	*choose@GOTPCREL(%rip)
	cltq
	addq	$8, %rsp
	ret
	.size	asm_stub, . - asm_stub

	.globl	asm_stub_jump
	.type	asm_stub_jump, @function
asm_stub_jump:
	movl	$6, %edi
	jmp	*choose@GOTPCREL(%rip)
	.size	asm_stub_jump, . - asm_stub_jump

/* A conditional branch to another function, and a comparison before it. */
	.globl	asm_branch
	.type	asm_branch, @function
asm_branch:
	cmpl	$7, near(%rip)
	ja	asm_jump
	movl	$9, %edi
	cmpb	$0, flag(%rip)
	jne	choose
	xorl	%eax, %eax
	ret
	.size	asm_branch, . - asm_branch

	.globl	asm_sum
	.type	asm_sum, @function
asm_sum:
	pushq	%rbx
	call	asm_mov
	movq	%rax, %rbx
	call	asm_alu
	addq	%rax, %rbx
	call	asm_call
	addq	%rax, %rbx
	call	asm_jump
	cltq
	addq	%rax, %rbx
	call	asm_stub
	addq	%rax, %rbx
	call	asm_stub_jump
	cltq
	addq	%rax, %rbx
	call	asm_branch
	cltq
	addq	%rbx, %rax
	popq	%rbx
	ret
	.size	asm_sum, . - asm_sum

	.section .note.GNU-stack, "", @progbits
