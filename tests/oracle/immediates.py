#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""immediates.py - what a bound site says, against gas and objdump

	immediates.py LD_WRAP RTS_DUMP INCLUDE MACHINE MODE...

The sites of sites.py, assembled by gas and by clang and linked by ld-wrap, are
bound to values at every edge.  objdump must read each as one instruction, and
as the same one as what gas makes of the instruction with a constant in place
of the variable; only ignored prefixes and the choice among opcodes that mean
the same are free.  A content that no immediate can say must be kept.

Sites take turns among the marks, and marks among the values: each site sees
every third value (all, with RTS_LONG=1), each instruction and value meet in
several registers.

Prints what oracle.py prints.
"""
import json
import os
import re
import sys
from collections import defaultdict

from oracle import INCLUDE, LD_WRAP, M32, M64, RTS_DUMP, is_s32, run, \
    signed, text_of, without_padding, write
from sites import sites

MACHINE, MODES = sys.argv[4], sys.argv[5:]
BITS = {"x86-64": 64, "i386": 32}[MACHINE]
BASE, DATA = 0x401000, 0x480000
MARKS = 13

# By assembler: words for the linked form.
ASSEMBLERS = {
    "gas": ["gcc", f"-m{BITS}", "-Wa,-mindex-reg", "-c"],
    "clang": ["clang", f"-m{BITS}", "-c"],
}
LD = {"x86-64": [], "i386": ["-m", "elf_i386"]}[MACHINE]
OBJDUMP = {"x86-64": "i386:x86-64", "i386": "i386"}[MACHINE]


def values():
    """Both sides of each edge of 8, 16, 32 and 64 bits, in both signs."""
    some = {0, 1, 2, M64, 0x123456789abcdef0, 0x5a5a5a5a, 0x8000000080008080}
    for bits in (7, 8, 15, 16, 31, 32, 63):
        edge = 1 << bits
        some |= {n & M64 for n in (edge - 1, edge, edge + 1, -edge - 1, -edge)}
    if BITS == 32:
        some = {n & M32 for n in some}
    return sorted(some)


VALUES = values()
LONG = os.environ.get("RTS_LONG") == "1"
ROUNDS = len(VALUES) if LONG else 14
STEP = 1 if LONG else 3


def tags():
    """What rts-dump calls a form."""
    with open(INCLUDE + "/rts/tags.def", encoding="ascii") as f:
        return {text: name for name, text in re.findall(
            r'^RTS_TAG\(\w+, \d+, "([^"]*)", "([^"]*)"\)', f.read(), re.M)}


TAGS = tags()

HEAD = """#include "rtstatic.h"
	.data
	.balign 8
""" + "".join(f"""	.globl x{n}; .type x{n},@object; .size x{n}, 8
x{n}:	.zero 8
	RTS_VAR(x{n})
""" for n in range(MARKS)) + """	.text
	.globl _start
	.type _start,@function
_start:	nop
"""


def source(all_sites):
    lines = [HEAD]
    for n, s in enumerate(all_sites):
        lines.append(f"s{n}:\t{s.text.format(x=f'x{n % MARKS}')}; nop\n")
    lines.append("\t.size _start, . - _start\n")
    lines.append('\t.section .note.GNU-stack,"",@progbits\n')
    return "".join(lines)


# ---- what is expected ----------------------------------------------------

def wanted(site, v):
    """gas's words for all that the site may become; none: it is kept."""
    bits = 8 * site.width
    v &= (1 << bits) - 1
    s = signed(v, bits)
    fits, small = is_s32(s), v <= M32
    if site.limit == "any":
        return [text.format(v, s) for text in site.want]
    if site.limit == "s32":
        return [site.want[0].format(s)] if fits else []
    # The 64-bit one extends a sign, the 32-bit one zeros.
    both = []
    if fits:
        both.append(site.want[0].format(s))
    if small:
        both.append(site.want[1].format(v))
    return both


def disassemble(stem, text, starts):
    """objdump's words and length for what begins at each of these offsets:
    each is decoded by itself, from code in which nothing follows it."""
    raw = write(stem + ".raw", text, "wb")
    said = {}
    for line in run("objdump", "-D", "-w", "-b", "binary", "-m", OBJDUMP,
                    raw).splitlines():
        part = line.split("\t")
        if len(part) == 3:
            said[int(part[0].strip(" :"), 16)] = (
                len(part[1].split()), " ".join(part[2].split()))
    return [said.get(at, (0, "nothing")) for at in starts]


SLOT = 32		# bytes for each instruction


def padded(codes):
    return b"".join(c + b"\x90" * (SLOT - len(c)) for c in codes)


def assemble(stem, texts):
    """objdump's words for what gas makes of each of these."""
    write(stem + ".s", "".join(f"\t.balign {SLOT}, 0x90; {t}\n"
                               for t in texts))
    run("as", f"--{BITS}", "-o", stem + ".o", stem + ".s")
    text = text_of(stem + ".o", stem + ".bin")
    return [said for _, said in disassemble(stem, text, range(
        0, SLOT * len(texts), SLOT))]


# ---- one image -----------------------------------------------------------

class Image:
    def __init__(self, assembler):
        self.name = assembler
        self.sites = sites(MACHINE, MODES)
        run(*ASSEMBLERS[assembler], "-I", INCLUDE, "-o", assembler + ".o",
            write(assembler + ".S", source(self.sites)))
        run(LD_WRAP, *LD, "-static", f"-Ttext={BASE:#x}", f"-Tdata={DATA:#x}",
            "-o", assembler, assembler + ".o")
        self.at = {}
        for line in run("nm", assembler).splitlines():
            address, _, name = line.split()
            if name[0] == "s" and name[1:].isdigit():
                self.at[int(address, 16)] = int(name[1:])

    def dump(self, contents):
        words = [f"--set=x{n}={v:#x}" for n, v in enumerate(contents)]
        found = json.loads(run(RTS_DUMP, "--sites", "--json", *words,
                               self.name))
        for s in found["sites"]:
            yield (self.at.get(int(s["address"], 16)), s["mark"], s["bound"],
                   TAGS[found["forms"][s["form"]]["tag"]],
                   bytes.fromhex(s["linked"]["bytes"]),
                   bytes.fromhex(s["after"]["bytes"]))


def why_wrong(site, bound, linked, after, said, gas):
    if not gas:
        return "must be kept" if bound or after != linked else None
    if not bound:
        return f"kept, but it can be {gas[0]}"
    length, words = said
    if length != len(linked):
        return f"objdump sees {length} bytes: {words}"
    if without_padding(words) not in gas:
        return f"objdump says {words}, not {' or '.join(gas)}"
    return None


def compare(image, contents, groups):
    found = list(image.dump(contents))
    texts, wants = [], []
    for n, _, _, _, _, _ in found:
        want = wanted(image.sites[n], contents[n % MARKS]) if n is not None \
            else []
        wants.append((len(texts), len(want)))
        texts += want
    gas = assemble(image.name + ".want", texts)
    said = disassemble(image.name, padded(f[5] for f in found),
                       range(0, SLOT * len(found), SLOT))
    for (n, mark, bound, tag, linked, after), (at, count), words in zip(
            found, wants, said):
        if n is None or mark != f"x{n % MARKS}":
            groups["strange"].append(f"{mark} {linked.hex()}")
            continue
        site = image.sites[n]
        bad = why_wrong(site, bound, linked, after, words,
                        gas[at:at + count])
        if tag != site.tag:
            bad = f"is of form {tag}"
        groups[site.tag].append(bad and f"{image.name} {site.name} "
                                f"{contents[n % MARKS]:#x} {linked.hex()} -> "
                                f"{after.hex()}: {bad}")
        counts[f"{site.tag} {'bound' if bound else 'kept'}"] += 1


counts = defaultdict(int)


def main():
    expected = defaultdict(int)
    for s in sites(MACHINE, MODES):
        expected[s.tag] += ROUNDS
    for assembler in ASSEMBLERS:
        image, groups = Image(assembler), defaultdict(list)
        for r in range(ROUNDS):
            compare(image, [VALUES[(STEP * r + k) % len(VALUES)]
                            for k in range(MARKS)], groups)
        for tag, count in expected.items():
            results = groups.pop(tag, [])
            bad = [line for line in results if line]
            good = not bad and len(results) == count
            print(f"{'ok' if good else 'not ok'} {MACHINE} {tag} {assembler}:"
                  f" {len(results)} of {count} sites")
            for line in bad[:5]:
                print(f"# {line}")
        for tag, lines in groups.items():
            print(f"not ok {MACHINE} {assembler}: {tag}")
            for line in lines[:5]:
                print(f"# {line}")
    for what, n in sorted(counts.items()):
        print(f"count {n} {what}")


if __name__ == "__main__":
    main()
