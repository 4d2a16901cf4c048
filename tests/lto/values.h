/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * values.h - marks that an optimiser of whole programs would like to fold
 *
 * Each has a getter, a function of its own, whose one use of it must stay
 * whatever the compiler sees of all others.
 */
#ifndef VALUES_H
#define VALUES_H

#include "rtstatic.h"

#define GETTER	__attribute__((noinline))

struct ops {
	int (*first)(int);
	int (*second)(int);
};

extern struct ops ops; RTS_OPS(ops);		/* never written */
extern unsigned shared; RTS_VAR(shared);	/* written once, by init() */
extern unsigned long wide; RTS_VAR(wide);	/* never written */
extern unsigned hidden __attribute__((visibility("hidden")));
RTS_VAR(hidden);				/* never written, not exported */
extern unsigned optioned;			/* marked by option, if at all */
RTS_DECLARE_FUNC(int, choose, (int));
RTS_DECLARE_FUNC(void, perhaps, (int *));
int patched(int);

int plus(int x);
int minus(int x);
void init(unsigned x);

unsigned get_shared(void);
unsigned long get_wide(void);
unsigned get_hidden(void);
unsigned get_optioned(void);
unsigned get_fixed(void);
unsigned get_once(void);
int get_first(int);
int get_second(int);
int get_hook(int);
int get_choose(int);
int get_perhaps(int);
int get_patched(int);

#endif
