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

	if (slot->width != 8 || !value)
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

	if (e->flags & RTS_ENCODING_PLACE)
		text = e->bias == f->length ?
			lw_asprintf("%s-P", source) :
			lw_asprintf("%s-(site+%u)", source, e->bias);
	if (e->shift)
		text = lw_asprintf("(%s)>>%u", text, e->shift);
	return text;
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

const char *dump_condition(const struct view_form *f,
			   const struct view_encoding *e, bool linked)
{
	bool not = e->guard & RTS_GUARD_NOT;

	if (linked)
		return "linked";
	switch (e->guard & ~RTS_GUARD_NOT) {
	case RTS_GUARD_EQUAL:
		return lw_asprintf("if V %s 0x%" PRIx64, not ? "!=" : "==",
				   rts_ld64(e->guard_at));
	case RTS_GUARD_MASKED:
		return lw_asprintf("if (V & 0x%" PRIx64 ") %s 0x%" PRIx64,
				   rts_ld64(e->guard_at), not ? "!=" : "==",
				   rts_ld64(e->guard_at + 8));
	default:
		return fit(f, e);
	}
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
					   expression(f, e));
		open = bits[i];
	}
	return text;
}
