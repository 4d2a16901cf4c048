// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * elf.c - one ELF object, read raw and in place
 *
 * An ELF file is its header, which says where the table of section headers
 * is; that says where everything else is.  Nothing of it can be trusted, and
 * nothing of it need be aligned: a member of an archive begins at any even
 * offset.  So every range is checked once, here, and every structure is
 * copied out before it is looked at.
 *
 * Two numbers of the ELF header have 16 bits only.  If a file has 0xff00
 * sections or more, e_shnum is 0 and e_shstrndx is SHN_XINDEX, and the real
 * ones stand in section header 0, in sh_size and sh_link.  A symbol of such
 * a file has st_shndx SHN_XINDEX, and its section's number stands in a
 * parallel table, SHT_SYMTAB_SHNDX.
 */
#include "config.h"

#include <string.h>

#include "class32.h"
#include "input.h"

#ifndef SHT_CREL
#define SHT_CREL 0x40000014	/* compact relocations, younger than glibc's */
#endif

#ifndef SHT_LLVM_LTO
#define SHT_LLVM_LTO 0x6fff4c0c
#endif

const unsigned char *lw_bytes_at(struct lw_bytes bytes, uint64_t offset,
				 uint64_t n)
{
	if (offset > bytes.size || n > bytes.size - offset)
		return NULL;
	return bytes.data + offset;
}

static struct lw_bytes whole(const struct lw_object *object)
{
	return (struct lw_bytes){ .data = object->data, .size = object->size };
}

/* ---- what the stages ask for ----------------------------------------- */

Elf64_Shdr lw_shdr(const struct lw_object *object, size_t index)
{
	Elf64_Shdr header = { 0 };

	if (index < object->section_count)
		memcpy(&header, (const char *)object->sections +
		       index * sizeof(header), sizeof(header));
	return header;
}

Elf64_Sym lw_sym(const struct lw_object *object, size_t index)
{
	Elf64_Sym symbol = { 0 };

	if (index < object->symbol_count)
		memcpy(&symbol, object->symbols + index * sizeof(symbol),
		       sizeof(symbol));
	return symbol;
}

const char *lw_section_name(const struct lw_object *object, size_t index)
{
	Elf64_Word name = lw_shdr(object, index).sh_name;

	return name < object->section_names_size ?
		object->section_names + name : "";
}

const char *lw_sym_name(const struct lw_object *object, const Elf64_Sym *symbol)
{
	return symbol->st_name < object->strings_size ?
		object->strings + symbol->st_name : "";
}

size_t lw_sym_section(const struct lw_object *object, size_t symbol)
{
	uint16_t index = lw_sym(object, symbol).st_shndx;
	uint32_t wide = index;

	if (index == SHN_XINDEX && object->shndx &&
	    symbol < object->symbol_count)
		memcpy(&wide, object->shndx + symbol * sizeof(wide),
		       sizeof(wide));
	else if (index >= SHN_LORESERVE)
		return 0;
	return wide < object->section_count ? wide : 0;
}

const unsigned char *lw_section_data(const struct lw_object *object,
				     size_t index, size_t *size)
{
	Elf64_Shdr header = lw_shdr(object, index);

	const unsigned char *data;

	*size = 0;
	if (header.sh_type == SHT_NULL || header.sh_type == SHT_NOBITS)
		return NULL;
	if (object->wide && lw_object_wide(object, index, &data, size))
		return data;
	*size = header.sh_size;
	return lw_bytes_at(whole(object), header.sh_offset, header.sh_size);
}

/* ---- reading --------------------------------------------------------- */

/* A string table is one only if its last byte ends the last string. */
static const char *read_strings(const struct lw_object *object, size_t index,
				const char **strings, size_t *size)
{
	const unsigned char *data = lw_section_data(object, index, size);

	if (lw_shdr(object, index).sh_type != SHT_STRTAB)
		return "is no string table";
	if (!data || !*size)
		return "is empty or lies outside the file";
	if (data[*size - 1])
		return "does not end with a NUL";
	*strings = (const char *)data;
	return NULL;
}

static const char *read_section_names(struct lw_object *object, size_t index)
{
	const char *why;

	object->section_names = "";
	object->section_names_size = 1;
	if (index == SHN_UNDEF)
		return NULL;
	why = read_strings(object, index, &object->section_names,
			   &object->section_names_size);
	return why ? lw_asprintf("the table of section names, section %zu, %s",
				 index, why) : NULL;
}

static const char *check_class(const struct lw_object *object,
			       const Elf64_Ehdr *header)
{
	size_t size = LW_SIZE(object->elf_class, Shdr);

	if (header->e_shentsize == size)
		return NULL;
	return lw_asprintf("its section headers have %u bytes, not %zu",
			   header->e_shentsize, size);
}

/* count headers at their place; class 32 is made wide. */
static void take_headers(struct lw_object *object, const unsigned char *at,
			 size_t count)
{
	if (object->elf_class == ELFCLASS32) {
		lw_object_widen(object, at, count);
		return;
	}
	object->sections = (const void *)at;
	object->section_count = count;
}

static const char *read_header(struct lw_object *object)
{
	const unsigned char *at;
	size_t names, count, size;
	const char *why;
	Elf64_Ehdr header;
	Elf64_Shdr first;

	object->elf_class = object->data[EI_CLASS];
	size = LW_SIZE(object->elf_class, Shdr);
	if (object->size < LW_SIZE(object->elf_class, Ehdr))
		return "it is shorter than an ELF header";
	header = lw_wide_ehdr(object->elf_class, object->data);
	object->machine = header.e_machine;
	if (!header.e_shoff)
		return NULL;
	why = check_class(object, &header);
	if (why)
		return why;
	at = lw_bytes_at(whole(object), header.e_shoff, size);
	if (!at)
		return "its section headers lie outside the file";
	first = lw_wide_shdr(object->elf_class, at);
	count = header.e_shnum ? header.e_shnum : first.sh_size;
	names = header.e_shstrndx == SHN_XINDEX ? first.sh_link :
		header.e_shstrndx;
	if (count > (object->size - header.e_shoff) / size)
		return lw_asprintf("its %zu section headers reach beyond the "
				   "end of the file", count);
	take_headers(object, at, count);
	return read_section_names(object, names);
}

static const char *check_rela(const struct lw_object *object,
			      const Elf64_Shdr *header, size_t symtab)
{
	/* A DSO's .rela.dyn speaks of no section and is not ours to read. */
	if (!(lw_shdr(object, header->sh_info).sh_flags & SHF_ALLOC))
		return NULL;
	if (header->sh_type != SHT_RELA)
		return "holds relocations in a form that its machine does not "
		       "use";
	if (header->sh_entsize != sizeof(Elf64_Rela) ||
	    header->sh_size % sizeof(Elf64_Rela))
		return "has relocations of a wrong size";
	if (header->sh_link != symtab)
		return "refers to another symbol table than the file's";
	return NULL;
}

static const char *read_symbols(struct lw_object *object, size_t index,
				size_t shndx)
{
	Elf64_Shdr header = lw_shdr(object, index);
	const char *why;
	size_t size;

	if (header.sh_entsize != sizeof(Elf64_Sym) ||
	    header.sh_size % sizeof(Elf64_Sym))
		return lw_asprintf("its symbol table, section %zu, has "
				   "symbols of a wrong size", index);
	why = read_strings(object, header.sh_link, &object->strings,
			   &object->strings_size);
	if (why)
		return lw_asprintf("the names of its symbols, section %u, %s",
				   header.sh_link, why);
	object->symbols = lw_section_data(object, index, &size);
	object->symbol_count = size / sizeof(Elf64_Sym);
	object->first_global = header.sh_info;
	if (object->first_global > object->symbol_count)
		return "its symbol table has more local symbols than symbols";
	if (!shndx)
		return NULL;
	object->shndx = lw_section_data(object, shndx, &size);
	if (lw_shdr(object, shndx).sh_link != index ||
	    size / sizeof(uint32_t) < object->symbol_count)
		return lw_asprintf("section %zu, the wide section numbers, "
				   "does not fit the symbol table", shndx);
	return NULL;
}

/* What we must know of a section before the symbols can be read. */
struct survey {
	size_t symtab, shndx;
	bool lto, content;
};

/* gcc gives each initialized variable's LTO code a section, named after it:
 * .gnu.lto_rts_mark_x_0_.1.HASH is a record's. */
static void see_ir(struct lw_object *object, const char *name,
		   struct survey *found)
{
	found->lto = object->has_ir = true;
	object->ir_marked |= strstr(name, "rts_mark_") != NULL;
}

/* Bitcode beside code, of clang's -ffat-lto-objects. */
static void see_bitcode(struct lw_object *object, size_t index)
{
	size_t size;
	const unsigned char *data = lw_section_data(object, index, &size);

	object->has_ir = true;
	object->ir_marked |= data && memmem(data, size, "rts_mark_", 9);
}

static bool is_in_file(const struct lw_object *object, size_t index,
		       const Elf64_Shdr *header)
{
	if (object->wide)
		return lw_object_holds(object, index);
	return header->sh_type == SHT_NOBITS ||
	       lw_bytes_at(whole(object), header->sh_offset, header->sh_size);
}

static const char *survey_section(struct lw_object *object, size_t index,
				  struct survey *found)
{
	bool shared = object->data[EI_NIDENT] == ET_DYN;
	Elf64_Shdr header = lw_shdr(object, index);
	const char *name = lw_section_name(object, index);
	Elf64_Word symtab = shared ? SHT_DYNSYM : SHT_SYMTAB;

	if (header.sh_name >= object->section_names_size)
		return "has a name outside the table of section names";
	if (!is_in_file(object, index, &header))
		return "lies outside the file";
	if (header.sh_type == symtab) {
		if (found->symtab)
			return "is a second symbol table";
		found->symtab = index;
	} else if (header.sh_type == SHT_SYMTAB_SHNDX) {
		found->shndx = index;
	} else if (header.sh_type == SHT_LLVM_LTO) {
		see_bitcode(object, index);
	} else if (header.sh_type == SHT_NOTE) {
		if (!strcmp(name, ".note.gnu.property"))
			object->has_property = true;
	} else if (header.sh_flags & SHF_ALLOC) {
		found->content |= header.sh_size != 0;
	} else if (header.sh_type == SHT_PROGBITS) {
		if (!object->mark_section && !strcmp(name, ".rts.mark"))
			object->mark_section = index;
		else if (!strncmp(name, ".gnu.lto_", 9))
			see_ir(object, name, found);
	}
	return NULL;
}

static bool holds_relocations(Elf64_Word type)
{
	return type == SHT_RELA || type == SHT_REL || type == SHT_CREL;
}

static const char *name_section(const struct lw_object *object, size_t index,
				const char *why)
{
	return lw_asprintf("section %zu (%s) %s", index,
			   lw_section_name(object, index), why);
}

const char *lw_elf_read(struct lw_object *object)
{
	struct survey found = { 0 };
	const char *why = read_header(object);
	Elf64_Shdr header;
	size_t i;

	for (i = 1; !why && i < object->section_count; i++) {
		if (lw_shdr(object, i).sh_type == SHT_NULL)
			continue;
		why = survey_section(object, i, &found);
		if (why)
			return name_section(object, i, why);
	}
	if (!why && found.symtab)
		why = read_symbols(object, found.symtab, found.shndx);
	object->is_lto = found.lto && !found.content;
	for (i = 1; !why && i < object->section_count; i++) {
		header = lw_shdr(object, i);
		if (!holds_relocations(header.sh_type))
			continue;
		why = check_rela(object, &header, found.symtab);
		if (why)
			return name_section(object, i, why);
	}
	return why;
}
