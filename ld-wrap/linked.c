// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * linked.c - where the linked image has the marks
 *
 * The real linker filled in the records of section .rts.mark; their names say
 * which mark of the inputs each is.  Three things need more than that: statics
 * of one name (the records come in the order of the inputs, as the marks do),
 * marks by option on local symbols (no record can reach those; the linked
 * symbol table tells), and functions that are to be redirected.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "bodies.h"
#include "locate.h"
#include "patchable.h"
#include "scan.h"

struct record {
	struct rts_mark_record head;
	const char *name;
	bool taken;
};

struct records {
	struct record *at;
	size_t count, room;
};

static void bad_record(const struct lw_link *link, size_t offset)
{
	lw_say(LW_BAD_RECORD, "%s: (.rts.mark+0x%zx): malformed record",
	       link->image.path, offset);
}

/* NULLABLE is a property, not another kind. */
static uint32_t kind_of(const struct rts_mark_record *head)
{
	return head->kind & ~(uint32_t)RTS_KIND_NULLABLE;
}

static bool is_record(const struct rts_mark_record *head,
		      const unsigned char *at, size_t room)
{
	return kind_of(head) >= RTS_KIND_VAR &&
	       kind_of(head) <= RTS_KIND_PATCHABLE &&
	       head->length % 8 == 0 && head->length > sizeof(*head) &&
	       head->length <= room &&
	       memchr(at + sizeof(*head), '\0', head->length - sizeof(*head));
}

/* Between records there may be zero bytes: fill for alignment. */
static void read_records(struct lw_link *link, struct records *records)
{
	const unsigned char *data;
	struct record *one;
	struct rts_mark_record head;
	size_t size = 0, at = 0;

	data = lw_image_section(&link->image, ".rts.mark", &size);
	while (data && at + sizeof(head) <= size) {
		memcpy(&head, data + at, sizeof(head));
		if (!is_record(&head, data + at, size - at)) {
			if (head.address) {
				bad_record(link, at);
				return;
			}
			at += 8;
			continue;
		}
		if (lw_call_record_is(head.kind)) {
			lw_call_record_linked(link, data + at, size - at);
			at += head.length;
			continue;
		}
		one = LW_PUSH(records);
		one->head = head;
		one->name = (const char *)data + at + sizeof(head);
		if (head.kind == RTS_KIND_PATCHABLE)
			lw_patchable_linked(link, one->name, head.address,
					    head.stub);
		at += head.length;
	}
}

bool lw_are_namesakes(const struct lw_mark *a, const struct lw_mark *b)
{
	return a->is_local && b->is_local && a->kind == b->kind &&
	       a->by_option == b->by_option && !strcmp(a->name, b->name);
}

static bool is_same(const struct record *record, const struct lw_mark *mark)
{
	return kind_of(&record->head) == (uint32_t)mark->kind &&
	       !strcmp(record->name, mark->name);
}

/* Equal records of several objects say the same. */
static void take_equal(struct records *records, const struct record *one)
{
	for (size_t i = 0; i < records->count; i++) {
		struct record *other = &records->at[i];

		if (kind_of(&other->head) == kind_of(&one->head) &&
		    other->head.address == one->head.address &&
		    !strcmp(other->name, one->name))
			other->taken = true;
	}
}

static void take_record(struct lw_mark *mark, struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		struct record *one = &records->at[i];

		if (one->taken || !one->head.address || !is_same(one, mark))
			continue;
		mark->address = one->head.address;
		mark->stub = one->head.stub;
		take_equal(records, one);
		return;
	}
}

/* A member that defines no global symbol: only --whole-archive links it, and
 * nothing in the image says so. */
static bool is_nameless(const struct lw_object *object)
{
	if (!object->in_archive)
		return false;
	for (size_t i = object->first_global; i < object->symbol_count; i++) {
		if (lw_sym_section(object, i))
			return false;
	}
	return true;
}

bool lw_object_is_linked(const struct lw_link *link,
			 const struct lw_object *object)
{
	if (!object || !object->in_archive || !link->image.symbols.count)
		return true;
	for (size_t i = object->first_global; i < object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(object, i);

		if (lw_sym_section(object, i) &&
		    lw_image_symbol_named(&link->image,
					  lw_sym_name(object, &symbol)))
			return true;
	}
	return is_nameless(object);
}

/* How many objects before the mark's own define a local symbol of its name,
 * and how many do in all; with those that are nameless, or without. */
static size_t count_namesakes(const struct lw_link *link,
			      const struct lw_mark *mark, const char *name,
			      bool nameless, size_t *before)
{
	size_t n = 0;

	*before = SIZE_MAX;
	for (size_t i = 0; i < link->objects.count; i++) {
		const struct lw_object *object = link->objects.at[i];

		if (!lw_object_is_linked(link, object) ||
		    (!nameless && is_nameless(object)))
			continue;
		for (size_t k = 1; k < object->first_global; k++) {
			Elf64_Sym symbol = lw_sym(object, k);

			if (strcmp(lw_sym_name(object, &symbol), name))
				continue;
			if (object == mark->object &&
			    lw_sym_section(object, k) == mark->section &&
			    symbol.st_value == mark->value)
				*before = n;
			n++;
		}
	}
	return n;
}

/* The linked local symbol of this name that so many are before, and how many
 * there are in all. */
static const struct lw_image_symbol *
find_nth(const struct lw_link *link, const char *name, size_t before,
	 size_t *count)
{
	const struct lw_image_symbol *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < link->image.symbols.count; i++) {
		const struct lw_image_symbol *one = &link->image.symbols.at[i];

		if (one->local && !strcmp(one->name, name) && n++ == before)
			found = one;
	}
	*count = n;
	return found;
}

/* A local symbol that an option marks.  Linkers keep the order of the inputs
 * in each section, so of several the n-th in the inputs is the n-th here. */
static void find_local(struct lw_link *link, struct lw_mark *mark)
{
	const char *colon = strrchr(mark->name, ':');
	const char *name = colon ? colon + 1 : mark->name;
	const struct lw_image_symbol *found;
	size_t before, all, n;

	for (int nameless = 1; nameless >= 0; nameless--) {
		all = count_namesakes(link, mark, name, nameless, &before);
		found = find_nth(link, name, before, &n);
		if (found && n == all) {
			mark->address = found->address;
			return;
		}
	}
	lw_say(LW_AMBIGUOUS_MARK, "%s: local symbol `%s', marked on the %s, "
	       "cannot be told in the linked symbol table",
	       link->image.path, name, mark->where);
}

/* In a PIE the slot is filled when the program starts; on i386 from what it
 * holds already.  In a shared object perhaps with another file's function: then
 * this one is the one that we know of. */
static uint64_t dynamic_content(struct lw_link *link, uint64_t address)
{
	size_t count = 0;
	const Elf64_Rela *rela =
		lw_dynamic_relocations(&link->image, false, &count);

	for (size_t i = 0; i < count; i++) {
		if (rela[i].r_offset != address)
			continue;
		if (ELF64_R_TYPE(rela[i].r_info) == R_X86_64_RELATIVE)
			return (uint64_t)rela[i].r_addend;
		return lw_dynamic_value(&link->image, &rela[i]);
	}
	return 0;
}

uint64_t lw_linked_pointer(struct lw_link *link, uint64_t address)
{
	const struct lw_image *image = &link->image;
	const unsigned char *slot =
		lw_image_at(&link->image, address, image->pointer);
	uint64_t content = 0;

	if (slot)
		content = image->pointer == 4 ? rts_ld32(slot) :
						rts_ld64(slot);
	return content ? content : dynamic_content(link, address);
}

/* The function that a redirected mark is about: what its slot starts with. */
static void find_original(struct lw_link *link, struct lw_mark *mark)
{
	mark->original = lw_linked_pointer(link, mark->address);
	if (!mark->original)
		lw_say(LW_UNDEFINED_MARK, "%s: `%s' is not in the linked file",
		       link->image.path, mark->name);
}

static void find_table(struct lw_link *link, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct rts_mark_record *head = &records->at[i].head;

		if (head->kind != RTS_KIND_TABLE)
			continue;
		link->image.table_address = head->address;
		link->image.table_room = head->size;
	}
	if (!link->image.table_address ||
	    !lw_image_at(&link->image, link->image.table_address,
			 link->image.table_room))
		lw_die(LW_EXIT_REFUSED, LW_NO_TABLE,
		       "%s: the link dropped section .rts.tab or .rts.mark",
		       link->command.output);
}

static void find_mark(struct lw_link *link, struct lw_mark *mark,
		      struct records *records)
{
	if (mark->by_option && mark->is_local)
		find_local(link, mark);
	else
		take_record(mark, records);
	if (mark->redirect && mark->address)
		find_original(link, mark);
	mark->preemptible = !mark->redirect &&
			    lw_is_preemptible(link, mark->symbol);
}

/* A static of a member that seems not to be pulled in. */
static bool seems_absent(const struct lw_link *link,
			 const struct lw_mark *mark)
{
	return mark->is_local && !lw_object_is_linked(link, mark->object);
}

void lw_find_marks(struct lw_link *link)
{
	struct records records = { 0 };

	link->bodies.count = link->asm_calls.count = link->may_be.count = 0;
	for (size_t i = 0; i < link->call_records.count; i++)
		link->call_records.at[i].taken = false;
	lw_patchable_forget(link);
	read_records(link, &records);
	find_table(link, &records);
	for (size_t i = 0; i < link->marks.count; i++) {
		struct lw_mark *mark = &link->marks.at[i];

		mark->address = mark->stub = mark->original = 0;
		if (!seems_absent(link, mark))
			find_mark(link, mark, &records);
	}
	/* Such a member leaves no record, so it must not take that of a
	 * namesake; but one whose globals were all garbage-collected does. */
	for (size_t i = 0; i < link->marks.count; i++) {
		struct lw_mark *mark = &link->marks.at[i];

		if (!mark->by_option && seems_absent(link, mark))
			find_mark(link, mark, &records);
	}
}
