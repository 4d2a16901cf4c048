/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * process.h - the host of a Linux process that binds its own text, or of a
 * shared object in one
 *
 *	struct rtld rt;
 *	struct rtld_process process;
 *
 *	if (rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) == 0 &&
 *	    rtld_process_init(&process, &rt) == 0)
 *		rtld_bind(&rt, rtld_process_host(&process));
 *
 * No page is ever writable and executable, under one name or two: the touched
 * pages are copied, patched in the copy, and the finished copy takes their
 * place.  Other threads may run the text meanwhile; they see each run of
 * touched pages before or after, nothing in between.  They must not change
 * marked memory meanwhile.  The host cannot know what threads, or a function that
 * a signal handler has interrupted, are in the middle of, so it has no inside():
 * sites that need its leave stay as linked.  A program of one thread that calls
 * rtld from no signal handler says so:
 *
 *	rtld_process_host(&process)->inside = rtld_process_alone;
 */
#ifndef RTLD_PROCESS_H
#define RTLD_PROCESS_H

#include "rtld.h"

struct rtld_process {
	struct rtld_host host;	/* the caller may add live() and symbol() */
	int print_fd;		/* where rtld_dump() goes; 2 at first */
	/*
	 * Runs of pages that end() could not put in place: it is past the point
	 * of no return then, and these keep the text they had, which is as
	 * correct as before if memory has not changed.  Only the kernel running
	 * out of memory for its own lists can cause it; begin() has tried all
	 * else.  After a bind, look at it; then bind again, which does what is
	 * left, or go back to the old content.  Never reset here.
	 */
	unsigned lost;
	/* process.c's own */
	unsigned char *text;	/* first page of the text */
	size_t size;		/* of whole pages */
	size_t page;		/* bytes of one */
	int fd;			/* between begin() and end() */
	int sync_core;		/* membarrier() can serialise all threads */
	unsigned char *alias;	/* the text, writable, not executable */
	unsigned char *touched;	/* a byte per page */
};

/* For the text of rt, which is open and stays so.  0 or -errno. */
int rtld_process_init(struct rtld_process *process, const struct rtld *rt);

struct rtld_host *rtld_process_host(struct rtld_process *process);

/*
 * All that there is to do for one image, in one call: open the table, make a
 * host, bind.  A shared object has an image of its own and binds it when it is
 * loaded:
 *
 *	static struct rtld_process_image image;
 *
 *	static __attribute__((constructor)) void load(void)
 *	{
 *		level = 3;		(what is to be bound)
 *		rtld_process_load(&image, RTS_TABLE, RTS_TABLE_SIZE);
 *	}
 *
 * This one bind takes it that nobody is in the middle of a site, as rtld_
 * process_alone() does: the caller must not have been called through one, nor
 * may another thread know the object's functions yet.  Later binds
 * (rtld_bind(&image.rt, &image.process.host)) do not.  Returns what
 * rtld_bind() does, or -RTLD_E_HOST; then all is as it was linked, and
 * correct.
 *
 * dlclose() takes text, table and struct away together: whoever has kept a
 * pointer to the struct must forget it, in a destructor for instance.
 * Each object should have rtld to itself: compiled with -fvisibility=hidden,
 * or linked with --exclude-libs librtld.a.
 */
struct rtld_process_image {
	struct rtld rt;
	struct rtld_process process;
};
int rtld_process_load(struct rtld_process_image *image, const void *table,
		      size_t max);

/* An inside() for such a program: nobody is.  Returns 0. */
int rtld_process_alone(void *ctx, const void *text, size_t n);

#endif /* RTLD_PROCESS_H */
