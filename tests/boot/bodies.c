// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bodies.c - the functions, what may stand for them, and calls of them
 */
#include "bodies.h"
#include "paravirt.h"

#ifdef __x86_64__
#define ACCUMULATOR	"%rax"
#else
#define ACCUMULATOR	"%eax"
#endif

volatile unsigned long pv_flushes;

static void native_off(void)
{
	__asm__ volatile("cli" ::: "memory");
}

static void native_on(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static unsigned long native_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0" : "=r"(flags) : : "memory");
	return flags;
}

static unsigned long native_level(void)
{
	return 0;
}

static void native_flush(void)
{
}

RTS_INLINE(native_off, RTS_CLOBBERS_NONE, "cli");
RTS_INLINE(native_on, RTS_CLOBBERS_NONE, "sti");
RTS_INLINE(native_flags, RTS_CLOBBER_RAX, "pushf; pop " ACCUMULATOR);
RTS_INLINE(native_level, RTS_CLOBBER_RAX, "mov $0, %eax");
RTS_INLINE(native_flush, RTS_CLOBBERS_NONE, "");

/* A hypervisor's: calls, but for one. */

static void hyper_off(void)
{
	vcpu_info.masked = 1;
}

static void hyper_on(void)
{
	irq_enable();
}

static unsigned long hyper_flags(void)
{
	return vcpu_info.masked ? 0 : 0x200;
}

static unsigned long hyper_level(void)
{
	return 2;
}

static void hyper_flush(void)
{
	pv_flushes++;
}

RTS_INLINE(hyper_level, RTS_CLOBBER_RAX, "mov $2, %eax");

RTS_DEFINE_FUNC(irq_off, native_off);
RTS_DEFINE_FUNC(irq_on, native_on);
RTS_DEFINE_FUNC(irq_flags, native_flags);
RTS_DEFINE_FUNC(pv_level, native_level);
RTS_DEFINE_FUNC(pv_flush, native_flush);
RTS_MAY_BE(pv_flush, native_flush);
RTS_MAY_BE(pv_flush, hyper_flush);

RTS_SETTER void bodies_select(bool hyper)
{
	RTS_SET_FUNC(irq_off, hyper ? hyper_off : native_off);
	RTS_SET_FUNC(irq_on, hyper ? hyper_on : native_on);
	RTS_SET_FUNC(irq_flags, hyper ? hyper_flags : native_flags);
	RTS_SET_FUNC(pv_level, hyper ? hyper_level : native_level);
	RTS_SET_FUNC(pv_flush, hyper ? hyper_flush : native_flush);
}

const char *body_name(uint64_t address)
{
#define NAMED(fn)	{ (uintptr_t)(fn), #fn }
	static const struct {
		uintptr_t address;
		const char *name;
	} names[] = {
		NAMED(native_off), NAMED(hyper_off), NAMED(native_on),
		NAMED(hyper_on), NAMED(native_flags), NAMED(hyper_flags),
		NAMED(native_level), NAMED(hyper_level), NAMED(native_flush),
		NAMED(hyper_flush)
	};
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].address == address)
			return names[i].name;
	return NULL;
}

/* ---- calls, some with values that must live through them ---------------- */

static noinline unsigned long off_and_on(unsigned long a, unsigned long b)
{
	unsigned long before = irq_flags(), off, on;

	irq_off();
	off = irq_flags();
	irq_on();
	on = irq_flags();
	return (before >> 9 & 1) << 2 | (off >> 9 & 1) << 1 | (on >> 9 & 1) |
	       (a ^ b) << 3;
}

static noinline unsigned long level_of(unsigned long n)
{
	unsigned long sum = 0;

	while (n--) {
		sum += pv_level() * n;
		pv_flush();
	}
	return sum;
}

static noinline void tail_off(void) { irq_off(); }
static noinline void tail_on(void) { irq_on(); }
static noinline void tail_flush(void) { pv_flush(); }
static noinline unsigned long tail_level(void) { return pv_level(); }

static void expect(struct tally *tally, bool holds, const char *what)
{
	tally->checks++;
	if (holds)
		return;
	tally->failed++;
	kprintf("FAIL bodies: %s\n", what);
}

void selftest_bodies(struct tally *tally)
{
	unsigned long flushes = pv_flushes;
	bool hyper = vcpu_info.active;

	expect(tally, off_and_on(3, 5) == (6 << 3 | 5), "off, on, flags");
	tail_off();
	expect(tally, !(irq_flags() & 0x200), "tail call of irq_off()");
	expect(tally, hyper || !(native_flags() & 0x200), "irq_off() is cli");
	tail_on();
	expect(tally, irq_flags() & native_flags() & 0x200,
	       "tail call of irq_on()");
	expect(tally, level_of(10) == (hyper ? 90 : 0), "pv_level()");
	expect(tally, tail_level() == (hyper ? 2 : 0), "jmp pv_level");
	tail_flush();
	expect(tally, asm_flush_saved() == 3, "registers around a call");
	expect(tally, pv_flushes - flushes == (hyper ? 12 : 0), "pv_flush()");
}
