// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * selftest.c - who was called, and how
 *
 * Every implementation notes its own address and its return address.  The
 * bytes before the return address are the call itself, decoded here; other
 * sites are decoded at labels, or at the entry of one-instruction functions.
 * Who is called must be what memory says, always; how must be the linked form
 * when text is unbound and the direct one when it is bound.
 */
#include "../lib/decode.h"
#include "bodies.h"
#include "config.h"
#include "paravirt.h"
#include "uses.h"
#include "work.h"

static struct tally *tally;

static void expect(bool holds, const char *subject, const char *what)
{
	tally->checks++;
	if (holds)
		return;
	tally->failed++;
	kprintf("FAIL %s: %s\n", subject, what);
}

static void expect_how(const char *name, struct instruction found,
		       enum how how, uint64_t value)
{
	bool right = found.how == how && found.value == (uintptr_t)value;

	expect(right, name, "wrong form");
	if (!right)
		kprintf("  found %s %lx, expected %s %lx\n",
			how_names[found.how], (unsigned long)found.value,
			how_names[how], (unsigned long)value);
}

/* A read that rtld cannot know of: the address went through a register. */
static uint64_t peek(const volatile void *p, unsigned width, bool is_signed)
{
	__asm__("" : "+r"(p));
	if (width == 8)
		return *(const volatile uint64_t *)p;
	return is_signed ? (uint64_t)(int64_t)*(const volatile int32_t *)p :
			   *(const volatile uint32_t *)p;
}

/* ---- calls: run, then see who was called by which instruction ---------- */

static void run_call_slot(void) { asm_call_slot(); }
static void run_call_func(void) { asm_call_func(); }

static const struct call_test {
	const char *name;
	void (*run)(void);
	const void *slot;
	void (*stub)(void);	/* of a FUNC, else NULL */
} call_tests[] = {
	{ "irq_disable()", call_func_disable, &rts_slot_irq_disable,
	  irq_disable },
	{ "irq_enable()", call_func_enable, &rts_slot_irq_enable, irq_enable },
	{ "sched_clock()", call_func_clock, &rts_slot_sched_clock,
	  (void (*)(void))sched_clock },
	{ "console_putc()", call_func_putc, &rts_slot_console_putc,
	  (void (*)(void))console_putc },
	{ "pv_ops.irq_save()", call_ops_save, &pv_ops.irq_save, NULL },
	{ "pv_ops.irq_restore()", call_ops_restore, &pv_ops.irq_restore, NULL },
	{ "pv_ops.irq_disable()", call_ops_disable, &pv_ops.irq_disable, NULL },
	{ "pv_ops.irq_enable()", call_ops_enable, &pv_ops.irq_enable, NULL },
	{ "pv_ops.clock()", call_ops_clock, &pv_ops.clock, NULL },
	{ "pv_ops.putc()", call_ops_putc, &pv_ops.putc, NULL },
	{ "call *asm_hook", run_call_slot, &asm_hook, NULL },
	{ "call asm_func", run_call_func, &asm_slot, asm_func },
};

static void test_calls(bool bound)
{
	const struct call_test *t = call_tests;
	const struct call_test *end = t + sizeof(call_tests) / sizeof(*t);
	struct last_call seen;
	uint64_t who;

	for (; t < end; t++) {
		who = peek(t->slot, sizeof(void *), false);
		last_call.function = 0;
		t->run();
		seen = last_call;	/* printing calls, too */
		expect(seen.function == who, t->name, "wrong callee");
		if (bound)
			expect_how(t->name, decode_call(seen.return_address),
				   CALL, who);
		else if (t->stub)
			expect_how(t->name, decode_call(seen.return_address),
				   CALL, (uintptr_t)t->stub);
		else
			expect_how(t->name, decode_call(seen.return_address),
				   CALL_SLOT, (uintptr_t)t->slot);
	}
	irq_enable();
}

/* ---- jumps and pushes: the site is at a label --------------------------- */

static void run_tail_func(void) { tail_func('.'); barrier(); }
static void run_jcc(void) { asm_jcc_func(1); barrier(); }
static void run_jcc_not(void) { asm_jcc_func(0); barrier(); }

static const unsigned char *entry_of(const void *function)
{
	return function;
}

static void test_jump(const char *name, void (*run)(void), const void *site,
		      const void *slot, enum how how, enum how linked,
		      uint64_t linked_value, bool bound)
{
	uint64_t who = peek(slot, sizeof(void *), false);
	struct last_call seen;

	last_call.function = 0;
	run();
	seen = last_call;
	expect(seen.function == who, name, "wrong callee");
	expect_how(name, decode(entry_of(site)), bound ? how : linked,
		   bound ? who : linked_value);
}

static void test_jumps(bool bound)
{
	test_jump("jmp console_putc", run_tail_func, (const void *)tail_func,
		  &rts_slot_console_putc, JMP, JMP, (uintptr_t)console_putc,
		  bound);
	test_jump("jmp *pv_ops.irq_enable", tail_ops, (const void *)tail_ops,
		  &pv_ops.irq_enable, JMP, JMP_SLOT,
		  (uintptr_t)&pv_ops.irq_enable, bound);
	test_jump("jnz asm_func", run_jcc, asm_jcc_func_site, &asm_slot, JCC,
		  JCC, (uintptr_t)asm_func, bound);
	test_jump("push asm_hook", asm_push_slot, asm_push_slot_site,
		  &asm_hook, PUSH, PUSH_SLOT, (uintptr_t)&asm_hook, bound);
	last_call.function = 0;
	run_jcc_not();
	expect(last_call.function == 0, "jnz asm_func", "jumped though zero");
}

/* ---- a FUNC that may be NULL: then nothing is called --------------------- */

static void test_nullable(bool bound)
{
	uint64_t who = peek(&rts_slot_pv_notify, sizeof(void *), false);
	struct last_call seen;

	last_call.function = 0;
	call_func_notify();
	seen = last_call;
	expect(seen.function == who, "pv_notify()", "wrong callee");
	if (seen.function)
		expect_how("pv_notify()", decode_call(seen.return_address),
			   CALL, bound ? who : (uintptr_t)pv_notify);
	last_call.function = 0;
	tail_notify();
	expect(last_call.function == who, "jmp pv_notify", "wrong callee");
}

/* ---- loads: a constant if the value fits one, else still a load --------- */

static void test_load(const char *name, const void *function,
		      const volatile void *variable, uint64_t memory,
		      uint64_t got, bool bound)
{
	const unsigned char *site = entry_of(function);

	expect(got == memory, name, "wrong value");
	if (bound && fits_load(memory, site))
		expect_how(name, decode(site), CONSTANT, memory);
	else
		expect_how(name, decode(site), LOAD, (uintptr_t)variable);
}

/* A register may hold less than the variable. */
#define TEST_LOAD(get, x, is_signed)					\
	test_load(#x, (const void *)(get), (x),				\
		  (uintptr_t)peek((x), sizeof(get()) < sizeof(*(x)) ?	\
				  sizeof(get()) : sizeof(*(x)),		\
				  is_signed), (uintptr_t)get(), bound)

static void test_loads(bool bound)
{
	TEST_LOAD(get_cache_shift, &cache_shift, false);
	TEST_LOAD(get_trace_level, &trace_level, false);
	TEST_LOAD(get_batch, batch_address(), false);
	TEST_LOAD(get_bias, &bias, true);
	TEST_LOAD(get_hash_mask, &hash_mask, false);
	TEST_LOAD(get_hash_seed, &hash_seed, false);
	TEST_LOAD(get_bucket_base, &bucket_base, false);
}

/* ---- results: the same work, by memory that is no site ------------------ */

static uint64_t expected_hash_sum(unsigned n)
{
	uint64_t h = peek(&hash_seed, 8, false), sum = 0;
	uint64_t mask = peek(&hash_mask, 8, false);
	uint64_t shift = peek(&cache_shift, 4, false);
	uintptr_t at = (uintptr_t)peek(&bucket_base, sizeof(void *), false);
	const struct bucket *base = (const struct bucket *)at;
	bool trace = peek(&trace_level, 4, false) > 1;

	while (n--) {
		h = h * 6364136223846793005u + 1442695040888963407u;
		sum += base[h >> shift & mask].weight;
		if (trace)
			sum ^= h;
	}
	return sum;
}

static uint64_t expected_batch_cost(unsigned n)
{
	uint64_t cost = 0;
	unsigned i, b = (unsigned)peek(batch_address(), 4, false);

	for (i = 0; i < n; i++) {
		cost += (uint64_t)i << (peek(&cache_shift, 4, false) & 31);
		cost += (uint64_t)(b + i);
		cost -= peek(&bias, 4, true);
	}
	return cost;
}

static uint64_t expected_guarded_sum(unsigned n)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < n; i++)
		sum = (sum + peek(&hash_mask, 8, false) + i) * 3 + 1;
	return sum;
}

static void test_results(void)
{
	expect(hash_sum(5000) == expected_hash_sum(5000), "hash_sum",
	       "wrong sum");
	expect(batch_cost(5000) == expected_batch_cost(5000), "batch_cost",
	       "wrong sum");
	expect(guarded_sum(5000) == expected_guarded_sum(5000), "guarded_sum",
	       "wrong sum");
}

/* ---- each kind of use: registers and flags, by text and by memory -------- */

static void test_use(const struct use *use, const struct use_state *before)
{
	struct use_state text = *before, memory = *before;

	use->bound(&text);
	use->memory(&memory);
	expect(text.r == memory.r, use->name, "wrong register");
	expect(!((text.flags ^ memory.flags) & use->flags), use->name,
	       "wrong flags");
	if (text.r != memory.r || (text.flags ^ memory.flags) & use->flags)
		kprintf("  %lx flags %lx, by memory %lx flags %lx\n", text.r,
			text.flags, memory.r, memory.flags);
}

void selftest_uses(struct tally *total)
{
	static const struct use_state states[] = {
		{ 0, 0, 0, 0 }, { ~0ul, 1, 2, 0 }, { 5, ~0ul, 1, 0 },
		{ 0x1234567, ~0ul / 3, 7, 0 }, { ~0ul / 2 + 1, 3, ~0ul / 2, 0 }
	};
	unsigned i, j;

	tally = total;
	for (i = 0; i < uses_count; i++)
		for (j = 0; j < sizeof(states) / sizeof(states[0]); j++)
			test_use(&uses[i], &states[j]);
}

/* ---- interrupts and time: that the set really works --------------------- */

/* Wait for a condition, two seconds at most by the clock under test. */
#define WAIT_FOR(condition) do {					\
		uint64_t start_ = sched_clock();			\
		while (!(condition) &&					\
		       sched_clock() - start_ < 2000000000)		\
			;						\
	} while (0)

static void test_interrupts(void)
{
	unsigned long before = ticks, held, on;

	WAIT_FOR(ticks != before);
	expect(ticks != before, "timer", "does not tick");

	irq_disable();
	held = ticks;
	WAIT_FOR(timer_pending());
	expect(ticks == held, "irq_disable()", "ticked though disabled");
	irq_enable();
	__asm__ volatile("nop; nop" ::: "memory");
	expect(ticks != held, "irq_enable()", "held-back tick did not come");

	on = pv_ops.irq_save();
	held = ticks;
	WAIT_FOR(timer_pending());
	expect(on == 1 && ticks == held, "pv_ops.irq_save()",
	       "ticked though disabled");
	expect(pv_ops.irq_save() == 0, "pv_ops.irq_save()",
	       "does not know that it is off");
	pv_ops.irq_restore(0);
	expect(ticks == held, "pv_ops.irq_restore(0)", "enabled");
	pv_ops.irq_restore(on);
	__asm__ volatile("nop; nop" ::: "memory");
	expect(ticks != held, "pv_ops.irq_restore(1)",
	       "held-back tick did not come");
}

/* Both clocks read alike, whoever is in charge, and never go back. */
static void test_clock(void)
{
	static uint64_t last;
	uint64_t now = sched_clock();
	uint64_t native = native_ops.clock(), again = pv_ops.clock();

	expect(now >= last, "sched_clock()", "went back");
	expect(native - now < 1000000000 && again - native < 1000000000 +
	       1000, "clock", "the two implementations disagree");
	last = now;
}

void selftest(const char *phase, bool bound, struct tally *total)
{
	unsigned checks = total->checks, failed = total->failed;

	tally = total;
	test_calls(bound);
	test_jumps(bound);
	test_nullable(bound);
	test_loads(bound);
	test_results();
	selftest_uses(total);
	selftest_bodies(total);
	test_interrupts();
	test_clock();
	kprintf("\nselftest %s (%s): %u checks, %u failed, tick %lu\n", phase,
		bound ? "bound" : "linked form", total->checks - checks,
		total->failed - failed, ticks);
}
