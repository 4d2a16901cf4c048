// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * report-json.c - the account for programs: --rts-report=FILE.json
 *
 * What the text says, in the same order, and for bound uses their places too:
 *
 *	{ "format": 1, "output": FILE,
 *	  "marks": [ { "name", "kind", "address" (null: not linked), "size",
 *		"references": { "all", "bound", "kept", "address", "data",
 *				"dropped" },
 *		"sites": N, "bound": { TAG: N }, "reasons": { REASON: N },
 *		"uses": [ { "sites": [ { "tag", "address" } ], PLACE } ],
 *		"kept": [ { "reason", PLACE } ] } ],
 *	  "total": { "references", "sites", "bound", "reasons" },
 *	  "unexplained": N, "emitted": N,
 *	  "dropped": [ { "object", "references": N } ],
 *	  "table": { "used", "room", "sites" } }
 *
 * PLACE is "address" (of the field), "object", "section", "offset" (of the
 * field there), "function" and "function_offset" (null if it is in none), and
 * for kept uses "source" (FILE:LINE, null without debug information).
 */
#include "config.h"

#include "json.h"
#include "lwbfd.h"
#include "report.h"

static void put_counts(struct lw_json *j, const struct lw_counts *c)
{
	lw_json_enter(j, "references", '{');
	lw_json_number(j, "all", c->references);
	for (size_t i = LW_CLASS_BOUND; i < LW_CLASS_COUNT; i++)
		lw_json_number(j, lw_class_name(i), c->class[i]);
	lw_json_leave(j, '}');
	lw_json_number(j, "sites", c->sites);
	lw_json_enter(j, "bound", '{');
	for (size_t i = 0; i < RTS_TAG_COUNT; i++) {
		if (c->tag[i])
			lw_json_number(j, lw_tag_name(i), c->tag[i]);
	}
	lw_json_leave(j, '}');
	lw_json_enter(j, "reasons", '{');
	for (size_t i = 0; i < LW_REASON_COUNT; i++) {
		if (c->reason[i])
			lw_json_number(j, lw_reason_name(i), c->reason[i]);
	}
	lw_json_leave(j, '}');
}

static void put_place(struct lw_json *j, const struct lw_reference *one)
{
	lw_json_address(j, "address", one->place);
	if (one->instruction)
		lw_json_address(j, "instruction", one->instruction);
	else
		lw_json_text(j, "instruction", NULL);
	lw_json_text(j, "object", one->object->name);
	lw_json_text(j, "section", lw_section_name(one->object, one->section));
	lw_json_address(j, "offset", one->offset);
	lw_json_text(j, "function", one->function);
	if (one->function)
		lw_json_address(j, "function_offset", one->function_offset);
	else
		lw_json_text(j, "function_offset", NULL);
}

/* The sites of a use follow each other. */
static void put_use(struct lw_json *j, const struct lw_link *link, size_t index)
{
	const struct lw_reference *one = &link->references.at[index];

	lw_json_enter(j, NULL, '{');
	lw_json_enter(j, "sites", '[');
	for (size_t i = one->site; i < link->sites.count &&
	     link->sites.at[i].reference == index; i++) {
		const struct lw_site *site = &link->sites.at[i];

		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "tag",
			     lw_tag_name(link->forms.at[site->form].tag));
		lw_json_address(j, "address", site->address);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
	put_place(j, one);
	lw_json_leave(j, '}');
}

static void put_kept(struct lw_json *j, const struct lw_reference *one)
{
	lw_json_enter(j, NULL, '{');
	lw_json_text(j, "reason", lw_reason_name(one->reason));
	put_place(j, one);
	lw_json_text(j, "source",
		     lw_source_line(one->object, one->section, one->offset));
	lw_json_leave(j, '}');
}

static void put_uses(struct lw_json *j, const struct lw_link *link, size_t mark)
{
	lw_json_enter(j, "uses", '[');
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->mark == mark && one->class == LW_CLASS_BOUND)
			put_use(j, link, i);
	}
	lw_json_leave(j, ']');
	lw_json_enter(j, "kept", '[');
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->mark == mark && one->class == LW_CLASS_KEPT)
			put_kept(j, one);
	}
	lw_json_leave(j, ']');
}

static void put_mark(struct lw_json *j, const struct lw_link *link,
		     size_t index)
{
	const struct lw_mark *mark = &link->marks.at[index];
	struct lw_counts c;

	lw_count(link, index, &c);
	lw_json_enter(j, NULL, '{');
	lw_json_text(j, "name", mark->name);
	lw_json_text(j, "kind", lw_kind_name(mark->kind));
	if (mark->address)
		lw_json_address(j, "address", mark->address);
	else
		lw_json_text(j, "address", NULL);
	lw_json_number(j, "size", mark->size);
	put_counts(j, &c);
	put_uses(j, link, index);
	lw_json_leave(j, '}');
}

static void put_dropped(struct lw_json *j, const struct lw_link *link)
{
	size_t n, next;

	lw_json_enter(j, "dropped", '[');
	for (size_t i = 0; i < link->references.count; i = next) {
		n = lw_count_dropped(link, i, &next);
		if (!n)
			continue;
		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "object", link->references.at[i].object->name);
		lw_json_number(j, "references", n);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

static void put_totals(struct lw_json *j, const struct lw_link *link)
{
	struct lw_counts c;

	lw_count(link, LW_ALL_MARKS, &c);
	lw_json_enter(j, "total", '{');
	put_counts(j, &c);
	lw_json_leave(j, '}');
	lw_json_number(j, "unexplained", link->witness_unexplained);
	lw_json_number(j, "emitted", link->witness_emitted);
	put_dropped(j, link);
	lw_json_enter(j, "table", '{');
	lw_json_number(j, "used", link->table_used);
	lw_json_number(j, "room", link->image.table_room);
	lw_json_number(j, "sites", link->sites.count);
	lw_json_leave(j, '}');
}

void lw_report_json(const struct lw_link *link, FILE *to)
{
	struct lw_json j = { .to = to };

	lw_json_enter(&j, NULL, '{');
	lw_json_number(&j, "format", 1);
	lw_json_text(&j, "output", link->command.output);
	lw_json_enter(&j, "marks", '[');
	for (size_t i = 0; i < link->marks.count; i++)
		put_mark(&j, link, i);
	lw_json_leave(&j, ']');
	put_totals(&j, link);
	lw_json_leave(&j, '}');
}
