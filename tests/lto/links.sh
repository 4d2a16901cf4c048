#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# links.sh - LTO code among other inputs, and what does not go
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lto/lib.sh"
need ar gcc-ar cmp make

# What the LTO linker says on the way is gcc's; ld-wrap's own is wanted.
quiet=-Wl,--rts-no-store-warnings
files="values values-def values-use"

# ---- one program, of many kinds of objects ---------------------------------

for file in $files; do
	compile gcc "" native "$src/$file.c" &&
		compile gcc -flto slim "$src/$file.c" &&
		compile gcc "-flto -ffat-lto-objects" fat "$src/$file.c" &&
		compile clang -flto bitcode "$src/$file.c" &&
		compile clang "-flto=thin" thin "$src/$file.c" ||
		not_ok "compile $file"
done
compile_rtld gcc "" rtld || not_ok "compile rtld"
link gcc bfd $quiet -o want native/*.o rtld/*.o
./want >want.said
sites want >want.sites

# mix NAME CC LINKER FLAGS INPUT...: the same program
mix() {
	local what=$1 cc=$2 linker=$3 flags=$4
	shift 4
	rm -f program
	# shellcheck disable=SC2086
	check "$what: links" link "$cc" "$linker" -O2 $flags $quiet \
		-o program "$@" rtld/*.o || return
	check "$what: rts-dump --check" "$RTS_DUMP" --check program
	sites program >program.sites
	if grep -q ^stripped program.sites; then
		sed 's/.* //' want.sites | sort >want.slots
		sed 's/.* //' program.sites | sort >program.slots
		check "$what: the same sites" diff want.slots program.slots
	else
		check "$what: the same sites" diff want.sites program.sites
	fi
	./program >program.said
	check "$what: says the same" diff want.said program.said
	same "$what: unexplained" 0 \
		"$(awk '$1 == "unexplained" { print $2 }' "$report")"
}

for kind in slim fat; do
	gcc-ar rc $kind.a $kind/values-def.o $kind/values-use.o
	gcc-ar rcT thin-$kind.a $kind/values-def.o $kind/values-use.o
done
ar rc bitcode.a bitcode/values-def.o bitcode/values-use.o
for linker in bfd gold mold; do
	mix "$linker: LTO main" gcc $linker -flto slim/values.o \
		native/values-def.o native/values-use.o
	mix "$linker: LTO definitions" gcc $linker -flto native/values.o \
		slim/values-def.o native/values-use.o
	mix "$linker: fat and slim" gcc $linker -flto slim/values.o \
		fat/values-def.o slim/values-use.o
	mix "$linker: an archive" gcc $linker -flto native/values.o slim.a
	mix "$linker: an archive of fat objects" gcc $linker -flto \
		slim/values.o fat.a
	mix "$linker: a thin archive" gcc $linker -flto slim/values.o \
		thin-slim.a
	mix "$linker: a thin archive of fat ones" gcc $linker -flto \
		native/values.o thin-fat.a
done
mix "fat objects, not as LTO" gcc bfd -fno-lto fat/values.o fat.a
mix "lld: fat objects, not as LTO" gcc lld "" fat/values.o fat.a
for linker in lld lld-19; do
	mix "$linker: LTO main" clang $linker -flto bitcode/values.o \
		native/values-def.o native/values-use.o
	mix "$linker: an archive" clang $linker -flto native/values.o bitcode.a
	mix "$linker: full and thin" clang $linker -flto thin/values.o bitcode.a
	mix "$linker: stripped" clang $linker "-flto -s -Wl,--gc-sections" \
		bitcode/values.o bitcode.a
done
mix "stripped" gcc bfd "-flto -Wl,--gc-sections -s" slim/values.o slim.a
mix "static" gcc bfd "-flto -static" slim/values.o slim.a
printf '%s\n' -flto slim/values.o slim.a >words
mix "words in a file" gcc bfd "" @words

compile clang-19 "-flto -ffat-lto-objects" fat19 "$src/values.c" \
	"$src/values-def.c" "$src/values-use.c" || not_ok "compile fat19"
mix "clang's fat objects as LTO" clang-19 lld-19 \
	"-flto -ffat-lto-objects -Wl,--fat-lto-objects" fat19/*.o
same "clang's fat objects as LTO: no reference is dropped" 0 \
	"$(get total dropped)"
mix "clang's fat objects" clang-19 lld-19 "" fat19/*.o

# ---- shared objects ------------------------------------------------------------

cat >so.c <<'END'
#include "rtstatic.h"
#define SHOWN __attribute__((visibility("default")))
static unsigned limit = 3; RTS_VAR(limit);
extern unsigned hidden __attribute__((visibility("hidden")));
unsigned hidden = 4; RTS_VAR(hidden);
RTS_DECLARE_FUNC(int, choose, (int));
static int one(int x) { return x + 1; }
RTS_DEFINE_FUNC(choose, one);
SHOWN unsigned use(int x) { return (unsigned)choose(x) + limit + hidden; }
SHOWN void set(unsigned x) { limit = hidden = x; }
END
for way in "gcc bfd -flto" "gcc gold -flto" "gcc mold -flto" "clang lld -flto" \
	"clang-19 lld-19 -flto=thin"; do
	# shellcheck disable=SC2086
	set -- $way
	compile "$1" "-fPIC $3" . so.c
	check "$way: a shared object: links" link "$1" "$2" -O2 "$3" -shared \
		$quiet -o so.so so.o
	check "$way: ... rts-dump --check" "$RTS_DUMP" --check so.so
	same "$way: ... its sites: three uses, and the stub's" 4 \
		"$(get total bound)"
done

# ---- the table's room is a guess -------------------------------------------

{
	echo '#include "rtstatic.h"'
	for i in $(seq 300); do
		echo "int v$i = $i; RTS_VAR(v$i);"
	done
	echo 'int main(void) { int x = 0;'
	for i in $(seq 300); do
		echo "x ^= v$i;"
	done
	echo 'return x; }'
} >many.c
for way in "gcc bfd" "clang lld"; do
	# shellcheck disable=SC2086
	set -- $way
	check "$way: many marks compile" compile "$1" -flto . many.c
	link "$1" "$2" -O2 -flto $quiet -Wl,--rts-print-command -o many \
		many.o >said 2>&1
	same "$way: many marks take a second link" 2 \
		"$(grep -c '^ld-wrap: /' said)"
	check "$way: many marks: rts-dump --check" "$RTS_DUMP" --check many
	same "$way: many marks: all are bound" 300 "$(get total bound)"
done

# ---- nothing marked, nothing changed ---------------------------------------

cat >unmarked.c <<'END'
#include <stdio.h>
int optional = 3;
int main(int argc, char **argv)
{
	return printf("%s %d\n", argv[0], optional + argc) < 0;
}
END
# unmarked NAME CC LINKER FLAGS
unmarked() {
	# shellcheck disable=SC2086
	compile "$2" "$4" . unmarked.c
	case $3 in
	lld*) set -- "$1" "$2" "$3" "$4" "--ld-path=$(real "$3")" ;;
	*)	set -- "$1" "$2" "$3" "$4" "-fuse-ld=$3" ;;
	esac
	# shellcheck disable=SC2086
	"$2" -O2 $4 -no-pie $5 -o plain unmarked.o
	mv plain plain.want
	export LD_WRAP_FLAGS="--rts-var=of_another_program"
	# shellcheck disable=SC2086
	LD_WRAP_LD=$(real "$3") "$2" -B"$PWD/bin/" -O2 $4 -no-pie -o plain \
		-Wl,--rts-print-command unmarked.o >said 2>&1
	unset LD_WRAP_FLAGS
	check "$1: without marks the same bytes" cmp plain.want plain
	check_fails 1 "$1: ... by the same words" \
		grep -E 'rts-lto|lto-obj-path|rts\.o' said
}
unmarked "gcc" gcc bfd -flto
unmarked "clang" clang lld -flto
unmarked "clang thin" clang-19 lld-19 -flto=thin

# A mark in a member that nobody needs: the link is known to have none only when
# it is done, and then done again, by the words that were given.
cat >idle.c <<'END'
#include "rtstatic.h"
unsigned idle = 1; RTS_VAR(idle);
unsigned get_idle(void) { return idle; }
END
for way in "gcc bfd" "clang lld"; do
	# shellcheck disable=SC2086
	set -- $way
	compile "$1" -flto . unmarked.c && compile "$1" -flto . idle.c ||
		not_ok "$way: idle compiles"
	rm -f idle.a
	gcc-ar rc idle.a idle.o
	"$1" -O2 -flto -no-pie "-fuse-ld=$2" -o plain unmarked.o idle.a
	mv plain plain.want
	check "$way: a mark that is not linked" link "$1" "$2" -O2 -flto \
		-o plain unmarked.o idle.a
	check "$way: ... the same bytes" cmp plain.want plain
	check_fails 1 "$way: ... and no table" "$RTS_DUMP" --check plain
	same "$way: ... leaves nothing" "" "$(ls -A | grep '^\.ld-wrap')"
done

# ---- marks by option ----------------------------------------------------------

# optioned NAME CC LINKER FLAGS: from the environment, for whom it may concern
optioned() {
	compile "$2" "$4" . unmarked.c
	export LD_WRAP_FLAGS="--rts-var=optional --rts-var=of_another_program"
	# shellcheck disable=SC2086
	check "$1: marked by the environment: links" link "$2" "$3" -O2 $4 \
		-o optioned unmarked.o
	unset LD_WRAP_FLAGS
	same "$1: its use is a site" 1 "$(get optional bound)"
	check "$1: rts-dump --check" "$RTS_DUMP" --check optioned
}
optioned "gcc" gcc bfd -flto
optioned "clang" clang lld -flto
optioned "clang thin" clang-19 lld-19 -flto=thin

# ---- bodies --------------------------------------------------------------------

# RTS_INLINE is for files without LTO; what calls may have it.
cat >body.c <<'END'
#include "rtstatic.h"
void off(void) { }
RTS_INLINE(off, RTS_CLOBBERS_NONE, "nop");
END
cat >calls.c <<'END'
#include "rtstatic.h"
void off(void);
RTS_DECLARE_FUNC(void, irq, (void));
RTS_DEFINE_FUNC(irq, off);
int main(void) { irq(); irq(); return 0; }
END
for way in "gcc bfd" "clang lld"; do
	# shellcheck disable=SC2086
	set -- $way
	compile "$1" "" . body.c && compile "$1" -flto . calls.c ||
		not_ok "$way: bodies compile"
	check "$way: a body for LTO code: links" link "$1" "$2" -flto -O2 \
		-o body body.o calls.o
	"$RTS_DUMP" --sites body >said
	same "$way: ... stands at both calls" 2 \
		"$(grep -Ec '0/[0-9] +2e 2e 2e 2e 90 +cs' said)"
done

# ---- properties -----------------------------------------------------------------

# rts.o has to say what only LTO code says, or the program loses it.
cat >bare.c <<'END'
#include "rtstatic.h"
unsigned speed = 3; RTS_VAR(speed);
volatile unsigned sink;
void _start(void) { for (;;) sink = speed; }
END
compile gcc "-flto -fcf-protection=full" . bare.c || not_ok "compile bare.c"
check "nothing but LTO code: links" link gcc bfd -nostdlib -static -flto -O2 \
	-fcf-protection=full -o bare bare.o
readelf -nW bare >said
check "nothing but LTO code: IBT and SHSTK are there" grep -q 'IBT, SHSTK' said
check "nothing but LTO code: rts-dump --check" "$RTS_DUMP" --check bare

# ---- what is refused ----------------------------------------------------------

echo "the old output" >old
refused() {	# WHAT DIAGNOSTIC ARGUMENTS...
	local what=$1 name=$2
	shift 2
	cp old program
	check_fails 1 "$what: is refused" link gcc bfd -flto -O2 $quiet \
		-o program "$@"
	cp "$out" said
	check "$what: for what it is" grep -q "$name" said
	check "$what: the old output survives" cmp old program
	same "$what: leaves nothing" "" "$(ls -A | grep '^\.ld-wrap')"
}
refused "a function of LTO code by option" '`plus.*\[lto-input\]' \
	-Wl,--rts-func=plus slim/*.o rtld/*.o
refused "a static of LTO code by option" \
	'`values-use.o:fixed.*\[lto-input\]' \
	-Wl,--rts-var=values-use.o:fixed slim/*.o rtld/*.o
refused "a name that nobody knows" '`nosuch.*\[undefined-mark\]' \
	-Wl,--rts-var=nosuch slim/*.o rtld/*.o
refused "a table in a relocatable file" '\[lto-input\]' -r -nostdlib \
	-Wl,--rts-table slim/values-def.o
refused "two plugins" '\[lto-input\]' slim/*.o rtld/*.o \
	"-Wl,-plugin,$(gcc -print-file-name=liblto_plugin.so)"
refused "an error of the linker's own" 'undefined reference to .get_once' \
	slim/values.o slim/values-def.o rtld/*.o
# GNU ld says so, and goes on without it.
compile gcc "" native many.c
cp old program
check_fails 1 "LTO code that the linker does not take: is refused" \
	"$LD_WRAP" -e main -o program native/many.o slim/values-def.o
cp "$out" said
check "... for what it is" grep -q 'slim/values-def.o: .*\[lto-input\]' said
check "... the old output survives" cmp old program

# ---- what else the linker is asked for ---------------------------------------

# Whatever the output is called, nothing of ours is taken for a part of it.
mkdir names
for name in lto lto.o lto.o0 l _lto rts; do
	rm -f names/*
	check "an output called $name, by GNU ld" link gcc bfd -flto -O2 $quiet \
		-o names/$name slim/*.o rtld/*.o
	check "... is right" "$RTS_DUMP" --check names/$name
	check "an output called $name, by lld" link clang lld -flto -O2 $quiet \
		-o names/$name bitcode/*.o rtld/*.o
	check "... is right" "$RTS_DUMP" --check names/$name
	same "... and alone" $name "$(ls -A names)"
done

# Links that end with the compiler, which leaves what it was asked for.
ended() {	# DIR LINKER... : what is there, and how it ended
	local dir=$1
	shift
	rm -rf "$dir"
	mkdir "$dir"
	"$@" -o "$dir/p" >said 2>&1
	echo "status $?" >"$dir.ended"
	(cd "$dir" && find . -type f -exec cksum {} + | sort -k 3) >>"$dir.ended"
}
for linker in lld lld-19 gold; do
	ld=$(real $linker)
	words="--lto-emit-asm --lto-emit-llvm --thinlto-single-module=x
		--thinlto-index-only --plugin-opt=emit-llvm
		--plugin-opt=emit-asm --plugin-opt=thinlto-index-only=list"
	if [ $linker = gold ]; then
		words="--plugin-opt=emit-llvm"
		plugin="--plugin $(clang -print-file-name=LLVMgold.so)"
	else
		plugin=
	fi
	for word in $words; do
		for kind in thin/values.o native/values.o; do
			# shellcheck disable=SC2086
			ended plain "$ld" $plugin $word $kind
			# shellcheck disable=SC2086
			ended wrapped "$LD_WRAP" --rts-ld="$ld" $plugin \
				$word $kind
			sed 's/plain/wrapped/' plain.ended >want.ended
			check "$linker $word $kind: as without ld-wrap" \
				diff want.ended wrapped.ended
		done
	done
done

check "lld's own native objects" link clang lld -flto -O2 $quiet \
	-Wl,--lto-obj-path=mine.o -o program thin/*.o rtld/*.o
check "... are there" readelf -h mine.o1
for i in 1 2; do
	link gcc bfd -flto=2 -flto-partition=1to1 -O2 $quiet -o program \
		slim/*.o rtld/*.o
	mv program again$i
done
check "the same again: the same bytes" cmp again1 again2
printf 'all:\n\t+gcc -B%s/bin/ -flto=jobserver %s -O2 -no-pie %s -o made %s\n' \
	"$PWD" -flto-partition=1to1 $quiet "$(echo slim/*.o rtld/*.o)" >Makefile
check "make's jobserver" make -j2
cp "$out" said
check_fails 1 "... is there" grep 'jobserver is not available' said
check "... the same bytes" cmp again1 made
done_testing
