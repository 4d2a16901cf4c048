// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * archive.c - the members of an ar archive
 *
 * An archive is a magic line, then members: a header of 60 printable bytes,
 * the content, a newline if the content's size is odd.  A name that does not
 * fit into the header's 16 bytes stands elsewhere:
 *
 *	a.o/		the name itself; System V ends it with a slash
 *	/123		byte 123 of the member named `//'
 *	#1/20		BSD: the first 20 bytes of the content are the name
 *	/, /SYM64/	not a member but the symbol index, which we do not need:
 *			it has no symbol that the members do not have
 *
 * A thin archive (what the Linux kernel links) holds headers only; a name is
 * a path, relative to the archive.  `/123:456' there is a member of an archive:
 * the path is that of an ordinary archive, and the member's header stands at
 * byte 456 of it.
 */
#include "config.h"

#include <ar.h>
#include <ctype.h>
#include <string.h>

#include "input.h"

#define THIN_MAGIC "!<thin>\n"

struct reader {
	struct lw_link *link;
	const char *path;
	struct lw_bytes bytes;
	bool thin;
	unsigned depth;
	const char *names;	/* of the member `//' */
	size_t names_size;
	const char *inner_path;	/* an archive in a thin one: the last met */
	struct lw_bytes inner;
};

/* A member's header, taken apart. */
struct member {
	const char *name;
	size_t length;
	uint64_t size;
	uint64_t origin;	/* in the archive that is named, or 0 */
	bool special;		/* an index, not a member */
	struct lw_bytes bytes;
};

bool lw_is_archive(struct lw_bytes bytes)
{
	return bytes.size >= SARMAG &&
		(!memcmp(bytes.data, ARMAG, SARMAG) ||
		 !memcmp(bytes.data, THIN_MAGIC, SARMAG));
}

/* A decimal number that ends at a blank or at the field's end. */
static bool read_number(const char *text, size_t n, uint64_t *number,
			size_t *used)
{
	size_t i;

	*number = 0;
	for (i = 0; i < n && isdigit((unsigned char)text[i]); i++)
		*number = *number * 10 + (uint64_t)(text[i] - '0');
	if (used)
		*used = i;
	else if (i < n && text[i] != ' ')
		return false;
	return i > 0;
}

/* The name at an offset in `//': to the newline, without the slash before. */
static const char *long_name(const struct reader *r, uint64_t offset,
			     struct member *member)
{
	const char *end;

	if (offset >= r->names_size)
		return "has a name outside the table of long names";
	member->name = r->names + offset;
	end = memchr(member->name, '\n', r->names_size - offset);
	if (!end)
		return "has a name without an end";
	member->length = (size_t)(end - member->name);
	if (member->length && end[-1] == '/')
		member->length--;
	return NULL;
}

static const char *read_slash_name(const struct reader *r, const char *field,
				   size_t n, struct member *member)
{
	uint64_t offset;
	size_t used = 0;

	if (n == 1 || !isdigit((unsigned char)field[1])) {
		member->special = true;
		return NULL;
	}
	read_number(field + 1, n - 1, &offset, &used);
	if (1 + used < n && field[1 + used] == ':' &&
	    !read_number(field + used + 2, n - used - 2, &member->origin,
			 NULL))
		return "has a name that makes no sense";
	return long_name(r, offset, member);
}

/* BSD keeps the name in front of the content. */
static const char *read_bsd_name(const char *field, size_t n,
				 struct member *member)
{
	uint64_t length;

	if (!read_number(field + 3, n - 3, &length, NULL) ||
	    length > member->bytes.size)
		return "has a name that reaches beyond it";
	member->name = (const char *)member->bytes.data;
	member->length = strnlen(member->name, length);
	member->bytes.data += length;
	member->bytes.size -= length;
	member->special = member->length >= 9 &&
		!memcmp(member->name, "__.SYMDEF", 9);
	return NULL;
}

static const char *read_name(const struct reader *r,
			     const struct ar_hdr *header,
			     struct member *member)
{
	const char *field = header->ar_name;
	size_t n = sizeof(header->ar_name);

	while (n && field[n - 1] == ' ')
		n--;
	if (n && field[0] == '/')
		return read_slash_name(r, field, n, member);
	if (n > 3 && !memcmp(field, "#1/", 3) && !r->thin)
		return read_bsd_name(field, n, member);
	member->name = field;
	member->length = n && field[n - 1] == '/' ? n - 1 : n;
	return NULL;
}

/*
 * The member whose header stands at *offset; moves *offset to the next one.
 * In a thin archive only the indices have content.
 */
static const char *read_member(const struct reader *r, uint64_t *offset,
			       struct member *member)
{
	const struct ar_hdr *header = (const void *)
		lw_bytes_at(r->bytes, *offset, sizeof(*header));
	bool content;

	memset(member, 0, sizeof(*member));
	if (!header)
		return "is cut short within its header";
	if (memcmp(header->ar_fmag, ARFMAG, sizeof(header->ar_fmag)))
		return "has a header without its end";
	if (!read_number(header->ar_size, sizeof(header->ar_size),
			 &member->size, NULL))
		return "has a size that is no number";
	*offset += sizeof(*header);
	content = !r->thin || (header->ar_name[0] == '/' &&
			       !isdigit((unsigned char)header->ar_name[1]));
	if (content) {
		member->bytes.size = member->size;
		member->bytes.file = r->bytes.file;
		member->bytes.offset = *offset;
		member->bytes.data = lw_bytes_at(r->bytes, *offset,
						 member->size);
		if (!member->bytes.data)
			return "is cut short: its content ends beyond the file";
		*offset += member->size + (member->size & 1);
	}
	return read_name(r, header, member);
}

/* The long names come early, but nothing says that they come first. */
static void find_long_names(struct reader *r)
{
	uint64_t offset = SARMAG;
	const struct ar_hdr *header;
	struct member member;

	while (offset < r->bytes.size) {
		header = (const void *)lw_bytes_at(r->bytes, offset,
						   sizeof(*header));
		if (!header || header->ar_name[0] != '/' ||
		    isdigit((unsigned char)header->ar_name[1]) ||
		    read_member(r, &offset, &member))
			return;
		if (!memcmp(header->ar_name, "// ", 3)) {
			r->names = (const char *)member.bytes.data;
			r->names_size = member.bytes.size;
			return;
		}
	}
}

static void complain(const struct reader *r, uint64_t offset, const char *why)
{
	lw_input_unreadable(r->link, lw_strdup(r->path),
			    lw_asprintf("the member at byte %llu %s",
					(unsigned long long)offset, why));
}

static char *member_name(const struct reader *r, const struct member *member)
{
	return lw_asprintf("%s(%.*s)", r->path, (int)member->length,
			   member->name);
}

/* A member of an ordinary archive that a thin one names. */
static void read_proxy(struct reader *r, uint64_t offset, const char *path,
		       const struct member *proxy)
{
	struct reader inner = { .link = r->link, .path = path,
				.depth = r->depth + 1 };
	uint64_t at = proxy->origin;
	struct member member;
	const char *why;

	if (!r->inner_path || strcmp(r->inner_path, path)) {
		r->inner_path = NULL;
		if (!lw_input_map(r->link, path, &r->inner)) {
			complain(r, offset,
				 lw_asprintf("is in `%s', which cannot be "
					     "read", path));
			return;
		}
		r->inner_path = path;
	}
	inner.bytes = r->inner;
	if (!lw_is_archive(inner.bytes)) {
		complain(r, offset, lw_asprintf("is in `%s', which is no "
						"archive", path));
		return;
	}
	find_long_names(&inner);
	why = read_member(&inner, &at, &member);
	if (why)
		complain(&inner, proxy->origin, why);
	else if (!member.special)
		lw_input_bytes(r->link, member_name(r, &member), member.bytes,
			       true);
}

static void read_thin_member(struct reader *r, uint64_t offset,
			     const struct member *member)
{
	char *path = lw_path_beside(r->path, member->name, member->length);
	struct lw_bytes bytes;

	if (member->origin)
		read_proxy(r, offset, path, member);
	else if (!lw_input_map(r->link, path, &bytes))
		complain(r, offset, lw_asprintf("is the file `%s', which is "
						"not there or is empty", path));
	else if (!lw_is_archive(bytes))
		lw_input_bytes(r->link, member_name(r, member), bytes, true);
	else if (!lw_input_seen(r->link, bytes.file))
		lw_archive_read(r->link, path, bytes, r->depth + 1);
}

void lw_archive_read(struct lw_link *link, const char *path,
		     struct lw_bytes bytes, unsigned depth)
{
	struct reader r = { .link = link, .path = path, .bytes = bytes,
			    .depth = depth };
	uint64_t offset = SARMAG, at;
	struct member member;
	const char *why;

	if (depth > LW_INPUT_DEPTH) {
		lw_input_unreadable(link, lw_strdup(path),
				    "archives are nested too deeply");
		return;
	}
	r.thin = !memcmp(bytes.data, THIN_MAGIC, SARMAG);
	find_long_names(&r);
	while (offset < bytes.size) {
		at = offset;
		why = read_member(&r, &offset, &member);
		if (why) {
			complain(&r, at, why);
			return;
		}
		if (member.special)
			continue;
		if (r.thin)
			read_thin_member(&r, at, &member);
		else
			lw_input_bytes(link, member_name(&r, &member),
				       member.bytes, true);
	}
}
