// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * image.c - the linked file: segments, code, symbols
 *
 * The whole file is read into memory of our own, to be changed there and
 * written again.  It may be stripped of symbols, and even of section headers;
 * what it loads and where, the program headers say.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "class32.h"
#include "lw.h"

_Noreturn static void damaged(const struct lw_image *image, const char *why)
{
	lw_die(LW_EXIT_REFUSED, LW_DAMAGED_IMAGE, "%s: %s", image->path, why);
}

_Noreturn static void unread(const char *path)
{
	lw_die(LW_EXIT_REFUSED, LW_READ, "%s: %s", path, strerror(errno));
}

/* n bytes at an offset of the file, or NULL. */
static unsigned char *at_offset(const struct lw_image *image, uint64_t offset,
				uint64_t n)
{
	if (offset > image->size || n > image->size - offset)
		return NULL;
	return image->data + offset;
}

static void read_file(struct lw_image *image, const char *path)
{
	size_t have = 0;
	struct stat st;
	ssize_t n = 1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st))
		unread(path);
	if (!S_ISREG(st.st_mode))
		damaged(image, "is no regular file");
	image->size = (size_t)st.st_size;
	image->data = lw_alloc(image->size + 1);
	while (have < image->size && n > 0) {
		n = read(fd, image->data + have, image->size - have);
		if (n > 0)
			have += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
		else if (n < 0)
			unread(path);
	}
	image->size = have;
	close(fd);
}

static Elf64_Ehdr header_of(const struct lw_image *image)
{
	return lw_wide_ehdr(image->elf_class, image->data);
}

static Elf64_Ehdr read_header(struct lw_image *image)
{
	const unsigned char *data = at_offset(image, 0, sizeof(Elf32_Ehdr));
	Elf64_Ehdr header;

	if (!data || memcmp(data, ELFMAG, SELFMAG))
		damaged(image, "is no ELF file");
	image->elf_class = data[EI_CLASS];
	if (!at_offset(image, 0, LW_SIZE(image->elf_class, Ehdr)))
		damaged(image, "is no ELF file");
	header = header_of(image);
	if (header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    image->elf_class != (header.e_machine == EM_386 ? ELFCLASS32 :
							     ELFCLASS64))
		damaged(image, "is no little-endian ELF file of 64 bits, or "
			"of i386");
	image->machine = header.e_machine;
	image->pointer = image->elf_class == ELFCLASS32 ? 4 : 8;
	image->type = header.e_type;
	return header;
}

/* ---- segments -------------------------------------------------------- */

static void add_segment(struct lw_image *image, const Elf64_Phdr *from)
{
	struct lw_segment *one = LW_PUSH(&image->segments);
	uint64_t end = from->p_vaddr + from->p_memsz;

	if (!at_offset(image, from->p_offset, from->p_filesz) ||
	    from->p_filesz > from->p_memsz || end < from->p_vaddr ||
	    (image->elf_class == ELFCLASS32 && end > (uint64_t)1 << 32))
		damaged(image, "a segment lies outside the file");
	one->address = from->p_vaddr;
	one->file_size = from->p_filesz;
	one->memory_size = from->p_memsz;
	one->offset = from->p_offset;
	one->executable = from->p_flags & PF_X;
}

/* With 0xffff segments or more, the number is in section header 0. */
static size_t segment_count(const struct lw_image *image,
			    const Elf64_Ehdr *header)
{
	const unsigned char *data;

	data = at_offset(image, header->e_shoff,
			 LW_SIZE(image->elf_class, Shdr));
	if (header->e_phnum != PN_XNUM || !header->e_shoff || !data)
		return header->e_phnum;
	return lw_wide_shdr(image->elf_class, data).sh_info;
}

static void read_segments(struct lw_image *image, const Elf64_Ehdr *header)
{
	size_t i, count = segment_count(image, header);
	size_t size = LW_SIZE(image->elf_class, Phdr);
	const unsigned char *data;
	Elf64_Phdr segment;

	if (!count)
		return;
	data = at_offset(image, header->e_phoff, count * size);
	if (header->e_phentsize != size || !data)
		damaged(image, "its program headers lie outside the file");
	for (i = 0; i < count; i++) {
		segment = lw_wide_phdr(image->elf_class, data + i * size);
		if (segment.p_type == PT_LOAD)
			add_segment(image, &segment);
	}
}

unsigned char *lw_image_at(struct lw_image *image, uint64_t address, size_t n)
{
	const struct lw_segment *one;
	uint64_t offset;
	size_t i;

	for (i = 0; i < image->segments.count; i++) {
		one = &image->segments.at[i];
		offset = address - one->address;
		if (address >= one->address && offset <= one->file_size &&
		    n <= one->file_size - offset)
			return image->data + one->offset + offset;
	}
	return NULL;
}

/* ---- sections -------------------------------------------------------- */

struct sections {
	const unsigned char *headers;	/* NULL: none */
	unsigned elf_class;
	size_t count, names;
};

static Elf64_Shdr section_at(const struct sections *s, size_t index)
{
	Elf64_Shdr header = { 0 };

	if (index < s->count)
		header = lw_wide_shdr(s->elf_class, s->headers +
				      index * LW_SIZE(s->elf_class, Shdr));
	return header;
}

static struct sections find_sections(const struct lw_image *image)
{
	struct sections s = { .elf_class = image->elf_class };
	Elf64_Ehdr header = header_of(image);
	size_t size = LW_SIZE(image->elf_class, Shdr);
	Elf64_Shdr first;

	if (!header.e_shoff || header.e_shentsize != size)
		return s;
	s.headers = at_offset(image, header.e_shoff, size);
	if (!s.headers)
		return s;
	s.count = 1;
	first = section_at(&s, 0);
	s.count = header.e_shnum ? header.e_shnum : first.sh_size;
	s.names = header.e_shstrndx == SHN_XINDEX ? first.sh_link :
		header.e_shstrndx;
	if (s.count > (image->size - header.e_shoff) / size)
		return (struct sections){ 0 };
	return s;
}

static const unsigned char *bytes_of(const struct lw_image *image,
				     const Elf64_Shdr *header, size_t *size)
{
	const unsigned char *data = NULL;

	if (header->sh_type != SHT_NOBITS && header->sh_type != SHT_NULL)
		data = at_offset(image, header->sh_offset, header->sh_size);
	*size = data ? header->sh_size : 0;
	return data;
}

/* A string of a string table, or "". */
static const char *string_at(const struct lw_image *image,
			     const Elf64_Shdr *table, size_t offset)
{
	const unsigned char *data;
	size_t size;

	data = bytes_of(image, table, &size);
	if (!data || table->sh_type != SHT_STRTAB || offset >= size ||
	    !memchr(data + offset, 0, size - offset))
		return "";
	return (const char *)data + offset;
}

static const char *section_name(const struct lw_image *image,
				const struct sections *s,
				const Elf64_Shdr *header)
{
	Elf64_Shdr names = section_at(s, s->names);

	return string_at(image, &names, header->sh_name);
}

static bool find_section(const struct lw_image *image, const char *name,
			 Elf64_Shdr *header)
{
	struct sections s = find_sections(image);

	for (size_t i = 1; i < s.count; i++) {
		*header = section_at(&s, i);
		if (!strcmp(section_name(image, &s, header), name))
			return true;
	}
	return false;
}

const unsigned char *lw_image_section(const struct lw_image *image,
				      const char *name, size_t *size)
{
	Elf64_Shdr header;

	*size = 0;
	if (!find_section(image, name, &header))
		return NULL;
	return bytes_of(image, &header, size);
}

Elf64_Rela *lw_image_relocations(const struct lw_image *image,
				 const char *name, size_t *count)
{
	const unsigned char *data = NULL;
	size_t i, entry, size = 0;
	Elf64_Shdr header;
	Elf64_Rela *all;

	*count = 0;
	if (find_section(image, name, &header))
		data = bytes_of(image, &header, &size);
	entry = header.sh_type == SHT_REL ? sizeof(Elf32_Rel) :
		LW_SIZE(image->elf_class, Rela);
	if (!data || (header.sh_type == SHT_REL &&
		      image->elf_class != ELFCLASS32))
		return NULL;
	*count = size / entry;
	all = lw_alloc((*count + 1) * sizeof(*all));
	for (i = 0; i < *count; i++, data += entry)
		all[i] = header.sh_type == SHT_REL ? lw_wide_rel(data) :
			 lw_wide_rela(image->elf_class, data);
	return all;
}

Elf64_Sym *lw_image_symbols(const struct lw_image *image, size_t *count)
{
	size_t i, size, entry = LW_SIZE(image->elf_class, Sym);
	const unsigned char *data = lw_image_section(image, ".symtab", &size);
	Elf64_Sym *all;

	*count = data ? size / entry : 0;
	all = lw_alloc((*count + 1) * sizeof(*all));
	for (i = 0; i < *count; i++)
		all[i] = lw_wide_sym(image->elf_class, data + i * entry);
	return all;
}

/* ---- code ------------------------------------------------------------ */

static void add_code(struct lw_image *image, const char *name,
		     const unsigned char *data, uint64_t address, size_t size)
{
	struct lw_code *one;

	if (!data || !size)
		return;
	one = LW_PUSH(&image->code);
	one->name = name;
	one->data = data;
	one->address = address;
	one->size = size;
}

static int by_start(const void *a, const void *b)
{
	const struct lw_code *x = a, *y = b;

	return (x->address > y->address) - (x->address < y->address);
}

static void read_code(struct lw_image *image)
{
	struct sections s = find_sections(image);
	const struct lw_segment *segment;
	const unsigned char *data;
	Elf64_Shdr header;
	size_t i, size;

	for (i = 1; i < s.count; i++) {
		header = section_at(&s, i);
		data = bytes_of(image, &header, &size);
		if (header.sh_flags & SHF_ALLOC &&
		    header.sh_flags & SHF_EXECINSTR)
			add_code(image, section_name(image, &s, &header), data,
				 header.sh_addr, size);
	}
	for (i = 0; !s.count && i < image->segments.count; i++) {
		segment = &image->segments.at[i];
		if (segment->executable)
			add_code(image, "", image->data + segment->offset,
				 segment->address, segment->file_size);
	}
	if (image->code.count)
		qsort(image->code.at, image->code.count,
		      sizeof(*image->code.at), by_start);
}

/* ---- symbols --------------------------------------------------------- */

static bool is_wanted(const Elf64_Sym *symbol)
{
	unsigned type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
		(type == STT_FUNC || type == STT_OBJECT ||
		 type == STT_NOTYPE || type == STT_GNU_IFUNC);
}

/* At one address, last the symbol that tells most: typed, sized, global. */
static unsigned weight(const struct lw_image_symbol *s)
{
	return (s->type != STT_NOTYPE) * 4 + (s->size != 0) * 2 + !s->local;
}

static int by_address(const void *a, const void *b)
{
	const struct lw_image_symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (weight(x) != weight(y))
		return weight(x) < weight(y) ? -1 : 1;
	return strcmp(y->name, x->name);
}

static void add_symbols(struct lw_image *image, const Elf64_Shdr *table,
			const Elf64_Shdr *strings)
{
	struct lw_image_symbol *one;
	size_t i, size, entry = LW_SIZE(image->elf_class, Sym);
	const unsigned char *data;
	Elf64_Sym symbol;

	data = bytes_of(image, table, &size);
	for (i = 1; data && i < size / entry; i++) {
		symbol = lw_wide_sym(image->elf_class, data + i * entry);
		if (!is_wanted(&symbol))
			continue;
		one = LW_PUSH(&image->symbols);
		one->name = string_at(image, strings, symbol.st_name);
		one->address = symbol.st_value;
		one->size = symbol.st_size;
		one->type = ELF64_ST_TYPE(symbol.st_info);
		one->local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
	}
}

static void read_symbols(struct lw_image *image)
{
	struct sections s = find_sections(image);
	Elf64_Shdr header, strings;
	size_t i;

	for (i = 1; i < s.count; i++) {
		header = section_at(&s, i);
		strings = section_at(&s, header.sh_link);
		if (header.sh_type == SHT_SYMTAB)
			add_symbols(image, &header, &strings);
	}
	if (image->symbols.count)
		qsort(image->symbols.at, image->symbols.count,
		      sizeof(*image->symbols.at), by_address);
}

const struct lw_image_symbol *lw_image_symbol_at(const struct lw_image *image,
						 uint64_t address)
{
	size_t low = 0, high = image->symbols.count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (image->symbols.at[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &image->symbols.at[low - 1] : NULL;
}

/* FNV-1a. */
static size_t bucket_of(const struct lw_image *image, const char *name)
{
	uint32_t hash = 0x811c9dc5;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 0x01000193;
	return hash % image->bucket_count;
}

/* A kernel has tens of thousands of symbols, and hundreds of its objects are
 * looked for by the names of theirs. */
static void hash_names(struct lw_image *image)
{
	size_t count = image->symbols.count, *bucket;

	image->bucket_count = count + 1;
	image->buckets = lw_alloc(image->bucket_count * sizeof(size_t));
	/* From behind, so that each chain is in order. */
	for (size_t i = count; i; i--) {
		bucket = &image->buckets[bucket_of(image,
					image->symbols.at[i - 1].name)];
		image->symbols.at[i - 1].next = *bucket;
		*bucket = i;
	}
}

const struct lw_image_symbol *
lw_image_symbol_named(const struct lw_image *image, const char *name)
{
	const struct lw_image_symbol *one, *local = NULL;

	for (size_t i = image->buckets[bucket_of(image, name)]; i;
	     i = one->next) {
		one = &image->symbols.at[i - 1];
		if (strcmp(one->name, name))
			continue;
		if (!one->local)
			return one;
		if (!local)
			local = one;
	}
	return local;
}

static void take_file(struct lw_image *image)
{
	Elf64_Ehdr header = read_header(image);

	read_segments(image, &header);
	read_code(image);
	read_symbols(image);
	hash_names(image);
}

void lw_image_read(struct lw_image *image, const char *path)
{
	memset(image, 0, sizeof(*image));
	image->path = path;
	read_file(image, path);
	take_file(image);
}

void lw_image_take(struct lw_image *image, const char *path,
		   unsigned char *data, size_t size)
{
	memset(image, 0, sizeof(*image));
	image->path = path;
	image->data = data;
	image->size = size;
	take_file(image);
}
