// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * little.c - a program as it is, without a mark and without rtld
 *
 * Its marks are options of the link:
 *	--rts-var=unit --rts-var=little.c:step --rts-ops=emit --rts-func=twice
 */
#include <stdio.h>
#include <stdlib.h>

int twice(int x);		/* other.c */

int unit = 12;
static int step = 3;
static int plus(int x) { return x + unit; }
int (*emit)(int) = plus;

static __attribute__((noinline)) int sum(int n)
{
	int i, s = 0;

	for (i = 0; i < n; i += step)
		s += emit(twice(i) * unit);
	return s;
}

static __attribute__((noinline)) int next(int x)
{
	return twice(x);	/* a tail call */
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 10;

	if (argc > 2)
		step = atoi(argv[2]);
	printf("%d %d\n", sum(n), next(n));
	return 0;
}
