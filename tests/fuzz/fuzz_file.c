// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_file.c - objects, archives and scripts, damaged where it matters
 *
 * In an object: a field of the ELF header, of a section header, a symbol, a
 * relocation; a byte of a section (of .rts.mark and of the notes more often); a
 * section header copied over another one.  In an archive: a field of a member's
 * header, a member twice or away, or damage of a member that is an object.  In
 * a script: words of scripts.  In all: any bytes, a cut, a block moved.
 *
 * Numbers come at the edges of what the field or the file holds.  Both classes
 * of ELF: fields stand in tables, one for each.
 */
#include <ar.h>
#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz_file.h"
#include "fuzz_number.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

struct field {
	uint8_t offset, width;
};

struct file {
	uint8_t *data;
	size_t size, room;
};

/* ---- objects ----------------------------------------------------------- */

#define F(type, field)	{ offsetof(type, field),			\
	sizeof(((type *)0)->field) }
#define EHDR(bits)	{						\
	F(Elf##bits##_Ehdr, e_type), F(Elf##bits##_Ehdr, e_machine),	\
	F(Elf##bits##_Ehdr, e_version), F(Elf##bits##_Ehdr, e_shoff),	\
	F(Elf##bits##_Ehdr, e_phoff), F(Elf##bits##_Ehdr, e_phnum),	\
	F(Elf##bits##_Ehdr, e_flags), F(Elf##bits##_Ehdr, e_ehsize),	\
	F(Elf##bits##_Ehdr, e_shentsize), F(Elf##bits##_Ehdr, e_shnum),	\
	F(Elf##bits##_Ehdr, e_shstrndx), { EI_CLASS, 1 }, { EI_DATA, 1 }, \
	{ EI_OSABI, 1 } }
#define SHDR(bits)	{						\
	F(Elf##bits##_Shdr, sh_name), F(Elf##bits##_Shdr, sh_type),	\
	F(Elf##bits##_Shdr, sh_flags), F(Elf##bits##_Shdr, sh_addr),	\
	F(Elf##bits##_Shdr, sh_offset), F(Elf##bits##_Shdr, sh_size),	\
	F(Elf##bits##_Shdr, sh_link), F(Elf##bits##_Shdr, sh_info),	\
	F(Elf##bits##_Shdr, sh_addralign),				\
	F(Elf##bits##_Shdr, sh_entsize) }
#define SYM(bits)	{						\
	F(Elf##bits##_Sym, st_name), F(Elf##bits##_Sym, st_info),	\
	F(Elf##bits##_Sym, st_other), F(Elf##bits##_Sym, st_shndx),	\
	F(Elf##bits##_Sym, st_value), F(Elf##bits##_Sym, st_size) }

static const struct field ehdr_fields[2][14] = { EHDR(32), EHDR(64) };
static const struct field shdr_fields[2][10] = { SHDR(32), SHDR(64) };
static const struct field sym_fields[2][6] = { SYM(32), SYM(64) };
static const struct field rel_fields[2][4] = {
	{ { 0, 4 }, { 4, 1 }, { 5, 3 }, { 4, 4 } },
	{ { 0, 8 }, { 8, 4 }, { 12, 4 }, { 16, 8 } },
};

/* Types and flags that somebody treats in a way of its own. */
static const uint32_t types[] = {
	SHT_NULL, SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_RELA, SHT_HASH,
	SHT_DYNAMIC, SHT_NOTE, SHT_NOBITS, SHT_REL, SHT_DYNSYM, SHT_INIT_ARRAY,
	SHT_GROUP, SHT_SYMTAB_SHNDX, 19 /* RELR */, 0x40000014 /* CREL */,
	0x6fff4c00 /* LLVM */, 0x6fff4c03, 0x70000001 /* X86_64_UNWIND */,
};
static const uint16_t indices[] = {
	0, SHN_LORESERVE, SHN_ABS, SHN_COMMON, SHN_XINDEX, 0xfeff, 0xff02,
};

struct section {
	uint64_t type, offset, size, entsize, name;
	uint8_t *header;
};

static bool is_elf(const struct file *f)
{
	return f->size >= sizeof(Elf64_Ehdr) &&
	       !memcmp(f->data, ELFMAG, SELFMAG);
}

static unsigned wide(const struct file *f)
{
	return f->data[EI_CLASS] == ELFCLASS64;
}

static uint64_t field(const uint8_t *p, struct field f)
{
	return fuzz_get(p + f.offset, f.width);
}

static uint64_t section_count(const struct file *f)
{
	return field(f->data, ehdr_fields[wide(f)][9]);
}

/* The i-th section, if its header is in the file. */
static bool section(const struct file *f, uint64_t i, struct section *s)
{
	const struct field *fields = shdr_fields[wide(f)];
	uint64_t table = field(f->data, ehdr_fields[wide(f)][3]);
	uint64_t one = wide(f) ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	if (table > f->size || i > 0xffffff || (i + 1) * one > f->size - table)
		return false;
	s->header = f->data + table + i * one;
	s->name = field(s->header, fields[0]);
	s->type = field(s->header, fields[1]);
	s->offset = field(s->header, fields[4]);
	s->size = field(s->header, fields[5]);
	s->entsize = field(s->header, fields[9]);
	return true;
}

static bool any_section(const struct file *f, struct section *s)
{
	uint64_t n = section_count(f);

	return section(f, n ? fuzz_number((uint32_t)n) : fuzz_number(8), s);
}

static bool in_file(const struct file *f, const struct section *s)
{
	return s->size && s->offset < f->size && s->size <= f->size - s->offset;
}

/* One with such a type, or whose content is in the file, if 20 tries find
 * it. */
static bool find_section(const struct file *f, uint32_t a, uint32_t b,
			 struct section *s)
{
	for (unsigned tries = 20; tries--; ) {
		if (any_section(f, s) && in_file(f, s) &&
		    (s->type == a || s->type == b || !a))
			return true;
	}
	return false;
}

/* A number for a field that may be an offset or a size in this file. */
static void change_field(const struct file *f, uint8_t *p, struct field what)
{
	if (fuzz_once_in(4))
		fuzz_put(p + what.offset, f->size - 8 + fuzz_number(17),
			 what.width);
	else if (what.width == 3)
		fuzz_put(p + what.offset, fuzz_edge(), 3);
	else
		fuzz_change_number(p + what.offset, what.width);
}

static void change_header(struct file *f)
{
	const struct field *fields = ehdr_fields[wide(f)];

	change_field(f, f->data, fields[fuzz_number(14)]);
}

static void change_section(struct file *f)
{
	const struct field *fields = shdr_fields[wide(f)];
	uint32_t i = fuzz_number(10);
	struct section s, other;

	if (!any_section(f, &s))
		return;
	if (i == 1 && !fuzz_once_in(4))
		fuzz_put(s.header + fields[1].offset,
			 types[fuzz_number(COUNT(types))], 4);
	else if (i == 2 && !fuzz_once_in(4))	/* flags, COMPRESSED too */
		s.header[fields[2].offset + fuzz_number(2)] ^=
			(uint8_t)(1 << fuzz_number(8));
	else if ((i == 6 || i == 7) && fuzz_once_in(2))
		fuzz_put(s.header + fields[i].offset,
			 fuzz_number((uint32_t)section_count(f) + 2), 4);
	else if (fuzz_once_in(6) && any_section(f, &other))
		memcpy(s.header, other.header, fields[9].offset);
	else
		change_field(f, s.header, fields[i]);
}

static void change_symbol(struct file *f)
{
	unsigned one = wide(f) ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	const struct field *what = &sym_fields[wide(f)][fuzz_number(6)];
	struct section s;
	uint8_t *p;

	if (!find_section(f, SHT_SYMTAB, SHT_DYNSYM, &s) || s.size < one)
		return;
	p = f->data + s.offset + one * fuzz_number((uint32_t)(s.size / one));
	if (what->width == 2)
		fuzz_put(p + what->offset, fuzz_once_in(2) ?
			 indices[fuzz_number(COUNT(indices))] :
			 fuzz_number((uint32_t)section_count(f) + 2), 2);
	else
		change_field(f, p, *what);
}

static void change_relocation(struct file *f)
{
	unsigned one = wide(f) ? sizeof(Elf64_Rela) : sizeof(Elf32_Rel);
	struct section s;
	uint8_t *p;

	if (!find_section(f, SHT_RELA, SHT_REL, &s) || s.size < one)
		return;
	p = f->data + s.offset + one * fuzz_number((uint32_t)(s.size / one));
	if (fuzz_once_in(3))	/* another type, or symbol, that there is */
		p[wide(f) ? 8 + 4 * fuzz_number(2) : 4 + fuzz_number(2)] =
			(uint8_t)fuzz_number(48);
	else
		change_field(f, p, rel_fields[wide(f)][fuzz_number(4)]);
}

static void change_content(struct file *f)
{
	struct section s;
	uint8_t *p;

	/* Marks and properties, which are not many, come first. */
	if (!find_section(f, fuzz_once_in(2) ? SHT_NOTE : SHT_PROGBITS,
			  SHT_GROUP, &s) && !find_section(f, 0, 0, &s))
		return;
	p = f->data + s.offset + fuzz_number((uint32_t)s.size);
	if (s.size >= 8 && fuzz_once_in(2))
		fuzz_change_number(f->data + s.offset + 4 *
				   fuzz_number((uint32_t)s.size / 4 - 1),
				   1u << fuzz_number(3));
	else
		*p = (uint8_t)fuzz_number(256);
}

/* ---- records of marks -------------------------------------------------- */

/* The section that has the name of records: the first 40 are enough. */
static bool find_records(const struct file *f, struct section *s)
{
	static const char name[] = ".rts.mark";
	struct section names;
	uint64_t n = section_count(f);
	uint64_t index = field(f->data, ehdr_fields[wide(f)][10]);

	if (!section(f, index, &names) || !in_file(f, &names))
		return false;
	for (uint64_t i = 1; i < n && i < 40; i++) {
		if (section(f, i, s) && in_file(f, s) &&
		    s->type == SHT_PROGBITS && names.size >= sizeof(name) &&
		    s->name <= names.size - sizeof(name) &&
		    !memcmp(f->data + names.offset + s->name, name,
			    sizeof(name)))
			return true;
	}
	return false;
}

static void change_record(struct file *f)
{
	static const struct field fields[] = {
		{ 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 4 }, { 28, 4 }, { 32, 1 },
		{ 33, 4 }, { 24, 1 }, { 25, 1 },
	};
	uint32_t n = fuzz_number(6);
	uint64_t at = 0, length;
	struct section s;
	uint8_t *p;

	if (!find_records(f, &s))
		return;
	for (; n; n--) {
		if (at + 40 > s.size)
			return;
		length = fuzz_get(f->data + s.offset + at + 28, 4);
		if (length < 32 || at + length + 40 > s.size)
			break;
		at += length;
	}
	p = f->data + s.offset + at;
	n = fuzz_number(COUNT(fields));
	if (at + 40 <= s.size)
		fuzz_change_number(p + fields[n].offset, fields[n].width);
}

/* ---- archives ---------------------------------------------------------- */

static bool is_archive(const struct file *f)
{
	return f->size >= SARMAG && (!memcmp(f->data, "!<arch>\n", SARMAG) ||
				     !memcmp(f->data, "!<thin>\n", SARMAG));
}

/* A member, not surely the last: its header; *size of its content. */
static uint8_t *any_member(const struct file *f, size_t *size)
{
	size_t at = SARMAG, next;
	struct ar_hdr *header = NULL;

	for (unsigned n = fuzz_number(6); ; n--) {
		if (at + sizeof(*header) > f->size)
			break;
		header = (void *)(f->data + at);
		*size = 0;
		for (unsigned i = 0; i < sizeof(header->ar_size); i++) {
			if (header->ar_size[i] >= '0' &&
			    header->ar_size[i] <= '9')
				*size = *size * 10 +
					(size_t)(header->ar_size[i] - '0');
		}
		at += sizeof(*header);
		if (*size > f->size - at)
			*size = f->size - at;
		if (!n)
			break;
		next = at + *size + (*size & 1);
		/* In a thin one the next header follows at once. */
		if (f->data[2] == 't' && header->ar_name[0] != '/')
			next = at;
		at = next;
	}
	return (uint8_t *)header;
}

static void put_text(char *to, const char *text, size_t room)
{
	memset(to, ' ', room);
	memcpy(to, text, strlen(text) < room ? strlen(text) : room);
}

static void change_member(struct file *f)
{
	static const char *const names[] = {
		"/", "//", "/0", "/99999999", "/0:8", "/0:68", "/0:", "#1/20",
		"#1/8", "#1/99999999", "#1/", "/SYM64/", "__.SYMDEF", "",
		"a.o/", "a.o", "/0:99999999999", "loop.a/", "good.o/",
	};
	static const char *const sizes[] = {
		"0", "1", "9999999999", "18446744073", "-1", "60", "x", "",
		"0x10", "4294967296",
	};
	size_t size;
	struct ar_hdr *header = (void *)any_member(f, &size);

	if (!header)
		return;
	switch (fuzz_number(5)) {
	case 0:
	case 1:
		put_text(header->ar_name, names[fuzz_number(COUNT(names))],
			 sizeof(header->ar_name));
		return;
	case 2:
		put_text(header->ar_size, sizes[fuzz_number(COUNT(sizes))],
			 sizeof(header->ar_size));
		return;
	case 3:
		header->ar_size[fuzz_number(10)] =
			(char)('0' + fuzz_number(11));
		return;
	default:
		((char *)header)[fuzz_number(sizeof(*header))] =
			(char)fuzz_number(256);
	}
}

static void change_object(struct file *f);

static void change_archive(struct file *f)
{
	size_t size, at;
	uint8_t *header;
	struct file member;

	if (fuzz_once_in(2)) {
		change_member(f);
		return;
	}
	header = any_member(f, &size);
	if (!header)
		return;
	at = (size_t)(header - f->data) + sizeof(struct ar_hdr);
	member = (struct file){ f->data + at, size, size };
	if (is_elf(&member)) {
		change_object(&member);
	} else if (fuzz_once_in(2) && f->room - f->size > size + 60) {
		memmove(header + 60 + size, header,
			f->size - (size_t)(header - f->data));
		f->size += 60 + size;
	} else if (size) {	/* the index, or the long names */
		header[60 + fuzz_number((uint32_t)size)] =
			(uint8_t)fuzz_number(256);
	}
}

/* ---- anything ---------------------------------------------------------- */

static void change_bytes(struct file *f)
{
	size_t at, from, n;

	if (!f->size)
		return;
	at = fuzz_number((uint32_t)f->size);
	from = fuzz_number((uint32_t)f->size);
	n = fuzz_number(64);
	switch (fuzz_number(6)) {
	case 0:
		if (at + n <= f->size && from + n <= f->size)
			memmove(f->data + at, f->data + from, n);
		return;
	case 1:
		if (fuzz_once_in(4))
			f->size = at;
		return;
	case 2:
		if (at + 8 <= f->size)
			fuzz_change_number(f->data + at,
					   1u << fuzz_number(4));
		return;
	case 3:		/* some bytes away, or more */
		if (at + n <= f->size && fuzz_once_in(4)) {
			memmove(f->data + at, f->data + at + n,
				f->size - at - n);
			f->size -= n;
		}
		return;
	default:
		f->data[at] ^= (uint8_t)(1 << fuzz_number(8));
	}
}

static void change_script(struct file *f)
{
	static const char *const words[] = {
		"INPUT(", "GROUP(", "AS_NEEDED(", ")", "(", "/*", "*/", "\"",
		" -lgood ", " good.o ", " lib.a ", " script.ld ", ";", ",",
		" ../", "SEARCH_DIR(", "{", "}", "=", " OUTPUT_FORMAT(x) ",
	};
	const char *word = words[fuzz_number(COUNT(words))];
	size_t n = strlen(word), at = fuzz_number((uint32_t)f->size + 1);

	if (f->room - f->size < n || fuzz_once_in(3)) {
		change_bytes(f);
		return;
	}
	memmove(f->data + at + n, f->data + at, f->size - at);
	memcpy(f->data + at, word, n);
	f->size += n;
}

static void change_object(struct file *f)
{
	static void (*const changes[])(struct file *) = {
		change_header, change_section, change_section, change_section,
		change_symbol, change_symbol, change_relocation,
		change_relocation, change_content, change_content,
		change_record, change_record, change_bytes,
	};

	changes[fuzz_number(COUNT(changes))](f);
}

size_t fuzz_file_mutate(uint8_t *data, size_t size, size_t room)
{
	struct file f = { data, size, room };

	for (unsigned n = 1 + fuzz_number(fuzz_once_in(4) ? 8 : 2); n; n--) {
		if (is_elf(&f))
			change_object(&f);
		else if (is_archive(&f) && !fuzz_once_in(8))
			change_archive(&f);
		else if (f.size < 4096 && !memchr(f.data, 0, f.size))
			change_script(&f);
		else
			change_bytes(&f);
	}
	return f.size;
}
