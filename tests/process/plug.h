/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plug.h - what a shared object with marks gives to who loads it
 *
 * Two are loaded at once, and into a program that has marks, too: of the same
 * names, since each image speaks of its own.
 */
#ifndef PROCESS_PLUG_H
#define PROCESS_PLUG_H

#include "platform/process.h"
#include "rtstatic.h"

#define hidden __attribute__((visibility("hidden")))

struct steps {
	unsigned (*one)(unsigned x);
};

/* One of these in each image. */
extern hidden unsigned level;		RTS_VAR(level);
extern hidden struct steps steps;	RTS_OPS(steps);
RTS_DECLARE_FUNC(unsigned, mix, (unsigned x));

struct plug {
	const char *name;
	unsigned base;		/* even */
	int loaded;		/* what the constructor's bind returned */
	struct rtld_process_image *image;
	unsigned (*get_level)(void);	/* marked: follows a bind */
	unsigned (*get_steps)(unsigned x);
	unsigned (*get_mix)(unsigned x);
	void (*set)(unsigned to);	/* level, and what steps and mix add */
	/* Not bound: what another file may define, and does. */
	unsigned (*get_common)(void);
	/* The object's own, though the program has a copy of it. */
	unsigned (*get_own)(void);
	void (*set_own)(unsigned to);
};

/* Each shared object exports this, its only symbol but common and copied. */
typedef struct plug *plug_function(void);

#endif /* PROCESS_PLUG_H */
