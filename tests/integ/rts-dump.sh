#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# rts-dump: each option, each kind of damage, and logs that lie.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/dumped.sh"
need python3 readelf objcopy

check "a program links" link_dumped a no-pie
check "a PIE links" link_dumped pie pie
check "plain ld links it too" plain_dumped plain no-pie

has() {		# what pattern: in the last output
	if grep -qE -- "$2" "$out"; then ok "$1"; else
		not_ok "$1" "no line matches $2"
		sed 's/^/# /' "$out" | head -n 60
	fi
}

# ---- usage and status ----
check "--help" "$RTS_DUMP" --help
has "the help tells the exit statuses" "Exit status: 0"
check "--version" "$RTS_DUMP" --version
check_fails 2 "no image is a wrong usage" "$RTS_DUMP"
check_fails 2 "two images are" "$RTS_DUMP" a pie
check_fails 2 "an unknown option is" "$RTS_DUMP" --frobnicate a
check_fails 2 "--check-log without a log is" "$RTS_DUMP" --check-log a
check_fails 2 "a file that is not there is trouble" "$RTS_DUMP" nowhere
check_fails 2 "a directory is trouble" "$RTS_DUMP" .
check_fails 2 "a full output is trouble" \
	bash -c "'$RTS_DUMP' -s a >/dev/full"
check_fails 1 "a file without a table" "$RTS_DUMP" plain
echo "no ELF file" >text
check_fails 1 "a file that is no ELF file" "$RTS_DUMP" text
: >empty
check_fails 1 "an empty file" "$RTS_DUMP" empty

# ---- listing ----
check "the default listing" "$RTS_DUMP" a
for mark in shift big negative ops work; do
	has "it has the mark $mark" " $mark( |\$)"
done
has "and a form with its field" "e8 \[V-P\] +if V-P fits signed 32 bits"
has "and the linked encoding" "\[S-P\] +linked"
check "--sites" "$RTS_DUMP" --sites a
has "an indirect call" "ff 15 .* call +\*0x.*<ops>"
has "becomes a direct one" "67 e8 .* addr32 call 0x.* <one>"
check "--set of a variable" "$RTS_DUMP" -s --set shift=12 a
has "is seen in the bytes" "c7 c. 0c 00 00 00"
check "--set of a FUNC by symbol" "$RTS_DUMP" -s --set work=quarter a
has "is seen in the call" "0/2 .*e8 .*<quarter>"
check "--set with offset, width and a value that is too far" \
	"$RTS_DUMP" -s --set ops+8:8=0x7fff00000000 a
has "keeps that site" "^    kept"
check "--set of a negative number" "$RTS_DUMP" -s --set negative=-5 a
has "is sign-extended" "48 c7 c. fb ff ff ff"
for bad in nomark=1 shift shift=nosymbol shift:3=1 shift+1:4=1 \
    shift=0x100000000 shift+99=1 =1; do
	check_fails 2 "--set $bad is refused" "$RTS_DUMP" --set "$bad" a
done
check "--bias moves the pointers of a PIE" \
	"$RTS_DUMP" --bias=0x555555554000 pie
has "which are still known by name" "work\+0x0 = <half>"

check "a PIE with packed relative relocations links" \
	link_dumped relr pie -Wl,-z,pack-relative-relocs
check "it has them" grep -q RELR <(readelf -dW relr)
check "its pointers move with --bias too" \
	"$RTS_DUMP" --bias=0x555555554000 relr
has "and are known by name" "work\\+0x0 = <half>"

"$RTS_DUMP" --json --set shift=12 pie >json
check "--json is JSON" python3 -m json.tool json
check "and says what the listing says" python3 - <<'END'
import json
d = json.load(open('json'))
assert {m['name'] for m in d['marks']} == \
    {'shift', 'big', 'negative', 'ops', 'work'}
assert len(d['sites']) == sum(s['sites'] for s in d['slots']) >= 8
shift, = [s for s in d['sites'] if s['mark'] == 'shift']
assert shift['bound'] and '$0xc' in shift['after']['text']
assert shift['linked']['bytes'] != shift['after']['bytes']
assert int(d['crc'], 16) > 0 and d['machine'] == 62
END

# ---- --check ----
check "--check passes" "$RTS_DUMP" --check a
has "and says what it saw" "good: 5 marks, 6 slots, [0-9]+ sites"
check "--check passes for a PIE" "$RTS_DUMP" --check pie

tab=$(section_offset a '\.rts\.tab')
used=$("$RTS_DUMP" a | sed -n 's/^table .*, \([0-9]*\) bytes in room.*/\1/p')
room=$(section_size a '\.rts\.tab')
none_unfound() {	# what offset...
	local what=$1 missed
	shift
	missed=$(unfound a "$@" 2>&1)
	if [ $# -gt 0 ] && [ -z "$missed" ]; then ok "$what"; else
		not_ok "$what" "of $# not found: ${missed//$'\n'/ }"
	fi
}
# every byte of the header, then each fifth
none_unfound "a flipped bit anywhere in the table is found" \
	$(seq $((tab)) $((tab + 103))) \
	$(seq $((tab + 104)) 5 $((tab + used - 1)))
flip a $((tab + room - 1)) damaged
check_fails 1 "a byte in the room behind it is found" \
	"$RTS_DUMP" --check damaged

text=$(section_offset a '\.text')
start=$(section_address a '\.text')
"$RTS_DUMP" -j a >json
sites=$(python3 -c "
import json
for s in json.load(open('json'))['sites']:
    for i in range(len(s['linked']['bytes']) // 2):
        print(int(s['address'], 16) + i)")
none_unfound "a flipped bit in any byte of any site is found" \
	$(for site in $sites; do echo $((text + site - start)); done)
rela=$(section_offset a '\.rts\.rela')
none_unfound "a flipped bit in .rts.rela is found" \
	$(seq $((rela)) $((rela + 47)))

crashed=0
size=$(stat -c %s a)
for ((i = 1; i < 30; i++)); do
	head -c $((size * i / 30)) a >cut
	"$RTS_DUMP" --check cut >"$out" 2>&1
	[ $? -le 2 ] || { crashed=$((crashed + 1)); echo "# cut at $i/30"; }
done
if [ "$crashed" = 0 ]; then ok "a file cut anywhere does not crash it"
else not_ok "a file cut anywhere does not crash it"; fi
head -c $((tab + 50)) a >cut
check_fails 1 "a file cut in the table is refused" "$RTS_DUMP" --check cut

objcopy -R .rts.mark a nomark
check "the table is found without .rts.mark" "$RTS_DUMP" --check nomark
objcopy --rename-section .rts.tab=.rodata.x a renamed
check "and in a section of another name" "$RTS_DUMP" --check renamed
objcopy -R .rts.mark --rename-section .rts.tab=.rodata.x a alone
check "and with neither" "$RTS_DUMP" --check alone

# ---- --check-log ----
check "the program binds, switches, unbinds and dumps" \
	./a pdbpdspdbdupd log
count=$(grep -c "rts: begin" log)
check "--check-log agrees" "$RTS_DUMP" --check-log a log
has "with every dump" "log: $count dumps, [0-9]+ sites agree"
check "--check-log=LOG says the same" "$RTS_DUMP" --check-log=log a
check "the log is read from a pipe too" \
	bash -c "cat log | '$RTS_DUMP' --check-log=/dev/stdin a"
check "the PIE binds at an address of the kernel's choice" \
	./pie pdbpdspdupd pielog
check "--check-log agrees there" "$RTS_DUMP" --check-log pie pielog
check_fails 1 "a log of another build is refused" \
	"$RTS_DUMP" --check-log pie log
check_fails 2 "a log that is not there is trouble" \
	"$RTS_DUMP" --check-log a nolog
check_fails 1 "a log without a dump is refused" \
	"$RTS_DUMP" --check-log a empty

./a bd bound >"$out" 2>&1
./a d unbound >"$out" 2>&1
check "one dump of bound text" "$RTS_DUMP" --check-log a bound
check "one dump of unbound text" "$RTS_DUMP" --check-log a unbound
lie() {		# what sed-script [log]
	sed "$2" "${3:-bound}" >lied
	if cmp -s "${3:-bound}" lied; then
		not_ok "a log that lies: $1" "the lie changed nothing"
		return
	fi
	check_fails 1 "a log that lies: $1" "$RTS_DUMP" --check-log a lied
}
lie "another crc" 's/crc 0x./crc 0xe/;s/crc 0xee/crc 0x1e/'
lie "another value of a slot" 's/\(slot shift.* value 0x\)3/\14/'
lie "another byte in text" '/site.*shift/s/03000000/04000000/'
lie "another linked byte" '/site.*shift/s/8b\(.*->\)/8d\1/'
lie "another encoding" '/site.*shift/s,encoding 0/2,encoding 1/2,'
lie "a foreign site" '/site.*shift/s,encoding 0/2,encoding foreign,'
lie "another address of a site" '/site.*shift/s/site 0x/site 0x1/'
lie "another name" '/site.*shift/s/shift/shaft/'
lie "a site that is missing" '/site.*shift/d'
lie "a site twice" '/site.*shift/p'
lie "a slot that is missing" '/slot shift/d'
lie "another count in a slot" '/slot shift/s/bound 1 kept 0/bound 0 kept 1/'
lie "another count in a mark" '/mark shift/s/bound 1 kept 0/bound 0 kept 1/'
lie "another count at the end" 's/end bound [0-9]*/end bound 1/'
lie "a garbled line" '/site.*shift/s/ -> / _> /'
lie "a value in a dump of unbound text" \
	'/site.*shift/s/\(-> \).*/\1c7c103000000/' unbound
lie "a site half gone" '/slot shift/s/dropped 0/dropped 1/'
# What a host of several CPUs counts; a program's counts nothing.
hosted() {
	sed "s/^\(.*\)rts: end/\1rts: host $1\n&/" bound
}
hosted "live-x86 transactions 2 rounds 18 last 9 batches 6" >live
check "a host that counts" "$RTS_DUMP" --check-log a live
has "is told" "by live-x86: 2 transactions, 18 rounds of interrupts, 9 in"
hosted "rendezvous transactions 2 rounds 3 last 1 batches 0" >stopped
check "another one" "$RTS_DUMP" --check-log a stopped
lie "more rounds in the last than in all" 's/last 1/last 4/' stopped
lie "rounds of no transaction" 's/transactions 2/transactions 0/' stopped
lie "a batch without its rounds" 's/batches 6/batches 7/' live
lie "a host without a number" 's/ batches 6//' live
lie "two hosts" '/rts: host/p' live
{ cat bound; head -n 8 bound; } >died
check "a machine that died in a later dump does not spoil the first" \
	"$RTS_DUMP" --check-log a died
{ head -n 8 bound; cat bound; } >lied
check_fails 1 "a dump without an end before another is refused" \
	"$RTS_DUMP" --check-log a lied
{ echo "rts: nonsense"; echo "Linux version 6.1"; cat bound; } >noisy
check "lines that are not the dump's do not matter" \
	"$RTS_DUMP" --check-log a noisy

# ---- --memory ----
base=$(./a bsdm memlog memory | tail -n 1)
check "the text in memory is the file's but for the sites" \
	"$RTS_DUMP" --check-log a memlog "--memory=memory@0:$base"
check_fails 1 "not so without the log" "$RTS_DUMP" "--memory=memory@0:$base" a
base=$(./pie bsdm piememlog piememory | tail -n 1)
check "the same for the PIE where it was loaded" \
	"$RTS_DUMP" --check-log pie piememlog "--memory=piememory@0:$base"
base=$(./a m memlog2 memory2 | tail -n 1)
check "unbound, memory is the file's without a log" \
	"$RTS_DUMP" "--memory=memory2@0:$base" a
base=$(./a bsdm memlog3 memory3 | tail -n 1)
for site in $(echo "$sites" | head -n 1) $((start + 64)); do
	flip memory3 $((site - base)) changed
	check_fails 1 "a changed byte at $site is found" \
		"$RTS_DUMP" --check-log a memlog3 "--memory=changed@0:$base"
done
check_fails 1 "memory that lacks a section is refused" \
	"$RTS_DUMP" --check-log a memlog3 "--memory=memory3@0:$((base + 8192))"
check_fails 2 "--memory without an address is a wrong usage" \
	"$RTS_DUMP" --memory=memory3 a

# ---- guards that no compiler's code makes here ----
# Another guard is put before the first encoding of every form; rtld and the
# reader that was written from the document must agree on which sites are bound
# then.
cat >guards.py <<'END'
import json, os, random, struct, subprocess, sys
sys.path.insert(0, os.environ['RTS_SRCDIR'] + '/tests/lib')
import second_reader as reader

dump, path, offset, address = sys.argv[1], sys.argv[2], *(
    int(x, 0) for x in sys.argv[3:])
good = open(path, 'rb').read()
table = reader.Table(reader.Memory(path), address)
size = len(table.data)
forms, encodings = table.at['form'][0], table.at['encoding'][0]
pool, pool_size = table.at['bytes']
end = pool + pool_size
assert all(table.at[x][0] >= end for x in ('stream', 'string'))

def add(t, off, more):
    struct.pack_into('<I', t, off, struct.unpack_from('<I', t, off)[0] + more)
random.seed(7)
seen = set()

def run(guard, window, values):
    # An interval, or a constant, that begins or ends near some V.
    v = random.choice(values) - (address if guard & 0x40 else 0)
    if guard & 7 == 6:
        data = random.choice([(v, 0), (v, 5), (v - 5, 5), (v - 5, 4),
                              (v + 1, 9), (v - 1, reader.M64)])
    else:
        mask = random.choice([reader.M64, 0xff00])
        data = [v] if guard & 7 == 2 else [mask, v & mask]
    t = bytearray(table.data)
    for i, f in enumerate(table.forms):
        t[forms + 8 * i + 1] |= 4 * window
        if f[3] > 1:
            at = encodings + 16 * f[2]
            t[at] = guard
            t[at + 2] |= 2 * window
            struct.pack_into('<H', t, at + 14, pool_size)
    for off in (8 + 4, 84, 88, 96):     # size, pool, stream, strings
        add(t, off, 16)
    t[end:end] = b''.join(struct.pack('<Q', x & reader.M64)
                          for x in data).ljust(16, b'\0')
    struct.pack_into('<I', t, 16, reader.crc32c(t))
    open('guarded', 'wb').write(good[:offset] + t + good[offset + len(t):])
    mine = reader.Table(reader.Memory('guarded'), address).all_sites()
    j = json.loads(subprocess.run([dump, '-j', 'guarded'], check=True,
                                  capture_output=True).stdout)
    where = {m['name']: int(m['address'], 16) for m in j['marks']}
    theirs = sorted((int(s['address'], 16),
                     where[s['mark']] + s['offset'], s['encoding'],
                     s['linked']['bytes'], s['after']['bytes'])
                    for s in j['sites'])
    assert theirs == mine, (hex(guard), data, theirs, mine)
    for f in j['forms']:
        if len(f['encodings']) > 1:
            e = f['encodings'][0]
            assert f['window'] == e['window'] == window
            assert e['guard']['kind'] == {2: 'equal', 3: 'masked',
                                          6: 'range'}[guard & 7]
            assert e['guard']['not'] == bool(guard & 0x80)
            assert e['guard']['relative'] == bool(guard & 0x40)
    seen.update((guard, s[2] == 0) for s in mine)

values = [int(s['content'], 16) for s in json.loads(subprocess.run(
    [dump, '-j', path], check=True, capture_output=True).stdout)['slots']]
for guard in [k | n | r for k in (2, 3, 6) for n in (0, 0x80)
              for r in (0, 0x40)]:
    for n in range(8):
        run(guard, n % 2 == 1, values)
    assert {(guard, True), (guard, False)} <= seen, hex(guard)
END
check "both readers agree on every guard" python3 guards.py "$RTS_DUMP" a \
	"$tab" "$(section_address a '\.rts\.tab')"
check "the listing of such a table" "$RTS_DUMP" guarded
has "has the guard" " if V is not in 0x[0-9a-f]+.* \.\. 0x[0-9a-f]+"
has "and tells what a window needs" ", and nobody is inside$"
has "and which form is one" "[0-9]+ sites.*, a window$"

# Two instructions for one: only an encoding that says so may be that.
cat >two.py <<'END'
import os, struct, sys
sys.path.insert(0, os.environ['RTS_SRCDIR'] + '/tests/lib')
import second_reader as reader

path, window = sys.argv[1], int(sys.argv[4])
offset, address = (int(x, 0) for x in sys.argv[2:4])
good = open(path, 'rb').read()
table = reader.Table(reader.Memory(path), address)
t = bytearray(table.data)
done = 0
for i, f in enumerate(table.forms):
    e = table.encodings[f[2]]
    at = table.at['bytes'][0] + e[8]
    if f[0] == 6 and f[3] == 2 and t[at] == 0xc7:
        t[at:at + 2] = bytes([0x90, 0xb8 + (t[at + 1] & 7)])
        t[table.at['form'][0] + 8 * i + 1] |= 4 * window
        t[table.at['encoding'][0] + 16 * f[2] + 2] |= 2 * window
        done += 1
assert done
struct.pack_into('<I', t, 16, reader.crc32c(t))
open('two', 'wb').write(good[:offset] + t + good[offset + len(t):])
END
python3 two.py a "$tab" "$(section_address a '\.rts\.tab')" 0
check_fails 1 "two instructions for one are refused" "$RTS_DUMP" --check two
has "with the reason" "not one instruction for one, but nop; mov"
python3 two.py a "$tab" "$(section_address a '\.rts\.tab')" 1
check "but not in a window" "$RTS_DUMP" --check two
check "whose instructions are all listed" "$RTS_DUMP" --sites two
has "one behind the other" "0/2 .* nop; mov +\\$"
done_testing
