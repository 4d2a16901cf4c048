// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * class32.c - ELF of 32 bits, read as if it had 64
 *
 * i386 differs from x86-64 in three ways that matter here.
 *
 * Widths.  All structures have the same members, some in another order; only
 *   r_info packs its two numbers otherwise (24 bits of symbol, 8 of type).
 *
 * Addends.  x86-64 has RELA: the addend stands in the relocation, and the
 *   place holds nothing.  i386 has REL: the addend is what stands at the place,
 *   as many bytes as the field has, signed.  In a linked file (--emit-relocs)
 *   the place holds the result, and the addend is gone.
 *
 * Types.  Most have an equal on x86-64.  GOTOFF, the distance from the GOT,
 *   has none: x86-64 reaches by %rip what i386 reaches by a register that
 *   holds the GOT's address.
 */
#include "config.h"

#include <string.h>

#include "class32.h"
#include "input.h"

/* ---- structures -------------------------------------------------------- */

/* Copy members of one structure to those of the same names in another. */
#define SET(member)	to.member = from.member

Elf64_Ehdr lw_wide_ehdr(unsigned class, const unsigned char *p)
{
	Elf64_Ehdr to = { 0 };
	Elf32_Ehdr from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	memcpy(to.e_ident, from.e_ident, sizeof(to.e_ident));
	SET(e_type);
	SET(e_machine);
	SET(e_version);
	SET(e_entry);
	SET(e_phoff);
	SET(e_shoff);
	SET(e_flags);
	SET(e_ehsize);
	SET(e_phentsize);
	SET(e_phnum);
	SET(e_shentsize);
	SET(e_shnum);
	SET(e_shstrndx);
	return to;
}

Elf64_Phdr lw_wide_phdr(unsigned class, const unsigned char *p)
{
	Elf64_Phdr to = { 0 };
	Elf32_Phdr from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	SET(p_type);
	SET(p_flags);
	SET(p_offset);
	SET(p_vaddr);
	SET(p_paddr);
	SET(p_filesz);
	SET(p_memsz);
	SET(p_align);
	return to;
}

Elf64_Shdr lw_wide_shdr(unsigned class, const unsigned char *p)
{
	Elf64_Shdr to = { 0 };
	Elf32_Shdr from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	SET(sh_name);
	SET(sh_type);
	SET(sh_flags);
	SET(sh_addr);
	SET(sh_offset);
	SET(sh_size);
	SET(sh_link);
	SET(sh_info);
	SET(sh_addralign);
	SET(sh_entsize);
	return to;
}

Elf64_Sym lw_wide_sym(unsigned class, const unsigned char *p)
{
	Elf64_Sym to = { 0 };
	Elf32_Sym from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	SET(st_name);
	SET(st_info);
	SET(st_other);
	SET(st_shndx);
	SET(st_value);
	SET(st_size);
	return to;
}

Elf64_Dyn lw_wide_dyn(unsigned class, const unsigned char *p)
{
	Elf64_Dyn to = { 0 };
	Elf32_Dyn from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	SET(d_tag);
	SET(d_un.d_val);
	return to;
}

Elf64_Rela lw_wide_rela(unsigned class, const unsigned char *p)
{
	Elf64_Rela to = { 0 };
	Elf32_Rela from;

	if (class != ELFCLASS32) {
		memcpy(&to, p, sizeof(to));
		return to;
	}
	memcpy(&from, p, sizeof(from));
	SET(r_offset);
	SET(r_addend);
	to.r_info = ELF64_R_INFO(ELF32_R_SYM(from.r_info),
				 ELF32_R_TYPE(from.r_info));
	return to;
}

Elf64_Rela lw_wide_rel(const unsigned char *p)
{
	Elf64_Rela to = { 0 };
	Elf32_Rel from;

	memcpy(&from, p, sizeof(from));
	SET(r_offset);
	to.r_info = ELF64_R_INFO(ELF32_R_SYM(from.r_info),
				 lw_wide_type(ELF32_R_TYPE(from.r_info)));
	return to;
}

#undef SET

/* ---- and back ----------------------------------------------------------- */

#define SET(member)	to.member = (__typeof__(to.member))from->member

void lw_put_ehdr(unsigned class, unsigned char *p, const Elf64_Ehdr *from)
{
	Elf32_Ehdr to = { 0 };

	if (class != ELFCLASS32) {
		memcpy(p, from, sizeof(*from));
		return;
	}
	memcpy(to.e_ident, from->e_ident, sizeof(to.e_ident));
	SET(e_type);
	SET(e_machine);
	SET(e_version);
	SET(e_entry);
	SET(e_phoff);
	SET(e_shoff);
	SET(e_flags);
	SET(e_ehsize);
	SET(e_phentsize);
	SET(e_phnum);
	SET(e_shentsize);
	SET(e_shnum);
	SET(e_shstrndx);
	memcpy(p, &to, sizeof(to));
}

void lw_put_shdr(unsigned class, unsigned char *p, const Elf64_Shdr *from)
{
	Elf32_Shdr to = { 0 };

	if (class != ELFCLASS32) {
		memcpy(p, from, sizeof(*from));
		return;
	}
	SET(sh_name);
	SET(sh_type);
	SET(sh_flags);
	SET(sh_addr);
	SET(sh_offset);
	SET(sh_size);
	SET(sh_link);
	SET(sh_info);
	SET(sh_addralign);
	SET(sh_entsize);
	memcpy(p, &to, sizeof(to));
}

void lw_put_sym(unsigned class, unsigned char *p, const Elf64_Sym *from)
{
	Elf32_Sym to = { 0 };

	if (class != ELFCLASS32) {
		memcpy(p, from, sizeof(*from));
		return;
	}
	SET(st_name);
	SET(st_info);
	SET(st_other);
	SET(st_shndx);
	SET(st_value);
	SET(st_size);
	memcpy(p, &to, sizeof(to));
}

void lw_put_rela(unsigned class, unsigned char *p, const Elf64_Rela *from)
{
	Elf32_Rela to = { 0 };

	if (class != ELFCLASS32) {
		memcpy(p, from, sizeof(*from));
		return;
	}
	SET(r_offset);
	SET(r_addend);
	to.r_info = ELF32_R_INFO((Elf32_Word)ELF64_R_SYM(from->r_info),
				 (Elf32_Word)ELF64_R_TYPE(from->r_info));
	memcpy(p, &to, sizeof(to));
}

#undef SET

/* ---- relocation types --------------------------------------------------- */

uint32_t lw_wide_type(uint32_t type)
{
	static const uint16_t equal[] = {
		[R_386_32] = R_X86_64_32,
		[R_386_PC32] = R_X86_64_PC32,
		[R_386_GOT32] = R_X86_64_GOT32,
		[R_386_PLT32] = R_X86_64_PLT32,
		[R_386_COPY] = R_X86_64_COPY,
		[R_386_GLOB_DAT] = R_X86_64_GLOB_DAT,
		[R_386_JMP_SLOT] = R_X86_64_JUMP_SLOT,
		[R_386_RELATIVE] = R_X86_64_RELATIVE,
		[R_386_GOTOFF] = LW_R_GOTOFF32,
		[R_386_GOTPC] = R_X86_64_GOTPC32,
		[R_386_TLS_IE] = R_X86_64_GOTTPOFF,
		[R_386_TLS_GOTIE] = R_X86_64_GOTTPOFF,
		[R_386_TLS_LE] = R_X86_64_TPOFF32,
		[R_386_TLS_GD] = R_X86_64_TLSGD,
		[R_386_TLS_LDM] = R_X86_64_TLSLD,
		[R_386_16] = R_X86_64_16,
		[R_386_PC16] = R_X86_64_PC16,
		[R_386_8] = R_X86_64_8,
		[R_386_PC8] = R_X86_64_PC8,
		[R_386_TLS_LDO_32] = R_X86_64_DTPOFF32,
		[R_386_TLS_IE_32] = R_X86_64_GOTTPOFF,
		[R_386_TLS_LE_32] = R_X86_64_TPOFF32,
		[R_386_SIZE32] = R_X86_64_SIZE32,
		[R_386_TLS_GOTDESC] = R_X86_64_GOTPC32_TLSDESC,
		[R_386_TLS_DESC_CALL] = R_X86_64_TLSDESC_CALL,
		[R_386_IRELATIVE] = R_X86_64_IRELATIVE,
		[R_386_GOT32X] = R_X86_64_GOT32,
	};

	if (type == R_386_NONE)
		return R_X86_64_NONE;
	if (type >= sizeof(equal) / sizeof(*equal) || !equal[type])
		return LW_R_UNKNOWN;
	return equal[type];
}

int64_t lw_place_addend(uint32_t type, const unsigned char *place, size_t room)
{
	switch (type) {
	case R_X86_64_NONE:
	case R_X86_64_TLSDESC_CALL:
		return 0;
	case R_X86_64_8:
	case R_X86_64_PC8:
		return room < 1 ? 0 : (int8_t)*place;
	case R_X86_64_16:
	case R_X86_64_PC16:
		return room < 2 ? 0 : (int16_t)rts_ld16(place);
	default:
		return room < 4 ? 0 : (int32_t)rts_ld32(place);
	}
}

/* ---- the sections of an object ------------------------------------------ */

/* What the file itself has in section header i. */
static Elf64_Shdr raw_header(const struct lw_object *object, size_t index)
{
	return lw_wide_shdr(ELFCLASS32, object->narrow +
			    index * sizeof(Elf32_Shdr));
}

static const unsigned char *raw_bytes(const struct lw_object *object,
				      const Elf64_Shdr *raw)
{
	return lw_bytes_at((struct lw_bytes){ .data = object->data,
					      .size = object->size },
			   raw->sh_offset, raw->sh_size);
}

/* A size that is no multiple must not become one; nor a wrong entry size a
 * right one. */
static void stretch(Elf64_Shdr *header, size_t narrow, size_t wide)
{
	header->sh_size = header->sh_size / narrow * wide +
			  header->sh_size % narrow;
	header->sh_entsize = header->sh_entsize == narrow ? wide : 0;
}

static bool is_symbols(const Elf64_Shdr *raw)
{
	return raw->sh_type == SHT_SYMTAB || raw->sh_type == SHT_DYNSYM;
}

void lw_object_widen(struct lw_object *object, const unsigned char *headers,
		     size_t count)
{
	Elf64_Shdr *all = lw_alloc((count + 1) * sizeof(*all));

	object->narrow = headers;
	object->wide = lw_alloc((count + 1) * sizeof(*object->wide));
	for (size_t i = 0; i < count; i++) {
		all[i] = raw_header(object, i);
		if (is_symbols(&all[i])) {
			stretch(&all[i], sizeof(Elf32_Sym), sizeof(Elf64_Sym));
		} else if (all[i].sh_type == SHT_REL) {
			stretch(&all[i], sizeof(Elf32_Rel), sizeof(Elf64_Rela));
			all[i].sh_type = SHT_RELA;
		} else if (all[i].sh_type == SHT_RELA) {
			all[i].sh_entsize = 0;	/* not on i386 */
		}
	}
	object->sections = all;
	object->section_count = count;
}

bool lw_object_holds(const struct lw_object *object, size_t index)
{
	Elf64_Shdr raw = raw_header(object, index);

	return raw.sh_type == SHT_NOBITS || raw_bytes(object, &raw);
}

static void *widen_symbols(const unsigned char *from, size_t count)
{
	Elf64_Sym *all = lw_alloc((count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = lw_wide_sym(ELFCLASS32, from + i * sizeof(Elf32_Sym));
	return all;
}

static void *widen_relocations(const struct lw_object *object,
			       const unsigned char *from, size_t count,
			       size_t section)
{
	Elf64_Rela *all = lw_alloc((count + 1) * sizeof(*all));
	const unsigned char *places = NULL;
	Elf64_Shdr raw = { 0 };

	if (section < object->section_count)
		raw = raw_header(object, section);
	if (raw.sh_type != SHT_NULL && raw.sh_type != SHT_NOBITS)
		places = raw_bytes(object, &raw);
	for (size_t i = 0; i < count; i++) {
		Elf64_Rela *one = &all[i];

		*one = lw_wide_rel(from + i * sizeof(Elf32_Rel));
		if (places && one->r_offset < raw.sh_size)
			one->r_addend = lw_place_addend(
				(uint32_t)ELF64_R_TYPE(one->r_info),
				places + one->r_offset,
				raw.sh_size - one->r_offset);
	}
	return all;
}

bool lw_object_wide(const struct lw_object *object, size_t index,
		    const unsigned char **data, size_t *size)
{
	const unsigned char *from;
	void **made = &object->wide[index];
	Elf64_Shdr raw = raw_header(object, index);
	size_t count;

	if (!is_symbols(&raw) && raw.sh_type != SHT_REL)
		return false;
	*size = 0;
	*data = NULL;
	from = raw_bytes(object, &raw);
	if (!from)
		return true;
	if (is_symbols(&raw)) {
		count = raw.sh_size / sizeof(Elf32_Sym);
		*size = count * sizeof(Elf64_Sym);
		if (!*made)
			*made = widen_symbols(from, count);
	} else {
		count = raw.sh_size / sizeof(Elf32_Rel);
		*size = count * sizeof(Elf64_Rela);
		if (!*made)
			*made = widen_relocations(object, from, count,
						  raw.sh_info);
	}
	*data = *made;
	return true;
}
