/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * live.h - what has two contents, and the functions that use it
 */
#ifndef TESTS_LIVE_H
#define TESTS_LIVE_H

#ifndef COPIES
#define COPIES	12
#endif
#define OLD32	0x12345678
#define NEW32	(-0x76543211)

#ifndef __ASSEMBLER__
#include <stdint.h>

#include "platform/live-x86.h"
#include "rtstatic.h"

struct ops {
	int (*first)(void), (*second)(void);
};

extern struct ops ops;		RTS_OPS(ops);
extern uint8_t x8;		RTS_VAR(x8);
extern uint16_t x16;		RTS_VAR(x16);
extern uint32_t x32;		RTS_VAR(x32);
extern uint64_t x64;		RTS_VAR(x64);
extern const void *xnear;	RTS_VAR(xnear);
extern unsigned flag;		RTS_VAR(flag);
extern uint8_t count;		RTS_VAR(count);
RTS_DECLARE_FUNC(int, chosen, (void));

struct use {
	uint64_t (*run)(void);
	const char *kind;
	uint64_t right[2];	/* what it gives with either set */
};

/* sets.c */
int set_change(void *set);	/* for rtld_switch(): int *, 0 or 1 */
int sets_learn(void);		/* while unbound and alone; 0: as it must be */
extern struct use *uses;
extern unsigned use_count;

extern int old_function(void), new_function(void);

/* text.c: this program's text as a kernel has it. */
extern unsigned text_syncs;
extern void (*text_in_sync)(void);	/* or NULL: called in each sync() */
extern void (*text_in_trap)(void);	/* in each breakpoint, first of all */
int text_init(struct rtld_live *l, const struct rtld *rt);

/* steps.c */
int steps(struct rtld *rt, struct rtld_live *l);

#endif /* __ASSEMBLER__ */
#endif /* TESTS_LIVE_H */
