/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entry-code.S - what a CPU does at a breakpoint in a kernel's text, by hand
 *
 * breakpoint_at() loads all registers from entry_in, flags and stack pointer
 * too, and puts the frame on that stack that the CPU would, of an int3 that
 * ends at `behind'.  The entry must return to where rtld_live_trap (entry.c)
 * said; all it returns to comes to `landed', which stores everything.
 */
#include "live-entry-x86.h"

	.text
breakpoint:
	rtld_live_entry entry_live, other

	.globl	breakpoint_at, landed
#ifdef __x86_64__

breakpoint_at:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, entry_stack(%rip)
	mov	entry_in+32(%rip), %rsp
	and	$-16, %rsp
	mov	%ss, %eax
	push	%rax
	push	entry_in+32(%rip)
	push	entry_in+136(%rip)
	mov	%cs, %eax
	push	%rax
	push	entry_in+128(%rip)
	mov	entry_in+0(%rip), %rax
	mov	entry_in+8(%rip), %rcx
	mov	entry_in+16(%rip), %rdx
	mov	entry_in+24(%rip), %rbx
	mov	entry_in+40(%rip), %rbp
	mov	entry_in+48(%rip), %rsi
	mov	entry_in+56(%rip), %rdi
	mov	entry_in+64(%rip), %r8
	mov	entry_in+72(%rip), %r9
	mov	entry_in+80(%rip), %r10
	mov	entry_in+88(%rip), %r11
	mov	entry_in+96(%rip), %r12
	mov	entry_in+104(%rip), %r13
	mov	entry_in+112(%rip), %r14
	mov	entry_in+120(%rip), %r15
	jmp	breakpoint

other:	movl	$1, entry_other(%rip)
	iretq				/* the CPU's own frame must be there */

landed:	mov	%rax, entry_out+0(%rip)
	mov	%rcx, entry_out+8(%rip)
	mov	%rdx, entry_out+16(%rip)
	mov	%rbx, entry_out+24(%rip)
	mov	%rsp, entry_out+32(%rip)
	mov	%rbp, entry_out+40(%rip)
	mov	%rsi, entry_out+48(%rip)
	mov	%rdi, entry_out+56(%rip)
	mov	%r8, entry_out+64(%rip)
	mov	%r9, entry_out+72(%rip)
	mov	%r10, entry_out+80(%rip)
	mov	%r11, entry_out+88(%rip)
	mov	%r12, entry_out+96(%rip)
	mov	%r13, entry_out+104(%rip)
	mov	%r14, entry_out+112(%rip)
	mov	%r15, entry_out+120(%rip)
	mov	entry_stack(%rip), %rsp
	pushf
	pop	entry_out+136(%rip)
	push	$0x202
	popf
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

#else

breakpoint_at:
	push	%ebx
	push	%ebp
	push	%esi
	push	%edi
	mov	%esp, entry_stack
	mov	entry_in+16, %esp
	push	entry_in+68
	push	%cs
	push	entry_in+64
	mov	entry_in+0, %eax
	mov	entry_in+4, %ecx
	mov	entry_in+8, %edx
	mov	entry_in+12, %ebx
	mov	entry_in+20, %ebp
	mov	entry_in+24, %esi
	mov	entry_in+28, %edi
	jmp	breakpoint

other:	movl	$1, entry_other
	iretl

landed:	mov	%eax, entry_out+0
	mov	%ecx, entry_out+4
	mov	%edx, entry_out+8
	mov	%ebx, entry_out+12
	mov	%esp, entry_out+16
	mov	%ebp, entry_out+20
	mov	%esi, entry_out+24
	mov	%edi, entry_out+28
	mov	entry_stack, %esp
	pushf
	pop	entry_out+68
	push	$0x202
	popf
	pop	%edi
	pop	%esi
	pop	%ebp
	pop	%ebx
	ret

#endif
	.section .note.GNU-stack, "", @progbits
