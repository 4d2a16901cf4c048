// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * digest.c - SHA-1 (FIPS 180) and MD5 (RFC 1321), as their papers say
 *
 * Both fold 64 bytes at a time into a few words, and differ in the rounds and
 * in the order of bytes: SHA-1 is big-endian, MD5 little-endian.  The last
 * block ends in the number of bits.
 */
#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "digest.h"

static uint32_t rotate(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t load(const unsigned char *p, bool big)
{
	return big ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
		     (uint32_t)p[2] << 8 | p[3] :
		     (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
		     (uint32_t)p[1] << 8 | p[0];
}

static void store(unsigned char *p, uint32_t x, bool big)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (unsigned char)(x >> (big ? 24 - 8 * i : 8 * i));
}

/* ---- SHA-1 ------------------------------------------------------------ */

static uint32_t sha1_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round / 20) {
	case 0:
		return ((b & c) | (~b & d)) + 0x5a827999;
	case 1:
		return (b ^ c ^ d) + 0x6ed9eba1;
	case 2:
		return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
	default:
		return (b ^ c ^ d) + 0xca62c1d6;
	}
}

static void sha1_block(uint32_t *state, const unsigned char *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], w[80] = { 0 }, next;
	unsigned i;

	for (i = 0; i < 16; i++)
		w[i] = load(p + 4 * (size_t)i, true);
	for (; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (i = 0; i < 80; i++) {
		next = rotate(a, 5) + sha1_mix(i, b, c, d) + e + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* ---- MD5 -------------------------------------------------------------- */

/* The fraction of |sin(i + 1)|, in 32 bits. */
static const uint32_t md5_sine[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee,
	0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
	0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
	0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
	0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
	0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
	0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05,
	0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
	0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const unsigned char md5_turn[4][4] = {
	{ 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 },
	{ 6, 10, 15, 21 },
};

/* Which word of the block a round takes. */
static unsigned md5_word(unsigned round)
{
	static const unsigned char times[] = { 1, 5, 3, 7 };
	static const unsigned char from[] = { 0, 1, 5, 0 };

	return (times[round / 16] * round + from[round / 16]) % 16;
}

static uint32_t md5_mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
	switch (round / 16) {
	case 0:
		return (b & c) | (~b & d);
	case 1:
		return (d & b) | (~d & c);
	case 2:
		return b ^ c ^ d;
	default:
		return c ^ (b | ~d);
	}
}

static void md5_block(uint32_t *state, const unsigned char *p)
{
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3], next;

	for (unsigned i = 0; i < 64; i++) {
		next = a + md5_mix(i, b, c, d) + md5_sine[i] +
			load(p + 4 * (size_t)md5_word(i), false);
		a = d;
		d = c;
		c = b;
		b += rotate(next, md5_turn[i / 16][i % 4]);
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
}

/* ---- both ------------------------------------------------------------- */

static void fold(struct lw_digest *d, const unsigned char *p)
{
	if (d->size == LW_SHA1_SIZE)
		sha1_block(d->state, p);
	else
		md5_block(d->state, p);
}

void lw_digest_begin(struct lw_digest *d, size_t size)
{
	static const uint32_t start[] = {
		0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0,
	};

	memset(d, 0, sizeof(*d));
	d->size = size;
	memcpy(d->state, start, sizeof(start));
}

void lw_digest_add(struct lw_digest *d, const void *p, size_t n)
{
	const unsigned char *from = p;
	size_t used = d->length % 64, part;

	d->length += n;
	while (n) {
		if (!used && n >= 64) {
			fold(d, from);
			part = 64;
		} else {
			part = n < 64 - used ? n : 64 - used;
			memcpy(d->block + used, from, part);
			used = (used + part) % 64;
			if (!used)
				fold(d, d->block);
		}
		from += part;
		n -= part;
	}
}

void lw_digest_end(struct lw_digest *d, unsigned char *result)
{
	static const unsigned char padding[64] = { 0x80 };
	bool big = d->size == LW_SHA1_SIZE;
	uint64_t bits = d->length * 8;
	unsigned char count[8];

	lw_digest_add(d, padding, 64 - (d->length + 8) % 64);
	store(count + (big ? 4 : 0), (uint32_t)bits, big);
	store(count + (big ? 0 : 4), (uint32_t)(bits >> 32), big);
	lw_digest_add(d, count, sizeof(count));
	for (size_t i = 0; i < d->size / 4; i++)
		store(result + 4 * i, d->state[i], big);
}
