// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * thunks-x86.c - retpolines: which register a branch goes by
 *
 *	call	__x86_indirect_thunk_rax
 *
 * is a direct call as the CPU sees it, and an indirect one by what it does.  So
 * it reads a register that no decoder shows.  The name says which: thunks have
 * fixed names, which end in the register's; who provides them (the compiler, a
 * kernel) changes nothing of what they mean.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "decode-x86.h"
#include "locate.h"
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

size_t lw_relocation_from(const struct lw_run *run, uint64_t offset)
{
	size_t low = 0, high = run->relocations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (run->relocations.at[middle].r_offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The name that a branch goes to: its relocation's, or that of the place. */
static const char *target_name(const struct lw_run *run, uint64_t at,
			       const struct lw_flow *flow)
{
	size_t i = lw_relocation_from(run, at + flow->distance);
	const struct lw_image_symbol *symbol;
	const struct lw_object *object = run->anchor->object;
	uint64_t target = run->anchor->base + at + (uint64_t)flow->target;
	Elf64_Sym named;

	if (i < run->relocations.count &&
	    run->relocations.at[i].r_offset == at + flow->distance) {
		named = lw_sym(object,
			       ELF64_R_SYM(run->relocations.at[i].r_info));
		if (*lw_sym_name(object, &named))
			return lw_sym_name(object, &named);
	}
	symbol = lw_image_symbol_at(&run->link->image, target);
	return symbol && symbol->address == target ? symbol->name : "";
}

int lw_thunk_called(const struct lw_run *run, uint64_t at,
		    const struct lw_flow *flow)
{
	return flow->relative ?
	       lw_thunk_register(target_name(run, at, flow)) : -1;
}
