// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * landing.c - where unwinding may land
 *
 * A C++ function that catches, or destroys something, has a table in
 * .gcc_except_table (its LSDA) with the landing pads as distances from the
 * function's first byte: differences of labels, so without relocations.  Which
 * function a table belongs to stands in .eh_frame: an FDE has a relocation
 * for where its function begins, and, if its CIE's augmentation says `L', one
 * for its table.
 *
 *	FDE	length, CIE pointer, begin, range, ULEB size, LSDA, ...
 *	LSDA	LPStart encoding (ff: it is the function), types' encoding,
 *		call sites' encoding (01: ULEB), ULEB size, and call sites:
 *		start, length, landing pad (0: none), action
 *
 * A table that is written in another way makes everything in its function
 * an entry; and what cannot even be told to whom it belongs, everything.
 */
#include "config.h"

#include <string.h>

#include "entries.h"
#include "locate.h"

#define OMITTED		0xff	/* DW_EH_PE_omit */
#define BY_ULEB		0x01	/* DW_EH_PE_uleb128 */

struct bytes {
	const unsigned char *at, *end;
	bool bad;
};

struct frames {
	const struct lw_entry_object *to;
	const unsigned char *data;
	size_t size;
	struct lw_relocations relocations;
};

/* Where a function is, and its table. */
struct function {
	size_t section, table;
	uint64_t start, range, offset;
};

/* ---- bytes --------------------------------------------------------------------- */

static unsigned get(struct bytes *b)
{
	if (b->at == b->end) {
		b->bad = true;
		return 0;
	}
	return *b->at++;
}

static uint64_t get_uleb(struct bytes *b)
{
	uint64_t value = 0;
	unsigned shift = 0, byte;

	do {
		byte = get(b);
		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

static void skip(struct bytes *b, uint64_t n)
{
	if (n > (size_t)(b->end - b->at))
		b->bad = true;
	else
		b->at += n;
}

/* Bytes of a pointer; 0: not a fixed size. */
static unsigned pointer_size(const struct frames *f, unsigned encoding)
{
	switch (encoding & 0x0f) {
	case 0x00:
		return f->to->object->machine == EM_386 ? 4 : 8;
	case 0x04:
	case 0x0c:
		return 8;
	case 0x02:
	case 0x0a:
		return 2;
	case 0x03:
	case 0x0b:
		return 4;
	default:
		return 0;
	}
}

/* ---- one table ------------------------------------------------------------------ */

static bool read_table(const struct frames *f, const struct function *in)
{
	struct lw_entry_code *code = &f->to->code[in->section];
	struct bytes b = { 0 };
	size_t size = 0;
	uint64_t pad;

	b.at = lw_section_data(f->to->object, in->table, &size);
	if (!b.at || in->offset >= size)
		return false;
	b.end = b.at + size;
	b.at += in->offset;
	if (get(&b) != OMITTED)
		return false;
	if (get(&b) != OMITTED)
		get_uleb(&b);
	if (get(&b) != BY_ULEB)
		return false;
	size = get_uleb(&b);
	if (b.bad || size > (size_t)(b.end - b.at))
		return false;
	b.end = b.at + size;
	while (b.at < b.end) {
		get_uleb(&b);
		get_uleb(&b);
		pad = get_uleb(&b);
		get_uleb(&b);
		if (pad && !b.bad)
			lw_entry_set(code, in->start + pad);
	}
	return !b.bad;
}

/* ---- frames ------------------------------------------------------------------------ */

/* What the pointer at this place of .eh_frame leads to. */
static bool read_pointer(const struct frames *f, const unsigned char *at,
			 size_t *section, uint64_t *offset)
{
	uint64_t place = (uint64_t)(at - f->data);
	size_t low = 0, high = f->relocations.count;
	const Elf64_Rela *one;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->relocations.at[middle].r_offset < place)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == f->relocations.count ||
	    f->relocations.at[low].r_offset != place)
		return false;
	one = &f->relocations.at[low];
	*section = lw_sym_section(f->to->object, ELF64_R_SYM(one->r_info));
	*offset = lw_sym(f->to->object, ELF64_R_SYM(one->r_info)).st_value +
		  (uint64_t)one->r_addend;
	return *section && *section < f->to->object->section_count;
}

/* Encodings of pointers in the CIE's FDEs; false: cannot be read. */
struct cie {
	bool has_data, has_table;
	unsigned pointer, table;
};

static bool read_cie(const struct frames *f, const unsigned char *at,
		     struct cie *cie)
{
	struct bytes b = { at, f->data + f->size, false };
	const char *letters;
	unsigned version;

	memset(cie, 0, sizeof(*cie));
	skip(&b, 8);
	version = get(&b);
	letters = (const char *)b.at;
	while (get(&b))
		;
	if (b.bad || (version != 1 && version != 3))
		return false;
	get_uleb(&b);
	get_uleb(&b);
	get_uleb(&b);		/* return register; below 128 in either version */
	if (!*letters)
		return true;
	if (*letters++ != 'z')
		return false;
	cie->has_data = true;
	get_uleb(&b);
	for (; *letters; letters++) {
		if (*letters == 'R') {
			cie->pointer = get(&b);
		} else if (*letters == 'L') {
			cie->table = get(&b);
			cie->has_table = cie->table != OMITTED;
		} else if (*letters == 'P') {
			version = pointer_size(f, get(&b));
			if (!version)
				return false;
			skip(&b, version);
		} else if (*letters != 'S') {
			return false;
		}
	}
	return !b.bad;
}

/* at: behind the CIE pointer.  False: it could be any function's. */
static bool read_fde(const struct frames *f, const unsigned char *at,
		     const unsigned char *end, const struct cie *cie)
{
	struct bytes b = { at, end, false };
	unsigned size = pointer_size(f, cie->pointer);
	struct function in = { 0 };
	uint64_t table;

	if (!cie->has_table)
		return true;
	if (!size || (size_t)(end - at) < 2 * size ||
	    !read_pointer(f, at, &in.section, &in.start))
		return false;
	memcpy(&in.range, at + size, size);
	skip(&b, 2 * size);
	table = get_uleb(&b);
	if (b.bad || !table)
		return !b.bad;
	if (!read_pointer(f, b.at, &in.table, &in.offset) &&
	    table >= 4 && b.end - b.at >= 4 && !rts_ld32(b.at))
		return true;		/* it has none */
	if (!f->to->code[in.section].data)
		return true;
	if (!in.table || !read_table(f, &in))
		lw_entry_set_all(&f->to->code[in.section], in.start,
				 in.start + in.range);
	return true;
}

static bool read_frames(const struct frames *f)
{
	const unsigned char *at = f->data, *end = f->data + f->size, *next;
	struct cie cie;

	while (end - at >= 4) {
		uint64_t length = rts_ld32(at), back;

		if (!length) {		/* a terminator */
			at += 4;
			continue;
		}
		if (length < 4 || length > (size_t)(end - at) - 4)
			return false;
		next = at + 4 + length;
		back = rts_ld32(at + 4);
		if (back) {
			if (back > (size_t)(at + 4 - f->data) ||
			    !read_cie(f, at + 4 - back, &cie) ||
			    !read_fde(f, at + 8, next, &cie))
				return false;
		}
		at = next;
	}
	return true;
}

void lw_entry_landing(const struct lw_entry_object *to)
{
	const struct lw_object *object = to->object;

	for (size_t i = 1; i < object->section_count; i++) {
		struct frames f = { .to = to };

		if (strcmp(lw_section_name(object, i), ".eh_frame") != 0)
			continue;
		f.data = lw_section_data(object, i, &f.size);
		f.relocations = lw_relocations_of(object, i);
		if (!f.data || read_frames(&f))
			continue;
		for (size_t k = 1; k < object->section_count; k++)
			lw_entry_set_all(&to->code[k], 0, to->code[k].size);
	}
}
