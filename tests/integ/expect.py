# SPDX-License-Identifier: GPL-3.0-or-later
"""What text must look like, computed from doc/rts-abi.md alone.

    expect.py FILE TABLE-ADDRESS [ADDRESS:WIDTH=VALUE...]

prints the `site' lines (without names) and the `text' lines of rts-dump
--expect --sites, for the contents of FILE but for those given.
"""
import hashlib
import os
import struct
import sys

sys.path.insert(0, os.environ['RTS_SRCDIR'] + '/tests/lib')
import second_reader as reader


class Changed(reader.Memory):
    """Memory in which some contents were set."""

    def __init__(self, path, settings):
        super().__init__(path)
        self.set = {}
        for one in settings:
            where, value = one.split('=')
            address, width = (int(n, 0) for n in where.split(':'))
            value = int(value, 0) & ((1 << 8 * width) - 1)
            for i, byte in enumerate(value.to_bytes(width, 'little')):
                self.set[address + i] = byte

    def read(self, address, n):
        data = super().read(address, n)
        if self.set:
            data = bytes(self.set.get(address + i, byte)
                         for i, byte in enumerate(data))
        return data


def executable_sections(data):
    """(address, size, name) of each section with SHF_EXECINSTR"""
    offset, = struct.unpack_from('<Q', data, 40)
    size, count, strings = struct.unpack_from('<HHH', data, 58)
    headers = [struct.unpack_from('<IIQQQQIIQQ', data, offset + i * size)
               for i in range(count)]
    names = headers[strings][4]
    for h in headers:
        if h[2] & 4 and h[5]:
            start = names + h[0]
            yield h[3], h[5], data[start:data.index(b'\0', start)].decode()


memory = Changed(sys.argv[1], sys.argv[3:])
sites = reader.Table(memory, int(sys.argv[2], 0)).all_sites()
for address, _, _, _, bound in sites:
    print('site', hex(address), bound)
for address, size, name in sorted(executable_sections(memory.file)):
    text = bytearray(memory.read(address, size))
    for at, _, _, _, bound in sites:
        if address <= at < address + size:
            bound = bytes.fromhex(bound)
            text[at - address:at - address + len(bound)] = bound
    print('text', hex(address), size, 'sha256',
          hashlib.sha256(text).hexdigest(), name)
