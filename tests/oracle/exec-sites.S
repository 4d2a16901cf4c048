/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exec-sites.S - run any site with all registers and flags as exec.c wants
 *
 * exec_run() sets all registers and the flags, jumps to the site at exec_site
 * and, as that jumps back, stores them all.  Nothing but mov and jmp stand
 * between popf and the site or between the site and pushf after it: they change
 * no flag.  The stack pointer is any number meanwhile, so nothing may be pushed
 * but by a site that is about that.
 *
 * The sites come from sites.py, in uses.inc.
 */
#include "rtstatic.h"

#ifdef __x86_64__
#define WORD		.quad
#define BYTES		8
#define COUNT		16
#define AT(x)		x(%rip)
#define SP		%rsp
#define FIRST		%rax
#define POPF		popfq
#define PUSHF		pushfq
#else
#define WORD		.long
#define BYTES		4
#define COUNT		8
#define AT(x)		x
#define SP		%esp
#define FIRST		%eax
#define POPF		popfl
#define PUSHF		pushfl
#endif

	.data
	.balign	8
#define OBJECT(name, bytes)						\
	.globl	name; .type name, @object; .size name, bytes;		\
name:	.zero	bytes
	OBJECT(x, 8)
	OBJECT(pointer, BYTES)
	OBJECT(stub_slot, BYTES)
	OBJECT(exec_in, COUNT * BYTES)
	OBJECT(exec_out, COUNT * BYTES)
	OBJECT(exec_flags_in, BYTES)
	OBJECT(exec_flags_out, BYTES)
	OBJECT(exec_site, BYTES)
	OBJECT(exec_back, BYTES)
	OBJECT(exec_stack, BYTES)
	RTS_VAR(x)
	RTS_OPS(pointer)
	RTS_FUNC(stub, stub_slot)

	.text
	.globl	exec_run
	.type	exec_run, @function
exec_run:
#ifdef __x86_64__
#define EACH(what)							\
	what(0, %rax); what(1, %rcx); what(2, %rdx); what(3, %rbx);	\
	what(4, %rsp); what(5, %rbp); what(6, %rsi); what(7, %rdi);	\
	what(8, %r8); what(9, %r9); what(10, %r10); what(11, %r11);	\
	what(12, %r12); what(13, %r13); what(14, %r14); what(15, %r15)
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
#else
#define EACH(what)							\
	what(0, %eax); what(1, %ecx); what(2, %edx); what(3, %ebx);	\
	what(4, %esp); what(5, %ebp); what(6, %esi); what(7, %edi)
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
#endif
#define LOAD(n, reg)	mov AT(exec_in + n * BYTES), reg
#define STORE(n, reg)	mov reg, AT(exec_out + n * BYTES)
	mov	SP, AT(exec_stack)
	push	AT(exec_flags_in)
	POPF
	EACH(LOAD)
	jmp	*AT(exec_site)
	.globl	exec_done
exec_done:
	EACH(STORE)
	mov	AT(exec_stack), SP
	PUSHF
	pop	AT(exec_flags_out)
	push	$0x202
	POPF
#ifdef __x86_64__
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
#else
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
#endif
	ret
	.size	exec_run, . - exec_run

	/* struct use of exec.c */
	.section .data.rel.ro.uses, "aw", @progbits
	.balign	8
	.globl	exec_x, exec_pointers, exec_targets, exec_uses, exec_uses_end
exec_x:
	WORD	x, 0
exec_pointers:
	WORD	pointer, stub_slot
exec_targets:
	WORD	target_1, target_2
exec_uses:

	.set	any, 0
	.set	s32, 1
	.set	load, 2
	.set	mask, 3
	.set	near, 4

	.macro	use tag, limit, width, name, insn
	.text
site_\@:
	\insn
end_\@:	jmp	exec_done
	record	site_\@, end_\@, "\tag", \limit, \width, "\name"
	.endm

	.macro	record site, end, tag, limit, width, name
	.section .rodata.str, "a", @progbits
name_\@:
	.asciz	"\name"
tag_\@:
	.asciz	"\tag"
	.section .data.rel.ro.uses, "aw", @progbits
	WORD	\site, \end, name_\@, tag_\@, \limit, \width
	.endm

	/* In a section of its own: an assembler may resolve what leads to its
	 * own section. */
	.section .text.stub, "ax", @progbits
	.globl	stub
	.hidden	stub
	.type	stub, @function
stub:	jmp	*AT(stub_slot)
	.size	stub, . - stub
	record	stub, stub_end, "jmp-slot", near, 0, "stub"
	.section .text.stub
stub_end:

	/* A call comes back this way, too: what it has pushed is looked at. */
	.text
	.macro	target n
	.type	target_\n, @function
target_\n:
	mov	$\n, FIRST
	jmp	*AT(exec_back)
	.size	target_\n, . - target_\n
	.endm
	target	1
	target	2

#include "uses.inc"

	.section .data.rel.ro.uses, "aw", @progbits
exec_uses_end:
	.section .note.GNU-stack, "", @progbits
