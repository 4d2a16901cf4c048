#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every relocation against a mark is accounted for, in one class: counted here
# by readelf in the inputs and by objdump and nm in the linked image.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ clang ld ar as readelf objdump nm cmp awk
mkdir bin
ln -s "$LD_WRAP" bin/ld
report=$PWD/.report
inc="-I$RTS_SRCDIR/include -fno-stack-protector"

# ---- oracles -------------------------------------------------------------

# The relocations of a file's loaded sections, one a line:
#	SECTION OFFSET TYPE SYMBOL ADDEND
relocations() {
	readelf -rW "$1" | awk '
		/^Relocation section/ {
			section = substr($3, 7, length($3) - 7) }
		section !~ /debug|^\.rts|comment|eh_frame/ && $3 ~ /^R_X86/ {
			print section, $1, $3, $5, $6 $7 }'
}
# How many of them name one of these symbols.
by_readelf() {	# FILE SYMBOL...
	local file=$1
	shift
	relocations "$file" | awk -v names=" $* " '
		index(names, " " $4 " ") { n++ } END { print n + 0 }'
}
# What the linked code does with symbols, as objdump sees it, a line for each
# use: SYMBOL WHAT, in the words of the report.
uses() {
	{
		nm -n "$1"
		objdump -d --no-show-raw-insn "$1"
	} | awk '
		NF == 3 && length($1) == 16 && $2 ~ /^[bdBD]$/ {
			at[n++] = $1
			name[$1] = $3
			next
		}
		/^[0-9a-f]+ / { next }
		match($0, /<[a-z_0-9]+([+]0x[0-9a-f]+)?>$/) {
			symbol = substr($0, RSTART + 1, RLENGTH - 2)
			sub(/[+].*/, "", symbol)
		}
		!RSTART && match($0, /[ ,*]0x[0-9a-f]+/) {
			# An absolute address has no name here.
			place = substr($0, RSTART + 3, RLENGTH - 3)
			while (length(place) < 16)
				place = "0" place
			symbol = ""
			for (i = 0; i < n && at[i] "" <= place ""; i++)
				symbol = name[at[i]]
		}
		!RSTART { next }
		{
			sub(/^[^\t]*\t(bnd |notrack )?/, "")
			what = "other"
		}
		/^call.*\*/		{ what = "call-slot" }
		/^jmp.*\*/		{ what = "jmp-slot" }
		/^callq? +[0-9a-f]+ /	{ what = "call" }
		/^jmpq? +[0-9a-f]+ /	{ what = "jmp" }
		/^lea/			{ what = "address" }
		/^movslq/		{ what = "load32s" }
		/^mov +0x[^,]*,%(e|r[0-9]+d)/		{ what = "load32" }
		/^mov +0x[^,]*,%r([a-z]|[0-9]+( |$))/	{ what = "load64" }
		/^mov[lq]? +[^,(]*,0x/	{ what = "store" }
		{ print symbol, what }'
}
count_uses() {	# WHAT SYMBOL...: in the file .uses
	local what=$1
	shift
	awk -v what="$what" -v names=" $* " '
		$2 == what && index(names, " " $1 " ") { n++ }
		END { print n + 0 }' .uses
}
# The sites that the linked file lists: TAG ADDRESS SLOT.
sites() {
	readelf -rW "$1" | awk '
		/^Relocation section/ { on = /\.rts\.rela/; next }
		on && $1 ~ /^[0-9a-f]+$/ {
			slot = sprintf("%16s", $NF)
			gsub(/ /, "0", slot)
			print $2, $1, slot
		}'
}
address_of() { nm "$1" | awk -v s="$2" '$3 == s { print $1 }'; }

# ---- the report ------------------------------------------------------------

# A number of a mark, or of "total": a class, or "bound TAG", "kept REASON".
get() {	# MARK CLASS [TAG]
	awk -v mark="$1" -v class="$2" -v tag="${3:-}" '
		$1 == "mark" { on = $2 == mark; next }
		$1 == "total" { on = mark == "total"; sub(/^total/, "") }
		$0 !~ /^ / { on = 0 }
		!on { next }
		tag && $1 == class && $2 == tag && NF == 3 { n += $3 }
		!tag && $1 == "references" {
			for (i = 1; i < NF; i += 2)
				if ($i == class)
					n += $(i + 1)
		}
		END { print n + 0 }' "$report"
}
line() { awk -v name="$1" '$1 == name { print $2 }' "$report"; }

# The classes, the tags, the reasons and the named places add up.
cat >adds.awk <<'END'
function is(what, have, want) {
	if (have + 0 != want + 0) {
		print what ": " have + 0 " instead of " want + 0
		bad = 1
	}
}
function close_mark(c) {
	if (name == "")
		return
	is(name " tags", tags, class["bound"])
	is(name " reasons", reasons, class["kept"])
	is(name " places", places, class["kept"])
	tags = reasons = places = 0
	name = ""
}
function read_classes(from, into,   i) {
	for (i = from; i < NF; i += 2)
		into[$i] = $(i + 1)
	is("classes of " name, into["references"], into["bound"] + \
	   into["kept"] + into["address"] + into["data"] + into["dropped"])
}
NR == 1 { is("version", $2, 1) }
$1 == "mark" { close_mark(); name = $2; marks++ }
/^ references/ {
	read_classes(1, class)
	for (i in class)
		sum[i] += class[i]
}
/^ bound/ { tags += $3 }
/^ kept/ && NF == 3 { reasons += $3 }
/^ kept/ && NF > 3 { places++ }
$1 == "total" {
	close_mark()
	name = "total"
	read_classes(2, total)
	for (i in total)
		is("total " i, sum[i], total[i])
	name = ""
	totals++
}
$1 == "dropped" { dropped += $2 }
$1 == "table" { is("sites", $NF, total["bound"]) }
END {
	is("totals", totals, 1)
	is("dropped", dropped, total["dropped"])
	if (!marks) {
		print "no mark"
		bad = 1
	}
	exit bad
}
END
adds_up() {	# WHAT FILE
	check "$1: the classes add up" awk -f adds.awk "$report"
	same "$1: .rts.rela lists the sites" "$(get total bound)" \
		"$(sites "$2" | sort -u | wc -l)"
	check "$1: rts-dump --check" "$RTS_DUMP" --check "$2"
}
same() {	# WHAT WANT HAVE
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, have $3"
		sed 's/^/# /' "$report"
	fi
}
has() {	# WHAT REGEX: in the report
	check "$1" grep -Eq -- "$2" "$report"
}
lw() {	# WHAT ARGUMENTS...: a link by ld-wrap itself
	local what=$1
	shift
	rm -f "$report"
	check "$what: links" "$LD_WRAP" --rts-report="$report" "$@"
}
# Marked objects that most of what follows uses.
cc() {	# FLAGS FILE...: compile each
	local flags=$1 f
	shift
	for f; do
		# shellcheck disable=SC2086
		gcc -O2 -fno-pie -fno-asynchronous-unwind-tables $inc $flags \
			-c "$f" -o "${f%.*}.o" || not_ok "compile $f"
	done
}

# ---- what compilers write --------------------------------------------------

cat >conf.h <<'EOC'
#include "rtstatic.h"
struct ops { void (*first)(void); int (*second)(int); };
extern struct ops ops;
RTS_OPS(ops);
extern unsigned shift;
RTS_VAR(shift);
extern unsigned long wide;
RTS_VAR(wide);
RTS_DECLARE_FUNC(int, choose, (int));
EOC
cat >def.c <<'EOC'
#include "conf.h"
static int plus(int x) { return x + 1; }
static void nothing(void) { }
unsigned shift = 3;
unsigned long wide = 5;
struct ops ops = { nothing, plus };
RTS_DEFINE_FUNC(choose, plus);
unsigned *pointers[] = { &shift, &shift };
void set(unsigned x) { shift = x; }
EOC
cat >use.c <<'EOC'
#include "conf.h"
/* In sections of their own, so that readelf names them. */
static unsigned limit __attribute__((section(".data.limit"))) = 4;
static int (*hook)(int) __attribute__((section(".data.hook"))) = choose;
RTS_VAR(limit);
RTS_OPS(hook);
unsigned use1(unsigned x) { return (x >> shift) + choose(2); }
int use2(int x) { ops.first(); return ops.second(x) + 1; }
int use3(int x) { return choose(x); }
unsigned long use4(unsigned long x) { return x + wide; }
long use5(void) { return (long)wide * 3 + limit; }
int use6(int x) { return hook(x); }
int use7(int x) { return hook(x) + ops.second(x); }
unsigned *use8(void) { return &shift; }
void use9(unsigned x) { limit = x; }
EOC
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
# The report's numbers are those of readelf and objdump.
compare() {	# WHAT MARK SYMBOLS...
	local what="$1: $2" mark=$2 tag want have
	shift 2
	want="references $(total "$@")"
	have="references $(get "$mark" references)"
	set -- "${@#.data.}"
	for tag in load32 load64 load32s call-slot jmp-slot call jmp; do
		want="$want, $tag $(count_uses $tag "$@")"
		have="$have, $tag $(get "$mark" bound $tag)"
	done
	want="$want, store $(count_uses store "$@")"
	have="$have, store $(get "$mark" kept store)"
	same "$what: as readelf and objdump have it" "$want" "$have"
}
for cc in gcc clang; do
	for opt in -O0 -O2 -Os; do
		for mode in "-fno-pie -no-pie" "-fPIE -pie" "-fPIE -static-pie" \
		    "-fno-pie -static"; do
			what="$cc $opt $mode"
			for f in def use main; do
				# shellcheck disable=SC2086
				$cc $opt ${mode% *} $inc -c $f.c ||
					not_ok "$what: compile $f.c"
			done
			rm -f "$report"
			check "$what: links" gcc -B"$PWD/bin/" "${mode#* }" \
				-Wl,--rts-report="$report" -o prog def.o \
				use.o main.o
			check "$what: runs" ./prog
			adds_up "$what" prog
			uses prog >.uses
			same "$what: unexplained" 0 "$(line unexplained)"
			compare "$what" shift shift
			compare "$what" wide wide
			compare "$what" ops ops
			compare "$what" choose choose rts_slot_choose
			compare "$what" limit .data.limit
			compare "$what" hook .data.hook
			same "$what: nothing is dropped" 0 \
				"$(get total dropped)"
			same "$what: pointers are data" 2 "$(get shift data)"
		done
	done
done

# ---- what the linker drops -------------------------------------------------

cat >gc.c <<'EOC'
#include "conf.h"
volatile unsigned sink;
__attribute__((noinline)) void used(unsigned x) { sink = x >> shift; }
unsigned unused(unsigned x) { return (x >> shift) + choose(x) + wide; }
void _start(void) { for (;;) used(1); }
EOC
cc -ffunction-sections gc.c
cc "" def.c
lw "--gc-sections" --gc-sections -o gc gc.o def.o
adds_up "--gc-sections" gc
n=$(relocations gc.o | awk '$1 == ".text.unused" &&
	$4 ~ /^(shift|choose|wide)$/ { n++ } END { print n + 0 }')
has "--gc-sections: unused() is dropped" "^dropped $n gc\.o$"
same "--gc-sections: a mark whose every use is dropped stays" 1 \
	"$(grep -c '^mark wide var 0x' "$report")"
same "--gc-sections: its uses" "$(by_readelf gc.o wide)" "$(get wide dropped)"
same "--gc-sections: used() is bound" 1 "$(get shift bound)"
lw "--no-gc-sections" -o gc gc.o def.o
same "--no-gc-sections: nothing is dropped" 0 "$(get total dropped)"

cat >inline.h <<'EOC'
#include "rtstatic.h"
extern unsigned shift;
RTS_VAR(shift);
inline __attribute__((noinline)) unsigned twice(unsigned x)
{
	return x << shift;
}
EOC
echo '#include "inline.h"
unsigned other(unsigned x) { return twice(x) + 1; }' >cxx1.cc
echo '#include "inline.h"
unsigned shift = 2;
unsigned other(unsigned);
extern "C" void _start() { for (;;) other(twice(1)); }' >cxx2.cc
for cxx in g++ clang++; do
	for opt in -O0 -O2; do
		what="$cxx $opt: COMDAT"
		for f in cxx1 cxx2; do
			# shellcheck disable=SC2086
			$cxx $opt -fno-pie $inc -c $f.cc ||
				not_ok "$what: compile $f.cc"
		done
		lw "$what" -o cxx cxx1.o cxx2.o
		adds_up "$what" cxx
		same "$what: references" $(($(by_readelf cxx1.o shift) + \
			$(by_readelf cxx2.o shift))) "$(get shift references)"
		same "$what: one copy is there" 1 $(($(get shift bound) + \
			$(get shift kept)))
		has "$what: the other is dropped" '^dropped 1 cxx[12]\.o$'
		same "$what: unexplained" 0 "$(line unexplained)"
	done
done

# ---- sections that look alike ----------------------------------------------

for f in 1 2; do
	cat >twin$f.c <<EOC
#include "conf.h"
static __attribute__((noinline)) unsigned peek(unsigned x) { return x >> shift; }
unsigned twin$f(unsigned x) { return peek(x); }
EOC
done
cat >start.c <<'EOC'
unsigned twin1(unsigned), twin2(unsigned);
void _start(void) { for (;;) twin1(twin2(1)); }
EOC
for flags in "" -ffunction-sections "-ffunction-sections -fno-toplevel-reorder"; do
	what="twins $flags"
	cc "$flags -fno-optimize-sibling-calls" twin1.c twin2.c start.c
	lw "$what" -o twins twin1.o twin2.o start.o def.o
	adds_up "$what" twins
	same "$what: both are bound" 2 "$(get shift bound)"
	same "$what: at the two places of peek()" \
		"$(nm twins | awk '$3 == "peek" { print $1 }' | sort | xargs)" \
		"$(sites twins | awk -v s="$(address_of twins shift)" '
			$3 == s { print $2 }' | sort | xargs)"
done

# A section whose bytes are how a larger one begins.
cat >small.s <<'EOC'
	.section .text.small,"ax",@progbits
small:	movl	shift(%rip), %eax
	ret
EOC
cat >large.s <<'EOC'
	.section .text.large,"ax",@progbits
large:	movl	shift(%rip), %eax
	ret
	.globl	_start
_start:	movl	shift(%rip), %ecx
	jmp	_start
EOC
as -o small.o small.s
as -o large.o large.s
for order in "small.o large.o" "large.o small.o" "small.o small2.o large.o"; do
	cp small.o small2.o
	n=$(($(echo "$order" | wc -w) + 1))
	# shellcheck disable=SC2086
	lw "a prefix: $order" -o prefix $order def.o
	adds_up "a prefix: $order" prefix
	same "a prefix: $order: all are bound" $n "$(get shift bound)"
	same "a prefix: $order: nothing is dropped" 0 "$(get total dropped)"
	same "a prefix: $order: unexplained" 0 "$(line unexplained)"
done

# ---- archives ----------------------------------------------------------------

for f in pulled left; do
	cat >$f.c <<EOC
#include "conf.h"
static unsigned mine __attribute__((section(".data.mine"))) = 1;
RTS_VAR(mine);
void put_$f(unsigned x) { mine = x; }
unsigned $f(unsigned x) { return (x >> shift) + choose(x) + mine; }
EOC
done
# No global symbol: only --whole-archive takes such a member.
cat >statics.c <<'EOC'
#include "conf.h"
static unsigned only __attribute__((section(".data.only"))) = 1;
RTS_VAR(only);
static void set_only(unsigned x) { only = x; }
static unsigned hidden(unsigned x) { return (x >> shift) + only; }
static void *const table[] __attribute__((used, section(".data.table"))) = {
	hidden, set_only
};
EOC
cat >archive.c <<'EOC'
unsigned pulled(unsigned);
volatile unsigned sink;
void _start(void) { for (;;) sink = pulled(1); }
EOC
cc "" pulled.c left.c statics.c archive.c
ar rc ordinary.a left.o pulled.o statics.o
ar rcT thin.a left.o pulled.o statics.o
names="shift choose .data.mine .data.only"
# shellcheck disable=SC2086
for lib in ordinary.a thin.a; do
	lw "$lib" -o archive archive.o def.o $lib
	adds_up "$lib" archive
	same "$lib: unexplained" 0 "$(line unexplained)"
	has "$lib: a member that is not pulled in" \
		"^dropped $(by_readelf left.o $names) $lib\(left\.o\)$"
	has "$lib: a member that nothing can pull in" \
		"^dropped $(by_readelf statics.o $names) $lib\(statics\.o\)$"
	same "$lib: nothing else is dropped" 2 \
		"$(grep -c ^dropped "$report")"
	same "$lib: a static mark of a member that is not linked" 2 \
		"$(grep -cE '^mark (mine|only) var absent' "$report")"
	same "$lib: the one that is linked" \
		"mark mine var 0x$(address_of archive mine | sed 's/^0*//')" \
		"$(grep -o '^mark mine var 0x[0-9a-f]*' "$report")"
	lw "$lib whole" -o archive archive.o def.o --whole-archive $lib
	adds_up "$lib whole" archive
	same "$lib whole: nothing is dropped" 0 "$(get total dropped)"
	same "$lib whole: unexplained" 0 "$(line unexplained)"
	for mark in only shift; do
		same "$lib whole: $mark" $(($(by_readelf left.o $mark \
			.data.$mark) + $(by_readelf pulled.o $mark \
			.data.$mark) + $(by_readelf statics.o $mark \
			.data.$mark) + $(by_readelf def.o $mark))) \
			"$(get $mark references)"
	done
	same "$lib whole: only" "bound 1 kept 1" \
		"bound $(get only bound) kept $(get only kept)"
	lw "$lib whole -s" -o archive -s archive.o def.o --whole-archive $lib
	adds_up "$lib whole -s" archive
	same "$lib whole -s: nothing is dropped" 0 "$(get total dropped)"
done

#NEXT
done_testing
