// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-form.c - bytes, forms and addresses in words
 *
 * In a pattern, [..] is the field: V the content of the slot, S its address,
 * and P the address at which the CPU counts, the end of an x86 instruction.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dump.h"
#include "lwbfd.h"

const char *dump_hex(const unsigned char *bytes, size_t n, const char *between)
{
	size_t step = 2 + strlen(between);
	char *text = lw_alloc(n * step + 1);

	for (size_t i = 0; i < n; i++)
		snprintf(text + i * step, step + 1, "%02x%s", bytes[i],
			 between);
	/* No separator behind the last. */
	if (n)
		text[n * step - strlen(between)] = '\0';
	return text;
}

const char *dump_where(const struct dump *d, uint64_t address,
		       uint64_t *offset)
{
	const struct lw_image_symbol *symbol;

	symbol = lw_image_symbol_at(&d->image, address);
	if (!symbol)
		return NULL;
	*offset = address - symbol->address;
	if (symbol->size && *offset >= symbol->size)
		return NULL;
	return lw_demangle(symbol->name);
}

const char *dump_value_name(const struct dump *d, const struct view_slot *slot,
			    uint64_t value)
{
	uint64_t offset;
	const char *name;

	if (slot->width != d->image.pointer || !value)
		return NULL;
	name = dump_where(d, value - d->bias, &offset);
	return name && !offset ? name : NULL;
}

/* ---- encodings -------------------------------------------------------- */

static const char *expression(const struct view_form *f,
			      const struct view_encoding *e)
{
	static const char *const sources[] = { "", "V", "S", "stub",
					       "operand" };
	const char *source = sources[e->source];
	const char *text = source;

	if (e->flags & RTS_ENCODING_PLACE && !e->bias)
		text = lw_asprintf("%s-site", source);
	else if (e->flags & RTS_ENCODING_PLACE)
		text = e->bias == f->length ?
			lw_asprintf("%s-P", source) :
			lw_asprintf("%s-(site+%u)", source, e->bias);
	if (e->shift)
		text = lw_asprintf("(%s)>>%u", text, e->shift);
	return text;
}

/* The same, and which of its bits if they are few: a distance in an operand
 * that holds two. */
static const char *field(const struct view_form *f,
			 const struct view_encoding *e)
{
	unsigned from = e->slices == 1 ? e->slices_at[0] : 0;
	unsigned length = e->slices == 1 ? e->slices_at[1] : e->bits;

	if (!from && length == e->bits)
		return expression(f, e);
	return lw_asprintf("bits %u to %u of %s", from, from + length - 1,
			   expression(f, e));
}

static const char *fit(const struct view_form *f,
		       const struct view_encoding *e)
{
	static const char *const ranges[] = { "any", "signed", "unsigned",
					      "signed or unsigned" };

	if (e->range == RTS_RANGE_NONE && !e->shift)
		return "always";
	return lw_asprintf("if %s fits %s %u bits", expression(f, e),
			   ranges[e->range], e->bits);
}

/* What V is compared with.  A RELATIVE one moves with the image, as V does. */
static const char *operand(const struct dump *d, const struct view_encoding *e,
			   uint64_t value)
{
	const char *name;
	uint64_t offset;

	if (!(e->guard & RTS_GUARD_RELATIVE))
		return lw_asprintf("0x%" PRIx64, value);
	value += d->view.address;
	name = dump_where(d, value, &offset);
	if (name && !offset)
		return lw_asprintf("0x%" PRIx64 " <%s>", value + d->bias, name);
	return lw_asprintf("0x%" PRIx64, value + d->bias);
}

const char *dump_condition(const struct dump *d, const struct view_form *f,
			   const struct view_encoding *e, bool linked)
{
	bool turned = e->guard & RTS_GUARD_NOT;
	bool relative = e->guard & RTS_GUARD_RELATIVE;
	const char *is = turned ? "!=" : "==";
	uint64_t low;

	if (linked)
		return "linked";
	switch (e->guard & ~(RTS_GUARD_NOT | RTS_GUARD_RELATIVE)) {
	case RTS_GUARD_EQUAL:
		return lw_asprintf("if V %s %s", is,
				   operand(d, e, rts_ld64(e->guard_at)));
	case RTS_GUARD_MASKED:
		return lw_asprintf("if (%s & 0x%" PRIx64 ") %s 0x%" PRIx64,
				   relative ? "(V - table)" : "V",
				   rts_ld64(e->guard_at), is,
				   rts_ld64(e->guard_at + 8));
	case RTS_GUARD_RANGE:
		low = rts_ld64(e->guard_at);
		return lw_asprintf("if V is %sin %s .. %s", turned ? "not " : "",
				   operand(d, e, low),
				   operand(d, e, low +
					   rts_ld64(e->guard_at + 8)));
	default:
		return fit(f, e);
	}
}

uint32_t dump_instructions(const struct dump *d, uint64_t address,
			   const unsigned char *bytes, size_t n,
			   const char **words)
{
	const char *text = "";
	uint32_t starts = 0;
	size_t at = 0, length = 1;
	char one[256];

	for (; length && at < n; at += length) {
		length = lw_disassemble(&d->image, d->image.machine,
					address + at, bytes + at, n - at, one,
					sizeof(one));
		text = lw_asprintf("%s%s%s", text, at ? "; " : "", one);
		starts |= (uint32_t)1 << at;
	}
	*words = text;
	return length ? starts : 0;
}

/* The bits that the slices fill. */
static void field_bits(const struct view_encoding *e, unsigned char *bits)
{
	for (size_t i = 0; i < e->slices; i++) {
		unsigned to = e->slices_at[3 * i + 2];

		for (unsigned n = e->slices_at[3 * i + 1]; n; n--, to++)
			bits[to / 8] |= (unsigned char)(1 << to % 8);
	}
}

const char *dump_pattern(const struct view_form *f,
			 const struct view_encoding *e)
{
	unsigned char bits[RTS_SITE_MAX] = { 0 };
	const char *text = "", *gap = "";
	bool open = false;

	field_bits(e, bits);
	for (unsigned i = 0; i < f->length; i++, gap = " ") {
		unsigned char fixed = e->template[i] & e->mask[i];
		bool whole = e->mask[i] == 0xff;

		if (!bits[i] && whole)
			text = lw_asprintf("%s%s%02x", text, gap, fixed);
		else if (e->mask[i])	/* only some bits are fixed */
			text = lw_asprintf("%s%s%02x/%02x", text, gap, fixed,
					   e->mask[i]);
		else if (!bits[i])
			text = lw_asprintf("%s%s..", text, gap);
		if (bits[i] && !open)
			text = lw_asprintf("%s%s[%s]", text, gap,
					   field(f, e));
		open = bits[i];
	}
	return text;
}
