// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-text.c - the listing for people
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dump.h"
#include "lwbfd.h"

static const char *code_name(const struct dump *d, uint64_t address)
{
	for (size_t i = 0; i < d->image.code.count; i++) {
		const struct lw_code *code = &d->image.code.at[i];

		if (address - code->address < code->size)
			return code->name;
	}
	return "no section";
}

static void print_head(const struct dump *d)
{
	const struct view *v = &d->view;

	printf("%s: runtime-static image, ABI %u, machine %u\n", d->path,
	       v->version, v->machine);
	printf("table  0x%" PRIx64 ", %u bytes in room for %" PRIu64
	       ", crc 0x%08x\n", v->address, v->size, d->image.table_room,
	       v->crc);
	for (size_t i = 0; i < v->text.count; i++) {
		uint64_t start = (uint64_t)v->text.at[i].start;

		printf("text   0x%" PRIx64 "..0x%" PRIx64 " (%s)\n", start,
		       start + v->text.at[i].size, code_name(d, start));
	}
	printf("%zu marks, %zu slots, %zu sites, %zu forms", v->marks.count,
	       v->slots.count, v->sites.count, v->forms.count);
	if (v->sites.count)
		printf(", %.1f bytes a site (%.1f with slots, forms and names)",
		       (double)v->stream_size / (double)v->sites.count,
		       (double)v->size / (double)v->sites.count);
	printf("\n");
	if (d->sim.foreign)
		printf("%zu pointers are for the dynamic linker to fill and "
		       "read as 0 here\n", d->sim.foreign);
}

static void print_marks(const struct view *v)
{
	printf("\nMARKS\n%-18s %8s %-4s %5s %6s  %s\n", "address", "size",
	       "kind", "slots", "sites", "name");
	for (size_t i = 0; i < v->marks.count; i++) {
		const struct view_mark *m = &v->marks.at[i];

		printf("0x%016" PRIx64 " %8u %-4s %5zu %6zu  %s", m->address,
		       m->size, kind_name(m->kind), m->slots, m->sites,
		       lw_demangle(m->name));
		if (m->stub)
			printf(" (stub at 0x%" PRIx64 ")", m->stub);
		printf("\n");
	}
}

static size_t bound_sites(const struct view *v, const struct view_slot *slot)
{
	size_t n = 0;

	for (size_t i = 0; i < slot->sites; i++)
		n += view_is_bound(v, &v->sites.at[slot->first + i]);
	return n;
}

static void print_slots(const struct dump *d)
{
	const struct view *v = &d->view;

	printf("\nSLOTS, and what a bind makes of their sites with this "
	       "content\n%-18s %5s %-18s %6s %6s  %s\n", "address", "width",
	       "content", "bound", "kept", "name");
	for (size_t i = 0; i < v->slots.count; i++) {
		const struct view_slot *s = &v->slots.at[i];
		const struct view_mark *m = &v->marks.at[s->mark];
		uint64_t value = view_value(&d->sim, s);
		const char *name = dump_value_name(d, s, value);
		size_t bound = bound_sites(v, s);

		printf("0x%016" PRIx64 " %5u 0x%016" PRIx64 " %6zu %6zu  %s"
		       "+0x%" PRIx64, s->address, s->width, value, bound,
		       s->sites - bound, lw_demangle(m->name),
		       s->address - m->address);
		if (name)
			printf(" = <%s>", name);
		printf("\n");
	}
}

static bool is_window(const struct view *v, const struct view_form *f)
{
	for (size_t n = 0; n < f->encodings; n++) {
		if (v->encodings.at[f->first + n].flags & RTS_ENCODING_WINDOW)
			return true;
	}
	return false;
}

static void print_forms(const struct dump *d)
{
	const struct view *v = &d->view;

	printf("\nFORMS; [..] is the field: V content of the slot, S its "
	       "address, P end of the site\n");
	for (size_t i = 0; i < v->forms.count; i++) {
		const struct view_form *f = &v->forms.at[i];

		printf("%3zu  %s, %u bytes, %zu sites%s%s%s\n", i,
		       tag_name(f->tag), f->length, f->sites,
		       f->flags & RTS_FORM_SIGNED ? ", V is signed" : "",
		       f->flags & RTS_FORM_OPERAND ? ", with operands" : "",
		       is_window(v, f) ? ", a window" : "");
		for (size_t n = 0; n < f->encodings; n++) {
			const struct view_encoding *e =
				&v->encodings.at[f->first + n];

			printf("     %zu/%zu  %-32s %s%s\n", n, f->encodings,
			       dump_pattern(f, e),
			       dump_condition(d, f, e, n + 1 == f->encodings),
			       e->flags & RTS_ENCODING_WINDOW ?
			       ", and nobody is inside" :
			       e->flags & RTS_ENCODING_DEPENDS ?
			       ", and nobody is before" : "");
		}
	}
}

static void print_bytes(const struct dump *d, const char *what,
			const struct view_site *site,
			const unsigned char *bytes)
{
	const char *text;

	dump_instructions(d, site->address, bytes, site->length, &text);
	printf("    %-7s %-30s %s\n", what,
	       dump_hex(bytes, site->length, " "), text);
}

static void print_site(const struct dump *d, const struct view_site *site)
{
	const struct view_slot *slot = &d->view.slots.at[site->slot];
	const struct view_mark *mark = &d->view.marks.at[slot->mark];
	const struct view_form *form = &d->view.forms.at[site->form];
	uint64_t offset = 0;
	const char *where = dump_where(d, site->address, &offset);

	printf("0x%016" PRIx64, site->address);
	if (where)
		printf(" <%s+0x%" PRIx64 ">", where, offset);
	printf("  %s+0x%" PRIx64 "  form %zu\n", lw_demangle(mark->name),
	       slot->address - mark->address, site->form);
	print_bytes(d, "linked", site, site->found);
	if (view_is_bound(&d->view, site))
		print_bytes(d, lw_asprintf("%u/%zu", site->index,
					   form->encodings), site,
			    site->bound);
	else
		printf("    kept\n");
}

/* In the order of text, as one reads a disassembly. */
static void print_sites(const struct dump *d)
{
	printf("\nSITES\n");
	for (size_t i = 0; i < d->view.sites.count; i++)
		print_site(d, &d->view.sites.at[d->view.by_address[i]]);
}

void dump_text(struct dump *d)
{
	print_head(d);
	print_marks(&d->view);
	print_slots(d);
	print_forms(d);
	if (d->sites)
		print_sites(d);
}
