// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * depfile.c - the makefile that --dependency-file asks for
 *
 * The linker writes what it was given: our temporary as the target, and rts.o
 * among the prerequisites, which make would look for in vain.  GNU ld, gold
 * and lld put each on a line of its own, mold all on one:
 *
 *	TARGET: \
 *	  PREREQUISITE \
 *	  PREREQUISITE
 *
 *	PREREQUISITE:
 *	...
 */
#include "config.h"

#include <string.h>

#include "argv.h"
#include "messages.h"

static void cut(char *text, const char *what)
{
	size_t n = strlen(what);

	while ((text = strstr(text, what)))
		memmove(text, text + n, strlen(text + n) + 1);
}

/* The names are right by now; what is left of rts.o, and of the @file with our
 * words that mold lists too, is <ld-wrap>. */
static void without_ours(char *text)
{
	cut(text, " \\\n  " LW_MESSAGES_OURS);
	cut(text, " \\\n " LW_MESSAGES_OURS);
	cut(text, " " LW_MESSAGES_OURS);
	cut(text, "\n" LW_MESSAGES_OURS ":\n");
	cut(text, "\n" LW_MESSAGES_OURS ":");
}

void lw_mend_dependencies(const struct lw_command *command)
{
	if (command->dependency_file)
		lw_messages_file(command->dependency_file, without_ours);
}
