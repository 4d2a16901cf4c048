#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""build_id.py FILE... - whose digest is the build id of each file?

Prints `gnu ID' if it is the one that GNU ld makes, `whole ID' if it is that
of all bytes of the file with the id zeroed, `other ID', or `none'.  Shares no
line with ld-wrap, and is itself held against what the linkers write."""
import hashlib
import struct
import sys


class Elf:
    def __init__(self, path):
        with open(path, 'rb') as file:
            d = self.data = bytearray(file.read())
        self.wide = d[4] == 2
        if self.wide:
            self.head = 64
            self.phoff, self.shoff = struct.unpack_from('<QQ', d, 32)
            at = 54
        else:
            self.head = 52
            self.phoff, self.shoff = struct.unpack_from('<II', d, 28)
            at = 42
        (self.phsize, self.phnum, self.shsize, self.shnum,
         self.strings) = struct.unpack_from('<HHHHH', d, at)

    def section(self, i):
        """Type, flags, offset, size; and the header without its offset."""
        at = self.shoff + i * self.shsize
        head = bytearray(self.data[at:at + self.shsize])
        if self.wide:
            _, kind, flags, _, offset, size = struct.unpack_from('<IIQQQQ',
                                                                 head)
            head[24:32] = bytes(8)
        else:
            _, kind, flags, _, offset, size = struct.unpack_from('<IIIIII',
                                                                 head)
            head[16:20] = bytes(4)
        return kind, flags, offset, size, head

    def note(self):
        for i in range(self.shnum):
            kind, _, at, size, _ = self.section(i)
            end = at + size
            while kind == 7 and at + 16 <= end:
                name, desc, what = struct.unpack_from('<III', self.data, at)
                if what == 3 and self.data[at + 12:at + 16] == b'GNU\0':
                    return at + 16, desc
                at += 12 + (name + 3 & ~3) + (desc + 3 & ~3)
        return None

    def gnu(self, digest, at, size):
        d = self.data[:]
        d[at - 16:at + size] = bytes(16 + size)
        head = d[:self.head]
        if self.wide:
            head[32:48] = bytes(16)
        else:
            head[28:36] = bytes(8)
        digest.update(head)
        digest.update(d[self.phoff:self.phoff + self.phnum * self.phsize])
        for i in range(self.shnum):
            kind, flags, offset, length, bare = self.section(i)
            digest.update(bare)
            # NULL, SYMTAB, NOBITS; a STRTAB that is not loaded
            if kind not in (0, 2, 8) and not (kind == 3 and not flags & 2):
                digest.update(d[offset:offset + length])
        return digest.digest()

    def whole(self, digest, at, size):
        d = self.data[:]
        d[at:at + size] = bytes(size)
        digest.update(d)
        return digest.digest()


def spread(result, size, make):
    """As many bytes as the id has."""
    made = b''
    while len(made) < size:
        made += result
        result = make(result).digest()
    return made[:size]


def main():
    for path in sys.argv[1:]:
        elf = Elf(path)
        note = elf.note()
        if not note:
            print('none')
            continue
        at, size = note
        have = bytes(elf.data[at:at + size])
        make = hashlib.md5 if size == 16 else hashlib.sha1
        kind = 'other'
        if spread(elf.gnu(make(), at, size), size, make) == have:
            kind = 'gnu'
        elif spread(elf.whole(make(), at, size), size, make) == have:
            kind = 'whole'
        print(kind, have.hex())


main()
