// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fill.c - write into the linked file what was found out about it
 *
 * Four things: the table, in the room that rts.o reserved; the redirects,
 * calls of an ordinary function that was marked by option, which from now on
 * call its stub; the entries of functions that can be replaced
 * (patchable-x86.c); and .rts.rela, a section that no program loads, behind all
 * else.  Nothing that stands in the file moves, so that not one loaded byte
 * or program header changes but those of the first three; and, last, the build
 * id, of which all that is only true when it is computed again.
 *
 * Why not libelf for the last: its elf_update() writes zeros between the
 * sections it knows, and in a file whose section headers were cut away it
 * knows none (tried with 0.188: the whole program was zeros).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "build-id.h"
#include "class32.h"
#include "lw.h"
#include "patchable.h"
#include "sim.h"
#include "table.h"

struct output {
	struct lw_link *link;
	const char *path;
	int fd;
	bool failed;	/* and said so */
};

/* ---- writing ---------------------------------------------------------- */

static void say_write(struct output *o, int error)
{
	if (!o->failed)
		lw_say(LW_WRITE, "%s: %s", o->path, strerror(error));
	o->failed = true;
}

static void write_at(struct output *o, const void *p, size_t n, uint64_t at)
{
	const unsigned char *from = p;

	while (n && !o->failed) {
		ssize_t done = pwrite(o->fd, from, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			say_write(o, done ? errno : ENOSPC);
			return;
		}
		from += done;
		at += (uint64_t)done;
		n -= (size_t)done;
	}
}

/* Bytes of the image, in our copy and in the file. */
static void write_image(struct output *o, unsigned char *at, const void *p,
			size_t n)
{
	memcpy(at, p, n);
	write_at(o, p, n, (uint64_t)(at - o->link->image.data));
}

/* ---- the table -------------------------------------------------------- */

static void write_table(struct output *o)
{
	struct lw_image *image = &o->link->image;
	unsigned char *at, *room;

	at = lw_image_at(image, image->table_address, image->table_room);
	if (!at || o->link->table_used > image->table_room) {
		lw_say(LW_NO_TABLE, "%s: .rts.tab at 0x%" PRIx64 " has no %zu "
		       "bytes in the file", o->path, image->table_address,
		       o->link->table_used);
		o->failed = true;
		return;
	}
	room = lw_alloc(image->table_room);
	memcpy(room, o->link->table, o->link->table_used);
	write_image(o, at, room, image->table_room);
}

/* ---- redirects -------------------------------------------------------- */

/*
 * The real linker pointed this branch to the function itself.  In the table
 * the linked encoding is the one through the stub, or memory would not be the
 * truth: an unbound call would not see the slot.
 */
static void redirect_site(struct output *o, struct lw_sim *sim,
			  struct lw_sim_site *site, const struct lw_mark *mark)
{
	unsigned char *at = lw_image_at(&o->link->image, site->address,
					site->length);

	o->failed = true;
	if (!at || !lw_sim_restub(sim, site, mark->original) ||
	    !site->is_linked)
		lw_say(LW_INTERNAL, "%s: the branch at 0x%" PRIx64 " does not "
		       "go to `%s' at 0x%" PRIx64, o->path, site->address,
		       mark->name, mark->original);
	else if (!lw_sim_restub(sim, site, mark->stub))
		lw_say(LW_TOO_FAR, "%s: the stub of `%s' at 0x%" PRIx64 " is "
		       "more than 2 GiB from the call at 0x%" PRIx64, o->path,
		       mark->name, mark->stub, site->address);
	else
		o->failed = false;
	if (!o->failed)
		write_image(o, at, site->linked, site->length);
}

/* The redirected function whose slot this is, or NULL. */
static const struct lw_mark *redirected(const struct lw_link *link,
					uint64_t slot)
{
	for (size_t i = 0; i < link->marks.count; i++) {
		const struct lw_mark *mark = &link->marks.at[i];

		if (mark->redirect && mark->address == slot)
			return mark;
	}
	return NULL;
}

/* Only calls that the linked encoding sends to the stub: a call *slot, if
 * somebody writes one, goes through memory already. */
static void redirect_sites(struct output *o, struct lw_sim *sim)
{
	const struct lw_mark *mark;
	struct lw_sim_site site;

	lw_sim_walk(sim, &site);
	while (lw_sim_next(sim, &site)) {
		mark = site.to_stub ? redirected(o->link, site.slot_address) :
				      NULL;
		if (mark)
			redirect_site(o, sim, &site, mark);
	}
	if (site.code) {
		lw_say(LW_INTERNAL, "%s: %s", o->path,
		       rtld_strerror(site.code));
		o->failed = true;
	}
}

/* ---- entries ---------------------------------------------------------- */

/* What the compiler left there are nops: that was seen. */
static void write_entries(struct output *o, struct lw_sim *sim)
{
	unsigned char bytes[RTS_SITE_MAX], *at;
	struct lw_sim_site site;
	size_t n;

	lw_sim_walk(sim, &site);
	while (lw_sim_next(sim, &site)) {
		if (!lw_patchable_is(o->link, site.address))
			continue;
		n = lw_patchable_bytes(site.linked, site.length, bytes);
		at = lw_image_at(&o->link->image, site.address, n);
		if (at)
			write_image(o, at, bytes, n);
	}
}

/* Both by rtld's own encoder. */
static void write_text(struct output *o)
{
	bool any = lw_patchable_count(o->link);
	struct lw_sim sim;
	const char *why;

	for (size_t i = 0; i < o->link->marks.count; i++)
		any |= o->link->marks.at[i].redirect;
	if (!any)
		return;
	why = lw_sim_open(&sim, &o->link->image, 0);
	if (why) {
		lw_say(LW_VERIFY, "%s: %s", o->path, why);
		o->failed = true;
	} else {
		redirect_sites(o, &sim);
		write_entries(o, &sim);
	}
	lw_sim_close(&sim);
}

/* ---- .rts.rela -------------------------------------------------------- */

static const char rela_name[] = ".rts.rela";
static const char shstrtab_name[] = ".shstrtab";

/* The section headers of the file, and what they will be. */
struct headers {
	unsigned elf_class;
	Elf64_Ehdr ehdr;
	Elf64_Shdr *at;		/* room for two more */
	size_t count, strings;	/* index of .shstrtab */
	LW_ARRAY(char) names;	/* the new .shstrtab */
};

static int by_offset(const void *pa, const void *pb)
{
	const Elf64_Rela *a = pa, *b = pb;

	return a->r_offset < b->r_offset ? -1 : a->r_offset > b->r_offset;
}

static Elf64_Rela *make_rela(const struct lw_link *link)
{
	Elf64_Rela *rela = lw_alloc((link->sites.count + 1) * sizeof(*rela));

	for (size_t i = 0; i < link->sites.count; i++) {
		const struct lw_site *site = &link->sites.at[i];

		rela[i].r_offset = site->address;
		rela[i].r_info = ELF64_R_INFO(0, RTS_RELOC_BASE +
					      link->forms.at[site->form].tag);
		rela[i].r_addend = (int64_t)site->slot;
	}
	qsort(rela, link->sites.count, sizeof(*rela), by_offset);
	return rela;
}

static bool has_bytes(const struct lw_image *image, uint64_t at, uint64_t n)
{
	return at <= image->size && n <= image->size - at;
}

static void add_name(struct headers *h, Elf64_Shdr *shdr, const char *name)
{
	shdr->sh_name = (uint32_t)h->names.count;
	do
		*LW_PUSH(&h->names) = *name;
	while (*name++);
}

/* A file without section headers gets the three that the format asks for. */
static void make_headers(struct headers *h)
{
	h->at = lw_alloc(3 * sizeof(*h->at));
	h->count = 2;
	h->strings = 1;
	*LW_PUSH(&h->names) = '\0';
	h->at[1].sh_type = SHT_STRTAB;
	h->at[1].sh_addralign = 1;
	add_name(h, &h->at[1], shstrtab_name);
	h->ehdr.e_shentsize = (Elf64_Half)LW_SIZE(h->elf_class, Shdr);
}

/*
 * ELF keeps counts and indices in 16 bits; where they reach 0xff00 the header
 * says 0 or SHN_XINDEX, and the number stands in section header 0.
 */
static const char *read_headers(const struct lw_image *image, struct headers *h)
{
	const Elf64_Ehdr *ehdr = &h->ehdr;
	size_t size = LW_SIZE(image->elf_class, Shdr);
	const unsigned char *from;
	const Elf64_Shdr *names;
	Elf64_Shdr first;

	h->elf_class = image->elf_class;
	if (!has_bytes(image, 0, LW_SIZE(image->elf_class, Ehdr)))
		return "it has no ELF header";
	h->ehdr = lw_wide_ehdr(h->elf_class, image->data);
	if (!ehdr->e_shoff) {
		make_headers(h);
		return NULL;
	}
	if (ehdr->e_shentsize != size || !has_bytes(image, ehdr->e_shoff, size))
		return "its section headers are damaged";
	from = image->data + ehdr->e_shoff;
	first = lw_wide_shdr(h->elf_class, from);
	h->count = ehdr->e_shnum ? ehdr->e_shnum : first.sh_size;
	h->strings = ehdr->e_shstrndx == SHN_XINDEX ? first.sh_link :
		     ehdr->e_shstrndx;
	if (!h->count || h->count > image->size / size ||
	    !has_bytes(image, ehdr->e_shoff, h->count * size))
		return "its section headers are cut short";
	if (!h->strings || h->strings >= h->count)
		return "its sections have no names";
	h->at = lw_alloc((h->count + 1) * sizeof(first));
	for (size_t i = 0; i < h->count; i++)
		h->at[i] = lw_wide_shdr(h->elf_class, from + i * size);
	names = &h->at[h->strings];
	if (names->sh_type == SHT_NOBITS ||
	    !has_bytes(image, names->sh_offset, names->sh_size))
		return "its section names are cut short";
	for (uint64_t i = 0; i < names->sh_size; i++)
		*LW_PUSH(&h->names) =
			(char)image->data[names->sh_offset + i];
	return NULL;
}

/* sh_info 0 and no SHF_ALLOC: with either, objcopy and strip would take it for
 * relocations of a section or of the dynamic linker, and fail on our types. */
static void add_rela_header(struct headers *h, uint64_t offset, size_t count)
{
	Elf64_Shdr *shdr = &h->at[h->count++];

	add_name(h, shdr, rela_name);
	shdr->sh_type = SHT_RELA;
	shdr->sh_offset = offset;
	shdr->sh_entsize = LW_SIZE(h->elf_class, Rela);
	shdr->sh_size = count * shdr->sh_entsize;
	shdr->sh_addralign = h->elf_class == ELFCLASS32 ? 4 : 8;
}

static uint64_t align8(uint64_t n)
{
	return (n + 7) & ~(uint64_t)7;
}

static void put_relocations(const struct lw_link *link, unsigned class,
			    unsigned char *to)
{
	size_t count = link->sites.count, size = LW_SIZE(class, Rela);
	Elf64_Rela *rela = make_rela(link);

	for (size_t i = 0; i < count; i++)
		lw_put_rela(class, to + i * size, &rela[i]);
}

/* Where the names and the section headers will be, and how many. */
static void place_headers(struct headers *h, uint64_t names)
{
	h->at[h->strings].sh_offset = names;
	h->at[h->strings].sh_size = h->names.count;
	h->ehdr.e_shoff = align8(names + h->names.count);
	if (h->count >= SHN_LORESERVE) {
		h->ehdr.e_shnum = 0;
		h->at[0].sh_size = h->count;
	} else {
		h->ehdr.e_shnum = (uint16_t)h->count;
	}
	if (h->ehdr.e_shstrndx != SHN_XINDEX)
		h->ehdr.e_shstrndx = (uint16_t)h->strings;
}

static void write_build_id(struct output *o, struct lw_final *f)
{
	size_t at, n = lw_build_id(o->link, f, &at);

	if (n && at < f->size)
		write_at(o, f->data + at, n, at);
}

/* All that comes behind what the real linker wrote, in one piece; then the
 * header that leads to it. */
static void write_sections(struct output *o, struct headers *h)
{
	struct lw_image *image = &o->link->image;
	uint64_t end = image->size, at = align8(end);
	size_t size = LW_SIZE(h->elf_class, Shdr);
	struct lw_final f = { .elf_class = h->elf_class, .data = image->data,
			      .size = image->size };
	unsigned char head[sizeof(Elf64_Ehdr)];

	add_rela_header(h, at, o->link->sites.count);
	place_headers(h, at + h->at[h->count - 1].sh_size);
	f.tail_size = h->ehdr.e_shoff + h->count * size - end;
	f.tail = lw_alloc(f.tail_size);
	put_relocations(o->link, h->elf_class, f.tail + (at - end));
	memcpy(f.tail + (h->at[h->strings].sh_offset - end), h->names.at,
	       h->names.count);
	for (size_t i = 0; i < h->count; i++)
		lw_put_shdr(h->elf_class,
			    f.tail + (h->ehdr.e_shoff - end) + i * size,
			    &h->at[i]);
	write_at(o, f.tail, f.tail_size, end);
	lw_put_ehdr(h->elf_class, head, &h->ehdr);
	write_image(o, image->data, head, LW_SIZE(h->elf_class, Ehdr));
	f.sections = h->at;
	f.section_count = h->count;
	f.strings = h->strings;
	write_build_id(o, &f);
}

static void write_rela(struct output *o)
{
	struct headers h = { 0 };
	const char *why = read_headers(&o->link->image, &h);

	if (!why) {
		write_sections(o, &h);
		return;
	}
	lw_say(LW_DAMAGED_IMAGE, "%s: %s", o->path, why);
	o->failed = true;
}

/* ---- the whole -------------------------------------------------------- */

void lw_fill(struct lw_link *link)
{
	struct output o = { .link = link, .path = link->linked };

	o.fd = open(o.path, O_RDWR | O_CLOEXEC);
	if (o.fd < 0) {
		say_write(&o, errno);
		return;
	}
	write_table(&o);
	if (!o.failed)
		write_text(&o);
	if (!o.failed)
		write_rela(&o);
	/* A file system may only now find out that it is full. */
	if (close(o.fd) && !o.failed)
		say_write(&o, errno);
}
