// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-json.c - the listing for programs
 *
 * Addresses and contents are strings with 0x: many readers of JSON keep
 * numbers as doubles, which cannot hold 64 bits.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dump.h"
#include "lwbfd.h"

/* Where commas go: one level is a state of its own. */
struct json {
	unsigned depth;
	bool more[8];		/* something stands at this level already */
};

static void comma(struct json *j)
{
	if (j->more[j->depth])
		putchar(',');
	if (j->depth)
		printf("\n%*s", (int)j->depth * 2, "");
	j->more[j->depth] = true;
}

/* A name in an ELF file is any bytes.  Those above 0x7f are written as the
 * Latin-1 characters with that number: valid, and nothing is lost. */
static void string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void key(struct json *j, const char *name)
{
	comma(j);
	if (name) {
		string(name);
		printf(": ");
	}
}

static void enter(struct json *j, const char *name, char bracket)
{
	key(j, name);
	putchar(bracket);
	j->more[++j->depth] = false;
}

static void leave(struct json *j, char bracket)
{
	bool any = j->more[j->depth--];

	if (any)
		printf("\n%*s", (int)j->depth * 2, "");
	putchar(bracket);
}

static void text(struct json *j, const char *name, const char *value)
{
	key(j, name);
	if (value)
		string(value);
	else
		printf("null");
}

static void number(struct json *j, const char *name, uint64_t value)
{
	key(j, name);
	printf("%" PRIu64, value);
}

static void address(struct json *j, const char *name, uint64_t value)
{
	key(j, name);
	printf("\"0x%" PRIx64 "\"", value);
}

/* ---- the arrays ------------------------------------------------------- */

static void put_head(struct json *j, const struct dump *d)
{
	const struct view *v = &d->view;

	text(j, "image", d->path);
	number(j, "version", v->version);
	number(j, "machine", v->machine);
	address(j, "address", v->address);
	address(j, "bias", d->bias);
	number(j, "size", v->size);
	number(j, "room", d->image.table_room);
	number(j, "stream_size", v->stream_size);
	address(j, "crc", v->crc);
}

static void put_text(struct json *j, const struct view *v)
{
	enter(j, "text", '[');
	for (size_t i = 0; i < v->text.count; i++) {
		enter(j, NULL, '{');
		address(j, "start", (uint64_t)v->text.at[i].start);
		number(j, "size", v->text.at[i].size);
		leave(j, '}');
	}
	leave(j, ']');
}

static void put_marks(struct json *j, const struct view *v)
{
	enter(j, "marks", '[');
	for (size_t i = 0; i < v->marks.count; i++) {
		const struct view_mark *m = &v->marks.at[i];

		enter(j, NULL, '{');
		text(j, "name", m->name);
		text(j, "kind", kind_name(m->kind));
		address(j, "address", m->address);
		number(j, "size", m->size);
		if (m->stub)
			address(j, "stub", m->stub);
		number(j, "slots", m->slots);
		number(j, "sites", m->sites);
		leave(j, '}');
	}
	leave(j, ']');
}

static void put_slots(struct json *j, const struct dump *d)
{
	enter(j, "slots", '[');
	for (size_t i = 0; i < d->view.slots.count; i++) {
		const struct view_slot *s = &d->view.slots.at[i];
		const struct view_mark *m = &d->view.marks.at[s->mark];
		uint64_t value = view_value(&d->sim, s);

		enter(j, NULL, '{');
		text(j, "mark", m->name);
		number(j, "offset", s->address - m->address);
		address(j, "address", s->address);
		number(j, "width", s->width);
		address(j, "content", value);
		text(j, "symbol", dump_value_name(d, s, value));
		number(j, "sites", s->sites);
		leave(j, '}');
	}
	leave(j, ']');
}

static void put_encodings(struct json *j, const struct view *v,
			  const struct view_form *f)
{
	enter(j, "encodings", '[');
	for (size_t n = 0; n < f->encodings; n++) {
		const struct view_encoding *e = &v->encodings.at[f->first + n];

		enter(j, NULL, '{');
		text(j, "pattern", dump_pattern(f, e));
		text(j, "condition",
		     dump_condition(f, e, n + 1 == f->encodings));
		number(j, "bits", e->bits);
		leave(j, '}');
	}
	leave(j, ']');
}

static void put_forms(struct json *j, const struct view *v)
{
	enter(j, "forms", '[');
	for (size_t i = 0; i < v->forms.count; i++) {
		const struct view_form *f = &v->forms.at[i];

		enter(j, NULL, '{');
		text(j, "tag", tag_name(f->tag));
		number(j, "length", f->length);
		key(j, "signed");
		printf("%s", f->flags & RTS_FORM_SIGNED ? "true" : "false");
		number(j, "sites", f->sites);
		put_encodings(j, v, f);
		leave(j, '}');
	}
	leave(j, ']');
}

static void put_instruction(struct json *j, const struct dump *d,
			    const char *name, const struct view_site *site,
			    const unsigned char *bytes)
{
	char words[256];

	lw_disassemble(&d->image, d->image.machine, site->address, bytes,
		       site->length, words, sizeof(words));
	enter(j, name, '{');
	text(j, "bytes", dump_hex(bytes, site->length, ""));
	text(j, "text", words);
	leave(j, '}');
}

static void put_site(struct json *j, const struct dump *d,
		     const struct view_site *site)
{
	const struct view_slot *slot = &d->view.slots.at[site->slot];
	const struct view_mark *mark = &d->view.marks.at[slot->mark];
	uint64_t offset = 0;
	const char *where = dump_where(d, site->address, &offset);

	enter(j, NULL, '{');
	address(j, "address", site->address);
	text(j, "function", where);
	number(j, "function_offset", where ? offset : 0);
	text(j, "mark", mark->name);
	number(j, "offset", slot->address - mark->address);
	number(j, "form", site->form);
	number(j, "encoding", site->index);
	key(j, "bound");
	printf("%s", view_is_bound(&d->view, site) ? "true" : "false");
	put_instruction(j, d, "linked", site, site->found);
	put_instruction(j, d, "after", site, site->bound);
	leave(j, '}');
}

static void put_sites(struct json *j, const struct dump *d)
{
	enter(j, "sites", '[');
	for (size_t i = 0; i < d->view.sites.count; i++)
		put_site(j, d, &d->view.sites.at[d->view.by_address[i]]);
	leave(j, ']');
}

void dump_json(struct dump *d)
{
	struct json j = { 0 };

	enter(&j, NULL, '{');
	put_head(&j, d);
	put_text(&j, &d->view);
	put_marks(&j, &d->view);
	put_slots(&j, d);
	put_forms(&j, &d->view);
	put_sites(&j, d);
	leave(&j, '}');
	putchar('\n');
}
