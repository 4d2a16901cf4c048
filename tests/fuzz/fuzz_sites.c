// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_sites.c - the sites of a slot, changed one at a time
 *
 * A stream is read, gets a site more or less or another one, and is written
 * anew.  It is read as leniently as can be: what was malformed comes out well
 * formed.
 */
#include <string.h>

#include "fuzz_mutate.h"

#define SITES	48

struct sites {
	uint64_t delta[SITES], form[SITES], operand[SITES];
	uint32_t n;
};

static uint64_t leb(const struct input *in, uint32_t *at, int is_signed)
{
	uint64_t x = 0;
	unsigned bits = 0;
	uint8_t byte;

	do {
		if (*at >= fuzz_count(in, STREAMS) || bits >= 63)
			return 0;
		byte = *fuzz_at(in, STREAMS, (*at)++);
		x |= (uint64_t)(byte & 0x7f) << bits;
		bits += 7;
	} while (byte & 0x80);
	return is_signed && x >> (bits - 1) ? x | -(uint64_t)1 << bits : x;
}

static int has_operand(const struct input *in, uint64_t form)
{
	return form < fuzz_count(in, FORMS) &&
	       fuzz_at(in, FORMS, (uint32_t)form)[1] & RTS_FORM_OPERAND;
}

static void read_sites(const struct input *in, const uint8_t *slot,
		       struct sites *s)
{
	uint32_t at = (uint32_t)fuzz_get(slot + 12, 4);
	uint64_t n = fuzz_get(slot + 8, 4), form = 0;

	for (s->n = 0; s->n < n && s->n < SITES; s->n++) {
		uint64_t x = leb(in, &at, 0);

		if (x & 1)
			form = leb(in, &at, 0);
		s->delta[s->n] = x >> 1;
		s->form[s->n] = form;
		s->operand[s->n] = has_operand(in, form) ? leb(in, &at, 1) : 0;
	}
}

static size_t put_leb(uint8_t *to, uint64_t x, int is_signed)
{
	size_t n = 0;
	int64_t rest = (int64_t)x;

	for (; is_signed ? rest < -64 || rest > 63 : (uint64_t)rest > 0x7f;
	     rest = is_signed ? rest >> 7 : (int64_t)((uint64_t)rest >> 7))
		to[n++] = (uint8_t)(rest | 0x80);
	to[n++] = (uint8_t)(rest & 0x7f);
	return n;
}

/* At the end of all streams; the old one stays, and nobody reads it. */
static void write_sites(struct input *in, uint32_t index,
			const struct sites *s)
{
	uint8_t bytes[SITES * 30], *to;
	uint32_t start = fuzz_count(in, STREAMS);
	size_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		int same = i && s->form[i] == s->form[i - 1];

		n += put_leb(bytes + n, s->delta[i] << 1 | !same, 0);
		if (!same)
			n += put_leb(bytes + n, s->form[i], 0);
		if (has_operand(in, s->form[i]))
			n += put_leb(bytes + n, s->operand[i], 1);
	}
	to = n ? fuzz_grow(in, STREAMS, (uint32_t)n) : NULL;
	if (!to)
		return;
	memcpy(to, bytes, n);
	to = fuzz_at(in, SLOTS, index);
	fuzz_put(to + 8, s->n, 4);
	fuzz_put(to + 12, start, 4);
}

static void insert_site(struct input *in, struct sites *s, uint32_t i)
{
	uint32_t forms = fuzz_count(in, FORMS);

	if (s->n == SITES || !forms)
		return;
	for (uint32_t k = s->n++; k > i; k--) {
		s->delta[k] = s->delta[k - 1];
		s->form[k] = s->form[k - 1];
		s->operand[k] = s->operand[k - 1];
	}
	s->form[i] = fuzz_number(forms);
	s->operand[i] = fuzz_number(64) - 32u;
	s->delta[i] = i ? 4 + fuzz_number(40) : fuzz_number(300);
}

static void change_site(struct input *in, struct sites *s, uint32_t i)
{
	switch (fuzz_number(5)) {
	case 0:
		s->delta[i] += fuzz_number(9);
		s->delta[i] -= 4;
		break;
	case 1:
		s->form[i] = fuzz_number(fuzz_count(in, FORMS) + 1);
		break;
	case 2:
		s->operand[i] = fuzz_once_in(4) ? fuzz_edge()
						: fuzz_number(200) - 100u;
		break;
	case 3:
		s->delta[i] = fuzz_number(200);
		break;
	default:
		if (i + 1 < s->n) {	/* away with it */
			s->delta[i + 1] += s->delta[i];
			memmove(s->delta + i, s->delta + i + 1,
				(s->n - i - 1) * sizeof(*s->delta));
			memmove(s->form + i, s->form + i + 1,
				(s->n - i - 1) * sizeof(*s->form));
			memmove(s->operand + i, s->operand + i + 1,
				(s->n - i - 1) * sizeof(*s->operand));
		}
		s->n--;
	}
}

void fuzz_change_sites(struct input *in)
{
	uint32_t n = fuzz_count(in, SLOTS), index;
	struct sites s = { .n = 0 };

	if (!n || !fuzz_count(in, FORMS))
		return;
	if (fuzz_once_in(8)) {
		if (fuzz_any(in, STREAMS))
			fuzz_change_number(fuzz_any(in, STREAMS), 1);
		return;
	}
	index = fuzz_number(n);
	read_sites(in, fuzz_at(in, SLOTS, index), &s);
	if (!s.n || fuzz_once_in(3))
		insert_site(in, &s, fuzz_number(s.n + 1));
	else
		change_site(in, &s, fuzz_number(s.n));
	write_sites(in, index, &s);
}
