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
 * as a second copy of a COMDAT group, with a member of an archive that nobody
 * pulled in.  That conclusion holds only if the image has no use of a mark
 * that is still unexplained (witness.c); otherwise the link is refused.
 *
 * report.c writes it down.
 */
#include "config.h"

#include <inttypes.h>

#include "locate.h"
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

static void require_all(const struct lw_link *link,
			const struct lw_witness *witness)
{
	if (witness->unexplained)
		lw_say(LW_KEPT, "%s: %zu uses of marks without a relocation "
		       "are kept", link->command.output, witness->unexplained);
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->class == LW_CLASS_KEPT)
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

static void check_complete(const struct lw_link *link,
			   const struct lw_witness *witness)
{
	for (size_t i = 0; witness->unexplained && i < link->references.count;
	     i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->in_code && one->class == LW_CLASS_DROPPED &&
		    lw_object_is_linked(link, one->object))
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
	if (link->options.require_all)
		require_all(link, &witness);
	link->witness_unexplained = witness.unexplained;
	link->witness_emitted = witness.emitted;
}
