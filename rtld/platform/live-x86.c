// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * live-x86.c - the breakpoint protocol, in batches
 *
 * write() queues what it gets.  When the queue is full, and in end(), the batch
 * is sorted by address, published, and written:
 *
 *	1  int3 over the first byte of each site	sync
 *	2  all bytes but the first			sync
 *	3  the first bytes				sync
 *
 * Why it is right.  A CPU never runs a mixture: before the first sync it has
 * the old bytes or int3, after it int3; the other bytes change when all have
 * int3; after the second sync they are what all CPUs would fetch behind the
 * first byte.  A site is one instruction in each encoding, so no CPU is inside
 * it.  Sites are written after change(), so what the breakpoint emulates is the
 * new content; and from int3 on nothing gives the old one.
 *
 * The batch and the handlers.  A handler may be interrupted anywhere, for as
 * long as anybody likes: by NMI, by a hypervisor, in a process by the
 * scheduler.  sync() does not wait for it to have left the handler.  So the
 * batch is read as under a sequence lock: generation is odd while a batch
 * holds, and whatever a handler has found counts only if the generation is the
 * same afterwards.  If it is not, or if the place is in no batch but holds no
 * int3 (any more), the site has been written since; the handler returns to its
 * first byte, and the CPU looks again.  It never loops and never waits.
 * Each such return means that a batch has come or gone.
 *
 * No fences, as the thread sanitizer knows none: a patch is stored by release
 * (nothing moves up before the even generation) and loaded by acquire (the
 * second look at the generation cannot move up before it); on x86 both are mov.
 */
#include "emulate-x86.h"
#include "../internal.h"

#define INT3		0xcc

#define LOAD(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define STORE(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define RELAXED(p)	__atomic_load_n(p, __ATOMIC_RELAXED)
#define COUNT(p)	__atomic_store_n(p, RELAXED(p) + 1, __ATOMIC_RELAXED)

/* ---- the breakpoint ------------------------------------------------------- */

/* The patch at this address, or count.  What is read may be torn, so only
 * bounds are relied on. */
static uint32_t find(const struct rtld_live *l, uint32_t count,
		     unsigned long address)
{
	uint32_t low = 0, high = count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (LOAD(&l->patches[middle].address) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && LOAD(&l->patches[low].address) == address ?
		low : count;
}

static void get_words(unsigned long *to, const unsigned long *from)
{
	for (unsigned i = 0; i < RTLD_LIVE_WORDS; i++)
		to[i] = LOAD(&from[i]);
}

/* Look the address up: 1 and its linked bytes, or 0.  Only good if the
 * generation has not changed since. */
static int look_up(const struct rtld_live *l, unsigned long address,
		   unsigned long *linked)
{
	uint32_t count = LOAD(&l->count), at;

	if (count > l->room)
		return 0;
	at = find(l, count, address);
	if (at == count)
		return 0;
	get_words(linked, l->patches[at].linked);
	return 1;
}

int rtld_live_trap(struct rtld_live *l, struct rtld_regs *regs)
{
	unsigned long address = regs->ip - 1, linked[RTLD_LIVE_WORDS];
	const unsigned char *bytes = (const unsigned char *)linked;
	uint32_t generation = LOAD(&l->generation);
	struct rtld_instruction_ i;
	int found, is_int3;

	if (address < LOAD(&l->low) || address >= LOAD(&l->high))
		return 0;
	found = generation & 1 && look_up(l, address, linked);
	is_int3 = __atomic_load_n((const unsigned char *)address,
				  __ATOMIC_ACQUIRE) == INT3;
	if (RELAXED(&l->generation) == generation) {
		if (found) {
			regs->ip = address;
			rtld_instruction_(bytes, sizeof(linked), &i);
			rtld_emulate_(&i, bytes, regs);
			COUNT(&l->emulated);
			return 1;
		}
		if (is_int3)
			return 0;
	}
	regs->ip = address;
	COUNT(&l->retried);
	return 1;
}

/* ---- the batch ------------------------------------------------------------ */

static void put_words(unsigned long *to, const unsigned long *from)
{
	for (unsigned i = 0; i < RTLD_LIVE_WORDS; i++)
		STORE(&to[i], from[i]);
}

static void put_patch(struct rtld_live_patch *to,
		      const struct rtld_live_patch *from)
{
	STORE(&to->address, from->address);
	to->text = from->text;
	to->length = from->length;
	put_words(to->linked, from->linked);
	put_words(to->next, from->next);
}

/* Shell's: no recursion, no memory, and good enough for some thousands. */
static void sort(struct rtld_live_patch *p, uint32_t n)
{
	struct rtld_live_patch one;
	uint32_t gap = 1, at;

	while (gap < n / 3)
		gap = 3 * gap + 1;
	for (; gap; gap /= 3) {
		for (uint32_t i = gap; i < n; i++) {
			put_patch(&one, &p[i]);
			for (at = i; at >= gap &&
			     p[at - gap].address > one.address; at -= gap)
				put_patch(&p[at], &p[at - gap]);
			put_patch(&p[at], &one);
		}
	}
}

static void poke(struct rtld_live *l, const struct rtld_live_patch *p,
		 unsigned at, const unsigned char *bytes, unsigned n)
{
	unsigned char *text = (unsigned char *)p->text + at;

	if (l->poke) {
		l->poke(l->kernel, text, bytes, n);
		return;
	}
	/* Not before what the handler goes by was stored. */
	for (unsigned i = 0; i < n; i++)
		__atomic_store_n(&text[i], bytes[i], __ATOMIC_RELEASE);
}

/* All CPUs, this one too: CPUID serialises in every mode. */
static void serialise(struct rtld_live *l)
{
	unsigned a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)
			 : : "memory");
	l->sync(l->kernel);
	l->syncs++;
	l->all_syncs++;
}

static void step(struct rtld_live *l, unsigned number)
{
	const unsigned char int3 = INT3;

	for (uint32_t i = 0; i < l->queued; i++) {
		const struct rtld_live_patch *p = &l->patches[i];
		const unsigned char *next = (const unsigned char *)p->next;

		if (number == 1)
			poke(l, p, 0, &int3, 1);
		else if (number == 2 && p->length > 1)
			poke(l, p, 1, next + 1, (unsigned)p->length - 1);
		else if (number == 3)
			poke(l, p, 0, next, 1);
	}
	serialise(l);
}

/* The range of all addresses that have ever been in a batch. */
static void widen(struct rtld_live *l, unsigned long low, unsigned long high)
{
	if (!l->high || low < l->low)
		STORE(&l->low, low);
	if (high > l->high)
		STORE(&l->high, high);
}

static void flush(struct rtld_live *l)
{
	if (!l->queued)
		return;
	sort(l->patches, l->queued);
	widen(l, l->patches[0].address,
	      l->patches[l->queued - 1].address + 1);
	STORE(&l->count, l->queued);
	STORE(&l->generation, l->generation + 1);
	for (unsigned number = 1; number <= 3; number++)
		step(l, number);
	STORE(&l->generation, l->generation + 1);
	l->queued = 0;
	l->batches++;
	l->all_batches++;
}

/* ---- the host ------------------------------------------------------------- */

/* Where the instruction begins that a site's encodings differ in: behind the
 * pushes of a window. */
static unsigned start(const unsigned char *linked, unsigned n,
		      struct rtld_instruction_ *i)
{
	unsigned at = rtld_pushes_(linked, n);

	rtld_instruction_(linked + at, n - at, i);
	return at;
}

static void live_write(void *ctx, void *text, const void *bytes, size_t n)
{
	struct rtld_live *l = ctx;
	const unsigned char *linked = l->rt->fault.expected, *next = bytes;
	struct rtld_live_patch one;
	struct rtld_instruction_ i;
	unsigned at = start(linked, (unsigned)n, &i);

	one.address = (unsigned long)l->rt->fault.address + at;
	one.text = (unsigned long)text + at;
	one.length = i.length;
	for (unsigned k = 0; k < sizeof(one.linked); k++) {
		unsigned char is = k < i.length;

		((unsigned char *)one.linked)[k] = is ? linked[at + k] : 0;
		((unsigned char *)one.next)[k] = is ? next[at + k] : 0;
	}
	put_patch(&l->patches[l->queued++], &one);
	l->written++;
	if (l->queued == l->room)
		flush(l);
}

/*
 * write() cannot fail, so what it could fail for is found out here: each form's
 * linked encoding must be one that can be emulated.  A site's linked bytes are
 * its template but for the field, which is what the decoder takes for the
 * displacement.
 */
static int form_is_known(const struct rtld *rt, uint32_t form)
{
	const unsigned char *f = RTLD_AT_(rt, form, form);
	unsigned n = RTLD_GET8_(f, struct rts_form, length);
	const unsigned char *e = RTLD_AT_(rt, encoding,
		RTLD_GET16_(f, struct rts_form, encoding) +
		RTLD_GET8_(f, struct rts_form, encodings) - 1u);
	const unsigned char *pool = rt->image + RTLD_HEAD_(rt, bytes_off);
	const unsigned char *bytes = pool +
		RTLD_GET16_(e, struct rts_encoding, template_at);
	const unsigned char *mask = pool +
		RTLD_GET16_(e, struct rts_encoding, mask_at);
	struct rtld_instruction_ i;
	unsigned at = start(bytes, n, &i), end = at + i.length;

	if (!i.length)
		return 0;
	for (unsigned k = 0; k < end; k++) {
		if (mask[k] != 0xff && (!i.field_size || k < at + i.field ||
					k >= at + i.field + i.field_size))
			return 0;
	}
	return 1;
}

static int refusal(struct rtld_live *l, const struct rtld *rt)
{
	if (!l->sync || !l->patches || !l->room)
		return -RTLD_LIVE_SETUP;
	for (uint32_t i = 0; i < RTLD_HEAD_(rt, form_count); i++) {
		if (!form_is_known(rt, i)) {
			l->form = i;
			return -RTLD_LIVE_FORM;
		}
	}
	if (l->protect && l->protect(l->kernel, 1) < 0)
		return -RTLD_LIVE_PROTECT;
	return 0;
}

static int live_begin(void *ctx, const struct rtld *rt)
{
	struct rtld_live *l = ctx;
	int rc;

	if (__atomic_exchange_n(&l->taken, 1, __ATOMIC_ACQUIRE)) {
		COUNT(&l->busy);
		return -RTLD_LIVE_BUSY;
	}
	l->rt = rt;
	l->queued = l->batches = l->syncs = l->written = 0;
	rc = refusal(l, rt);
	if (rc)
		STORE(&l->taken, 0);
	return rc;
}

static void live_end(void *ctx, const struct rtld *rt)
{
	struct rtld_live *l = ctx;

	(void)rt;
	flush(l);
	l->transactions++;
	if (l->protect)
		l->protect(l->kernel, 0);
	STORE(&l->taken, 0);
}

static void live_rounds(void *ctx, struct rtld_rounds *to)
{
	const struct rtld_live *l = ctx;

	to->name = "live-x86";
	to->transactions = l->transactions;
	to->rounds = l->all_syncs;
	to->last = l->syncs;
	to->batches = l->all_batches;
}

struct rtld_host *rtld_live_host(struct rtld_live *l)
{
	l->host.ctx = l;
	l->host.begin = live_begin;
	l->host.end = live_end;
	l->host.write = live_write;
	l->host.live = NULL;
	l->host.inside = NULL;
	l->host.print = NULL;
	l->host.symbol = NULL;
	l->host.rounds = live_rounds;
	return &l->host;
}
