// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * late-hosts.c - this kernel wired to the two hosts for several CPUs
 *
 * No code here passes through a site, but what is replayed.
 */
#include "late.h"

#include "platform/rendezvous.h"

struct rtld_rendezvous r;
struct rtld_live l;
static struct rtld_rendezvous_cpu entries[CPUS_MAX];
static struct rtld_live_patch patches[256];

uint64_t clock_now(void)
{
	return native_ops.clock();
}

/* ---- rendezvous --------------------------------------------------------- */

static void stop_handler(struct frame *frame)
{
	struct percpu *cpu = this_cpu();

	smp_end_of_interrupt();
	cpu->stopped = frame;
	rtld_rendezvous_enter(&r, cpu->number, frame->ip);
	cpu->stopped = NULL;
}

static unsigned late_self(void *kernel)
{
	(void)kernel;
	return this_cpu()->number;
}

static int late_online(void *kernel, unsigned cpu)
{
	(void)kernel;
	return GET(percpu[cpu].online);
}

static int late_send(void *kernel)
{
	(void)kernel;
	smp_interrupt_others(VECTOR_STOP);
	return 0;
}

static uint64_t late_now(void *kernel)
{
	(void)kernel;
	return clock_now();
}

/* All is whole again: what was noted is done now. */
static void replay(unsigned nmis, unsigned checks)
{
	struct percpu *cpu = this_cpu();

	cpu->replayed += nmis + checks;
	while (nmis--)
		nmi_work(cpu);
	while (checks--)
		check_handler(NULL);
}

static int late_park(void *kernel, int on)
{
	(void)kernel;
	smp_park(on, replay);
	return 0;
}

/* Any word of a stack that would do as a return address counts as one. */
static bool on_stack(const void *from, const unsigned char *top,
		     uintptr_t text, size_t n)
{
	const uintptr_t *at = from;

	for (; (const unsigned char *)at < top; at++)
		if (*at - text - 1 < n - 1)
			return true;
	return false;
}

static int late_returns(void *kernel, const void *text, size_t n)
{
	uintptr_t at = (uintptr_t)text + KERNEL_BASE;
	struct percpu *cpu;
	const void *from;

	(void)kernel;
	for (cpu = percpu; cpu < percpu + cpu_count; cpu++) {
		from = cpu == this_cpu() ? __builtin_frame_address(0) :
		       (const void *)cpu->stopped;
		if (from && on_stack(from, cpu->stack_top, at, n))
			return 1;
	}
	return 0;
}

static struct rtld_host *rendezvous_host(void)
{
	trap_handlers[VECTOR_STOP] = stop_handler;
	r.cpus = entries;
	r.count = cpu_count;
	r.self = late_self;
	r.online = late_online;
	r.send = late_send;
	r.now = late_now;
	r.timeout = PATIENCE;
	r.park = late_park;
	r.returns = late_returns;
	return rtld_rendezvous_host(&r);
}

/* ---- live --------------------------------------------------------------- */

static unsigned wanted;		/* atomic: the last sync's number */

/* IRET will serialise: nothing of before can be run behind it. */
static void sync_handler(struct frame *frame)
{
	(void)frame;
	smp_end_of_interrupt();
	PUT(this_cpu()->synced, GET(wanted));
}

/*
 * For QEMU (seen with 7.2), which a CPU is not: one thread translates an
 * instruction while another one's store changes it, and the translation of the
 * old bytes stays.  Without this, CPUs met a breakpoint for ever at an address
 * where memory had none.  Storing the same bytes again, when the other thread
 * has got on, drops what it has translated.
 */
static void store_again(void)
{
	volatile unsigned char *text;
	uint32_t i;

	for (i = 0; i < l.count; i++) {
		text = (volatile unsigned char *)patches[i].text;
		*text = *text;
	}
}

/* One at a time: the host sees to that.  Who is online cannot change. */
static void late_sync(void *kernel)
{
	unsigned number = __atomic_add_fetch(&wanted, 1, __ATOMIC_SEQ_CST);
	struct percpu *cpu;
	uint64_t again = clock_now() + 2000000;

	(void)kernel;
	smp_interrupt_others(VECTOR_SYNC);
	for (cpu = percpu; cpu < percpu + cpu_count; cpu++) {
		if (cpu == this_cpu() || !GET(cpu->online))
			continue;
		while (GET(cpu->synced) != number) {
			relax();
			if (clock_now() < again)
				continue;
			store_again();
			again = clock_now() + 2000000;
		}
	}
	store_again();
	__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "ebx", "edx", "memory");
}

static struct rtld_host *live_host(void)
{
	trap_handlers[VECTOR_SYNC] = sync_handler;
	gate_set(&idt[VECTOR_BREAKPOINT], (uintptr_t)live_breakpoint, 0);
	l.patches = patches;
	l.room = sizeof(patches) / sizeof(patches[0]);
	l.sync = late_sync;
	return rtld_live_host(&l);
}

struct rtld_host *late_host(bool live)
{
	const struct rtld_host *common = kernel_host();
	struct rtld_host *host = live ? live_host() : rendezvous_host();

	host->live = common->live;
	host->print = common->print;
	host->symbol = common->symbol;
	return host;
}
