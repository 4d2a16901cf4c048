#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Where the linked image has what the inputs refer to: whatever the linker
# does with sections (drops, folds, relaxes, strips, reorders), each use is
# found once, and what is not found is not linked.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ ar nm awk cmp

mkdir B
ln -s "$LD_WRAP" B/ld
flags="-O2 -ffunction-sections -I$RTS_SRCDIR/include"
own=

compile() {	# file...
	local f
	for f; do
		# shellcheck disable=SC2086
		gcc $flags -c "$f" || return 1
	done
}

# Link with a report, NAME.r.
link() {	# name words...
	local name=$1
	shift
	LD_WRAP_FLAGS="--rts-report=$name.r $own" \
		gcc -B"$PWD/B/" -o "$name" "$@"
}

# A number of the report's total: bound, kept, ..., or of a line `WORD N'.
total() {	# report word
	awk -v w="$2" '$1 == "total" {
		for (i = 2; i < NF; i++) if ($i == w) print $(i + 1) }' "$1"
}
number() { awk -v w="$2" '$1 == w { print $2 }' "$1"; }

is() {		# what value expected
	if [ "$2" = "$3" ]; then ok "$1"; else
		not_ok "$1" "is ${2:-nothing}, expected $3"
	fi
}

# What must hold for every link that succeeded.
sound() {	# what name
	is "$1: nothing is unexplained" "$(number "$2.r" unexplained)" 0
	is "$1: all is proven" "$(grep -c 'kept not-provable' "$2.r")" 0
	check "$1: rts-dump finds it sound" "$RTS_DUMP" --check "$2"
}

# ---- a small section that looks like the end of a large one --

cat >ops.h <<'END'
#include <rtstatic.h>
struct ops { int (*one)(int); int (*two)(int, int); };
extern struct ops ops;		RTS_OPS(ops);
END
cat >main.c <<'END'
#include "ops.h"
static int inc(int a) { return a + 1; }
static int add(int a, int b) { return a + b; }
struct ops ops = { inc, add };
int large(int, int *), tail(int);
int unused(int a) { return 1 + ops.two(a, a); }
int main(int c, char **v)
{
	(void)v;
	return large(tail(c), &c) - 3;
}
END
echo '#include "ops.h"
int tail(int a) { return ops.one(a); }
int gone(int a) { return ops.one(a); }' >small.c
echo '#include "ops.h"
int large(int a, int *p) { if (a > 5) { p[0] = 3; *p ^= a; }
	return ops.one(a); }' >large.c
check "small and large compile" compile main.c small.c large.c
for order in "main.o small.o large.o" "large.o small.o main.o" \
	"small.o large.o main.o"; do
	for how in "" -no-pie -static -static-pie -Wl,-s "-no-pie -Wl,-q"; do
		what="$order ${how:-as usual}"
		# shellcheck disable=SC2086
		check "$what: links" link a $how $order || continue
		sound "$what" a
		is "$what: all are bound" "$(total a.r bound)" 4
		check "$what: runs" ./a
	done
	# shellcheck disable=SC2086
	check "$order, --gc-sections: links" link a -Wl,--gc-sections $order
	sound "$order, --gc-sections" a
	is "$order, --gc-sections: two are bound" "$(total a.r bound)" 2
	is "$order, --gc-sections: two are dropped" "$(total a.r dropped)" 2
done
cp a.r first.r
check "linked again" link a -Wl,--gc-sections small.o large.o main.o
check "the report is the same" cmp a.r first.r

# ---- the GOT: relaxed, and not --

cat >got.S <<'END'
#include <rtstatic.h>
	.text
	.globl main
	.type main,@function
main:	mov x@GOTPCREL(%rip),%rax	/* becomes lea or mov $ */
	sub $8,%rsp
	call *f@GOTPCREL(%rip)		/* becomes addr32 call */
	add $8,%rsp
	test %eax,%eax
	jne 1f
	jmp *f@GOTPCREL(%rip)		/* becomes jmp; nop */
1:	ret
	.size main, . - main
	.section .text.stub,"ax",@progbits
	.globl f
	.hidden f
	.type f,@function
f:	jmp *slot(%rip)
	.size f, . - f
zero:	xor %eax,%eax
	ret
	.data
	.balign 8
	.globl x, slot
x:	.quad 0
	.size x, 8
slot:	.quad zero
	.size slot, 8
RTS_VAR(x)
RTS_FUNC(f, slot)
	.section .note.GNU-stack,"",@progbits
END
check "GOT: compiles" compile got.S
for how in -no-pie -pie "-no-pie -Wl,-q" "-pie -Wl,-s"; do
	# shellcheck disable=SC2086
	check "GOT, $how: links" link g $how got.o || continue
	sound "GOT, $how" g
	for form in call jmp jmp-slot; do
		is "GOT, $how: a $form is bound" "$(awk -v f=$form '
			$1 == "bound" && $2 == f { print $3 }' g.r)" 1
	done
	is "GOT, $how: a relaxed load takes the address" \
		"$(total g.r address)" 1
	is "GOT, $how: nothing is dropped" "$(total g.r dropped)" 0
	check "GOT, $how: runs" ./g
done
for how in -Wl,--no-relax "-Wl,--no-relax -Wl,-q"; do
	# shellcheck disable=SC2086
	check "GOT, $how: links" link g -no-pie $how got.o
	sound "GOT, $how" g
	is "GOT, $how: nothing is dropped" "$(total g.r dropped)" 0
	check "GOT, $how: runs" ./g
done

# ---- what the linker rewrites beside a use --

cat >tls.c <<'END'
#include <rtstatic.h>
extern int level;		RTS_VAR(level);
int level = 5;
extern __thread int a, b;
static __thread int c;
int load(void) { int n = a + b + c++; int l = level; return n + l; }
__thread int a = 1, b = 2;
int main(void) { return load() - 8; }
END
for model in global-dynamic local-dynamic initial-exec; do
	flags="-O2 -fPIC -ftls-model=$model -I$RTS_SRCDIR/include"
	for how in -pie -static; do
		check "TLS $model compiles" compile tls.c
		check "TLS $model, $how: links" link t $how tls.o || continue
		sound "TLS $model, $how" t
		is "TLS $model, $how: the use beside it is found" \
			"$(total t.r dropped)" 0
		check "TLS $model, $how: runs" ./t
	done
done
flags="-O2 -ffunction-sections -I$RTS_SRCDIR/include"

# ---- copies --

echo '#include <rtstatic.h>
extern int mode;		RTS_VAR(mode);
__attribute__((noinline)) inline int get(int a) { int m = mode; return a ^ m; }
' >inl.h
echo '#include "inl.h"
int mode = 4; int other(int);
int main() { return get(1) + other(2) - 11; }' >i1.cc
echo '#include "inl.h"
int other(int a) { return get(a); }' >i2.cc
# shellcheck disable=SC2086
check "inline functions compile" g++ $flags -c i1.cc i2.cc
for how in "" -no-pie -Wl,-s; do
	# shellcheck disable=SC2086
	check "COMDAT copies link $how" link c $how i1.o i2.o -lstdc++
	sound "COMDAT copies $how" c
	is "the second copy is dropped $how" "$(total c.r dropped)" 1
	is "by its object $how" \
		"$(awk '$1 == "dropped" { print $3 }' c.r)" i2.o
	check "COMDAT copies run $how" ./c
done

for n in 1 2; do
	echo "#include <rtstatic.h>
extern int mode;		RTS_VAR(mode);
static __attribute__((noinline,noclone)) int eq(int a)
	{ int m = mode; return a ^ m; }
int f$n(int a) { return eq(a) + $n; }" >e$n.c
done
echo 'int mode = 4, f1(int), f2(int);
int main(void) { return f1(1) + f2(2) - 14; }' >em.c
check "equal statics compile" compile e1.c e2.c em.c
for how in "" -no-pie -Wl,-s -Wl,--gc-sections; do
	# shellcheck disable=SC2086
	check "equal statics link $how" link e $how e1.o e2.o em.o
	sound "equal statics $how" e
	is "each is placed $how" "$(total e.r bound)" 2
	check "equal statics run $how" ./e
done

# ---- statics of one name --

echo '#include <rtstatic.h>
static unsigned flag = 1;	RTS_VAR(flag);
unsigned n1(unsigned a) { unsigned b = flag; return b * 3 + a; }
void s1(unsigned v) { flag = v; }' >n1.c
echo '#include <rtstatic.h>
static unsigned flag = 1;	RTS_VAR(flag);
unsigned n1(unsigned a);
unsigned n2(unsigned a) { unsigned b = flag; return n1(a) + (a ^ b); }
void s2(unsigned v) { flag = v; }' >n2.c
echo '#include <rtstatic.h>
static unsigned flag = 1;	RTS_VAR(flag);
unsigned n3(unsigned a) { return flag + a; }' >n3.c
echo 'unsigned n2(unsigned a); void s1(unsigned), s2(unsigned);
int main(void) { s1(2); s2(4); return (int)n2(1) - 12; }' >nm.c
check "namesakes compile" compile n1.c n2.c n3.c nm.c
ar rc libn.a n1.o n3.o n2.o
for how in "nm.o libn.a" "-Wl,-u,n2 libn.a nm.o" "n2.o nm.o n1.o" \
	"-s nm.o libn.a" "-s -Wl,-u,n2 libn.a nm.o" \
	"-no-pie -Wl,-q -Wl,-u,n2 libn.a nm.o"; do
	# shellcheck disable=SC2086
	check "namesakes: $how: links" link n $how
	sound "namesakes: $how" n
	is "namesakes: $how: each has its load and its store" \
		"$(grep -A1 '^mark flag var 0x' n.r |
		   grep -c 'references 2 bound 1 kept 1')" 2
	check "namesakes: $how: runs" ./n
done
is "an archive's member that nobody needs is absent" \
	"$(grep -c '^mark flag var absent' n.r)" 1

# ---- scraps of code that every object has --

# Each object jumps from equal scraps back to a function of its own, and a
# long scrap looks like two short ones in a row.
scraps() {	# number count
	local i
	echo '#include <rtstatic.h>'
	for ((i = 1; i <= $2; i++)); do
		echo '	.section .scrap,"ax",@progbits'
		# shellcheck disable=SC2016
		echo '	testb $1,word(%rip)'
		echo '	jne 1f'
		echo '	jmp 2f'
		echo '	.text'
		echo "1:	.fill $(($1 * 3 + i)),1,0x90"
		echo '2:	ret'
	done
	echo '	.section .note.GNU-stack,"",@progbits'
}
for n in 1 2 3 4 5; do scraps $n $((n % 3 + 1)) >sc$n.S; done
echo '#include <rtstatic.h>
extern int word;		RTS_VAR(word);
int word;
int main(void) { return 0; }' >scm.c
check "scraps compile" compile sc1.S sc2.S sc3.S sc4.S sc5.S scm.c
for how in -no-pie "-no-pie -Wl,-q" "-pie -Wl,-s"; do
	# shellcheck disable=SC2086
	check "scraps link $how" link s $how sc1.o sc2.o sc3.o sc4.o sc5.o \
		scm.o || continue
	sound "scraps $how" s
	is "all are found $how" "$(total s.r bound)" 11
done

# ---- uses that leave no relocation --

cat >un.S <<'END'
#include <rtstatic.h>
	.text
	.globl main
	.type main,@function
main:	xor %eax,%eax
	call near			/* the assembler resolves it */
	ret
	.size main, . - main
	.type near,@function
near:	jmp *slot(%rip)
	.size near, . - near
back:	ret
	.data
	.balign 8
slot:	.quad back
	.size slot, 8
RTS_FUNC(near, slot)
	.section .note.GNU-stack,"",@progbits
END
check "a resolved call compiles" compile un.S
check "a resolved call links" link u un.o
if grep -q 'in main: .*near.*\[unexplained-use\]$' "$out"; then
	ok "with a warning that names it"
else
	not_ok "with a warning that names it"
fi
is "it is counted" "$(number u.r unexplained)" 1
check "it runs" ./u
own=--rts-require=all
rm -f u
check_fails any "--rts-require=all refuses it" link u un.o
if grep -q '\[kept\]$' "$out" && [ ! -e u ]; then
	ok "as a use that is kept, and leaves no output"
else
	not_ok "as a use that is kept, and leaves no output"
fi
own=

# ---- code that cannot be proven --

cat >odd.S <<'END'
#include <rtstatic.h>
	.text
	.globl main
	.type main,@function
main:	xor %eax,%eax
	ret
	.size main, . - main
	.type odd,@function
odd:	jmp 1f
	.byte 0x48,0xb8		/* swallows the next eight bytes */
1:	mov x(%rip),%eax
	nop; nop; nop; nop
	ret
	.size odd, . - odd
	.type even,@function
even:	mov x(%rip),%eax
	ret
	.size even, . - even
	.data
	.globl x
x:	.long 0
	.size x, 4
RTS_VAR(x)
	.section .note.GNU-stack,"",@progbits
END
check "data in code compiles" compile odd.S
check "data in code links" link o odd.o
is "behind it nothing is proven" "$(grep -c 'kept not-provable 0x' o.r)" 1
is "but from the next function on" "$(total o.r bound)" 1
check "rts-dump finds it sound" "$RTS_DUMP" --check o

done_testing
