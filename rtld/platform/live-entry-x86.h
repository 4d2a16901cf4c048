/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * live-entry-x86.h - an entry for breakpoints in a kernel's own text
 *
 *	#include <rtld/live-entry-x86.h>	in an assembly file
 *	breakpoint:
 *		rtld_live_entry l, other
 *	other:	...				as if it were the entry itself
 *
 * `breakpoint' stands in gate 3 of the IDT: an interrupt gate (interrupts off),
 * without a stack of its own (IST 0, no task gate).  l is the struct rtld_live;
 * other is entered with registers and stack as the CPU left them, for
 * breakpoints of user mode and for those that are not ours.
 *
 * Why no stack of its own (IST) on x86-64: the second breakpoint, in an NMI
 * that came while the first was handled, would overwrite the first's frame.
 * Without one the CPU puts its frame right below the interrupted stack, where a
 * call that is emulated must put its return address.  So the frame moves down
 * first.  The old one stays for `other'.
 *
 * i386: within one privilege the CPU neither saves nor restores esp; it is what
 * lies above the frame.  So the frame to return by is built below the new esp.
 *
 * What a kernel of its own must see to: iret lets NMIs come again, so an NMI
 * handler that meets a breakpoint can be interrupted by the next NMI.  (Those
 * who nest NMIs are ready for that; others keep sites out of NMI.)
 * Supervisor shadow stacks are not served: the emulated call is not on them.
 */
#ifndef RTLD_LIVE_ENTRY_X86_H
#define RTLD_LIVE_ENTRY_X86_H
#ifdef __ASSEMBLER__

/* struct rtld_regs is at the stack's top meanwhile, the frame behind it. */
#ifdef __x86_64__

	.macro	rtld_live_entry live, other
	testb	$3, 8(%rsp)
	jnz	\other
	.rept	5
	pushq	32(%rsp)		/* ss, rsp, rflags, cs, rip */
	.endr
	sub	$144, %rsp		/* leaves it a multiple of 16 */
	mov	%rax, 0(%rsp)
	mov	%rcx, 8(%rsp)
	mov	%rdx, 16(%rsp)
	mov	%rbx, 24(%rsp)
	mov	%rbp, 40(%rsp)
	mov	%rsi, 48(%rsp)
	mov	%rdi, 56(%rsp)
	mov	%r8, 64(%rsp)
	mov	%r9, 72(%rsp)
	mov	%r10, 80(%rsp)
	mov	%r11, 88(%rsp)
	mov	%r12, 96(%rsp)
	mov	%r13, 104(%rsp)
	mov	%r14, 112(%rsp)
	mov	%r15, 120(%rsp)
	mov	168(%rsp), %rax
	mov	%rax, 32(%rsp)		/* rsp */
	mov	144(%rsp), %rax
	mov	%rax, 128(%rsp)		/* rip */
	mov	160(%rsp), %rax
	mov	%rax, 136(%rsp)		/* rflags */
	lea	\live(%rip), %rdi
	mov	%rsp, %rsi
	cld
	call	rtld_live_trap
	test	%eax, %eax
	/* From here to the branch nothing changes flags. */
	mov	32(%rsp), %rax
	mov	%rax, 168(%rsp)
	mov	128(%rsp), %rax
	mov	%rax, 144(%rsp)
	mov	136(%rsp), %rax
	mov	%rax, 160(%rsp)
	mov	0(%rsp), %rax
	mov	8(%rsp), %rcx
	mov	16(%rsp), %rdx
	mov	24(%rsp), %rbx
	mov	40(%rsp), %rbp
	mov	48(%rsp), %rsi
	mov	56(%rsp), %rdi
	mov	64(%rsp), %r8
	mov	72(%rsp), %r9
	mov	80(%rsp), %r10
	mov	88(%rsp), %r11
	mov	96(%rsp), %r12
	mov	104(%rsp), %r13
	mov	112(%rsp), %r14
	mov	120(%rsp), %r15
	lea	144(%rsp), %rsp
	jz	1f
	iretq
1:	lea	40(%rsp), %rsp
	jmp	\other
	.endm

#else

	.macro	rtld_live_entry live, other
	testb	$3, 4(%esp)
	jnz	\other
	testb	$2, 10(%esp)		/* EFLAGS.VM */
	jnz	\other
	.rept	3
	pushl	8(%esp)			/* eflags, cs, eip */
	.endr
	sub	$72, %esp
	mov	%eax, 0(%esp)
	mov	%ecx, 4(%esp)
	mov	%edx, 8(%esp)
	mov	%ebx, 12(%esp)
	mov	%ebp, 20(%esp)
	mov	%esi, 24(%esp)
	mov	%edi, 28(%esp)
	lea	96(%esp), %eax
	mov	%eax, 16(%esp)		/* esp */
	mov	72(%esp), %eax
	mov	%eax, 64(%esp)		/* eip */
	mov	80(%esp), %eax
	mov	%eax, 68(%esp)		/* eflags */
	mov	%esp, %ebx
	and	$-16, %esp
	sub	$8, %esp
	push	%ebx
	push	$\live
	cld
	call	rtld_live_trap
	mov	%ebx, %esp
	test	%eax, %eax
	jz	1f
	/* Read all of the frame that goes before the new one is there. */
	mov	16(%esp), %eax
	mov	64(%esp), %ecx
	mov	76(%esp), %edx
	mov	68(%esp), %esi
	mov	%esi, -4(%eax)
	mov	%edx, -8(%eax)
	mov	%ecx, -12(%eax)
	sub	$12, %eax
	mov	%eax, 16(%esp)
1:	mov	0(%esp), %eax
	mov	4(%esp), %ecx
	mov	8(%esp), %edx
	mov	12(%esp), %ebx
	mov	20(%esp), %ebp
	mov	24(%esp), %esi
	mov	28(%esp), %edi
	jz	2f			/* the test's, or sub's, which is not 0 */
	mov	16(%esp), %esp
	iretl
2:	lea	84(%esp), %esp
	jmp	\other
	.endm

#endif

#endif /* __ASSEMBLER__ */
#endif /* RTLD_LIVE_ENTRY_X86_H */
