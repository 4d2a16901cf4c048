// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-json.c - the listing for programs
 */
#include "config.h"

#include "dump.h"
#include "json.h"

static void put_head(struct lw_json *j, const struct dump *d)
{
	const struct view *v = &d->view;

	lw_json_text(j, "image", d->path);
	lw_json_number(j, "version", v->version);
	lw_json_number(j, "machine", v->machine);
	lw_json_address(j, "address", v->address);
	lw_json_address(j, "bias", d->bias);
	lw_json_number(j, "size", v->size);
	lw_json_number(j, "room", d->image.table_room);
	lw_json_number(j, "stream_size", v->stream_size);
	lw_json_address(j, "crc", v->crc);
}

static void put_text(struct lw_json *j, const struct view *v)
{
	lw_json_enter(j, "text", '[');
	for (size_t i = 0; i < v->text.count; i++) {
		lw_json_enter(j, NULL, '{');
		lw_json_address(j, "start", (uint64_t)v->text.at[i].start);
		lw_json_number(j, "size", v->text.at[i].size);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

static void put_marks(struct lw_json *j, const struct view *v)
{
	lw_json_enter(j, "marks", '[');
	for (size_t i = 0; i < v->marks.count; i++) {
		const struct view_mark *m = &v->marks.at[i];

		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "name", m->name);
		lw_json_text(j, "kind", kind_name(m->kind));
		lw_json_address(j, "address", m->address);
		lw_json_number(j, "size", m->size);
		if (m->stub)
			lw_json_address(j, "stub", m->stub);
		lw_json_number(j, "slots", m->slots);
		lw_json_number(j, "sites", m->sites);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

static void put_slots(struct lw_json *j, const struct dump *d)
{
	lw_json_enter(j, "slots", '[');
	for (size_t i = 0; i < d->view.slots.count; i++) {
		const struct view_slot *s = &d->view.slots.at[i];
		const struct view_mark *m = &d->view.marks.at[s->mark];
		uint64_t value = view_value(&d->sim, s);

		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "mark", m->name);
		lw_json_number(j, "offset", s->address - m->address);
		lw_json_address(j, "address", s->address);
		lw_json_number(j, "width", s->width);
		lw_json_address(j, "content", value);
		lw_json_text(j, "symbol", dump_value_name(d, s, value));
		lw_json_number(j, "sites", s->sites);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

/* As the table has it. */
static void put_guard(struct lw_json *j, const struct view_encoding *e)
{
	static const char *const names[] = {
		[RTS_GUARD_ALWAYS] = "always", [RTS_GUARD_FITS] = "fits",
		[RTS_GUARD_EQUAL] = "equal", [RTS_GUARD_MASKED] = "masked",
		[RTS_GUARD_RANGE] = "range",
	};
	unsigned kind = e->guard & ~(RTS_GUARD_NOT | RTS_GUARD_RELATIVE);

	lw_json_enter(j, "guard", '{');
	lw_json_text(j, "kind", names[kind]);
	lw_json_truth(j, "not", e->guard & RTS_GUARD_NOT);
	lw_json_truth(j, "relative", e->guard & RTS_GUARD_RELATIVE);
	lw_json_enter(j, "data", '[');
	if (kind >= RTS_GUARD_EQUAL)
		lw_json_address(j, NULL, rts_ld64(e->guard_at));
	if (kind > RTS_GUARD_EQUAL)
		lw_json_address(j, NULL, rts_ld64(e->guard_at + 8));
	lw_json_leave(j, ']');
	lw_json_leave(j, '}');
}

static void put_encodings(struct lw_json *j, const struct dump *d,
			  const struct view_form *f)
{
	const struct view *v = &d->view;

	lw_json_enter(j, "encodings", '[');
	for (size_t n = 0; n < f->encodings; n++) {
		const struct view_encoding *e = &v->encodings.at[f->first + n];

		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "pattern", dump_pattern(f, e));
		lw_json_text(j, "condition",
			     dump_condition(d, f, e, n + 1 == f->encodings));
		put_guard(j, e);
		lw_json_number(j, "bits", e->bits);
		lw_json_truth(j, "window", e->flags & RTS_ENCODING_WINDOW);
		lw_json_truth(j, "depends", e->flags & RTS_ENCODING_DEPENDS);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

static void put_forms(struct lw_json *j, const struct dump *d)
{
	const struct view *v = &d->view;

	lw_json_enter(j, "forms", '[');
	for (size_t i = 0; i < v->forms.count; i++) {
		const struct view_form *f = &v->forms.at[i];

		lw_json_enter(j, NULL, '{');
		lw_json_text(j, "tag", tag_name(f->tag));
		lw_json_number(j, "length", f->length);
		lw_json_truth(j, "signed", f->flags & RTS_FORM_SIGNED);
		lw_json_truth(j, "operand", f->flags & RTS_FORM_OPERAND);
		lw_json_truth(j, "window", f->flags & RTS_FORM_WINDOW);
		lw_json_number(j, "sites", f->sites);
		put_encodings(j, d, f);
		lw_json_leave(j, '}');
	}
	lw_json_leave(j, ']');
}

static void put_instruction(struct lw_json *j, const struct dump *d,
			    const char *name, const struct view_site *site,
			    const unsigned char *bytes)
{
	const char *words;

	dump_instructions(d, site->address, bytes, site->length, &words);
	lw_json_enter(j, name, '{');
	lw_json_text(j, "bytes", dump_hex(bytes, site->length, ""));
	lw_json_text(j, "text", words);
	lw_json_leave(j, '}');
}

static void put_site(struct lw_json *j, const struct dump *d,
		     const struct view_site *site)
{
	const struct view_slot *slot = &d->view.slots.at[site->slot];
	const struct view_mark *mark = &d->view.marks.at[slot->mark];
	uint64_t offset = 0;
	const char *where = dump_where(d, site->address, &offset);

	lw_json_enter(j, NULL, '{');
	lw_json_address(j, "address", site->address);
	lw_json_text(j, "function", where);
	lw_json_number(j, "function_offset", where ? offset : 0);
	lw_json_text(j, "mark", mark->name);
	lw_json_number(j, "offset", slot->address - mark->address);
	lw_json_number(j, "form", site->form);
	lw_json_number(j, "encoding", site->index);
	lw_json_truth(j, "bound", view_is_bound(&d->view, site));
	put_instruction(j, d, "linked", site, site->found);
	put_instruction(j, d, "after", site, site->bound);
	lw_json_leave(j, '}');
}

static void put_sites(struct lw_json *j, const struct dump *d)
{
	lw_json_enter(j, "sites", '[');
	for (size_t i = 0; i < d->view.sites.count; i++)
		put_site(j, d, &d->view.sites.at[d->view.by_address[i]]);
	lw_json_leave(j, ']');
}

void dump_json(struct dump *d)
{
	struct lw_json j = { .to = stdout };

	lw_json_enter(&j, NULL, '{');
	put_head(&j, d);
	put_text(&j, &d->view);
	put_marks(&j, &d->view);
	put_slots(&j, d);
	put_forms(&j, d);
	put_sites(&j, d);
	lw_json_leave(&j, '}');
}
