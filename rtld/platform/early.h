/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * early.h - the host of early boot: one CPU runs, text can be written
 *
 *	static struct rtld_early early;		or on the stack
 *	rtld_bind(&rt, rtld_early_host(&early));
 *
 * Before other CPUs are started, or in an emulator or a boot loader.  Add a
 * print() to host for rtld_dump(), a live() once init sections are freed.  Its
 * inside() says that nobody is: once there are threads or tasks that sleep, set
 * that to NULL.
 */
#ifndef RTLD_EARLY_H
#define RTLD_EARLY_H

#include "rtld.h"

struct rtld_early {
	struct rtld_host host;
	unsigned long flags;	/* the CPU's, from begin() to end() */
};

/* Make *early ready and return its host; the caller may add callbacks. */
struct rtld_host *rtld_early_host(struct rtld_early *early);

#endif /* RTLD_EARLY_H */
