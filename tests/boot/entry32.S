/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry32.S - from the loader to kernel_main() on i386
 *
 * The same PVH note as in entry.S, for that protocol knows one entry point of
 * 32 bits only.  PAE gives the page tables of x86-64 without the upper two
 * levels, and with them no-execute; so cpu.c protects both kernels alike.
 */
#include "kernel.h"

#define PHYS(x)		((x) - KERNEL_BASE)

	.section .note.Xen, "a", @note
	.balign	4
	.long	4, 8, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	PHYS(pvh_entry), 0

	.section .init.text, "ax", @progbits
	.globl	pvh_entry
	.type	pvh_entry, @function
pvh_entry:
	cld
	movl	%ebx, %ebp
	movl	$PHYS(boot_stack_top), %esp
	lgdt	PHYS(gdt_physical)	/* the loader's is the loader's */
	ljmp	$8, $PHYS(1f)
1:	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss

	/* Before there are page tables at all.  The table's address is 0 if
	 * plain ld linked this.  Three arguments in registers, the fourth
	 * on the stack: -mregparm=3. */
	.weak	rts_table_start
	.weak	rts_table_end
	movl	$rts_table_start, %eax
	movl	$rts_table_end, %ecx
	subl	%eax, %ecx
	pushl	%eax
	leal	-KERNEL_BASE(%eax), %edx
	movl	%ebp, %eax
	call	early_bind
	popl	%eax

	/* The first 1 GiB at identity by 2 MiB pages, and the first 2 MiB at
	 * KERNEL_BASE by 4 KiB pages. */
	movl	$PHYS(pd_low) + 1, PHYS(pdpt)
	movl	$PHYS(pd_high) + 1, PHYS(pdpt) + 3 * 8
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
	movl	$PHYS(pdpt), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x800, %eax		/* NXE */
	wrmsr
	movl	%cr0, %eax
	orl	$0x80010001, %eax	/* PG, WP, PE */
	movl	%eax, %cr0

	/* Up to the kernel's own addresses. */
	movl	$1f, %eax
	jmp	*%eax
1:	lgdt	gdt_virtual
	movl	$boot_stack_top, %esp
	movl	%ebp, %eax
	xorl	%ebp, %ebp
	/* This page will be freed; kernel_main() does not come back. */
	jmp	kernel_main
	.size	pvh_entry, . - pvh_entry

/* ---- data --------------------------------------------------------------- */

	.section .rodata, "a", @progbits
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* 32-bit code */
	.quad	0x00cf93000000ffff	/* data */
gdt_physical:
	.word	23
	.long	PHYS(gdt)
gdt_virtual:
	.word	23
	.long	gdt

	.bss
	.balign	4096
	.irp	table, pd_low, pd_high, pt_high
	.globl	\table
	.type	\table, @object
	.size	\table, 4096
\table:	.skip	4096
	.endr
pdpt:	.skip	32
	.balign	16
	.skip	16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
