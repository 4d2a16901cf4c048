#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""corpus.py - small C functions that use marked variables in every way

	corpus.py FUNCTIONS.c [PART OF]

writes them, or one of so many parts of them, and prints how many there are.

The product of operator, width, signedness and register pressure, of every
kind of place that a variable can have (extern, static, in a struct, in an
array), and of the patterns in which compilers do something of their own:
branches, switches, loops, conversions, selections, shifts, calls.
Deterministic, and no function has undefined behaviour under -fwrapv
-fno-strict-aliasing.

Each function is u64 NAME(u64 a, u64 b); its name says what it is made of.
corpus.h has the variables, driver.c sets and calls.
"""
import sys

TYPES = {t: ("s" if t[0] == "s" else "u", int(t[1:]))
         for t in "u8 s8 u16 s16 u32 s32 u64 s64".split()}
PLACES = ("x_{t}", "y_{t}", "cfg.{t}", "arr_{t}[2]", "bank[1].{t}")
ARITHMETIC = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|",
              "xor": "^"}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">",
           "ge": ">="}

functions = []


def function(name, body):
    """body sets r; v and w are a and b, in the function's type."""
    functions.append((name, body))


def place(t):
    """A variable of type t; each time in another place."""
    place.n += 1
    return PLACES[place.n % len(PLACES)].format(t=t)


place.n = 0


def constants(t):
    sign, bits = TYPES[t]
    top = 1 << (bits - 1)
    some = [0, 1, 5, top - 1]
    some += [-1, -top] if sign == "s" else [top, 2 * top - 1]
    return some


def c_number(n):
    if n == -(1 << 63):
        return "(-0x7fffffffffffffffll - 1)"
    suffix = "ll" if n < 1 << 63 else "ull"
    return f"{n}{suffix}" if abs(n) >= 1 << 31 else str(n)


def label(n):
    return f"m{-n:x}" if n < 0 else f"{n:x}"


# ---- values --------------------------------------------------------------

def arithmetic(t):
    for name, op in ARITHMETIC.items():
        yield name, f"r = v {op} {place(t)};"
        yield name + "_left", f"r = {place(t)} {op} v;"
        yield name + "_two", f"r = {place(t)} {op} {place(t)};"
        yield name + "_same", f"{{ {t} x = {place(t)}; r = x {op} x; }}"
        yield name + "_to", f"v {op}= {place(t)}; r = v;"
        yield name + "_mem", f"out.{t} = v; KEEP; out.{t} {op}= " \
            f"{place(t)}; r = out.{t};"
        yield name + "_test", f"if ((v {op} {place(t)}) == 0) r = b + 3;"
        yield name + "_sign", f"if (({t})(v {op} {place(t)}) >= ({t})w) " \
            "r = a ^ b;"
        yield name + "_const", f"r = ({t})({place(t)} {op} 77) + w;"


def division(t):
    sign, bits = TYPES[t]
    for name, op in (("div", "/"), ("mod", "%")):
        x = place(t)
        # Neither 0 nor the one quotient that does not fit.
        ok = f"{x} != 0" + (f" && {x} != -1" if sign == "s" else "")
        yield name, f"if ({ok}) r = v {op} {x};"
        x = place(t)
        ok = "w != 0" + (" && w != -1" if sign == "s" else "")
        yield name + "_left", f"if ({ok}) r = {x} {op} w;"
        yield name + "_const", f"r = {place(t)} {op} 10;"
        yield name + "_power", f"r = {place(t)} {op} 8;"


def shifts(t):
    mask = max(TYPES[t][1], 32) - 1
    for name, op in (("shl", "<<"), ("shr", ">>")):
        yield name, f"r = v {op} ({place(t)} & {mask});"
        yield name + "_left", f"r = {place(t)} {op} (w & {mask});"
        yield name + "_const", f"r = {place(t)} {op} 3;"
        yield name + "_two", f"r = {place(t)} {op} ({place('u8')} & {mask});"
    x = place("u8")
    yield "rol", f"{{ unsigned n = {x} & 31, x = (unsigned)a; " \
        "r = x << n | x >> (-n & 31); }"
    yield "bit", f"r = (v >> ({place(t)} & 7)) & 1;"
    yield "field", f"r = ({place(t)} >> 4) & 15;"


def unary(t):
    for name, op in (("neg", "-"), ("com", "~"), ("not", "!"),
                     ("bool", "!!"), ("plain", "")):
        yield name, f"r = ({t})({op}{place(t)});"
        yield name + "_add", f"r = ({t})({op}{place(t)}) + v;"
    yield "abs", f"{{ {t} x = {place(t)}; r = x < 0 ? -x : x; }}"


def conversions(t):
    for to in TYPES:
        yield "to_" + to, f"r = (u64)({to}){place(t)};"
        yield "add_" + to, f"r = ({to})b + {place(t)};"
        yield "cmp_" + to, f"r = ({to})b < {place(t)};"
    yield "double", f"{{ double d = (double){place(t)}; r = d < 0 ? 1 : " \
        "d < 1000 ? (u64)(int)d : 2; }"


# ---- decisions -----------------------------------------------------------

def comparisons(t):
    for name, op in COMPARE.items():
        yield name, f"r = v {op} {place(t)};"
        yield name + "_left", f"r = {place(t)} {op} w;"
        yield name + "_two", f"r = {place(t)} {op} {place(t)};"
        yield name + "_if", f"if (v {op} {place(t)}) r = one(a); " \
            "else r = two(b);"
        yield name + "_sel", f"r = v {op} {place(t)} ? a : b;"
        yield name + "_minmax", f"{{ {t} x = {place(t)}; r = x {op} v ? x : " \
            "v; }"
        for n in constants(t):
            c, at = c_number(n), label(n)
            yield f"{name}_{at}", f"r = {place(t)} {op} {c};"
            yield f"{name}_{at}_if", f"if ({place(t)} {op} {c}) r = one(a); " \
                "else r = two(b);"
            yield f"{name}_{at}_sel", f"r = {place(t)} {op} {c} ? a : b;"
            yield f"{name}_{at}_add", f"r = a + ({place(t)} {op} {c});"
            yield f"{name}_{at}_both", \
                f"if ({place(t)} {op} {c} && v {op} w) r = one(b);"
            yield f"{name}_{at}_skip", f"if ({place(t)} {op} {c}) " \
                "out.u32 += 3; r = out.u32 + a;"


def truths(t):
    x, y = place(t), place(t)
    yield "if", f"if ({place(t)}) r = one(a);"
    yield "if_not", f"if (!{place(t)}) r = one(a);"
    yield "if_else", f"r = {place(t)} ? one(a) : two(b);"
    yield "and_then", f"if ({x} && {y}) r = one(a); else r = b;"
    yield "or_else", f"if ({x} || v) r = two(a); else r = b;"
    yield "both_not", f"r = !{x} && !{y};"
    yield "select", f"r = {place(t)} ? a : b;"
    yield "chain", f"if ({x} == 1) r = 5; else if ({x} == 2) r = one(a); " \
        f"else if ({y} == 3) r = two(a); else r = b;"
    yield "range", f"r = {x} >= 2 && {x} <= 9;"
    yield "range_if", f"if ({x} >= 2 && {x} <= 9) r = one(b);"
    yield "three", f"r = {x} < v ? 1 : {x} > v ? 2 : 3;"
    for bit in (0, 3, TYPES[t][1] - 1):
        yield f"bit{bit}", f"if ({place(t)} & (u64)1 << {bit}) r = one(a);"
        yield f"bit{bit}_set", f"r = !!({place(t)} & (u64)1 << {bit});"
        yield f"bit{bit}_sel", f"r = {place(t)} & (u64)1 << {bit} ? a : b;"
    yield "mask", f"if ({place(t)} & 0x55) r = one(a); else r = two(a);"
    yield "mask_is", f"if (({place(t)} & 0x70) == 0x20) r = two(b);"
    yield "mask_two", f"if ({x} & v) r = two(b);"
    yield "mask_sel", f"r = {place(t)} & v ? b : 9;"
    yield "goto", f"if ({x} == 0) goto out; r = one(a); if ({y} == 0) " \
        "goto out; r += two(b); out:;"


def switches(t):
    dense = " ".join(f"case {n}: r = {how}; break;" for n, how in enumerate(
        ("a", "b + 1", "one(a)", "two(a)", "a * 3", "a - b", "7", "a | b")))
    yield "switch", f"switch ({place(t)}) {{ {dense} default: r = 99; }}"
    yield "switch_mask", f"switch ({place(t)} & 7) {{ {dense} }}"
    yield "switch_few", f"switch ({place(t)}) {{ case 1: r = one(a); break; " \
        "case 2: r = two(b); }"
    yield "switch_sparse", f"switch ({place(t)}) {{ case 0: r = one(a); " \
        "break; case 5: r = two(b); break; case 100: r = 3; break; " \
        "case 127: r = a; break; default: r = b; }"
    yield "switch_value", f"switch ({place(t)}) {{ case 0: r = 10; break; " \
        "case 1: r = 33; break; case 2: r = 7; break; case 3: r = 21; break; " \
        "case 4: r = 1; }"
    yield "switch_inside", f"switch (a & 3) {{ case 0: r = {place(t)}; " \
        f"break; case 1: r = v + {place(t)}; break; case 2: r = " \
        f"{place(t)} ? a : b; break; default: r = !{place(t)}; }}"


def loops(t):
    x = place(t)
    yield "for", f"for (int i = 0; i < {x} && i < 40; i++) r = r * 3 + i + a;"
    yield "for_mask", f"for (unsigned i = 0; i < ({place(t)} & 15u); i++) " \
        "r += one(i);"
    yield "while", f"{{ unsigned n = (unsigned)a & 31; while (n-- && " \
        f"{place(t)}) r += n * b; }}"
    yield "do", f"{{ unsigned n = {place(t)} & 7; do r = r * 5 + b; while " \
        "(n--); }"
    yield "step", f"for (unsigned i = 0; i < 100; i += ({place(t)} & 7) + 1)" \
        " r += i ^ a;"
    yield "invariant", f"for (unsigned i = 0; i < 9; i++) {{ r = r * 7 + " \
        f"{place(t)}; KEEP; }}"
    yield "invariant_call", "for (unsigned i = 0; i < 5; i++) r += one(i) + " \
        f"{place(t)};"
    yield "break", f"for (unsigned i = 0; i < 30; i++) {{ if (i == " \
        f"({place(t)} & 31u)) break; r += two(i); }}"
    yield "if_inside", f"for (unsigned i = 0; i < 6; i++) if ({place(t)} > " \
        "(int)i) r += one(i); else r ^= b;"
    yield "sum", f"for (unsigned i = 0; i < 16; i++) r += table[i] * " \
        f"(u64){place(t)};"


# ---- memory, calls, odd things -------------------------------------------

def memory(t):
    yield "index", f"r = table[{place(t)} & 15];"
    yield "index_const", f"r = table[({place(t)} & 7) + 3] + a;"
    yield "element", f"r = arr_{t}[a & 3];"
    yield "store", f"out.{t} = {place(t)}; r = out.{t} + a;"
    yield "pass", f"r = three({place(t)}, a, {place(t)});"
    yield "pointer", f"{{ const {t} *p = pick_pointer(&{place(t)}, a); " \
        "r = *p; }"
    yield "volatile", f"r = *(const volatile {t} *)&{place(t)};"
    yield "twice", f"{{ {t} x = {place(t)}; r = one(x) + x; }}"
    yield "swap", f"out.{t} = v; KEEP; {{ {t} x = out.{t}; out.{t} = " \
        f"{place(t)}; r = x * 3 + out.{t}; }}"
    yield "all", f"r = x_{t} + y_{t} * 3 + cfg.{t} * 5 + arr_{t}[2] * 7 + " \
        f"bank[1].{t} * 11 + a;"
    yield "atomic", f"r = __atomic_load_n(&{place(t)}, __ATOMIC_RELAXED) + a;"


def calls(t):
    """The slots of ops, and a FUNC."""
    yield "ops", "r = ops.first(v, w);"
    yield "ops_tail", "return ops.second(a, b);"
    yield "ops_two", f"r = ops.first(a, 1) + ops.second(b, {place(t)});"
    yield "ops_if", f"if ({place(t)}) r = ops.first(a, 3);"
    yield "ops_loop", "for (unsigned i = 0; i < 4; i++) r += " \
        f"ops.second(r, i + {place(t)});"
    yield "ops_null", "r = ops.none ? ops.none(a, b) : 5;"
    yield "ops_is", "r = ops.first == ops.second;"
    yield "ops_pass", "{ function_t *f = ops.first; KEEP; r = f(a, w); }"
    yield "func", f"r = chosen(v, {place(t)});"
    yield "func_tail", "return chosen(w, a);"
    yield "func_if_tail", "if (v > 3) return chosen(w, v); r = v;"
    yield "func_if", f"if ({place(t)} > 4) r = chosen(a, 1); else " \
        "r = chosen(2, b);"
    yield "func_address", "r = call_it(chosen, a);"
    yield "null", f"out.u64 = b; maybe(v, {place(t)}); r = out.u64;"
    yield "null_if", f"if (v > {place(t)}) maybe(a, b); r = out.u64 + b;"
    yield "null_loop", f"for (unsigned i = 0; i < 3; i++) maybe(i, " \
        f"{place(t)}); r = out.u64;"
    yield "null_tail", "tail(a, w); r = out.u64;"
    yield "null_address", "call_void(maybe, v); r = out.u64;"
    yield "func_loop", "for (unsigned i = 0; i < 3; i++) r ^= " \
        "chosen(i, r + v);"


INSTRUCTIONS = ("add or adc sbb and sub xor cmp test mov").split()


def assembly(t):
    """What compilers seldom write: an operand in an asm statement, with the
    carry flag set or not and the flags as a second result."""
    bits = TYPES[t][1]
    suffix = {8: "b", 16: "w", 32: "l", 64: "q"}[bits]
    for insn in INSTRUCTIONS:
        for carry in ("stc", "clc"):
            yield f"{insn}_{carry}", \
                f'ASM_{bits}("{carry}; {insn}{suffix} %2, %0; setc %1", ' \
                f"{place(t)});"
            yield f"{insn}_{carry}_s", \
                f'ASM_{bits}("{carry}; {insn}{suffix} %2, %0; sets %1", ' \
                f"{place(t)});"
    if bits > 8:
        yield "imul", f'ASM_{bits}("imul{suffix} %2, %0; seto %1", ' \
            f"{place(t)});"
        yield "imul_const", \
            f'ASM_{bits}("imul{suffix} $13, %2, %0; seto %1", {place(t)});'
        for cc in ("z", "c", "l"):
            yield "cmov" + cc, f'ASM_{bits}("cmp $100, %b0; ' \
                f'cmov{cc}{suffix} %2, %0; set{cc} %1", {place(t)});'


def sequences(t):
    """Flags of one comparison that more than one instruction needs, or that
    come from elsewhere, too."""
    bits = TYPES[t][1]
    suffix = {8: "b", 16: "w", 32: "l", 64: "q"}[bits]
    for n in constants(t):
        c, at, x = c_number(n), label(n), place(t)
        yield f"{at}_less_equal", f"if ({x} < {c}) r = one(a); else if " \
            f"({x} == {c}) r = two(b); else r = 7;"
        yield f"{at}_greater_equal", f"r = {x} > {c} ? one(a) : {x} == {c} " \
            "? b : 3;"
        yield f"{at}_two_sets", f"r = ({x} == {c}) + 2 * ({x} < {c});"
        yield f"{at}_use_too", f"if ({x} != {c}) r = {x} + a; else r = b;"
        yield f"{at}_loop", f"for (unsigned i = 0; i < 6; i++) {{ if ({x} == " \
            f"{c}) r += one(i); else r ^= i; KEEP; }}"
        yield f"{at}_goto", f"if (a & 1) goto in; KEEP; if ({x} <= {c}) " \
            f"{{ r = one(a); in: r += {x} == {c} ? b : 5; }}"
    imm = "$5"
    for cc in ("z", "b", "l", "s"):
        # What the condition says is decided by v, or by the operand.
        yield f"enter_{cc}", f'ASM_{bits}("test{suffix} $1, %0; jz 1f; ' \
            f'cmp{suffix} {imm}, %2; 1: set{cc} %1", {place(t)});'
        yield f"leave_{cc}", f'ASM_{bits}("cmp{suffix} {imm}, %2; j{cc} 1f; ' \
            f'add{suffix} $9, %0; 1: set{cc} %1", {place(t)});'
        yield f"carry_{cc}", f'ASM_{bits}("cmp{suffix} {imm}, %2; j{cc} 1f; ' \
            f'adc{suffix} $9, %0; 1: setc %1", {place(t)});'
        yield f"between_{cc}", f'ASM_{bits}("cmp{suffix} {imm}, %2; ' \
            f'mov $3, %1; j{cc} 1f; not{suffix} %0; jmp 2f; 1: ' \
            f'neg{suffix} %0; 2:", {place(t)});'
        yield f"spoilt_{cc}", f'ASM_{bits}("cmp{suffix} {imm}, %2; ' \
            f'sub{suffix} $1, %0; j{cc} 1f; not{suffix} %0; 1: set{cc} %1", ' \
            f"{place(t)});"
        yield f"load_{cc}", f'ASM_{bits}("mov{suffix} %2, %0; ' \
            f'test{suffix} %0, %0; j{cc} 1f; add{suffix} $3, %0; 1: ' \
            f'set{cc} %1", {place(t)});'
        yield f"load_enter_{cc}", f'ASM_{bits}("test{suffix} $1, %0; jz 1f; ' \
            f'mov{suffix} %2, %0; 1: test{suffix} %0, %0; set{cc} %1", ' \
            f"{place(t)});"
        yield f"bits_{cc}", f'ASM_{bits}("test{suffix} $0x41, %2; j{cc} 1f; ' \
            f'add{suffix} $3, %0; 1: set{cc} %1", {place(t)});'


def declared(t):
    """What rts/declared.h offers."""
    yield "const", f"r = rts_const({place(t)}) + a;"
    yield "const_plain", f"r = rts_const({place(t)});"
    yield "const_two", f"r = rts_const({place(t)}) ^ rts_const({place(t)});"
    yield "const_mul", f"r = rts_const({place(t)}) * a + b;"
    yield "const_loop", f"for (u64 i = 1; i < 7; i++) r += (i * a) ^ " \
        f"rts_const({place(t)});"
    yield "const_arg", f"r = three(a, rts_const({place(t)}), b);"
    yield "const_if", f"if (rts_const({place(t)}) > v) r = one(a);"
    yield "mask", f"r = rts_mask(v, {place(t)});"
    yield "mask_wide", f"r = rts_mask(a, {place(t)});"
    yield "mask_if", f"r = rts_mask(v, {place(t)}) ? one(a) : b;"
    yield "if", f"if (rts_if({place(t)})) r = one(a);"
    yield "if_not", f"if (!rts_if({place(t)})) r = one(a); else r = b;"
    yield "if_else", f"r = rts_if({place(t)}) ? one(a) : two(b);"
    yield "if_sel", f"r = rts_if({place(t)}) ? a : b;"
    yield "if_and", f"if (rts_if({place(t)}) && v > w) r = two(a);"
    yield "if_two", f"if (rts_if({place(t)}) || rts_if({place(t)})) " \
        "r = two(a);"
    yield "if_loop", f"for (unsigned i = 0; i < 5; i++) r += " \
        f"rts_if({place(t)}) ? i * a : i ^ b;"
    yield "shift", "r = rts_shift_right((u32)a, amount);"
    yield "shift_wide", "r = rts_shift_right(a, amount);"
    yield "shift_index", "r = table[rts_shift_right((u32)b, amount) & 15];"
    yield "shift_loop", "for (u32 i = 1; i < 9; i++) r += " \
        "rts_shift_right((u32)a * i, amount);"


def pointers():
    yield "deref", "r = *pointer + a;"
    yield "deref_index", "r = pointer[b & 7];"
    yield "is", "r = pointer == table;"
    yield "difference", "r = (u64)(pointer - table) + a;"
    yield "null", "r = nothing ? *nothing : 3;"
    yield "compare", "r = table + (a & 15) < pointer;"
    yield "arg", "r = sum_of(pointer, b & 3);"
    yield "field", "r = holder->u16 + holder->s32 * 3;"
    yield "string", "r = (u64)name[a & 1] + name[0];"
    yield "flag", "if (flag) r = one(a); else r = two(a);"
    yield "flag_not", "r = !flag;"
    yield "flag_and", "r = flag & (a > b);"
    yield "flag_two", "if (flag && !cfg.flag) r = one(b);"
    yield "bits_a", "r = bits.a + a;"
    yield "bits_b", "if (bits.b) r = one(a);"
    yield "bits_c", "r = bits.c * 3;"
    yield "bits_d", "r = bits.d == 1 ? a : b;"
    yield "bits_e", "switch (bits.e) { case 0: r = 1; break; case 1: " \
        "r = one(a); break; case 2: r = b; break; default: r = two(b); }"
    yield "copy", "{ struct cfg c = cfg; r = c.u8 + c.s16 + c.u32 + c.s64; }"
    yield "copy_out", "out = cfg; r = out.u16 ^ out.u64;"
    yield "real", "r = real > 1.5 ? a : b;"
    yield "real_add", "{ double d = real + 2; r = d > 3; }"


# ---- putting it together -------------------------------------------------

PER_TYPE = (arithmetic, division, shifts, unary, conversions, comparisons,
            truths, switches, loops, memory, calls, declared)


def make():
    for t in TYPES:
        for kind in PER_TYPE:
            for name, body in kind(t):
                plain = f"{t} v = ({t})a, w = ({t})b; " + body
                tagged = f"{kind.__name__}_{name}_{t}"
                function(tagged, plain)
                # Every third one again, with no register left.
                if len(functions) % 3 == 0:
                    function(tagged + "_press", "PRESS " + plain +
                             " RELEASE")
        for kind in (assembly, sequences):
            for name, body in kind(t):
                head = f"{t} v = ({t})a, w = ({t})b; (void)w; "
                if "ASM_" in body:
                    name = "asm_" + name
                    head = f"{t} v = ({t})a; u8 w; "
                function(f"{kind.__name__}_{name}_{t}", head + body)
    for name, body in pointers():
        function("pointer_" + name, body)


HEAD = """/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Written by corpus.py. */
#include "corpus.h"

"""

# With a function of its own as caller, so that some call is the last thing.
COMPANY = """static __attribute__((noinline)) void tail(u64 a, u64 b)
{
	if (a != b)
		maybe(a, b);
}

"""


def main():
    make()
    if len(sys.argv) > 2:
        part, of = int(sys.argv[2]), int(sys.argv[3])
        functions[:] = functions[part % of::of]
    names = [name for name, _ in functions]
    if len(set(names)) != len(names):
        sys.exit("corpus.py: two functions of one name")
    with open(sys.argv[1], "w") as f:
        f.write(HEAD)
        for t in TYPES:
            f.write(f"static {t} y_{t};\nRTS_VAR(y_{t});\n")
        f.write("\nRTS_SETTER void set_statics(u64 (*value)(unsigned n))\n{\n")
        for n, t in enumerate(TYPES):
            f.write(f"\ty_{t} = ({t})value({n});\n")
        f.write("}\n\n" + COMPANY)
        for name, body in functions:
            wide = "_s64" in name or "_u64" in name
            # i386 has no such instruction; clang calls a library.
            guard = wide and ("_asm_" in name or "_atomic_" in name)
            if guard:
                f.write("#ifdef __x86_64__\n")
            f.write(f"static u64 {name}(u64 a, u64 b)\n{{\n\tu64 r = 0;\n"
                    f"\t(void)a, (void)b;\n\t{{ {body} }}\n\treturn r;\n}}\n")
            if guard:
                f.write("#else\n#define " + name + " NULL\n#endif\n")
        f.write("\nconst struct corpus corpus[] = {\n")
        for name, _ in functions:
            f.write(f'\t{{ {name}, "{name}" }},\n')
        f.write("};\nconst unsigned corpus_count = sizeof(corpus) / "
                "sizeof(corpus[0]);\n")
    print(len(functions))


main()
