// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sweep.c - where the instructions of a section lead within it
 *
 * The section is decoded from symbol to symbol, each relocation being held
 * against the fields of the instruction that it falls in.  Where that comes to
 * nothing (data in code, a label in the middle of an instruction) the
 * boundaries are not known, so a branch is assumed wherever a byte could be
 * the opcode of one: whatever really is there, it leads to no other place.
 */
#include "config.h"

#include <string.h>

#include "decode-x86.h"
#include "entries.h"
#include "locate.h"
#include "sequence.h"

struct sweep {
	unsigned machine;
	const struct lw_object *object;
	struct lw_entry_code *code;
	struct lw_relocations relocations;
	size_t next;			/* the next of them */
	unsigned char *boundary;	/* a bit for each instruction's start */
	LW_ARRAY(uint64_t) targets;	/* of branches, resolved already */
	LW_ARRAY(uint64_t) indirect;	/* jumps to who knows where */
};

/* ---- by superset ------------------------------------------------------------ */

static int64_t distance(const unsigned char *at, unsigned bytes)
{
	if (bytes == 1)
		return (int8_t)at[0];
	return (int32_t)rts_ld32(at);
}

/* One that begins at offset, if the byte there is an opcode. */
static void assume(struct sweep *s, uint64_t offset)
{
	const unsigned char *at = s->code->data + offset;
	size_t left = s->code->size - offset;
	uint64_t target;

	if (left >= 2 && ((at[0] & 0xf0) == 0x70 || at[0] == 0xeb ||
			  (at[0] & 0xfc) == 0xe0))
		lw_entry_set(s->code, offset + 2 +
			     (uint64_t)distance(at + 1, 1));
	if (left >= 5 && (at[0] & 0xfe) == 0xe8)
		lw_entry_set(s->code, offset + 5 +
			     (uint64_t)distance(at + 1, 4));
	if (left >= 6 && at[0] == 0x0f && (at[1] & 0xf0) == 0x80)
		lw_entry_set(s->code, offset + 6 +
			     (uint64_t)distance(at + 2, 4));
	if (left >= 6 && at[0] == 0x8d && (at[1] & 0xc7) == 0x05) {
		target = offset + 6 + (uint64_t)distance(at + 2, 4);
		lw_entry_set(s->code, target);
		*LW_PUSH(&s->code->bases) = target;
	}
}

static void set_boundary(struct sweep *s, uint64_t offset)
{
	s->boundary[offset / 8] |= (unsigned char)(1 << offset % 8);
}

static bool is_boundary(const struct sweep *s, uint64_t offset)
{
	return offset < s->code->size &&
	       s->boundary[offset / 8] >> offset % 8 & 1;
}

static void assume_all(struct sweep *s, uint64_t first, uint64_t end)
{
	if (first < end)
		*LW_PUSH(&s->indirect) = first;
	for (; first < end; first++) {
		set_boundary(s, first);
		assume(s, first);
	}
}

/* ---- by decoding ---------------------------------------------------------------- */

/* The relocations in the instruction are fields of it.  *name: what that of
 * its target speaks of, or NULL. */
static bool agrees(struct sweep *s, uint64_t at, const struct lw_flow *flow,
		   const char **name)
{
	const struct lw_relocations *all = &s->relocations;
	Elf64_Sym symbol;
	size_t i;

	*name = NULL;
	while (s->next < all->count && all->at[s->next].r_offset < at)
		s->next++;
	i = s->next;
	if (!lw_in_step(all, &s->next, at, &flow->fields, false))
		return false;
	for (; i < s->next; i++) {
		if (all->at[i].r_offset - at != flow->distance ||
		    ELF64_R_TYPE(all->at[i].r_info) == R_X86_64_NONE)
			continue;
		symbol = lw_sym(s->object, ELF64_R_SYM(all->at[i].r_info));
		*name = lw_sym_name(s->object, &symbol);
	}
	return true;
}

static bool leaves_function(const struct sweep *s, uint64_t at,
			    uint64_t target)
{
	uint64_t first, end;

	lw_entry_between(s->code->functions.at, s->code->functions.count, at,
			 s->code->size, &first, &end);
	return target < first || target >= end;
}

/* A branch to a thunk, or to another function of the section, which could be
 * one; or what a thunk is made of: `mov %r,(%rsp)' or `push' before a ret. */
static bool is_hidden_jump(const struct sweep *s, uint64_t at,
			   const struct lw_flow *flow, const char *name)
{
	const unsigned char *p = s->code->data + at;

	if (flow->kind == LW_FLOW_JUMP || flow->kind == LW_FLOW_CONDITIONAL)
		return name ? lw_thunk_register(name) >= 0 :
			      leaves_function(s, at,
					      at + (uint64_t)flow->target);
	if (flow->kind != LW_FLOW_AWAY || !at)
		return false;
	return (at >= 3 && p[-1] == 0x24 && (p[-2] & 0xc7) == 0x04) ||
	       (p[-1] & 0xf8) == 0x50;
}

static void take(struct sweep *s, uint64_t at, const struct lw_flow *flow,
		 const char *name)
{
	uint64_t target = at + (uint64_t)flow->target;

	set_boundary(s, at);
	if (flow->landing)
		lw_entry_set(s->code, at);
	if (flow->kind == LW_FLOW_INDIRECT ||
	    is_hidden_jump(s, at, flow, name))
		*LW_PUSH(&s->indirect) = at;
	if (name || target >= s->code->size)
		return;
	if (flow->relative) {
		lw_entry_set(s->code, target);
		*LW_PUSH(&s->targets) = target;
	} else if (flow->takes_address) {
		lw_entry_set(s->code, target);
		*LW_PUSH(&s->code->bases) = target;
	}
}

/* From one start to the next. */
static void sweep_stretch(struct sweep *s, uint64_t at, uint64_t end)
{
	struct lw_flow flow;
	const char *name;

	while (at < end) {
		if (!lw_decode_flow(s->machine, s->code->data + at,
				    s->code->size - at, &flow) ||
		    !agrees(s, at, &flow, &name) ||
		    flow.fields.length > end - at) {
			assume_all(s, at, end);
			return;
		}
		take(s, at, &flow, name);
		at += flow.fields.length;
	}
}

/* A branch into the middle of an instruction: one of the two was not real. */
static void check_targets(struct sweep *s)
{
	struct lw_entry_code *code = s->code;
	uint64_t first, end, done = UINT64_MAX;

	for (size_t i = 0; i < s->targets.count; i++) {
		uint64_t target = s->targets.at[i];

		if (is_boundary(s, target))
			continue;
		lw_entry_between(code->starts.at, code->starts.count, target,
				 code->size, &first, &end);
		if (first != done)
			assume_all(s, first, end);
		done = first;
	}
}

/* ---- labels and indirect jumps ------------------------------------------------------ */

/* Where code takes the address of a label, its function may jump to any. */
static void check_bases(struct sweep *s)
{
	struct lw_entry_code *code = s->code;
	uint64_t first, end, done = UINT64_MAX;

	for (size_t i = 0; i < code->bases.count; i++) {
		bool jumps = false;

		lw_entry_between(code->functions.at, code->functions.count,
				 code->bases.at[i], code->size, &first, &end);
		if (first == done || first == code->bases.at[i])
			continue;
		for (size_t k = 0; k < s->indirect.count && !jumps; k++)
			jumps = s->indirect.at[k] >= first &&
				s->indirect.at[k] < end;
		if (jumps)
			lw_entry_set_all(code, first, end);
		done = first;
	}
}

/* ---- tables of distances ------------------------------------------------------------- */

static void set_distances(struct sweep *s)
{
	struct lw_entry_code *code = s->code;
	const struct lw_entry_distance *d = code->distances.at;
	size_t count = code->distances.count, end;

	for (size_t i = 0; i < count; i = end) {
		bool from_place = true;

		for (end = i; end < count && d[end].section == d[i].section &&
		     d[end].table == d[i].table; end++)
			from_place &= is_boundary(s, d[end].from_place);
		for (; i < end; i++) {
			lw_entry_set(code, d[i].from_table);
			if (from_place)
				lw_entry_set(code, d[i].from_place);
		}
	}
}

void lw_entry_sweep(unsigned machine, const struct lw_entry_object *object,
		    size_t section)
{
	struct sweep s = { .machine = machine, .object = object->object,
			   .code = &object->code[section] };
	struct lw_entry_code *code = s.code;

	s.relocations = lw_relocations_of(object->object, section);
	s.boundary = lw_alloc(code->size / 8 + 1);
	for (size_t i = 0; i < code->starts.count; i++)
		sweep_stretch(&s, code->starts.at[i],
			      i + 1 < code->starts.count &&
			      code->starts.at[i + 1] < code->size ?
			      code->starts.at[i + 1] : code->size);
	check_targets(&s);
	set_distances(&s);
	check_bases(&s);
	code->swept = true;
}
