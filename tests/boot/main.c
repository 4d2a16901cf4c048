// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main.c - the sequence
 *
 *	unbound ─► bind as native ─► free init ─► switch over ─► unbind
 *
 * with the self-test after each step and the debug dump after each change.
 * Words of the command line: config.c.
 */
#include "config.h"
#include "paravirt.h"
#include "uses.h"
#include "work.h"

static struct rtld rt;
static bool table_usable, bound;
static struct tally total;

void kernel_main(const struct start_info *si);

static uint64_t text_sum(void)
{
	const unsigned char *at = direct(kernel_text);
	const unsigned char *end = direct(kernel_init_end);
	uint64_t sum = 0xcbf29ce484222325;

	for (; at < end; at++)
		sum = (sum ^ *at) * 0x100000001b3;
	return sum;
}

static _Noreturn void finish(const char *phase)
{
	bool pass = total.checks && !total.failed;

	kprintf("SELFTEST %s checks=%u failed=%u last=%s\n",
		pass ? "PASS" : "FAIL", total.checks, total.failed, phase);
	power_off(pass ? EXIT_PASS : EXIT_FAIL);
}

static void phase(const char *name)
{
	const char *stop = options.stop;

	selftest(name, bound, &total);
	if (has_prefix(stop, name) && strlen(stop) == strlen(name))
		finish(name);
}

static void print_bytes(const char *what, const uint8_t *bytes, unsigned n)
{
	unsigned i;

	kprintf("rtld:   %s", what);
	for (i = 0; i < n; i++)
		kprintf(" %02x", bytes[i]);
	kprintf("\n");
}

/* What rtld answered, for people and for the harness. */
static bool answer(const char *what, int rc, uint64_t sum_before)
{
	const struct rtld_fault *f = &rt.fault;
	const struct rtld_stats *s = &rt.stats;

	if (rc >= 0) {
		kprintf("rtld: %s: sites %u bound %u kept %u dropped %u "
			"written %u\n", what, s->sites, s->bound, s->kept,
			s->dropped, s->written);
		return true;
	}
	kprintf("rtld: %s: refused %s: %s\n", what, rtld_errname(rc),
		rtld_strerror(rc));
	kprintf("rtld:   offset %u slot %u site %u address %lx\n",
		f->offset, f->slot, f->site,
		(unsigned long)f->address);
	if (f->length) {
		print_bytes("expected", f->expected, f->length);
		print_bytes("found   ", f->found, f->length);
	}
	kprintf("rtld:   text %s\n",
		text_sum() == sum_before ? "unchanged" : "CHANGED");
	if (text_sum() != sum_before)
		total.failed++;
	return false;
}

static void dump(const char *name)
{
	int rc;

	if (!table_usable)
		return;
	kprintf("dump after %s\n", name);
	rc = rtld_dump(&rt, kernel_host(), RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS |
		       RTLD_DUMP_SITES);
	total.checks++;
	if (rc < 0)
		total.failed++;
	rc = rtld_check(&rt, kernel_host());
	total.checks++;
	if (rc < 0) {
		total.failed++;
		answer("check", rc, text_sum());
	}
}

static void bind_native(void)
{
	uint64_t sum = text_sum();

	if (table_usable)
		table_usable = bound =
			answer("bind", rtld_bind(&rt, kernel_host()), sum);
	dump("bind");
	phase("native");
}

static void switch_over(void)
{
	uint64_t sum = text_sum();
	unsigned long before = ticks;
	int rc;

	if (table_usable) {
		rc = rtld_switch(&rt, kernel_host(), pv_select, &hyper_ops);
		if (!answer("switch", rc, sum))
			total.failed++;
	} else {
		/* Memory is the truth: this alone is a switch-over, too. */
		__asm__ volatile("cli" ::: "memory");
		pv_select(&hyper_ops);
		__asm__ volatile("sti" ::: "memory");
	}
	kprintf("switch-over at tick %lu\n", before);
	dump("switch");
	phase("hyper");
}

/* Only one variable has changed: only its sites are visited. */
static RTS_SETTER void retune(void)
{
	unsigned old = trace_level;
	uint64_t sum = text_sum();
	int rc;

	if (!table_usable)
		return;
	trace_level = old + 5;
	rc = rtld_check(&rt, kernel_host());
	kprintf("rtld: check after a store: %s\n", rtld_errname(rc));
	total.checks++;
	if (rc != -RTLD_E_TEXT_STALE)
		total.failed++;
	/* A pointer is for whoever reads; rtld reads in the direct map. */
	rc = rtld_bind_object(&rt, kernel_host(), direct(&trace_level));
	total.checks++;
	if (!answer("bind trace_level", rc, sum))
		total.failed++;
	phase("retuned");
	trace_level = old;
	rc = rtld_bind_object(&rt, kernel_host(), direct(&trace_level));
	total.checks++;
	if (rc < 0)
		total.failed++;
}

/* All of uses.def with many values, and bound to each of them. */
static void revalue(void)
{
	unsigned n, checks = total.checks, failed = total.failed;
	void *const *object;

	for (n = USE_SETS; n--; ) {
		uses_choose(n);
		for (object = use_objects; table_usable && *object; object++)
			if (rtld_bind_object(&rt, kernel_host(),
					     direct(*object)) < 0)
				total.failed++;
		selftest_uses(&total);
	}
	kprintf("uses: %u, with %u values: %u checks, %u failed\n", uses_count,
		USE_SETS, total.checks - checks, total.failed - failed);
}

/* Each must trap: write where text runs, run where text can be written, call
 * what was freed. */
static void poke(void)
{
	const void *target = NULL;

	if (has_prefix(options.poke, "text"))
		*(volatile unsigned char *)kernel_text = 0x90;
	else if (has_prefix(options.poke, "direct"))
		target = direct((const void *)get_batch);
	else if (has_prefix(options.poke, "init"))
		target = (const void *)clock_init;
	if (target)
		((void (*)(void))(uintptr_t)target)();
}

static bool want_hyper(void)
{
	const char *found = pv_detect();

	kprintf("cpuid: hypervisor \"%s\"\n", found);
	if (has_prefix(options.pv, "hyper"))
		return true;
	return !has_prefix(options.pv, "native") && *found;
}

static void open_table(void)
{
	int rc = table_open(&rt);

	table_usable = rc == 0;
	if (!RTS_TABLE_SIZE)
		kprintf("rtld: unbound (no table): %s\n", rtld_errname(rc));
	else if (rc)
		answer("open", rc, text_sum());
	else
		kprintf("rtld: table of %lu bytes\n",
			(unsigned long)RTS_TABLE_SIZE);
	if (!early_wanted)
		return;
	kprintf("rtld: early bind at physical addresses: %s\n",
		early_status < 0 ? rtld_errname(early_status) : "done");
	bound = early_status >= 0;
	dump("early bind");
	phase("early");
}

/* Entered from entry.S at the kernel's own addresses, interrupts off. */
void kernel_main(const struct start_info *si)
{
	serial_init();
	kprintf("\ndemo kernel of ld-wrap\n");
	cpu_init();
	protect_kernel();
	clock_init();
	irq_enable();
	open_table();
	config_parse(si);
	if (!early_wanted)
		phase("unbound");
	bind_native();
	retune();
	revalue();
	if (!options.keep_init)
		free_init();
	poke();
	if (want_hyper())
		switch_over();
	if (table_usable) {
		uint64_t sum = text_sum();

		bound = !answer("unbind", rtld_unbind(&rt, kernel_host()), sum);
		dump("unbind");
	}
	phase("unbound again");
	finish("unbound again");
}
