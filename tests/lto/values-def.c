// SPDX-License-Identifier: GPL-3.0-or-later
/* values-def.c - the definitions, and the only stores */
#include "values.h"

int plus(int x) { return x + 1; }
int minus(int x) { return x - 1; }

struct ops ops = { plus, minus };
unsigned shared;
unsigned long wide = 5;
unsigned hidden = 3;
unsigned optioned = 21;
RTS_DEFINE_FUNC(choose, plus);
RTS_DEFINE_FUNC_NULLABLE(perhaps);
RTS_PATCHABLE(patched);
int patched(int x) { return x + 40; }

void init(unsigned x)
{
	shared = x;
}
