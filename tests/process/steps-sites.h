/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * steps-sites.h - the stopped context, and what follows from it for the sites
 */
#ifndef STEPS_SITES_H
#define STEPS_SITES_H

#include "platform/process.h"
#include "steps.h"

/* What the host says: the truth, nothing, or that nobody is inside. */
enum mode { LEAVE, NONE, LIE };
enum plan { STORE, SWITCH, BIND, UNBIND, AGAIN, TO_AND_FRO, EACH };

extern struct steps {
	struct rtld rt;
	struct rtld_process process;	/* for its range of text only */
	enum mode mode;
	enum plan plan;
	const char *name;	/* of the case */
	unsigned stop_at;
	unsigned char *near;	/* a byte for each of the text: is a site there
				   of this case?  Others are dropped, for
				   speed */
	uintptr_t pc, *sp;	/* of the stopped context; sp NULL: none */
	unsigned long stayed, bound, mistaken;
} steps;
extern uintptr_t *steps_base;	/* the stack of a case ends here */

bool steps_find_sites(void);
int steps_near(void *ctx, const void *text, size_t n);	/* a live() */

/* Is the context behind the first byte of this text, or will it return to
 * there? */
bool steps_inside(const unsigned char *text, size_t n);

/* The context is here: count it; the sites around it are near. */
void steps_count_place(void);
void steps_learn(uintptr_t pc);

/* Must a switch (strict), a bind, an unbind be refused now? */
bool steps_must_refuse(bool strict, bool unbind);

/* Before a bind or a switch, and after it. */
void steps_remember(void);
void steps_verify(bool refusal);

void steps_mistake(const char *what);
void steps_report(void);

#endif /* STEPS_SITES_H */
