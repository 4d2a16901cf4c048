#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# patchable.sh - RTS_PATCHABLE(): functions that are replaced while they run,
# by both compilers on both machines; and what is no entry for that.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang g++ ld objdump nm cmp readelf
mkdir bin
ln -s "$LD_WRAP" bin/ld
src=$RTS_SRCDIR/tests/process
inc="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld"
warn="-std=gnu11 -Wall -Wextra -Wpedantic -Wmissing-prototypes -Werror"

has() {		# what pattern: in the last output
	if grep -qE -- "$2" "$out"; then ok "$1"; else
		not_ok "$1" "no line matches $2"
		sed 's/^/# /' "$out" | head -n 30
	fi
}

# ---- replaced, replaced again, and back --------------------------------------

rtld_objects() {	# DIR FLAGS
	local dir=$1 file
	shift
	mkdir -p "$dir"
	for file in image stream field read bind dump strerror \
		platform/process; do
		# shellcheck disable=SC2086
		gcc -std=gnu11 -D_GNU_SOURCE -O1 $inc "$@" -fPIE -c \
			-o "$dir/${file##*/}.o" "$RTS_SRCDIR/rtld/$file.c" ||
			return 1
	done
}
check "rtld compiles" rtld_objects rtld-64
check "rtld compiles for i386" rtld_objects rtld-32 -m32

replaced() {	# CC NAME BITS "compiler's flags" "linker's flags"
	local what="$1 $2" dir=$1-$2 rtld=rtld-$3 file
	mkdir "$dir"
	for file in patch patched; do
		# shellcheck disable=SC2086
		check "$what: $file.c compiles without a warning" \
			"$1" $warn -O2 -g $4 $inc -c -o "$dir/$file.o" \
			"$src/$file.c"
	done
	# shellcheck disable=SC2086
	check "$what: links" "$1" -B"$PWD/bin/" $5 -o "$dir/patch" \
		"$dir"/*.o "$rtld"/*.o -Wl,--rts-report="$dir/report"
	check "$what: replaced, and back" "$dir/patch"
	cp "$out" "$dir/log"
	check "$what: the log is proved" "$RTS_DUMP" --check-log \
		"$dir/patch" "$dir/log"
	check "$what: the image is sound" "$RTS_DUMP" --check "$dir/patch"
	check "$what: each entry is a site" test \
		"$(grep -c 'bound patchable 1' "$dir/report")" = 3
	# Who has read the slot goes by what it read.
	check_fails 1 "$what: and no branch of the stub is" \
		grep 'bound branch' "$dir/report"
	# shellcheck disable=SC2086
	"$1" $5 -o "$dir/plain" "$dir"/*.o "$rtld"/*.o
	check "$what: linked by plain ld it works" "$dir/plain" plain
}
for cc in gcc clang; do
	replaced $cc pie 64 -fPIE -pie
	replaced $cc ibt 64 "-fno-pie -fcf-protection=full" -no-pie
	replaced $cc unoptimised 64 "-O0 -fPIE" -pie
	replaced $cc retpoline 64 "-DRTS_RETPOLINE -DTHUNK -fPIE" -pie
	replaced $cc i386 32 "-m32 -fno-pie" "-m32 -no-pie"
	replaced $cc i386-pie-ibt 32 "-m32 -fPIE -fcf-protection=full" \
		"-m32 -pie"
done

# ---- the entry, to the byte ----------------------------------------------------

entry() {	# FILE: the function's first bytes
	objdump -d --disassemble=value "$1" |
		sed -n 's/^ *[0-9a-f]*:\t\([0-9a-f ]*[0-9a-f]\) *\t.*/\1/p' |
		tr '\n' ' ' | cut -c 1-"$2"
}
five='e9 .. .. .. ..'
for cc in gcc clang; do
	entry $cc-pie/patch 27 >"$out"
	has "$cc: a jump, and the rest is one nop" "^$five 0f 1f 40 00 *$"
	entry $cc-ibt/patch 39 >"$out"
	has "$cc: behind endbr64" "^f3 0f 1e fa $five 0f 1f 40 00 *$"
	entry $cc-i386-pie-ibt/patch 39 >"$out"
	has "$cc: behind endbr32" "^f3 0f 1e fb $five 0f 1f 40 00 *$"
done

# ---- C++ -------------------------------------------------------------------------

cat >plus.cc <<'END'
#include "rtstatic.h"
extern "C" int value(int x);
RTS_PATCHABLE(value);
extern "C" int value(int x) { return x + 1; }
static int other(int x) { return x + 2; }
namespace deep {
RTS_SETTER void set(bool on)
{
	if (on)
		RTS_PATCH(value, other);
	else
		RTS_PATCH(value, nullptr);
}
}
int main()
{
	int sum = value(1) * 100;

	deep::set(true);
	sum += value(1) * 10;
	deep::set(false);
	return sum + value(1) - 232;
}
END
for cc in g++ clang++; do
	# shellcheck disable=SC2086
	check "$cc: compiles, links" $cc -Wall -Wextra -Wpedantic -Werror -O2 \
		-std=c++17 $inc -B"$PWD/bin/" -o plus plus.cc
	check "$cc: unbound, memory is the truth" ./plus
done

# ---- refused -----------------------------------------------------------------------

cat >head.h <<'END'
#include "rtstatic.h"
	.globl	_start, stub
	.type	stub, @function
_start:	call	fn
	ret
	.section .text.stub, "ax"
stub:	jmp	*slot(%rip)
	.size	stub, . - stub
	.data
	.balign	8
slot:	.quad	0
	.size	slot, 8
RTS_MARK_ASM_(RTS_MARK_FUNC, slot, stub, "fn")
RTS_MARK_ASM_(RTS_MARK_PATCHABLE, slot, fn, "fn")
	.text
	.type	fn, @function
END
assembled() {	# the function on stdin
	{ cat head.h; cat; } >fn.S
	# shellcheck disable=SC2086
	gcc $inc -c -o fn.o fn.S && rm -f image
}
accept() {	# what
	assembled
	check "accepted: $1" "$LD_WRAP" -z noexecstack -o image fn.o
	check "... and sound: $1" "$RTS_DUMP" --check image
}
refuse() {	# what [pattern]
	assembled
	check_fails 1 "refused: $1" "$LD_WRAP" -z noexecstack -o image fn.o
	has "... by name: $1" "fn.o:\(.rts.mark.*\`fn'.*${2:-}.* \[patchable\]"
	check_fails 1 "... and nothing is written: $1" test -e image
}
accept "nine nops" <<<"fn: .skip 9, 0x90; ret"
accept "one nop of nine bytes" <<<"fn: nopw 0x200(%rax,%rax,1); ret"
accept "endbr64 in front" <<<"fn: endbr64; .skip 9, 0x90; ret"
accept "somebody enters behind the site" <<END
fn:	endbr64; .skip 9, 0x90; ret
	jmp	fn + 9
END
refuse "no nops" "9 bytes of nops" <<<"fn: .skip 12, 0x40; ret"
refuse "five are too few" "9 bytes of nops" <<<"fn: .skip 5, 0x90; ret; .skip 8, 0x90"
refuse "an instruction that begins in them and ends behind" \
	"9 bytes of nops" <<<"fn: .skip 8, 0x90; nopw 0x200(%rax,%rax,1); ret"
refuse "pause is no nop" "9 bytes of nops" \
	<<<"fn: pause; .skip 7, 0x90; ret; .skip 8, 0x90"
refuse "a branch into the site" "a branch" <<END
fn:	.skip 9, 0x90
	dec	%eax
	jne	fn + 2
	ret
END
refuse "a branch into the second nop" "a branch" <<END
fn:	.skip 9, 0x90
	dec	%eax
	jne	fn + 7
	ret
END
refuse "a label in them" "a branch" <<END
fn:	.skip 3, 0x90
inner:	.skip 6, 0x90
	ret
END
refuse "a table that leads there" "a branch" <<END
fn:	.skip 9, 0x90
	ret
	.section .rodata
	.quad	fn + 4
END
refuse "it is an object" "not in the linked file" <<END
	.data
fn:	.quad	0
END
sed -i 's/RTS_MARK_FUNC, slot, stub/RTS_MARK_FUNC, slot2, stub/
	s/^slot:/slot2:	.quad 0; .size slot2, 8\nslot:/' head.h
refuse "its slot is no function's" "no mark" <<<"fn: .skip 9, 0x90; ret"

cat >late.c <<'END'
#include "rtstatic.h"
int fn(int x);
int fn(int x) { return x + 1; }
RTS_PATCHABLE(fn);
int main(void) { return fn(-1); }
END
# shellcheck disable=SC2086 # gcc looks at all of the file first
clang -O2 $inc -B"$PWD/bin/" -o late late.c >"$out" 2>&1
has "refused: marked behind its definition" "\[patchable\]"
has "... with a cure" "note: put RTS_PATCHABLE"
cat >apart.c <<'END'
#include "rtstatic.h"
int fn(int x);
RTS_PATCHABLE(fn);
int main(void) { return fn(-1); }
END
printf '__attribute__((patchable_function_entry(9)))\nint fn(int x) { return x + 1; }\n' >part.c
# shellcheck disable=SC2086
gcc -O2 $inc -B"$PWD/bin/" -o apart apart.c part.c >"$out" 2>&1
has "refused: marked in another file than its definition" \
	"does not define it \[patchable\]"

# A mark of a member that is not linked harms nobody.
sed 's/-1/0/; s/fn/gone/g' late.c >gone.c
printf 'int main(void) { return 0; }\n' >main.c
# shellcheck disable=SC2086
gcc -O2 $inc -c gone.c -o gone.o 2>"$out"
objcopy --redefine-sym main=main2 gone.o
rm -f libgone.a
ar rc libgone.a gone.o
# shellcheck disable=SC2086
check "a member that nobody pulls in" gcc $inc -B"$PWD/bin/" -o main main.c \
	-L. -lgone

# Two members define it; the one that is linked may be the second.
for n in 1 2; do
	cat >member$n.c <<END
#include "rtstatic.h"
int fn(int x);
RTS_PATCHABLE(fn);
int fn(int x) { return x + $n; }
int member$n(void);
int member$n(void) { return $n + fn(-2 * $n); }
END
	# shellcheck disable=SC2086
	gcc -O2 $inc -c member$n.c
	printf 'int member%s(void);\nint main(void) { return member%s(); }\n' \
		$n $n >main$n.c
done
rm -f libtwo.a
ar rc libtwo.a member1.o member2.o
for n in 1 2; do
	# shellcheck disable=SC2086
	check "member $n of two that define it" gcc $inc -B"$PWD/bin/" \
		-Wl,--rts-report=report -o main$n main$n.c -L. -ltwo
	check "... works" ./main$n
	check "... is a site" grep -q 'bound patchable 1' report
	check "... is sound" "$RTS_DUMP" --check main$n
done
done_testing
