// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * badobj - damage one thing of an ELF object or any file, for tests; badobj32
 *	is the same program for objects of 32 bits
 *
 *	badobj IN OUT EDIT...
 *
 * An EDIT says what is wrong with OUT, so that a test can be read:
 *	cut=N			only the first N bytes
 *	cut=-N			all but the last N bytes
 *	byte@OFFSET=N		one byte
 *	ehdr.FIELD=N		e_shoff, e_shnum, ...
 *	shdr:NAME.FIELD=N	the section header of section NAME; "shdr:0" is
 *				the first one
 *	rela:NAME:I.FIELD=N	relocation I of section NAME; r_offset, r_sym,
 *				r_type, r_addend
 *	sym:I.FIELD=N		symbol I of .symtab
 *	wide			move e_shnum and e_shstrndx to section header 0,
 *				as in a file of 65,280 sections: still valid
 *	data:NAME:OFFSET=N	one byte of a section's content
 *	cut-at-section=NAME	the file ends in the middle of it
 * Numbers as in C.  Edits apply in order.
 */
#include <elf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef BADOBJ_32
#define Elf(name)	Elf32_##name
typedef Elf32_Rel Relocation;
#else
#define Elf(name)	Elf64_##name
typedef Elf64_Rela Relocation;
#endif

static unsigned char *file;
static size_t size;

static void stop(const char *what, const char *why)
{
	fprintf(stderr, "badobj: %s: %s\n", what, why);
	exit(99);
}

struct field {
	const char *name;
	size_t offset, width;
};

#define FIELD(type, name) \
	{ #name, offsetof(type, name), sizeof(((type *)0)->name) }

static const struct field ehdr_fields[] = {
	FIELD(Elf(Ehdr), e_type), FIELD(Elf(Ehdr), e_machine),
	FIELD(Elf(Ehdr), e_shoff), FIELD(Elf(Ehdr), e_shentsize),
	FIELD(Elf(Ehdr), e_shnum), FIELD(Elf(Ehdr), e_shstrndx),
	{ 0 }
};

static const struct field shdr_fields[] = {
	FIELD(Elf(Shdr), sh_name), FIELD(Elf(Shdr), sh_type),
	FIELD(Elf(Shdr), sh_flags), FIELD(Elf(Shdr), sh_offset),
	FIELD(Elf(Shdr), sh_size), FIELD(Elf(Shdr), sh_link),
	FIELD(Elf(Shdr), sh_info), FIELD(Elf(Shdr), sh_entsize),
	{ 0 }
};

/* r_info is symbol << 32 | type, or symbol << 8 | type: on a little-endian
 * target, two numbers. */
static const struct field rela_fields[] = {
	FIELD(Relocation, r_offset),
#ifdef BADOBJ_32
	{ "r_type", offsetof(Relocation, r_info), 1 },
	{ "r_sym", offsetof(Relocation, r_info) + 1, 3 },
#else
	FIELD(Relocation, r_addend),
	{ "r_type", offsetof(Relocation, r_info), 4 },
	{ "r_sym", offsetof(Relocation, r_info) + 4, 4 },
#endif
	{ 0 }
};

static const struct field sym_fields[] = {
	FIELD(Elf(Sym), st_name), FIELD(Elf(Sym), st_info),
	FIELD(Elf(Sym), st_shndx), FIELD(Elf(Sym), st_value),
	FIELD(Elf(Sym), st_size),
	{ 0 }
};

static void store(const char *what, size_t at, unsigned long long value,
		  size_t width)
{
	if (at > size || width > size - at)
		stop(what, "outside the file");
	memcpy(file + at, &value, width);
}

static Elf(Ehdr) ehdr(void)
{
	Elf(Ehdr) header;

	if (size < sizeof(header))
		stop("ELF header", "the file is too short");
	memcpy(&header, file, sizeof(header));
	return header;
}

static Elf(Shdr) shdr(size_t index)
{
	size_t at = ehdr().e_shoff + index * sizeof(Elf(Shdr));
	Elf(Shdr) header;

	if (at > size || sizeof(header) > size - at)
		stop("section header", "outside the file");
	memcpy(&header, file + at, sizeof(header));
	return header;
}

/* The index of a section by its name, or by a number. */
static size_t section(const char *name, size_t length)
{
	Elf(Shdr) names;
	const char *text;
	size_t i;

	if (length && name[0] >= '0' && name[0] <= '9')
		return strtoul(name, NULL, 10);
	names = shdr(ehdr().e_shstrndx);
	for (i = 1; i < ehdr().e_shnum; i++) {
		text = (const char *)file + names.sh_offset + shdr(i).sh_name;
		if (strlen(text) == length && !memcmp(text, name, length))
			return i;
	}
	stop(name, "no such section");
	return 0;
}

/* FIELD=N, for a structure at an offset of the file. */
static void edit_field(const char *edit, const struct field *fields, size_t at)
{
	const char *equals = strchr(edit, '=');
	size_t n;

	if (!equals)
		stop(edit, "no `='");
	n = (size_t)(equals - edit);
	for (; fields->name; fields++) {
		if (strlen(fields->name) == n && !memcmp(fields->name, edit, n))
			break;
	}
	if (!fields->name)
		stop(edit, "no such field");
	store(edit, at + fields->offset, strtoull(equals + 1, NULL, 0),
	      fields->width);
}

/* What stands behind the last `.' before the `=' */
static const char *field_of(const char *edit)
{
	const char *equals = strchr(edit, '='), *dot = equals;

	while (dot && dot > edit && *dot != '.')
		dot--;
	if (!dot || *dot != '.')
		stop(edit, "no field");
	return dot + 1;
}

static void edit_shdr(const char *edit)
{
	const char *field = field_of(edit);
	size_t index = section(edit, (size_t)(field - 1 - edit));

	edit_field(field, shdr_fields,
		   ehdr().e_shoff + index * sizeof(Elf(Shdr)));
}

static void edit_rela(const char *edit)
{
	const char *field = field_of(edit), *colon = strchr(edit, ':');
	size_t index;

	if (!colon)
		stop(edit, "no index");
	index = section(edit, (size_t)(colon - edit));
	edit_field(field, rela_fields, shdr(index).sh_offset +
		   strtoul(colon + 1, NULL, 0) * sizeof(Relocation));
}

static void edit_sym(const char *edit)
{
	size_t index = section(".symtab", 7);

	edit_field(field_of(edit), sym_fields, shdr(index).sh_offset +
		   strtoul(edit, NULL, 0) * sizeof(Elf(Sym)));
}

static void edit_data(const char *edit)
{
	const char *colon = strchr(edit, ':'), *equals = strchr(edit, '=');
	size_t index;

	if (!colon || !equals)
		stop(edit, "not SECTION:OFFSET=N");
	index = section(edit, (size_t)(colon - edit));
	store(edit, shdr(index).sh_offset + strtoul(colon + 1, NULL, 0),
	      strtoull(equals + 1, NULL, 0), 1);
}

static void cut(const char *text)
{
	long n = strtol(text, NULL, 0);

	if (n < 0)
		n += (long)size;
	if (n < 0 || (size_t)n > size)
		stop(text, "outside the file");
	size = (size_t)n;
}

static void cut_at_section(const char *name)
{
	Elf(Shdr) header = shdr(section(name, strlen(name)));

	size = header.sh_offset + header.sh_size / 2;
}

static void widen(void)
{
	Elf(Ehdr) header = ehdr();

	store("sh_size", header.e_shoff + offsetof(Elf(Shdr), sh_size),
	      header.e_shnum, sizeof(((Elf(Shdr) *)0)->sh_size));
	store("sh_link", header.e_shoff + offsetof(Elf(Shdr), sh_link),
	      header.e_shstrndx, 4);
	store("e_shnum", offsetof(Elf(Ehdr), e_shnum), 0, 2);
	store("e_shstrndx", offsetof(Elf(Ehdr), e_shstrndx), SHN_XINDEX, 2);
}

static void edit_one(const char *edit)
{
	if (!strncmp(edit, "cut=", 4))
		cut(edit + 4);
	else if (!strncmp(edit, "cut-at-section=", 15))
		cut_at_section(edit + 15);
	else if (!strncmp(edit, "byte@", 5) && strchr(edit, '='))
		store(edit, strtoul(edit + 5, NULL, 0),
		      strtoull(strchr(edit, '=') + 1, NULL, 0), 1);
	else if (!strncmp(edit, "ehdr.", 5))
		edit_field(edit + 5, ehdr_fields, 0);
	else if (!strncmp(edit, "shdr:", 5))
		edit_shdr(edit + 5);
	else if (!strncmp(edit, "rela:", 5))
		edit_rela(edit + 5);
	else if (!strncmp(edit, "sym:", 4))
		edit_sym(edit + 4);
	else if (!strncmp(edit, "data:", 5))
		edit_data(edit + 5);
	else if (!strcmp(edit, "wide"))
		widen();
	else
		stop(edit, "unknown edit");
}

static void read_all(const char *path)
{
	FILE *in = fopen(path, "rb");
	size_t n, room = 1 << 20;

	file = malloc(room);
	if (!in || !file)
		stop(path, "cannot be read");
	while ((n = fread(file + size, 1, room - size, in)) > 0) {
		size += n;
		if (size == room)
			file = realloc(file, room *= 2);
		if (!file)
			stop(path, "out of memory");
	}
	fclose(in);
}

int main(int argc, char **argv)
{
	FILE *out;
	int i;

	if (argc < 4)
		stop("usage", "badobj IN OUT EDIT...");
	read_all(argv[1]);
	for (i = 3; i < argc; i++)
		edit_one(argv[i]);
	out = fopen(argv[2], "wb");
	if (!out || fwrite(file, 1, size, out) != size || fclose(out))
		stop(argv[2], "cannot be written");
	free(file);
	return 0;
}
