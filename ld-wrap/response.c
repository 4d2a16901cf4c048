// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * response.c - @files: the words in them, and files of our own
 *
 * The real linker gets its @files as they are; we read a copy, to learn what
 * is linked.  So the rules must be the linker's: libiberty's quoting, a file
 * that is missing stays the literal word, and files may name files, but not
 * without end.
 */
#include "config.h"

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
	size_t origin;
	unsigned budget;
	const char *refused;
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

static void expand(struct expansion *to, const char *word, bool from_file)
{
	char *text, **vector;
	size_t i;

	if (word[0] != '@') {
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
	if (!text) {
		push(to, word, from_file);
		return;
	}
	/* buildargv() would make one empty word of an empty file. */
	if (!text[strspn(text, " \t\n\v\f\r")])
		return;
	vector = buildargv(text);
	for (i = 0; vector[i] && !to->refused; i++)
		expand(to, lw_strdup(vector[i]), true);
	freeargv(vector);
}

const char *lw_response_expand(int argc, char **argv, struct lw_words *words)
{
	struct expansion to = { .words = words, .budget = RESPONSE_MAX };
	int i;

	for (i = 1; i < argc && !to.refused; i++) {
		to.origin = (size_t)i;
		expand(&to, argv[i], false);
	}
	return to.refused;
}

/* Not libiberty's writeargv(): that says neither which file failed nor why.
 * A backslash keeps any character; an empty word needs quotes. */
void lw_response_write(const char *path, size_t count,
		       const char *const *words)
{
	FILE *file = fopen(path, "we");
	const char *s;
	size_t i;
	bool bad;

	for (i = 0; file && i < count; i++) {
		if (!*words[i])
			fputs("\"\"", file);
		for (s = words[i]; *s; s++) {
			if (strchr(" \t\n\v\f\r\\'\"", *s))
				fputc('\\', file);
			fputc(*s, file);
		}
		fputc('\n', file);
	}
	bad = !file || ferror(file);
	if (file && fclose(file))
		bad = true;
	if (bad)
		lw_die(LW_EXIT_REFUSED, LW_WRITE, "%s: cannot write: %s", path,
		       strerror(errno));
}
