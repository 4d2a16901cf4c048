// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_repair.c - what agrees in a good table, made to agree again
 *
 * A mutation that leaves a count or an index wrong is refused at the door, and
 * what lies behind is never tried.  So the rules of rtld_validate() stand here
 * once more, as corrections; each is left out now and then, so that the door is
 * tried too.  Nothing here needs to be complete: what it forgets is refused.
 */
#include <string.h>

#include "fuzz_mutate.h"
#include "../lib/rts_build.h"
#include "rtld.h"
#include "../../rtld/internal.h"

#define FIELD(type, field)	offsetof(struct rts_##type, field),	\
	sizeof(((struct rts_##type *)0)->field)

static uint32_t damage_rate;

static int applies(void)
{
	return !damage_rate || !fuzz_once_in(damage_rate);
}

/* Correct a field, if the rule applies. */
static void correct(uint8_t *p, size_t offset, size_t width, uint64_t value)
{
	if (applies())
		fuzz_put(p + offset, value, (unsigned)width);
}

static int64_t relative(const uint8_t *p)
{
	return (int32_t)fuzz_get(p, 4);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

static void header(struct input *in)
{
	uint8_t *t = in->table;

	correct(t, FIELD(header, magic), RTS_MAGIC);
	correct(t, FIELD(header, version), RTS_ABI_VERSION);
	correct(t, FIELD(header, header_size), sizeof(struct rts_header));
	correct(t, FIELD(header, elf_data), 1);
	correct(t, FIELD(header, elf_class), t[10] & 1 ? 1 : 2);
	correct(t, FIELD(header, flags), 0);
	correct(t, FIELD(header, reserved), 0);
	fuzz_put(t + offsetof(struct rts_header, size),
		 in->size - HEAD - TABLE, 4);
}

static void texts(struct input *in)
{
	int64_t end = -TABLE, start, size;

	for (uint32_t i = 0; i < fuzz_count(in, TEXTS); i++) {
		uint8_t *p = fuzz_at(in, TEXTS, i);

		start = clamp((int64_t)fuzz_get(p, 8), end, -OBJECTS - 1);
		size = clamp((int64_t)fuzz_get(p + 8, 8), 1, -OBJECTS - start);
		correct(p, FIELD(text, start), (uint64_t)start);
		correct(p, FIELD(text, size), (uint64_t)size);
		end = start + size;
	}
}

static void marks(struct input *in)
{
	uint32_t names = fuzz_count(in, STRINGS);
	int64_t last = -OBJECTS, size;

	for (uint32_t i = 0; i < fuzz_count(in, MARKS); i++) {
		uint8_t *p = fuzz_at(in, MARKS, i);

		last = clamp(relative(p), last, -8);
		size = (int64_t)fuzz_get(p + 8, 4);
		correct(p, FIELD(mark, address), (uint64_t)last);
		correct(p, FIELD(mark, size), (uint64_t)clamp(size, 8, -last));
		if (fuzz_get(p + 12, 4) >= names)
			correct(p, FIELD(mark, name), 0);
		if (fuzz_get(p + 16, 4) - 1 > 2)
			correct(p, FIELD(mark, kind), 1 + fuzz_number(3));
	}
	if (names && applies())
		*fuzz_at(in, STRINGS, names - 1) = 0;
}

static void slot(struct input *in, uint8_t *p)
{
	uint32_t mark = (uint32_t)fuzz_get(p + 4, 2) % fuzz_count(in, MARKS);
	const uint8_t *m = fuzz_at(in, MARKS, mark);
	int64_t size = (int64_t)fuzz_get(m + 8, 4), from = relative(m);
	int64_t width = p[6] & 8 ? 8 : p[6] & 4 ? 4 : p[6] & 2 ? 2 : 1;

	if (width > size)
		width = 1;
	from = clamp(relative(p), from, from + size - width);
	correct(p, FIELD(slot, mark), mark);
	correct(p, FIELD(slot, width), (uint64_t)width);
	correct(p, FIELD(slot, reserved), 0);
	correct(p, FIELD(slot, address), (uint64_t)from);
	correct(p, FIELD(slot, sites), fuzz_get(p + 8, 4) % 64);
	if (fuzz_get(p + 12, 4) > fuzz_count(in, STREAMS))
		correct(p, FIELD(slot, stream), 0);
}

static void slots(struct input *in)
{
	uint8_t swap[sizeof(struct rts_slot)], *p, *q;
	uint32_t count = fuzz_count(in, SLOTS);
	uint64_t sites = 0;

	if (!fuzz_count(in, MARKS))
		return;
	for (uint32_t i = 0; i < count; i++)
		slot(in, fuzz_at(in, SLOTS, i));
	for (uint32_t i = 1; i < count; i++) {
		for (uint32_t j = i; j; j--) {
			p = fuzz_at(in, SLOTS, j);
			q = fuzz_at(in, SLOTS, j - 1);
			if (relative(p) >= relative(q))
				break;
			memcpy(swap, p, sizeof(swap));
			memcpy(p, q, sizeof(swap));
			memcpy(q, swap, sizeof(swap));
		}
	}
	for (uint32_t i = 0; i < count; i++)
		sites += fuzz_get(fuzz_at(in, SLOTS, i) + 8, 4);
	correct(in->table, FIELD(header, site_count), sites);
}

/* Slices of one encoding: inside value and site, and on no fixed bit. */
static void slices(uint8_t *pool, const uint8_t *e, unsigned bits)
{
	uint8_t *s = pool + fuzz_get(e + 12, 2);
	uint8_t *template = pool + fuzz_get(e + 8, 2);
	uint8_t *mask = pool + fuzz_get(e + 10, 2);
	int64_t most;

	for (unsigned n = e[6]; n--; s += sizeof(struct rts_slice)) {
		correct(s, 0, 1, s[0] & 63);
		correct(s, 2, 1, s[2] % bits);
		most = clamp(64 - s[0], 1, (int64_t)bits - s[2] % bits);
		correct(s, 1, 1, (uint64_t)clamp(s[1], 1, most));
		if (!applies())
			continue;
		for (unsigned b = s[2]; b < s[2] + s[1] && b < bits; b++) {
			template[b / 8] &= (uint8_t)~(1u << b % 8);
			mask[b / 8] &= (uint8_t)~(1u << b % 8);
		}
	}
}

static unsigned good_guard(unsigned guard)
{
	unsigned kind = guard & 7;

	if (kind == 7 || (kind & 6) == 4)
		kind = RTS_GUARD_RANGE;
	return kind & 2 ? kind | (guard & 0xc0) : kind;
}

/* An index into the pool, with so many bytes behind it. */
static void index_of(uint8_t *e, size_t offset, uint64_t pool, uint64_t n)
{
	if (fuzz_get(e + offset, 2) + n > pool)
		correct(e, offset, 2, pool >= n ? pool - n : 0);
}

static void encoding(struct input *in, uint8_t *e, const uint8_t *form,
		     int last)
{
	uint64_t pool = fuzz_count(in, POOL);
	unsigned length = form[0], guard = last ? 0 : good_guard(e[0]);

	correct(e, FIELD(encoding, guard), guard);
	correct(e, FIELD(encoding, flags),
		e[2] & (form[1] & RTS_FORM_WINDOW && !last ? 7 : 1));
	if (e[1] > 4 || (e[1] == RTS_SOURCE_VALUE && last) ||
	    (e[1] == RTS_SOURCE_OPERAND && !(form[1] & RTS_FORM_OPERAND)))
		correct(e, FIELD(encoding, source), RTS_SOURCE_SLOT);
	correct(e, FIELD(encoding, shift), e[3] & 63);
	correct(e, FIELD(encoding, range), e[5] & 3);
	correct(e, FIELD(encoding, bias), (uint64_t)clamp(e[7], 0, 32));
	if (e[6] > 6)
		correct(e, FIELD(encoding, slices), e[6] % 6);
	correct(e, FIELD(encoding, bits),
		e[6] ? (uint64_t)clamp(e[4], 1, 64) : 0);
	index_of(e, offsetof(struct rts_encoding, template_at), pool, length);
	index_of(e, offsetof(struct rts_encoding, mask_at), pool, length);
	index_of(e, offsetof(struct rts_encoding, slices_at), pool, 3u * e[6]);
	index_of(e, offsetof(struct rts_encoding, guard_at), pool, 16);
	if (fuzz_get(e + 8, 2) + length <= pool &&
	    fuzz_get(e + 10, 2) + length <= pool && length <= 32 &&
	    fuzz_get(e + 12, 2) + 3u * e[6] <= pool)
		slices(fuzz_at(in, POOL, 0), e, 8 * length);
}

static void forms(struct input *in)
{
	uint32_t all = fuzz_count(in, ENCODINGS), first, n;

	for (uint32_t i = 0; all && i < fuzz_count(in, FORMS); i++) {
		uint8_t *f = fuzz_at(in, FORMS, i);

		correct(f, FIELD(form, length), (uint64_t)clamp(f[0], 1, 32));
		correct(f, FIELD(form, flags), f[1] & 7);
		correct(f, FIELD(form, encoding), fuzz_get(f + 2, 2) % all);
		first = (uint32_t)fuzz_get(f + 2, 2);
		n = all > first ? all - first : 1;
		correct(f, FIELD(form, encodings), (uint64_t)clamp(f[4], 1, n));
		correct(f, FIELD(form, reserved), 0);
		if (!(f[1] & RTS_FORM_WINDOW))
			correct(f, FIELD(form, before), 0);
		n = f[4];
		for (uint32_t k = 0; k < n && first + k < all && f[0]; k++)
			encoding(in, fuzz_at(in, ENCODINGS, first + k), f,
				 k + 1 == n);
	}
}

void fuzz_repair(struct input *in, uint32_t damage)
{
	damage_rate = damage;
	header(in);
	if (fuzz_is_whole(in)) {
		texts(in);
		marks(in);
		slots(in);
		forms(in);
	}
	rts_build_crc(in->table);
}

/* ---- text -------------------------------------------------------------- */

static uint8_t used[TEXT];	/* by a site */
static int tampered;		/* some site has foreign bytes */

/* What a site shall hold: mostly what the linker wrote.  0: it cannot be. */
static int site_bytes(struct rtld *rt, struct rtld_site_ *s)
{
	unsigned char *text = rtld_pointer_(rt, rt->fault.address);

	if (!rtld_look_(rt, s, text))
		return 0;
	if (tampered && fuzz_once_in(8))
		text[fuzz_number(s->length)] ^= (uint8_t)(1 << fuzz_number(8));
	else if (fuzz_once_in(4))
		memcpy(text, s->wanted, s->length);
	else if (!s->holds || fuzz_once_in(2))
		memcpy(text, rt->fault.expected, s->length);
	return 1;
}

/* Is nothing there that belongs to a site of another slot? */
static int is_free(const struct input *in, const struct rtld *rt,
		   const struct rtld_site_ *s)
{
	const uint8_t *text = in->data + HEAD;
	size_t at = (size_t)(rtld_pointer_(rt, rt->fault.address) - text);
	int taken = 0;

	for (unsigned i = 0; i < s->length; i++)
		taken |= used[at + i]++;
	return !taken;
}

/* A slot has sites up to the first that makes no sense. */
static uint32_t sites_of(struct input *in, struct rtld *rt, uint32_t slot)
{
	struct rtld_site_ s;
	uint32_t n = 0;

	for (rtld_start_(rt, &s, slot); !rtld_next_(rt, &s); n++) {
		if (!is_free(in, rt, &s) && applies())
			break;
		if (!site_bytes(rt, &s) && applies())
			break;
	}
	return n;
}

void fuzz_repair_sites(struct input *in)
{
	const uint8_t *t = in->table;
	uint32_t all = 0, n;
	struct rtld rt;

	if (rtld_open_at(&rt, t, in->size - HEAD - TABLE,
			 in->data[0] & ELSEWHERE ? FAR_AWAY : (uintptr_t)t) ||
	    rtld_validate(&rt) || !fuzz_within(&rt))
		return;
	memset(used, 0, sizeof(used));
	tampered = fuzz_once_in(8);
	for (uint32_t i = 0; i < fuzz_count(in, SLOTS); i++) {
		uint8_t *p = fuzz_at(in, SLOTS, i);

		n = sites_of(in, &rt, i);
		correct(p, FIELD(slot, sites), n);
		all += (uint32_t)fuzz_get(p + 8, 4);
	}
	fuzz_put(in->table + offsetof(struct rts_header, site_count), all, 4);
	rts_build_crc(in->table);
}
