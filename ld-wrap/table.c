// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * table.c - the bytes of .rts.tab, from marks, sites and forms
 *
 * The layout is that of rts/abi.h.  Each array of the image grows in a buffer
 * of its own; at the end they are put behind the header one after another.
 * Everything is sorted by addresses of the linked image before it is written,
 * so the bytes depend on nothing but that image.
 *
 * What makes a site cost about two bytes: sites are grouped by slot, their
 * addresses are written as distances, and forms are numbered by how often
 * they are used, so that a form's number is one byte nearly always.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lw.h"
#include "table.h"
#include "../rtld/internal.h"

/* ---- putting bytes ---------------------------------------------------- */

void lw_put(lw_bytes *b, const void *p, size_t n)
{
	const unsigned char *from = p;

	while (n--)
		*LW_PUSH(b) = *from++;
}

void lw_put_le(lw_bytes *b, uint64_t value, unsigned n)
{
	for (; n; n--, value >>= 8)
		*LW_PUSH(b) = (unsigned char)value;
}

static void put_uleb(lw_bytes *b, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		*LW_PUSH(b) = (unsigned char)(value | 0x80);
	*LW_PUSH(b) = (unsigned char)value;
}

static void put_sleb(lw_bytes *b, int64_t value)
{
	/* Done when what is left is only the sign that bit 6 already shows. */
	while (value < -64 || value > 63) {
		*LW_PUSH(b) = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	*LW_PUSH(b) = (unsigned char)(value & 0x7f);
}

/* ---- order ------------------------------------------------------------ */

static int by_address(const void *pa, const void *pb)
{
	const struct lw_use *a = pa, *b = pb;

	LW_ORDER(a->address, b->address);
	LW_ORDER(a->site, b->site);
	return 0;
}

static int by_slot(const void *pa, const void *pb)
{
	const struct lw_use *a = pa, *b = pb;

	LW_ORDER(a->slot, b->slot);
	LW_ORDER(a->width, b->width);
	LW_ORDER(a->mark, b->mark);
	LW_ORDER(a->address, b->address);
	return 0;
}

static int by_mark(const void *pa, const void *pb)
{
	const struct lw_mark *a = *(struct lw_mark *const *)pa;
	const struct lw_mark *b = *(struct lw_mark *const *)pb;

	LW_ORDER(a->address, b->address);
	LW_ORDER(a->size, b->size);
	LW_ORDER(a->stub, b->stub);
	return strcmp(a->name, b->name);
}

static int by_name(const void *pa, const void *pb)
{
	return strcmp(**(const char *const *const *)pa,
		      **(const char *const *const *)pb);
}

/* ---- sites ------------------------------------------------------------ */

static const char *mark_name(const struct lw_table *t, const struct lw_use *u)
{
	return t->link->marks.at[t->link->sites.at[u->site].mark].name;
}

/* Two records for the same bytes would write them twice: locate must never
 * hand over such sites, and rtld has no memory to look for them. */
static void check_overlap(struct lw_table *t)
{
	for (size_t i = 1; i < t->use_count; i++) {
		const struct lw_use *a = &t->uses[i - 1], *b = &t->uses[i];

		if (b->address - a->address >= lw_form_of(t, a)->length)
			continue;
		lw_say(LW_INTERNAL, "%s: sites at 0x%" PRIx64 " (`%s') and 0x%"
		       PRIx64 " (`%s') overlap", t->link->image.path,
		       a->address, mark_name(t, a), b->address,
		       mark_name(t, b));
		t->failed = true;
	}
}

static void collect_uses(struct lw_table *t)
{
	struct lw_link *link = t->link;

	t->use_count = link->sites.count;
	t->uses = lw_alloc((t->use_count + 1) * sizeof(*t->uses));
	for (size_t i = 0; i < t->use_count; i++) {
		const struct lw_site *site = &link->sites.at[i];

		t->uses[i].slot = site->slot;
		t->uses[i].address = site->address;
		t->uses[i].site = i;
		t->uses[i].width = link->forms.at[site->form].width;
	}
	qsort(t->uses, t->use_count, sizeof(*t->uses), by_address);
	check_overlap(t);
}

void lw_table_no_space(struct lw_table *t, const char *what, size_t n,
		       size_t max)
{
	lw_say(LW_TABLE_LIMIT, "%s: %zu %s, and an image can hold %zu",
	       t->link->image.path, n, what, max);
	t->failed = true;
}

/* ---- text ranges ------------------------------------------------------ */

/* How many sites, from the *next-th on, lie in this section. */
static size_t sites_in(struct lw_table *t, const struct lw_code *code,
		       size_t *next)
{
	size_t n = 0;

	for (; *next < t->use_count; ++*next, n++) {
		const struct lw_use *u = &t->uses[*next];
		uint64_t at = u->address - code->address;

		if (u->address < code->address || at >= code->size ||
		    lw_form_of(t, u)->length > code->size - at)
			break;
	}
	return n;
}

static void put_text(struct lw_table *t, uint64_t start, uint64_t end)
{
	if (start == end)
		return;
	if (!t->text.count)
		t->text0 = start;
	lw_put_le(&t->text, start - t->base, 8);
	lw_put_le(&t->text, end - start, 8);
}

/* Only sections with sites: a table should not allow writes to text that it
 * has no business with. */
static void build_text(struct lw_table *t)
{
	const struct lw_image *image = &t->link->image;
	uint64_t start = 0, end = 0;
	size_t next = 0;

	for (size_t i = 0; i < image->code.count; i++) {
		const struct lw_code *code = &image->code.at[i];

		if (!sites_in(t, code, &next))
			continue;
		if (start == end || code->address != end) {
			put_text(t, start, end);
			start = code->address;
		}
		end = code->address + code->size;
	}
	put_text(t, start, end);
	if (next < t->use_count) {
		lw_say(LW_INTERNAL, "%s: site at 0x%" PRIx64 " (`%s') lies in "
		       "no executable section", image->path,
		       t->uses[next].address, mark_name(t, &t->uses[next]));
		t->failed = true;
	}
}

/* ---- marks ------------------------------------------------------------ */

/* The image has 32 bits for distances of marks, stubs and slots. */
static bool reaches(const struct lw_table *t, uint64_t address)
{
	uint64_t distance = address - t->base;

	return distance == (uint64_t)(int64_t)(int32_t)distance;
}

static void say_too_far(struct lw_table *t, const struct lw_mark *mark,
			uint64_t address)
{
	lw_say(LW_TOO_FAR, "%s: `%s' at 0x%" PRIx64 " is more than 2 GiB from "
	       ".rts.tab at 0x%" PRIx64, t->link->image.path, mark->name,
	       address, t->base);
	t->failed = true;
}

/* A mark whose object the linker dropped has no address.  One that is out of
 * reach does no harm if nothing uses it. */
static bool is_wanted(struct lw_table *t, const struct lw_mark *mark, bool used)
{
	uint64_t far = mark->address;

	if (!mark->address)
		return false;
	if (reaches(t, far) && mark->stub)
		far = mark->stub;
	if (reaches(t, far) && mark->size <= UINT32_MAX)
		return true;
	if (used)
		say_too_far(t, mark, far);
	return false;
}

/* Marks that share a name share its string. */
static void put_names(struct lw_table *t, struct lw_mark **marks, size_t n,
		      uint32_t *name)
{
	const char ***sorted = lw_alloc((n + 1) * sizeof(*sorted));
	const char **names = lw_alloc((n + 1) * sizeof(*names));
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		names[i] = marks[i]->name;
		sorted[i] = &names[i];
	}
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(*sorted[i - 1], *sorted[i])) {
			at = t->strings.count;
			lw_put(&t->strings, *sorted[i], strlen(*sorted[i]) + 1);
		}
		name[sorted[i] - names] = (uint32_t)at;
	}
}

static struct lw_mark **choose_marks(struct lw_table *t)
{
	struct lw_link *link = t->link;
	struct lw_mark **marks;
	bool *used = lw_alloc(link->marks.count + 1);

	marks = lw_alloc((link->marks.count + 1) * sizeof(*marks));
	for (size_t i = 0; i < link->sites.count; i++)
		used[link->sites.at[i].mark] = true;
	for (size_t i = 0; i < link->marks.count; i++) {
		struct lw_mark *mark = &link->marks.at[i];

		mark->index = SIZE_MAX;
		/* A name would be a relocation by it, and each image of a
		 * relocatable file has the marks that it needs. */
		if (link->layout && !used[i])
			continue;
		if (is_wanted(t, mark, used[i]))
			marks[t->mark_count++] = mark;
	}
	qsort(marks, t->mark_count, sizeof(*marks), by_mark);
	return marks;
}

/* rts_slot.mark has 16 bits. */
#define MARKS_MAX	65535

static void build_marks(struct lw_table *t)
{
	struct lw_mark **marks = choose_marks(t);
	uint32_t *name = lw_alloc((t->mark_count + 1) * sizeof(*name));

	if (t->mark_count > MARKS_MAX)
		lw_table_no_space(t, "marks", t->mark_count, MARKS_MAX);
	put_names(t, marks, t->mark_count, name);
	for (size_t i = 0; i < t->mark_count; i++) {
		const struct lw_mark *mark = marks[i];

		lw_put_le(&t->marks, mark->address - t->base, 4);
		lw_put_le(&t->marks, mark->stub ? mark->stub - t->base : 0, 4);
		lw_put_le(&t->marks, mark->size, 4);
		lw_put_le(&t->marks, name[i], 4);
		lw_put_le(&t->marks, (uint64_t)mark->kind, 4);
		marks[i]->index = i;
	}
}

/* ---- slots and streams ------------------------------------------------ */

static bool same_slot(const struct lw_use *a, const struct lw_use *b)
{
	return a->slot == b->slot && a->width == b->width && a->mark == b->mark;
}

/* before is the previous site of the same slot, or NULL. */
static void put_site(struct lw_table *t, const struct lw_use *u,
		     const struct lw_use *before)
{
	const struct lw_site *site = &t->link->sites.at[u->site];
	bool change = !before || before->form != u->form;
	uint64_t from = before ? before->address : t->text0;

	put_uleb(&t->stream, (u->address - from) << 1 | change);
	if (change)
		put_uleb(&t->stream, u->form);
	if (lw_form_of(t, u)->flags & RTS_FORM_OPERAND)
		put_sleb(&t->stream, (int64_t)(site->operand - u->address));
}

static void check_slot(struct lw_table *t, const struct lw_use *u)
{
	const struct lw_mark *mark =
		&t->link->marks.at[t->link->sites.at[u->site].mark];
	uint64_t at = u->slot - mark->address;

	if (mark->index == SIZE_MAX)
		lw_say(LW_INTERNAL, "%s: site at 0x%" PRIx64 " uses `%s', "
		       "which has no address", t->link->image.path,
		       u->address, mark->name);
	else if (at > mark->size || u->width > mark->size - at)
		lw_say(LW_INTERNAL, "%s: site at 0x%" PRIx64 " reads %u bytes "
		       "at `%s'+0x%" PRIx64 ", outside of it",
		       t->link->image.path, u->address, u->width, mark->name,
		       at);
	else
		return;
	t->failed = true;
}

static void put_slot(struct lw_table *t, const struct lw_use *u, size_t sites)
{
	size_t stream = t->stream.count;

	lw_put_le(&t->slots, u->slot - t->base, 4);
	lw_put_le(&t->slots, u->mark, 2);
	lw_put_le(&t->slots, u->width, 1);
	lw_put_le(&t->slots, 0, 1);
	lw_put_le(&t->slots, sites, 4);
	lw_put_le(&t->slots, stream, 4);
	for (size_t i = 0; i < sites; i++)
		put_site(t, &u[i], i ? &u[i - 1] : NULL);
	t->slot_count++;
}

static void build_slots(struct lw_table *t)
{
	size_t end;

	for (size_t i = 0; i < t->use_count; i++) {
		struct lw_use *u = &t->uses[i];
		size_t mark = t->link->sites.at[u->site].mark;

		u->mark = t->link->marks.at[mark].index;
		check_slot(t, u);
	}
	qsort(t->uses, t->use_count, sizeof(*t->uses), by_slot);
	for (size_t i = 0; i < t->use_count; i = end) {
		for (end = i + 1; end < t->use_count &&
		     same_slot(&t->uses[i], &t->uses[end]); end++)
			;
		put_slot(t, &t->uses[i], end - i);
	}
}

/* ---- the whole -------------------------------------------------------- */

/* Append one array's bytes and its two header fields. */
static void place(lw_bytes *head, lw_bytes *body, const lw_bytes *array,
		  size_t count)
{
	lw_put_le(head, sizeof(struct rts_header) + body->count, 4);
	lw_put_le(head, count, 4);
	lw_put(body, array->at, array->count);
}

static void put_head(struct lw_table *t, lw_bytes *head, size_t size)
{
	lw_put_le(head, RTS_MAGIC, 4);
	lw_put_le(head, RTS_ABI_VERSION, 2);
	lw_put_le(head, sizeof(struct rts_header), 2);
	lw_put_le(head, t->link->image.machine, 2);
	lw_put_le(head, t->link->image.elf_class, 1);
	lw_put_le(head, ELFDATA2LSB, 1);
	lw_put_le(head, size, 4);
	lw_put_le(head, 0, 4);	/* the CRC, once all else stands */
	lw_put_le(head, t->link->layout ? RTS_FLAG_RELOCATABLE : 0, 4);
	lw_put_le(head, t->use_count, 4);
	lw_put_le(head, 0, 4);
	lw_put_le(head, t->link->layout ? 0 : t->base, 8);
}

static void assemble(struct lw_table *t)
{
	lw_bytes head = { 0 }, body = { 0 };
	size_t size = sizeof(struct rts_header) + t->text.count +
		      t->marks.count + t->slots.count + t->forms.count +
		      t->encodings.count + t->pool.count + t->stream.count +
		      t->strings.count;
	unsigned char *crc;

	if (size > UINT32_MAX) {
		lw_table_no_space(t, "bytes of tables", size, UINT32_MAX);
		return;
	}
	put_head(t, &head, size);
	place(&head, &body, &t->text, t->text.count / 16);
	place(&head, &body, &t->marks, t->mark_count);
	place(&head, &body, &t->slots, t->slot_count);
	place(&head, &body, &t->forms, t->shape_count);
	place(&head, &body, &t->encodings, t->encoding_count);
	place(&head, &body, &t->pool, t->pool.count);
	place(&head, &body, &t->stream, t->stream.count);
	place(&head, &body, &t->strings, t->strings.count);
	lw_put(&head, body.at, body.count);
	t->link->table = head.at;
	t->link->table_used = head.count;
	crc = head.at + offsetof(struct rts_header, crc);
	lw_table_store(crc, rtld_seal_crc_(head.at), 4);
}

void lw_table_store(void *to, uint64_t value, size_t n)
{
	unsigned char *at = to;

	for (; n; n--, value >>= 8)
		*at++ = (unsigned char)value;
}

bool lw_table_build(struct lw_link *link)
{
	struct lw_table t = { .link = link, .base = link->image.table_address };

	link->table = NULL;
	link->table_used = 0;
	collect_uses(&t);
	build_text(&t);
	build_marks(&t);
	lw_table_forms(&t);
	build_slots(&t);
	if (!t.failed)
		assemble(&t);
	if (t.failed || link->table_used <= link->image.table_room)
		return true;
	link->table_size = (link->table_used + LW_TABLE_ROUND - 1) /
			   LW_TABLE_ROUND * LW_TABLE_ROUND;
	return false;
}
