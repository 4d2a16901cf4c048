/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_rtld.h - an input of fuzz_rtld: options, text, objects, table */
#ifndef FUZZ_RTLD_H
#define FUZZ_RTLD_H

#include "rtld.h"

/* Bytes; TABLE is what stands before the table, without the options. */
enum { HEAD = 2, TEXT = 512, OBJECTS = 128, TABLE = TEXT + OBJECTS };

/* Options: the first byte. */
#define FIX_CRC		0x01
#define FIX_SIZE	0x02
#define DEAD		0x04	/* some text is gone */
#define FORGE		0x08	/* memory changes between binds */
#define ELSEWHERE	0x10	/* runs at another address */

#define INSIDE		0x20	/* contexts are asked for, some come later */
#define NOBODY		0x40	/* contexts are asked for, and none is there */
#define POINTERS	0x80	/* what objects hold counts from the table */

/* The second: the host. */
#define REFUSES		0x01	/* begin() says no */
#define NESTS		0x02	/* callbacks call rtld again */
#define NO_WRITE	0x04	/* it has no write() */
#define NO_LIVE		0x08
#define NO_SYMBOL	0x10

/* Where a table runs that runs elsewhere. */
#define FAR_AWAY	UINT64_C(0xffffffff82000000)

/* Do text ranges and marks lie within the input?  (rtld need not know where
 * memory ends.) */
int fuzz_within(const struct rtld *rt);
/* Do sites of different slots overlap?  block is where text begins. */
int fuzz_overlaps(struct rtld *rt, const unsigned char *block);

#endif /* FUZZ_RTLD_H */
