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
 * The bytes of one encoding, to fault.found, and held against those of the
 * site.  1; or, if its field does not fit, 0: the field's bits are then 0, and
 * fault.low and .high say why.  It fits if no bit is lost below, and it is in
 * range above: SIGNED and UNSIGNED are one bit each and BITFIELD is both, so
 * one pair of limits serves all three.
 */
static RTLD_NOINLINE unsigned encode(struct rtld *rt, struct rtld_site_ *s,
				     const unsigned char *e,
				     const unsigned char *bytes)
{
	const unsigned char *pool = rt->image + RTLD_HEAD_(rt, bytes_off);
	const unsigned char *bits = pool +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool +
		RTLD_GET16_(e, struct rts_encoding, mask_at);
	unsigned source = RTLD_GET8_(e, struct rts_encoding, source);
	unsigned shift, range, width, fit;
	unsigned char *out = rt->fault.found;
	uint64_t x, y, low, high;

	for (unsigned i = 0; i < s->length; i++)
		out[i] = bits[i] & mask[i];
	x = s->source[source];
	if (RTLD_GET8_(e, struct rts_encoding, flags) & RTS_ENCODING_PLACE)
		x -= rt->fault.address +
		     RTLD_GET8_(e, struct rts_encoding, bias);
	shift = RTLD_GET8_(e, struct rts_encoding, shift);
	range = RTLD_GET8_(e, struct rts_encoding, range);
	width = RTLD_GET8_(e, struct rts_encoding, bits) - 1u;
	y = (uint64_t)((int64_t)x >> shift);
	fit = y << shift == x;
	rt->fault.low = rt->fault.high = 0;
	if (range && width < 63) {
		high = (uint64_t)1 << width;
		low = range & RTS_RANGE_SIGNED ? -high : 0;
		high = (high << range / 2) - 1;
		if (y - low > high - low) {
			rt->fault.low = (int64_t)low;
			rt->fault.high = (int64_t)high;
			fit = 0;
		}
	}
	if (fit) {
		put(pool + RTLD_GET16_(e, struct rts_encoding, slices_at),
		    RTLD_GET8_(e, struct rts_encoding, slices), y, out);
	}
	/* The bits in which they differ, all or'ed: any, and of those that the
	 * template fixes. */
	s->off = s->foreign = 0;
	for (unsigned i = 0; i < s->length; i++) {
		unsigned char d = bytes[i] ^ out[i];

		s->off |= d;
		s->foreign |= d & mask[i];
	}
	if (source != RTS_SOURCE_VALUE)
		s->foreign = s->off | !fit;
	return fit;
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

/*
 * The linked encoding comes first: nothing can be done if it does not reach.
 * Then the others in order, but no longer than until it is known what the bytes
 * are and what they shall be; mostly that is after one.
 */
RTLD_LOCAL int rtld_look_(struct rtld *rt, struct rtld_site_ *s,
			  const unsigned char *bytes)
{
	const unsigned char *e = RTLD_AT_(rt, encoding,
			RTLD_GET16_(s->form, struct rts_form, encoding));
	uint32_t left = rtld_encodings_(s);
	unsigned reaches, fit, kind;

	reaches = encode(rt, s, e + (left - 1) * sizeof(struct rts_encoding),
			 bytes);
	rtld_copy_(rt->fault.expected, rt->fault.found, s->length);
	rtld_copy_(s->wanted, rt->fault.found, s->length);
	s->off_linked = s->off_chosen = s->off;
	s->chosen = 1;
	s->holds = !s->off;
	s->in_window = 0;
	for (; reaches && left > 1 && !(s->chosen > 1 && s->holds); left--) {
		fit = encode(rt, s, e, bytes);
		kind = (RTLD_GET8_(e, struct rts_encoding, flags) &
			RTLD_AVOID_INSIDE_) | RTLD_AVOID_ALL_;
		if (!(s->foreign | s->holds)) {
			s->holds = left;
			s->in_window = kind & RTS_ENCODING_WINDOW;
		}
		/* What is there already may stay. */
		if (!s->off)
			kind &= ~RTLD_AVOID_INSIDE_;
		if (fit && s->chosen == 1 &&
		    guard_holds(rt, e, s->source[RTS_SOURCE_VALUE])) {
			kind &= s->avoid;
			/* V has decided: no later one is meant for it. */
			if (kind & RTS_ENCODING_DEPENDS)
				s->avoid |= RTLD_AVOID_ALL_;
			if (!kind) {
				s->chosen = left;
				s->off_chosen = s->off;
				rtld_copy_(s->wanted, rt->fault.found,
					   s->length);
			}
		}
		e += sizeof(struct rts_encoding);
	}
	return (int)reaches;
}
