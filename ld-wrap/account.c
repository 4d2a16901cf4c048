// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * account.c - every relocation against a mark ends in exactly one class
 *
 *	bound		a site: its instruction has a form
 *	kept		its instruction stays as it is, for a reason
 *	address		code takes the address
 *	data		data holds the address
 *	dropped		the section is not in the linked image
 *
 * A reference of a section that was not found is dropped: by --gc-sections,
 * as a second copy of a COMDAT group, as equal code that was folded (--icf),
 * with a member of an archive that nobody pulled in.  That conclusion holds only if no use of the mark that is still
 * unexplained (witness.c) could be this one, and if nothing says that the
 * section is linked; otherwise the link is refused.
 *
 * report.c writes it down.
 */
#include "config.h"

#include <inttypes.h>

#include "locate.h"
#include "lwbfd.h"
#include "report.h"

static void settle(struct lw_link *link, struct lw_reference *one)
{
	if (one->class != LW_CLASS_NONE)
		return;
	if (!link->marks.at[one->mark].address || one->in_code ||
	    !lw_object_is_linked(link, one->object))
		one->class = LW_CLASS_DROPPED;
	else
		one->class = LW_CLASS_DATA;
}

const char *lw_reason_name(enum lw_reason reason)
{
	static const char *const names[] = {
#define LW_REASON(id, name, text) name,
#include "reasons.def"
#undef LW_REASON
	};

	return names[reason];
}

static const char *reason_text(enum lw_reason reason)
{
	static const char *const texts[] = {
#define LW_REASON(id, name, text) text,
#include "reasons.def"
#undef LW_REASON
	};

	return texts[reason];
}

char *lw_reference_place(const struct lw_reference *one)
{
	char *place = lw_asprintf("%s:(%s+0x%" PRIx64 ")", one->object->name,
				  lw_section_name(one->object, one->section),
				  one->offset);

	if (one->function)
		place = lw_asprintf("%s: in function `%s'+0x%" PRIx64, place,
				    one->function, one->function_offset);
	return place;
}

const char *lw_reference_line(const struct lw_reference *one)
{
	const char *line = lw_source_line(one->object, one->section,
					  one->offset);

	if (!line)
		return lw_reference_place(one);
	return one->function ? lw_asprintf("%s: in function `%s'", line,
					   one->function) : line;
}

/* A use without a relocation has no reference, but a reason to allow it. */
static void require_bound(const struct lw_link *link,
			  const struct lw_witness *witness)
{
	uint64_t allowed = link->options.allowed;

	if (witness->unexplained.count &&
	    !(allowed & LW_REASON_BIT(LW_KEPT_NO_RELOCATION)))
		lw_say(LW_KEPT, "%s: %zu uses of marks without a relocation "
		       "are kept (%s)", link->command.output,
		       witness->unexplained.count,
		       lw_reason_name(LW_KEPT_NO_RELOCATION));
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->class == LW_CLASS_KEPT &&
		    !(allowed & LW_REASON_BIT(one->reason)))
			lw_say(LW_KEPT, "%s: use of `%s' is kept: %s (%s)",
			       lw_reference_place(one),
			       link->marks.at[one->mark].name,
			       reason_text(one->reason),
			       lw_reason_name(one->reason));
	}
}

/* Code that we could not read may use marks; what it does is then among the
 * unexplained uses, or nowhere. */
static void check_inputs(const struct lw_link *link)
{
	for (size_t i = 0; i < link->unreadable.count; i++)
		lw_say(LW_UNREADABLE_INPUT, "%s: %s",
		       link->unreadable.at[i].name, link->unreadable.at[i].why);
	for (size_t i = 0; i < link->objects.count; i++) {
		const struct lw_object *object = link->objects.at[i];

		if (object->is_lto && lw_object_is_linked(link, object))
			lw_say(LW_LTO_INPUT, "%s: holds LTO code, whose uses "
			       "of marks cannot be seen", object->name);
	}
}

#define NEARBY	32	/* bytes around a field that tell instructions apart */

/* Is it the code around the reference that stands around the use? */
static bool could_be(struct lw_contents *all, const struct lw_reference *one,
		     const struct lw_unexplained *use)
{
	struct lw_content *c = lw_content_of(all, one->object, one->section);
	uint64_t from, to;
	const unsigned char *at;

	if (!c || one->offset >= c->size ||
	    lw_reference_target(all->link, one) != use->target)
		return false;
	from = one->offset > NEARBY ? one->offset - NEARBY : 0;
	to = c->size - one->offset > NEARBY ? one->offset + NEARBY : c->size;
	at = lw_image_at(&all->link->image, use->place - one->offset + from,
			 to - from);
	for (uint64_t i = from; at && i < to; i++) {
		if (c->mask[i] && at[i - from] != c->data[i])
			return false;
	}
	return at;
}

/* A symbol that only this section can have given is in the image, and is not
 * that of another section into which it was folded. */
static bool must_be_linked(const struct lw_link *link,
			   const struct lw_reference *one)
{
	const struct lw_object *object = one->object;
	const struct lw_image_symbol *linked;

	if (object->in_archive || lw_shdr(object, one->section).sh_flags &
				  SHF_GROUP)
		return false;
	for (size_t i = object->first_global; i < object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(object, i);

		if (lw_sym_section(object, i) != one->section ||
		    ELF64_ST_BIND(symbol.st_info) != STB_GLOBAL)
			continue;
		linked = lw_image_symbol_named(&link->image,
					       lw_sym_name(object, &symbol));
		if (linked && !linked->local &&
		    linked->address != one->folded - one->offset +
				       symbol.st_value)
			return true;
	}
	return false;
}

static void check_complete(struct lw_link *link,
			   const struct lw_witness *witness)
{
	struct lw_contents all = { .link = link };

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];
		bool lost = false;

		if (!one->in_code || one->class != LW_CLASS_DROPPED ||
		    !link->marks.at[one->mark].address)
			continue;
		for (size_t k = 0; k < witness->unexplained.count; k++)
			lost |= could_be(&all, one,
					 &witness->unexplained.at[k]);
		if (lost || must_be_linked(link, one))
			lw_say(LW_UNACCOUNTED, "%s: reference to `%s' was not "
			       "found in the linked file",
			       lw_reference_place(one),
			       link->marks.at[one->mark].name);
	}
}

void lw_account(struct lw_link *link)
{
	struct lw_witness witness = lw_cross_check(link);

	for (size_t i = 0; i < link->references.count; i++)
		settle(link, &link->references.at[i]);
	check_inputs(link);
	check_complete(link, &witness);
	if (link->options.require)
		require_bound(link, &witness);
	link->witness_unexplained = witness.unexplained.count;
	link->witness_emitted = witness.emitted;
}
