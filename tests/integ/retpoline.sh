#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What doc/porting.md says about hardened indirect calls, each by a program:
# retpolines of gcc and clang, IBT, kCFI.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang clang-19 objdump nm readelf
mkdir bin rtld
ln -s "$LD_WRAP" bin/ld
for f in image stream field read bind strerror platform/process; do
	gcc -std=gnu11 -O2 -fPIE -D_GNU_SOURCE -I"$RTS_SRCDIR/include" \
		-I"$RTS_SRCDIR/rtld" -c -o "rtld/${f##*/}.o" \
		"$RTS_SRCDIR/rtld/$f.c" || not_ok "compile $f"
done

# Calls and tail calls of an OPS and of a FUNC.
cat >use.h <<'EOC'
#include "rtstatic.h"
struct ops { int (*first)(int); int (*second)(int, int); };
extern __attribute__((visibility("hidden"))) struct ops ops;
RTS_OPS(ops);
RTS_DECLARE_FUNC(int, func, (int));
EOC
cat >use.c <<'EOC'
#include "use.h"
int ops_call(int x) { return ops.first(x) + 1; }
int ops_jmp(int x) { return ops.second(x, 2); }
int func_call(int x) { return func(x) + 1; }
int func_jmp(int x) { return func(x + 1); }
EOC
cat >main.c <<'EOC'
#include <stdio.h>
#include "use.h"
#include "rtld.h"
#include "platform/process.h"
int ops_call(int), ops_jmp(int), func_call(int), func_jmp(int);
static int one(int x) { return x * 2; }
static int two(int x, int y) { return x * 3 + y; }
static int three(int x) { return x * 5; }
static int four(int x, int y) { return x * 7 + y; }
struct ops ops = { one, two };
RTS_DEFINE_FUNC(func, one);
unsigned thunks;	/* counted by the thunks of thunks.S */
static int all(void)
{
	int (*volatile pointer)(int) = func;

	return ops_call(1) + 10 * ops_jmp(2) + 1000 * func_call(3) +
	       100000 * func_jmp(4) + 10000000 * pointer(1);
}
int main(void)
{
	static struct rtld_process process;
	struct rtld rt;
	int before, after;
	unsigned unbound;

	before = all();
	unbound = thunks;
	if (rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt) ||
	    rtld_bind(&rt, rtld_process_host(&process)))
		return 2;
	thunks = 0;
	after = all();
	printf("before %d bound %d thunks %u %u\n", before, after, unbound,
	       thunks);
	ops.first = three, ops.second = four;
	RTS_SET_FUNC(func, three);
	if (rtld_bind(&rt, rtld_process_host(&process)))
		return 3;
	after = all();
	if (rtld_unbind(&rt, rtld_process_host(&process)))
		return 4;
	thunks = 0;
	before = all();
	printf("switched %d unbound %d kept %u\n", after, before,
	       rt.stats.kept);
	return before != after;
}
EOC
{
	printf '	.text\nthunks_begin:\n'
	for r in ax bx cx dx si di bp; do
		echo "	.weak	__x86_indirect_thunk_r$r
__x86_indirect_thunk_r$r: incl thunks(%rip); jmp *%r$r"
	done
	for r in 8 9 10 11 12 13 14 15; do
		echo "	.weak	__x86_indirect_thunk_r$r
__x86_indirect_thunk_r$r: incl thunks(%rip); jmp *%r$r"
	done
	echo '	.section .note.GNU-stack, "", @progbits'
} >thunks.S
gcc -c thunks.S

tag() { awk -v t="$1" '$1 == "bound" && $2 == t { n += $3 } END { print n + 0 }' report; }
# Sites of a type, of the whole image.
sites() {
	readelf -rW program | awk -v type="$1" '
		/^Relocation section/ { on = /\.rts\.rela/ }
		on && tolower($2) ~ "0" type "$" { n++ }
		END { print n + 0 }'
}
build() {	# WHAT "COMPILER FLAGS" [OBJECTS]
	local what=$1 cc=$2 file
	shift 2
	for file in use main; do
		# shellcheck disable=SC2086
		check "$what: compiles $file.c" $cc -O2 -fPIE -D_GNU_SOURCE \
			-I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" \
			-c "$file.c"
	done
	check "$what: links" gcc -pie -B"$PWD/bin/" -o program use.o main.o \
		"$@" rtld/*.o -Wl,--rts-report=report
	check "$what: the table is sound" "$RTS_DUMP" --check program
	check "$what: runs, bound, switched and unbound" ./program
	cp "$out" log
	check "$what: does the same" grep -qE '^before (-?[0-9]+) bound \1 ' log
	check "$what: switched, does the same" \
		grep -qE '^switched (-?[0-9]+) unbound \1 ' log
}
# The two calls of ops are direct, and the stub's jump; so no thunk runs for
# them.  d4 is the type of call-thunk (192 + 20), d5 of jmp-thunk.
retpolines() {	# WHAT
	check "$1: a call-thunk, two jmp-thunks" \
		[ "$(sites d4) $(sites d5)" = "1 2" ]
	check "$1: their loads are bound, too" [ "$(tag load64)" = 3 ]
	check "$1: FUNC is called directly" \
		[ "$(tag call) $(tag jmp)" = "1 1" ]
	check_fails 1 "$1: no indirect branch is left but the thunks'" \
		grep -qE '(call|jmp) +\*' indirect
}
no_indirect() {	# the user's functions and the stub, as linked
	objdump -d --no-show-raw-insn program |
		awk '/^[0-9a-f]+ </ { on = /<(ops_|func)/ } on' >indirect
}

for mode in "thunk-extern" "thunk-extern -mindirect-branch-cs-prefix"; do
	what="gcc -mindirect-branch=$mode"
	build "$what" "gcc -DRTS_RETPOLINE -mindirect-branch=$mode" thunks.o
	no_indirect
	retpolines "$what"
	check "$what: thunks before, none for the slots when bound" \
		grep -qE ' thunks ([5-9]|1[0-9]) [01]$' log
done
what="gcc -mindirect-branch=thunk"
build "$what" "gcc -DRTS_RETPOLINE -mindirect-branch=thunk" thunks.o
no_indirect
retpolines "$what"
what="clang -mretpoline-external-thunk"
build "$what" "clang -DRTS_RETPOLINE -mretpoline -mretpoline-external-thunk" \
	thunks.o
no_indirect
retpolines "$what"
check "$what: thunks before, none for the slots when bound" \
	grep -qE ' thunks ([5-9]|1[0-9]) [01]$' log
what="clang -mretpoline"
build "$what" "clang -DRTS_RETPOLINE -mretpoline" thunks.o
no_indirect
retpolines "$what"

# IBT: a direct call needs no endbr64; one that stands there does no harm.
for cc in gcc clang; do
	what="$cc -fcf-protection=branch"
	build "$what" "$cc -fcf-protection=branch"
	# clang may load a register for the tail call, and jump by that.
	check "$what: OPS and FUNC are called directly" [ "$(tag call-slot) \
$(($(tag jmp-slot) + $(tag load64))) $(tag call) $(tag jmp)" = "1 2 1 1" ]
	objdump -d --no-show-raw-insn program >code
	check "$what: the stub may be called through a pointer" \
		sh -c "grep -A1 '<func>:' code | grep -q endbr64"
	check "$what: and so may what a slot holds" \
		sh -c "grep -A1 '<one>:' code | grep -q endbr64"
done
# gcc jumps by a table without tracking; so may a use of a slot.
what="notrack"
cat >use.S <<'EOC'
	.globl	ops_call, ops_jmp, func_call, func_jmp
ops_call: endbr64
	push	%rbx
	notrack call *ops(%rip)
	inc	%eax
	pop	%rbx
	ret
ops_jmp: endbr64
	mov	$2, %esi
	notrack jmp *ops+8(%rip)
func_call: endbr64
	push	%rbx
	call	func
	inc	%eax
	pop	%rbx
	ret
func_jmp: endbr64
	inc	%edi
	jmp	func
	.section .note.GNU-stack, "", @progbits
EOC
gcc -c -o notrack.o use.S
check "$what: links" gcc -pie -B"$PWD/bin/" -o program notrack.o main.o \
	rtld/*.o -Wl,--rts-report=report
check "$what: runs" ./program
check "$what: bound" [ "$(tag call-slot) $(tag jmp-slot)" = "1 2" ]

# kCFI: a call by pointer is checked, so it needs the pointer in a register:
# only that load is bound.  FUNC has no pointer where it is called.
what="clang-19 -fsanitize=kcfi"
build "$what" "clang-19 -fsanitize=kcfi"
check "$what: the loads of OPS are bound" [ "$(tag load64)" = 2 ]
check "$what: and nothing else of it" \
	[ "$(tag call-slot) $(sites d4) $(sites d5)" = "0 0 0" ]
objdump -d --no-show-raw-insn program |
	awk '/^[0-9a-f]+ </ { on = /<ops_call/ } on' >code
check "$what: the check stays" grep -q 'ud2' code
check "$what: and the indirect call" grep -qE 'call +\*%r' code
check "$what: FUNC is direct, but for its stub" \
	[ "$(tag call) $(tag jmp) $(tag jmp-slot)" = "1 1 1" ]
what="clang-19 -fsanitize=kcfi -mretpoline-external-thunk"
build "$what" "clang-19 -fsanitize=kcfi -DRTS_RETPOLINE -mretpoline
	-mretpoline-external-thunk" thunks.o
check "$what: the loads are bound" [ "$(tag load64)" = 3 ]
check "$what: FUNC is direct" [ "$(tag call) $(tag jmp)" = "1 1" ]
check "$what: of the thunks, only the stub's is no longer used" \
	[ "$(sites d4) $(sites d5)" = "0 1" ]

done_testing
