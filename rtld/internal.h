/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * internal.h - what the files of rtld share, and the host tools look at
 *
 * Names end in '_': they are not for kernels and programs, and may change.
 * ld-wrap and rts-dump include this header to walk an opened image with the
 * very code that will bind it.
 *
 * Two ways to build.  One file at a time, the internal functions are hidden
 * externs.  As one unit (rtld.c, which defines RTLD_UNITY), they are static:
 * an assembler leaves relocations even for calls between two global functions
 * of one file, and rtld must run before anybody has applied relocations.
 *
 * Trust.  rtld_open_at() shows that the table is whole and that its arrays lie
 * inside it.  That indices and fields in the arrays are good is shown by
 * rtld_validate(), or by ld-wrap, which called it for the table that it wrote;
 * all other files rely on it.  The streams are checked each time they are
 * walked.
 */
#ifndef RTLD_INTERNAL_H
#define RTLD_INTERNAL_H

#include "rtld.h"

#ifdef RTLD_UNITY
#define RTLD_LOCAL	static __attribute__((unused))
#else
#define RTLD_LOCAL	__attribute__((visibility("hidden")))
#endif

#define RTLD_NOINLINE	__attribute__((noinline))

/* A field of a structure that stands unaligned at p. */
#define RTLD_GET8_(p, type, field)	((p)[offsetof(type, field)])
#define RTLD_GET16_(p, type, field)	rts_ld16((p) + offsetof(type, field))
#define RTLD_GET32_(p, type, field)	rts_ld32((p) + offsetof(type, field))
#define RTLD_GET64_(p, type, field)	rts_ld64((p) + offsetof(type, field))

/* A 32-bit field of the header; and the i-th element of an array. */
#define RTLD_HEAD_(rt, field)						\
	RTLD_GET32_((rt)->image, struct rts_header, field)
#define RTLD_AT_(rt, array, i)						\
	((rt)->image + RTLD_HEAD_(rt, array##_off) +			\
	 (size_t)(i) * sizeof(struct rts_##array))

/* ---- image.c ---------------------------------------------------------- */

/* CRC-32C of a table of size bytes (>= sizeof(struct rts_header)), with its
 * crc field taken as 0. */
RTLD_LOCAL uint32_t rtld_crc_(const unsigned char *image, size_t size);

/* Make fault and stats 0: all that a call leaves behind. */
RTLD_LOCAL RTLD_NOINLINE void rtld_clear_(struct rtld *rt);

/* Where memory with this run-time address can be read (and written). */
static inline unsigned char *rtld_pointer_(const struct rtld *rt,
					   uint64_t address)
{
	return (unsigned char *)((uintptr_t)rt->image +
				 (uintptr_t)(address - rt->address));
}

/* ---- stream.c --------------------------------------------------------- */

/*
 * One site, and the road to the next.  Where it is stands in rt->fault (slot,
 * site, form, address, value, slot_address; offset is the stream's next byte):
 * what is being looked at is always what a refusal must name, so it is kept in
 * one place.  All addresses are run-time addresses.
 *
 * A tool that asks "what if" sets source[RTS_SOURCE_VALUE] between
 * rtld_next_() and rtld_look_().
 */
struct rtld_site_ {
	uint64_t source[5];	/* by enum rts_source: 0, V, slot, stub,
				   operand; V extended as the form says */
	const unsigned char *record;	/* struct rts_slot */
	const unsigned char *mark;	/* struct rts_mark of the slot */
	const unsigned char *form;	/* struct rts_form */
	uint32_t length;	/* bytes */
	uint8_t avoid;		/* may be set after rtld_start_(): encodings
				   that are not to be chosen, but the linked
				   one; see below */
	/* rtld_look_() says.  Encodings are counted from the last, the linked
	 * one, which is 1; see rtld_index_() */
	uint32_t chosen;	/* the first encoding that V allows */
	uint8_t holds;		/* the first one that the bytes may be; 0: they
				   are foreign */
	uint8_t off_chosen;	/* 0: the bytes are just the chosen one */
	uint8_t off_linked;	/* 0: the bytes are just the linked one */
	unsigned char in_window; /* not 0: that is a window */
	unsigned char off, foreign;	/* field.c's own */
	unsigned char wanted[RTS_SITE_MAX];	/* bytes of the chosen one; those
						   of the linked one stand in
						   fault.expected */
};
#define RTLD_AVOID_ALL_		1u
#define RTLD_AVOID_INSIDE_	6u	/* = RTS_ENCODING_WINDOW and _DEPENDS: what
					   is not written without leave */


/* Go to a slot (index < slot_count), stand before its first site.  Clears
 * fault.code. */
RTLD_LOCAL void rtld_start_(struct rtld *rt, struct rtld_site_ *s,
			    uint32_t slot);

/* Go to the next site and read the slot's content: 0.  RTLD_END_ if there is
 * none, or a positive code.  Does not read text. */
RTLD_LOCAL int rtld_next_(struct rtld *rt, struct rtld_site_ *s);
#define RTLD_END_	(-1)

/* ---- field.c ---------------------------------------------------------- */

/* Copy n bytes. */
RTLD_LOCAL RTLD_NOINLINE void rtld_copy_(void *to, const void *from, size_t n);

/*
 * Compare the site with what it holds, bytes: fills s from chosen on.  0 if
 * the linked encoding cannot reach; fault.low and .high are then its limits
 * (both 0: not a multiple of 2^shift).
 *
 * An encoding may be chosen if its guard holds and its field fits.  Bytes that
 * are the linked encoding's hold that; else bytes may
 * be an encoding if its template agrees and, except for a field that holds V,
 * the field too: V may have been another, all other sources are known.
 */
RTLD_LOCAL RTLD_NOINLINE int rtld_look_(struct rtld *rt, struct rtld_site_ *s,
			  const unsigned char *bytes);

/* How many encodings the site's form has; and the index of one of them. */
static inline uint32_t rtld_encodings_(const struct rtld_site_ *s)
{
	return RTLD_GET8_(s->form, struct rts_form, encodings);
}

static inline uint32_t rtld_index_(const struct rtld_site_ *s,
				   uint32_t from_last)
{
	return rtld_encodings_(s) - from_last;
}

/* ---- seal.c ----------------------------------------------------------- */

/* The checksum of an image, RELOCATABLE or not; its header is good. */
uint32_t rtld_seal_crc_(const unsigned char *image)
	__attribute__((visibility("hidden")));

/* ---- read.c: the arrays as structures, not part of the core ----------- */

/* The i-th element in *out: 1; or 0 if there is none.  rt is open. */
int rtld_text_(const struct rtld *rt, uint32_t i, struct rts_text *out)
	__attribute__((visibility("hidden")));
int rtld_mark_(const struct rtld *rt, uint32_t i, struct rts_mark *out)
	__attribute__((visibility("hidden")));
int rtld_slot_(const struct rtld *rt, uint32_t i, struct rts_slot *out)
	__attribute__((visibility("hidden")));
int rtld_form_(const struct rtld *rt, uint32_t i, struct rts_form *out)
	__attribute__((visibility("hidden")));
int rtld_encoding_(const struct rtld *rt, uint32_t i, struct rts_encoding *out)
	__attribute__((visibility("hidden")));
/* A name by its index in the strings; NUL-terminated within the image. */
const char *rtld_name_(const struct rtld *rt, uint32_t name)
	__attribute__((visibility("hidden")));
/* Bytes of the pool (templates, masks, slices, guard data). */
const unsigned char *rtld_pool_(const struct rtld *rt, uint32_t at)
	__attribute__((visibility("hidden")));

/* dump.c cuts names to this; see doc/rts-abi.md. */
#define RTLD_DUMP_NAME_		40
#define RTLD_DUMP_SYMBOL_	30
#define RTLD_DUMP_LINE_		200

#endif /* RTLD_INTERNAL_H */
