/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rts_world.h - a small image in one structure, for the tests of bind.c
 *
 * start() lays it out and describes it in b; a test may change b; finish()
 * makes the table, opens it, and remembers everything in saved.
 */
#ifndef RTS_WORLD_H
#define RTS_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "rtld.h"
#include "rts_build.h"

#define ROOM	2048

/*
 * Memory as an image has it: text in the middle, so that writes beside it
 * show, functions to call, objects, the table.
 */
struct world {
	unsigned char before[64], text[128], after[64];
	unsigned char functions[64], stub[16];
	struct { void *first, *second; } ops;
	void *slot;
	uint64_t big;
	uint32_t shift;
	unsigned char table[ROOM];
};
extern struct world world, saved;

enum { CALL, JMP, CALL_SLOT, LOAD64, LOAD32, FORMS };

/* Where the sites are, and what the linker wrote there. */
#define AT_CALL		3
#define AT_JMP		20
#define AT_CALL_SLOT	32
#define AT_LOAD64	50
#define AT_LOAD32	70
#define AT_LOAD32_TOO	76	/* the next byte behind the one before */
#define SITES		6

extern struct rts_build b;
extern struct rtld rt;
extern struct rtld_host host;	/* counts its calls, writes plainly */
extern struct world_calls {
	unsigned begin, end, write, live;
} calls;	/* begin() refuses with -5 once it stands at 1000 */

void start(void);
void finish(void);
int setup(void **state);	/* both */

/* OPCODE rel32, as the linker would write it at text + at. */
void link_site(unsigned at, const char *opcode, unsigned n,
	       const void *target);

/* ---- what must hold --------------------------------------------------- */

void text_is_linked(void);
void nothing_changed(void);
void stats_are(unsigned bound, unsigned kept, unsigned dropped,
	       unsigned written);
void site_is(unsigned at, const char *opcode, unsigned n, const void *target);
/* All but the 64-bit load. */
void bound_as_set(void);

#endif /* RTS_WORLD_H */
