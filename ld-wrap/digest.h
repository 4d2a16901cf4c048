/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * digest.h - SHA-1 and MD5, for build ids
 *
 * They name a file, they do not guard it: nobody's security rests on them.
 * Not libgcrypt's, because each start of ld-wrap, also of the many that have
 * nothing to do, would load that library first.
 */
#ifndef LW_DIGEST_H
#define LW_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define LW_SHA1_SIZE	20
#define LW_MD5_SIZE	16
#define LW_DIGEST_MAX	20

struct lw_digest {
	size_t size;		/* of the result: says which of the two */
	uint32_t state[5];
	uint64_t length;	/* bytes so far */
	unsigned char block[64];
};

void lw_digest_begin(struct lw_digest *, size_t size);
void lw_digest_add(struct lw_digest *, const void *p, size_t n);
/* What is left of the block is padded: add nothing more. */
void lw_digest_end(struct lw_digest *, unsigned char *result);

#endif /* LW_DIGEST_H */
