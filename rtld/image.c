// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * image.c - open a table: that it is whole, and the one that ld-wrap wrote
 *
 * The checksum tells damage; the header tells where the arrays are.  What
 * stands in them is not looked at: ld-wrap has validated the table that it
 * wrote (validate.c).  The site streams are tested while they are walked
 * (stream.c).
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

/* Which code, and about which byte of the header, in one number. */
#define REFUSE(code, field)	REFUSE_AT(code, offsetof(struct rts_header, field))
#define REFUSE_AT(code, at)	(RTLD_E_##code | (at) << 8)

static uint32_t check_image(struct rtld *rt, size_t max)
{
	const unsigned char *h = rt->image;
	uint64_t element = ELEMENT_SIZES;
	uint32_t size, at;

	if (!h)
		return RTLD_E_MAGIC;
	if (max < sizeof(struct rts_header))
		return RTLD_E_SIZE;
	if (RTLD_HEAD_(rt, magic) != RTS_MAGIC)
		return RTLD_E_MAGIC;
	if (rts_ld32(h + offsetof(struct rts_header, version)) !=
	    (RTS_ABI_VERSION | sizeof(struct rts_header) << 16))
		return REFUSE(VERSION, version);
	rt->size = size = RTLD_HEAD_(rt, size);
	if (size - sizeof(struct rts_header) > max - sizeof(struct rts_header))
		return REFUSE(SIZE, size);
	if (rtld_crc_(h, size) != RTLD_HEAD_(rt, crc))
		return REFUSE(CRC, crc);
	/* One test for the class, 1 or 2, and above it the data, 1. */
	if (rts_ld16(h + offsetof(struct rts_header, elf_class)) - 0x101u > 1 ||
	    RTLD_HEAD_(rt, flags) || RTLD_HEAD_(rt, reserved))
		return REFUSE(VERSION, elf_class);
	for (at = offsetof(struct rts_header, text_off);
	     at < sizeof(struct rts_header); at += 8, element >>= 8) {
		uint32_t off = rts_ld32(h + at);

		/* One test for too large and, by wrapping, for too small. */
		if (off - (uint32_t)sizeof(struct rts_header) >
		    size - (uint32_t)sizeof(struct rts_header) ||
		    (element & 0xff) * rts_ld32(h + at + 4) > size - off)
			return REFUSE_AT(BOUNDS, at);
	}
	return 0;
}

RTLD_LOCAL void rtld_clear_(struct rtld *rt)
{
	unsigned char *p = (unsigned char *)rt;

	for (unsigned i = offsetof(struct rtld, stats); i < sizeof(*rt); i++)
		p[i] = 0;
}

/* How opening ends: if it was refused, the table is not open. */
static RTLD_NOINLINE int verdict(struct rtld *rt, uint32_t refusal)
{
	if (refusal)
		rt->image = NULL;
	rt->fault.offset = refusal >> 8;
	return -(rt->fault.code = refusal & 0xff);
}

static RTLD_NOINLINE int open_at(struct rtld *rt, const void *image,
				 size_t max, uint64_t address)
{
	if (!rt)
		return -RTLD_E_ARGUMENT;
	rtld_clear_(rt);
	rt->image = image;
	rt->address = address;
	rt->size = rt->busy = 0;
	return verdict(rt, check_image(rt, max));
}

static RTLD_NOINLINE int expect(struct rtld *rt, unsigned machine)
{
	if (!rt || !rt->image)
		return -RTLD_E_ARGUMENT;
	if (rts_ld16(rt->image + offsetof(struct rts_header, machine)) ==
	    machine)
		return 0;
	return verdict(rt, REFUSE(MACHINE, machine));
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
