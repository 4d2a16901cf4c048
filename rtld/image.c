// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * image.c - open a table: everything in it is checked here, once
 *
 * The checksum tells damage; the checks behind it tell a table that was made
 * wrong, so that no other file of rtld needs to test an index that it takes
 * from an array.  Only the site streams are left, which are tested while they
 * are walked (stream.c).
 *
 * fault.offset goes ahead of the checks: it is the byte under suspicion, and
 * for the arrays also the loop's variable.
 */
#include "internal.h"

/* Bit by bit: a table for speed would be data, and this runs once. */
RTLD_LOCAL uint32_t rtld_crc_(const unsigned char *image, size_t size)
{
	const size_t field = offsetof(struct rts_header, crc);
	uint32_t crc = ~0u;

	for (size_t i = 0; i < size; i++) {
		if (i - field >= 4)
			crc ^= image[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78u & -(crc & 1));
	}
	return ~crc;
}

_Static_assert(sizeof(struct rts_header) == 104 &&
	       offsetof(struct rts_header, text_off) == 40, "no padding");
_Static_assert(sizeof(struct rts_text) == 16 && sizeof(struct rts_mark) == 20 &&
	       sizeof(struct rts_slot) == 16 && sizeof(struct rts_form) == 8 &&
	       sizeof(struct rts_encoding) == 16, "no padding");

/* The element sizes of the header's arrays, the first in the lowest byte: in
 * a register and not in a table, which would be data. */
#define ELEMENT_SIZES	0x0101011008101410u

static int check_header(struct rtld *rt)
{
	const unsigned char *h = rt->image;
	uint64_t element = ELEMENT_SIZES;
	uint32_t at = offsetof(struct rts_header, elf_class);

	rt->fault.offset = at;
	if (h[at] - 1u > 1 || h[at + 1] != 1 ||
	    RTLD_HEAD_(rt, flags) | RTLD_HEAD_(rt, reserved))
		return RTLD_E_VERSION;
	for (at = offsetof(struct rts_header, text_off);
	     at < sizeof(struct rts_header); at += 8, element >>= 8) {
		uint32_t off = rts_ld32(h + at);

		rt->fault.offset = at;
		/* One test for too large and, by wrapping, for too small. */
		if (off - sizeof(struct rts_header) >
		    rt->size - sizeof(struct rts_header) ||
		    (element & 0xff) * rts_ld32(h + at + 4) > rt->size - off)
			return RTLD_E_BOUNDS;
	}
	return 0;
}

/* Ascending, not empty, and no end beyond what a signed distance can say. */
static int check_text(struct rtld *rt)
{
	const unsigned char *p = RTLD_AT_(rt, text, 0);
	int64_t end = INT64_MIN;

	for (uint32_t n = RTLD_HEAD_(rt, text_count); n--;
	     p += sizeof(struct rts_text)) {
		int64_t start = (int64_t)RTLD_GET64_(p, struct rts_text, start);
		uint64_t size = RTLD_GET64_(p, struct rts_text, size);

		rt->fault.offset = (uint32_t)(p - rt->image);
		if (start < end || (int64_t)size <= 0)
			return RTLD_E_BOUNDS;
		end = (int64_t)((uint64_t)start + size);
		if (end < start)
			return RTLD_E_BOUNDS;
	}
	return 0;
}

static int check_marks(struct rtld *rt)
{
	const unsigned char *p = RTLD_AT_(rt, mark, 0);
	uint32_t strings = RTLD_HEAD_(rt, string_size);
	int32_t last = INT32_MIN;

	for (uint32_t n = RTLD_HEAD_(rt, mark_count); n--;
	     p += sizeof(struct rts_mark)) {
		int32_t address = (int32_t)RTLD_GET32_(p, struct rts_mark,
						       address);

		rt->fault.offset = (uint32_t)(p - rt->image);
		if (address < last ||
		    RTLD_GET32_(p, struct rts_mark, name) >= strings ||
		    RTLD_GET32_(p, struct rts_mark, kind) - 1 > 2)
			return RTLD_E_BOUNDS;
		last = address;
	}
	/* So that every name ends inside the table. */
	rt->fault.offset = RTLD_HEAD_(rt, string_off) + strings - 1;
	return strings && rt->image[rt->fault.offset] ? RTLD_E_BOUNDS : 0;
}

static int check_slots(struct rtld *rt)
{
	const unsigned char *p = RTLD_AT_(rt, slot, 0), *m;
	uint64_t sites = 0, from;
	int32_t last = INT32_MIN;

	for (uint32_t n = RTLD_HEAD_(rt, slot_count); n--;
	     p += sizeof(struct rts_slot)) {
		int32_t address = (int32_t)RTLD_GET32_(p, struct rts_slot,
						       address);
		uint32_t mark = RTLD_GET16_(p, struct rts_slot, mark);
		/* width and, above it, the reserved byte */
		uint32_t width = RTLD_GET16_(p, struct rts_slot, width);

		rt->fault.offset = (uint32_t)(p - rt->image);
		m = RTLD_AT_(rt, mark, mark);
		if (address < last || mark >= RTLD_HEAD_(rt, mark_count) ||
		    width - 1 > 7 || (width & (width - 1)) ||
		    !RTLD_HEAD_(rt, text_count) ||
		    RTLD_GET32_(p, struct rts_slot, stream) >
		    RTLD_HEAD_(rt, stream_size))
			return RTLD_E_BOUNDS;
		last = address;
		from = (uint64_t)((int64_t)address -
			(int32_t)RTLD_GET32_(m, struct rts_mark, address));
		if (from + width > RTLD_GET32_(m, struct rts_mark, size))
			return RTLD_E_BOUNDS;
		sites += RTLD_GET32_(p, struct rts_slot, sites);
	}
	rt->fault.offset = offsetof(struct rts_header, site_count);
	return sites != RTLD_HEAD_(rt, site_count) ? RTLD_E_BOUNDS : 0;
}

/* Slices within the value and the site, and on no bit that the template
 * fixes.  pool is where the encoding's bytes are. */
static int check_slices(const unsigned char *e, const unsigned char *pool,
			unsigned length)
{
	const unsigned char *slice = pool +
		RTLD_GET16_(e, struct rts_encoding, slices_at);
	const unsigned char *bits = pool +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool +
		RTLD_GET16_(e, struct rts_encoding, mask_at);

	for (unsigned n = RTLD_GET8_(e, struct rts_encoding, slices); n--;
	     slice += sizeof(struct rts_slice)) {
		unsigned to = slice[2], end = to + slice[1];

		if (to == end || slice[0] + slice[1] > 64 || end > 8 * length)
			return 0;
		for (; to < end; to++) {
			if ((bits[to / 8] | mask[to / 8]) >> to % 8 & 1)
				return 0;
		}
	}
	return 1;
}

/* All fields in range, all indices within the pool. */
static int check_encoding(const struct rtld *rt, const unsigned char *e,
			  unsigned length)
{
	unsigned guard = RTLD_GET8_(e, struct rts_encoding, guard);
	unsigned slices = RTLD_GET8_(e, struct rts_encoding, slices);
	unsigned bits = RTLD_GET8_(e, struct rts_encoding, bits);
	unsigned data = (guard & RTS_GUARD_EQUAL) << 2 << (guard & 1);
	uint32_t pool = RTLD_HEAD_(rt, bytes_size);

	/* NOT goes with EQUAL and MASKED only, the two that have bit 1. */
	return !(guard & 0x7c) && (guard & 0x82) != 0x80 &&
	       RTLD_GET8_(e, struct rts_encoding, source) <= 4 &&
	       RTLD_GET8_(e, struct rts_encoding, flags) <= 1 &&
	       RTLD_GET8_(e, struct rts_encoding, shift) <= 63 &&
	       RTLD_GET8_(e, struct rts_encoding, range) <= 3 &&
	       RTLD_GET8_(e, struct rts_encoding, bias) <= RTS_SITE_MAX &&
	       bits <= 64 && !bits == !slices &&
	       RTLD_GET16_(e, struct rts_encoding, template_at) + length <=
	       pool &&
	       RTLD_GET16_(e, struct rts_encoding, mask_at) + length <= pool &&
	       RTLD_GET16_(e, struct rts_encoding, slices_at) + 3 * slices <=
	       pool &&
	       RTLD_GET16_(e, struct rts_encoding, guard_at) + data <= pool &&
	       check_slices(e, rt->image + RTLD_HEAD_(rt, bytes_off), length);
}

static int check_forms(struct rtld *rt)
{
	const unsigned char *p = RTLD_AT_(rt, form, 0), *e;

	for (uint32_t i = 0; i < RTLD_HEAD_(rt, form_count);
	     i++, p += sizeof(struct rts_form)) {
		unsigned length = RTLD_GET8_(p, struct rts_form, length);
		unsigned flags = RTLD_GET8_(p, struct rts_form, flags);
		unsigned first = RTLD_GET16_(p, struct rts_form, encoding);
		unsigned n = RTLD_GET8_(p, struct rts_form, encodings);

		rt->fault.form = i;
		rt->fault.offset = (uint32_t)(p - rt->image);
		if (length - 1 >= RTS_SITE_MAX || flags > 3 || !n ||
		    first + n > RTLD_HEAD_(rt, encoding_count) ||
		    RTLD_GET16_(p, struct rts_form, reserved))
			return RTLD_E_FORM;
		for (e = RTLD_AT_(rt, encoding, first); n--;
		     e += sizeof(struct rts_encoding)) {
			rt->fault.offset = (uint32_t)(e - rt->image);
			if (!check_encoding(rt, e, length) ||
			    (e[1] == RTS_SOURCE_OPERAND &&
			     !(flags & RTS_FORM_OPERAND)) ||
			    /* the linked one: ALWAYS, and not V */
			    (!n && (e[0] || e[1] == RTS_SOURCE_VALUE)))
				return RTLD_E_FORM;
		}
	}
	return 0;
}

static int check_image(struct rtld *rt, size_t max)
{
	int code;

	if (!rt->image)
		return RTLD_E_MAGIC;
	if (max < sizeof(struct rts_header))
		return RTLD_E_SIZE;
	if (RTLD_HEAD_(rt, magic) != RTS_MAGIC)
		return RTLD_E_MAGIC;
	rt->fault.offset = offsetof(struct rts_header, version);
	if (rts_ld32(rt->image + rt->fault.offset) !=
	    (RTS_ABI_VERSION | sizeof(struct rts_header) << 16))
		return RTLD_E_VERSION;
	rt->fault.offset = offsetof(struct rts_header, size);
	rt->size = RTLD_HEAD_(rt, size);
	if (rt->size - sizeof(struct rts_header) >
	    max - sizeof(struct rts_header))
		return RTLD_E_SIZE;
	rt->fault.offset = offsetof(struct rts_header, crc);
	if (rtld_crc_(rt->image, rt->size) != RTLD_HEAD_(rt, crc))
		return RTLD_E_CRC;
	(void)((code = check_header(rt)) || (code = check_text(rt)) ||
	       (code = check_marks(rt)) || (code = check_slots(rt)) ||
	       (code = check_forms(rt)));
	return code;
}

static RTLD_NOINLINE int open_at(struct rtld *rt, const void *image,
				 size_t max, uint64_t address)
{
	unsigned char *p = (unsigned char *)rt;
	int code;

	if (!rt)
		return -RTLD_E_ARGUMENT;
	for (size_t i = 0; i < sizeof(*rt); i++)
		p[i] = 0;
	rt->image = image;
	rt->address = address;
	code = check_image(rt, max);
	if (code)
		rt->image = NULL;
	rt->fault.code = code;
	return -code;
}

static RTLD_NOINLINE int expect(struct rtld *rt, unsigned machine)
{
	const uint32_t at = offsetof(struct rts_header, machine);

	if (!rt || !rt->image)
		return -RTLD_E_ARGUMENT;
	if (rts_ld16(rt->image + at) == machine)
		return 0;
	rt->image = NULL;
	rt->fault.offset = at;
	return -(rt->fault.code = RTLD_E_MACHINE);
}

int rtld_open(struct rtld *rt, const void *image, size_t max)
{
	int rc = open_at(rt, image, max, (uintptr_t)image);

	return rc ? rc : expect(rt, RTS_ENV_MACHINE);
}

int rtld_open_at(struct rtld *rt, const void *image, size_t max,
		 uint64_t address)
{
	return open_at(rt, image, max, address);
}

int rtld_expect(struct rtld *rt, unsigned machine)
{
	return expect(rt, machine);
}
