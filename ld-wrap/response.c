// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * response.c - @files: the words in them, and files of our own
 *
 * The real linker gets its @files as they are; we read a copy, to learn what
 * is linked.  So the rules must be the linker's.  GNU ld and gold have
 * libiberty's: quotes and backslashes anywhere, a file that is missing stays
 * the literal word, and files may name files, but not without end.  lld has
 * nearly the same, but passes over empty words and a byte order mark.  mold
 * knows quotes only around a whole word, and backslashes only in quotes; its
 * files name no files and must exist.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libiberty/libiberty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argv.h"

/* libiberty gives up at this many words with an `@'. */
#define RESPONSE_MAX 2000

struct expansion {
	struct lw_words *words;
	enum lw_linker linker;
	size_t origin;
	unsigned budget;
	const char *refused;
	LW_ARRAY(struct lw_file_id) open;	/* lld: files in files */
};

/* All of a regular file, or NULL.  Never reads what can be read only once:
 * libiberty leaves such a word alone, and other linkers want it whole. */
char *lw_read_text(const char *path)
{
	struct stat st;
	size_t have = 0;
	char *text;
	ssize_t n;
	int fd;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	text = lw_alloc((size_t)st.st_size + 1);
	while (have < (size_t)st.st_size) {
		n = read(fd, text + have, (size_t)st.st_size - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	close(fd);
	return text;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static void push(struct expansion *to, const char *text, bool from_file)
{
	struct lw_word *word = LW_PUSH(&to->words->list);

	word->text = text;
	word->origin = to->origin;
	word->from_file = from_file;
}

/* ---- a file's words -------------------------------------------------------- */

struct vector {
	LW_ARRAY(char *) words;
};

static struct vector split_gnu(const char *text)
{
	struct vector v = { 0 };
	char **words;
	size_t i;

	/* buildargv() would make one empty word of an empty file. */
	if (!text[strspn(text, " \t\n\v\f\r")])
		return v;
	words = buildargv(text);
	for (i = 0; words[i]; i++)
		*LW_PUSH(&v.words) = lw_strdup(words[i]);
	freeargv(words);
	return v;
}

/* No word is longer than the text, so each is made in a copy of it. */
static struct vector split_lld(const char *at)
{
	struct vector v = { 0 };
	char *word, *end, quote = 0;

	if (!strncmp(at, "\xef\xbb\xbf", 3))
		at += 3;
	word = end = lw_strdup(at);
	for (; *at; at++) {
		if (*at == '\\' && at[1])
			*end++ = *++at;
		else if (quote ? *at == quote : *at == '\'' || *at == '"')
			quote = quote ? 0 : *at;
		else if (quote || !strchr(" \t\r\n", *at))
			*end++ = *at;
		else if (end > word) {
			*end++ = '\0';
			*LW_PUSH(&v.words) = word;
			word = end;
		}
	}
	*end = '\0';
	if (*word)
		*LW_PUSH(&v.words) = word;
	return v;
}

/* One word, up to its end or to its second quote; behind a backslash stands a
 * plain character.  NULL: the second quote is missing. */
static const char *word_mold(const char *at, char quote, char *end)
{
	while (*at && (quote ? *at != quote : !isspace((unsigned char)*at))) {
		if (*at == '\\' && at[1])
			at++;
		*end++ = *at++;
	}
	*end = '\0';
	return quote ? *at ? at + 1 : NULL : at;
}

static struct vector split_mold(const char *at, const char **refused)
{
	struct vector v = { 0 };
	char *word;

	for (;;) {
		while (isspace((unsigned char)*at))
			at++;
		if (!*at)
			break;
		word = lw_strdup(at);
		if (*at == '\'' || *at == '"')
			at = word_mold(at + 1, *at, word);
		else
			at = word_mold(at, 0, word);
		if (!at) {
			*refused = "an @-file ends in quotes";
			break;
		}
		*LW_PUSH(&v.words) = word;
	}
	return v;
}

/* ---- and the files in them ------------------------------------------------- */

static void expand(struct expansion *to, const char *word, bool from_file);

static void expand_words(struct expansion *to, struct vector v)
{
	for (size_t i = 0; i < v.words.count && !to->refused; i++)
		expand(to, v.words.at[i], true);
}

/* lld notices a file in itself.  What can be read once is lld's to read. */
static void expand_lld(struct expansion *to, const char *path,
		       const char *text)
{
	struct lw_file_id *id;
	struct stat st;
	size_t i;

	if (!text || stat(path, &st)) {
		to->refused = "an @-file that only the linker can read";
		return;
	}
	for (i = 0; i < to->open.count; i++) {
		if (to->open.at[i].dev == st.st_dev &&
		    to->open.at[i].ino == st.st_ino)
			to->refused = "an @-file names itself";
	}
	if (!strncmp(text, "\xff\xfe", 2) || !strncmp(text, "\xfe\xff", 2))
		to->refused = "an @-file in UTF-16";
	if (to->refused)
		return;
	id = LW_PUSH(&to->open);
	*id = (struct lw_file_id){ st.st_dev, st.st_ino };
	expand_words(to, split_lld(text));
	to->open.count--;
}

static void expand_mold(struct expansion *to, const char *text)
{
	struct vector v;
	size_t i;

	if (!text) {
		to->refused = "an @-file that is missing";
		return;
	}
	v = split_mold(text, &to->refused);
	for (i = 0; i < v.words.count; i++)
		push(to, v.words.at[i], true);
}

static void expand(struct expansion *to, const char *word, bool from_file)
{
	const char *text;

	if (word[0] != '@' || to->refused) {
		push(to, word, from_file);
		return;
	}
	if (--to->budget == 0)
		to->refused = "too many @-files";
	else if (is_directory(word + 1))
		to->refused = "an @-file is a directory";
	if (to->refused)
		return;
	text = lw_read_text(word + 1);
	if (to->linker == LW_LINKER_MOLD)
		expand_mold(to, text);
	else if (to->linker == LW_LINKER_LLD && !access(word + 1, F_OK))
		expand_lld(to, word + 1, text);
	else if (text)
		expand_words(to, split_gnu(text));
	else
		push(to, word, from_file);
}

const char *lw_response_expand(enum lw_linker linker, int argc, char **argv,
			       struct lw_words *words)
{
	struct expansion to = { .words = words, .linker = linker,
				.budget = RESPONSE_MAX };
	int i;

	for (i = 1; i < argc && !to.refused; i++) {
		to.origin = (size_t)i;
		expand(&to, argv[i], false);
	}
	return to.refused;
}

/* Not libiberty's writeargv(): that says neither which file failed nor why,
 * and mold would not understand it. */
void lw_response_write(const char *path, size_t count,
		       const char *const *words)
{
	FILE *file = fopen(path, "we");
	const char *s;
	size_t i;
	bool bad, quote;

	for (i = 0; file && i < count; i++) {
		quote = strpbrk(words[i], " \t\n\v\f\r\\'\"");
		fputs(quote ? "\"" : "", file);
		for (s = words[i]; *s; s++) {
			if (*s == '\\' || *s == '"')
				fputc('\\', file);
			fputc(*s, file);
		}
		fputs(quote ? "\"\n" : "\n", file);
	}
	bad = !file || ferror(file);
	if (file && fclose(file))
		bad = true;
	if (bad)
		lw_die(LW_EXIT_REFUSED, LW_WRITE, "%s: cannot write: %s", path,
		       strerror(errno));
}
