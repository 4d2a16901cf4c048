// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * estimate.c - how large .rts.tab has to be, before the link
 *
 * The table's size must be a function of the inputs alone: kernels link three
 * times and compare addresses.  It should be enough, and not much more; if
 * it is too small, main.c links again with the exact size.  So, in bytes:
 *
 *	header		sizeof(struct rts_header)
 *	text		16 ranges
 *	marks		sizeof(struct rts_mark) + name + NUL, each
 *	slots		sizeof(struct rts_slot) + 4, each: distinct mark and
 *			offset; the 4 are its first site's address
 *	sites		4 for each reference in code: an ULEB128 of the
 *			distance and often a form index take 2 or 3
 *	forms		FORM_BYTES for each distinct shape: see shape_of()
 *
 * rounded up to 64.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#define TEXT_RANGES	16
#define SITE_BYTES	4
#define SLOT_BYTES	(sizeof(struct rts_slot) + 4)
#define SHAPES_MAX	128	/* x86-64 has not so many forms */

/* Four encodings, each with template, mask and one slice; one 8-byte guard. */
#define FORM_LENGTH	10
#define FORM_BYTES	(sizeof(struct rts_form) +			\
			 4 * (sizeof(struct rts_encoding) +		\
			      2 * FORM_LENGTH + sizeof(struct rts_slice)) + 8)

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static size_t count_distinct(uint64_t *values, size_t count)
{
	size_t i, distinct = 0;

	qsort(values, count, sizeof(*values), by_value);
	for (i = 0; i < count; i++)
		distinct += !i || values[i] != values[i - 1];
	return distinct;
}

static bool is_prefix(unsigned char byte)
{
	return (byte & 0xf0) == 0x40 || byte == 0x0f;
}

/*
 * What the bytes before the field may be, without what is surely of another
 * instruction: e8, e9 (call, jmp) and 0f 8x (jcc) have no more than that; all
 * else ends in opcode and ModRM, and a SIB if it has an absolute address, and
 * may have a REX or 0f in front.
 */
static uint64_t shape_of(const struct lw_reference *reference)
{
	size_t size, n = reference->offset < 4 ? reference->offset : 4;
	const unsigned char *data;
	unsigned char b[4] = { 0 };

	data = lw_section_data(reference->object, reference->section, &size);
	if (data && reference->offset <= size)
		memcpy(b + 4 - n, data + reference->offset - n, n);
	if (b[3] == 0xe8 || b[3] == 0xe9)
		return b[3];
	if (b[2] == 0x0f && (b[3] & 0xf0) == 0x80)
		return 0x0f00u | b[3];
	if (b[3] == 0x25 && (b[2] & 0xc7) == 0x04)
		memmove(b + 1, b, 3);
	return (uint64_t)(is_prefix(b[1]) ? b[1] : 0) << 16 |
		(uint64_t)b[2] << 8 | b[3];
}

/* Marks are few and offsets small: a collision costs nothing but space. */
static uint64_t slot_of(const struct lw_reference *reference)
{
	return ((uint64_t)reference->mark << 40) ^
		(uint64_t)(reference->target & 0xffffffffff);
}

size_t lw_table_estimate(const struct lw_link *link)
{
	size_t i, sites = 0, slots, shapes, size;
	uint64_t *slot, *shape;
	const struct lw_reference *one;

	slot = lw_alloc((link->references.count + 1) * sizeof(*slot));
	shape = lw_alloc((link->references.count + 1) * sizeof(*shape));
	for (i = 0; i < link->references.count; i++) {
		one = &link->references.at[i];
		if (!one->in_code)
			continue;
		slot[sites] = slot_of(one);
		shape[sites++] = shape_of(one);
	}
	slots = count_distinct(slot, sites);
	shapes = count_distinct(shape, sites);
	if (shapes > SHAPES_MAX)
		shapes = SHAPES_MAX;
	size = sizeof(struct rts_header) +
		TEXT_RANGES * sizeof(struct rts_text) + slots * SLOT_BYTES +
		sites * SITE_BYTES + shapes * FORM_BYTES;
	for (i = 0; i < link->marks.count; i++)
		size += sizeof(struct rts_mark) +
			strlen(link->marks.at[i].name) + 1;
	return (size + 63) & ~(size_t)63;
}
