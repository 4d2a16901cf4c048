// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * module-place.c - a relocatable file as a module loader would place it
 *
 * Everything that reads an image wants addresses, and a relocatable file has
 * none.  So it gets some: any will do, as long as what is found out does not
 * depend on them.  What comes out is an ELF file in memory that looks linked:
 * sections with addresses, a segment for each, symbols with their values, and
 * the relocations applied.  These are then gone from it, since their offsets
 * count from sections, and nobody must take them for what a linker emits.
 *
 * An undefined symbol is somebody else's, as a kernel's for its module.  Each
 * gets some memory behind the sections, to stand for what it names.
 */
#include "config.h"

#include <string.h>

#include "class32.h"
#include "locate.h"
#include "module-place.h"
#include "scan.h"
#include "table.h"

#define BASE		0x10000000	/* reached by 32 bits, signed or not */
#define GAP		0x1000		/* so that no end is a beginning */
#define EXTERN_ROOM	0x10000
#define EXTERNS_MAX	0x40000000

static uint64_t align_up(uint64_t n, uint64_t align)
{
	return align > 1 ? (n + align - 1) / align * align : n;
}

/* ---- addresses --------------------------------------------------------- */

static uint64_t place_section(struct lw_layout *p, size_t index, uint64_t at)
{
	Elf64_Shdr header = lw_shdr(p->object, index);

	if (!(header.sh_flags & SHF_ALLOC) || !header.sh_size)
		return at;
	at = align_up(at, GAP);
	p->at[index] = align_up(at, header.sh_addralign);
	return p->at[index] + header.sh_size + GAP;
}

static const char *place_sections(struct lw_layout *p, bool reversed)
{
	size_t count = p->object->section_count;
	uint64_t at = BASE;

	p->at = lw_alloc((count + 1) * sizeof(*p->at));
	for (size_t i = 1; i < count && at < EXTERNS_MAX; i++)
		at = place_section(p, reversed ? count - i : i, at);
	p->externs = align_up(at, 0x10000);
	return at < EXTERNS_MAX ? NULL : "it is larger than a module can be";
}

static const char *place_symbols(struct lw_layout *p)
{
	const struct lw_object *object = p->object;

	p->symbols = lw_alloc((object->symbol_count + 1) *
			      sizeof(*p->symbols));
	p->room = EXTERN_ROOM;
	for (size_t i = 1; i < object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(object, i);
		size_t section = lw_sym_section(object, i);

		if (section && section < object->section_count)
			p->symbols[i] = p->at[section] + symbol.st_value;
		else if (symbol.st_shndx == SHN_ABS)
			p->symbols[i] = symbol.st_value;
		else
			p->symbols[i] = p->externs +
					p->extern_count++ * p->room;
	}
	return p->extern_count * p->room < EXTERNS_MAX ? NULL :
		"it has too many undefined symbols";
}

size_t lw_layout_section(const struct lw_layout *p, uint64_t address)
{
	for (size_t i = 1; i < p->object->section_count; i++) {
		if (p->at[i] && address - p->at[i] <=
		    lw_shdr(p->object, i).sh_size)
			return i;
	}
	return 0;
}

/* The section's own symbol, or else any in it. */
static size_t symbol_in(const struct lw_layout *p, size_t section)
{
	size_t found = 0;

	for (size_t i = 1; i < p->object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(p->object, i);

		if (lw_sym_section(p->object, i) != section)
			continue;
		if (ELF64_ST_TYPE(symbol.st_info) == STT_SECTION)
			return i;
		if (!found && ELF64_ST_TYPE(symbol.st_info) != STT_TLS)
			found = i;
	}
	return found;
}

static size_t extern_at(const struct lw_layout *p, uint64_t address)
{
	for (size_t i = 1; i < p->object->symbol_count; i++) {
		if (p->symbols[i] >= p->externs &&
		    address - p->symbols[i] < p->room)
			return i;
	}
	return 0;
}

size_t lw_layout_symbol(const struct lw_layout *p, uint64_t address,
			int64_t *addend)
{
	size_t section = lw_layout_section(p, address);
	size_t symbol = section ? symbol_in(p, section) : extern_at(p, address);

	*addend = (int64_t)(address - p->symbols[symbol]);
	return symbol;
}

/* ---- what looks for places ---------------------------------------------- */

/* A relocatable file is its own input. */
void lw_anchor_placed(struct lw_link *link, struct lw_anchors *anchors)
{
	for (size_t i = 0; i < anchors->count; i++) {
		struct lw_anchor *one = &anchors->at[i];

		one->base = link->layout->at[one->section];
		one->placed = one->base;
		for (size_t k = one->first; k < one->end; k++)
			link->references.at[k].place =
				one->base + link->references.at[k].offset;
	}
}

/* ---- relocations ------------------------------------------------------- */

/* Bytes of the field; 0: not for a module loader. */
static unsigned size_of(uint32_t type)
{
	switch (type) {
	case R_X86_64_64:
	case R_X86_64_PC64:
		return 8;
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		return 4;
	default:
		return 0;
	}
}

static void apply(struct lw_layout *p, const Elf64_Shdr *header,
		  uint64_t base, const Elf64_Rela *rela)
{
	uint32_t type = ELF64_R_TYPE(rela->r_info);
	size_t symbol = ELF64_R_SYM(rela->r_info);
	unsigned size = size_of(type);
	uint64_t value;

	if (!size || symbol >= p->object->symbol_count ||
	    rela->r_offset > header->sh_size ||
	    size > header->sh_size - rela->r_offset ||
	    header->sh_offset > p->object->size ||
	    header->sh_size > p->object->size - header->sh_offset)
		return;
	value = p->symbols[symbol] + (uint64_t)rela->r_addend;
	if (type == R_X86_64_PC64 || type == R_X86_64_PC32 ||
	    type == R_X86_64_PLT32)
		value -= base + rela->r_offset;
	lw_table_store(p->data + header->sh_offset + rela->r_offset, value,
		       size);
}

/* .rts.mark is not loaded, but says where things are. */
static void apply_all(struct lw_layout *p)
{
	const struct lw_object *object = p->object;

	for (size_t i = 1; i < object->section_count; i++) {
		Elf64_Shdr relas = lw_shdr(object, i), header;
		const unsigned char *data;
		size_t size = 0;

		header = lw_shdr(object, relas.sh_info);
		if (relas.sh_type != SHT_RELA || header.sh_type == SHT_NOBITS ||
		    (!p->at[relas.sh_info] &&
		     strcmp(lw_section_name(object, relas.sh_info),
			    ".rts.mark")))
			continue;
		data = lw_section_data(object, i, &size);
		for (size_t k = 0; data && k < size / sizeof(Elf64_Rela); k++) {
			Elf64_Rela rela = lw_rela(data, k);

			apply(p, &header, p->at[relas.sh_info], &rela);
		}
	}
}

/* ---- headers ------------------------------------------------------------ */

static void put_sections(struct lw_layout *p, uint64_t at)
{
	for (size_t i = 1; i < p->object->section_count; i++) {
		Elf64_Shdr header = lw_shdr(p->object, i);

		header.sh_addr = p->at[i];
		if (header.sh_type == SHT_RELA || header.sh_type == SHT_REL)
			header.sh_type = SHT_NULL;
		memcpy(p->data + at + i * sizeof(header), &header,
		       sizeof(header));
	}
}

static void put_symbols(struct lw_layout *p)
{
	size_t at;

	if (!p->object->symbols)
		return;
	at = (size_t)(p->object->symbols - p->object->data);
	for (size_t i = 1; i < p->object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(p->object, i);

		symbol.st_value = p->symbols[i];
		/* Whatever it is, it is there. */
		if (symbol.st_shndx == SHN_UNDEF ||
		    symbol.st_shndx == SHN_COMMON)
			symbol.st_shndx = SHN_LOPROC;
		memcpy(p->data + at + i * sizeof(symbol), &symbol,
		       sizeof(symbol));
	}
}

static void put_segment(struct lw_layout *p, size_t *at, uint64_t address,
			uint64_t size, const Elf64_Shdr *header)
{
	Elf64_Phdr segment = { .p_type = PT_LOAD, .p_flags = PF_R,
			       .p_vaddr = address, .p_paddr = address,
			       .p_memsz = size };

	if (header && header->sh_type != SHT_NOBITS) {
		segment.p_offset = header->sh_offset;
		segment.p_filesz = size;
	}
	if (header && header->sh_flags & SHF_EXECINSTR)
		segment.p_flags |= PF_X;
	memcpy(p->data + *at, &segment, sizeof(segment));
	*at += sizeof(segment);
}

static void put_file(struct lw_layout *p)
{
	const struct lw_object *object = p->object;
	size_t at = align_up(object->size, 8), count = 1;
	Elf64_Ehdr ehdr;

	for (size_t i = 1; i < object->section_count; i++)
		count += p->at[i] != 0;
	p->size = at + count * sizeof(Elf64_Phdr);
	p->data = lw_alloc(p->size);
	memcpy(p->data, object->data, object->size);
	memcpy(&ehdr, p->data, sizeof(ehdr));
	ehdr.e_type = ET_EXEC;
	ehdr.e_phoff = at;
	ehdr.e_phentsize = sizeof(Elf64_Phdr);
	ehdr.e_phnum = (Elf64_Half)count;
	memcpy(p->data, &ehdr, sizeof(ehdr));
	for (size_t i = 1; i < object->section_count; i++) {
		Elf64_Shdr header = lw_shdr(object, i);

		if (p->at[i])
			put_segment(p, &at, p->at[i], header.sh_size, &header);
	}
	put_segment(p, &at, p->externs, p->extern_count * p->room + 1, NULL);
	put_sections(p, ehdr.e_shoff);
	put_symbols(p);
}

const char *lw_module_place(struct lw_layout *p, const struct lw_object *object,
		     bool reversed)
{
	const char *why;

	memset(p, 0, sizeof(*p));
	p->object = object;
	if (object->machine != EM_X86_64 || object->elf_class != ELFCLASS64)
		return "it is not for x86-64";
	if (object->section_count >= PN_XNUM)
		return "it has too many sections";
	why = place_sections(p, reversed);
	if (!why)
		why = place_symbols(p);
	if (why)
		return why;
	put_file(p);
	apply_all(p);
	return NULL;
}
