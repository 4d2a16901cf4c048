#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The account does not depend on symbols, order, directory or linker script.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"

# ---- symbols that are gone -------------------------------------------------

for flags in "" -ffunction-sections; do
	cc "$flags" use.c def.c twin1.c twin2.c
	cat >start.c <<'EOC'
int use3(int); unsigned twin1(unsigned), twin2(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = use3(1) + twin1(2) + twin2(3); }
EOC
	cc "$flags" start.c
	objects="start.o use.o twin1.o twin2.o def.o"
	# shellcheck disable=SC2086
	lw "all symbols $flags" -o whole $objects
	sites whole >want
	sed 1d "$report" >want.report
	for strip in -s --strip-all -S -x -X --discard-locals "-s -x" \
	    "--strip-all --gc-sections --print-gc-sections"; do
		what="$strip $flags"
		# shellcheck disable=SC2086
		lw "$what" $strip -o stripped $objects
		adds_up "$what" stripped
		same "$what: unexplained" 0 "$(line unexplained)"
		case $strip in *gc*) continue ;; esac
		sites stripped >have
		check "$what: the same sites" diff -u want have
		sed 1d "$report" >have.report
		check "$what: the same account" diff -u want.report have.report
	done
done
for strip in -s -x; do
	cp old stripped
	check_fails 1 "$strip: a local symbol by option" "$LD_WRAP" $strip \
		--rts-var=away -o stripped near.o
	said "$strip: a local symbol by option: says so" \
		'error: .*`away.*\[[a-z-]+\]'
	check "$strip: the old output survives" cmp old stripped
done

# ---- the same again --------------------------------------------------------

# shellcheck disable=SC2086
for i in 1 2 3; do
	lw "again $i" -o again$i $objects
	check "again $i: the same bytes" cmp again1 again$i
	cp "$report" report$i
	check "again $i: the same report" diff -I '^ld-wrap-report' report1 \
		report$i
done
mkdir -p some/where
# shellcheck disable=SC2086
cp $objects some/where
cd some/where || exit 99
# shellcheck disable=SC2086
lw "elsewhere" -o again $objects
cd ../.. || exit 99
check "elsewhere: the same bytes" cmp again1 some/where/again

# ---- linker scripts --------------------------------------------------------

script() {	# DISCARDED... : a linker script that drops these sections
	echo 'ENTRY(_start) SECTIONS { . = 0x400000;
		/DISCARD/ : { *(.note.* .comment '"$*"') }
		.text : { *(.text*) }
		.rodata : { *(.rodata* .rts.tab) }
		. = ALIGN(0x1000);
		.data : { *(.data*) *(.init_array) } .bss : { *(.bss*) }
		.rts.mark 0 : { *(.rts.mark) } }' >script.ld
}
script
# shellcheck disable=SC2086
lw "a script" -T script.ld -o scripted $objects
adds_up "a script" scripted
same "a script: unexplained" 0 "$(line unexplained)"
for section in .rts.tab .rts.mark; do
	script $section
	cp old scripted
	# shellcheck disable=SC2086
	check_fails 1 "a script without $section" "$LD_WRAP" -T script.ld \
		-o scripted $objects
	# Of a table whose record is kept, GNU ld says it first.
	said "a script without $section: says so" \
		'(scripted: .*|script\.ld: discards .*)\[no-table\]'
	check "a script without $section: and what to do" \
		grep -q 'note: .*KEEP(\*(\.rts\.tab))' .said
	check "a script without $section: the old output survives" \
		cmp old scripted
	check "a script without $section: nothing else is left" \
		sh -c '! ls -A | grep "^\.ld-wrap"'
done

script .unrelated
check_fails 1 "a script that is not to blame" "$LD_WRAP" -T script.ld \
	-o scripted missing.o use.o
cp "$out" .said
check_fails 1 "a script that is not to blame: nor said to be" \
	grep -q 'no-table' .said

# ---- statics of one name ---------------------------------------------------

for f in 1 2 3; do
	cat >same$f.c <<EOC
#include "rtstatic.h"
static unsigned limit = $f;
RTS_VAR(limit);
static __attribute__((noinline)) unsigned get(unsigned x) { return x >> limit; }
void set$f(unsigned x) { limit = x; }
unsigned get$f(unsigned x) { return get(x) + 1; }
EOC
done
echo 'unsigned get1(unsigned), get2(unsigned), get3(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = get1(1) + get2(2) + get3(3); }' >samemain.c
for flags in "" "-ffunction-sections -fdata-sections" -O0; do
	cc "$flags" same1.c same2.c same3.c samemain.c
	rm -f same.a
	ar rc same.a same3.o same1.o same2.o
	for inputs in "same1.o same2.o same3.o" "same3.o same1.o same2.o" \
	    "same.a" "same2.o same.a"; do
		what="statics $flags $inputs"
		# shellcheck disable=SC2086
		lw "$what" -o statics samemain.o $inputs
		adds_up "$what" statics
		uses statics >.uses
		same "$what: three marks at the three places" \
			"$(nm statics | awk '$3 == "limit" { print $1 }' |
			   sort | xargs)" \
			"$(awk '$1 == "mark" && $4 != "absent" { printf "%016s\n", substr($4, 3) }' \
			   "$report" | tr ' ' 0 | sort | xargs)"
		same "$what: one load and one store each" "1 1 1 1 1 1" \
			"$(awk '/^ references 2 bound 1 kept 1 / { print 1 }
				/^ kept store 1$/ { print 1 }' "$report" | xargs)"
		same "$what: unexplained" 0 "$(line unexplained)"
		# Each site, and the store in setN beside it, by the code.
		objdump -d --no-show-raw-insn statics | awk '
			/^[0-9a-f]+ </ { f = $2 }
			/<limit>/ && f ~ /get/ && match($0, /# [0-9a-f]+/) {
				slot = substr($0, RSTART + 2, RLENGTH - 2)
				sub(/:/, "", $1)
				print $1, slot }' |
			sort >want
		sites statics | awk '{ print $2, $3 }' |
			sed 's/^0*//; s/ 0*/ /' | sort >have
		check "$what: each site has its own slot" diff -u want have
		awk '$1 == "mark" { a = $4 }
			/^ kept store 0x/ && match($0, /same[123]\.o/) {
				print substr($0, RSTART + 4, 1), a }' \
			"$report" | sort >have
		objdump -d --no-show-raw-insn statics | awk '
			/^[0-9a-f]+ <set[123]>/ { f = substr($2, 5, 1) }
			/^[0-9a-f]+ <get/ { f = "" }
			f && /<limit>/ && match($0, /# [0-9a-f]+/) {
				print f, "0x" substr($0, RSTART + 2, RLENGTH - 2)
			}' | sort >want
		check "$what: each mark is that of its object" diff -u want have
	done
done

# ---- more space than was estimated -----------------------------------------

cat >space.S <<'EOC'
#include "rtstatic.h"
	.text
	.globl	_start
_start:	.rept	600
	movl	x(%rip), %eax
	.nops	8300
	movl	x(%rip), %ecx
	.nops	8300
	.endr
	ret
	.data
	.globl	x
	.type	x, @object
x:	.long	1
	.size	x, 4
RTS_VAR(x)
	.section .note.GNU-stack, "", @progbits
EOC
cc "" space.S
lw "too little space" --rts-print-command -o space space.o
same "too little space: two links" 2 "$(grep -c 'space\.o' "$out")"
adds_up "too little space" space
same "too little space: all are bound" 1200 "$(get total bound)"
lw "too little space, again" -o space2 space.o
check "too little space, again: the same bytes" cmp space space2
lw "enough space" --rts-print-command -o whole start.o use.o twin1.o twin2.o def.o
same "enough space: one link" 1 "$(grep -c 'use\.o twin1' "$out")"

done_testing
