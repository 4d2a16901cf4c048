#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""
simulate.py - does a bound site do what the linked one did?

	simulate.py RTS_DUMP IMAGE REPORT.json [VALUES]

For many contents of the marked memory, each site of IMAGE runs twice in an
emulated CPU, with the same registers and flags: once in the text as linked,
once in the text as rts-dump says that it is when bound.  Registers, flags,
stack and the next instruction must be the same.  A branch that a comparison
decides is run from that comparison (REPORT says where the use is).  A declared
use (rts_if() and its like) is run, as linked, on through its path out of line;
what its macro lets go is not compared.  Not run are bodies in the place of
calls, which are not the function's own instructions, and calls of retpolines:
their counts are printed.  The emulator (Unicorn) knows nothing of ld-wrap and
rtld.

Prints lines "FORM: N sites, M runs, K different" and each difference, and a
last line with totals; the status is 1 if there was a difference.
"""
import json
import random
import struct
import subprocess
import sys
from collections import Counter

from unicorn import (UC_ARCH_X86, UC_ERR_FETCH_UNMAPPED, UC_MODE_32,
                     UC_MODE_64, Uc, UcError)
from unicorn import x86_const as x86

PAGE = 4096
STACK, SCRATCH, SIZE = 0x7000000, 0x6000000, 0x100000
FLAGS = 0xcd5			# CF PF AF ZF SF DF OF
STEPS = 24			# of a window, at most


def program_segments(path):
    """(address, bytes, size in memory) of each loaded segment, and class"""
    with open(path, "rb") as f:
        data = f.read()
    wide = data[4] == 2
    if wide:
        offset, size, count = (struct.unpack_from("<Q", data, 32)[0],
                               *struct.unpack_from("<HH", data, 54))
    else:
        offset, size, count = (struct.unpack_from("<I", data, 28)[0],
                               *struct.unpack_from("<HH", data, 42))
    found = []
    for i in range(count):
        at = offset + i * size
        if struct.unpack_from("<I", data, at)[0] != 1:
            continue
        if wide:
            start, address, _, filled, memory = struct.unpack_from(
                "<QQQQQ", data, at + 8)
        else:
            start, address, _, filled, memory = struct.unpack_from(
                "<IIIII", data, at + 4)
        found.append((address, data[start:start + filled], memory))
    return found, wide


class Machine:
    """An emulated CPU with the image in its memory."""

    def __init__(self, segments, wide):
        self.wide = wide
        self.cpu = Uc(UC_ARCH_X86, UC_MODE_64 if wide else UC_MODE_32)
        pages = set()
        for address, _, memory in segments:
            pages.update(range(address // PAGE,
                               (address + memory + PAGE - 1) // PAGE))
        for first, last in runs(sorted(pages)):
            self.cpu.mem_map(first * PAGE, (last - first + 1) * PAGE)
        for address, data, _ in segments:
            self.cpu.mem_write(address, bytes(data))
        for area in (STACK, SCRATCH):
            self.cpu.mem_map(area, SIZE)
        names = ("RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 "
                 "R15" if wide else "EAX ECX EDX EBX ESP EBP ESI EDI")
        self.registers = [getattr(x86, "UC_X86_REG_" + n)
                          for n in names.split()]
        self.pc = x86.UC_X86_REG_RIP if wide else x86.UC_X86_REG_EIP

    def set_memory(self, contents):
        for address, data in contents:
            self.cpu.mem_write(address, data)

    def write_text(self, address, data):
        """The emulator keeps what it has translated."""
        self.cpu.mem_write(address, data)
        self.cpu.ctl_remove_cache(address, address + len(data))

    def run(self, start, end, registers, flags, goal=None):
        """To the first instruction outside [start, end), or on to goal."""
        cpu = self.cpu
        for number, value in zip(self.registers, registers):
            cpu.reg_write(number, value)
        cpu.reg_write(x86.UC_X86_REG_EFLAGS, flags)
        cpu.mem_write(STACK, STACK_BYTES)
        cpu.mem_write(SCRATCH, SCRATCH_BYTES)
        pc, fault = start, 0
        try:
            for _ in range(STEPS):
                cpu.emu_start(pc, 0, count=1)
                pc = cpu.reg_read(self.pc)
                if pc == goal or (goal is None and not start < pc < end):
                    break
        except UcError as e:
            # There may be nothing where a branch leads; it has led there.
            fault = 0 if e.errno == UC_ERR_FETCH_UNMAPPED else e.errno
            pc = cpu.reg_read(self.pc)
        sp = cpu.reg_read(self.registers[4])
        return ([cpu.reg_read(n) for n in self.registers],
                cpu.reg_read(x86.UC_X86_REG_EFLAGS) & FLAGS, pc, fault,
                bytes(cpu.mem_read(sp, 64)) if STACK < sp < STACK + SIZE - 64
                else b"",
                bytes(cpu.mem_read(SCRATCH, PAGE)))


def runs(numbers):
    first = last = None
    for n in numbers:
        if first is None:
            first = last = n
        elif n == last + 1:
            last = n
        else:
            yield first, last
            first = last = n
    if first is not None:
        yield first, last


rng = random.Random(20261121)
STACK_BYTES = rng.randbytes(SIZE)
SCRATCH_BYTES = rng.randbytes(SIZE)


def dump(tool, image, settings):
    words = [tool, "--json"]
    for name, offset, width, value in settings:
        words.append(f"--set={name}+{offset:#x}:{width}={value:#x}")
    words.append(image)
    return json.loads(subprocess.run(words, check=True,
                                     stdout=subprocess.PIPE).stdout)


def interesting(slot, forms, text, header):
    """Contents worth a try for a slot, its forms' limits among them."""
    bits = 8 * slot["width"]
    values = [0, 1, -1, 1 << (bits - 1), (1 << (bits - 1)) - 1, 2, 7, 12]
    for n in (7, 8, 15, 16, 31, 32):
        values += [1 << n, (1 << n) - 1, -(1 << n), -(1 << n) - 1]
    values += [text, text + 0x1234, text - (1 << 32)]
    for form in forms:
        for encoding in form["encodings"]:
            data = [int(word, 16) for word in encoding["guard"]["data"]]
            base = header if encoding["guard"]["relative"] else 0
            for n in data + [sum(data)]:
                values += [base + n - 1, base + n, base + n + 1]
    return sorted({v & ((1 << bits) - 1) for v in values})


def sites_of(report):
    """By address of a site: what it is, where the use begins that it is of."""
    return {int(site["address"], 16): (site["tag"], int(use["instruction"], 16))
            for mark in report["marks"] for use in mark["uses"]
            for site in use["sites"]}


def start_of(address, tag, use):
    """A branch, or what else a comparison decides, from that one on.  Other
    sites stand alone: a call that a load has prepared, too, as that would make
    an emulation of the two; rts_if() and its like are far from their use."""
    return use if tag in ("branch", "setcc", "cmov") else address


# What is run, as linked, on through a path out of line or a stub, and what that
# may change: a macro names it as clobbered, or it is a scratch register of the
# calling convention that a stub uses.
ON_THROUGH = {"if": "flags", "shift": "flags rcx", "call": "flags r11",
              "jmp": "flags r11", "jcc": "flags r11"}
LETS_GO = dict(ON_THROUGH, mask="flags")


def without(result, gone):
    registers, flags, *rest = result
    registers = [0 if (n == 1 and "rcx" in gone) or (n == 11 and "r11" in gone)
                 else value for n, value in enumerate(registers)]
    return [registers, 0 if "flags" in gone else flags, *rest]


def is_run(site, tag):
    """Is it the same instructions' work on both sides?"""
    if "thunk" in tag or tag == "call-window":
        return False
    after = bytes.fromhex(site["after"]["bytes"]).lstrip(b"\x2e\x67\xf2\x3e")
    if tag in ("call", "call-slot"):
        return after[:1] in (b"\xe8", b"\xff")
    if tag in ("jmp", "jmp-slot"):
        return after[:1] in (b"\xe9", b"\xff")
    return True


def state(wide, pointers):
    width = 64 if wide else 32
    count = 16 if wide else 8
    if pointers:
        registers = [SCRATCH + 0x800 + 8 * rng.randrange(64)
                     for _ in range(count)]
    else:
        registers = [rng.getrandbits(width) for _ in range(count)]
    registers[4] = STACK + SIZE // 2
    return registers, rng.getrandbits(12) & FLAGS & ~0x400 | 0x202


def contents_of(slots, settings):
    """(address, bytes) of each slot"""
    where = {(s["mark"], s["offset"], s["width"]): int(s["address"], 16)
             for s in slots}
    return [(where[name, offset, width], value.to_bytes(width, "little"))
            for name, offset, width, value in settings]


def differences(a, b):
    """(what, linked, bound) of two results"""
    for n, (x, y) in enumerate(zip(a[0], b[0])):
        if x != y:
            yield f"register {n}", x, y
    for what, x, y in zip(("flags", "next", "fault"), a[1:4], b[1:4]):
        if x != y:
            yield what, x, y
    if a[4:] != b[4:]:
        yield "memory", 0, 0


def main():
    tool, image, report_path = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 12
    segments, wide = program_segments(image)
    with open(report_path, encoding="utf-8") as f:
        known = sites_of(json.load(f))
    first = dump(tool, image, [])
    by_slot = {}
    for site in first["sites"]:
        by_slot.setdefault((site["mark"], site["offset"]), set()).add(
            site["form"])
    text = int(first["text"][0]["start"], 16) if first["text"] else 0
    choices = {}
    for slot in first["slots"]:
        key = slot["mark"], slot["offset"]
        forms = [first["forms"][n] for n in sorted(by_slot.get(key, ()))]
        choices[key, slot["width"]] = interesting(slot, forms, text,
                                                    int(first["address"], 16))
    linked, bound = Machine(segments, wide), Machine(segments, wide)
    sites, done, bad, faults, changed, skipped = (Counter()
                                                  for _ in range(6))
    for site in first["sites"]:
        sites[known[int(site["address"], 16)][0]] += 1
    shown = 0
    for turn in range(rounds):
        settings = []
        for (key, width), values in choices.items():
            value = (values[turn % len(values)] if turn < rounds // 2
                     else rng.choice(values))
            settings.append((*key, width, value))
        now = dump(tool, image, settings)
        contents = contents_of(now["slots"], settings)
        for machine in (linked, bound):
            machine.set_memory(contents)
        for site in now["sites"]:
            bound.write_text(int(site["address"], 16),
                             bytes.fromhex(site["after"]["bytes"]))
        for site in now["sites"]:
            address = int(site["address"], 16)
            tag, use = known[address]
            start = start_of(address, tag, use)
            end = address + len(site["linked"]["bytes"]) // 2
            if not is_run(site, tag):
                skipped[tag] += 1
                continue
            changed[tag] += site["after"]["bytes"] != site["linked"]["bytes"]
            for pointers in (False, True):
                registers, flags = state(wide, pointers)
                b = bound.run(start, end, registers, flags)
                a = linked.run(start, end, registers, flags,
                               b[2] if tag in ON_THROUGH else None)
                a, b = (without(result, LETS_GO.get(tag, ""))
                        for result in (a, b))
                if start != address:
                    # What is between the two may have stored something.
                    for machine in (linked, bound):
                        machine.set_memory(contents)
                done[tag] += 1
                faults[tag] += a[3] != 0
                if a == b:
                    continue
                bad[tag] += 1
                shown += 1
                if shown <= 10:
                    print(f"# {tag} at {site['address']} in "
                          f"{site['function']}, {site['linked']['text']} -> "
                          f"{site['after']['text']}: differs")
                    print("#   " + ", ".join(
                        f"{what} {hex(x)}, not {hex(y)}"
                        for what, x, y in differences(a, b)))
    for tag, n in sorted(sites.items()):
        print(f"{tag}: {n} sites, {done[tag]} runs ({faults[tag]} end in a "
              f"fault), {changed[tag]} bound, {skipped[tag]} not run, "
              f"{bad[tag]} different")
    print(f"total: {sum(sites.values())} sites, {sum(done.values())} runs, "
          f"{sum(bad.values())} different")
    return 1 if sum(bad.values()) or not sum(done.values()) else 0


sys.exit(main())
