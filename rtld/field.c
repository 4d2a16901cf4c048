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
 * The bytes of one encoding: 1.  If its field does not fit: 0, the field's bits
 * are 0, and fault.low and .high say why.  It fits if no bit is lost below, and
 * it is in range above: SIGNED and UNSIGNED are one bit each and BITFIELD is
 * both, so one pair of limits serves all three.
 */
static RTLD_NOINLINE unsigned encode(struct rtld *rt, struct rtld_site_ *s,
				     const unsigned char *e,
				     unsigned char *out)
{
	const unsigned char *pool = rt->image + RTLD_HEAD_(rt, bytes_off);
	const unsigned char *bits = pool +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool +
		RTLD_GET16_(e, struct rts_encoding, mask_at);
	unsigned shift, range, width;
	uint64_t x, y, low, high;

	for (unsigned i = 0; i < s->length; i++)
		out[i] = bits[i] & mask[i];
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
	    RTLD_GET8_(e, struct rts_encoding, slices), y, out);
	return 1;
}

/* FITS needs no test of its own: every encoding must fit to be chosen.  The
 * guards with bit 1 compare: bit 0 is a mask's, bit 2 an interval's. */
static int guard_holds(const struct rtld *rt, const unsigned char *e,
		       uint64_t v)
{
	unsigned guard = RTLD_GET8_(e, struct rts_encoding, guard);
	const unsigned char *data = rt->image + RTLD_HEAD_(rt, bytes_off) +
		RTLD_GET16_(e, struct rts_encoding, guard_at);
	uint64_t d;

	if (!(guard & RTS_GUARD_EQUAL))
		return 1;
	if (guard & RTS_GUARD_RELATIVE)
		v -= rt->address;
	d = rts_ld64(data);
	if (guard & 5) {
		v = guard & 1 ? v & d : v - d;
		d = rts_ld64(data + 8);
	}
	return (guard & 4 ? v <= d : v == d) != guard / RTS_GUARD_NOT;
}

/* Do they differ, in a bit that mask has if there is one? */
static RTLD_NOINLINE unsigned differ(const struct rtld_site_ *s,
				     const unsigned char *a,
				     const unsigned char *b,
				     const unsigned char *mask)
{
	unsigned any = 0, d;

	for (unsigned i = 0; i < s->length; i++) {
		d = a[i] ^ b[i];
		any |= mask ? d & mask[i] : d;
	}
	return any;
}

/* May the bytes be this encoding?  Leaves what was encoded in out. */
static unsigned may_be(struct rtld *rt, struct rtld_site_ *s,
		       const unsigned char *e, const unsigned char *bytes,
		       unsigned char *out)
{
	const unsigned char *pool = rt->image + RTLD_HEAD_(rt, bytes_off);

	if (RTLD_GET8_(e, struct rts_encoding, source) == RTS_SOURCE_VALUE)
		return !differ(s, bytes, pool + RTLD_GET16_(e,
				struct rts_encoding, template_at),
			       pool + RTLD_GET16_(e, struct rts_encoding,
						  mask_at));
	return encode(rt, s, e, out) && !differ(s, bytes, out, NULL);
}

/* The linked encoding comes first: nothing can be done if it does not reach.
 * Then in order, no longer than until it is known what the bytes are and what
 * they shall be; mostly that is after one. */
RTLD_LOCAL int rtld_look_(struct rtld *rt, struct rtld_site_ *s,
			  const unsigned char *bytes)
{
	const unsigned char *e = RTLD_AT_(rt, encoding,
			RTLD_GET16_(s->form, struct rts_form, encoding));
	uint32_t left = RTLD_GET8_(s->form, struct rts_form, encodings);
	unsigned char other[RTS_SITE_MAX];
	unsigned window;

	s->chosen = s->holds = s->in_window = 0;
	if (!encode(rt, s, e + (left - 1) * sizeof(struct rts_encoding),
		    s->linked))
		return 0;
	s->off_linked = differ(s, bytes, s->linked, NULL);
	if (!s->off_linked)
		s->holds = 1;
	for (; left > 1 && !(s->chosen && s->holds); left--,
	     e += sizeof(struct rts_encoding)) {
		window = RTLD_GET8_(e, struct rts_encoding, flags) &
			 RTS_ENCODING_WINDOW;
		if (!s->chosen && !s->only_linked &&
		    !(window && s->no_window) &&
		    guard_holds(rt, e, s->source[RTS_SOURCE_VALUE]) &&
		    encode(rt, s, e, s->wanted)) {
			s->chosen = left;
			s->off_chosen = differ(s, bytes, s->wanted, NULL);
		}
		if (!s->holds && may_be(rt, s, e, bytes, other)) {
			s->holds = left;
			s->in_window = window;
		}
	}
	if (!s->chosen) {
		s->chosen = 1;
		s->off_chosen = s->off_linked;
		rtld_copy_(s->wanted, s->linked, s->length);
	}
	return 1;
}
