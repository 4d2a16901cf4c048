// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * reading.c - what ld-wrap reads in a command line, for tests/integ/words.py
 *
 *	reading LINKER NUMBER WORD...
 *
 * LINKER is the program that finds libraries, NUMBER its enum lw_linker.  One
 * fact a line: its name, a blank, its value.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lw.h"

static void say(const char *name, const char *value)
{
	if (value)
		printf("%s %s\n", name, value);
}

static void say_if(const char *name, bool value)
{
	if (value)
		printf("%s\n", name);
}

int main(int argc, char **argv)
{
	struct lw_command command = { 0 };
	struct lw_options options = { 0 };
	enum lw_linker linker;
	size_t i;

	if (argc < 3)
		return 2;
	linker = (enum lw_linker)atoi(argv[2]);
	lw_parse(argc - 2, argv + 2, linker, &options, &command);
	lw_find_inputs(argv[1], &command);
	for (i = 0; i < command.inputs.count; i++)
		say("input", command.inputs.at[i].path);
	say("output", command.output);
	say("pass", command.pass);
	say("unknown", command.unknown);
	say("map", command.map);
	say("dependencies", command.dependency_file);
	say("format", command.format);
	say_if("relocatable", command.relocatable);
	say_if("shared", command.shared);
	say_if("pie", command.pie);
	say_if("lib-open", command.lib_open);
	for (i = 0; i < command.wraps.count; i++)
		say("wrap", command.wraps.at[i]);
	lw_free_all();
	return 0;
}
