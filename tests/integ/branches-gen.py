#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assembly for branches.sh: a function for each comparison and condition.

branches-gen.py GROUP >cases.S prints one group, and on stderr how many of the
instructions that depend on a comparison must be sites.
"""
import sys

CONDITIONS = ("o", "no", "b", "ae", "e", "ne", "be", "a",
              "s", "ns", "p", "np", "l", "ge", "le", "g")
SUFFIX = {8: "b", 16: "w", 32: "l", 64: "q"}
A = {8: "al", 16: "ax", 32: "eax", 64: "rax"}
R13 = {8: "r13b", 16: "r13w", 32: "r13d", 64: "r13"}
RSI = {8: "sil", 16: "si", 32: "esi", 64: "rsi"}

cases = 0
sites = 0


def dependents(cc):
    """All kinds of instructions that depend on flags, each once; 10."""
    return f"""
	set{cc}	%dl
	set{cc}	%ah
	set{cc}	%r9b
	set{cc}	%dil
	cmov{cc}w %r10w, %r11w
	cmov{cc}l %r10d, %r14d
	cmov{cc}l %edx, %ebp
	cmov{cc}	%r10, %r12
	j{cc}	1f
	mov	$1, %bl
	j{cc}.d32 1f
	mov	$2, %bh
1:	mov	%rax, out(%rip)
"""


def case(before, cc, folded=None):
    global cases, sites
    print(f"case{cases}:\n	call	fill\n{before}{dependents(cc)}"
          "	jmp	done")
    cases += 1
    if folded is None:
        folded = cc not in ("p", "np")
    sites += 10 * folded


def edges(width, immediate):
    """Constants of an instruction with so many bits of immediate."""
    all = {0, 1, -1, 3, 0x7f, -0x80, 0x42}
    if immediate > 8:
        all |= {0x80, 0xff, -0x81, 1 << (immediate - 1) - 1,
                (1 << (immediate - 1)) - 1, -(1 << (immediate - 1))}
    return sorted(all)


def immediates(width):
    if width == 8:
        return [8]
    return [min(width, 32)]


def compares(instruction):
    for width in (8, 16, 32, 64):
        for constant in edges(width, immediates(width)[0]):
            for cc in CONDITIONS:
                case(f"	{instruction}{SUFFIX[width]}	"
                     f"${constant}, x{width}(%rip)\n", cc)


def bits():
    for width in (16, 32, 64):
        for n in (0, 7, width - 1, width + 2):
            for cc in CONDITIONS:
                case(f"	bt{SUFFIX[width]}	${n}, x{width}(%rip)\n",
                     cc, cc in ("b", "ae"))


LOADS = (  # text with the register's dictionary, bits loaded, known, signed
    ("movb	x8(%rip), %{8}", 8, 8), ("movw	x16(%rip), %{16}", 16, 16),
    ("movl	x32(%rip), %{32}", 32, 64), ("movq	x64(%rip), %{64}", 64, 64),
    ("movzbw	x8(%rip), %{16}", 8, 16), ("movzbl	x8(%rip), %{32}", 8, 64),
    ("movzwl	x16(%rip), %{32}", 16, 64), ("movzwq	x16(%rip), %{64}", 16, 64),
    ("movsbw	x8(%rip), %{16}", 8, 16), ("movsbl	x8(%rip), %{32}", 8, 32),
    ("movsbq	x8(%rip), %{64}", 8, 64), ("movswl	x16(%rip), %{32}", 16, 32),
    ("movswq	x16(%rip), %{64}", 16, 64), ("movslq	x32(%rip), %{64}", 32, 64),
)


def loads(register):
    for text, content, known in LOADS:
        for width, name in register.items():
            if width > known:
                continue
            load = text
            for bits, other in register.items():
                load = load.replace("{%d}" % bits, other)
            tests = [f"test	%{name}, %{name}", f"test	$0x42, %{name}"]
            tests += [f"cmp	${c}, %{name}" for c in (0, 1, -1, 0x7f, -0x80)]
            if width > 16:
                tests.append(f"bt	$4, %{name}")
            for test in tests:
                for cc in CONDITIONS:
                    part = width < content
                    case(f"	{load}\n	mov	$5, %r15d\n	{test}\n", cc,
                         0 if part else cc in ("b", "ae")
                         if test.startswith("bt") else None)


print("""	.text
	.p2align 4
fill:	movabs	$0x1122334455667788, %rax
	movabs	$0x99aabbccddeeff01, %rdx
	movabs	$0x0123456789abcdef, %r10
	mov	%rax, %rbp
	mov	%rdx, %r9
	mov	%rax, %r11
	mov	%rdx, %r12
	mov	%rax, %r14
	mov	%rdx, %rdi
	mov	%rax, %rsi
	mov	%rdx, %r13
	xor	%ebx, %ebx
	ret
done:	pushf
	pop	out+8(%rip)
	mov	%rdx, out+16(%rip)
	mov	%rbx, out+24(%rip)
	mov	%r9, out+32(%rip)
	mov	%r11, out+40(%rip)
	mov	%r12, out+48(%rip)
	mov	%r14, out+56(%rip)
	mov	%rbp, out+64(%rip)
	mov	%rdi, out+72(%rip)
	mov	%r13, out+80(%rip)
	ret
	.globl	run
	.type	run, @function
run:	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	call	*%rdi
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret
	.size	run, . - run""")
{
    "cmp": lambda: compares("cmp"),
    "test": lambda: compares("test"),
    "bit": bits,
    "load-a": lambda: loads(A),
    "load-13": lambda: loads(R13),
    "load-si": lambda: loads(RSI),
}[sys.argv[1]]()
print("	.section .data.rel.ro, \"aw\"\n	.globl	cases, cases_end\ncases:")
for n in range(cases):
    print(f"	.quad	case{n}")
print("""cases_end:
	.section .note.GNU-stack, "", @progbits""")
print(cases, sites, file=sys.stderr)
