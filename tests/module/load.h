/* SPDX-License-Identifier: GPL-3.0-or-later */
/* load.h - a module loader for tests */
#ifndef TESTS_LOAD_H
#define TESTS_LOAD_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

/* What a module may use of the program; the last name is NULL. */
struct exported {
	const char *name;
	void *address;
};

struct module {
	unsigned char *memory, *file;
	size_t room;
	Elf64_Sym *symbols;
	unsigned symbol_count;
	const char *strings;
	const struct exported *exports;
};

/* Read, place (in the file's order if seed is 0) and relocate: 1.  All of it
 * can be written and nothing executed, until module_ready(). */
int module_load(struct module *m, const char *path,
		const struct exported *exports, unsigned seed);
int module_ready(const struct module *m);

void *module_section(const struct module *m, const char *name, size_t *size);
void *module_symbol(const struct module *m, const char *name);

#endif /* TESTS_LOAD_H */
