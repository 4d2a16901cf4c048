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
 *	 bound TAG N				one a tag that occurs
 *	 kept REASON N				one a reason that occurs
 *	 kept REASON 0xADDRESS PLACE		one a kept reference
 *	total references N bound N kept N address N data N dropped N
 *	unexplained N				uses without a relocation
 *	emitted N				relocations that the linker
 *						emitted and that agree
 *	dropped N OBJECT			references of an object
 *	table used N room N sites N
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report.h"

static const char *const class_names[LW_CLASS_COUNT] = {
	[LW_CLASS_BOUND] = "bound", [LW_CLASS_KEPT] = "kept",
	[LW_CLASS_ADDRESS] = "address", [LW_CLASS_DATA] = "data",
	[LW_CLASS_DROPPED] = "dropped",
};

static const char *const kind_names[] = {
	[RTS_KIND_VAR] = "var", [RTS_KIND_OPS] = "ops",
	[RTS_KIND_FUNC] = "func",
};

static const char *const tag_names[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
};

/* What is counted, for a mark or for all. */
struct counts {
	size_t references;
	size_t class[LW_CLASS_COUNT];
	size_t tag[RTS_TAG_COUNT];
	size_t reason[LW_REASON_COUNT];
};

static void count(const struct lw_link *link, const struct lw_reference *one,
		  struct counts *c)
{
	c->references++;
	c->class[one->class]++;
	if (one->class == LW_CLASS_KEPT)
		c->reason[one->reason]++;
	if (one->class == LW_CLASS_BOUND) {
		size_t form = link->sites.at[one->site].form;

		c->tag[link->forms.at[form].tag]++;
	}
}

static void put_classes(FILE *to, const struct counts *c)
{
	fprintf(to, "references %zu", c->references);
	for (size_t i = LW_CLASS_BOUND; i < LW_CLASS_COUNT; i++)
		fprintf(to, " %s %zu", class_names[i], c->class[i]);
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
	struct counts c = { 0 };

	for (size_t i = 0; i < link->references.count; i++) {
		if (link->references.at[i].mark == index)
			count(link, &link->references.at[i], &c);
	}
	fprintf(to, "mark %s %s ", mark->name, kind_names[mark->kind]);
	if (mark->address)
		fprintf(to, "0x%" PRIx64, mark->address);
	else
		fputs("absent", to);
	fprintf(to, " size %" PRIu64 "\n ", mark->size);
	put_classes(to, &c);
	for (size_t i = 0; i < RTS_TAG_COUNT; i++) {
		if (c.tag[i])
			fprintf(to, " bound %s %zu\n", tag_names[i], c.tag[i]);
	}
	for (size_t i = 0; i < LW_REASON_COUNT; i++) {
		if (!c.reason[i])
			continue;
		fprintf(to, " kept %s %zu\n", lw_reason_name(i), c.reason[i]);
		put_kept(link, to, index, i);
	}
}

/* References are sorted by object. */
static void put_dropped(const struct lw_link *link, FILE *to)
{
	size_t n = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];
		bool last = i + 1 == link->references.count ||
			    one[1].object != one->object;

		n += one->class == LW_CLASS_DROPPED;
		if (!last)
			continue;
		if (n)
			fprintf(to, "dropped %zu %s\n", n, one->object->name);
		n = 0;
	}
}

static void put_all(const struct lw_link *link, FILE *to)
{
	struct counts c = { 0 };

	fprintf(to, "ld-wrap-report 1 %s\n", link->command.output);
	for (size_t i = 0; i < link->marks.count; i++)
		put_mark(link, to, i);
	for (size_t i = 0; i < link->references.count; i++)
		count(link, &link->references.at[i], &c);
	fputs("total ", to);
	put_classes(to, &c);
	fprintf(to, "unexplained %zu\n", link->witness_unexplained);
	fprintf(to, "emitted %zu\n", link->witness_emitted);
	put_dropped(link, to);
	fprintf(to, "table used %zu room %" PRIu64 " sites %zu\n",
		link->table_used, link->image.table_room, link->sites.count);
}

void lw_report(const struct lw_link *link)
{
	const char *path = link->options.report;
	FILE *to;
	int error;

	if (!path)
		return;
	to = fopen(path, "we");
	if (!to) {
		lw_say(LW_REPORT, "%s: %s", path, strerror(errno));
		return;
	}
	put_all(link, to);
	error = ferror(to) ? EIO : 0;
	if (fclose(to))
		error = errno;
	if (error)
		lw_say(LW_REPORT, "%s: %s", path, strerror(error));
}
