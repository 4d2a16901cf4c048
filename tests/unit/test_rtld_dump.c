/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_rtld_dump.c - the debug dump, line by line */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rtld.h"
#include "../lib/rts_build.h"
#include "../lib/rts_open.h"

#define ROOM	4096
#define BASE	0xffffffff82000000	/* where the table says it runs */

static struct {
	unsigned char text[256];
	uint64_t slot, other;
	uint32_t shift;
	unsigned char stub[16], table[ROOM];
} world;
static struct rts_build b;
static struct rtld rt;
static struct rtld_host host;
static char out[16384];
static size_t out_size;
static unsigned lines;

static void print(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	assert_in_range(n, 6, 200);
	assert_memory_equal(line, "rts: ", 5);
	/* One line: a newline at its end and nowhere else; no NUL. */
	assert_ptr_equal(memchr(line, '\n', n), line + n - 1);
	assert_null(memchr(line, 0, n));
	assert_true(out_size + n < sizeof(out));
	memcpy(out + out_size, line, n);
	out_size += n;
	out[out_size] = 0;
	lines++;
}

static size_t symbol(void *ctx, uint64_t address, char *buf, size_t size)
{
	(void)ctx;
	if (address != BASE + 0x100)
		return 0;
	return (size_t)snprintf(buf, size, "native_irq_disable");
}

/* The run-time address of something of ours. */
static uint64_t address_of(const void *p)
{
	return BASE + (uint64_t)((uintptr_t)p - (uintptr_t)world.table);
}

static void link_rel32(unsigned at, const char *opcode, unsigned n,
		       const void *to)
{
	int32_t distance = (int32_t)((const unsigned char *)to -
				     (world.text + at + n + 4));

	memcpy(world.text + at, opcode, n);
	memcpy(world.text + at + n, &distance, 4);
}

static void start(const char *name)
{
	memset(&world, 0, sizeof(world));
	memset(&host, 0, sizeof(host));
	host.print = print;
	host.symbol = symbol;
	link_rel32(0, "\xe8", 1, world.stub);
	link_rel32(16, "\xe9", 1, world.stub);
	link_rel32(32, "\x8b\x05", 2, &world.shift);
	world.slot = BASE + 0x100;
	world.shift = 12;
	rts_build_begin(&b);
	b.address = BASE - 0x1000000;
	rts_build_text(&b, world.text, sizeof(world.text));
	rts_build_form(&b, RTS_TAG_CALL, 0, rts_call, 3);
	rts_build_form(&b, RTS_TAG_JMP, 0, rts_jmp, 2);
	rts_build_form(&b, RTS_TAG_LOAD32, 0, rts_load32, 2);
	rts_build_mark(&b, name, RTS_KIND_FUNC, &world.slot, 8, world.stub);
	rts_build_mark(&b, "unused", RTS_KIND_OPS, &world.other, 8, NULL);
	rts_build_mark(&b, "shift", RTS_KIND_VAR, &world.shift, 4, NULL);
	rts_build_slot(&b, 0, 0, 8);
	rts_build_site(&b, 0, world.text, 0, NULL);
	rts_build_site(&b, 0, world.text + 16, 1, NULL);
	rts_build_slot(&b, 2, 0, 4);
	rts_build_site(&b, 1, world.text + 32, 2, NULL);
}

static void finish(void)
{
	size_t size = rts_build_end(&b, world.table, ROOM);

	assert_int_equal(rts_open_at(&rt, world.table, size, BASE), 0);
}

static int setup(void **state)
{
	(void)state;
	start("irq_disable");
	finish();
	return 0;
}

static void dump(unsigned what)
{
	out_size = lines = 0;
	out[0] = 0;
	assert_int_equal(rtld_dump(&rt, &host, what), 0);
}

static void has_line(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
static void has_line(const char *format, ...)
{
	char line[256];
	const char *at;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof(line) - 1, format, ap);
	va_end(ap);
	line[n] = '\n';
	line[n + 1] = 0;
	for (at = out; (at = strstr(at, line)); at++) {
		if (at == out || at[-1] == '\n')
			return;
	}
	fail_msg("no line\n%sin\n%s", line, out);
}

static const char *hex(const unsigned char *p, unsigned n)
{
	static char text[4][2 * RTS_SITE_MAX + 1];
	static unsigned next;
	char *to = text[next++ % 4];

	for (unsigned i = 0; i < n; i++)
		sprintf(to + 2 * i, "%02x", p[i]);
	return to;
}

static void has_begin(void)
{
	has_line("rts: begin version 1 machine 62 crc 0x%08x address "
		 "0xffffffff81000000 bias 0x1000000 marks 3 slots 2 sites 3",
		 rts_ld32(world.table + offsetof(struct rts_header, crc)));
}

static void test_frame(void **state)
{
	(void)state;
	dump(0);
	assert_int_equal(lines, 2);
	has_begin();
	has_line("rts: end bound 0 kept 3 dropped 0");
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	dump(0);
	has_line("rts: end bound 3 kept 0 dropped 0");
}

static void test_marks(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind_object(&rt, NULL, &world.slot), 0);
	dump(RTLD_DUMP_MARKS);
	assert_int_equal(lines, 5);
	has_line("rts: mark irq_disable func 0x%llx size 8 sites 2 bound 2 "
		 "kept 0 dropped 0",
		 (unsigned long long)address_of(&world.slot));
	has_line("rts: mark unused ops 0x%llx size 8 sites 0 bound 0 kept 0 "
		 "dropped 0", (unsigned long long)address_of(&world.other));
	has_line("rts: mark shift var 0x%llx size 4 sites 1 bound 0 kept 1 "
		 "dropped 0", (unsigned long long)address_of(&world.shift));
	has_line("rts: end bound 2 kept 1 dropped 0");
}

static void count(void *ctx, struct rtld_rounds *to)
{
	(void)ctx;
	to->name = "a-host-with-a-name-that-is-longer-than-forty-bytes";
	to->transactions = 4294967295u;
	to->rounds = 12;
	to->last = 9;
	to->batches = 0;
}

/* The last line but one, if the host counts. */
static void test_host(void **state)
{
	(void)state;
	host.rounds = count;
	dump(RTLD_DUMP_MARKS);
	assert_int_equal(lines, 6);
	has_line("rts: host a-host-with-a-name-that-is-longer-than-f "
		 "transactions 4294967295 rounds 12 last 9 batches 0");
	assert_non_null(strstr(out, "batches 0\nrts: end "));
	host.rounds = NULL;
	dump(RTLD_DUMP_MARKS);
	assert_int_equal(lines, 5);
}

static void test_slots(void **state)
{
	(void)state;
	dump(RTLD_DUMP_SLOTS);
	assert_int_equal(lines, 4);
	has_line("rts: slot irq_disable+0x0 width 8 value 0xffffffff82000100 "
		 "<native_irq_disable> sites 2 bound 0 kept 2 dropped 0");
	has_line("rts: slot shift+0x0 width 4 value 0xc sites 1 bound 0 kept "
		 "1 dropped 0");
	world.slot = 0;
	host.symbol = NULL;
	dump(RTLD_DUMP_SLOTS);
	has_line("rts: slot irq_disable+0x0 width 8 value 0x0 sites 2 bound 0 "
		 "kept 2 dropped 0");
}

static void test_sites(void **state)
{
	unsigned char linked[64];

	(void)state;
	memcpy(linked, world.text, 64);
	dump(RTLD_DUMP_SITES);
	assert_int_equal(lines, 5);
	has_line("rts: site 0x%llx irq_disable+0x0 encoding 2/3 %s -> %s",
		 (unsigned long long)address_of(world.text), hex(linked, 5),
		 hex(linked, 5));
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	dump(RTLD_DUMP_SITES);
	has_line("rts: site 0x%llx irq_disable+0x0 encoding 1/3 %s -> %s",
		 (unsigned long long)address_of(world.text), hex(linked, 5),
		 hex(world.text, 5));
	has_line("rts: site 0x%llx irq_disable+0x0 encoding 0/2 %s -> %s",
		 (unsigned long long)address_of(world.text + 16),
		 hex(linked + 16, 5), hex(world.text + 16, 5));
	has_line("rts: site 0x%llx shift+0x0 encoding 0/2 %s -> c7c00c000000",
		 (unsigned long long)address_of(world.text + 32),
		 hex(linked + 32, 6));
	/* Bound to an old value: still that encoding. */
	world.shift = 13;
	dump(RTLD_DUMP_SITES);
	has_line("rts: site 0x%llx shift+0x0 encoding 0/2 %s -> c7c00c000000",
		 (unsigned long long)address_of(world.text + 32),
		 hex(linked + 32, 6));
	world.slot = 0;
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	dump(RTLD_DUMP_SITES);
	has_line("rts: site 0x%llx irq_disable+0x0 encoding 0/3 %s -> "
		 "2e2e2e2efa", (unsigned long long)address_of(world.text),
		 hex(linked, 5));
}

static void test_foreign(void **state)
{
	(void)state;
	world.text[0] = 0xcc;
	dump(RTLD_DUMP_MARKS | RTLD_DUMP_SITES);
	has_line("rts: mark irq_disable func 0x%llx size 8 sites 2 bound 0 "
		 "kept 1 dropped 0",
		 (unsigned long long)address_of(&world.slot));
	world.text[0] = 0xe8;
	has_line("rts: site 0x%llx irq_disable+0x0 encoding foreign %s -> "
		 "cc%s", (unsigned long long)address_of(world.text),
		 hex(world.text, 5), hex(world.text + 1, 4));
}

static int dead_call(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)n;
	return text != world.text;
}

static void test_gone(void **state)
{
	(void)state;
	host.live = dead_call;
	dump(RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS | RTLD_DUMP_SITES);
	has_line("rts: mark irq_disable func 0x%llx size 8 sites 2 bound 0 "
		 "kept 1 dropped 1",
		 (unsigned long long)address_of(&world.slot));
	has_line("rts: site 0x%llx irq_disable+0x0 gone",
		 (unsigned long long)address_of(world.text));
	has_line("rts: end bound 0 kept 2 dropped 1");
}

/* Order: begin, mark, its slots, their sites, next mark, end. */
static void test_order(void **state)
{
	static const char *const words[] = {
		"rts: begin ", "rts: mark irq", "rts: slot irq",
		"rts: site ", "rts: site ", "rts: mark unused",
		"rts: mark shift", "rts: slot shift", "rts: site ",
		"rts: end ",
	};
	const char *at = out;

	(void)state;
	dump(RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS | RTLD_DUMP_SITES);
	assert_int_equal(lines, sizeof(words) / sizeof(*words));
	for (unsigned i = 0; i < lines; i++) {
		assert_memory_equal(at, words[i], strlen(words[i]));
		at = strchr(at, '\n') + 1;
	}
}

/* Names are cut; print() checks the length of the line. */
static void test_long(void **state)
{
	static const struct rts_build_encoding longest[1] = { {
		.bytes = "90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 "
		"90 90 90 90 90 90 90 90 90 90 90 90 90 90 90 90" } };
	static char name[301];

	(void)state;
	memset(name, 'n', 300);
	start(name);
	b.mark[2].size = 0xffffffff;
	b.mark[2].name = name;
	b.slot[1].offset = 0;
	rts_build_form(&b, 0, 0, longest, 1);
	rts_build_site(&b, 1, world.text + 64, 3, NULL);
	memset(world.text + 64, 0x90, 32);
	finish();
	dump(RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS | RTLD_DUMP_SITES);
	has_line("rts: site 0x%llx nnnnnnnnn+0x0 encoding 0/1 "
		 "90909090909090909090909090909090"
		 "90909090909090909090909090909090 -> "
		 "90909090909090909090909090909090"
		 "90909090909090909090909090909090",
		 (unsigned long long)address_of(world.text + 64));
	has_line("rts: mark nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn func "
		 "0x%llx size 8 sites 2 bound 0 kept 2 dropped 0",
		 (unsigned long long)address_of(&world.slot));
}

static int begin_never(void *ctx, const struct rtld *r)
{
	(void)ctx;
	(void)r;
	fail_msg("a dump needs no begin()");
	return 0;
}

static void test_arguments(void **state)
{
	struct rtld closed = { 0 };

	(void)state;
	assert_int_equal(rtld_dump(NULL, &host, 0), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_dump(&rt, NULL, 0), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_dump(&closed, &host, 0), -RTLD_E_ARGUMENT);
	host.begin = begin_never;
	dump(0);
	host.print = NULL;
	assert_int_equal(rtld_dump(&rt, &host, 0), -RTLD_E_ARGUMENT);
}

/* A malformed stream ends the dump, without its last line. */
static void test_stream(void **state)
{
	(void)state;
	start("irq_disable");
	b.slot[1].site[0].at = world.text + 255;
	finish();
	out_size = lines = 0;
	assert_int_equal(rtld_dump(&rt, &host, RTLD_DUMP_MARKS),
			 -RTLD_E_TEXT_BOUNDS);
	assert_int_equal(rt.fault.code, RTLD_E_TEXT_BOUNDS);
	assert_int_equal(rt.fault.slot, 1);
	assert_null(strstr(out, "rts: end"));
	has_begin();
}

int main(void)
{
#define T(name)	cmocka_unit_test_setup(test_##name, setup)
	const struct CMUnitTest tests[] = {
		T(frame), T(marks), T(host), T(slots), T(sites), T(foreign), T(gone),
		T(order), T(long), T(arguments), T(stream),
	};

	return cmocka_run_group_tests_name("rtld_dump", tests, NULL, NULL);
}
