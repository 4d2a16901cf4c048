// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * records.c - marks in the inputs: the records of section .rts.mark
 *
 * In an object a record's addresses are still relocations: R_X86_64_64, and
 * the bytes themselves are 0; on i386 R_386_32 of the lower half, which holds
 * the addend.  So the relocation tells where a record begins,
 * and 8 zero bytes without one are padding.  An object may have several
 * sections of this name.
 */
#include "config.h"

#include <string.h>

#include "bodies.h"
#include "input.h"
#include "patchable.h"
#include "scan.h"

size_t lw_rela_of(const struct lw_object *object, size_t section)
{
	Elf64_Shdr header;
	size_t i;

	for (i = 1; section && i < object->section_count; i++) {
		header = lw_shdr(object, i);
		if (header.sh_type == SHT_RELA && header.sh_info == section &&
		    header.sh_entsize == sizeof(Elf64_Rela))
			return i;
	}
	return 0;
}

Elf64_Rela lw_rela(const unsigned char *data, size_t index)
{
	Elf64_Rela rela;

	memcpy(&rela, data + index * sizeof(rela), sizeof(rela));
	return rela;
}

/* One .rts.mark with its relocations. */
struct records {
	struct lw_link *link;
	struct lw_object *object;
	struct lw_candidates *found;
	const unsigned char *data, *relas;
	size_t size, count, cursor, section;
};

static void complain(const struct records *r, size_t at, const char *why)
{
	const char *name = r->object->name;

	/* A member that nothing pulls in must not break the link. */
	if (r->object->in_archive)
		lw_input_unreadable(r->link, name,
				    lw_asprintf(".rts.mark+0x%zx: %s", at,
						why));
	else
		lw_say(LW_BAD_RECORD, "%s:(.rts.mark+0x%zx): %s", name, at,
		       why);
}

/* The relocation of the 8 bytes at an offset; they ascend, mostly. */
static bool find_rela(struct records *r, size_t at, Elf64_Rela *rela)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		*rela = lw_rela(r->relas, r->cursor);
		if (rela->r_offset == at)
			return true;
		if (++r->cursor == r->count)
			r->cursor = 0;
	}
	return false;
}

static const char *read_spot(struct records *r, size_t at,
			     struct lw_spot *spot)
{
	Elf64_Rela rela;
	size_t symbol;

	if (!find_rela(r, at, &rela))
		return NULL;
	symbol = ELF64_R_SYM(rela.r_info);
	if (r->object->elf_class == ELFCLASS32 &&
	    (ELF64_R_TYPE(rela.r_info) != R_X86_64_32 ||
	     rts_ld32(r->data + at + 4)))
		return "an address is not R_386_32 and zeros";
	if (r->object->elf_class != ELFCLASS32 &&
	    ELF64_R_TYPE(rela.r_info) != R_X86_64_64)
		return "an address is not relocated by R_X86_64_64";
	if (!symbol || symbol >= r->object->symbol_count)
		return "an address is relocated by a symbol that is not there";
	*spot = lw_spot_of(r->link->scan, r->object, symbol, rela.r_addend);
	if (!spot->global && !spot->section)
		return "the marked symbol is local and lies in no section";
	return NULL;
}

/* Only of a function can it be said that it may be NULL. */
static unsigned kind_of(const struct rts_mark_record *record)
{
	unsigned func = RTS_KIND_FUNC;

	return record->kind == (func | RTS_KIND_NULLABLE) ? func :
		record->kind;
}

static const char *check_record(const struct records *r, size_t at,
				const struct rts_mark_record *record,
				const struct lw_candidate *one)
{
	size_t room = r->size - at;
	unsigned kind = kind_of(record);
	bool patchable = kind == RTS_KIND_PATCHABLE;
	bool func = kind == RTS_KIND_FUNC || patchable;

	if (record->length <= sizeof(*record) || record->length % 8 ||
	    record->length > room)
		return lw_asprintf("a record's length, %u, is wrong",
				   record->length);
	if (kind == RTS_KIND_TABLE)
		return "has a table, by --rts-table, and is linked again";
	if ((kind < RTS_KIND_VAR || kind > RTS_KIND_FUNC) && !patchable)
		return lw_asprintf("kind %u is unknown", record->kind);
	if (r->data[at + record->length - 1] ||
	    !r->data[at + sizeof(*record)])
		return "the name is empty or has no end";
	if (!one->spot.set)
		return "the address has no relocation";
	if (func != one->stub.set)
		return func ? "a function's stub has no relocation" :
			"an object that is no function has a stub";
	return NULL;
}

/* ---- what is said of calls --------------------------------------------- */

/* Its bytes would be right at one place only. */
static bool is_relocated(struct records *r, size_t at, size_t size)
{
	for (size_t i = 0; i < r->count; i++) {
		uint64_t offset = lw_rela(r->relas, i).r_offset;

		/* A field of up to eight bytes may begin before it. */
		if (offset + 8 > at && offset < at + size)
			return true;
	}
	return false;
}

static const char *check_call(struct records *r, size_t at,
			      const struct rts_mark_record *record,
			      size_t *body)
{
	const size_t stub = offsetof(struct rts_mark_record, stub);
	bool may_be = record->kind == RTS_KIND_MAY_BE;
	struct lw_spot spot = { .set = false };
	const char *why;

	why = lw_call_record_body(r->data + at, r->size - at, body);
	if (!why)
		why = read_spot(r, at, &spot);
	if (!why && !spot.set)
		why = "the address has no relocation";
	spot.set = false;
	if (!why)
		why = read_spot(r, at + stub, &spot);
	if (!why && spot.set != may_be)
		why = may_be ? "a function has no relocation" :
			"a mask of clobbers has a relocation";
	return why;
}

static size_t read_call(struct records *r, size_t at,
			const struct rts_mark_record *record)
{
	struct lw_call_record *one;
	size_t body = 0;
	const char *why = check_call(r, at, record, &body);

	if (why) {
		complain(r, at, why);
		return 0;
	}
	one = LW_PUSH(&r->link->call_records);
	one->kind = record->kind;
	one->name = (const char *)r->data + at + sizeof(*record);
	one->where = lw_asprintf("%s:(.rts.mark+0x%zx)", r->object->name, at);
	one->size = record->size;
	one->clobbers = record->stub;
	one->bytes = r->data + at + body;
	if (one->size && is_relocated(r, at + body, one->size))
		one->why = "has a relocation, so it is right at one place only";
	return record->length;
}

/* ---- sections ---------------------------------------------------------- */

/* Reads the record at an offset; returns its length, 0 if that is unknown. */
static size_t read_record(struct records *r, size_t at)
{
	struct rts_mark_record record;
	struct lw_candidate *kept, one = { .object = r->object };
	const char *why;

	if (r->size - at < sizeof(record)) {
		complain(r, at, "a record is cut short");
		return 0;
	}
	memcpy(&record, r->data + at, sizeof(record));
	if (lw_call_record_is(record.kind))
		return read_call(r, at, &record);
	/* Our own, of the file that was just made. */
	if (record.kind == RTS_KIND_TABLE && r->link->layout)
		return record.length;
	why = read_spot(r, at + offsetof(struct rts_mark_record, address),
			&one.spot);
	if (!why)
		why = read_spot(r, at + offsetof(struct rts_mark_record, stub),
				&one.stub);
	if (!why)
		why = check_record(r, at, &record, &one);
	if (why) {
		complain(r, at, why);
		return 0;
	}
	one.kind = kind_of(&record);
	one.nullable = one.kind != record.kind;
	one.size = record.size;
	one.name = (const char *)r->data + at + sizeof(record);
	one.where = lw_asprintf("%s:(.rts.mark+0x%zx)", r->object->name, at);
	if (one.kind == RTS_KIND_PATCHABLE) {
		lw_patchable_add(r->link, &one, r->section, at +
				 offsetof(struct rts_mark_record, stub));
		return record.length;
	}
	kept = LW_PUSH(r->found);
	*kept = one;
	return record.length;
}

static bool is_padding(struct records *r, size_t at)
{
	static const unsigned char zeros[8];
	size_t n = r->size - at < 8 ? r->size - at : 8;
	Elf64_Rela rela;

	return !memcmp(r->data + at, zeros, n) && !find_rela(r, at, &rela);
}

static void read_section(struct lw_link *link, struct lw_object *object,
			 size_t section, struct lw_candidates *found)
{
	struct records r = { .link = link, .object = object, .found = found };
	size_t at = 0, length, bytes;

	r.section = section;
	r.data = lw_section_data(object, section, &r.size);
	r.relas = lw_section_data(object, lw_rela_of(object, section), &bytes);
	r.count = r.relas ? bytes / sizeof(Elf64_Rela) : 0;
	while (r.data && at < r.size) {
		if (is_padding(&r, at)) {
			at += 8;
			continue;
		}
		length = read_record(&r, at);
		if (!length)
			return;
		at += length;
	}
}

void lw_records_read(struct lw_link *link, struct lw_candidates *found)
{
	struct lw_object *object;
	size_t i, k;

	for (i = 0; i < link->objects.count; i++) {
		object = link->objects.at[i];
		if (!object->mark_section)
			continue;
		for (k = object->mark_section; k < object->section_count; k++) {
			if (lw_shdr(object, k).sh_type == SHT_PROGBITS &&
			    !strcmp(lw_section_name(object, k), ".rts.mark"))
				read_section(link, object, k, found);
		}
	}
}
