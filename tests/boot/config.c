// SPDX-License-Identifier: GPL-3.0-or-later
/* config.c - the command line into very-read-only variables */
#include "config.h"
#include "work.h"

struct bucket buckets[BUCKETS];

unsigned cache_shift = 6;
unsigned trace_level;
int bias = -3;
uint64_t hash_mask = 0x3f;
uint64_t hash_seed = 0x9e3779b97f4a7c15;	/* too wide for an immediate */
struct bucket *bucket_base = buckets;

struct options options = {
	.pv = "", .stop = "", .poke = "", .mode = "",
	.room = 256
};

/* Decimal or 0x hexadecimal, perhaps negative; stops at what is neither. */
static __init uint64_t number(const char *s)
{
	bool minus = *s == '-';
	uint64_t n = 0;
	unsigned radix = 10, digit;

	s += minus;
	if (has_prefix(s, "0x")) {
		radix = 16;
		s += 2;
	}
	for (; ; s++) {
		if (*s >= '0' && *s <= '9')
			digit = (unsigned)(*s - '0');
		else if ((*s | 32) >= 'a' && (*s | 32) <= 'f')
			digit = (unsigned)((*s | 32) - 'a') + 10;
		else
			break;
		if (digit >= radix)
			break;
		n = n * radix + digit;
	}
	return minus ? -n : n;
}

static __init const char *value_of(const char *word, const char *key)
{
	return has_prefix(word, key) ? word + strlen(key) : NULL;
}

static __init void config_word(const char *word)
{
	const char *v;

	if ((v = value_of(word, "cache_shift=")))
		cache_shift = number(v) & 63;
	else if ((v = value_of(word, "trace=")))
		trace_level = (unsigned)number(v);
	else if ((v = value_of(word, "bias=")))
		bias = (int)number(v);
	else if ((v = value_of(word, "mask=")))
		hash_mask = number(v) % (BUCKETS / 2);
	else if ((v = value_of(word, "seed=")))
		hash_seed = number(v);
	else if ((v = value_of(word, "base=")))
		bucket_base = &buckets[number(v) % (BUCKETS / 2)];
	else if ((v = value_of(word, "batch=")))
		set_batch((unsigned)number(v));
	else if ((v = value_of(word, "pv=")))
		options.pv = v;
	else if ((v = value_of(word, "stop=")))
		options.stop = v;
	else if ((v = value_of(word, "poke=")))
		options.poke = v;
	else if ((v = value_of(word, "mode=")))
		options.mode = v;
	else if ((v = value_of(word, "stress=")))
		options.switches = (unsigned)number(v);
	else if ((v = value_of(word, "room=")))
		options.room = (unsigned)number(v);
	else if (has_prefix(word, "inject"))
		options.inject = true;
	else if (has_prefix(word, "keepinit"))
		options.keep_init = true;
	else if (!has_prefix(word, "early"))
		kprintf("config: unknown word `%s'\n", word);
}

/* Cuts the loader's copy into words, which options may point into. */
__init void config_parse(const struct start_info *si)
{
	char *s = (char *)(uintptr_t)si->cmdline, *word;
	unsigned i;

	for (i = 0; i < BUCKETS; i++)
		buckets[i].weight = i * 0x10001 + 7;
	if (si->magic != START_INFO_MAGIC || !s)
		return;
	kprintf("config: %s\n", s);
	while (*s) {
		while (*s == ' ')
			s++;
		for (word = s; *s && *s != ' '; s++)
			;
		if (*s)
			*s++ = '\0';
		if (*word)
			config_word(word);
	}
}
