// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * estimate.c - how large .rts.tab has to be, before the link
 *
 * The table's size must be a function of the inputs alone: kernels link three
 * times and compare addresses.  It should be enough, and not much more; if
 * it is too small, main.c links again with the exact size.  So, in bytes:
 *
 *	header		sizeof(struct rts_header)
 *	text		8 ranges
 *	marks		sizeof(struct rts_mark) + name + NUL, each
 *	slots		sizeof(struct rts_slot) + 4, each: distinct mark and
 *			offset; the 4 are its first site's address
 *	sites		2.5 for each reference in code: an ULEB128 of the
 *			distance takes 2, or 3 beyond 8 KiB, and now and then
 *			a form index follows
 *	forms		for each distinct shape, see shape_of(): two
 *			encodings, or the four of a 64-bit load
 *
 * rounded up to 64.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "scan.h"

#define TEXT_RANGES	8
#define SITE_BYTES(n)	((n) * 5 / 2)
#define SLOT_BYTES	(sizeof(struct rts_slot) + 4)
#define SHAPES_MAX	128	/* x86-64 has not so many forms */

/* An encoding with its template, its mask (often shared) and one slice. */
#define FORM_LENGTH	7
#define ENCODING_BYTES	(sizeof(struct rts_encoding) + 2 * FORM_LENGTH + \
			 sizeof(struct rts_slice))

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

/* REX.W 8b: mov from memory to a 64-bit register. */
static bool is_load64(uint64_t shape)
{
	return (shape >> 16 & 0xf8) == 0x48 && (shape >> 8 & 0xff) == 0x8b;
}

/* The opcodes that forms-x86.c has forms for; a direct branch's shape is
 * its opcode alone. */
static bool has_form(uint64_t shape)
{
	unsigned opcode = shape >> 8 & 0xff;

	return shape == 0xe8 || shape == 0xe9 ||
		(shape & ~UINT64_C(0xf)) == 0x0f80 ||
		opcode == 0x8b || opcode == 0x63 || opcode == 0xff;
}

/* values: sorted. */
static size_t form_bytes(const uint64_t *values, size_t count)
{
	size_t i, shapes = 0, size = 0;

	for (i = 0; i < count && shapes < SHAPES_MAX; i++) {
		if ((i && values[i] == values[i - 1]) || !has_form(values[i]))
			continue;
		shapes++;
		size += sizeof(struct rts_form) +
			(is_load64(values[i]) ? 4 : 2) * ENCODING_BYTES;
	}
	return size;
}

/* Marks are few and offsets small: a collision costs nothing but space. */
static uint64_t slot_of(const struct lw_reference *reference)
{
	return ((uint64_t)reference->mark << 40) ^
		(uint64_t)(reference->target & 0xffffffffff);
}

size_t lw_table_estimate(const struct lw_link *link)
{
	size_t i, sites = 0, slots, size;
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
	qsort(shape, sites, sizeof(*shape), by_value);
	size = sizeof(struct rts_header) +
		TEXT_RANGES * sizeof(struct rts_text) + slots * SLOT_BYTES +
		SITE_BYTES(sites) + form_bytes(shape, sites);
	for (i = 0; i < link->marks.count; i++)
		size += sizeof(struct rts_mark) +
			strlen(link->marks.at[i].name) + 1;
	return (size + 63) & ~(size_t)63;
}
