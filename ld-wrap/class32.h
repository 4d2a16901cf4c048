/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * class32.h - ELF of 32 bits, read as if it had 64
 *
 * The rest of ld-wrap knows one data model: Elf64_* structures, relocations
 * with addends, and x86-64's relocation types.  Whatever reads a file asks
 * here for one structure of the file's class, and gets the wide one.
 */
#ifndef LW_CLASS32_H
#define LW_CLASS32_H

#include "lw.h"

/*
 * i386 has two types that x86-64 has no equal of; behind the seam they are
 * these.  R_386_GOT32 and R_386_GOT32X are R_X86_64_GOT32: the linker may
 * relax either.
 */
#define LW_R_GOTOFF32	0x109	/* S + A - GOT: relative to a register */
#define LW_R_UNKNOWN	0x1ff	/* of i386, and nobody knows it */

/* Bytes of a structure in a file of this class. */
static inline size_t lw_size_of(unsigned class, size_t narrow, size_t wide)
{
	return class == ELFCLASS32 ? narrow : wide;
}
#define LW_SIZE(class, type)						\
	lw_size_of(class, sizeof(Elf32_##type), sizeof(Elf64_##type))

/* The structure at p, which need not be aligned. */
Elf64_Ehdr lw_wide_ehdr(unsigned class, const unsigned char *p);
Elf64_Phdr lw_wide_phdr(unsigned class, const unsigned char *p);
Elf64_Shdr lw_wide_shdr(unsigned class, const unsigned char *p);
Elf64_Sym lw_wide_sym(unsigned class, const unsigned char *p);
Elf64_Dyn lw_wide_dyn(unsigned class, const unsigned char *p);
Elf64_Rela lw_wide_rela(unsigned class, const unsigned char *p);
/* Elf32_Rel: its addend, which stands at the place, is left 0. */
Elf64_Rela lw_wide_rel(const unsigned char *p);

/* R_386_* to R_X86_64_* or LW_R_*. */
uint32_t lw_wide_type(uint32_t type);
/* The addend of a REL of this (wide) type, from its place. */
int64_t lw_place_addend(uint32_t type, const unsigned char *place, size_t room);

/* The other way: what cannot be said in 32 bits is cut. */
void lw_put_ehdr(unsigned class, unsigned char *p, const Elf64_Ehdr *from);
void lw_put_shdr(unsigned class, unsigned char *p, const Elf64_Shdr *from);
void lw_put_sym(unsigned class, unsigned char *p, const Elf64_Sym *from);
void lw_put_rela(unsigned class, unsigned char *p, const Elf64_Rela *from);

/*
 * A relocatable object or a shared one: make its section headers wide, from
 * count of them at headers.  A table of symbols or relocations gets the type,
 * entry size and size that it has when it is wide.
 */
void lw_object_widen(struct lw_object *object, const unsigned char *headers,
		     size_t count);
/* The wide bytes of such a table (made when first asked for; NULL if it lies
 * outside the file); false if the section is none. */
bool lw_object_wide(const struct lw_object *object, size_t index,
		    const unsigned char **data, size_t *size);
/* Does it lie in the file, as it is there? */
bool lw_object_holds(const struct lw_object *object, size_t index);

#endif /* LW_CLASS32_H */
