#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# values.sh - with LTO marks survive, and no compiler folds what they hold
#
# A program whose marks are written by nobody, once, or from outside: with LTO
# by each compiler and linker it has the same sites as without, and says the
# same when a stranger has stored new values and it has bound them.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "${RTS_SRCDIR:?}/tests/lto/lib.sh"

# By address, since many have no name that a linker could know.
run() {	# PROGRAM
	"$1" "$(mark_at optioned)=101" "$(mark_at wide)=102" \
		"$(mark_at hidden)=103" "$(mark_at fixed)=104" \
		"$(mark_at once)=105" "$(mark_at shared)=106" \
		"$(mark_at hook)=0x$(address_of "$1" minus)"
}

files="$src/values.c $src/values-def.c $src/values-use.c"

# without CC: the sites and the words that LTO is held against
without() {
	local dir=plain-$1
	# shellcheck disable=SC2086
	check "$1: compiles" compile "$1" -O3 "$dir" $files
	check "$1: rtld compiles" compile_rtld "$1" "" "rtld-$1"
	check "$1: links without LTO" link "$1" bfd -Wl,--rts-var=optioned \
		-o "$dir/values" "$dir"/*.o "rtld-$1"/*.o
	sites "$dir/values" >"$dir/sites"
	run "$dir/values" >"$dir/said"
	same "$1: each getter has a site, that of patched() at its entry" 12 \
		"$(grep -Ec '^(get_|patched )' "$dir/sites")"
	check "$1: values are stored and bound" grep -q "stored: shared 106 \
wide 102 hidden 103 optioned 101 fixed 104 once 105 first 22 second 18 \
hook 18 choose 18 perhaps 1010 patched 160" "$dir/said"
}

way() {	# NAME CC LINKER FLAGS
	local dir=${1// /-} what=$1 plain=plain-$2
	# shellcheck disable=SC2086
	check "$what: compiles" compile "$2" "-O3 $4" "$dir" $files || return
	# shellcheck disable=SC2086
	check "$what: links" link "$2" "$3" -O3 $4 -Wl,--rts-var=optioned \
		-o "$dir/values" "$dir"/*.o "rtld-$2"/*.o || return
	check "$what: rts-dump --check" "$RTS_DUMP" --check "$dir/values"
	sites "$dir/values" >"$dir/sites"
	check "$what: the same sites" diff "$plain/sites" "$dir/sites"
	same "$what: unexplained" 0 \
		"$(awk '$1 == "unexplained" { print $2 }' "$report")"
	run "$dir/values" >"$dir/said"
	check "$what: says the same" diff "$plain/said" "$dir/said"
	same "$what: leaves nothing" "" "$(ls -A "$dir" | grep ld-wrap)"
}

for cc in gcc clang clang-19; do
	without $cc
done
for_each_way way
done_testing
