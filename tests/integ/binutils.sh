#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tools of every day work on the result, and the image survives them.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lib/dumped.sh"
need objcopy strip objdump nm gdb readelf addr2line

# A tool's own complaint counts, even if it goes on.
quietly() {
	"$@" >"$out.quiet" 2>&1 || { cat "$out.quiet"; return 1; }
	if grep -iE 'warning|error|unrecognized|invalid' "$out.quiet"; then
		return 1
	fi
}

for mode in no-pie pie; do
	check "$mode: links" link_dumped a "$mode"
	./a p | head -n 1 >want
	for tool in "objcopy" "objcopy --strip-debug" "strip -o b" \
	    "strip -g -o b" \
	    "objcopy --compress-debug-sections" \
	    "objcopy --remove-section=.comment" "strip --strip-unneeded -o b" \
	    "objcopy --add-gnu-debuglink=want"; do
		rm -f b
		case $tool in
		strip*)	check "$mode: $tool" quietly $tool a ;;
		*)	check "$mode: $tool" quietly $tool a b ;;
		esac
		check "$mode: $tool keeps the image" "$RTS_DUMP" --check b
		./b pbpspup >got 2>&1
		check "$mode: $tool: the program works, bound and unbound" \
			cmp want <(head -n 1 got)
		readelf -SW b >sections
		check "$mode: $tool keeps .rts.rela" \
			grep -q '\.rts\.rela' sections
	done
	check "$mode: objcopy -O binary" quietly objcopy -O binary a raw
	check "$mode: which carries the table" \
		grep -qa RTS1 raw
	check "$mode: objdump -d" quietly objdump -d a
	check "$mode: objdump -r" quietly objdump -r a
	check "$mode: objdump -h" quietly objdump -h a
	check "$mode: nm" quietly nm a
	check "$mode: nm knows the bounds of the table" \
		grep -q rts_table_start "$out.quiet"
	check "$mode: addr2line" quietly addr2line -e a 0x401000
	check "$mode: readelf -aW" readelf -aW a
	check "$mode: gdb shows a function of it" quietly \
		gdb -nx -batch -ex 'disassemble use_ops' \
		-ex 'info line compute' a
	check "$mode: with its instruction" grep -q 'call.*ops' "$out.quiet"
	check "$mode: gdb runs it" quietly gdb -nx -batch \
		-iex 'set debuginfod enabled off' -ex 'run pbp' \
		-ex 'print $_exitcode' a
	check "$mode: to its end" grep -q '= 0' "$out.quiet"
	check "$mode: nothing of this changed it" "$RTS_DUMP" --check a
done
done_testing
