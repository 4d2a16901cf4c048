// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * late-faults.c - what goes wrong while late.c switches over
 *
 * A CPU that does not come, or stands inside a window; a machine check and an
 * NMI for all in the worst moment; a byte that somebody else has written.
 */
#include "config.h"
#include "late.h"

unsigned inject;

/* From when on no other CPU initiates, or till when. */
static void be_quiet(bool on)
{
	hotplug_write();
	PUT(quiet, on);
	hotplug_write_done();
}

/* ---- a CPU that lets no interrupt through ------------------------------- */

static uint64_t text_sum(void)
{
	const unsigned char *at = direct(kernel_text);
	uint64_t sum = 0xcbf29ce484222325;

	for (; at < (unsigned char *)direct(kernel_text_end); at++)
		sum = (sum ^ *at) * 0x100000001b3;
	return sum;
}

/* CPU 1 does not come: refused, nothing changed. */
static void refused_for_deaf(void)
{
	uint64_t sum = text_sum();
	int rc;

	r.timeout = IMPATIENCE;
	rc = switch_to(epoch + 1);
	r.timeout = PATIENCE;
	if (rc != -RTLD_E_HOST || r.reason != RTLD_RENDEZVOUS_TIMEOUT ||
	    r.missing != 1)
		fail("a CPU was deaf, and it was not refused so");
	if (text_sum() != sum)
		fail("refused, but text has changed");
	counts.timeouts++;
	stress_pass(&percpu[0]);
}

/* All wait for CPU 1, but it for nobody: it goes through sites, and through
 * breakpoints, for as long as it likes. */
static void wait_for_deaf(void)
{
	uint64_t until = clock_now() + IMPATIENCE;

	PUT(deaf_until, until);
	if (switch_to(epoch + 1) < 0)
		fail("a CPU was deaf, and it was refused");
	if (clock_now() < until)
		fail("a CPU was deaf, and nobody waited for it");
	counts.switched--;
	counts.timeouts++;
}

void one_is_deaf(void)
{
	unsigned late = GET(r.late);

	if (cpu_count < 2)
		return;
	/* CPU 2 must not wait for it, patiently, and CPU 0 for CPU 2. */
	be_quiet(true);
	PUT(deaf_until, ~0ull);
	PUT(percpu[1].command, DEAF);
	while (!GET(percpu[1].deaf))
		relax();
	if (live)
		wait_for_deaf();
	else
		refused_for_deaf();
	/* It comes late; all go on. */
	PUT(percpu[1].command, 0);
	while (!live && GET(r.late) == late)
		relax();
	be_quiet(false);
	wait_for_all();
}

/* ---- a CPU inside a window ---------------------------------------------- */

/* Bound without pushes and pops: nobody was inside. */
static unsigned whole_windows(void)
{
	unsigned i, n = 0;

	for (i = 0; i < ST_WINDOWS; i++)
		n += *(const unsigned char *)direct(st_windows[i]) != 0x50;
	return n;
}

/* The next epoch that has this choice of windows.  Who is inside of one with
 * a body is seldom there for long; what an interrupt has left on a stack may
 * look as if it were, until something else is written there. */
static void switch_until(unsigned choice)
{
	unsigned refusals = 0;

	while ((epoch & 3) != choice) {
		if (switch_to(epoch + 1) >= 0)
			continue;
		if (rt.fault.code != RTLD_E_TEXT_INSIDE || ++refusals == 1000) {
			fail("a switch-over was refused, and nobody inside");
			kprintf("late: %s, host %u\n",
				rtld_errname(rt.fault.code),
				(unsigned)-rt.fault.host);
			return;
		}
		counts.inside++;
		stress_pass(&percpu[0]);
	}
}

/* CPU 1 stays in a function that a window calls: so the window keeps its
 * pushes and pops, and CPU 1 finds them when it returns. */
void one_lingers(void)
{
	unsigned whole, i, switched = counts.switched;

	if (cpu_count < 2 || live)
		return;
	be_quiet(true);
	switch_until(3);
	PUT(percpu[1].command, LINGER);
	while (!GET(percpu[1].lingers))
		relax();
	switch_until(0);
	whole = whole_windows();
	if (whole == ST_WINDOWS)
		fail("a window changed around a CPU that was inside");
	counts.passed_over += ST_WINDOWS - whole;
	PUT(percpu[1].command, 0);
	while (GET(percpu[1].lingers))
		relax();
	for (i = 0; i < 100 && whole_windows() < ST_WINDOWS; i++) {
		switch_until(1);
		switch_until(0);
	}
	if (i == 100)
		fail("nobody is inside, and a window keeps its pushes");
	counts.switched = switched;
	be_quiet(false);
}

/* ---- machine checks ------------------------------------------------------ */

/* Straight to the port: no site. */
static void say(const char *s)
{
	while (*s)
		native_ops.putc(*s++);
}

static uint64_t checks_of(const struct percpu *cpu)
{
	return GET(cpu->noted_mce) + GET(cpu->true_checks);
}

static uint64_t nmis_of(const struct percpu *cpu)
{
	return GET(cpu->noted_nmi) + GET(cpu->nmis);
}

/* Who reads this on the serial line has the machine raise a machine check on
 * each CPU, and an NMI; wait until all have had both.  No site. */
void await_injection(void)
{
	uint64_t checks[CPUS_MAX], nmis[CPUS_MAX];
	uint64_t until = clock_now() + PATIENCE;
	unsigned i, n = cpu_count;

	for (i = 0; i < n; i++) {
		checks[i] = checks_of(&percpu[i]);
		nmis[i] = nmis_of(&percpu[i]);
	}
	say("late: inject\n");
	for (i = 0; i < n; i++) {
		while (checks_of(&percpu[i]) == checks[i] ||
		       nmis_of(&percpu[i]) == nmis[i]) {
			if (clock_now() > until) {
				say("FAIL late: no machine check came\n");
				return;
			}
			relax();
		}
	}
	counts.injected++;
}

/* ---- a byte that somebody else wrote ------------------------------------- */

static void expect(int rc, int expected, const unsigned char *site)
{
	if (rc != expected || rt.fault.address != (uintptr_t)site)
		fail("a tampered site is not the one that is named");
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* This CPU is alone now, and no handler goes there.  Each byte of a site in turn; the first one's change
 * makes another instruction of it, the others another value. */
void tamper(void)
{
	const unsigned char *site = st_pass_site;
	unsigned char *text = direct(site);
	uint64_t sum;
	unsigned i;
	int error;

	for (i = 0; i < 5; i++) {
		text[i] ^= 0x10;
		error = i ? -RTLD_E_TEXT_STALE : -RTLD_E_TEXT_BYTES;
		expect(rtld_check(&rt, kernel_host()), error, site);
		kprintf("late: byte %u of st_pass_site is not ours: %s at "
			"%lx\n", i, rtld_errname(rt.fault.code),
			(unsigned long)rt.fault.address);
		sum = text_sum();
		expect(rtld_switch(&rt, host, nothing, NULL), error, site);
		if (text_sum() != sum)
			fail("refused, but text has changed");
		text[i] ^= 0x10;
	}
	if (rtld_check(&rt, kernel_host()) < 0)
		fail("rtld_check()");
}
