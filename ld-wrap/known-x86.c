// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * known-x86.c - what an instruction makes of what is known before it
 *
 * A register that is put on the stack and brought back from there has not been
 * changed.  So the stack is followed, word by word: which of them holds what a
 * register held at entry.
 */
#include "config.h"

#include <string.h>

#include "known-x86.h"

void lw_known_begin(struct lw_known *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->word, -1, sizeof(s->word));
	s->frame = s->pointer = -1;
}

void lw_known_set(struct lw_known *s, int64_t at, int reg)
{
	if (at >= 0 && at < LW_KNOWN_WORDS)
		s->word[at] = (int8_t)(reg >= 0 && !(s->changed & 1u << reg) ?
				       reg : -1);
}

/* Take what a word holds into a register. */
static void get_word(struct lw_known *s, int64_t at, int reg)
{
	if (reg < 0)
		return;
	s->changed |= 1u << reg;
	if (at >= 0 && at < LW_KNOWN_WORDS && s->word[at] == reg)
		s->changed &= ~(1u << reg);
}

static void move_depth(struct lw_known *s, int64_t depth)
{
	for (int64_t i = s->depth; i < depth && i < LW_KNOWN_WORDS; i++)
		lw_known_set(s, i, -1);
	s->depth = depth;
}

/* False: the stack is taken apart beyond what was put there. */
static bool adjust(struct lw_known *s, const struct lw_effects *e)
{
	if (e->bytes % e->word) {
		s->lost = true;
		return true;
	}
	if (s->lost)
		return true;
	if (-e->bytes / e->word + s->depth < 0)
		return false;
	move_depth(s, s->depth - e->bytes / e->word);
	return true;
}

static bool pop(struct lw_known *s, int reg)
{
	if (s->lost) {
		get_word(s, -1, reg);
		return true;
	}
	if (!s->depth)
		return false;
	get_word(s, --s->depth, reg);
	return true;
}

static void unframe(struct lw_known *s, int64_t words)
{
	s->lost = s->frame < 0 || s->frame < words;
	if (!s->lost && s->frame - words <= s->depth)
		s->depth = s->frame - words;
	else if (!s->lost)
		move_depth(s, s->frame - words);
}

/* What the instruction does to the stack.  False: it is out of balance. */
static bool apply_stack(struct lw_known *s, const struct lw_effects *e)
{
	switch (e->stack) {
	case LW_STACK_PUSH:
		if (!s->lost)
			lw_known_set(s, s->depth++, e->reg);
		return true;
	case LW_STACK_POP:
		return pop(s, e->reg);
	case LW_STACK_ADJUST:
		return adjust(s, e);
	case LW_STACK_FRAME:
		s->frame = s->lost ? -1 : s->depth;
		return true;
	case LW_STACK_UNFRAME:
		unframe(s, e->bytes / e->word);
		return true;
	case LW_STACK_LEAVE:
		unframe(s, 0);
		return pop(s, LW_REG_BP);
	case LW_STACK_OTHER:
		s->lost = true;
		return true;
	default:
		return true;
	}
}

/* The word that a byte at this distance from word number from belongs to. */
static int64_t word_at(int64_t from, int64_t disp, int64_t word)
{
	int64_t floor = disp / word - (disp % word < 0);

	return from - floor - 1;
}

/* Registers that are put away and brought back by mov. */
static void apply_moves(struct lw_known *s, const struct lw_effects *e)
{
	int64_t from = e->base == LW_REG_SP ? s->depth : s->frame;
	int64_t first, last;

	if (!e->saves && !e->loads && !e->stores)
		return;
	if (from < 0 || !e->size || (e->base == LW_REG_SP && s->lost)) {
		/* Anywhere: nothing on the stack is sure any more. */
		if (!e->loads)
			memset(s->word, -1, sizeof(s->word));
		else
			get_word(s, -1, e->moved);
		return;
	}
	first = word_at(from, e->disp, e->word);
	last = word_at(from, e->disp + e->size - 1, e->word);
	if (e->loads) {
		get_word(s, e->disp % e->word ? -1 : first, e->moved);
		return;
	}
	for (int64_t i = last; i <= first; i++)
		lw_known_set(s, i, e->saves && !(e->disp % e->word) ? e->moved :
			 -1);
}

bool lw_known_apply(struct lw_known *s, const struct lw_effects *e)
{
	uint32_t writes = e->writes;

	if (e->stack == LW_STACK_POP && e->reg >= 0)
		writes &= ~(1u << e->reg);
	if (e->stack == LW_STACK_LEAVE)
		writes &= ~(1u << LW_REG_BP);
	if (e->loads)
		writes &= ~(1u << e->moved);
	s->changed |= writes;
	if (e->pointer >= 0)
		s->pointer = e->pointer;
	else if (s->pointer >= 0 && e->writes & 1u << s->pointer)
		s->pointer = -1;
	if (!apply_stack(s, e))
		return false;
	apply_moves(s, e);
	if (e->stack != LW_STACK_FRAME &&
	    (e->writes & RTS_CLOBBER_RBP ||
	     (e->stack == LW_STACK_POP && e->reg == LW_REG_BP)))
		s->frame = -1;
	return true;
}
