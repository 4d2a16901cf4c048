// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * plugged.c - a program with marks loads shared objects with marks
 *
 * What is bound does not follow memory until the next bind: that is how each
 * image is seen to be bound, by itself, and to stay so whatever happens to the
 * others.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "plug.h"

unsigned level = 500;
struct steps steps;
static unsigned five(unsigned x) { return x + 5; }
static unsigned six(unsigned x) { return x + 6; }
RTS_DEFINE_FUNC(mix, five);
extern unsigned common;
unsigned common = 900;

static __attribute__((noinline)) unsigned get_level(void) { return level; }
static __attribute__((noinline)) unsigned get_mix(unsigned x)
{
	return mix(x) + 0;
}

static unsigned checks, failed;
static bool bound;	/* or linked by plain ld */

static void equal(const char *who, const char *what, unsigned have,
		  unsigned want)
{
	checks++;
	if (have == want)
		return;
	failed++;
	printf("FAIL %s: %s: have %u, want %u\n", who, what, have, want);
}

static void look_at_map(const char *when)
{
	char line[512], permissions[8];
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned bad = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %7s", permissions) == 1 &&
		    permissions[1] == 'w' && permissions[2] == 'x')
			bad++;
	}
	equal(when, "pages that can be written and executed", bad, 0);
	if (!f || fclose(f))
		equal(when, "/proc/self/maps", 1, 0);
}

/* Its code has the old values if it is bound, else the new. */
static void expect_state(const struct plug *p, unsigned old, unsigned new)
{
#ifdef __i386__	/* which has no operand for that, in such code */
	equal(p->name, "level", p->get_level(), new);
	equal(p->name, "steps", p->get_steps(100) - 100, new);
#else
	equal(p->name, "level", p->get_level(), bound ? old : new);
	equal(p->name, "steps", p->get_steps(100) - 100, bound ? old : new);
#endif
	equal(p->name, "mix", p->get_mix(100) - 100, bound ? old : new);
}

static void bind_again(const struct plug *p)
{
	int rc = rtld_bind(&p->image->rt, &p->image->process.host);

	equal(p->name, "bind", (unsigned)(rc < 0), !bound);
	if (bound)
		equal(p->name, "check", (unsigned)rtld_check(&p->image->rt,
							     NULL), 0);
	look_at_map("bound again");
}

/* set(n) makes level n, and lets both functions add n, for these two n. */
static void try_plug(const struct plug *p)
{
	unsigned base = p->base, sites = p->image->rt.stats.sites;

	equal(p->name, "bound by its constructor", (unsigned)(p->loaded < 0),
	      !bound);
	if (bound)
		printf("%s: sites %u bound %u kept %u\n", p->name, sites,
		       p->image->rt.stats.bound, p->image->rt.stats.kept);
	equal(p->name, "who may be inside is asked again",
	      p->image->process.host.inside != NULL, 0);
	expect_state(p, base + 1, base + 1);
	p->set(base + 2);
	expect_state(p, base + 1, base + 2);
	bind_again(p);
	expect_state(p, base + 2, base + 2);
	p->set(base + 1);
	expect_state(p, base + 2, base + 1);
	bind_again(p);
	if (bound)
		equal(p->name, "unbind", (unsigned)rtld_unbind(&p->image->rt,
			&p->image->process.host), 0);
	common++;
	equal(p->name, "common is the program's", p->get_common(), common);
	bind_again(p);
	common++;
	equal(p->name, "... and never bound", p->get_common(), common);
}

static struct plug *load(const char *path, int flags, void **handle)
{
	plug_function *get = NULL;
	void *symbol;

	*handle = dlopen(path, RTLD_NOW | flags);
	symbol = *handle ? dlsym(*handle, "get_plug") : NULL;
	memcpy(&get, &symbol, sizeof(get));
	if (get)
		return get();
	printf("FAIL %s: %s\n", path, dlerror());
	return NULL;
}

/* ---- other threads ---------------------------------------------------- */

static volatile bool stop;
static unsigned odd_ones;

static void *run(void *arg)
{
	const struct plug *p = arg;

	while (!stop) {
		unsigned x = p->get_mix(0);

		odd_ones += x - p->base - 1 > 1;
	}
	return NULL;
}

static void with_threads(const struct plug *p)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run, (void *)(uintptr_t)p);
	for (unsigned i = 0; i < 200; i++) {
		p->set(p->base + 1 + i % 2);
		rtld_bind(&p->image->rt, &p->image->process.host);
	}
	stop = true;
	pthread_join(thread, NULL);
	equal(p->name, "what no bind can give, in a thread", odd_ones, 0);
	equal(p->name, "pages lost", p->image->process.lost, 0);
}

/* ---- the whole -------------------------------------------------------- */

static struct rtld_process_image mine;

static RTS_SETTER void set_mine(unsigned to)
{
	level = to;
	RTS_SET_FUNC(mix, to & 1 ? five : six);
}

static void expect_mine(unsigned is, unsigned adds)
{
#ifdef __i386__
	is = level;
#endif
	equal("program", "level", get_level(), is);
	equal("program", "mix", get_mix(0), adds);
}

static void try_both(const char *a, const char *b, int flags)
{
	void *first, *second;
	struct plug *one = load(a, flags, &first), *two = load(b, flags,
							       &second);

	if (!one || !two) {
		failed++;
		return;
	}
	look_at_map("loaded");
	try_plug(one);
	try_plug(two);
	expect_state(one, one->base + 1, one->base + 1);
	if (bound && !stop)
		with_threads(one);
	expect_mine(501, 5);
	dlclose(first);
	equal(b, "its sites, while the other has gone",
	      (unsigned)rtld_check(&two->image->rt, NULL) & bound, 0);
	expect_state(two, two->base + 1, two->base + 1);
	dlclose(second);
	equal("program", "check", bound &&
	      (unsigned)rtld_check(&mine.rt, NULL), 0);
	look_at_map("closed");
}

#ifdef COPIES
/* Linked with a shared object, and at a fixed place. */
extern unsigned copied;
plug_function get_plug;

static void try_copy(void)
{
	struct plug *p = get_plug();

	copied = 5;
	equal("copy", "the object reads its own", p->get_own(), 47);
	p->set_own(8);
	equal("copy", "as it is bound", p->get_own(), bound ? 47 : 8);
	bind_again(p);
	equal("copy", "and bound again", p->get_own(), 8);
	equal("copy", "the program reads its own", copied, 5);
}
#endif

int main(int argc, char **argv)
{
	set_mine(501);
	bound = rtld_process_load(&mine, RTS_TABLE, RTS_TABLE_SIZE) >= 0;
	set_mine(502);
	expect_mine(bound ? 501 : 502, bound ? 5 : 6);
	set_mine(501);
#ifdef COPIES
	try_copy();
#endif
	if (argc > 2) {
		try_both(argv[1], argv[2], RTLD_LOCAL);
		try_both(argv[1], argv[2], RTLD_GLOBAL);
		try_both(argv[2], argv[1], RTLD_LOCAL);
	}
	printf("PLUGGED %s %s checks=%u failed=%u\n",
	       bound ? "bound" : "unbound", failed ? "FAIL" : "PASS", checks,
	       failed);
	return failed != 0;
}
