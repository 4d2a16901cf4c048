#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What ld-wrap leaves in a file, and what it leaves alone.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/dumped.sh"
need python3 readelf nm cmp

# A real linker that keeps what it wrote, before ld-wrap fills it.
REAL_LD=$(command -v ld)
cat >spy <<END
#!/bin/bash
$REAL_LD "\$@" || exit
out=a.out
for word; do
	[ "\$previous" != -o ] || out=\$word
	case \$word in @*) set -- \$(tr -d '"' <"\${word#@}")
		for more; do
			[ "\$before" != -o ] || out=\$more
			before=\$more
		done ;;
	esac
	previous=\$word
done
cp "\$out" "$PWD/before"
END
chmod +x spy

# Program headers and loaded bytes of two files are the same but for the
# table, and in the ELF header for where the section headers are.
cat >same.py <<'END'
import struct, subprocess, sys
def read(path):
    d = open(path, 'rb').read()
    phoff, = struct.unpack_from('<Q', d, 32)
    size, count = struct.unpack_from('<HH', d, 54)
    return d, [struct.unpack_from('<IIQQQQQQ', d, phoff + i * size)
               for i in range(count)]
before, headers = read(sys.argv[1])
after, after_headers = read(sys.argv[2])
low, size = int(sys.argv[3], 0), int(sys.argv[4], 0)
assert headers == after_headers, 'program headers differ'
allowed = set(range(40, 48)) | set(range(60, 62))
touched = 0
for p in headers:
    if p[0] != 1:
        continue
    for at in range(p[2], p[2] + p[5]):
        if before[at] != after[at] and at not in allowed:
            assert low <= at < low + size, 'byte %#x differs' % at
            touched += 1
assert touched, 'no table was written'
END

for mode in no-pie pie; do
	export LD_WRAP_LD=$PWD/spy
	# build-id.sh says what becomes of that one.
	check "$mode: links" link_dumped "a-$mode" "$mode" \
		-Wl,--build-id=none
	unset LD_WRAP_LD
	cp before "before-$mode"
	readelf -SW "a-$mode" >sections
	check "$mode: .rts.tab is loaded, read-only, not executable" \
		grep -qE ' \.rts\.tab +PROGBITS .* 00 +A[^WX]* ' sections
	check "$mode: .rts.rela has no flags, sh_link 0, sh_info 0" \
		grep -qE ' \.rts\.rela +RELA +0+( [0-9a-f]+){2} 18 +0 +0 +8$' \
		sections
	check "$mode: loaded bytes are the real linker's but for the table" \
		python3 same.py "before-$mode" "a-$mode" \
		"$(section_offset "a-$mode" '\.rts\.tab')" \
		"$(section_size "a-$mode" '\.rts\.tab')"
	readelf -rW "a-$mode" >relocations 2>errors
	"$RTS_DUMP" -j "a-$mode" >json
	check "$mode: readelf -r lists each site, and complains of nothing" \
		python3 - <<'END'
import json, re
assert not open('errors').read()
text = open('relocations').read().split("'.rts.rela'")[1]
rows = re.findall(r'^([0-9a-f]{16})\s+([0-9a-f]{16})\s+\S+.*?([0-9a-f]+)$',
                  text, re.M)
d = json.load(open('json'))
slots = {(s['mark'], s['offset']): int(s['address'], 16) for s in d['slots']}
want = [(int(s['address'], 16), slots[s['mark'], s['offset']])
        for s in d['sites']]
assert [(int(r[0], 16), int(r[2], 16)) for r in rows] == want, (rows, want)
assert all(192 <= int(r[1], 16) <= 200 for r in rows)
END
	check "$mode: rts-dump --check" "$RTS_DUMP" --check "a-$mode"
	python3 - >first-reader <<'END'
import json
d = json.load(open('json'))
slots = {(s['mark'], s['offset']): s['address'] for s in d['slots']}
for s in d['sites']:
    print(s['address'], slots[s['mark'], s['offset']], s['encoding'],
          s['linked']['bytes'], s['after']['bytes'])
END
	table=$("$RTS_DUMP" "a-$mode" |
		sed -n 's/^table  \(0x[0-9a-f]*\),.*/\1/p')
	python3 "$RTS_SRCDIR/tests/lib/second_reader.py" "a-$mode" "$table" \
		>second-reader
	check "$mode: a reader written from the document reads the same" \
		cmp first-reader second-reader
	check "$mode: and it read something" test -s second-reader
	"./a-$mode" pbpspup >with
	check "$mode: it computes the same unbound, bound, switched, unbound" \
		python3 - <<'END'
lines = open('with').read().split('\n')
assert lines[0] == lines[1] and lines[2] == lines[3] and lines[0] != lines[2]
END
	plain_dumped "plain-$mode" "$mode"
	"./plain-$mode" p | head -n 1 >plain
	head -n 1 with >first
	check "$mode: which is what plain ld's program computes" cmp plain first
	link_dumped "b-$mode" "$mode" -Wl,--build-id=none
	check "$mode: linked again, the same bytes" cmp "a-$mode" "b-$mode"
	check "$mode: the stack is not executable" \
		grep -qE 'GNU_STACK .* RW +' <(readelf -lW "a-$mode")
done

check "links with -s" link_dumped stripped no-pie -s
check "the image is good without symbols" "$RTS_DUMP" --check stripped
check "and works" ./stripped pbpspup
check "links with --gc-sections" link_dumped gc no-pie -Wl,--gc-sections
check "and the image is good" "$RTS_DUMP" --check gc
check "links statically" link_dumped static no-pie -static
check "and the image is good" "$RTS_DUMP" --check static
check "and works" ./static pbpspup
check "links as a static PIE" link_dumped static-pie pie -static-pie
check "and works" ./static-pie pbpspup

# An ordinary function, marked by option: its callers are turned to a stub.
cat >f.c <<'END'
long f(long x);
long f(long x) { return x + 1; }
END
cat >g.c <<'END'
#include <stdio.h>
long f(long x);
long tail(long x);
__attribute__((noinline)) long tail(long x) { return f(x + 1); }
int main(void) { printf("%ld %ld\n", f(1), tail(1)); return 0; }
END
$CC -O2 -c f.c && $CC -O2 -c g.c
check "a function marked by option links" \
	$CC -Bbin/ -o redirected f.o g.o -Wl,--rts-func=f
check "its image is good" "$RTS_DUMP" --check redirected
"$RTS_DUMP" -s redirected >listing
check "its two callers are sites" \
	test "$(grep -c ' f+0x0  form' listing)" = 2
check "linked they call the stub, bound the function" \
	grep -qE '0/2 .*(call|jmp) .*<f>' listing
check "and no linked one calls the function itself" \
	bash -c "! grep -qE 'linked .* <f>' listing"
check "and it works unbound" \
	bash -c "./redirected | grep -qx '2 3'"
done_testing
