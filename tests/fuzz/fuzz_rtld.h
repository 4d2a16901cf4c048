/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_rtld.h - an input of fuzz_rtld: a byte of options, text, objects, table */
#ifndef FUZZ_RTLD_H
#define FUZZ_RTLD_H

enum { TEXT = 512, OBJECTS = 128, TABLE = TEXT + OBJECTS };

/* Options. */
#define FIX_CRC		0x01
#define FIX_SIZE	0x02
#define DEAD		0x04	/* some text is gone */
#define FORGE		0x08	/* memory changes between binds */
#define ELSEWHERE	0x10	/* runs at another address */

#define INSIDE		0x20	/* contexts are asked for, and some come later */
#define NOBODY		0x40	/* contexts are asked for, and none is there */

#endif /* FUZZ_RTLD_H */
