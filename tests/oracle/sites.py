#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""sites.py - every form, over registers, widths and addressing modes

	sites.py MACHINE MODE...	writes what exec-sites.S includes

MACHINE is x86-64 or i386.  MODE is how the operand is addressed: pc, abs,
moffs; on i386 also sib, the longer way to say abs.  immediates.py uses the
same list, without the branches, which are oracle.py's there.  Written from
the manual: for each instruction what it means with a constant in place of the
variable, and which constants an immediate can say.
"""
import sys
from collections import namedtuple

# tag	as rts-dump names the form
# width	bytes of the slot
# limit	which contents bind: any, s32 (as 64 bits), load (s32, u32 or near),
#	mask (s32 or u32), near (within 2 GiB of the site)
# text	the instruction; {x} is the operand
# want	with a constant instead: {0} is the content, zero-extended, {1}
#	sign-extended from its width; several if all of them will do
# name	for labels
Site = namedtuple("Site", "tag width limit text want name mode")

WIDTHS = {1: "b", 2: "w", 4: "l", 8: "q"}
ALU = "add or adc sbb and sub xor cmp".split()


def registers(machine):
    """Names by width: a list for each.  8 bits: with REX, then the four that
    have none."""
    legacy = "ax cx dx bx sp bp si di".split()
    if machine == "i386":
        return {1: "al cl dl bl ah ch dh bh".split(), 2: legacy,
                4: ["e" + r for r in legacy]}
    new = [f"r{n}" for n in range(8, 16)]
    return {1: "al cl dl bl spl bpl sil dil".split() +
               [r + "b" for r in new] + "ah ch dh bh".split(),
            2: legacy + [r + "w" for r in new],
            4: ["e" + r for r in legacy] + [r + "d" for r in new],
            8: ["r" + r for r in legacy] + new}


OPERAND = {
    "x86-64": {"pc": "{x}(%rip)", "abs": "{x}"},
    "i386": {"abs": "{x}", "sib": "{x}(,%eiz,1)"},
}


class List:
    def __init__(self, machine):
        self.machine, self.sites = machine, []
        self.registers = registers(machine)
        self.widths = [w for w in WIDTHS if w in self.registers]

    def add(self, tag, width, limit, text, want, name, mode):
        if isinstance(want, str):
            want = (want,)
        self.sites.append(Site(tag, width, limit, text, want,
                               f"{name}_{mode}", mode))

    # ---- one instruction, all registers -------------------------------------

    def loads(self, mode, at):
        tags = {1: "load8", 2: "load16", 4: "load32", 8: "load64"}
        for w in self.widths:
            for n, r in enumerate(self.registers[w]):
                insn = f"mov{WIDTHS[w]}"
                want = (f"{insn} ${{0}},%{r}",)
                if w == 8:
                    want = self.load64(n)
                self.add(tags[w], w, "load" if w == 8 else "any",
                         f"{insn} {at},%{r}", want, f"mov_{r}", mode)

    def load64(self, n):
        r64, r32 = self.registers[8][n], self.registers[4][n]
        return (f"movq ${{0}},%{r64}", f"movl ${{0}},%{r32}",
                f"lea {{0}}(%rip),%{r64}")

    def extensions(self, mode, at):
        """movzx, movsx, movsxd: from every width to every larger one."""
        for w in (1, 2):
            for to in self.widths:
                if to <= w:
                    continue
                for n, r in enumerate(self.registers[to]):
                    self.extension(mode, at, w, to, n, r)
        if self.machine == "x86-64":
            for r in self.registers[8]:
                self.add("load32s", 4, "any", f"movslq {at},%{r}",
                         f"movq ${{1}},%{r}", f"movslq_{r}", mode)

    def extension(self, mode, at, w, to, n, r):
        zero = [f"mov{WIDTHS[to]} ${{0}},%{r}"]
        if to == 8:
            zero.append(f"movl ${{0}},%{self.registers[4][n]}")
        for kind, want in (("z", zero), ("s", f"mov{WIDTHS[to]} ${{1}},%{r}")):
            insn = f"mov{kind}{WIDTHS[w]}{WIDTHS[to]}"
            self.add(f"load{kind}x", w, "any", f"{insn} {at},%{r}",
                     tuple(want) if kind == "z" else want,
                     f"{insn}_{r}", mode)

    def arithmetic(self, mode, at):
        for w in self.widths:
            limit = "s32" if w == 8 else "any"
            for r in self.registers[w]:
                for op in ALU + ["test"]:
                    tag = op if op in ("cmp", "test") else "alu"
                    insn = op + WIDTHS[w]
                    text = f"{insn} %{r},{at}" if op == "test" else \
                        f"{insn} {at},%{r}"
                    self.add(tag, w, limit, text, f"{insn} ${{0}},%{r}",
                             f"{op}_{r}", mode)
                if w > 1:
                    self.add("imul", w, limit, f"imul{WIDTHS[w]} {at},%{r}",
                             f"imul{WIDTHS[w]} ${{0}},%{r},%{r}",
                             f"imul_{r}", mode)

    def declared(self, mode, at):
        """rts_const() and rts_mask(), as rtstatic.h writes them."""
        if self.machine == "i386":
            return
        for n, r in enumerate(self.registers[8]):
            self.add("const", 8, "any",
                     f".byte 0x2e, 0x2e, 0x2e; movq {at},%{r}",
                     f"movabs ${{0}},%{r}", f"const_{r}", mode)
            self.add("mask", 8, "mask", f".byte 0x2e, 0x2e; andq {at},%{r}",
                     (f"andq ${{0}},%{r}",
                      f"andl ${{0}},%{self.registers[4][n]}"),
                     f"mask_{r}", mode)

    def push(self, mode, at):
        if self.machine == "i386":
            self.add("push-slot", 4, "any", f"pushl {at}", "pushl ${0}",
                     "push", mode)
        else:
            self.add("push-slot", 8, "s32", f"pushq {at}", "pushq ${0}",
                     "push", mode)

    def moffs(self):
        """The accumulator's own opcodes, a0 and a1."""
        x = "{x}"
        opcode = {1: "0xa0", 2: "0x66, 0xa1", 4: "0xa1", 8: "0x48, 0xa1"}
        field = ".quad" if self.machine == "x86-64" else ".long"
        tags = {1: "load8", 2: "load16", 4: "load32", 8: "load64"}
        for w in self.widths:
            r = self.registers[w][0]
            insn = "movabs" if w == 8 else "mov" + WIDTHS[w]
            self.add(tags[w], w, "any",
                     f".byte {opcode[w]}; {field} {x}",
                     f"{insn} ${{0}},%{r}", f"moffs_{r}", "moffs")


def sites(machine, modes):
    made = List(machine)
    for mode in modes:
        if mode == "moffs":
            made.moffs()
            continue
        at = OPERAND[machine][mode]
        for part in (made.loads, made.extensions, made.arithmetic,
                     made.declared, made.push):
            part(mode, at)
    return made.sites


CC = "o no b ae e ne be a s ns p np l ge le g".split()


def branches(machine, modes):
    """Through the pointer `pointer', and to the stub `stub'."""
    made = List(machine)

    def add(tag, text, name, mode):
        made.add(tag, 0, "near", text, "", name, mode)

    for mode in modes:
        if mode == "moffs":
            continue
        at = OPERAND[machine][mode].format(x="pointer")
        for prefix, text in (("", ""), ("notrack", ".byte 0x3e; "),
                             ("bnd", ".byte 0xf2; ")):
            for op in ("call", "jmp"):
                add(op + "-slot", f"{text}{op} *{at}", op + prefix, mode)
    for prefix, text in (("", ""), ("cs", ".byte 0x2e; "),
                         ("bnd", ".byte 0xf2; ")):
        for op in ("call", "jmp"):
            add(op, f"{text}{op} stub", op + prefix, "direct")
    for prefix, text in (("", ""), ("pn", ".byte 0x2e; "),
                         ("pt", ".byte 0x3e; ")):
        for cc in CC:
            add("jcc", f"{text}j{cc} stub", "j" + cc + prefix, "direct")
    return made.sites


def main():
    """One `use' of exec-sites.S for each."""
    machine, modes = sys.argv[1], sys.argv[2:]
    for s in sites(machine, modes) + branches(machine, modes):
        text = s.text.format(x="x")
        print(f'\tuse "{s.tag}", {s.limit}, {s.width}, "{s.name}", "{text}"')


if __name__ == "__main__":
    main()
