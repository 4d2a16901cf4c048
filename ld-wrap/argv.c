// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * argv.c - what the command line asks of the linker
 *
 * The real linker gets its words as they were; this is a second reading of
 * them, to learn what will be linked.  Where it is wrong, a file goes
 * unnoticed or a link is passed through: nothing else is linked than asked.
 * The words are read as the real linker reads them (ldopts.c), and so it must
 * be known by then: what is ours is taken first.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "argv.h"

/* At a word's start?  Within a word of letters it begins with one dash. */
static bool is_ours(struct lw_reader *r)
{
	const struct lw_reading *reading = &r->reading;

	return !reading->inside && !reading->files_only &&
		reading->at < reading->count &&
		lw_option_take(r->options, r->words.list.at[reading->at].text,
			       "command line", false);
}

static void read_options(struct lw_reader *r)
{
	struct lw_token token;
	size_t at;

	for (;;) {
		at = r->reading.at;
		if (is_ours(r)) {
			r->ours[at] = true;
			r->reading.at++;
		} else if (lw_next_token(&r->reading, &token)) {
			lw_take_token(r, &token, at);
		} else {
			break;
		}
	}
}

/* -static and -N hold from the start: gold's for all that follows, mold's
 * until a -B says otherwise. */
static void find_static(struct lw_reader *r)
{
	struct lw_reading reading = r->reading;
	struct lw_token token;
	bool is_static = false;

	if (reading.linker != LW_LINKER_GOLD &&
	    reading.linker != LW_LINKER_MOLD)
		return;
	while (lw_next_token(&reading, &token)) {
		if (token.kind != LW_TOKEN_OPTION)
			continue;
		if (token.action == LW_LD_STATIC || token.action == LW_LD_MAGIC)
			is_static = true;
		else if (reading.linker == LW_LINKER_MOLD &&
			 (token.action == LW_LD_STATIC_LIBS ||
			  token.action == LW_LD_DYNAMIC_LIBS))
			is_static = token.action == LW_LD_STATIC_LIBS;
	}
	r->all_static = is_static && reading.linker == LW_LINKER_GOLD;
	r->command->is_static = is_static;
}

static void make_all_static(struct lw_reader *r)
{
	struct lw_command *command = r->command;

	for (size_t i = 0; r->all_static && i < command->inputs.count; i++)
		command->inputs.at[i].is_static = true;
	command->is_static |= r->all_static;
}

/* -G without a number is --shared, and -lNAME is not a prefix of --library:
 * GNU ld changes both before it reads, even where they are arguments. */
static const char *adjust(const struct lw_words *words, size_t i)
{
	const char *text = words->list.at[i].text;
	const char *next = i + 1 < words->list.count ?
		words->list.at[i + 1].text : "";

	if (!strcmp(text, "-G") && !isdigit((unsigned char)next[0]))
		return "--shared";
	if (!strncmp(text, "-l", 2) && text[2])
		return lw_asprintf("--library=%s", text + 2);
	return text;
}

static void start_reading(struct lw_reader *r, enum lw_linker linker)
{
	size_t i, count = r->words.list.count;
	const char **words = lw_alloc((count + 1) * sizeof(*words));

	for (i = 0; i < count; i++)
		words[i] = linker == LW_LINKER_BFD ? adjust(&r->words, i) :
			r->words.list.at[i].text;
	r->reading = (struct lw_reading){ .linker = linker, .words = words,
					  .count = count };
	r->ours = lw_alloc(count + 1);
	r->end = count;
}

/* Ours, or the end of options, in an @file: it cannot be handed on. */
static bool file_changes(const struct lw_reader *r)
{
	for (size_t i = 0; i < r->words.list.count; i++) {
		if (r->words.list.at[i].from_file &&
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
static void make_command(struct lw_reader *r, int argc, char **argv)
{
	struct lw_command *command = r->command;
	const struct lw_word *word = r->words.list.at;
	size_t i, at = 0, count = r->words.list.count;
	size_t room = count > (size_t)argc ? count : (size_t)argc;

	command->argv = lw_alloc((room + 2) * sizeof(char *));
	command->argv[0] = argv[0];
	command->argc = 1;
	command->rewritten = file_changes(r);
	for (i = 0; command->rewritten && i < count; i++) {
		if (!r->ours[i])
			add_word(command, word[i].text, i == r->end);
	}
	for (i = 1; !command->rewritten && i < (size_t)argc; i++) {
		/* An @file may have many words, or none. */
		while (at < count && word[at].origin < i)
			at++;
		if (at == count || word[at].origin > i || !r->ours[at])
			add_word(command, argv[i], at == r->end && at < count);
	}
	if (r->end == count)
		command->end_of_options = (size_t)command->argc;
}

/* The same words, as what their @files expand to, once more: for lto.c, which
 * changes the plugin's. */
static void expand_command(struct lw_reader *r)
{
	struct lw_command *command = r->command;
	size_t at = 0, count = r->words.list.count;

	if (command->plugins != 1)
		return;
	command->expanded = lw_alloc((count + 2) * sizeof(char *));
	command->expanded[at++] = command->argv[0];
	for (size_t i = 0; i < count; i++) {
		if (r->ours[i])
			continue;
		if (i == r->plugin)
			command->plugin_at = at;
		if (i == r->end)
			command->expanded_end = at;
		command->expanded[at++] = lw_strdup(r->words.list.at[i].text);
	}
	command->expanded_count = at;
	if (r->end == count)
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

/* What the environment says to GNU ld alone, and what -m says to gold. */
static void take_emulation(enum lw_linker linker, struct lw_command *command)
{
	const char *emulation;

	if (linker == LW_LINKER_GOLD)
		command->emulation = NULL;
	else if (linker == LW_LINKER_BFD && !command->emulation)
		command->emulation = getenv("LDEMULATION");
	emulation = command->emulation;
	if (emulation && strcmp(emulation, "elf_x86_64") &&
	    strcmp(emulation, "elf_i386"))
		lw_pass_unsure(command, "-m, another emulation");
}

void lw_say_passed(const struct lw_options *options,
		   const struct lw_command *command)
{
	for (size_t i = 0; command->unsure && i < options->marks.count; i++) {
		if (options->marks.at[i].optional)
			continue;
		lw_say(LW_UNSUPPORTED_OUTPUT, "%s: marks have no effect: %s",
		       command->output, command->pass);
		break;
	}
}

/* What is not for us, now that all is read. */
static void decide(struct lw_reader *r)
{
	enum lw_linker linker = r->reading.linker;
	struct lw_command *command = r->command;
	const char *why;

	if (linker == LW_LINKER_LLD && !*command->output)
		command->output = "a.out";
	if (command->relocatable && !r->options->table)
		lw_pass(command, "-r");
	if (!command->inputs.count)
		lw_pass(command, "no input");
	if (linker == LW_LINKER_LLD && r->says_version && !r->has_file)
		lw_pass(command, "prints and ends");
	take_emulation(linker, command);
	if (command->oformat && !lw_is_native(linker, command->oformat))
		lw_pass_unsure(command, "--oformat, another format");
	why = output_passes(command->output);
	if (why)
		lw_pass(command, why);
}

/* An @file that the real linker will refuse, and shall say so itself; or that
 * it alone can read.  Ours may be beside it. */
static void hand_on(struct lw_reader *r, int argc, char **argv,
		    const char *why)
{
	struct lw_command *command = r->command;
	int i;

	command->argv = lw_alloc(((size_t)argc + 1) * sizeof(char *));
	for (i = 0; i < argc; i++) {
		if (!i || !lw_option_take(r->options, argv[i], "command line",
					  false))
			command->argv[command->argc++] = argv[i];
	}
	command->end_of_options = (size_t)command->argc;
	lw_pass_unsure(command, why);
}

void lw_parse(int argc, char **argv, enum lw_linker linker,
	      struct lw_options *options, struct lw_command *command)
{
	struct lw_reader r = { .options = options, .command = command };
	const char *refused = lw_response_expand(linker, argc, argv, &r.words);
	const char *target = getenv("GNUTARGET");

	memset(options, 0, sizeof(*options));
	lw_options_from_environment(options);
	command->linker = linker;
	command->output = "a.out";
	if (refused) {
		hand_on(&r, argc, argv, refused);
		return;
	}
	if (linker == LW_LINKER_BFD && target && !lw_is_native(linker, target))
		command->format = target;
	start_reading(&r, linker);
	find_static(&r);
	read_options(&r);
	make_all_static(&r);
	make_command(&r, argc, argv);
	expand_command(&r);
	decide(&r);
}

/* Most commands have none of ours, and those are not read twice. */
static bool may_have_ours(const struct lw_words *words)
{
	for (size_t i = 0; i < words->list.count; i++) {
		if (!strncmp(words->list.at[i].text, "--rts-", 6))
			return true;
	}
	return false;
}

/* Whose argument a word of ours might be depends on the linker; to find that,
 * they are read as GNU ld would. */
void lw_own_options(int argc, char **argv, struct lw_options *options)
{
	struct lw_command command = { 0 };
	struct lw_words words = { 0 };

	if (!lw_response_expand(LW_LINKER_BFD, argc, argv, &words) &&
	    may_have_ours(&words))
		lw_parse(argc, argv, LW_LINKER_BFD, options, &command);
	else
		lw_options_from_environment(options);
}
