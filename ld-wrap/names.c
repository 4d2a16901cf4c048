// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * names.c - which input symbols have one of a set of names
 *
 * A link has hundreds of thousands of global symbols, and a handful of marks.
 * Nearly every symbol must be turned away after one look at memory: so names
 * are told apart by their first eight bytes, and only where those agree is the
 * whole name compared.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* A string's first eight bytes; those behind its NUL as zeros. */
static uint64_t key_of(const char *text, size_t room)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t word = 0, nul;

	memcpy(&word, text, room < sizeof(word) ? room : sizeof(word));
	/* The lowest byte that is 0 gets its top bit set. */
	nul = (word - ones) & ~word & (ones << 7);
	if (nul)
		word &= ((nul & -nul) >> 7) - 1;
	return word;
}

static size_t bucket_of(uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15) >> 52;
}

static size_t find(const struct lw_scan *scan, const char *text, uint64_t key)
{
	size_t at = scan->buckets[bucket_of(key)];

	while (at && (scan->names.at[at - 1].key != key ||
		      strcmp(scan->names.at[at - 1].text, text)))
		at = scan->names.at[at - 1].next;
	return at;
}

size_t lw_name_add(struct lw_scan *scan, const char *text)
{
	uint64_t key = key_of(text, strlen(text));
	size_t at = find(scan, text, key);
	struct lw_name *name;

	if (at)
		return at - 1;
	name = LW_PUSH(&scan->names);
	name->text = text;
	name->key = key;
	name->next = scan->buckets[bucket_of(key)];
	scan->buckets[bucket_of(key)] = scan->names.count;
	return scan->names.count - 1;
}

/* ---- --wrap ------------------------------------------------------------- */

static bool is_wrapped(const struct lw_command *command, const char *name)
{
	for (size_t i = 0; i < command->wraps.count; i++) {
		if (!strcmp(command->wraps.at[i], name))
			return true;
	}
	return false;
}

const char *lw_unwrapped_name(const struct lw_command *command,
			      const char *name)
{
	return is_wrapped(command, name) ? lw_asprintf("__real_%s", name) :
					   name;
}

const char *lw_wrapped_name(const struct lw_command *command, const char *name)
{
	static const char real[] = "__real_";

	if (is_wrapped(command, name))
		return lw_asprintf("__wrap_%s", name);
	if (!strncmp(name, real, sizeof(real) - 1) &&
	    is_wrapped(command, name + sizeof(real) - 1))
		return name + sizeof(real) - 1;
	return name;
}

/* lld wraps what the object itself defines, the others what it does not. */
const char *lw_used_name(const struct lw_link *link,
			 const struct lw_object *object, size_t index)
{
	Elf64_Sym symbol = lw_sym(object, index);
	const char *name = lw_sym_name(object, &symbol);

	if (!link->command.wraps.count ||
	    (link->command.linker != LW_LINKER_LLD &&
	     symbol.st_shndx != SHN_UNDEF))
		return name;
	return lw_wrapped_name(&link->command, name);
}

/* ---- the walk ----------------------------------------------------------- */

bool lw_defines(const struct lw_object *object, const Elf64_Sym *symbol,
		size_t index)
{
	return symbol->st_shndx == SHN_COMMON ||
		lw_sym_section(object, index) != 0;
}

/*
 * Whose definition counts: a strong one, then a common, then a weak one.  An
 * object of the command line is linked for certain, a member only if it is
 * needed, so those of members come after.  The first of the best wins.
 */
static unsigned rank_of(const struct lw_object *object,
			const Elf64_Sym *symbol, size_t index)
{
	unsigned rank = 3;

	if (!lw_defines(object, symbol, index))
		return 0;
	if (ELF64_ST_BIND(symbol->st_info) == STB_WEAK)
		rank = 1;
	else if (symbol->st_shndx == SHN_COMMON)
		rank = 2;
	return object->in_archive ? rank : rank + 3;
}

static void hit(struct lw_scan *scan, const struct lw_object *object,
		size_t index, size_t name)
{
	struct lw_hit *one = LW_PUSH(&scan->hits);
	Elf64_Sym symbol = lw_sym(object, index);
	unsigned rank = rank_of(object, &symbol, index);

	/* Under lld a definition of a wrapped name uses another. */
	if (strcmp(scan->names.at[name].text, lw_sym_name(object, &symbol)))
		rank = 0;
	one->object = object->index;
	one->symbol = index;
	one->name = name;
	if (rank > scan->names.at[name].rank) {
		scan->names.at[name].rank = rank;
		scan->names.at[name].best = scan->hits.count;
	}
}

static void look_for(struct lw_scan *scan, const struct lw_object *object,
		     size_t index, const char *name, size_t room)
{
	uint64_t key = key_of(name, room);
	size_t at;

	if (!scan->buckets[bucket_of(key)])
		return;
	at = find(scan, name, key);
	if (at > scan->walked)
		hit(scan, object, index, at - 1);
}

static void walk_object(struct lw_scan *scan, const struct lw_object *object)
{
	const char *text, *used;
	Elf64_Sym symbol;
	uint32_t name;

	for (size_t i = object->first_global; i < object->symbol_count; i++) {
		memcpy(&name, object->symbols + i * sizeof(Elf64_Sym),
		       sizeof(name));
		if (name >= object->strings_size)
			continue;
		text = object->strings + name;
		if (scan->link->command.wraps.count) {
			used = lw_used_name(scan->link, object, i);
			if (strcmp(used, text))
				look_for(scan, object, i, used, strlen(used));
			symbol = lw_sym(object, i);
			if (strcmp(used, text) &&
			    !lw_defines(object, &symbol, i))
				continue;
		}
		look_for(scan, object, i, text, object->strings_size - name);
	}
}

void lw_name_walk(struct lw_link *link)
{
	struct lw_scan *scan = link->scan;
	size_t i;

	if (scan->walked == scan->names.count)
		return;
	for (i = 0; i < link->objects.count; i++)
		walk_object(scan, link->objects.at[i]);
	scan->walked = scan->names.count;
}

static int by_object(const void *a, const void *b)
{
	const struct lw_hit *x = a, *y = b;

	if (x->object != y->object)
		return x->object < y->object ? -1 : 1;
	return (x->symbol > y->symbol) - (x->symbol < y->symbol);
}

/* Ends the lookups: best of a name no longer points to its hit. */
void lw_name_sort(struct lw_scan *scan)
{
	if (scan->hits.count)
		qsort(scan->hits.at, scan->hits.count, sizeof(*scan->hits.at),
		      by_object);
}

const struct lw_hit *lw_name_definition(const struct lw_scan *scan,
					size_t name)
{
	size_t best = scan->names.at[name].best;

	return best ? &scan->hits.at[best - 1] : NULL;
}

/* A local symbol or a global one that begins just there, for its size. */
static void look_up(struct lw_scan *scan, struct lw_spot *spot)
{
	const struct lw_object *object = spot->object;
	Elf64_Sym symbol;
	unsigned type;
	size_t i;

	for (i = 1; i < object->symbol_count; i++) {
		symbol = lw_sym(object, i);
		type = ELF64_ST_TYPE(symbol.st_info);
		if (symbol.st_value != spot->value || type == STT_SECTION ||
		    type == STT_FILE ||
		    lw_sym_section(object, i) != spot->section)
			continue;
		if (i >= object->first_global) {
			spot->global = true;
			spot->name = lw_name_add(scan,
						 lw_sym_name(object, &symbol));
			spot->offset = 0;
		}
		if (symbol.st_size > spot->size)
			spot->size = symbol.st_size;
		spot->type = (uint8_t)type;
		if (spot->global)
			return;
	}
}

struct lw_spot lw_spot_of(struct lw_scan *scan, struct lw_object *object,
			  size_t index, int64_t addend)
{
	struct lw_spot spot = { .set = true, .offset = addend };
	Elf64_Sym symbol = lw_sym(object, index);

	if (index >= object->first_global) {
		spot.global = true;
		spot.name = lw_name_add(scan, lw_used_name(scan->link, object,
							   index));
		return spot;
	}
	spot.object = object;
	spot.section = lw_sym_section(object, index);
	spot.value = symbol.st_value + (uint64_t)addend;
	look_up(scan, &spot);
	return spot;
}
