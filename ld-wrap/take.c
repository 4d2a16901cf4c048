// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * take.c - what each option says of the link
 *
 * Most say nothing of which files are linked and what comes out, and are in
 * ldopts.def only for the words that are their arguments.  Where linkers
 * differ over one option the difference is here.
 */
#include "config.h"

#include <string.h>

#include "argv.h"

void lw_pass(struct lw_command *command, const char *why)
{
	if (!command->pass)
		command->pass = why;
}

void lw_pass_unsure(struct lw_command *command, const char *why)
{
	command->unsure |= !command->pass;
	lw_pass(command, why);
}

bool lw_is_native(enum lw_linker linker, const char *format)
{
	if (linker != LW_LINKER_BFD && !strncmp(format, "elf", 3))
		return true;
	return !strcmp(format, "elf64-x86-64") ||
	       !strcmp(format, "elf32-i386") || !strcmp(format, "default");
}

static struct lw_input *add_input(struct lw_command *command)
{
	struct lw_input *input = LW_PUSH(&command->inputs);

	input->is_static = command->is_static;
	return input;
}

static void take_file(struct lw_reader *r, const char *path)
{
	r->has_file = true;
	/* Under an open -b binary it is data, whatever it looks like. */
	if (!r->command->format)
		add_input(r->command)->path = path;
}

static void take_static(struct lw_command *command, const char *argument)
{
	if (!strcmp(argument, "archive"))
		command->is_static = true;
	else if (!strcmp(argument, "shared") || !strcmp(argument, "default"))
		command->is_static = false;
}

/* To GNU ld the kind of output is one thing, and the last word on it counts.
 * To the others -shared stands, whatever follows. */
static void take_type(struct lw_reader *r, enum lw_ld_action action)
{
	struct lw_command *command = r->command;

	command->pie = action == LW_LD_PIE;
	if (r->reading.linker == LW_LINKER_BFD) {
		command->shared = false;
		command->relocatable &= action != LW_LD_NO_PIE;
	}
	command->shared |= action == LW_LD_SHARED;
}

static void pop_state(struct lw_reader *r)
{
	if (!r->pushed.count)
		return;
	r->command->is_static = r->pushed.at[--r->pushed.count];
	if (r->reading.linker == LW_LINKER_GOLD)
		r->command->format = r->formats.at[r->pushed.count];
	r->formats.count = r->pushed.count;
}

/* Where -l is to look, and for what. */
static void take_search(struct lw_reader *r, enum lw_ld_action action,
			const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case LW_LD_A_LIBS:
		take_static(command, arg);
		break;
	case LW_LD_DYNAMIC_LIBS:
		command->is_static = false;
		break;
	case LW_LD_STATIC_LIBS:
		command->is_static = true;
		break;
	case LW_LD_STATIC:
	case LW_LD_MAGIC:
		/* To gold both say all; to mold -N says how to begin. */
		if (r->reading.linker == LW_LINKER_BFD ||
		    r->reading.linker == LW_LINKER_LLD ||
		    (r->reading.linker == LW_LINKER_MOLD &&
		     action == LW_LD_STATIC))
			command->is_static = true;
		break;
	case LW_LD_LIBDIR:
		*LW_PUSH(&command->dirs) = arg;
		break;
	case LW_LD_DEFAULT_DIRS:
		command->default_dirs = strncmp(arg, "P,", 2) ? arg : arg + 2;
		break;
	case LW_LD_NOSTDLIB:
		command->nostdlib = true;
		break;
	case LW_LD_SYSROOT:
		command->sysroot = arg;
		break;
	default:
		break;
	}
}

/* Options that name inputs, or say how to take those behind them. */
static void take_input(struct lw_reader *r, enum lw_ld_action action,
		       const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case LW_LD_LIBRARY:
		if (!command->format)
			add_input(command)->library = arg;
		break;
	case LW_LD_SCRIPT:
		add_input(command)->script = arg;
		break;
	case LW_LD_FORMAT:
		command->format = lw_is_native(r->reading.linker, arg) ? NULL :
			arg;
		break;
	case LW_LD_PUSH_STATE:
		*LW_PUSH(&r->pushed) = command->is_static;
		*LW_PUSH(&r->formats) = command->format;
		break;
	case LW_LD_POP_STATE:
		pop_state(r);
		break;
	case LW_LD_START_LIB:
	case LW_LD_END_LIB:
		/* gold refuses an open one, and shall. */
		command->lib_open = action == LW_LD_START_LIB &&
			r->reading.linker != LW_LINKER_GOLD;
		break;
	default:
		take_search(r, action, arg);
		break;
	}
}

/* Its results are no linked file, or not all of one. */
static bool ends_before_link(const char *option)
{
	static const char index_only[] = "thinlto-index-only";

	return !strcmp(option, "emit-asm") || !strcmp(option, "emit-llvm") ||
		!strncmp(option, index_only, sizeof(index_only) - 1);
}

static void take_plugin_option(struct lw_reader *r, const char *arg)
{
	static const char obj_path[] = "obj-path=";

	if (!strncmp(arg, obj_path, sizeof(obj_path) - 1))
		r->command->obj_path = arg + sizeof(obj_path) - 1;
	if (ends_before_link(arg))
		lw_pass_unsure(r->command,
			       "an LTO compiler that ends before the link");
}

/* Where the linker's compiler is, and where it is to leave its objects. */
static void take_lto(struct lw_reader *r, enum lw_ld_action action,
		     const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case LW_LD_FAT_LTO:
	case LW_LD_NO_FAT_LTO:
		command->fat_lto = action == LW_LD_FAT_LTO;
		break;
	case LW_LD_OBJ_PATH:
		command->obj_path = arg;
		break;
	case LW_LD_PLUGIN_OPT:
		take_plugin_option(r, arg);
		break;
	case LW_LD_PLUGIN:
		command->plugin = arg;
		command->plugins++;
		r->plugin = r->reading.at - 1;
		break;
	default:
		take_input(r, action, arg);
		break;
	}
}

/* What others ask about: how the output is to be made. */
static void take_note(struct lw_reader *r, enum lw_ld_action action,
		      const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case LW_LD_BUILD_ID:
		command->build_id = arg ? arg : "";
		break;
	case LW_LD_NO_BUILD_ID:
		command->build_id = "none";
		break;
	case LW_LD_ORPHANS:
		command->orphans_fail = !strcmp(arg, "error");
		break;
	case LW_LD_DEFSYM:
		*LW_PUSH(&command->defsyms) = arg;
		break;
	case LW_LD_WRAP:
		*LW_PUSH(&command->wraps) = arg;
		break;
	case LW_LD_DEPENDENCIES:
		command->dependency_file = arg;
		break;
	case LW_LD_EMIT_RELOCS:
		command->emit_relocs = true;
		break;
	case LW_LD_GC:
	case LW_LD_NO_GC:
		command->gc_sections = action == LW_LD_GC;
		break;
	case LW_LD_ICF:
	case LW_LD_NO_ICF:
		command->icf = action == LW_LD_ICF ? arg : "none";
		break;
	case LW_LD_MAP:
	case LW_LD_PRINT_MAP:
		command->map = action == LW_LD_MAP ? arg : "-";
		break;
	case LW_LD_SAVE_TEMPS:
		command->save_temps = true;
		break;
	case LW_LD_STRIP_ALL:
		command->strip_all = true;
		break;
	default:
		take_lto(r, action, arg);
		break;
	}
}

/* A version: gold takes -version, with one dash, for -v, and goes on. */
static void take_version(struct lw_reader *r, const struct lw_token *token)
{
	if (r->reading.linker == LW_LINKER_GOLD && token->word[1] == 'v')
		return;
	lw_pass(r->command, "prints and ends");
}

/* -v goes on if there are inputs.  But in gold it must begin its word, and
 * lld 14 takes -V for --version, lld 19 for -v. */
static void say_version(struct lw_reader *r, const char *word)
{
	if (r->reading.linker == LW_LINKER_GOLD && word[1] != 'v' &&
	    word[1] != 'V')
		lw_pass(r->command, "prints and ends");
	if (r->reading.linker == LW_LINKER_LLD && word[1] == 'V')
		lw_pass_unsure(r->command, "-V, which may end it");
	r->says_version = true;
}

/* Options that say what comes out, if anything. */
static void take_option(struct lw_reader *r, const struct lw_token *token)
{
	struct lw_command *command = r->command;
	const char *arg = token->argument;

	switch (token->action) {
	case LW_LD_OUTPUT:
		command->output = arg;
		break;
	case LW_LD_RELOCATABLE:
		command->relocatable = true;
		break;
	case LW_LD_PROBE:
		lw_pass(command, "prints and ends");
		break;
	case LW_LD_VERSION:
		take_version(r, token);
		break;
	case LW_LD_SAY_VERSION:
		say_version(r, token->word);
		break;
	case LW_LD_MRI:
		lw_pass_unsure(command, "-c, an MRI script");
		break;
	case LW_LD_UNSURE:
		lw_pass_unsure(command,
			       "an option that ld-wrap does not follow");
		break;
	case LW_LD_OFORMAT:
		command->oformat = arg;
		break;
	case LW_LD_EMULATION:
		command->emulation = arg;
		break;
	case LW_LD_G:
		if (r->reading.linker == LW_LINKER_GOLD)
			take_type(r, LW_LD_SHARED);
		break;
	case LW_LD_SHARED:
	case LW_LD_PIE:
	case LW_LD_NO_PIE:
		take_type(r, token->action);
		break;
	default:
		take_note(r, token->action, arg);
		break;
	}
}

void lw_take_token(struct lw_reader *r, const struct lw_token *token,
		   size_t at)
{
	switch (token->kind) {
	case LW_TOKEN_FILE:
		take_file(r, token->argument);
		break;
	case LW_TOKEN_OPTION:
		take_option(r, token);
		break;
	case LW_TOKEN_MISSING:
		lw_pass(r->command, "an argument is missing");
		break;
	case LW_TOKEN_UNKNOWN:
		if (!r->command->unknown)
			r->command->unknown = token->word;
		break;
	case LW_TOKEN_END:
		r->end = at;
		break;
	}
}
