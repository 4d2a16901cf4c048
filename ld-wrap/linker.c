// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * linker.c - which of the linkers it is
 *
 * They differ in the options they know and in what they make of an input.  The
 * name tells: of the file that a chain of links ends in, since `ld' may be any
 * of them.  Only a name that says nothing is asked for its --version.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "lw.h"

static const struct {
	const char *in_name, *in_banner;
	enum lw_linker linker;
} known[] = {
	/* "mold" has an "ld" in it, and "ld.gold" a "gold" */
	{ "mold", "mold ", LW_LINKER_MOLD },
	{ "gold", "GNU gold ", LW_LINKER_GOLD },
	{ "lld", "LLD ", LW_LINKER_LLD },
	{ "ld.bfd", "GNU ld ", LW_LINKER_BFD },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

/* The row of known[] that a name has, or KNOWN. */
static size_t row_of(const char *name)
{
	size_t i;

	for (i = 0; i < KNOWN && !strstr(name, known[i].in_name); i++)
		;
	return i;
}

bool lw_same_linker(const char *one, const char *other)
{
	return row_of(one) < KNOWN && row_of(one) == row_of(other);
}

enum lw_linker lw_which_linker(const char *ld)
{
	char *real = realpath(ld, NULL);
	const char *name = real ? strrchr(real, '/') : NULL, *banner;
	enum lw_linker linker = LW_LINKER_BFD;
	size_t i = name ? row_of(name) : KNOWN;

	if (i == KNOWN) {
		banner = lw_ask_ld(ld, "--version", NULL);
		for (i = 0; i < KNOWN &&
		     !(banner && strstr(banner, known[i].in_banner)); i++)
			;
	}
	if (i < KNOWN)
		linker = known[i].linker;
	free(real);
	return linker;
}

/* A linker that must be asked its name would be run twice for one answer. */
bool lw_is_probe(int argc, char **argv)
{
	static const char *const probes[] = {
		"-v", "-V", "--version", "-version", "--help", "-help",
		"--verbose",
	};
	size_t i = 0;

	if (argc != 2)
		return argc < 2;
	while (i < sizeof(probes) / sizeof(probes[0]) &&
	       strcmp(argv[1], probes[i]))
		i++;
	return i < sizeof(probes) / sizeof(probes[0]);
}
