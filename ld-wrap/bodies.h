/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bodies.h - what is said of calls, and what is made of it
 *
 *	calls.c      the records INLINE, CALL and MAY_BE of the inputs, and
 *		     where the linked image has them
 *	bodies.c     which bodies are good; encodings that are bodies
 *	window-x86.c the pushes and pops around a call
 *	asm-calls.c  calls in assembly, held against what they may reach
 */
#ifndef LW_BODIES_H
#define LW_BODIES_H

#include "locate.h"

/* A record of one of these kinds, as an input has it. */
struct lw_call_record {
	enum rts_kind kind;
	const char *name, *where;
	uint64_t size, clobbers;
	const unsigned char *bytes;	/* INLINE: the body */
	const char *why;		/* it cannot be used, or NULL */
	bool taken;			/* the linked image has it */
};

/*
 * Is it one of these kinds?  Then take the record of room bytes that stands at
 * data, in an input: *why says what is wrong with it, if anything is.  A
 * relocation in its body is for the caller to look for, from *body on.
 */
bool lw_call_record_is(uint32_t kind);
const char *lw_call_record_body(const unsigned char *data, size_t room,
				size_t *body);

/* The same of the linked image; address and stub are filled in. */
void lw_call_record_linked(struct lw_link *link, const unsigned char *data,
			   size_t room);

/* Where a call is, for the bodies that may stand there. */
struct lw_call_place {
	uint64_t slot;
	uint64_t content;	/* of the slot, as it is loaded */
	bool tail;		/* jmp: a body returns */
	uint32_t allowed;	/* RTS_CLOBBER_* that a body may change */
	uint32_t pushed;	/* registers that are popped behind it */
	unsigned before, after;	/* bytes of these pushes and pops */
};

/* Put in front of a form's encodings those that are bodies. */
void lw_bodies_add(struct lw_link *link, struct lw_form *form,
		   const struct lw_call_place *place);
/*
 * The same for the use at offset at of a run; may make a window of it.  Returns
 * how many bytes earlier the site begins then.
 */
unsigned lw_bodies_of_use(struct lw_run *run, uint64_t start,
			  uint64_t at, uint64_t slot, struct lw_form *form);
/* A body that stands in n bytes: false if it does not fit.  *single: it is
 * still one instruction. */
bool lw_body_fill(unsigned machine, const struct lw_body *body, bool tail,
		  unsigned char *to, size_t n, bool *single);

/*
 * The pushes in front of the call at offset at of the run, and the pops behind
 * it, as many as match: their bytes and registers.  start is an offset from
 * which the code can be decoded.
 */
struct lw_window {
	unsigned before, after;	/* bytes */
	uint32_t pushed;	/* RTS_CLOBBER_* */
};
struct lw_window lw_window_x86(struct lw_run *run, uint64_t start,
			       uint64_t at, unsigned length);
/* Make of a call's form that of its window. */
void lw_window_form(const struct lw_run *run, uint64_t at,
		    const struct lw_window *window, struct lw_form *form);

/* Does an unwind table speak of the section? */
bool lw_has_unwind(const struct lw_run *run);

/* The call in assembly at this address, or NULL. */
struct lw_asm_call *lw_asm_call_at(struct lw_link *link, uint64_t address);
/* A use was found at offset at: perhaps it is one of those. */
void lw_asm_call_seen(struct lw_run *run, uint64_t start, uint64_t at,
		      unsigned length, const struct lw_reference *one,
		      uint64_t slot);
/* All of them against what they may reach, once the uses are known. */
void lw_asm_calls_check(struct lw_link *link);

/* What a pointer holds when the image is loaded, or 0 (linked.c). */
uint64_t lw_linked_pointer(struct lw_link *link, uint64_t address);

#endif /* LW_BODIES_H */
