# SPDX-License-Identifier: GPL-3.0-or-later
"""witness.py - what a kernel image says about pv_ops, read without ld-wrap

    witness.py sites VMLINUX       compare .rts.rela with .parainstructions
    witness.py references VMLINUX  emitted relocations against pv_ops

`sites' prints TYPE ADDRESS for every site that the kernel's own table does
not know, then the counts; status 1 if the kernel knows one that is missing.
`references' prints how many of the emitted relocations stand in code and how
many in data.  Only the ELF structures that are needed, little-endian 64 bit.
"""
import struct
import sys

SHT_RELA = 4
SHF_EXECINSTR = 4
PARAVIRT_ENTRY = 16		# struct paravirt_patch_site of Linux 6.1
RTS_RELOC_BASE = 192


class Elf:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        if self.data[:6] != b"\x7fELF\x02\x01":
            sys.exit(f"{path}: not a little-endian 64-bit ELF file")
        shoff, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        self.sections = []
        for i in range(count):
            h = struct.unpack_from("<IIQQQQIIQQ", self.data, shoff + i * size)
            self.sections.append(dict(zip(
                ("name", "type", "flags", "addr", "offset", "size", "link",
                 "info", "align", "entsize"), h)))
        strings = self.sections[names]
        for s in self.sections:
            s["name"] = self.string(strings, s["name"])

    def string(self, section, at):
        start = section["offset"] + at
        return self.data[start:self.data.index(b"\0", start)].decode()

    def named(self, name):
        for s in self.sections:
            if s["name"] == name:
                return s
        return sys.exit(f"no section {name}")

    def content(self, section):
        start = section["offset"]
        return self.data[start:start + section["size"]]

    def symbols(self, name):
        """The indices of all symbols of that name."""
        table = self.named(".symtab")
        strings = self.sections[table["link"]]
        for i, s in enumerate(struct.iter_unpack("<IBBHQQ",
                                                 self.content(table))):
            if s[0] and self.string(strings, s[0]) == name:
                yield i

    def relocations(self, section):
        """(offset, symbol, type, addend) of each."""
        for offset, info, addend in struct.iter_unpack(
                "<QQq", self.content(section)):
            yield offset, info >> 32, info & 0xffffffff, addend


def sites(elf):
    kernel = {e[0] for e in struct.iter_unpack(
        "<QBB6x", elf.content(elf.named(".parainstructions")))}
    ours = {offset: kind - RTS_RELOC_BASE for offset, _, kind, _
            in elf.relocations(elf.named(".rts.rela"))}
    for address in sorted(ours.keys() - kernel):
        print(f"extra {ours[address]} {address:#x}")
    missing = sorted(kernel - ours.keys())
    for address in missing:
        print(f"missing {address:#x}")
    print(f"kernel {len(kernel)}")
    print(f"ours {len(ours)}")
    return 1 if missing or not kernel else 0


def references(elf):
    wanted = set(elf.symbols("pv_ops"))
    count = {"code": 0, "data": 0}
    for s in elf.sections:
        if s["type"] != SHT_RELA or s["info"] == 0:
            continue
        target = elf.sections[s["info"]]
        if target["name"] == ".rts.mark":
            continue		# ld-wrap's own words are no witness
        code = target["flags"] & SHF_EXECINSTR
        for _, symbol, _, _ in elf.relocations(s):
            if symbol in wanted:
                count["code" if code else "data"] += 1
    for what, n in count.items():
        print(what, n)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("sites", "references"):
        sys.exit(__doc__)
    sys.exit(globals()[sys.argv[1]](Elf(sys.argv[2])))
