/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test_rtld_open.c - what rtld_open() accepts, and what it refuses */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "rtld.h"
#include "../lib/rts_build.h"
#include "../lib/rts_open.h"
#include "../../rtld/internal.h"

#define ROOM	2048

/* Text, objects and table in one piece, as an image has them. */
static struct world {
	unsigned char text[64], more_text[64], init[64];
	uint64_t objects[4];
	unsigned char table[ROOM];
} world;
static size_t size;

/* Bytes that fit the linked encodings, so that a bind has something to do. */
static void fill_text(struct world *w)
{
	static const unsigned char call[5] = { 0xe8 };
	int32_t distance = (int32_t)(w->init - (w->text + 7 + 5));

	memset(w->text, 0x90, 2 * sizeof(w->text));
	memcpy(w->text + 7, call, 5);
	memcpy(w->text + 8, &distance, 4);
	distance = (int32_t)((unsigned char *)&w->objects[1] -
			     (w->more_text + 3 + 6));
	w->more_text[3] = 0x8b;
	w->more_text[4] = 0x05;
	memcpy(w->more_text + 5, &distance, 4);
}

static void build(void)
{
	struct rts_build b;
	unsigned mark, slot, call, load;

	fill_text(&world);
	rts_build_begin(&b);
	rts_build_text(&b, world.text, sizeof(world.text));
	rts_build_text(&b, world.more_text, sizeof(world.more_text));
	call = rts_build_form(&b, RTS_TAG_CALL, 0, rts_call, 3);
	load = rts_build_form(&b, RTS_TAG_LOAD32, 0, rts_load32, 2);
	mark = rts_build_mark(&b, "irq_disable", RTS_KIND_FUNC,
			      &world.objects[0], 8, world.init);
	slot = rts_build_slot(&b, mark, 0, 8);
	rts_build_site(&b, slot, world.text + 7, call, NULL);
	mark = rts_build_mark(&b, "shift", RTS_KIND_VAR, &world.objects[1], 4,
			      NULL);
	slot = rts_build_slot(&b, mark, 0, 4);
	rts_build_site(&b, slot, world.more_text + 3, load, NULL);
	size = rts_build_end(&b, world.table, ROOM);
	world.objects[0] = (uintptr_t)world.init + 16;
	world.objects[1] = 12;
}

static int setup(void **state)
{
	(void)state;
	build();
	return 0;
}

static void test_opens(void **state)
{
	struct rtld rt;

	(void)state;
	assert_int_equal(rtld_open(&rt, world.table, size), 0);
	assert_ptr_equal(rt.image, world.table);
	assert_int_equal(rt.address, (uintptr_t)world.table);
	assert_int_equal(rt.size, size);
	assert_int_equal(rt.fault.code, 0);
	assert_int_equal(rtld_open(&rt, world.table, SIZE_MAX), 0);
	/* The text really is what the table says. */
	assert_int_equal(rtld_check(&rt, NULL), 0);
	assert_int_equal(rt.stats.kept, 2);
}

/* Any alignment, and nothing behind the end is read (ASan watches). */
static void test_unaligned(void **state)
{
	struct rtld rt;

	(void)state;
	for (unsigned shift = 0; shift < 8; shift++) {
		unsigned char *p = malloc(size + shift);

		assert_non_null(p);
		memcpy(p + shift, world.table, size);
		assert_int_equal(rtld_open(&rt, p + shift, size), 0);
		free(p);
	}
}

static void test_empty(void **state)
{
	struct rts_build b;
	struct rtld rt;

	(void)state;
	rts_build_begin(&b);
	size = rts_build_end(&b, world.table, ROOM);
	assert_int_equal(size, sizeof(struct rts_header));
	assert_int_equal(rtld_open(&rt, world.table, size), 0);
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	assert_int_equal(rt.stats.sites, 0);
	assert_int_equal(rtld_unbind(&rt, NULL), 0);
	assert_int_equal(rtld_check(&rt, NULL), 0);
}

static void refused(const void *image, size_t max, int code, uint32_t offset)
{
	struct rtld rt;

	memset(&rt, 0xa5, sizeof(rt));
	assert_int_equal(rtld_open(&rt, image, max), -code);
	assert_int_equal(rt.fault.code, code);
	assert_int_equal(rt.fault.offset, offset);
	/* And is not open: nothing else works. */
	assert_null(rt.image);
	assert_int_equal(rtld_bind(&rt, NULL), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_expect(&rt, 62), -RTLD_E_ARGUMENT);
}

static void test_no_table(void **state)
{
	static unsigned char zeros[ROOM];

	(void)state;
	refused(NULL, 0, RTLD_E_MAGIC, 0);
	refused(NULL, 1000, RTLD_E_MAGIC, 0);
	refused(zeros, sizeof(zeros), RTLD_E_MAGIC, 0);
	assert_int_equal(rtld_open(NULL, zeros, 1), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_open_at(NULL, zeros, 1, 0), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_expect(NULL, 62), -RTLD_E_ARGUMENT);
}

/* Each length that is too short, each in memory of its own. */
static void test_short(void **state)
{
	(void)state;
	for (size_t n = 0; n < size; n++) {
		unsigned char *p = malloc(n ? n : 1);

		assert_non_null(p);
		memcpy(p, world.table, n);
		refused(p, n, RTLD_E_SIZE, n < sizeof(struct rts_header) ? 0 :
			offsetof(struct rts_header, size));
		free(p);
	}
}

static void test_header_size_field(void **state)
{
	static const uint32_t wrong[] = { 0, 1, 103, ROOM + 1, 0x7fffffff,
					  0x80000000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		memcpy(world.table + offsetof(struct rts_header, size),
		       &wrong[i], 4);
		refused(world.table, ROOM, RTLD_E_SIZE,
			offsetof(struct rts_header, size));
	}
}

/* One bit, anywhere: the checksum, or a field that is read before it. */
static void test_each_bit(void **state)
{
	struct rtld rt;

	(void)state;
	for (size_t i = 0; i < size * 8; i++) {
		int want = i / 8 < 4 ? RTLD_E_MAGIC : i / 8 < 8 ?
			   RTLD_E_VERSION : RTLD_E_CRC;

		world.table[i / 8] ^= (unsigned char)(1u << i % 8);
		if (i / 8 < 12 || i / 8 >= 16) {
			refused(world.table, size, want, want == RTLD_E_MAGIC ?
				0 : want == RTLD_E_VERSION ? 4 : 16);
		} else {	/* size: too large, or another checksum */
			int rc = rtld_open(&rt, world.table, size);

			assert_true(rc == -RTLD_E_SIZE || rc == -RTLD_E_CRC);
		}
		world.table[i / 8] ^= (unsigned char)(1u << i % 8);
	}
	assert_int_equal(rtld_open(&rt, world.table, size), 0);
}

static void test_damages(void **state)
{
	struct rtld rt;

	(void)state;
	for (size_t i = 0; i < rts_damage_count; i++) {
		const struct rts_damage *d = &rts_damages[i];
		int rc;

		build();
		rts_damage_do(world.table, d);
		rc = rts_open(&rt, world.table, size);
		if (rc != -d->code || rt.fault.code != d->code)
			fail_msg("%s: %d and not %d", d->name, rc, -d->code);
	}
}

/*
 * What open alone refuses, and what is left to validate: all that stands in
 * the arrays.  (The header's own site_count is the sum of an array, and the
 * counts that other arrays' indices need are within the table.)
 */
static void test_open_and_validate(void **state)
{
	struct rtld rt;
	unsigned by_open = 0, by_validate = 0;

	(void)state;
	for (size_t i = 0; i < rts_damage_count; i++) {
		const struct rts_damage *d = &rts_damages[i];
		size_t at;

		build();
		at = rts_damage_do(world.table, d);
		if (rtld_open(&rt, world.table, size)) {
			by_open++;
			if (at >= sizeof(struct rts_header))
				fail_msg("%s: refused by open", d->name);
			assert_int_equal(rtld_validate(&rt),
					 -RTLD_E_ARGUMENT);
			continue;
		}
		by_validate++;
		assert_int_equal(rtld_validate(&rt), -d->code);
		assert_int_equal(rt.fault.code, d->code);
		assert_null(rt.image);
		assert_int_equal(rtld_bind(&rt, NULL), -RTLD_E_ARGUMENT);
	}
	assert_true(by_open >= 10);
	assert_true(by_validate >= 40);
}

static void test_validate(void **state)
{
	struct rtld rt;

	(void)state;
	assert_int_equal(rtld_validate(NULL), -RTLD_E_ARGUMENT);
	memset(&rt, 0, sizeof(rt));
	assert_int_equal(rtld_validate(&rt), -RTLD_E_ARGUMENT);
	assert_int_equal(rtld_open(&rt, world.table, size), 0);
	rt.busy = 1;
	assert_int_equal(rtld_validate(&rt), -RTLD_E_BUSY);
	rt.busy = 0;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(rtld_validate(&rt), 0);
		assert_int_equal(rt.fault.code, 0);
		assert_int_equal(rt.fault.offset, 0);
		assert_ptr_equal(rt.image, world.table);
	}
	assert_int_equal(rtld_check(&rt, NULL), 0);
}

static void put32(size_t at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		world.table[at + i] = (unsigned char)(value >> 8 * i);
}

/* Each array so near the end that one byte of its last element is missing. */
static void test_array_ends(void **state)
{
	static const unsigned element[8] = { 16, 20, 16, 8, 16, 1, 1, 1 };
	struct rtld rt;

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		size_t field = offsetof(struct rts_header, text_off) + 8 * i;
		uint32_t n;

		build();
		n = rts_ld32(world.table + field + 4) * element[i];
		put32(field, (uint32_t)size - n + 1);
		rts_build_crc(world.table);
		assert_int_equal(rtld_open(&rt, world.table, size),
				 -RTLD_E_BOUNDS);
		assert_int_equal(rt.fault.offset, field);
	}
}

/* What a form and its encodings need, short by one. */
static void test_pool_ends(void **state)
{
	static const unsigned need[] = { 5, 5, 0, 8 };
	struct rtld rt;
	uint32_t pool, e, count;

	(void)state;
	/* The last slice ends the pool (but for guard data of 0 bytes), the
	 * last encoding its array. */
	pool = rts_ld32(world.table + offsetof(struct rts_header, bytes_size));
	e = rts_ld32(world.table + offsetof(struct rts_header, bytes_off)) - 2;
	world.table[e] = world.table[e + 1] = 0;	/* its guard_at */
	put32(offsetof(struct rts_header, bytes_size), pool - 1);
	rts_build_crc(world.table);
	assert_int_equal(rts_open(&rt, world.table, size), -RTLD_E_FORM);
	build();
	count = rts_ld32(world.table +
			 offsetof(struct rts_header, encoding_count));
	put32(offsetof(struct rts_header, encoding_count), count - 1);
	rts_build_crc(world.table);
	assert_int_equal(rts_open(&rt, world.table, size), -RTLD_E_FORM);
	/* Of the first encoding, which has no slices that could be wrong. */
	for (unsigned i = 0; i < 4; i++) {
		size_t field;

		build();
		e = rts_ld32(world.table +
			     offsetof(struct rts_header, encoding_off));
		field = e + offsetof(struct rts_encoding, template_at) + 2 * i;
		world.table[field] = (unsigned char)(pool - need[i] + 1);
		world.table[field + 1] = (unsigned char)
			((pool - need[i] + 1) >> 8);
		rts_build_crc(world.table);
		assert_int_equal(rts_open(&rt, world.table, size),
				 -RTLD_E_FORM);
		assert_int_equal(rt.fault.offset, e);
	}
}

/*
 * Each byte to several values with the checksum made right again: refused, or
 * harmless, which is to say that a bind writes nothing outside the text.
 */
static void test_each_byte_with_crc(void **state)
{
	static const unsigned char values[] = { 0, 1, 2, 0x7f, 0x80, 0xff };
	struct world *copy = malloc(sizeof(*copy));
	struct rtld rt;
	unsigned opened = 0;

	(void)state;
	assert_non_null(copy);
	for (size_t i = 16; i < size * sizeof(values); i++) {
		size_t at = i / sizeof(values);

		build();
		world.table[at] = values[i % sizeof(values)];
		if (at >= 12 && at < 16)
			continue;
		rts_build_crc(world.table);
		if (rts_open_at(&rt, world.table, size,
				(uintptr_t)world.table))
			continue;
		opened++;
		/* Text or a mark elsewhere is a wild pointer: that is what
		 * the checksum is for.  Both arrays follow the header. */
		if (at < sizeof(struct rts_header) +
			 2 * sizeof(struct rts_text) +
			 2 * sizeof(struct rts_mark))
			continue;
		memcpy(copy, &world, sizeof(world));
		if (rtld_bind(&rt, NULL) == 0)
			rtld_unbind(&rt, NULL);
		assert_memory_equal(copy->init, world.init,
				    sizeof(world) -
				    offsetof(struct world, init));
	}
	assert_true(opened > 500);
	free(copy);
}

static void test_machine(void **state)
{
	struct rts_build b;
	struct rtld rt;

	(void)state;
	rts_build_begin(&b);
	b.machine = 183;
	size = rts_build_end(&b, world.table, ROOM);
	refused(world.table, size, RTLD_E_MACHINE,
		offsetof(struct rts_header, machine));
	assert_int_equal(rtld_open_at(&rt, world.table, size, 0x1000), 0);
	assert_int_equal(rt.address, 0x1000);
	assert_int_equal(rtld_expect(&rt, 183), 0);
	assert_int_equal(rtld_bind(&rt, NULL), 0);
	assert_int_equal(rtld_expect(&rt, 62), -RTLD_E_MACHINE);
	assert_int_equal(rt.fault.code, RTLD_E_MACHINE);
	assert_int_equal(rtld_bind(&rt, NULL), -RTLD_E_ARGUMENT);
}

/* The standard's check value, and one that our two implementations share. */
static void test_crc(void **state)
{
	unsigned char table[ROOM] = { 0 };
	uint32_t mine;

	(void)state;
	memcpy(table, "123456789", 9);
	/* rtld_crc_() takes bytes 16 to 19 as 0; nine bytes end before. */
	assert_int_equal(rtld_crc_(table, 9), 0xe3069283);
	mine = rts_ld32(world.table + offsetof(struct rts_header, crc));
	assert_int_equal(rtld_crc_(world.table, size), mine);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(rtld_errname(RTLD_E_CRC), "CRC");
	assert_string_equal(rtld_errname(-RTLD_E_TEXT_UNBOUND), "TEXT_UNBOUND");
	assert_string_equal(rtld_errname(RTLD_E_MAGIC), "MAGIC");
	assert_string_equal(rtld_strerror(-RTLD_E_BUSY),
			    "a transaction is already under way");
	assert_string_equal(rtld_strerror(0), "unknown error");
	assert_string_equal(rtld_strerror(255 + RTLD_E_CRC), "unknown error");
	assert_string_equal(rtld_strerror(INT32_MIN), "unknown error");
#define RTLD_ERROR(name, number, text)					\
	assert_string_equal(rtld_errname(number), #name);		\
	assert_string_equal(rtld_strerror(-(number)), text);
#include "rts/errors.def"
}

int main(void)
{
#define T(name)	cmocka_unit_test_setup(test_##name, setup)
	const struct CMUnitTest tests[] = {
		T(opens), T(unaligned), T(empty), T(no_table), T(short),
		T(header_size_field), T(each_bit), T(damages), T(array_ends),
		T(pool_ends), T(open_and_validate), T(validate),
		T(each_byte_with_crc), T(machine), T(crc),
		T(words),
	};

	return cmocka_run_group_tests_name("rtld_open", tests, NULL, NULL);
}
