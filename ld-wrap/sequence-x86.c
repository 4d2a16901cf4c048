// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * sequence-x86.c - what depends on a use, a few instructions behind it
 *
 * A content that is tested is seldom wanted itself, but what hangs on it:
 *
 *	cmpl $3,x ; je L		the je becomes a jmp or a nop
 *	mov x,%eax ; test %eax,%eax ; sete %dl ; je L
 *					sete and je alike
 *	mov ops+8,%rax ; call __x86_indirect_thunk_rax
 *					a call of what ops+8 holds
 *
 * Only the dependent instruction is a site; what it depends on stays where it
 * is, or is a site itself.  So no register needs to be dead and no flag needs
 * to be unused: after `cmpl $3,x' the flags are what they were, whoever asks
 * for them, and %rax has the address before a call that no longer needs it.
 * Nor must all of them be bound or none: each does by itself what both did.
 * (Which is why the retpoline needs no proof that its register is dead.)
 *
 * The proof is that of a walk: forward from the use, over instructions that
 * change neither the register nor the flags in question, along the path that
 * does not branch; a conditional branch may be on the way, for behind it the
 * path goes on.  Nothing else may come in from the use to the last byte of the
 * site (entries.c).  Calls end the walk.
 *
 * One V, for a context that was stopped in between.  It goes on with the V that
 * a load has left in a register, or a comparison in the flags, and meets a branch
 * that was bound to another.  No harm if the branch is the only one that asks:
 * it is then as if V had been read there.  But if the register, or the flags, are
 * asked for once more (alive-x86.c), two answers would not fit together: a
 * pointer that was NULL, and a branch that is sure it is not; one that was not,
 * and a call of NULL.  Such a site's
 * encodings say RTS_ENCODING_DEPENDS: they are written only where no context can
 * be in between, at boot for one, and otherwise the site stays as linked.
 */
#include "config.h"

#include <string.h>

#include "bodies.h"
#include "decode-x86.h"
#include "locate.h"
#include "sequence.h"

#define WALK_MAX	64	/* instructions; longer ones are not met */

struct walk {
	struct lw_run *run;
	struct lw_reference *one;
	uint64_t slot;
	unsigned width;			/* of the slot, in bytes */
	uint64_t first;			/* nothing may enter from here on */
	uint64_t at;			/* the instruction at hand, an offset */
	struct lw_parts parts;
	struct lw_flow flow;
	/* A register that was loaded with V, and how many bits of it are V,
	 * extended; -1: none, or no more. */
	int reg;
	unsigned known;
	bool is_signed;
	/* The last comparison with V, and which flags are still its. */
	struct lw_comparison by;
	uint32_t flags;
	size_t sites;
	uint64_t use;			/* offset of the use itself */
	bool shared;			/* what the site goes by was looked at
					   before it, too */
	enum lw_reason why;
};

/* ---- immediates ------------------------------------------------------------------ */

/* The instruction's last bytes, sign-extended. */
static uint64_t immediate(const struct lw_parts *p, unsigned bytes)
{
	const unsigned char *at = p->bytes + p->length - bytes;

	switch (bytes) {
	case 1:
		return (uint64_t)(int64_t)(int8_t)at[0];
	case 2:
		return (uint64_t)(int64_t)(int16_t)rts_ld16(at);
	default:
		return (uint64_t)(int64_t)(int32_t)rts_ld32(at);
	}
}

/* Of the operands that have more than a byte: no more than four. */
static unsigned immediate_size(unsigned width)
{
	return width == 16 ? 2 : 4;
}

/* An immediate that is an address may change when the image is loaded. */
static bool is_relocated(const struct lw_run *run, uint64_t offset)
{
	size_t i = lw_relocation_from(run, offset);

	return i < run->relocations.count &&
	       run->relocations.at[i].r_offset == offset;
}

/* ---- comparisons ------------------------------------------------------------------- */

/* What is compared with an immediate: ModRM's operand, or the accumulator. */
static bool read_comparison(const struct lw_parts *p,
			    struct lw_comparison *by, unsigned *bytes)
{
	unsigned wide = lw_parts_width(p), reg = p->modrm >> 3 & 7;

	by->kind = LW_COMPARE_CMP;
	by->width = p->opcode & 1 ? wide : 8;
	*bytes = by->width == 8 ? 1 : immediate_size(by->width);
	switch (p->opcode) {
	case 0x83:
		*bytes = 1;
		__attribute__((fallthrough));
	case 0x80:
	case 0x81:
		if (reg != 7)
			return false;
		break;
	case 0x3c:
	case 0x3d:
		break;
	case 0xf6:
	case 0xf7:
		if (reg != 0)
			return false;
		by->kind = LW_COMPARE_TEST;
		break;
	case 0xa8:
	case 0xa9:
		by->kind = LW_COMPARE_TEST;
		break;
	case 0x0fba:
		if (reg != 4)
			return false;
		by->kind = LW_COMPARE_BIT;
		by->width = wide;
		*bytes = 1;
		break;
	default:
		return false;
	}
	by->constant = immediate(p, *bytes);
	if (by->kind == LW_COMPARE_BIT)
		by->constant = (uint64_t)1 << (by->constant & (by->width - 1));
	return true;
}

/* The register that a comparison is about. */
static int compared_register(const struct lw_parts *p)
{
	if (p->opcode == 0x3c || p->opcode == 0x3d || p->opcode == 0xa8 ||
	    p->opcode == 0xa9)
		return 0;
	return p->modrm < 0xc0 ? -1 : (int)lw_parts_rm(p);
}

/* test %r,%r is cmp $0,%r. */
static bool test_itself(const struct lw_parts *p, struct lw_comparison *by)
{
	if ((p->opcode & 0xfffe) != 0x84 || p->modrm < 0xc0 ||
	    lw_parts_reg(p) != lw_parts_rm(p))
		return false;
	by->kind = LW_COMPARE_CMP;
	by->width = p->opcode & 1 ? lw_parts_width(p) : 8;
	by->constant = 0;
	return true;
}

/* ah, ch, dh, bh: bits 8 to 15, of which we do not keep track. */
static bool is_high_byte(const struct lw_parts *p, int reg, unsigned width)
{
	return width == 8 && !p->rex && reg >= 4;
}

/* Does the instruction compare the register with a constant? */
static bool compares(struct walk *w)
{
	const struct lw_parts *p = &w->parts;
	struct lw_comparison by = { .content = 8 * w->width,
				    .is_signed = w->is_signed };
	unsigned bytes = 0;

	if (w->reg < 0 || p->odd ||
	    (!test_itself(p, &by) && !read_comparison(p, &by, &bytes)) ||
	    compared_register(p) != w->reg || by.width > w->known ||
	    is_high_byte(p, w->reg, by.width))
		return false;
	if (bytes && is_relocated(w->run, w->at + p->length - bytes))
		return false;
	w->by = by;
	w->flags = by.kind == LW_COMPARE_BIT ? LW_FLAG_C : LW_FLAGS;
	return true;
}

/* ---- sites --------------------------------------------------------------------------- */

/* Is it a use itself, by a relocation of its own? */
static bool is_use(const struct walk *w)
{
	const struct lw_anchor *anchor = w->run->anchor;
	const struct lw_reference *all = w->run->link->references.at;
	size_t low = anchor->first, high = anchor->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all[middle].offset < w->at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < anchor->end && all[low].offset - w->at < w->parts.length;
}

static bool is_free(struct walk *w, enum lw_reason *why)
{
	if (!lw_entered(w->run, w->first, w->at + w->parts.length - 1))
		return true;
	*why = LW_KEPT_ENTERED;
	return false;
}

/* Only where no context is between the use and the site. */
static bool make_depend(const struct walk *w, struct lw_form *form)
{
	uint64_t before = w->at - w->use;

	if (before > UINT8_MAX)
		return false;
	form->before = (uint8_t)before;
	form->flags |= RTS_FORM_WINDOW;
	for (unsigned i = 0; i + 1u < form->encoding_count; i++)
		form->encodings[i].flags |= RTS_ENCODING_DEPENDS;
	return true;
}

static void add_site(struct walk *w, const struct lw_form *form, bool alone)
{
	uint64_t address = w->run->anchor->base + w->at;
	struct lw_form with = *form;

	/* Of a thunk; others stay as they are. */
	lw_bodies_of_use(w->run, w->at, w->at, w->slot, &with);
	if (!alone && !make_depend(w, &with))
		return;
	lw_add_site(w->run->link, w->one, address, w->slot, &with)->operand =
		address + (uint64_t)w->flow.target;
	w->sites++;
}

#define STUB_MAX 64		/* bytes of any stub, in C or by hand */

static bool is_in_stub(const struct walk *w)
{
	const struct lw_mark *mark = &w->run->link->marks.at[w->one->mark];

	return mark->stub && mark->nullable &&
	       w->run->anchor->base + w->at - mark->stub < STUB_MAX;
}

/* Does the site alone go by what was read? */
static bool is_alone(const struct walk *w)
{
	uint64_t from[2] = { w->at + w->parts.length,
			     w->at + (uint64_t)w->flow.target };
	uint32_t loaded = w->reg < 0 ? 0 : 1u << w->reg;

	return !w->shared &&
	       lw_is_dead(w->run, from,
			  w->flow.kind == LW_FLOW_CONDITIONAL ? 2 : 1, loaded,
			  w->flags);
}

static void conditional(struct walk *w, unsigned condition)
{
	struct lw_predicate predicate;
	struct lw_form form;
	bool alone = is_alone(w);

	if (!w->flags)
		return;
	w->shared = true;
	if (is_in_stub(w))
		return;
	if ((lw_condition_flags(condition) & ~w->flags) ||
	    !lw_predicate(&w->by, condition, &predicate)) {
		w->why = LW_KEPT_FLAGS;
		return;
	}
	if (is_use(w) || !is_free(w, &w->why))
		return;
	lw_form_conditional(&w->parts, &predicate, w->width, &form);
	add_site(w, &form, alone);
}

/* Does nobody but the thunk go by the register?  Not who had asked whether it
 * is NULL, and after a call not who would find it where it was. */
static bool is_only_called(const struct walk *w)
{
	uint64_t behind = w->at + w->parts.length;
	uint32_t left = 1u << w->reg & lw_preserved(w->parts.machine);

	return !w->shared &&
	       (w->flow.kind != LW_FLOW_CALL ||
		lw_is_dead(w->run, &behind, 1, left, 0));
}

/* A call of, or a jump to, what the register holds. */
static void thunk(struct walk *w)
{
	bool whole = w->width == (w->parts.machine == EM_386 ? 4 : 8);
	struct lw_form form;

	if (w->reg < 0 || !whole || !lw_is_direct(&w->parts) ||
	    lw_thunk_called(w->run, w->at, &w->flow) != w->reg || is_use(w) ||
	    !is_free(w, &w->why))
		return;
	lw_form_thunk(&w->parts, w->width, &form);
	add_site(w, &form, is_only_called(w));
}

/* ---- the walk -------------------------------------------------------------------------- */

/* Look at one instruction; false: the walk ends. */
static bool look(struct walk *w)
{
	struct lw_changes changes;
	unsigned condition;

	if (w->flow.kind == LW_FLOW_CALL || w->flow.kind == LW_FLOW_JUMP)
		thunk(w);
	if (w->flow.kind != LW_FLOW_NEXT &&
	    w->flow.kind != LW_FLOW_CONDITIONAL)
		return false;
	if (lw_is_conditional(&w->parts, &condition))
		conditional(w, condition);
	if (!lw_decode_changes(w->parts.machine, w->parts.bytes,
			       w->parts.length, &changes))
		return false;
	if (!compares(w)) {
		/* Somebody else has V then, or what comes of it. */
		w->shared |= w->reg >= 0 && changes.reads >> w->reg & 1;
		w->shared |= changes.reads_flags & w->flags &&
			     !lw_is_conditional(&w->parts, &condition);
		w->flags &= ~changes.flags;
	}
	if (w->reg >= 0 && changes.registers >> w->reg & 1)
		w->reg = -1;
	return w->flags || w->reg >= 0;
}

static bool is_in_step(const struct walk *w)
{
	size_t next = lw_relocation_from(w->run, w->at);

	return lw_in_step(&w->run->relocations, &next, w->at, &w->flow.fields,
			  true);
}

static size_t walk(struct walk *w, enum lw_reason *why)
{
	unsigned machine = w->run->link->image.machine;
	unsigned left = WALK_MAX;

	do {
		w->at += w->parts.length;
		if (w->at >= w->run->size ||
		    lw_is_apx(machine, w->run->code + w->at,
			      w->run->size - w->at) ||
		    !lw_decode_flow(machine, w->run->code + w->at,
				    w->run->size - w->at, &w->flow) ||
		    !is_in_step(w))
			break;
		w->parts = lw_parts_of(machine, w->run->code + w->at,
				       w->flow.fields.length);
	} while (look(w) && --left);
	if (!w->sites && w->why)
		*why = w->why;
	return w->sites;
}

/* ---- the use ------------------------------------------------------------------------------ */

/* mov, movzx, movsx to a register: which, and how much of it is V then. */
static bool is_load(struct walk *w)
{
	const struct lw_parts *p = &w->parts;
	unsigned wide = lw_parts_width(p), content = 8 * w->width;
	unsigned all = p->machine == EM_386 ? 32 : 64;

	w->reg = (int)lw_parts_reg(p);
	w->known = wide == 16 ? 16 : all;
	switch (p->opcode) {
	case 0xa0:
	case 0xa1:
		w->reg = 0;
		__attribute__((fallthrough));
	case 0x8a:
	case 0x8b:
		if (content < 32)	/* the rest of it stays */
			w->known = content;
		return !is_high_byte(p, w->reg, content);
	case 0x0fb6:
	case 0x0fb7:
		return true;
	case 0x63:
		if (p->machine == EM_386)
			return false;	/* arpl */
		__attribute__((fallthrough));
	case 0x0fbe:
	case 0x0fbf:
		w->is_signed = true;
		w->known = wide;
		return true;
	default:
		return false;
	}
}

static bool is_comparison(struct walk *w)
{
	struct lw_comparison by = { .content = 8 * w->width };
	unsigned bytes = 0;

	w->reg = -1;
	if (!read_comparison(&w->parts, &by, &bytes) ||
	    by.width != by.content ||
	    is_relocated(w->run, w->at + w->parts.length - bytes))
		return false;
	w->by = by;
	w->flags = by.kind == LW_COMPARE_BIT ? LW_FLAG_C : LW_FLAGS;
	return true;
}

size_t lw_sequence_x86(struct lw_run *run, struct lw_reference *one,
		       const struct lw_instruction *use, enum lw_reason *why)
{
	const struct lw_mark *mark = &run->link->marks.at[one->mark];
	uint64_t offset = use->target - mark->address;
	struct walk w = { .run = run, .one = one, .slot = use->target,
			  .width = use->width };

	if (use->operand != LW_OPERAND_MEMORY || use->segment || use->writes ||
	    !use->reads || offset >= mark->size ||
	    use->width > mark->size - offset || use->width > 8)
		return 0;
	w.at = w.use = use->address - run->anchor->base;
	w.first = w.at + 1;
	w.parts = lw_parts_of(use->machine, use->bytes, use->length);
	if (w.parts.odd || (!is_load(&w) && !is_comparison(&w)))
		return 0;
	return walk(&w, why);
}
