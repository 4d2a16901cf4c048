// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * entries.c - may control flow enter between two instructions?
 *
 * A branch that is folded relies on the comparison before it.  That holds if
 * the only way to the branch leads through the comparison, and an absence is
 * to be proven.  The linked image would be the wrong place to ask: a jump
 * table in it is just numbers.  But the compiler's or assembler's object has
 * to leave a trace of every way into a section, for it does not know yet where
 * the section will stand:
 *
 *   symbols		another object can enter only by a name; so can a
 *			relocation of this one
 *   relocations	jump tables, exception and alternative tables of a
 *			kernel, pointers to labels, branches from other
 *			sections: S+A is the place.  A table of distances
 *			(`.long .L4-.L3', .L3 the table) leaves S+A-P with an
 *			addend that makes up for the place in the table, so
 *			what counts is where the table begins: the nearest
 *			place before it that something speaks of.  Both ways
 *			to read it are taken, unless S+A disproves itself: it
 *			is no instruction for some field of the table
 *   branches		within a section the assembler resolves them: so the
 *			section is decoded (sweep.c)
 *   differences	of two labels of a section need no relocation, and can
 *			stand anywhere as mere numbers.  To jump by one takes
 *			the address of the other: where code takes a label's
 *			address, and its function jumps indirectly, every
 *			byte of that function counts as an entry
 *   landing pads	unwinding jumps to where .gcc_except_table says
 *			(landing.c), again as a difference of labels
 *   endbr64		is there to be jumped to
 *
 * What other objects make of a global symbol plus an offset is not looked for:
 * that one would know how long another's instructions are.
 *
 * All of it is an over-approximation: what merely looks like an entry is one,
 * and then a branch stays as it is.  An object is read once, when it is first
 * asked for, a section decoded once; the largest of all has 6 MB of code and
 * two million relocations.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "entries.h"
#include "locate.h"
#include "scan.h"

/* A distance in a table: of a data section, to code. */
struct distance {
	size_t section, code;
	uint64_t place, value;	/* where it is; S+A */
};

/* Places in a data section that something speaks of. */
struct places {
	LW_ARRAY(uint64_t) at;
	bool wanted;		/* it has distances */
};

struct reading {
	struct lw_entry_object *to;
	const struct lw_object *object;
	struct places *places;	/* by section */
	LW_ARRAY(struct distance) distances;
};

struct lw_entries {
	struct lw_entry_object **at;	/* by object */
};

/* ---- bits ----------------------------------------------------------------- */

void lw_entry_set(struct lw_entry_code *code, uint64_t offset)
{
	if (offset < code->size)
		code->entered[offset / 8] |= (unsigned char)(1 << offset % 8);
}

void lw_entry_set_all(struct lw_entry_code *code, uint64_t first, uint64_t end)
{
	for (; first < end && first < code->size; first++)
		lw_entry_set(code, first);
}

static bool is_set(const struct lw_entry_code *code, uint64_t offset)
{
	return code->entered[offset / 8] >> offset % 8 & 1;
}

/* ---- sorted offsets --------------------------------------------------------- */

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* How many are not above value. */
static size_t count_up_to(const uint64_t *at, size_t count, uint64_t value)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (at[middle] <= value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void lw_entry_between(const uint64_t *at, size_t count, uint64_t offset,
		      uint64_t size, uint64_t *first, uint64_t *end)
{
	size_t n = count_up_to(at, count, offset);

	*first = n ? at[n - 1] : 0;
	*end = n < count && at[n] < size ? at[n] : size;
}

/* ---- symbols ---------------------------------------------------------------- */

static void add_place(struct places *places, uint64_t offset)
{
	*LW_PUSH(&places->at) = offset;
}

static void read_symbol(struct reading *r, size_t index)
{
	Elf64_Sym symbol = lw_sym(r->object, index);
	unsigned type = ELF64_ST_TYPE(symbol.st_info);
	struct lw_entry_code *code;
	size_t section = lw_sym_section(r->object, index);

	if (!section || section >= r->object->section_count ||
	    type == STT_SECTION || type == STT_FILE)
		return;
	code = &r->to->code[section];
	if (!code->data) {
		add_place(&r->places[section], symbol.st_value);
		return;
	}
	lw_entry_set(code, symbol.st_value);
	*LW_PUSH(&code->starts) = symbol.st_value;
	if (type == STT_FUNC || type == STT_GNU_IFUNC)
		*LW_PUSH(&code->functions) = symbol.st_value;
}

static void read_symbols(struct reading *r)
{
	const struct lw_object *object = r->object;

	for (size_t i = 1; i < object->symbol_count; i++)
		read_symbol(r, i);
	for (size_t i = 0; i < object->section_count; i++) {
		struct lw_entry_code *code = &r->to->code[i];

		if (!code->data)
			continue;
		*LW_PUSH(&code->starts) = 0;
		qsort(code->starts.at, code->starts.count, sizeof(uint64_t),
		      by_value);
		if (code->functions.count)
			qsort(code->functions.at, code->functions.count,
			      sizeof(uint64_t), by_value);
	}
}

/* ---- relocations -------------------------------------------------------------- */

/* Sections that speak of code, but lead nobody there: tables for unwinding.
 * Landing pads are not in these. */
static bool only_describes(const struct lw_object *object, size_t section)
{
	static const char *const names[] = { ".eh_frame", ".sframe",
					     ".orc_unwind_ip" };
	const char *name = lw_section_name(object, section);

	if (!(lw_shdr(object, section).sh_flags & SHF_ALLOC))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

static bool is_relative(uint32_t type)
{
	return type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
	       type == R_X86_64_PC64 || lw_type_is_got(type);
}

static bool is_absolute(uint32_t type)
{
	return type == R_X86_64_64 || type == R_X86_64_32 ||
	       type == R_X86_64_32S;
}

/* Opcodes of branches with 32-bit distances: none is a ModRM byte that says
 * "PC-relative", which is the other thing before such a field. */
static bool is_branch_field(const struct lw_entry_code *code, uint64_t field)
{
	if (field < 2 || field > code->size)
		return field == 1 && (code->data[0] & 0xfe) == 0xe8;
	return (code->data[field - 1] & 0xfe) == 0xe8 ||
	       (code->data[field - 2] == 0x0f &&
		(code->data[field - 1] & 0xf0) == 0x80);
}

static bool has(const uint64_t *at, size_t count, uint64_t value)
{
	size_t n = count_up_to(at, count, value);

	return n && at[n - 1] == value;
}

/* Code speaks of a place in code. */
static void from_code(const struct lw_entry_code *from,
		      struct lw_entry_code *to, const Elf64_Rela *rela,
		      uint64_t target)
{
	uint32_t type = ELF64_R_TYPE(rela->r_info);
	unsigned bytes = type == R_X86_64_PC64 ? 8 : 4;

	if (!is_relative(type)) {
		lw_entry_set(to, target);
		/* What we do not know may count from the field's end. */
		if (!is_absolute(type))
			lw_entry_set(to, target + 4);
	} else {
		target += bytes;
		lw_entry_set(to, target);
		if (is_branch_field(from, rela->r_offset))
			return;
	}
	if (!has(to->starts.at, to->starts.count, target))
		*LW_PUSH(&to->bases) = target;
}

static void read_relocation(struct reading *r, size_t section,
			    const Elf64_Rela *rela)
{
	size_t index = ELF64_R_SYM(rela->r_info);
	Elf64_Sym symbol = lw_sym(r->object, index);
	size_t in = lw_sym_section(r->object, index);
	uint64_t target = symbol.st_value + (uint64_t)rela->r_addend;
	const struct lw_entry_code *from = &r->to->code[section];

	if (!in || in >= r->object->section_count || !r->to->code[in].data ||
	    ELF64_R_TYPE(rela->r_info) == R_X86_64_NONE)
		return;
	if (from->data) {
		from_code(from, &r->to->code[in], rela, target);
		return;
	}
	if (!is_relative(ELF64_R_TYPE(rela->r_info))) {
		lw_entry_set(&r->to->code[in], target);
	} else {
		r->places[section].wanted = true;
		*LW_PUSH(&r->distances) = (struct distance){
			section, in, rela->r_offset, target };
	}
}

/* A place in a data section with distances. */
static void read_place(struct reading *r, size_t section,
		       const Elf64_Rela *rela)
{
	size_t index = ELF64_R_SYM(rela->r_info);
	size_t in = lw_sym_section(r->object, index);
	uint64_t target = lw_sym(r->object, index).st_value +
			  (uint64_t)rela->r_addend;

	if (!in || in >= r->object->section_count || !r->places[in].wanted)
		return;
	if (r->to->code[section].data &&
	    is_relative(ELF64_R_TYPE(rela->r_info)))
		target += 4;
	add_place(&r->places[in], target);
}

static void each_relocation(struct reading *r,
			    void (*read)(struct reading *, size_t section,
					 const Elf64_Rela *))
{
	const struct lw_object *object = r->object;

	for (size_t i = 1; i < object->section_count; i++) {
		Elf64_Shdr header = lw_shdr(object, i);
		const unsigned char *data;
		size_t size = 0;
		Elf64_Rela rela;

		if (header.sh_type != SHT_RELA || !header.sh_info ||
		    header.sh_info >= object->section_count ||
		    only_describes(object, header.sh_info))
			continue;
		data = lw_section_data(object, i, &size);
		for (size_t n = 0; data && n < size / sizeof(rela); n++) {
			rela = lw_rela(data, n);
			read(r, header.sh_info, &rela);
		}
	}
}

/*
 * Distances count from the beginning of their table, or from their own place.
 * A table of whose place nobody speaks is for the linker to collect, so then
 * it is the second.
 */
static void read_distances(struct reading *r)
{
	for (size_t i = 0; i < r->object->section_count; i++) {
		if (r->places[i].wanted && r->places[i].at.count)
			qsort(r->places[i].at.at, r->places[i].at.count,
			      sizeof(uint64_t), by_value);
	}
	for (size_t i = 0; i < r->distances.count; i++) {
		const struct distance *d = &r->distances.at[i];
		struct lw_entry_code *code = &r->to->code[d->code];
		const struct places *places = &r->places[d->section];
		size_t n = count_up_to(places->at.at, places->at.count,
				       d->place);
		uint64_t table = n ? places->at.at[n - 1] : d->place;

		*LW_PUSH(&code->distances) = (struct lw_entry_distance){
			d->section, table, d->value,
			d->value - (d->place - table) };
	}
}

/* ---- the whole ------------------------------------------------------------------ */

static struct lw_entry_object *read_object(const struct lw_object *object)
{
	struct lw_entry_object *to = lw_alloc(sizeof(*to));
	struct reading r = { .to = to, .object = object };

	to->object = object;
	to->code = lw_alloc(object->section_count * sizeof(*to->code));
	r.places = lw_alloc(object->section_count * sizeof(*r.places));
	for (size_t i = 1; i < object->section_count; i++) {
		struct lw_entry_code *code = &to->code[i];

		if (!(lw_shdr(object, i).sh_flags & SHF_EXECINSTR))
			continue;
		code->data = lw_section_data(object, i, &code->size);
		if (!code->size)
			code->data = NULL;
		code->entered = lw_alloc(code->size / 8 + 1);
	}
	read_symbols(&r);
	each_relocation(&r, read_relocation);
	if (r.distances.count) {
		each_relocation(&r, read_place);
		read_distances(&r);
	}
	lw_entry_landing(to);
	return to;
}

static bool enters(struct lw_link *link, const struct lw_anchor *anchor,
		   uint64_t first, uint64_t last)
{
	const struct lw_object *object = anchor->object;
	struct lw_entries *all = link->entries;
	struct lw_entry_object **known;
	struct lw_entry_code *code;

	if (!all) {
		all = link->entries = lw_alloc(sizeof(*all));
		all->at = lw_alloc(link->objects.count * sizeof(*all->at));
	}
	known = &all->at[object->index];
	if (!*known)
		*known = read_object(object);
	code = &(*known)->code[anchor->section];
	if (!code->data || last >= code->size)
		return true;
	if (!code->swept)
		lw_entry_sweep(link->image.machine, *known, anchor->section);
	for (; first <= last; first++) {
		if (is_set(code, first))
			return true;
	}
	return false;
}

/* What is folded into it keeps its ways in. */
bool lw_entered(struct lw_run *run, uint64_t first, uint64_t last)
{
	const struct lw_anchor *anchor = run->anchor;

	for (; anchor; anchor = anchor->twin) {
		if (enters(run->link, anchor, first, last))
			return true;
	}
	return false;
}
