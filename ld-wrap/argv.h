/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * argv.h - how the readers of the command line share their work
 *
 *	response.c  @files become words
 *	options.c   our own options, on the command line and in $LD_WRAP_FLAGS
 *	ldopts.c    words become options and files, as each linker reads them
 *	take.c      what each of them says
 *	argv.c      what the command is, then
 *	library.c   which file -lNAME means
 */
#ifndef ARGV_H
#define ARGV_H

#include "lw.h"

/* A word, and the word of the original command line that it came from. */
struct lw_word {
	const char *text;
	size_t origin;
	bool from_file;		/* it stood in an @file */
};

struct lw_words {
	LW_ARRAY(struct lw_word) list;
};

/* Expand @files as the real linker will.  NULL, or why it will refuse. */
const char *lw_response_expand(enum lw_linker, int argc, char **argv,
			       struct lw_words *words);

/* What an option says; ldopts.def names one for each. */
enum lw_ld_action {
	LW_LD_NONE,
	LW_LD_A_LIBS, LW_LD_BUILD_ID, LW_LD_DEFAULT_DIRS, LW_LD_DEFSYM,
	LW_LD_DEPENDENCIES, LW_LD_DYNAMIC_LIBS, LW_LD_EMIT_RELOCS,
	LW_LD_EMULATION, LW_LD_END_LIB, LW_LD_FAT_LTO, LW_LD_FORMAT, LW_LD_G,
	LW_LD_GC, LW_LD_ICF, LW_LD_JUST_SYMS, LW_LD_LIBDIR, LW_LD_LIBRARY,
	LW_LD_MAGIC, LW_LD_MAP, LW_LD_MRI, LW_LD_NOSTDLIB, LW_LD_NO_BUILD_ID,
	LW_LD_NO_FAT_LTO, LW_LD_NO_GC, LW_LD_NO_ICF, LW_LD_NO_PIE,
	LW_LD_OBJ_PATH, LW_LD_OFORMAT, LW_LD_ORPHANS, LW_LD_OUTPUT, LW_LD_PIE,
	LW_LD_PLUGIN,
	LW_LD_PLUGIN_OPT, LW_LD_POP_STATE, LW_LD_PRINT_MAP, LW_LD_PROBE,
	LW_LD_PUSH_STATE, LW_LD_RELOCATABLE, LW_LD_SAVE_TEMPS,
	LW_LD_SAY_VERSION, LW_LD_SCRIPT, LW_LD_SHARED, LW_LD_START_LIB,
	LW_LD_STATIC, LW_LD_STATIC_LIBS, LW_LD_STRIP_ALL, LW_LD_SYSROOT,
	LW_LD_UNSURE, LW_LD_VERSION, LW_LD_WRAP
};

/* A linker's reading of words, step by step.  Start with the linker, words
 * and count; at is the word to be read next. */
struct lw_reading {
	enum lw_linker linker;
	const char *const *words;
	size_t count, at;
	size_t inside;		/* the letter of words[at] to be read next */
	bool files_only;	/* behind gold's `--' */
};

struct lw_token {
	enum {
		LW_TOKEN_FILE,		/* argument */
		LW_TOKEN_OPTION,	/* action, argument or NULL */
		LW_TOKEN_MISSING,	/* an option without its argument */
		LW_TOKEN_UNKNOWN,
		LW_TOKEN_END		/* the `--' */
	} kind;
	enum lw_ld_action action;
	const char *word, *argument;
};

/* False: there are no more. */
bool lw_next_token(struct lw_reading *, struct lw_token *);

/* All of a regular file, NUL-terminated, or NULL. */
char *lw_read_text(const char *path);

/* Write words to a file that any linker can read as an @file; none of them may
 * begin with `@' or be empty. */
void lw_response_write(const char *path, size_t count,
		       const char *const *words);

/* What is known of a command line so far. */
struct lw_reader {
	struct lw_options *options;
	struct lw_command *command;
	struct lw_words words;
	struct lw_reading reading;	/* of words, as GNU ld changes them */
	bool *ours;			/* which of them are not the linker's */
	size_t end;			/* the `--', or how many there are */
	size_t plugin;			/* the word that ends in -plugin's */
	bool all_static;		/* gold: whatever -B says */
	bool says_version, has_file;
	LW_ARRAY(bool) pushed;		/* --push-state: is_static */
	LW_ARRAY(const char *) formats;	/* and, in gold, format */
};

/* Make of it what it says. */
void lw_take_token(struct lw_reader *, const struct lw_token *, size_t at);
/* Say once why the real linker gets this command as it is. */
void lw_pass(struct lw_command *, const char *why);
/* The same of a link that we could not follow. */
void lw_pass_unsure(struct lw_command *, const char *why);
/* Formats that hold our kind of object, or are guessed from the file. */
bool lw_is_native(enum lw_linker, const char *format);

/* Is this word an option of ours?  If so take it; errors are said. */
bool lw_option_take(struct lw_options *options, const char *word,
		    const char *where, bool optional);

/* The options in $LD_WRAP_FLAGS. */
void lw_options_from_environment(struct lw_options *options);

#endif /* ARGV_H */
