// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main.c - the table of contents: one call per stage, in order
 */
#include "config.h"

#include <string.h>

#include "argv.h"
#include "input.h"
#include "lto.h"
#include "lw.h"

/* A script that discards rts.o's sections, or with --orphan-handling=error has
 * no place for them, fails the link: of that the linker gives no cure. */
static void say_if_no_place(const struct lw_command *command)
{
	bool placed = !command->orphans_fail;
	char *text;

	for (size_t i = 0; i < command->inputs.count; i++) {
		const struct lw_input *input = &command->inputs.at[i];

		text = input->script && input->path ?
			lw_read_text(input->path) : NULL;
		if (text && lw_script_discards(text, ".rts.tab"))
			lw_say(LW_NO_TABLE, "%s: discards section .rts.tab",
			       input->path);
		placed |= text && strstr(text, ".rts.");
	}
	if (!placed)
		lw_say(LW_NO_TABLE, "%s: --orphan-handling=error, and the "
		       "linker script has no place for the sections .rts.tab, "
		       "in read-only data, and .rts.mark, at address 0 behind "
		       "all that is loaded", command->output);
}

/* GNU ld does not know what to write into a record if only a shared object
 * defines the symbol and the program has no copy of it. */
static void say_undefined(const struct lw_link *link,
			  const struct lw_mark *mark)
{
	const char *shared = mark->symbol ?
		lw_shared_with(link, mark->symbol) : NULL;

	if (shared)
		lw_say(LW_MARK_IN_DSO, "%s: `%s' is marked, but only %s "
		       "defines it", mark->where, mark->name, shared);
	else
		lw_say(LW_UNDEFINED_MARK,
		       "%s: `%s' is marked but defined nowhere", mark->where,
		       mark->name);
}

/* What GNU ld calls an undefined reference may be ours. */
static _Noreturn void linker_failed(const struct lw_link *link, int status)
{
	const struct lw_mark *mark;
	size_t i;

	for (i = 0; !lw_lto_is_blind(link) && i < link->marks.count; i++) {
		mark = &link->marks.at[i];
		if (!mark->object && !mark->by_option)
			say_undefined(link, mark);
	}
	say_if_no_place(&link->command);
	lw_place_failed(link, status);
}

/* Nothing of a first link is true of a second. */
static void forget_link(struct lw_link *link)
{
	struct lw_reference *reference;
	size_t i;

	memset(&link->image, 0, sizeof(link->image));
	link->forms.count = 0;
	link->sites.count = 0;
	for (i = 0; i < link->references.count; i++) {
		reference = &link->references.at[i];
		reference->place = reference->folded = 0;
		reference->class = LW_CLASS_NONE;
		reference->reason = LW_KEPT_NONE;
	}
}

/* rts.o, and the real linker.  Returns rts.o's path. */
static char *run_linker(struct lw_link *link)
{
	char *rts_o = lw_emit(link);
	int status;

	lw_stop_on_errors();
	if (link->lto)
		lw_lto_before(link);
	status = lw_run_ld(link->ld, &link->options, &link->command,
			   link->linked, rts_o);
	if (status)
		linker_failed(link, status);
	lw_place_open(link);
	lw_mend_dependencies(&link->command);
	return rts_o;
}

/* The real linker, and with LTO the objects that it made. */
static void run_linker_lto(struct lw_link *link)
{
	for (int run = 0; run < 3; run++) {
		bool again = lw_lto_after(link, run_linker(link));

		if (!link->marks.count) {
			lw_temp_close();
			lw_pass_through(link->ld, &link->options,
					lw_lto_plain(link));
		}
		if (!again)
			return;
	}
	lw_die(LW_EXIT_REFUSED, LW_LTO_INPUT, "%s: LTO gives other symbols each "
	       "time", link->command.output);
}

/* All of it, and what became of our references. */
static void link_once(struct lw_link *link)
{
	if (link->lto)
		run_linker_lto(link);
	else
		run_linker(link);
	forget_link(link);
	lw_image_read(&link->image, link->linked);
	lw_locate(link);
	lw_account(link);
	if (lw_errors())
		lw_report(link);
	lw_stop_on_errors();
}

static void link_marked(struct lw_link *link)
{
	lw_scan_references(link);
	lw_refuse_output_as_input(&link->command);
	lw_stop_on_errors();

	lw_place_begin(link);
	link_once(link);
	if (!lw_table_build(link)) {
		link_once(link);
		if (!lw_table_build(link))
			lw_say(LW_TABLE_SPACE, "%s: .rts.tab needs %zu bytes",
			       link->command.output, link->table_used);
	}
	lw_warn_stores(link);
	lw_warn_got(link);
	lw_report(link);
	lw_stop_on_errors();
	lw_fill(link);
	lw_stop_on_errors();
	lw_verify(link);
	lw_stop_on_errors();
	lw_place_end(link);
}

int main(int argc, char **argv)
{
	enum lw_linker linker = LW_LINKER_BFD;
	struct lw_link link = { 0 };
	bool marked;

	lw_own_options(argc, argv, &link.options);
	lw_stop_on_errors();
	lw_print_and_exit(&link.options);
	link.ld = lw_find_ld(&link.options, argv[0]);
	if (!lw_is_probe(argc, argv))
		linker = lw_which_linker(link.ld);
	lw_parse(argc, argv, linker, &link.options, &link.command);
	lw_stop_on_errors();
	lw_say_passed(&link.options, &link.command);
	if (link.command.pass)
		lw_pass_through(link.ld, &link.options, &link.command);

	lw_find_inputs(link.ld, &link.command);
	lw_input_open(&link);
	lw_lto_open(&link);
	if (link.lto && link.command.relocatable)
		lw_die(LW_EXIT_REFUSED, LW_LTO_INPUT, "%s: a table for module "
		       "loaders cannot be made of LTO code",
		       link.command.output);
	marked = lw_scan_marks(&link);
	lw_stop_on_errors();
	if (!marked && !link.lto)
		lw_pass_through(link.ld, &link.options, &link.command);
	if (link.command.relocatable && link.machine != EM_X86_64) {
		lw_say(LW_UNSUPPORTED_OUTPUT, "%s: tables for module loaders "
		       "are for x86-64 only", link.command.output);
		lw_pass_through(link.ld, &link.options, &link.command);
	}
	if (link.command.relocatable)
		lw_link_module(&link);
	else
		link_marked(&link);
	lw_free_all();
	return 0;
}
