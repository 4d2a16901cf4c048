// SPDX-License-Identifier: GPL-3.0-or-later
/* work.c - plain C: nothing here knows of rtld but the mark of a static */
#include "demo.h"

unsigned block_shift = 5;
int offset = -7;
uint64_t limit = 1000;
uint64_t seed = 0x0123456789abcdef;	/* too wide for an immediate */

static const unsigned char pool[64] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5 };
const unsigned char *base = pool;

static unsigned level = 2;
RTS_VAR(level);

struct last_call last_call;
#define CALLED(fn)							\
	(last_call.function = (uintptr_t)(fn),				\
	 last_call.return_address = __builtin_return_address(0))

static uint64_t plain_encode(uint64_t x) { CALLED(plain_encode); return x + 1; }
static uint64_t plain_decode(uint64_t x) { CALLED(plain_decode); return x - 1; }
static uint64_t fancy_encode(uint64_t x) { CALLED(fancy_encode); return x ^ 85; }
static uint64_t fancy_decode(uint64_t x) { CALLED(fancy_decode); return x ^ 85; }
const struct codec plain_codec = { plain_encode, plain_decode };
const struct codec fancy_codec = { fancy_encode, fancy_decode };
struct codec codec = { plain_encode, plain_decode };

uint64_t plain_checksum(uint64_t x) { CALLED(plain_checksum); return x * 31; }
uint64_t fancy_checksum(uint64_t x) { CALLED(fancy_checksum); return x * 37; }
RTS_DEFINE_FUNC(checksum, plain_checksum);

RTS_SETTER void set_level(unsigned n) { level = n; }
const unsigned *level_address(void) { return &level; }

noinline uint64_t work(unsigned n)
{
	uint64_t sum = seed;
	unsigned i;

	for (i = 0; i < n; i++) {
		uint64_t x = codec.encode((uint64_t)i << (block_shift & 31));

		x += base[i & 63] + (uint64_t)(int64_t)offset;
		if (level > 1)
			x ^= limit;
		sum = checksum(sum + codec.decode(x));
	}
	return sum;
}

noinline unsigned get_block_shift(void) { return block_shift; }
noinline unsigned get_level(void) { return level; }
noinline int64_t get_offset(void) { return offset; }
noinline uint64_t get_limit(void) { return limit; }
noinline uint64_t get_seed(void) { return seed; }
noinline const unsigned char *get_base(void) { return base; }
noinline uint64_t tail_checksum(uint64_t x) { return checksum(x); }
noinline uint64_t tail_encode(uint64_t x) { return codec.encode(x); }
noinline uint64_t call_checksum(uint64_t x) { return checksum(x) + 1; }
noinline uint64_t call_encode(uint64_t x) { return codec.encode(x) + 1; }
noinline uint64_t call_decode(uint64_t x) { return codec.decode(x) + 1; }
