/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lwbfd.h - names, lines and disassembly, from libbfd and libopcodes
 *
 * bfd.c alone includes their headers.  Nothing here decides anything: it is
 * for what people read.
 */
#ifndef LW_BFD_H
#define LW_BFD_H

#include <stddef.h>
#include <stdint.h>

struct lw_image;
struct lw_object;

/* "R_X86_64_PLT32", or NULL if the machine has no such type. */
const char *lw_reloc_name(unsigned machine, unsigned type);

/* A C++ or Rust name as its author wrote it; any other as it is.  Lives as
 * long as lw_alloc()'s memory. */
const char *lw_demangle(const char *name);

/* "FILE:LINE" of an offset in an input's section, as its debug information has
 * it, or NULL. */
const char *lw_source_line(const struct lw_object *object, size_t section,
			   uint64_t offset);

/*
 * The first instruction of these n bytes, which stand at address, as AT&T
 * text; addresses that image has a symbol for carry its name (image may be
 * NULL).  Returns the instruction's length, or 0 if there is none; text is
 * then "(bad)".
 */
size_t lw_disassemble(const struct lw_image *image, unsigned machine,
		      uint64_t address, const unsigned char *bytes, size_t n,
		      char *text, size_t size);

#endif /* LW_BFD_H */
