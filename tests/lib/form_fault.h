/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * form_fault.h - what every form on x86 must be, whatever it came from
 *
 * By the form's own slices and a decoder: each encoding is one instruction as
 * long as the site, with its field at the end, whatever the field holds; the
 * bound ones read no memory by an address of their own; and the linked one,
 * with the address that the instruction had, is the instruction.
 */
#ifndef TESTS_FORM_FAULT_H
#define TESTS_FORM_FAULT_H

#include <elf.h>
#include <stdint.h>
#include <string.h>

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/lw.h"

/* The site that this encoding makes with this number in its field. */
static inline const char *fault_build(const struct lw_form *f,
				      const struct lw_encoding *e, uint64_t x,
				      unsigned char *out)
{
	unsigned n, bit, to;

	for (n = 0; n < f->length; n++)
		out[n] = e->template[n] & e->mask[n];
	for (n = 0; n < e->slice_count; n++)
		for (bit = 0; bit < e->slices[n].length; bit++) {
			to = e->slices[n].to + bit;
			if (to >= 8u * f->length)
				return "a slice leaves the site";
			if (e->mask[to / 8] >> to % 8 & 1)
				return "a slice is in fixed bits";
			out[to / 8] |= (unsigned char)
				((x >> (e->slices[n].from + bit) & 1)
				 << to % 8);
		}
	return NULL;
}

/* Operands of a bound encoding: an immediate, a distance, or lea's. */
static inline const char *fault_of_bytes(const struct lw_form *f,
					 const struct lw_encoding *e,
					 unsigned machine, unsigned char *bytes)
{
	unsigned size = e->bits / 8;
	struct lw_instruction i;
	struct lw_fields found;

	if (!lw_decode_fields(machine, bytes, f->length, &found) ||
	    found.length != f->length)
		return "not one instruction of the site's length";
	if (found.count != 1 || found.at[0].size != size ||
	    found.at[0].at + size != f->length)
		return "the field is not the instruction's last";
	if (!lw_decode_operand(machine, bytes, f->length, 0x401000,
			       f->length - size, &i))
		return "nothing begins at the field";
	if (e->source == RTS_SOURCE_VALUE && (i.reads || i.writes))
		return "a bound encoding accesses memory";
	if (e->source == RTS_SOURCE_VALUE &&
	    !(e->flags & RTS_ENCODING_PLACE) != (i.operand ==
						 LW_OPERAND_IMMEDIATE))
		return "the field is not what its source says";
	return NULL;
}

static inline const char *fault_of_encoding(const struct lw_form *f,
					    const struct lw_encoding *e,
					    unsigned machine)
{
	static const uint64_t fields[] = {
		0, 1, UINT64_MAX, 0x8080808080808080, 0x7f7f7f7f7f7f7f7f,
		0x9090909090909090, 0x666767662e2e2e2e, 0x0fc5c4f2f3f04048
	};
	unsigned char bytes[RTS_SITE_MAX];
	const char *fault = NULL;
	unsigned i;

	if (e->slice_count != 1 || e->slices[0].from ||
	    e->slices[0].length != e->bits || e->shift)
		return "more than one field";
	if (e->bias != (e->flags & RTS_ENCODING_PLACE ? f->length : 0))
		return "does not count from the instruction's end";
	for (i = 0; i < RTS_SITE_MAX; i++)
		if (e->template[i] & ~e->mask[i])
			return "the template has bits that are not fixed";
	for (i = 0; !fault && i < sizeof(fields) / sizeof(fields[0]); i++) {
		fault = fault_build(f, e, fields[i], bytes);
		if (!fault)
			fault = fault_of_bytes(f, e, machine, bytes);
	}
	return fault;
}

static inline const char *fault_of_linked(const struct lw_form *f,
					  const struct lw_instruction *i,
					  uint64_t target)
{
	const struct lw_encoding *e = &f->encodings[f->encoding_count - 1];
	unsigned char bytes[RTS_SITE_MAX];
	const char *fault;
	uint64_t x = target;

	if (e->guard != RTS_GUARD_ALWAYS || (e->source != RTS_SOURCE_SLOT &&
					     e->source != RTS_SOURCE_STUB))
		return "the last one is not the linked one";
	if (e->flags & RTS_ENCODING_PLACE)
		x -= i->address + e->bias;
	if (e->range == RTS_RANGE_SIGNED &&
	    (e->bits != 32 || x + 0x80000000u > 0xffffffffu))
		return "the linked one does not fit";
	fault = fault_build(f, e, x, bytes);
	if (!fault && memcmp(bytes, i->bytes, f->length))
		return "the linked one is not the instruction";
	return fault;
}

/* NULL: none. */
static inline const char *form_fault(const struct lw_form *f,
				     const struct lw_instruction *i,
				     uint64_t target)
{
	const char *fault = NULL;
	unsigned n;

	if (f->length != i->length)
		return "not as long as the instruction";
	if (f->encoding_count < 2 || f->encoding_count > LW_ENCODINGS_MAX)
		return "too few encodings, or too many";
	if (f->tag >= RTS_TAG_COUNT)
		return "no such tag";
	if (f->width != 1 && f->width != 2 && f->width != 4 && f->width != 8)
		return "no such width";
	for (n = 0; n < f->encoding_count && !fault; n++) {
		fault = fault_of_encoding(f, &f->encodings[n], i->machine);
		if (!fault && n + 1u < f->encoding_count &&
		    f->encodings[n].source != RTS_SOURCE_VALUE)
			fault = "not the content of the slot";
	}
	return fault ? fault : fault_of_linked(f, i, target);
}

#endif /* TESTS_FORM_FAULT_H */
