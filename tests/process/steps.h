/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steps.h - the cases that steps.c stops at each instruction of
 *
 * steps.c is one program, steps-sleep.c another.
 * Two lists: each instruction that can use a variable (tests/boot/uses.def),
 * and what calls, tests and comes between pushes and pops (steps-cases.*).
 */
#ifndef STEPS_H
#define STEPS_H

#include "../boot/uses.h"

enum group {
	USES,		/* of uses.def: one instruction, mostly */
	PLAIN,		/* a call, a jump, a branch that nobody else asks */
	WINDOW,		/* several instructions may come and go */
	DEPENDS,	/* what was read is asked for once more */
	GROUPS
};

struct step_case {
	const char *name;
	void (*run)(struct use_state *);
	enum group group;
};

extern const struct step_case step_cases[];
extern const unsigned step_cases_count;

/* Contents: all functions and variables together. */
#define CONTENTS	7
#define SLEEPY		6	/* calls steps_wait(), if that is set */
void steps_choose(unsigned n);

extern void (*volatile steps_wait)(void);

#endif /* STEPS_H */
