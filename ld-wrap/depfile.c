// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * depfile.c - the makefile that --dependency-file asks for
 *
 * GNU ld writes what it was given: our temporary as the target, and rts.o
 * among the prerequisites, which make would look for in vain:
 *
 *	TARGET: \
 *	  PREREQUISITE \
 *	  PREREQUISITE
 *
 *	PREREQUISITE:
 *	...
 */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "argv.h"

/* Take the prerequisites' names out of text.  False: not as above. */
static bool parse(char *text, const char *linked, const char *ours,
		  struct lw_words *names)
{
	size_t n = strlen(linked);
	char *line, *end, *next;

	if (strncmp(text, linked, n) || strncmp(text + n, ": \\\n", 4))
		return false;
	for (line = text + n + 4; !strncmp(line, "  ", 2); line = next) {
		end = line + strcspn(line, "\n");
		next = *end ? end + 1 : end;
		if (end - line > 4 && !memcmp(end - 2, " \\", 2))
			end -= 2;
		*end = '\0';
		if (strcmp(line + 2, ours))
			LW_PUSH(&names->list)->text = line + 2;
	}
	return names->list.count > 0;
}

static bool write_names(FILE *file, const char *output,
			const struct lw_words *names)
{
	size_t i;

	fprintf(file, "%s:", output);
	for (i = 0; i < names->list.count; i++)
		fprintf(file, " \\\n  %s", names->list.at[i].text);
	fputc('\n', file);
	for (i = 0; i < names->list.count; i++)
		fprintf(file, "\n%s:\n", names->list.at[i].text);
	return !ferror(file);
}

void lw_mend_dependencies(const struct lw_command *command,
			  const char *linked, const char *ours)
{
	const char *path = command->dependency_file;
	struct lw_words names = { 0 };
	char *text = path ? lw_read_text(path) : NULL;
	FILE *file;
	bool good;

	if (!text || !parse(text, linked, ours, &names))
		return;
	file = fopen(path, "we");
	good = file && write_names(file, command->output, &names);
	if (file && fclose(file))
		good = false;
	if (!good)
		lw_say(LW_WRITE, "%s: cannot write: %s", path, strerror(errno));
}
