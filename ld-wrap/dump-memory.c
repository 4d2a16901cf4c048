// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-memory.c - guest memory against the file and a debug dump
 *
 * The strongest thing to say about a bind: every byte of every executable
 * section is the file's, but for the sites, which are as the dump says.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "dump.h"

/* Where a section can be read in guest memory: in the first of the memories
 * that has it. */
static const unsigned char *find(struct dump *d, uint64_t address, uint64_t n)
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

static void say_difference(struct dump *d, uint64_t address,
			   const unsigned char *expected,
			   const unsigned char *found, size_t n)
{
	uint64_t offset = 0;
	const char *where = dump_where(d, address, &offset);

	n = n < 8 ? n : 8;
	dump_say(d, DUMP_BAD, "%s: memory differs at 0x%" PRIx64 " <%s+0x%"
		 PRIx64 ">: expected %s, found %s", d->path, address,
		 where ? where : "?", offset, dump_hex(expected, n, " "),
		 dump_hex(found, n, " "));
}

static void compare(struct dump *d, const struct lw_code *code,
		    const struct log_dump *dump)
{
	uint64_t bias = dump ? dump->bias : d->bias;
	unsigned char *expected;
	const unsigned char *found;

	found = find(d, code->address + bias, code->size);
	if (!found) {
		dump_say(d, DUMP_BAD, "%s: section %s at 0x%" PRIx64 " is not "
			 "in the memory given", d->path, code->name,
			 code->address + bias);
		return;
	}
	expected = lw_memdup(code->data, code->size);
	if (dump)
		apply(d, code, dump, expected, found);
	for (uint64_t i = 0; i < code->size; i++) {
		if (expected[i] == found[i])
			continue;
		say_difference(d, code->address + i, expected + i, found + i,
			       code->size - i);
		return;
	}
}

void dump_memory(struct dump *d, const struct log_dump *dump)
{
	uint64_t bytes = 0;
	int before = d->status;

	d->status = DUMP_GOOD;
	for (size_t i = 0; i < d->image.code.count; i++) {
		compare(d, &d->image.code.at[i], dump);
		bytes += d->image.code.at[i].size;
	}
	if (d->status == DUMP_GOOD)
		printf("%s: memory: %" PRIu64 " bytes in %zu executable "
		       "sections agree\n", d->path, bytes,
		       d->image.code.count);
	if (before > d->status)
		d->status = before;
}
