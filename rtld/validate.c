// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * validate.c - that an open table makes sense: not part of the core
 *
 * rtld_open() has shown that the table is whole and that its arrays lie inside
 * it.  Here is what else the core relies on and no checksum can tell: that no
 * index in an array leads out of another one, that no slice leaves its site.
 * ld-wrap proves it of every table that it writes, so a kernel that boots with
 * its own table need not carry this; see doc/decisions/0007.
 *
 * fault.offset goes ahead of the checks: it is the byte under suspicion.
 */
#include "internal.h"

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
	unsigned data = !(guard & 2) ? 0 : guard & 5 ? 16 : 8;
	uint32_t pool = RTLD_HEAD_(rt, bytes_size);

	/* Kinds 0..3 and 6; NOT and RELATIVE go with those that have bit 1. */
	return !(guard & 0x38) && (guard & 7) != 7 && (guard & 6) != 4 &&
	       (guard & 2 || guard < RTS_GUARD_RELATIVE) &&
	       RTLD_GET8_(e, struct rts_encoding, source) <= 4 &&
	       RTLD_GET8_(e, struct rts_encoding, flags) <= 7 &&
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
		if (length - 1 >= RTS_SITE_MAX || flags > 7 || !n ||
		    (p[offsetof(struct rts_form, before)] &&
		     !(flags & RTS_FORM_WINDOW)) ||
		    first + n > RTLD_HEAD_(rt, encoding_count) ||
		    RTLD_GET8_(p, struct rts_form, reserved))
			return RTLD_E_FORM;
		for (e = RTLD_AT_(rt, encoding, first); n--;
		     e += sizeof(struct rts_encoding)) {
			rt->fault.offset = (uint32_t)(e - rt->image);
			if (!check_encoding(rt, e, length) ||
			    (e[1] == RTS_SOURCE_OPERAND &&
			     !(flags & RTS_FORM_OPERAND)) ||
			    (e[2] & RTLD_AVOID_INSIDE_ &&
			     !(flags & RTS_FORM_WINDOW)) ||
			    /* the linked one: ALWAYS, and not V */
			    (!n && (e[0] || e[1] == RTS_SOURCE_VALUE ||
				    e[2] & RTLD_AVOID_INSIDE_)))
				return RTLD_E_FORM;
		}
	}
	return 0;
}

int rtld_validate(struct rtld *rt)
{
	unsigned char *fault;
	int code;

	if (!rt || !rt->image)
		return -RTLD_E_ARGUMENT;
	if (rt->busy)
		return -RTLD_E_BUSY;
	fault = (unsigned char *)&rt->fault;
	for (size_t i = 0; i < sizeof(rt->fault); i++)
		fault[i] = 0;
	(void)((code = check_text(rt)) || (code = check_marks(rt)) ||
	       (code = check_slots(rt)) || (code = check_forms(rt)));
	rt->fault.code = code;
	if (code)
		rt->image = NULL;
	else
		rt->fault.offset = rt->fault.form = 0;
	return -code;
}
