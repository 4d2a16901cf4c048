#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""oracle.py - bound sites against what an assembler and a linker make of the
same instruction

	oracle.py LD_WRAP RTS_DUMP INCLUDE

For each assembler and each layout one image with every linked form is made.
Then, for many contents of the marks, each site that rts-dump says is bound is
compared with the immediate or direct instruction, assembled by gas and placed
by plain ld so that it ends where the site ends; what is in front of it must
be prefixes that the CPU ignores.  objdump must read the site as that one
instruction.  What is expected is written down here from the manual, and not
taken from the image.

Prints one line a group, for oracle.sh:
	ok|not ok FORM ASSEMBLER VALUE: N of M sites
behind a failed one the sites that differ, as comments, and at the end how
often each instruction was compared:
	count N FORM INSTRUCTION
"""
import json
import subprocess
import sys
from collections import defaultdict

LD_WRAP, RTS_DUMP, INCLUDE = sys.argv[1:4]
G = 1 << 31			# 2 GiB
M64 = (1 << 64) - 1
M32 = (1 << 32) - 1

# name: text, data, can absolute addresses be encoded there
LAYOUTS = {
    "low": (0x401000, 0x480000, True),
    "high": (0x200401000, 0x200480000, False),
    "kernel": (0xffffffff81000000, 0xffffffff81800000, True),
}
ASSEMBLERS = {
    "gas": ["gcc", "-c"],
    "clang": ["clang", "-c"],
}

R64 = ("rax rcx rdx rbx rsp rbp rsi rdi "
       "r8 r9 r10 r11 r12 r13 r14 r15").split()
R32 = ("eax ecx edx ebx esp ebp esi edi "
       "r8d r9d r10d r11d r12d r13d r14d r15d").split()
CC = "o no b ae e ne be a s ns p np l ge le g".split()
NOP = 0x90
BND = ".byte 0xf2; "		# clang has no word for it

# Sites a value and assembler, all three layouts together.  A form that is not
# found, or a site that is missing, cannot pass for a success.
LOADS = 16 * 2 + 16 * 1 + 16 * 2
EXPECTED = {
    "load32": LOADS, "load64": LOADS, "load32s": LOADS,
    "push-slot": 5, "call-slot": 15, "jmp-slot": 15 + 3 * 3,
    "call": 9, "jmp": 9, "jcc": 18 * 3,
}
WIDTH = {"load32": 4, "load32s": 4}	# of the slot; else 8


class Use:
    """One line of the source: a site and what it is about."""

    def __init__(self, label, form, mark, text, **how):
        self.label, self.form, self.mark = label, form, mark
        self.text = text
        self.reg = how.get("reg")
        self.op = how.get("op")		# of the direct branch, with bnd


def loads(uses, mode, at):
    for n, reg in enumerate(R64):
        for form, mark, text in (
                ("load32", "x32", f"movl {at('x32')},%{R32[n]}"),
                ("load64", "x64", f"movq {at('x64')},%{reg}"),
                ("load32s", "x32s", f"movslq {at('x32s')},%{reg}")):
            uses.append(Use(f"s_{form}_{mode}_{reg}", form, mark, text,
                            reg=n))


def branches(uses, mode, at):
    uses.append(Use(f"s_push_{mode}", "push-slot", "xpush",
                    f"pushq {at('xpush')}"))
    for prefix in ("", "notrack ", "bnd "):
        kept = prefix if prefix == "bnd " else ""
        written = BND if kept else prefix
        for op in ("call", "jmp"):
            uses.append(Use(f"s_{op}_{mode}_{prefix.strip()}",
                            f"{op}-slot", f"x{op}",
                            f"{written}{op} *{at('x' + op)}",
                            op=kept + op))


def direct(uses):
    for op in ("call", "jmp"):
        uses.append(Use(f"s_{op}", op, f"f{op}", f"{op} f{op}", op=op))
        uses.append(Use(f"s_{op}_bnd", op, f"f{op}", BND + f"{op} f{op}",
                        op="bnd " + op))
        uses.append(Use(f"s_{op}_cs", op, f"f{op}",
                        f".byte 0x2e; {op} f{op}", op=op))
    for cc in CC:
        uses.append(Use(f"s_j{cc}", "jcc", "fjcc", f"j{cc} fjcc",
                        op="j" + cc))
    uses.append(Use("s_jne_pn", "jcc", "fjcc", ".byte 0x2e; jne fjcc",
                    op="jne"))
    uses.append(Use("s_jne_pt", "jcc", "fjcc", ".byte 0x3e; jne fjcc",
                    op="jne,pt"))
    for stub in ("fcall", "fjmp", "fjcc"):	# they are sites, too
        uses.append(Use(stub, "jmp-slot", stub, None, op="jmp"))


def all_uses(absolute):
    uses = []
    for mode, at in (("pc", lambda x: x + "(%rip)"), ("abs", str)):
        if mode == "pc" or absolute:
            loads(uses, mode, at)
            branches(uses, mode, at)
    direct(uses)
    return uses


DATA = """
#include "rtstatic.h"
	.data
	.balign 8
#define OBJECT(name, bytes) \\
	.globl name; .type name,@object; .size name, bytes; \\
name:	.zero bytes
	OBJECT(x64, 8)
	OBJECT(xpush, 8)
	OBJECT(xcall, 8)
	OBJECT(xjmp, 8)
	OBJECT(slot_fcall, 8)
	OBJECT(slot_fjmp, 8)
	OBJECT(slot_fjcc, 8)
	OBJECT(x32, 4)
	OBJECT(x32s, 4)
	RTS_VAR(x64)
	RTS_VAR(x32)
	RTS_VAR(x32s)
	RTS_VAR(xpush)
	RTS_OPS(xcall)
	RTS_OPS(xjmp)
	RTS_FUNC(fcall, slot_fcall)
	RTS_FUNC(fjmp, slot_fjmp)
	RTS_FUNC(fjcc, slot_fjcc)
#define STUB(name) \\
	.section .text.stub, "ax", @progbits; \\
	.globl name; .hidden name; .type name,@function; \\
name:	jmp *slot_##name(%rip); \\
	.size name, . - name
	STUB(fcall)
	STUB(fjmp)
	STUB(fjcc)
	.text
	.globl _start, near
	.type _start,@function
_start:	nop
"""


def source(uses):
    lines = [DATA]
    lines += [f"{u.label}:\t{u.text}; nop\n" for u in uses if u.text]
    lines.append("\t.size _start, . - _start\n")
    lines.append("near:\tret\n")
    lines.append('\t.section .note.GNU-stack,"",@progbits\n')
    return "".join(lines)


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"oracle.py: {' '.join(words)[:200]}\n{done.stderr[:2000]}")
    return done.stdout


def write(name, text, mode="w"):
    with open(name, mode) as f:
        f.write(text)
    return name


def text_of(image, out):
    run("objcopy", "-O", "binary", "-j", ".text", image, out)
    with open(out, "rb") as f:
        return f.read()


# ---- what is expected ------------------------------------------------------

def signed(x, bits=64):
    x &= (1 << bits) - 1
    return x - (1 << bits) if x >> (bits - 1) else x


def is_s32(x):
    return -G <= signed(x) < G


def target(v):
    """A symbol with this value: with a symbol gas always takes 32-bit fields,
    and ld refuses a value that its relocation cannot hold."""
    return f"T_{v & M64:x}"


def hexed(x):
    return f"-0x{-x:x}" if x < 0 else f"0x{x:x}"


class Want:
    """What a site must become: gas's text and the bytes it takes, and what
    objdump says of it."""

    def __init__(self, v, text, length, op, operand, drop_w=False):
        self.v, self.text, self.length = v & M64, text, length
        self.op, self.operand, self.drop_w = op, operand, drop_w


def expect(use, v, end):
    """None: V fits no encoding, the site is kept."""
    if use.op:
        return expect_branch(use, v, end)
    if use.form == "push-slot":
        return Want(v, f"pushq ${target(v)}", 5, "push",
                    f"$0x{v:x}") if is_s32(v) else None
    r64, r32 = R64[use.reg], R32[use.reg]
    if use.form == "load32":
        # For a 32-bit register gas knows only b8+r: take its 64-bit c7 and
        # let REX.W go.  objdump says what that means.
        s = signed(v, 32)
        return Want(s, f"movq ${target(s)},%{r64}", 7, "mov",
                    f"$0x{v:x},%{r32}", drop_w=True)
    if use.form == "load32s":
        v = signed(v, 32) & M64
    if is_s32(v):
        return Want(v, f"movq ${target(v)},%{r64}", 7, "mov",
                    f"$0x{v:x},%{r64}")
    if v <= M32:
        return Want(v, f"movl ${target(v)},%{r32}", 5 + (use.reg >= 8),
                    "mov", f"$0x{v:x},%{r32}")
    if is_s32(v - end):
        return Want(v, f"leaq {target(v)}(%rip),%{r64}", 7, "lea",
                    f"{hexed(signed(v - end))}(%rip),%{r64} # 0x{v:x}")
    return None


def expect_branch(use, v, end):
    if not is_s32(v - end):
        return None
    length = 6 if use.form == "jcc" else 5
    length += use.op.startswith("bnd ")
    text = use.op.split(",")[0] + " " + target(v)
    if use.op == "jne,pt":		# 3e is no padding: it must stay
        text, length = "ds; " + text, 7
    return Want(v, text, length, use.op, f"0x{v:x}")


# ---- one image -------------------------------------------------------------

class Image:
    def __init__(self, assembler, layout):
        self.base, data, absolute = LAYOUTS[layout]
        self.name = f"{assembler}-{layout}"
        self.uses = all_uses(absolute)
        obj = self.name + ".o"
        run(*ASSEMBLERS[assembler], "-I", INCLUDE, "-o", obj,
            write(self.name + ".S", source(self.uses)))
        run(LD_WRAP, "-static", "-z", "noexecstack",
            f"-Ttext={self.base:#x}", f"-Tdata={data:#x}",
            "-o", self.name, obj)
        self.text = text_of(self.name, self.name + ".bin")
        self.symbols = {}
        for line in run("nm", self.name).splitlines():
            address, _, name = line.split()
            self.symbols[name] = int(address, 16)
        self.at = {self.symbols[u.label]: u for u in self.uses}
        self.lengths = {}
        for site in self.dump({}):
            self.lengths[site["at"]] = site["length"]

    def end(self, label):
        at = self.symbols[label]
        return at + self.lengths[at]

    def dump(self, contents):
        words = [f"--set={m}={v:#x}" for m, v in contents.items()]
        found = json.loads(run(RTS_DUMP, "--sites", "--json", *words,
                               self.name))
        sites = []
        for s in found["sites"]:
            linked = bytes.fromhex(s["linked"]["bytes"])
            sites.append({
                "at": int(s["address"], 16), "mark": s["mark"],
                "bound": s["bound"], "linked": linked,
                "tag": found["forms"][s["form"]]["tag"],
                "after": bytes.fromhex(s["after"]["bytes"]),
                "length": len(linked)})
        return sites

    def slice(self, at, n):
        return self.text[at - self.base:at - self.base + n]

    def assemble(self, wants):
        """The expected instructions at their places: {site: bytes}."""
        lines, symbols = ["\t.text\n"], set()
        for at, length, want in wants:
            start = at + length - want.length - self.base
            lines.append(f"\t.org {start:#x}, 0xcc; {want.text}\n")
            symbols.add(want.v)
        defs = "".join(f"--defsym={target(v)}={v:#x}\n" for v in symbols)
        stem = self.name + ".want"
        run("as", "-o", stem + ".o", write(stem + ".s", "".join(lines)))
        run("ld", "-static", "-e", "0", f"-Ttext={self.base:#x}", "-o",
            stem, "@" + write(stem + ".words", defs), stem + ".o")
        text = text_of(stem, stem + ".bin")
        found = {}
        for at, length, want in wants:
            end = at + length - self.base
            code = text[end - want.length:end]
            found[at] = drop_w(code) if want.drop_w else code
        return found

    def disassemble(self, sites):
        """What objdump says of each site: {site: (length, words)}."""
        text = bytearray([NOP]) * len(self.text)
        for s in sites:
            at = s["at"] - self.base
            text[at:at + s["length"]] = s["after"]
        raw = write(self.name + ".raw", bytes(text), "wb")
        listing = run("objdump", "-D", "-w", "-b", "binary", "-m",
                      "i386:x86-64", f"--adjust-vma={self.base:#x}", raw)
        said = {}
        for line in listing.splitlines():
            part = line.split("\t")
            if len(part) == 3:
                said[int(part[0].strip(" :"), 16)] = (
                    len(part[1].split()), " ".join(part[2].split()))
        return said


def drop_w(code):
    rex = code[0] & ~8
    return (b"" if rex == 0x40 else bytes([rex])) + code[1:]


# ---- comparing -------------------------------------------------------------

def without_padding(words):
    """objdump's text without the prefixes that the CPU ignores; branch hints
    are such a prefix, too, where the site had them."""
    while words.startswith(("cs ", "addr32 ")):
        words = words.split(" ", 1)[1]
    return words.replace(",pn ", " ", 1)


def padded(code, want):
    pad = len(code) - len(want)
    return pad >= 0 and code[pad:] == want and \
        all(b in (0x2e, 0x67) for b in code[:pad])


def why_wrong(s, want, gas, said):
    """None if the site is as it must be."""
    if want is None:
        if s["bound"] or s["after"] != s["linked"]:
            return "must be kept"
        return None
    if not s["bound"]:
        return f"kept, but {want.text} is possible"
    if not padded(s["after"], gas):
        return f"gas makes {gas.hex()} of {want.text}"
    length, words = said
    if length != s["length"]:
        return f"objdump sees {length} bytes: {words}"
    if without_padding(words) != f"{want.op} {want.operand}":
        return f"objdump says {words}, not {want.op} {want.operand}"
    return None


def compare(image, contents, groups):
    """All sites of an image for one content of each mark."""
    sites, wants = image.dump(contents), []
    for s in sites:
        use = image.at.get(s["at"])
        if use is None or s["mark"] != use.mark:
            groups["strange"].append(f"{image.name} {s}")
            continue
        s["use"] = use
        s["want"] = expect(use, contents[use.mark], s["at"] + s["length"])
        if s["want"]:
            wants.append((s["at"], s["length"], s["want"]))
    sites = [s for s in sites if "use" in s]
    gas = image.assemble(wants)
    said = image.disassemble([s for s in sites if s["bound"]])
    for s in sites:
        at = s["at"]
        bad = why_wrong(s, s["want"], gas.get(at), said.get(at, (0, "")))
        if s["linked"] != image.slice(at, s["length"]):
            bad = "the image has other bytes"
        groups[s["use"].form].append(
            bad and f"{image.name} {s['use'].label} {at:#x} "
            f"{s['linked'].hex()} -> {s['after'].hex()}: {bad}")
        done = s["want"].text.split()[0] if s["want"] else "kept"
        counts[f"{s['use'].form} {done}"] += 1


# ---- the contents ----------------------------------------------------------

MARKS = ("x32 x32s x64 xpush xcall xjmp fcall fjmp fjcc").split()
PLAIN = (0, 1, -1, G - 1, G, M32, M32 + 1, -G, -G - 1, -M32 - 1, 1 << 63,
         (1 << 63) - 1, 0x123456789abcdef0)
# The sites at whose ends the edges are counted: the first and the last one.
PICKED = {
    "x64": ("s_load64_pc_rax", "s_load64_pc_r15"),
    "xcall": ("s_call_pc_", "s_call_pc_bnd"),
    "xjmp": ("s_jmp_pc_", "s_jmp_pc_bnd"),
    "fcall": ("s_call", "s_call_cs"),
    "fjmp": ("s_jmp", "s_jmp_cs"),
    "fjcc": ("s_jo", "s_jne_pt"),
}
EDGES = (("min", -G), ("min-1", -G - 1), ("max", G - 1), ("max+1", G),
         ("end", 0), ("end-1", -1))


def fill(image, value_of):
    """The content of each mark, cut to its width."""
    contents = {}
    for mark in MARKS:
        mask = M32 if mark.startswith("x32") else M64
        contents[mark] = value_of(image, mark) & mask
    return contents


def rounds():
    """(name, function from an image and a mark to its content)"""
    for v in PLAIN:
        yield hexed(v), lambda image, mark, v=v: v
    yield "near", lambda image, mark: image.symbols["near"]
    yield "3-GiB-above", lambda image, mark: image.symbols["near"] + 3 * G // 2
    yield "3-GiB-below", lambda image, mark: image.symbols["near"] - 3 * G // 2
    for n, which in enumerate(("first", "last")):
        for name, edge in EDGES:
            yield f"{which}:{name}", lambda image, mark, n=n, edge=edge: (
                image.end(PICKED[mark][n]) if mark in PICKED else 0) + edge


counts = defaultdict(int)


def report(assembler, name, groups):
    for form, count in EXPECTED.items():
        results = groups.pop(form, [])
        bad = [r for r in results if r]
        good = not bad and len(results) == count
        print(f"{'ok' if good else 'not ok'} {form} {assembler} {name}: "
              f"{len(results)} of {count} sites")
        for line in bad[:5]:
            print(f"# {line}")
    for left in groups.values():
        print(f"not ok {assembler} {name}: sites of no known form")
        for line in left[:5]:
            print(f"# {line}")


def main():
    for assembler in ASSEMBLERS:
        images = [Image(assembler, layout) for layout in LAYOUTS]
        for name, value_of in rounds():
            groups = defaultdict(list)
            for image in images:
                compare(image, fill(image, value_of), groups)
            report(assembler, name, groups)
    for what, n in sorted(counts.items()):
        print(f"count {n} {what}")


if __name__ == "__main__":
    main()
