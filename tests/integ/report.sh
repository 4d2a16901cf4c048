#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The report as JSON: whatever the files and symbols are called, it is JSON,
# and says what the text says.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/account.sh"
need objcopy

# Derives the text's facts from both, and compares.
cat >compare.py <<'EOC2'
import json, re, sys

def classes(words):
    return dict(zip(words[::2], map(int, words[1::2])))

def of_text(path):
    r = {'marks': [], 'dropped': {}}
    for line in open(path, 'rb').read().decode('latin-1').split('\n'):
        w = line.split(' ')
        if w[0] == 'ld-wrap-report':
            assert w[1] == '1'
            r['output'] = line.split(' ', 2)[2]
        elif w[0] == 'mark':
            m = {'name': w[1], 'kind': w[2], 'size': int(w[5]),
                 'address': None if w[3] == 'absent' else w[3],
                 'bound': {}, 'reasons': {}, 'kept': []}
            r['marks'].append(m)
        elif w[:2] == ['', 'references']:
            m['references'] = classes(w[1:])
        elif w[:2] == ['', 'sites']:
            m['sites'] = int(w[2])
        elif w[:2] == ['', 'bound']:
            m['bound'][w[2]] = int(w[3])
        elif w[:2] == ['', 'kept'] and len(w) == 4:
            m['reasons'][w[2]] = int(w[3])
        elif w[:2] == ['', 'kept']:
            m['kept'].append((w[2], w[3], line.split(' ', 4)[4]))
        elif w[0] == 'total':
            r['total'] = classes(w[1:])
        elif w[0] in ('unexplained', 'emitted'):
            r[w[0]] = int(w[1])
        elif w[0] == 'dropped':
            r['dropped'][line.split(' ', 2)[2]] = int(w[1])
        elif w[0] == 'table':
            r['table'] = classes(w[1:])
        else:
            assert line == '', line
    return r

def place(k):
    text = '%s:(%s+%s)' % (k['object'], k['section'], k['offset'])
    if k['function'] is None:
        assert k['function_offset'] is None
        return text
    return text + ": in function `%s'+%s" % (k['function'],
                                             k['function_offset'])

def references(d):
    r = dict(d['references'])
    r['references'] = r.pop('all')
    return r

def of_json(path):
    j = json.loads(open(path, 'rb').read().decode('ascii'))
    assert j['format'] == 1
    r = {k: j[k] for k in ('output', 'unexplained', 'emitted', 'table')}
    r['dropped'] = {d['object']: d['references'] for d in j['dropped']}
    r['total'] = references(j['total'])
    r['marks'] = []
    for key in ('bound', 'reasons'):
        names = {n for m in j['marks'] for n in m[key]}
        assert j['total'][key] == {n: sum(m[key].get(n, 0)
                                          for m in j['marks']) for n in names}
    for m in j['marks']:
        r['marks'].append({
            **{k: m[k] for k in ('name', 'kind', 'size', 'address', 'bound',
                                 'reasons', 'sites')},
            'references': references(m),
            'kept': [(k['reason'], k['address'], place(k))
                     for k in m['kept']]})
        sites = [s for u in m['uses'] for s in u['sites']]
        assert len(m['uses']) == m['references']['bound']
        assert len(sites) == m['sites'] == sum(m['bound'].values())
        for tag, n in m['bound'].items():
            assert n == len([s for s in sites if s['tag'] == tag])
        for u in m['uses']:
            place(u)
            assert int(u['address'], 16) >= int(u['sites'][0]['address'], 16)
    return r

def order(r):
    for m in r['marks']:
        m['kept'].sort()
    return r

a, b = order(of_text(sys.argv[1])), order(of_json(sys.argv[2]))
for key in sorted(set(a) | set(b)):
    if a.get(key) != b.get(key):
        sys.exit('%s:\n%s\n%s' % (key, a.get(key), b.get(key)))
print(sum(m['sites'] for m in b['marks']), 'sites')
EOC2
agree() {	# WHAT ARGUMENTS...: links, with both reports
	local what=$1
	shift
	rm -f text text.json
	check "$what: links" "$LD_WRAP" --rts-report=text \
		--rts-report=text.json "$@"
	check "$what: JSON and text agree" python3 compare.py text text.json
}
# What Python makes of the report: an expression over j.
is_true() {	# WHAT EXPRESSION
	check "$1" python3 -c "
import json
j = json.load(open('text.json'))
mark = {m['name']: m for m in j['marks']}
assert $2, j"
}

cc "" def.c use.c twin1.c
cc -g twin2.c
cat >start.c <<'EOC2'
int use3(int); unsigned twin1(unsigned), twin2(unsigned);
void _start(void) { for (;;) use3(twin1(twin2(1))); }
EOC2
cc "" start.c
agree "all classes" -o prog start.o def.o use.o twin1.o twin2.o
is_true "all classes: they occur" \
	"all(j['total']['references'][k] for k in ('bound', 'kept', 'data'))"
is_true "all classes: the function and its address" \
	"[k['function'] for k in mark['limit']['kept']] == ['use9']"
check "all classes: the sites are those of .rts.rela" diff \
	<(sites prog | awk '{ print $2 }' | sort) <(python3 -c "
import json
for m in json.load(open('text.json'))['marks']:
    for u in m['uses']:
        for s in u['sites']:
            print('%016x' % int(s['address'], 16))" | sort)
cp text first
cp text.json first.json
agree "again" -o prog start.o def.o use.o twin1.o twin2.o
check "again: the same bytes" cmp first text
check "again: the same JSON" cmp first.json text.json

cc -ffunction-sections def.c use.c
agree "--gc-sections" --gc-sections -o prog start.o def.o use.o twin1.o twin2.o
is_true "--gc-sections: some are dropped" \
	"{d['object'] for d in j['dropped']} == {'def.o', 'use.o'}"
agree "a mark that is not linked" --gc-sections -o prog start.o def.o use.o \
	twin1.o twin2.o
agree "relocations are emitted" -q -o prog start.o def.o use.o twin1.o twin2.o
is_true "relocations are emitted: they count" "j['emitted'] > 0"

# Where debug information knows the line, the report of a kept use has it.
cat >line.c <<'EOC2'
#include "conf.h"

void late(unsigned x)
{
	shift = x;
}
void _start(void) { for (;;) late(1); }
EOC2
cc -g line.c
cc "" def.c
agree "a line" -o prog line.o def.o
is_true "a line: file and number of what is kept" "[
	k['source'] and k['source'].split('/')[-1]
	for k in mark['shift']['kept'] if k['object'] == 'line.o'
] == ['line.c:5']"
is_true "a line: null without debug information" "[
	k['source'] for k in mark['shift']['kept'] if k['object'] == 'def.o'
] == [None]"

# Names are any bytes: quotes, backslashes, blanks, UTF-8, what is not UTF-8.
odd=$(printf 'q"b\\s\303\274\377')
file=$(printf 'o "d\\d\303\274\376.o')
cat >odd.s <<'EOC2'
	.data
	.globl	odd
	.type	odd, @object
odd:	.long	1
	.size	odd, 4
	.text
	.globl	_start
_start:	jmp	fun
	.globl	fun
	.type	fun, @function
fun:	movl	odd(%rip), %eax
	movl	%eax, odd(%rip)
	jmp	fun
EOC2
as -o odd.o odd.s
check "odd names: an object can have them" objcopy --redefine-sym odd="$odd" \
	--redefine-sym fun="$(printf 'f\001\303\274\200n')" odd.o "$file"
printf 'var %s\n' "$odd" >odd.marks
agree "odd names" --rts-marks=odd.marks -o "$file.out" "$file"
is_true "odd names: no byte is lost" "[m['name'].encode('latin-1')
	for m in j['marks']] == [b'q\"b\\\\s\\xc3\\xbc\\xff']"
is_true "odd names: nor of a function" "[k['function'].encode('latin-1')
	for k in j['marks'][0]['kept']] == [b'f\\x01\\xc3\\xbc\\x80n']"
is_true "odd names: nor of a file" "[k['object'].encode('latin-1')
	for k in j['marks'][0]['kept']] == [b'o \"d\\\\d\\xc3\\xbc\\xfe.o']"
newline=$(printf 'new\nline.o')
cp def.o "$newline"
rm -f text.json
check "a newline in a name: links" "$LD_WRAP" --rts-report=text.json \
	-o prog line.o "$newline"
is_true "a newline in a name: is one" "any(k['object'] == 'new\\nline.o'
	for k in mark['shift']['kept'])"

# The suffix says what is written; each alone, and when the link is refused.
rm -f text text.json
check "JSON alone" "$LD_WRAP" --rts-report=text.json -o prog line.o def.o
check "JSON alone: is JSON" python3 -m json.tool text.json
check_fails 1 "JSON alone: no text" test -e text
check "a name that only looks so: links" "$LD_WRAP" --rts-report=xjson \
	-o prog line.o def.o
check "a name that only looks so: is text" \
	grep -q '^ld-wrap-report 1 prog$' xjson
rm -f text text.json
check_fails 1 "a refused link" "$LD_WRAP" --rts-require=all \
	--rts-report=text --rts-report=text.json -o prog line.o def.o
check "a refused link: both agree" python3 compare.py text text.json
mkdir full.json
check_fails 1 "JSON that cannot be written" "$LD_WRAP" -o prog \
	--rts-report=full.json line.o def.o
said "JSON that cannot be written: why" 'full\.json: .*\[report\]'

done_testing
