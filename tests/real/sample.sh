# SPDX-License-Identifier: GPL-3.0-or-later
# What real.sh does with real programs, with one that is made here: so that
# its own checks are checked in every `make check'.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/real/lib.sh"

unpack_sample() {
	cat >sample.h <<-'END'
	int sample_twice(int);
	void sample_set(int);
	int sample_say(int);
	END
	echo 'int sample_twice(int); int sample_twice(int x) { return 2 * x; }' \
		>twice.c
	cat >say.c <<-'END'
	#include "sample.h"
	static int verbose;
	void sample_set(int level) { verbose = level; }
	int sample_say(int x) { return verbose > 1 ? sample_twice(x) : x; }
	END
	cat >main.c <<-'END'
	#include <stdio.h>
	#include <stdlib.h>
	#include "sample.h"
	int main(int argc, char **argv)
	{
		sample_set(argc > 1 ? atoi(argv[1]) : 0);
		printf("%d\n", sample_say(21));
		return 0;
	}
	END
	cat >Makefile <<-'END'
	CFLAGS = -O2
	.RECIPEPREFIX = >
	sample: main.o parts.o libtwice.so
	> $(CC) $(LDFLAGS) $(EXTRA) -o $@ main.o parts.o -L. -ltwice -Wl,-rpath,$(CURDIR)
	parts.o: say.o
	> $(LD) -r -o $@ say.o
	libtwice.so: twice.c
	> $(CC) $(LDFLAGS) -shared -fPIC -o $@ twice.c
	END
}
build_sample() {
	make CC="$CC" LD="$LD" LDFLAGS="$fuse" EXTRA="$extra"
}
test_sample() {
	local level
	for level in '' 0 1 2 3; do
		./sample $level
	done
}
bind_sample() {
	marked=sample
	marks=--rts-var=parts.o:verbose
	extra="$work/bind.o $work/librtld.a -Wl,--wrap=sample_set"
}
for linker in bfd gold lld mold; do
	try sample $linker
	try_bound sample $linker
done
check "the table has a line for each" test "$(wc -l <"$results")" = 8

# It would see a build that ld-wrap had no part in, and products that differ.
good=$linkers_dir
linkers_dir=$work/shims
build sample bfd wrapped
check "it would see that ld-wrap had no part" test "$(called 0)" -gt 0
python3 "$RTS_SRCDIR/tests/real/products.py" src >one
printf X | dd of=src/sample bs=1 seek=9000 conv=notrunc 2>"$out"
python3 "$RTS_SRCDIR/tests/real/products.py" src >other
check_fails 1 "and one byte that differs" cmp one other
done_testing
