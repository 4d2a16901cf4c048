/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forms-rows.h - the rows of test_forms.c: an instruction and its form
 *
 * A row is written as a manual would: the bytes, with a dot for each byte of
 * the field, what the field leads to, and the form as text, one encoding behind
 * the other:
 *	GUARD BYTES [SOURCE]	s32 48 c7 c0 [V]
 * GUARD is the range that the field must fit (any, s32, u32), or `linked' for
 * the last one.  In [SOURCE], V is the slot's content, S its address, and -P
 * says PC-relative.  To add a form: add its rows.
 */
#ifndef TESTS_UNIT_FORMS_ROWS_H
#define TESTS_UNIT_FORMS_ROWS_H

enum how { PC, ABS };

struct row {
	const char *what, *bytes;
	enum how how;
	uint64_t target;
	enum rts_kind kind;
	const char *expect;
};

#define VAR	RTS_KIND_VAR
#define OPS	RTS_KIND_OPS
#define FUNC	RTS_KIND_FUNC

static const struct row rows[] = {
	/* Branches to a stub: only the distance changes. */
	{ "call stub", "e8 ....", PC, STUB, FUNC,
	  "call 8: s32 e8 [V-P] | linked e8 [stub-P]" },
	{ "jmp stub", "e9 ....", PC, STUB, FUNC,
	  "jmp 8: s32 e9 [V-P] | linked e9 [stub-P]" },
	{ "jne stub", "0f 85 ....", PC, STUB, FUNC,
	  "jcc 8: s32 0f 85 [V-P] | linked 0f 85 [stub-P]" },
	{ "jo stub", "0f 80 ....", PC, STUB, FUNC,
	  "jcc 8: s32 0f 80 [V-P] | linked 0f 80 [stub-P]" },
	{ "jg stub", "0f 8f ....", PC, STUB, FUNC,
	  "jcc 8: s32 0f 8f [V-P] | linked 0f 8f [stub-P]" },
	{ "addr32 call stub, as ld relaxes", "67 e8 ....", PC, STUB, FUNC,
	  "call 8: s32 67 e8 [V-P] | linked 67 e8 [stub-P]" },
	{ "cs call stub", "2e e8 ....", PC, STUB, FUNC,
	  "call 8: s32 2e e8 [V-P] | linked 2e e8 [stub-P]" },
	{ "bnd jmp stub", "f2 e9 ....", PC, STUB, FUNC,
	  "jmp 8: s32 f2 e9 [V-P] | linked f2 e9 [stub-P]" },
	{ "jne,pn stub", "2e 0f 85 ....", PC, STUB, FUNC,
	  "jcc 8: s32 2e 0f 85 [V-P] | linked 2e 0f 85 [stub-P]" },
	{ "jne,pt stub", "3e 0f 85 ....", PC, STUB, FUNC,
	  "jcc 8: s32 3e 0f 85 [V-P] | linked 3e 0f 85 [stub-P]" },
	{ "rex.W call stub", "48 e8 ....", PC, STUB, FUNC,
	  "call 8: s32 48 e8 [V-P] | linked 48 e8 [stub-P]" },
	{ "data16 jmp stub", "66 e9 ....", PC, STUB, FUNC, "kept prefix" },
	{ "data16 call stub", "66 e8 ....", PC, STUB, FUNC, "kept prefix" },
	{ "call stub+4", "e8 ....", PC, STUB + 4, FUNC, "kept outside" },
	{ "call an OPS", "e8 ....", PC, MARK + 8, OPS, "kept no-form" },
	{ "bnd jne stub", "f2 0f 85 ....", PC, STUB, FUNC,
	  "jcc 8: s32 f2 0f 85 [V-P] | linked f2 0f 85 [stub-P]" },
	{ "jmp short stub", "eb .", PC, PLACE + 0x40, FUNC,
	  "kept short-branch" },
	{ "jne short stub", "75 .", PC, PLACE + 0x40, FUNC,
	  "kept short-branch" },
	{ "xbegin stub", "c7 f8 ....", PC, STUB, FUNC, "kept no-form" },

	/* Branches through a slot. */
	{ "call *x", "ff 15 ....", PC, MARK + 8, OPS,
	  "call-slot 8: s32 67 e8 [V-P] | linked ff 15 [S-P]" },
	{ "call *x, absolute", "ff 14 25 ....", ABS, MARK + 8, OPS,
	  "call-slot 8: s32 67 67 e8 [V-P] | linked ff 14 25 [S]" },
	{ "notrack call *x", "3e ff 15 ....", PC, MARK + 8, OPS,
	  "call-slot 8: s32 67 67 e8 [V-P] | linked 3e ff 15 [S-P]" },
	{ "bnd call *x", "f2 ff 15 ....", PC, MARK, OPS,
	  "call-slot 8: s32 67 f2 e8 [V-P] | linked f2 ff 15 [S-P]" },
	{ "rex.W call *x", "48 ff 15 ....", PC, MARK, VAR,
	  "call-slot 8: s32 67 67 e8 [V-P] | linked 48 ff 15 [S-P]" },
	{ "jmp *x", "ff 25 ....", PC, MARK + 16, OPS,
	  "jmp-slot 8: s32 2e e9 [V-P] | linked ff 25 [S-P]" },
	{ "the stub's own jmp *slot", "ff 25 ....", PC, MARK, FUNC,
	  "jmp-slot 8: s32 2e e9 [V-P] | linked ff 25 [S-P]" },
	{ "jmp *x, absolute", "ff 24 25 ....", ABS, MARK, OPS,
	  "jmp-slot 8: s32 2e 2e e9 [V-P] | linked ff 24 25 [S]" },
	{ "notrack jmp *x", "3e ff 25 ....", PC, MARK, OPS,
	  "jmp-slot 8: s32 2e 2e e9 [V-P] | linked 3e ff 25 [S-P]" },
	{ "bnd jmp *x", "f2 ff 25 ....", PC, MARK, OPS,
	  "jmp-slot 8: s32 2e f2 e9 [V-P] | linked f2 ff 25 [S-P]" },
	{ "push x", "ff 35 ....", PC, MARK, VAR,
	  "push-slot 8: s32 2e 68 [V] | linked ff 35 [S-P]" },
	{ "push x, absolute", "ff 34 25 ....", ABS, MARK, VAR,
	  "push-slot 8: s32 2e 2e 68 [V] | linked ff 34 25 [S]" },
	{ "data16 call *x", "66 ff 15 ....", PC, MARK, OPS, "kept prefix" },
	{ "addr32 call *x", "67 ff 15 ....", PC, MARK, OPS, "kept prefix" },
	{ "rep call *x", "f3 ff 15 ....", PC, MARK, OPS, "kept prefix" },
	{ "call *%gs:x", "65 ff 15 ....", PC, MARK, OPS, "kept prefix" },
	{ "jmp *%fs:x", "64 ff 24 25 ....", ABS, MARK, OPS, "kept prefix" },
	{ "pushw x", "66 ff 35 ....", PC, MARK, VAR, "kept prefix" },
	{ "bnd push x", "f2 ff 35 ....", PC, MARK, VAR, "kept prefix" },
	{ "lcall *x", "ff 1d ....", PC, MARK, OPS, "kept no-form" },
	{ "ljmp *x", "ff 2d ....", PC, MARK, OPS, "kept no-form" },
	{ "call *x(,%rax,8)", "ff 14 c5 ....", ABS, MARK, OPS,
	  "kept indexed" },
	{ "jmp *x(%rdi)", "ff a7 ....", ABS, MARK, OPS, "kept indexed" },
	{ "call *x, cut by the end", "ff 15 ....", PC, MARK + 20, OPS,
	  "kept straddle" },
	{ "call *x, behind the end", "ff 15 ....", PC, MARK + SIZE, OPS,
	  "kept outside" },
	{ "call *x, before it", "ff 15 ....", PC, MARK - 8, OPS,
	  "kept outside" },

	/* Loads of 32 bits. */
	{ "mov x,%eax", "8b 05 ....", PC, MARK, VAR,
	  "load32 4: any c7 c0 [V] | linked 8b 05 [S-P]" },
	{ "mov x,%edi", "8b 3d ....", PC, MARK + 20, VAR,
	  "load32 4: any c7 c7 [V] | linked 8b 3d [S-P]" },
	{ "mov x,%r8d", "44 8b 05 ....", PC, MARK, VAR,
	  "load32 4: any 41 c7 c0 [V] | linked 44 8b 05 [S-P]" },
	{ "mov x,%r15d, absolute", "44 8b 3c 25 ....", ABS, MARK, VAR,
	  "load32 4: any 2e 41 c7 c7 [V] | linked 44 8b 3c 25 [S]" },
	{ "mov x,%ecx, absolute", "8b 0c 25 ....", ABS, MARK, VAR,
	  "load32 4: any 2e c7 c1 [V] | linked 8b 0c 25 [S]" },
	{ "rex mov x,%eax", "40 8b 05 ....", PC, MARK, VAR,
	  "load32 4: any 2e c7 c0 [V] | linked 40 8b 05 [S-P]" },
	{ "ds mov x,%edx", "3e 8b 15 ....", PC, MARK, VAR,
	  "load32 4: any 2e c7 c2 [V] | linked 3e 8b 15 [S-P]" },
	{ "mov x,%eax, cut by the end", "8b 05 ....", PC, MARK + 21, VAR,
	  "kept straddle" },
	{ "mov %fs:x,%eax", "64 8b 04 25 ....", ABS, MARK, VAR,
	  "kept prefix" },
	{ "addr32 mov x,%eax", "67 8b 05 ....", PC, MARK, VAR,
	  "kept prefix" },
	{ "repz mov x,%eax", "f3 8b 05 ....", PC, MARK, VAR, "kept prefix" },
	{ "repnz mov x,%eax", "f2 8b 05 ....", PC, MARK, VAR,
	  "kept prefix" },
	{ "movslq x,%eax without W", "63 05 ....", PC, MARK, VAR,
	  "kept no-form" },

	/* Loads of 64 bits. */
	{ "mov x,%rax", "48 8b 05 ....", PC, MARK, VAR,
	  "load64 8: s32 48 c7 c0 [V] | u32 2e 2e b8 [V] | "
	  "s32 48 8d 05 [V-P] | linked 48 8b 05 [S-P]" },
	{ "mov slot,%rdi", "48 8b 3d ....", PC, MARK, FUNC,
	  "load64 8: s32 48 c7 c7 [V] | u32 2e 2e bf [V] | "
	  "s32 48 8d 3d [V-P] | linked 48 8b 3d [S-P]" },
	{ "mov x,%r12", "4c 8b 25 ....", PC, MARK, VAR,
	  "load64 8: s32 49 c7 c4 [V] | u32 2e 41 bc [V] | "
	  "s32 4c 8d 25 [V-P] | linked 4c 8b 25 [S-P]" },
	{ "mov x,%rsp, absolute", "48 8b 24 25 ....", ABS, MARK, VAR,
	  "load64 8: s32 2e 48 c7 c4 [V] | u32 2e 2e 2e bc [V] | "
	  "s32 2e 48 8d 25 [V-P] | linked 48 8b 24 25 [S]" },
	{ "cs mov x,%rax", "2e 48 8b 05 ....", PC, MARK, VAR,
	  "load64 8: s32 2e 48 c7 c0 [V] | u32 2e 2e 2e b8 [V] | "
	  "s32 2e 48 8d 05 [V-P] | linked 2e 48 8b 05 [S-P]" },
	{ "data16 rex.W mov x,%rax", "66 48 8b 05 ....", PC, MARK, VAR,
	  "kept prefix" },
	{ "mov x,%rax, cut by the end", "48 8b 05 ....", PC, MARK + 17, VAR,
	  "kept straddle" },
	{ "mov x(%rbx),%rax", "48 8b 83 ....", ABS, MARK, VAR,
	  "kept indexed" },
	{ "mov x(,%rdx,4),%eax", "8b 04 95 ....", ABS, MARK, VAR,
	  "kept indexed" },
	{ "movabs x,%rax", "48 a1 ........", ABS, MARK, VAR,
	  "kept no-form" },

	/* Loads of 32 bits into 64, with sign. */
	{ "movslq x,%rax", "48 63 05 ....", PC, MARK, VAR,
	  "load32s 4 signed: s32 48 c7 c0 [V] | linked 48 63 05 [S-P]" },
	{ "movslq x,%r9", "4c 63 0d ....", PC, MARK, VAR,
	  "load32s 4 signed: s32 49 c7 c1 [V] | linked 4c 63 0d [S-P]" },
	{ "movslq x,%rbp, absolute", "48 63 2c 25 ....", ABS, MARK, VAR,
	  "load32s 4 signed: s32 2e 48 c7 c5 [V] | "
	  "linked 48 63 2c 25 [S]" },

	/* The address, not the content. */
	{ "lea x,%rax", "48 8d 05 ....", PC, MARK, VAR, "address" },
	{ "lea x(,%rax,8),%rdx", "48 8d 14 c5 ....", ABS, MARK, VAR,
	  "address" },
	{ "mov $x,%eax", "b8 ....", ABS, MARK, VAR, "address" },
	{ "mov $x,%rax", "48 c7 c0 ....", ABS, MARK, VAR, "address" },
	{ "movabs $x,%rax", "48 b8 ........", ABS, MARK, VAR, "address" },
	{ "push $x", "68 ....", ABS, MARK, VAR, "address" },
	{ "cmp $x,%rdi", "48 81 ff ....", ABS, MARK, VAR, "address" },
	{ "lea stub,%rax", "48 8d 05 ....", PC, STUB, FUNC, "address" },

	/* Writes. */
	{ "mov %eax,x", "89 05 ....", PC, MARK, VAR, "kept store" },
	{ "movl $1,x", "c7 05 .... 01 00 00 00", PC, MARK, VAR,
	  "kept store" },
	{ "movb $1,x", "c6 05 .... 01", PC, MARK, VAR, "kept store" },
	{ "pop x", "8f 05 ....", PC, MARK, VAR, "kept store" },
	{ "sete x", "0f 94 05 ....", PC, MARK, VAR, "kept store" },
	{ "movaps %xmm0,x", "0f 29 05 ....", PC, MARK, VAR, "kept store" },
	{ "mov %rax,x(,%rdx,8)", "48 89 04 d5 ....", ABS, MARK, VAR,
	  "kept store" },
	{ "incl x", "ff 05 ....", PC, MARK, VAR, "kept read-write" },
	{ "addl $1,x", "83 05 .... 01", PC, MARK, VAR, "kept read-write" },
	{ "lock or %ecx,x", "f0 09 0d ....", PC, MARK, VAR,
	  "kept read-write" },
	{ "xchg %eax,x", "87 05 ....", PC, MARK, VAR, "kept read-write" },
	{ "lock cmpxchg %rcx,x", "f0 48 0f b1 0d ....", PC, MARK, VAR,
	  "kept read-write" },

	/* Reads that have no form yet. */
	{ "movzbl x,%eax", "0f b6 05 ....", PC, MARK, VAR, "kept narrow" },
	{ "movswl x,%eax", "0f bf 05 ....", PC, MARK, VAR, "kept narrow" },
	{ "mov x,%al", "8a 05 ....", PC, MARK, VAR, "kept narrow" },
	{ "mov x,%ax", "66 8b 05 ....", PC, MARK, VAR, "kept narrow" },
	{ "cmpb $0,x", "80 3d .... 00", PC, MARK, VAR, "kept narrow" },
	{ "cmpl $0,x", "83 3d .... 00", PC, MARK, VAR, "kept no-form" },
	{ "testl $1,x", "f7 05 .... 01 00 00 00", PC, MARK, VAR,
	  "kept no-form" },
	{ "add x,%eax", "03 05 ....", PC, MARK, VAR, "kept no-form" },
	{ "cmp x,%rcx", "48 3b 0d ....", PC, MARK, VAR, "kept no-form" },
	{ "cmove x,%eax", "0f 44 05 ....", PC, MARK, VAR, "kept no-form" },
	{ "imul $100000,x,%eax", "69 05 .... a0 86 01 00", PC, MARK, VAR,
	  "kept no-form" },
	{ "movsd x,%xmm0", "f2 0f 10 05 ....", PC, MARK, VAR, "kept sse" },
	{ "movq x,%xmm1", "f3 0f 7e 0d ....", PC, MARK, VAR, "kept sse" },
	{ "cvtsi2sd x,%xmm0", "f2 0f 2a 05 ....", PC, MARK, VAR,
	  "kept sse" },
	{ "vmovdqu x,%xmm0", "c5 fa 6f 05 ....", PC, MARK, VAR, "kept sse" },
	{ "fldl x", "dd 05 ....", PC, MARK, VAR, "kept sse" },
	{ "movdqu x,%xmm0, cut by the end", "f3 0f 6f 05 ....", PC,
	  MARK + 16, VAR, "kept straddle" },
	{ "rex before cs: not a rex", "48 2e 8b 05 ....", PC, MARK, VAR,
	  "kept no-form" },
};

#endif /* TESTS_UNIT_FORMS_ROWS_H */
