// SPDX-License-Identifier: GPL-3.0-or-later
/* faults-image.c - lay a linked image out, as a loader would, and bind it */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults.h"

unsigned char *memory, *linked, *bound;
size_t size;
uint64_t table_address;
unsigned char *table;
size_t table_size;
struct rtld rt;
struct place places[MANY];
unsigned place_count;

void must_have(const char *what, int line)
{
	fprintf(stderr, "faults: line %d: %s\n", line, what);
	exit(1);
}

static unsigned char *slurp(const char *path)
{
	static unsigned char file[1 << 24];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(file, 1, sizeof(file), f) : 0;

	MUST(n > sizeof(Elf64_Ehdr) && n < sizeof(file));
	fclose(f);
	return file;
}

static void load(const char *path)
{
	const unsigned char *file = slurp(path);
	const Elf64_Ehdr *e = (const void *)file;
	const Elf64_Phdr *p = (const void *)(file + e->e_phoff);
	const Elf64_Shdr *s = (const void *)(file + e->e_shoff);
	const char *names = (const char *)file + s[e->e_shstrndx].sh_offset;
	uint64_t low = UINT64_MAX, high = 0;

	for (unsigned i = 0; i < e->e_phnum; i++) {
		if (p[i].p_type != PT_LOAD)
			continue;
		if (p[i].p_vaddr < low)
			low = p[i].p_vaddr;
		if (p[i].p_vaddr + p[i].p_memsz > high)
			high = p[i].p_vaddr + p[i].p_memsz;
	}
	size = high - low;
	memory = calloc(1, size);
	linked = calloc(1, size);
	bound = calloc(1, size);
	MUST(memory && linked && bound);
	for (unsigned i = 0; i < e->e_phnum; i++) {
		if (p[i].p_type == PT_LOAD)
			memcpy(memory + (p[i].p_vaddr - low),
			       file + p[i].p_offset, p[i].p_filesz);
	}
	for (unsigned i = 0; i < e->e_shnum; i++) {
		if (!strcmp(names + s[i].sh_name, ".rts.tab")) {
			table_address = s[i].sh_addr;
			table_size = s[i].sh_size;
		}
	}
	MUST(table_size >= sizeof(struct rts_header));
	table = memory + (table_address - low);
}

int open_at(uint64_t address)
{
	int rc = rtld_open_at(&rt, table, table_size, address);

	return rc ? rc : rtld_validate(&rt);
}

static void find_places(void)
{
	struct rtld_site_ s;

	for (uint32_t i = 0; i < RTLD_HEAD_(&rt, slot_count); i++) {
		rtld_start_(&rt, &s, i);
		while (!rtld_next_(&rt, &s)) {
			struct place *p = &places[place_count++];

			MUST(place_count < MANY);
			p->at = (size_t)(rtld_pointer_(&rt, rt.fault.address) -
					 memory);
			p->length = s.length;
			p->slot = i;
		}
	}
	MUST(place_count == RTLD_HEAD_(&rt, site_count));
}

void reset(const unsigned char *to)
{
	memcpy(memory, to, size);
	MUST(!open_at(table_address));
}

void begin(const char *path)
{
	load(path);
	memcpy(linked, memory, size);
	MUST(!open_at(table_address));
	find_places();
	MUST(!rtld_bind(&rt, NULL) && rt.stats.bound > 10);
	memcpy(bound, memory, size);
	MUST(!rtld_unbind(&rt, NULL));
	MUST(!memcmp(memory, linked, size));
}
