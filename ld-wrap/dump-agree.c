// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-agree.c - --check-log: what a running kernel printed, against the file
 *
 * The log says what each slot held.  The same content is put into a simulated
 * memory at the same bias, the same code binds it, and the same code prints
 * it; then every line must be the same.  Sites that were not bound when the
 * log was written (a slot none of whose sites is bound) must be as linked.
 */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

#define DIFFERENCES_MAX	10	/* a dump; more would hide the first */

struct agree {
	struct dump *d;
	const struct log_dump *log;
	/* The simulation's; late: by a host that cannot say who is inside, so
	 * that windows stay as linked. */
	const struct log_dump *linked, *bound, *late;
	/* rtld_dump() goes mark by mark: which slot of the view is the k-th
	 * slot line, and of which slot line is the k-th site line? */
	size_t *slot_of, *line_of;
	size_t differences;
};

__attribute__((format(printf, 3, 4)))
static void differ(struct agree *a, size_t line, const char *format, ...)
{
	va_list args;
	char *text = NULL;

	if (a->differences++ >= DIFFERENCES_MAX)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	dump_say(a->d, DUMP_BAD, "%s:%zu: %s", a->d->log, line,
		 text ? text : format);
	free(text);
}

/* ---- the head --------------------------------------------------------- */

static void same(struct agree *a, const char *what, uint64_t log,
		 uint64_t image)
{
	if (log != image)
		differ(a, a->log->line, "%s is 0x%" PRIx64 ", and 0x%" PRIx64
		       " in the image: another build?", what, log, image);
}

static bool check_head(struct agree *a)
{
	const struct log_dump *log = a->log;
	const struct view *v = &a->d->view;

	same(a, "crc", log->crc, v->crc);
	same(a, "version", log->version, v->version);
	same(a, "machine", log->machine, v->machine);
	same(a, "address", log->address, v->address);
	same(a, "number of marks", log->mark_count, v->marks.count);
	same(a, "number of slots", log->slot_count, v->slots.count);
	same(a, "number of sites", log->site_count, v->sites.count);
	/* rtld_dump() leaves out kinds of lines that were not asked for, but
	 * never part of a kind. */
	if (log->marks.count && log->marks.count != v->marks.count)
		differ(a, log->line, "%zu mark lines, not %zu",
		       log->marks.count, v->marks.count);
	if (log->slots.count && log->slots.count != v->slots.count)
		differ(a, log->line, "%zu slot lines, not %zu",
		       log->slots.count, v->slots.count);
	if (log->sites.count && log->sites.count != v->sites.count)
		differ(a, log->line, "%zu site lines, not %zu",
		       log->sites.count, v->sites.count);
	if (log->sites.count && !log->slots.count)
		differ(a, log->line, "site lines without slot lines cannot be "
		       "checked");
	return !a->differences;
}

/* ---- order ------------------------------------------------------------ */

/* Slots are sorted by mark already, unless two marks overlap. */
static void find_order(struct agree *a)
{
	const struct view *v = &a->d->view;
	size_t slot = 0, site = 0, *next;

	a->slot_of = lw_alloc((v->slots.count + 1) * sizeof(size_t));
	a->line_of = lw_alloc((v->sites.count + 1) * sizeof(size_t));
	next = lw_alloc((v->marks.count + 1) * sizeof(size_t));
	for (size_t i = 0; i < v->marks.count; i++)
		next[i + 1] = next[i] + v->marks.at[i].slots;
	for (size_t i = 0; i < v->slots.count; i++)
		a->slot_of[next[v->slots.at[i].mark]++] = i;
	for (; slot < v->slots.count; slot++)
		for (size_t n = v->slots.at[a->slot_of[slot]].sites; n; n--)
			a->line_of[site++] = slot;
}

/* ---- content ---------------------------------------------------------- */

static void take_values(struct agree *a)
{
	const struct view *v = &a->d->view;

	for (size_t i = 0; i < a->log->slots.count; i++) {
		const struct log_slot *log = &a->log->slots.at[i];
		const struct log_slot *own = &a->linked->slots.at[i];

		if (strcmp(log->name, own->name) ||
		    log->offset != own->offset || log->width != own->width)
			differ(a, a->log->line, "slot %zu is %s+0x%" PRIx64
			       ", and %s+0x%" PRIx64 " in the image", i,
			       log->name, log->offset, own->name, own->offset);
		dump_store(a->d, v->slots.at[a->slot_of[i]].address,
			   (unsigned)own->width, log->value);
	}
}

/* ---- sites ------------------------------------------------------------ */

/* The site's line in the simulation, bound or not as its slot was. */
static const struct log_site *own_site(const struct agree *a, size_t i)
{
	size_t slot = a->line_of[i];

	if (!a->log->slots.at[slot].counts.bound)
		return &a->linked->sites.at[i];
	if (a->log->sites.at[i].index == a->late->sites.at[i].index)
		return &a->late->sites.at[i];
	return &a->bound->sites.at[i];
}

static void check_site(struct agree *a, size_t i)
{
	const struct log_site *log = &a->log->sites.at[i];
	const struct log_site *own = own_site(a, i);

	if (log->address != own->address || strcmp(log->name, own->name) ||
	    log->offset != own->offset)
		differ(a, log->line, "site at 0x%" PRIx64 " of %s+0x%" PRIx64
		       ", and the image has 0x%" PRIx64 " of %s+0x%" PRIx64,
		       log->address, log->name, log->offset, own->address,
		       own->name, own->offset);
	if (log->index == LOG_GONE)
		return;
	if (log->length != own->length ||
	    memcmp(log->linked, own->linked, own->length))
		differ(a, log->line, "site at 0x%" PRIx64 " was linked as %s, "
		       "says the log, and as %s in the image", log->address,
		       dump_hex(log->linked, log->length, ""),
		       dump_hex(own->linked, own->length, ""));
	if (log->index != own->index || log->encodings != own->encodings)
		differ(a, log->line, "site at 0x%" PRIx64 " has encoding %d, "
		       "not %d", log->address, log->index, own->index);
	if (log->now_length != own->now_length ||
	    memcmp(log->now, own->now, own->now_length))
		differ(a, log->line, "site at 0x%" PRIx64 " holds %s, not %s",
		       log->address, dump_hex(log->now, log->now_length, ""),
		       dump_hex(own->now, own->now_length, ""));
}

/* ---- counts ----------------------------------------------------------- */

static void add(struct log_counts *to, const struct log_counts *c)
{
	to->sites += c->sites;
	to->bound += c->bound;
	to->kept += c->kept;
	to->dropped += c->dropped;
}

static void check_counts(struct agree *a, const char *what,
			 const struct log_counts *says,
			 const struct log_counts *sum)
{
	if (says->sites != sum->sites || says->bound != sum->bound ||
	    says->kept != sum->kept || says->dropped != sum->dropped)
		differ(a, a->log->line, "%s says bound %" PRIu64 " kept %"
		       PRIu64 " dropped %" PRIu64 ", and its lines say %"
		       PRIu64 ", %" PRIu64 ", %" PRIu64, what, says->bound,
		       says->kept, says->dropped, sum->bound, sum->kept,
		       sum->dropped);
}

/* What the site lines of each slot add up to. */
static struct log_counts *count_sites(const struct agree *a)
{
	struct log_counts *sums;

	sums = lw_alloc((a->log->slots.count + 1) * sizeof(*sums));
	for (size_t i = 0; i < a->log->sites.count; i++) {
		const struct log_site *site = &a->log->sites.at[i];
		struct log_counts *sum = &sums[a->line_of[i]];

		sum->sites++;
		if (site->index == LOG_GONE)
			sum->dropped++;
		else if (site->index + 1 == (int)site->encodings)
			sum->kept++;
		else if (site->index >= 0)
			sum->bound++;
	}
	return sums;
}

static void check_sums(struct agree *a)
{
	const struct log_dump *log = a->log;
	struct log_counts *marks, end = { 0 }, says = log->end;
	struct log_counts *sums = count_sites(a);

	marks = lw_alloc((a->d->view.marks.count + 1) * sizeof(*marks));
	for (size_t i = 0; i < log->slots.count; i++) {
		const struct log_counts *slot = &log->slots.at[i].counts;

		if (log->sites.count)
			check_counts(a, log->slots.at[i].name, slot, &sums[i]);
		add(&marks[a->d->view.slots.at[a->slot_of[i]].mark], slot);
		add(&end, slot);
	}
	if (!log->slots.count)
		return;
	says.sites = end.sites;
	check_counts(a, "the end", &says, &end);
	for (size_t i = 0; i < log->marks.count; i++)
		check_counts(a, log->marks.at[i].name,
			     &log->marks.at[i].counts, &marks[i]);
}

static void check_marks(struct agree *a)
{
	for (size_t i = 0; i < a->log->marks.count; i++) {
		const struct log_mark *log = &a->log->marks.at[i];
		const struct log_mark *own = &a->linked->marks.at[i];

		if (strcmp(log->name, own->name) ||
		    strcmp(log->kind, own->kind) ||
		    log->address != own->address || log->size != own->size)
			differ(a, a->log->line, "mark %s at 0x%" PRIx64 ", and "
			       "the image has %s at 0x%" PRIx64, log->name,
			       log->address, own->name, own->address);
	}
}

/* What a host says of itself, the image does not know: but it must hold
 * together. */
static void check_host(struct agree *a)
{
	const struct log_dump *log = a->log;

	if (log->last > log->rounds || (!log->transactions && log->last))
		differ(a, log->host_line, "%s: %" PRIu64 " rounds in the last "
		       "of %" PRIu64 " transactions, of %" PRIu64 " in all",
		       log->host, log->last, log->transactions, log->rounds);
	if (!strcmp(log->host, "live-x86") && log->rounds != 3 * log->batches)
		differ(a, log->host_line, "%s: %" PRIu64 " rounds for %" PRIu64
		       " batches, not three each", log->host, log->rounds,
		       log->batches);
}

/* ---- one dump, all dumps ---------------------------------------------- */

static const struct log_dump *ask_rtld(struct agree *a)
{
	log_dumps dumps = { 0 };
	const struct log_dump *dump;

	log_of_sim(&dumps, &a->d->sim);
	dump = dumps.count == 1 ? dumps.at : NULL;
	if (dump && dump->complete && !dump->damage &&
	    dump->marks.count == a->d->view.marks.count &&
	    dump->slots.count == a->d->view.slots.count &&
	    dump->sites.count == a->d->view.sites.count)
		return dump;
	dump_say(a->d, DUMP_TROUBLE, "%s: rtld cannot dump this image",
		 a->d->path);
	return NULL;
}

static const struct log_dump *bind(struct agree *a,
				   const struct rtld_host *host)
{
	int code = rtld_bind(&a->d->sim.rt, host);

	if (code >= 0)
		return ask_rtld(a);
	differ(a, a->log->line, "rtld refuses this content: %s",
	       rtld_strerror(code));
	return NULL;
}

static void compare(struct agree *a)
{
	a->linked = ask_rtld(a);
	if (!a->linked)
		return;
	find_order(a);
	take_values(a);
	a->late = bind(a, NULL);
	if (!a->late || rtld_unbind(&a->d->sim.rt, &lw_sim_host) < 0)
		return;
	a->bound = bind(a, &lw_sim_host);
	if (!a->bound)
		return;
	check_marks(a);
	if (a->log->has_host)
		check_host(a);
	for (size_t i = 0; i < a->log->sites.count; i++)
		check_site(a, i);
	check_sums(a);
}

static void agree_one(struct dump *d, const struct log_dump *log)
{
	struct agree a = { .d = d, .log = log };

	if (log->damage)
		differ(&a, log->damage_line, "not a line of a debug dump: %s",
		       log->damage);
	if (!a.differences && check_head(&a) && dump_open(d, log->bias))
		compare(&a);
	if (a.differences > DIFFERENCES_MAX)
		dump_say(d, DUMP_BAD, "%s:%zu: %zu differences more in this "
			 "dump", d->log, log->line,
			 a.differences - DIFFERENCES_MAX);
}

/* The machine may have died while it printed the last one: that is worth a
 * word, but what was printed whole before still counts. */
static size_t agree_all(struct dump *d, const log_dumps *dumps,
			const struct log_dump **last, size_t *sites)
{
	size_t n = 0;

	for (size_t i = 0; i < dumps->count; i++) {
		const struct log_dump *log = &dumps->at[i];

		if (!log->complete && !log->damage) {
			dump_say(d, i + 1 < dumps->count ? DUMP_BAD : DUMP_GOOD,
				 "%s:%zu: this dump has no end", d->log,
				 log->line);
			continue;
		}
		agree_one(d, log);
		*sites += log->sites.count;
		*last = log;
		n++;
	}
	return n;
}

void dump_agree(struct dump *d)
{
	const struct log_dump *last = NULL;
	log_dumps dumps = { 0 };
	size_t size = 0, sites = 0, n;
	char *text = dump_slurp(d, d->log, &size);

	if (!text)
		return;
	log_read(&dumps, text, size);
	n = agree_all(d, &dumps, &last, &sites);
	if (!n)
		dump_say(d, DUMP_BAD, "%s: no complete debug dump in it",
			 d->log);
	if (d->status == DUMP_GOOD)
		printf("%s: %zu dumps, %zu sites agree\n", d->log, n, sites);
	if (d->status == DUMP_GOOD && last && last->has_host)
		printf("%s: by %s: %" PRIu64 " transactions, %" PRIu64
		       " rounds of interrupts, %" PRIu64 " in the last\n",
		       d->log, last->host, last->transactions, last->rounds,
		       last->last);
	if (d->memories.count && last && d->status == DUMP_GOOD)
		dump_memory(d, last);
}
