/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sites.S - functions with one site of each kind (some have two), many of each
 *
 * Each returns in %rax something that depends on the content, and that is
 * neither of the two right ones if the site was torn, skipped or run twice.
 */
#include "live.h"

	.set	old32, OLD32	/* no macro is expanded in a string */

	/* function and kind; sets.c reads them */
	.macro	one kind, before, site, behind
	.text
	.type	use_\@, @function
use_\@:
	\before
	\site
	\behind
	ret
	.size	use_\@, . - use_\@
	.section .rodata.kinds, "aMS", @progbits, 1
kind_\@: .asciz	"\kind"
	.section .data.rel.ro.uses, "aw", @progbits
	.balign	8
	.quad	use_\@, kind_\@
	.endm

	.macro	many kind, before, site, behind
	.rept	COPIES
	one	"\kind", "\before", "\site", "\behind"
	.endr
	.endm

	.section .data.rel.ro.uses, "aw", @progbits
	.balign	8
	.globl	site_uses, site_uses_end
site_uses:

	.text
	.globl	old_function, new_function
	.type	old_function, @function
old_function:
	mov	$0x1111, %eax
	ret
	.size	old_function, . - old_function
	.type	new_function, @function
new_function:
	mov	$0x2222, %eax
	ret
	.size	new_function, . - new_function
	.globl	foreign_int3
	.hidden	foreign_int3
foreign_int3:
	int3
	.globl	__x86_indirect_thunk_rax
	.type	__x86_indirect_thunk_rax, @function
__x86_indirect_thunk_rax:
	jmp	*%rax
	.size	__x86_indirect_thunk_rax, . - __x86_indirect_thunk_rax

	/* branches */
	many	"call-slot", "sub $8, %rsp; xor %eax, %eax", "call *ops+8(%rip)", "add $8, %rsp"
	many	"jmp-slot", "xor %eax, %eax", "jmp *ops(%rip)"
	many	"call", "sub $8, %rsp; xor %eax, %eax", "call chosen", "add $8, %rsp"
	many	"jmp", "xor %eax, %eax", "jmp chosen"
	many	"jcc", "xor %eax, %eax", "je chosen"
	many	"jcc, not taken", "mov x32(%rip), %eax; test %rsp, %rsp", "je chosen"
	many	"call-thunk", "sub $8, %rsp; mov ops(%rip), %rax", "call __x86_indirect_thunk_rax", "add $8, %rsp"
	many	"jmp-thunk", "mov ops+8(%rip), %rax", "jmp __x86_indirect_thunk_rax"
	/* loads */
	many	"push-slot", "", "push x64(%rip)", "pop %rax"
	many	"load8", "mov $-1, %rax", "mov x8(%rip), %al"
	many	"load8, high", "xor %eax, %eax", "mov x8(%rip), %ah"
	many	"load16", "mov $-1, %rax", "mov x16(%rip), %ax"
	many	"load32", "", "mov x32(%rip), %eax"
	many	"load32, r9", "", "mov x32(%rip), %r9d", "mov %r9, %rax"
	many	"load64", "", "mov x64(%rip), %rax"
	many	"load64, near", "", "mov xnear(%rip), %r11", "mov %r11, %rax"
	many	"load32s", "", "movslq x32(%rip), %rax"
	many	"movzbl", "", "movzbl x8(%rip), %eax"
	many	"movzwl", "", "movzwl x16(%rip), %eax"
	many	"movsbq", "", "movsbq x8(%rip), %rax"
	many	"movswl", "", "movswl x16(%rip), %eax"
	many	"const", "", ".byte 0x2e, 0x2e, 0x2e; mov x64(%rip), %rax"
	/* operations */
	many	"add", "mov $0x01234567, %eax", "add x32(%rip), %eax", "setc %ah"
	many	"or", "mov $0x01234567, %eax", "or x32(%rip), %eax"
	many	"adc", "mov $0x01234567, %eax; stc", "adc x32(%rip), %eax"
	many	"sbb", "mov $0x01234567, %eax; stc", "sbb x32(%rip), %eax"
	many	"and", "mov $0x0fffffff, %eax", "and x32(%rip), %eax"
	many	"sub", "mov $0x01234567, %rax", "sub x64(%rip), %rax"
	many	"xor", "mov $0x0123, %eax", "xor x16(%rip), %ax"
	many	"cmp", "mov $0x60000000, %eax", "cmp x32(%rip), %eax", "pushf; pop %rax; and $0xcd5, %eax"
	many	"test", "mov $0x80000004, %eax", "test x32(%rip), %eax", "pushf; pop %rax; and $0xcc5, %eax"
	many	"imul", "mov $3, %eax", "imul x32(%rip), %eax"
	many	"mask", "mov $-1, %rax", ".byte 0x2e, 0x2e; and x64(%rip), %rax"
	/* what depends on a comparison */
	many	"branch", "mov $1, %eax; cmpl $old32, x32(%rip)", "je 1f", "mov $2, %eax; 1:"
	many	"branch, far", "mov $1, %eax; cmpl $old32, x32(%rip)", "{disp32} je 1f", "mov $2, %eax; 1:"
	many	"setcc", "xor %eax, %eax; cmpl $old32, x32(%rip)", "sete %al", "or $0x30, %eax"
	many	"cmov", "mov $1, %eax; mov $2, %ecx; cmpl $old32, x32(%rip)", "cmove %ecx, %eax"
	many	"setcc, high", "xor %edx, %edx; mov x32(%rip), %eax; cmp $old32, %eax", "sete %dh", "movzwl %dx, %eax; or $0x30, %eax"

	.section .data.rel.ro.uses, "aw", @progbits
site_uses_end:
	.section .note.GNU-stack, "", @progbits
