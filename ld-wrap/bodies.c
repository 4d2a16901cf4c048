// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bodies.c - encodings of a call that are the called function's body
 *
 * Each is guarded by "the slot holds that function" and stands in front of the
 * direct call.  What has one instruction is filled up in front with prefixes
 * that the CPU ignores, nothing at all becomes one long nop: that is one
 * instruction as the call was, and can be exchanged with it at any time.  What
 * has several has boundaries where the call has none; a context may be there
 * while the call comes back, or the other way round.  Such an encoding says so
 * (RTS_ENCODING_WINDOW) and is used only where no context can be inside.
 *
 * In place of a jump a body returns.
 *
 * Prefixes on i386: cs, which is ignored in 64-bit mode, is not here, if there
 * is a memory operand.  So it is the one that the operand has anyhow: ss by
 * ebp, else ds.  Beside an fs or gs of the body's own none is put; then a nop
 * behind it fills up.
 */
#include "config.h"

#include <string.h>

#include "bodies.h"
#include "clobbers-x86.h"
#include "decode-x86.h"
#include "nop-x86.h"

#define RET		0xc3
#define NOP_MAX		11	/* bytes of the longest that is fast enough */

/* ---- bytes ------------------------------------------------------------- */

/* As few as can be, and long ones. */
static void put_nops(unsigned char *to, size_t n)
{
	size_t now;

	for (; n; to += now, n -= now) {
		now = n > NOP_MAX ? NOP_MAX : n;
		lw_put_nop(to, now);
	}
}

/* The prefix that changes nothing about this instruction, or 0. */
static unsigned char padding(unsigned machine, const unsigned char *code,
			     size_t size)
{
	struct lw_effects e;

	if (!lw_decode_effects(machine, code, size, 0, &e) || e.segment ||
	    e.length != size)
		return 0;
	if (machine != EM_386)
		return 0x2e;
	return e.memory && e.by_stack ? 0x36 : 0x3e;
}

/* One instruction of n bytes, if that can be done. */
static bool stretch(unsigned machine, const unsigned char *code, size_t size,
		    unsigned char *to, size_t n)
{
	unsigned char pad = padding(machine, code, size);
	struct lw_effects e;

	if (n > size && (!pad || n > LW_INSTRUCTION_MAX))
		return false;
	memset(to, pad, n - size);
	memcpy(to + n - size, code, size);
	return lw_decode_effects(machine, to, n, 0, &e) && e.length == n;
}

bool lw_body_fill(unsigned machine, const struct lw_body *body, bool tail,
		  unsigned char *to, size_t n, bool *single)
{
	unsigned char code[RTS_SITE_MAX + 1];
	unsigned instructions = body->instructions + tail;
	size_t size = body->size + tail;

	if (size > n || n > RTS_SITE_MAX)
		return false;
	memcpy(code, body->bytes, body->size);
	code[body->size] = RET;
	*single = instructions == 1 && stretch(machine, code, size, to, n);
	if (*single)
		return true;
	*single = !instructions && n <= NOP_MAX;
	memcpy(to, code, size);
	put_nops(to + size, n - size);
	return true;
}

/* ---- encodings --------------------------------------------------------- */

/* Those that are bodies, before the form's own follow them. */
struct found {
	struct lw_link *link;
	const struct lw_form *form;
	const struct lw_call_place *place;
	struct lw_encoding at[LW_ENCODINGS_MAX];
	size_t count, room;
	bool more;		/* than there is room for */
};

static void put(struct found *f, const struct lw_encoding *one, bool single)
{
	if (f->count == f->room) {
		f->more = true;
		return;
	}
	f->at[f->count] = *one;
	memset(f->at[f->count].mask, 0xff, f->form->length);
	f->at[f->count++].flags = single ? 0 : RTS_ENCODING_WINDOW;
}

/* Instead of the whole site, pushes and pops included. */
static void put_whole(struct found *f, const struct lw_body *body,
		      struct lw_encoding *one)
{
	bool single;

	if (lw_body_fill(f->link->image.machine, body, f->place->tail,
			 one->template, f->form->length, &single))
		put(f, one, single && !f->place->before);
}

/* Instead of the call, between the pushes and the pops: where it has one
 * instruction, all of them begin where those of the linked one do. */
static void put_between(struct found *f, const struct lw_body *body,
			struct lw_encoding *one, bool only_single)
{
	const struct lw_form *form = f->form;
	const struct lw_encoding *linked =
		&form->encodings[form->encoding_count - 1];
	unsigned before = f->place->before;
	unsigned size = form->length - before - f->place->after;
	bool single;

	memcpy(one->template, linked->template, form->length);
	if (lw_body_fill(f->link->image.machine, body, f->place->tail,
			 one->template + before, size, &single) &&
	    (single || !only_single))
		put(f, one, single);
}

static void try_body(struct found *f, const struct lw_body *body)
{
	struct lw_encoding one = {
		.guard = RTS_GUARD_EQUAL | RTS_GUARD_RELATIVE,
		.source = RTS_SOURCE_NONE,
		.guard_data = { body->address -
				f->link->image.table_address }
	};

	if (body->clobbers & ~f->place->allowed)
		return;
	if (!(body->clobbers & f->place->pushed))
		put_whole(f, body, &one);
	if (f->place->before)
		put_between(f, body, &one,
			    !(body->clobbers & f->place->pushed));
}

/* Is it known that the slot may hold it? */
static bool is_expected(const struct found *f, const struct lw_body *body)
{
	const struct lw_link *link = f->link;

	if (f->place->content == body->address)
		return true;
	for (size_t i = 0; i < link->may_be.count; i++) {
		if (link->may_be.at[i].slot == f->place->slot &&
		    link->may_be.at[i].function == body->address)
			return true;
	}
	return false;
}

static void try_bodies(struct found *f)
{
	struct lw_link *link = f->link;

	for (int expected = 1; expected >= 0; expected--) {
		for (size_t i = 0; i < link->bodies.count; i++) {
			const struct lw_body *body = &link->bodies.at[i];

			if (is_expected(f, body) == expected)
				try_body(f, body);
		}
	}
}

void lw_bodies_add(struct lw_link *link, struct lw_form *form,
		   const struct lw_call_place *place)
{
	struct found f = { .link = link, .form = form, .place = place };

	f.room = LW_ENCODINGS_MAX - form->encoding_count;
	try_bodies(&f);
	if (f.more && !link->said_many_bodies)
		lw_say(LW_MANY_BODIES, "%s: more bodies than a call can have "
		       "(%d); some are not used", link->command.output,
		       LW_ENCODINGS_MAX);
	link->said_many_bodies |= f.more;
	memmove(form->encodings + f.count, form->encodings,
		form->encoding_count * sizeof(form->encodings[0]));
	memcpy(form->encodings, f.at, f.count * sizeof(f.at[0]));
	form->encoding_count = (uint8_t)(form->encoding_count + f.count);
	for (size_t i = 0; i < f.count; i++) {
		if (f.at[i].flags & RTS_ENCODING_WINDOW)
			form->flags |= RTS_FORM_WINDOW;
	}
}

/* ---- one use ----------------------------------------------------------- */

static bool is_call(const struct lw_form *form)
{
	return form->tag == RTS_TAG_CALL || form->tag == RTS_TAG_CALL_SLOT;
}

static bool is_tail(const struct lw_form *form)
{
	return form->tag == RTS_TAG_JMP || form->tag == RTS_TAG_JMP_SLOT ||
	       form->tag == RTS_TAG_JMP_THUNK;
}

unsigned lw_bodies_of_use(struct lw_run *run, uint64_t start,
			  uint64_t at, uint64_t slot, struct lw_form *form)
{
	struct lw_link *link = run->link;
	const struct lw_asm_call *call;
	struct lw_call_place place = { .slot = slot, .tail = is_tail(form) };
	struct lw_window window = { .before = 0 };

	/* Which function a slot holds is told by its distance from the table,
	 * that a module loader decides. */
	if (!link->bodies.count || link->layout ||
	    (!is_call(form) && !place.tail && form->tag != RTS_TAG_CALL_THUNK))
		return 0;
	call = lw_asm_call_at(link, run->anchor->base + at);
	if (is_call(form) && (call || !lw_has_unwind(run)))
		window = lw_window_x86(run, start, at, form->length);
	if (window.before)
		lw_window_form(run, at, &window, form);
	place.before = window.before;
	place.after = window.after;
	place.pushed = window.pushed;
	place.allowed = call ? call->clobbers | window.pushed :
		lw_clobbers_of_c(link->image.machine);
	place.content = lw_linked_pointer(link, slot);
	lw_bodies_add(link, form, &place);
	return window.before;
}
