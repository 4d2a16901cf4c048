// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * verify.c - rtld's own code over the result, before anybody may boot it
 *
 * The linked file is laid out in memory, and what a kernel will do is done to
 * it: check, bind, check, unbind; with the content that the slots were linked
 * with, and with values at the edges of every field.  After each bind the
 * instructions of each site must begin where the linked ones do, as a decoder
 * that took no part in making them reads the bytes (one for one, but for
 * windows); after each unbind the text must be what the real linker wrote.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "decode-x86.h"
#include "lw.h"
#include "sim.h"
#include "table.h"
#include "../rtld/internal.h"

struct trial {
	struct lw_link *link;
	struct lw_sim sim;
	const char *what;	/* being tried, for messages */
	unsigned char *pristine;	/* all text, as linked */
	LW_ARRAY(struct range { uint64_t start, end; }) sites;
	bool failed;
};

/* ---- messages --------------------------------------------------------- */

static void hex(char *to, const unsigned char *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (; n; n--, bytes++) {
		*to++ = digits[*bytes >> 4];
		*to++ = digits[*bytes & 15];
	}
	*to = '\0';
}

/* All that rtld knows about its refusal. */
static void say_fault(struct trial *t, int code)
{
	const struct rtld_fault *f = &t->sim.rt.fault;
	char expected[2 * RTS_SITE_MAX + 1], found[2 * RTS_SITE_MAX + 1];

	hex(expected, f->expected, f->length);
	hex(found, f->found, f->length);
	lw_say(LW_VERIFY, "%s: %s: %s: site at 0x%" PRIx64 ", slot at 0x%"
	       PRIx64 " holds 0x%" PRIx64 ", expected %s, found %s",
	       t->link->image.path, t->what, rtld_strerror(code),
	       f->address - t->sim.bias, f->slot_address - t->sim.bias,
	       f->value, *expected ? expected : "-", *found ? found : "-");
	t->failed = true;
}

static bool passed(struct trial *t, int code)
{
	if (code < 0)
		say_fault(t, code);
	return code >= 0;
}

/* ---- sites ------------------------------------------------------------ */

/* Where instructions begin, a bit for each byte; 0 if some are none. */
static uint32_t starts_of(unsigned machine, const unsigned char *bytes,
			  unsigned n)
{
	struct lw_fields fields;
	uint32_t starts = 0;

	for (unsigned at = 0; at < n; at += fields.length) {
		if (!lw_decode_fields(machine, bytes + at, n - at, &fields))
			return 0;
		starts |= (uint32_t)1 << at;
	}
	return starts;
}

/* Who was to go on at an instruction of a site can: one begins there, whatever
 * was written.  An encoding for which that does not hold must say so. */
static void decode_site(struct trial *t, const struct lw_sim_site *s)
{
	unsigned machine = t->link->image.machine;
	uint32_t starts = starts_of(machine, s->at, s->length);
	char bytes[2 * RTS_SITE_MAX + 1];

	if (starts && (s->window ||
		       starts == starts_of(machine, s->linked, s->length)))
		return;
	hex(bytes, s->at, s->length);
	lw_say(LW_VERIFY, "%s: %s: the %u bytes %s at 0x%" PRIx64 " are not "
	       "instructions that begin where the linked ones do",
	       t->link->image.path, t->what, s->length, bytes,
	       s->address - t->sim.bias);
	t->failed = true;
}

static void decode_all(struct trial *t)
{
	struct lw_sim_site site;

	lw_sim_walk(&t->sim, &site);
	while (!t->failed && lw_sim_next(&t->sim, &site))
		decode_site(t, &site);
}

static int by_start(const void *pa, const void *pb)
{
	const struct range *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Within a slot the stream can only ascend; between slots nobody else looks
 * at link time, and two writers of one byte would undo each other. */
static void check_overlap(struct trial *t)
{
	struct lw_sim_site site;

	lw_sim_walk(&t->sim, &site);
	while (lw_sim_next(&t->sim, &site)) {
		struct range *r = LW_PUSH(&t->sites);

		r->start = site.address;
		r->end = site.address + site.length;
	}
	if (!passed(t, -site.code))
		return;
	if (t->sites.count)
		qsort(t->sites.at, t->sites.count, sizeof(struct range),
		      by_start);
	for (size_t i = 1; i < t->sites.count; i++) {
		if (t->sites.at[i].start >= t->sites.at[i - 1].end)
			continue;
		lw_say(LW_VERIFY, "%s: sites at 0x%" PRIx64 " and 0x%" PRIx64
		       " overlap", t->link->image.path,
		       t->sites.at[i - 1].start - t->sim.bias,
		       t->sites.at[i].start - t->sim.bias);
		t->failed = true;
	}
}

/* ---- text ------------------------------------------------------------- */

/* Call for each text range; to != NULL copies there, else compares. */
static bool each_text(struct trial *t, unsigned char *to)
{
	const unsigned char *before = t->pristine;
	struct rts_text text;

	for (uint32_t i = 0; rtld_text_(&t->sim.rt, i, &text); i++) {
		const unsigned char *at =
			lw_sim_at(&t->sim, t->sim.rt.address +
				  (uint64_t)text.start, text.size);

		if (to) {
			memcpy(to, at, text.size);
			to += text.size;
			continue;
		}
		if (!before || memcmp(before, at, text.size))
			return false;
		before += text.size;
	}
	return true;
}

static void keep_text(struct trial *t)
{
	struct rts_text text;
	uint64_t size = 0;

	for (uint32_t i = 0; rtld_text_(&t->sim.rt, i, &text); i++)
		size += text.size;
	t->pristine = lw_alloc(size + 1);
	each_text(t, t->pristine);
}

/* ---- trials ----------------------------------------------------------- */

static void store_everywhere(struct trial *t, uint64_t value)
{
	struct rts_slot slot;

	for (uint32_t i = 0; rtld_slot_(&t->sim.rt, i, &slot); i++)
		lw_table_store(lw_sim_at(&t->sim, t->sim.rt.address +
					 (uint64_t)slot.address, slot.width),
			       value, slot.width);
}

static void try_bind(struct trial *t, const char *what)
{
	t->what = what;
	if (!passed(t, rtld_bind(&t->sim.rt, &lw_sim_host)) ||
	    !passed(t, rtld_check(&t->sim.rt, &lw_sim_host)))
		return;
	decode_all(t);
	if (!passed(t, rtld_unbind(&t->sim.rt, &lw_sim_host)))
		return;
	if (!each_text(t, NULL)) {
		lw_say(LW_VERIFY, "%s: %s: text is not as it was after "
		       "bind and unbind", t->link->image.path, what);
		t->failed = true;
	}
}

/* Both sides of the edges of 32-bit fields, and a place in text, which is
 * what a function pointer holds. */
static void try_values(struct trial *t)
{
	uint64_t near = t->sim.rt.address;
	struct rts_text text;
	const struct { uint64_t value; const char *what; } trials[] = {
		{ 0, "all slots 0" },
		{ UINT64_MAX, "all slots -1" },
		{ 1, "all slots 1" },
		{ 0x7fffffff, "all slots 0x7fffffff" },
		{ 0x80000000, "all slots 0x80000000" },
		{ 0xffffffff, "all slots 0xffffffff" },
		{ 0xffffffff80000000, "all slots -0x80000000" },
		{ 0x8000000000000000, "all slots 0x8000000000000000" },
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials) && !t->failed;
	     i++) {
		store_everywhere(t, trials[i].value);
		try_bind(t, trials[i].what);
	}
	if (t->failed || !rtld_text_(&t->sim.rt, 0, &text))
		return;
	store_everywhere(t, near + (uint64_t)text.start);
	try_bind(t, "all slots the start of text");
}

/* Each function that has a body, everywhere. */
static void try_bodies(struct trial *t)
{
	const struct lw_link *link = t->link;

	for (size_t i = 0; i < link->bodies.count && !t->failed; i++) {
		const struct lw_body *body = &link->bodies.at[i];

		store_everywhere(t, body->address + t->sim.bias);
		try_bind(t, lw_asprintf("all slots `%s'", body->name));
	}
}

static void try_all(struct trial *t)
{
	t->what = "as linked";
	if (!passed(t, rtld_check(&t->sim.rt, &lw_sim_host)))
		return;
	/* rtld_check() also passes a site that is bound to what memory holds;
	 * unbinding must find nothing to write. */
	if (!passed(t, rtld_unbind(&t->sim.rt, &lw_sim_host)))
		return;
	if (t->sim.rt.stats.written) {
		lw_say(LW_VERIFY, "%s: %u sites do not hold their linked "
		       "encoding", t->link->image.path,
		       t->sim.rt.stats.written);
		t->failed = true;
		return;
	}
	check_overlap(t);
	if (t->failed)
		return;
	keep_text(t);
	decode_all(t);
	try_bind(t, "slots as linked");
	if (!t->failed)
		try_values(t);
	if (!t->failed)
		try_bodies(t);
}

void lw_verify(struct lw_link *link)
{
	struct trial t = { .link = link, .what = "opening the table" };
	const char *why;

	why = lw_sim_open(&t.sim, &link->image, lw_sim_some_bias(&link->image));
	if (!why)
		try_all(&t);
	else
		lw_say(LW_VERIFY, "%s: %s (byte %u of the table)",
		       link->image.path, why, t.sim.rt.fault.offset);
	lw_sim_close(&t.sim);
}
