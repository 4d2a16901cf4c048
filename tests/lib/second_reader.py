# SPDX-License-Identifier: GPL-3.0-or-later
"""A second reader of the image, written from doc/rts-abi.md alone.

    second_reader.py FILE TABLE-ADDRESS

prints, for each site in order of address: address, slot, index of the
encoding that the slot's content chooses, linked bytes, bytes when bound.
"""
import struct
import sys


class Memory:
    def __init__(self, path):
        self.file = open(path, 'rb').read()
        phoff, = struct.unpack_from('<Q', self.file, 32)
        size, count = struct.unpack_from('<HH', self.file, 54)
        self.loads = []
        for i in range(count):
            p = struct.unpack_from('<IIQQQQQQ', self.file, phoff + i * size)
            if p[0] == 1:
                self.loads.append((p[3], p[2], p[5], p[6]))

    def read(self, address, n):
        for at, offset, file_size, size in self.loads:
            if at <= address and address + n <= at + size:
                here = self.file[offset:offset + file_size]
                here += bytes(size - file_size)
                return here[address - at:address - at + n]
        raise ValueError(hex(address))


def crc32c(data):
    crc = 0xffffffff
    for i, byte in enumerate(data):
        crc ^= 0 if 16 <= i < 20 else byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def leb(data, at, signed):
    n = bits = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 0x7f) << bits
        bits += 7
        if not byte & 0x80:
            break
    if signed and byte & 0x40:
        n -= 1 << bits
    return n, at


M64 = (1 << 64) - 1


def signed(x, bits=64):
    x &= (1 << bits) - 1
    return x - (1 << bits) if x >> (bits - 1) else x


class Table:
    def __init__(self, memory, address):
        head = struct.unpack('<IHHHBBIIIIIQ16I', memory.read(address, 104))
        (magic, version, header_size, _, _, _, size, crc, flags, self.count,
         reserved, self.base) = head[:12]
        assert (magic, version, header_size) == (0x31535452, 1, 104)
        assert flags == reserved == 0 and self.base == address
        self.memory = memory
        self.data = memory.read(address, size)
        assert crc32c(self.data) == crc
        names = ('text', 'mark', 'slot', 'form', 'encoding', 'bytes',
                 'stream', 'string')
        self.at = dict(zip(names, zip(head[12::2], head[13::2])))
        self.text = self.array('text', '<qQ')
        self.marks = self.array('mark', '<iiIII')
        self.slots = self.array('slot', '<iHBBII')
        self.forms = self.array('form', '<BBHBBH')
        self.encodings = self.array('encoding', '<8B4H')

    def array(self, name, layout):
        off, count = self.at[name]
        size = struct.calcsize(layout)
        return [struct.unpack_from(layout, self.data, off + i * size)
                for i in range(count)]

    def pool(self, at, n):
        off, size = self.at['bytes']
        assert at + n <= size
        return self.data[off + at:off + at + n]

    def sites(self, slot):
        at = self.at['stream'][0] + slot[5]
        address = self.base + self.text[0][0]
        form = operand = None
        for _ in range(slot[4]):
            n, at = leb(self.data, at, False)
            address += n >> 1
            if n & 1:
                form, at = leb(self.data, at, False)
            if self.forms[form][1] & 2:
                operand, at = leb(self.data, at, True)
                operand += address
            yield address, self.forms[form], operand

    def encode(self, e, length, source, place):
        x = source[e[1]]
        if e[2] & 1:
            x -= place + e[7]
        x = signed(x)
        y, bits = x >> e[3], e[4]
        fits = y << e[3] == x and {
            0: True,
            1: bits == 64 or -1 << (bits - 1) <= y < 1 << (bits - 1),
            2: 0 <= (y & M64) < 1 << bits,
            3: bits == 64 or -1 << (bits - 1) <= y < 1 << bits,
        }[e[5] if bits else 0]
        template, mask = self.pool(e[8], length), self.pool(e[9], length)
        n = int.from_bytes(bytes(a & b for a, b in zip(template, mask)),
                           'little')
        slices = self.pool(e[10], 3 * e[6])
        for i in range(0, 3 * e[6], 3):
            frm, count, to = slices[i:i + 3]
            n |= (y >> frm & (1 << count) - 1) << to
        return fits, n.to_bytes(length, 'little')

    def guard(self, e, v):
        kind = e[0] & 0x3f
        if kind < 2:
            return True
        if e[0] & 0x40:
            v = v - self.base & M64
        data = self.pool(e[11], 8 if kind == 2 else 16)
        if kind == 2:
            holds = v == struct.unpack('<Q', data)[0]
        elif kind == 3:
            mask, value = struct.unpack('<QQ', data)
            holds = v & mask == value
        elif kind == 6:
            low, more = struct.unpack('<QQ', data)
            holds = v - low & M64 <= more
        else:
            raise ValueError('guard %#x' % e[0])
        return holds != bool(e[0] & 0x80)

    def bind(self, slot, place, form, operand):
        length, flags, first, count = form[:4]
        address = self.base + slot[0]
        raw = self.memory.read(address, slot[2])
        v = int.from_bytes(raw, 'little', signed=bool(flags & 1)) & M64
        stub = self.base + self.marks[slot[1]][1]
        source = [0, v, address, stub, operand or 0]
        forms = self.encodings[first:first + count]
        tries = [self.encode(e, length, source, place) for e in forms]
        for i, (e, (fits, text)) in enumerate(zip(forms, tries)):
            if fits and self.guard(e, v):
                return i, tries[-1][1], text
        raise ValueError('not even the linked encoding fits')

    def all_sites(self):
        rows = []
        for slot in self.slots:
            for place, form, operand in self.sites(slot):
                i, linked, bound = self.bind(slot, place, form, operand)
                assert self.memory.read(place, form[0]) == linked
                rows.append((place, self.base + slot[0], i, linked.hex(),
                             bound.hex()))
        assert len(rows) == self.count
        return sorted(rows)


if __name__ == '__main__':
    for row in Table(Memory(sys.argv[1]), int(sys.argv[2], 0)).all_sites():
        print('%#x %#x %d %s %s' % row)
