// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-set.c - --set NAME[+OFFSET][:WIDTH]=VALUE: what if memory held this?
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "table.h"

struct setting {
	const char *text;	/* as given */
	const char *name;
	uint64_t offset, value;
	unsigned width;		/* 0: not given */
};

/* Decimal or 0x; all of the text. */
static bool number(const char *text, uint64_t *value)
{
	bool negative = *text == '-';
	char *end;

	text += negative;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (negative)
		*value = -*value;
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

/* A symbol stands for its address in the simulated memory. */
static bool value_of(struct dump *d, const char *text, uint64_t *value)
{
	const struct lw_image_symbol *symbol;

	if (number(text, value))
		return true;
	symbol = lw_image_symbol_named(&d->image, text);
	if (symbol)
		*value = symbol->address + d->bias;
	return symbol;
}

static bool wrong(struct dump *d, const struct setting *s, const char *why)
{
	dump_say(d, DUMP_TROUBLE, "--set %s: %s", s->text, why);
	return false;
}

/* From the back, since a mark's name may hold a ':' (FILE:SYM) or a '+'. */
static bool parse(struct dump *d, struct setting *s)
{
	char *copy = lw_strdup(s->text), *equal = strchr(copy, '='), *mark;
	uint64_t n;

	if (!equal || equal == copy)
		return wrong(d, s, "write NAME[+OFFSET][:WIDTH]=VALUE");
	*equal = '\0';
	mark = strrchr(copy, ':');
	if (mark && number(mark + 1, &n)) {
		if (n != 1 && n != 2 && n != 4 && n != 8)
			return wrong(d, s, "a width is 1, 2, 4 or 8");
		s->width = (unsigned)n;
		*mark = '\0';
	}
	mark = strrchr(copy, '+');
	if (mark && number(mark + 1, &s->offset))
		*mark = '\0';
	s->name = copy;
	if (!value_of(d, equal + 1, &s->value))
		return wrong(d, s, "the value is no number, and no symbol has "
			     "this name");
	return true;
}

static const struct view_mark *find_mark(const struct view *v,
					 const char *name)
{
	for (size_t i = 0; i < v->marks.count; i++)
		if (!strcmp(v->marks.at[i].name, name))
			return &v->marks.at[i];
	return NULL;
}

/* The width that the sites read there; the widest, if they differ. */
static unsigned width_at(const struct view *v, uint64_t address)
{
	unsigned width = 0;

	for (size_t i = 0; i < v->slots.count; i++)
		if (v->slots.at[i].address == address &&
		    v->slots.at[i].width > width)
			width = v->slots.at[i].width;
	return width;
}

bool dump_store(struct dump *d, uint64_t address, unsigned width,
		uint64_t value)
{
	unsigned char *at = lw_sim_at(&d->sim, address + d->sim.bias, width);

	if (at)
		lw_table_store(at, value, width);
	return at;
}

static bool fits(uint64_t value, unsigned width)
{
	unsigned bits = width * 8;

	return bits == 64 || value >> bits == 0 ||
	       (uint64_t)((int64_t)(value << (64 - bits)) >> (64 - bits)) ==
	       value;
}

/* These bytes of slots are no longer what was there. */
static void note_source(struct view *v, uint64_t address, unsigned width)
{
	for (size_t i = 0; i < v->slots.count; i++) {
		struct view_slot *slot = &v->slots.at[i];

		if (slot->address < address + width &&
		    address < slot->address + slot->width)
			slot->source = "set";
	}
}

static bool set(struct dump *d, const char *text)
{
	struct setting s = { .text = text };
	const struct view_mark *mark;
	uint64_t address;

	if (!parse(d, &s))
		return false;
	mark = find_mark(&d->view, s.name);
	if (!mark)
		return d->in_module ||
		       wrong(d, &s, "no mark has this name");
	d->set_count++;
	address = mark->address + s.offset;
	if (!s.width)
		s.width = width_at(&d->view, address);
	if (!s.width)
		return wrong(d, &s, "no site reads this slot; say :WIDTH to "
			     "set it nevertheless");
	if (s.offset > mark->size || s.width > mark->size - s.offset)
		return wrong(d, &s, "this is outside of the mark");
	if (!fits(s.value, s.width))
		return wrong(d, &s, "the value does not fit the width");
	note_source(&d->view, address, s.width);
	return dump_store(d, address, s.width, s.value) ||
	       wrong(d, &s, "the slot is not in memory");
}

void dump_set(struct dump *d)
{
	for (size_t i = 0; i < d->settings.count; i++)
		set(d, d->settings.at[i]);
}
