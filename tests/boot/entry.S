/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry.S - from the loader to kernel_main() on x86-64
 *
 * PVH is the smallest boot protocol there is: an ELF note names a 32-bit entry
 * point by its physical address, and the loader jumps there with paging off,
 * flat segments and the address of a struct start_info in %ebx.
 */
#include "kernel.h"

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
	.globl	boot_stack_top
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
