#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# rts-dump --expect: what text must look like, held against a reader that was
# written from the document, against a program's own text, and against text
# that somebody has tampered with, byte by byte.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/dumped.sh"
need python3 readelf nm

check "a program links" link_dumped a no-pie
check "a PIE links" link_dumped pie pie
table=$(section_address a '\.rts\.tab')
at() { echo "0x$(nm "${2:-a}" | awk -v s="$1" '$3 == s { print $1 }')"; }
has() {		# what pattern: in the last output
	if grep -qE -- "$2" "$out"; then ok "$1"; else
		not_ok "$1" "no line matches $2"
		sed 's/^/# /' "$out" | head -n 30
	fi
}

# ---- the hash, and a verifier elsewhere ----
own() {		# what ADDRESS:WIDTH=VALUE... -- OPTION...
	local what=$1 settings=()
	shift
	while [ "$1" != -- ]; do settings+=("$1"); shift; done
	shift
	python3 "$RTS_SRCDIR/tests/integ/expect.py" a "$table" \
		"${settings[@]}" >want
	"$RTS_DUMP" --expect --sites "$@" a >all
	sed -n 's/^\(site 0x[0-9a-f]* [0-9a-f]*\) .*/\1/p; /^text/p' all >have
	check "$what: another reader computes the same hashes" cmp want have
	check "$what: which are some" grep -Eq \
		'^text 0x[0-9a-f]+ [0-9]+ sha256 [0-9a-f]{64} \.text$' have
}
own "the file's contents" --
cp have first
own "other contents" "$(at shift):4=31" "$(at negative):4=-9" \
	"$(at rts_slot_work):8=$(at quarter)" "$(at big):8=0x7fffffff00" -- \
	--set shift=31 --set negative=-9 --set work=quarter \
	--set big=0x7fffffff00
check_fails 1 "and they are others" cmp first have
check "the contents are listed, with where they are from" \
	"$RTS_DUMP" --expect --set shift=31 a
has "one that is set" "^content 4 0x1f set shift\+0x0$"
has "one of the file's" "^content 8 0x123456789 image big\+0x0$"
has "the table is named" \
	"^rts-expect 1 crc 0x$("$RTS_DUMP" -j a | python3 -c '
import json, sys
print("%x" % int(json.load(sys.stdin)["crc"], 16))') bias 0x0$"
"$RTS_DUMP" --expect a >once
cp a elsewhere
"$RTS_DUMP" --expect elsewhere >twice
check "no name and no time is in it" cmp once twice
"$RTS_DUMP" --expect --gone=.init a >"$out"
check_fails 1 "--gone leaves a section out" grep -q ' \.init$' "$out"
check_fails 2 "--gone of what is not there is refused" \
	"$RTS_DUMP" --expect --gone=.nothing a
check_fails 2 "--expect --json is a wrong usage" "$RTS_DUMP" --expect --json a

# ---- a program's own text ----
change="--set shift=31 --set negative=-0x80000000 --set big=0x7fffffff00
	--set ops=two --set ops+8=thrice --set work=quarter"
base=$(./a bm log memory | tail -n 1)
check "bound text is as expected, without a log" \
	"$RTS_DUMP" --expect "--memory=memory@0:$base" a
has "all of it" "memory: [0-9]+ bytes in [0-9]+ executable sections agree"
# shellcheck disable=SC2086 # the options are words
check_fails 1 "not with other contents" \
	"$RTS_DUMP" --expect $change "--memory=memory@0:$base" a
check_fails 1 "and not as linked" "$RTS_DUMP" "--memory=memory@0:$base" a
base=$(./a bsm log memory | tail -n 1)
# shellcheck disable=SC2086
check "switched over, it is as --set says, which alone implies --expect" \
	"$RTS_DUMP" $change "--memory=memory@0:$base" a
piebase=$(./pie bm log piememory | tail -n 1)
check "the PIE, where it was loaded" "$RTS_DUMP" --expect \
	"--bias=$piebase" "--memory=piememory@0:$piebase" pie

# ---- tampering: each byte of each site, those beside it, and plain text ----
# shellcheck disable=SC2086
"$RTS_DUMP" --expect --sites $change a >expected
cat >tamper.py <<'END'
import re, subprocess, sys

dump, base, *words = sys.argv[1:]
base = int(base, 0)
good = bytearray(open('memory', 'rb').read())
sites, texts = {}, []
for line in open('expected'):
    word = line.split()
    if word[0] == 'site':
        sites[int(word[1], 16)] = bytes.fromhex(word[2]), word[3]
    elif word[0] == 'text':
        texts.append((int(word[1], 16), int(word[2]), word[5]))
inside = {a + i: (a, *sites[a]) for a in sites for i in range(len(sites[a][0]))}
beside = {b for a in sites for b in (a - 1, a + len(sites[a][0]))} - set(inside)
plain = {a + i for a, n, _ in texts for i in range(0, n, 61)} - set(inside)
assert len(sites) > 8 and beside and plain
for at in sorted(set(inside) | beside | plain):
    section, = [s for a, n, s in texts if a <= at < a + n]
    bad = bytearray(good)
    bad[at - base] ^= 0x41
    open('bad', 'wb').write(bad)
    done = subprocess.run([dump, *words, f'--memory=bad@0:{base:#x}', 'a'],
                          capture_output=True, text=True)
    said = done.stderr.splitlines()
    assert done.returncode == 1 and len(said) == 1, (hex(at), said)
    m = re.search(r'differs at (0x\w+) <(\S+)\+0x\w+> in (\S+), (.*): '
                  r'expected ([\w ]+), found ([\w ]+)$', said[0])
    assert int(m[1], 16) == at and m[3] == section, said
    first, size = (inside[at][0], len(inside[at][1])) if at in inside else (at, 1)
    assert m[4] == (f'site {first:#x} of {inside[at][2]}' if at in inside
                    else 'no site'), said
    assert bytes.fromhex(m[5]) == good[first - base:first - base + size], said
    assert bytes.fromhex(m[6]) == bad[first - base:first - base + size], said
print(len(inside), len(beside), len(plain))
END
# shellcheck disable=SC2086
check "a byte changed anywhere is found, and named" \
	python3 tamper.py "$RTS_DUMP" "$base" $change

# ---- rtld_check(), from inside: 33 is TEXT_BYTES, 35 TEXT_STALE ----
"$RTS_DUMP" --expect --sites a >expected
found() {	# what ADDRESS WANT-REGEX
	./a bctcm log memory "$2" >"$out"
	tail -n 1 "$out" >memory.at
	has "$1" "$3"
}
site=$(awk '$1 == "site" && $4 ~ /^shift/ { print $2; exit }' expected)
bytes=$(awk -v s="$site" '$2 == s { print $3 }' expected)
./a bc >"$out"
has "rtld_check() finds nothing before" '^check 0$'
found "a changed opcode, by its site" "$site" \
	"^check -33 site $site slot [0-9]+ found $(printf '%02x' \
		$((0x${bytes:0:2} ^ 1)))${bytes:2}$"
found "a changed immediate, by its site" $((site + ${#bytes} / 2 - 4)) \
	"^check -35 site $site slot [0-9]+ found ${bytes%????????}02000000$"
found "what is beside sites is rts-dump's to find" \
	$((site + ${#bytes} / 2)) '^check 0$'
base=$(cat memory.at)
check_fails 1 "and it does" \
	"$RTS_DUMP" --expect "--memory=memory@0:$base" a
has "with the place" "differs at $(printf '0x%x' $((site + ${#bytes} / 2))) .*, no site"
done_testing
