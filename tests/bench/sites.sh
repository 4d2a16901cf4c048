#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# sites.sh N [plain] - print C with N sites, a quarter of each: a call through
# a struct, a call of a marked function, a 32-bit and a 64-bit load.  With
# `plain' the same code without the marks.
n=${1:?usage: sites.sh N [plain]}
cat <<'END'
#include "rtstatic.h"
struct ops { int (*f[8])(int); };
extern struct ops ops;
extern unsigned shift[8];
extern unsigned long limit[8];
extern unsigned long sink;
END
if [ "${2-}" = plain ]; then
	echo 'int chosen(int);'
else
	echo 'RTS_OPS(ops); RTS_VAR(shift); RTS_VAR(limit);'
	echo 'RTS_DECLARE_FUNC(int, chosen, (int));'
fi
i=0
while [ "$i" -lt $((n / 4)) ]; do
	k=$((i % 8))
	cat <<END
int use_$i(int x);
int use_$i(int x)
{
	x = ops.f[$k](x + $i);
	x = chosen(x << shift[$k]);
	sink = limit[$k];
	return x;
}
END
	i=$((i + 1))
done
