// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * argv.c - what the command line asks of the linker
 *
 * The real linker gets its words as they were; this is a second reading of
 * them, to learn what will be linked.  Where it is wrong, a file goes
 * unnoticed or a link is passed through: nothing else is linked than asked.
 * It reads as GNU ld does: getopt_long_only() of the same libc, with the same
 * options (ldopts.def), since any unique prefix of an option is an option.
 */
#include "config.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "argv.h"

enum action {
	NONE,
	A_LIBS, BUILD_ID, DEFAULT_DIRS, DEFSYM, DEPENDENCIES, DYNAMIC_LIBS,
	EMIT_RELOCS, EMULATION, FAT_LTO, FORMAT, GC, JUST_SYMS, LIBDIR,
	LIBRARY, MAP, MRI, NOSTDLIB, NO_FAT_LTO, NO_GC, NO_PIE,
	OBJ_PATH, OFORMAT, OUTPUT, PIE, PLUGIN, PLUGIN_OPT, POP_STATE, PRINT_MAP, PROBE,
	PUSH_STATE, RELOCATABLE, SCRIPT, SHARED, STATIC_LIBS, STRIP_ALL, SYSROOT,
	WRAP,
	ACTION_COUNT
};

/* What getopt returns for a long option: above any letter. */
#define LONG_BASE 256

enum { no = no_argument, yes = required_argument, maybe = optional_argument };

/* A number for each option without an action: getopt takes two candidates
 * for a prefix as one if they have the same, as -pie and -pic-executable. */
#define VALUE(action) \
	(LONG_BASE + ((action) ? (int)(action) : ACTION_COUNT + __LINE__))

#define LONG_any(...) { __VA_ARGS__ },
#define LONG_two(...)
static const struct option any_dashes[] = {
#define LD_SHORT(letter, argument, action)
#define LD_LONG(name, argument, dashes, action) \
	LONG_##dashes(name, argument, NULL, VALUE(action))
#include "ldopts.def"
	{ NULL, 0, NULL, 0 }
};
#undef LONG_any
#undef LONG_two
#define LONG_any(...)
#define LONG_two(...) { __VA_ARGS__ },
static const struct option two_dashes[] = {
#include "ldopts.def"
	{ NULL, 0, NULL, 0 }
};
#undef LD_SHORT
#undef LD_LONG

static const struct {
	char letter;
	int argument;
	enum action action;
} letters[] = {
#define LD_SHORT(letter, argument, action) { letter, argument, action },
#define LD_LONG(name, argument, dashes, action)
#include "ldopts.def"
#undef LD_SHORT
#undef LD_LONG
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

/* The state of one reading. */
struct reader {
	struct lw_options *options;
	struct lw_command *command;
	struct lw_words words;
	int argc;			/* words, as getopt wants them */
	char **argv;			/* argv[i] is words.list.at[i - 1] */
	bool *ours;			/* which of them are not the linker's */
	int end;			/* the `--', or argc */
	int plugin;			/* the word that ends in -plugin's */
	LW_ARRAY(bool) pushed;		/* --push-state: is_static */
};

/* "-:" words in order, and ':' for a missing argument; then ld's letters. */
static const char *short_options(void)
{
	static char s[2 * LETTERS + 3];
	size_t i, n = 0;

	s[n++] = '-';
	s[n++] = ':';
	for (i = 0; i < LETTERS; i++) {
		s[n++] = letters[i].letter;
		if (letters[i].argument == yes)
			s[n++] = ':';
	}
	s[n] = '\0';
	return s;
}

static enum action action_of(int value)
{
	size_t i;

	if (value >= LONG_BASE)
		return value < LONG_BASE + ACTION_COUNT ?
			(enum action)(value - LONG_BASE) : NONE;
	for (i = 0; i < LETTERS; i++) {
		if (letters[i].letter == value)
			return letters[i].action;
	}
	return NONE;
}

/* Say once why the real linker gets this command as it is. */
static void pass(struct lw_command *command, const char *why)
{
	if (!command->pass)
		command->pass = why;
}

/* Formats that hold our kind of object, or are guessed from the file. */
static bool is_native(const char *format)
{
	return !strcmp(format, "elf64-x86-64") ||
	       !strcmp(format, "elf32-i386") || !strcmp(format, "default");
}

static struct lw_input *add_input(struct lw_command *command)
{
	struct lw_input *input = LW_PUSH(&command->inputs);

	input->is_static = command->is_static;
	return input;
}

static void take_file(struct lw_command *command, const char *path)
{
	/* Under an open -b binary it is data, whatever it looks like. */
	if (!command->format)
		add_input(command)->path = path;
}

static void take_static(struct lw_command *command, const char *argument)
{
	if (!strcmp(argument, "archive"))
		command->is_static = true;
	else if (!strcmp(argument, "shared") || !strcmp(argument, "default"))
		command->is_static = false;
}

static void set_type(struct lw_command *command, bool pie, bool shared)
{
	command->pie = pie;
	command->shared = shared;
}

/* Options that decide which files are read. */
static void take_search(struct reader *r, enum action action, const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case A_LIBS:
		take_static(command, arg);
		break;
	case DYNAMIC_LIBS:
	case STATIC_LIBS:
		command->is_static = action == STATIC_LIBS;
		break;
	case PUSH_STATE:
		*LW_PUSH(&r->pushed) = command->is_static;
		break;
	case POP_STATE:
		if (r->pushed.count)
			command->is_static = r->pushed.at[--r->pushed.count];
		break;
	case LIBRARY:
		if (!command->format)
			add_input(command)->library = arg;
		break;
	case SCRIPT:
		add_input(command)->script = arg;
		break;
	case LIBDIR:
		*LW_PUSH(&command->dirs) = arg;
		break;
	case DEFAULT_DIRS:
		command->default_dirs = strncmp(arg, "P,", 2) ? arg : arg + 2;
		break;
	case NOSTDLIB:
		command->nostdlib = true;
		break;
	case SYSROOT:
		command->sysroot = arg;
		break;
	default:
		break;
	}
}

/* Options that say what comes out. */
static void take_option(struct reader *r, enum action action, const char *arg)
{
	struct lw_command *command = r->command;

	switch (action) {
	case OUTPUT:
		command->output = arg;
		break;
	case RELOCATABLE:
		pass(command, "-r");
		break;
	case PROBE:
		pass(command, "prints and ends");
		break;
	case MRI:
		pass(command, "-c, an MRI script");
		break;
	case FORMAT:
		command->format = is_native(arg) ? NULL : arg;
		break;
	case OFORMAT:
		command->oformat = arg;
		break;
	case EMULATION:
		command->emulation = arg;
		break;
	case SHARED:
	case PIE:
	case NO_PIE:
		set_type(command, action == PIE, action == SHARED);
		break;
	case EMIT_RELOCS:
		command->emit_relocs = true;
		break;
	case STRIP_ALL:
		command->strip_all = true;
		break;
	case GC:
	case NO_GC:
		command->gc_sections = action == GC;
		break;
	case DEFSYM:
		*LW_PUSH(&command->defsyms) = arg;
		break;
	case WRAP:
		*LW_PUSH(&command->wraps) = arg;
		break;
	case BUILD_ID:
		command->build_id = arg ? arg : "";
		break;
	case DEPENDENCIES:
		command->dependency_file = arg;
		break;
	case FAT_LTO:
	case NO_FAT_LTO:
		command->fat_lto = action == FAT_LTO;
		break;
	case OBJ_PATH:
	case PLUGIN_OPT:
		if (action == OBJ_PATH)
			command->obj_path = arg;
		else if (!strncmp(arg, "obj-path=", 9))
			command->obj_path = arg + 9;
		break;
	case PLUGIN:
		command->plugin = arg;
		command->plugins++;
		r->plugin = optind - 1;
		break;
	case MAP:
	case PRINT_MAP:
		command->map = action == MAP ? arg : "-";
		break;
	default:
		take_search(r, action, arg);
		break;
	}
}

/* Make getopt forget where it was, also within a word, and go on at this one.
 * Whether words come in order is decided here, by the `-'. */
static void start_at(int at)
{
	static char name[] = "ld";
	char *none[] = { name, NULL };

	optind = 0;
	getopt_long_only(1, none, short_options(), any_dashes, NULL);
	optind = at;
}

/*
 * GNU ld's own order: the options that take one or two dashes, letters, then
 * those that need two.  What is none of them is skipped as a whole.
 */
static int next_option(struct reader *r)
{
	int at = optind, first, value;

	first = getopt_long_only(r->argc, r->argv, short_options(), any_dashes,
				 NULL);
	if (first != '?' && first != ':')
		return first;
	start_at(at);
	value = getopt_long(r->argc, r->argv, "-:", two_dashes, NULL);
	if (value != '?')
		return value;
	start_at(at + 1);
	return first;
}

/* At a word's start?  Within a word of letters it begins with one dash. */
static bool is_ours(struct reader *r, int at)
{
	return at < r->argc &&
		lw_option_take(r->options, r->words.list.at[at - 1].text,
			       "command line", false);
}

static void read_options(struct reader *r)
{
	int value, at;

	opterr = 0;
	start_at(1);
	for (;;) {
		at = optind;
		if (is_ours(r, at)) {
			r->ours[optind++] = true;
			continue;
		}
		value = next_option(r);
		if (value == -1)
			break;
		if (value == 1)
			take_file(r->command, optarg);
		else if (value == ':')
			pass(r->command, "an argument is missing");
		else if (value != '?')
			take_option(r, action_of(value), optarg);
	}
	/* GNU ld ignores all words after `--'. */
	r->end = at < r->argc && !strcmp(r->argv[at], "--") ? at : r->argc;
}

/* -G without a number is --shared, and -lNAME is not a prefix of --library:
 * GNU ld changes both before it reads. */
static char *adjust(const struct lw_words *words, size_t i)
{
	const char *text = words->list.at[i].text;
	const char *next = i + 1 < words->list.count ?
		words->list.at[i + 1].text : "";

	if (!strcmp(text, "-G") && !isdigit((unsigned char)next[0]))
		return lw_strdup("--shared");
	if (!strncmp(text, "-l", 2) && text[2])
		return lw_asprintf("--library=%s", text + 2);
	return lw_strdup(text);
}

static void make_argv(struct reader *r, char *name)
{
	size_t i, count = r->words.list.count;

	r->argc = (int)count + 1;
	r->argv = lw_alloc((count + 2) * sizeof(*r->argv));
	r->ours = lw_alloc(count + 2);
	r->argv[0] = name;
	for (i = 0; i < count; i++)
		r->argv[i + 1] = adjust(&r->words, i);
}

/* Ours, or the end of options, in an @file: it cannot be handed on. */
static bool file_changes(const struct reader *r)
{
	int i;

	for (i = 1; i < r->argc; i++) {
		if (r->words.list.at[i - 1].from_file &&
		    (r->ours[i] || i == r->end))
			return true;
	}
	return false;
}

static void add_word(struct lw_command *command, const char *word, bool is_end)
{
	if (is_end)
		command->end_of_options = (size_t)command->argc;
	command->argv[command->argc++] = lw_strdup(word);
}

/* The words for the real linker: the original ones without ours; or, if an
 * @file has to change, what they expand to. */
static void make_command(struct reader *r, int argc, char **argv)
{
	struct lw_command *command = r->command;
	const struct lw_word *word = r->words.list.at;
	int i, at = 1, room = r->argc > argc ? r->argc : argc;

	command->argv = lw_alloc(((size_t)room + 1) * sizeof(char *));
	command->argv[0] = argv[0];
	command->argc = 1;
	command->rewritten = file_changes(r);
	for (i = 1; command->rewritten && i < r->argc; i++) {
		if (!r->ours[i])
			add_word(command, word[i - 1].text, i == r->end);
	}
	for (i = 1; !command->rewritten && i < argc; i++) {
		/* An @file may have many words, or none. */
		while (at < r->argc && word[at - 1].origin < (size_t)i)
			at++;
		if (at == r->argc || word[at - 1].origin > (size_t)i ||
		    !r->ours[at])
			add_word(command, argv[i], at == r->end && at < r->argc);
	}
	if (r->end == r->argc)
		command->end_of_options = (size_t)command->argc;
}

/* The same words, as what their @files expand to, once more: for lto.c, which
 * changes the plugin's. */
static void expand_command(struct reader *r)
{
	struct lw_command *command = r->command;
	size_t at = 0;

	if (command->plugins != 1)
		return;
	command->expanded = lw_alloc(((size_t)r->argc + 1) * sizeof(char *));
	command->expanded[at++] = command->argv[0];
	command->expanded_end = 0;
	for (int i = 1; i < r->argc; i++) {
		if (r->ours[i])
			continue;
		if (i == r->plugin)
			command->plugin_at = at;
		if (i == r->end)
			command->expanded_end = at;
		command->expanded[at++] = lw_strdup(r->words.list.at[i - 1].text);
	}
	command->expanded_count = at;
	if (r->end == r->argc)
		command->expanded_end = at;
}

/* An output that is no plain file (/dev/null, in probes) is written in
 * place; a name that cannot be a file is the real linker's to refuse. */
static const char *output_passes(const char *output)
{
	size_t n = strlen(output);
	struct stat st;

	if (!n || output[n - 1] == '/')
		return "the output is no file name";
	if (!stat(output, &st) && !S_ISREG(st.st_mode))
		return "the output is no regular file";
	return NULL;
}

/* What is not for us, now that all is read. */
static void decide(struct lw_command *command)
{
	const char *emulation, *why;

	if (!command->emulation)
		command->emulation = getenv("LDEMULATION");
	emulation = command->emulation;
	if (!command->inputs.count)
		pass(command, "no input");
	if (emulation && strcmp(emulation, "elf_x86_64") &&
	    strcmp(emulation, "elf_i386"))
		pass(command, "-m, another emulation");
	if (command->oformat && !is_native(command->oformat))
		pass(command, "--oformat, another format");
	why = output_passes(command->output);
	if (why)
		pass(command, why);
}

/* An @file that the real linker will refuse: it shall say so itself. */
static void hand_on(struct lw_command *command, int argc, char **argv,
		    const char *why)
{
	command->argc = argc;
	command->argv = argv;
	command->end_of_options = (size_t)argc;
	pass(command, why);
}

void lw_parse(int argc, char **argv, struct lw_options *options,
	      struct lw_command *command)
{
	struct reader r = { .options = options, .command = command };
	const char *refused = lw_response_expand(argc, argv, &r.words);

	command->output = "a.out";
	lw_options_from_environment(options);
	if (refused) {
		hand_on(command, argc, argv, refused);
		return;
	}
	make_argv(&r, argv[0]);
	read_options(&r);
	make_command(&r, argc, argv);
	expand_command(&r);
	decide(command);
}
