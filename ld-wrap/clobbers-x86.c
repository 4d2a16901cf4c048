// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * clobbers-x86.c - what a few instructions, or a function, may change
 *
 * Where paths meet, only what is known on both is kept; the registers that may
 * hold something else than at entry only become more.  That ends, and the
 * answer may be too large, but is not too small: what cannot be followed
 * changes everything.  (One thing is taken for granted, as compilers do: that
 * no store through a pointer hits a register that was put on the stack.)
 *
 * Functions call each other, perhaps in circles.  All that can be reached are
 * gone through again and again, each with what the others are known to change,
 * until nothing is added.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "clobbers-x86.h"
#include "known-x86.h"

#define FUNCTIONS_MAX	500
#define POINTS_MAX	20000

uint32_t lw_clobbers_of_c(unsigned machine)
{
	return machine == EM_386 ? RTS_CLOBBERS_C_I386 :
		RTS_CLOBBERS_C_X86_64;
}

uint32_t lw_clobbers_all(unsigned machine)
{
	return machine == EM_386 ? LW_CLOBBERS_ALL & ~0xff00u :
		LW_CLOBBERS_ALL;
}

const char *lw_clobbers_text(unsigned machine, uint32_t mask)
{
	static const char *const names[] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8",
		"r9", "r10", "r11", "r12", "r13", "r14", "r15", "flags",
		"vector"
	};
	char *text = lw_strdup("");

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		bool narrow = machine == EM_386 && i < 8;

		if (mask & 1u << i)
			text = lw_asprintf("%s%s%s%s", text, *text ? " " : "",
					   narrow ? "e" : "",
					   names[i] + narrow);
	}
	return *text ? text : "nothing";
}

/* ---- a body ------------------------------------------------------------ */

static const char *refuse(const struct lw_effects *e)
{
	if (e->relative)
		return "has an operand that counts from its own place";
	if (e->flow != LW_WAY_NEXT)
		return "goes elsewhere: a branch, a return, a trap or a "
			"system call";
	if (e->direction)
		return "changes the direction flag";
	if (e->stack > LW_STACK_ADJUST)
		return "changes the stack pointer in a way that cannot be "
			"followed";
	if (e->looks && e->stack != LW_STACK_ADJUST)
		return "looks at the stack, which is not as in a function";
	return NULL;
}

const char *lw_body_clobbers(unsigned machine, const unsigned char *code,
			     size_t size, uint32_t *clobbers,
			     unsigned *instructions)
{
	struct lw_effects e;
	struct lw_known s;
	const char *why;

	lw_known_begin(&s);
	*instructions = 0;
	*clobbers = LW_CLOBBERS_ALL;
	if (size > RTS_SITE_MAX)
		return "is longer than any site";
	for (size_t at = 0; at < size; at += e.length) {
		if (!lw_decode_effects(machine, code + at, size - at, at, &e))
			return "cannot be decoded";
		why = refuse(&e);
		if (why)
			return why;
		if (!lw_known_apply(&s, &e))
			return "takes more off the stack than it put there";
		if (s.lost)
			return "moves the stack by half a word";
		++*instructions;
	}
	if (s.depth)
		return "leaves something on the stack";
	*clobbers = s.changed;
	return NULL;
}

/* ---- a function -------------------------------------------------------- */

struct function {
	uint64_t entry, end;	/* end: where no code of its own goes on */
	uint32_t mask;
};

/* A point is an address with what is known there. */
struct point {
	uint64_t address;
	struct lw_known state;
	size_t next;		/* of the same hash; index + 1 */
	bool waiting;
};

#define BUCKETS 1024

struct analysis {
	struct lw_image *image;
	LW_ARRAY(struct function) functions;
	LW_ARRAY(struct point) points;
	LW_ARRAY(size_t) work;
	size_t buckets[BUCKETS];
	bool stub;		/* where it jumps does not count */
	const char *why;
};

static bool is_named(const struct lw_image *image, uint64_t address,
		     const char *start)
{
	const struct lw_image_symbol *symbol =
		lw_image_symbol_at(image, address);

	return symbol && symbol->address == address &&
	       !strncmp(symbol->name, start, strlen(start));
}

/* A retpoline: a call of it is one through a register. */
static bool is_thunk(const struct lw_image *image, uint64_t address)
{
	return is_named(image, address, "__x86_indirect_thunk_") ||
	       is_named(image, address, "__llvm_retpoline_");
}

static size_t function_at(struct analysis *a, uint64_t entry)
{
	const struct lw_image_symbol *symbol;
	struct function *one;

	for (size_t i = 0; i < a->functions.count; i++) {
		if (a->functions.at[i].entry == entry)
			return i;
	}
	symbol = lw_image_symbol_at(a->image, entry);
	one = LW_PUSH(&a->functions);
	one->entry = entry;
	one->end = UINT64_MAX;
	if (symbol && symbol->size && entry - symbol->address < symbol->size)
		one->end = symbol->address + symbol->size;
	if (a->functions.count > FUNCTIONS_MAX)
		a->why = "it calls too many functions";
	return a->functions.count - 1;
}

/* Another path comes here: only what both know is known.  True if that is
 * less than was known. */
static bool join(struct lw_known *to, const struct lw_known *from)
{
	struct lw_known before = *to;

	to->changed |= from->changed;
	to->lost |= from->lost || to->depth != from->depth;
	if (to->frame != from->frame)
		to->frame = -1;
	if (to->pointer != from->pointer)
		to->pointer = -1;
	for (unsigned i = 0; i < LW_KNOWN_WORDS; i++) {
		if (to->word[i] != from->word[i])
			to->word[i] = -1;
	}
	return before.changed != to->changed || before.lost != to->lost ||
	       before.frame != to->frame || before.pointer != to->pointer ||
	       memcmp(before.word, to->word, sizeof(to->word));
}

static void reach(struct analysis *a, uint64_t address,
		  const struct lw_known *s)
{
	size_t hash = address % BUCKETS, i = a->buckets[hash];
	struct point *one;

	while (i && a->points.at[i - 1].address != address)
		i = a->points.at[i - 1].next;
	if (!i) {
		one = LW_PUSH(&a->points);
		one->address = address;
		one->state = *s;
		one->next = a->buckets[hash];
		i = a->buckets[hash] = a->points.count;
		if (a->points.count > POINTS_MAX)
			a->why = "it is too large";
	} else {
		one = &a->points.at[i - 1];
		if (!join(&one->state, s))
			return;
	}
	if (!one->waiting)
		*LW_PUSH(&a->work) = i - 1;
	one->waiting = true;
}

/* The function's end: what is changed now is what it changes. */
static void leave(struct analysis *a, size_t function, const struct lw_known *s,
		  uint32_t more)
{
	/* A stub may push where it goes, and return there. */
	if (s->lost || s->depth > a->stub)
		a->why = "its stack cannot be followed to its end";
	a->functions.at[function].mask |= s->changed | more;
}

static void call(struct analysis *a, const struct lw_effects *e,
		 struct lw_known *s)
{
	uint32_t mask = lw_clobbers_of_c(a->image->machine);

	if (e->direct && !is_thunk(a->image, e->target))
		mask = a->functions.at[function_at(a, e->target)].mask;
	s->changed |= mask;
	s->pointer = -1;
	/* What is below the stack pointer is the callee's. */
	for (int64_t i = s->depth; !s->lost && i < LW_KNOWN_WORDS; i++)
		s->word[i] = -1;
	/* A frame that the callee may have moved is none. */
	if (mask & RTS_CLOBBER_RBP)
		s->frame = -1;
}

/* `call 1f; 1: pop %ebx' finds out where it runs. */
static bool is_push_of_place(const struct lw_effects *e, uint64_t address)
{
	return e->direct && e->target == address + e->length;
}

static void jump(struct analysis *a, size_t function,
		 const struct lw_effects *e, const struct lw_known *s)
{
	uint32_t c = a->stub ? 0 : lw_clobbers_of_c(a->image->machine);

	if (e->direct && is_named(a->image, e->target, "__x86_return_thunk"))
		leave(a, function, s, 0);
	else if (e->direct && is_thunk(a->image, e->target))
		leave(a, function, s, c);
	else if (e->direct)
		reach(a, e->target, s);
	else if (e->through || a->stub ||
		 (e->pointer >= 0 && e->pointer == s->pointer))
		leave(a, function, s, c);
	else
		a->why = "it jumps to where a register says";
}

/* Overwrites its own return address, as a retpoline does. */
static bool is_odd(const struct lw_effects *e, const struct lw_known *s)
{
	return (e->saves || e->stores) && e->base == LW_REG_SP && !s->lost &&
	       s->depth * e->word <= e->disp &&
	       e->disp < (s->depth + 1) * e->word;
}

/* Only in what is loaded to be executed. */
static bool decode(const struct lw_image *image, uint64_t address,
		   struct lw_effects *e)
{
	for (size_t i = 0; i < image->code.count; i++) {
		const struct lw_code *code = &image->code.at[i];
		uint64_t at = address - code->address;

		if (at < code->size && code->data)
			return lw_decode_effects(image->machine,
						 code->data + at,
						 code->size - at, address, e);
	}
	return false;
}

static void step(struct analysis *a, size_t function, size_t point)
{
	uint64_t address = a->points.at[point].address, next;
	struct lw_known s = a->points.at[point].state;
	struct lw_effects e;

	a->points.at[point].waiting = false;
	if (!decode(a->image, address, &e)) {
		a->why = "it has bytes that are no instruction";
		return;
	}
	next = address + e.length;
	if (is_odd(&e, &s))
		a->why = "it changes its own return address";
	if (e.flow == LW_WAY_CALL && is_push_of_place(&e, address)) {
		lw_known_set(&s, s.depth, -1);
		s.depth += !s.lost;
	} else if (e.flow == LW_WAY_CALL) {
		call(a, &e, &s);
		/* What does not return ends many a function. */
		if (next == a->functions.at[function].end)
			return;
	} else if (e.flow == LW_WAY_RETURN) {
		leave(a, function, &s, 0);
		return;
	} else if (e.flow == LW_WAY_STOP) {
		return;
	} else if (e.flow == LW_WAY_SYSTEM) {
		a->why = "it enters or leaves a system";
		return;
	} else if (e.flow == LW_WAY_JUMP) {
		jump(a, function, &e, &s);
		return;
	} else if (!lw_known_apply(&s, &e)) {
		a->why = "it takes more off the stack than it put there";
		return;
	}
	if (e.flow == LW_WAY_BRANCH)
		reach(a, e.target, &s);
	reach(a, next, &s);
}

static void analyse(struct analysis *a, size_t function)
{
	struct lw_known s;

	lw_known_begin(&s);
	a->points.count = a->work.count = 0;
	memset(a->buckets, 0, sizeof(a->buckets));
	reach(a, a->functions.at[function].entry, &s);
	while (a->work.count && !a->why)
		step(a, function, a->work.at[--a->work.count]);
}

/* Until nothing is added, to any of them. */
static void settle(struct analysis *a)
{
	bool more = true;

	while (more && !a->why) {
		more = false;
		for (size_t i = 0; i < a->functions.count && !a->why; i++) {
			uint32_t mask = a->functions.at[i].mask;
			size_t count = a->functions.count;

			analyse(a, i);
			more |= mask != a->functions.at[i].mask ||
				count != a->functions.count;
		}
	}
}

static struct lw_clobbers follow(struct lw_image *image, uint64_t address,
				 bool stub)
{
	struct analysis *a = lw_alloc(sizeof(*a));
	struct lw_clobbers result = { lw_clobbers_all(image->machine), NULL };

	a->image = image;
	a->stub = stub;
	function_at(a, address);
	settle(a);
	result.why = a->why;
	if (!a->why)
		result.mask = a->functions.at[0].mask &
			      ~(1u << LW_REG_SP);
	return result;
}

struct lw_clobbers lw_function_clobbers(struct lw_image *image,
					uint64_t address)
{
	return follow(image, address, false);
}

struct lw_clobbers lw_stub_clobbers(struct lw_image *image, uint64_t address)
{
	return follow(image, address, true);
}
