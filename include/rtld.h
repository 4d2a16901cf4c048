/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rtld.h - the relocator: bind, switch over, unbind
 *
 * rtld reads an image (rts/abi.h) and rewrites the sites it lists, so that
 * each carries the present content of the memory it used to load.  It uses no
 * libc, allocates nothing, keeps no globals, never prints and never aborts.
 *
 * Memory is the truth, text is a cache of it: set the marked objects with
 * ordinary stores, then bind.  An image that is never bound is correct.
 *
 * Every function returns 0 or a positive number, or the negative of a code in
 * rts/errors.def; rt->fault then says which site, slot, bytes and value.
 * Nothing is written to text before every check of that call has passed, and
 * nothing can fail after the first write.
 *
 * One transaction at a time for one struct rtld: a nested call (from a
 * callback) and one on another CPU meanwhile are refused with BUSY, and leave
 * stats and fault to the first.
 */
#ifndef RTLD_H
#define RTLD_H

#include "rts/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rtld_error {
#define RTLD_ERROR(name, number, text) RTLD_E_##name = number,
#include "rts/errors.def"
#undef RTLD_ERROR
	RTLD_E_NONE = 0
};

/* What was wrong, filled when a function returns a negative code.  Fields
 * that do not apply are 0. */
struct rtld_fault {
	int32_t  code;		/* enum rtld_error, positive */
	int32_t  host;		/* what begin() or change() returned */
	uint32_t offset;	/* byte of the image that was wrong */
	uint32_t slot;		/* index of the slot */
	uint32_t site;		/* index of the site within the slot */
	uint32_t form;		/* index of the form */
	uint64_t address;	/* run-time address of the site */
	uint64_t value;		/* V, the content of the slot */
	uint64_t slot_address;	/* run-time address of the slot */
	int64_t  low, high;	/* the limits that were missed, inclusive */
	uint32_t length;	/* bytes used of the two arrays */
	uint8_t  expected[RTS_SITE_MAX];	/* the linked encoding */
	uint8_t  found[RTS_SITE_MAX];
};

/* What the last bind, switch, unbind or check found.  Units: sites. */
struct rtld_stats {
	uint32_t sites;		/* visited; = bound + kept + dropped */
	uint32_t bound;		/* carry the value */
	uint32_t kept;		/* linked encoding: the value does not fit, or
				   unbound */
	uint32_t dropped;	/* text is gone, not touched */
	uint32_t written;	/* bytes differed and were written */
};

/* An opened image.  Owned by the caller; 0 bytes of it live elsewhere.  All
 * fields are read-only for the caller. */
struct rtld {
	const unsigned char *image;	/* where the table can be read */
	uint64_t address;		/* the address it has for running code */
	uint32_t size;
	uint32_t busy;
	struct rtld_stats stats;
	struct rtld_fault fault;
};

/* What a host of several CPUs counts, for rtld_dump(); since it began. */
struct rtld_rounds {
	const char *name;	/* of the host, one word */
	uint32_t transactions;	/* that begin() has not refused */
	uint32_t rounds;	/* of interrupts to the other CPUs, of them all */
	uint32_t last;		/* of the last transaction */
	uint32_t batches;	/* of sites, if it writes in such */
};

/*
 * The platform: what rtld needs done around its writes.  Every callback may
 * be NULL, and so may the host, which is then one without callbacks (but
 * rtld_dump() needs print).  None may call back into rtld for the same struct
 * rtld.
 */
struct rtld_host {
	void *ctx;		/* handed to every callback */

	/* Before the first check: stop whatever could run the text or change
	 * the memory, and make the text writable.  Negative refuses: the call
	 * returns -RTLD_E_HOST, end() is not called, nothing has changed. */
	int (*begin)(void *ctx, const struct rtld *rt);

	/* After the last write, or after a refusal: close text, make every CPU
	 * serialise, let the others go. Cannot fail. */
	void (*end)(void *ctx, const struct rtld *rt);

	/* Write n bytes (1..RTS_SITE_MAX) over text.  NULL: a plain copy.
	 * Cannot fail: what can, belongs into begin(). */
	void (*write)(void *ctx, void *text, const void *bytes, size_t n);

	/* Is this text still there?  0: freed or unloaded, the site is counted
	 * as dropped and not read.  NULL: everything is. */
	int (*live)(void *ctx, const void *text, size_t n);

	/* May a context resume inside this text, that is at an instruction
	 * that begins behind its first byte: an interrupted one, or one that
	 * sleeps in a function called from there?  0: none can, which is for
	 * the host to prove; it is asked between begin() and end() only.
	 * NULL: some may.  Then encodings of several instructions are neither
	 * written nor replaced: a site that holds one is refused with
	 * TEXT_INSIDE, another one takes the next encoding.  And a branch, or
	 * a retpoline, that goes by a register which was loaded with V a little
	 * earlier and looked at in between is not bound anew: it takes its
	 * linked encoding.  text and n then begin at that load. */
	int (*inside)(void *ctx, const void *text, size_t n);

	/* For rtld_dump(): one line with its '\n', not NUL-terminated. */
	void (*print)(void *ctx, const char *line, size_t n);

	/* For rtld_dump(): the name of the function or object that begins at
	 * this address, copied with its NUL into buf of size bytes; returns
	 * its length, or 0 if there is none. */
	size_t (*symbol)(void *ctx, uint64_t address, char *buf, size_t size);

	/* For rtld_dump(): what the host has counted.  NULL: it counts
	 * nothing. */
	void (*rounds)(void *ctx, struct rtld_rounds *to);
};

/*
 * Open the table at image, of which max bytes may be read.  Shows that it is
 * whole (magic, version, header, machine, CRC, every array inside it), so that
 * it is the one that the linker wrote.  The table stays the caller's and must
 * not change while rt is used.  image NULL (an image that plain ld linked):
 * -RTLD_E_MAGIC.
 */
int rtld_open(struct rtld *rt, const void *image, size_t max);

/*
 * The same for code that runs elsewhere than where it is read: at an identity
 * mapping before a kernel has moved to its own addresses, or in a file that
 * is only simulated.  address is what the table's first byte has, or will
 * have, in the address space that the marked pointers speak of.  Accepts a
 * table of any machine: a kernel adds rtld_expect(rt, RTS_ENV_MACHINE).
 */
int rtld_open_at(struct rtld *rt, const void *image, size_t max,
		 uint64_t address);

/* Refuse a table that is not for this machine (ELF e_machine). */
int rtld_expect(struct rtld *rt, unsigned machine);

/*
 * Show that an open table makes sense: text ranges, marks, slots, forms,
 * encodings, slices.  rtld_open() shows that a table is whole and is the one
 * that the linker wrote; ld-wrap has called this for that one, and rts-dump
 * does for each it reads.  A kernel that takes tables from elsewhere calls it
 * after rtld_open(): nothing else may be done with such a table before, for a
 * wrong index in it is a wild pointer.  A refused table is not open any more.
 * A separate object: who does not call it does not link it.
 */
int rtld_validate(struct rtld *rt);

/*
 * Modules: relocatable files that `ld-wrap -r --rts-table' wrote.  Section
 * .rts.tab has an image for each section of code with sites, one behind the
 * other; ordinary relocations complete them.  Once these have been applied,
 * and while the section's memory can be written, seal: images is its first
 * byte, size its size.  Returns how many images there are, or a negative code
 * and nothing is changed (MAGIC: there are none).  Sealing twice does no harm.
 * Then open each, rtld_open(&rt, p, max), with p the index-th of them; NULL:
 * there are no more.  When a section of code is freed, forget its image.
 * A separate object: who does not call it does not link it.
 */
int rtld_seal(void *images, size_t size);
const void *rtld_image(const void *images, size_t size, unsigned index,
		       size_t *max);

/* Bind every slot to its present content. */
int rtld_bind(struct rtld *rt, const struct rtld_host *host);

/* Bind the slots of the one marked object that begins at object: where it is
 * read, as image was for rtld_open_at().  A FUNC's object is its slot. */
int rtld_bind_object(struct rtld *rt, const struct rtld_host *host,
		     const void *object);

/*
 * One switch-over: begin, check every site, change(arg), bind all, end.
 * change stores the new content; if it returns a negative number nothing is
 * written and the call returns -RTLD_E_CHANGE (change undoes its own stores).
 * The check is that of rtld_check(): text that does not follow from the content
 * as it is before change, or is linked, is refused, a stale value as well.
 */
int rtld_switch(struct rtld *rt, const struct rtld_host *host,
		int (*change)(void *arg), void *arg);

/* Write the linked encoding back everywhere. */
int rtld_unbind(struct rtld *rt, const struct rtld_host *host);

/*
 * Write nothing: 0 if each site holds its linked encoding or just what the
 * present content gives; -RTLD_E_TEXT_STALE if one holds another value;
 * -RTLD_E_TEXT_BYTES if one holds none of its encodings.  Only live() of the
 * host is used; host may be NULL.
 */
int rtld_check(struct rtld *rt, const struct rtld_host *host);

enum rtld_dump_what {
	RTLD_DUMP_MARKS = 1,	/* a line a mark; the two frame lines always */
	RTLD_DUMP_SLOTS = 2,	/* a line a slot, with its content */
	RTLD_DUMP_SITES = 4	/* a line a site, with bytes */
};

/* Print the state of text through host->print, in the format that
 * doc/rts-abi.md fixes.  Writes nothing, needs no begin().  A separate object:
 * who does not call it does not link it. */
int rtld_dump(struct rtld *rt, const struct rtld_host *host, unsigned what);

/* The text of a code, positive or negative, and its short name ("CRC").
 * Static strings; unknown codes give "unknown error". Separate object. */
const char *rtld_strerror(int code);
const char *rtld_errname(int code);

#ifdef __cplusplus
}
#endif

#endif /* RTLD_H */
