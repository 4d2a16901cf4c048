// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * plug.c - a shared object that binds itself when it is loaded
 *
 * Compiled with -DNAME and -DBASE=n, so that two of them differ.
 */
#include "plug.h"

#ifndef NAME			/* for who reads this file by itself */
#define NAME "plug"
#define BASE 0
#endif
#define public __attribute__((visibility("default")))

unsigned level = BASE;
struct steps steps;

static unsigned add_one(unsigned x) { return x + BASE + 1; }
static unsigned add_two(unsigned x) { return x + BASE + 2; }
RTS_DEFINE_FUNC(mix, add_one);

/* The program has one, too, and it counts. */
public extern unsigned common;
RTS_VAR(common);
unsigned common = BASE;

/*
 * The name that the program knows is preemptible, and a program that is linked
 * at a fixed place keeps a copy of its own; here it is read by another name,
 * where it was put.
 */
public unsigned copied = BASE;
extern hidden __attribute__((alias("copied"))) unsigned own;
RTS_VAR(own);

static unsigned get_level(void) { return level; }
static unsigned get_steps(unsigned x) { return steps.one(x) + 0; }
static unsigned get_mix(unsigned x) { return mix(x); }
static unsigned get_common(void) { return common; }
static unsigned get_own(void) { return own; }

static RTS_SETTER void set_own(unsigned to) { own = to; }
static RTS_SETTER void set(unsigned to)
{
	level = to;
	steps.one = to & 1 ? add_one : add_two;
	RTS_SET_FUNC(mix, to & 1 ? add_one : add_two);
}

static struct rtld_process_image image;
static struct plug plug = {
	NAME, BASE, 1, &image, get_level, get_steps, get_mix, set, get_common,
	get_own, set_own,
};

static __attribute__((constructor)) void load(void)
{
	set(BASE + 1);
	own = BASE + 7;
	plug.loaded = rtld_process_load(&image, RTS_TABLE, RTS_TABLE_SIZE);
}

public plug_function get_plug;
struct plug *get_plug(void)
{
	return &plug;
}
