# SPDX-License-Identifier: GPL-3.0-or-later
# --build-id is true of the bytes that come out, also of those that ld-wrap
# wrote, with each linker and each style.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld ld.bfd ld.gold ld.lld-14 ld.lld-19 mold python3
id() { python3 "$RTS_SRCDIR/tests/lib/build_id.py" "$@"; }

cat >marked.c <<'END'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
unsigned other = 4;
unsigned get(unsigned x) { return x >> shift; }
unsigned got(unsigned x) { return x >> other; }
void _start(void) { for (;;) got(get(7)); }
END
cat >plain.c <<'END'
int text[100] = { 1 };
void _start(void) { for (;;) text[1]++; }
END
for f in marked plain; do
	for m in 64 32; do
		"$CC" -m$m -O2 -g -fno-pic -fno-stack-protector \
			-I"$RTS_SRCDIR/include" -c $f.c -o $f$m.o || exit 99
	done
done

# is WHAT KIND LENGTH "KIND ID": the id is such a digest, of such a length.
is() {
	case $4 in
	"$2 "*)
		if [ ${#4} = $((${#2} + 1 + 2 * $3)) ]; then
			ok "$1"
			return
		fi ;;
	esac
	not_ok "$1" "want $2 of $3 bytes, have $4"
}

# ---- the judge is right: what GNU ld and gold write themselves
declare -A bits=([elf_x86_64]=64 [elf_i386]=32)
while read -r m style length extra; do
	# shellcheck disable=SC2086	# words
	ld.bfd -m $m $extra --build-id="$style" \
		plain${bits[$m]}.o -o plain || not_ok "ld $extra"
	is "GNU ld's own id: -m $m $style $extra" gnu "$length" "$(id plain)"
done <<'END'
elf_x86_64 sha1 20
elf_x86_64 md5 16 -q
elf_x86_64 md5 16 -s
elf_x86_64 sha1 20 -shared
elf_i386 sha1 20
elf_i386 md5 16 -q
elf_i386 sha1 20 -shared
END
ld.gold --build-id=sha1 plain64.o -o plain
is "gold's own id" whole 20 "$(id plain)"

# ---- ours
# try LINKER "STYLE LENGTH" KIND [word]...
try() {
	local linker=$1 style=${2% *} length=${2#* } kind=$3 what
	shift 3
	what="$linker --build-id${style:+=$style} $*"
	if ! check "$what: links" "$LD_WRAP" --rts-ld="$(command -v "$linker")" \
		--build-id${style:+="$style"} "$@" -o one; then
		return
	fi
	# $other is one more mark: the same code, another table.
	"$LD_WRAP" --rts-ld="$(command -v "$linker")" --rts-var=other \
		--build-id${style:+="$style"} "$@" -o two
	{ read -r one; read -r two; } < <(id one two)
	is "$what: is true" "$kind" "$length" "$one"
	is "$what: and with another mark" "$kind" "$length" "$two"
	check "$what: other bytes, another id" test "$one" != "$two"
}
for style in " 20" "sha1 20" "md5 16"; do
	try ld.bfd "$style" gnu marked64.o
	for linker in ld.gold ld.lld-14 ld.lld-19 mold; do
		length=$style
		case $linker$style in
		# "fast": 8 bytes in lld 14; lld 19 says sha1 instead
		"ld.lld-14 "*) length=" 8" ;;
		esac
		try $linker "$length" whole marked64.o
	done
done
for extra in -s -q; do
	try ld.bfd "sha1 20" gnu marked64.o $extra
done
try ld.bfd "sha1 20" gnu -m elf_i386 marked32.o
try ld.lld-14 "fast 8" whole marked64.o
try ld.lld-19 "fast 8" whole marked64.o
try ld.gold "tree 20" whole marked64.o
try mold "sha256 32" whole marked64.o

# ---- what is no digest stays
for linker in ld.bfd ld.gold ld.lld-14 ld.lld-19 mold; do
	check "$linker --build-id=0xabcdef12: links" "$LD_WRAP" \
		--rts-ld="$(command -v $linker)" --build-id=0xabcdef12 \
		marked64.o -o hex
	check "$linker --build-id=0xabcdef12: is that" \
		test "$(id hex)" = "other abcdef12"
	check "$linker --build-id=uuid: links" "$LD_WRAP" \
		--rts-ld="$(command -v $linker)" --build-id=uuid \
		marked64.o -o uuid
	is "$linker --build-id=uuid: no digest" other 16 "$(id uuid)"
	"$LD_WRAP" --rts-ld="$(command -v $linker)" --build-id=md5 \
		--build-id=none marked64.o -o none
	check "$linker --build-id=none: there is none" \
		test "$(id none)" = none
done
# A note of an input is not ours to change.
printf '%s\n' '.section .note.mine, "a", @note' \
	'.long 4, 8, 3' '.asciz "GNU"' '.quad 0x1122334455667788' >note.s
"$CC" -c note.s -o note.o
check "a note of an input: links" "$LD_WRAP" marked64.o note.o -o note
check "a note of an input: stays" test "$(id note)" = "other 8877665544332211"
done_testing
