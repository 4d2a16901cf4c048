#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linkers.sh - every linker gives the same sites, and programs that do the same
#
# A row is a program (how its objects were compiled, how it is linked) and
# words for the linker.  With each linker that knows these words the program is
# linked by ld-wrap, binds itself to six sets of contents, and must compute what
# it computes unbound; its sites must be those of GNU ld by symbol and offset,
# and its account must have the same numbers.  A linker that does not know the
# words must refuse them when it is called without us, too.
#
# Here a sample of the rows; with RTS_LONG=1 (make check-long) all of them.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/linkers.sh"
need clang clang++ readelf

# NAME | LINKERS | OBJECTS | GCC'S WORDS | LIKE
# LINKERS that know the words: all, -NAME... all but these, or just these;
# only NAME...: the others are not tried.
# LIKE: the row whose sites these must be, = for GNU ld's of this row itself,
# =icf: GNU ld's of that row for each name of what was folded.
sample() {
	cat <<'END'
no-pie|all|nopie|-no-pie|=
pic|all|pic|-pie|=
clang pie|all|cpie|-pie|=
static-pie|-ld.gold|pic|-static-pie|pic
gc-sections|all|pic|-pie -Wl,--gc-sections|=
icf=all|-ld.bfd|pic|-pie -Wl,--icf=all|icf pic
emit-relocs|all|nopie|-no-pie -Wl,--emit-relocs|no-pie
strip-all, gc-sections|all|pic|-pie -Wl,-s,--gc-sections|gc-sections
END
}
long() {
	cat <<'END'
pie|all|pie|-pie|=
pic, no-pie|all|pic|-no-pie|=
static|all|nopie|-static|no-pie
icf=all, no-pie|-ld.bfd|nopie|-no-pie -Wl,--icf=all|icf no-pie
icf=safe|-ld.bfd|cpie|-pie -Wl,--icf=safe|icf clang pie
emit-relocs, pic|all|pic|-pie -Wl,--emit-relocs|pic
strip-all|all|pie|-pie -Wl,-s|pie
call-nop|-ld.gold|pic|-pie -Wl,-z,call-nop=suffix-nop|pic
no-pie, gc-sections|all|nopie|-no-pie -Wl,--gc-sections|=
clang pic|all|cpic|-pie|=
clang static-pie|-ld.gold|cpie|-static-pie|clang pie
clang gc-sections|all|cpic|-pie -Wl,--gc-sections|=
icf=safe, gcc|-ld.bfd|nopie|-no-pie -Wl,--icf=safe|icf no-pie
icf=all, clang pic|-ld.bfd|cpic|-pie -Wl,--icf=all|icf clang pic
icf, no-pie, no-pic|-ld.bfd|pic|-no-pie -Wl,--icf=all|icf pic, no-pie
emit-relocs, no-pie|all|nopie|-no-pie -Wl,--emit-relocs|no-pie
emit-relocs, clang|all|cpic|-pie -Wl,-q|clang pic
emit-relocs, strip-debug|-mold|nopie|-no-pie -Wl,-q,-S|no-pie
strip-all, no-pie|all|nopie|-no-pie -Wl,--strip-all|no-pie
strip-debug|all|pic|-pie -Wl,--strip-debug|pic
S|all|nopie|-no-pie -Wl,-S|no-pie
x|all|pic|-pie -Wl,-x|pic
X|all|nopie|-no-pie -Wl,-X|no-pie
map|all|pie|-pie -Wl,-Map=out.map|pie
no-relax|only ld.bfd ld.lld-14 ld.lld-19|pic|-pie -Wl,--no-relax|=
no-relax that is ignored|only ld.gold mold|pic|-pie -Wl,--no-relax|pic
separate-code|-ld.gold|pie|-pie -Wl,-z,separate-code|pie
noseparate-code|-ld.gold|pie|-pie -Wl,-z,noseparate-code|pie
now|all|pic|-pie -Wl,-z,now|pic
lazy|all|pic|-pie -Wl,-z,lazy|pic
norelro|all|pic|-pie -Wl,-z,norelro|pic
N|-ld.bfd -ld.gold|nopie|-static -Wl,-N|no-pie
sort-section|all|nopie|-no-pie -Wl,--sort-section=name|no-pie
Ttext|all|nopie|-no-pie -Wl,-Ttext=0x600000|no-pie
start-stop-gc|-ld.gold|pic|-pie -Wl,-z,start-stop-gc,--gc-sections|gc-sections
threads|ld.lld-14 ld.lld-19 mold|pic|-pie -Wl,--threads=2|pic
no-threads|ld.gold mold|pic|-pie -Wl,--no-threads|pic
no-rosegment|-ld.bfd|pic|-pie -Wl,--no-rosegment|pic
export-dynamic|all|pic|-pie -Wl,-E|pic
Bsymbolic|all|pic|-pie -Wl,-Bsymbolic|pic
build-id|all|pic|-pie -Wl,--build-id=sha1|pic
hash-style|all|pic|-pie -Wl,--hash-style=both|pic
O2|all|pic|-pie -Wl,-O2|pic
no-eh-frame-hdr|all|pie|-pie -Wl,--no-eh-frame-hdr|pie
page size|all|pie|-pie -Wl,-z,max-page-size=0x200000|pie
section-start|all|nopie|-no-pie -Wl,--section-start=.rts.tab=0x900000|no-pie
END
}

programs() {
	check "compile: gcc, no-pie" compile_linked nopie gcc \
		"-fno-pie -ffunction-sections -fdata-sections"
	check "compile: gcc, pic" compile_linked pic gcc \
		"-fPIC -fno-plt -ffunction-sections -fdata-sections"
	check "compile: clang, pie" compile_linked cpie clang \
		"-fPIE -ffunction-sections"
	[ -n "${RTS_LONG:-}" ] || return
	check "compile: gcc, pie" compile_linked pie gcc \
		"-fPIE -ffunction-sections"
	check "compile: clang, pic" compile_linked cpic clang \
		"-fPIC -fno-plt -ffunction-sections -fdata-sections"
}

# Does the linker know the words of the row?
knows() {	# LINKER LINKERS
	case " $2 " in
	" all ") ;;
	" -"*) [[ " $2 " != *" -$1 "* ]] ;;
	*) [[ " $2 " == *" $1 "* ]] ;;
	esac
}

file() { echo "out/${1//[ ,]/_}"; }

# The file without symbols is laid out as the one with them.
same_sites() {	# OUTPUT LINKER LIKE
	local like=$3 symbols='' expand=''
	case $like in
	=) like=$name ;;
	"icf "*) expand=--aliases like=${like#icf } ;;
	esac
	# -x leaves out just the statics.
	{ readelf -SW "$1" | grep -q '\.symtab' && [ "$name" != x ]; } ||
		symbols=$(file "$like").$2
	# shellcheck disable=SC2086
	sites_of $expand "$1" $symbols >have || return
	# shellcheck disable=SC2086
	sites_of $expand "$(file "$like").${first:-ld.bfd}" >want || return
	[ -s want ] && diff -u want have
}

same_account() {	# OUTPUT LIKE
	local like=$2
	case $like in
	=) like=$name ;;
	"icf "*) return ;;	# folded functions are dropped
	esac
	account_of "$(file "$like").ld.bfd.report" >want
	account_of "$1.report" >have
	[ -s want ] && grep -qx 'unexplained 0' "$1.report" &&
		diff -u want have
}

# Nothing is twice in the table, and the classes add up.
sound() {	# OUTPUT
	local twice
	"$RTS_DUMP" --check "$1" || return
	twice=$(readelf -rW "$1" | awk '/rts\.rela/ { on = 1 }
		on && /^[0-9a-f]{8}/ { print $1 }' | sort | uniq -d)
	[ -z "$twice" ] || { echo "twice: $twice"; return 1; }
	awk '$1 == "total" { exit $3 != $5 + $7 + $9 + $11 + $13 }' "$1.report"
}

runs() {	# OUTPUT
	"$1" >"$1.out" 2>"$1.err" || { cat "$1.out" "$1.err"; return 1; }
	grep -q '^bound [1-9]' "$1.err" || { cat "$1.err"; return 1; }
	diff -u sums "$1.out"
}

row() {	# NAME LINKERS OBJECTS WORDS LIKE
	local name=$1 who=$2 objects=$3 words=$4 like=$5 linker output
	for linker in $linkers; do
		output=$(file "$name").$linker
		# shellcheck disable=SC2086
		if ! knows "$linker" "$who"; then
			[[ $who != only* ]] || continue
			check_fails any "$name, $linker: does not know it" \
				link_plain "$linker" "$output" "$objects" $words
			continue
		fi
		# shellcheck disable=SC2086
		check "$name, $linker: links" link_linked "$linker" \
			"$output" "$objects" $words || continue
		check "$name, $linker: runs bound as unbound" runs "$output"
		check "$name, $linker: the table is sound" sound "$output"
		check "$name, $linker: the sites" same_sites "$output" \
			"$linker" "$like"
		check "$name, $linker: the account" same_account "$output" \
			"$like"
	done
}

# ---- the demonstration of a process ------------------------------------------

# It switches over too, watches its memory map, and dumps what was bound.
demo() {
	local src=$RTS_SRCDIR/tests/process file
	mkdir demo
	for file in demo work selftest; do
		gcc -std=gnu11 -O2 -fPIE -I"$RTS_SRCDIR/include" \
			-I"$RTS_SRCDIR/rtld" -c -o "demo/$file.o" \
			"$src/$file.c" || return
	done
	gcc -std=gnu11 -Os -fPIC -I"$RTS_SRCDIR/include" -c \
		-o demo/rtld-dump.o "$RTS_SRCDIR/rtld/dump.c"
	cp pic/rtld-*.o demo
}

link_demo() {	# LINKER OUTPUT
	LD_WRAP_LD=$(command -v "$1") gcc -B"$PWD/bin/" -pie -o "$2" \
		demo/*.o -Wl,--rts-report="$2.report"
}

demos() {
	local linker name
	check "demo: compiles" demo
	for linker in $linkers; do
		name=demo.$linker
		check "demo, $linker: links" link_demo "$linker" "$name" ||
			continue
		check "demo, $linker: bound and unbound" "./$name"
		cp "$out" "$name.log"
		check "demo, $linker: rts-dump proves the dump" "$RTS_DUMP" \
			--check-log "$name" "$name.log"
		sites_of demo.ld.bfd >want
		sites_of "$name" >have
		check "demo, $linker: the sites" diff -u want have
	done
}

mkdir out
programs
check "plain: links" link_plain ld.bfd plain nopie -no-pie
./plain >sums 2>/dev/null
check "plain: computes something" test "$(sort -u sums | wc -l)" = 7
{
	sample
	[ -z "${RTS_LONG:-}" ] || long
} >rows
while IFS='|' read -r name who objects words like; do
	row "$name" "$who" "$objects" "$words" "$like"
done <rows
demos
done_testing
