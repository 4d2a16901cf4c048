// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * declared-x86.c - what authors declare at a use, and of a function
 *
 * rts_if(x) and rts_shift_right(v, x) (rts/declared.h) leave a jump where the
 * use stands, and out of line, in the same section, what it means:
 *
 *	site:	e9 rel32		jmp slow
 *	back:
 *		0f 1f 80 52 54 53 kind	nopl 'RTS' kind(%rax)
 *	slow:	cmp[bwlq] $0, x		movb x, %cl
 *		jne yes			shr %cl, v
 *		jmp back		jmp back
 *
 * The reference is in slow.  Nobody writes such a nopl by accident, but that
 * is not what the proof rests on: the instructions behind it must be just
 * these, and 5 bytes before where they go back to there must be a jump to
 * them.  Anything else is an ordinary use, which the other stages look at.
 *
 * Bound, the site is one instruction of its 5 bytes: a nop or `jmp yes', or
 * the shift by an immediate.  A context that is in slow meanwhile finishes it
 * with memory's value, as if it had been a moment earlier.
 *
 * Two targets, one operand.  rts_if's jump leads to slow as linked, and to
 * `yes' where x is not 0.  A site has one operand of up to 63 bits, so both
 * distances from the site's end stand in it: to slow, which is never far and
 * always ahead, in the low SLOW_BITS, to `yes' above.  See decision 0008.
 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "decode-x86.h"
#include "locate.h"
#include "nop-x86.h"

#define JMP		0xe9
#define SITE_LENGTH	5	/* of e9 rel32 */
#define SLOW_BITS	24

enum { KIND_IF = 1, KIND_SHIFT = 2 };

static const unsigned char magic[] = { 0x0f, 0x1f, 0x80, 'R', 'T', 'S' };
#define MAGIC_LENGTH	(sizeof(magic) + 1)

/* A slow path; places are offsets in its section, as of lw_run. */
struct slow {
	const struct lw_run *run;
	const struct lw_instruction *first;
	uint64_t start;
	uint64_t at;		/* of what has not been read yet */
	uint64_t yes, back;
	unsigned rex, reg;	/* of the shift; rex may be 0 */
};

/* n bytes, or NULL if the section ends before. */
static const unsigned char *look(const struct lw_run *run, uint64_t at,
				 uint64_t n)
{
	return at <= run->size && n <= run->size - at ? run->code + at : NULL;
}

static unsigned kind_of(const struct slow *s)
{
	const unsigned char *p = look(s->run, s->start - MAGIC_LENGTH,
				      MAGIC_LENGTH);

	return p && !memcmp(p, magic, sizeof(magic)) ? p[sizeof(magic)] : 0;
}

/* ---- the slow path, instruction by instruction ---------------------------- */

/* One jump, of which both lengths are given by their opcodes. */
static bool take_jump(struct slow *s, unsigned near, unsigned brief,
		      uint64_t *target)
{
	unsigned skip = near > 0xff ? 2 : 1;
	const unsigned char *p = look(s->run, s->at, 2);
	int32_t distance;

	if (p && p[0] == brief) {
		s->at += 2;
		*target = s->at + (uint64_t)(int8_t)p[1];
		return true;
	}
	p = look(s->run, s->at, skip + 4);
	if (!p || p[skip - 1] != (near & 0xff) || (skip == 2 && p[0] != 0x0f))
		return false;
	distance = (int32_t)rts_ld32(p + skip);
	s->at += skip + 4;
	*target = s->at + (uint64_t)distance;
	return true;
}

/* The first instruction: [prefix] opcode ModRM with this register or opcode
 * extension, x, and so many bytes of immediate, which are 0. */
static bool is_first(const struct lw_instruction *i, unsigned prefix,
		     unsigned opcode, unsigned reg, unsigned immediate)
{
	unsigned at = prefix ? 1 : 0;

	return (!prefix || i->bytes[0] == prefix) &&
		i->bytes[at] == opcode && (i->bytes[at + 1] >> 3 & 7) == reg &&
		i->field.at >= at + 2 && i->field.size == 4 &&
		i->field.at + 4u + immediate == i->length &&
		(!immediate || !i->bytes[i->length - 1]);
}

/* cmp[bwlq] $0, x; jne yes */
static bool take_if(struct slow *s)
{
	const struct lw_instruction *i = s->first;

	return (is_first(i, 0, 0x80, 7, 1) || is_first(i, 0, 0x83, 7, 1) ||
		is_first(i, 0x66, 0x83, 7, 1) ||
		(i->machine == EM_X86_64 && is_first(i, 0x48, 0x83, 7, 1))) &&
		take_jump(s, 0x0f85, 0x75, &s->yes);
}

/* movb x, %cl; [REX] shr %cl, v */
static bool take_shift(struct slow *s)
{
	const unsigned char *p = look(s->run, s->at, 3);

	if (!is_first(s->first, 0, 0x8a, 1, 0) || !p)
		return false;
	if (s->first->machine == EM_X86_64 &&
	    (p[0] == 0x41 || p[0] == 0x48 || p[0] == 0x49)) {
		s->rex = *p++;
		s->at++;
	}
	if (p[0] != 0xd3 || (p[1] & 0xf8) != 0xe8)
		return false;
	s->reg = p[1] & 7;
	s->at += 2;
	return true;
}

/* The jump back; and is there the one that leads here? */
static bool take_back(struct slow *s)
{
	const unsigned char *p;

	if (!take_jump(s, JMP, 0xeb, &s->back))
		return false;
	p = look(s->run, s->back - SITE_LENGTH, SITE_LENGTH);
	return p && p[0] == JMP &&
		s->back + (uint64_t)(int32_t)rts_ld32(p + 1) == s->start;
}

/* ---- forms ---------------------------------------------------------------- */

static struct lw_encoding *add(struct lw_form *f, unsigned source,
			       unsigned bits, unsigned range)
{
	struct lw_encoding *e = &f->encodings[f->encoding_count++];

	e->source = (uint8_t)source;
	e->bits = (uint8_t)bits;
	e->range = (uint8_t)range;
	e->slice_count = 1;
	return e;
}

/* The field: length bits of the value, from bit `from' on, go to `to'. */
static void put_field(struct lw_encoding *e, unsigned from, unsigned length,
		      unsigned to)
{
	memset(e->mask, 0xff, SITE_LENGTH);
	memset(e->mask + to / 8, 0, length / 8);
	e->slices[0].from = (uint8_t)from;
	e->slices[0].length = (uint8_t)length;
	e->slices[0].to = (uint8_t)to;
}

static void begin(struct lw_form *f, unsigned tag, unsigned width)
{
	memset(f, 0, sizeof(*f));
	f->length = SITE_LENGTH;
	f->tag = (uint8_t)tag;
	f->width = (uint8_t)width;
	f->flags = RTS_FORM_OPERAND;
}

static void put_nop(struct lw_encoding *e, unsigned n)
{
	lw_put_nop(e->template, n);
	memset(e->mask, 0xff, n);
}

/* 0: a nop; else jmp yes, whose distance is the operand's upper part. */
static void form_if(const struct slow *s, struct lw_form *f)
{
	struct lw_encoding *e;

	begin(f, RTS_TAG_IF, s->first->width);
	e = add(f, RTS_SOURCE_NONE, 0, RTS_RANGE_NONE);
	e->guard = RTS_GUARD_EQUAL;
	e->slice_count = 0;
	put_nop(e, SITE_LENGTH);
	e = add(f, RTS_SOURCE_OPERAND, 64, RTS_RANGE_NONE);
	e->guard = RTS_GUARD_EQUAL | RTS_GUARD_NOT;
	e->flags = RTS_ENCODING_PLACE;
	e->template[0] = JMP;
	put_field(e, SLOW_BITS, 32, 8);
	e = add(f, RTS_SOURCE_OPERAND, 64, RTS_RANGE_NONE);
	e->flags = RTS_ENCODING_PLACE;
	e->template[0] = JMP;
	put_field(e, 0, SLOW_BITS, 8);
}

/* c1 /5 ib: the CPU masks it as it masks %cl, so all values do. */
static void form_shift(const struct slow *s, struct lw_form *f)
{
	struct lw_encoding *e;

	begin(f, RTS_TAG_SHIFT, 1);
	e = add(f, RTS_SOURCE_VALUE, 8, RTS_RANGE_NONE);
	e->guard = RTS_GUARD_FITS;
	e->template[0] = 0x2e;
	e->template[1] = (uint8_t)(s->rex ? s->rex : 0x2e);
	e->template[2] = 0xc1;
	e->template[3] = (uint8_t)(0xe8 | s->reg);
	put_field(e, 0, 8, 32);
	e = add(f, RTS_SOURCE_OPERAND, 32, RTS_RANGE_SIGNED);
	e->flags = RTS_ENCODING_PLACE;
	e->bias = SITE_LENGTH;
	e->template[0] = JMP;
	put_field(e, 0, 32, 8);
}

/* Both distances of rts_if's operand; false: they do not go in. */
static bool pack(const struct slow *s, uint64_t *operand)
{
	uint64_t slow = s->start - s->back, yes = s->yes - s->back;

	*operand = yes << SLOW_BITS | slow;
	return slow >> SLOW_BITS == 0 && yes + 0x80000000u <= 0xffffffffu;
}

/* The distance of `yes' from the site's end. */
uint64_t lw_declared_yes(uint64_t packed)
{
	return (uint64_t)((int64_t)packed >> SLOW_BITS);
}

/* ---- the decision --------------------------------------------------------- */

static bool reads_mark(const struct lw_instruction *i,
		       const struct lw_mark *mark)
{
	uint64_t offset = i->target - mark->address;

	return i->operand == LW_OPERAND_MEMORY && i->reads && !i->writes &&
		!i->segment && offset < mark->size &&
		i->width <= mark->size - offset;
}

bool lw_declared_x86(const struct lw_run *run, struct lw_reference *one,
		     const struct lw_instruction *i, uint64_t *place)
{
	uint64_t base = run->anchor->base, operand;
	struct slow s = { .run = run, .first = i, .start = i->address - base };
	unsigned kind = kind_of(&s);
	struct lw_form form;

	s.at = s.start + i->length;
	if (one->to_stub || !reads_mark(i, &run->link->marks.at[one->mark]) ||
	    (kind != KIND_IF && kind != KIND_SHIFT) ||
	    !(kind == KIND_IF ? take_if(&s) : take_shift(&s)) ||
	    !take_back(&s))
		return false;
	operand = s.start - (s.back - SITE_LENGTH);
	if (kind == KIND_SHIFT)
		form_shift(&s, &form);
	else if (pack(&s, &operand))
		form_if(&s, &form);
	else
		return false;
	*place = s.back - SITE_LENGTH;
	one->class = LW_CLASS_BOUND;
	lw_add_site(run->link, one, base + *place, i->target, &form)->operand =
		base + *place + operand;
	return true;
}

/* ---- functions that may be NULL -------------------------------------------- */

/* In front of all others. */
static struct lw_encoding *insert(struct lw_form *f)
{
	struct lw_encoding *e = f->encodings;

	memmove(e + 1, e, f->encoding_count++ * sizeof(*e));
	memset(e, 0, sizeof(*e));
	e->guard = RTS_GUARD_EQUAL;
	return e;
}

/*
 * A call of NULL does nothing, a jump to it returns, both as the stub would.
 * Nothing of a conditional jump's kind returns: that one stays linked.
 */
void lw_nullable_x86(struct lw_form *f)
{
	struct lw_encoding *e = f->encodings;

	if (f->tag == RTS_TAG_CALL) {
		put_nop(insert(f), f->length);
	} else if (f->tag == RTS_TAG_JMP) {
		e = insert(f);
		memset(e->template, 0x2e, f->length - 1u);
		e->template[f->length - 1] = 0xc3;
		memset(e->mask, 0xff, f->length);
	} else if (f->tag == RTS_TAG_JCC) {
		/* Its field must fit in any case, as with every guard. */
		e->guard = RTS_GUARD_EQUAL | RTS_GUARD_NOT;
	}
}

/* The slot holds 0: the function itself goes on behind. */
void lw_patchable_form_x86(struct lw_form *f)
{
	put_nop(insert(f), f->length);
	f->tag = RTS_TAG_PATCHABLE;
}
