#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random command lines: what ld-wrap reads in them, and what a linker does.

    words.py READING DEF LINKER NUMBER LINES [SEED]
    words.py READING DEF LINKER NUMBER every [STEP]

READING is tests/lib/reading, DEF is ld-wrap/ldopts.def, NUMBER the linker's
column there.  Lines are made of all spellings of all rows: one dash or two,
with `=', in two words, joined, cut short, letters together, in @files with
odd quotes, with values that look like inputs.  The linker runs each in a
directory with a few objects, and then is asked nothing: its messages say
whether a word is unknown or an argument is missing, its dependency file and
the symbols of its output what was linked, and the directory what was written.
`every' makes each spelling of each row once, and takes each STEP-th of them.
"""
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

OBJECTS = ["x0.o", "x1.o", "x2.o", "a b.o", "utput=1", "1", "val"]
UNKNOWN = re.compile(r"unrecognized option|unknown option|unknown argument|"
                     r"unknown command line option|"
                     r"unexpected argument|"
                     r"doesn't allow an argument|unknown -z")
MISSING = re.compile(r"requires an argument|missing argument|argument missing|"
                     r": missing argument")
# What runs programs, writes another ELF file, or fills the disk; and what only
# one process may do.
AVOID = {"run", "error-handling-script", "plugin", "reproduce", "repro",
         "load-pass-plugin", "chroot", "C", "directory", "help", "target-help",
         "h", "rsp-quoting", "stub-group-size", "thread-count", "no-fork",
         "max-cache-size", "spare-dynamic-tags", "fork", "remap-inputs",
         "remap-inputs-file", "mllvm", "time-trace-granularity", "filler",
         "out-implib"}
VALUES = {"hash-style": ["gnu"], "b": ["binary", "default", "elf64-x86-64"],
          "format": ["binary", "default"], "m": ["elf_x86_64"],
          "build-id": ["sha1", "none"], "O": ["1"], "T": ["s.ld"],
          "script": ["s.ld"], "dT": ["s.ld"], "default-script": ["s.ld"],
          "z": ["now", "relro"], "L": ["d", "e"], "library-path": ["d"],
          "l": ["l0", "l1", ":libl0.a"], "library": ["l0", "l1"],
          "e": ["main", "x0.o"], "entry": ["main", "x0.o"],
          "icf": ["all", "none"], "defsym": ["q=1", "w=x1"],
          "R": ["d", "x3.o"], "just-symbols": ["x3.o"],
          "oformat": ["binary", "elf64-x86-64"], "a": ["archive", "shared"],
          "Y": ["d"], "unresolved-symbols": ["ignore-all"],
          "sort-section": ["name"], "compress-debug-sections": ["none"],
          "Ttext": ["0x500000"], "Tdata": ["0x600000"], "G": ["8"],
          "orphan-handling": ["place"], "threads": ["1"],
          "Map": ["map.o", "m1"], "dependency-file": ["dep.o"],
          "version-script": ["v.ver"], "o": ["out", "o.o", "1.o"],
          "output": ["out2", "p.o"], "section-start": [".foo=0x700000"],
          "image-base": ["0x800000"], "c": ["mri"], "mri-script": ["mri"]}


class Table:
    """The rows of ldopts.def."""

    def __init__(self, path, column):
        text = open(path).read()
        text = text[text.index("*/"):]
        row = r'\(%s,\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\)'
        self.names, self.letters, self.known = [], [], []
        for m in re.finditer(r'LD' + row % r'"([^"]+)"', text):
            self.names.append(m.group(1))
            if m.group(2 + column) != "X":
                self.known.append(m.group(1))
        for m in re.finditer(r"LETTER" + row % r"'(.)'", text):
            self.letters.append(m.group(1))


class Sandbox:
    """A directory with inputs, in which a linker can be let loose."""

    def __init__(self, cc):
        self.dir = tempfile.mkdtemp(prefix="words.")
        self.path = lambda n: os.path.join(self.dir, n)
        symbols = {}
        for i, name in enumerate(OBJECTS + ["x3.o", "x4.o", "l0.o", "l1.o"]):
            symbols[name] = "symbol_%d" % i
            source = "int symbol_%d(void){return %d;}" % (i, i)
            if i == 0:
                source += "void _start(void){} int main;"
            subprocess.run([cc, "-xc", "-", "-c", "-fPIC", "-O1",
                            "-fno-asynchronous-unwind-tables", "-o",
                            self.path("t.o")],
                           input=source.encode(), check=True)
            os.rename(self.path("t.o"), self.path(name))
        self.symbols = {s: n for n, s in symbols.items()}
        for d in "de":
            os.mkdir(self.path(d))
            for lib in ("l0", "l1"):
                run = lambda *a: subprocess.run(a, cwd=self.dir, check=True,
                                                capture_output=True)
                run("ar", "rc", "%s/lib%s.a" % (d, lib), lib + ".o")
                if lib == "l1" and d == "e":
                    run(cc, "-shared", "-nostdlib", "-o", "e/libl1.so",
                        "l1.o")
        for name, text in (("s.ld", "INPUT(x4.o)\n"), ("v.ver", "{};\n"),
                           ("mri", "addmod x1.o\n")):
            with open(self.path(name), "w") as f:
                f.write(text)
        self.names = set(os.listdir(self.dir))
        self.first = {n: (self.stamp(n), open(self.path(n), "rb").read())
                      for n in self.names if not os.path.isdir(self.path(n))}

    def stamp(self, name):
        st = os.stat(self.path(name))
        return st.st_ino, st.st_size, st.st_mtime_ns

    def mend(self):
        """Some lines write to an input, and a few remove it."""
        for name, (stamp, data) in self.first.items():
            if os.path.exists(self.path(name)) and self.stamp(name) == stamp:
                continue
            self.remove([name] if os.path.lexists(self.path(name)) else [])
            with open(self.path(name), "wb") as f:
                f.write(data)
            self.first[name] = self.stamp(name), data

    def clean(self):
        """What a line left; and then it did not."""
        new = set(os.listdir(self.dir)) - self.names
        kinds = {}
        for name in new:
            try:
                with open(self.path(name), "rb") as f:
                    kinds[name] = f.read(20)
            except OSError:
                kinds[name] = b""
        return kinds

    def remove(self, names):
        for name in names:
            if os.path.isdir(self.path(name)):
                shutil.rmtree(self.path(name))
            else:
                os.unlink(self.path(name))


class Maker:
    """Command lines."""

    def __init__(self, table, rng, box):
        self.table, self.rng, self.box, self.files = table, rng, box, 0

    def value(self, name):
        if self.rng.random() < 0.85 and name in VALUES:
            return self.rng.choice(VALUES[name])
        return self.rng.choice(["val", "1", "x2.o", "none"])

    def letter(self):
        rng, letters = self.rng, self.table.letters
        c = rng.choice([c for c in letters if c not in AVOID])
        how = rng.random()
        if how < 0.15:
            return ["-" + c + rng.choice([c for c in letters
                                          if c not in AVOID])]
        if how < 0.45:
            return ["-" + c + self.value(c)]
        if how < 0.5:
            return ["-" + c + "=" + self.value(c)]
        return ["-" + c, self.value(c)] if how < 0.8 else ["-" + c]

    def name(self):
        rng = self.rng
        pool = self.table.known if rng.random() < 0.85 else self.table.names
        n = rng.choice([n for n in pool if n not in AVOID])
        dashes = rng.choice(["-", "--"])
        how, cut = rng.random(), n
        if rng.random() < 0.1:
            cut = n[:rng.randrange(1, len(n) + 1)]
        if how < 0.3:
            return [dashes + cut + "=" + self.value(n)]
        if how < 0.55:
            return [dashes + cut, self.value(n)]
        return [dashes + cut]

    def token(self):
        how = self.rng.random()
        if how < 0.25:
            return [self.rng.choice(OBJECTS[1:4] + ["s.ld", "d/libl0.a"])]
        if how < 0.55:
            return self.letter()
        if how < 0.62:
            return [self.rng.choice(["--push-state", "--pop-state", "-(",
                                     "-)", "--start-lib", "--end-lib",
                                     "-Bstatic", "-Bdynamic", "-static",
                                     "--", "-", "", "-shared", "-pie", "-r",
                                     "--no-pie", "-Bshareable",
                                     "--start-group", "--end-group"])]
        return self.name()

    def quoted(self, word):
        rng, q = self.rng, self.rng.choice("'\"")
        how = rng.random()
        if how < 0.3 and not re.search(r"[\s'\"\\]", word) and word:
            return word
        if how < 0.5 and word:
            return "".join("\\" + c if rng.random() < 0.3 or c in " '\"\\"
                           else c for c in word)
        if how < 0.6 and word and q not in word:
            cut = rng.randrange(len(word))
            return re.sub(r"([\\ ])", r"\\\1", word[:cut]) + \
                q + word[cut:].replace("\\", "\\\\") + q
        return q + word.replace("\\", "\\\\").replace(q, "\\" + q) + q

    def at_file(self, words):
        self.files += 1
        name = "@%d" % self.files
        if len(words) > 1 and self.rng.random() < 0.2:
            cut = self.rng.randrange(1, len(words))
            words = words[:cut] + [self.at_file(words[cut:])]
        blank = lambda: self.rng.choice([" ", "\n", "\t", "\r\n", "  "])
        with open(self.box.path(name[1:] + ".rsp"), "w", newline="") as f:
            f.write(blank() * self.rng.randrange(2))
            f.write("".join(self.quoted(w) + blank() for w in words))
        return name + ".rsp"

    def line(self):
        rng, words = self.rng, []
        for _ in range(rng.randrange(1, 5)):
            words += self.token()
        words.insert(rng.randrange(len(words) + 1), "x0.o")
        if rng.random() < 0.25:
            a = rng.randrange(len(words))
            b = rng.randrange(a, len(words)) + 1
            words[a:b] = [self.at_file(words[a:b])]
        if rng.random() < 0.02:
            words.append("@none")
        return words


def every_spelling(table):
    """Each row of the table in each spelling that anybody has thought of."""
    for name in table.names:
        if name in AVOID:
            continue
        value = VALUES.get(name, ["val"])[0]
        for dashes in "-", "--":
            word = dashes + name
            for tail in [], [value], ["x2.o"]:
                yield ["x0.o", word] + tail
            yield ["x0.o", word + "=" + value]
            yield ["x0.o", word + value]
            yield ["x0.o", word + "=", "x2.o"]
    for c in table.letters:
        if c in AVOID:
            continue
        value = VALUES.get(c, ["val"])[0]
        for tail in [], [value], ["x2.o"]:
            yield ["x0.o", "-" + c] + tail
        yield ["x0.o", "-" + c + value]
        yield ["x0.o", "-" + c + "=" + value]


class Comparison:
    def __init__(self, reading, linker, number, box, known):
        self.reading, self.linker, self.number = reading, linker, number
        self.box, self.good, self.unknown, self.known = box, 0, 0, known
        # The table has what lld 14 or lld 19 knows.
        us = os.path.realpath(linker)
        self.other = next((p for p in map(shutil.which, ["ld.lld", "ld.lld-19"])
                           if number == 2 and p and
                           os.path.realpath(p) != us), None)
        self.env = dict(os.environ, LC_ALL="C")
        for name in ("LDEMULATION", "GNUTARGET", "LD_WRAP_FLAGS"):
            self.env.pop(name, None)

    def ours(self, words):
        p = subprocess.run([self.reading, self.linker, str(self.number)] +
                           words, capture_output=True, cwd=self.box.dir,
                           env=self.env)
        if p.returncode:
            return None
        facts = {"input": [], "wrap": []}
        for line in p.stdout.decode(errors="replace").split("\n"):
            name, _, value = line.partition(" ")
            if name in ("input", "wrap"):
                facts[name].append(os.path.normpath(value))
            elif name:
                facts[name] = value
        return facts

    def run(self, words):
        """GNU ld 2.40 loops for ever over -xw2: letters, and then none."""
        try:
            return subprocess.run([self.linker] + words, capture_output=True,
                                  stdin=subprocess.DEVNULL, env=self.env,
                                  cwd=self.box.dir, timeout=10)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, -9, b"", b"")

    def linked(self, output):
        """Of which objects are there symbols in sections?  None: stripped."""
        p = subprocess.run(["nm", self.box.path(output)], capture_output=True,
                           env=self.env)
        found = {}
        for line in p.stdout.decode(errors="replace").split("\n"):
            part = line.split()
            if len(part) == 3 and part[2] in self.box.symbols:
                found[self.box.symbols[part[2]]] = part[1]
        return found

    def differs(self, words):
        """None, or over what."""
        self.words = words
        front = ["--dependency-file=deps"]
        facts = self.ours(front + words)
        if facts is None:
            return "the reader failed"
        written = (facts.get(n) for n in ("output", "map", "dependencies"))
        if any(os.path.normpath(n) in self.box.names for n in written if n):
            return None
        p = self.run(front + words)
        text = (p.stdout[:2000] + p.stderr).decode(errors="replace")
        new = self.box.clean()
        try:
            return self.compare(words, facts, p, text, new)
        finally:
            self.box.remove(n for n in new if not n.endswith(".rsp"))
            self.box.mend()

    def run_other(self, words):
        p = subprocess.run([self.other] + words, capture_output=True,
                           stdin=subprocess.DEVNULL, env=self.env,
                           cwd=self.box.dir)
        return p.stderr.decode(errors="replace")

    def compare(self, words, facts, p, text, new):
        passed = facts.get("pass", "")
        if p.returncode < 0:
            return None
        if p.returncode:
            if "unknown" in facts or "argument is missing" in passed or \
               "@-file" in passed or "not follow" in passed:
                self.unknown += 1
                return None
            if UNKNOWN.search(text) and not re.search(
                    "unknown -z|-icf|color-diag|missing (group|lib) end|"
                    "option: -(b|z|-?pack-dyn-relocs)[ =]|"
                    "-save-temps=", text) and not (
                    self.number == 1 and "-z" in words):
                words_in = lambda t: set(re.findall(r"argument '([^']*)'", t))
                if self.other and not (words_in(text) &
                                       words_in(self.run_other(words))):
                    return None     # one of the versions knows each
                return "it knows a word less: " + text.strip()[:200]
            if MISSING.search(text) and not passed and not (
                    self.other and not MISSING.search(self.run_other(words))):
                return "it misses an argument: " + text.strip()[:200]
            return None
        # GNU ld, with -w: goes on whatever a word is.  And where an argument
        # is missing it tries its letters, and its other table.
        if self.number == 0 and ({"-w", "--no-warnings", "-no-warnings"} &
                                 set(words) or
                                 "argument is missing" in passed):
            return None
        if "unknown" in facts and passed != "prints and ends":
            if self.number == 0 and self.unclear(facts["unknown"]):
                return None
            return "it knows " + facts["unknown"]
        if "argument is missing" in passed or "@-file" in passed:
            return "it does not find that " + passed
        elf = {n for n, head in new.items() if head[:4] == b"\x7fELF"}
        if passed == "no input" and "format" in facts:
            return None         # data only
        if passed == "prints and ends" or passed == "no input":
            # gold makes a file of -R alone.
            return next(("it links " + n for n in elf
                         if set(self.linked(n).values()) & set("Tt")), None)
        if passed == "the output is stdout":
            return None if p.stdout[:4] == b"\x7fELF" else "not to stdout"
        if passed not in ("", "-r"):
            return None
        return self.compare_output(facts, new, elf)

    def unclear(self, word):
        """Letters, then none; and beginnings of several names, which GNU ld
        passes over if the next word is right."""
        known = [n for n in self.known if n.startswith(word.lstrip("-"))]
        return word[1:2] != "-" or len(known) > 1

    def compare_output(self, facts, new, elf):
        output = os.path.normpath(facts["output"])
        if output == "-" and self.number == 1 and not elf:
            return None         # to stdout
        if self.number == 0 and "-out" in str(self.words):
            elf = elf & {output}        # --out=x: not --output, --out-implib
        if elf != {output}:
            return "it writes %s, not %s" % (sorted(elf), output)
        kind = struct.unpack("<H", new[output][16:18])[0]
        want = 1 if "relocatable" in facts else \
            3 if "shared" in facts or "pie" in facts else 2
        if kind != want:
            return "it makes a file of type %d, not %d" % (kind, want)
        for name in ("map", "dependencies"):
            if kind == 1 and self.number == 3:
                return None     # mold -r writes nothing else
            if facts.get(name) and facts[name] not in {"-", *new}:
                return "it writes no %s %s" % (name, facts[name])
        return self.compare_inputs(facts, output)

    def compare_inputs(self, facts, output):
        if not facts["dependencies"]:
            return None         # --dependency-file=
        deps = self.dependencies(facts["dependencies"])
        ours = set(facts["input"])
        if "s.ld" in ours:
            ours.add("x4.o")
        # /usr/lib/libm.so is a script, of which gold says nothing.
        missed = {n for n in ours if n in OBJECTS or n == "x4.o" or
                  n[0] != "/" and n.endswith((".a", ".so"))} - deps
        if missed:
            return "it does not read %s" % sorted(missed)
        linked = self.linked(output)
        for name in sorted((deps - ours) & set(OBJECTS)):
            if linked.get(name, "a") in "Tt":
                return "it links " + name
        for name in sorted(ours & set(OBJECTS)):
            if linked and linked.get(name, "T") not in "Tt":
                return "it does not link " + name
        # lld and mold read other files, too: --retain-symbols-file
        for name in sorted(deps - ours):
            if name.endswith((".a", ".so")) and name[0] != "/" and \
               "-file" not in " ".join(self.words):
                return "it reads " + name
        self.good += 1
        return None

    def dependencies(self, path):
        with open(self.box.path(path), errors="replace") as f:
            text = f.read().replace("\\\n", " ").replace("\\ ", " ")
        text = text.replace("a b.o", "a\0b.o")
        first = text.split("\n")[0].partition(": ")[2]
        here = self.box.dir + "/"
        return {os.path.normpath(w.replace("\0", " ").replace(here, ""))
                for w in first.split()}


def main():
    reading, table, linker, number, lines = sys.argv[1:6]
    seed = int(sys.argv[6]) if len(sys.argv) > 6 else 1
    box = Sandbox(os.environ.get("CC", "gcc").split()[-1])
    rng = random.Random(seed)
    table = Table(table, int(number))
    make = Maker(table, rng, box)
    check = Comparison(os.path.abspath(reading), linker, int(number), box,
                       table.known)
    bad = count = 0
    if lines == "every":
        each = list(every_spelling(table))[::seed]
    else:
        each = (make.line() for _ in range(int(lines)))
    for words in each:
        count += 1
        why = check.differs(words)
        if why:
            bad += 1
            print("%s %s: %s" % (linker, words, why), flush=True)
            for name in os.listdir(box.dir):
                if name.endswith(".rsp"):
                    print("    %s: %r" % (name, open(box.path(name)).read()))
        box.remove([n for n in os.listdir(box.dir) if n.endswith(".rsp")])
    shutil.rmtree(box.dir)
    print("lines %s compared %d unknown %d different %d" %
          (count, check.good, check.unknown, bad))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
