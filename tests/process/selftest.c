// SPDX-License-Identifier: GPL-3.0-or-later
/* selftest.c - who was called, how, and with which result */
#include "../lib/decode.h"
#include "selftest.h"

#include <inttypes.h>
#include <stdio.h>

#include "demo.h"

unsigned checks, failed;

void expect(bool holds, const char *subject, const char *what)
{
	checks++;
	if (holds)
		return;
	failed++;
	printf("FAIL %s: %s\n", subject, what);
}

/* Linked by plain ld, or unbound, text is the compiler's; else it is ours. */
static void expect_how(const char *name, struct instruction found,
		       enum how how, uint64_t value)
{
	bool same = found.how == how && found.value == value;

	expect(same, name, "wrong form");
	if (!same)
		printf("  found %s %" PRIx64 ", expected %s %" PRIx64 "\n",
		       how_names[found.how], found.value, how_names[how],
		       value);
}

/* A read that is no site: the address went through a register. */
static uint64_t peek(const volatile void *p, size_t width, bool is_signed)
{
	__asm__("" : "+r"(p));
	if (width == 8)
		return *(const volatile uint64_t *)p;
	return is_signed ? (uint64_t)(int64_t)*(const volatile int32_t *)p :
			   *(const volatile uint32_t *)p;
}

static uintptr_t content(const void *slot)
{
	return (uintptr_t)peek(slot, sizeof(uintptr_t), false);
}

/* i386 code that may stand anywhere reaches objects by a register that holds
 * the GOT's address: such uses are kept, whatever form they have. */
#if defined(__i386__) && defined(__PIC__)
#define BY_REGISTER	1
#else
#define BY_REGISTER	0
#endif

static const unsigned char *code(uint64_t (*function)(uint64_t))
{
	return (const unsigned char *)(uintptr_t)function;
}

static void test_call(const char *name, uint64_t (*run)(uint64_t),
		      const void *slot, uint64_t (*stub)(uint64_t), bool bound)
{
	uintptr_t who = content(slot);

	last_call.function = 0;
	run(5);
	expect(last_call.function == who, name, "wrong callee");
	if (BY_REGISTER && !stub)
		return;
	expect_how(name, decode_call(last_call.return_address),
		   bound || stub ? CALL : CALL_SLOT,
		   bound ? who : stub ? (uintptr_t)stub : (uintptr_t)slot);
}

static void test_jump(const char *name, uint64_t (*run)(uint64_t),
		      const void *slot, uint64_t (*stub)(uint64_t), bool bound)
{
	uintptr_t who = content(slot);

	last_call.function = 0;
	run(5);
	expect(last_call.function == who, name, "wrong callee");
	if (BY_REGISTER && !stub)
		return;
	expect_how(name, decode(code(run)), bound || stub ? JMP : JMP_SLOT,
		   bound ? who : stub ? (uintptr_t)stub : (uintptr_t)slot);
}

static void test_load(const char *name, const void *site,
		      const volatile void *variable, uint64_t memory,
		      uint64_t got, bool bound)
{
	bool constant = bound && fits_load(memory, site);

	expect(got == memory, name, "wrong value");
	/* i386 loads 64 bits in halves, the lower one first. */
	if (!BY_REGISTER)
		expect_how(name, decode(site), constant ? CONSTANT : LOAD,
			   constant ? (sizeof(uintptr_t) == 4 ?
				       (uint32_t)memory : memory) :
				      (uintptr_t)variable);
}

#define TEST_LOAD(get, x, is_signed)					\
	test_load(#x, (const void *)(uintptr_t)(get), (x),		\
		  peek((x), sizeof(*(x)), is_signed), (uint64_t)get(), bound)

static uint64_t expected_work(unsigned n)
{
	struct codec c;
	uint64_t (*sum_up)(uint64_t) =
		(uint64_t (*)(uint64_t))content(&rts_slot_checksum);
	const unsigned char *b = (const unsigned char *)content(&base);
	uint64_t sum = peek(&seed, 8, false), x;
	unsigned i;

	c.encode = (uint64_t (*)(uint64_t))content(&codec.encode);
	c.decode = (uint64_t (*)(uint64_t))content(&codec.decode);
	for (i = 0; i < n; i++) {
		x = c.encode((uint64_t)i << (peek(&block_shift, 4, false) & 31));
		x += b[i & 63] + peek(&offset, 4, true);
		if (peek(level_address(), 4, false) > 1)
			x ^= peek(&limit, 8, false);
		sum = sum_up(sum + c.decode(x));
	}
	return sum;
}

void selftest(const char *step, bool bound)
{
	unsigned before = checks, failed_before = failed;

	test_call("checksum()", call_checksum, &rts_slot_checksum, checksum,
		  bound);
	test_call("codec.encode()", call_encode, &codec.encode, NULL, bound);
	test_call("codec.decode()", call_decode, &codec.decode, NULL, bound);
	test_jump("return checksum()", tail_checksum, &rts_slot_checksum,
		  checksum, bound);
	test_jump("return codec.encode()", tail_encode, &codec.encode, NULL,
		  bound);
	TEST_LOAD(get_block_shift, &block_shift, false);
	TEST_LOAD(get_level, level_address(), false);
	TEST_LOAD(get_offset, &offset, true);
	TEST_LOAD(get_limit, &limit, false);
	TEST_LOAD(get_seed, &seed, false);
	test_load("&base", (const void *)(uintptr_t)get_base, &base,
		  content(&base), (uintptr_t)get_base(), bound);
	expect(work(1000) == expected_work(1000), "work()", "wrong sum");
	printf("selftest %s (%s): %u checks, %u failed\n", step,
	       bound ? "bound" : "linked form", checks - before,
	       failed - failed_before);
}
