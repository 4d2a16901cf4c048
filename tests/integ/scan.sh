# SPDX-License-Identifier: GPL-3.0-or-later
# The scan: every input that a linker takes is read; marks are found, folded
# and resolved; references are those that readelf sees.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
program=$RTS_BUILDDIR/tests/unit/test_scan_dump
need "$CC" clang ld ar as readelf awk "$program"
# Each check overwrites $out; what the last scan printed stays in $dump.
dump=$PWD/.dump
scan=$PWD/.scan
cat >"$scan" <<EOF
#!/bin/sh
"$program" "\$@" >"$dump" 2>&1
status=\$?
cat "$dump"
exit \$status
EOF
chmod +x "$scan"
inc=-I$RTS_SRCDIR/include

cat >conf.h <<'EOF'
#include "rtstatic.h"
struct ops { void (*first)(void); int (*second)(int); };
extern struct ops ops;
RTS_OPS(ops);
extern unsigned shift;
RTS_VAR(shift);
RTS_DECLARE_FUNC(int, choose, (int));
EOF
cat >def.c <<'EOF'
#include "conf.h"
static int plus(int x) { return x + 1; }
static void nothing(void) { }
unsigned shift = 3;
struct ops ops = { nothing, plus };
RTS_DEFINE_FUNC(choose, plus);
extern unsigned shift_alias __attribute__((alias("shift")));
unsigned *shift_pointer = &shift;
EOF
cat >use.c <<'EOF'
#include "conf.h"
extern unsigned shift_alias;
unsigned use1(unsigned x) { return (x >> shift) + choose(2); }
int use2(int x) { ops.first(); return ops.second(x) + shift_alias; }
int use3(int x) { return choose(x); }
EOF
cat >local.c <<'EOF'
#include "rtstatic.h"
static unsigned long before[4], limit, flags[8], after[4];
RTS_VAR(limit);
RTS_VAR(flags);
unsigned long get(void) { return limit; }
void set(unsigned long x) { limit = x; before[0] = x; after[0] = x; }
void big(void) { limit = 100000; before[3] = 70000; after[0] = 80000; }
unsigned long mid(void) { return flags[3]; }
unsigned long all(void) { return before[1] + after[1]; }
unsigned long *address = &flags[1];
EOF
cat >main.c <<'EOF'
unsigned use1(unsigned); int use2(int), use3(int);
int main(void) { return use1(1) + use2(2) + use3(3); }
EOF

# How many relocations of loaded sections name one of these symbols, by
# readelf: the first column of its symbol names.
by_readelf() {	# file symbol...
	local file=$1
	shift
	readelf -rW "$file" | awk -v names=" $* " '
		/^Relocation section/ {
			on = $3 !~ /debug|rts\.mark|comment/ }
		on && $3 ~ /^R_X86_64_/ && index(names, " " $5 " ") { n++ }
		END { print n + 0 }'
}
references() {	# of mark $1 in the last dump, matching the rest
	awk -v mark="$1" -v rest="${2:-}" '
		$1 == "reference" && $7 == mark && $0 ~ rest { n++ }
		END { print n + 0 }' "$dump"
}
same() {	# WHAT WANT HAVE
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "want $2, have $3"
		sed 's/^/# /' "$dump"
	fi
}
marks() { grep -c '^mark ' "$dump"; }

for cc in gcc clang; do
	for flags in -fno-pie -fPIE "-fPIE -mcmodel=large" \
	    "-O0 -fno-pie" \
	    "-Os -fPIC -fcf-protection -ffunction-sections -fdata-sections" \
	    "-fno-pie -mcmodel=kernel -mno-red-zone"; do
		dir=$cc-$(echo "$flags" | tr -cd 'a-zA-Z0-9=')
		mkdir "$dir"
		what="$cc $flags"
		for f in def use local main; do
			# shellcheck disable=SC2086
			$cc -O2 $flags $inc -c $f.c -o "$dir/$f.o" ||
				not_ok "$what: compile $f.c"
		done
		check "$what: scan" "$scan" "$dir"/def.o "$dir"/use.o \
			"$dir"/main.o "$dir"/local.o
		same "$what: marks fold" 5 "$(marks)"
		want=$(($(by_readelf "$dir/def.o" shift shift_alias) + \
			$(by_readelf "$dir/use.o" shift shift_alias)))
		same "$what: a variable and its alias" "$want" \
			"$(references shift)"
		want=$(($(by_readelf "$dir/def.o" ops) + \
			$(by_readelf "$dir/use.o" ops)))
		same "$what: an ops table" "$want" "$(references ops)"
		want=$(($(by_readelf "$dir/def.o" choose) + \
			$(by_readelf "$dir/use.o" choose)))
		same "$what: a stub" "$want" "$(references choose ' stub')"
		check "$what: the stub's own jump" grep -q \
			'rts.stub.choose 0x[0-9a-f]* 2 -4 choose 0 code$' "$dump"
	done
done

# What is local is reached through its section: the assembler is the oracle.
# Every use here ends in the same value, which no other field has.
cat >place.s <<'EOF'
	.text
	.globl	_start
_start:	movl	x(%rip), %eax		# 0: certain: 8 bytes follow
	movq	x(%rip), %rax		# 0
	movl	x+4(%rip), %eax		# 4: at the edge
	cmpl	$100000, x(%rip)	# -4 as it stands, or the object before
	cmpb	$1, x(%rip)		# -1
	cmpw	$1, x(%rip)		# -1, imm8
	movw	$1000, x(%rip)		# -2
	movl	before(%rip), %eax	# may be movl $imm32, x
	movl	far(%rip), %eax		# not ours
	movl	x, %eax			# absolute: certain
	movq	$x, %rax		# absolute: certain
	leaq	x(%rip), %rax
	movl	behind(%rip), %eax	# not ours: nothing precedes the field
	.data
	.quad	x, x+4, x+8, behind
	.long	x - .
far:	.fill	64
	.balign	8
	.fill	4
before:	.fill	4
x:	.fill	8
	.type	x, @object
	.size	x, 8
behind:	.fill	8
	.section .rts.mark,"R",@progbits
990:	.quad	x, 0, 0
	.long	1, 991f-990b
	.asciz	"x"
	.balign	8
991:
EOF
check "assemble" as -o place.o place.s
check "places: scan" "$scan" place.o
same "places: size from the symbol" "mark x VAR 8 -" \
	"$(grep -o '^mark x VAR 8 -' "$dump")"
awk '$1 == "reference" { print $3, $8, $NF }' "$dump" >have
cat >want <<'EOF'
.text 0 code
.text 0 code
.text 4 tentative
.text -4 tentative
.text -1 tentative
.text -1 tentative
.text -2 tentative
.text -4 tentative
.text 0 code
.text 0 code
.text 0 code
.data 0 0
.data 4 4
EOF
check "places: the offsets, and what is certain" diff -u want have

# Static objects: nothing of the neighbours is certain, everything that is
# certain is the object's.
for cc in gcc clang; do
	check "$cc: static objects" "$scan" $cc-fPIE/local.o
	same "$cc: they are local" 2 "$(grep -c '^mark .* local' "$dump")"
	check "$cc: a pointer into one" grep -q \
		' 1 [0-9]* flags 8$' "$dump"
	check "$cc: an element of one" grep -q ' flags 24 code$' "$dump"
done

# Kinds of input, all with one object's worth of references.
O=gcc-fPIE
check "objects" "$scan" $O/def.o $O/use.o
grep -v '^object\|^table' "$dump" | sed 's/^\(reference\) [^ ]* /\1 /; s/[^ ]*o)*+\./+./g' >plain
as_plain() {	# WHAT ARGUMENTS...
	local what=$1
	shift
	check "$what" "$scan" "$@"
	grep -v '^object\|^table' "$dump" |
		sed 's/^\(reference\) [^ ]* /\1 /; s/[^ ]*o)*+\./+./g' >have
	check "$what: the same marks and references" diff -u plain have
}
mkdir lib
ar rc lib/libordinary.a $O/def.o $O/use.o
as_plain "an archive" lib/libordinary.a
as_plain "an archive, twice" lib/libordinary.a lib/libordinary.a
as_plain "an archive by -l" -Llib -lordinary
as_plain "an archive by -l:" -Llib -l:libordinary.a
as_plain "an archive in a group" --start-group lib/libordinary.a --end-group
cp $O/def.o a_name_that_is_too_long_for_a_header_def.o
cp $O/use.o a_name_that_is_too_long_for_a_header_use.o
ar rc long.a a_name_that_is_too_long_for_a_header_*.o
as_plain "long member names" long.a
check "long member names: whole" "$scan" long.a
check "long member names: whole" grep -qF \
	'object long.a(a_name_that_is_too_long_for_a_header_use.o) member' "$dump"
ar rcT lib/thin.a $O/def.o $O/use.o
as_plain "a thin archive" lib/thin.a
cd lib || exit 99
check "a thin archive from its directory" "$scan" thin.a
same "a thin archive from its directory" "$(grep -c ^reference ../plain)" \
	"$(grep -c ^reference "$dump")"
cd .. || exit 99
ar rc inner.a $O/def.o
ar rcT outer.a inner.a $O/use.o
as_plain "an archive in a thin one" outer.a
check "the members of an archive in a thin one" "$scan" outer.a
check "the members of an archive in a thin one" \
	grep -q '^object outer.a(def.o) member' "$dump"
ar rcT middle.a $O/def.o
ar rcT outer2.a middle.a $O/use.o
as_plain "a thin archive in a thin one" outer2.a
printf '!<arch>\n' >bsd.a
for f in def use; do
	pad=$(printf '%s.o' $f)
	size=$(($(stat -c %s $O/$f.o) + 8))
	printf '%-16s%-12s%-6s%-6s%-8s%-10s`\n%s\0\0\0' '#1/8' 0 0 0 644 \
		"$size" "$pad" >>bsd.a
	cat $O/$f.o >>bsd.a
	[ $((size % 2)) = 0 ] || printf '\n' >>bsd.a
done
as_plain "BSD member names" bsd.a
check "BSD member names" "$scan" bsd.a
check "BSD member names: whole" grep -q '^object bsd.a(use.o) member' "$dump"
printf '/* a GNU ld script */\nINPUT(%s/def.o, "%s/use.o")\n' $O $O >in.ld
as_plain "a script" in.ld
printf '# a script\nGROUP ( -lordinary AS_NEEDED ( libc.so.6 ) )\n' \
	>lib/libscript.so
as_plain "a script as a library" -Llib -lscript
printf 'INPUT(def.o use.o)\n' >$O/beside.ld
as_plain "a script that names its neighbours" $O/beside.ld
printf 'INCLUDE in.ld\n' >include.ld
as_plain "a script that includes one" include.ld
printf 'SECTIONS { .text : { INPUT(none.o) } }\nINPUT(in.ld)' >sections.ld
as_plain "a script with sections" sections.ld
printf '%s/def.o\n@second.rsp\n' $O >first.rsp
printf '"%s/use.o"\n' $O >second.rsp
as_plain "@files" @first.rsp
check "ld -r of them" ld -r -o merged.o $O/def.o $O/use.o
check "an ld -r output" "$scan" merged.o
same "an ld -r output: marks" 3 "$(marks)"
same "an ld -r output: references" "$(grep -c '^reference' plain)" \
	"$(grep -c '^reference' "$dump")"

# Options.
one_mark() {	# WHAT REGEX ARGUMENTS...
	local what=$1 regex=$2
	shift 2
	check "$what" "$scan" "$@"
	check "$what: $regex" grep -Eq "^mark $regex" "$dump"
}
refused() {	# NAME ARGUMENTS...
	local name=$1
	shift
	check_fails 1 "[$name] $*" "$scan" "$@"
	check "[$name] $*: says so" grep -qF "[$name]" "$dump"
}
cat >opt.c <<'EOF'
int counter = 4;
int block;
static int hidden = 3;
int *expose(void) { counter++; block++; return &hidden; }
void plain(int x) { hidden = x; }
EOF
cat >opt2.c <<'EOF'
extern int counter;
static int hidden = 5, alone;
int *expose2(void) { alone++; return &hidden; }
void plain(int);
int call(void) { plain(counter); return alone; }
EOF
cat >stub.s <<'EOF'
	.globl	stub, bare, absolute
stub:	endbr64
	jmp	*slot(%rip)
	.type	stub, @function
bare:	jmp	*slot2(%rip)
absolute: jmp	*slot
got:	jmp	*slot@GOTPCREL(%rip)
	.globl	got
	.data
slot:	.quad	0
	.globl	slot2
slot2:	.quad	0
nosize:	.quad	0
	.globl	nosize
EOF
gcc -O2 -fno-pie -fcommon -c opt.c opt2.c && as -o stub.o stub.s
one_mark "a global by option" 'counter VAR 4 counter opt.o.* option' \
	opt.o opt2.o --rts-var=counter
same "a global by option: uses" 2 "$(references counter ' code$')"
one_mark "a common block" 'block VAR 4 block opt.o\+COMMON option' \
	opt.o --rts-var=block
one_mark "the one local of a name" 'alone VAR 4 - opt2.o.* option local' \
	opt.o opt2.o --rts-var=alone
one_mark "FILE:SYM" 'hidden VAR 4 - opt2.o.* local' \
	opt.o opt2.o --rts-var=opt2.o:hidden
one_mark "SOURCE:SYM" 'hidden VAR 4 - opt.o.* local' \
	opt.o opt2.o --rts-var=opt.c:hidden
rm -f opt.a
ar rc opt.a opt.o opt2.o
one_mark "MEMBER:SYM" 'hidden VAR 4 - opt.a\(opt2.o\).* local' \
	opt.a --rts-var=opt2.o:hidden
one_mark "ARCHIVE(MEMBER):SYM" 'hidden VAR 4 - opt.a\(opt.o\).* local' \
	opt.a "--rts-var=opt.a(opt.o):hidden"
one_mark "a stub by option" 'stub FUNC 8 - stub.o.* option.* stub stub.o' \
	stub.o --rts-func=stub
one_mark "a stub without endbr64" 'bare FUNC 8 slot2 stub.o.* stub stub.o' \
	stub.o --rts-func=bare
one_mark "a stub with an absolute address" 'absolute FUNC 8 - .* stub stub.o' \
	stub.o --rts-func=absolute
printf '\t.globl last\nlast: jmp *slot(%%rip)\n\t.data\nslot: .quad 0\n' |
	as -o last.o -
one_mark "a stub that ends its section" 'last FUNC 8 - last.o.* stub last.o' \
	last.o --rts-func=last
one_mark "a jump through the GOT is no stub" 'got FUNC 8 got .* redirect' \
	stub.o --rts-func=got
one_mark "an ordinary function" 'plain FUNC 8 plain opt.o.* redirect' \
	opt.o opt2.o --rts-func=plain
check "an ordinary function: its caller" grep -q \
	'^reference opt2.o .* 4 -4 plain 0 code stub$' "$dump"
refused ambiguous-mark opt.o opt2.o --rts-var=hidden
check "[ambiguous-mark] names both" grep -q 'opt.o.*opt2.o' "$dump"
refused undefined-mark opt.o --rts-var=nowhere
refused undefined-mark opt.o --rts-var=opt.o:nowhere
refused undefined-mark opt.o --rts-var=plain
refused undefined-mark opt.o --rts-func=counter
refused unknown-size stub.o --rts-var=nosize
cat >only.c <<'EOF'
static __attribute__((noinline)) int only(int x) { __asm__(""); return x; }
int some(int x) { return only(x) + 1; }
EOF
gcc -O2 -c only.c
refused redirect-same-object only.o --rts-func=only
gcc -shared -fPIC -o libdso.so opt.c
refused mark-in-dso opt2.o libdso.so --rts-var=counter
refused conflicting-mark $O/def.o --rts-ops=shift
refused conflicting-mark opt.o --rts-var=counter --rts-ops=counter
cat >other.c <<'EOF'
#include "rtstatic.h"
extern unsigned char shift;
RTS_VAR(shift);
EOF
gcc $inc -c other.c
refused conflicting-mark $O/def.o other.o
check "[conflicting-mark] names both places" grep -q \
	'other.o:(.rts.mark.*def.o:(.rts.mark' "$dump"
rm -f other.a
ar rc other.a other.o
# A function that may be NULL, to one of two.
cat >null.h <<'EOF'
#include "rtstatic.h"
RTS_DECLARE_FUNC(void, perhaps, (void));
EOF
cat >null.c <<'EOF'
#include "null.h"
RTS_DEFINE_FUNC_NULLABLE(perhaps);
EOF
printf '#include "null.h"\nRTS_FUNC_NULLABLE(perhaps, rts_slot_perhaps);\n' \
	>null2.c
printf '#include "null.h"\nRTS_FUNC(perhaps, rts_slot_perhaps);\n' >null3.c
gcc $inc -c null.c null2.c null3.c
one_mark "a function that may be NULL, twice" 'perhaps FUNC 8' null.o null2.o
refused conflicting-mark null.o null3.o
refused conflicting-mark null3.o null.o
one_mark "an option of a stub that has a record" 'perhaps FUNC 8' null.o \
	--rts-func=perhaps
check "a conflict with a member is the image's to settle" "$scan" $O/def.o \
	other.a
export LD_WRAP_FLAGS="--rts-var=nowhere --rts-var=hidden --rts-var=counter"
one_mark "options of the environment" 'counter VAR' opt.o opt2.o
same "options of the environment: the others do not apply" 1 "$(marks)"
unset LD_WRAP_FLAGS

# Definitions: which one counts.
echo 'int twice __attribute__((weak)) = 1; int w(void) { return twice; }' >weak.c
echo 'long twice = 2; long s(void) { return twice; }' >strong.c
gcc -O2 -c weak.c strong.c
one_mark "strong before weak" 'twice VAR 8 twice strong.o' \
	weak.o strong.o --rts-var=twice
same "strong before weak: the weak one's uses are by name" 2 \
	"$(references twice)"
rm -f strong.a
ar rc strong.a strong.o
one_mark "an object before a member" 'twice VAR 4 twice weak.o' \
	strong.a weak.o --rts-var=twice

# LTO and bitcode: the code is not there.
gcc -O2 -flto $inc -c use.c -o lto.o
check "slim LTO" "$scan" lto.o
check "slim LTO: noted" grep -q '^object lto.o lto' "$dump"
gcc -O2 -flto -ffat-lto-objects $inc -c use.c -o fat.o
check "fat LTO" "$scan" fat.o
check "fat LTO: its code is there" grep -q '^object fat.o$' "$dump"
clang -O2 -flto $inc -c use.c -o bitcode.o
check "bitcode" "$scan" bitcode.o
check "bitcode: noted" grep -q '^object bitcode.o lto' "$dump"

# More sections than e_shnum can say, and wide section numbers of symbols.
awk 'BEGIN {
	for (i = 0; i < 65300; i++)
		printf "\t.section .s%d,\"a\"\n\t.byte 0\n", i
	print "\t.section .last,\"aw\"\n\t.globl many\nmany:\t.quad many"
	print "\t.type many,@object\n\t.size many,8"
	print "\t.text\n\tmovq many(%rip),%rax"
}' >many.s
check "assemble 65,300 sections" as -o many.o many.s
one_mark "65,300 sections" 'many VAR 8 many many.o\+.last:0' many.o \
	--rts-var=many
same "65,300 sections: uses" 2 "$(references many)"

# rts.o: what it brings does not take anything away.
cat >start.c <<'EOF'
unsigned shift = 3;
void twist(void) { shift = 1; }
EOF
cat >start2.c <<'EOF'
extern unsigned shift; void twist(void);
void _start(void) {
	twist();
	__asm__ volatile("movl $60,%%eax\n\tsyscall" : : "D"(shift & 0));
	__builtin_unreachable();
}
EOF
gcc -O2 -fno-pie -fcf-protection -c start.c start2.c
for f in 1 2; do
	check "rts.o, $f" "$scan" -o rts$f.o start.o start2.o \
		--rts-var=shift --rts-func=twist
done
check "rts.o: the same bytes again" cmp rts1.o rts2.o
for ld in bfd gold lld mold; do
	need ld.$ld
	check "ld.$ld" ld.$ld -o bare start.o start2.o
	check "ld.$ld with rts.o" ld.$ld -o with start.o start2.o rts1.o
	check "ld.$ld: runs" ./with
	readelf -lW bare | grep -o 'GNU_STACK.*' >want
	readelf -lW with | grep -o 'GNU_STACK.*' >have
	check "ld.$ld: the stack's permissions" diff want have
	readelf -nW with >"$dump"
	check "ld.$ld: IBT and SHSTK" grep -q 'IBT, SHSTK' "$dump"
	check "ld.$ld: --gc-sections" ld.$ld --gc-sections -o with start.o \
		start2.o rts1.o
	readelf -SW with >"$dump"
	check "ld.$ld: --gc-sections keeps the table" \
		grep -q ' \.rts\.tab ' "$dump"
	check "ld.$ld: --gc-sections keeps the records" \
		grep -q ' \.rts\.mark ' "$dump"
done
done_testing
