# SPDX-License-Identifier: GPL-3.0-or-later
# The same inputs make the same bytes: in another directory, under another
# name of it, with another umask, environment and locale, beside other links,
# and where a temporary of that name is in the way.  And what comes out is
# whole for those who read ELF files.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld.bfd ld.gold ld.lld-14 ld.lld-19 mold ar cmp strip objcopy \
	readelf eu-elflint make
linkers="ld.bfd ld.gold ld.lld-14 ld.lld-19 mold"

cat >marked.c <<'END'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
RTS_DECLARE_FUNC(int, choose, (int));
static int plus(int x) { return x + 1; }
RTS_DEFINE_FUNC(choose, plus);
unsigned other = 4;
unsigned get(unsigned x) { return x >> shift; }
unsigned more(unsigned);
void _start(void) { for (;;) choose((int)more(get(other))); }
END
cat >more.c <<'END'
#include "rtstatic.h"
extern unsigned shift;
RTS_VAR(shift);
unsigned more(unsigned x) { return x + shift; }
END
cat >Makefile <<'END'
all: out-1 out-2 out-3 out-4
out-%: marked.o libmore.a
	"$(LD_WRAP)" --rts-ld=$(REAL) --build-id --rts-var=other \
		--rts-report=report-$* marked.o libmore.a -Map=map-$* -o $@
END
for f in marked more; do
	"$CC" -O2 -g -fno-pic -fno-stack-protector -fcf-protection=none \
		-ffile-prefix-map="$PWD=." -I"$RTS_SRCDIR/include" -c $f.c ||
		exit 99
done
ar rcD libmore.a more.o
for dir in here "there/with a blank/and-a-much-longer-name"; do
	mkdir -p "$dir"
	cp marked.o libmore.a Makefile "$dir"
done
there="there/with a blank/and-a-much-longer-name"
mkdir -p elsewhere/tmp
ln -s "$PWD/$there" by-another-name
# The locale need not be there; the variables are.
other_env() {
	env LC_ALL=de_DE.UTF-8 LANG=tr_TR.UTF-8 TZ=Asia/Kolkata \
		TMPDIR="$tap_dir/elsewhere/tmp" HOME=/nowhere USER=nobody \
		HOSTNAME=elsewhere A_LONG_VARIABLE="$(printf '%04000d' 0)" "$@"
}

for linker in $linkers; do
	export REAL
	export LD_WRAP
	REAL=$(command -v $linker)
	rm -f here/out-* "$there"/out-*
	check "$linker: one at a time" make -s -j1 -C here
	mkdir "$there/.ld-wrap.out-3"
	umask 077
	check "$linker: elsewhere, two at a time" \
		other_env make -s -j2 -C by-another-name
	umask 022
	rmdir "$there/.ld-wrap.out-3"
	for i in 1 2 3 4; do
		check "$linker: output $i is the same" \
			cmp here/out-$i "$there/out-$i"
	done
	check "$linker: and so are the outputs of one build" \
		cmp here/out-1 here/out-2
	check "$linker: the map is the same" cmp here/map-3 "$there/map-3"
	check "$linker: the report is the same" \
		cmp here/report-3 "$there/report-3"

	# ---- whole for the tools
	cp here/out-1 out
	check "$linker: a table" "$RTS_DUMP" --check out
	readelf -aW out >readelf.out 2>readelf.err
	check "$linker: readelf has nothing to say" test ! -s readelf.err
	# What eu-elflint finds in the linker's own output is the linker's;
	# that our relocations are of no known type is what they are for.
	"$REAL" --build-id marked.o libmore.a -o plain
	eu-elflint --gnu-ld plain >lint.plain 2>&1
	eu-elflint --gnu-ld out 2>&1 | grep -vE \
		"'.rts.rela': relocation [0-9]+: invalid (type|symbol index)" \
		>lint.out
	check_fails 1 "$linker: eu-elflint finds nothing that is ours" \
		grep -e rts -e shstrtab lint.out
	check "$linker: eu-elflint finds no more than without us" test \
		"$(wc -l <lint.out)" -le "$(wc -l <lint.plain)"
	for tool in strip "strip -g" objcopy "objcopy -R .comment"; do
		cp out copy
		# shellcheck disable=SC2086	# words
		check "$linker: $tool" $tool copy
		check "$linker: a table after $tool" "$RTS_DUMP" --check copy
	done
done
done_testing
