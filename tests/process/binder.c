// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * binder.c - binds a program that knows nothing of it
 *
 * Added to the link of little.c, whose marks are options.  With an argument
 * of LITTLE=thrice in the environment it first changes what twice() is: the
 * slot of a function that was marked by option has the same name as any.
 */
#include <stdio.h>
#include <stdlib.h>

#include "platform/process.h"
#include "rtld.h"
#include "rtstatic.h"

RTS_DECLARE_FUNC(int, twice, (int x));

static int thrice(int x)
{
	return 3 * x;
}

__attribute__((constructor)) static void bind(void)
{
	static struct rtld_process process;
	struct rtld rt;
	int rc;

	if (getenv("LITTLE"))
		RTS_SET_FUNC(twice, thrice);
	rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);
	if (rc == 0 && rtld_process_init(&process, &rt))
		rc = -RTLD_E_HOST;
	if (rc == 0)
		rc = rtld_bind(&rt, rtld_process_host(&process));
	fprintf(stderr, "binder: %s, sites %u bound %u kept %u\n",
		rc ? rtld_errname(rc) : "bound", rt.stats.sites,
		rt.stats.bound, rt.stats.kept);
}
