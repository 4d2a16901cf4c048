// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * forms-x86-build.c - the encodings of each form on x86
 *
 * What was read from memory becomes an immediate, and the register that was
 * ModRM's reg moves to its rm (or into the opcode), so REX.R becomes REX.B.
 * Nearly everything is one pattern:
 *
 *	[2e..] [66] [REX] opcode 11 /n reg  imm
 *
 * with c6/c7 /0 for mov, 80/81 /n for the eight operations of the first 64
 * opcodes, f6/f7 /0 for test; the low bit of the opcode says "not 8 bits".
 * The immediate has the operation's width, but never more than 32 bits, which
 * 64-bit operations extend with their sign; only mov has one of 64 bits.
 *
 * Of several ways the longest is taken, as it needs the fewest prefixes: some
 * CPUs (Atoms, AMD's before Zen) decode slowly what has more than three.  So
 * `c7 c0' and not the shorter `b8', where any value fits both.
 *
 * 8 bits: without REX the numbers 4..7 mean ah ch dh bh, with any REX spl bpl
 * sil dil.  So a bound encoding has a REX if and only if the linked one has.
 *
 * rts_const() has room for `movabs', which takes any 64 bits.  That alone,
 * though a mov of 32 bits would do for small values: movabs fills the ten bytes
 * without a prefix, a large value costs a second slot in the cache of decoded
 * instructions but a small one does not, and with one encoding for all values a
 * rebind changes nothing but the field.
 *
 * rts_mask() is an `and' of 64 bits of which only the result counts.  An
 * immediate with its sign gives the masks below 2^31 and those whose upper half
 * is all ones; the masks between 2^31 and 2^32 are what an `and' of 32 bits
 * does, which clears the upper half as the mask would.  Its sign flag is
 * another one: that is why it has to be declared.
 */
#include <elf.h>
#include <string.h>

#include "forms-x86.h"

struct code {
	uint8_t at[8];
	unsigned n;
};

static void put(struct code *c, unsigned byte)
{
	c->at[c->n++] = (uint8_t)byte;
}

void lw_form_begin(struct lw_form *f, const struct lw_instruction *i,
		   unsigned tag, unsigned width)
{
	memset(f, 0, sizeof(*f));
	f->length = i->length;
	f->tag = (uint8_t)tag;
	f->width = (uint8_t)width;
}

static struct lw_encoding *add(struct lw_form *f, unsigned source,
			       unsigned size, unsigned range, bool place)
{
	struct lw_encoding *e = &f->encodings[f->encoding_count++];
	unsigned fixed = f->length - size;

	e->guard = RTS_GUARD_FITS;
	e->source = (uint8_t)source;
	e->flags = place ? RTS_ENCODING_PLACE : 0;
	e->bias = place ? f->length : 0;
	e->bits = (uint8_t)(8 * size);
	e->range = (uint8_t)range;
	e->slice_count = 1;
	e->slices[0].length = (uint8_t)(8 * size);
	e->slices[0].to = (uint8_t)(8 * fixed);
	memset(e->mask, 0xff, fixed);
	return e;
}

struct lw_encoding *lw_form_value(struct lw_form *f, const struct lw_shape *s,
				  unsigned pad, const uint8_t *opcode,
				  unsigned n, unsigned size, unsigned range,
				  bool place)
{
	unsigned fixed = f->length - size;
	struct lw_encoding *e;

	if (s->i->machine == EM_386)
		range = RTS_RANGE_NONE;
	e = add(f, RTS_SOURCE_VALUE, size, range, place);
	memset(e->template, (int)pad, fixed - n);
	memcpy(e->template + fixed - n, opcode, n);
	return e;
}

void lw_form_linked(struct lw_form *f, const struct lw_instruction *i,
		    unsigned source, bool place)
{
	unsigned size = i->field.size;
	bool any = size == 8 || i->machine == EM_386;
	struct lw_encoding *e = add(f, source, size, any ? RTS_RANGE_NONE :
				    RTS_RANGE_SIGNED, place);

	e->guard = RTS_GUARD_ALWAYS;
	memcpy(e->template, i->bytes, f->length - size);
}

static void value(struct lw_form *f, const struct lw_shape *s,
		  const struct code *c, unsigned size, unsigned range)
{
	lw_form_value(f, s, LW_PAD, c->at, c->n, size, range, false);
}

/* ---- branches and push ----------------------------------------------- */

static void direct(const struct lw_shape *s, struct lw_form *f, unsigned tag,
		   unsigned pad, unsigned opcode)
{
	struct code c = { .n = 0 };

	if (s->bnd)
		put(&c, LW_BND);
	put(&c, opcode);
	lw_form_begin(f, s->i, tag, s->pointer);
	lw_form_value(f, s, pad, c.at, c.n, 4, RTS_RANGE_SIGNED, true);
}

void lw_build_call(const struct lw_shape *s, struct lw_form *f)
{
	direct(s, f, RTS_TAG_CALL_SLOT, LW_PAD_CALL, 0xe8);
}

void lw_build_jmp(const struct lw_shape *s, struct lw_form *f)
{
	direct(s, f, RTS_TAG_JMP_SLOT, LW_PAD, 0xe9);
}

/* push's immediate is sign-extended to the 64 bits that are pushed. */
void lw_build_push(const struct lw_shape *s, struct lw_form *f)
{
	static const struct code c = { { 0x68 }, 1 };

	lw_form_begin(f, s->i, RTS_TAG_PUSH_SLOT, s->pointer);
	value(f, s, &c, 4, RTS_RANGE_SIGNED);
}

/* ---- an immediate for the register ----------------------------------- */

/* REX for a register that moves from ModRM's reg to the bits given. */
static void put_rex(struct code *c, const struct lw_shape *s, unsigned size,
		    unsigned bits)
{
	unsigned rex = (s->reg & 8 ? bits : 0) | (size == 8 ? LW_REX_W : 0);

	if (rex || (size == 1 && s->rex))
		put(c, LW_REX | rex);
}

/* [66] [REX] opcode /n reg, imm.  All fit but what is 64 bits wide. */
static void immediate(const struct lw_shape *s, struct lw_form *f,
		      unsigned size, unsigned opcode, unsigned n,
		      unsigned range)
{
	struct code c = { .n = 0 };

	if (size == 2)
		put(&c, 0x66);
	put_rex(&c, s, size, LW_REX_B);
	put(&c, opcode | (size > 1));
	put(&c, 0xc0 | n << 3 | (s->reg & 7));
	value(f, s, &c, size < 4 ? size : 4, range);
}

static unsigned range_of(unsigned size)
{
	return size == 8 ? RTS_RANGE_SIGNED : RTS_RANGE_NONE;
}

/* REX.W b8+r: any 64 bits. */
static void movabs(const struct lw_shape *s, struct lw_form *f)
{
	struct code c = { .n = 0 };

	put_rex(&c, s, 8, LW_REX_B);
	put(&c, 0xb8 | (s->reg & 7));
	value(f, s, &c, 8, RTS_RANGE_NONE);
}

/* [41] b8+r: zero-extended. */
static void mov_zero(const struct lw_shape *s, struct lw_form *f)
{
	struct code c = { .n = 0 };

	put_rex(&c, s, 4, LW_REX_B);
	put(&c, 0xb8 | (s->reg & 7));
	value(f, s, &c, 4, RTS_RANGE_UNSIGNED);
}

/* What lies near the site, as functions and objects of the program do. */
static void lea(const struct lw_shape *s, struct lw_form *f)
{
	struct code c = { .n = 0 };

	put_rex(&c, s, 8, LW_REX_R);
	put(&c, 0x8d);
	put(&c, (s->reg & 7) << 3 | 5);
	lw_form_value(f, s, LW_PAD, c.at, c.n, 4, RTS_RANGE_SIGNED, true);
}

/* ---- loads ----------------------------------------------------------- */

/* At least ten bytes: moffs has no shorter form, and rts_const() asks for
 * them with its prefixes. */
static void load64(const struct lw_shape *s, struct lw_form *f)
{
	bool moffs = s->i->field.size == 8;
	bool declared = !moffs && s->cs >= 3 && s->cs == s->prefixes;

	lw_form_begin(f, s->i, declared ? RTS_TAG_CONST : RTS_TAG_LOAD64, 8);
	if (declared || moffs) {
		movabs(s, f);
		return;
	}
	immediate(s, f, 8, 0xc6, 0, RTS_RANGE_SIGNED);
	mov_zero(s, f);
	lea(s, f);
}

void lw_build_load(const struct lw_shape *s, struct lw_form *f)
{
	if (s->size == 8) {
		load64(s, f);
		return;
	}
	lw_form_begin(f, s->i, s->size == 1 ? RTS_TAG_LOAD8 :
		      s->size == 2 ? RTS_TAG_LOAD16 : RTS_TAG_LOAD32, s->size);
	if (f->length == 5 && s->size == 4)
		mov_zero(s, f);		/* i386's a1: no room for ModRM */
	else
		immediate(s, f, s->size, 0xc6, 0, RTS_RANGE_NONE);
}

/* A 32-bit result clears the upper half, so 64 bits need no form of their
 * own. */
void lw_build_movzx(const struct lw_shape *s, struct lw_form *f)
{
	lw_form_begin(f, s->i, RTS_TAG_LOADZX, s->i->width);
	immediate(s, f, s->size == 8 ? 4 : s->size, 0xc6, 0, RTS_RANGE_NONE);
}

/* V comes with its sign already. */
void lw_build_movsx(const struct lw_shape *s, struct lw_form *f)
{
	lw_form_begin(f, s->i, RTS_TAG_LOADSX, s->i->width);
	f->flags = RTS_FORM_SIGNED;
	immediate(s, f, s->size, 0xc6, 0, RTS_RANGE_NONE);
}

/* Without REX.W it is a mov. */
void lw_build_movsxd(const struct lw_shape *s, struct lw_form *f)
{
	if (s->size != 8) {
		lw_build_load(s, f);
		return;
	}
	lw_form_begin(f, s->i, RTS_TAG_LOAD32S, 4);
	f->flags = RTS_FORM_SIGNED;
	immediate(s, f, 8, 0xc6, 0, RTS_RANGE_NONE);
}

/* ---- arithmetic ------------------------------------------------------ */

/* 02.. 3b: bits 3 to 5 are the operation, and the immediate's /n. */
void lw_build_alu(const struct lw_shape *s, struct lw_form *f)
{
	unsigned n = s->opcode >> 3, tag = RTS_TAG_ALU;

	if (n == 7)
		tag = RTS_TAG_CMP;
	else if (n == 4 && s->size == 8 && s->cs == 2 && s->prefixes == 2)
		tag = RTS_TAG_MASK;
	lw_form_begin(f, s->i, tag, s->size);
	immediate(s, f, s->size, 0x80, n, range_of(s->size));
	if (tag == RTS_TAG_MASK)
		immediate(s, f, 4, 0x80, n, RTS_RANGE_UNSIGNED);
}

/* The operands of test can change places. */
void lw_build_test(const struct lw_shape *s, struct lw_form *f)
{
	lw_form_begin(f, s->i, RTS_TAG_TEST, s->size);
	immediate(s, f, s->size, 0xf6, 0, range_of(s->size));
}

/* imul imm, reg, reg: the register is both of ModRM's. */
void lw_build_imul(const struct lw_shape *s, struct lw_form *f)
{
	struct code c = { .n = 0 };

	lw_form_begin(f, s->i, RTS_TAG_IMUL, s->size);
	if (s->size == 2)
		put(&c, 0x66);
	put_rex(&c, s, s->size, LW_REX_R | LW_REX_B);
	put(&c, 0x69);
	put(&c, 0xc0 | (s->reg & 7) << 3 | (s->reg & 7));
	value(f, s, &c, s->size < 4 ? s->size : 4, range_of(s->size));
}
