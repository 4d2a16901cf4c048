// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * twice.c - a function that knows of no mark; --rts-func=twice makes it one
 */
int twice(int x);

int twice(int x)
{
	return 2 * x + 1;
}
