// SPDX-License-Identifier: GPL-3.0-or-later
/* values-use.c - the uses, and statics whose only use is here */
#include "values.h"

static unsigned fixed = 7; RTS_VAR(fixed);	/* never written */
static unsigned once; RTS_VAR(once);		/* by a constructor */
static int (*hook)(int) = plus; RTS_OPS(hook);	/* never written */

__attribute__((constructor)) static void begin(void)
{
	once = 8;
}

GETTER unsigned get_shared(void) { return shared; }
GETTER unsigned long get_wide(void) { return wide; }
GETTER unsigned get_hidden(void) { return hidden; }
GETTER unsigned get_optioned(void) { return optioned; }
GETTER unsigned get_fixed(void) { return fixed; }
GETTER unsigned get_once(void) { return once; }
GETTER int get_first(int x) { return ops.first(x) * 2; }
GETTER int get_second(int x) { return ops.second(x) * 2; }
GETTER int get_hook(int x) { return hook(x) * 2; }
GETTER int get_choose(int x) { return choose(x) * 2; }
GETTER int get_perhaps(int x) { perhaps(&x); return x; }
GETTER int get_patched(int x) { return patched(x) * 2; }
