/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sites.S - sites that only assembly writes, for both machines
 */
#include "kernel.h"
#include "rtstatic.h"

#ifdef __x86_64__
#define POINTER		.quad
#define AT(x)		x(%rip)
#define ARGUMENT	%rdi
#else
#define POINTER		.long
#define AT(x)		x
#define ARGUMENT	%eax
#endif

/* A slot and its mark, as RTS_OPS in C. */
	.data
	.balign	8
	.globl	asm_hook
	.type	asm_hook, @object
asm_hook:
	POINTER asm_native
	.size	asm_hook, . - asm_hook
RTS_OPS(asm_hook)

/* A hand-written stub; in a section of its own, else the assembler resolves
 * the calls below and leaves no relocation to find them by. */
	.globl	asm_slot
	.type	asm_slot, @object
asm_slot:
	POINTER asm_native
	.size	asm_slot, . - asm_slot

	.section .text.rts.stub.asm_func, "ax", @progbits
	.globl	asm_func
	.type	asm_func, @function
asm_func:
	jmp	*AT(asm_slot)
	.size	asm_func, . - asm_func
RTS_FUNC(asm_func, asm_slot)

	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.endm
	.macro	site name
	.globl	\name
\name:
	.endm

	.text
	function asm_call_slot
	site	asm_call_slot_site
	call	*AT(asm_hook)
	ret
	.size	asm_call_slot, . - asm_call_slot

/* Jump by push and ret, as return thunks do. */
	function asm_push_slot
	site	asm_push_slot_site
	push	AT(asm_hook)
	ret
	.size	asm_push_slot, . - asm_push_slot

	function asm_call_func
	site	asm_call_func_site
	call	asm_func
	ret
	.size	asm_call_func, . - asm_call_func

/* A conditional tail call. */
	function asm_jcc_func
	test	ARGUMENT, ARGUMENT
	site	asm_jcc_func_site
	jnz	asm_func
	ret
	.size	asm_jcc_func, . - asm_jcc_func

/* Never run: the harness damages this site in the image file. */
	function asm_foreign
	site	asm_foreign_site
	call	asm_func
	ret
	.size	asm_foreign, . - asm_foreign

/* In the window of push and pop a call may change more than it does to those
 * who know nothing of it. */
#ifdef __x86_64__
#define A	%rax
#define C	%rcx
#define D	%rdx
#else
#define A	%eax
#define C	%ecx
#define D	%edx
#endif
	function asm_flush_saved
	mov	$0x1111, A
	mov	$0x2222, C
	mov	$0x3333, D
	push	A
	push	C
	push	D
	RTS_CALL_ASM(pv_flush, RTS_CLOBBERS_C)
	pop	D
	pop	C
	pop	A
	sub	$0x1111, A
	cmp	$1, A
	mov	$0, A
	adc	$0, A
	cmp	$0x2222, C
	sete	%cl
	movzbl	%cl, %ecx
	add	C, A
	cmp	$0x3333, D
	sete	%dl
	movzbl	%dl, %edx
	add	D, A
	ret
	.size	asm_flush_saved, . - asm_flush_saved

	.section .note.GNU-stack, "", @progbits
