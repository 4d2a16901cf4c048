// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_table.c - what table.c writes, rtld must read, and mean the same
 *
 * A little linked image of ours stands in one array: text, slots and the
 * table, at link-time addresses from BASE on.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <inttypes.h>
#include <string.h>

#include <cmocka.h>

#include "../../ld-wrap/lw.h"
#include "../../ld-wrap/table.h"
#include "../../rtld/internal.h"
#include "../lib/rts_open.h"

#define BASE	0x400000u
#define TEXT	0x401000u	/* and .init right behind it, at 0x403000 */
#define INIT	0x403000u
#define FAR	0x408000u
#define DATA	0x40a000u
#define TABLE	0x40c000u
#define SIZE	0x20000u

static unsigned char memory[SIZE];
static struct lw_link lk;

/* ---- instead of diag.c ------------------------------------------------ */

static unsigned said[LW_DIAG_COUNT];
static char last_words[512];

void lw_say(enum lw_diag id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(last_words, sizeof(last_words), format, args);
	va_end(args);
	said[id]++;
}

void lw_die(int status, enum lw_diag id, const char *format, ...)
{
	(void)id;
	(void)format;
	exit(status);
}

/* ---- making a link ---------------------------------------------------- */

static void add_code(uint64_t address, uint64_t size)
{
	struct lw_code *code = LW_PUSH(&lk.image.code);

	code->address = address;
	code->size = size;
	code->name = ".text";
}

static int setup(void **state)
{
	(void)state;
	memset(&lk, 0, sizeof(lk));
	memset(said, 0, sizeof(said));
	memset(memory, 0x90, sizeof(memory));
	lk.image.path = "test";
	lk.image.machine = EM_X86_64;
	lk.image.elf_class = ELFCLASS64;
	lk.image.table_address = TABLE;
	lk.image.table_room = SIZE - (TABLE - BASE);
	add_code(TEXT, INIT - TEXT);
	add_code(INIT, 0x1000);
	add_code(FAR, 0x1000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	lw_free_all();
	return 0;
}

static size_t add_mark(const char *name, enum rts_kind kind, uint64_t address,
		       uint64_t size, uint64_t stub)
{
	struct lw_mark *mark = LW_PUSH(&lk.marks);

	mark->name = name;
	mark->kind = kind;
	mark->address = address;
	mark->size = size;
	mark->stub = stub;
	return lk.marks.count - 1;
}

static void add_encoding(struct lw_form *f, const char *head, unsigned source,
			 unsigned range, bool place)
{
	struct lw_encoding *e = &f->encodings[f->encoding_count++];
	unsigned fixed = f->length - 4u;

	e->guard = source == RTS_SOURCE_VALUE ? RTS_GUARD_FITS :
						RTS_GUARD_ALWAYS;
	e->source = (uint8_t)source;
	e->flags = place ? RTS_ENCODING_PLACE : 0;
	e->bias = place ? f->length : 0;
	e->bits = 32;
	e->range = (uint8_t)range;
	memcpy(e->template, head, fixed);
	memset(e->mask, 0xff, fixed);
	e->slice_count = 1;
	e->slices[0].length = 32;
	e->slices[0].to = (uint8_t)(8 * fixed);
}

static struct lw_form *add_form(uint8_t tag, uint8_t length, uint8_t width)
{
	struct lw_form *f = LW_PUSH(&lk.forms);

	f->tag = tag;
	f->length = length;
	f->width = width;
	return f;
}

/* mov x(%rip),%eax */
static size_t form_load(void)
{
	struct lw_form *f = add_form(RTS_TAG_LOAD32, 6, 4);

	add_encoding(f, "\xc7\xc0", RTS_SOURCE_VALUE, RTS_RANGE_NONE, false);
	add_encoding(f, "\x8b\x05", RTS_SOURCE_SLOT, RTS_RANGE_SIGNED, true);
	return lk.forms.count - 1;
}

/* call stub */
static size_t form_call(void)
{
	struct lw_form *f = add_form(RTS_TAG_CALL, 5, 8);

	add_encoding(f, "\xe8", RTS_SOURCE_VALUE, RTS_RANGE_SIGNED, true);
	add_encoding(f, "\xe8", RTS_SOURCE_STUB, RTS_RANGE_SIGNED, true);
	return lk.forms.count - 1;
}

/* call *x(%rip) */
static size_t form_call_slot(void)
{
	struct lw_form *f = add_form(RTS_TAG_CALL_SLOT, 6, 8);

	add_encoding(f, "\x67\xe8", RTS_SOURCE_VALUE, RTS_RANGE_SIGNED, true);
	add_encoding(f, "\xff\x15", RTS_SOURCE_SLOT, RTS_RANGE_SIGNED, true);
	return lk.forms.count - 1;
}

/* The site's linked bytes go to memory as well. */
static void add_site(uint64_t address, size_t mark, uint64_t slot, size_t form)
{
	struct lw_site *site = LW_PUSH(&lk.sites);
	const struct lw_form *f = &lk.forms.at[form];
	const struct lw_encoding *e = &f->encodings[f->encoding_count - 1];
	unsigned fixed = f->length - 4u;
	uint64_t target = e->source == RTS_SOURCE_STUB ?
		lk.marks.at[mark].stub : slot;

	site->address = address;
	site->mark = mark;
	site->slot = slot;
	site->form = form;
	memcpy(memory + (address - BASE), e->template, fixed);
	lw_table_store(memory + (address - BASE) + fixed,
		       target - (address + f->length), 4);
}

/* Two slots of an OPS, a VAR, a FUNC; sites in all three sections. */
static void make_link(void)
{
	size_t var = add_mark("shift", RTS_KIND_VAR, DATA + 0x100, 4, 0);
	size_t ops = add_mark("ops", RTS_KIND_OPS, DATA, 32, 0);
	size_t func = add_mark("irq", RTS_KIND_FUNC, DATA + 0x200, 8,
			       TEXT + 0x800);
	size_t load = form_load(), call = form_call(), slot = form_call_slot();

	add_mark("gone", RTS_KIND_VAR, 0, 4, 0);
	add_mark("unused", RTS_KIND_VAR, DATA + 0x300, 8, 0);
	add_site(FAR + 0x10, var, DATA + 0x100, load);
	add_site(TEXT, var, DATA + 0x100, load);
	add_site(INIT + 0x20, var, DATA + 0x100, load);
	add_site(TEXT + 0x40, ops, DATA, slot);
	add_site(TEXT + 0x50, ops, DATA + 8, slot);
	add_site(TEXT + 0x60, ops, DATA, slot);
	add_site(TEXT + 0x70, func, DATA + 0x200, call);
	add_site(TEXT + 0x75, func, DATA + 0x200, call);
	add_site(TEXT + 0x7a, func, DATA + 0x200, call);
	add_site(INIT + 0x7a, func, DATA + 0x200, call);
}

/* Build, put it where it belongs, open it. */
static struct rtld built(void)
{
	struct rtld rt;

	assert_true(lw_table_build(&lk));
	assert_non_null(lk.table);
	assert_true(lk.table_used <= SIZE - (TABLE - BASE));
	memcpy(memory + (TABLE - BASE), lk.table, lk.table_used);
	assert_int_equal(rts_open_at(&rt, memory + (TABLE - BASE),
				      lk.table_used, TABLE), 0);
	return rt;
}

static uint32_t head(const struct rtld *rt, size_t field)
{
	return rts_ld32(rt->image + field);
}
#define HEAD(rt, field)	head(rt, offsetof(struct rts_header, field))

/* ---- comparing -------------------------------------------------------- */

static const struct lw_site *site_at(uint64_t address)
{
	for (size_t i = 0; i < lk.sites.count; i++)
		if (lk.sites.at[i].address == address)
			return &lk.sites.at[i];
	return NULL;
}

static void same_form(const struct rtld *rt, uint32_t index,
		      const struct lw_form *want)
{
	struct rts_form form;

	assert_true(rtld_form_(rt, index, &form));
	assert_int_equal(form.length, want->length);
	assert_int_equal(form.flags, want->flags);
	assert_int_equal(form.tag, want->tag);
	assert_int_equal(form.encodings, want->encoding_count);
	for (unsigned i = 0; i < want->encoding_count; i++) {
		const struct lw_encoding *e = &want->encodings[i];
		struct rts_encoding got;

		assert_true(rtld_encoding_(rt, form.encoding + i, &got));
		assert_int_equal(got.guard, e->guard);
		assert_int_equal(got.source, e->source);
		assert_int_equal(got.flags, e->flags);
		assert_int_equal(got.bits, e->bits);
		assert_int_equal(got.range, e->range);
		assert_int_equal(got.bias, e->bias);
		assert_int_equal(got.slices, e->slice_count);
		assert_memory_equal(rtld_pool_(rt, got.template_at),
				    e->template, want->length);
		assert_memory_equal(rtld_pool_(rt, got.mask_at), e->mask,
				    want->length);
	}
}

static void same_site(struct rtld *rt, const struct rts_slot *slot,
		      const struct rtld_site_ *s, const struct lw_site *want)
{
	assert_int_equal(rt->fault.slot_address, want->slot);
	assert_int_equal(slot->mark, lk.marks.at[want->mark].index);
	assert_int_equal(slot->width, lk.forms.at[want->form].width);
	same_form(rt, rt->fault.form, &lk.forms.at[want->form]);
	if (RTLD_GET8_(s->form, struct rts_form, flags) & RTS_FORM_OPERAND)
		assert_int_equal(s->source[RTS_SOURCE_OPERAND], want->operand);
}

/* Each site of the link is met once, in its slot, ascending. */
static size_t same_slot(struct rtld *rt, uint32_t index)
{
	struct rts_slot slot;
	struct rtld_site_ s;
	uint64_t before = 0;
	size_t n = 0;

	assert_true(rtld_slot_(rt, index, &slot));
	rtld_start_(rt, &s, index);
	for (; rtld_next_(rt, &s) == 0; n++) {
		const struct lw_site *want = site_at(rt->fault.address);

		if (!want)	/* gcc does not know what fail() does */
			fail_msg("site 0x%" PRIx64, rt->fault.address);
		else
			same_site(rt, &slot, &s, want);
		assert_true(rt->fault.address > before);
		before = rt->fault.address;
	}
	assert_int_equal(n, slot.sites);
	return n;
}

static void same_link(struct rtld *rt)
{
	size_t sites = 0;

	assert_int_equal(HEAD(rt, site_count), lk.sites.count);
	for (uint32_t i = 0; i < HEAD(rt, slot_count); i++)
		sites += same_slot(rt, i);
	assert_int_equal(sites, lk.sites.count);
}

static void same_mark(const struct rtld *rt, size_t mark)
{
	const struct lw_mark *want = &lk.marks.at[mark];
	struct rts_mark got;

	assert_true(rtld_mark_(rt, (uint32_t)want->index, &got));
	assert_string_equal(rtld_name_(rt, got.name), want->name);
	assert_int_equal(got.kind, want->kind);
	assert_int_equal(got.size, want->size);
	assert_int_equal(TABLE + (uint64_t)got.address, want->address);
	assert_int_equal(got.stub ? TABLE + (uint64_t)got.stub : 0,
			 want->stub);
}

/* ---- tests ------------------------------------------------------------ */

static void test_empty(void **state)
{
	struct rtld rt = built();

	(void)state;
	assert_int_equal(lk.table_used, sizeof(struct rts_header));
	assert_int_equal(HEAD(&rt, site_count), 0);
	assert_int_equal(rtld_bind(&rt, NULL), 0);
}

static void test_round_trip(void **state)
{
	struct rtld rt;

	(void)state;
	make_link();
	rt = built();
	same_link(&rt);
	assert_int_equal(HEAD(&rt, mark_count), 4);
	assert_int_equal(HEAD(&rt, slot_count), 4);
	for (size_t i = 0; i < lk.marks.count; i++)
		if (lk.marks.at[i].address)
			same_mark(&rt, i);
		else
			assert_true(lk.marks.at[i].index == SIZE_MAX);
}

static void test_bind(void **state)
{
	static unsigned char before[SIZE];
	struct rtld rt;

	(void)state;
	make_link();
	rt = built();
	lw_table_store(memory + (DATA + 0x100 - BASE), 0x12345678, 4);
	lw_table_store(memory + (DATA - BASE), TEXT + 0x900, 8);
	lw_table_store(memory + (DATA + 8 - BASE), 0x7fff00000000, 8);
	lw_table_store(memory + (DATA + 0x200 - BASE), TEXT + 0x910, 8);
	memcpy(before, memory, SIZE);
	assert_int_equal(rtld_check(&rt, NULL), 0);
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	assert_int_equal(rt.stats.bound, 9);
	assert_int_equal(rt.stats.kept, 1);
	assert_memory_equal(memory + (TEXT - BASE),
			    "\xc7\xc0\x78\x56\x34\x12", 6);
	/* 67 e8: 0x900 - (0x40 + 6) */
	assert_memory_equal(memory + (TEXT + 0x40 - BASE),
			    "\x67\xe8\xba\x08\x00\x00", 6);
	assert_int_equal(rtld_unbind(&rt, NULL), 0);
	assert_memory_equal(memory, before, SIZE);
}

static void test_text_ranges(void **state)
{
	struct rts_text text;
	struct rtld rt;

	(void)state;
	make_link();
	rt = built();
	assert_int_equal(HEAD(&rt, text_count), 2);
	rtld_text_(&rt, 0, &text);
	assert_int_equal(TABLE + (uint64_t)text.start, TEXT);
	assert_int_equal(text.size, INIT + 0x1000 - TEXT);
	rtld_text_(&rt, 1, &text);
	assert_int_equal(TABLE + (uint64_t)text.start, FAR);
}

/* Equal forms are one; the one with most sites is number 0; what no site
 * uses is left out; equal bytes are in the pool once. */
static void test_forms_fold(void **state)
{
	struct rts_form form;
	struct rtld rt;
	size_t again;

	(void)state;
	make_link();
	form_load();
	again = form_load();
	lk.sites.at[1].form = again;
	add_form(RTS_TAG_PUSH_SLOT, 6, 8);
	add_encoding(&lk.forms.at[lk.forms.count - 1], "\xff\x35",
		     RTS_SOURCE_SLOT, RTS_RANGE_SIGNED, true);
	rt = built();
	same_link(&rt);
	assert_int_equal(HEAD(&rt, form_count), 3);
	assert_int_equal(HEAD(&rt, encoding_count), 6);
	rtld_form_(&rt, 0, &form);
	assert_int_equal(form.tag, RTS_TAG_CALL);	/* four sites */
	/* Each encoding with a copy of its own would take 86. */
	assert_true(HEAD(&rt, bytes_size) <= 46);
}

static void test_strings_shared(void **state)
{
	struct rtld rt;

	(void)state;
	add_mark("same", RTS_KIND_VAR, DATA, 4, 0);
	add_mark("other", RTS_KIND_VAR, DATA + 8, 4, 0);
	add_mark("same", RTS_KIND_VAR, DATA + 16, 4, 0);
	rt = built();
	assert_int_equal(HEAD(&rt, string_size), sizeof("same") +
			 sizeof("other"));
	for (size_t i = 0; i < 3; i++)
		same_mark(&rt, i);
}

/* Distances around the steps of ULEB128: delta << 1 | c has 7 bits a byte. */
static void test_stream_edges(void **state)
{
	static const unsigned gaps[] = { 6, 63, 64, 65, 127, 128, 4095, 6 };
	size_t load, call, mark;
	uint64_t at = TEXT;
	struct rtld rt;

	(void)state;
	mark = add_mark("v", RTS_KIND_FUNC, DATA, 8, TEXT + 0x10);
	load = form_load();
	lk.forms.at[load].width = 8;
	call = form_call();
	add_site(at, mark, DATA, load);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		at += gaps[i];
		add_site(at, mark, DATA, i % 3 ? load : call);
	}
	rt = built();
	same_link(&rt);
	/* the first: delta 0, change, form 0 */
	assert_memory_equal(lk.table + HEAD(&rt, stream_off), "\x01\x00", 2);
}

static void test_operands(void **state)
{
	static const int64_t operands[] = {
		0, 1, -1, 63, 64, -64, -65, 8191, 8192, -8192, -8193,
		INT32_MAX, INT32_MIN, INT64_MAX / 2, INT64_MIN / 2
	};
	size_t load, mark;
	struct rtld rt;

	(void)state;
	mark = add_mark("v", RTS_KIND_VAR, DATA, 4, 0);
	load = form_load();
	lk.forms.at[load].flags = RTS_FORM_OPERAND;
	for (size_t i = 0; i < sizeof(operands) / sizeof(*operands); i++) {
		uint64_t at = TEXT + 16 * i;

		add_site(at, mark, DATA, load);
		lk.sites.at[i].operand = at + (uint64_t)operands[i];
	}
	rt = built();
	same_link(&rt);
}

static void test_too_small(void **state)
{
	unsigned char *first;
	size_t used;

	(void)state;
	make_link();
	lk.image.table_room = 64;
	assert_false(lw_table_build(&lk));
	used = lk.table_used;
	assert_true(lk.table_size >= used);
	assert_true(lk.table_size < used + LW_TABLE_ROUND);
	assert_int_equal(lk.table_size % LW_TABLE_ROUND, 0);
	first = lk.table;
	lk.image.table_room = lk.table_size;
	assert_true(lw_table_build(&lk));
	assert_int_equal(lk.table_used, used);
	assert_memory_equal(lk.table, first, used);
}

#define SWAP(a, b) do {							\
	__typeof__(a) t_ = (a); (a) = (b); (b) = t_; } while (0)

/* The order in which things were found must not show. */
static void test_deterministic(void **state)
{
	unsigned char *first;
	size_t used;

	(void)state;
	make_link();
	assert_true(lw_table_build(&lk));
	first = lk.table;
	used = lk.table_used;
	for (size_t i = 0; i < lk.sites.count / 2; i++)
		SWAP(lk.sites.at[i], lk.sites.at[lk.sites.count - 1 - i]);
	SWAP(lk.marks.at[0], lk.marks.at[4]);
	SWAP(lk.forms.at[0], lk.forms.at[2]);
	for (size_t i = 0; i < lk.sites.count; i++) {
		struct lw_site *site = &lk.sites.at[i];

		site->mark = site->mark == 0 ? 4 : site->mark;
		site->form = 2 - site->form;
	}
	assert_true(lw_table_build(&lk));
	assert_int_equal(lk.table_used, used);
	assert_memory_equal(lk.table, first, used);
}

static void test_too_far(void **state)
{
	size_t far, load;

	(void)state;
	far = add_mark("far", RTS_KIND_VAR, TABLE + (3ull << 30), 4, 0);
	load = form_load();
	assert_true(lw_table_build(&lk));
	assert_non_null(lk.table);
	assert_true(lk.marks.at[far].index == SIZE_MAX);
	assert_int_equal(said[LW_TOO_FAR], 0);
	add_site(TEXT, far, lk.marks.at[far].address, load);
	assert_true(lw_table_build(&lk));
	assert_null(lk.table);
	assert_int_equal(said[LW_TOO_FAR], 1);
	assert_non_null(strstr(last_words, "far"));
}

static void test_overlap(void **state)
{
	(void)state;
	make_link();
	/* of another slot, in the last byte of the site before */
	add_site(TEXT + 0x45, 0, DATA + 0x100, 0);
	assert_true(lw_table_build(&lk));
	assert_null(lk.table);
	assert_int_equal(said[LW_INTERNAL], 1);
	assert_non_null(strstr(last_words, "0x401040"));
	assert_non_null(strstr(last_words, "0x401045"));
}

/* rows: a site that locate must never hand over */
static void test_refused_sites(void **state)
{
	static const struct {
		uint64_t address, slot;
		size_t mark;
	} rows[] = {
		{ DATA + 0x80, DATA + 0x100, 0 },	/* not in text */
		{ INIT + 0xffd, DATA + 0x100, 0 },	/* half in text */
		{ TEXT + 0x100, DATA + 0x102, 0 },	/* beyond its mark */
		{ TEXT + 0x100, DATA + 0xff, 0 },	/* before its mark */
		{ TEXT + 0x100, DATA + 0x100, 3 },	/* of a dropped mark */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		setup(state);
		make_link();
		add_site(rows[i].address, rows[i].mark, rows[i].slot, 0);
		assert_true(lw_table_build(&lk));
		assert_null(lk.table);
		assert_true(said[LW_INTERNAL] > 0);
	}
}

static void test_many_marks(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++)
		add_mark("m", RTS_KIND_VAR, DATA + 4 * (i + 1), 4, 0);
	assert_true(lw_table_build(&lk));
	assert_null(lk.table);
	assert_int_equal(said[LW_TABLE_LIMIT], 1);
	lk.marks.count--;
	lk.image.table_room = 1u << 30;
	assert_true(lw_table_build(&lk));
	assert_non_null(lk.table);
}

/* Templates that share nothing fill the pool, which has 16-bit indices. */
static void test_many_templates(void **state)
{
	size_t mark = add_mark("v", RTS_KIND_VAR, DATA, 4, 0);
	uint32_t noise = 1;

	(void)state;
	lk.image.code.at[0].size = 1u << 20;
	lk.image.code.count = 1;
	for (unsigned n = 0; n < 2400; n++) {
		struct lw_form *f = add_form(RTS_TAG_LOAD32, 32, 4);
		struct lw_encoding *e = &f->encodings[0];
		struct lw_site *site = LW_PUSH(&lk.sites);

		f->encoding_count = 1;
		for (unsigned i = 0; i < 32; i++) {
			noise = noise * 1664525 + 1013904223;
			e->template[i] = (uint8_t)(noise >> 24);
		}
		memset(e->mask, 0xff, 32);
		site->address = TEXT + 32 * n;
		site->mark = mark;
		site->slot = DATA;
		site->form = n;
	}
	assert_true(lw_table_build(&lk));
	assert_null(lk.table);
	assert_int_equal(said[LW_TABLE_LIMIT], 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_empty),
		TEST(test_round_trip),
		TEST(test_bind),
		TEST(test_text_ranges),
		TEST(test_forms_fold),
		TEST(test_strings_shared),
		TEST(test_stream_edges),
		TEST(test_operands),
		TEST(test_too_small),
		TEST(test_deterministic),
		TEST(test_too_far),
		TEST(test_overlap),
		TEST(test_refused_sites),
		TEST(test_many_marks),
		TEST(test_many_templates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
