/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry.S - from the loader to kernel_main(); interrupt stubs; asm sites
 *
 * PVH is the smallest boot protocol there is: an ELF note names a 32-bit entry
 * point by its physical address, and the loader jumps there with paging off,
 * flat segments and the address of a struct start_info in %ebx.
 */
#include "kernel.h"
#include "rtstatic.h"

#define PHYS(x)		((x) - KERNEL_BASE)

	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 8, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.quad	PHYS(pvh_entry)

	.section .init.text, "ax", @progbits
	.code32
	.globl	pvh_entry
	.type	pvh_entry, @function
pvh_entry:
	cld
	movl	%ebx, %ebp
	movl	$PHYS(boot_stack_top), %esp

	/* The first 1 GiB at identity by 2 MiB pages, and, prepared but not
	 * hung in yet, the first 2 MiB at KERNEL_BASE by 4 KiB pages. */
	movl	$PHYS(pdpt_low) + 3, PHYS(pml4)
	movl	$PHYS(pd_low) + 3, PHYS(pdpt_low)
	movl	$PHYS(pd_high) + 3, PHYS(pdpt_high) + 510 * 8
	movl	$PHYS(pt_high) + 3, PHYS(pd_high)
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$21, %eax
	orl	$0x83, %eax
	movl	%eax, PHYS(pd_low)(, %ecx, 8)
	movl	%ecx, %eax
	shll	$12, %eax
	orl	$3, %eax
	movl	%eax, PHYS(pt_high)(, %ecx, 8)
	incl	%ecx
	cmpl	$512, %ecx
	jb	1b

	movl	%cr4, %eax
	orl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$PHYS(pml4), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x900, %eax		/* LME, NXE */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80010001, %eax	/* PG, WP, PE */
	movl	%eax, %cr0
	lgdt	PHYS(gdt_physical)
	ljmp	$8, $PHYS(start64)

	.code64
start64:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	/* Still at physical addresses.  The table's address is 0 if plain ld
	 * linked this. */
	.weak	rts_table_start
	.weak	rts_table_end
	movl	%ebp, %edi
	movq	$rts_table_start, %rcx
	movq	$rts_table_end, %rdx
	subq	%rcx, %rdx
	movq	%rcx, %rsi
	subq	$KERNEL_BASE, %rsi
	call	early_bind

	/* Up into the higher half. */
	movq	$PHYS(pdpt_high) + 3, PHYS(pml4) + 511 * 8
	movq	$1f, %rax
	jmp	*%rax
1:	lgdt	gdt_virtual(%rip)
	movq	$boot_stack_top, %rsp
	movl	%ebp, %edi
	xorl	%ebp, %ebp
	/* This page will be freed; kernel_main() does not come back. */
	jmp	kernel_main
	.size	pvh_entry, . - pvh_entry

/* ---- interrupts --------------------------------------------------------- */

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
	pushq	$0
	.endif
	pushq	$vector
	jmp	isr_common
	.set	vector, vector + 1
	.endr
	.size	isr_stubs, . - isr_stubs

	.type	isr_common, @function
isr_common:
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
	.size	isr_common, . - isr_common

/* ---- sites that only assembly writes ------------------------------------ */

/* A slot and its mark, as RTS_OPS in C. */
	.data
	.balign	8
	.globl	asm_hook
	.type	asm_hook, @object
asm_hook:
	.quad	asm_native
	.size	asm_hook, 8
RTS_OPS(asm_hook)

/* A hand-written stub; in a section of its own, else the assembler resolves
 * the calls below and leaves no relocation to find them by. */
	.globl	asm_slot
	.type	asm_slot, @object
asm_slot:
	.quad	asm_native
	.size	asm_slot, 8

	.section .text.rts.stub.asm_func, "ax", @progbits
	.globl	asm_func
	.type	asm_func, @function
asm_func:
	jmp	*asm_slot(%rip)
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
	call	*asm_hook(%rip)
	ret
	.size	asm_call_slot, . - asm_call_slot

/* Jump by push and ret, as return thunks do. */
	function asm_push_slot
	site	asm_push_slot_site
	pushq	asm_hook(%rip)
	ret
	.size	asm_push_slot, . - asm_push_slot

	function asm_call_func
	site	asm_call_func_site
	call	asm_func
	ret
	.size	asm_call_func, . - asm_call_func

/* A conditional tail call. */
	function asm_jcc_func
	testq	%rdi, %rdi
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

/* ---- data --------------------------------------------------------------- */

	.section .rodata, "a", @progbits
	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff	/* 64-bit code */
	.quad	0x00cf93000000ffff	/* data */
gdt_physical:
	.word	23
	.long	PHYS(gdt)
gdt_virtual:
	.word	23
	.quad	gdt

	.bss
	.balign	4096
	.irp	table, pml4, pdpt_low, pd_low, pdpt_high, pd_high, pt_high
	.globl	\table
	.type	\table, @object
	.size	\table, 4096
\table:	.skip	4096
	.endr
	.skip	16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
