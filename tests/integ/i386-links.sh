#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# i386: every kind of input and of link, the tools of every day on the result,
# and what is not for one link.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
bits=32
. "${RTS_SRCDIR:?}/tests/lib/account.sh"
need objcopy strip od

cat >main.c <<'EOC'
unsigned use1(unsigned); int use2(int), use3(int), use6(int), use7(int);
unsigned long use4(unsigned long); long use5(void); unsigned *use8(void);
void use9(unsigned), set(unsigned);
int main(void)
{
	use9(4);
	set(3);
	return use1(16) != 5 || use2(1) != 3 || use3(2) != 3 || use4(1) != 6 ||
		use5() != 19 || use6(1) != 2 || use7(1) != 4 || *use8() != 3;
}
EOC
total() {	# SYMBOL...: in both objects
	echo $(($(by_readelf def.o "$@") + $(by_readelf use.o "$@")))
}

# ---- inputs of every kind -----------------------------------------------------

cat >gc.c <<'EOC'
#include "conf.h"
volatile unsigned sink;
__attribute__((noinline)) void used(unsigned x) { sink = choose(x); }
unsigned unused(unsigned x) { return (x >> shift) + choose(x) + wide; }
void _start(void) { for (;;) used(1); }
EOC
cc "-ffunction-sections" gc.c use.c
cc "-fcf-protection=full" def.c
for flags in "--gc-sections" "--gc-sections -s" "-s" "-q" "--emit-relocs -s" \
    "--gc-sections -q"; do
	what="$flags"
	# shellcheck disable=SC2086
	lw "$what" $flags -o prog gc.o use.o def.o
	adds_up "$what" prog
	same "$what: unexplained" 0 "$(line unexplained)"
	case $flags in *gc-sections*)
		has "$what: something is dropped" '^dropped [1-9]' ;;
	esac
	case $flags in -q | "--gc-sections -q")
		has "$what: what the linker emitted agrees" '^emitted [1-9]' ;;
	esac
done
rm -f lib.a thin.a
ar rc lib.a use.o def.o
ar rcT thin.a use.o def.o
for archive in lib.a thin.a "--whole-archive lib.a"; do
	# shellcheck disable=SC2086
	lw "$archive" -o prog gc.o $archive
	adds_up "$archive" prog
	same "$archive: choose" "$(total choose rts_slot_choose)" \
		"$(($(get choose references) - $(by_readelf gc.o choose)))"
done
for f in 1 2 3; do
	cat >same$f.c <<EOC
#include "rtstatic.h"
static unsigned limit = $f;
RTS_VAR(limit);
static __attribute__((noinline)) unsigned get(unsigned x) { return x << 1 >> limit; }
void set$f(unsigned x) { limit = x; }
unsigned get$f(unsigned x) { return get(x) + 1; }
EOC
done
echo 'unsigned get1(unsigned), get2(unsigned), get3(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = get1(1) + get2(2) + get3(3); }' >samemain.c
cc "" same1.c same2.c same3.c samemain.c
for inputs in "same1.o same2.o same3.o" "same3.o same1.o same2.o"; do
	# shellcheck disable=SC2086
	lw "statics, $inputs" -o prog samemain.o $inputs
	adds_up "statics, $inputs" prog
	same "statics, $inputs: each has its own" 3 "$("$RTS_DUMP" prog |
		grep -Ec 'VAR .* limit$')"
	same "statics, $inputs: each is used" 6 "$(get limit references)"
done

# C++: a COMDAT function in two objects, a static member.
cat >both.h <<'EOC'
#include "rtstatic.h"
struct box { static unsigned size; };
extern unsigned depth;
RTS_VAR(depth);
template <class T> __attribute__((noinline)) T down(T x) { return x >> depth; }
EOC
echo '#include "both.h"
unsigned depth = 2, box::size = 4;
int other(int x) { return down<int>(x); }' >cxx1.cc
echo '#include "both.h"
int other(int);
namespace { unsigned hidden = 1; } RTS_VAR(hidden);
int main() { hidden++; return down<int>(16) + other(16) + (int)hidden != 10; }
' >cxx2.cc
for cxx in g++ clang++; do
	for mode in "-fno-pie -no-pie" "-fPIE -pie"; do
		for f in cxx1 cxx2; do
			# shellcheck disable=SC2086
			check "$cxx $mode: compiles $f" $cxx -std=c++17 -m32 \
				-O1 -Wall -Wextra -Werror ${mode% *} $inc \
				-c $f.cc
		done
		check "$cxx $mode: links" g++ -m32 -B"$PWD/bin/" "${mode#* }" \
			-Wl,--rts-report="$report" -o prog cxx1.o cxx2.o
		check "$cxx $mode: runs" ./prog
		adds_up "$cxx $mode" prog
		has "$cxx $mode: the second copy is dropped" '^dropped [1-9]'
	done
done

# Assembly, by the header.
cat >asm.S <<'EOC'
#include "rtstatic.h"
	.data
	.globl	flag
	.type	flag, @object
	.size	flag, 4
flag:	.long	7
	.type	hook, @object
	.size	hook, 4
hook:	.long	answer
slot:	.long	answer
RTS_VAR(flag)
RTS_OPS(hook)
RTS_FUNC(stub, slot)
	.text
	.globl	main, answer
answer:	mov	flag, %ecx
	mov	%ecx, %eax
	ret
main:	call	stub
	call	*hook
	cmp	$7, %eax
	setne	%al
	movzbl	%al, %eax
	ret
	.section .text.stub, "ax", @progbits
stub:	jmp	*slot
	.section .note.GNU-stack
EOC
for cc in gcc clang; do
	check "assembly, $cc" $cc -m32 $inc -c asm.S
	check "assembly, $cc: links" gcc -m32 -no-pie -B"$PWD/bin/" \
		-Wl,--rts-report="$report" -o prog asm.o
	check "assembly, $cc: runs" ./prog
	adds_up "assembly, $cc" prog
	same "assembly, $cc: a load" 1 "$(get flag bound load32)"
	same "assembly, $cc: a call" 1 "$(get hook bound call-slot)"
	same "assembly, $cc: a stub" 1 "$(get stub bound call)"
done

# At the upper end, where a kernel is: sums wrap around.
cc "" def.c gc.c
for text in 0xc0100000 0xfff00000 0x7ffff000; do
	lw "text at $text" -Ttext=$text \
		-Tdata="$(printf '0x%x' $((text + 0x8000)))" \
		-o prog gc.o def.o
	adds_up "text at $text" prog
	same "text at $text: nothing is kept" "$(get choose references)" \
		"$(($(get choose bound) + $(get choose data)))"
done

# ---- tools -----------------------------------------------------------------

cc "" def.c use.c main.c
check "for the tools: links" gcc -m32 -no-pie -B"$PWD/bin/" -o whole def.o \
	use.o main.o
for tool in "objcopy whole b" "objcopy --strip-debug whole b" \
    "strip -o b whole" "objcopy --remove-section=.comment whole b"; do
	rm -f b
	# shellcheck disable=SC2086
	check "$tool" $tool
	cp "$out" words
	check_fails 1 "$tool: not a word" test -s words
	check "$tool: keeps the image" "$RTS_DUMP" --check b
	check "$tool: the program works" ./b
done
check "readelf -aW" readelf -aW whole
cp "$out" words
check_fails 1 "readelf -aW: not a word" grep -Ei 'warning|error' words
check "rts-dump --json" sh -c '"$1" --json whole | python3 -c "
import json, sys
d = json.load(sys.stdin)
assert d[\"machine\"] == 3, d[\"machine\"]"' - "$RTS_DUMP"
check "rts-dump --sites" "$RTS_DUMP" --sites whole
said "rts-dump --sites: i386 instructions" 'call +\*0x[0-9a-f]+'
check "rts-dump --set" "$RTS_DUMP" --sites --set ops+0=0x8049000 whole
said "rts-dump --set: what it would be" 'call +0x8049000'

# Damage to a linked file is refused, whatever it is: no signal.
signals() {	# FILE: each byte of its ELF header and section headers
	local at shoff
	shoff=$(od -An -tu4 -j32 -N4 "$1")
	for at in $(seq 4 51) $(seq $((shoff + 40)) 7 $((shoff + 800))); do
		for value in 0x01 0x80 0xff; do
			"$RTS_BUILDDIR/tests/lib/badobj32" "$1" bad \
				"byte@$at=$value" || return 1
			timeout 20 "$RTS_DUMP" --check bad >/dev/null 2>words
			[ $? -le 2 ] || { echo "byte $at: $value"; cat words; }
		done
	done
}
strip -o stripped whole
signals stripped >signalled 2>&1
check_fails 1 "damaged headers of a linked file: no signal" test -s signalled

# ---- what is not for one link ----------------------------------------------

# shellcheck disable=SC2086
gcc -O2 -fno-pie $inc -c -o wide.o use.c
cp old prog
check_fails 1 "x86-64 in a link of i386" "$LD_WRAP" -m elf_i386 -o prog gc.o \
	def.o wide.o
said "x86-64 in a link of i386: says so" \
	'wide\.o: .*e_machine 62, class 2\).*\[foreign-machine\]'
check_fails 1 "i386 in a link of x86-64" "$LD_WRAP" -m elf_x86_64 -o prog \
	wide.o gc.o
said "i386 in a link of x86-64: says so" \
	'gc\.o: .*e_machine 3, class 1\).*\[foreign-machine\]'
check_fails 1 "without -m the first object says it" "$LD_WRAP" -o prog wide.o \
	gc.o
said "without -m: says so" 'gc\.o: .*e_machine 3.*\[foreign-machine\]'
check "the old output survives" cmp old prog
if gcc -mx32 -O2 -fno-pie $inc -c -o x32.o gc.c 2>/dev/null; then
	check_fails 1 "x32 in a link of i386" "$LD_WRAP" -m elf_i386 -o prog \
		def.o x32.o
	said "x32 in a link of i386: says so" \
		'x32\.o: .*e_machine 62, class 1\).*\[foreign-machine\]'
else
	not_ok "compile for x32"
fi
# But ld passes over a library of the other machine, and finds the next.
mkdir -p L64 L32
rm -f L64/*.a L32/*.a
ar rc L64/libx.a wide.o 2>/dev/null
ar rc L32/libx.a use.o def.o
cp wide.o L64/liby.so
ar rcT L32/liby.a use.o def.o
for l in x y; do
	lw "-l$l, the second one fits" -o prog gc.o -LL64 -LL32 -l$l
	adds_up "-l$l, the second one fits" prog
	has "-l$l, the second one fits: it is used" "^mark choose"
done
rm -f mixed.a
ar rc mixed.a wide.o def.o 2>/dev/null
check_fails 1 "x86-64 with marks in an archive" "$LD_WRAP" \
	-m elf_i386 -o prog gc.o mixed.a
said "x86-64 with marks in an archive: says so" '\[foreign-machine\]'
done_testing
