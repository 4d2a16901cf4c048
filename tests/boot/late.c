// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * late.c - switch over while other CPUs run: late.elf's kernel_main()
 *
 *	stress=N	so many switch-overs
 *	mode=...	rendezvous: all CPUs stop meanwhile; live: none does
 *
 * CPU 0 switches; the others go through sites all the time (stress.h), with
 * timer interrupts and NMIs at any moment; CPU 2 initiates too, CPU 3 goes
 * offline and is started again, CPU 1 now and then keeps its interrupts off
 * for longer than anybody waits.
 */
#include "config.h"
#include "late.h"

void kernel_main(const struct start_info *si);

struct rtld rt;
static struct rtld rt_too;		/* of CPUs 1 and 2 */
struct rtld_host *host;
bool live, quiet;
static bool finished;			/* atomic */
uint64_t deaf_until;
static unsigned failed;
unsigned epoch;
struct counts counts;

void fail(const char *what)
{
	failed++;
	if (failed < 20)
		kprintf("FAIL late: %s\n", what);
}

/* ---- handlers: these do pass through sites ------------------------------ */

static void timer_handler(struct frame *frame)
{
	struct percpu *cpu = this_cpu();

	(void)frame;
	smp_end_of_interrupt();
	cpu->ticks++;
	stress_small(cpu);
	smp_timer(1000 + stress_random(cpu, 10000));
}

void nmi_work(struct percpu *cpu)
{
	cpu->nmis++;
	stress_small(cpu);
}

static void nmi_handler(struct frame *frame)
{
	(void)frame;
	nmi_work(this_cpu());
}

void check_handler(struct frame *frame)
{
	(void)frame;
	this_cpu()->machine_checks++;
	stress_small(this_cpu());
	/* Last: from here on the next one may come, to the same stack. */
	if (smp_check_done())
		this_cpu()->true_checks++;
}

/* ---- a switch-over ------------------------------------------------------- */

/* NMIs for all, a machine check for this CPU; by the rendezvous host all have
 * stopped, and are parked. */
static int change(void *arg)
{
	unsigned i, e = *(const unsigned *)arg;

	if (e % 4 == 0) {
		for (i = 0; i < cpu_count; i++)
			if (GET(percpu[i].online))
				smp_nmi(i);
		counts.forced_nmis++;
	}
	if (e % 16 == 0) {
		__asm__ volatile("int $18" ::: "memory");
		counts.forced_checks++;
	}
	stress_choose(e);
	return 0;
}

/* ---- what the other CPUs do --------------------------------------------- */

static void send_some_nmi(struct percpu *cpu)
{
	unsigned to = stress_random(cpu, cpu_count);

	/* It must still be there when the NMI comes. */
	hotplug_read();
	if (GET(percpu[to].online))
		smp_nmi(to);
	hotplug_read_done();
}

static int same_again(void *arg)
{
	(void)arg;
	return 0;
}

/*
 * CPUs 1 and 2, with one struct rtld: of two calls at once one is refused,
 * without a trace in it.  Memory is whole whenever a transaction may begin:
 * this changes nothing, or binds what a CPU was inside of.
 */
static void initiate_too(struct percpu *cpu)
{
	int rc;

	hotplug_read();
	if (GET(quiet)) {
		hotplug_read_done();
		return;
	}
	if (stress_random(cpu, 2))
		rc = rtld_bind(&rt_too, host);
	else
		rc = rtld_switch(&rt_too, host, same_again, NULL);
	hotplug_read_done();
	if (rc == 0)
		INCREMENT(counts.binds);
	else if (rc == -RTLD_E_BUSY)
		INCREMENT(counts.binds_same);
	else
		INCREMENT(counts.binds_refused);
	if (rc && rc != -RTLD_E_BUSY && rc != -RTLD_E_HOST &&
	    rc != -RTLD_E_TEXT_INSIDE)
		cpu->failed++;
}

/* Wait for CPU 2 to have begun.  If it stops the others, it waits for this one,
 * too: for as long as interrupts are off. */
static void interfere(struct percpu *cpu)
{
	uint64_t until = clock_now() + 2000000;

	if (!live)
		__asm__ volatile("cli" ::: "memory");
	while (!GET(rt_too.busy) && clock_now() < until)
		relax();
	if (GET(rt_too.busy))
		initiate_too(cpu);
	__asm__ volatile("sti" ::: "memory");
}

/* Deaf until told otherwise, or until that time: no interrupt, but NMIs. */
static void turn_deaf(struct percpu *cpu)
{
	__asm__ volatile("cli" ::: "memory");
	PUT(cpu->deaf, 1);
	while (GET(cpu->command) == DEAF && clock_now() < GET(deaf_until)) {
		stress_small(cpu);
		relax();
	}
	PUT(cpu->deaf, 0);
	__asm__ volatile("sti" ::: "memory");
}

static _Noreturn void go_offline(struct percpu *cpu)
{
	hotplug_write();
	__asm__ volatile("cli" ::: "memory");
	smp_park(true, NULL);
	PUT(cpu->online, 0);
	hotplug_write_done();
	PUT(cpu->dead, 1);
	for (;;)
		__asm__ volatile("hlt");
}

static void run(struct percpu *cpu)
{
	smp_timer(1000);
	while (!GET(finished)) {
		if (stress_random(cpu, 16) == 0) {
			__asm__ volatile("cli" ::: "memory");
			stress_pass(cpu);
			__asm__ volatile("sti" ::: "memory");
		} else {
			stress_pass(cpu);
		}
		if (stress_random(cpu, 4) == 0)
			send_some_nmi(cpu);
		if (GET(cpu->command) == DEAF)
			turn_deaf(cpu);
		if (cpu->number == 2 && stress_random(cpu, 64) == 0)
			initiate_too(cpu);
		if (cpu->number == 1 && stress_random(cpu, 16) == 0)
			interfere(cpu);
		/* Not before each sort of thing has happened to it: nobody
		 * has NMIs replayed where nobody stops. */
		if (cpu->number == 3 && !options.inject && cpu->ticks &&
		    (live || cpu->replayed) && stress_random(cpu, 64) == 0)
			go_offline(cpu);
	}
	go_offline(cpu);
}

/* ---- CPU 0 -------------------------------------------------------------- */

/* Until each has begun and ended a pass since now. */
void wait_for_all(void)
{
	uint64_t passes[CPUS_MAX];
	unsigned i;

	for (i = 1; i < cpu_count; i++)
		passes[i] = GET(percpu[i].passes);
	for (i = 1; i < cpu_count; i++)
		while (GET(percpu[i].online) &&
		       GET(percpu[i].passes) < passes[i] + 2)
			relax();
}

int switch_to(unsigned e)
{
	int rc;

	PUT(announced, e);
	hotplug_read();
	rc = rtld_switch(&rt, host, change, &e);
	hotplug_read_done();
	if (rc < 0) {
		PUT(announced, epoch);
		return rc;
	}
	epoch = e;
	PUT(published, e);
	counts.switched++;
	return 0;
}

/* What is right when a switch-over was refused, and what then is counted. */
static void refused(int rc)
{
	if (rc == -RTLD_E_TEXT_INSIDE)
		counts.inside++;
	else if (rc != -RTLD_E_HOST)
		counts.others++;
	else if (rt.fault.host ==
		 -(live ? (int)RTLD_LIVE_BUSY : (int)RTLD_RENDEZVOUS_BUSY))
		counts.busy++;
	else
		counts.others++;
	if (counts.others == 1 && rc != -RTLD_E_TEXT_INSIDE)
		kprintf("late: refused %s, host %u, cpu %u, address %lx\n",
			rtld_errname(rc), (unsigned)-rt.fault.host, r.missing,
			(unsigned long)rt.fault.address);
}

/* Start who is not there. */
static void start_cpus(void)
{
	unsigned i;

	for (i = 1; i < cpu_count; i++) {
		if (GET(percpu[i].online) || !GET(percpu[i].dead))
			continue;
		smp_start(i);
		counts.restarts++;
		/* One at a time: they share a trampoline.  But the first time
		 * nothing else waits for it. */
		while (i != 3 && !GET(percpu[i].online))
			relax();
	}
}

static void switch_many(void)
{
	unsigned every = options.switches / 10 + 1;
	int rc;

	/* BUSY may come as often as it likes: that is CPU 2's transaction, and
	 * how long it takes is the machine's load. */
	while (counts.switched < options.switches) {
		if (counts.inside + counts.others > options.switches + 100) {
			fail("too many refusals");
			return;
		}
		if (options.inject && counts.switched % 4 == 3)
			PUT(inject, 1);
		rc = switch_to(epoch + 1);
		PUT(inject, 0);
		if (rc < 0)
			refused(rc);
		stress_pass(&percpu[0]);
		if (rc < 0)
			continue;
		if (epoch % 8 == 0)
			wait_for_all();
		if (epoch % (live ? 4 : 16) == 0)
			start_cpus();
		if (counts.switched % every == every / 2) {
			one_is_deaf();
			one_lingers();
			kprintf("late: %u switched\n", counts.switched);
		}
		if (counts.switched == 10)
			kprintf("late: first switch-overs\n");
	}
}

/* However the machine divides its time: each of the others has its turn. */
static void wait_for_initiators(void)
{
	uint64_t until = clock_now() + PATIENCE;

	while (cpu_count > 2 && clock_now() < until &&
	       !(GET(counts.binds) && GET(counts.binds_same)))
		stress_pass(&percpu[0]);
}

/* ---- figures ------------------------------------------------------------ */

static void print_cpu(const struct percpu *cpu)
{
	kprintf("late: cpu %u: passes %lu answers %lu calls %lu in between %lu "
		"windows %lu ticks %lu nmis %lu checks %lu true %lu replayed "
		"%lu failed %u\n",
		cpu->number, cpu->passes, cpu->answers, cpu->calls,
		cpu->between, cpu->windows, cpu->ticks, cpu->nmis,
		cpu->machine_checks, cpu->true_checks, cpu->replayed,
		cpu->failed);
	if (cpu->failed)
		kprintf("FAIL late: cpu %u: answer %u is %lx, flags %lx, epoch "
			"%u to %u, pass %lu\n", cpu->number, cpu->first_bad,
			cpu->bad_value, cpu->bad_flags,
			(unsigned)cpu->bad_floor, (unsigned)cpu->bad_ceiling,
			cpu->bad_pass);
	failed += cpu->failed;
	if (!cpu->passes || !cpu->ticks || !cpu->nmis)
		fail("a CPU has not done its part");
}

static void print_rendezvous(void)
{
	unsigned n = r.stops ? r.stops : 1;

	kprintf("late: stops %u late %u gathered in %lu us, most %lu; stopped "
		"for %lu us, most %lu\n", r.stops, r.late,
		r.all_gathered / n / 1000, r.most_gathered / 1000,
		r.all_stopped / n / 1000, r.most_stopped / 1000);
}

static void print_live(void)
{
	kprintf("late: batches %u breakpoints emulated %u retried %u; the last "
		"one: written %u batches %u syncs %u\n", l.all_batches,
		l.emulated, l.retried, l.written, l.batches, l.syncs);
}

static void print_figures(uint64_t took)
{
	uint64_t rate = (uint64_t)counts.switched * 1000000000;

	kprintf("late: mode %s: cpus %u switched %u refused: busy %u "
		"deaf %u inside %u other %u\n", live ? "live" : "rendezvous",
		cpu_count, counts.switched, counts.busy, counts.timeouts,
		counts.inside, counts.others);
	kprintf("late: restarts %u others initiated %u refused: by the host %u "
		"same struct %u; nmis to all %u checks %u\n", counts.restarts,
		counts.binds, counts.binds_refused, counts.binds_same,
		counts.forced_nmis, counts.forced_checks);
	kprintf("late: windows passed over %u injected %u\n",
		counts.passed_over, counts.injected);
	kprintf("late: sites %u written by the last %u, rounds of interrupts "
		"%u, %lu ms, %lu switches per second\n", rt.stats.sites,
		rt.stats.written, live ? l.all_syncs : r.sent, took / 1000000,
		rate / took);
	if (live)
		print_live();
	else
		print_rendezvous();
}

static _Noreturn void finish(void)
{
	unsigned i, checks = 0;

	for (i = 0; i < cpu_count; i++) {
		print_cpu(&percpu[i]);
		checks += (unsigned)percpu[i].answers;
	}
	if (rtld_check(&rt, kernel_host()) < 0)
		fail("rtld_check()");
	kprintf("dump after late\n");
	rtld_dump(&rt, host, RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS |
		  RTLD_DUMP_SITES);
	kprintf("SELFTEST %s checks=%u failed=%u last=late\n",
		failed ? "FAIL" : "PASS", checks, failed);
	power_off(failed ? EXIT_FAIL : EXIT_PASS);
}

static void prepare(void)
{
	unsigned i;
	int rc;

	live = has_prefix(options.mode, "live");
	trap_handlers[VECTOR_APIC_TIMER] = timer_handler;
	trap_handlers[VECTOR_NMI] = nmi_handler;
	trap_handlers[VECTOR_MACHINE_CHECK] = check_handler;
	if (table_open(&rt) < 0 || table_open(&rt_too) < 0) {
		fail("no table");
		finish();
	}
	stress_init();
	host = late_host();
	smp_init(run);
	r.count = cpu_count;
	/* Not by the host of early boot: that one also binds what no host
	 * can change while other CPUs run. */
	rc = rtld_bind(&rt, host);
	if (rc < 0)
		fail("bind");
	kprintf("late: bind: %u, host %u: sites %u bound %u kept %u\n",
		(unsigned)-rc, (unsigned)-rt.fault.host, rt.stats.sites,
		rt.stats.bound, rt.stats.kept);
	for (i = 1; i < cpu_count; i++)
		PUT(percpu[i].dead, 1);
}

void kernel_main(const struct start_info *si)
{
	uint64_t start;
	unsigned i;

	serial_init();
	kprintf("\ndemo kernel of ld-wrap: late switch-over\n");
	cpu_init();
	protect_kernel();
	clock_init();
	irq_enable();
	config_parse(si);
	prepare();
	kprintf("late: %u CPUs\n", cpu_count);
	smp_timer(1000);
	smp_nmi(0);
	start_cpus();
	while (cpu_count > 3 && !GET(percpu[3].online) &&
	       !GET(percpu[3].dead))
		relax();
	start = clock_now();
	switch_many();
	start = clock_now() - start;
	wait_for_initiators();
	PUT(finished, true);
	for (i = 1; i < cpu_count; i++)
		while (!GET(percpu[i].dead))
			relax();
	print_figures(start);
	tamper();
	finish();
}
