/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rtstatic.h - mark a symbol as runtime-static
 *
 *	extern unsigned cache_shift;	RTS_VAR(cache_shift);
 *	extern struct pv_ops pv_ops;	RTS_OPS(pv_ops);
 *	RTS_DECLARE_FUNC(void, irq_disable, (void));		in a header
 *	RTS_DEFINE_FUNC(irq_disable, native_irq_disable);	in one file
 *
 * and nothing at any use.  A mark is a record in section .rts.mark, which is
 * not loaded and which only ld-wrap reads: linked by plain ld the program is
 * the same, only slower.  Equal marks fold, so a mark may stand in a header,
 * behind the declaration.
 *
 * C11, C++17 and assembly; gcc and clang.  In C++ the names of a FUNC have C
 * linkage.
 */
#ifndef RTSTATIC_H
#define RTSTATIC_H

/* The kinds of rts/abi.h, here as plain numbers since assembly reads them. */
#define RTS_MARK_VAR	1
#define RTS_MARK_OPS	2
#define RTS_MARK_FUNC	3
#define RTS_MARK_NULLABLE_FUNC	0x103	/* | RTS_KIND_NULLABLE */
#define RTS_MARK_INLINE	5
#define RTS_MARK_CALL	6
#define RTS_MARK_MAY_BE	7
#define RTS_MARK_PATCHABLE	8

/*
 * What code may change: a bit for each general register, by its hardware
 * number; the arithmetic flags; all of x87, MMX, SSE, AVX together.  Memory is
 * not among them: to change it is what functions are for.
 */
#define RTS_CLOBBER_RAX		(1 << 0)
#define RTS_CLOBBER_RCX		(1 << 1)
#define RTS_CLOBBER_RDX		(1 << 2)
#define RTS_CLOBBER_RBX		(1 << 3)
#define RTS_CLOBBER_RBP		(1 << 5)
#define RTS_CLOBBER_RSI		(1 << 6)
#define RTS_CLOBBER_RDI		(1 << 7)
#define RTS_CLOBBER_R8		(1 << 8)
#define RTS_CLOBBER_R9		(1 << 9)
#define RTS_CLOBBER_R10		(1 << 10)
#define RTS_CLOBBER_R11		(1 << 11)
#define RTS_CLOBBER_R12		(1 << 12)
#define RTS_CLOBBER_R13		(1 << 13)
#define RTS_CLOBBER_R14		(1 << 14)
#define RTS_CLOBBER_R15		(1 << 15)
#define RTS_CLOBBER_FLAGS	(1 << 16)
#define RTS_CLOBBER_VECTOR	(1 << 17)
#define RTS_CLOBBERS_NONE	0

/* All that a call of a C function may change: a psABI each. */
#define RTS_CLOBBERS_C_X86_64	0x30fc7	/* rax rcx rdx rsi rdi r8-r11 */
#define RTS_CLOBBERS_C_I386	0x30007	/* eax ecx edx */
#ifdef __i386__
#define RTS_CLOBBERS_C		RTS_CLOBBERS_C_I386
#else
#define RTS_CLOBBERS_C		RTS_CLOBBERS_C_X86_64
#endif

/* Bytes of the longest body: no site is longer (RTS_SITE_MAX). */
#define RTS_BODY_MAX		32

/* IBT: a stub whose address is taken is the target of an indirect branch. */
#if defined(__CET__) && (__CET__ & 1) && defined(__i386__)
#define RTS_ENDBR_	"endbr32"
#elif defined(__CET__) && (__CET__ & 1)
#define RTS_ENDBR_	"endbr64"
#else
#define RTS_ENDBR_	""
#endif

#ifdef __ASSEMBLER__

/*
 * RTS_VAR(sym), RTS_OPS(sym): mark an object; its size is the symbol's
 * (.size).  RTS_FUNC(fn, slot): mark a hand-written stub `fn: jmp *slot';
 * RTS_FUNC_NULLABLE(fn, slot): one that returns if the slot holds 0.
 */
#ifdef __i386__
#define RTS_WORD_(sym)		.long sym, 0
#else
#define RTS_WORD_(sym)		.quad sym
#endif
#define RTS_WORDS_(sym, stub)						\
	RTS_WORD_(sym); .quad 0; RTS_WORD_(stub)
#define RTS_MARK_ASM_(kind, sym, stub, name)				\
	.pushsection .rts.mark, "R", @progbits;				\
	.balign 8;							\
990:	RTS_WORDS_(sym, stub);						\
	.long kind, 991f - 990b;					\
	.asciz name;							\
	.balign 8;							\
991:	.popsection

#define RTS_VAR(sym)		RTS_MARK_ASM_(RTS_MARK_VAR, sym, 0, #sym)
#define RTS_OPS(sym)		RTS_MARK_ASM_(RTS_MARK_OPS, sym, 0, #sym)
#define RTS_FUNC(fn, slot)	RTS_MARK_ASM_(RTS_MARK_FUNC, slot, fn, #fn)
#define RTS_FUNC_NULLABLE(fn, slot)					\
	RTS_MARK_ASM_(RTS_MARK_NULLABLE_FUNC, slot, fn, #fn)

/* RTS_MAY_BE(fn, impl), RTS_MAY_BE_SLOT(ops+8, impl): see below. */
#define RTS_MAY_BE_SLOT(slot, impl)					\
	RTS_MARK_ASM_(RTS_MARK_MAY_BE, slot, impl, #impl)
#define RTS_MAY_BE(fn, impl)						\
	RTS_MARK_ASM_(RTS_MARK_MAY_BE, rts_slot_##fn, impl, #impl)

/* RTS_INLINE(fn, clobbers, insns): see below; the instructions as they are,
 * with ; between two. */
#define RTS_INLINE(fn, clobbers, ...)					\
	.pushsection .rts.mark, "R", @progbits;				\
	.balign 8;							\
990:	RTS_WORD_(fn);							\
	.quad 993f - 992f, clobbers;					\
	.long RTS_MARK_INLINE, 991f - 990b;				\
	.asciz #fn;							\
992:	__VA_ARGS__;							\
993:	.balign 8;							\
991:	.popsection

/*
 * RTS_CALL_ASM(target, clobbers): call target, a FUNC's name or
 * *ops+8(%rip), and say what this place lets go: the RTS_CLOBBER_* of which
 * nothing behind it needs what they held before.  Pushes in front of it that
 * pops behind it match (pushes first, the same registers, nothing between)
 * count as well.  ld-wrap refuses the link if a function that can be bound
 * here changes more.
 */
#define RTS_CALL_ASM(target, clobbers)					\
994:	call target;							\
	.pushsection .rts.mark, "R", @progbits;				\
	.balign 8;							\
990:	RTS_WORD_(994b);						\
	.quad 0, clobbers;						\
	.long RTS_MARK_CALL, 991f - 990b;				\
	.asciz #target;							\
	.balign 8;							\
991:	.popsection

#else /* C and C++ */

#include <stddef.h>

#ifdef __cplusplus
#define RTS_C_LINKAGE_		extern "C"
#else
#define RTS_C_LINKAGE_		extern
#endif

/* An address takes 8 bytes of a record; the upper ones of i386's are 0. */
#ifdef __i386__
#define RTS_ADDRESS_ASM_(n)	"	.long %c" #n ", 0\n"
#define RTS_ADDRESS_ASM_LABEL_	".long 994b, 0"
#define RTS_UPPER_(name)	unsigned name;
#define RTS_ZERO_		0,
#else
#define RTS_ADDRESS_ASM_(n)	"	.quad %c" #n "\n"
#define RTS_ADDRESS_ASM_LABEL_	".quad 994b"
#define RTS_UPPER_(name)
#define RTS_ZERO_
#endif

/*
 * The record.  It must be in a section without SHF_ALLOC, kept by
 * --gc-sections (SHF_GNU_RETAIN), hold the object's own address even for a
 * static or a C++ object, and keep the compiler from treating an object that
 * it sees no store to as a constant.  No compiler offers that in so many
 * words; each has one way that works in C and C++, with and without PIC.
 */
#if defined(__clang__)

/*
 * clang: an asm statement may name any object ("s", a symbolic address, also
 * of what PIC would reach through the GOT).  It needs a function to stand in:
 * a naked one without instructions, so not one byte of text.
 */
#define RTS_NO_STUB_		"i"(0)
#define RTS_STUB_(fn)		"s"(&fn)
#define RTS_HEAD_RECORD_(n, kind, fn, clobbers, name)			\
	__attribute__((__naked__, __used__, __aligned__(1),		\
		       __section__(".text.rts.mark"))) RTS_NO_ENDBR_	\
	static void rts_mark_##n##_head_(void)				\
	{								\
		__asm__ volatile(					\
			".pushsection .rts.mark,\"R\",@progbits\n"	\
			"	.subsection 2 * " #n " + 2\n"		\
			"	.balign 8\n"				\
			RTS_ADDRESS_ASM_(0)				\
			"	.quad .Lrts_body_" #n "_size, %c1\n"	\
			"	.long %c2, %c3\n"			\
			"	.asciz \"" name "\"\n"			\
			"	.popsection"				\
			: : "s"(&fn), "i"(clobbers), "i"(kind),		\
			    "i"((39 + sizeof(name) + RTS_BODY_MAX) & ~7u)); \
	}
#ifdef __CET__
#define RTS_NO_ENDBR_		__attribute__((__nocf_check__))
#else
#define RTS_NO_ENDBR_
#endif
#define RTS_MARK_RECORD_(id, count, kind, object, bytes, stub, name)	\
	__attribute__((__naked__, __used__, __aligned__(1),		\
		       __section__(".text.rts.mark"))) RTS_NO_ENDBR_	\
	static void rts_mark_##id##_##count##_(void)			\
	{								\
		__asm__ volatile(					\
			".pushsection .rts.mark,\"R\",@progbits\n"	\
			"	.balign 8\n"				\
			"990:\n"					\
			RTS_ADDRESS_ASM_(0)				\
			"	.quad %c1\n"				\
			RTS_ADDRESS_ASM_(2)				\
			"	.long %c3, 991f - 990b\n"		\
			"	.asciz \"" name "\"\n"			\
			"	.balign 8\n"				\
			"991:	.popsection"				\
			: : "s"(object), "i"(bytes), stub, "i"(kind));	\
	}								\
	RTS_SEMICOLON_(id)

#else

/*
 * gcc: a const object whose section name carries its own flags and type and
 * comments out those that gcc appends.  Not const in C's sense: all marks of
 * a file then share one section type, whether or not they need relocations.
 */
#define RTS_NO_STUB_		((char *)0)
#define RTS_STUB_(fn)		(&fn)
#define RTS_MARK_RECORD_(id, count, kind_, object, bytes, stub_, name_)	\
	static struct {							\
		const volatile void *address;				\
		RTS_UPPER_(address_upper)				\
		unsigned long long size;				\
		__typeof__(stub_) stub;					\
		RTS_UPPER_(stub_upper)					\
		unsigned kind, length;					\
		char name[sizeof(name_)];				\
	} __attribute__((__aligned__(8))) rts_mark_##id##_##count##_	\
		__attribute__((__used__, __aligned__(8),		\
		__section__(".rts.mark,\"R\",@progbits#"))) = {		\
		(object), RTS_ZERO_ (bytes), stub_, RTS_ZERO_ (kind_),	\
		sizeof(rts_mark_##id##_##count##_), name_ };		\
	RTS_SEMICOLON_(id)
#define RTS_HEAD_RECORD_(n, kind_, fn, clobbers, name_)			\
	RTS_C_LINKAGE_ const char rts_body_##n##_size_[]		\
		__asm__(".Lrts_body_" #n "_size")			\
		__attribute__((__visibility__("hidden")));		\
	static struct __attribute__((__packed__)) {			\
		__typeof__(&fn) address;				\
		RTS_UPPER_(address_upper)				\
		const char *size;					\
		RTS_UPPER_(size_upper)					\
		unsigned long long stub;				\
		unsigned kind, length;					\
		char name[sizeof(name_)];				\
	} rts_mark_##n##_head_ __attribute__((__used__, __aligned__(8),	\
		__section__(".rts.mark,\"R\",@progbits\n"		\
			"	.subsection 2 * " #n " + 2#"))) = {	\
		&fn, RTS_ZERO_ rts_body_##n##_size_, RTS_ZERO_		\
		(clobbers), (kind_),					\
		(sizeof(rts_mark_##n##_head_) + RTS_BODY_MAX + 7) & ~7u, \
		name_ };

#endif

/* The counter lets one file mark an object twice, as when a header and the
 * file that defines it both do. */
#define RTS_MARK_COUNT_(id, count, kind, object, bytes, stub, name)	\
	RTS_MARK_RECORD_(id, count, kind, object, bytes, stub, name)
#define RTS_MARK_(id, kind, object, bytes, stub, name)			\
	RTS_MARK_COUNT_(id, __COUNTER__, kind, object, bytes, stub, name)

/* Eats the ';' behind a mark, so that -Wpedantic has nothing to say. */
#define RTS_SEMICOLON_(id)						\
	extern int rts_mark_##id##_semicolon_

/*
 * RTS_VAR(x): x, a variable declared above, is very-read-only: it is set now
 * and then, and rtld_bind() follows.  Loads of it become immediates.
 */
#define RTS_VAR(x)							\
	RTS_MARK_(x, RTS_MARK_VAR, &x, sizeof(x), RTS_NO_STUB_, #x)

/*
 * RTS_OPS(x): x, declared above, is a function pointer or a struct (array)
 * with some.  Calls and jumps through it become direct.
 */
#define RTS_OPS(x)							\
	RTS_MARK_(x, RTS_MARK_OPS, &x, sizeof(x), RTS_NO_STUB_, #x)

/*
 * RTS_FUNC(fn, slot): fn is a stub that jumps through the pointer slot;
 * calls of fn become calls of what slot holds.  RTS_DEFINE_FUNC uses it; by
 * itself it is for stubs written by hand.
 */
#define RTS_FUNC(fn, slot)						\
	RTS_MARK_(fn, RTS_MARK_FUNC, &slot, sizeof(slot), RTS_STUB_(fn), #fn)

/*
 * RTS_DECLARE_FUNC(type, name, (parameters)): declare a function that is
 * called as name(...) and whose body is chosen at run time.  In a header.
 * Hidden: an executable or a kernel has one of its own.
 */
#define RTS_DECLARE_FUNC(type, fn, parameters)				\
	typedef type rts_returns_##fn;					\
	RTS_C_LINKAGE_ __attribute__((__visibility__("hidden")))	\
		type fn parameters;					\
	RTS_C_LINKAGE_ __attribute__((__visibility__("hidden")))	\
		__typeof__(fn) *rts_slot_##fn

/*
 * The jump of a stub.  i386 has no way to say "that memory, counted from
 * here", and callers leave no register that is free whatever the calling
 * convention (regparm takes eax, ecx and edx).  So where code may stand
 * anywhere, the stub fetches the pointer by way of the stack and returns to
 * it: slower than a jump, until it is bound.
 *
 * RTS_RETPOLINE: define it for all of a program that must not jump indirectly
 * (retpolines, CONFIG_RETPOLINE): stubs go by __x86_indirect_thunk_r11 then,
 * as a compiler's code does, and the program has that thunk.  x86-64 only.
 */
#if defined(RTS_RETPOLINE) && !defined(__x86_64__)
#error "RTS_RETPOLINE: the stub's thunk is known for x86-64 only"
#endif
#ifdef RTS_RETPOLINE
#define RTS_JUMP_R11_	"	jmp	__x86_indirect_thunk_r11\n"
#else
#define RTS_JUMP_R11_	"	jmp	*%r11\n"
#endif
#if defined(__i386__) && defined(__PIC__)
#define RTS_PUSH_(slot)							\
	"	pushl	%eax\n"						\
	"	pushl	%eax\n"						\
	"	call	991f\n"						\
	"991:	popl	%eax\n"						\
	"	movl	" slot " - 991b(%eax), %eax\n"			\
	"	movl	%eax, 4(%esp)\n"				\
	"	popl	%eax\n"
#define RTS_JUMP_(slot)	RTS_PUSH_(slot) "	ret\n"
#elif defined(__i386__)
#define RTS_PUSH_(slot)	"	pushl	" slot "\n"
#define RTS_JUMP_(slot)	"	jmp	*" slot "\n"
#elif defined(RTS_RETPOLINE)
#define RTS_JUMP_(slot)							\
	"	movq	" slot "(%rip), %r11\n" RTS_JUMP_R11_
#else
#define RTS_JUMP_(slot)	"	jmp	*" slot "(%rip)\n"
#endif

/* kCFI: who calls through a pointer looks for the type's number before the
 * function; the compiler defines it as a symbol for what is not written in C. */
#define RTS_KCFI_(fn)
#ifdef __has_feature
#if __has_feature(kcfi)
#undef RTS_KCFI_
#define RTS_KCFI_(fn)							\
	"	.weak	__kcfi_typeid_" #fn "\n"			\
	"	.long	0, __kcfi_typeid_" #fn "\n"
#endif
#endif

/* Assembly names it, which compilers do not read: with -flto they would else
 * rename it, or make it local to another piece of the program. */
#define RTS_USED_	__attribute__((__used__))

/*
 * RTS_DEFINE_FUNC(name, first): in one file, behind RTS_DECLARE_FUNC: the
 * slot, which starts as first; the stub, in a section of its own because an
 * assembler resolves calls within a section without leaving a relocation;
 * and the mark.  Unbound, a call costs one jump more than a direct one.
 */
#define RTS_DEFINE_FUNC(fn, first)					\
	RTS_USED_ __typeof__(fn) *rts_slot_##fn = (first);		\
	__asm__(".pushsection .text.rts.stub." #fn ",\"ax\",@progbits\n"\
		"	.balign 8\n"					\
		"	.globl	" #fn "\n"				\
		"	.hidden	" #fn "\n"				\
		"	.type	" #fn ",@function\n"			\
		RTS_KCFI_(fn)						\
		#fn ":	" RTS_ENDBR_ "\n"				\
		RTS_JUMP_("rts_slot_" #fn)				\
		"	.size	" #fn ", . - " #fn "\n"			\
		".popsection");						\
	RTS_FUNC(fn, rts_slot_##fn)

/*
 * RTS_FUNC_NULLABLE(fn, slot): like RTS_FUNC, of a stub that returns if slot
 * holds NULL.
 */
#define RTS_FUNC_NULLABLE(fn, slot)					\
	RTS_MARK_(fn, RTS_MARK_NULLABLE_FUNC, &slot, sizeof(slot),	\
		  RTS_STUB_(fn), #fn)

/*
 * A stub that does nothing as long as the slot holds NULL.  The slot is read
 * once, as somebody may store NULL between two reads.  x86-64 has a register
 * that neither carries an argument nor survives a call; i386 may have none
 * left, so there the stack holds what was read.
 */
#if defined(__i386__) && defined(__PIC__)
#define RTS_NULLABLE_STUB_(slot, null)					\
		"	pushl	%eax\n"					\
		"	pushl	%eax\n"					\
		"	call	994f\n"					\
		"994:	popl	%eax\n"					\
		"	movl	" slot " - 994b(%eax), %eax\n"		\
		"	movl	%eax, 4(%esp)\n"			\
		"	testl	%eax, %eax\n"				\
		"	popl	%eax\n"					\
		"	je	995f\n"					\
		"	ret\n"						\
		"995:	leal	4(%esp), %esp\n"			\
		"	" null "\n"
#elif defined(__i386__)
#define RTS_NULLABLE_STUB_(slot, null)					\
		RTS_PUSH_(slot)						\
		"	cmpl	$0, (%esp)\n"				\
		"	je	995f\n"					\
		"	ret\n"						\
		"995:	leal	4(%esp), %esp\n"			\
		"	" null "\n"
#else
#define RTS_NULLABLE_STUB_(slot, null)					\
		"	movq	" slot "(%rip), %r11\n"			\
		"	testq	%r11, %r11\n"				\
		"	je	995f\n"					\
		RTS_JUMP_R11_						\
		"995:	" null "\n"
#endif

#ifdef __cplusplus
extern "C++" {
template <typename T> struct rts_is_void_ { enum { yes = 0 }; };
template <> struct rts_is_void_<void> { enum { yes = 1 }; };
}
#define RTS_IS_VOID_(type)	rts_is_void_<type>::yes
#else
#define RTS_IS_VOID_(type)	__builtin_types_compatible_p(type, void)
#endif

/*
 * RTS_DEFINE_FUNC_NULLABLE(name): like RTS_DEFINE_FUNC, of a void function
 * that starts as NULL and may become NULL again: a call of it does nothing.
 */
#define RTS_DEFINE_FUNC_NULLABLE(fn)					\
	RTS_ASSERT_(RTS_IS_VOID_(rts_returns_##fn),			\
		    "only a void function may be NULL");		\
	RTS_USED_ __typeof__(fn) *rts_slot_##fn = 0;			\
	__asm__(".pushsection .text.rts.stub." #fn ",\"ax\",@progbits\n"\
		"	.balign 8\n"					\
		"	.globl	" #fn "\n"				\
		"	.hidden	" #fn "\n"				\
		"	.type	" #fn ",@function\n"			\
		RTS_KCFI_(fn)						\
		#fn ":	" RTS_ENDBR_ "\n"				\
		RTS_NULLABLE_STUB_("rts_slot_" #fn, "ret")		\
		"	.size	" #fn ", . - " #fn "\n"			\
		".popsection");						\
	RTS_FUNC_NULLABLE(fn, rts_slot_##fn)

/*
 * RTS_PATCHABLE(fn): fn, declared above and defined below in this file, is an
 * ordinary function whose entry can be sent elsewhere, so that it is replaced
 * for all who call it, by name or by pointer.  It has external linkage, in
 * C++ that of C.  The compiler begins it with 9 bytes of nops, of which
 * ld-wrap makes a jump to a stub that looks at the slot; bound, it is one nop,
 * or a jump to the replacement.  Neither is fn inlined, nor may its callers
 * know more of it than its type (clang knows no other way to say so than a
 * weak definition).
 */
#ifdef __clang__
#define RTS_PATCHABLE_							\
	__attribute__((__patchable_function_entry__(9), __noinline__, __used__, \
		       __weak__))
#else
#define RTS_PATCHABLE_							\
	__attribute__((__patchable_function_entry__(9), __noinline__,	\
		       __noclone__, __noipa__, __used__))
#endif
#define RTS_PATCHABLE(fn)						\
	extern RTS_PATCHABLE_ __typeof__(fn) fn;			\
	RTS_C_LINKAGE_ __attribute__((__visibility__("hidden")))	\
		__typeof__(fn) *rts_patch_##fn;				\
	RTS_C_LINKAGE_ __attribute__((__visibility__("hidden")))	\
		__typeof__(fn) rts_entry_##fn;				\
	RTS_USED_ __typeof__(fn) *rts_patch_##fn = 0;			\
	__asm__(".pushsection .text.rts.stub." #fn ",\"ax\",@progbits\n"\
		"	.balign 8\n"					\
		"	.globl	rts_entry_" #fn "\n"			\
		"	.hidden	rts_entry_" #fn "\n"			\
		"	.type	rts_entry_" #fn ",@function\n"		\
		"rts_entry_" #fn ":\n"					\
		RTS_NULLABLE_STUB_("rts_patch_" #fn,			\
				   "jmp	" #fn " + 9")			\
		"	.size	rts_entry_" #fn ", . - rts_entry_" #fn "\n"	\
		".popsection");						\
	RTS_MARK_(fn, RTS_MARK_NULLABLE_FUNC, &rts_patch_##fn,		\
		  sizeof(void *), RTS_STUB_(rts_entry_##fn), #fn);	\
	RTS_MARK_(fn, RTS_MARK_PATCHABLE, &rts_patch_##fn, 0,		\
		  RTS_STUB_(fn), #fn)

/*
 * RTS_PATCH(fn, replacement): store; from the next rtld_bind() on, fn's entry
 * leads to the replacement, a function of the same type.  NULL: to fn itself,
 * as it was.
 */
#ifdef __clang__	/* which says so where RTS_PATCHABLE stands above */
#define RTS_AGAIN_							\
	_Pragma("clang diagnostic push")				\
	_Pragma("clang diagnostic ignored \"-Wignored-attributes\"")
#define RTS_AGAIN_DONE_	_Pragma("clang diagnostic pop")
#else
#define RTS_AGAIN_
#define RTS_AGAIN_DONE_
#endif
#define RTS_PATCH(fn, replacement) __extension__({			\
	RTS_AGAIN_							\
	extern __typeof__(fn) *rts_patch_##fn __asm__("rts_patch_" #fn)	\
		__attribute__((__visibility__("hidden")));		\
	rts_patch_##fn = (replacement);					\
	(void)0; })

/* RTS_SET_FUNC(name, function): store; rtld_bind() makes calls direct. */
#define RTS_SET_FUNC(fn, function)	((void)(rts_slot_##fn = (function)))

/* RTS_GET_FUNC(name): what name stands for now. */
#define RTS_GET_FUNC(fn)		(rts_slot_##fn)

/*
 * RTS_SETTER: before a function that stores to marked objects when code may
 * be bound already, and knows that a bind has to follow.  ld-wrap warns of
 * stores anywhere else but in init code.
 */
#define RTS_SETTER							\
	__attribute__((__noinline__, __section__(".text.rts.setter")))

/*
 * RTS_INLINE(fn, clobbers, "insns"): the instructions do what the function fn,
 * declared above, does, and change no more than the RTS_CLOBBER_* say.  Where
 * a call of a marked pointer is bound to fn and they fit, they stand there
 * themselves; "" is nothing at all.  They begin with the stack as the caller
 * has it (no return address) and must not look at it.
 *
 * One assembler, two authors: the compiler knows fn by its linkage name and
 * whether it is static, and only an assembler knows the bytes.  Subsections
 * bring what each of them writes side by side, whatever comes out first.
 */
#define RTS_INLINE_RECORD_(n, fn, clobbers, insns)			\
	RTS_HEAD_RECORD_(n, RTS_MARK_INLINE, fn, clobbers, #fn)		\
	__asm__(".pushsection .rts.mark,\"R\",@progbits\n"		\
		"	.subsection 2 * " #n " + 3\n"			\
		".Lrts_body_" #n ":\n"					\
		"	" insns "\n"					\
		".Lrts_body_" #n "_end:\n"				\
		"	.set .Lrts_body_" #n "_size, "			\
			".Lrts_body_" #n "_end - .Lrts_body_" #n "\n"	\
		"	.space " RTS_STRING_(RTS_BODY_MAX) " - "	\
			"(.Lrts_body_" #n "_end - .Lrts_body_" #n ")\n"	\
		"	.balign 8\n"					\
		"	.popsection")
#define RTS_INLINE_COUNT_(n, fn, clobbers, insns)			\
	RTS_INLINE_RECORD_(n, fn, clobbers, insns)
#define RTS_INLINE(fn, clobbers, insns)					\
	RTS_INLINE_COUNT_(__COUNTER__, fn, clobbers, insns)

/*
 * RTS_MAY_BE(fn, impl): the function impl may be stored in what fn, a FUNC,
 * goes through.  RTS_MAY_BE_SLOT(ops.first, impl): in a member of an OPS, or
 * a function pointer.  Nothing is refused that is not named so; but where
 * RTS_CALL_ASM calls, what is named is checked, and a body of what is named
 * comes before others.
 */
#define RTS_MAY_BE_SLOT(slot, impl)					\
	RTS_MARK_(impl, RTS_MARK_MAY_BE, &(slot), 0, RTS_STUB_(impl), #impl)
#define RTS_MAY_BE(fn, impl)	RTS_MAY_BE_SLOT(rts_slot_##fn, impl)

/*
 * RTS_CALL_ASM_STRING("target", clobbers): RTS_CALL_ASM for an asm statement;
 * target and clobbers end up in its text, so a register is %%rip there.
 */
#define RTS_STRING_1_(x)	#x
#define RTS_STRING_(x)		RTS_STRING_1_(x)
#define RTS_CALL_ASM_STRING(target, clobbers)				\
	"994:	call " target "\n"					\
	"	.pushsection .rts.mark,\"R\",@progbits\n"		\
	"	.balign 8\n"						\
	"990:	" RTS_ADDRESS_ASM_LABEL_ "\n"				\
	"	.quad 0, " RTS_STRING_(clobbers) "\n"			\
	"	.long " RTS_STRING_(RTS_MARK_CALL) ", 991f - 990b\n"	\
	"	.asciz \"" target "\"\n"				\
	"	.balign 8\n"						\
	"991:	.popsection\n"

/*
 * The image, for rtld_open().  ld-wrap defines both; plain ld leaves them 0,
 * and rtld_open() then says so.
 */
RTS_C_LINKAGE_ const unsigned char rts_table_start[]
	__attribute__((__weak__, __visibility__("hidden")));
RTS_C_LINKAGE_ const unsigned char rts_table_end[]
	__attribute__((__weak__, __visibility__("hidden")));
#define RTS_TABLE	((const void *)rts_table_start)
#define RTS_TABLE_SIZE							\
	((size_t)((const char *)rts_table_end -				\
		  (const char *)rts_table_start))

#include "rts/declared.h"	/* rts_if() and others: uses that need words */

#endif /* __ASSEMBLER__ */
#endif /* RTSTATIC_H */
