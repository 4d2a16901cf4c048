/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * json.h - write JSON, one value after the other
 *
 *	struct lw_json j = { .to = stdout };
 *
 *	lw_json_enter(&j, NULL, '{');
 *	lw_json_text(&j, "name", name);
 *	lw_json_leave(&j, '}');
 *
 * A name is NULL in an array.  Addresses and contents are strings with 0x:
 * many readers of JSON keep numbers as doubles, which cannot hold 64 bits.
 */
#ifndef LW_JSON_H
#define LW_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define LW_JSON_DEPTH	8

/* Where commas go: one level is a state of its own. */
struct lw_json {
	FILE *to;
	unsigned depth;
	bool more[LW_JSON_DEPTH];	/* something stands at this level */
};

void lw_json_enter(struct lw_json *, const char *name, char bracket);
/* At the outermost level, also the end of the line. */
void lw_json_leave(struct lw_json *, char bracket);
/* NULL is null. */
void lw_json_text(struct lw_json *, const char *name, const char *value);
void lw_json_number(struct lw_json *, const char *name, uint64_t value);
void lw_json_address(struct lw_json *, const char *name, uint64_t value);
void lw_json_truth(struct lw_json *, const char *name, bool value);

#endif /* LW_JSON_H */
