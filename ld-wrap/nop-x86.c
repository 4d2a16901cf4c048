// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * nop-x86.c - one instruction of so many bytes that does nothing
 *
 * Up to nine bytes those that the manuals recommend, beyond them with more 66
 * in front.  The same on both machines.
 */
#include "config.h"

#include <string.h>

#include "nop-x86.h"

void lw_put_nop(unsigned char *to, size_t n)
{
	static const unsigned char nops[9][9] = {
		{ 0x90 },
		{ 0x66, 0x90 },
		{ 0x0f, 0x1f, 0x00 },
		{ 0x0f, 0x1f, 0x40 },
		{ 0x0f, 0x1f, 0x44 },
		{ 0x66, 0x0f, 0x1f, 0x44 },
		{ 0x0f, 0x1f, 0x80 },
		{ 0x0f, 0x1f, 0x84 },
		{ 0x66, 0x0f, 0x1f, 0x84 },
	};

	for (; n > 9; n--)
		*to++ = 0x66;
	memcpy(to, nops[n - 1], n);
}
