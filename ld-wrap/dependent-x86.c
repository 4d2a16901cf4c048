// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dependent-x86.c - forms of instructions that depend on an earlier use
 *
 * They do not name the slot; what the linker wrote there does not depend on
 * it.  So the linked encoding of a jcc, a call or a jmp is the site's opcode
 * with the distance to where it went, which the site carries as its operand
 * (RTS_SOURCE_OPERAND), and that of a setcc or a cmovcc has no field at all.
 *
 *	jcc rel8	eb rel8			66 90
 *	jcc rel32	2e e9 rel32		66 0f 1f 44 00 00
 *	setcc %r8	mov $1,%r8		mov $0,%r8
 *	cmov %s,%d	cs mov %s,%d		a nop; 32 bits: cs mov %d,%d
 *	call thunk	call V
 *
 * A cmov of 32 bits clears the upper half of its register even if the
 * condition is false, so that cannot be a nop.  mov $imm8 to a byte register
 * takes as many bytes as setcc; a REX says for both whether registers 4 to 7
 * are ah..bh or spl..dil, so it stays, even an empty one.
 *
 * None of them, linked or bound, changes flags: those of the comparison are
 * there for whoever else looks at them.  And each is one instruction, the nops
 * too.
 */
#include "config.h"

#include <elf.h>
#include <string.h>

#include "nop-x86.h"
#include "sequence.h"

#define REX	0x40
#define REX_W	0x08
#define REX_R	0x04
#define REX_B	0x01
#define PAD	0x2e	/* cs */
#define FIELD	4	/* bytes of a 32-bit distance */

/* ---- parts ------------------------------------------------------------------------ */

/* cs, ds, es, ss: nothing to override in a branch or between registers. */
static bool is_pad(unsigned byte)
{
	return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e;
}

static bool is_odd(unsigned byte)
{
	return (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 ||
	       byte == 0xf2 || byte == 0xf3;
}

struct lw_parts lw_parts_of(unsigned machine, const unsigned char *bytes,
			    unsigned length)
{
	struct lw_parts p = { .bytes = bytes, .machine = machine,
			      .length = length };
	unsigned at = 0;

	for (; at < length && (is_pad(bytes[at]) || is_odd(bytes[at])); at++) {
		if (bytes[at] == 0x66)
			p.opsize = true;
		else if (is_pad(bytes[at]))
			p.pads++;
		else
			p.odd = true;
	}
	if (machine != EM_386 && at < length && (bytes[at] & 0xf0) == REX)
		p.rex = bytes[at++];
	/* A prefix behind REX makes the CPU forget the REX. */
	if (p.rex && at < length &&
	    (is_pad(bytes[at]) || is_odd(bytes[at]) ||
	     (bytes[at] & 0xf0) == REX))
		p.odd = true;
	p.at = at;
	if (at < length)
		p.opcode = bytes[at++];
	if (p.opcode == 0x0f && at < length)
		p.opcode = 0x0f00 | bytes[at++];
	if (at < length)
		p.modrm = bytes[at];
	return p;
}

/* ---- building ---------------------------------------------------------------------- */

static void begin(struct lw_form *f, const struct lw_parts *p, unsigned tag,
		  unsigned width)
{
	memset(f, 0, sizeof(*f));
	f->length = (uint8_t)p->length;
	f->tag = (uint8_t)tag;
	f->width = (uint8_t)width;
}

/* An encoding without a field: n bytes, filled up in front. */
static struct lw_encoding *add(struct lw_form *f, const uint8_t *bytes,
			       unsigned n)
{
	struct lw_encoding *e = &f->encodings[f->encoding_count++];

	memset(e->template, PAD, f->length - n);
	memcpy(e->template + f->length - n, bytes, n);
	memset(e->mask, 0xff, f->length);
	return e;
}

/* Its last bytes are a distance. */
static struct lw_encoding *add_distance(struct lw_form *f, const uint8_t *bytes,
					unsigned n, unsigned field,
					unsigned source)
{
	uint8_t all[2 * RTS_SITE_MAX] = { 0 };
	unsigned fixed = f->length - field;
	struct lw_encoding *e;

	memcpy(all, bytes, n);
	e = add(f, all, n + field);
	memset(e->mask + fixed, 0, field);
	e->source = (uint8_t)source;
	e->flags = RTS_ENCODING_PLACE;
	e->bias = f->length;
	e->bits = (uint8_t)(8 * field);
	e->range = RTS_RANGE_SIGNED;
	e->slice_count = 1;
	e->slices[0].length = (uint8_t)(8 * field);
	e->slices[0].to = (uint8_t)(8 * fixed);
	return e;
}

static void add_nop(struct lw_form *f)
{
	uint8_t nop[RTS_SITE_MAX];

	lw_put_nop(nop, f->length);
	add(f, nop, f->length);
}

/* ---- conditional ones ---------------------------------------------------------------- */

static bool is_jcc(const struct lw_parts *p, unsigned *field)
{
	*field = (p->opcode & 0xfff0) == 0x0f80 ? FIELD : 1;
	return !p->rex && !p->opsize &&
	       (*field == FIELD || (p->opcode & 0xfff0) == 0x70);
}

bool lw_is_conditional(const struct lw_parts *p, unsigned *condition)
{
	unsigned field, kind = p->opcode & 0xfff0;

	*condition = p->opcode & 0x0f;
	return !p->odd &&
	       (is_jcc(p, &field) ||
		(kind == 0x0f90 && p->modrm >= 0xc0 && !p->opsize) ||
		(kind == 0x0f40 && p->modrm >= 0xc0));
}

static void jcc(bool taken, unsigned field, struct lw_form *f)
{
	static const uint8_t jump[2] = { 0xeb, 0xe9 };

	if (taken)
		add_distance(f, &jump[field == FIELD], 1, field,
			     RTS_SOURCE_OPERAND);
	else
		add_nop(f);
}

static void setcc(const struct lw_parts *p, bool holds, struct lw_form *f)
{
	uint8_t bytes[4] = { (uint8_t)(REX | (p->rex & REX_B)), 0xc6,
			     (uint8_t)(0xc0 | (p->modrm & 7)), holds };

	add(f, bytes + !p->rex, 4 - !p->rex);
}

static void cmov(const struct lw_parts *p, bool holds, struct lw_form *f)
{
	unsigned reg = p->modrm >> 3 & 7, r = p->rex & REX_R;
	unsigned rex = p->rex;
	uint8_t bytes[4] = { 0 };
	unsigned n = 0;

	if (!holds && lw_parts_width(p) != 32) {
		add_nop(f);
		return;
	}
	if (!holds)
		rex = p->rex ? REX | r | (r ? REX_B : 0) : 0;
	if (p->opsize)
		bytes[n++] = 0x66;
	if (rex)
		bytes[n++] = (uint8_t)rex;
	bytes[n++] = 0x8b;
	bytes[n++] = (uint8_t)(holds ? p->modrm : 0xc0 | reg << 3 | reg);
	add(f, bytes, n);
}

void lw_form_conditional(const struct lw_parts *p,
			 const struct lw_predicate *predicate, unsigned width,
			 struct lw_form *f)
{
	unsigned kind = p->opcode & 0xfff0, field = 0;
	bool jumps = is_jcc(p, &field);

	begin(f, p, jumps ? RTS_TAG_BRANCH : kind == 0x0f90 ? RTS_TAG_SETCC :
		    RTS_TAG_CMOV, width);
	f->flags = (predicate->is_signed ? RTS_FORM_SIGNED : 0) |
		   (jumps ? RTS_FORM_OPERAND : 0);
	for (unsigned i = 0; i < predicate->count; i++) {
		bool holds = predicate->at[i].holds;
		struct lw_encoding *e = &f->encodings[f->encoding_count];

		if (jumps)
			jcc(holds, field, f);
		else if (kind == 0x0f90)
			setcc(p, holds, f);
		else
			cmov(p, holds, f);
		e->guard = predicate->at[i].guard;
		memcpy(e->guard_data, predicate->at[i].data,
		       sizeof(e->guard_data));
	}
	if (jumps)
		add_distance(f, p->bytes, p->length - field, field,
			     RTS_SOURCE_OPERAND);
	else
		add(f, p->bytes, p->length);
}

/* ---- thunks --------------------------------------------------------------------------- */

bool lw_is_direct(const struct lw_parts *p)
{
	return (p->opcode == 0xe8 || p->opcode == 0xe9) && !p->odd &&
	       !p->opsize && !p->rex;
}

void lw_form_thunk(const struct lw_parts *p, unsigned width, struct lw_form *f)
{
	unsigned n = p->length - FIELD;

	begin(f, p, p->opcode == 0xe8 ? RTS_TAG_CALL_THUNK : RTS_TAG_JMP_THUNK,
	      width);
	f->flags = RTS_FORM_OPERAND;
	add_distance(f, p->bytes, n, FIELD, RTS_SOURCE_VALUE)->guard =
		RTS_GUARD_FITS;
	add_distance(f, p->bytes, n, FIELD, RTS_SOURCE_OPERAND);
}
