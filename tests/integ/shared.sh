#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Marks in a shared object: what the object reaches directly is bound, what the
# dynamic linker may turn elsewhere is kept, by each linker, and said.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"
need ld.bfd ld.gold ld.lld ld.mold
pic="-O2 -fPIC -g $inc"

cat >m.h <<'EOC'
#include "rtstatic.h"
#define hidden __attribute__((visibility("hidden")))
#define protected __attribute__((visibility("protected")))
struct ops { int (*f)(int); };
extern hidden unsigned hid;		RTS_VAR(hid);
extern protected unsigned prot;		RTS_VAR(prot);
extern unsigned pub;			RTS_VAR(pub);
extern unsigned away;			RTS_VAR(away);
extern hidden struct ops ops;		RTS_OPS(ops);
extern struct ops pubops;		RTS_OPS(pubops);
RTS_DECLARE_FUNC(int, choose, (int));
EOC
cat >u.c <<'EOC'
#include "m.h"
static unsigned loc = 5;
RTS_VAR(loc);
unsigned use_loc(unsigned x) { return x >> loc; }
RTS_SETTER void set_loc(unsigned x) { loc = x; }
unsigned use_hid(unsigned x) { return x + hid; }
unsigned use_prot(unsigned x) { return x + prot; }
unsigned use_pub(unsigned x) { return x + pub; }
unsigned again_pub(unsigned x) { return x - pub; }
unsigned use_away(void) { return away; }
int use_ops(int x) { return ops.f(x) + 1; }
int use_pubops(int x) { return pubops.f(x) + 1; }
int use_choose(int x) { return choose(x) + 1; }
EOC
cat >d.c <<'EOC'
#include "m.h"
unsigned hid = 1, prot = 2, pub = 3;
static int plus(int x) { return x + 1; }
struct ops ops = { plus }, pubops = { plus };
RTS_DEFINE_FUNC(choose, plus);
EOC

row() {	# WHAT MARK CLASS [TAG] WANT
	local what=$1 mark=$2 class=$3 tag=
	if [ $# = 5 ]; then
		tag=$4
		shift
	fi
	same "$what: $mark $class $tag" "$4" "$(get "$mark" "$class" "$tag")"
}

for cc in gcc clang; do
	for f in u d; do
		# shellcheck disable=SC2086
		$cc $pic -c $f.c -o $cc-$f.o || exit 99
	done
	for real in ld.bfd ld.gold ld.lld ld.mold; do
		for flag in "" -Bsymbolic "--gc-sections -s"; do
			what="$cc $real $flag"
			# shellcheck disable=SC2086
			lw "$what" --rts-ld="$(command -v $real)" -shared \
				$flag -o lib.so $cc-u.o $cc-d.o
			said "$what: says how to mend it" \
				'u\.c:[89]: .*`pub.*\[through-got\]'
			check "$what: ... once a mark" test "$(grep -c \
				'`pub. .*\[through-got\]' .said)" = 1
			check "$what: ... with the cure" grep -q \
				'note: .*visibility("hidden")' .said
			adds_up "$what" lib.so
			row "$what" loc bound 1
			row "$what" loc kept store 1
			row "$what" hid bound 1
			row "$what" ops bound call-slot 1
			row "$what" choose bound call 1
			row "$what" away kept elsewhere 1
			row "$what" pub bound 0
			row "$what" pubops bound 0
			if [ "$flag" = -Bsymbolic ]; then
				# A lea in place of the load.
				row "$what" pub address 2
			else
				row "$what" pub kept got 2
				row "$what" pubops kept got 1
			fi
			same "$what: unexplained" 0 "$(line unexplained)"
			check_fails 1 "$what: no text relocation" sh -c \
				'readelf -dW lib.so | grep TEXTREL'
		done
		# clang knows that protected data is the object's own.
		if [ $cc = clang ]; then
			row "$what" prot bound 1
		fi
	done
done
check_fails 1 "-z defs: what nobody defines" "$LD_WRAP" -shared -z defs \
	-o lib.so gcc-u.o gcc-d.o
said "-z defs: is ld's to refuse, and explained" '`away.*\[undefined-mark\]'

# ---- what is preemptible: the linker's word is the truth ----------------------

cat >f.c <<'EOC'
int twice(int x);
int twice(int x) { return x * 2; }
EOC
cat >fu.c <<'EOC'
int twice(int);
int use_twice(int x) { return twice(x) + 1; }
EOC
cat >fp.c <<'EOC'
__attribute__((visibility("protected"))) int twice(int x);
int twice(int x) { return x * 2; }
EOC
echo '{ global: use_*; local: *; };' >local.map
echo '{ global: *; };' >global.map
echo '{ use_twice; };' >without.list
echo '{ twice; };' >with.list
for f in f fu fp; do
	# shellcheck disable=SC2086
	gcc $pic -c $f.c || exit 99
done
turned() {	# REAL "FLAGS" WHAT WANT [OBJECT]
	local what="a function by option, $1 $2 $5"
	# shellcheck disable=SC2086
	lw "$what" --rts-ld="$(command -v "$1")" -shared $2 --rts-func=twice \
		-o lib.so fu.o "$5"
	adds_up "$what" lib.so
	row "$what" twice "$3" "$4" 1
}
for real in ld.bfd ld.gold ld.lld ld.mold; do
	for s in "" -s; do
		turned $real "$s" kept got f.o
		turned $real "$s -z now" kept got f.o
		turned $real "$s --version-script=global.map" kept got f.o
		turned $real "$s -Bsymbolic" bound call f.o
		turned $real "$s -Bsymbolic-functions" bound call f.o
		turned $real "$s --version-script=local.map" bound call f.o
		turned $real "$s" bound call fp.o
	done
done
# gold and mold do not take the list for more than exports.
for real in ld.bfd ld.lld; do
	turned $real --dynamic-list=with.list kept got f.o
	turned $real --dynamic-list=without.list bound call f.o
done

# A stub that takes its slot from the GOT: another file's slot may count.
cat >hand.S <<'EOC'
#include "rtstatic.h"
RTS_FUNC(hand, slot)
	.globl	hand, slot
	.hidden	hand
	.type	hand, @function
	.type	slot, @object
hand:	mov	slot@GOTPCREL(%rip), %r11
	jmp	*(%r11)
	.size	hand, . - hand
	.globl	use_hand
use_hand:
	call	hand
	ret
	.data
	.balign	8
	.size	slot, 8
slot:	.quad	use_hand
EOC
# shellcheck disable=SC2086
gcc $inc -c hand.S || exit 99
for real in ld.bfd ld.gold ld.lld ld.mold; do
	lw "a stub by the GOT, $real" --rts-ld="$(command -v $real)" -shared \
		-o lib.so hand.o
	row "a stub by the GOT, $real" hand bound 0
	row "a stub by the GOT, $real" hand kept got 2
	lw "a stub by the GOT, $real -Bsymbolic" -Bsymbolic \
		--rts-ld="$(command -v $real)" -shared -o lib.so hand.o
	row "a stub by the GOT, $real -Bsymbolic" hand bound call 1
done
# ---- a program with the header of a shared object ------------------------------

cat >prog.c <<'EOC'
#include "rtstatic.h"
extern unsigned pub;
RTS_VAR(pub);
unsigned use_pub(unsigned);
__attribute__((noinline)) unsigned mine(unsigned x) { return x + pub; }
int main(void) { return mine(1) - use_pub(1); }
EOC
cat >publib.c <<'EOC'
unsigned pub = 3;
unsigned use_pub(unsigned x) { return x + pub; }
EOC
gcc -O2 -fPIC -shared -o libpub.so publib.c
for cc in gcc clang; do
	what="$cc, a copy of a shared object's variable"
	# shellcheck disable=SC2086
	$cc -fno-pic -O2 $inc -c prog.c -o prog.o
	check "$what: links" $cc -Bbin -no-pie -o prog prog.o \
		-Wl,--rts-report="$report" -L. -lpub -Wl,-rpath,"$PWD"
	check "$what: runs" ./prog
	row "$what" pub bound 1
	# shellcheck disable=SC2086
	$cc -fPIC -O2 $inc -c prog.c -o prog.o
	for real in ld.gold ld.lld ld.mold; do
		what="$cc $real, a shared object's variable"
		check "$what: links" $cc -Bbin -pie -o prog prog.o \
			-Wl,--rts-report="$report" -L. -lpub \
			-Wl,-rpath,"$PWD" \
			-Wl,--rts-ld="$(command -v $real)"
		check "$what: runs" ./prog
		# mold makes a copy, for the record's sake.
		if [ $real = ld.mold ]; then
			row "$what" pub kept got 1
		else
			row "$what" pub kept elsewhere 1
		fi
	done
	# So does plain ld refuse it, without a word that helps.
	check_fails 1 "$cc, GNU ld: it cannot" $cc -Bbin -pie -o prog prog.o \
		-L. -lpub
	said "$cc, GNU ld: why" '`pub. .*libpub.so.*\[mark-in-dso\]'
done
done_testing
