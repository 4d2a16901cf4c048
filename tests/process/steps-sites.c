// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * steps-sites.c - what must be true of the sites while a context is stopped
 *
 * Where the context is, is known to the byte.  So it is known, too, which sites
 * the relocator must not touch, or only in one way, and that all others must be
 * as their slots say.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "steps-sites.h"

#define SITES_MAX	4096
#define STACK_MAX	1000	/* words */

struct site {
	unsigned char *text;
	unsigned length, before, tag;
	bool window;		/* its form has such encodings */
	bool was_inside;
	unsigned char was[RTS_SITE_MAX];
};

struct steps steps;

static struct site sites[SITES_MAX];
static unsigned sites_count;
static unsigned long in_front[RTS_TAG_COUNT], behind[RTS_TAG_COUNT],
	within, asleep, between;

bool steps_inside(const unsigned char *text, size_t n)
{
	if (!steps.sp)
		return false;
	/* A wrong one may have left its stack. */
	if (steps_base - steps.sp > STACK_MAX)
		return true;
	if (steps.pc - (uintptr_t)text - 1 < n - 1)
		return true;
	for (uintptr_t *p = steps.sp; p < steps_base; p++) {
		if (*p - (uintptr_t)text - 1 < n - 1)
			return true;
	}
	return false;
}

int steps_near(void *ctx, const void *text, size_t n)
{
	(void)ctx, (void)n;
	return steps.near[(const unsigned char *)text - steps.process.text];
}

bool steps_find_sites(void)
{
	struct rtld_site_ s;
	struct rtld copy = steps.rt;

	for (uint32_t i = 0; i < RTLD_HEAD_(&steps.rt, slot_count); i++) {
		rtld_start_(&copy, &s, i);
		while (!rtld_next_(&copy, &s)) {
			const unsigned char *f = s.form;
			struct site *one = &sites[sites_count++];

			if (sites_count == SITES_MAX)
				return false;
			one->text = rtld_pointer_(&steps.rt, copy.fault.address);
			one->length = s.length;
			one->before = RTLD_GET8_(f, struct rts_form, before);
			one->tag = RTLD_GET8_(f, struct rts_form, tag);
			one->window = RTLD_GET8_(f, struct rts_form, flags) &
				      RTS_FORM_WINDOW;
		}
	}
	return true;
}

/* Does a site hold several instructions, and would it change, or may it, while
 * the context is inside? */
bool steps_must_refuse(bool strict, bool unbind)
{
	struct rtld copy = steps.rt;
	struct rtld_site_ s;
	bool refuse = false;
	unsigned before;

	for (uint32_t i = 0; i < RTLD_HEAD_(&steps.rt, slot_count); i++) {
		rtld_start_(&copy, &s, i);
		while (!rtld_next_(&copy, &s)) {
			unsigned char *text =
				rtld_pointer_(&steps.rt, copy.fault.address);

			if (!steps_near(NULL, text, 1))
				continue;
			s.avoid = unbind ? RTLD_AVOID_ALL_ : 0;
			rtld_look_(&copy, &s, text);
			before = RTLD_GET8_(s.form, struct rts_form, before);
			if (s.in_window && (strict || s.off_chosen) &&
			    (steps.mode == NONE ||
			     steps_inside(text - before, s.length + before)))
				refuse = true;
		}
	}
	return refuse;
}

void steps_remember(void)
{
	for (unsigned i = 0; i < sites_count; i++) {
		struct site *s = &sites[i];

		if (!steps_near(NULL, s->text, 1))
			continue;
		s->was_inside = steps.mode == NONE || steps_inside(s->text - s->before,
				s->length + s->before);
		memcpy(s->was, s->text, s->length);
	}
}

void steps_mistake(const char *what)
{
	if (steps.mistaken++ < 10)
		printf("# %s, stop %u, plan %d: %s\n", steps.name, steps.stop_at,
		       (int)steps.plan, what);
}

/* After a refusal nothing was written; else each site is as V says, but where
 * somebody is inside: there a dependent one is as linked. */
void steps_verify(bool refusal)
{
	struct rtld copy = steps.rt;
	struct rtld_site_ s;
	unsigned n = 0;

	for (uint32_t i = 0; i < RTLD_HEAD_(&steps.rt, slot_count); i++) {
		rtld_start_(&copy, &s, i);
		for (; !rtld_next_(&copy, &s); n++) {
			struct site *one = &sites[n];
			bool same = !memcmp(one->was, one->text, s.length);

			if (!steps_near(NULL, one->text, 1))
				continue;
			if (refusal) {
				if (!same)
					steps_mistake("written, but refused");
				continue;
			}
			s.avoid = 0;
			rtld_look_(&copy, &s, one->text);
			if (!one->before || !one->was_inside) {
				if (s.off_chosen && !one->was_inside)
					steps_mistake("not bound");
				steps.bound += one->before != 0 && !s.off_chosen;
			} else if (s.off_linked && (!same || s.off_chosen)) {
				steps_mistake("bound, but somebody is before it");
			} else {
				steps.stayed += !s.off_linked && s.off_chosen;
			}
		}
	}
}

void steps_count_place(void)
{
	for (unsigned i = 0; i < sites_count; i++) {
		uintptr_t at = steps.pc - (uintptr_t)sites[i].text;

		in_front[sites[i].tag] += !at;
		behind[sites[i].tag] += at == sites[i].length;
		within += at - 1 < sites[i].length - 1u;
		between += at + sites[i].before - 1 < sites[i].before;
		if (at - 1 >= sites[i].length - 1u && sites[i].window &&
		    steps_inside(sites[i].text, sites[i].length))
			asleep++;
	}
}

/* Which sites a case has: where it comes by, however they are bound. */
void steps_learn(uintptr_t pc)
{
	for (unsigned i = 0; i < sites_count; i++) {
		if (pc - (uintptr_t)sites[i].text + sites[i].before <
		    sites[i].length + sites[i].before)
			steps.near[sites[i].text - steps.process.text] = 1;
	}
}

void steps_report(void)
{
	static const char *const tags[] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
	};

	for (unsigned i = 0; i < RTS_TAG_COUNT; i++) {
		if (in_front[i])
			printf("kind %s front %lu behind %lu\n", tags[i],
			       in_front[i], behind[i]);
	}
	printf("within %lu asleep %lu between %lu\n", within, asleep,
	       between);
}
