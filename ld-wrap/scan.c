// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * scan.c - references: the relocations of the inputs against marks
 *
 * A relocation speaks of a mark in one of two ways.  By name: its symbol is
 * the mark's, a stub's, or an alias.  By place, in the object that defines
 * the mark: its symbol is the section's (assemblers write so for whatever is
 * local) or some other symbol of that section, and symbol + addend lies
 * within the mark.
 *
 * What symbol + addend is takes care in code.  x86 adds a displacement to the
 * address of the next instruction, but the linker subtracts that of the field;
 * so the assembler puts the difference into the addend: -4 if the field ends
 * the instruction, -5, -6 or -8 if an immediate of 1, 2 or 4 bytes follows.
 *	mov x(%rip),%eax	R_X86_64_PC32 x-4
 *	cmpl $1000,x(%rip)	R_X86_64_PC32 x-8
 * By name that is harmless, but .data+16 may be offset 20 followed by nothing,
 * or 24 followed by an immediate.  Only decoding tells; near the edges of a
 * mark, where it matters, the reference is tentative, and there can be one for
 * either of two neighbours.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "lto.h"
#include "patchable.h"
#include "scan.h"

/* Where an object keeps a mark: bytes of a section. */
struct range {
	size_t section;
	uint64_t start, size;
	size_t mark;
	bool stub;		/* just the entry counts */
};

/* The scan of one object. */
struct pass {
	struct lw_link *link;
	struct lw_object *object;
	uint32_t *use;		/* of each symbol: BY_PLACE, or name + 1 */
	size_t use_room;
	LW_ARRAY(struct range) ranges;
};

#define BY_PLACE UINT32_MAX

/* ---- relocation types ------------------------------------------------ */

/* Bytes of the field; 0 if it takes no address of the symbol. */
static unsigned field_size(uint32_t type)
{
	switch (type) {
	case R_X86_64_NONE:
	case R_X86_64_SIZE32:
	case R_X86_64_SIZE64:
		return 0;
	case R_X86_64_8:
	case R_X86_64_PC8:
		return 1;
	case R_X86_64_16:
	case R_X86_64_PC16:
		return 2;
	case R_X86_64_64:
	case R_X86_64_PC64:
	case R_X86_64_GOT64:
	case R_X86_64_GOTOFF64:
	case R_X86_64_GOTPC64:
	case R_X86_64_GOTPCREL64:
	case R_X86_64_GOTPLT64:
	case R_X86_64_PLTOFF64:
	case R_X86_64_TPOFF64:
	case R_X86_64_DTPOFF64:
	case R_X86_64_DTPMOD64:
		return 8;
	default:
		return 4;
	}
}

/* What the addend of an instruction's last field has too little. */
static int64_t bias_of(uint32_t type, bool in_code)
{
	if (!in_code)
		return 0;
	switch (type) {
	case R_X86_64_PC8:
		return 1;
	case R_X86_64_PC16:
		return 2;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		return 4;
	default:
		return 0;
	}
}

/* ---- references ------------------------------------------------------ */

/* The section that is read now, and the relocation. */
struct field {
	size_t section;
	bool in_code;
	bool unwind;
	bool is_narrow;		/* i386: only branches are PC-relative */
	Elf64_Rela rela;
	uint32_t type;
};

static struct lw_reference *add(struct pass *pass, const struct field *field,
				size_t mark, bool stub, int64_t target)
{
	struct lw_reference *one = LW_PUSH(&pass->link->references);

	one->object = pass->object;
	one->section = field->section;
	one->offset = field->rela.r_offset;
	one->type = field->type;
	one->addend = field->rela.r_addend;
	one->in_code = field->in_code;
	one->mark = mark;
	one->to_stub = stub;
	one->target = target;
	return one;
}

static void by_name(struct pass *pass, const struct field *field, size_t name)
{
	const struct lw_role *role = &pass->link->scan->names.at[name].role;
	int64_t bias = bias_of(field->type, field->in_code);

	add(pass, field, role->mark, role->stub,
	    lw_sum(lw_sum(role->offset, field->rela.r_addend), bias));
}

/* Could the operand be in the range, given what may follow the field? */
static bool may_reach(const struct range *range, const struct field *field,
		      int64_t target, bool *surely)
{
	static const unsigned trailing[] = { 0, 1, 2, 4 };
	bool may = false, within;
	size_t i;

	*surely = (uint64_t)target < range->size;
	if (range->stub || !field->in_code || field->type != R_X86_64_PC32 ||
	    field->is_narrow)
		return *surely;
	for (i = 0; i < sizeof(trailing) / sizeof(*trailing); i++) {
		within = (uint64_t)target + trailing[i] < range->size;
		may |= within;
		*surely &= within;
	}
	return may;
}

/*
 * The unwind table speaks of every function by its place, which is no use of
 * it.
 */
static void by_place(struct pass *pass, const struct field *field,
		     size_t symbol)
{
	Elf64_Sym here = lw_sym(pass->object, symbol);
	size_t i, section = lw_sym_section(pass->object, symbol);
	const struct range *range;
	uint64_t place;
	int64_t target;
	bool surely;

	place = here.st_value + (uint64_t)field->rela.r_addend +
		(uint64_t)bias_of(field->type, field->in_code);
	for (i = 0; i < pass->ranges.count; i++) {
		range = &pass->ranges.at[i];
		target = (int64_t)(place - range->start);
		if (range->section != section ||
		    (range->stub && field->unwind) ||
		    !may_reach(range, field, target, &surely))
			continue;
		add(pass, field, range->mark, range->stub, target)->tentative =
			!surely;
	}
}

static void complain(const struct pass *pass, size_t section, size_t index,
		     const char *why)
{
	lw_input_unreadable(pass->link, pass->object->name,
			    lw_asprintf("relocation %zu of section %s %s",
					index,
					lw_section_name(pass->object, section),
					why));
}

/* False: it makes no sense, and neither will the rest. */
static bool read_rela(struct pass *pass, struct field *field, uint64_t room,
		      size_t section, size_t index)
{
	size_t symbol = ELF64_R_SYM(field->rela.r_info);
	unsigned size;
	uint32_t use;

	if (symbol >= pass->object->symbol_count) {
		complain(pass, section, index,
			 "refers to a symbol that is not there");
		return false;
	}
	use = pass->use[symbol];
	if (!use)
		return true;
	field->type = ELF64_R_TYPE(field->rela.r_info);
	size = field_size(field->type);
	if (size > room || field->rela.r_offset > room - size) {
		complain(pass, section, index, "lies outside its section");
		return false;
	}
	if (size && use == BY_PLACE)
		by_place(pass, field, symbol);
	else if (size)
		by_name(pass, field, use - 1);
	return true;
}

static void scan_section(struct pass *pass, size_t index)
{
	Elf64_Shdr relas = lw_shdr(pass->object, index);
	Elf64_Shdr header = lw_shdr(pass->object, relas.sh_info);
	struct field field = { .section = relas.sh_info };
	const unsigned char *data;
	const char *name;
	size_t size, i;

	if (relas.sh_type != SHT_RELA || !(header.sh_flags & SHF_ALLOC))
		return;
	name = lw_section_name(pass->object, relas.sh_info);
	if (!strncmp(name, ".rts.", 5))
		return;
	field.is_narrow = pass->object->elf_class == ELFCLASS32;
	field.in_code = header.sh_flags & SHF_EXECINSTR;
	field.unwind = !strcmp(name, ".eh_frame");
	data = lw_section_data(pass->object, index, &size);
	for (i = 0; data && i < size / sizeof(field.rela); i++) {
		field.rela = lw_rela(data, i);
		if (!read_rela(pass, &field, header.sh_size, index, i))
			return;
	}
}

/* ---- one object ------------------------------------------------------ */

static void add_range(struct pass *pass, size_t section, uint64_t start,
		      uint64_t size, size_t mark, bool stub)
{
	struct range *range;

	if (!section)
		return;
	range = LW_PUSH(&pass->ranges);
	*range = (struct range){ section, start, stub ? 1 : size, mark, stub };
}

/*
 * Does this object hold the mark that it defines a name of?  Not if another
 * one's definition counts; but which of several members is linked is not
 * known yet.
 */
static bool holds(const struct pass *pass, const struct lw_mark *mark,
		  bool stub)
{
	const struct lw_object *holder = stub && mark->stub_object ?
		mark->stub_object : mark->object;

	return holder && (holder == pass->object ||
			  (holder->in_archive && pass->object->in_archive));
}

static void take_hit(struct pass *pass, const struct lw_hit *hit)
{
	const struct lw_role *role =
		&pass->link->scan->names.at[hit->name].role;
	const struct lw_mark *mark;
	Elf64_Sym symbol;

	if (!role->used)
		return;
	if (!pass->link->command.wraps.count ||
	    !strcmp(lw_used_name(pass->link, pass->object, hit->symbol),
		    pass->link->scan->names.at[hit->name].text))
		pass->use[hit->symbol] = (uint32_t)hit->name + 1;
	mark = &pass->link->marks.at[role->mark];
	symbol = lw_sym(pass->object, hit->symbol);
	/* Aliases speak of the same range. */
	if (role->offset || !holds(pass, mark, role->stub))
		return;
	add_range(pass, lw_sym_section(pass->object, hit->symbol),
		  symbol.st_value, mark->size, role->mark, role->stub);
}

static void take_locals(struct pass *pass)
{
	const struct lw_mark *mark;
	size_t i;

	for (i = 0; i < pass->link->marks.count; i++) {
		mark = &pass->link->marks.at[i];
		if (!mark->symbol && mark->object == pass->object)
			add_range(pass, mark->section, mark->value, mark->size,
				  i, false);
		if (!mark->stub_symbol && mark->stub_object == pass->object)
			add_range(pass, mark->stub_section, mark->stub_value,
				  1, i, true);
	}
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->mark > y->mark) - (x->mark < y->mark);
}

/* Two names of one place gave it twice. */
static void sort_ranges(struct pass *pass)
{
	size_t i, kept = 0;

	if (!pass->ranges.count)
		return;
	qsort(pass->ranges.at, pass->ranges.count, sizeof(*pass->ranges.at),
	      by_start);
	for (i = 0; i < pass->ranges.count; i++) {
		if (kept && !by_start(&pass->ranges.at[kept - 1],
				      &pass->ranges.at[i]))
			continue;
		pass->ranges.at[kept++] = pass->ranges.at[i];
	}
	pass->ranges.count = kept;
}

/* --wrap: by the name of what it defines, the object means something else. */
static bool means_other(const struct pass *pass, size_t symbol)
{
	Elf64_Sym here = lw_sym(pass->object, symbol);

	return pass->link->command.wraps.count &&
	       symbol >= pass->object->first_global &&
	       strcmp(lw_used_name(pass->link, pass->object, symbol),
		      lw_sym_name(pass->object, &here));
}

/* Every symbol of a section that holds a mark may be used to reach it. */
static void mark_places(struct pass *pass)
{
	size_t i, k, section;

	for (i = 1; pass->ranges.count && i < pass->object->symbol_count; i++) {
		section = lw_sym_section(pass->object, i);
		for (k = 0; section && k < pass->ranges.count; k++) {
			if (pass->ranges.at[k].section == section &&
			    !pass->use[i] && !means_other(pass, i))
				pass->use[i] = BY_PLACE;
		}
	}
}

static void make_room(struct pass *pass)
{
	size_t n = pass->object->symbol_count;

	if (!pass->use || n > pass->use_room) {
		pass->use = lw_alloc(n * sizeof(*pass->use));
		pass->use_room = n;
	} else {
		memset(pass->use, 0, n * sizeof(*pass->use));
	}
}

/* first, count: its hits. */
static void scan_object(struct pass *pass, size_t first, size_t count)
{
	size_t i;

	pass->ranges.count = 0;
	take_locals(pass);
	if (!count && !pass->ranges.count)
		return;
	make_room(pass);
	for (i = 0; i < count; i++)
		take_hit(pass, &pass->link->scan->hits.at[first + i]);
	sort_ranges(pass);
	mark_places(pass);
	for (i = 1; i < pass->object->section_count; i++)
		scan_section(pass, i);
}

void lw_scan_references(struct lw_link *link)
{
	struct lw_scan *scan = link->scan;
	struct pass pass = { .link = link };
	size_t i, first, next = 0;

	lw_name_sort(scan);
	for (i = 0; i < link->objects.count; i++) {
		first = next;
		while (next < scan->hits.count &&
		       scan->hits.at[next].object == i)
			next++;
		pass.object = link->objects.at[i];
		scan_object(&pass, first, next - first);
	}
	lw_patchable_references(link);
	link->table_size = lw_table_estimate(link) + lw_lto_guess(link);
}
