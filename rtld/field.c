// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * field.c - the one encoder: from a value to the bytes of a site, and back
 *
 * Whatever writes or verifies a site, on the host or on the target, comes
 * here.  What an instruction looks like stands in the image: a template, and
 * slices that say where the field's bits go.
 */
#include "internal.h"

/* As many bits at a time as one byte of the site takes: four turns for an
 * aligned 32-bit field. */
static void put(const unsigned char *slice, unsigned n, uint64_t x,
		unsigned char *out)
{
	for (; n--; slice += sizeof(struct rts_slice)) {
		uint64_t rest = x >> slice[0] & ~(uint64_t)0 >> (64 - slice[1]);
		unsigned to = slice[2];

		for (; rest; to = (to | 7) + 1) {
			out[to >> 3] |= (unsigned char)(rest << (to & 7));
			rest >>= 8 - (to & 7);
		}
	}
}

/*
 * x >> shift, if that can stand in the field: no bit lost below, and in range
 * above.  SIGNED and UNSIGNED are one bit each and BITFIELD is both, so one
 * pair of limits serves all three.
 */
static int fits(struct rtld_fault *f, const unsigned char *e, uint64_t *x)
{
	unsigned shift = RTLD_GET8_(e, struct rts_encoding, shift);
	unsigned range = RTLD_GET8_(e, struct rts_encoding, range);
	unsigned bits = RTLD_GET8_(e, struct rts_encoding, bits) - 1u;
	uint64_t y = (uint64_t)((int64_t)*x >> shift), low, high;

	f->low = f->high = 0;
	if (range && bits < 63) {
		low = -(uint64_t)(range & RTS_RANGE_SIGNED) << bits;
		high = ((uint64_t)1 << (range >> 1) << bits) - 1;
		if (y - low > high - low) {
			f->low = (int64_t)low;
			f->high = (int64_t)high;
			return 0;
		}
	}
	low = *x;
	*x = y;
	return y << shift == low;
}

static const unsigned char *pool(const struct rtld *rt)
{
	return rt->image + RTLD_HEAD_(rt, bytes_off);
}

/* The bytes of one encoding, to s->linked: 1.  If its field does not fit: 0,
 * and the field's bits are 0. */
static unsigned encode(struct rtld *rt, struct rtld_site_ *s,
		       const unsigned char *e)
{
	const unsigned char *bits = pool(rt) +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool(rt) +
		RTLD_GET16_(e, struct rts_encoding, mask_at);
	uint64_t x = s->source[RTLD_GET8_(e, struct rts_encoding, source)];

	for (unsigned i = 0; i < s->length; i++)
		s->linked[i] = bits[i] & mask[i];
	if (RTLD_GET8_(e, struct rts_encoding, flags) & RTS_ENCODING_PLACE)
		x -= rt->fault.address +
		     RTLD_GET8_(e, struct rts_encoding, bias);
	if (!fits(&rt->fault, e, &x))
		return 0;
	put(pool(rt) + RTLD_GET16_(e, struct rts_encoding, slices_at),
	    RTLD_GET8_(e, struct rts_encoding, slices), x, s->linked);
	return 1;
}

/* FITS needs no test of its own: every encoding must fit to be chosen.  EQUAL
 * and MASKED are the guards with bit 1. */
static int guard_holds(const struct rtld *rt, const unsigned char *e,
		       uint64_t v)
{
	unsigned guard = RTLD_GET8_(e, struct rts_encoding, guard);
	const unsigned char *data = pool(rt) +
		RTLD_GET16_(e, struct rts_encoding, guard_at);

	if (!(guard & RTS_GUARD_EQUAL))
		return 1;
	if (guard & 1) {
		v &= rts_ld64(data);
		data += 8;
	}
	return (v == rts_ld64(data)) != guard / RTS_GUARD_NOT;
}

/* The bits in which bytes and s->linked differ, all or'ed: those of mask, and
 * in *any those of the whole. */
static unsigned compare(const struct rtld_site_ *s, const unsigned char *bytes,
			const unsigned char *mask, unsigned *any)
{
	unsigned fixed = 0;

	*any = 0;
	for (unsigned i = 0; i < s->length; i++) {
		unsigned d = bytes[i] ^ s->linked[i];

		*any |= d;
		fixed |= d & mask[i];
	}
	return fixed;
}

/* All encodings go through s->linked; the last one stays. */
RTLD_LOCAL int rtld_look_(struct rtld *rt, struct rtld_site_ *s,
			  const unsigned char *bytes)
{
	const unsigned char *e = s->encoding;
	unsigned n = s->encodings, i = 0, fit, any, other;

	s->chosen = s->holds = n;
	do {
		fit = encode(rt, s, e);
		other = compare(s, bytes, pool(rt) + RTLD_GET16_(e,
				struct rts_encoding, mask_at), &any);
		if (RTLD_GET8_(e, struct rts_encoding, source) !=
		    RTS_SOURCE_VALUE)
			other = any | !fit;
		if (!other && s->holds == n)
			s->holds = i;
		if (fit && s->chosen == n && (!s->only_linked || i + 1 == n) &&
		    guard_holds(rt, e, s->source[RTS_SOURCE_VALUE])) {
			s->chosen = i;
			s->is_chosen = !any;
			for (unsigned k = 0; k < s->length; k++)
				s->wanted[k] = s->linked[k];
		}
		e += sizeof(struct rts_encoding);
	} while (++i < n);
	s->is_linked = !any;
	return (int)fit;
}
