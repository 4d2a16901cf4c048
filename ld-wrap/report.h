/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h - the account in words: what its writers share
 *
 *	account.c	reasons and places
 *	report.c	what is counted; the text
 *	report-json.c	the same as JSON
 */
#ifndef REPORT_H
#define REPORT_H

#include "lw.h"

const char *lw_reason_name(enum lw_reason reason);

/* FILE:(SECTION+OFFSET): in function `NAME'+OFFSET */
char *lw_reference_place(const struct lw_reference *reference);
/* FILE:LINE: in function `NAME', if the input knows lines; else the same. */
const char *lw_reference_line(const struct lw_reference *reference);

/* What is counted, for a mark or for all.  Classes and reasons count uses,
 * tags count sites: a use may have several. */
struct lw_counts {
	size_t references, sites;
	size_t class[LW_CLASS_COUNT];
	size_t tag[RTS_TAG_COUNT];
	size_t reason[LW_REASON_COUNT];
};

#define LW_ALL_MARKS	SIZE_MAX

void lw_count(const struct lw_link *, size_t mark, struct lw_counts *);

/* "bound", "var", "call-slot" */
const char *lw_class_name(enum lw_class class);
const char *lw_kind_name(enum rts_kind kind);
const char *lw_tag_name(unsigned tag);

/* How many references of the object that reference i is of were dropped, and
 * in *next the first reference of the next object: they are sorted. */
size_t lw_count_dropped(const struct lw_link *, size_t i, size_t *next);

void lw_report_text(const struct lw_link *, FILE *to);
void lw_report_json(const struct lw_link *, FILE *to);

#endif /* REPORT_H */
