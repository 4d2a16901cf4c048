// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fold.c - equal candidates become one mark
 *
 * A mark may stand in a header, so there can be one candidate for each object
 * and mark.  They are sorted by what they speak of; those that then stand side
 * by side are the same mark, or a conflict.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "marks.h"

/* By what a candidate is known: its place, else its name. */
struct key {
	struct lw_candidate *one;
	bool placed;
	size_t object, section, name;
	uint64_t value;
	size_t order;
};

static struct key key_of(struct lw_candidate *one, size_t order)
{
	struct key key = { .one = one, .order = order };

	key.placed = one->spot.object && one->spot.section;
	if (key.placed) {
		key.object = one->spot.object->index;
		key.section = one->spot.section;
		key.value = one->spot.value;
	} else {
		key.name = one->spot.name;
		key.value = (uint64_t)one->spot.offset;
	}
	return key;
}

#define COMPARE(x, y) \
	do { \
		if ((x) != (y)) \
			return (x) < (y) ? -1 : 1; \
	} while (0)

static int compare_keys(const struct key *a, const struct key *b)
{
	COMPARE(a->placed, b->placed);
	COMPARE(a->object, b->object);
	COMPARE(a->section, b->section);
	COMPARE(a->name, b->name);
	COMPARE(a->value, b->value);
	return 0;
}

/* Of equal ones, first a record of an object that is linked for certain. */
static unsigned certainty(const struct lw_candidate *one)
{
	return one->option ? 1 : lw_from_member(one) ? 2 : 0;
}

static int by_key(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int order = compare_keys(x, y);

	if (order)
		return order;
	COMPARE(certainty(x->one), certainty(y->one));
	COMPARE(x->order, y->order);
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	COMPARE(x->order, y->order);
	return 0;
}

static bool same_spot(const struct lw_spot *a, const struct lw_spot *b)
{
	if (a->set != b->set || !a->set)
		return a->set == b->set;
	if (a->object || b->object)
		return a->object == b->object && a->section == b->section &&
			a->value == b->value;
	return a->name == b->name && a->offset == b->offset;
}

static void say_conflict(const struct lw_candidate *a,
			 const struct lw_candidate *b, const char *what)
{
	if (lw_from_member(a) || lw_from_member(b))
		return;
	lw_say(LW_CONFLICTING_MARK, "%s: `%s' is marked in conflict with "
	       "%s%s%s%s: %s", b->where, b->name,
	       strcmp(a->name, b->name) ? "`" : "",
	       strcmp(a->name, b->name) ? a->name : "",
	       strcmp(a->name, b->name) ? "' in " : "", a->where, what);
}

/* b speaks of the same object as a, which came first. */
static void merge(struct lw_candidate *a, struct lw_candidate *b)
{
	static const char *const kinds[] = { "", "VAR", "OPS", "FUNC" };

	if (a->kind != b->kind)
		say_conflict(a, b, lw_asprintf("kind %s, and there %s",
					       kinds[b->kind],
					       kinds[a->kind]));
	else if (a->size != b->size)
		say_conflict(a, b, lw_asprintf("size %llu, and there %llu",
					       (unsigned long long)b->size,
					       (unsigned long long)a->size));
	else if (!same_spot(&a->stub, &b->stub))
		say_conflict(a, b, "the stubs differ");
	else if (a->nullable != b->nullable && !a->option && !b->option)
		say_conflict(a, b, "only one of them may be NULL");
	/* An option does not say, and then the record does. */
	a->nullable |= b->nullable;
	b->drop = true;
}

static void make_mark(struct lw_link *link, const struct lw_candidate *one)
{
	const struct lw_spot *spot = &one->spot, *stub = &one->stub;
	struct lw_scan *scan = link->scan;
	struct lw_mark *mark = LW_PUSH(&link->marks);

	mark->name = one->name;
	mark->kind = one->kind;
	mark->where = one->where;
	mark->by_option = one->option != NULL;
	mark->is_local = !spot->global;
	mark->redirect = one->redirect;
	mark->nullable = one->nullable;
	mark->size = one->size;
	mark->object = spot->object;
	mark->section = spot->section;
	mark->value = spot->value;
	if (spot->global) {
		mark->symbol = scan->names.at[spot->name].text;
		mark->symbol_offset = spot->offset;
	}
	if (!stub->set || one->redirect)
		return;
	mark->stub_object = stub->object;
	mark->stub_section = stub->section;
	mark->stub_value = stub->value;
	if (stub->global)
		mark->stub_symbol = scan->names.at[stub->name].text;
}

/* The function to be redirected takes no room in the object's sense. */
static bool overlap(const struct key *a, const struct key *b)
{
	return a->placed && b->placed && a->object == b->object &&
		a->section == b->section && !a->one->redirect &&
		b->value - a->value < a->one->size;
}

/* Sorts, drops what is there twice; returns how many keys are left. */
static size_t fold(struct key *keys, size_t count)
{
	size_t i, kept = 0;

	qsort(keys, count, sizeof(*keys), by_key);
	for (i = 0; i < count; i++) {
		if (kept && !compare_keys(&keys[kept - 1], &keys[i])) {
			merge(keys[kept - 1].one, keys[i].one);
			continue;
		}
		if (kept && overlap(&keys[kept - 1], &keys[i]))
			say_conflict(keys[kept - 1].one, keys[i].one,
				     "they overlap");
		keys[kept++] = keys[i];
	}
	return kept;
}

/* ---- what global names are to marks ---------------------------------- */

static void set_role(struct lw_link *link, const char *symbol, size_t mark,
		     bool stub, int64_t offset)
{
	struct lw_scan *scan = link->scan;
	struct lw_role *role = &scan->names.at[lw_name_add(scan, symbol)].role;

	if (role->used)
		return;
	*role = (struct lw_role){ true, mark, stub, offset };
}

/* Are these bytes of a section within a mark, or at its stub's entry? */
static bool is_within(const struct lw_mark *mark, bool stub,
		      const struct lw_object *object, size_t section,
		      uint64_t value, int64_t *offset)
{
	bool code = stub || mark->redirect;
	uint64_t start = stub ? mark->stub_value : mark->value;

	if (object != (stub ? mark->stub_object : mark->object) ||
	    section != (stub ? mark->stub_section : mark->section) ||
	    value < start || value - start >= (code ? 1 : mark->size))
		return false;
	*offset = (int64_t)(value - start);
	return true;
}

/* A name with a spot within a mark is an alias of it, if this definition of
 * the name is the one that counts. */
static void each_alias(struct lw_link *link, size_t mark, bool stub,
		       bool resolved)
{
	const struct lw_mark *m = &link->marks.at[mark];
	const struct lw_object *object = stub ? m->stub_object : m->object;
	const struct lw_hit *hit;
	Elf64_Sym symbol;
	int64_t offset;
	size_t i, name;

	if (!object || !(stub ? m->stub_section : m->section))
		return;
	for (i = object->first_global; i < object->symbol_count; i++) {
		symbol = lw_sym(object, i);
		if (!is_within(m, stub, object, lw_sym_section(object, i),
			       symbol.st_value, &offset) ||
		    ELF64_ST_TYPE(symbol.st_info) == STT_SECTION)
			continue;
		name = lw_name_add(link->scan, lw_sym_name(object, &symbol));
		hit = resolved ? lw_name_definition(link->scan, name) : NULL;
		if (hit && hit->object == object->index && hit->symbol == i)
			set_role(link, lw_sym_name(object, &symbol), mark,
				 stub || m->redirect, offset);
	}
}

/*
 * --defsym ALIAS=SYM, SYM+N or SYM-N: the linker gives ALIAS the value, and
 * who uses it uses the mark.  Other expressions are for the linker alone; a
 * use by them is found in the image, and said to have no relocation.
 */
static void add_defsym(struct lw_link *link, const char *definition)
{
	const char *equals = strchr(definition, '='), *end;
	struct lw_scan *scan = link->scan;
	struct lw_role role;
	long long offset = 0;
	char *rest;

	if (!equals)
		return;
	end = equals + 1 + strcspn(equals + 1, " +-*/()<>&|?!,");
	role = scan->names.at[lw_name_add(scan, lw_asprintf("%.*s",
			(int)(end - equals - 1), equals + 1))].role;
	if (*end == '+' || *end == '-')
		offset = strtoll(end, &rest, 0);
	else
		rest = (char *)(uintptr_t)end;
	if (role.used && !*rest)
		set_role(link, lw_asprintf("%.*s", (int)(equals - definition),
					   definition),
			 role.mark, role.stub, lw_sum(role.offset, offset));
}

static void assign_roles(struct lw_link *link)
{
	const struct lw_mark *mark;
	size_t i, pass;

	for (i = 0; i < link->marks.count; i++) {
		mark = &link->marks.at[i];
		if (mark->symbol)
			set_role(link, mark->symbol, i, mark->redirect,
				 (int64_t)-(uint64_t)mark->symbol_offset);
		if (mark->stub_symbol)
			set_role(link, mark->stub_symbol, i, true, 0);
	}
	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < link->marks.count; i++) {
			each_alias(link, i, false, pass);
			if (link->marks.at[i].stub_object)
				each_alias(link, i, true, pass);
		}
		for (i = 0; i < link->command.defsyms.count; i++)
			add_defsym(link, link->command.defsyms.at[i]);
		lw_name_walk(link);
	}
}

void lw_fold(struct lw_link *link, struct lw_candidates *found)
{
	struct key *keys = lw_alloc((found->count + 1) * sizeof(*keys));
	size_t i, count = 0;

	for (i = 0; i < found->count; i++) {
		if (!found->at[i].drop)
			keys[count++] = key_of(&found->at[i], i);
	}
	count = fold(keys, count);
	qsort(keys, count, sizeof(*keys), by_order);
	for (i = 0; i < count; i++)
		make_mark(link, keys[i].one);
	assign_roles(link);
}
