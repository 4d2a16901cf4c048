# SPDX-License-Identifier: GPL-3.0-or-later
# account.sh - sourced behind tap.sh: the account of a link, and its oracles
#
# The report of ld-wrap is held against what readelf counts in the inputs, and
# what objdump and nm see in the linked image.
need gcc g++ clang clang++ python3 ld ar as readelf objdump nm cmp awk
mkdir bin
ln -s "$LD_WRAP" bin/ld
report=$PWD/.report
# With bits=32 set before, all of this is about i386.
bits=${bits:-64}
digits=$((bits / 4))
m=
emulation=
if [ "$bits" = 32 ]; then
	m=-m32
	emulation="-m elf_i386"
fi
echo "the old output" >old
inc="-I$RTS_SRCDIR/include -fno-stack-protector"

# ---- oracles -------------------------------------------------------------

# The relocations of a file's loaded sections, one a line:
#	SECTION OFFSET TYPE SYMBOL ADDEND
relocations() {
	readelf -rW "$1" | awk '
		/^Relocation section/ {
			section = substr($3, 7, length($3) - 7)
			if ($3 ~ /^.\.rel\./)
				section = substr($3, 6, length($3) - 6)
		}
		section !~ /debug|^\.rts|comment|eh_frame/ &&
		$3 ~ /^R_(X86|386)/ {
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
	} | awk -v digits="$digits" '
		NF == 3 && length($1) == digits && $2 ~ /^[bdBD]$/ {
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
			while (length(place) < digits)
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
	readelf -rW "$1" | awk -v digits="$digits" '
		/^Relocation section/ { on = /\.rts\.rela/; next }
		on && $1 ~ /^[0-9a-f]+$/ {
			slot = sprintf("%" digits "s", $NF)
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
cat >adds.awk <<'EOC'
function is(what, have, want) {
	if (have + 0 != want + 0) {
		print what ": " have + 0 " instead of " want + 0
		bad = 1
	}
}
function close_mark(c) {
	if (name == "")
		return
	is(name " tags", tags, sites)
	if (sites < class["bound"])
		is(name " sites", sites, class["bound"])
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
/^ sites/ { sites = $2; all_sites += sites }
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
$1 == "table" { is("sites", $NF, all_sites) }
END {
	is("totals", totals, 1)
	is("dropped", dropped, total["dropped"])
	if (!marks) {
		print "no mark"
		bad = 1
	}
	exit bad
}
EOC
adds_up() {	# WHAT FILE
	check "$1: the classes add up" awk -f adds.awk "$report"
	same "$1: .rts.rela lists the sites" \
		"$(awk '$1 == "table" { print $NF }' "$report")" \
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
said() {	# WHAT REGEX: by the last command
	cp "$out" .said
	check "$1" grep -Eq -- "$2" .said
}
has() {	# WHAT REGEX: in the report
	check "$1" grep -Eq -- "$2" "$report"
}
lw() {	# WHAT ARGUMENTS...: a link by ld-wrap itself
	local what=$1
	shift
	rm -f "$report"
	# shellcheck disable=SC2086
	check "$what: links" "$LD_WRAP" $emulation --rts-report="$report" "$@"
}
# Marked objects that most of what follows uses.
cc() {	# FLAGS FILE...: compile each
	local flags=$1 f
	shift
	for f; do
		# shellcheck disable=SC2086
		gcc $m -O2 -fno-pie -fno-asynchronous-unwind-tables $inc $flags \
			-c "$f" -o "${f%.*}.o" || not_ok "compile $f"
	done
}

# ---- sources that several tests use ------------------------------------------

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
for f in 1 2; do
	cat >twin$f.c <<EOC
#include "conf.h"
static __attribute__((noinline)) unsigned peek(unsigned x) { return x >> shift; }
unsigned twin$f(unsigned x) { return peek(x); }
EOC
done
