// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * forms-x86.c - recognise a site on x86 and decide what becomes of it
 *
 * What is odd on x86, for somebody who wants to write a value into text:
 *
 * Lengths.  An instruction has 1 to 15 bytes, and nothing in memory says
 *   where one begins.  A site must keep its length, since what follows cannot
 *   move; and it must stay *one* instruction, since an interrupt or a sleeping
 *   callee may return to any boundary there has ever been.  So a shorter
 *   encoding is filled up in front, with prefixes that the CPU ignores.
 *
 * The field is last.  All encodings here end with their field, the displacement
 *   of the linked form as well as the immediate of the bound one, and a
 *   PC-relative value counts from the end of the instruction: bias is always
 *   the length.  (It would not be so for `cmpl $1,x(%rip)', where an immediate
 *   follows the displacement; those have no form.)
 *
 * Ways to say "that memory".  ModRM mod=0 rm=5 is disp32(%rip) on x86-64 and
 *   the absolute disp32 on i386; mod=0 rm=4 with SIB 0x25 (no base, no index)
 *   is absolute on both, and a byte longer.  And a0, a1, moffs: the
 *   accumulator's own load, with an absolute address of full width, 8 bytes on
 *   x86-64.
 *
 * Ignored prefixes.  2e (cs) in front of what has no memory operand: there is
 *   nothing to override.  On a conditional jump it was a branch hint once;
 *   those keep all of their bytes anyhow.  67 (address size) in front of a
 *   direct call: there is no address to shorten; GNU ld pads with the same byte
 *   when it relaxes `call *foo@GOTPCREL'.  Several of one kind in a row are
 *   harmless, as in every compiler's long nops.  The only order that matters:
 *   REX comes last, next to the opcode, or it is ignored.
 *
 * Prefixes that are not ignored.  66 is the operand's size, 16 bits, and there
 *   are forms for these; but it makes a near branch 16 bits wide on AMD and
 *   not on Intel, and next to REX.W, or in front of 8 bits, nobody writes it.
 *   67 truncates a memory operand's address; 64 and 65 (fs, gs) move it to
 *   thread-local or per-CPU memory: such an instruction does not read the
 *   object at all.  So do cs, es and ss on i386, unless memory is flat, which
 *   nothing here proves; in 64-bit mode their bases are zero.  f3 and f2 before
 *   a load mean nothing today.  All of them: the use is kept, with reason
 *   `prefix'.  Two may be there: 3e (notrack) concerns only indirect branches,
 *   so it goes when the branch becomes direct; f2 (bnd) means the same on both
 *   and stays.
 *
 * Flags.  An operation with an immediate sets them as the one with memory.
 *
 * Order.  An immediate is always the second operand.  `add x,%eax' has it
 *   there, and `test' does not care; `cmp %eax,x' (38, 39) compares memory with
 *   the register, and no instruction compares a constant with it that way.
 *
 * 32-bit results clear the upper half.  So `mov x,%eax' becomes an immediate
 *   of any value, and a 64-bit load has three chances: a sign-extended
 *   immediate, a zero-extended one (the shorter `b8+r'), or lea, for what lies
 *   within 2 GiB of the site, as functions and objects of the program do.
 *
 * i386.  Addresses wrap at 2^32: every field holds every value, and no guard
 *   asks for a range.
 *
 * A direct call stands where the indirect one did and ends where it ended, so
 *   that a return address on some stack stays valid in both directions.
 */
#include <elf.h>

#include "forms-x86.h"

static bool is_prefix(unsigned byte)
{
	return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
	       (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 ||
	       byte == 0xf2 || byte == 0xf3;
}

static void prefix(struct lw_shape *s, unsigned byte)
{
	s->prefixes++;
	if (byte == LW_BND)
		s->bnd = true;
	else if (byte == 0x66)
		s->opsize = true;
	else if (byte == 0x2e)
		s->cs++;
	else if (byte >= 0x60)
		s->odd = true;
}

/* Returns where the opcode is.  A prefix behind a REX makes the CPU forget the
 * REX. */
static unsigned prefixes(struct lw_shape *s)
{
	const struct lw_instruction *i = s->i;
	bool has_rex = i->machine != EM_386;
	unsigned at;

	for (at = 0; at + 1 < i->length; at++) {
		unsigned byte = i->bytes[at];

		if (has_rex && (byte & 0xf0) == LW_REX) {
			s->odd |= s->rex != 0;
			s->rex = byte;
		} else if (is_prefix(byte)) {
			s->odd |= s->rex != 0;
			s->rex = 0;
			prefix(s, byte);
		} else {
			break;
		}
	}
	return at;
}

/* c4, c5, 62 and 8f are instructions of i386, of which two have ModRM with
 * memory only: what would be a register there is VEX. */
static bool is_vex(const struct lw_instruction *i, unsigned at)
{
	unsigned opcode = i->bytes[at], next = i->bytes[at + 1];

	if (opcode == 0x8f)
		return next & 0x38;
	if (opcode != 0xc4 && opcode != 0xc5 && opcode != 0x62)
		return false;
	return i->machine != EM_386 || (next & 0xc0) == 0xc0;
}

/* The widths that the prefixes give; bit 0 of an opcode takes them away from
 * those that have 8-bit twins. */
static unsigned size_of(const struct lw_shape *s)
{
	unsigned opcode = s->opcode;

	if (opcode < 0x100 && !(opcode & 1))
		return 1;
	if (s->rex & LW_REX_W)
		return 8;
	return s->opsize ? 2 : 4;
}

static struct lw_shape take_apart(const struct lw_instruction *i)
{
	struct lw_shape s = { .i = i };
	unsigned at = prefixes(&s), map = 0;

	s.pointer = i->machine == EM_386 ? 4 : 8;
	if (at + 2u < i->length && is_vex(i, at)) {
		s.opcode = LW_VEX;
		return s;
	}
	if (i->bytes[at] == 0x0f && at + 1u < i->length) {
		map = LW_MAP_0F;
		at++;
		if ((i->bytes[at] == 0x38 || i->bytes[at] == 0x3a) &&
		    at + 1u < i->length)
			map = (unsigned)i->bytes[at++] << 8;
	}
	s.opcode = map | i->bytes[at++];
	if (at < i->length)
		s.reg = (i->bytes[at] >> 3 & 7) |
			(s.rex & LW_REX_R ? 8 : 0);
	if ((s.opcode & ~1u) == 0xa0)
		s.reg = 0;	/* moffs has no ModRM: the accumulator */
	s.size = size_of(&s);
	return s;
}

/* ---- branches to a stub ---------------------------------------------- */

/* call, jmp, jcc rel32: only the distance changes, so every prefix that does
 * not change the distance's meaning may stay. */
static enum lw_reason direct(const struct lw_shape *s, struct lw_form *f)
{
	unsigned tag;

	if (s->opcode == 0xe8)
		tag = RTS_TAG_CALL;
	else if (s->opcode == 0xe9)
		tag = RTS_TAG_JMP;
	else if ((s->opcode & 0xfff0) == 0x0f80)
		tag = RTS_TAG_JCC;
	else
		return LW_KEPT_SYSTEM;		/* xbegin */
	lw_form_begin(f, s->i, tag, s->pointer);
	lw_form_value(f, s, 0, s->i->bytes, f->length - 4u, 4,
		      RTS_RANGE_SIGNED, true);
	lw_form_linked(f, s->i, RTS_SOURCE_STUB, true);
	return LW_KEPT_NONE;
}

static enum lw_reason branch(const struct lw_shape *s,
			     const struct lw_mark *mark, uint64_t target,
			     struct lw_form *f)
{
	uint64_t entry = mark->redirect ? mark->original : mark->stub;

	if (s->opsize)
		return LW_KEPT_PREFIX;	/* 16 bits wide, at times */
	if (target - mark->address < mark->size)
		return LW_KEPT_EXECUTED;
	if (mark->kind != RTS_KIND_FUNC || target != entry)
		return LW_KEPT_OUTSIDE;
	return s->i->field.size == 4 ? direct(s, f) : LW_KEPT_SHORT_BRANCH;
}

/* ---- what reads memory ----------------------------------------------- */

#define ANY	0xff
#define REG(n)	(1 << (n))

/*
 * What becomes of an instruction that reads its memory operand, and only reads
 * it, at a known address, into no vector register.  Opcodes: with the bits of
 * `ignore' cleared; regs: the values of ModRM's reg that are meant.
 */
static const struct rule {
	uint32_t opcode;
	uint8_t ignore, regs, reason;
	void (*build)(const struct lw_shape *, struct lw_form *);
} rules[] = {
	/* cmp memory, register; add or adc sbb and sub xor cmp register,
	 * memory: 02 03, 0a 0b, .. 3a 3b */
	{ 0x38, 0x01, ANY, LW_KEPT_REVERSED, NULL },
	{ 0x02, 0x39, ANY, 0, lw_build_alu },
	{ 0x62, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* bound */
	{ 0x63, 0x00, ANY, 0, lw_build_movsxd },
	{ 0x69, 0x02, ANY, LW_KEPT_CONSTANTS, NULL },	/* imul imm */
	{ 0x80, 0x03, REG(7), LW_KEPT_CONSTANTS, NULL },	/* cmp imm */
	{ 0x84, 0x01, ANY, 0, lw_build_test },
	{ 0x8a, 0x01, ANY, 0, lw_build_load },
	{ 0x8e, 0x00, ANY, LW_KEPT_SYSTEM, NULL },	/* mov sreg */
	{ 0xa0, 0x01, ANY, 0, lw_build_load },
	{ 0xc4, 0x01, ANY, LW_KEPT_SYSTEM, NULL },	/* les, lds */
	{ 0xf6, 0x01, REG(0) | REG(1), LW_KEPT_CONSTANTS, NULL }, /* test */
	{ 0xf6, 0x01, 0xf0, LW_KEPT_NO_IMMEDIATE, NULL },	/* mul div */
	{ 0xff, 0x00, REG(2), 0, lw_build_call },
	{ 0xff, 0x00, REG(4), 0, lw_build_jmp },
	{ 0xff, 0x00, REG(6), 0, lw_build_push },
	{ 0xff, 0x00, REG(3) | REG(5), LW_KEPT_SYSTEM, NULL },	/* far */

	/* lldt ltr verr verw, lgdt lidt lmsw, lar lsl */
	{ 0x0f00, 0x00, 0x3c, LW_KEPT_SYSTEM, NULL },
	{ 0x0f01, 0x00, ANY, LW_KEPT_SYSTEM, NULL },
	{ 0x0f02, 0x01, ANY, LW_KEPT_SYSTEM, NULL },
	{ 0x0f1a, 0x01, ANY, LW_KEPT_SYSTEM, NULL },	/* MPX */
	{ 0x0f2c, 0x01, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* cvtsd2si */
	{ 0x0f40, 0x0f, ANY, LW_KEPT_CONDITIONAL, NULL },	/* cmov */
	{ 0x0f79, 0x00, ANY, LW_KEPT_SYSTEM, NULL },	/* vmwrite */
	{ 0x0fa3, 0x00, ANY, LW_KEPT_INDEXED, NULL },	/* bt by register */
	{ 0x0fae, 0x00, REG(4), LW_KEPT_NO_IMMEDIATE, NULL },	/* ptwrite */
	{ 0x0fae, 0x00, ANY, LW_KEPT_SYSTEM, NULL },	/* fxrstor ldmxcsr */
	{ 0x0faf, 0x00, ANY, 0, lw_build_imul },
	{ 0x0fb2, 0x00, ANY, LW_KEPT_SYSTEM, NULL },	/* lss */
	{ 0x0fb4, 0x01, ANY, LW_KEPT_SYSTEM, NULL },	/* lfs, lgs */
	{ 0x0fb6, 0x01, ANY, 0, lw_build_movzx },
	{ 0x0fb8, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* popcnt */
	{ 0x0fb9, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* ud1 */
	{ 0x0fba, 0x00, REG(4), LW_KEPT_CONSTANTS, NULL },	/* bt imm */
	{ 0x0fbc, 0x01, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* bsf bsr */
	{ 0x0fbe, 0x01, ANY, 0, lw_build_movsx },
	{ 0x0fc7, 0x00, ANY, LW_KEPT_SYSTEM, NULL },	/* xrstors vmptrld */
	{ 0x0fff, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },	/* ud0 */
	/* invept invvpid invpcid; movbe crc32; adcx adox, movdir64b */
	{ 0x3880, 0x03, ANY, LW_KEPT_SYSTEM, NULL },
	{ 0x38d8, 0x00, ANY, LW_KEPT_SSE, NULL },	/* Key Locker */
	{ 0x38f0, 0x01, ANY, LW_KEPT_NO_IMMEDIATE, NULL },
	{ 0x38f6, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },
	{ 0x38f8, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },
	/* BMI and TBM */
	{ LW_VEX, 0x00, ANY, LW_KEPT_NO_IMMEDIATE, NULL },
};

static const struct rule *rule_of(const struct lw_shape *s)
{
	for (size_t n = 0; n < sizeof(rules) / sizeof(rules[0]); n++) {
		if ((s->opcode & ~(uint32_t)rules[n].ignore) ==
		    rules[n].opcode && rules[n].regs & REG(s->reg & 7))
			return &rules[n];
	}
	return NULL;
}

/* Has it a prefix that means something, or might one day? */
static bool is_prefixed(const struct lw_shape *s)
{
	bool branch = s->opcode == 0xff && (s->reg & 7) != 6;

	if (s->odd || (s->bnd && !branch))
		return true;
	return s->opsize && (s->size != 2 || s->opcode == 0xff ||
			     s->opcode == 0x63);
}

/* Where it would read what binding knows nothing of. */
static enum lw_reason place(const struct lw_instruction *i,
			    const struct lw_mark *mark, uint64_t target)
{
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
	return i->vector ? LW_KEPT_SSE : LW_KEPT_NONE;
}

static enum lw_reason memory(const struct lw_shape *s,
			     const struct lw_mark *mark, uint64_t target,
			     struct lw_form *f)
{
	const struct lw_instruction *i = s->i;
	enum lw_reason why = place(i, mark, target);
	const struct rule *rule;

	if (why)
		return why;
	rule = rule_of(s);
	if (!rule)
		return LW_KEPT_NO_FORM;
	if (rule->reason)
		return rule->reason;
	if (is_prefixed(s))
		return LW_KEPT_PREFIX;
	rule->build(s, f);
	lw_form_linked(f, i, RTS_SOURCE_SLOT, i->pc_relative);
	return LW_KEPT_NONE;
}

enum lw_class lw_form_x86(const struct lw_instruction *i,
			  const struct lw_mark *mark, uint64_t target,
			  struct lw_form *f, enum lw_reason *why)
{
	struct lw_shape s = take_apart(i);

	*why = LW_KEPT_NONE;
	switch (i->operand) {
	case LW_OPERAND_BRANCH:
		*why = branch(&s, mark, target, f);
		break;
	case LW_OPERAND_MEMORY:
	case LW_OPERAND_INDEXED:
		*why = memory(&s, mark, target, f);
		break;
	case LW_OPERAND_IMMEDIATE:
	case LW_OPERAND_ADDRESS:
		return LW_CLASS_ADDRESS;
	default:
		*why = LW_KEPT_NOT_PROVABLE;
	}
	return *why ? LW_CLASS_KEPT : LW_CLASS_BOUND;
}
