/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dump.h - the parts of rts-dump
 *
 *	rts-dump.c	options, the order of work, exit status
 *	dump-find.c	where the table is
 *	dump-view.c	the table as arrays
 *	dump-set.c	--set: content of slots
 *	dump-form.c	bytes, forms and addresses in words
 *	dump-text.c	the listing for people
 *	dump-json.c	the listing for programs
 *	dump-check.c	--check
 *	dump-log.c	reads the debug dump's lines
 *	dump-agree.c	--check-log: a log against the image
 *	dump-memory.c	--memory: guest memory against image and log
 *	dump-expect.c	--expect: what text must look like
 */
#ifndef LW_DUMP_H
#define LW_DUMP_H

#include "lw.h"
#include "sim.h"

#define DUMP_GOOD	0
#define DUMP_BAD	1	/* image, log or memory is not right */
#define DUMP_TROUBLE	2	/* could not find out */

/* ---- the table as arrays; all addresses are link-time addresses ------- */

struct view_mark {
	uint64_t address, stub;
	uint32_t size, kind;
	const char *name;
	size_t slots, sites;
};

struct view_slot {
	uint64_t address;
	unsigned width;
	size_t mark, first, sites;	/* sites of the view */
	const char *source;		/* of its content; NULL: the image */
};

struct view_encoding {
	uint8_t guard, source, flags, shift, bits, range, slices, bias;
	const unsigned char *template, *mask, *slices_at, *guard_at;
};

struct view_form {
	unsigned length, flags, tag;
	size_t first, encodings;	/* encodings of the view */
	size_t sites;
};

struct view_site {
	uint64_t address;
	size_t slot, form;
	unsigned length;
	/* with the present content of the simulated memory */
	unsigned index;			/* encodings: not even linked fits */
	unsigned char found[RTS_SITE_MAX], bound[RTS_SITE_MAX];
	unsigned char late[RTS_SITE_MAX];	/* windows are left alone */
};

struct view {
	const unsigned char *table;
	uint32_t size, crc, site_count, stream_size;
	uint16_t version, machine;
	uint64_t address;
	LW_ARRAY(struct rts_text) text;	/* start is an address here */
	LW_ARRAY(struct view_mark) marks;
	LW_ARRAY(struct view_slot) slots;
	LW_ARRAY(struct view_form) forms;
	LW_ARRAY(struct view_encoding) encodings;
	LW_ARRAY(struct view_site) sites;	/* slot by slot */
	size_t *by_address;			/* the same, as in text */
};

void view_read(struct view *, struct lw_sim *);
/* Fill what the sites hold and what they would be bound to. */
void view_bind(struct view *, struct lw_sim *);
/* The content of a slot. */
uint64_t view_value(const struct lw_sim *, const struct view_slot *);
/* A site that is bound, and not kept. */
bool view_is_bound(const struct view *, const struct view_site *);
const char *kind_name(unsigned kind);
const char *tag_name(unsigned tag);

/* ---- a debug dump, from a log or from rtld_dump() ---------------------- */

struct log_counts {
	uint64_t sites, bound, kept, dropped;
};

struct log_mark {
	const char *name, *kind;
	uint64_t address, size;
	struct log_counts counts;
};

struct log_slot {
	const char *name;
	uint64_t offset, width, value;
	struct log_counts counts;
};

struct log_site {
	const char *name;
	uint64_t address, offset;
	size_t line;
	int index;			/* of its encoding, or LOG_* */
	unsigned encodings, length, now_length;
	unsigned char linked[RTS_SITE_MAX], now[RTS_SITE_MAX];
};

#define LOG_FOREIGN	(-1)
#define LOG_GONE	(-2)

struct log_dump {
	size_t line;		/* of its begin */
	uint64_t version, machine, crc, address, bias;
	uint64_t mark_count, slot_count, site_count;
	LW_ARRAY(struct log_mark) marks;
	LW_ARRAY(struct log_slot) slots;
	LW_ARRAY(struct log_site) sites;
	struct log_counts end;
	bool has_host;		/* one that counts; rounds of interrupts */
	const char *host;
	size_t host_line;
	uint64_t transactions, rounds, last, batches;
	const char *damage;	/* the first line in it that is not one */
	size_t damage_line;
	bool complete;
};

typedef LW_ARRAY(struct log_dump) log_dumps;

/* Find every dump in a text; lines may carry a prefix and a CR. */
void log_read(log_dumps *, const char *text, size_t size);

/* What rtld itself says of the simulated memory now. */
void log_of_sim(log_dumps *, struct lw_sim *);

/* ---- what is asked for ------------------------------------------------ */

/* Guest memory: the byte of run-time address `address' is at `offset'. */
struct dump_memory {
	const char *path;
	uint64_t offset, address;
};

struct dump {
	const char *path, *log;
	bool check, check_log, expect, sites, json;
	LW_ARRAY(struct dump_memory) memories;
	LW_ARRAY(const char *) gone;		/* sections */
	uint64_t bias;
	LW_ARRAY(const char *) settings;	/* NAME[+OFF][:WIDTH]=VALUE */
	size_t set_count;	/* of them, that found their mark */
	bool in_module;		/* the image is one of several */
	struct lw_image image;
	struct lw_sim sim;
	struct view view;
	int status;		/* the worst so far */
};

/* Say something on stderr and remember the status. */
void dump_say(struct dump *, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A whole file; NULL and said why. */
char *dump_slurp(struct dump *, const char *path, size_t *size);
/* Set table_address and table_room; false if there is no table. */
bool dump_find_table(struct lw_image *);
/* Lay the image out, with its pointers moved by bias; false and said why. */
bool dump_open(struct dump *, uint64_t bias);

/* Apply --set to the simulated memory. */
void dump_set(struct dump *);
bool dump_store(struct dump *, uint64_t address, unsigned width,
		uint64_t value);

void dump_text(struct dump *);
void dump_json(struct dump *);
void dump_check(struct dump *);
void dump_agree(struct dump *);
/* Guest memory against the file and the sites of one dump, or without one as
 * --expect says, or as linked. */
void dump_memory(struct dump *, const struct log_dump *);
/* n bytes of it at a run-time address, or NULL. */
const unsigned char *dump_memory_at(struct dump *, uint64_t address,
				    uint64_t n);

/* Contents of slots from guest memory, where it has them; before --set. */
void dump_contents(struct dump *);
/* Bind the simulation, and fill the sites' bound and late bytes; false and
 * said why. */
bool dump_bind(struct dump *);
/* A section as it must be then. */
unsigned char *dump_expected(const struct dump *, const struct lw_code *);
void dump_expect(struct dump *);
/* --gone: a section that is not looked at; is each of them one? */
bool dump_is_gone(const struct dump *, const struct lw_code *);
bool dump_knows_gone(struct dump *);

/* Name, demangled, of the symbol that holds a link-time address, or NULL. */
const char *dump_where(const struct dump *, uint64_t address,
		       uint64_t *offset);
/* Name of what begins at the address that a slot holds, or NULL. */
const char *dump_value_name(const struct dump *, const struct view_slot *,
			    uint64_t value);
/* "if V fits signed 32 bits", "linked"; and "c7 c0 [V]". */
const char *dump_condition(const struct dump *, const struct view_form *,
			   const struct view_encoding *, bool linked);
const char *dump_pattern(const struct view_form *,
			 const struct view_encoding *);
/* The instructions, "push %rax; call 0x1000 <f>", and where they begin: a bit
 * for each byte; 0 if some of the bytes are none. */
uint32_t dump_instructions(const struct dump *, uint64_t address,
			   const unsigned char *bytes, size_t n,
			   const char **words);
const char *dump_hex(const unsigned char *bytes, size_t n, const char *between);

#endif /* LW_DUMP_H */
