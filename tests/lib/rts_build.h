/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rts_build.h - images for tests, built by hand and damaged by name
 *
 *	rts_build_begin(&b);
 *	text = rts_build_text(&b, code, sizeof(code));
 *	mark = rts_build_mark(&b, "shift", RTS_KIND_VAR, &shift, 4, NULL);
 *	form = rts_build_form(&b, RTS_TAG_LOAD32, 0, rts_load32, 2);
 *	slot = rts_build_slot(&b, mark, 0, 4);
 *	rts_build_site(&b, slot, code + 7, form, NULL);
 *	size = rts_build_end(&b, table, sizeof(table));
 *
 * Addresses are pointers; the builder makes them relative to where the table
 * will stand.  Nothing is sorted or checked: a test may want it wrong.  Only
 * the builder's own limits are, and end the program.
 */
#ifndef RTS_BUILD_H
#define RTS_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "rts/abi.h"

#define RTS_BUILD_MAX	64	/* of each sort of thing */

/*
 * An encoding as one reads it: hexadecimal bytes, and ".." for each byte of
 * the field, which is little-endian and consecutive.  Fields that are not use
 * slices; then ".." stands for any byte that the slices touch, and bits is
 * their width.
 */
struct rts_build_encoding {
	const char *bytes;
	uint8_t guard, source, flags, range, shift;
	uint64_t data[2];
	struct rts_slice slices[6];	/* up to the first of length 0 */
	uint8_t bits;			/* 0: as many as the field has */
	int8_t bias;			/* 0: the site's length; -1: none */
};

struct rts_build_site_ { const unsigned char *at, *operand; unsigned form; };

struct rts_build {
	struct { const unsigned char *at; uint64_t size; } text[RTS_BUILD_MAX];
	struct { const char *name; unsigned kind; const unsigned char *object;
		 uint32_t size; const unsigned char *stub; }
		mark[RTS_BUILD_MAX];
	struct { unsigned mark, offset, width, sites;
		 struct rts_build_site_ site[RTS_BUILD_MAX]; }
		slot[RTS_BUILD_MAX];
	struct { unsigned length, flags, tag, first, count; }
		form[RTS_BUILD_MAX];
	const struct rts_build_encoding *encoding[RTS_BUILD_MAX];
	unsigned encoding_length[RTS_BUILD_MAX];
	unsigned texts, marks, slots, forms, encodings;
	unsigned machine;		/* EM_X86_64 unless changed */
	uint64_t address;		/* header.address; 0: where it stands */
	unsigned char *out;
	size_t at, room;
};

void rts_build_begin(struct rts_build *b);
unsigned rts_build_text(struct rts_build *b, const void *at, uint64_t size);
unsigned rts_build_mark(struct rts_build *b, const char *name, unsigned kind,
			const volatile void *object, size_t size,
			const void *stub);
unsigned rts_build_form(struct rts_build *b, unsigned tag, unsigned flags,
			const struct rts_build_encoding *e, unsigned count);
unsigned rts_build_slot(struct rts_build *b, unsigned mark, unsigned offset,
			unsigned width);
/* Sites of one slot in ascending order.  operand is an address. */
void rts_build_site(struct rts_build *b, unsigned slot, const void *at,
		    unsigned form, const void *operand);
/* Write the table, which is to stand at `table'; returns its size. */
size_t rts_build_end(struct rts_build *b, void *table, size_t room);

/* Put the right checksum in (a second implementation of it). */
void rts_build_crc(void *table);

/* ---- x86-64 forms of DESIGN part 6 ------------------------------------ */

extern const struct rts_build_encoding rts_load32[2];	/* mov x,%eax */
extern const struct rts_build_encoding rts_load64[4];	/* mov x,%rax */
extern const struct rts_build_encoding rts_call_slot[2];	/* call *x */
extern const struct rts_build_encoding rts_call[3];	/* call stub; V == 0
					   has an inline body: cli */
extern const struct rts_build_encoding rts_jmp[2];	/* jmp stub */

/* ---- damage ----------------------------------------------------------- */

/* One field of one structure of a table, changed. */
struct rts_damage {
	const char *name;	/* "mark.kind: 0" */
	int array;		/* offset of its *_off in the header; 0: the
				   header itself; -1: a pool index, below */
	unsigned index;		/* element */
	unsigned offset, width;	/* of the field */
	uint64_t value;
	int code;		/* RTLD_E_* that must be the answer */
};

extern const struct rts_damage rts_damages[];
extern const size_t rts_damage_count;

/* Do it, and make the checksum right again.  Returns the byte changed. */
size_t rts_damage_do(void *table, const struct rts_damage *damage);

#endif /* RTS_BUILD_H */
