// SPDX-License-Identifier: GPL-3.0-or-later
/* paravirt.c - the two implementations, and the choice between them */
#include "bodies.h"
#include "paravirt.h"
#include "uses.h"
#include "work.h"

struct last_call last_call;

/* ---- native: the CPU, the TSC and a 16550 ----------------------------- */

static void native_irq_disable(void)
{
	CALLED(native_irq_disable);
	__asm__ volatile("cli" ::: "memory");
}

static void native_irq_enable(void)
{
	CALLED(native_irq_enable);
	__asm__ volatile("sti" ::: "memory");
}

static unsigned long native_irq_save(void)
{
	unsigned long flags;

	CALLED(native_irq_save);
	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags >> 9 & 1;
}

static void native_irq_restore(unsigned long on)
{
	CALLED(native_irq_restore);
	if (on)
		__asm__ volatile("sti" ::: "memory");
}

static uint64_t tsc_base, ns_per_tsc;	/* the latter shifted left by 32 */

/* tsc * scale >> 32, by halves: i386 has no integer of 128 bits. */
static uint64_t tsc_to_ns(uint64_t tsc, uint64_t scale)
{
	uint32_t t = (uint32_t)tsc, s = (uint32_t)scale;

	return (tsc >> 32) * scale + (scale >> 32) * t +
	       ((uint64_t)t * s >> 32);
}

static uint64_t native_clock(void)
{
	CALLED(native_clock);
	return tsc_to_ns(rdtsc() - tsc_base, ns_per_tsc);
}

static void serial_putc(int c)
{
	while (!(inb(0x3f8 + 5) & 0x20))
		;
	outb(0x3f8, (uint8_t)c);
}

static void native_putc(int c)
{
	CALLED(native_putc);
	serial_putc(c);
}

struct pv_ops native_ops = {
	native_irq_save, native_irq_restore, native_irq_disable,
	native_irq_enable, native_clock, native_putc
};

/* ---- hypervisor: shared memory instead of privileged instructions ----- */

struct vcpu_info vcpu_info;

static void deliver_pending(void)
{
	while (vcpu_info.pending && !vcpu_info.masked) {
		vcpu_info.pending = 0;
		tick();
	}
}

static void hyper_irq_disable(void)
{
	CALLED(hyper_irq_disable);
	vcpu_info.masked = 1;
}

static void hyper_irq_enable(void)
{
	CALLED(hyper_irq_enable);
	vcpu_info.masked = 0;
	deliver_pending();
}

static unsigned long hyper_irq_save(void)
{
	unsigned long on = !vcpu_info.masked;

	CALLED(hyper_irq_save);
	vcpu_info.masked = 1;
	return on;
}

static void hyper_irq_restore(unsigned long on)
{
	CALLED(hyper_irq_restore);
	if (on) {
		vcpu_info.masked = 0;
		deliver_pending();
	}
}

/* The clock page: odd version = being written. */
static struct {
	volatile uint32_t version;
	uint64_t tsc_base, ns_base, scale;
} clock_page;

static uint64_t hyper_clock(void)
{
	uint32_t version;
	uint64_t ns;

	CALLED(hyper_clock);
	do {
		version = clock_page.version & ~1u;
		barrier();
		ns = clock_page.ns_base +
		     tsc_to_ns(rdtsc() - clock_page.tsc_base,
			       clock_page.scale);
		barrier();
	} while (version != clock_page.version);
	return ns;
}

/* What the hypervisor does for its guest; here it is the native side. */
static void clock_page_fill(void)
{
	uint64_t now = rdtsc();

	clock_page.version++;
	barrier();
	clock_page.tsc_base = now;
	clock_page.ns_base = tsc_to_ns(now - tsc_base, ns_per_tsc);
	clock_page.scale = ns_per_tsc;
	barrier();
	clock_page.version++;
}

/* The hypercall console is QEMU's debug port; the serial line goes on, so
 * that the log stays in one piece. */
static void hyper_putc(int c)
{
	CALLED(hyper_putc);
	outb(0xe9, (uint8_t)c);
	serial_putc(c);
}

static void hyper_notify(void)
{
	CALLED(hyper_notify);
}

struct pv_ops hyper_ops = {
	hyper_irq_save, hyper_irq_restore, hyper_irq_disable,
	hyper_irq_enable, hyper_clock, hyper_putc
};

/* ---- behind the slots of entry.S: they only note who was called ------- */

void asm_native(void)
{
	CALLED(asm_native);
}

void asm_hyper(void)
{
	CALLED(asm_hyper);
}

/* ---- the choice -------------------------------------------------------- */

struct pv_ops pv_ops = {
	native_irq_save, native_irq_restore, native_irq_disable,
	native_irq_enable, native_clock, native_putc
};

RTS_DEFINE_FUNC(irq_disable, native_irq_disable);
RTS_DEFINE_FUNC(irq_enable, native_irq_enable);
RTS_DEFINE_FUNC(sched_clock, native_clock);
RTS_DEFINE_FUNC(console_putc, native_putc);
RTS_DEFINE_FUNC_NULLABLE(pv_notify);

/* With interrupts off: the hypervisor's mask must be in force before its
 * functions are. */
RTS_SETTER int pv_select(void *set)
{
	const struct pv_ops *ops = set;

	if (ops == &hyper_ops) {
		clock_page_fill();
		vcpu_info.masked = 0;
		vcpu_info.active = 1;
	}
	pv_ops = *ops;
	RTS_SET_FUNC(irq_disable, ops->irq_disable);
	RTS_SET_FUNC(irq_enable, ops->irq_enable);
	RTS_SET_FUNC(sched_clock, ops->clock);
	RTS_SET_FUNC(console_putc, ops->putc);
	RTS_SET_FUNC(pv_notify, ops == &hyper_ops ? hyper_notify : NULL);
	asm_hook = ops == &hyper_ops ? asm_hyper : asm_native;
	asm_slot = asm_hook;
	bodies_select(ops == &hyper_ops);
	uses_choose(ops == &hyper_ops ? 15 : 0);
	return 0;
}

/* Only what any CPU may call at any time. */
RTS_SETTER void pv_clock_select(bool hyper)
{
	const struct pv_ops *ops = hyper ? &hyper_ops : &native_ops;

	if (hyper)
		clock_page_fill();
	pv_ops.clock = ops->clock;
	RTS_SET_FUNC(sched_clock, ops->clock);
}

const char *pv_detect(void)
{
	static char name[13];
	uint32_t r[4];

	cpuid(1, r);
	if (!(r[2] >> 31))
		return "";
	cpuid(0x40000000, r);
	memcpy(name, r + 1, 12);
	return name;
}

/* Time 10 ms of the PIT's channel 2 (port 0x61 gates and shows it). */
__init void clock_init(void)
{
	const unsigned count = 11932;
	unsigned long on = pv_ops.irq_save();
	uint64_t start, khz;

	outb(0x61, (inb(0x61) & ~2) | 1);
	outb(0x43, 0xb0);
	outb(0x42, count & 0xff);
	outb(0x42, count >> 8);
	start = rdtsc();
	while (!(inb(0x61) & 0x20))
		;
	khz = rdtsc() - start;
	divide(&khz, 10);
	pv_ops.irq_restore(on);
	tsc_base = start;
	ns_per_tsc = 1000000ull << 32;
	divide(&ns_per_tsc, (uint32_t)khz);
	kprintf("clock: tsc %lu MHz, pit %u Hz\n",
		(unsigned long)khz / 1000, TIMER_HZ);
}
