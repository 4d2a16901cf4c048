// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sim.c - a linked image laid out as a loader would, to try a bind offline
 *
 * All of the image's segments that count stand in one sparse mapping at their
 * distances, since rtld goes from the table to a slot or a site by adding a
 * distance.  Segments far from the table are left out: the x86-64 Linux kernel
 * has its per-CPU template linked at address 0, and nothing in a table can
 * reach it.
 *
 * A program that can move holds pointers which the dynamic linker, or its own
 * start-up code, adjusts: R_X86_64_RELATIVE (R_386_RELATIVE), plain or packed
 * (DT_RELR).
 * Without them a simulated V would be a pointer to nowhere.
 */
#include "config.h"

#include <string.h>
#include <sys/mman.h>

#include "class32.h"
#include "lw.h"
#include "sim.h"
#include "table.h"
#include "../rtld/internal.h"

/* A slot is at most 2 GiB from the table, its sites 2 GiB from the slot. */
#define REACH		((uint64_t)4 << 30)
#define SPAN_MAX	((uint64_t)4 << 30)

static int nobody_inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	return 0;
}

const struct rtld_host lw_sim_host = { .inside = nobody_inside };

unsigned char *lw_sim_at(const struct lw_sim *sim, uint64_t address, size_t n)
{
	uint64_t at = address - sim->bias - sim->low;

	if (at >= sim->size || n > sim->size - at)
		return NULL;
	return sim->memory + at;
}

uint64_t lw_sim_some_bias(const struct lw_image *image)
{
	if (image->type != ET_DYN)
		return 0;
	return image->elf_class == ELFCLASS32 ? 0x56555000 : 0x555555554000;
}

/* ---- segments --------------------------------------------------------- */

static bool counts(const struct lw_image *image, const struct lw_segment *s)
{
	uint64_t table = image->table_address;
	uint64_t low = table > REACH ? table - REACH : 0;
	uint64_t high = table < UINT64_MAX - REACH ? table + REACH : UINT64_MAX;

	return s->memory_size && s->address >= low && s->address <= high &&
	       s->memory_size <= high - s->address;
}

static const char *find_span(struct lw_sim *sim)
{
	const struct lw_image *image = sim->image;
	uint64_t end = 0;

	sim->low = UINT64_MAX;
	for (size_t i = 0; i < image->segments.count; i++) {
		const struct lw_segment *s = &image->segments.at[i];

		if (!counts(image, s))
			continue;
		if (s->address < sim->low)
			sim->low = s->address;
		if (s->address + s->memory_size > end)
			end = s->address + s->memory_size;
	}
	if (sim->low >= end)
		return "no loadable segment holds the table";
	sim->size = end - sim->low;
	if (sim->size > SPAN_MAX)
		return "its segments are spread over more than 4 GiB";
	return NULL;
}

static const char *lay_out(struct lw_sim *sim)
{
	const struct lw_image *image = sim->image;

	sim->memory = mmap(NULL, sim->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sim->memory == MAP_FAILED) {
		sim->memory = NULL;
		return "no memory to lay it out";
	}
	for (size_t i = 0; i < image->segments.count; i++) {
		const struct lw_segment *s = &image->segments.at[i];

		if (!counts(image, s))
			continue;
		if (s->file_size > s->memory_size ||
		    s->offset > image->size ||
		    s->file_size > image->size - s->offset)
			return "a segment lies outside the file";
		memcpy(sim->memory + (s->address - sim->low),
		       image->data + s->offset, s->file_size);
	}
	return NULL;
}

/* ---- dynamic relocations ---------------------------------------------- */

struct dynamic {
	uint64_t rela, rela_size, rel, rel_size, relr, relr_size, symtab;
};

static bool find_dynamic(const struct lw_image *image, Elf64_Phdr *dynamic)
{
	size_t size = LW_SIZE(image->elf_class, Phdr);
	Elf64_Ehdr ehdr;

	if (image->size < LW_SIZE(image->elf_class, Ehdr))
		return false;
	ehdr = lw_wide_ehdr(image->elf_class, image->data);
	if (ehdr.e_phoff > image->size || ehdr.e_phentsize != size ||
	    (image->size - ehdr.e_phoff) / size < ehdr.e_phnum)
		return false;
	for (size_t i = 0; i < ehdr.e_phnum; i++) {
		*dynamic = lw_wide_phdr(image->elf_class, image->data +
					ehdr.e_phoff + i * size);
		if (dynamic->p_type == PT_DYNAMIC)
			return true;
	}
	return false;
}

static void note_tag(struct dynamic *d, const Elf64_Dyn *dyn)
{
	switch (dyn->d_tag) {
	case DT_RELA:	d->rela = dyn->d_un.d_ptr;	break;
	case DT_RELASZ:	d->rela_size = dyn->d_un.d_val;	break;
	case DT_REL:	d->rel = dyn->d_un.d_ptr;	break;
	case DT_RELSZ:	d->rel_size = dyn->d_un.d_val;	break;
	case DT_RELR:	d->relr = dyn->d_un.d_ptr;	break;
	case DT_RELRSZ:	d->relr_size = dyn->d_un.d_val;	break;
	case DT_SYMTAB:	d->symtab = dyn->d_un.d_ptr;	break;
	default:					break;
	}
}

static void read_dynamic(const struct lw_sim *sim, struct dynamic *d)
{
	unsigned class = sim->image->elf_class;
	size_t size = LW_SIZE(class, Dyn);
	const unsigned char *at;
	Elf64_Phdr phdr;
	Elf64_Dyn dyn;

	if (!find_dynamic(sim->image, &phdr))
		return;
	at = lw_sim_at(sim, phdr.p_vaddr + sim->bias, phdr.p_filesz);
	for (uint64_t n = at ? phdr.p_filesz / size : 0; n; n--) {
		dyn = lw_wide_dyn(class, at);
		if (dyn.d_tag == DT_NULL)
			break;
		note_tag(d, &dyn);
		at += size;
	}
}

/* The value of a dynamic symbol that the image defines itself. */
static bool own_symbol(const struct lw_sim *sim, const struct dynamic *d,
		       size_t index, uint64_t *value)
{
	size_t size = LW_SIZE(sim->image->elf_class, Sym);
	const unsigned char *at;
	Elf64_Sym sym;

	at = lw_sim_at(sim, sim->bias + d->symtab + index * size, size);
	if (!d->symtab || !at)
		return false;
	sym = lw_wide_sym(sim->image->elf_class, at);
	*value = sim->bias + sym.st_value;
	return sym.st_shndx != SHN_UNDEF && sym.st_shndx < SHN_LORESERVE;
}

static uint64_t load(const struct lw_sim *sim, const unsigned char *at)
{
	return sim->image->pointer == 4 ? rts_ld32(at) : rts_ld64(at);
}

/* Read-only data moves too: a private copy has no pages to protect. */
static void apply(struct lw_sim *sim, const struct dynamic *d,
		  const Elf64_Rela *rela, bool addend_in_place)
{
	uint64_t value = sim->bias, addend = (uint64_t)rela->r_addend;
	unsigned pointer = sim->image->pointer;
	unsigned char *at = lw_sim_at(sim, sim->bias + rela->r_offset,
				      pointer);

	if (!at)
		return;
	if (addend_in_place)
		addend = load(sim, at);
	switch (ELF64_R_TYPE(rela->r_info)) {
	case R_X86_64_GLOB_DAT:
		addend = 0;
		__attribute__((fallthrough));
	case R_X86_64_64:
	case R_X86_64_32:
		if (!own_symbol(sim, d, ELF64_R_SYM(rela->r_info), &value)) {
			sim->foreign++;
			return;
		}
		break;
	case R_X86_64_RELATIVE:
		break;
	default:
		return;
	}
	lw_table_store(at, value + addend, pointer);
}

static void apply_all(struct lw_sim *sim, const struct dynamic *d)
{
	size_t size = LW_SIZE(sim->image->elf_class, Rela);
	const unsigned char *at;
	Elf64_Rela rela;

	at = lw_sim_at(sim, sim->bias + d->rela, d->rela_size);
	for (uint64_t n = at ? d->rela_size / size : 0; n; n--, at += size) {
		rela = lw_wide_rela(sim->image->elf_class, at);
		apply(sim, d, &rela, false);
	}
	if (sim->image->elf_class != ELFCLASS32)
		return;
	size = sizeof(Elf32_Rel);
	at = lw_sim_at(sim, sim->bias + d->rel, d->rel_size);
	for (uint64_t n = at ? d->rel_size / size : 0; n; n--, at += size) {
		rela = lw_wide_rel(at);
		apply(sim, d, &rela, true);
	}
}

static void move_pointer(struct lw_sim *sim, uint64_t address)
{
	unsigned pointer = sim->image->pointer;
	unsigned char *at = lw_sim_at(sim, sim->bias + address, pointer);

	if (at)
		lw_table_store(at, load(sim, at) + sim->bias, pointer);
}

/*
 * DT_RELR: an even entry is an address; it moves, and the bitmaps that follow
 * count from the word behind it.  An odd entry is a bitmap of the next 63 (31)
 * words, lowest first, above its own mark bit.
 */
static void apply_relr(struct lw_sim *sim, const struct dynamic *d)
{
	unsigned word = sim->image->pointer;
	const unsigned char *at;
	uint64_t where = 0;

	at = lw_sim_at(sim, sim->bias + d->relr, d->relr_size);
	for (uint64_t n = at ? d->relr_size / word : 0; n; n--, at += word) {
		uint64_t entry = load(sim, at);

		if (!(entry & 1)) {
			move_pointer(sim, entry);
			where = entry + word;
			continue;
		}
		for (unsigned bit = 1; bit < 8 * word; bit++)
			if (entry >> bit & 1)
				move_pointer(sim, where + (bit - 1) * word);
		where += (8 * word - 1) * word;
	}
}

static void relocate(struct lw_sim *sim)
{
	struct dynamic d = { 0 };

	if (!sim->bias && sim->image->type != ET_DYN)
		return;
	read_dynamic(sim, &d);
	apply_all(sim, &d);
	apply_relr(sim, &d);
}

/* ---- the table -------------------------------------------------------- */

/* rtld knows the table's bounds; that slots and text lie in memory is for the
 * host to know, and a table from a damaged file may say anything. */
static const char *check_reach(const struct lw_sim *sim)
{
	const unsigned char *table = sim->rt.image, *at;
	uint64_t base = sim->rt.address;

	at = table + rts_ld32(table + offsetof(struct rts_header, text_off));
	for (uint32_t n = rts_ld32(table + offsetof(struct rts_header,
						    text_count)); n; n--) {
		if (!lw_sim_at(sim, base + rts_ld64(at), rts_ld64(at + 8)))
			return "a text range of the table is not in memory";
		at += sizeof(struct rts_text);
	}
	at = table + rts_ld32(table + offsetof(struct rts_header, slot_off));
	for (uint32_t n = rts_ld32(table + offsetof(struct rts_header,
						    slot_count)); n; n--) {
		uint64_t slot = (uint64_t)(int32_t)rts_ld32(at);

		if (!lw_sim_at(sim, base + slot, at[6]))
			return "a slot of the table is not in memory";
		at += sizeof(struct rts_slot);
	}
	return NULL;
}

const char *lw_sim_open(struct lw_sim *sim, struct lw_image *image,
			uint64_t bias)
{
	const char *why;
	unsigned char *table;

	memset(sim, 0, sizeof(*sim));
	sim->image = image;
	sim->bias = bias;
	if ((why = find_span(sim)) || (why = lay_out(sim)))
		return why;
	relocate(sim);
	table = lw_sim_at(sim, image->table_address + bias, image->table_room);
	if (!table)
		return "the table is not in memory";
	if (rtld_open_at(&sim->rt, table, image->table_room,
			 image->table_address + bias) ||
	    rtld_validate(&sim->rt))
		return rtld_strerror(sim->rt.fault.code);
	return check_reach(sim);
}

void lw_sim_close(struct lw_sim *sim)
{
	if (sim->memory)
		munmap(sim->memory, sim->size);
	sim->memory = NULL;
}

/* ---- sites ------------------------------------------------------------ */

void lw_sim_walk(struct lw_sim *sim, struct lw_sim_site *site)
{
	memset(site, 0, sizeof(*site));
	site->own = lw_alloc(sizeof(*site->own));
	if (RTLD_HEAD_(&sim->rt, slot_count))
		rtld_start_(&sim->rt, site->own, 0);
}

/* Take over what rtld found out about the site it stands at. */
static bool look(struct lw_sim *sim, struct lw_sim_site *site)
{
	struct rtld_site_ *own = site->own;
	uint32_t encodings = rtld_encodings_(own);
	const unsigned char *linked = RTLD_AT_(&sim->rt, encoding,
		RTLD_GET16_(own->form, struct rts_form, encoding) +
		encodings - 1);
	bool reaches = rtld_look_(&sim->rt, own, site->at);

	site->chosen = reaches ? rtld_index_(own, own->chosen) : encodings;
	site->window = reaches && RTLD_GET8_(linked - (encodings - 1 -
		site->chosen) * sizeof(struct rts_encoding),
		struct rts_encoding, flags) & RTS_ENCODING_WINDOW;
	site->is_linked = reaches && !own->off_linked;
	site->to_stub = RTLD_GET8_(linked, struct rts_encoding, source) ==
			RTS_SOURCE_STUB;
	memcpy(site->linked, sim->rt.fault.expected, site->length);
	memcpy(site->wanted, own->wanted, site->length);
	return reaches;
}

bool lw_sim_next(struct lw_sim *sim, struct lw_sim_site *site)
{
	uint32_t slots = RTLD_HEAD_(&sim->rt, slot_count);
	const struct rtld_fault *at = &sim->rt.fault;

	while (site->next_slot < slots) {
		site->code = rtld_next_(&sim->rt, site->own);
		if (site->code == RTLD_END_) {
			site->code = 0;
			if (++site->next_slot < slots)
				rtld_start_(&sim->rt, site->own,
					    site->next_slot);
			continue;
		}
		if (site->code)
			return false;
		site->address = at->address;
		site->slot_address = at->slot_address;
		site->slot = at->slot;
		site->form = at->form;
		site->length = site->own->length;
		site->encodings = rtld_encodings_(site->own);
		site->at = lw_sim_at(sim, site->address, site->length);
		if (!site->at) {
			site->code = RTLD_E_TEXT_BOUNDS;
			return false;
		}
		look(sim, site);
		return true;
	}
	return false;
}

bool lw_sim_restub(struct lw_sim *sim, struct lw_sim_site *site,
		   uint64_t stub)
{
	site->own->source[RTS_SOURCE_STUB] = stub;
	return look(sim, site);
}
