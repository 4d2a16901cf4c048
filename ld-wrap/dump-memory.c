// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-memory.c - guest memory against the file and a debug dump, or --expect
 *
 * The strongest thing to say about a bind: every byte of every executable
 * section is the file's, but for the sites, which are as the dump says, or as
 * the contents of the slots want them.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dump.h"

#define DIFFERENCES_MAX	10	/* of one memory; more would hide the first */

struct comparison {
	struct dump *d;
	const struct lw_code *code;
	const unsigned char *expected, *found;
	size_t *differences;
};

/* In the first of the memories that has it. */
const unsigned char *dump_memory_at(struct dump *d, uint64_t address,
				    uint64_t n)
{
	for (size_t i = 0; i < d->memories.count; i++) {
		const struct dump_memory *m = &d->memories.at[i];
		uint64_t at = address - m->address;
		size_t size;
		char *bytes;

		if (address < m->address)
			continue;
		bytes = dump_slurp(d, m->path, &size);
		if (bytes && m->offset <= size && at <= size - m->offset &&
		    n <= size - m->offset - at)
			return (unsigned char *)bytes + m->offset + at;
	}
	return NULL;
}

/* ---- what is expected ------------------------------------------------- */

/* A line of text that is gone does not say how long the site was. */
static unsigned length_at(const struct dump *d, uint64_t address)
{
	for (size_t i = 0; i < d->view.sites.count; i++)
		if (d->view.sites.at[i].address == address)
			return d->view.sites.at[i].length;
	return 0;
}

/* Lay the sites over the file's bytes.  Text that is gone may hold anything:
 * take over what is there. */
static void apply(const struct dump *d, const struct lw_code *code,
		  const struct log_dump *dump, unsigned char *expected,
		  const unsigned char *found)
{
	for (size_t i = 0; i < dump->sites.count; i++) {
		const struct log_site *s = &dump->sites.at[i];
		uint64_t at = s->address - dump->bias - code->address;
		unsigned n = s->index == LOG_GONE ? length_at(d, s->address -
							      dump->bias) :
						    s->now_length;

		if (at >= code->size || n > code->size - at)
			continue;
		memcpy(expected + at,
		       s->index == LOG_GONE ? found + at : s->now, n);
	}
}

/* Contents do not say whether a window could be written: both are right. */
static void accept_late(const struct dump *d, const struct lw_code *code,
			unsigned char *expected, const unsigned char *found)
{
	for (size_t i = 0; i < d->view.sites.count; i++) {
		const struct view_site *s = &d->view.sites.at[i];
		uint64_t at = s->address - code->address;

		if (at < code->size && s->length <= code->size - at &&
		    !memcmp(found + at, s->late, s->length))
			memcpy(expected + at, s->late, s->length);
	}
}

/* ---- differences ------------------------------------------------------ */

/* The last site that begins at or before the address, if it reaches there. */
static const struct view_site *site_at(const struct view *v, uint64_t address)
{
	size_t low = 0, high = v->sites.count;
	const struct view_site *site;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (v->sites.at[v->by_address[middle]].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	site = &v->sites.at[v->by_address[low - 1]];
	return address - site->address < site->length ? site : NULL;
}

static const char *name_site(const struct view *v, const struct view_site *site)
{
	const struct view_slot *slot = &v->slots.at[site->slot];
	const struct view_mark *mark = &v->marks.at[slot->mark];

	return lw_asprintf("site 0x%" PRIx64 " of %s+0x%" PRIx64,
			   site->address, mark->name,
			   slot->address - mark->address);
}

/* The bytes that differ at an offset, or the whole site; returns how many
 * there are from it on. */
static size_t say_difference(const struct comparison *c, uint64_t at)
{
	uint64_t address = c->code->address + at, offset = 0, from = at;
	const struct view_site *site = site_at(&c->d->view, address);
	const char *where = dump_where(c->d, address, &offset);
	size_t n = 1;

	if (site) {
		from = site->address - c->code->address;
		n = site->length;
	} else {
		while (n < 8 && at + n < c->code->size &&
		       c->expected[at + n] != c->found[at + n] &&
		       !site_at(&c->d->view, address + n))
			n++;
	}
	if ((*c->differences)++ < DIFFERENCES_MAX)
		dump_say(c->d, DUMP_BAD, "%s: memory differs at 0x%" PRIx64
			 " <%s+0x%" PRIx64 "> in %s, %s: expected %s, found %s",
			 c->d->path, address, where ? where : "?", offset,
			 c->code->name, site ? name_site(&c->d->view, site) :
					       "no site",
			 dump_hex(c->expected + from, n, " "),
			 dump_hex(c->found + from, n, " "));
	return n - (at - from);
}

static void compare(struct dump *d, const struct lw_code *code,
		    const struct log_dump *dump, size_t *differences)
{
	uint64_t bias = dump ? dump->bias : d->bias;
	struct comparison c = { d, code, NULL, NULL, differences };
	unsigned char *expected;

	c.found = dump_memory_at(d, code->address + bias, code->size);
	if (!c.found) {
		dump_say(d, DUMP_BAD, "%s: section %s at 0x%" PRIx64 " is not "
			 "in the memory given", d->path, code->name,
			 code->address + bias);
		return;
	}
	expected = d->expect ? dump_expected(d, code) :
			       lw_memdup(code->data, code->size);
	if (dump)
		apply(d, code, dump, expected, c.found);
	else if (d->expect)
		accept_late(d, code, expected, c.found);
	c.expected = expected;
	for (uint64_t i = 0; i < code->size; )
		i += expected[i] == c.found[i] ? 1 : say_difference(&c, i);
}

void dump_memory(struct dump *d, const struct log_dump *dump)
{
	size_t differences = 0, sections = 0;
	uint64_t bytes = 0;
	int before = d->status;

	d->status = DUMP_GOOD;
	for (size_t i = 0; i < d->image.code.count; i++) {
		if (dump_is_gone(d, &d->image.code.at[i]))
			continue;
		compare(d, &d->image.code.at[i], dump, &differences);
		bytes += d->image.code.at[i].size;
		sections++;
	}
	if (differences > DIFFERENCES_MAX)
		dump_say(d, DUMP_BAD, "%s: memory differs at %zu places more",
			 d->path, differences - DIFFERENCES_MAX);
	if (d->status == DUMP_GOOD)
		printf("%s: memory: %" PRIu64 " bytes in %zu executable "
		       "sections agree\n", d->path, bytes, sections);
	if (before > d->status)
		d->status = before;
}
