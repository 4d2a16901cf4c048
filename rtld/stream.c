// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * stream.c - walk the sites of a slot
 *
 * A stream is the one part of an image that rtld_validate() does not look into:
 * it would be walked twice for nothing.  So here every number is tested: it
 * ends inside the stream, fits 63 bits (nine bytes; no address space needs the
 * tenth), and leads to a known form and into text.
 */
#include "internal.h"

/*
 * Read one LEB128 number.  A malformed one leaves its mark in fault.code; what
 * is returned then must do no harm.
 */
static uint64_t leb(struct rtld *rt, unsigned is_signed)
{
	unsigned bits = 0;
	uint64_t number = 0, byte;

	do {
		if (rt->fault.offset >= RTLD_HEAD_(rt, stream_off) +
					RTLD_HEAD_(rt, stream_size) ||
		    bits >= 63) {
			rt->fault.code = RTLD_E_STREAM;
			return 0;
		}
		byte = rt->image[rt->fault.offset++];
		number |= (byte & 0x7f) << bits;
		bits += 7;
	} while (byte & 0x80);
	if (is_signed && number >> (bits - 1))
		number |= -(uint64_t)1 << bits;
	return number;
}

static uint64_t signed32(const unsigned char *p)
{
	return (uint64_t)(int32_t)rts_ld32(p);
}

RTLD_LOCAL void rtld_start_(struct rtld *rt, struct rtld_site_ *s,
			    uint32_t slot)
{
	const unsigned char *p = RTLD_AT_(rt, slot, slot);
	const unsigned char *mark = RTLD_AT_(rt, mark, RTLD_GET16_(p,
						struct rts_slot, mark));
	uint64_t base = rt->address;

	s->record = p;
	s->mark = mark;
	s->source[RTS_SOURCE_NONE] = 0;
	s->source[RTS_SOURCE_SLOT] = rt->fault.slot_address = base +
		signed32(p + offsetof(struct rts_slot, address));
	s->source[RTS_SOURCE_STUB] = base +
		signed32(mark + offsetof(struct rts_mark, stub));
	s->length = s->avoid = 0;
	rt->fault.code = 0;
	rt->fault.slot = slot;
	rt->fault.site = ~(uint32_t)0;
	rt->fault.offset = RTLD_HEAD_(rt, stream_off) +
			   RTLD_GET32_(p, struct rts_slot, stream);
	/* validate() has made sure that there is text if there are slots. */
	rt->fault.address = base + rts_ld64(RTLD_AT_(rt, text, 0));
}

/* V, extended as the form wants it. */
static uint64_t content(const struct rtld *rt, const struct rtld_site_ *s)
{
	const unsigned char *p = rtld_pointer_(rt, rt->fault.slot_address);
	unsigned i = RTLD_GET8_(s->record, struct rts_slot, width);
	uint64_t v = 0;

	if (RTLD_GET8_(s->form, struct rts_form, flags) & RTS_FORM_SIGNED &&
	    p[i - 1] & 0x80)
		v = ~v;
	while (i--)
		v = v << 8 | p[i];
	return v;
}

RTLD_LOCAL int rtld_next_(struct rtld *rt, struct rtld_site_ *s)
{
	uint32_t previous = s->length;
	uint64_t delta, form, at;
	const unsigned char *p;

	if (++rt->fault.site == RTLD_GET32_(s->record, struct rts_slot, sites))
		return RTLD_END_;
	delta = leb(rt, 0);
	if (delta & 1) {
		form = leb(rt, 0);
		if (form >= RTLD_HEAD_(rt, form_count))
			return RTLD_E_STREAM;
		rt->fault.form = (uint32_t)form;
		p = RTLD_AT_(rt, form, form);
		s->length = RTLD_GET8_(p, struct rts_form, length);
		s->form = p;
		s->source[RTS_SOURCE_VALUE] = rt->fault.value = content(rt, s);
	}
	delta >>= 1;
	rt->fault.address += delta;
	/* No length: the first site did not say its form. */
	if (!s->length)
		return RTLD_E_STREAM;
	if (RTLD_GET8_(s->form, struct rts_form, flags) & RTS_FORM_OPERAND)
		s->source[RTS_SOURCE_OPERAND] = rt->fault.address + leb(rt, 1);
	if (rt->fault.code)
		return rt->fault.code;
	/* Within one slot.  That sites of different slots do not overlap is
	 * proven when the table is made and by rts-dump --check, not here: it
	 * would take memory, or time squared. */
	if (delta < previous)
		return RTLD_E_TEXT_OVERLAP;
	/* Wholly in one text range, and with what the host is asked about in
	 * front of it.  delta is less than 2^62: an address does not come round
	 * to an earlier site without a stop outside text. */
	at = rt->fault.address - rt->address;
	p = RTLD_AT_(rt, text, 0);
	for (uint32_t n = RTLD_HEAD_(rt, text_count); n--;
	     p += sizeof(struct rts_text)) {
		uint64_t from = at - RTLD_GET64_(p, struct rts_text, start);
		uint64_t size = RTLD_GET64_(p, struct rts_text, size);

		if (from < size && s->length <= size - from &&
		    from >= RTLD_GET8_(s->form, struct rts_form, before))
			return 0;
	}
	return RTLD_E_TEXT_BOUNDS;
}
