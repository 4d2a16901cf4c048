# SPDX-License-Identifier: GPL-3.0-or-later
# dumped.sh - sourced behind tap.sh: the program of dumped.c, several ways
#
#	compile_dumped no-pie|pie			its objects
#	link_dumped OUTPUT no-pie|pie [option...]	with ld-wrap
#	plain_dumped OUTPUT no-pie|pie [option...]	with the real ld
#
# gcc finds a linker by the name ld in the directory of -B.

mkdir -p bin
ln -sf "$LD_WRAP" bin/ld

compile_dumped() {
	local mode=$1 source object
	for source in "$RTS_SRCDIR/tests/lib/dumped.c" \
	    "$RTS_SRCDIR/rtld/rtld.c" "$RTS_SRCDIR/rtld/rtld_dump.c"; do
		object=$(basename "$source" .c)-$mode.o
		[ -e "$object" ] || $CC -std=gnu11 -O2 -g "-f$mode" \
			-I"$RTS_SRCDIR/include" -c "$source" -o "$object" ||
			return
	done
}

link_dumped() {
	local output=$1 mode=$2
	shift 2
	compile_dumped "$mode" &&
	$CC -B"$PWD/bin/" "-$mode" -o "$output" "dumped-$mode.o" \
		"rtld-$mode.o" "rtld_dump-$mode.o" "$@"
}

plain_dumped() {
	local output=$1 mode=$2
	shift 2
	compile_dumped "$mode" &&
	$CC "-$mode" -o "$output" "dumped-$mode.o" "rtld-$mode.o" \
		"rtld_dump-$mode.o" "$@"
}

# section_field FILE NAME 3|4|5: address, offset or size of a section
section_field() {
	readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\]//' | tr -s ' ' |
		sed -n "/^ $2 /p" | cut -d ' ' -f "$(($3 + 1))" |
		sed 's/^/0x/'
}
section_address() { section_field "$1" "$2" 3; }
section_offset() { section_field "$1" "$2" 4; }
section_size() { section_field "$1" "$2" 5; }

# flip FILE OFFSET OUTPUT: a copy with one bit of one byte turned round
flip() {
	python3 - "$@" <<'END'
import sys
d = bytearray(open(sys.argv[1], 'rb').read())
d[int(sys.argv[2], 0)] ^= 1
open(sys.argv[3], 'wb').write(d)
END
}

# unfound FILE OFFSET...: flip a bit at each offset in turn, and print those
# offsets for which rts-dump --check does not say that the file is bad
unfound() {
	python3 - "$RTS_DUMP" "$@" <<'END'
import subprocess, sys
dump, path = sys.argv[1:3]
good = open(path, 'rb').read()
for offset in map(int, sys.argv[3:]):
    bad = bytearray(good)
    bad[offset] ^= 1
    open('damaged', 'wb').write(bad)
    if subprocess.run([dump, '--check', 'damaged'],
                      capture_output=True).returncode != 1:
        print(offset)
END
}
