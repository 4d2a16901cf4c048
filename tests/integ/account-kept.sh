#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A use that is not bound is kept, with the reason, and named; and those that
# the linker emits, or that have no relocation, are the same account.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"

# ---- why a use is kept -----------------------------------------------------

# Each use is in a function that is named for the class or reason.
cat >kept.S <<'EOC'
#include "rtstatic.h"
	.macro	use name:req, instruction:vararg
	.globl	\name
	.type	\name, @function
\name:	\instruction
	ret
	.size	\name, . - \name
	.endm
	.macro	with name:req, first:req, instruction:vararg
	.globl	\name
	.type	\name, @function
\name:	.byte	\first
	\instruction
	ret
	.size	\name, . - \name
	.endm
	.text
	.globl	_start
_start:	ret
	use	store,		movl %eax, x(%rip)
	use	store_imm,	movl $1, x(%rip)
	use	store_sse,	movq %xmm0, x(%rip)
	use	read_write,	addl $1, x(%rip)
	use	read_write_xchg, xchgl %eax, x(%rip)
	use	read_write_lock, lock incl x(%rip)
	use	indexed,	movl x(,%rax,4), %eax
	use	indexed_base,	movl x(%rbx), %eax
	use	sse,		movss x(%rip), %xmm0
	use	sse_add,	addsd x(%rip), %xmm1
	use	straddle,	movq x+4(%rip), %rax
	use	straddle_4,	movl x+5(%rip), %eax
	use	outside,	movl x+8(%rip), %eax
	use	outside_before,	movl x-4(%rip), %eax
	use	prefix_gs,	movl %gs:x(%rip), %eax
	use	prefix_fs,	movq %fs:x, %rax
	use	prefix_67,	movl x(%eip), %eax
	with	prefix_rep, 0xf3, addl x(%rip), %ecx
	use	reversed,	cmpl %ecx, x(%rip)
	use	constants_cmp,	cmpl $1000, x(%rip)
	use	constants_cmp8,	cmpb $1, x(%rip)
	use	constants_test,	testl $1, x(%rip)
	use	constants_imul,	imulq $1000, x(%rip), %rax
	use	conditional,	cmovel x(%rip), %eax
	use	no_immediate,	mull x(%rip)
	use	no_immediate_movbe, movbel x(%rip), %eax
	use	system,		ldmxcsr x(%rip)
	use	system_far,	ljmp *x(%rip)
	use	executed,	jmp x
	use	got,		movq x@GOTPCREL(%rip), %rax
	use	got_add,	addq x@GOTPCREL(%rip), %rax
	.globl	not_provable
	.type	not_provable, @function
not_provable:
	jmp	1f
	.byte	0x48, 0xb8		/* data, or the head of movabs */
1:	movl	x(%rip), %eax
	ret
	with	apx, "0xd5, 0x10", movl x(%rip), %eax
	with	apx_evex, "0x62, 0xf4, 0x7c, 0x18", addl x(%rip), %eax
	use	address_lea,	leaq x(%rip), %rax
	use	address_mov,	movl $x, %eax
	use	address_movq,	movq $x, %rax
	use	address_movabs,	movabs $x, %rax
	use	address_push,	pushq $x
	use	address_lea_4,	leaq x+4(%rip), %rax
	use	bound_load32,	movl x(%rip), %eax
	use	bound_load32s,	movslq x+4(%rip), %r9
	use	bound_load64,	movq x, %r15
	use	bound_load8,	movb x(%rip), %al
	use	bound_load16,	movw x+2(%rip), %ax
	use	bound_loadzx,	movzbl x+7(%rip), %eax
	use	bound_loadsx,	movswq x+6(%rip), %rax
	use	bound_moffs8,	movabs x, %al
	use	bound_moffs64,	movabs x, %rax
	use	bound_alu,	addl x(%rip), %ecx
	use	bound_cmp,	cmpq x(%rip), %rcx
	use	bound_test,	testb %bh, x+5(%rip)
	use	bound_imul,	imulq x(%rip), %rax
	with	bound_const, "0x2e, 0x2e, 0x2e", movq x(%rip), %rax
	with	bound_mask, "0x2e, 0x2e", andq x(%rip), %rax
	use	bound_call_slot, call *slot(%rip)
	use	bound_call,	call stub
	use	bound_jcc,	jne stub
	use	short_branch,	.byte 0xeb
	.reloc	short_branch + 1, R_X86_64_PC8, stub - 1
	use	bound_push_slot, pushq slot(%rip)
	/* At the section's very end. */
	.globl	short_branch_at_end
	.type	short_branch_at_end, @function
short_branch_at_end:
	.reloc	. + 1, R_X86_64_PC8, stub - 1
	.byte	0xeb, 0
	.section .text.stub, "ax", @progbits
	use	stub,		jmp *slot(%rip)
	.data
	.globl	x
	.type	x, @object
	.long	1, 2
x:	.quad	7
	.size	x, 8
	.quad	9
	.globl	slot
	.type	slot, @object
slot:	.quad	_start
	.size	slot, 8
	.quad	x
	.quad	slot
	.section .debug_mine, "", @progbits
	.quad	x			/* not loaded, so no use */
RTS_VAR(x)
RTS_FUNC(stub, slot)
	.section .note.GNU-stack, "", @progbits
EOC
cc "" kept.S
lw "reasons" --no-relax -o kept kept.o
adds_up "reasons" kept
same "reasons: references" "$(by_readelf kept.o x slot stub)" \
	"$(get total references)"
# From the input: SECTION+OFFSET FUNCTION+OFFSET of each use of a reason.
places() {
	{
		nm -n kept.o | awk '$2 == "T" { print "f", $1, $3 }'
		relocations kept.o | awk '$1 == ".text" { print "r", $2 }'
	} | sort -k2,2 -k1,1 | python3 -c '
import sys
for word in sys.stdin:
    word = word.split()
    if word[0] == "f":
        if word[2] != "stub":
            function, start = word[2], int(word[1], 16)
    else:
        at = int(word[1], 16)
        print("kept.o:(.text+%#x): in function `%s'\''+%#x" %
              (at, function, at - start))'
}
places | grep -vE '`(address|bound)_' | sort >want
sed -n 's/^ kept [a-z-]* 0x[0-9a-f]* //p' "$report" | sort >have
check "reasons: the kept ones are named by place" diff -u want have
sed -n "s/^ kept \\([a-z-]*\\) 0x.*\`\\([a-z_]*\\).*/\\1 \\2/p" "$report" |
	tr - _ | awk '{ print index($2, $1) == 1 ? "ok" : $0 }' >have
same "reasons: each is the one that its function is named for" \
	"$(wc -l <want) ok" "$(uniq -c have | xargs)"
# shellcheck disable=SC2046
same "reasons: those that take the address" \
	"$(grep -cE "(use|with)	address_" kept.S)" "$(get total address)"
for tag in load32 load32s load16 loadzx loadsx alu cmp test imul const mask \
	   call-slot call jcc push-slot; do
	same "reasons: bound $tag" 1 "$(($(get x bound $tag) + \
		$(get stub bound $tag)))"
done
for tag in load8 load64; do
	same "reasons: bound $tag" 2 "$(get x bound $tag)"
done
same "reasons: data" 2 "$(get total data)"
same "reasons: unexplained" 0 "$(line unexplained)"

cp old kept
n=$(get total kept)
rm "$report"
check_fails 1 "--rts-require=all: refuses" "$LD_WRAP" --rts-require=all \
	--rts-report="$report" --no-relax -o kept kept.o
# No more than ten of a kind are printed; the report has them all.
same "--rts-require=all: an error for each" "10 1" \
	"$(grep -c 'error: kept\.o:(\.text+0x.*\[kept\]$' "$out")\
 $(grep -c 'further ones are not shown' "$out")"
said "--rts-require=all: names reason, mark, function" \
	"kept\.o:\(\.text\+0x[0-9a-f]+\): in function .indexed'\+0x3: .*.x' is kept: .*\(indexed\) \[kept\]"
check "--rts-require=all: the old output survives" cmp old kept
same "--rts-require=all: the report is written" "$n" "$(get total kept)"

# Reasons may be allowed, in one list or in several; all others are errors.
reasons=$(sed -n 's/^ kept \([a-z-]*\) [0-9]*$/\1/p' "$report" | sort -u)
lw "--rts-require: each reason is allowed" --no-relax -o kept kept.o \
	--rts-require="all,$(echo "$reasons" | paste -sd,)"
# shellcheck disable=SC2046
lw "--rts-require: the lists add up" --no-relax -o kept kept.o \
	$(echo "$reasons" | sed 's/^/--rts-require=/')
for reason in $reasons; do
	rm -f "$report"
	check_fails 1 "--rts-require: all but $reason are allowed" "$LD_WRAP" \
		--rts-report="$report" --no-relax -o kept kept.o \
		--rts-require="$(echo "$reasons" | grep -vx "$reason" |
			paste -sd,)"
	same "--rts-require: all but $reason: an error for each use" \
		"$(($(get x kept "$reason") + $(get stub kept "$reason")))" \
		"$(grep -c "($reason) \[kept\]$" "$out")"
	same "--rts-require: all but $reason: and for nothing else" \
		"$(grep -c '\[kept\]$' "$out")" \
		"$(grep -c "($reason) \[kept\]$" "$out")"
done
for bad in some all,some 'store,,' 'all,' Store none; do
	check_fails 1 "--rts-require=$bad" "$LD_WRAP" --no-relax -o kept \
		--rts-require=$bad kept.o
	said "--rts-require=$bad: the reasons are listed" \
		"reasons are store, .*not-provable.*\[usage\]"
done

# Relaxed, the same instructions are something else.
cat >relax.S <<'EOC'
#include "rtstatic.h"
RTS_VAR(x)
RTS_FUNC(stub, slot)
	.text
	.globl	_start, f, g, slot, x
_start:	call	*stub@GOTPCREL(%rip)
	jmp	*stub@GOTPCREL(%rip)
	movq	x@GOTPCREL(%rip), %rax
	movq	stub@GOTPCREL(%rip), %rbx
	cmpq	x@GOTPCREL(%rip), %rcx
	pushq	x@GOTPCREL(%rip)
	ret
	.section .text.stub, "ax", @progbits
	.globl	stub
	.type	stub, @function
stub:	jmp	*slot(%rip)
	.size	stub, . - stub
	.data
	.type	x, @object
x:	.quad	7
	.size	x, 8
slot:	.quad	_start
	.type	slot, @object
	.size	slot, 8
	.section .note.GNU-stack, "", @progbits
EOC
cc "" relax.S
lw "relaxed" -o relax relax.o
adds_up "relaxed" relax
objdump -d relax | awk '/<_start>:/ { on = 1 } on' >code
check "relaxed: the linker did so" grep -qE '67 e8 .*<stub>' code
same "relaxed: a call and a jump of the stub, and its own" \
	"call 1 jmp 1 jmp-slot 1" "call $(get stub bound call)\
 jmp $(get stub bound jmp) jmp-slot $(get stub bound jmp-slot)"
same "relaxed: kept ones still go through the GOT" \
	"$(grep -cE '(push|cmp) .*\(%rip\)' code)" "$(get total kept)"
same "relaxed: the others take the address" \
	"$((6 - 2 - $(get total kept)))" "$(get total address)"
for form in call jmp; do
	address=$(sed -n "s/^ *\\([0-9a-f]*\\):.*$form .*<stub>.*/\\1/p" code)
	same "relaxed: the site of $form" 1 \
		"$(sites relax | grep -c " 0*$address ")"
done

# An ordinary function, redirected: its own object may know its body.
for f in near far; do
	cat >$f.c <<EOC
int plain(int);
int $f(int x) { return plain(x) + 1; }
EOC
done
echo 'int far(int), near(int); void _start(void) { for (;;) far(near(1)); }
__attribute__((noinline)) int plain(int x) { __asm__ volatile(""); return x; }' \
	>>near.c
for cc in gcc clang; do
	for f in near far; do
		$cc -O2 -fno-pie -ffunction-sections -c $f.c
	done
	lw "$cc: same-object" --rts-func=plain -o same near.o far.o
	adds_up "$cc: same-object" same
	same "$cc: same-object: references" "$(($(by_readelf near.o plain) + \
		$(by_readelf far.o plain)))" "$(get plain references)"
	same "$cc: same-object: kept at home, bound abroad" \
		"$(by_readelf near.o plain) $(by_readelf far.o plain)" \
		"$(get plain kept same-object) $(get plain bound)"
	has "$cc: same-object: named" \
		"kept same-object 0x[0-9a-f]+ near\.o:\(\.text\.near\+0x[0-9a-f]+\): in function .near'"
	check_fails 1 "$cc: same-object: refused on request" "$LD_WRAP" \
		--rts-func=plain --rts-require=all -o same near.o far.o
	said "$cc: same-object: why" '\(same-object\) \[kept\]'
	lw "$cc: same-object: allowed" --rts-func=plain \
		--rts-require=all,same-object -o same near.o far.o
done

# ---- what the linker emits -------------------------------------------------

# In the image, what lies behind the object is another's.
behind() { grep -c '^ kept outside 0x.*`outside.+' "$report"; }
cc "" use.c def.c
cc -ffunction-sections twin1.c twin2.c
echo 'unsigned twin1(unsigned); void _start(void) { for (;;) twin1(1); }' \
	>single.c
cc "" single.c
echo 'int use3(int); void _start(void) { for (;;) use3(1); }' >start.c
cc "" start.c
# shellcheck disable=SC2046
for inputs in "start.o use.o def.o" "kept.o --no-relax" "relax.o" \
    "single.o twin1.o twin2.o def.o --gc-sections"; do
	for q in -q --emit-relocs; do
		what="$q $inputs"
		# shellcheck disable=SC2086
		lw "$what" -o emitted $q $inputs
		adds_up "$what" emitted
		n=$(readelf -rW emitted | awk '
			/^Relocation section/ { on = $3 ~ /rela\.text/ }
			on && $3 ~ /^R_X86/ && $5 ~ \
			/^(x|slot|stub|shift|wide|ops|choose|rts_slot_choose|\.data)$/ &&
			!($5 == ".data" && $6 $7 !~ /limit|hook/) { n++ }
			END { print n + 0 }')
		case $inputs in
		*use.o*) # Statics are named by the output section .data.
			n=$((n + $(relocations use.o | grep -cE \
				'^\.text .* \.data\.(limit|hook) ')))
		esac
		same "$what: the emitted ones that agree" \
			$((n - $(behind))) "$(line emitted)"
		data=$(get total data)
		same "$what: as many as are in the code" \
			$(($(get total references) - data - $(behind) - \
			   $(get total dropped))) "$(line emitted)"
	done
done

# ---- uses without a relocation ---------------------------------------------

cat >near.S <<'EOC'
#include "rtstatic.h"
	.text
	.globl	_start
	.type	_start, @function
_start:	movl	near(%rip), %eax	# resolved by the assembler
	movl	%eax, near(%rip)
	leaq	near(%rip), %rax	# only the address: not a use
	movl	away(%rip), %eax
	jmp	_start
	.size	_start, . - _start
	.balign	8
	.type	near, @object
near:	.long	1
	.size	near, 4
	.data
	.type	away, @object
away:	.long	1
	.size	away, 4
RTS_VAR(near)
	.section .note.GNU-stack, "", @progbits
EOC
cc "" near.S
same "no relocation: so says readelf" ".data" \
	"$(relocations near.o | awk '{ print $4 }')"
cp old near
lw "no relocation" --rts-var=away -o near near.o
cp "$out" .said
same "no relocation: two uses" 2 "$(line unexplained)"
same "no relocation: a warning each" 2 \
	"$(grep -c "warning: near: 0x[0-9a-f]*, in _start: .*\`near'.*\[unexplained-use\]$" .said)"
adds_up "no relocation" near
same "no relocation: the other mark is bound" 1 "$(get away bound)"
cp old near
check_fails 1 "no relocation, --rts-require=all" "$LD_WRAP" --rts-var=away \
	--rts-require=all -o near near.o
said "no relocation, --rts-require=all: says so" \
	'error: near: 2 uses .* without a relocation are kept \(no-relocation\) \[kept\]'
check "no relocation, --rts-require=all: the old output survives" cmp old near
check_fails 1 "no relocation, another reason is allowed" "$LD_WRAP" \
	--rts-var=away --rts-require=all,not-provable -o near near.o
lw "no relocation, allowed" --rts-var=away --rts-require=no-relocation \
	-o near near.o

done_testing
