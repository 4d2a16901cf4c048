#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sites.py - the sites of a linked file, by symbols: the same for any linker

    sites.py [--aliases] IMAGE [SYMBOLS]

A line for each site of .rts.rela, sorted: FUNCTION+OFFSET TAG SLOT+OFFSET.
A branch behind a nop counts where the nop is: `call *f@GOTPCREL' leaves one
byte over when it is relaxed, and mold puts a nop before `call f', others
behind `jmp f' or a prefix before `call f'.

Names are those of the symbol table, of SYMBOLS if IMAGE has none.  Of several
names for a function the first in the alphabet counts; with --aliases there is
a line for each, as if a linker had folded nothing.  A static whose name
another symbol has too counts by its order among these.
"""
import bisect
import struct
import sys

BRANCHES = 0, 1			# call, jmp: rts/tags.def
BASE = 192			# RTS_RELOC_BASE


class Elf:
    def __init__(self, path):
        self.data = open(path, 'rb').read()
        self.wide = self.data[4] == 2
        if self.wide:
            shoff = struct.unpack_from('<Q', self.data, 40)[0]
            count, strings = struct.unpack_from('<HH', self.data, 60)
            header = '<IIQQQQIIQQ'
        else:
            shoff = struct.unpack_from('<I', self.data, 32)[0]
            count, strings = struct.unpack_from('<HH', self.data, 48)
            header = '<IIIIIIIIII'
        self.sections = [
            struct.unpack_from(header, self.data,
                               shoff + struct.calcsize(header) * i)
            for i in range(count)]
        names = self.sections[strings]
        self.names = [self.string(names, s[0]) for s in self.sections]

    def string(self, table, at):
        at += table[4]
        return self.data[at:self.data.index(b'\0', at)].decode()

    def section(self, name):
        return self.sections[self.names.index(name)] \
            if name in self.names else None

    def bytes(self, s):
        return self.data[s[4]:s[4] + s[5]]

    def byte(self, address):
        """Of a loaded section."""
        for s in self.sections:
            if s[2] & 2 and s[1] != 8 and 0 <= address - s[3] < s[5]:
                return self.data[s[4] + address - s[3]]
        return None

    def symbols(self):
        """Name, type, value, size of those that are defined."""
        table = self.section('.symtab')
        if not table:
            return
        strings = self.sections[table[6]]
        for one in struct.iter_unpack('<IBBHQQ' if self.wide else '<IIIBBH',
                                      self.bytes(table)):
            name, info, section, value, size = (
                (one[0], one[1], one[3], one[4], one[5]) if self.wide else
                (one[0], one[3], one[5], one[1], one[2]))
            if 0 < section < 0xff00:
                yield self.string(strings, name), info & 15, value, size

    def sites(self):
        """Place, tag, slot."""
        wide = self.wide
        for place, info, slot in struct.iter_unpack(
                '<QQQ' if wide else '<III',
                self.bytes(self.section('.rts.rela'))):
            yield place, (info if wide else info & 0xff) - BASE & 0xff, slot


def named(elf, kind):
    """Ascending addresses of one type, and the names of each."""
    found = {}
    for name, type_, value, size in elf.symbols():
        if type_ == kind and size:
            found.setdefault(value, set()).add(name)
    at = sorted(found)
    names, seen = [], {}
    for value in at:
        these = sorted(found[value])
        n = seen[these[0]] = seen.get(these[0], 0) + 1
        names.append(these if n == 1 else ['%s#%d' % (these[0], n)])
    return at, names


def spell(symbols, address):
    at, names = symbols
    i = bisect.bisect_right(at, address) - 1
    if i < 0:
        return ['0x%x' % address]
    return ['%s+0x%x' % (name, address - at[i]) for name in names[i]]


def main():
    words = [w for w in sys.argv[1:] if w != '--aliases']
    image = Elf(words[0])
    symbols = Elf(words[1]) if len(words) > 1 else image
    functions, objects = named(symbols, 2), named(symbols, 1)
    lines = []
    for place, tag, slot in image.sites():
        if tag in BRANCHES and image.byte(place - 1) == 0x90:
            place -= 1
        for name in spell(functions, place)[:None if len(words) < len(
                sys.argv) - 1 else 1]:
            lines.append('%s %u %s' % (name, tag, spell(objects, slot)[0]))
    print('\n'.join(sorted(lines)))


if __name__ == '__main__':
    main()
