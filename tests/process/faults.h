/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faults.h - a linked image in a buffer: what the files of `faults' share
 */
#ifndef FAULTS_H
#define FAULTS_H

#include "../../rtld/internal.h"
#include "rtld.h"

#define MUST(condition)							\
	do {								\
		if (!(condition))					\
			must_have(#condition, __LINE__);		\
	} while (0)
#define MANY	4096		/* sites */

_Noreturn void must_have(const char *what, int line);

/* Now; and to compare with. */
extern unsigned char *memory, *linked, *bound;
extern size_t size;
extern uint64_t table_address;
extern unsigned char *table;
extern size_t table_size;
extern struct rtld rt;
extern struct place {
	size_t at;		/* in memory */
	unsigned length, slot;
} places[MANY];
extern unsigned place_count;

/* Lay the image out and bind it once. */
void begin(const char *path);
/* Open and validate the table as if it stood at address. */
int open_at(uint64_t address);
/* The whole image as it was linked, or as it was bound. */
void reset(const unsigned char *to);

/* faults-host.c */
void callback_faults(void);

#endif /* FAULTS_H */
