#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# declared.sh - rts_if() and the others, compiled in all ways and run
#
# Unbound, bound, rebound, unbound again, and linked by plain ld. What
# a bind writes is held against what the manual says, by objdump.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang g++ clang++ objdump
src=$RTS_SRCDIR/tests/declared
inc="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld"
warn="-Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wpointer-arith
	-Wpedantic -Werror"
mkdir bin
ln -s "$LD_WRAP" bin/ld

# host CC DIR FLAGS: the rest of the program, compiled once a mode
host() {
	local cc=$1 dir=$2 file
	shift 2
	mkdir -p "$dir"
	for file in rtld/image rtld/stream rtld/field rtld/read rtld/bind \
		rtld/strerror \
		rtld/platform/process tests/declared/declared; do
		# shellcheck disable=SC2086
		"$cc" -std=gnu11 -D_GNU_SOURCE -O1 "$@" $inc -I"$src" -c \
			-o "$dir/${file##*/}.o" "$RTS_SRCDIR/$file.c" ||
			return 1
	done
}

compile() {	# CC FLAGS...: uses.c
	local cc=$1
	shift
	# shellcheck disable=SC2086
	"$cc" -std=c11 $warn "$@" $inc -c -o uses.o "$src/uses.c"
}

bound() {	# TAG: in the last report
	awk -v tag="$1" '$1 == "bound" && $2 == tag { n += $3 }
			 END { print n + 0 }' report
}

# variant CC STALE IFS SHIFTS "FLAGS" LINK: how many must be bound, at least
variant() {
	local cc=$1 what="$1 $5 $6" stale=$2 ifs=$3 shifts=$4
	# shellcheck disable=SC2086
	check "$what: compiles without a warning" compile "$cc" $5
	# shellcheck disable=SC2086
	check "$what: links" "$cc" $6 -B"$PWD/bin/" -o bound uses.o \
		"$mode"/*.o -Wl,--rts-report=report
	check "$what: unbound, bound, rebound, unbound" ./bound "$stale"
	tail -n 1 "$out" | sed 's/^/# /'
	check "$what: the table is sound" "$RTS_DUMP" --check bound
	if [ "$(bound if)" -ge "$ifs" ] && [ "$(bound shift)" -ge "$shifts" ]
	then
		ok "$what: $ifs rts_if(), $shifts rts_shift_right() bound"
	else
		not_ok "$what: bound: $(bound if) $(bound shift)"
	fi
	[ "$shifts" -lt 16 ] || check "$what: rts_const() and rts_mask() bound" \
		[ "$(bound const) $(bound mask)" = "2 2" ]
	# shellcheck disable=SC2086
	check "$what: plain ld links" "$cc" $6 -o plain uses.o "$mode"/*.o
	check "$what: and it works, unbound" ./plain
}

direct=-fdirect-access-external-data
for mode in no-pie pie; do
	flags=-fPIE
	[ $mode = pie ] || flags=-fno-pie
	check "the host compiles, $mode" host gcc $mode $flags
	for cc in gcc clang; do
		# In a PIE clang thinks the GOT is needed, unless told.
		[ $cc = gcc ] || [ $mode = no-pie ] ||
			flags="$flags $direct"
		# Unoptimised, clang's rts_if() has an address in a register.
		ifs=17
		[ $cc = gcc ] || ifs=0
		variant $cc 370 $ifs 16 "-O0 $flags" -$mode
		for opt in -O1 -O2 -O3 -Os; do
			variant $cc 410 17 16 "$opt $flags" -$mode
		done
	done
done
# Through the GOT where the compiler thinks it must: correct, not bound.
variant gcc 0 0 0 "-O2 -fPIC" -pie
variant clang 0 0 0 "-O2 -fPIC" -pie
variant clang 0 0 0 "-O2 -fPIE" -pie
# Each function in a section of its own, a cold part, IBT, and copies.
variant gcc 410 17 16 "-O2 -fPIE -ffunction-sections" -pie
variant gcc 410 17 16 "-O2 -fPIE -fcf-protection=full" -pie
variant gcc 410 17 16 "-O3 -fPIE -funroll-all-loops" -pie
variant clang 410 17 16 "-O2 -fPIE $direct -ffunction-sections" -pie
variant clang 410 17 16 "-O2 -fPIE $direct -fcf-protection=full" -pie
# i386: the same, less what is of 64 bits; and PIC has no address to bind.
mode=no-pie-32
check "the host compiles, $mode" host gcc $mode -m32 -fno-pie
for opt in -O0 -O2 -Os; do
	variant gcc 380 14 3 "-m32 $opt -fno-pie" "-m32 -no-pie"
done
variant clang 380 0 3 "-m32 -O0 -fno-pie" "-m32 -no-pie"
variant clang 420 14 3 "-m32 -O2 -fno-pie" "-m32 -no-pie"
mode=pie-32
check "the host compiles, $mode" host gcc $mode -m32 -fPIE
variant gcc 0 0 0 "-m32 -O2 -fPIE" "-m32 -pie"
variant clang 0 0 0 "-m32 -O2 -fPIE" "-m32 -pie"

# ---- what the linker drops is dropped with its declaration ------------------

cat >comdat.cc <<'END'
#include "rtstatic.h"
extern __attribute__((visibility("hidden"))) int flag;
RTS_VAR(flag);
inline __attribute__((noinline)) int both(int a)
{
	if (rts_if(flag))
		return a + 1;
	return a * 2;
}
int other(int a);
#ifdef MAIN
int flag = 1;
__attribute__((noinline)) int dead(int a) { return rts_if(flag) ? a : 2; }
int main() { return both(2) + other(3) - 7; }
#else
int other(int a) { return both(a); }
#endif
END
# dropped CXX FLAGS BOUND DROPPED: of three uses
dropped() {
	local cxx=$1 flags=$2 what="$1 $2" have
	# shellcheck disable=SC2086
	"$cxx" -O2 $inc -DMAIN ${flags% -Wl*} -c -o one.o comdat.cc
	# shellcheck disable=SC2086
	"$cxx" -O2 $inc ${flags% -Wl*} -c -o two.o comdat.cc
	# shellcheck disable=SC2086
	check "$what: links" "$cxx" $flags -B"$PWD/bin/" -o comdat one.o \
		two.o -Wl,--rts-report=report
	check "$what: runs" ./comdat
	have="$(bound if) $(awk '$1 == "references" { print $NF; exit }' report)"
	if [ "$have" = "$3 $4" ]; then
		ok "$what: bound $3, dropped $4"
	else
		not_ok "$what: bound $3, dropped $4" "not $have"
	fi
}
for cc in g++ clang++; do
	dropped $cc "-g" 2 1
	dropped $cc "-ffunction-sections -Wl,--gc-sections" 1 2
done

# ---- what looks like it and is not -----------------------------------------

cat >one.h <<'END'
#include "rtstatic.h"
	/* As rts/declared.h has it: jmp slow; the rest; slow in subsection 1 */
	.macro	begin name, kind:req, opcode=0xe9, to=3f
	.type	\name, @function
\name:	.byte	\opcode
	.long	\to - 2f
2:	ret
1:	nop
	ret
	.subsection 1
	.byte	0x0f, 0x1f, 0x80, 0x52, 0x54, 0x53, \kind
3:
	.endm
	.macro	if name, compare:vararg
	begin	\name, 1
	\compare
	jne	1b
	jmp	2b
	.subsection 0
	.endm
	.macro	shift name, shift:vararg
	begin	\name, 2
	movb	x(%rip), %cl
	\shift
	jmp	2b
	.subsection 0
	.endm
	.data
	.balign	8
	.type	x, @object
x:	.quad	3, 0
	.size	x, 8
RTS_VAR(x)
	.text
	.globl	_start
	.type	_start, @function
END

# one WHAT USE WANT: so many rts_if() and rts_shift_right() are bound; the
# link, and what it proves of its result, must hold in any case.
one() {
	printf '#include "one.h"\n_start: ret\n%s\n' "$2" >one.S
	rm -f report
	gcc -I. "-I$RTS_SRCDIR/include" -c one.S || not_ok "$1: assembles"
	check "$1: links" "$LD_WRAP" -static -z noexecstack -Ttext=0x401000 \
		-Tdata=0x404000 --rts-report=report -o one one.o
	if [ "$(($(bound if) + $(bound shift)))" = "$3" ]; then
		ok "$1: $3 bound"
	else
		not_ok "$1: $3 bound" "not $(bound if) + $(bound shift)"
	fi
}
# shellcheck disable=SC2016 # nothing in these is the shell's
{
one "as it must be, if" 'if x_use, cmpl $0, x(%rip)' 1
one "as it must be, shift" 'shift x_use, shr %cl, %eax' 1
one "kind 0" 'begin x_use, 0; cmpl $0, x(%rip); jne 1b; jmp 2b; .subsection 0' 0
one "kind 3" 'begin x_use, 3; cmpl $0, x(%rip); jne 1b; jmp 2b; .subsection 0' 0
one "kind 2" 'begin x_use, 2; cmpl $0, x(%rip); jne 1b; jmp 2b; .subsection 0' 0
one "kind 1" 'begin x_use, 1; movb x(%rip), %cl; shr %cl, %eax; jmp 2b; .subsection 0' 0
one "a shift of kind 3" \
	'begin x_use, 3; movb x(%rip), %cl; shr %cl, %eax; jmp 2b; .subsection 0' 0
one "a call of the slow path" \
	'begin x_use, 1, 0xe8; cmpl $0, x(%rip); jne 1b; jmp 2b; .subsection 0' 0
one "a jump into the slow path" 'begin x_use, 1, 0xe9, 4f
	cmpl $0, x(%rip); 4: jne 1b; jmp 2b; .subsection 0' 0
one "one" 'if x_use, cmpl $1, x(%rip)' 0
one "test" 'if x_use, testl $0, x(%rip)' 0
one "outside" 'if x_use, cmpl $0, x+8(%rip)' 0
one "straddles" 'if x_use, cmpl $0, x+6(%rip)' 0
one "segment" 'if x_use, cmpl $0, %fs:x' 0
one "indexed" 'if x_use, cmpl $0, x(%rax)' 0
one "sense" 'begin x_use, 1; cmpl $0, x(%rip); je 1b; jmp 2b; .subsection 0' 0
one "nothing" 'begin x_use, 1; cmpl $0, x(%rip); nop; jne 1b; jmp 2b; .subsection 0' 0
one "no way back" 'begin x_use, 1; cmpl $0, x(%rip); jne 1b; ret; .subsection 0' 0
one "elsewhere" 'begin x_use, 1; cmpl $0, x(%rip); jne 1b; jmp 1b; .subsection 0' 0
one "call" 'begin x_use, 1; cmpl $0, x(%rip); jne 1b; call 2b; .subsection 0' 0
one "ch" 'begin x_use, 2; movb x(%rip), %ch; shr %cl, %eax; jmp 2b; .subsection 0' 0
one "cx" 'begin x_use, 2; movw x(%rip), %cx; shr %cl, %eax; jmp 2b; .subsection 0' 0
one "left" 'shift x_use, shl %cl, %eax' 0
one "arithmetic" 'shift x_use, sar %cl, %eax' 0
one "byte" 'shift x_use, shr %cl, %al' 0
one "half" 'shift x_use, shr %cl, %ax' 0
one "memory" 'shift x_use, shrl %cl, (%rax)' 0
one "both" 'begin x_use, 2; movb x(%rip), %cl; shr %cl, %eax; nop; jmp 2b; .subsection 0' 0
}
done_testing
