/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * stress.S - the sites, and the functions that they call
 */
#include "stress.h"
#include "rtstatic.h"
#define rtld_live_trap late_trap	/* late-hosts.c: first of all that one */
#include "platform/live-entry-x86.h"

/* What st_func and st_ops stand for: each gives its number and counts itself,
 * in a register that nobody else uses meanwhile. */
	.text
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	.balign	16
	.globl	st_answer_\n
	.type	st_answer_\n, @function
st_answer_\n:
	incq	%r12
	movl	$\n, %eax
	ret
	.size	st_answer_\n, . - st_answer_\n
	.endr

	.macro	function name
	.balign	16
	.globl	\name
	.type	\name, @function
\name:
	pushq	%rbx
	pushq	%r12
	movq	%rdi, %rbx
	xorl	%r12d, %r12d
	.set	answer, 0
	.endm

	.macro	note
	movq	%rax, answer * 8(%rbx)
	.set	answer, answer + 1
	.endm

	.macro	done name
	movq	%r12, %rax
	popq	%r12
	popq	%rbx
	ret
	.size	\name, . - \name
	.endm

	.section .rodata.windows, "a", @progbits
	.balign	8
	.globl	st_windows
st_windows:				/* st_pass fills it */
	.text

/* uint64_t st_pass(uint64_t *answers): returns how many calls arrived. */
	function st_pass
	.globl	st_pass_site
st_pass_site:
	.rept	ST_CALLS
	call	st_func
	note
	.endr
	.rept	ST_OPS
	call	*st_ops(%rip)
	note
	.endr
	.rept	ST_OPS_NEXT
	call	*st_ops + 8(%rip)
	note
	.endr
	.rept	ST_LOADS
	movl	st_int(%rip), %eax
	note
	.endr
	.rept	ST_WIDES
	movq	st_wide(%rip), %rax
	note
	.endr
	.rept	ST_BYTES
	movzbl	st_byte(%rip), %eax
	note
	.endr
	.rept	ST_ADDS
	movl	$7, %eax
	addl	st_int(%rip), %eax
	note
	.endr
	.rept	ST_COMPARES
	xorl	%eax, %eax
	cmpb	$0, st_flag(%rip)
	je	1f
	movl	$1, %eax
1:	note
	.endr
	.rept	ST_BODIES
	call	st_body
	note
	.endr
	.rept	ST_PATCHED
	call	st_patch
	note
	.endr
	.rept	ST_WINDOWS
	movl	$ST_PUSHED, %eax
	movl	$ST_PUSHED, %ecx
	.pushsection .rodata.windows, "a", @progbits
	.quad	1f
	.popsection
1:	pushq	%rax
	pushq	%rcx
	RTS_CALL_ASM(st_window, RTS_CLOBBERS_C)
	popq	%rcx
	popq	%rax
	andl	%ecx, %eax
	note
	.endr
	done	st_pass

/* The same, less of it, for handlers. */
	function st_small
	.globl	st_small_site
st_small_site:
	.rept	ST_SMALL / 2
	call	st_func
	note
	movl	st_int(%rip), %eax
	note
	.endr
	done	st_small

/* Gate 3.  The stack is the interrupted one's, also in an NMI. */
	.balign	16
	.globl	live_breakpoint
	.type	live_breakpoint, @function
live_breakpoint:
	rtld_live_entry l, isr_stubs+48	/* that of vector 3 */
	.size	live_breakpoint, . - live_breakpoint

	.section .note.GNU-stack, "", @progbits
