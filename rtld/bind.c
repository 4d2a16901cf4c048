// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * bind.c - bind, switch over, unbind, check: the transaction around the sites
 *
 *	begin -> check every site -> (change) -> write -> end
 *
 * The check pass and the write pass are one walk with a different last step,
 * so what was checked is what is written.  In between only the caller's
 * change() may run.  After it nothing can fail: a site whose new value does
 * not fit takes its linked encoding, and that has been tried.
 */
#include "internal.h"

enum {
	LINKED = RTLD_AVOID_ALL_, /* want the linked encoding, whatever the content */
	STRICT = 2,	/* refuse a value that is not the present content */
	READ_ONLY = 4,	/* one pass, that writes nothing */
	WRITE = 8	/* the second pass: all has been checked */
};

struct transaction {
	const struct rtld_host *host;	/* or NULL */
	const void *object;	/* only this one, or NULL */
	unsigned mode;
	struct rtld_site_ site;
};

/* One site, in either pass. */
static RTLD_NOINLINE int visit(struct rtld *rt, struct transaction *t)
{
	const struct rtld_host *host = t->host;
	struct rtld_site_ *s = &t->site;
	unsigned char *text = rtld_pointer_(rt, rt->fault.address);
	unsigned kept, before;
	int code;

	rt->stats.sites++;
	if (host && host->live &&
	    !host->live(host->ctx, text, s->length)) {
		rt->stats.dropped++;
		return 0;
	}
	/* Reading is harmless, and wants to know what V would give. */
	s->avoid = t->mode & LINKED;
	before = RTLD_GET8_(s->form, struct rts_form, before);
	if (!(t->mode & READ_ONLY) &&
	    RTLD_GET8_(s->form, struct rts_form, flags) & RTS_FORM_WINDOW &&
	    !(host && host->inside &&
	      !host->inside(host->ctx, text - before, s->length + before)))
		s->avoid |= RTLD_AVOID_INSIDE_;
	code = RTLD_E_TEXT_UNBOUND;
	if (!rtld_look_(rt, s, text))
		goto refuse;
	code = RTLD_E_TEXT_BYTES;
	if (!s->holds)
		goto refuse;
	/* Perhaps it was bound without leave, and has the next best. */
	if (t->mode & STRICT && s->off_linked && s->off_chosen &&
	    !s->in_window) {
		s->avoid |= RTLD_AVOID_INSIDE_;
		rtld_look_(rt, s, text);
	}
	code = RTLD_E_TEXT_INSIDE;
	if (s->avoid & s->in_window && (s->off_chosen || t->mode & STRICT))
		goto refuse;
	code = RTLD_E_TEXT_STALE;
	kept = !s->off_linked;
	if (t->mode & STRICT && s->off_linked && s->off_chosen)
		goto refuse;
	if (!(t->mode & READ_ONLY))
		kept = s->chosen == 1;
	rt->stats.kept += kept;
	rt->stats.bound += kept ^ 1;
	if (t->mode & WRITE && s->off_chosen) {
		rt->stats.written++;
		if (host && host->write)
			host->write(host->ctx, text, s->wanted, s->length);
		else
			rtld_copy_(text, s->wanted, s->length);
	}
	return 0;
refuse:
	rt->fault.length = s->length;
	rtld_copy_(rt->fault.found, text, s->length);
	return code;
}

static const unsigned char *object_of(const struct rtld *rt,
				      const unsigned char *mark)
{
	return rt->image + (int32_t)RTLD_GET32_(mark, struct rts_mark, address);
}

/* All sites, or those of one object. */
static RTLD_NOINLINE int walk(struct rtld *rt, struct transaction *t)
{
	int code;

	for (uint32_t i = 0; i < RTLD_HEAD_(rt, slot_count); i++) {
		rtld_start_(rt, &t->site, i);
		if (t->object && t->object != object_of(rt, t->site.mark))
			continue;
		do {
			code = rtld_next_(rt, &t->site);
			if (!code)
				code = visit(rt, t);
		} while (!code);
		if (code > 0)
			return code;
	}
	return 0;
}

static int is_marked(const struct rtld *rt, const void *object)
{
	const unsigned char *p = RTLD_AT_(rt, mark, 0);

	for (uint32_t n = RTLD_HEAD_(rt, mark_count); n--;
	     p += sizeof(struct rts_mark)) {
		if (object_of(rt, p) == object)
			return 1;
	}
	return 0;
}

/* From begin() to end(). */
static int transact(struct rtld *rt, struct transaction *t,
		    int (*change)(void *arg), void *arg)
{
	/* A check tells the host nothing. */
	const struct rtld_host *host = t->mode & READ_ONLY ? NULL : t->host;
	int code;

	if (host && host->begin &&
	    (rt->fault.host = host->begin(host->ctx, rt)) < 0)
		return RTLD_E_HOST;
	for (;;) {
		code = walk(rt, t);
		if (code || t->mode & (READ_ONLY | WRITE))
			break;
		rtld_clear_(rt);
		code = RTLD_E_CHANGE;
		if (change && (rt->fault.host = change(arg)) < 0)
			break;
		t->mode = (t->mode & LINKED) | WRITE;
	}
	if (host && host->end)
		host->end(host->ctx, rt);
	return code;
}

/*
 * A nested call, or one from another CPU meanwhile, is refused without a trace
 * in rt: stats and fault are the first one's.
 */
static int run(struct rtld *rt, const struct rtld_host *host,
	       const void *object, unsigned mode,
	       int (*change)(void *arg), void *arg)
{
	struct transaction t;
	int code;

	if (!rt || !rt->image)
		return -RTLD_E_ARGUMENT;
	if (__atomic_exchange_n(&rt->busy, 1, __ATOMIC_ACQUIRE))
		return -RTLD_E_BUSY;
	rtld_clear_(rt);
	t.host = host;
	t.object = object;
	t.mode = mode;
	code = RTLD_E_NO_OBJECT;
	if (!object || is_marked(rt, object))
		code = transact(rt, &t, change, arg);
	rt->fault.code = code;
	__atomic_store_n(&rt->busy, 0, __ATOMIC_RELEASE);
	return -code;
}

int rtld_bind(struct rtld *rt, const struct rtld_host *host)
{
	return run(rt, host, NULL, 0, NULL, NULL);
}

int rtld_bind_object(struct rtld *rt, const struct rtld_host *host,
		     const void *object)
{
	return run(object ? rt : NULL, host, object, 0, NULL, NULL);
}

int rtld_switch(struct rtld *rt, const struct rtld_host *host,
		int (*change)(void *arg), void *arg)
{
	return run(change ? rt : NULL, host, NULL, STRICT, change, arg);
}

int rtld_unbind(struct rtld *rt, const struct rtld_host *host)
{
	return run(rt, host, NULL, LINKED, NULL, NULL);
}

int rtld_check(struct rtld *rt, const struct rtld_host *host)
{
	return run(rt, host, NULL, STRICT | READ_ONLY, NULL, NULL);
}
