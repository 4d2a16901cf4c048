// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * main.c - load a module at several places at once, bind it there, and see
 *
 *	main MODULE plain|table
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "load.h"
#include "module.h"
#include "platform/process.h"

#define COPIES	6
#define IMAGES	32

unsigned kernel_level = 20;
static unsigned three(unsigned x) { return x + 3; }
static unsigned four(unsigned x) { return x + 4; }
struct kernel_ops kernel_ops = { three, three };
RTS_DEFINE_FUNC(kernel_mix, three);

static struct copy {
	struct module module;
	unsigned char *tables;
	size_t size;
	int images;
	struct {
		struct rtld rt;
		struct rtld_process process;
		bool is_init;
	} image[IMAGES];
} copies[COPIES];

static unsigned checks, failed;
static bool with_table;

static void equal(const char *what, unsigned have, unsigned want)
{
	checks++;
	if (have == want)
		return;
	failed++;
	printf("FAIL %s: have %u, want %u\n", what, have, want);
}

/* What a function gives of 100, while memory says n, and text what it was
 * bound to. */
static void try_one(const struct copy *c, const char *name, unsigned n,
		    unsigned text, const unsigned *values)
{
	unsigned (*function)(unsigned);
	void *symbol = module_symbol(&c->module, name);

	memcpy(&function, &symbol, sizeof(function));
	equal(name, function(100) - 100, values[with_table ? text : n]);
}

#define TRY(name, ...)							\
	try_one(c, name, n, text, (const unsigned[]){ __VA_ARGS__ })

static void try_functions(const struct copy *c, unsigned n, unsigned text)
{
	TRY("get_level", 10, 11);
	TRY("get_small", 3, 4);
	TRY("get_step", 1, 2);
	TRY("get_mix", 6, 7);
	TRY("get_if", 0, 3);
	TRY("get_kernel_level", 20, 21);
	TRY("get_kernel_step", 8, 9);
	TRY("get_kernel_mix", 3, 4);
}

static void try_init(const struct copy *c, unsigned n, unsigned text)
{
	TRY("init_level", 10, 11);
	TRY("init_kernel_mix", 10, 11);
}

/* Its comparison reads memory, for its branch is the loader's; what it calls
 * is bound. */
static void try_cold(const struct copy *c, unsigned n, unsigned text)
{
	TRY("get_cold", 11, 12);
}

static void set(unsigned n)
{
	unsigned (*function)(unsigned);

	kernel_level = 20 + n;
	kernel_ops.step = n ? four : three;
	RTS_SET_FUNC(kernel_mix, n ? four : three);
	for (unsigned i = 0; i < COPIES; i++) {
		void *symbol = module_symbol(&copies[i].module, "set_all");

		memcpy(&function, &symbol, sizeof(function));
		function(n);
	}
}

/* ---- tables ------------------------------------------------------------ */

static void damage(struct copy *c, size_t at, int want)
{
	unsigned char was[2] = { c->tables[at], c->tables[c->size - 1] };

	c->tables[at] ^= 0x10;
	equal("a damaged table", (unsigned)-rtld_seal(c->tables, c->size),
	      (unsigned)want);
	c->tables[at] ^= 0x10;
	equal("... untouched", c->tables[at] | c->tables[c->size - 1] << 8,
	      was[0] | was[1] << 8);
}

/* How many bytes a loader completes, and between images. */
static unsigned completed(const unsigned char *tables, size_t size)
{
	const unsigned char *p;
	unsigned n = 0;

	for (unsigned i = 0; (p = rtld_image(tables, size, i, NULL)); i++) {
		n += 8 * rts_ld32(p + offsetof(struct rts_header, text_count));
		n += 8 * rts_ld32(p + offsetof(struct rts_header, mark_count));
		n += 4 * rts_ld32(p + offsetof(struct rts_header, slot_count));
		n += -rts_ld32(p + offsetof(struct rts_header, size)) & 7;
	}
	return n;
}

static unsigned images_of(const struct copy *c)
{
	unsigned n = 0;

	while (rtld_image(c->tables, c->size, n, NULL))
		n++;
	return n;
}

/* One bit wrong, anywhere: only in what relocations write that goes unnoticed,
 * and nothing beyond the table is read. */
static void damage_all(const struct copy *c)
{
	unsigned good = 0, all = 0;

	for (size_t i = 0; i < c->size; i++) {
		unsigned char *copy = malloc(c->size);

		if (!copy)
			abort();
		memcpy(copy, c->tables, c->size);
		copy[i] ^= (unsigned char)(1 << i % 8);
		good += rtld_seal(copy, c->size) > 0;
		free(copy);
	}
	for (size_t i = 0; i < c->size; i++) {
		unsigned char *copy = malloc(i + 1);

		if (!copy)
			abort();
		memcpy(copy, c->tables, i);
		all += rtld_seal(copy, i) == (int)images_of(c);
		free(copy);
	}
	equal("bytes that may be wrong", good,
	      completed(c->tables, c->size));
	/* But for the zeros at its end it must be all there. */
	equal("cut, and yet whole", all < 64, 1);
}

static void seal(struct copy *c)
{
	struct rtld rt;
	int count;

	c->tables = module_section(&c->module, ".rts.tab", &c->size);
	equal("not sealed", (unsigned)-rtld_open(&rt, c->tables, c->size),
	      with_table ? RTLD_E_CRC : RTLD_E_MAGIC);
	if (!with_table)
		return;
	/* Magic, version, flags, a stream or a name, but no relocated field. */
	damage(c, 0, RTLD_E_MAGIC);
	damage(c, 4, RTLD_E_VERSION);
	damage(c, 21, RTLD_E_VERSION);
	damage(c, 190, RTLD_E_CRC);
	if (c == copies)
		damage_all(c);
	count = rtld_seal(c->tables, c->size);
	equal("images, at least", count >= 2, 1);
	equal("sealed twice", (unsigned)rtld_seal(c->tables, c->size),
	      (unsigned)count);
	c->images = count < IMAGES ? count : IMAGES;
}

/* Read-only memory from here on. */
static void open_all(struct copy *c)
{
	size_t size, max;
	unsigned char *init = module_section(&c->module, ".init.text", &size);

	for (int i = 0; i < c->images; i++) {
		struct rtld *rt = &c->image[i].rt;
		const void *p = rtld_image(c->tables, c->size, (unsigned)i,
					   &max);
		int rc = rtld_open(rt, p, max);

		equal("open", (unsigned)-rc, 0);
		equal("valid", (unsigned)-rtld_validate(rt), 0);
		equal("as linked", (unsigned)-rtld_check(rt, NULL), 0);
		equal("host", (unsigned)rtld_process_init(
			&c->image[i].process, rt), 0);
		c->image[i].process.host.inside = rtld_process_alone;
		c->image[i].is_init = c->image[i].process.text <= init &&
			init < c->image[i].process.text +
			       c->image[i].process.size;
	}
}

static void bind(struct copy *c, bool init)
{
	for (int i = 0; i < c->images; i++) {
		if (c->image[i].is_init && !init)
			continue;
		equal("bind", (unsigned)-rtld_bind(&c->image[i].rt,
			&c->image[i].process.host), 0);
		equal("check", (unsigned)-rtld_check(&c->image[i].rt, NULL),
		      0);
		equal("kept", c->image[i].rt.stats.kept, 0);
	}
}

static void unbind(struct copy *c)
{
	for (int i = 0; i < c->images; i++) {
		if (!c->image[i].is_init)
			equal("unbind", (unsigned)-rtld_unbind(
				&c->image[i].rt, &c->image[i].process.host),
				0);
	}
}

/* ---- the whole --------------------------------------------------------- */

static void run(struct copy *c)
{
	size_t size;
	void *init = module_section(&c->module, ".init.text", &size);

	set(0);
	try_functions(c, 0, 0);
	bind(c, true);
	set(1);
	try_functions(c, 1, 0);
	try_init(c, 1, 0);
	try_cold(c, 1, 0);
	bind(c, true);
	try_functions(c, 1, 1);
	try_init(c, 1, 1);
	/* A kernel frees this. */
	munmap(init, (size + 4095) / 4096 * 4096);
	set(0);
	bind(c, false);
	try_functions(c, 0, 0);
	unbind(c);
	set(1);
	try_functions(c, 1, 1);
}

static const struct exported exports[] = {
	{ "kernel_level", &kernel_level },
	{ "kernel_ops", &kernel_ops },
	{ "kernel_mix", (void *)(uintptr_t)kernel_mix },
	{ "rts_slot_kernel_mix", (void *)&rts_slot_kernel_mix },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	unsigned sites = 0;

	if (argc != 3)
		return 2;
	with_table = !strcmp(argv[2], "table");
	for (unsigned i = 0; i < COPIES; i++) {
		if (!module_load(&copies[i].module, argv[1], exports, i))
			return 1;
		if (with_table)
			seal(&copies[i]);
		if (!module_ready(&copies[i].module))
			return 1;
	}
	for (unsigned i = 0; i < COPIES; i++)
		open_all(&copies[i]);
	for (unsigned i = 0; i < COPIES; i++)
		run(&copies[i]);
	for (int i = 0; i < copies[0].images; i++)
		sites += copies[0].image[i].rt.stats.sites;
	printf("MODULE %s images=%d sites=%u checks=%u failed=%u\n",
	       failed ? "FAIL" : "PASS", copies[0].images, sites, checks,
	       failed);
	return failed != 0;
}
