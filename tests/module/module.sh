#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# module.sh - relocatable files with tables (-r --rts-table), and a loader
#
# The loader knows the relocations that Linux knows in modules.  It loads each
# module six times, in other orders and at other distances; all copies are
# bound at once.  The same module by plain ld -r does the same, unbound.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"
need gcc clang readelf ld.bfd ld.gold ld.lld ld.mold
src=$RTS_SRCDIR/tests/module
warn="-Wall -Wextra -Wshadow -Wcast-qual -Wpointer-arith -Wundef -Wvla
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Werror"
# shellcheck disable=SC2154
common="-std=gnu11 -O2 -g $warn $inc"

# shellcheck disable=SC2086
check "the loader compiles" gcc $common -fno-pie -no-pie \
	-I"$RTS_SRCDIR/rtld" -I"$src" -o main "$src/main.c" "$src/load.c" \
	"$RTS_BUILDDIR/rtld/librtld.a"

# The same, and nobody reads where he should not.
sources="$src/main.c $src/load.c"
for file in image stream field read bind validate seal platform/process; do
	sources="$sources $RTS_SRCDIR/rtld/$file.c"
done
# shellcheck disable=SC2086
check "the loader compiles with sanitizers" gcc $common -D_GNU_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all -fno-pie \
	-no-pie -I"$RTS_SRCDIR/rtld" -I"$src" -o main-asan $sources

runs() {	# WHAT FILE plain|table
	check "$1: loaded six times, bound, unbound" ./main "$2" "$3"
	cp "$out" log
	check "$1: ... passes" grep -q '^MODULE PASS' log
}

# Only what Linux's loader knows (arch/x86/kernel/module.c).
known_types() {
	! relocations "$1" | awk '$3 !~ /^R_X86_64_(64|32|32S|PC32|PC64|PLT32|NONE)$/' |
		grep .
}

variant() {	# CC NAME FLAGS LINKER...
	local cc=$1 name=$1-$2 flags=$3 real what
	shift 3
	# shellcheck disable=SC2086
	check "$name: compiles" $cc $common $flags -c -o $name.o "$src/mod.c"
	check "$name: plain ld -r" ld -r -o $name.plain $name.o
	runs "$name plain" $name.plain plain
	for real; do
		what="$name $real"
		lw "$what" -r --rts-table --rts-no-store-warnings \
			--rts-ld="$(command -v "$real")" -o m.ko $name.o
		runs "$what" m.ko table
		check "$what: the table is sound" "$RTS_DUMP" --check m.ko
		check "$what: the classes add up" awk -f adds.awk "$report"
		check "$what: no type that Linux does not know" known_types \
			m.ko
		check "$what: the comparison in front of a jump away is kept" \
			test "$(get level kept moves)" = 1
		same "$what: all else is bound" 0 \
			"$(awk '$1 == "kept" && NF == 3 &&
				$2 !~ /^(store|moves)$/' "$report" | wc -l)"
		same "$what: unexplained" 0 "$(line unexplained)"
	done
}

variant gcc pie -fPIE ld.bfd ld.gold ld.lld ld.mold
variant clang pie -fPIE ld.bfd ld.lld
variant gcc absolute -fno-pic ld.bfd
variant clang absolute -fno-pic ld.bfd
variant gcc sections "-fPIE -ffunction-sections -fdata-sections" ld.bfd ld.mold
variant gcc ibt "-fPIE -fcf-protection=full" ld.bfd

# ---- what comes out ---------------------------------------------------------

cp gcc-pie.o asan.o
lw "for the sanitizers" -r --rts-table --rts-no-store-warnings -o asan.ko asan.o
check "with sanitizers: any byte of the table wrong" ./main-asan asan.ko table
lw "again" -r --rts-table --rts-no-store-warnings -o again.ko gcc-pie.o
mkdir elsewhere
cp gcc-pie.o elsewhere
(cd elsewhere && "$LD_WRAP" -r --rts-table --rts-no-store-warnings \
	-o again.ko gcc-pie.o)
check "the same bytes elsewhere" cmp again.ko elsewhere/again.ko

# Everything but ours is what the linker alone gives.
"$LD_WRAP" -r -o passed.o gcc-pie.o
ld -r -o plain.o gcc-pie.o
check "without --rts-table it is what ld makes" cmp passed.o plain.o
for section in .text .init.text .text.unlikely .data .rela.text; do
	objcopy -O binary --only-section=$section --set-section-flags \
		$section=alloc,contents again.ko have
	objcopy -O binary --only-section=$section --set-section-flags \
		$section=alloc,contents plain.o want
	check "$section is as it was" cmp want have
done
check "rts-dump shows each image" "$RTS_DUMP" --sites --set kernel_level=7 \
	again.ko
cp "$out" dump
check "rts-dump: what a bind makes of it" grep -q 'mov *\$0x7,' dump
check "rts-dump: which image" grep -q '^image 2 of [2-9]' dump
check_fails 2 "rts-dump: no image has this mark" "$RTS_DUMP" \
	--set nobody=1 again.ko
check_fails 2 "rts-dump: addresses are the loader's" "$RTS_DUMP" --expect \
	again.ko
check_fails 1 "rts-dump: an object without a table" "$RTS_DUMP" --check \
	plain.o

# The marks survive a plain -r, and are bound in the last link.
cat >start.c <<'EOC'
extern unsigned level;
unsigned get_level(unsigned), kernel_level;
struct { void *p[2]; } kernel_ops;
void *rts_slot_kernel_mix;
__asm__(".globl kernel_mix; .type kernel_mix, @function; kernel_mix:"
	"jmp *rts_slot_kernel_mix(%rip)");
void _start(void) { for (;;) level = get_level(1); }
EOC
gcc -O2 -fPIE -c start.c
lw "a plain -r, linked again" --rts-no-store-warnings -o last passed.o start.o
same "... its sites are there" 1 "$(get level bound alu)"

# ---- by option: of the kernel, whose size only the uses tell ------------------

cat >opt.c <<'EOC'
struct ops { void (*first)(void); int (*second)(int); };
extern struct ops their_ops;
extern unsigned their_level;
int use_second(int x) { return their_ops.second(x) + 1; }
unsigned use_level(unsigned x) { return x + their_level; }
EOC
gcc -O2 -fno-pic -c opt.c
for how in "--rts-ops=their_ops --rts-var=their_level" ""; do
	if [ -z "$how" ]; then
		LD_WRAP_FLAGS="--rts-ops=their_ops --rts-var=their_level --rts-var=nobody"
		export LD_WRAP_FLAGS
	fi
	# shellcheck disable=SC2086
	lw "by option, ${how:-the environment}" -r --rts-table $how -o m.ko \
		opt.o
	same "by option: a call is bound" 1 "$(get their_ops bound call-slot)"
	same "by option: a load is bound" 1 "$(get their_level bound)"
	check "by option: the table is sound" "$RTS_DUMP" --check m.ko
	check_fails 1 "by option: no undefined symbol that was none" sh -c \
		'nm -u m.ko | grep nobody'
done
unset LD_WRAP_FLAGS

# ---- what is refused -------------------------------------------------------

refused() {	# WHAT NAME ARGUMENTS...
	local what=$1 name=$2
	shift 2
	cp old refused.ko
	check_fails 1 "$what" "$LD_WRAP" -o refused.ko "$@"
	said "$what: [$name]" "error: .*\[$name\]"
	check "$what: the old output survives" cmp old refused.ko
}
cat >patch.c <<'EOC'
#include "rtstatic.h"
int answer(void);
RTS_PATCHABLE(answer);
int answer(void) { return 41; }
EOC
# shellcheck disable=SC2086
gcc -O2 -fPIE $inc -c patch.c
cat >f.c <<'EOC'
int twice(int x);
int twice(int x) { return 2 * x; }
EOC
gcc -O2 -fPIE -c f.c
refused "a function that can be patched" module -r --rts-table patch.o
refused "an ordinary function" module -r --rts-table --rts-func=twice f.o
refused "a table twice" bad-record -r --rts-table again.ko
refused "a table in an executable" bad-record again.ko start.o
# shellcheck disable=SC2086
gcc -m32 -O2 -fno-pic $inc -c -o m32.o use.c
"$LD_WRAP" -m elf_i386 -r --rts-table -o m32.ko m32.o 2>m32.err
ld -m elf_i386 -r -o m32.want m32.o
check "i386: passed through" cmp m32.want m32.ko
check "i386: ... and said" grep -q '\[unsupported-output\]' m32.err
done_testing
