#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# headers.sh - rtstatic.h in every language, compiler and code model
#
# Every way to compile must leave the same records: right object, size, kind
# and name, in a section that is not loaded.  And a program that plain ld
# links is the same as without marks, but that its table has size 0.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc g++ clang clang++ readelf objcopy nm awk od
include=-I$RTS_SRCDIR/include
strict="-Wall -Wextra -Wpedantic -Werror"

# ---- sources ---------------------------------------------------------------

cat >marks.h <<'END'
#include "rtstatic.h"
#ifdef __cplusplus
extern "C" {
#endif
extern unsigned shared; RTS_VAR(shared);
struct ops { int (*first)(int), (*second)(int); };
extern struct ops ops; RTS_OPS(ops);
extern unsigned long table[7]; RTS_VAR(table);
RTS_DECLARE_FUNC(int, choose, (int));
RTS_DECLARE_FUNC(void, perhaps, (int *));
int get_local(void);
int get_cpp(void);
int get_patched(void);
void unpatch(void);
#ifdef __cplusplus
}
#endif
END

cat >use.c <<'END'
#include "marks.h"
unsigned shared = 3;
unsigned long table[7];
static int one(int x) { return x + 1; }
static int two(int x) { return x + 2; }
struct ops ops = { one, two };
RTS_VAR(shared);			/* twice: header and here */
static short local = 5; RTS_VAR(local);
RTS_DEFINE_FUNC(choose, one);
RTS_DEFINE_FUNC_NULLABLE(perhaps);
int get_local(void) { return local; }
RTS_PATCHABLE(get_patched);
int get_patched(void) { return 7; }
void unpatch(void) { RTS_PATCH(get_patched, 0); }
END

cat >more.cc <<'END'
#include "marks.h"
namespace { long inner = 11; }
RTS_VAR(inner);
namespace deep { unsigned char byte = 7; RTS_VAR(byte); }
static const char *word = "w"; RTS_VAR(word);
enum class color { red, green };
static color paint = color::green; RTS_VAR(paint);
static const volatile bool still = true; RTS_VAR(still);
extern "C" int get_cpp(void)
{
	int hits = 0;

	RTS_SET_FUNC(perhaps, nullptr);
	RTS_PATCH(get_patched, nullptr);
	perhaps(&hits);
	hits += rts_if(paint) && rts_if(still) && !rts_if(inner) ? 100 : 0;
	hits += rts_const(word)[0] != 'w' || rts_const(paint) != color::green;
	hits += rts_shift_right(0x300ul, deep::byte) != 6;
	hits += rts_shift_right(~0u, deep::byte) != ~0u >> 7;
	hits += rts_mask(12, inner) != 8 || rts_mask(12ul, inner) != 8;
	return (int)inner + deep::byte + word[0] + hits;
}
END

cat >asm.S <<'END'
#include "rtstatic.h"
	.data
	.globl asm_var
	.type asm_var, @object
	.size asm_var, 4
asm_var: .long 9
	.globl asm_slot
	.type asm_slot, @object
	.size asm_slot, 8
asm_slot: .quad 0
	.text
	.globl asm_fn
asm_fn:	jmp *asm_slot(%rip)
RTS_VAR(asm_var)
RTS_OPS(asm_slot)
RTS_FUNC(asm_fn, asm_slot)
	.section .note.GNU-stack,"",@progbits
END

cat >main.c <<'END'
#include <stdio.h>
#include "marks.h"
static void hit(int *x) { *x += 1000; }
int main(void)
{
	int sum = 0;

	perhaps(&sum);
	RTS_SET_FUNC(perhaps, hit);
	perhaps(&sum);
	RTS_SET_FUNC(perhaps, NULL);
	perhaps(&sum);
	RTS_SET_FUNC(perhaps, 0);
	sum += RTS_GET_FUNC(perhaps) ? 1 : 0;
	sum -= 900 + (rts_if(shared) ? 100 : 0) - (rts_if(table[6]) ? 3 : 0);
	sum += rts_shift_right(8u, shared) - 1 + (int)rts_const(table[2]);
	sum += (int)rts_mask(7ul, table[1]) + (rts_mask(7, shared) != 3);
	if (RTS_TABLE || RTS_TABLE_SIZE)
		return 1;
	sum += (int)shared + ops.first(1) + ops.second(1) + choose(10);
	RTS_SET_FUNC(choose, ops.second);
	sum += choose(10) + (RTS_GET_FUNC(choose) == ops.second);
	unpatch();
	RTS_PATCH(get_patched, get_local);	/* no effect: plain ld */
	sum += get_patched() - 7;
	sum += get_local() + get_cpp() + (int)table[3];
	printf("%d\n", sum);
	return 0;
}
END

# ---- what a file's records say ---------------------------------------------

# NAME KIND SIZE ADDRESS STUB of each, sorted.
records() {
	objcopy -O binary --only-section=.rts.mark \
		--set-section-flags .rts.mark=alloc,contents "$1" records.bin ||
		return
	od -An -v -tu1 -w1 records.bin | awk '
	{ b[n++] = $1 }
	function number(at, size,   i, x) {
		for (i = size - 1; i >= 0; i--) x = x * 256 + b[at + i]
		return x
	}
	function text(at,   s) {
		while (b[at]) s = s sprintf("%c", b[at++])
		return s
	}
	END {
		for (at = 0; at < n; at += length_) {
			while (at < n && !number(at + 28, 4)) at += 8
			if (at >= n) break
			length_ = number(at + 28, 4)
			if (length_ % 8) { print "odd length", length_; exit }
			print text(at + 32), number(at + 24, 4),
				number(at + 8, 8), number(at, 8),
				number(at + 16, 8)
		}
	}' | sort -u
}

# The same from the symbol table, for the names given as NAME:KIND:SYMBOL:STUB;
# SIZE is the symbol's.  SYMBOL is an expression: compilers mangle differently.
expected() {
	local file=$1 entry name kind symbol stub
	shift
	for entry; do
		IFS=: read -r name kind symbol stub <<<"$entry"
		# Wide enough for the printed size and address, both decimal.
		nm -S "$file" | awk -v name="$name" -v kind="$kind" \
			-v symbol="$symbol" -v stub="$stub" '
		function hex(s,   i, x) {
			for (i = 1; i <= length(s); i++)
				x = x * 16 + index("0123456789abcdef",
					substr(s, i, 1)) - 1
			return x
		}
		$NF ~ "^" symbol "$" { address = hex($1); size = hex($2) }
		stub && $NF == stub { to = hex($1) }
		END { print name, kind, kind == 8 ? 0 : size, address, to + 0 }'
	done | sort -u
}

same_text() {
	diff "$1" "$2"
}

c_marks="shared:1:shared: ops:2:ops: table:1:table: local:1:local:
	choose:3:rts_slot_choose:choose perhaps:259:rts_slot_perhaps:perhaps
	get_patched:259:rts_patch_get_patched:rts_entry_get_patched
	get_patched:8:rts_patch_get_patched:get_patched"
cpp_marks="inner:1:_ZN12_GLOBAL__N_1L?5innerE: byte:1:_ZN4deep4byteE:
	word:1:_ZL4word: paint:1:_ZL5paint: still:1:_ZL5still:"

not_loaded() {
	readelf -SW "$1" | awk '
	/ \.rts\.mark / { sub(/^ *\[ *[0-9]+\]/, ""); found = 1
			  if ($7 ~ /[AWX]/) { print; bad = 1 } }
	END { exit !found || bad }'
}

retained() {
	readelf -SW "$1" | awk '
	/ \.rts\.mark / { sub(/^ *\[ *[0-9]+\]/, ""); if ($7 !~ /R/) bad = 1
			  found = 1 }
	END { exit !found || bad }'
}

answers() {
	local answer
	answer=$(./program) || return
	echo "$answer, and not $1"
	[ "$answer" = "$1" ]
}

# ---- each way --------------------------------------------------------------

# way NAME CC CXX compile-flags -- link-flags
way() {
	local name=$1 cc=$2 cxx=$3 flags=()
	shift 3
	while [ "$1" != -- ]; do flags+=("$1"); shift; done
	shift
	rm -f ./*.o program
	# shellcheck disable=SC2086
	{
	check "$name: C11" $cc -std=c11 $strict "${flags[@]}" $include \
		-c use.c -o use.o || return
	check "$name: C11 main" $cc -std=c11 $strict "${flags[@]}" $include \
		-c main.c -o main.o || return
	check "$name: C++17" $cxx -std=c++17 $strict "${flags[@]}" $include \
		-c more.cc -o more.o || return
	}
	case "${flags[*]}" in
	*-flto*) ;;
	*)	check "$name: section is not loaded" not_loaded use.o
		check "$name: section is kept" retained use.o
		check "$name: C++ section is not loaded" not_loaded more.o ;;
	esac
	check "$name: links" $cxx "${flags[@]}" "$@" use.o main.o more.o \
		-o program || return
	check "$name: runs, without a table" answers 174
	check "$name: still not loaded" not_loaded program
	records program >have
	# shellcheck disable=SC2086
	expected program $c_marks $cpp_marks >want
	check "$name: the records" same_text want have
}

for o in -O0 -O2 -Os; do
	way "gcc $o" gcc g++ $o --
	way "clang $o" clang clang++ $o --
done
way "gcc no-pie" gcc g++ -O2 -fno-pie -- -no-pie
way "clang no-pie" clang clang++ -O2 -fno-pie -- -no-pie
way "gcc pic" gcc g++ -O2 -fPIC --
way "clang pic" clang clang++ -O2 -fPIC --
way "gcc debug" gcc g++ -O1 -g3 --
way "clang debug" clang clang++ -O1 -g3 --
way "gcc sections" gcc g++ -O2 -ffunction-sections -fdata-sections -- \
	-Wl,--gc-sections
way "clang sections" clang clang++ -O2 -ffunction-sections -fdata-sections -- \
	-Wl,--gc-sections
way "gcc cet" gcc g++ -O2 -fcf-protection=full --
way "clang cet" clang clang++ -O2 -fcf-protection=full --
way "gcc static" gcc g++ -O2 -- -static
# A kernel has such words as macros.
words=(naked used aligned nocf_check visibility packed noinline noclone noipa
	weak section always_inline unused may_alias
	patchable_function_entry)
way "gcc words" gcc g++ -O2 "${words[@]/#/-D}" --
way "clang words" clang clang++ -O2 "${words[@]/#/-D}" --
way "gcc lto" gcc g++ -O2 -flto -ffat-lto-objects --
way "gcc slim lto" gcc g++ -O2 -flto --

# ---- assembly --------------------------------------------------------------

for cc in gcc clang; do
	check "$cc: assembly" $cc "$include" -c asm.S -o asm.o || continue
	check "$cc: assembly: not loaded" not_loaded asm.o
	check "$cc: assembly: kept" retained asm.o
	check "$cc: assembly links" $cc -nostdlib -no-pie -Wl,-e,asm_fn asm.o \
		-o asm
	records asm >have
	expected asm asm_var:1:asm_var: asm_slot:2:asm_slot: \
		asm_fn:3:asm_slot:asm_fn | awk '{ $3 = 0; print }' >want
	check "$cc: assembly: the records" same_text want have
done

# ---- marks cost nothing where there is no ld-wrap --------------------------

loaded() {
	objcopy -O binary --remove-section=.note.gnu.build-id "$1" "$2"
}

# The same program without marks: RTS_VAR and RTS_OPS as nothing.
sed 's/RTS_\(VAR\|OPS\)([a-z]*);//g' marks.h >plain.h
for cc in gcc clang; do
	# shellcheck disable=SC2086
	{
	cat >var.c <<'END'
#include "marks.h"
unsigned shared = 3;
unsigned long table[7] = { 1 };
struct ops ops = { 0, 0 };
unsigned long read_them(void) { return shared + table[2]; }
int main(void) { return (int)read_them() - 3; }
END
	sed 's/marks\.h/plain.h/' var.c >novar.c
	check "$cc: with marks" $cc -O2 $include -Wl,--build-id=none var.c \
		-o with
	check "$cc: without marks" $cc -O2 $include -Wl,--build-id=none \
		novar.c -o without
	}
	loaded with with.bin
	loaded without without.bin
	check "$cc: the loaded bytes are the same" cmp with.bin without.bin
done

# ---- what must not compile -------------------------------------------------

language() {	# COMPILER: the source that is in its language
	case $1 in
	*++*) echo no.cc ;;
	*) echo no.c ;;
	esac
}

# refused "what is said" DECLARATIONS EXPRESSION, in C and C++
refused() {
	printf '#include "rtstatic.h"\n%s\nunsigned long f(void) { return %s; }\n' \
		"$2" "$3" >no.c
	cp no.c no.cc
	for cc in "gcc -std=c11" "clang -std=c11" "g++ -std=c++17" \
	    "clang++ -std=c++17"; do
		# shellcheck disable=SC2086
		check_fails 1 "$cc: $2 $3 is refused" $cc $include -c \
			"$(language "$cc")" -o no.o
		cp "$out" said
		check "$cc: for what it is" grep -q "$1" said
	done
}
refused "only a void function may be NULL" \
	"RTS_DECLARE_FUNC(int, f1, (void)); RTS_DEFINE_FUNC_NULLABLE(f1);" 0
for use in "rts_if(d)" "rts_const(d)" "rts_shift_right(8u, d)"; do
	refused "an integer or a pointer is needed" "extern double d;" "$use"
done
refused "an unsigned value of 32 or 64 bits" "extern int s;" \
	"rts_shift_right(s, s)"
refused "an unsigned value of 32 or 64 bits" \
	"extern unsigned char s;" "rts_shift_right(s, s)"

# ---- the other headers -----------------------------------------------------

for header in rtld.h rts/abi.h rts/env.h rts/declared.h; do
	printf '#include "%s"\n#include "%s"\nint unit;\n' $header $header \
		>one.c
	cp one.c one.cc
	for cc in "gcc -std=c11" "clang -std=c11"; do
		# shellcheck disable=SC2086
		check "$cc: $header alone, twice" $cc $strict $include -c \
			one.c -o one.o
	done
	for cc in "g++ -std=c++17" "clang++ -std=c++17"; do
		# shellcheck disable=SC2086
		check "$cc: $header alone, twice" $cc $strict $include -c \
			one.cc -o one.o
	done
done
done_testing
