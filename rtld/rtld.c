// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * rtld.c - the whole core as one unit
 *
 * For kernels: compiled like this the core's inner calls are between static
 * functions, which an assembler resolves itself, so that the object carries
 * no relocation and runs wherever it stands.  It is smaller, too.
 */
#define RTLD_UNITY

#include "image.c"
#include "stream.c"
#include "field.c"
#include "bind.c"
