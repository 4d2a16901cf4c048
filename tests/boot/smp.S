/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smp.S - where another CPU starts, and what an NMI does while text changes
 */
#include "smp.h"

#define PHYS(x)		((x) - KERNEL_BASE)
#define AT(x)		(TRAMPOLINE + (x) - trampoline)

/* Copied to TRAMPOLINE, below 1 MiB: SIPI starts in real mode at a page of
 * which it says the number.  Straight into long mode: page tables and EFER
 * first, then paging and protection in one store. */
	.section .rodata, "a", @progbits
	.globl	trampoline, trampoline_end
trampoline:
	.code16
	cli
	cld
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	AT(trampoline_gdt)
	movl	$0x20, %eax		/* PAE */
	movl	%eax, %cr4
	movl	$PHYS(trampoline_pml4), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER */
	rdmsr
	orl	$0x900, %eax		/* LME, NXE */
	wrmsr
	movl	$0x80010011, %eax	/* PG, WP, ET, PE; caches on */
	movl	%eax, %cr0
	ljmpl	$8, $AT(trampoline_64)
	.code64
trampoline_64:
	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movq	$smp_entry, %rax
	jmp	*%rax
	.balign	8
trampoline_gdt:
	.word	23
	.long	AT(1f)
	.balign	8
1:	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
trampoline_end:

	.text
	.type	smp_entry, @function
smp_entry:
	movq	$PHYS(pml4), %rax	/* where low memory is no code */
	movq	%rax, %cr3
	movq	smp_stack(%rip), %rsp
	movq	smp_starting(%rip), %rdi
	xorl	%ebp, %ebp
	call	smp_started
	.size	smp_entry, . - smp_entry

/* While parked.  IRET allows the next NMI. */
	.globl	park_nmi
	.type	park_nmi, @function
park_nmi:
	incl	%gs:PERCPU_NOTED_NMI
	iretq
	.size	park_nmi, . - park_nmi

	.globl	park_machine_check
	.type	park_machine_check, @function
park_machine_check:
	incl	%gs:PERCPU_NOTED_MCE
	iretq
	.size	park_machine_check, . - park_machine_check

	.bss
	.balign	4096
	.irp	table, trampoline_pml4, trampoline_pdpt, trampoline_pd, pd_apic
	.globl	\table
\table:	.skip	4096
	.endr

	.section .note.GNU-stack, "", @progbits
