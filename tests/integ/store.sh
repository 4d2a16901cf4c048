#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A store to a marked object outside init code is warned of, by file and line.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"

cat >vars.c <<'EOC2'
#include "conf.h"
unsigned shift = 3;
unsigned long wide = 5;
static int plus(int x) { return x + 1; }
static void nothing(void) { }
struct ops ops = { nothing, plus };
RTS_DEFINE_FUNC(choose, plus);
EOC2
cc "" vars.c
# The lines of FILE that have the comment "late", and those warned of.
late() { grep -n 'late' "$1" | sed "s/^\\([0-9]*\\):.*/$1:\\1/"; }
warned() {
	sed -n 's/^ld-wrap: warning: \(.*\/\)\?\([a-z]*\.[cS]:[0-9]*\): .* \[store\]$/\2/p' \
		.said | sort -u -t: -k2n
}
link() {	# WHAT ARGUMENTS...: what is said, in .said
	local what=$1
	shift
	check "$what: links" "$LD_WRAP" -o prog "$@"
	cp "$out" .said
}
quiet() {	# WHAT ARGUMENTS...: links and says nothing of stores
	link "$@"
	same "$1: no warning" 0 "$(grep -c '\[store\]' .said)"
}

cat >stores.c <<'EOC2'
#include "conf.h"
#define in(name) __attribute__((noinline, section(name)))
void plain(unsigned x)
{
	shift = x;	/* late */
}
void add(unsigned x)
{
	wide += x;	/* late */
}
unsigned long exchange(unsigned long x)
{
	return __atomic_exchange_n(&ops.first,	/* late */
		(void (*)(void))x, __ATOMIC_SEQ_CST) != 0;
}
void choose_other(int (*f)(int))
{
	RTS_SET_FUNC(choose, f);	/* late */
}
/* At the end of a section that only begins like one of init code. */
in(".initial.text") void initial(unsigned x)
{
	wide = x;	/* late */
}
in(".init.text") void init(unsigned x) { shift = x * 5; }
in(".init.text.more") void init_more(unsigned x) { shift = x * 7; }
in(".init") void init_itself(unsigned x) { shift = x * 9; }
in(".text.startup") void startup(unsigned x) { shift = x * 11; }
in(".text.startup.f") void startup_f(unsigned x) { shift = x * 13; }
in(".head.text") void head(unsigned x) { shift = x * 15; }
in(".meminit.text") void meminit(unsigned x) { shift = x * 17; }
in(".exit.text") void leave(unsigned x) { shift = x * 19; }
in(".text.exit") void leave_too(unsigned x) { shift = x * 21; }
in(".fini") void fini(unsigned x) { shift = x * 23; }
in(".text.init") void by_hand(unsigned x) { shift = x * 25; }
RTS_SETTER void setter(unsigned x) { shift = x * 27; }
static RTS_SETTER void setter_too(unsigned x) { shift = x * 29; }
__attribute__((constructor)) static void construct(void) { setter_too(7); }
__attribute__((noinline)) int main(void)
{
	shift = 1;
	return choose(shift);
}
void _start(void) { for (;;) main(); }
EOC2
for cc in gcc clang; do
	for flags in "-O0 -g" "-O2 -g" "-O2 -gdwarf-4" "-O2 -g -gz" \
	    "-O2 -g -ffunction-sections" "-O1 -g"; do
		what="$cc $flags"
		# shellcheck disable=SC2086
		$cc $flags -fno-pie -w $inc -c stores.c || not_ok "$what: compile"
		link "$what" vars.o stores.o
		late stores.c >want
		warned >have
		check "$what: the late ones, by line" diff -u want have
	done
done
check "the message" grep -Eq "^ld-wrap: warning: /.*/stores\.c:5: in function \`plain': writes \`shift' outside init code \[store\]$" .said
check "the cure" grep -Eq '^ld-wrap: note: .*RTS_SETTER.*--rts-no-store-warn' .said

# Not the whole of it, but the place in the object.
gcc -O2 -w $inc -c stores.c
link "no debug information" vars.o stores.o
check "no debug information: object, section, function" grep -Eq \
	"^ld-wrap: warning: stores\.o:\(\.text\+0x[0-9a-f]+\): in function \`plain'\+0x[0-9a-f]+: writes \`shift' .*\[store\]$" .said

# C++ has setters too.
cat >cxx.cc <<'EOC2'
#include "rtstatic.h"
extern unsigned shift;
RTS_VAR(shift);
RTS_SETTER void set(unsigned x) { shift = x; }
struct object {
	RTS_SETTER void set(unsigned x) { shift = x + 1; }
	unsigned here;
};
extern "C" void _start() { for (;;) { set(1); object().set(2); } }
EOC2
for cxx in g++ clang++; do
	check "$cxx: a setter compiles" $cxx -std=c++17 -Wall -Wextra \
		-Wpedantic -Werror -O2 $inc -c cxx.cc
	quiet "$cxx: a setter" vars.o cxx.o
done

gcc -O2 -g -w $inc -c stores.c
for kind in rc rcT; do
	rm -f lib.a
	ar $kind lib.a stores.o
	link "ar $kind" vars.o lib.a -u main
	late stores.c >want
	warned >have
	check "ar $kind: by line" diff -u want have
done
gcc -O2 -g -w $inc -c vars.c -o vars-g.o
check "ld -r" ld -r -o both.o vars-g.o stores.o
link "ld -r" both.o
warned >have
check "ld -r: by line" diff -u want have
cc "" vars.c

# Objects of class 32 as well.
cat >narrow.c <<'EOC2'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
void tardy(unsigned x)
{
	shift = x;	/* late */
}
RTS_SETTER void set(unsigned x) { shift = x + 1; }
void _start(void) { for (;;) tardy(shift); }
EOC2
for cc in gcc clang; do
	$cc -m32 -O1 -g -fno-inline -fno-pie $inc -c narrow.c
	link "$cc -m32" -m elf_i386 narrow.o
	late narrow.c >want
	warned >have
	check "$cc -m32: by line" diff -u want have
done

# Sections of one name are told apart.
cat >group.S <<'EOC2'
#include "rtstatic.h"
	.macro	one name:req
	.section .text.one, "axG", @progbits, \name, comdat
	.globl	\name
	.type	\name, @function
\name:	movl	%eax, shift(%rip)
	ret
	.size	\name, . - \name
	.endm
	one	a
	one	b
	one	c
	.section .note.GNU-stack, "", @progbits
EOC2
gcc -Wa,-g $inc -c group.S
echo 'void _start(void) { for (;;) ; }' >start.c
cc "" start.c
link "sections of one name" start.o vars.o group.o
printf 'group.S:%s\n' 10 11 12 >want
warned >have
check "sections of one name: each has its line" diff -u want have

# What writes, and what only seems to.
cat >asm.S <<'EOC2'
	.macro	use name:req, instruction:vararg
	.type	\name, @function
\name:	\instruction
	ret
	.size	\name, . - \name
	.endm
	.text
	.globl	_start
_start:	ret
	use	store_imm,	movl $1, shift(%rip)
	use	store_moffs,	movabsl %eax, shift
	use	store_sse,	movd %xmm0, shift(%rip)
	use	store_index,	movl %eax, shift(,%rax,4)
	use	store_xchg,	xchgl %eax, shift(%rip)
	use	store_lock,	lock incl shift(%rip)
	use	store_set,	sete shift(%rip)
	use	store_pop,	popq wide(%rip)
	use	load,		movl shift(%rip), %eax
	use	compare,	cmpl $1, shift(%rip)
	use	push,		pushq wide(%rip)
	use	call,		call *ops(%rip)
	use	address,	leaq shift(%rip), %rax
	use	behind,		movl %eax, shift+4(%rip)
	use	segment,	movl %eax, %gs:shift(%rip)
	use	got,		addq %rax, wide@GOTPCREL(%rip)
	.section .note.GNU-stack, "", @progbits
EOC2
gcc -c asm.S
for mark in shift wide ops; do
	link "asm: $mark" --no-relax -Ttext=0x10000 asm.o vars.o
done
same "asm: three of shift and how many more there are" "3 1" \
	"$(grep -c "in function \`store_.*writes \`shift'" .said) $(
	grep -c 'prog: 4 more places write .shift. outside init code \[store\]$' .said)"
same "asm: none that does not write" 0 \
	"$(grep '\[store\]' .said | grep -vc 'store_\|more places')"
check "asm: a pop" grep -q "store_pop.*writes \`wide'" .said

# It is advice: the status is 0, and who knows better says so.
quiet "--rts-no-store-warnings" --rts-no-store-warnings vars.o stores.o
LD_WRAP_FLAGS=--rts-no-store-warnings quiet "in the environment" vars.o stores.o
link "the reasons" vars.o stores.o --rts-report="$report"
others=$(sed -n 's/^ kept \([a-z-]*\) [0-9]*$/\1/p' "$report" | sort -u |
	grep -vx store | paste -sd,)
check_fails 1 "with --rts-require" "$LD_WRAP" -o prog \
	--rts-require="all,$others" vars.o stores.o
said "with --rts-require: a store is kept" '\(store\) \[kept\]$'
link "with --rts-require=store,..." vars.o stores.o \
	--rts-require="all,store,$others"
check "with --rts-require=store,...: it is a warning" \
	grep -q 'warning: .* \[store\]$' .said

# A kernel's worth of them does not flood the terminal.
{
	echo '#include "conf.h"'
	for i in $(seq 100); do
		echo "unsigned v$i; RTS_VAR(v$i); void f$i(void) { v$i = $i; }"
	done
} >many.c
cc "" many.c
link "a hundred" start.o vars.o many.o
same "a hundred: ten are shown" "10 1" "$(grep -c 'writes .*\[store\]$' .said) $(
	grep -c 'further ones are not shown \[store\]' .said)"

done_testing
