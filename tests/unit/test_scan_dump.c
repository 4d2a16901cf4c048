// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_scan_dump - print what the scan of a link finds; for tests and people
 *
 *	test_scan_dump [--rts-var=SYM ...] [-o RTS.O] file...
 *
 * Takes a linker's command line, links nothing.  One line each, in order:
 *	object NAME [member] [lto] [property]
 *	unreadable NAME: WHY
 *	foreign NAME: WHY
 *	mark NAME KIND SIZE SYMBOL OBJECT+SECTION:VALUE [option] [local]
 *		[redirect] [stub OBJECT+SECTION:VALUE]
 *	reference OBJECT SECTION OFFSET TYPE ADDEND MARK TARGET [code] [stub]
 *		[tentative]
 *	table SIZE
 * Exit status 1 if an error was said.  -o writes rts.o to that file too.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lw.h"

static void print_objects(const struct lw_link *link)
{
	const struct lw_object *one;
	size_t i;

	for (i = 0; i < link->objects.count; i++) {
		one = link->objects.at[i];
		printf("object %s%s%s%s\n", one->name,
		       one->in_archive ? " member" : "",
		       one->is_lto ? " lto" : "",
		       one->has_property ? " property" : "");
	}
	for (i = 0; i < link->foreign.count; i++)
		printf("foreign %s: %s\n", link->foreign.at[i].name,
		       link->foreign.at[i].why);
}

static void print_spot(const struct lw_object *object, size_t section,
		       uint64_t value)
{
	if (!object)
		printf(" -");
	else if (!section)
		printf(" %s+COMMON", object->name);
	else
		printf(" %s+%s:%" PRIu64, object->name,
		       lw_section_name(object, section), value);
}

static void print_mark(const struct lw_mark *mark)
{
	static const char *const kinds[] = { "?", "VAR", "OPS", "FUNC", "?" };

	printf("mark %s %s %" PRIu64 " %s", mark->name, kinds[mark->kind],
	       mark->size, mark->symbol ? mark->symbol : "-");
	print_spot(mark->object, mark->section, mark->value);
	printf("%s%s%s", mark->by_option ? " option" : "",
	       mark->is_local ? " local" : "",
	       mark->redirect ? " redirect" : "");
	if (mark->stub_object) {
		printf(" stub");
		print_spot(mark->stub_object, mark->stub_section,
			   mark->stub_value);
	}
	putchar('\n');
}

static void print_reference(const struct lw_link *link,
			    const struct lw_reference *one)
{
	printf("reference %s %s 0x%" PRIx64 " %u %" PRId64 " %s %" PRId64
	       "%s%s%s\n",
	       one->object->name, lw_section_name(one->object, one->section),
	       one->offset, one->type, one->addend,
	       link->marks.at[one->mark].name, one->target,
	       one->in_code ? " code" : "", one->to_stub ? " stub" : "",
	       one->tentative ? " tentative" : "");
}

static void scan(struct lw_link *link)
{
	size_t i;

	lw_input_open(link);
	print_objects(link);
	if (lw_scan_marks(link) && !lw_errors())
		lw_scan_references(link);
	for (i = 0; i < link->unreadable.count; i++)
		printf("unreadable %s: %s\n", link->unreadable.at[i].name,
		       link->unreadable.at[i].why);
	for (i = 0; i < link->marks.count; i++)
		print_mark(&link->marks.at[i]);
	for (i = 0; i < link->references.count; i++)
		print_reference(link, &link->references.at[i]);
	if (link->table_size)
		printf("table %zu\n", link->table_size);
}

static void copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	int c;

	if (!in || !out)
		exit(99);
	while ((c = getc(in)) != EOF)
		putc(c, out);
	fclose(in);
	if (fclose(out))
		exit(99);
}

int main(int argc, char **argv)
{
	struct lw_link link = { 0 };
	bool emit = false;
	int i;

	for (i = 1; i < argc; i++)
		emit |= !strcmp(argv[i], "-o");
	lw_parse(argc, argv, LW_LINKER_BFD, &link.options, &link.command);
	link.ld = lw_find_ld(&link.options, "ld-wrap");
	lw_find_inputs(link.ld, &link.command);
	scan(&link);
	if (emit && link.table_size) {
		lw_temp_open(link.command.output);
		copy_file(lw_emit(&link), link.command.output);
		lw_temp_close();
	}
	fflush(stdout);
	i = lw_errors() != 0;
	lw_free_all();
	return i;
}
