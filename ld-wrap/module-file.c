// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * module-file.c - a relocatable file with tables: written, and read again
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "build-id.h"
#include "input.h"
#include "module.h"
#include "../rtld/internal.h"

/* ---- writing ----------------------------------------------------------- */

static const char rela_name[] = ".rela.rts.tab";

static size_t section_named(const struct lw_object *object, const char *name)
{
	for (size_t i = 1; i < object->section_count; i++) {
		if (!strcmp(lw_section_name(object, i), name))
			return i;
	}
	return 0;
}

static size_t symbol_table(const struct lw_object *object)
{
	for (size_t i = 1; i < object->section_count; i++) {
		if (lw_shdr(object, i).sh_type == SHT_SYMTAB)
			return i;
	}
	return 0;
}

static void put(lw_bytes *to, const void *from, size_t n)
{
	lw_put(to, from, n);
	while (to->count % 8)
		LW_PUSH(to);
}

/* What the linked file had, with the table in its room. */
static void put_linked(const struct lw_module *m, size_t tab, lw_bytes *file)
{
	Elf64_Shdr header = lw_shdr(m->layout.object, tab);

	put(file, m->layout.object->data, m->layout.object->size);
	memset(file->at + header.sh_offset, 0, header.sh_size);
	memcpy(file->at + header.sh_offset, m->table.at, m->table.count);
}

/* The section headers as they will be: one more, and longer names. */
static Elf64_Shdr *make_headers(const struct lw_module *m, size_t tab,
				size_t names, uint64_t end)
{
	const struct lw_object *object = m->layout.object;
	size_t count = object->section_count;
	Elf64_Shdr *all = lw_alloc((count + 1) * sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = lw_shdr(object, i);
	all[count] = (Elf64_Shdr){
		.sh_name = (Elf64_Word)all[names].sh_size,
		.sh_type = SHT_RELA, .sh_flags = SHF_INFO_LINK,
		.sh_offset = end,
		.sh_size = m->relocations.count * sizeof(Elf64_Rela),
		.sh_link = (Elf64_Word)symbol_table(object),
		.sh_info = (Elf64_Word)tab,
		.sh_addralign = 8, .sh_entsize = sizeof(Elf64_Rela)
	};
	all[names].sh_offset = end + all[count].sh_size;
	all[names].sh_size += sizeof(rela_name);
	return all;
}

/* Behind what was linked: the table's relocations, the names of sections, and
 * their headers. */
static Elf64_Shdr *put_file(const struct lw_module *m, lw_bytes *file)
{
	const struct lw_object *object = m->layout.object;
	size_t tab = section_named(object, ".rts.tab"), names;
	lw_bytes text = { 0 };
	Elf64_Shdr old, *all;
	Elf64_Ehdr ehdr;

	put_linked(m, tab, file);
	memcpy(&ehdr, file->at, sizeof(ehdr));
	names = ehdr.e_shstrndx;
	old = lw_shdr(object, names);
	lw_put(&text, object->data + old.sh_offset, old.sh_size);
	lw_put(&text, rela_name, sizeof(rela_name));
	all = make_headers(m, tab, names, file->count);
	put(file, m->relocations.at,
	    m->relocations.count * sizeof(Elf64_Rela));
	put(file, text.at, text.count);
	ehdr.e_shoff = file->count;
	ehdr.e_shnum = (Elf64_Half)(object->section_count + 1);
	put(file, all, ehdr.e_shnum * sizeof(*all));
	memcpy(file->at, &ehdr, sizeof(ehdr));
	return all;
}

void lw_module_write(const struct lw_module *m)
{
	struct lw_final final = { .elf_class = ELFCLASS64 };
	lw_bytes file = { 0 };
	size_t at = 0;
	ssize_t done = 0;
	int fd;

	final.sections = put_file(m, &file);
	final.section_count = m->layout.object->section_count + 1;
	final.strings = ((Elf64_Ehdr *)(void *)file.at)->e_shstrndx;
	final.data = file.at;
	final.size = file.count;
	lw_build_id(&m->own, &final, &at);
	fd = open(m->own.linked, O_WRONLY | O_TRUNC | O_CLOEXEC);
	for (at = 0; fd >= 0 && at < file.count; at += (size_t)done) {
		done = write(fd, file.at + at, file.count - at);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done <= 0)
			break;
	}
	if (fd < 0 || at < file.count || close(fd))
		lw_die(LW_EXIT_REFUSED, LW_WRITE, "%s: %s", m->own.linked,
		       strerror(errno ? errno : ENOSPC));
}

/* ---- reading ----------------------------------------------------------- */

/* What a module loader does with the table, here; but the addresses are those
 * of the image, and not those of our memory. */
static const char *seal(struct lw_image *image, lw_module_images *all)
{
	unsigned char *tab, *h;
	size_t size = image->table_room, max;
	const unsigned char *p;
	int count;

	tab = lw_image_at(image, image->table_address, size);
	count = tab ? rtld_seal(tab, size) : -RTLD_E_MAGIC;
	if (count < 0)
		return rtld_strerror(count);
	for (int i = 0; i < count; i++) {
		struct lw_module_image *one = LW_PUSH(all);

		p = rtld_image(tab, size, (unsigned)i, &max);
		h = tab + (p - tab);
		one->address = image->table_address + (uint64_t)(h - tab);
		one->room = rts_ld32(h + offsetof(struct rts_header, size));
		lw_table_store(h + offsetof(struct rts_header, address),
			       one->address, 8);
		lw_table_store(h + offsetof(struct rts_header, crc),
			       rtld_seal_crc_(h), 4);
	}
	return NULL;
}

static const struct lw_object *read_object(const char *path)
{
	struct lw_link *link = lw_alloc(sizeof(*link));
	struct lw_bytes bytes;

	if (lw_input_map(link, path, &bytes))
		lw_input_bytes(link, path, bytes, false);
	if (link->objects.count == 1 && !link->unreadable.count)
		return link->objects.at[0];
	lw_die(LW_EXIT_REFUSED, LW_DAMAGED_IMAGE, "%s: %s", path,
	       link->unreadable.count ? link->unreadable.at[0].why :
	       "it is no relocatable file of x86-64");
}

const char *lw_module_read(struct lw_image *image, const char *path,
			   bool reversed, lw_module_images *images)
{
	const struct lw_object *object = read_object(path);
	struct lw_layout layout;
	const char *why = lw_module_place(&layout, object, reversed);
	size_t tab = section_named(object, ".rts.tab");

	if (why)
		return why;
	if (!tab || !layout.at[tab])
		return "it has no section .rts.tab";
	lw_image_take(image, path, layout.data, layout.size);
	image->table_address = layout.at[tab];
	image->table_room = lw_shdr(object, tab).sh_size;
	return seal(image, images);
}
