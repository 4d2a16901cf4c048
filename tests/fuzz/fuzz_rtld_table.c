// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_rtld_table.c - what rtld relies on, and no table can say of itself
 *
 * That memory is where the table says; and that sites of different slots do not
 * overlap, which ld-wrap proves.
 */
#include <string.h>

#include "fuzz_rtld.h"
#include "../../rtld/internal.h"

static int within(int64_t relative, uint64_t size, int64_t from, int64_t to)
{
	return relative >= from && relative <= to &&
	       size <= (uint64_t)(to - relative);
}

int fuzz_within(const struct rtld *rt)
{
	struct rts_text text;
	struct rts_mark mark;
	uint32_t i;

	for (i = 0; rtld_text_(rt, i, &text); i++) {
		if (!within(text.start, text.size, -TABLE, -OBJECTS))
			return 0;
	}
	for (i = 0; rtld_mark_(rt, i, &mark); i++) {
		if (!within(mark.address, mark.size, -OBJECTS, 0))
			return 0;
	}
	return 1;
}

/* Sites of different slots overlap: ld-wrap proves that they do not, and rtld
 * relies on it.  Then it must still do no harm, but need not be right. */
int fuzz_overlaps(struct rtld *rt, const unsigned char *block)
{
	static unsigned char used[TEXT];
	struct rtld_site_ s;
	size_t at;
	int any = 0;

	memset(used, 0, sizeof(used));
	for (uint32_t i = 0; i < RTLD_HEAD_(rt, slot_count); i++) {
		rtld_start_(rt, &s, i);
		while (!rtld_next_(rt, &s)) {
			at = (size_t)(rtld_pointer_(rt, rt->fault.address) -
				      block);
			for (unsigned k = 0; k < s.length; k++)
				any |= used[at + k]++;
		}
	}
	return any;
}
