// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * report.c - the account, for people and scripts: --rts-report=FILE
 *
 * One fact a line, words separated by one blank, numbers in decimal and
 * addresses in hexadecimal; lines about a mark follow its `mark' line.
 *
 *	ld-wrap-report 1 OUTPUT
 *	mark NAME KIND 0xADDRESS size N		(`absent' for the address if
 *						the mark is not linked)
 *	 references N bound N kept N address N data N dropped N
 *	 sites N				of its bound references: one
 *						can have several
 *	 bound TAG N				sites, one a tag that occurs
 *	 kept REASON N				one a reason that occurs
 *	 kept REASON 0xADDRESS PLACE		one a kept reference
 *	total references N bound N kept N address N data N dropped N
 *	unexplained N				uses without a relocation
 *	emitted N				relocations that the linker
 *						emitted and that agree
 *	dropped N OBJECT			references of an object
 *	table used N room N sites N
 *
 * A FILE that ends in .json gets the same as JSON (report-json.c).
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report.h"

const char *lw_class_name(enum lw_class class)
{
	static const char *const names[LW_CLASS_COUNT] = {
		[LW_CLASS_BOUND] = "bound", [LW_CLASS_KEPT] = "kept",
		[LW_CLASS_ADDRESS] = "address", [LW_CLASS_DATA] = "data",
		[LW_CLASS_DROPPED] = "dropped",
	};

	return names[class];
}

const char *lw_kind_name(enum rts_kind kind)
{
	static const char *const names[] = {
		[RTS_KIND_VAR] = "var", [RTS_KIND_OPS] = "ops",
		[RTS_KIND_FUNC] = "func",
	};

	return names[kind];
}

const char *lw_tag_name(unsigned tag)
{
	static const char *const names[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
	};

	return names[tag];
}

/* ---- counting ------------------------------------------------------------- */

void lw_count(const struct lw_link *link, size_t mark, struct lw_counts *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (mark != LW_ALL_MARKS && one->mark != mark)
			continue;
		c->references++;
		c->class[one->class]++;
		if (one->class == LW_CLASS_KEPT)
			c->reason[one->reason]++;
	}
	for (size_t i = 0; i < link->sites.count; i++) {
		const struct lw_site *site = &link->sites.at[i];

		if (mark != LW_ALL_MARKS && site->mark != mark)
			continue;
		c->sites++;
		c->tag[link->forms.at[site->form].tag]++;
	}
}

size_t lw_count_dropped(const struct lw_link *link, size_t i, size_t *next)
{
	const struct lw_object *object = link->references.at[i].object;
	size_t n = 0;

	for (; i < link->references.count &&
	     link->references.at[i].object == object; i++)
		n += link->references.at[i].class == LW_CLASS_DROPPED;
	*next = i;
	return n;
}

/* ---- the text ------------------------------------------------------------- */

static void put_classes(FILE *to, const struct lw_counts *c)
{
	fprintf(to, "references %zu", c->references);
	for (size_t i = LW_CLASS_BOUND; i < LW_CLASS_COUNT; i++)
		fprintf(to, " %s %zu", lw_class_name(i), c->class[i]);
	fputc('\n', to);
}

static void put_kept(const struct lw_link *link, FILE *to, size_t mark,
		     enum lw_reason reason)
{
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->mark == mark && one->class == LW_CLASS_KEPT &&
		    one->reason == reason)
			fprintf(to, " kept %s 0x%" PRIx64 " %s\n",
				lw_reason_name(reason), one->place,
				lw_reference_place(one));
	}
}

static void put_mark(const struct lw_link *link, FILE *to, size_t index)
{
	const struct lw_mark *mark = &link->marks.at[index];
	struct lw_counts c;

	lw_count(link, index, &c);
	fprintf(to, "mark %s %s ", mark->name, lw_kind_name(mark->kind));
	if (mark->address)
		fprintf(to, "0x%" PRIx64, mark->address);
	else
		fputs("absent", to);
	fprintf(to, " size %" PRIu64 "\n ", mark->size);
	put_classes(to, &c);
	fprintf(to, " sites %zu\n", c.sites);
	for (size_t i = 0; i < RTS_TAG_COUNT; i++) {
		if (c.tag[i])
			fprintf(to, " bound %s %zu\n", lw_tag_name(i), c.tag[i]);
	}
	for (size_t i = 0; i < LW_REASON_COUNT; i++) {
		if (!c.reason[i])
			continue;
		fprintf(to, " kept %s %zu\n", lw_reason_name(i), c.reason[i]);
		put_kept(link, to, index, i);
	}
}

static void put_dropped(const struct lw_link *link, FILE *to)
{
	size_t n, next;

	for (size_t i = 0; i < link->references.count; i = next) {
		n = lw_count_dropped(link, i, &next);
		if (n)
			fprintf(to, "dropped %zu %s\n", n,
				link->references.at[i].object->name);
	}
}

void lw_report_text(const struct lw_link *link, FILE *to)
{
	struct lw_counts c;

	fprintf(to, "ld-wrap-report 1 %s\n", link->command.output);
	for (size_t i = 0; i < link->marks.count; i++)
		put_mark(link, to, i);
	lw_count(link, LW_ALL_MARKS, &c);
	fputs("total ", to);
	put_classes(to, &c);
	fprintf(to, "unexplained %zu\n", link->witness_unexplained);
	fprintf(to, "emitted %zu\n", link->witness_emitted);
	put_dropped(link, to);
	fprintf(to, "table used %zu room %" PRIu64 " sites %zu\n",
		link->table_used, link->image.table_room, link->sites.count);
}

/* ---- the file ------------------------------------------------------------- */

static void write_report(const struct lw_link *link, const char *path,
			 void (*put)(const struct lw_link *, FILE *))
{
	FILE *to;
	int error;

	if (!path)
		return;
	to = fopen(path, "we");
	if (!to) {
		lw_say(LW_REPORT, "%s: %s", path, strerror(errno));
		return;
	}
	put(link, to);
	error = ferror(to) ? EIO : 0;
	if (fclose(to))
		error = errno;
	if (error)
		lw_say(LW_REPORT, "%s: %s", path, strerror(error));
}

void lw_report(const struct lw_link *link)
{
	write_report(link, link->options.report, lw_report_text);
	write_report(link, link->options.report_json, lw_report_json);
}
