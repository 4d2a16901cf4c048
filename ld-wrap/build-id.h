/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * build-id.h - between fill.c, which knows the final bytes, and build-id.c
 */
#ifndef LW_BUILD_ID_H
#define LW_BUILD_ID_H

#include "lw.h"

/* The file as it will be: what the real linker wrote, now with our changes,
 * and what comes behind it. */
struct lw_final {
	unsigned elf_class;
	unsigned char *data, *tail;
	size_t size, tail_size;
	const Elf64_Shdr *sections;
	size_t section_count, strings;	/* index of .shstrtab */
};

/* Give the final bytes an id of their own, if the command line asks for one
 * that is a digest.  Returns its length, 0 if nothing changed. */
size_t lw_build_id(const struct lw_link *, struct lw_final *, size_t *at);

#endif /* LW_BUILD_ID_H */
