// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * script.c - the inputs that a linker script names
 *
 * A library is often a text: libc.so says GROUP ( libc.so.6
 * libc_nonshared.a AS_NEEDED ( ld-linux-x86-64.so.2 ) ).  Of the script
 * language we know just the commands that name inputs, and where a word ends;
 * the rest is passed over.  They stand outside all braces.  And we know
 * /DISCARD/, for a link that failed.
 */
#include "config.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

#define SCRIPT_MAX (16u << 20)	/* no script that people wrote is larger */

struct script {
	struct lw_link *link;
	const char *path;
	const char *at, *end;
	unsigned depth;
	const char *word;	/* the last one: a name, or one of (){},; */
	size_t length;
};

/* Text: no control bytes but white space.  The start decides. */
bool lw_is_script(struct lw_bytes bytes)
{
	size_t i, n = bytes.size < 1024 ? bytes.size : 1024;

	if (bytes.size > SCRIPT_MAX)
		return false;
	for (i = 0; i < n; i++) {
		if (iscntrl(bytes.data[i]) && !isspace(bytes.data[i]))
			return false;
	}
	return true;
}

static void skip_comment(struct script *s)
{
	const char *close;

	close = memmem(s->at + 2, (size_t)(s->end - s->at) - 2, "*/", 2);
	s->at = close ? close + 2 : s->end;
}

static void skip_blanks(struct script *s)
{
	while (s->at < s->end) {
		if (isspace((unsigned char)*s->at)) {
			s->at++;
		} else if (*s->at == '#') {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
		} else if (s->end - s->at > 2 && s->at[0] == '/' &&
			   s->at[1] == '*') {
			skip_comment(s);
		} else {
			return;
		}
	}
}

static bool is_mark(int c)
{
	return c && strchr("(){},;", c);
}

static bool next_word(struct script *s)
{
	const char *quote;

	skip_blanks(s);
	if (s->at >= s->end)
		return false;
	s->word = s->at;
	if (*s->at == '"') {
		s->word++;
		quote = memchr(s->word, '"', (size_t)(s->end - s->word));
		s->length = (size_t)((quote ? quote : s->end) - s->word);
		s->at = quote ? quote + 1 : s->end;
		return true;
	}
	if (is_mark(*s->at)) {
		s->at++;
	} else {
		while (s->at < s->end && !is_mark(*s->at) &&
		       !isspace((unsigned char)*s->at))
			s->at++;
	}
	s->length = (size_t)(s->at - s->word);
	return true;
}

static bool word_is(const struct script *s, const char *word)
{
	return s->length == strlen(word) && !memcmp(s->word, word, s->length);
}

/*
 * As GNU ld does: the current directory, the script's own, then those of -L;
 * `=' and `$SYSROOT' begin a path below the system's root.
 */
static const char *find_file(const struct script *s)
{
	char *name = lw_asprintf("%.*s", (int)s->length, s->word);
	char *beside;

	if (!strncmp(name, "-l", 2))
		return lw_find_library(&s->link->command, name + 2);
	if (name[0] == '=')
		name++;
	else if (!strncmp(name, "$SYSROOT", 8))
		name += 8;
	if (name[0] == '/' || !access(name, R_OK))
		return name;
	beside = lw_path_beside(s->path, name, strlen(name));
	if (!access(beside, R_OK))
		return beside;
	return lw_find_library(&s->link->command, lw_asprintf(":%s", name));
}

static void read_named(struct script *s)
{
	const char *path = find_file(s);

	if (!path)
		return;
	if (s->depth >= LW_INPUT_DEPTH)
		lw_input_unreadable(s->link, path,
				    "linker scripts are nested too deeply");
	else
		lw_input_file(s->link, path, s->depth + 1);
}

/* ( a.o, b.o -lc AS_NEEDED ( d.so ) ) */
static void read_list(struct script *s)
{
	unsigned open = 0;

	while (next_word(s)) {
		if (word_is(s, "(")) {
			open++;
		} else if (word_is(s, ")")) {
			if (open <= 1)
				return;
			open--;
		} else if (!open) {
			return;
		} else if (!word_is(s, ",") && !word_is(s, "AS_NEEDED")) {
			read_named(s);
		}
	}
}

void lw_script_read(struct lw_link *link, const char *path,
		    struct lw_bytes bytes, unsigned depth)
{
	struct script s = { .link = link, .path = path, .depth = depth,
			    .at = (const char *)bytes.data,
			    .end = (const char *)bytes.data + bytes.size };
	unsigned braces = 0;

	while (next_word(&s)) {
		if (word_is(&s, "{"))
			braces++;
		else if (word_is(&s, "}"))
			braces -= braces > 0;
		else if (braces)
			continue;
		else if (word_is(&s, "INPUT") || word_is(&s, "GROUP") ||
			 word_is(&s, "STARTUP"))
			read_list(&s);
		else if (word_is(&s, "INCLUDE") && next_word(&s))
			read_named(&s);
	}
}

/* Behind /DISCARD/: does a pattern in parentheses match the section? */
static bool list_matches(struct script *s, const char *section)
{
	unsigned open = 0;

	while (next_word(s) && !word_is(s, "}")) {
		if (word_is(s, "("))
			open++;
		else if (word_is(s, ")"))
			open -= open > 0;
		else if (open && !fnmatch(lw_asprintf("%.*s", (int)s->length,
						      s->word), section, 0))
			return true;
	}
	return false;
}

bool lw_script_discards(const char *text, const char *section)
{
	static const char discard[] = "/DISCARD/";
	struct script s = { .at = text, .end = text + strlen(text) };

	while (next_word(&s)) {
		if (s.length >= strlen(discard) &&
		    !memcmp(s.word, discard, strlen(discard)) &&
		    list_matches(&s, section))
			return true;
	}
	return false;
}
