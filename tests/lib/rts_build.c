/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rts_build.c - images for tests, built by hand */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rts_build.h"

static void limit(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rts_build: %s\n", what);
	abort();
}

/* ---- collecting ------------------------------------------------------- */

void rts_build_begin(struct rts_build *b)
{
	memset(b, 0, sizeof(*b));
	b->machine = 62;
}

unsigned rts_build_text(struct rts_build *b, const void *at, uint64_t size)
{
	limit(b->texts < RTS_BUILD_MAX, "too many text ranges");
	b->text[b->texts].at = at;
	b->text[b->texts].size = size;
	return b->texts++;
}

unsigned rts_build_mark(struct rts_build *b, const char *name, unsigned kind,
			const volatile void *object, size_t size,
			const void *stub)
{
	limit(b->marks < RTS_BUILD_MAX, "too many marks");
	b->mark[b->marks].name = name;
	b->mark[b->marks].kind = kind;
	b->mark[b->marks].object = (const unsigned char *)(uintptr_t)object;
	b->mark[b->marks].size = (uint32_t)size;
	b->mark[b->marks].stub = stub;
	return b->marks++;
}

/* Bytes of a pattern: two characters each, blanks between. */
static unsigned pattern_length(const char *bytes)
{
	return (unsigned)(strlen(bytes) + 1) / 3;
}

unsigned rts_build_form(struct rts_build *b, unsigned tag, unsigned flags,
			const struct rts_build_encoding *e, unsigned count)
{
	limit(b->forms < RTS_BUILD_MAX, "too many forms");
	limit(b->encodings + count <= RTS_BUILD_MAX, "too many encodings");
	b->form[b->forms].length = pattern_length(e->bytes);
	b->form[b->forms].flags = flags;
	b->form[b->forms].tag = tag;
	b->form[b->forms].first = b->encodings;
	b->form[b->forms].count = count;
	for (unsigned i = 0; i < count; i++) {
		b->encoding_length[b->encodings] = pattern_length(e->bytes);
		b->encoding[b->encodings++] = &e[i];
	}
	return b->forms++;
}

unsigned rts_build_slot(struct rts_build *b, unsigned mark, unsigned offset,
			unsigned width)
{
	limit(b->slots < RTS_BUILD_MAX, "too many slots");
	b->slot[b->slots].mark = mark;
	b->slot[b->slots].offset = offset;
	b->slot[b->slots].width = width;
	return b->slots++;
}

void rts_build_site(struct rts_build *b, unsigned slot, const void *at,
		    unsigned form, const void *operand)
{
	unsigned n = b->slot[slot].sites++;

	limit(n < RTS_BUILD_MAX, "too many sites");
	b->slot[slot].site[n].at = at;
	b->slot[slot].site[n].form = form;
	b->slot[slot].site[n].operand = operand;
}

/* ---- putting ---------------------------------------------------------- */

static void put(struct rts_build *b, uint64_t value, unsigned n)
{
	for (; n; n--, value >>= 8) {
		limit(b->at < b->room, "table too large");
		b->out[b->at++] = (unsigned char)value;
	}
}

static void put_at(struct rts_build *b, size_t at, uint64_t value, unsigned n)
{
	size_t end = b->at;

	b->at = at;
	put(b, value, n);
	b->at = end;
}

static uint64_t relative(const struct rts_build *b, const unsigned char *p)
{
	return (uint64_t)((uintptr_t)p - (uintptr_t)b->out);
}

static void put_uleb(struct rts_build *b, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		put(b, value | 0x80, 1);
	put(b, value, 1);
}

static void put_sleb(struct rts_build *b, int64_t value)
{
	for (; value < -64 || value > 63; value >>= 7)
		put(b, (uint64_t)value | 0x80, 1);
	put(b, (uint64_t)value & 0x7f, 1);
}

/* One pattern as template or mask. */
static void put_pattern(struct rts_build *b, const char *bytes, int mask)
{
	for (; *bytes; bytes += bytes[2] ? 3 : 2) {
		unsigned long value = strtoul(bytes, NULL, 16);

		if (bytes[0] == '.')
			value = 0;
		else if (mask)
			value = 0xff;
		put(b, value, 1);
	}
}

/* For slices within bytes that are partly fixed: what they do not touch. */
static void unmask_slices(struct rts_build *b, size_t mask,
			  const struct rts_build_encoding *e)
{
	unsigned char *p = b->out + mask;
	const struct rts_slice *s;

	for (s = e->slices; s < e->slices + 6 && s->length; s++) {
		for (unsigned bit = s->to; bit < s->to + s->length; bit++)
			p[bit / 8] &= (unsigned char)~(1u << bit % 8);
	}
}

static unsigned put_slices(struct rts_build *b,
			   const struct rts_build_encoding *e, unsigned *bits)
{
	const char *field = strchr(e->bytes, '.');
	unsigned n = 0;

	*bits = e->bits;
	for (; n < 6 && e->slices[n].length; n++) {
		put(b, e->slices[n].from, 1);
		put(b, e->slices[n].length, 1);
		put(b, e->slices[n].to, 1);
	}
	if (n || !field)
		return n;
	if (!*bits)
		*bits = 8 * pattern_length(field);
	put(b, 0, 1);
	put(b, *bits, 1);
	put(b, 8u * (unsigned)(field - e->bytes) / 3, 1);
	return 1;
}

/* The pool entries of one encoding, and its record. */
static void put_encoding(struct rts_build *b, unsigned i, size_t pool,
			 size_t record)
{
	const struct rts_build_encoding *e = b->encoding[i];
	size_t template = b->at, mask, slices, data;
	unsigned count, bits, kind = e->guard & 7u;

	put_pattern(b, e->bytes, 0);
	mask = b->at;
	put_pattern(b, e->bytes, 1);
	unmask_slices(b, mask, e);
	slices = b->at;
	count = put_slices(b, e, &bits);
	data = b->at;
	if (kind >= RTS_GUARD_EQUAL)
		put(b, e->data[0], 8);
	if (kind > RTS_GUARD_EQUAL)
		put(b, e->data[1], 8);
	put_at(b, record + 0, e->guard, 1);
	put_at(b, record + 1, e->source, 1);
	put_at(b, record + 2, e->flags, 1);
	put_at(b, record + 3, e->shift, 1);
	put_at(b, record + 4, bits, 1);
	put_at(b, record + 5, e->range, 1);
	put_at(b, record + 6, count, 1);
	put_at(b, record + 7, !e->bias ? b->encoding_length[i] :
			      e->bias < 0 ? 0 : (unsigned)e->bias, 1);
	put_at(b, record + 8, template - pool, 2);
	put_at(b, record + 10, mask - pool, 2);
	put_at(b, record + 12, slices - pool, 2);
	put_at(b, record + 14, data - pool, 2);
}

static void put_stream(struct rts_build *b, unsigned slot)
{
	const struct rts_build_site_ *s = b->slot[slot].site;
	const unsigned char *from = b->text[0].at;
	unsigned form = ~0u;

	for (unsigned i = 0; i < b->slot[slot].sites; i++, s++) {
		uint64_t delta = (uint64_t)((uintptr_t)s->at - (uintptr_t)from);

		put_uleb(b, delta << 1 | (s->form != form));
		if (s->form != form)
			put_uleb(b, s->form);
		form = s->form;
		if (b->form[form].flags & RTS_FORM_OPERAND)
			put_sleb(b, (int64_t)((uintptr_t)s->operand -
					      (uintptr_t)s->at));
		from = s->at;
	}
}

/* ---- arrays ----------------------------------------------------------- */

static void place(struct rts_build *b, size_t field, size_t count)
{
	put_at(b, field, b->at, 4);
	put_at(b, field + 4, count, 4);
}

static void put_texts(struct rts_build *b)
{
	place(b, offsetof(struct rts_header, text_off), b->texts);
	for (unsigned i = 0; i < b->texts; i++) {
		put(b, relative(b, b->text[i].at), 8);
		put(b, b->text[i].size, 8);
	}
}

static void put_marks(struct rts_build *b)
{
	size_t name = 0;

	place(b, offsetof(struct rts_header, mark_off), b->marks);
	for (unsigned i = 0; i < b->marks; i++) {
		put(b, relative(b, b->mark[i].object), 4);
		put(b, b->mark[i].stub ? relative(b, b->mark[i].stub) : 0, 4);
		put(b, b->mark[i].size, 4);
		put(b, name, 4);
		put(b, b->mark[i].kind, 4);
		name += strlen(b->mark[i].name) + 1;
	}
	put_at(b, offsetof(struct rts_header, string_size), name, 4);
}

static void put_slots(struct rts_build *b)
{
	uint32_t sites = 0;

	place(b, offsetof(struct rts_header, slot_off), b->slots);
	for (unsigned i = 0; i < b->slots; i++) {
		put(b, relative(b, b->mark[b->slot[i].mark].object +
				   b->slot[i].offset), 4);
		put(b, b->slot[i].mark, 2);
		put(b, b->slot[i].width, 1);
		put(b, 0, 1);
		put(b, b->slot[i].sites, 4);
		put(b, 0, 4);
		sites += b->slot[i].sites;
	}
	put_at(b, offsetof(struct rts_header, site_count), sites, 4);
}

static void put_forms(struct rts_build *b)
{
	size_t record, pool;

	place(b, offsetof(struct rts_header, form_off), b->forms);
	for (unsigned i = 0; i < b->forms; i++) {
		put(b, b->form[i].length, 1);
		put(b, b->form[i].flags, 1);
		put(b, b->form[i].first, 2);
		put(b, b->form[i].count, 1);
		put(b, b->form[i].tag, 1);
		put(b, 0, 2);
	}
	place(b, offsetof(struct rts_header, encoding_off), b->encodings);
	record = b->at;
	for (unsigned i = 0; i < b->encodings; i++) {
		put(b, 0, 8);
		put(b, 0, 8);
	}
	pool = b->at;
	for (unsigned i = 0; i < b->encodings; i++)
		put_encoding(b, i, pool,
			     record + i * sizeof(struct rts_encoding));
	put_at(b, offsetof(struct rts_header, bytes_off), pool, 4);
	put_at(b, offsetof(struct rts_header, bytes_size), b->at - pool, 4);
}

static void put_streams(struct rts_build *b)
{
	size_t start = b->at, slot = rts_ld32(b->out +
				offsetof(struct rts_header, slot_off));

	for (unsigned i = 0; i < b->slots; i++) {
		put_at(b, slot + i * sizeof(struct rts_slot) +
			  offsetof(struct rts_slot, stream), b->at - start, 4);
		put_stream(b, i);
	}
	put_at(b, offsetof(struct rts_header, stream_off), start, 4);
	put_at(b, offsetof(struct rts_header, stream_size), b->at - start, 4);
}

static void put_strings(struct rts_build *b)
{
	put_at(b, offsetof(struct rts_header, string_off), b->at, 4);
	for (unsigned i = 0; i < b->marks; i++) {
		for (const char *s = b->mark[i].name; *s; s++)
			put(b, (unsigned char)*s, 1);
		put(b, 0, 1);
	}
}

size_t rts_build_end(struct rts_build *b, void *table, size_t room)
{
	b->out = table;
	b->at = 0;
	b->room = room;
	memset(table, 0, room);
	put(b, RTS_MAGIC, 4);
	put(b, RTS_ABI_VERSION, 2);
	put(b, sizeof(struct rts_header), 2);
	put(b, b->machine, 2);
	put(b, 2, 1);
	put(b, 1, 1);
	b->at = sizeof(struct rts_header);
	put_at(b, offsetof(struct rts_header, address),
	       b->address ? b->address : (uintptr_t)table, 8);
	put_texts(b);
	put_marks(b);
	put_slots(b);
	put_forms(b);
	put_streams(b);
	put_strings(b);
	put_at(b, offsetof(struct rts_header, size), b->at, 4);
	rts_build_crc(table);
	return b->at;
}

/* With a table of 256 words: another way than rtld's, on purpose. */
void rts_build_crc(void *table)
{
	const size_t field = offsetof(struct rts_header, crc);
	unsigned char *p = table;
	uint32_t words[256], crc = 0xffffffff;
	size_t size = rts_ld32(p + offsetof(struct rts_header, size));

	for (unsigned i = 0; i < 256; i++) {
		words[i] = i;
		for (int bit = 0; bit < 8; bit++)
			words[i] = words[i] & 1 ? words[i] >> 1 ^ 0x82f63b78
						: words[i] >> 1;
	}
	memset(p + field, 0, 4);
	for (size_t i = 0; i < size; i++)
		crc = words[(crc ^ p[i]) & 0xff] ^ crc >> 8;
	crc = ~crc;
	for (unsigned i = 0; i < 4; i++)
		p[field + i] = (unsigned char)(crc >> 8 * i);
}

/* ---- x86-64 forms ----------------------------------------------------- */

#define REL	.flags = RTS_ENCODING_PLACE, .range = RTS_RANGE_SIGNED

const struct rts_build_encoding rts_load32[2] = {
	{ "c7 c0 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .range = RTS_RANGE_BITFIELD },
	{ "8b 05 .. .. .. ..", .source = RTS_SOURCE_SLOT, REL },
};

const struct rts_build_encoding rts_load64[4] = {
	{ "48 c7 c0 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .range = RTS_RANGE_SIGNED },
	{ "2e 2e b8 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, .range = RTS_RANGE_UNSIGNED },
	{ "48 8d 05 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, REL },
	{ "48 8b 05 .. .. .. ..", .source = RTS_SOURCE_SLOT, REL },
};

const struct rts_build_encoding rts_call_slot[2] = {
	{ "67 e8 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, REL },
	{ "ff 15 .. .. .. ..", .source = RTS_SOURCE_SLOT, REL },
};

const struct rts_build_encoding rts_call[3] = {
	{ "2e 2e 2e 2e fa", .guard = RTS_GUARD_EQUAL },
	{ "e8 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, REL },
	{ "e8 .. .. .. ..", .source = RTS_SOURCE_STUB, REL },
};

const struct rts_build_encoding rts_jmp[2] = {
	{ "e9 .. .. .. ..", .guard = RTS_GUARD_FITS,
	  .source = RTS_SOURCE_VALUE, REL },
	{ "e9 .. .. .. ..", .source = RTS_SOURCE_STUB, REL },
};
