// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * store.c - who writes a marked object when it is too late?
 *
 * Text is a cache of memory: a store that no bind follows leaves bound sites
 * with the old value.  Code that runs before the bind may write as it likes,
 * and is known by its section; so may a setter that says it binds afterwards
 * (RTS_SETTER).  Every other store is named, where debug information allows
 * by file and line.  A store through a pointer cannot be seen here: what takes
 * the address is in the report.
 */
#include "config.h"

#include <string.h>

#include "lw.h"
#include "report.h"

#define TOLD_MAX	3	/* stores of one mark; then how many more */

/* Sections of code that runs once, before or after all else; each stands for
 * NAME and NAME.anything. */
static const char *const init_sections[] = {
	".init",		/* crti; Linux and Xen: .init.text, __init */
	".text.startup",	/* compilers: constructors; gcc: main */
	".head.text",		/* Linux: before everything, __head */
	".meminit.text",	/* Linux: __meminit */
	".exit.text",		/* Linux: __exit */
	".text.exit",		/* compilers: destructors */
	".fini",
	".text.rts.setter",	/* RTS_SETTER */
};

static bool begins(const char *name, const char *with)
{
	size_t n = strlen(with);

	return !strncmp(name, with, n) && (!name[n] || name[n] == '.');
}

/* By hand: .text.init, .boot.init. */
static bool ends_in_init(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".init");
}

/* main() is startup code for gcc -O2, and nothing special for others: a
 * warning must not depend on that. */
static bool is_init(const struct lw_reference *one)
{
	const char *section = lw_section_name(one->object, one->section);

	for (size_t i = 0; i < sizeof(init_sections) /
	     sizeof(init_sections[0]); i++) {
		if (begins(section, init_sections[i]))
			return true;
	}
	return ends_in_init(section) ||
	       (one->function && begins(one->function, "main"));
}

static void warn_of_mark(const struct lw_link *link, size_t mark)
{
	const char *name = link->marks.at[mark].name;
	size_t n = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->mark != mark || !one->writes || is_init(one))
			continue;
		if (++n <= TOLD_MAX)
			lw_say(LW_STORE, "%s: writes `%s' outside init code",
			       lw_reference_line(one), name);
	}
	if (n > TOLD_MAX)
		lw_say(LW_STORE, "%s: %zu more places write `%s' outside init "
		       "code", link->command.output, n - TOLD_MAX, name);
}

void lw_warn_stores(const struct lw_link *link)
{
	if (link->options.no_store_warnings)
		return;
	for (size_t i = 0; i < link->marks.count; i++)
		warn_of_mark(link, i);
}
