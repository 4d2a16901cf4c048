/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * module.h - what program and module know of each other
 *
 * The program plays the kernel: it has marks that the module uses, and loads
 * the module wherever it likes.
 */
#ifndef TESTS_MODULE_H
#define TESTS_MODULE_H

#include "rtstatic.h"

#define hidden __attribute__((visibility("hidden")))

/* The program's.  The module sees no more than their names. */
extern hidden unsigned kernel_level;		RTS_VAR(kernel_level);
extern hidden struct kernel_ops {
	unsigned (*pad)(unsigned);
	unsigned (*step)(unsigned x);
} kernel_ops;					RTS_OPS(kernel_ops);
RTS_DECLARE_FUNC(unsigned, kernel_mix, (unsigned x));

#endif /* TESTS_MODULE_H */
