// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-check.c - --check: is this image what ld-wrap made?
 *
 * Magic, version, checksum and bounds were checked when the table was opened.
 * Here: that text holds what the table says, that no tool moved or dropped
 * half of it, and that instructions still begin where they did when a site is
 * bound, but for windows.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "class32.h"
#include "dump.h"
#include "lwbfd.h"
#include "../rtld/internal.h"

/* ---- rtld's own checks ------------------------------------------------ */

static void say_fault(struct dump *d, int code)
{
	const struct rtld_fault *f = &d->sim.rt.fault;

	dump_say(d, DUMP_BAD, "%s: %s: site at 0x%" PRIx64 ", expected %s, "
		 "found %s [%s]", d->path, rtld_strerror(code),
		 f->address - d->bias,
		 f->length ? dump_hex(f->expected, f->length, " ") : "-",
		 f->length ? dump_hex(f->found, f->length, " ") : "-",
		 rtld_errname(code));
}

static void check_text(struct dump *d)
{
	int code = rtld_check(&d->sim.rt, &lw_sim_host);

	if (!code)
		code = rtld_unbind(&d->sim.rt, &lw_sim_host);
	if (code)
		say_fault(d, code);
	else if (d->sim.rt.stats.written)
		dump_say(d, DUMP_BAD, "%s: %u sites are bound in the file",
			 d->path, d->sim.rt.stats.written);
}

/* ---- the table and the file around it --------------------------------- */

static void check_place(struct dump *d)
{
	const struct view *v = &d->view;
	const unsigned char *room;

	if (v->address != d->image.table_address)
		dump_say(d, DUMP_BAD, "%s: the table is at 0x%" PRIx64
			 ", but was made for 0x%" PRIx64, d->path,
			 d->image.table_address, v->address);
	if (v->machine != d->image.machine)
		dump_say(d, DUMP_BAD, "%s: a table for machine %u in a file "
			 "for machine %u", d->path, v->machine,
			 d->image.machine);
	room = v->table;
	for (size_t i = v->size; i < d->image.table_room; i++) {
		if (!room[i])
			continue;
		dump_say(d, DUMP_BAD, "%s: the room behind the table is not "
			 "zero", d->path);
		return;
	}
}

static bool in_code(const struct dump *d, const struct view_site *site)
{
	for (size_t i = 0; i < d->image.code.count; i++) {
		const struct lw_code *code = &d->image.code.at[i];
		uint64_t at = site->address - code->address;

		if (at < code->size && site->length <= code->size - at)
			return true;
	}
	return false;
}

static void check_sites(struct dump *d)
{
	const struct view *v = &d->view;
	const struct view_site *before = NULL;

	if (v->sites.count != v->site_count)
		dump_say(d, DUMP_BAD, "%s: %zu sites in the streams, %u in the "
			 "header", d->path, v->sites.count, v->site_count);
	for (size_t i = 0; i < v->sites.count; i++) {
		const struct view_site *site = &v->sites.at[v->by_address[i]];

		if (!in_code(d, site))
			dump_say(d, DUMP_BAD, "%s: site at 0x%" PRIx64 " is in "
				 "no executable section", d->path,
				 site->address);
		if (before &&
		    site->address - before->address < before->length)
			dump_say(d, DUMP_BAD, "%s: sites at 0x%" PRIx64
				 " and 0x%" PRIx64 " overlap", d->path,
				 before->address, site->address);
		before = site;
	}
}

/* ---- forms ------------------------------------------------------------ */

/*
 * What rtld leaves to this check, since a table that breaks it can only have
 * been made wrong, and still harms nothing but its own sites.
 */
static const char *wrong_encoding(const struct view_form *f,
				  const struct view_encoding *e, bool linked)
{
	unsigned char bits[RTS_SITE_MAX] = { 0 };

	if (linked && (e->guard || e->source == RTS_SOURCE_VALUE))
		return "its linked encoding depends on V";
	if (!e->source != !e->slices || !e->bits != !e->slices)
		return "field without slices, or slices without field";
	for (size_t i = 0; i < e->slices; i++) {
		unsigned to = e->slices_at[3 * i + 2];

		for (unsigned n = e->slices_at[3 * i + 1]; n; n--, to++) {
			unsigned char bit = (unsigned char)(1 << to % 8);

			if (bits[to / 8] & bit)
				return "its slices overlap";
			bits[to / 8] |= bit;
		}
	}
	for (size_t i = 0; i < f->length; i++)
		if (bits[i] != (unsigned char)~e->mask[i] ||
		    e->template[i] & bits[i])
			return "template, mask and slices do not fit together";
	return NULL;
}

static void check_forms(struct dump *d)
{
	const struct view *v = &d->view;

	for (size_t i = 0; i < v->forms.count; i++) {
		const struct view_form *f = &v->forms.at[i];

		for (size_t n = 0; n < f->encodings; n++) {
			const char *why = wrong_encoding(f,
				&v->encodings.at[f->first + n],
				n + 1 == f->encodings);

			if (why)
				dump_say(d, DUMP_BAD, "%s: form %zu, encoding "
					 "%zu: %s", d->path, i, n, why);
		}
	}
}

/* ---- instructions ----------------------------------------------------- */

/*
 * A context can wait before any instruction of a site, so they must begin
 * where those of the linked encoding do: for nearly all sites that means one
 * instruction.  An encoding for which that does not hold says so.
 */
static void check_site(struct dump *d, const struct view_site *site)
{
	const struct view_form *f = &d->view.forms.at[site->form];
	const struct view_encoding *e =
		&d->view.encodings.at[f->first + site->index];
	const char *linked, *bound;
	uint32_t from, to;

	from = dump_instructions(d, site->address, site->found, site->length,
				 &linked);
	to = dump_instructions(d, site->address, site->bound, site->length,
			       &bound);
	if (!from || !to)
		dump_say(d, DUMP_BAD, "%s: bytes %s at 0x%" PRIx64 " are not "
			 "whole instructions, but %s", d->path,
			 dump_hex(from ? site->bound : site->found,
				  site->length, " "), site->address,
			 from ? bound : linked);
	else if (from != to && site->index < f->encodings &&
		 !(e->flags & RTS_ENCODING_WINDOW))
		dump_say(d, DUMP_BAD, "%s: bytes %s at 0x%" PRIx64 " are not "
			 "one instruction for one, but %s for %s", d->path,
			 dump_hex(site->bound, site->length, " "),
			 site->address, bound, linked);
}

static void check_instructions(struct dump *d)
{
	for (size_t i = 0; i < d->view.sites.count; i++)
		check_site(d, &d->view.sites.at[i]);
}

/* ---- .rts.rela -------------------------------------------------------- */

static bool rela_agrees(const struct dump *d, const Elf64_Rela *rela,
			const struct view_site *site)
{
	unsigned type = RTS_RELOC_BASE + d->view.forms.at[site->form].tag;

	return rela->r_offset == site->address &&
	       rela->r_info == ELF64_R_INFO(0, type) &&
	       lw_image_wrap(&d->image, (uint64_t)rela->r_addend) ==
	       d->view.slots.at[site->slot].address;
}

static void check_rela(struct dump *d)
{
	const struct view *v = &d->view;
	const Elf64_Rela *at;
	size_t count, size;

	at = lw_image_relocations(&d->image, ".rts.rela", &count);
	lw_image_section(&d->image, ".rts.rela", &size);
	if (!at)
		return;
	if (count != v->sites.count ||
	    size != count * LW_SIZE(d->image.elf_class, Rela)) {
		dump_say(d, DUMP_BAD, "%s: .rts.rela has %zu relocations for "
			 "%zu sites", d->path, count, v->sites.count);
		return;
	}
	for (size_t i = 0; i < v->sites.count; i++) {
		const struct view_site *site = &v->sites.at[v->by_address[i]];

		if (rela_agrees(d, &at[i], site))
			continue;
		dump_say(d, DUMP_BAD, "%s: .rts.rela[%zu] is not that of the "
			 "site at 0x%" PRIx64, d->path, i, site->address);
		return;
	}
}

void dump_check(struct dump *d)
{
	check_place(d);
	check_sites(d);
	check_rela(d);
	check_forms(d);
	check_instructions(d);
	check_text(d);
	if (d->status == DUMP_GOOD)
		printf("%s: good: %zu marks, %zu slots, %zu sites\n", d->path,
		       d->view.marks.count, d->view.slots.count,
		       d->view.sites.count);
}
