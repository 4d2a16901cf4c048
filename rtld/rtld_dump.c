// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * rtld_dump.c - the dump as one unit, for kernels
 *
 * In rtld.c the walker and the encoder are static, so the dump brings its own
 * copy: the core, which every kernel carries, stays free of names for it.
 */
#include "stream.c"
#include "field.c"
#include "read.c"
#include "dump.c"
