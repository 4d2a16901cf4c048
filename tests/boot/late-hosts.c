// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * late-hosts.c - this kernel wired to the two hosts for several CPUs
 *
 * No code here passes through a site, but what is replayed.
 */
#include "config.h"
#include "late.h"

#include "platform/rendezvous.h"

struct rtld_rendezvous r;
struct rtld_live l;
static struct rtld_rendezvous_cpu entries[CPUS_MAX];
static struct rtld_live_patch patches[1024];

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

/* With an instruction that is none, when all is to come at once: that is worse
 * than half of one. */
static void late_write(void *ctx, void *text, const void *bytes, size_t n)
{
	(void)ctx;
	if (text == direct(st_small_site) && GET(inject)) {
		*(volatile unsigned char *)text = 0x06;
		await_injection();
	}
	memcpy(text, bytes, n);
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
	rtld_rendezvous_host(&r);
	r.host.write = late_write;
	return &r.host;
}

/* ---- live --------------------------------------------------------------- */

static unsigned wanted;		/* atomic: the last sync's number */
static unsigned initiator;	/* atomic: who waits for it */

/* IRET will serialise: nothing of before can be run behind it. */
static void sync_handler(struct frame *frame)
{
	(void)frame;
	smp_end_of_interrupt();
	PUT(this_cpu()->synced, GET(wanted));
	smp_interrupt(GET(initiator), VECTOR_WAKE);
}

static void wake_handler(struct frame *frame)
{
	(void)frame;
	smp_end_of_interrupt();
}

/* Halted meanwhile, as QEMU may have fewer processors than threads. */
static void wait_for_sync(struct percpu *cpu, unsigned number)
{
	for (;;) {
		__asm__ volatile("cli" ::: "memory");
		if (GET(cpu->synced) == number)
			break;
		__asm__ volatile("sti; hlt" ::: "memory");
	}
	__asm__ volatile("sti" ::: "memory");
}

/* One at a time: the host sees to that.  Who is online cannot change. */
static void late_sync(void *kernel)
{
	unsigned number = __atomic_add_fetch(&wanted, 1, __ATOMIC_SEQ_CST);
	struct percpu *cpu;

	(void)kernel;
	/* Some still have the old bytes, others no longer. */
	if (this_cpu()->number == 0 && GET(inject))
		await_injection();
	PUT(initiator, this_cpu()->number);
	smp_interrupt_others(VECTOR_SYNC);
	for (cpu = percpu; cpu < percpu + cpu_count; cpu++)
		if (cpu != this_cpu() && GET(cpu->online))
			wait_for_sync(cpu, number);
	__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "ebx", "edx", "memory");
}

/* In as few stores as there can be: each makes an emulator look for what it has
 * translated there. */
static void late_poke(void *kernel, void *text, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	unsigned char *to = text;

	(void)kernel;
	for (; n >= 4; n -= 4, to += 4, from += 4)
		__asm__ volatile("movl %1, %0" : "=m"(*to)
				 : "r"(*(const uint32_t *)from) : "memory");
	for (; n; n--)
		*(volatile unsigned char *)to++ = *from++;
}

/*
 * For QEMU, which a CPU is not (seen with 7.2 and 10.0).  One thread translates
 * an instruction while another one's store changes it, and the translation of
 * the old bytes stays until somebody stores there again.  An old instruction is
 * whole, and the store of the bytes behind its first one drops it.  But of a
 * breakpoint that is gone the CPU would come here for ever: so it stores the
 * byte that is there, atomically, once more.  The host says that this is the
 * case by a return to where the breakpoint was.
 */
int late_trap(struct rtld_live *state, struct rtld_regs *regs)
{
	unsigned long address = regs->ip - 1;
	unsigned char *text = direct((const void *)address), byte;

	if (!rtld_live_trap(state, regs))
		return 0;
	if (regs->ip == address) {
		byte = *text;
		__atomic_compare_exchange_n(text, &byte, byte, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	return 1;
}

static struct rtld_host *live_host(void)
{
	trap_handlers[VECTOR_SYNC] = sync_handler;
	trap_handlers[VECTOR_WAKE] = wake_handler;
	gate_set(&idt[VECTOR_BREAKPOINT], (uintptr_t)live_breakpoint, 0);
	l.patches = patches;
	l.room = sizeof(patches) / sizeof(patches[0]);
	if (options.room < l.room)
		l.room = options.room;
	l.poke = late_poke;
	l.sync = late_sync;
	return rtld_live_host(&l);
}

struct rtld_host *late_host(void)
{
	const struct rtld_host *common = kernel_host();
	struct rtld_host *ours = live ? live_host() : rendezvous_host();

	ours->live = common->live;
	ours->print = common->print;
	ours->symbol = common->symbol;
	return ours;
}
