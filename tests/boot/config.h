/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h - variables that are set once, from the command line
 *
 * Each mark is all there is: the files that use the variables are plain C.
 */
#ifndef BOOT_CONFIG_H
#define BOOT_CONFIG_H

#include "kernel.h"

struct bucket {
	uint64_t weight;
};
#define BUCKETS	256
extern struct bucket buckets[BUCKETS];

extern unsigned cache_shift;		RTS_VAR(cache_shift);
extern unsigned trace_level;		RTS_VAR(trace_level);
extern int bias;			RTS_VAR(bias);
extern uint64_t hash_mask;		RTS_VAR(hash_mask);
extern uint64_t hash_seed;		RTS_VAR(hash_seed);
extern struct bucket *bucket_base;	RTS_VAR(bucket_base);

/* Words of the command line that steer the demo itself. */
extern struct options {
	const char *pv;		/* "native", "hyper" or "" = by CPUID */
	const char *stop;	/* phase to end after, or "" */
	const char *poke;	/* break a rule of protect_kernel(), or "" */
	bool keep_init;		/* do not free .init.text */
	const char *mode;	/* late.c: which host */
	unsigned switches;	/* late.c: how many */
	unsigned room;		/* late.c: sites in a batch */
	bool inject;		/* late.c: ask for machine checks */
} options;

void config_parse(const struct start_info *si);

#endif /* BOOT_CONFIG_H */
