// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * window-x86.c - a call in assembly between pushes and pops
 *
 *	push	%rax
 *	push	%rcx
 *	call	*ops+8(%rip)
 *	pop	%rcx
 *	pop	%rax
 *
 * The pushes are there because a function may change these registers.  A body
 * that does not needs none of them, and has their bytes as well.  From the
 * call outwards, as long as what is pushed last is popped first, both are part
 * of the window.
 *
 * Only registers that a call may change are taken: around others a compiler
 * puts its own pushes, and tells the unwinder where they are.  Of code that
 * has unwind tables the window is taken only if RTS_CALL_ASM says so: between
 * the two the tables would be wrong about where the frame is.
 */
#include "config.h"

#include <string.h>

#include "bodies.h"
#include "clobbers-x86.h"

#define PAIRS_MAX	16

/* Where the last instructions before a place begin, the nearest first. */
struct before {
	uint64_t at[PAIRS_MAX];
	unsigned count;
};

static bool decode(const struct lw_run *run, uint64_t at, struct lw_effects *e)
{
	return at < run->size &&
	       lw_decode_effects(run->link->image.machine, run->code + at,
				 run->size - at, run->anchor->base + at, e);
}

static struct before look_back(const struct lw_run *run, uint64_t start,
			       uint64_t end)
{
	struct before b = { .count = 0 };
	struct lw_effects e;

	for (uint64_t at = start; at < end; at += e.length) {
		if (b.count == PAIRS_MAX)
			b.count--;
		memmove(b.at + 1, b.at, b.count * sizeof(b.at[0]));
		b.at[0] = at;
		b.count++;
		if (!decode(run, at, &e) || at + e.length > end)
			return (struct before){ .count = 0 };
	}
	return b;
}

/* A register that a call may change, and nothing else. */
static bool is_word(const struct lw_run *run, const struct lw_effects *e,
		    enum lw_stack way)
{
	uint32_t c = lw_clobbers_of_c(run->link->image.machine);

	return e->stack == way && e->reg >= 0 && e->reg < LW_REG_FLAGS &&
	       c & 1u << e->reg;
}

struct lw_window lw_window_x86(struct lw_run *run, uint64_t start,
			       uint64_t at, unsigned length)
{
	struct before b = look_back(run, start, at);
	struct lw_window w = { .before = 0 };
	struct lw_effects push, pop;
	uint64_t first = at, end = at + length;

	for (unsigned i = 0; i < b.count; i++) {
		if (!decode(run, b.at[i], &push) ||
		    !is_word(run, &push, LW_STACK_PUSH) ||
		    !decode(run, end, &pop) ||
		    !is_word(run, &pop, LW_STACK_POP) ||
		    push.reg != pop.reg ||
		    end + pop.length - b.at[i] > RTS_SITE_MAX ||
		    lw_entered(run, b.at[i] + 1, end + pop.length - 1))
			break;
		first = b.at[i];
		end += pop.length;
		w.pushed |= 1u << push.reg;
	}
	w.before = (unsigned)(at - first);
	w.after = (unsigned)(end - at - length);
	return w;
}

/* The call's encodings, each between the same pushes and pops. */
void lw_window_form(const struct lw_run *run, uint64_t at,
		    const struct lw_window *w, struct lw_form *form)
{
	unsigned length = form->length;
	const unsigned char *pops = run->code + at + length;

	form->tag = RTS_TAG_CALL_WINDOW;
	form->length = (uint8_t)(w->before + length + w->after);
	for (unsigned i = 0; i < form->encoding_count; i++) {
		struct lw_encoding *e = &form->encodings[i];

		memmove(e->template + w->before, e->template, length);
		memmove(e->mask + w->before, e->mask, length);
		memcpy(e->template, run->code + at - w->before, w->before);
		memcpy(e->template + w->before + length, pops, w->after);
		memset(e->mask, 0xff, w->before);
		memset(e->mask + w->before + length, 0xff, w->after);
		for (unsigned k = 0; k < e->slice_count; k++)
			e->slices[k].to = (uint8_t)(e->slices[k].to +
						    8 * w->before);
		if (e->flags & RTS_ENCODING_PLACE)
			e->bias = (uint8_t)(e->bias + w->before);
	}
}

bool lw_has_unwind(const struct lw_run *run)
{
	const struct lw_object *object = run->anchor->object;

	for (size_t i = 1; i < object->section_count; i++) {
		struct lw_relocations all;

		if (strcmp(lw_section_name(object, i), ".eh_frame"))
			continue;
		all = lw_relocations_of(object, i);
		for (size_t k = 0; k < all.count; k++) {
			size_t symbol = ELF64_R_SYM(all.at[k].r_info);

			if (lw_sym_section(object, symbol) ==
			    run->anchor->section)
				return true;
		}
	}
	return false;
}
