// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * asm-calls.c - calls in assembly, held against what they may reach
 *
 * RTS_CALL_ASM says which registers a place lets go.  A function that changes
 * another one there is a bug that shows up far away and only once that
 * function is bound.  So each is looked at when the program is linked: what the
 * slot holds then, and what RTS_MAY_BE says that it may hold.
 */
#include "config.h"

#include <inttypes.h>

#include "bodies.h"
#include "clobbers-x86.h"

struct lw_asm_call *lw_asm_call_at(struct lw_link *link, uint64_t address)
{
	for (size_t i = 0; i < link->asm_calls.count; i++) {
		if (link->asm_calls.at[i].address == address)
			return &link->asm_calls.at[i];
	}
	return NULL;
}

void lw_asm_call_seen(struct lw_run *run, uint64_t start, uint64_t at,
		      unsigned length, const struct lw_reference *one,
		      uint64_t slot)
{
	struct lw_asm_call *call = lw_asm_call_at(run->link,
						  run->anchor->base + at);
	struct lw_effects e;

	if (!call)
		return;
	call->is_call = lw_decode_effects(run->link->image.machine,
					  run->code + at, run->size - at,
					  call->address, &e) &&
			e.flow == LW_WAY_CALL;
	call->seen = true;
	call->length = length;
	call->slot = slot;
	call->mark = one->mark;
	call->to_stub = one->to_stub;
	call->pushed = lw_window_x86(run, start, at, length).pushed;
}

/* The declared body of a function, or NULL. */
static const struct lw_body *body_of(const struct lw_link *link,
				     uint64_t function)
{
	for (size_t i = 0; i < link->bodies.count; i++) {
		if (link->bodies.at[i].address == function)
			return &link->bodies.at[i];
	}
	return NULL;
}

static const char *name_of(const struct lw_link *link, uint64_t function)
{
	const struct lw_image_symbol *symbol =
		lw_image_symbol_at(&link->image, function);

	if (symbol && symbol->address == function)
		return symbol->name;
	return lw_asprintf("0x%" PRIx64, function);
}

static void hold_against(struct lw_link *link, const struct lw_asm_call *call,
			 uint64_t function)
{
	const struct lw_body *body = body_of(link, function);
	unsigned machine = link->image.machine;
	struct lw_clobbers c = lw_function_clobbers(&link->image, function);
	uint32_t allowed = call->clobbers | call->pushed;
	const struct lw_mark *mark = &link->marks.at[call->mark];
	const struct lw_image_symbol *in =
		lw_image_symbol_at(&link->image, call->address);
	uint64_t offset = call->slot - mark->address;

	/* What the code does not show is believed, if it is declared. */
	if (c.why && body)
		c = (struct lw_clobbers){ body->clobbers, NULL };
	else if (body)
		c.mask |= body->clobbers;
	if (!(c.mask & ~allowed))
		return;
	lw_say(LW_CLOBBERS, "%s: the call at 0x%" PRIx64 " in `%s' lets go %s, "
	       "but `%s', which `%s'%s may hold, changes %s%s%s", call->where,
	       call->address, in ? in->name : "?",
	       lw_clobbers_text(machine, allowed), name_of(link, function),
	       mark->name, offset ? lw_asprintf("+0x%" PRIx64, offset) : "",
	       lw_clobbers_text(machine, c.mask & ~allowed),
	       c.why ? ", for all that is known: " : "", c.why ? c.why : "");
}

/* Until it is bound the call goes by the stub, and not all of those do
 * nothing but jump. */
static void hold_against_stub(struct lw_link *link,
			      const struct lw_asm_call *call)
{
	const struct lw_mark *mark = &link->marks.at[call->mark];
	uint32_t allowed = call->clobbers | call->pushed;
	unsigned machine = link->image.machine;
	struct lw_clobbers c;

	if (!call->to_stub || mark->redirect)
		return;
	c = lw_stub_clobbers(&link->image, mark->stub);
	if (c.mask & ~allowed)
		lw_say(LW_CLOBBERS, "%s: the call at 0x%" PRIx64 " lets go %s, "
		       "but the stub `%s' changes %s", call->where,
		       call->address, lw_clobbers_text(machine, allowed),
		       mark->name, lw_clobbers_text(machine, c.mask &
						    ~allowed));
}

static void check(struct lw_link *link, const struct lw_asm_call *call)
{
	uint64_t content = lw_linked_pointer(link, call->slot);

	hold_against_stub(link, call);
	if (content)
		hold_against(link, call, content);
	for (size_t i = 0; i < link->may_be.count; i++) {
		const struct lw_candidate_value *one = &link->may_be.at[i];

		if (one->slot == call->slot && one->function != content)
			hold_against(link, call, one->function);
	}
}

/* What stands there, if it is not what it should be. */
static const char *wrong(const struct lw_asm_call *call)
{
	if (!call->seen)
		return "is no call of anything marked";
	if (!call->is_call)
		return "is no call";
	if (call->length < 5)
		return "is too small for a direct call";
	return NULL;
}

void lw_asm_calls_check(struct lw_link *link)
{
	for (size_t i = 0; i < link->asm_calls.count; i++) {
		const struct lw_asm_call *call = &link->asm_calls.at[i];
		const char *why = wrong(call);

		if (why)
			lw_say(LW_ASM_CALL, "%s: what stands at 0x%" PRIx64
			       " %s", call->where, call->address, why);
		else
			check(link, call);
	}
}
