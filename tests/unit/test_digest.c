// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_digest.c - SHA-1 and MD5 as libgcrypt computes them
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <gcrypt.h>

#include <cmocka.h>

#include "../../ld-wrap/digest.h"

static unsigned char bytes[1000];

static void compare(int algorithm, size_t size, size_t n, size_t piece)
{
	unsigned char want[LW_DIGEST_MAX], have[LW_DIGEST_MAX];
	struct lw_digest d;
	size_t at, part;

	gcry_md_hash_buffer(algorithm, want, bytes, n);
	lw_digest_begin(&d, size);
	for (at = 0; at < n; at += part) {
		part = piece < n - at ? piece : n - at;
		lw_digest_add(&d, bytes + at, part);
	}
	lw_digest_end(&d, have);
	assert_memory_equal(want, have, size);
}

/* Each length around the end of a block, in one piece and in small ones. */
static void compare_all(int algorithm, size_t size)
{
	for (size_t n = 0; n <= 300; n++) {
		compare(algorithm, size, n, sizeof(bytes));
		compare(algorithm, size, n, 1);
		compare(algorithm, size, n, 63);
		compare(algorithm, size, n, 65);
	}
	compare(algorithm, size, sizeof(bytes), 128);
}

static void sha1(void **state)
{
	(void)state;
	compare_all(GCRY_MD_SHA1, LW_SHA1_SIZE);
}

static void md5(void **state)
{
	(void)state;
	compare_all(GCRY_MD_MD5, LW_MD5_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha1),
		cmocka_unit_test(md5),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (!gcry_check_version(NULL))
		return 99;
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * i + i / 7);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
