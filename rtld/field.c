// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * field.c - the one encoder: from a value to the bytes of a site, and back
 *
 * Whatever writes or verifies a site, on the host or on the target, comes
 * here.  What an instruction looks like stands in the image: a template, and
 * slices that say where the field's bits go.
 */
#include "internal.h"

RTLD_LOCAL void rtld_copy_(void *to, const void *from, size_t n)
{
	unsigned char *out = to;
	const unsigned char *in = from;

	while (n--)
		out[n] = in[n];
}

/* A byte of the site at a time: four turns for an aligned 32-bit field. */
static void put(const unsigned char *slice, unsigned n, uint64_t x,
		unsigned char *out)
{
	for (; n--; slice += sizeof(struct rts_slice)) {
		unsigned to = slice[2], end = to + slice[1], step;
		uint64_t rest = x >> slice[0] &
				(((uint64_t)2 << (slice[1] - 1)) - 1);

		for (; to < end; to += step, rest >>= step) {
			step = 8 - to % 8;
			out[to / 8] |= (unsigned char)(rest << to % 8);
		}
	}
}

/*
 * The bytes of one encoding, to s->linked: 1.  If its field does not fit: 0,
 * the field's bits are 0, and fault.low and .high say why.  It fits if no bit
 * is lost below, and it is in range above: SIGNED and UNSIGNED are one bit
 * each and BITFIELD is both, so one pair of limits serves all three.
 */
static RTLD_NOINLINE unsigned encode(struct rtld *rt, struct rtld_site_ *s,
				     const unsigned char *e,
				     const unsigned char *pool)
{
	const unsigned char *bits = pool +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool +
		RTLD_GET16_(e, struct rts_encoding, mask_at);
	unsigned shift, range, width;
	uint64_t x, y, low, high;

	for (unsigned i = 0; i < s->length; i++)
		s->linked[i] = bits[i] & mask[i];
	x = s->source[RTLD_GET8_(e, struct rts_encoding, source)];
	if (RTLD_GET8_(e, struct rts_encoding, flags) & RTS_ENCODING_PLACE)
		x -= rt->fault.address +
		     RTLD_GET8_(e, struct rts_encoding, bias);
	shift = RTLD_GET8_(e, struct rts_encoding, shift);
	range = RTLD_GET8_(e, struct rts_encoding, range);
	width = RTLD_GET8_(e, struct rts_encoding, bits) - 1u;
	y = (uint64_t)((int64_t)x >> shift);
	rt->fault.low = rt->fault.high = 0;
	if (range && width < 63) {
		high = (uint64_t)1 << width;
		low = range & RTS_RANGE_SIGNED ? -high : 0;
		high = (high << range / 2) - 1;
		if (y - low > high - low) {
			rt->fault.low = (int64_t)low;
			rt->fault.high = (int64_t)high;
			return 0;
		}
	}
	if (y << shift != x)
		return 0;
	put(pool + RTLD_GET16_(e, struct rts_encoding, slices_at),
	    RTLD_GET8_(e, struct rts_encoding, slices), y, s->linked);
	return 1;
}

/* FITS needs no test of its own: every encoding must fit to be chosen.  EQUAL
 * and MASKED are the guards with bit 1. */
static int guard_holds(const unsigned char *e, const unsigned char *pool,
		       uint64_t v)
{
	unsigned guard = RTLD_GET8_(e, struct rts_encoding, guard);
	const unsigned char *data = pool +
		RTLD_GET16_(e, struct rts_encoding, guard_at);

	if (!(guard & RTS_GUARD_EQUAL))
		return 1;
	if (guard & 1) {
		v &= rts_ld64(data);
		data += 8;
	}
	return (v == rts_ld64(data)) != guard / RTS_GUARD_NOT;
}

/* All encodings go through s->linked; the last one stays. */
RTLD_LOCAL int rtld_look_(struct rtld *rt, struct rtld_site_ *s,
			  const unsigned char *bytes)
{
	const unsigned char *pool = rt->image + RTLD_HEAD_(rt, bytes_off);
	const unsigned char *mask, *e = RTLD_AT_(rt, encoding,
			RTLD_GET16_(s->form, struct rts_form, encoding));
	uint32_t left = RTLD_GET8_(s->form, struct rts_form, encodings);
	unsigned char d, any, other;
	unsigned fit;

	s->chosen = s->holds = 0;
	do {
		fit = encode(rt, s, e, pool);
		/* The bits in which they differ, all or'ed: any, and of those
		 * that the template fixes. */
		mask = pool + RTLD_GET16_(e, struct rts_encoding, mask_at);
		any = other = 0;
		for (unsigned k = 0; k < s->length; k++) {
			d = bytes[k] ^ s->linked[k];
			any |= d;
			other |= d & mask[k];
		}
		if (RTLD_GET8_(e, struct rts_encoding, source) !=
		    RTS_SOURCE_VALUE)
			other = any | !fit;
		if (!(other | s->holds))
			s->holds = left;
		if (fit && !s->chosen && (!s->only_linked || left == 1) &&
		    guard_holds(e, pool, s->source[RTS_SOURCE_VALUE])) {
			s->chosen = left;
			s->off_chosen = any;
			rtld_copy_(s->wanted, s->linked, s->length);
		}
		e += sizeof(struct rts_encoding);
	} while (--left);
	s->off_linked = any;
	return (int)fit;
}
