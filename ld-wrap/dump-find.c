// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-find.c - where in the file is the table?
 *
 * Three witnesses, the best first: the record of kind TABLE in .rts.mark,
 * which holds whatever a linker script calls the sections; the section named
 * .rts.tab; and the table itself, which says at what address it stands.
 */
#include "config.h"

#include <string.h>

#include "dump.h"

/*
 * Dropped records and padding look alike, so records cannot be walked: try
 * each place where one may begin.
 */
static bool find_record(struct lw_image *image)
{
	const size_t least = sizeof(struct rts_mark_record) + 8;
	const unsigned char *data;
	uint64_t address, room;
	size_t size;

	data = lw_image_section(image, ".rts.mark", &size);
	for (size_t at = 0; data && size >= least && at <= size - least;
	     at += 8) {
		const unsigned char *p = data + at;

		address = rts_ld64(p);
		room = rts_ld64(p + 8);
		if (rts_ld32(p + offsetof(struct rts_mark_record, kind)) !=
		    RTS_KIND_TABLE || !address || !room)
			continue;
		if (!lw_image_at(image, address, room))
			continue;
		image->table_address = address;
		image->table_room = room;
		return true;
	}
	return false;
}

static bool find_section(struct lw_image *image)
{
	const unsigned char *at;
	size_t size;

	at = lw_image_section(image, ".rts.tab", &size);
	for (size_t i = 0; at && i < image->segments.count; i++) {
		const struct lw_segment *s = &image->segments.at[i];
		size_t offset = (size_t)(at - image->data);

		if (offset < s->offset || offset - s->offset >= s->file_size)
			continue;
		image->table_address = s->address + (offset - s->offset);
		image->table_room = size;
		return true;
	}
	return false;
}

static bool find_magic(struct lw_image *image, const struct lw_segment *s)
{
	static const unsigned char magic[] = { 'R', 'T', 'S', '1' };
	const unsigned char *start = image->data + s->offset, *p = start;
	const unsigned char *end = start + s->file_size;

	while ((p = memmem(p, (size_t)(end - p), magic, sizeof(magic)))) {
		uint64_t address = s->address + (uint64_t)(p - start);

		if ((size_t)(end - p) >= sizeof(struct rts_header) &&
		    rts_ld64(p + offsetof(struct rts_header, address)) ==
		    address) {
			image->table_address = address;
			image->table_room = rts_ld32(p +
				offsetof(struct rts_header, size));
			return true;
		}
		p++;
	}
	return false;
}

bool dump_find_table(struct lw_image *image)
{
	if (find_record(image) || find_section(image))
		return true;
	for (size_t i = 0; i < image->segments.count; i++)
		if (find_magic(image, &image->segments.at[i]))
			return true;
	return false;
}
