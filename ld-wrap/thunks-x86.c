// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * thunks-x86.c - the names of retpolines
 *
 * Compilers that are asked not to make indirect branches load a register and
 * call a thunk of a fixed name, which ends in the register's; who provides it
 * (the compiler, a kernel) changes nothing of what it means.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "sequence.h"

/* Names of thunks that jump to a register's content, without its name. */
static const char *const thunks[] = {
	"__x86_indirect_thunk_",	/* gcc, and clang if they are external */
	"__llvm_retpoline_",		/* clang's own */
	"__llvm_lvi_thunk_",
};

static int register_number(const char *name)
{
	static const char names[8][3] = { "ax", "cx", "dx", "bx",
					  "sp", "bp", "si", "di" };
	char *end;
	long n;

	if (name[0] == 'r' && name[1] >= '0' && name[1] <= '9') {
		n = strtol(name + 1, &end, 10);
		return *end || n < 8 || n > 15 ? -1 : (int)n;
	}
	for (int i = 0; i < 8; i++) {
		if ((name[0] == 'r' || name[0] == 'e') &&
		    !strcmp(name + 1, names[i]))
			return i;
	}
	return -1;
}

int lw_thunk_register(const char *name)
{
	for (size_t i = 0; i < sizeof(thunks) / sizeof(*thunks); i++) {
		size_t n = strlen(thunks[i]);

		if (!strncmp(name, thunks[i], n))
			return register_number(name + n);
	}
	return -1;
}
