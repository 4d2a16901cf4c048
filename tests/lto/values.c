// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * values.c - bind, and let a stranger write the marks
 *
 *	values [ADDRESS=VALUE...]
 *
 * prints what all getters say: as linked; bound; with each VALUE stored at its
 * ADDRESS and bound again; unbound.  The program is linked to fixed addresses
 * (-no-pie), and the arguments are all that says where the marks are: no
 * compiler can see these stores.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/process.h"
#include "rtld.h"
#include "values.h"

static void bonus(int *x)
{
	*x += 1000;
}

static int other(int x)
{
	return x + 70;
}

static void say(const char *when)
{
	printf("%s: shared %u wide %lu hidden %u optioned %u fixed %u once %u "
	       "first %d second %d hook %d choose %d perhaps %d patched %d\n",
	       when, get_shared(), get_wide(), get_hidden(), get_optioned(),
	       get_fixed(), get_once(), get_first(10), get_second(10),
	       get_hook(10), get_choose(10), get_perhaps(10), get_patched(10));
}

static void store(const char *text)
{
	char *equals;
	uintptr_t address = strtoull(text, &equals, 16);
	unsigned value = (unsigned)strtoul(equals + 1, NULL, 0);

	memcpy((void *)address, &value, sizeof(value));
}

static int bind(const char *when, struct rtld *rt,
		const struct rtld_host *host)
{
	int rc = rtld_bind(rt, host);

	if (rc)
		printf("%s: %s\n", when, rtld_errname(rc));
	else
		say(when);
	return rc;
}

int main(int argc, char **argv)
{
	static struct rtld_process process;
	const struct rtld_host *host;
	struct rtld rt;

	init((unsigned)argc);
	say("linked");
	if (rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt))
		return 1;
	host = rtld_process_host(&process);
	if (bind("bound", &rt, host))
		return 1;
	for (int i = 1; i < argc; i++)
		store(argv[i]);
	RTS_SET_FUNC(choose, minus);
	RTS_SET_FUNC(perhaps, bonus);
	RTS_PATCH(patched, other);
	if (bind("stored", &rt, host))
		return 1;
	RTS_PATCH(patched, NULL);
	if (rtld_unbind(&rt, host))
		return 1;
	say("unbound");
	return 0;
}
