/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * traps.S - the stubs that the interrupt table points to, for both machines
 *
 * `push' and `jmp' have the width of the mode, so the stubs are the same; what
 * they come to saves the registers that there are.  cpu.c has the frame.
 */
#include "kernel.h"

	.text
	.balign	16
	.globl	isr_stubs
	.type	isr_stubs, @function
isr_stubs:
	.set	vector, 0
	.rept	48
	.balign	16
	/* Exceptions 8, 10-14, 17, 21, 29, 30 push an error code. */
	.if	((0x60227d00 >> vector) & 1) == 0 || vector >= 32
	push	$0
	.endif
	push	$vector
	jmp	isr_common
	.set	vector, vector + 1
	.endr
	.size	isr_stubs, . - isr_stubs

	.type	isr_common, @function
isr_common:
#ifdef __x86_64__
	.irp	reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, \
		r12, r13, r14, r15
	pushq	%\reg
	.endr
	movq	%rsp, %rdi
	cld
	call	trap
	.irp	reg, r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, \
		rdx, rcx, rbx, rax
	popq	%\reg
	.endr
	addq	$16, %rsp
	iretq
#else
	pushal
	movl	%esp, %eax
	cld
	call	trap
	popal
	addl	$8, %esp
	iretl
#endif
	.size	isr_common, . - isr_common

	.section .note.GNU-stack, "", @progbits
