/* SPDX-License-Identifier: GPL-3.0-or-later */
/* marks.h - between marks.c, optmarks.c and fold.c */
#ifndef MARKS_H
#define MARKS_H

#include "scan.h"

/* A record of a member of an archive: perhaps not linked. */
static inline bool lw_from_member(const struct lw_candidate *one)
{
	return one->object && one->object->in_archive;
}

/* A candidate for a mark by option, unresolved if it is global; an error is
 * said (optmarks.c). */
void lw_option_candidate(struct lw_link *link,
			 const struct lw_option_mark *option,
			 struct lw_candidates *found);

/* Is FILE this object, or this member? */
bool lw_object_is(const struct lw_object *object, const char *file);

/* Options whose symbol no input defines globally may mean a local one. */
void lw_options_find_local(struct lw_link *link, struct lw_candidates *found);

/* Equal candidates become one of link.marks; then say what the global names
 * of the marks, their stubs and their aliases are (fold.c). */
void lw_fold(struct lw_link *link, struct lw_candidates *found);

#endif /* MARKS_H */
