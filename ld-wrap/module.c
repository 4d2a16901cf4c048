// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * module.c - tables for module loaders: -r with --rts-table
 *
 * The real linker makes the relocatable file, with room for .rts.tab.  That
 * file is then read as an input of ours, since it has all that we want to know:
 * relocations against marks, and bytes.  It is placed at some addresses
 * (module-place.c), and from there on everything goes as with an executable, until
 * the table is made.  There are as many images as sections of code with sites,
 * one behind the other, since the distance between two sections is for the
 * module loader to decide; for the same reason the fields that tell where
 * text, marks, stubs and slots are become relocations, of types that every
 * loader knows for its code's sake, in section .rela.rts.tab.
 *
 * What cannot be bound is a site that leads to another section otherwise than
 * to its mark: a jump to .text.unlikely, a comparison with an address.  Its
 * linked bytes are the loader's, and no image can say what they will be.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "input.h"
#include "locate.h"
#include "module.h"
#include "patchable.h"
#include "scan.h"

/* ---- what cannot be ---------------------------------------------------- */

static void refuse_changes(const struct lw_link *link)
{
	if (link->lto)
		lw_say(LW_MODULE, "%s: has LTO code, of which nobody knows "
		       "whether it becomes code now", link->command.output);
	for (size_t i = 0; i < link->marks.count; i++) {
		if (link->marks.at[i].redirect)
			lw_say(LW_MODULE, "%s: `%s' is an ordinary function, "
			       "whose callers would have to be changed",
			       link->marks.at[i].where,
			       link->marks.at[i].name);
	}
	if (lw_patchable_count(link))
		lw_say(LW_MODULE, "%s: has functions with RTS_PATCHABLE, whose "
		       "entries would have to be changed",
		       link->command.output);
	for (size_t i = 0; i < link->objects.count; i++) {
		const struct lw_object *object = link->objects.at[i];

		for (size_t k = 1; k < object->section_count; k++) {
			if (!strcmp(lw_section_name(object, k), ".rts.tab"))
				lw_say(LW_MODULE, "%s: has a table already",
				       object->name);
		}
	}
}

/* Of a symbol that an option marks and nobody here defines only its uses tell
 * how large it is, at least. */
static void measure_externs(struct lw_link *link)
{
	for (size_t i = 0; i < link->marks.count; i++) {
		struct lw_mark *mark = &link->marks.at[i];

		if (!mark->by_option || mark->object ||
		    mark->kind == RTS_KIND_FUNC)
			continue;
		mark->size = 0;
		for (size_t k = 0; k < link->references.count; k++) {
			const struct lw_reference *one =
				&link->references.at[k];
			uint64_t end = (uint64_t)one->target + 8;

			if (one->mark == i && one->target >= 0 &&
			    end > mark->size)
				mark->size = end;
		}
		mark->size = (mark->size + 7) & ~(uint64_t)7;
	}
}

/* ---- the file that was linked, as an input ------------------------------ */

static void read_back(struct lw_module *m)
{
	struct lw_link *own = &m->own;
	const struct lw_object *object;
	struct lw_bytes bytes;
	const char *why;

	memset(own, 0, sizeof(*own));
	own->options = m->asked->options;
	memset(&own->options.marks, 0, sizeof(own->options.marks));
	own->command = m->asked->command;
	own->machine = m->asked->machine;
	own->ld = m->asked->ld;
	own->linked = m->asked->linked;
	own->layout = &m->layout;
	if (lw_input_map(own, own->linked, &bytes))
		lw_input_bytes(own, own->linked, bytes, false);
	if (own->objects.count != 1 || own->unreadable.count)
		lw_die(LW_EXIT_REFUSED, LW_DAMAGED_IMAGE, "%s: cannot be read "
		       "again: %s", own->command.output,
		       own->unreadable.count ? own->unreadable.at[0].why :
		       "it is no relocatable file");
	object = own->objects.at[0];
	why = lw_module_place(&m->layout, object, false);
	if (why)
		lw_die(LW_EXIT_REFUSED, LW_MODULE, "%s: %s",
		       own->command.output, why);
	lw_image_take(&own->image, own->linked, m->layout.data,
		      m->layout.size);
}

/* ---- sites that the loader changes --------------------------------------- */

static const struct lw_code *code_at(const struct lw_link *link,
				     uint64_t address)
{
	for (size_t i = 0; i < link->image.code.count; i++) {
		if (address - link->image.code.at[i].address <
		    link->image.code.at[i].size)
			return &link->image.code.at[i];
	}
	return NULL;
}

static bool is_inside(const struct lw_code *code, uint64_t address)
{
	return address - code->address <= code->size;
}

/* Where its linked bytes, or bound ones, lead: in its own section? */
static bool leads_inside(const struct lw_link *link, const struct lw_site *site,
			 const struct lw_code *code)
{
	const struct lw_form *form = &link->forms.at[site->form];
	uint64_t packed = site->operand - site->address;

	if (!(form->flags & RTS_FORM_OPERAND))
		return true;
	if (form->tag == RTS_TAG_IF)
		return is_inside(code, site->address + form->length +
				 lw_declared_yes(packed));
	return is_inside(code, site->operand);
}

/* A relocation in the site that is of no reference to its mark, nor of the
 * branch that the form knows. */
static bool is_changed(const struct lw_module *m, const struct lw_site *site,
		       size_t section, uint64_t offset)
{
	const struct lw_link *own = &m->own;
	const struct lw_form *form = &own->forms.at[site->form];
	struct lw_relocations all =
		lw_relocations_of(m->layout.object, section);

	for (size_t i = 0; i < all.count; i++) {
		uint64_t at = all.at[i].r_offset;
		bool known = form->flags & RTS_FORM_OPERAND;

		if (at < offset || at - offset >= form->length ||
		    ELF64_R_TYPE(all.at[i].r_info) == R_X86_64_NONE)
			continue;
		for (size_t k = 0; !known && k < own->references.count; k++)
			known = own->references.at[k].section == section &&
				own->references.at[k].offset == at;
		if (!known)
			return true;
	}
	return false;
}

static bool is_ours(const struct lw_module *m, const struct lw_site *site)
{
	const struct lw_code *code = code_at(&m->own, site->address);
	size_t section = lw_layout_section(&m->layout, site->address);

	return code && section && leads_inside(&m->own, site, code) &&
	       !is_changed(m, site, section,
			   site->address - m->layout.at[section]);
}

/* The sites of a use follow each other; one that has none left is kept. */
static void drop_sites(struct lw_module *m)
{
	struct lw_link *own = &m->own;
	struct lw_reference *one;
	size_t kept = 0, first, i = 0;

	while (i < own->sites.count) {
		size_t reference = own->sites.at[i].reference;

		one = &own->references.at[reference];
		first = kept;
		for (; i < own->sites.count &&
		     own->sites.at[i].reference == reference; i++) {
			if (is_ours(m, &own->sites.at[i]))
				own->sites.at[kept++] = own->sites.at[i];
		}
		one->site = first;
		if (kept == first) {
			one->class = LW_CLASS_KEPT;
			one->reason = LW_KEPT_MOVES;
		}
	}
	own->sites.count = kept;
}

/* ---- the table ------------------------------------------------------------ */

/* The field at an offset of the image that begins at `start' of the table: a
 * distance from that start becomes a relocation. */
static void move_field(struct lw_module *m, size_t start, size_t at, unsigned size)
{
	unsigned char *field = m->table.at + start + at;
	uint64_t header = m->own.image.table_address + start, target;
	Elf64_Rela *rela = LW_PUSH(&m->relocations);
	size_t symbol;
	int64_t addend;

	target = header + (size == 8 ? rts_ld64(field) :
			   (uint64_t)(int64_t)(int32_t)rts_ld32(field));
	symbol = lw_layout_symbol(&m->layout, target, &addend);
	if (!symbol)
		lw_say(LW_MODULE, "%s: no symbol of the file is in the section "
		       "that is placed at 0x%" PRIx64, m->own.command.output,
		       target);
	/* S + A - P is to be S - header, and P is header + at. */
	rela->r_offset = start + at;
	rela->r_addend = addend + (int64_t)at;
	rela->r_info = ELF64_R_INFO(symbol, size == 8 ? R_X86_64_PC64 :
							R_X86_64_PC32);
	memset(field, 0, size);
}

static uint32_t head32(const struct lw_module *m, size_t start, size_t field)
{
	return rts_ld32(m->table.at + start + field);
}

#define HEAD(m, start, field)	\
	head32(m, start, offsetof(struct rts_header, field))

static void move_fields(struct lw_module *m, size_t start)
{
	size_t at = HEAD(m, start, text_off);

	for (uint32_t n = HEAD(m, start, text_count); n--;
	     at += sizeof(struct rts_text))
		move_field(m, start, at, 8);
	at = HEAD(m, start, mark_off);
	for (uint32_t n = HEAD(m, start, mark_count); n--;
	     at += sizeof(struct rts_mark)) {
		move_field(m, start, at, 4);
		if (head32(m, start, at + offsetof(struct rts_mark, stub)))
			move_field(m, start, at +
				   offsetof(struct rts_mark, stub), 4);
	}
	at = HEAD(m, start, slot_off);
	for (uint32_t n = HEAD(m, start, slot_count); n--;
	     at += sizeof(struct rts_slot))
		move_field(m, start, at, 4);
}

/* The image of the sites in one section of code. */
static void add_image(struct lw_module *m, const struct lw_code *code)
{
	struct lw_link part = m->own;
	size_t start = m->table.count;

	memset(&part.sites, 0, sizeof(part.sites));
	for (size_t i = 0; i < m->own.sites.count; i++) {
		if (m->own.sites.at[i].address - code->address < code->size)
			*LW_PUSH(&part.sites) = m->own.sites.at[i];
	}
	if (!part.sites.count)
		return;
	part.image.table_address += start;
	part.image.table_room = UINT64_MAX;
	lw_table_build(&part);
	lw_stop_on_errors();
	lw_put(&m->table, part.table, part.table_used);
	move_fields(m, start);
	while (m->table.count % 8)
		LW_PUSH(&m->table);
}

static void check_externs(const struct lw_module *m)
{
	for (size_t i = 0; i < m->own.marks.count; i++) {
		const struct lw_mark *mark = &m->own.marks.at[i];

		if (!mark->object && mark->size > m->layout.room)
			lw_say(LW_TABLE_LIMIT, "%s: `%s' is larger than %"
			       PRIu64 " bytes and not defined here",
			       m->own.command.output, mark->name,
			       m->layout.room);
	}
}

static void make_table(struct lw_module *m)
{
	m->table.count = m->relocations.count = 0;
	for (size_t i = 0; i < m->own.image.code.count; i++)
		add_image(m, &m->own.image.code.at[i]);
	m->own.table_used = m->table.count;
}

/* ---- one link --------------------------------------------------------------- */

static void link_once(struct lw_module *m)
{
	struct lw_link *link = m->asked;
	char *rts_o = lw_emit(link);
	int status;

	lw_stop_on_errors();
	status = lw_run_ld(link->ld, &link->options, &link->command,
			   link->linked, rts_o);
	if (status)
		lw_place_failed(link, status);
	lw_place_open(link);
	lw_mend_dependencies(&link->command);
	read_back(m);
	lw_scan_marks(&m->own);
	lw_stop_on_errors();
	lw_scan_references(&m->own);
	lw_locate(&m->own);
	drop_sites(m);
	lw_account(&m->own);
	check_externs(m);
	if (!lw_errors())
		make_table(m);
}

/* ---- the whole ------------------------------------------------------------ */

/* Another order, other distances: what is right there as well is right. */
static void verify(struct lw_module *m)
{
	for (int reversed = 0; reversed < 2; reversed++) {
		lw_module_images images = { 0 };
		struct lw_link trial = m->own;
		const char *why = lw_module_read(&trial.image, m->own.linked,
						 reversed, &images);

		if (why)
			lw_say(LW_VERIFY, "%s: %s", m->own.command.output, why);
		for (size_t i = 0; !why && i < images.count; i++) {
			trial.image.table_address = images.at[i].address;
			trial.image.table_room = images.at[i].room;
			trial.bodies.count = 0;
			lw_verify(&trial);
		}
	}
}

static size_t room_of(const struct lw_module *m)
{
	return m->own.image.table_room;
}

static void finish(struct lw_module *m)
{
	m->own.image.path = m->own.command.output;
	lw_warn_stores(&m->own);
	/* Lines were asked of the file; whose name nobody knows. */
	((struct lw_object *)(uintptr_t)m->layout.object)->name =
		m->own.command.output;
	lw_report(&m->own);
	lw_stop_on_errors();
	lw_module_write(m);
	verify(m);
	lw_stop_on_errors();
	lw_place_end(m->asked);
}

void lw_link_module(struct lw_link *link)
{
	struct lw_module *m = lw_alloc(sizeof(*m));

	m->asked = link;
	refuse_changes(link);
	lw_scan_references(link);
	measure_externs(link);
	lw_refuse_output_as_input(&link->command);
	lw_stop_on_errors();
	lw_place_begin(link);
	link_once(m);
	lw_stop_on_errors();
	if (m->table.count > room_of(m)) {
		link->table_size = m->table.count;
		link_once(m);
		lw_stop_on_errors();
		if (m->table.count > room_of(m))
			lw_say(LW_TABLE_SPACE, "%s: .rts.tab needs %zu bytes",
			       link->command.output, m->table.count);
	}
	finish(m);
}
