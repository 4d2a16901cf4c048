/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rts/declared.h - uses that say at their place how they want to be bound
 *
 *	rts_const(x)		x, as an immediate of any 64-bit value
 *	rts_mask(v, x)		v & x
 *	rts_shift_right(v, x)	v >> x, with x in the shift instruction
 *	if (rts_if(x))		a jump or a nop instead of a test of x
 *
 * rtstatic.h includes it.  They are expressions, and mean what the C on the
 * right means; x is an integer or a pointer that was marked.  No record is
 * kept of such a use: it carries its declaration in its own bytes, so
 * whatever removes, folds or copies code does so to the declaration too.
 * What cannot be recognised, as an x that PIC reaches through the GOT, is
 * correct and stays unbound.
 *
 * The first two are one instruction each with prefixes that mean nothing (2e)
 * in front, which make room for a longer immediate.  The other two have no
 * instruction that reads memory where they stand, but a jump out of line:
 *
 *	jmp slow		<- the site: 5 bytes
 *	back:
 *	...
 *	.subsection 1		(the same section, behind all its code)
 *	nopl 'RTS' kind(%rax)	<- never executed: says what follows
 *	slow: cmpl $0, x; jne yes; jmp back
 *	slow: movb x, %cl; shr %cl, v; jmp back
 *
 * ld-wrap (declared-x86.c) knows these instructions one by one; change them
 * only together.  AT&T syntax only, as in the rest of the world's asm.
 */
#ifndef RTS_DECLARED_H
#define RTS_DECLARED_H

#ifdef __cplusplus
#define RTS_ASSERT_(condition, text)	static_assert(condition, text)
extern "C++" { template <typename T> T rts_plain_(const volatile T &); }
#define RTS_TYPE_(x)			decltype(rts_plain_(x))
#else
#define RTS_ASSERT_(condition, text)	_Static_assert(condition, text)
#define RTS_TYPE_(x)			__typeof__(x)
#endif

/* The classes of integers, of characters, enumerations, bool and pointers. */
#define RTS_DECLARED_(x)						\
	RTS_ASSERT_(__builtin_classify_type((RTS_TYPE_(x))0) <= 5,	\
		    "an integer or a pointer is needed")

#if defined(__i386__) || (defined(__x86_64__) && !defined(__ILP32__))

#define RTS_SLOW_BEGIN_(kind)						\
		"	.byte	0xe9\n"					\
		"	.long	993f - 992f\n"				\
		"992:	.subsection 1\n"				\
		"	.byte	0x0f, 0x1f, 0x80, 0x52, 0x54, 0x53, "	\
				#kind "\n"				\
		"993:\n"
#define RTS_SLOW_END_							\
		"	jmp	992b\n"					\
		"	.previous"

/*
 * One asm goto.  The memory operand must be x itself: gcc may put the address
 * of what a pointer leads to in a register, in a loop, even if it is known.
 */
#define RTS_IF_ASM_(suffix, x, yes)					\
	__asm__ goto(RTS_SLOW_BEGIN_(1)					\
		"	cmp" suffix "	$0, %0\n"			\
		"	jne	%l[" #yes "]\n"				\
		RTS_SLOW_END_						\
		: : "m"(x) : "cc" : yes)

#ifdef __clang__

/*
 * clang before 17 takes the label of one asm goto for what another one may
 * lead to, and refuses those in macros' expressions.  In functions they are
 * far from each other.  Unoptimised, x is then reached through a register,
 * and stays unbound.
 */
#define RTS_IF_FUNCTION_(suffix, type)					\
static __inline__ __attribute__((__always_inline__, __unused__))	\
int rts_if_##suffix##_(const void *rts_x_)				\
{									\
	typedef type __attribute__((__may_alias__)) rts_any_;	\
									\
	RTS_IF_ASM_(#suffix, *(const rts_any_ *)rts_x_, rts_yes_);	\
	return 0;							\
rts_yes_:								\
	return 1;							\
}
RTS_IF_FUNCTION_(b, char)
RTS_IF_FUNCTION_(w, short)
RTS_IF_FUNCTION_(l, int)
#ifdef __x86_64__
RTS_IF_FUNCTION_(q, long)
#endif

/* Of a volatile object too. */
#define RTS_IF_TEST_(suffix, x)						\
	rts_if_##suffix##_((const void *)(__UINTPTR_TYPE__)&(x))

#else

#define RTS_IF_TEST_(suffix, x) __extension__({				\
	__label__ rts_yes_, rts_end_;					\
	int rts_true_ = 0;						\
	RTS_IF_ASM_(#suffix, x, rts_yes_);				\
	goto rts_end_;							\
rts_yes_:								\
	rts_true_ = 1;							\
rts_end_:								\
	rts_true_; })

#endif

#ifdef __x86_64__
#define RTS_IF_WIDEST_(x)	RTS_IF_TEST_(q, x)
#else
#define RTS_IF_WIDEST_(x)	((x) != 0)	/* no instruction compares it */
#endif

#define rts_if(x) __extension__({					\
	RTS_DECLARED_(x);						\
	sizeof(x) == 1 ? RTS_IF_TEST_(b, x) :				\
	sizeof(x) == 2 ? RTS_IF_TEST_(w, x) :				\
	sizeof(x) == 4 ? RTS_IF_TEST_(l, x) : RTS_IF_WIDEST_(x); })

/*
 * %cl is lost, as it is for any shift by a variable: so the slow path needs
 * no stack, which it could not use without knowing how x is addressed.
 */
#define rts_shift_right(v, x) __extension__({				\
	__typeof__((v) >> 0) rts_v_ = (v);				\
	RTS_DECLARED_(x);						\
	RTS_ASSERT_((__typeof__((v) >> 0))-1 > 0 &&			\
		    (sizeof(rts_v_) == 4 || sizeof(rts_v_) == 8),	\
		    "an unsigned value of 32 or 64 bits is shifted");	\
	if (sizeof(rts_v_) > sizeof(void *))				\
		rts_v_ >>= (x);						\
	else								\
		__asm__(RTS_SLOW_BEGIN_(2)				\
			"	movb	%1, %%cl\n"			\
			"	shr	%%cl, %0\n"			\
			RTS_SLOW_END_					\
			: "+r"(rts_v_) : "m"(x) : "ecx", "cc");	\
	rts_v_; })

#else /* any other machine, until somebody ports them */

#define rts_if(x)		((x) != 0)
#define rts_shift_right(v, x)	((v) >> (x))

#endif

#if defined(__x86_64__) && !defined(__ILP32__)

/* What is not 64 bits wide fits an immediate as it is. */
#define rts_const(x) __extension__({					\
	unsigned long long rts_v_;					\
	RTS_DECLARED_(x);						\
	if (sizeof(x) == 8)						\
		__asm__(".byte 0x2e, 0x2e, 0x2e\n"			\
			"	movq	%1, %0"				\
			: "=r"(rts_v_) : "m"(x));			\
	else								\
		rts_v_ = (unsigned long long)(x);			\
	(RTS_TYPE_(x))rts_v_; })

#define rts_mask(v, x) __extension__({					\
	__typeof__((v) & (x)) rts_v_ = (__typeof__((v) & (x)))(v);	\
	RTS_DECLARED_(x);						\
	if (sizeof(rts_v_) == 8 && sizeof(x) == 8)			\
		__asm__(".byte 0x2e, 0x2e\n"				\
			"	andq	%1, %q0"			\
			: "+r"(rts_v_) : "m"(x) : "cc");		\
	else								\
		rts_v_ &= (__typeof__(rts_v_))(x);			\
	rts_v_; })

#else

#define rts_const(x)		((RTS_TYPE_(x))(x))
#define rts_mask(v, x)							\
	((__typeof__((v) & (x)))(v) & (__typeof__((v) & (x)))(x))

#endif

#endif /* RTS_DECLARED_H */
