/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * forms-x86.h - between deciding (forms-x86.c) and building (forms-x86-build.c)
 */
#ifndef LW_FORMS_X86_H
#define LW_FORMS_X86_H

#include "decode-x86.h"
#include "lw.h"

#define LW_REX		0x40
#define LW_REX_W	0x08
#define LW_REX_R	0x04	/* bit 3 of ModRM's reg */
#define LW_REX_B	0x01	/* bit 3 of ModRM's rm, or of the opcode's */

#define LW_PAD_CALL	0x67	/* addr32 */
#define LW_PAD		0x2e	/* cs */
#define LW_BND		0xf2

/* Opcodes as one number: the map's escape bytes, then the opcode. */
#define LW_MAP_0F	0x0f00
#define LW_MAP_0F38	0x3800
#define LW_MAP_0F3A	0x3a00
#define LW_VEX		0x10000	/* VEX, EVEX and XOP, whatever they hold */

/* An instruction taken apart as far as its ModRM. */
struct lw_shape {
	const struct lw_instruction *i;
	unsigned rex;		/* 0x40..0x4f, or 0 if there is none */
	unsigned opcode;
	unsigned reg;		/* ModRM's, with REX.R: 0..15 */
	unsigned size;		/* of a general register: 1, 2, 4, 8 bytes */
	unsigned pointer;	/* bytes of one: 8, or 4 on i386 */
	unsigned cs;		/* 2e prefixes */
	unsigned prefixes;	/* all but REX */
	bool bnd;		/* has an f2 prefix */
	bool opsize;		/* has a 66 prefix */
	bool odd;		/* has one besides those and cs, ds, es, ss */
};

/* Empty, of the instruction's length; width is the slot's. */
void lw_form_begin(struct lw_form *, const struct lw_instruction *,
		   unsigned tag, unsigned width);

/* V in a field of size bytes behind n bytes of opcode, which are filled up in
 * front with pad.  On i386, where addresses wrap, range is always NONE. */
struct lw_encoding *lw_form_value(struct lw_form *, const struct lw_shape *,
				  unsigned pad, const uint8_t *opcode,
				  unsigned n, unsigned size, unsigned range,
				  bool place);

/* What the real linker wrote: the site's own bytes. */
void lw_form_linked(struct lw_form *, const struct lw_instruction *,
		    unsigned source, bool place);

/* All encodings but the linked one, of what reads its slot. */
void lw_build_call(const struct lw_shape *, struct lw_form *);
void lw_build_jmp(const struct lw_shape *, struct lw_form *);
void lw_build_push(const struct lw_shape *, struct lw_form *);
void lw_build_load(const struct lw_shape *, struct lw_form *);
void lw_build_movzx(const struct lw_shape *, struct lw_form *);
void lw_build_movsx(const struct lw_shape *, struct lw_form *);
void lw_build_movsxd(const struct lw_shape *, struct lw_form *);
void lw_build_alu(const struct lw_shape *, struct lw_form *);
void lw_build_test(const struct lw_shape *, struct lw_form *);
void lw_build_imul(const struct lw_shape *, struct lw_form *);

#endif /* LW_FORMS_X86_H */
