#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""same.py - what ld-wrap changed in what the real linker wrote

    same.py LINKED OUTPUT [SLOT...]

LINKED is what the real linker wrote with rts.o among its inputs, OUTPUT what
ld-wrap made of it.  They may differ in .rts.tab, in the build-id, in the ELF
header's words about section headers, in the distance of a branch whose site
reads a SLOT (a function that was redirected), and behind LINKED's last byte.
Prints how many bytes of each, and fails if there are others.
"""
import sys

from sites import Elf


def ranges(linked, output, slots):
    """Where they may differ: name, first, end; offsets in the file."""
    wide = linked.wide
    yield 'e_shoff', 40 if wide else 32, 48 if wide else 36
    yield 'e_shnum', 60 if wide else 48, 64 if wide else 52
    for name in '.rts.tab', '.note.gnu.build-id':
        s = linked.section(name)
        if s:
            yield name, s[4], s[4] + s[5]
    addresses = [value for name, _, value, _ in linked.symbols()
                 if name in slots]
    if len(addresses) != len(slots):
        sys.exit('a slot is no symbol')
    for place, tag, slot in output.sites():
        if slot not in addresses or tag > 2:
            continue
        at = offset_of(linked, place)
        while linked.data[at] in (0x67, 0x2e, 0x90):
            at += 1
        at += 2 if linked.data[at] == 0x0f else 1
        yield 'redirected', at, at + 4


def offset_of(elf, address):
    for s in elf.sections:
        if s[2] & 2 and s[1] != 8 and 0 <= address - s[3] < s[5]:
            return s[4] + address - s[3]
    sys.exit('0x%x: in no section' % address)


def compare_headers(linked, output):
    """The section headers are ours and at the end, but say the same."""
    if output.names[:len(linked.names)] != linked.names:
        sys.exit('other sections: %s' % output.names)
    if output.names[len(linked.names):] != ['.rts.rela']:
        sys.exit('more than .rts.rela: %s' % output.names)
    for i, name in enumerate(linked.names):
        if name != '.shstrtab' and linked.sections[i][1:] != \
                output.sections[i][1:]:
            sys.exit('%s: another section header' % name)


def main():
    linked, output = Elf(sys.argv[1]), Elf(sys.argv[2])
    if not linked.section('.symtab'):
        sys.exit('LINKED has no symbols')
    compare_headers(linked, output)
    allowed, changed = {}, {}
    for name, first, end in ranges(linked, output, sys.argv[3:]):
        for i in range(first, end):
            allowed[i] = name
    if len(output.data) < len(linked.data):
        sys.exit('shorter')
    for i, byte in enumerate(linked.data):
        if byte != output.data[i]:
            if i not in allowed:
                sys.exit('byte 0x%x of the file: 0x%02x became 0x%02x' %
                         (i, byte, output.data[i]))
            changed[allowed[i]] = changed.get(allowed[i], 0) + 1
    print(' '.join('%s %d' % one for one in sorted(changed.items())))


main()
