// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * alive-x86.c - will anybody still ask for what is in a register, in flags?
 *
 * A branch that goes by a register which was loaded with V may be bound on its
 * own only if nobody else will look at the register: else a context that was
 * stopped between the two could follow a new V at the branch and an old one in
 * the register.  So every way on is followed until what is asked about was
 * overwritten.  A few dozen instructions show it for most; where they do not,
 * it counts as alive.
 *
 * At a call the flags are dead and %r11 is, on x86-64, as the calling convention
 * has it; what may carry an argument, %rax (the number of vector registers) and
 * %r10 (the static chain) among it, is not, nor is anything on i386.  A return
 * lets %rax and %rdx and what a function preserves live on.
 */
#include "config.h"

#include <string.h>

#include "decode-x86.h"
#include "locate.h"
#include "sequence.h"

#define STEPS_MAX	96	/* instructions, all ways together */
#define WAYS_MAX	16

#define R(n)		(1u << (n))
/* rdi rsi rdx rcx r8 r9 rax r10; callee-saved: rbx rsp rbp r12..r15 */
#define ARGUMENTS64	(R(7) | R(6) | R(2) | R(1) | R(8) | R(9) | R(0) | R(10))
#define PRESERVED	(R(3) | R(4) | R(5) | R(12) | R(13) | R(14) | R(15))
#define PRESERVED32	(PRESERVED | R(6) | R(7))
#define RESULTS		(R(0) | R(2))

struct way {
	uint64_t at;
	uint32_t registers, flags;
};

struct search {
	const struct lw_run *run;
	struct way ways[WAYS_MAX];
	unsigned count, steps;
};

static bool later(struct search *s, uint64_t at, const struct way *state)
{
	if (s->count == WAYS_MAX || at >= s->run->size)
		return false;
	s->ways[s->count] = *state;
	s->ways[s->count++].at = at;
	return true;
}

/* c3, c2: perhaps with prefixes.  By the opcode: `int $0xc3' ends in it too. */
static bool is_return(const unsigned char *code, unsigned length)
{
	while (length > 1 && (*code == 0xf2 || *code == 0xf3 ||
			      *code == 0x2e || *code == 0x66)) {
		code++;
		length--;
	}
	return *code == 0xc3 || *code == 0xc2;
}

static bool is_trap(const unsigned char *code, unsigned length)
{
	return length >= 2 && code[0] == 0x0f &&
	       (code[1] == 0x0b || code[1] == 0xb9 || code[1] == 0xff);
}

/* One instruction of a way; false: it may be alive.  The way ends with nothing
 * left in it. */
static bool step(struct search *s, struct way *w)
{
	unsigned machine = s->run->link->image.machine;
	const unsigned char *code = s->run->code + w->at;
	bool wide = machine != EM_386;
	struct lw_changes c;
	struct lw_flow f;
	uint64_t target;
	int thunk = -1;

	if (w->at >= s->run->size ||
	    !lw_decode_flow(machine, code, s->run->size - w->at, &f) ||
	    !lw_decode_changes(machine, code, f.fields.length, &c))
		return false;
	if (c.reads & w->registers || c.reads_flags & w->flags)
		return false;
	/* A retpoline goes by one that its branch does not show. */
	if (f.kind != LW_FLOW_NEXT)
		thunk = lw_thunk_called(s->run, w->at, &f);
	if (thunk >= 0 && w->registers >> thunk & 1)
		return false;
	if (is_trap(code, f.fields.length))
		c.kills = c.kills_flags = UINT32_MAX;
	w->registers &= ~c.kills;
	w->flags &= ~c.kills_flags;
	if (!w->registers && !w->flags)
		return true;
	target = w->at + (uint64_t)f.target;
	w->at += f.fields.length;
	switch (f.kind) {
	case LW_FLOW_NEXT:
		return true;
	case LW_FLOW_CONDITIONAL:
		return f.relative && later(s, target, w);
	case LW_FLOW_JUMP:
		w->at = target;
		return f.relative && target < s->run->size;
	case LW_FLOW_CALL:
		w->flags = 0;
		if (w->registers & (wide ? ARGUMENTS64 : RESULTS | R(1)))
			return false;
		w->registers &= wide ? PRESERVED : PRESERVED32;
		return true;
	case LW_FLOW_AWAY:
		if (!is_return(code, f.fields.length))
			return false;
		w->registers &= RESULTS | (wide ? PRESERVED : PRESERVED32);
		w->flags = 0;
		return !w->registers;
	default:
		return false;
	}
}

uint32_t lw_preserved(unsigned machine)
{
	return machine == EM_386 ? PRESERVED32 : PRESERVED;
}

bool lw_is_dead(const struct lw_run *run, const uint64_t *from, unsigned count,
		uint32_t registers, uint32_t flags)
{
	struct search s = { .run = run };
	struct way w = { 0, registers, flags };

	while (count--) {
		if (!later(&s, from[count], &w))
			return false;
	}
	while (s.count) {
		w = s.ways[--s.count];
		while (w.registers || w.flags) {
			if (s.steps++ == STEPS_MAX || !step(&s, &w))
				return false;
		}
	}
	return true;
}
