// SPDX-License-Identifier: GPL-3.0-or-later
/* other.c - the function that little.c calls, in an object of its own */
int twice(int x);
int twice(int x)
{
	return 2 * x;
}
