/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * cpu.h - the few instructions that hosts need and C has no words for
 *
 * Not installed for users of hosts; the hosts' own sources include it.
 * Compiled freestanding for x86 a host is taken for part of a kernel, and
 * switches interrupts off where it must; hosted (in tests, in a program) it
 * does not, for a process may not.
 */
#ifndef RTLD_CPU_H
#define RTLD_CPU_H

#if defined(__x86_64__) || defined(__i386__)

/*
 * A CPU sees its own stores to code after a jump, says the manual; but only if
 * they went through the address that is executed, and a kernel at an identity
 * mapping writes through another.  Another CPU's stores it sees only after a
 * serialising instruction, whatever it has fetched before.  CPUID is the one
 * that works in every mode and at every privilege; a far return does not
 * serialise, IRET needs a stack frame.
 */
static inline void rtld_serialise_(void)
{
	unsigned a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)
			 : : "memory");
}

/* In a loop that waits: the other one of two threads of a core goes faster. */
static inline void rtld_relax_(void)
{
	__asm__ volatile("pause" : : : "memory");
}

#if !__STDC_HOSTED__
static inline unsigned long rtld_interrupts_off_(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void rtld_interrupts_restore_(unsigned long flags)
{
	__asm__ volatile("push %0; popf" : : "r"(flags) : "memory", "cc");
}
#else
static inline unsigned long rtld_interrupts_off_(void)
{
	return 0;
}

static inline void rtld_interrupts_restore_(unsigned long flags)
{
	(void)flags;
}
#endif

#else
#error "cpu.h: no port to this machine yet"
#endif

#endif /* RTLD_CPU_H */
