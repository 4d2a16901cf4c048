// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * load.c - a module loader: ET_REL to memory, as a kernel does it
 *
 * Knows the relocations that Linux knows in a module (arch/x86/kernel/
 * module.c) and no others, and puts each section where it likes.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "load.h"

#define PAGE	4096u

static int fail(const char *what, const char *name)
{
	printf("FAIL load: %s %s\n", what, name);
	return 0;
}

static Elf64_Shdr *sections(const struct module *m)
{
	return (Elf64_Shdr *)(void *)(m->file +
				      ((Elf64_Ehdr *)(void *)m->file)->e_shoff);
}

static unsigned count(const struct module *m)
{
	return ((Elf64_Ehdr *)(void *)m->file)->e_shnum;
}

static const char *name_of(const struct module *m, unsigned i)
{
	unsigned names = ((Elf64_Ehdr *)(void *)m->file)->e_shstrndx;

	return (char *)m->file + sections(m)[names].sh_offset +
	       sections(m)[i].sh_name;
}

/* A page of its own each, in the order that the seed says, with gaps. */
static int place(struct module *m, unsigned seed)
{
	unsigned n = count(m), order[256], i, k, swap;
	size_t at = PAGE * (seed % 5);

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; seed && i > 1; i--) {
		seed = seed * 1103515245 + 12345;
		k = seed / 65536 % i;
		swap = order[i - 1];
		order[i - 1] = order[k];
		order[k] = swap;
	}
	for (i = 0; i < n; i++) {
		Elf64_Shdr *s = &sections(m)[order[i]];

		if (!(s->sh_flags & SHF_ALLOC) || !s->sh_size)
			continue;
		s->sh_addr = (uintptr_t)m->memory + at;
		at += (s->sh_size + PAGE - 1) / PAGE * PAGE + PAGE * (i % 3);
		if (at > m->room)
			return fail("no room for", name_of(m, order[i]));
		if (s->sh_type != SHT_NOBITS)
			memcpy((void *)s->sh_addr, m->file + s->sh_offset,
			       s->sh_size);
	}
	return 1;
}

static int resolve(struct module *m)
{
	for (unsigned i = 0; i < m->symbol_count; i++) {
		Elf64_Sym *s = &m->symbols[i];
		const struct exported *e = m->exports;

		if (s->st_shndx != SHN_UNDEF) {
			if (s->st_shndx < SHN_LORESERVE)
				s->st_value += sections(m)[s->st_shndx].sh_addr;
			continue;
		}
		while (i && e->name && strcmp(e->name, m->strings + s->st_name))
			e++;
		if (i && !e->name &&
		    ELF64_ST_BIND(s->st_info) != STB_WEAK)
			return fail("unknown symbol", m->strings + s->st_name);
		s->st_value = i && e->name ? (uintptr_t)e->address : 0;
	}
	return 1;
}

static int apply(const struct module *m, const Elf64_Rela *r, uint64_t base)
{
	unsigned char *at = (unsigned char *)(uintptr_t)(base + r->r_offset);
	uint64_t value = m->symbols[ELF64_R_SYM(r->r_info)].st_value +
			 (uint64_t)r->r_addend;
	unsigned type = (unsigned)ELF64_R_TYPE(r->r_info), size = 4;

	switch (type) {
	case R_X86_64_NONE:
		return 1;
	case R_X86_64_64:
		size = 8;
		break;
	case R_X86_64_PC64:
		size = 8;
		value -= (uintptr_t)at;
		break;
	case R_X86_64_32:
		if (value != (uint32_t)value)
			return fail("overflow", "R_X86_64_32");
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		value -= (uintptr_t)at;
		__attribute__((fallthrough));
	case R_X86_64_32S:
		if (value != (uint64_t)(int64_t)(int32_t)value)
			return fail("overflow", "of 32 bits");
		break;
	default:
		printf("FAIL load: relocation type %u\n", type);
		return 0;
	}
	memcpy(at, &value, size);
	return 1;
}

static int relocate(struct module *m)
{
	for (unsigned i = 1; i < count(m); i++) {
		const Elf64_Shdr *s = &sections(m)[i];
		const Elf64_Rela *r = (void *)(m->file + s->sh_offset);

		if (s->sh_type != SHT_RELA || s->sh_info >= count(m) ||
		    !(sections(m)[s->sh_info].sh_flags & SHF_ALLOC))
			continue;
		for (size_t n = s->sh_size / sizeof(*r); n--; r++) {
			if (!apply(m, r, sections(m)[s->sh_info].sh_addr))
				return 0;
		}
	}
	return 1;
}

static void read_symbols(struct module *m)
{
	for (unsigned i = 1; i < count(m); i++) {
		const Elf64_Shdr *s = &sections(m)[i];

		if (s->sh_type != SHT_SYMTAB)
			continue;
		m->symbols = (void *)(m->file + s->sh_offset);
		m->symbol_count = (unsigned)(s->sh_size / sizeof(Elf64_Sym));
		m->strings = (char *)m->file +
			     sections(m)[s->sh_link].sh_offset;
	}
}

static int protect(const struct module *m)
{
	for (unsigned i = 1; i < count(m); i++) {
		const Elf64_Shdr *s = &sections(m)[i];
		int how = PROT_READ;

		if (!(s->sh_flags & SHF_ALLOC) || !s->sh_size)
			continue;
		if (s->sh_flags & SHF_WRITE)
			how |= PROT_WRITE;
		if (s->sh_flags & SHF_EXECINSTR)
			how |= PROT_EXEC;
		if (mprotect((void *)s->sh_addr, (s->sh_size + PAGE - 1) /
			     PAGE * PAGE, how))
			return fail("mprotect", name_of(m, i));
	}
	return 1;
}

void *module_section(const struct module *m, const char *name, size_t *size)
{
	for (unsigned i = 1; i < count(m); i++) {
		if (strcmp(name_of(m, i), name))
			continue;
		*size = sections(m)[i].sh_size;
		return (void *)sections(m)[i].sh_addr;
	}
	*size = 0;
	return NULL;
}

void *module_symbol(const struct module *m, const char *name)
{
	for (unsigned i = 1; i < m->symbol_count; i++) {
		if (!strcmp(m->strings + m->symbols[i].st_name, name))
			return (void *)m->symbols[i].st_value;
	}
	return NULL;
}

static int read_file(struct module *m, const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n;

	m->file = aligned_alloc(16, 1 << 20);
	n = f && m->file ? fread(m->file, 1, 1 << 20, f) : 0;
	if (f)
		fclose(f);
	return n ? 1 : fail("cannot read", path);
}

/* Below 2 GiB, as the program: the loader of a kernel puts modules near. */
int module_load(struct module *m, const char *path,
		const struct exported *exports, unsigned seed)
{
	m->room = 512 * PAGE;
	m->exports = exports;
	m->memory = mmap(NULL, m->room, PROT_READ | PROT_WRITE, MAP_PRIVATE |
			 MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (m->memory == MAP_FAILED || !read_file(m, path))
		return fail("no memory for", path);
	read_symbols(m);
	return place(m, seed) && resolve(m) && relocate(m);
}

int module_ready(const struct module *m)
{
	return protect(m);
}
