// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-log.c - read the lines of rtld_dump() out of a log
 *
 * A serial log is a rough place: lines carry time stamps in front and CRs
 * behind, other lines stand between, and the machine may have died in the
 * middle.  So: what has no "rts: " is not ours, a dump counts only from its
 * begin to its end, and a line of ours that does not parse is remembered,
 * not skipped: it is just what a check is for.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

/* The rest of a line; every reader below takes something off its front, or
 * clears ok. */
struct words {
	const char *at;
	bool ok;
};

static void skip_space(struct words *w)
{
	while (*w->at == ' ' || *w->at == '\t')
		w->at++;
}

/* The next word, NUL-terminated in a copy. */
static const char *word(struct words *w)
{
	size_t n;
	char *copy;

	skip_space(w);
	n = strcspn(w->at, " \t");
	if (!n)
		w->ok = false;
	copy = lw_alloc(n + 1);
	memcpy(copy, w->at, n);
	w->at += n;
	return copy;
}

static bool starts(struct words *w, const char *what)
{
	size_t n = strlen(what);

	skip_space(w);
	if (strncmp(w->at, what, n) ||
	    (w->at[n] && w->at[n] != ' ' && w->at[n] != '\t'))
		return false;
	w->at += n;
	return true;
}

static void expect(struct words *w, const char *what)
{
	if (!starts(w, what))
		w->ok = false;
}

static uint64_t number_of(struct words *w, const char *text)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (*text < '0' || *text > '9' || *end)
		w->ok = false;
	return n;
}

static uint64_t number(struct words *w)
{
	return number_of(w, word(w));
}

/* "key N" */
static uint64_t field(struct words *w, const char *key)
{
	expect(w, key);
	return number(w);
}

/* NAME+0xOFF: a name may hold a '+' itself. */
static const char *place(struct words *w, uint64_t *offset)
{
	const char *text = word(w), *plus = strrchr(text, '+');
	char *name;

	if (!plus) {
		w->ok = false;
		return text;
	}
	*offset = number_of(w, plus + 1);
	name = lw_memdup(text, (size_t)(plus - text) + 1);
	name[plus - text] = '\0';
	return name;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static unsigned hex(struct words *w, unsigned char *to)
{
	const char *text = word(w);
	unsigned n = 0;

	while (*text) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0 || n == RTS_SITE_MAX) {
			w->ok = false;
			return 0;
		}
		to[n++] = (unsigned char)(high << 4 | low);
		text += 2;
	}
	return n;
}

static void counts(struct words *w, struct log_counts *c)
{
	c->bound = field(w, "bound");
	c->kept = field(w, "kept");
	c->dropped = field(w, "dropped");
}

static void at_end(struct words *w)
{
	skip_space(w);
	if (*w->at)
		w->ok = false;
}

/* ---- one reader a line ------------------------------------------------ */

static void read_begin(struct log_dump *d, struct words *w)
{
	d->version = field(w, "version");
	d->machine = field(w, "machine");
	d->crc = field(w, "crc");
	d->address = field(w, "address");
	d->bias = field(w, "bias");
	d->mark_count = field(w, "marks");
	d->slot_count = field(w, "slots");
	d->site_count = field(w, "sites");
	at_end(w);
}

static void read_mark(struct log_dump *d, struct words *w)
{
	struct log_mark *m = LW_PUSH(&d->marks);

	m->name = word(w);
	m->kind = word(w);
	m->address = number(w);
	m->size = field(w, "size");
	m->counts.sites = field(w, "sites");
	counts(w, &m->counts);
	at_end(w);
}

static void read_slot(struct log_dump *d, struct words *w)
{
	struct log_slot *s = LW_PUSH(&d->slots);

	s->name = place(w, &s->offset);
	s->width = field(w, "width");
	s->value = field(w, "value");
	skip_space(w);
	if (*w->at == '<')	/* the value's symbol, for people */
		word(w);
	s->counts.sites = field(w, "sites");
	counts(w, &s->counts);
	at_end(w);
}

static void read_index(struct log_site *s, struct words *w)
{
	const char *text, *slash;

	expect(w, "encoding");
	text = word(w);
	s->index = LOG_FOREIGN;
	if (!strcmp(text, "foreign"))
		return;
	slash = strchr(text, '/');
	if (!slash) {
		w->ok = false;
		return;
	}
	s->encodings = (unsigned)number_of(w, slash + 1);
	if (!strncmp(text, "foreign/", 8))
		return;
	s->index = (int)strtol(text, NULL, 10);
	if (*text < '0' || *text > '9')
		w->ok = false;
}

static void read_site(struct log_dump *d, struct words *w, size_t line)
{
	struct log_site *s = LW_PUSH(&d->sites);

	s->line = line;
	s->address = number(w);
	s->name = place(w, &s->offset);
	if (starts(w, "gone")) {
		s->index = LOG_GONE;
		at_end(w);
		return;
	}
	read_index(s, w);
	s->length = hex(w, s->linked);
	expect(w, "->");
	if (starts(w, "gone"))
		s->index = LOG_GONE;
	else
		s->now_length = hex(w, s->now);
	at_end(w);
}

static void read_host(struct log_dump *d, struct words *w, size_t line)
{
	if (d->has_host)
		w->ok = false;
	d->has_host = true;
	d->host_line = line;
	d->host = word(w);
	d->transactions = field(w, "transactions");
	d->rounds = field(w, "rounds");
	d->last = field(w, "last");
	d->batches = field(w, "batches");
	at_end(w);
}

static void read_end(struct log_dump *d, struct words *w)
{
	counts(w, &d->end);
	at_end(w);
	d->complete = w->ok;
}

static void read_line(struct log_dump *d, struct words *w, size_t line)
{
	if (starts(w, "mark"))
		read_mark(d, w);
	else if (starts(w, "slot"))
		read_slot(d, w);
	else if (starts(w, "site"))
		read_site(d, w, line);
	else if (starts(w, "host"))
		read_host(d, w, line);
	else if (starts(w, "end"))
		read_end(d, w);
	else
		w->ok = false;
}

/* ---- all lines -------------------------------------------------------- */

/* A last line without its newline may have been cut in the middle: it counts
 * only if it parses. */
static void take_line(log_dumps *dumps, const char *text, size_t line,
		      bool whole)
{
	struct words w = { text, true };
	struct log_dump *d;

	if (starts(&w, "begin")) {
		d = LW_PUSH(dumps);
		d->line = line;
		read_begin(d, &w);
	} else {
		d = dumps->count ? &dumps->at[dumps->count - 1] : NULL;
		if (!d || d->complete)
			return;
		read_line(d, &w, line);
	}
	if (!w.ok && whole && !d->damage) {
		d->damage = lw_strdup(text);
		d->damage_line = line;
	}
}

void log_read(log_dumps *dumps, const char *text, size_t size)
{
	static const char mine[] = "rts: ";
	const char *end = text + size;

	for (size_t line = 1; text < end; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		const char *next = stop ? stop + 1 : end, *at;
		char *copy;

		stop = stop ? stop : end;
		while (stop > text && (stop[-1] == '\r' || stop[-1] == ' '))
			stop--;
		at = memmem(text, (size_t)(stop - text), mine,
			    sizeof(mine) - 1);
		if (at) {
			at += sizeof(mine) - 1;
			copy = lw_alloc((size_t)(stop - at) + 1);
			memcpy(copy, at, (size_t)(stop - at));
			take_line(dumps, copy, line, next != end ||
				  end[-1] == '\n');
		}
		text = next;
	}
}

/* ---- rtld's own ------------------------------------------------------- */

typedef LW_ARRAY(char) characters;

static void collect(void *ctx, const char *line, size_t n)
{
	characters *all = ctx;

	while (n--)
		*LW_PUSH(all) = *line++;
}

void log_of_sim(log_dumps *dumps, struct lw_sim *sim)
{
	characters all = { 0 };
	struct rtld_host host = { .ctx = &all, .print = collect };

	rtld_dump(&sim->rt, &host, RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS |
		  RTLD_DUMP_SITES);
	log_read(dumps, all.at, all.count);
}
