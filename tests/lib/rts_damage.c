/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rts_damage.c - every field of a table that can be wrong, once or more
 *
 * For a table with at least two text ranges, two marks, two slots, one form of
 * rts_call (three encodings, the first with a guard) as form 0.
 */
#include "rts_build.h"

#include "rtld.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))
#define HEAD(field)	0, 0, offsetof(struct rts_header, field),	\
	sizeof(((struct rts_header *)0)->field)
#define IN(array, i, field)						\
	offsetof(struct rts_header, array##_off), i,			\
	offsetof(struct rts_##array, field),				\
	sizeof(((struct rts_##array *)0)->field)
#define SLICE(field)	-1, 1, offsetof(struct rts_slice, field), 1

const struct rts_damage rts_damages[] = {
	{ "magic", HEAD(magic), 0, RTLD_E_MAGIC },
	{ "version 0", HEAD(version), 0, RTLD_E_VERSION },
	{ "version 2", HEAD(version), 2, RTLD_E_VERSION },
	{ "header_size", HEAD(header_size), 96, RTLD_E_VERSION },
	{ "elf_class 0", HEAD(elf_class), 0, RTLD_E_VERSION },
	{ "elf_class 3", HEAD(elf_class), 3, RTLD_E_VERSION },
	{ "elf_data", HEAD(elf_data), 2, RTLD_E_VERSION },
	{ "flags", HEAD(flags), 1, RTLD_E_VERSION },
	{ "reserved", HEAD(reserved), 1, RTLD_E_VERSION },
	{ "site_count", HEAD(site_count), 1, RTLD_E_BOUNDS },
#define ARRAY(name, count)						\
	{ #name "_off: in the header", HEAD(name##_off), 100, RTLD_E_BOUNDS }, \
	{ #name "_off: behind the end", HEAD(name##_off), 0x7fffffff,	\
	  RTLD_E_BOUNDS },						\
	{ #name "_off: all ones", HEAD(name##_off), 0xffffffff,		\
	  RTLD_E_BOUNDS },						\
	{ #count ": too many", HEAD(count), 0x10000, RTLD_E_BOUNDS },	\
	{ #count ": product wraps", HEAD(count), 0x20000001, RTLD_E_BOUNDS }, \
	{ #count ": all ones", HEAD(count), 0xffffffff, RTLD_E_BOUNDS },
	ARRAY(text, text_count)
	ARRAY(mark, mark_count)
	ARRAY(slot, slot_count)
	ARRAY(form, form_count)
	ARRAY(encoding, encoding_count)
	ARRAY(bytes, bytes_size)
	ARRAY(stream, stream_size)
	ARRAY(string, string_size)
	{ "no text but slots", HEAD(text_count), 0, RTLD_E_BOUNDS },
	{ "no marks but slots", HEAD(mark_count), 0, RTLD_E_BOUNDS },
	{ "no streams but slots", HEAD(stream_size), 0, RTLD_E_BOUNDS },
	{ "no encodings but forms", HEAD(encoding_count), 0, RTLD_E_FORM },
	{ "no pool but encodings", HEAD(bytes_size), 0, RTLD_E_FORM },
	{ "text.size: 0", IN(text, 0, size), 0, RTLD_E_BOUNDS },
	{ "text.size: -1", IN(text, 1, size), UINT64_MAX, RTLD_E_BOUNDS },
	{ "text.size: reaches the next", IN(text, 0, size), 1 << 30,
	  RTLD_E_BOUNDS },
	{ "text.start: end wraps", IN(text, 1, start), INT64_MAX - 1,
	  RTLD_E_BOUNDS },
	{ "text.start: not ascending", IN(text, 1, start),
	  (uint64_t)INT64_MIN, RTLD_E_BOUNDS },
	{ "mark.address: not ascending", IN(mark, 0, address), INT32_MAX,
	  RTLD_E_BOUNDS },
	{ "mark.size: slot outside", IN(mark, 0, size), 1, RTLD_E_BOUNDS },
	{ "mark.name", IN(mark, 1, name), 0x10000, RTLD_E_BOUNDS },
	{ "mark.kind: 0", IN(mark, 0, kind), 0, RTLD_E_BOUNDS },
	{ "mark.kind: TABLE", IN(mark, 0, kind), RTS_KIND_TABLE,
	  RTLD_E_BOUNDS },
	{ "slot.address: before its mark", IN(slot, 0, address), 0x80000000,
	  RTLD_E_BOUNDS },
	{ "slot.address: behind its mark", IN(slot, 1, address), 0x7fffffff,
	  RTLD_E_BOUNDS },
	{ "slot.mark", IN(slot, 1, mark), 0xffff, RTLD_E_BOUNDS },
	{ "slot.width: 0", IN(slot, 0, width), 0, RTLD_E_BOUNDS },
	{ "slot.width: 3", IN(slot, 0, width), 3, RTLD_E_BOUNDS },
	{ "slot.width: 16", IN(slot, 0, width), 16, RTLD_E_BOUNDS },
	{ "slot.reserved", IN(slot, 0, reserved), 1, RTLD_E_BOUNDS },
	{ "slot.sites", IN(slot, 0, sites), 0x10000, RTLD_E_BOUNDS },
	{ "slot.stream", IN(slot, 0, stream), 0x10000, RTLD_E_BOUNDS },
	{ "form.length: 0", IN(form, 0, length), 0, RTLD_E_FORM },
	{ "form.length: 33", IN(form, 0, length), 33, RTLD_E_FORM },
	{ "form.length: slices outside", IN(form, 0, length), 4, RTLD_E_FORM },
	{ "form.flags", IN(form, 0, flags), 8, RTLD_E_FORM },
	{ "form.encoding", IN(form, 0, encoding), 0xffff, RTLD_E_FORM },
	{ "form.encodings: 0", IN(form, 0, encodings), 0, RTLD_E_FORM },
	{ "form.encodings: last is bound", IN(form, 0, encodings), 2,
	  RTLD_E_FORM },
	{ "form.encodings: 255", IN(form, 0, encodings), 255, RTLD_E_FORM },
	{ "form.reserved", IN(form, 0, reserved), 1, RTLD_E_FORM },
	{ "encoding.guard: 4", IN(encoding, 0, guard), 4, RTLD_E_FORM },
	{ "encoding.guard: 5", IN(encoding, 0, guard), 5, RTLD_E_FORM },
	{ "encoding.guard: 7", IN(encoding, 0, guard), 7, RTLD_E_FORM },
	{ "encoding.guard: 0xa", IN(encoding, 0, guard), 0xa, RTLD_E_FORM },
	{ "encoding.guard: 0x7f", IN(encoding, 0, guard), 0x7f, RTLD_E_FORM },
	{ "encoding.guard: relative always", IN(encoding, 0, guard), 0x40,
	  RTLD_E_FORM },
	{ "encoding.guard: not relative fits", IN(encoding, 0, guard), 0xc1,
	  RTLD_E_FORM },
	{ "encoding.guard: not always", IN(encoding, 0, guard), 0x80,
	  RTLD_E_FORM },
	{ "encoding.guard: not fits", IN(encoding, 0, guard), 0x81,
	  RTLD_E_FORM },
	{ "encoding.guard: not 4", IN(encoding, 0, guard), 0x84, RTLD_E_FORM },
	{ "encoding.guard: of the linked one", IN(encoding, 2, guard), 1,
	  RTLD_E_FORM },
	{ "encoding.source: 5", IN(encoding, 1, source), 5, RTLD_E_FORM },
	{ "encoding.source: operand without", IN(encoding, 1, source),
	  RTS_SOURCE_OPERAND, RTLD_E_FORM },
	{ "encoding.source: V of the linked one", IN(encoding, 2, source),
	  RTS_SOURCE_VALUE, RTLD_E_FORM },
	{ "encoding.flags", IN(encoding, 1, flags), 8, RTLD_E_FORM },
	{ "encoding.flags: depends in a form without", IN(encoding, 1, flags),
	  RTS_ENCODING_DEPENDS, RTLD_E_FORM },
	{ "form.before: no window", IN(form, 0, before), 1, RTLD_E_FORM },
	{ "encoding.flags: window in a form without", IN(encoding, 1, flags),
	  RTS_ENCODING_WINDOW, RTLD_E_FORM },
	{ "encoding.shift", IN(encoding, 1, shift), 64, RTLD_E_FORM },
	{ "encoding.bits: 65", IN(encoding, 1, bits), 65, RTLD_E_FORM },
	{ "encoding.range", IN(encoding, 1, range), 4, RTLD_E_FORM },
	{ "encoding.slices", IN(encoding, 1, slices), 255, RTLD_E_FORM },
	{ "encoding.bias", IN(encoding, 1, bias), 33, RTLD_E_FORM },
	{ "encoding.template_at", IN(encoding, 1, template_at), 0xffff,
	  RTLD_E_FORM },
	{ "encoding.mask_at", IN(encoding, 1, mask_at), 0xffff, RTLD_E_FORM },
	{ "encoding.slices_at", IN(encoding, 1, slices_at), 0xffff,
	  RTLD_E_FORM },
	{ "encoding.guard_at", IN(encoding, 0, guard_at), 0xffff,
	  RTLD_E_FORM },
	{ "slice.length: 0", SLICE(length), 0, RTLD_E_FORM },
	{ "slice.length: 65", SLICE(length), 65, RTLD_E_FORM },
	{ "slice.from: beyond bit 63", SLICE(from), 33, RTLD_E_FORM },
	{ "slice.from: 255", SLICE(from), 255, RTLD_E_FORM },
	{ "slice.to: beyond the site", SLICE(to), 9, RTLD_E_FORM },
	{ "slice.to: 255", SLICE(to), 255, RTLD_E_FORM },
	{ "slice.to: on the opcode", SLICE(to), 7, RTLD_E_FORM },
};

const size_t rts_damage_count = COUNT(rts_damages);

size_t rts_damage_do(void *table, const struct rts_damage *d)
{
	static const unsigned char element[] = { 16, 20, 16, 8, 16 };
	unsigned char *p = table;
	size_t at = d->offset;

	if (d->array < 0) {	/* the first slice of an encoding */
		const unsigned char *e = p +
			rts_ld32(p + offsetof(struct rts_header,
					      encoding_off)) +
			d->index * sizeof(struct rts_encoding);

		at += rts_ld32(p + offsetof(struct rts_header, bytes_off)) +
		      rts_ld16(e + offsetof(struct rts_encoding, slices_at));
	} else if (d->array) {
		size_t n = ((size_t)d->array -
			    offsetof(struct rts_header, text_off)) / 8;

		at += rts_ld32(p + d->array) + d->index * element[n];
	}
	for (unsigned i = 0; i < d->width; i++)
		p[at + i] = (unsigned char)(d->value >> 8 * i);
	rts_build_crc(table);
	return at;
}
