/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steps-cases.S - sites that a compiler would write only now and then
 *
 * Each is a function of a long that gives a long, and reads its slot once, so
 * that it must give what the old content gives or what the new one does.  No
 * unwind tables: windows are taken as they are found.
 */
#include "rtstatic.h"

	.macro	function name
	.text
	.balign	16
	.globl	asm_\name
	.type	asm_\name, @function
asm_\name:
	.endm

/* ---- calls -------------------------------------------------------------- */

	function call
	call	pick
	inc	%rax
	ret
	function tail
	inc	%rdi
	jmp	pick
	function jcc
	cmp	$1000, %rdi
	jb	pick
	xor	%eax, %eax
	ret
	function call_slot
	call	*ops+8(%rip)
	inc	%rax
	ret
	function tail_slot
	inc	%rdi
	jmp	*ops+8(%rip)
	function push_slot
	push	use_word(%rip)
	pop	%rax
	ret
	function nullable
	mov	%rdi, %rax
	call	maybe
	inc	%rax
	ret
	function tail_nullable
	mov	%rdi, %rax
	jmp	maybe

/* ---- windows ------------------------------------------------------------ */

	/* Most bodies change none of what is pushed. */
	function window
	mov	$100, %esi
	mov	$1000, %edx
	push	%rsi
	push	%rdx
	call	pick
	pop	%rdx
	pop	%rsi
	add	%rsi, %rax
	add	%rdx, %rax
	ret
	/* One changes it: it stands between them. */
	function window_between
	mov	$10000, %ecx
	push	%rcx
	push	%rdx
	call	*ops+8(%rip)
	pop	%rdx
	pop	%rcx
	add	%rcx, %rax
	ret
	function window_slot
	mov	$100, %esi
	push	%rsi
	call	*ops+8(%rip)
	pop	%rsi
	add	%rsi, %rax
	ret
	function window_nullable
	mov	%rdi, %rax
	mov	$100, %esi
	mov	$1000, %edx
	push	%rsi
	push	%rdx
	call	maybe
	pop	%rdx
	pop	%rsi
	add	%rsi, %rax
	add	%rdx, %rax
	ret
	.local	kept
	.comm	kept, 8, 8

/* ---- retpolines --------------------------------------------------------- */

	.macro	thunk reg
	.section .text.thunk, "ax", @progbits
	.globl	__x86_indirect_thunk_\reg
__x86_indirect_thunk_\reg:
	jmp	*%\reg
	.text
	.endm
	thunk	rax
	thunk	rbx
	thunk	r11

	function call_thunk
	mov	ops+8(%rip), %rax
	call	__x86_indirect_thunk_rax
	inc	%rax
	ret
	function tail_thunk
	mov	ops+8(%rip), %r11
	inc	%rdi
	jmp	__x86_indirect_thunk_r11
	/* if (p) p(x): never a call of 0. */
	function thunk_null
	mov	ops+16(%rip), %rax
	test	%rax, %rax
	je	1f
	call	__x86_indirect_thunk_rax
	inc	%rax
	ret
1:	mov	$77, %eax
	ret
	function tail_thunk_null
	mov	ops+16(%rip), %r11
	test	%r11, %r11
	je	1f
	jmp	__x86_indirect_thunk_r11
1:	mov	$77, %eax
	ret
	/* Both calls are of one function. */
	function thunk_twice
	push	%rbx
	push	%r12
	push	%r13
	mov	%rdi, %r12
	mov	ops+8(%rip), %rbx
	call	__x86_indirect_thunk_rbx
	imul	$1000, %rax, %r13
	mov	%r12, %rdi
	call	__x86_indirect_thunk_rbx
	add	%r13, %rax
	pop	%r13
	pop	%r12
	pop	%rbx
	ret
	/* Which was called is told. */
	function thunk_told
	mov	ops+8(%rip), %rax
	mov	%rax, kept(%rip)
	call	__x86_indirect_thunk_rax
	xor	kept(%rip), %rax
	ret

/* ---- branches ----------------------------------------------------------- */

	function alone_cmp
	cmpl	$5, use_int(%rip)
	mov	%edi, %eax
	je	1f
	mov	$1, %eax
1:	ret
	function alone_load
	mov	use_int(%rip), %ecx
	mov	%edi, %eax
	test	%ecx, %ecx
	jne	1f
	mov	$1, %eax
1:	ret
	function alone_setcc
	xor	%eax, %eax
	cmpb	$5, use_byte(%rip)
	sete	%al
	ret
	function alone_cmov
	mov	$1, %eax
	cmpl	$5, use_int(%rip)
	cmove	%edi, %eax
	ret

	function depends_load
	mov	use_int(%rip), %ecx
	xor	%eax, %eax
	test	%ecx, %ecx
	je	1f
	lea	100(%rcx), %eax
1:	add	%ecx, %eax
	ret
	function depends_word
	mov	use_word(%rip), %rcx
	mov	%rcx, %rax
	cmp	$5, %rcx
	jne	1f
	not	%rax
1:	ret
	function depends_twice
	cmpl	$0, use_int(%rip)
	mov	$0, %eax
	je	1f
	lea	100(%rax), %eax
1:	jne	2f
	lea	7(%rax), %eax
2:	ret
	function depends_setcc
	cmpl	$5, use_int(%rip)
	mov	$0, %eax
	sete	%al
	jne	1f
	lea	100(%rax), %eax
1:	ret
	function depends_cmov
	mov	$1, %eax
	mov	$2, %ecx
	cmpl	$5, use_int(%rip)
	cmove	%ecx, %eax
	jne	1f
	lea	100(%rax), %eax
1:	ret
	function depends_three
	mov	$0, %eax
	testb	$1, use_byte(%rip)
	je	1f
	lea	1(%rax), %eax
1:	setne	%cl
	je	2f
	lea	10(%rax), %eax
2:	movzbl	%cl, %ecx
	imul	$100, %ecx, %ecx
	add	%ecx, %eax
	ret

/* ---- how they are run --------------------------------------------------- */

	/* steps_run(run, state): with the trap flag.  However a wrong one
	 * leaves stack and registers, its caller has its own. */
	.globl	steps_run, steps_run_end
	.type	steps_run, @function
steps_run:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rdi, %rax
	mov	%rsi, %rdi
	mov	%rsp, steps_base(%rip)
	pushfq
	orl	$0x100, (%rsp)
	popfq
	call	*%rax
	mov	steps_base(%rip), %rsp
	pushfq
	andl	$~0x100, (%rsp)
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
steps_run_end:	nop
	/* The stack of a case ends here. */
	.globl	steps_base
	.comm	steps_base, 8, 8
	.section .note.GNU-stack, "", @progbits
