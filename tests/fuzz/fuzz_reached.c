// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_reached.c - what libFuzzer does not say: how far its inputs got */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

static void say(void)
{
	for (unsigned i = 0; fuzz_reached_names[i]; i++)
		fprintf(stderr, "reached: %s: %lu\n", fuzz_reached_names[i],
			fuzz_reached[i]);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	atexit(say);
	return 0;
}
