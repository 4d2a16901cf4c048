/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec-sites.S - a function for each load, register and addressing mode
 *
 * Each sets all sixteen registers and the flags, runs its one site and stores
 * them all.  Nothing but mov stands between popfq and the site or between the
 * site and pushfq after it, for mov changes no flag.  %rsp is any number
 * meanwhile, so nothing may be pushed.
 */
#include "rtstatic.h"

	.data
	.balign	8
#define OBJECT(name, bytes)						\
	.globl	name; .type name, @object; .size name, bytes;		\
name:	.zero	bytes
	OBJECT(x64, 8)
	OBJECT(exec_in, 128)
	OBJECT(exec_out, 128)
	OBJECT(exec_flags_in, 8)
	OBJECT(exec_flags_out, 8)
	OBJECT(exec_stack, 8)
	OBJECT(x32, 4)
	RTS_VAR(x64)
	RTS_VAR(x32)

	/* struct use of exec.c */
	.section .data.rel.ro.uses, "aw", @progbits
	.balign	8
	.globl	exec_uses, exec_uses_end
exec_uses:

	.macro	load_all
	mov	exec_in+0(%rip), %rax
	mov	exec_in+8(%rip), %rcx
	mov	exec_in+16(%rip), %rdx
	mov	exec_in+24(%rip), %rbx
	mov	exec_in+32(%rip), %rsp
	mov	exec_in+40(%rip), %rbp
	mov	exec_in+48(%rip), %rsi
	mov	exec_in+56(%rip), %rdi
	mov	exec_in+64(%rip), %r8
	mov	exec_in+72(%rip), %r9
	mov	exec_in+80(%rip), %r10
	mov	exec_in+88(%rip), %r11
	mov	exec_in+96(%rip), %r12
	mov	exec_in+104(%rip), %r13
	mov	exec_in+112(%rip), %r14
	mov	exec_in+120(%rip), %r15
	.endm

	.macro	store_all
	mov	%rax, exec_out+0(%rip)
	mov	%rcx, exec_out+8(%rip)
	mov	%rdx, exec_out+16(%rip)
	mov	%rbx, exec_out+24(%rip)
	mov	%rsp, exec_out+32(%rip)
	mov	%rbp, exec_out+40(%rip)
	mov	%rsi, exec_out+48(%rip)
	mov	%rdi, exec_out+56(%rip)
	mov	%r8, exec_out+64(%rip)
	mov	%r9, exec_out+72(%rip)
	mov	%r10, exec_out+80(%rip)
	mov	%r11, exec_out+88(%rip)
	mov	%r12, exec_out+96(%rip)
	mov	%r13, exec_out+104(%rip)
	mov	%r14, exec_out+112(%rip)
	mov	%r15, exec_out+120(%rip)
	.endm

	/* kind is RTS_TAG_*, n the register's number */
	.macro	use kind, n, insn:vararg
	.text
	.balign	16
	.type	use_\@, @function
use_\@:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, exec_stack(%rip)
	push	exec_flags_in(%rip)
	popfq
	load_all
	\insn
end_\@:	store_all
	mov	exec_stack(%rip), %rsp
	pushfq
	pop	exec_flags_out(%rip)
	push	$0x202
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	use_\@, . - use_\@
	.section .data.rel.ro.uses, "aw", @progbits
	.quad	use_\@, end_\@, \kind, \n
	.endm

	.macro	loads n, r64, r32
	use	6, \n, mov x32(%rip), %\r32
	use	7, \n, mov x64(%rip), %\r64
	use	8, \n, movslq x32(%rip), %\r64
#ifdef ABSOLUTE
	use	6, \n, mov x32, %\r32
	use	7, \n, mov x64, %\r64
	use	8, \n, movslq x32, %\r64
#endif
	.endm

	loads	0, rax, eax
	loads	1, rcx, ecx
	loads	2, rdx, edx
	loads	3, rbx, ebx
	loads	4, rsp, esp
	loads	5, rbp, ebp
	loads	6, rsi, esi
	loads	7, rdi, edi
	loads	8, r8, r8d
	loads	9, r9, r9d
	loads	10, r10, r10d
	loads	11, r11, r11d
	loads	12, r12, r12d
	loads	13, r13, r13d
	loads	14, r14, r14d
	loads	15, r15, r15d

	.section .data.rel.ro.uses, "aw", @progbits
exec_uses_end:
	.section .note.GNU-stack, "", @progbits
