// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * forms-x86.c - recognise a site on x86-64 and build its form
 *
 * What is odd on x86, for somebody who wants to write a value into text:
 *
 * Lengths.  An instruction has 1 to 15 bytes, and nothing in memory says
 *   where one begins.  A site must keep its length, since what follows cannot
 *   move; and it must stay *one* instruction, since an interrupt or a sleeping
 *   callee may return to any boundary there has ever been.  So a shorter
 *   encoding is filled up in front, with prefixes that the CPU ignores.
 *
 * The field is last.  All encodings here end with their 32-bit field, the
 *   displacement of the linked form as well as the immediate of the bound one,
 *   and a PC-relative value counts from the end of the instruction: bias is
 *   always the length.  (It would not be so for `cmpl $1,x(%rip)', where an
 *   immediate follows the displacement.)  Most encodings even have their field
 *   at the very bytes where the linked form has its own.
 *
 * Two ways to say "that memory".  ModRM mod=0 rm=5 is disp32(%rip), and
 *   mod=0 rm=4 with SIB 0x25 (no base, no index) is the absolute, sign-extended
 *   disp32.  The second is a byte longer; compilers write the first, old
 *   assembly the second.
 *
 * Ignored prefixes.  2e (cs) in front of a jump or a move: the bases of cs,
 *   ds, es, ss are zero in 64-bit mode, and without a memory operand there is
 *   nothing to override.  On a conditional jump it was a branch hint once;
 *   those keep all of their bytes anyhow.  67 (addr32) in front of a direct
 *   call: there is no address to shorten; GNU ld pads with the same byte when
 *   it relaxes `call *foo@GOTPCREL'.  Several of one kind in a row are
 *   harmless, as in every compiler's long nops.  The only order that matters:
 *   REX comes last, next to the opcode, or it is ignored.
 *
 * Prefixes that are not ignored.  66 makes a near branch 16 bits wide on AMD,
 *   but not on Intel; 67 truncates a memory operand's address; 64 and 65 (fs,
 *   gs) move it to thread-local or per-CPU memory: such an instruction does
 *   not read the object at all.  f3 and f2 before a load mean nothing today.
 *   All of them: the use is kept, with reason `prefix'.  Two may be there:
 *   3e (notrack) concerns only indirect branches, so it goes when the branch
 *   becomes direct; f2 (bnd) means the same on both and stays.
 *
 * Flags.  None of the instructions here, linked or bound, touches them.
 *
 * 32-bit results clear the upper half.  So `mov x,%eax' becomes an immediate
 *   of any value, and a 64-bit load has three chances: a sign-extended
 *   immediate, a zero-extended one (the shorter `b8+r'), or lea, for what lies
 *   within 2 GiB of the site, as functions and objects of the program do.
 *
 * A direct call stands where the indirect one did and ends where it ended, so
 *   that a return address on some stack stays valid in both directions.
 */
#include <string.h>

#include "decode-x86.h"
#include "lw.h"

#define REX	0x40
#define REX_W	0x08
#define REX_R	0x04		/* bit 3 of ModRM's reg */
#define REX_B	0x01		/* bit 3 of ModRM's rm, or of the opcode's */

#define PAD_CALL	0x67	/* addr32 */
#define PAD		0x2e	/* cs */
#define BND		0xf2
#define FIELD		4	/* bytes of every field here */

/* An instruction taken apart as far as its opcode. */
struct shape {
	const struct lw_instruction *i;
	unsigned rex;		/* 0x40..0x4f, or 0 if there is none */
	unsigned opcode;	/* 0x0f85 for the two-byte ones */
	unsigned reg;		/* ModRM's, with REX.R: 0..15 */
	bool bnd;		/* has an f2 prefix */
	bool odd;		/* has a prefix other than cs, ds, es, ss, f2 */
	bool opsize;		/* has a 66 prefix */
};

static bool is_prefix(unsigned byte)
{
	return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
	       (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 ||
	       byte == 0xf2 || byte == 0xf3;
}

static void prefix(struct shape *s, unsigned byte)
{
	if (byte == BND)
		s->bnd = true;
	else if (byte == 0x66)
		s->opsize = s->odd = true;
	else if (byte >= 0x60)
		s->odd = true;
}

static struct shape take_apart(const struct lw_instruction *i)
{
	struct shape s = { .i = i };
	unsigned at = 0, end = i->length;

	while (at < end && is_prefix(i->bytes[at]))
		prefix(&s, i->bytes[at++]);
	if (at < end && (i->bytes[at] & 0xf0) == REX)
		s.rex = i->bytes[at++];
	/* A prefix behind REX makes the CPU forget the REX. */
	if (at < end && (is_prefix(i->bytes[at]) ||
			 (s.rex && (i->bytes[at] & 0xf0) == REX)))
		s.odd = true;
	if (at < end)
		s.opcode = i->bytes[at++];
	if (s.opcode == 0x0f && at < end)
		s.opcode = 0x0f00 | i->bytes[at++];
	if (at < end)
		s.reg = (i->bytes[at] >> 3 & 7) | (s.rex & REX_R ? 8 : 0);
	return s;
}

/* ---- building --------------------------------------------------------- */

static struct lw_encoding *add(struct lw_form *f, unsigned source,
			       unsigned range, bool place)
{
	struct lw_encoding *e = &f->encodings[f->encoding_count++];
	unsigned fixed = f->length - FIELD;

	e->guard = RTS_GUARD_FITS;
	e->source = (uint8_t)source;
	e->flags = place ? RTS_ENCODING_PLACE : 0;
	e->bias = place ? f->length : 0;
	e->bits = 8 * FIELD;
	e->range = (uint8_t)range;
	e->slice_count = 1;
	e->slices[0].length = 8 * FIELD;
	e->slices[0].to = (uint8_t)(8 * fixed);
	memset(e->mask, 0xff, fixed);
	return e;
}

/* V in a field behind n opcode bytes, filled up in front with pad. */
static void add_value(struct lw_form *f, unsigned pad, const uint8_t *opcode,
		      unsigned n, unsigned range, bool place)
{
	struct lw_encoding *e = add(f, RTS_SOURCE_VALUE, range, place);
	unsigned fixed = f->length - FIELD;

	memset(e->template, (int)pad, fixed - n);
	memcpy(e->template + fixed - n, opcode, n);
}

/* What the real linker wrote: the site's own bytes. */
static void add_linked(struct lw_form *f, const struct lw_instruction *i,
		       unsigned source, bool place)
{
	struct lw_encoding *e = add(f, source, RTS_RANGE_SIGNED, place);

	e->guard = RTS_GUARD_ALWAYS;
	memcpy(e->template, i->bytes, f->length - FIELD);
}

static void begin(struct lw_form *f, const struct lw_instruction *i,
		  unsigned tag, unsigned width)
{
	memset(f, 0, sizeof(*f));
	f->length = i->length;
	f->tag = (uint8_t)tag;
	f->width = (uint8_t)width;
}

/* ---- branches to a stub ------------------------------------------------ */

/* call, jmp, jcc rel32: only the distance changes, so every prefix that does
 * not change the distance's meaning may stay. */
static enum lw_class direct(const struct shape *s, struct lw_form *f,
			    enum lw_reason *why)
{
	unsigned tag;

	if (s->opcode == 0xe8)
		tag = RTS_TAG_CALL;
	else if (s->opcode == 0xe9)
		tag = RTS_TAG_JMP;
	else if ((s->opcode & 0xfff0) == 0x0f80)
		tag = RTS_TAG_JCC;
	else
		tag = RTS_TAG_COUNT;
	*why = s->opsize ? LW_KEPT_PREFIX : LW_KEPT_NO_FORM;
	if (s->opsize || tag == RTS_TAG_COUNT)
		return LW_CLASS_KEPT;
	begin(f, s->i, tag, 8);
	memcpy(add(f, RTS_SOURCE_VALUE, RTS_RANGE_SIGNED, true)->template,
	       s->i->bytes, f->length - FIELD);
	add_linked(f, s->i, RTS_SOURCE_STUB, true);
	*why = LW_KEPT_NONE;
	return LW_CLASS_BOUND;
}

static enum lw_class branch(const struct shape *s, const struct lw_mark *mark,
			    uint64_t target, struct lw_form *f,
			    enum lw_reason *why)
{
	uint64_t entry = mark->redirect ? mark->original : mark->stub;

	*why = LW_KEPT_OUTSIDE;
	if (target - mark->address < mark->size)
		*why = LW_KEPT_NO_FORM;		/* jumps into data */
	else if (mark->kind == RTS_KIND_FUNC && target == entry) {
		*why = LW_KEPT_SHORT_BRANCH;
		if (s->i->field.size == FIELD)
			return direct(s, f, why);
	}
	return LW_CLASS_KEPT;
}

/* ---- branches through a slot ------------------------------------------- */

static void indirect(const struct shape *s, struct lw_form *f, unsigned tag,
		     unsigned pad, unsigned opcode)
{
	uint8_t bytes[2] = { BND, (uint8_t)opcode };

	begin(f, s->i, tag, 8);
	add_value(f, pad, bytes + !s->bnd, 1 + s->bnd, RTS_RANGE_SIGNED, true);
}

/* push's immediate is sign-extended to the 64 bits that are pushed. */
static void push(const struct shape *s, struct lw_form *f)
{
	static const uint8_t bytes[1] = { 0x68 };

	begin(f, s->i, RTS_TAG_PUSH_SLOT, 8);
	add_value(f, PAD, bytes, 1, RTS_RANGE_SIGNED, false);
}

/* ff /2, /4, /6; /3 and /5 are far branches, /0 and /1 write. REX.W changes
 * nothing: these are 64 bits wide in any case. */
static bool group5(const struct shape *s, struct lw_form *f)
{
	switch (s->reg & 7) {
	case 2:
		indirect(s, f, RTS_TAG_CALL_SLOT, PAD_CALL, 0xe8);
		return true;
	case 4:
		indirect(s, f, RTS_TAG_JMP_SLOT, PAD, 0xe9);
		return true;
	case 6:
		push(s, f);
		return true;
	default:
		return false;
	}
}

/* ---- loads -------------------------------------------------------------- */

/* REX for a register that moves from ModRM's reg to its rm. */
static unsigned rex_rm(const struct shape *s, unsigned w)
{
	unsigned rex = w | (s->reg & 8 ? REX_B : 0);

	return rex ? REX | rex : 0;
}

/* [REX] c7 /0 imm32: with REX.W sign-extended, without zero-extended. */
static void add_mov_imm(const struct shape *s, struct lw_form *f, unsigned w,
			unsigned range)
{
	unsigned rex = rex_rm(s, w);
	uint8_t bytes[3] = { (uint8_t)rex, 0xc7, (uint8_t)(0xc0 | (s->reg & 7)) };
	unsigned skip = rex ? 0 : 1;

	add_value(f, PAD, bytes + skip, 3 - skip, range, false);
}

/* [41] b8+r imm32, zero-extended: a byte shorter than c7. */
static void add_mov_short(const struct shape *s, struct lw_form *f)
{
	uint8_t bytes[2] = { REX | REX_B, (uint8_t)(0xb8 | (s->reg & 7)) };
	unsigned skip = s->reg & 8 ? 0 : 1;

	add_value(f, PAD, bytes + skip, 2 - skip, RTS_RANGE_UNSIGNED, false);
}

static void add_lea(const struct shape *s, struct lw_form *f)
{
	uint8_t bytes[3] = {
		(uint8_t)(REX | REX_W | (s->reg & 8 ? REX_R : 0)), 0x8d,
		(uint8_t)((s->reg & 7) << 3 | 5)
	};

	add_value(f, PAD, bytes, 3, RTS_RANGE_SIGNED, true);
}

static bool load(const struct shape *s, struct lw_form *f)
{
	if (s->opcode == 0x8b && !(s->rex & REX_W)) {
		begin(f, s->i, RTS_TAG_LOAD32, 4);
		add_mov_imm(s, f, 0, RTS_RANGE_NONE);
	} else if (s->opcode == 0x8b) {
		begin(f, s->i, RTS_TAG_LOAD64, 8);
		add_mov_imm(s, f, REX_W, RTS_RANGE_SIGNED);
		add_mov_short(s, f);
		add_lea(s, f);
	} else if (s->opcode == 0x63 && s->rex & REX_W) {
		begin(f, s->i, RTS_TAG_LOAD32S, 4);
		f->flags = RTS_FORM_SIGNED;
		add_mov_imm(s, f, REX_W, RTS_RANGE_SIGNED);
	} else {
		return false;
	}
	return true;
}

/* ---- the decision ------------------------------------------------------- */

/* Has the instruction a form, were it not for its prefixes? */
static bool memory_form(const struct shape *s, struct lw_form *f)
{
	if (s->i->field.size != FIELD ||
	    s->i->field.at + FIELD != s->i->length)
		return false;
	if (s->opcode == 0xff)
		return group5(s, f);
	return load(s, f);
}

static enum lw_reason memory(const struct shape *s, const struct lw_mark *mark,
			     uint64_t target, struct lw_form *f)
{
	const struct lw_instruction *i = s->i;
	uint64_t offset = target - mark->address;

	if (i->segment)
		return LW_KEPT_PREFIX;
	if (i->writes)
		return i->reads ? LW_KEPT_READ_WRITE : LW_KEPT_STORE;
	if (i->operand == LW_OPERAND_INDEXED)
		return LW_KEPT_INDEXED;
	if (offset >= mark->size)
		return LW_KEPT_OUTSIDE;
	if (i->width > mark->size - offset)
		return LW_KEPT_STRADDLE;
	if (i->vector)
		return LW_KEPT_SSE;
	if (i->width < 4 && s->opcode != 0xff)
		return LW_KEPT_NARROW;
	if (!memory_form(s, f))
		return LW_KEPT_NO_FORM;
	if (s->odd || (s->bnd && f->tag != RTS_TAG_CALL_SLOT &&
		       f->tag != RTS_TAG_JMP_SLOT))
		return LW_KEPT_PREFIX;
	add_linked(f, i, RTS_SOURCE_SLOT, i->pc_relative);
	return LW_KEPT_NONE;
}

enum lw_class lw_form_x86(const struct lw_instruction *i,
			     const struct lw_mark *mark, uint64_t target,
			     struct lw_form *f, enum lw_reason *why)
{
	struct shape s = take_apart(i);

	*why = LW_KEPT_NONE;
	switch (i->operand) {
	case LW_OPERAND_BRANCH:
		return branch(&s, mark, target, f, why);
	case LW_OPERAND_MEMORY:
	case LW_OPERAND_INDEXED:
		*why = memory(&s, mark, target, f);
		return *why ? LW_CLASS_KEPT : LW_CLASS_BOUND;
	case LW_OPERAND_IMMEDIATE:
	case LW_OPERAND_ADDRESS:
		return LW_CLASS_ADDRESS;
	default:
		*why = LW_KEPT_NOT_PROVABLE;
		return LW_CLASS_KEPT;
	}
}
