// SPDX-License-Identifier: GPL-3.0-or-later
/* fuzz_number.c - numbers that mutators draw, always the same from one seed */
#include "fuzz_number.h"

static uint64_t state;

void fuzz_begin_with(unsigned seed)
{
	state = (uint64_t)seed * 2 + 1;	/* never 0: no way out of there */
	fuzz_number(2);
}

uint32_t fuzz_number(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1d) >> 33) % below;
}

int fuzz_once_in(uint32_t n)
{
	return !fuzz_number(n);
}

uint64_t fuzz_edge(void)
{
	uint64_t x = fuzz_once_in(3) ? fuzz_number(40)
				     : (uint64_t)1 << fuzz_number(64);

	x += fuzz_number(3);
	x -= 1;
	return fuzz_once_in(3) ? -x : x;
}

void fuzz_put(uint8_t *to, uint64_t value, unsigned n)
{
	for (; n--; value >>= 8)
		*to++ = (uint8_t)value;
}

uint64_t fuzz_get(const uint8_t *from, unsigned n)
{
	uint64_t value = 0;

	for (; n; n--)
		value = value << 8 | from[n - 1];
	return value;
}

void fuzz_change_number(uint8_t *p, unsigned width)
{
	uint64_t x = fuzz_get(p, width);

	switch (fuzz_number(5)) {
	case 0:
		x = fuzz_edge();
		break;
	case 1:
		x = fuzz_number(256);
		break;
	case 2:
		x ^= (uint64_t)1 << fuzz_number(8 * width);
		break;
	default:
		x += fuzz_number(17);
		x -= 8;
	}
	fuzz_put(p, x, width);
}
