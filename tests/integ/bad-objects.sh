# SPDX-License-Identifier: GPL-3.0-or-later
# Damaged inputs: each is named as unreadable, or refused by its diagnostic;
# nothing crashes; and where nothing is marked the real linker alone judges.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
program=$RTS_BUILDDIR/tests/unit/test_scan_dump
# bad-objects32.sh sets bits=32: the same for i386.
if [ "${bits:-64}" = 32 ]; then
	badobj=$RTS_BUILDDIR/tests/lib/badobj32
	m=-m32 emulation="-m elf_i386" rela=.rel
	other_header=64 other_symbol=24 other_rela=4 other_type=2 other_class=2
	many=0x10000000
else
	badobj=$RTS_BUILDDIR/tests/lib/badobj
	m='' emulation='' rela=.rela
	other_header=40 other_symbol=16 other_rela=9 other_type=10 other_class=1
	many=0x400000000000000
fi
need "$CC" ld ar "$program" "$badobj"
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

cat >good.c <<'EOF'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
static unsigned quiet;
RTS_VAR(quiet);
unsigned *pointer = &shift;
unsigned use(unsigned x) { return (x >> shift) + quiet; }
void _start(void) { quiet = use(quiet); for (;;) ; }
EOF
cat >plain.c <<'EOF'
extern unsigned shift;
unsigned plain(void) { return shift; }
EOF
# shellcheck disable=SC2086
check "compile the good inputs" "$CC" $m -O2 -fno-pie -I"$RTS_SRCDIR/include" \
	-c good.c plain.c

# unreadable WHAT EDIT... : an object with that damage is noted, not read
unreadable() {
	local what=$1
	shift
	"$badobj" good.o bad.o "$@" || { not_ok "$what" "badobj"; return; }
	check "$what: the scan goes on" "$scan" bad.o plain.o &&
		check "$what: noted" grep -q '^unreadable bad.o: .' "$dump"
	"$scan" bad.o plain.o >/dev/null
	check "$what: nothing of it is used" \
		sh -c '! grep -q "^object bad.o" "$1"' - "$dump"
}

unreadable "only the magic" cut=4
unreadable "half an ELF header" cut=40
unreadable "an ELF header alone" cut=64
unreadable "cut within .text" cut-at-section=.text
unreadable "the last section header cut" cut=-1
unreadable "e_shoff beyond the file" ehdr.e_shoff=0x10000000
unreadable "e_shoff that wraps around" ehdr.e_shoff=0xffffffffffffffc0
unreadable "e_shentsize of the other class" ehdr.e_shentsize=$other_header
unreadable "more sections than the file has" ehdr.e_shnum=0xfeff
unreadable "a huge number of sections in header 0" \
	wide shdr:0.sh_size=$many
unreadable "2^64-1 sections in header 0" wide shdr:0.sh_size=-1
unreadable "section names in a section that is not there" \
	ehdr.e_shstrndx=0xfe00
unreadable "section names by header 0, not there" wide shdr:0.sh_link=0x7fffffff
unreadable "section names in no string table" shdr:.shstrtab.sh_type=1
unreadable "a section name outside the table" shdr:.text.sh_name=0x7fffffff
unreadable "a section beyond the file" shdr:.text.sh_offset=0x7fffffff
unreadable "a section that wraps around" \
	shdr:.text.sh_offset=0xfffffffffffffff0 shdr:.text.sh_size=0x100
unreadable "a section larger than the file" shdr:.data.sh_size=0x7fffffff
unreadable "symbol table: wrong sh_link" shdr:.symtab.sh_link=9999
unreadable "symbol table: sh_link to code" shdr:.symtab.sh_link=1
unreadable "symbol table: wrong entry size" shdr:.symtab.sh_entsize=$other_symbol
unreadable "symbol table: size no multiple" shdr:.symtab.sh_size=25
unreadable "symbol table: more locals than symbols" \
	shdr:.symtab.sh_info=0x7fffffff
unreadable "two symbol tables" shdr:.comment.sh_type=2
unreadable "strings without an end" shdr:.strtab.sh_size=3
unreadable "relocations: wrong sh_link" shdr:$rela.text.sh_link=1
unreadable "relocations: wrong entry size" shdr:$rela.text.sh_entsize=16
unreadable "relocations: size no multiple" shdr:$rela.text.sh_size=25
unreadable "relocations of the other type" shdr:$rela.text.sh_type=$other_rela
unreadable "relocations of type SHT_CREL" shdr:$rela.text.sh_type=0x40000014
unreadable "wide section numbers that do not fit" shdr:.comment.sh_type=18

# Damage that shows only when relocations are read: what is sound is used.
"$badobj" good.o bad.o rela:$rela.text:0.r_sym=0xfffffff
check "a symbol index out of range" "$scan" bad.o
check "a symbol index out of range: noted" \
	grep -q "^unreadable bad.o: .*\\$rela\\.text" "$dump"
"$badobj" good.o bad.o rela:$rela.data:0.r_offset=0x7fffffff
check "a field outside its section" "$scan" bad.o
check "a field outside its section: noted" \
	grep -q '^unreadable bad.o: .*outside' "$dump"
"$badobj" good.o bad.o rela:$rela.text:0.r_offset=-2
"$scan" bad.o >/dev/null
check "a field that wraps around: noted" \
	grep -q '^unreadable bad.o: .*outside' "$dump"

# Valid, though it looks odd.
"$badobj" good.o wide.o wide
check "section numbers in header 0" "$scan" wide.o
check "section numbers in header 0: read" grep -q '^object wide.o$' "$dump"
"$scan" good.o | sed 's/good\.o/X/g' >want
"$scan" wide.o | sed 's/wide\.o/X/g' >have
check "section numbers in header 0: the same" diff -u want have
"$badobj" good.o odd.o sym:1.st_shndx=0xfe00 sym:2.st_shndx=0xff20
check "symbols in sections that are not there" "$scan" odd.o
"$badobj" good.o odd.o sym:1.st_name=0x7fffffff sym:2.st_name=-1 \
	sym:3.st_name=-1 sym:4.st_name=-1 sym:5.st_name=-1
check "symbols with names outside the table" "$scan" odd.o

# Records.
bad_record() {
	local what=$1
	shift
	"$badobj" good.o bad.o "$@" || { not_ok "$what" "badobj"; return; }
	check_fails 1 "$what: refused" "$scan" bad.o &&
		check "$what: [bad-record]" grep -qF '[bad-record]' "$dump"
	rm -f bad.a
	ar rc bad.a bad.o
	check "$what: but a member may have it" "$scan" plain.o bad.a
}
bad_record "a record of unknown kind" data:.rts.mark:24=9
bad_record "a variable that may be NULL" data:.rts.mark:25=1
bad_record "a record longer than its section" data:.rts.mark:29=0x7f
bad_record "a record of no length" data:.rts.mark:28=0
bad_record "a record of odd length" data:.rts.mark:28=33
bad_record "a record without a name" data:.rts.mark:32=0
bad_record "an address that no relocation fills" \
	rela:$rela.rts.mark:0.r_offset=16
bad_record "an address by another type" rela:$rela.rts.mark:0.r_type=$other_type
bad_record "an address of a symbol that is not there" \
	rela:$rela.rts.mark:0.r_sym=0xffffff
if [ "${bits:-64}" = 32 ]; then
	bad_record "an address of more than 32 bits" data:.rts.mark:4=1
fi
bad_record "a record cut short" shdr:.rts.mark.sh_size=48

# Archives.
rm -f good.a
ar rc good.a plain.o good.o
size=$(stat -c %s good.a)
last=$(stat -c %s good.o)
bad_archive() {
	local what=$1
	shift
	"$badobj" good.a bad.a "$@" || { not_ok "$what" "badobj"; return; }
	check "$what: the scan goes on" "$scan" plain.o bad.a
	check "$what: noted" grep -q '^unreadable bad.a[:(]' "$dump"
}
bad_archive "an archive cut in its last member" cut=-100
bad_archive "an archive cut in a header" cut=$((size - last - last % 2 - 20))
bad_archive "a member's size that is no number" \
	byte@$((size - last - last % 2 - 12))=0x78
bad_archive "a member's header without its end" \
	byte@$((size - last - last % 2 - 1))=0
bad_archive "an archive cut in the symbol index" cut=70
printf '!<arch>\n' >empty.a
check "an empty archive" "$scan" plain.o empty.a
ar rcT thin.a plain.o good.o
check "a thin archive" "$scan" thin.a
mv good.o away.o
check "a thin archive without its member" "$scan" thin.a
check "a thin archive without its member: noted" grep -q '^unreadable thin.a: ' \
	"$dump"
mv away.o good.o
# A name that points outside the table of long names.
cp good.o a_rather_long_name_for_a_member.o
rm -f long.a
ar rc long.a a_rather_long_name_for_a_member.o
offset=$(grep -abo '^/0  ' long.a | head -n 1 | cut -d: -f1)
"$badobj" long.a bad.a byte@$((offset + 1))=0x39 byte@$((offset + 2))=0x39
check "a long name outside the table" "$scan" bad.a
check "a long name outside the table: noted" grep -q '^unreadable bad.a: ' "$dump"
# An archive that is a member of itself, by the way of a thin one: once, and so
# often that to follow each would take for ever.  And nine deep.
header='%-16s%-32s%-10s`\n'
# shellcheck disable=SC2059
{
	printf '!<thin>\n'
	printf "$header" // '' 8
	printf 'loop.a/\n'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		printf "$header" /0 0 8
	done
} >loop.a
check "an archive that holds itself, twelve times" timeout 5 "$scan" plain.o loop.a
check "an archive that holds itself: read once" \
	sh -c '! grep -q "^unreadable" "$1"' - "$dump"
for i in 1 2 3 4 5 6 7 8 9 10; do
	# shellcheck disable=SC2059
	{
		printf '!<thin>\n'
		printf "$header" // '' 8
		printf 'nest%02d/\n' $((i + 1))
		printf "$header" /0 0 8
	} >"nest$(printf %02d "$i")"
done
check "archives nested too deeply" "$scan" plain.o nest01
check "archives nested too deeply: noted" grep -q '^unreadable nest10: .*deep' \
	"$dump"

# Other files.
: >zero.o
check "a file of no length" "$scan" zero.o plain.o
mkfifo pipe.o
check "a FIFO is not opened" timeout 5 "$scan" pipe.o plain.o
check "a FIFO is noted" grep -q '^unreadable pipe.o: ' "$dump"
mkdir dir.o
check "a directory" "$scan" dir.o plain.o
check "a missing file" "$scan" missing.o plain.o
printf 'INPUT(' >open.ld
check "a script that ends within INPUT(" "$scan" open.ld plain.o
printf 'INPUT(self.ld self.ld) GROUP(plain.o "open' >self.ld
check "a script that names itself" timeout 5 "$scan" self.ld
check "a script that names itself: read once" \
	test "$(grep -c '^object plain.o' "$dump")" = 1
printf '/* INPUT(plain.o)' >comment.ld
check "a comment without an end" "$scan" comment.ld
check "a comment without an end: is one" \
	sh -c '! grep -q plain.o "$1"' - "$dump"

# Other machines.
foreign() {
	"$badobj" good.o foreign.o "$@"
	check_fails 1 "$* with marks among objects of ours" "$scan" foreign.o \
		plain.o
	check "$*: [foreign-machine]" grep -qF '[foreign-machine]' "$dump"
	check "$* alone: a warning" "$scan" foreign.o
	check "$* alone: [unsupported-output]" \
		grep -qF '[unsupported-output]' "$dump"
	"$badobj" plain.o foreign.o "$@"
	check "$* without marks" "$scan" foreign.o plain.o
	check "$* without marks: not a word" \
		sh -c '! grep -q foreign "$1"' - "$dump"
}
foreign ehdr.e_machine=183
foreign byte@4=$other_class
foreign byte@5=2 byte@16=0 byte@17=1

# What GNU ld says of an unmarked link is all that is said.
"$badobj" plain.o bad.o shdr:.symtab.sh_link=9999
# shellcheck disable=SC2086
ld $emulation -o ld.out bad.o >ld.err 2>&1
want=$?
# shellcheck disable=SC2086
check_fails "$want" "an unmarked damaged input: the real linker's status" \
	"$LD_WRAP" $emulation -o lw.out bad.o
cp "$out" lw.err
check "an unmarked damaged input: its words" diff -u ld.err lw.err
done_testing
