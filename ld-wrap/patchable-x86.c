// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * patchable-x86.c - entries of functions that can be sent elsewhere
 *
 * RTS_PATCHABLE(fn) has the compiler begin fn with 9 bytes of nops, and
 * brings a slot, a stub and two records: a FUNC's, of slot and stub, and one
 * of kind PATCHABLE, of slot and fn.  The site is the first 5 bytes of nops,
 * behind endbr if there is one:
 *
 *	fn:	[endbr]			stub:	load slot; is it 0?
 *	site:	9 bytes of nops			jump through it, or
 *	body:	...				jmp fn + 9
 *
 * Nops are several instructions, in which a context could be stopped, and
 * what they do is not what memory says.  So in the linked file the site is
 * made `jmp stub', and the 4 bytes behind it one nop: before anybody has run
 * it.  Bound it is a nop of 5 bytes, if the slot holds 0, or a jump.  The stub
 * goes on at fn + 9 because that is behind the site with endbr and without;
 * with it, it is where the second nop begins.
 *
 * For that, nobody may enter the nops but at the beginning of one of the two,
 * and that is looked for in the object as it came in, as for branches.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "decode-x86.h"
#include "locate.h"
#include "nop-x86.h"
#include "patchable.h"

#define SITE		5	/* of e9 rel32 */
#define ROOM		9	/* of the nops */

struct lw_patchables {
	LW_ARRAY(struct lw_patchable) at;
};

/* ---- records --------------------------------------------------------------- */

void lw_patchable_add(struct lw_link *link, const struct lw_candidate *record,
		      size_t section, uint64_t offset)
{
	struct lw_patchable *one;

	if (!link->patchables)
		link->patchables = lw_alloc(sizeof(*link->patchables));
	one = LW_PUSH(&link->patchables->at);
	one->name = record->name;
	one->where = record->where;
	one->slot = record->spot;
	one->entry = record->stub;
	one->object = record->object;
	one->section = section;
	one->offset = offset;
}

/* The FUNC whose slot it is, or NULL. */
static const struct lw_mark *mark_of(const struct lw_link *link,
				     const struct lw_patchable *one)
{
	const struct lw_spot *slot = &one->slot;
	const char *name = slot->global ?
		link->scan->names.at[slot->name].text : NULL;

	for (size_t i = 0; i < link->marks.count; i++) {
		const struct lw_mark *mark = &link->marks.at[i];

		if (mark->kind != RTS_KIND_FUNC || mark->redirect)
			continue;
		if (name ? mark->symbol && !strcmp(mark->symbol, name) &&
			   mark->symbol_offset == slot->offset :
			   !mark->symbol && mark->object == slot->object &&
			   mark->section == slot->section &&
			   mark->value == slot->value)
			return mark;
	}
	return NULL;
}

/* The record's own relocation against the function is the reference that the
 * site is of: it asks for one. */
void lw_patchable_references(struct lw_link *link)
{
	for (size_t i = 0; link->patchables && i < link->patchables->at.count;
	     i++) {
		const struct lw_patchable *one = &link->patchables->at.at[i];
		const struct lw_mark *mark = mark_of(link, one);
		struct lw_reference *reference;

		if (!mark) {
			lw_say(LW_PATCHABLE, "%s: `%s': no mark of a function "
			       "has its slot", one->where, one->name);
			continue;
		}
		reference = LW_PUSH(&link->references);
		reference->object = one->object;
		reference->section = one->section;
		reference->offset = one->offset;
		reference->type = R_X86_64_64;
		reference->mark = (size_t)(mark - link->marks.at);
	}
}

size_t lw_patchable_count(const struct lw_link *link)
{
	return link->patchables ? link->patchables->at.count : 0;
}

/* ---- the linked image ------------------------------------------------------ */

/* Of the members of archives that define this name one is linked; the first of
 * them stands for it. */
void lw_patchable_linked(struct lw_link *link, const char *name, uint64_t slot,
			 uint64_t function)
{
	for (size_t i = 0; i < lw_patchable_count(link); i++) {
		struct lw_patchable *one = &link->patchables->at.at[i];

		if (!strcmp(one->name, name) && !one->linked_slot) {
			one->linked_slot = slot;
			one->function = function;
			return;
		}
	}
}

void lw_patchable_forget(struct lw_link *link)
{
	for (size_t i = 0; i < lw_patchable_count(link); i++) {
		struct lw_patchable *one = &link->patchables->at.at[i];

		one->linked_slot = one->function = one->site = 0;
	}
}

/* ---- is there room? -------------------------------------------------------- */

/* The nop at p, [66|2e]... 90 or [66|2e]... 0f 1f ModRM...; 0: it is none. */
static unsigned nop_length(unsigned machine, const unsigned char *p,
			   size_t room)
{
	struct lw_fields fields;
	size_t n = 0;

	while (n < room && (p[n] == 0x66 || p[n] == 0x2e))
		n++;
	if (n < room && p[n] == 0x90)
		return (unsigned)n + 1;
	if (room - n < 2 || p[n] != 0x0f || p[n + 1] != 0x1f ||
	    !lw_decode_fields(machine, p, room, &fields))
		return 0;
	return fields.length;
}

static bool is_room(unsigned machine, const unsigned char *p)
{
	unsigned at = 0, n;

	while (at < ROOM) {
		n = nop_length(machine, p + at, ROOM - at);
		if (!n)
			return false;
		at += n;
	}
	return at == ROOM;
}

static unsigned endbr_length(unsigned machine, const unsigned char *p)
{
	const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e,
					machine == EM_386 ? 0xfb : 0xfa };

	return memcmp(p, endbr, sizeof(endbr)) ? 0 : sizeof(endbr);
}

/* The function in the object of its record; false: that has it not. */
static bool find_input(const struct lw_link *link,
		       const struct lw_patchable *one,
		       struct lw_anchor *anchor, uint64_t *offset)
{
	const struct lw_spot *spot = &one->entry;

	anchor->object = one->object;
	anchor->section = spot->section;
	*offset = spot->value;
	if (!spot->global)
		return spot->section;
	for (size_t i = one->object->first_global;
	     i < one->object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(one->object, i);

		anchor->section = lw_sym_section(one->object, i);
		*offset = symbol.st_value + (uint64_t)spot->offset;
		if (anchor->section &&
		    !strcmp(lw_sym_name(one->object, &symbol),
			    link->scan->names.at[spot->name].text))
			return true;
	}
	return false;
}

/* May anybody enter the nops but where one of the two will begin? */
static const char *is_entered(struct lw_link *link,
			      const struct lw_patchable *one, unsigned endbr)
{
	struct lw_anchor anchor = { 0 };
	struct lw_run run = { .link = link, .anchor = &anchor };
	uint64_t at;

	if (!find_input(link, one, &anchor, &at))
		return "the file that marks it does not define it";
	at += endbr;
	return lw_entered(&run, at + 1, at + SITE - 1) ||
	       lw_entered(&run, at + SITE + 1, at + ROOM - 1) ?
		"a branch may lead into the nops that it begins with" : NULL;
}

/* Whichever of the members that define it is linked. */
static const char *any_is_entered(struct lw_link *link, const char *name,
				  unsigned endbr)
{
	const char *why = NULL;

	for (size_t i = 0; i < lw_patchable_count(link) && !why; i++) {
		const struct lw_patchable *one = &link->patchables->at.at[i];

		if (!strcmp(one->name, name))
			why = is_entered(link, one, endbr);
	}
	return why;
}

/* Two entries in one place could not be replaced by different functions. */
static const char *is_folded(const struct lw_link *link,
			     const char *name, uint64_t site)
{
	for (size_t i = 0; i < lw_patchable_count(link); i++) {
		const struct lw_patchable *other = &link->patchables->at.at[i];

		if (other->site == site && strcmp(other->name, name))
			return lw_asprintf("the linker folded it into `%s' "
					   "(--icf)", other->name);
	}
	return NULL;
}

/* NULL: there is, and one->site is where. */
static const char *find_site(struct lw_link *link, struct lw_patchable *one)
{
	unsigned machine = link->image.machine, endbr;
	const unsigned char *p = lw_image_at(&link->image, one->function,
					     4 + ROOM);
	const char *folded;

	if (!p)
		return "it is not in the linked file";
	endbr = endbr_length(machine, p);
	if (!is_room(machine, p + endbr))
		return "it does not begin with 9 bytes of nops";
	folded = is_folded(link, one->name, one->function + endbr);
	if (folded)
		return folded;
	one->site = one->function + endbr;
	return any_is_entered(link, one->name, endbr);
}

/* ---- sites ----------------------------------------------------------------- */

/* What `jmp stub' has, and a nop in front. */
static bool make_form(struct lw_link *link, const struct lw_patchable *one,
		      const struct lw_mark *mark, struct lw_form *form)
{
	unsigned char jmp[SITE] = { 0xe9 };
	struct lw_instruction instruction;
	uint64_t distance = mark->stub - (one->site + SITE);
	enum lw_reason why;

	for (unsigned i = 1; i < SITE; i++)
		jmp[i] = (unsigned char)(distance >> 8 * (i - 1));
	memset(form, 0, sizeof(*form));
	if (!lw_decode_operand(link->image.machine, jmp, SITE, one->site, 1,
			       &instruction) ||
	    lw_form_x86(&instruction, mark, instruction.target, form, &why) !=
	    LW_CLASS_BOUND)
		return false;
	lw_patchable_form_x86(form);
	return true;
}

static void make_site(struct lw_link *link, struct lw_patchable *one,
		      struct lw_reference *reference)
{
	const struct lw_mark *mark = &link->marks.at[reference->mark];
	const char *why = find_site(link, one);
	struct lw_form form;

	if (!why && !make_form(link, one, mark, &form))
		why = "its stub is more than 2 GiB away";
	if (why) {
		lw_say(LW_PATCHABLE, "%s: `%s' at 0x%" PRIx64 ": %s",
		       one->where, one->name, one->function, why);
		return;
	}
	reference->class = LW_CLASS_BOUND;
	reference->instruction = one->site;
	reference->function = one->name;
	reference->function_offset = one->site - one->function;
	lw_add_site(link, reference, one->site, mark->address, &form);
}

static struct lw_patchable *of_reference(struct lw_link *link,
					 const struct lw_reference *reference)
{
	for (size_t i = 0; i < lw_patchable_count(link); i++) {
		struct lw_patchable *one = &link->patchables->at.at[i];

		if (one->object == reference->object &&
		    one->section == reference->section &&
		    one->offset == reference->offset)
			return one;
	}
	return NULL;
}

void lw_patchables_locate(struct lw_link *link)
{
	struct lw_patchable *one;

	for (size_t i = 0; lw_patchable_count(link) &&
	     i < link->references.count; i++) {
		struct lw_reference *reference = &link->references.at[i];

		one = reference->in_code ? NULL : of_reference(link, reference);
		if (one && one->linked_slot && one->linked_slot ==
		    link->marks.at[reference->mark].address)
			make_site(link, one, reference);
	}
}

/* ---- filling --------------------------------------------------------------- */

bool lw_patchable_is(const struct lw_link *link, uint64_t site)
{
	for (size_t i = 0; i < lw_patchable_count(link); i++)
		if (link->patchables->at.at[i].site == site)
			return true;
	return false;
}

size_t lw_patchable_bytes(const unsigned char *linked, unsigned length,
			  unsigned char *bytes)
{
	memcpy(bytes, linked, length);
	lw_put_nop(bytes + length, ROOM - SITE);
	return length + ROOM - SITE;
}
