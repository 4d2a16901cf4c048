/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * argv.h - how the readers of the command line share their work
 *
 *	response.c  @files become words
 *	options.c   our own options, on the command line and in $LD_WRAP_FLAGS
 *	argv.c      the real linker's options (ldopts.def)
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
const char *lw_response_expand(int argc, char **argv, struct lw_words *words);

/* All of a regular file, NUL-terminated, or NULL. */
char *lw_read_text(const char *path);

/* Write words to a file that the real linker can read as an @file. */
void lw_response_write(const char *path, size_t count,
		       const char *const *words);

/* Is this word an option of ours?  If so take it; errors are said. */
bool lw_option_take(struct lw_options *options, const char *word,
		    const char *where, bool optional);

/* The options in $LD_WRAP_FLAGS. */
void lw_options_from_environment(struct lw_options *options);

#endif /* ARGV_H */
