#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# freestanding.sh - rtld takes nothing from its surroundings, and little room
#
# The core must run before a kernel has relocated itself, on any stack, so its
# object has no undefined symbol, no data, no relocation; and it is small.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang nm size readelf objdump awk
rtld=$RTS_SRCDIR/rtld
include=-I$RTS_SRCDIR/include
# DESIGN hoped for 2 KiB of text; doc/decisions/0007 says what was done for it.
# Each compiler is held to where it stands (gcc 12, clang 14).
most_text_gcc=2848
most_text_clang=3184
most_stack=512
most_trap_frame=256

# The flags are configure's, so that the gate and the build are the same.
flags=$(sed -n 's/^FREESTANDING_CFLAGS = //p' "$RTS_BUILDDIR/Makefile")
if [ -n "$flags" ]; then ok "configure's flags"; else
	not_ok "configure's flags" "none in $RTS_BUILDDIR/Makefile"
fi
warn="-Wall -Wextra -Wshadow -Wcast-qual -Wpointer-arith -Wstrict-prototypes
	-Wmissing-prototypes -Wvla -Wundef -Wwrite-strings -Werror"

flags_for() {
	case $1 in
	clang*) echo "$flags" | sed 's/-fno-tree-loop-distribute-patterns//
			s/-fno-thread-jumps//; s/-fno-tree-loop-im//' ;;
	*) echo "$flags" ;;
	esac
}

compile() {
	local cc=$1 file=$2 to=$3
	shift 3
	# shellcheck disable=SC2046,SC2086
	$cc $(flags_for "$cc") $warn $include "$@" -c "$file" -o "$to"
}

nothing() {
	[ -z "$1" ] || { echo "$1"; return 1; }
}

section_size() {
	size -A "$1" | awk -v name="$2" \
		'$1 == name || index($1, name ".") == 1 { n += $2 }
		 END { print n + 0 }'
}

# Sections that are loaded, have contents, and are not text.
loaded_data() {
	readelf -SW "$1" | sed 's/^ *\[ *//' |
		awk '$1 ~ /^[0-9]/ && $8 ~ /A/ && $8 !~ /X/ &&
		     $6 !~ /^0+$/ { print $2, $6 }'
}

# Those of them that can be written; constants of a switch cannot.
written_data() {
	readelf -SW "$1" | sed 's/^ *\[ *//' |
		awk '$1 ~ /^[0-9]/ && $8 ~ /W/ && $6 !~ /^0+$/ { print $2, $6 }'
}

core_is_pure() {
	local name=$1 object=$2
	check "$name: no undefined symbol" nothing "$(nm -u "$object")"
	check "$name: no relocation" nothing \
		"$(readelf -rW "$object" | grep -v '^$' |
		   grep -v 'There are no relocations')"
	check "$name: no data, bss or rodata" nothing "$(loaded_data "$object")"
}

fits() {
	echo "$1 bytes, at most $2"
	[ "$1" -gt 0 ] && [ "$1" -le "$2" ]
}

# The deepest function; and that none is of unknown size.
deepest() {
	awk -F '\t' '{ if ($3 != "static") bad = 1; if ($2 > n) n = $2 }
		     END { print bad ? 999999 : n }' "$@"
}

# The longest chain of calls through the core, by its own disassembly and the
# frames that the compiler states.  A call through a register leads to a host.
chain() {
	objdump -d "$1" | awk -v usage="$2" '
	BEGIN {
		while ((getline line < usage) > 0) {
			split(line, f, "\t"); n = split(f[1], p, ":")
			frame[p[n]] = f[2]
		}
	}
	/^[0-9a-f]+ <.*>:$/ {
		name = $2; gsub(/[<>:]/, "", name); seen[name] = 1; next
	}
	# A call puts an address; a jump to another function does not.
	/\t(call|jmp|j[a-z]+) / && /<[^+>]*>/ {
		to = $NF; gsub(/[<>]/, "", to)
		if (to != name) calls[name] = calls[name] " " to
	}
	function plain(s) { sub(/\..*/, "", s); return s }
	function depth(name, level,   n, list, i, d, most) {
		if (level > 20) return 999999	# recursion
		n = split(calls[name], list, " "); most = 0
		for (i = 1; i <= n; i++) {
			d = depth(list[i], level + 1)
			if (d > most) most = d
		}
		return frame[plain(name)] + 8 + most
	}
	END {
		for (name in seen) {
			d = depth(name, 0)
			if (d > most) most = d
		}
		print most + 0
	}'
}

for cc in gcc clang; do
	check "$cc compiles the core" compile $cc "$rtld/rtld.c" core-$cc.o \
		-fstack-usage || continue
	core_is_pure "$cc" core-$cc.o
	text=$(section_size core-$cc.o .text)
	echo "# $cc: core has $text bytes of text"
	most_text=most_text_$cc
	check "$cc: core within ${!most_text} bytes" fits "$text" ${!most_text}
	check "$cc: each frame within $most_stack bytes" \
		fits "$(deepest core-$cc.su)" $most_stack
	check "$cc: no recursion, $most_stack bytes of stack in all" \
		fits "$(chain core-$cc.o core-$cc.su)" $most_stack
	check "$cc: no jump through a table" nothing \
		"$(objdump -d core-$cc.o | grep -E 'jmp +\*.*\(' || true)"
	check "$cc: no x87, MMX or SSE register" nothing \
		"$(objdump -d core-$cc.o | grep -E '%(st|mm|xmm|ymm)' || true)"
done

# What the build made is the same thing.
core_is_pure "built" "$RTS_BUILDDIR/rtld/rtld-freestanding.o"
core_is_pure "validate, built" "$RTS_BUILDDIR/rtld/validate-freestanding.o"
core_is_pure "seal, built" "$RTS_BUILDDIR/rtld/seal-freestanding.o"
for object in dump strerror; do
	file=$RTS_BUILDDIR/rtld/$object-freestanding.o
	check "$object: no undefined symbol" nothing "$(nm -u "$file")"
	check "$object: no data that relocates" nothing \
		"$(readelf -SW "$file" |
		   grep -E '\.(data|bss|rela?\.(data|rodata))' |
		   awk '{ sub(/^ *\[ *[0-9]+\]/, "") }
			$5 !~ /^0+$/ { print }')"
done

# Each file by itself, and for a 32-bit machine, where a 64-bit division would
# be a call of libgcc.  Names of our own may be undefined, they end in '_'.
for cc in gcc clang; do
	for file in "$rtld"/*.c "$rtld/platform/early.c" \
		"$rtld/platform/rendezvous.c" \
		"$rtld/platform/live-x86.c" "$rtld/platform/emulate-x86.c"; do
		name=${file#"$rtld/"}
		object=one-$cc.o
		check "$cc: $name alone" compile $cc "$file" $object
		check "$cc: $name needs only rtld" nothing "$(nm -u $object |
			grep -v ' rtld_[a-z_]*$' || true)"
		check "$cc: $name for i386" compile $cc "$file" $object -m32
		check "$cc: $name for i386 needs only rtld" nothing \
			"$(nm -u $object | grep -v ' rtld_[a-z_]*$' |
			   grep -v _GLOBAL_OFFSET_TABLE_ || true)"
	done
done

# What runs in a breakpoint handler: on any stack, with nothing saved but
# general registers.
for cc in gcc clang; do
	for bits in 64 32; do
		what="$cc, $bits bits: breakpoint"
		for file in live-x86 emulate-x86; do
			compile $cc "$rtld/platform/$file.c" $file.o -m$bits \
				-fstack-usage
		done
		# Of i386 gcc aligns the stack for what it calls.
		sed -i 's/dynamic,bounded$/static/' live-x86.su emulate-x86.su
		check "$what: no x87, MMX or SSE register" nothing \
			"$(objdump -d live-x86.o emulate-x86.o |
			   grep -E '%(st|mm|xmm|ymm)' || true)"
		check "$what: each frame within $most_trap_frame bytes" \
			fits "$(deepest live-x86.su emulate-x86.su)" \
			$most_trap_frame
		check "$what: nothing that can be written" nothing \
			"$(written_data live-x86.o; written_data emulate-x86.o)"
		check "$what: no jump through a table" nothing \
			"$(objdump -d live-x86.o emulate-x86.o |
			   grep -E 'jmp +\*.*\(' || true)"
	done
done

# One door to the outside, no conditional code.
check "no #if in rtld/*.c" nothing \
	"$(grep -nE '^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif)' \
	   "$rtld"/*.c || true)"
check "one #ifdef in internal.h besides its guard: RTLD_UNITY" \
	[ "$(grep -cE '^#[[:space:]]*if' "$rtld/internal.h")" = 2 ]
check "no system header in rtld/*.[ch]" nothing \
	"$(grep -n '#include <' "$rtld"/*.[ch] || true)"
done_testing
