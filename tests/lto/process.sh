#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# process.sh - the demo of tests/process, and rtld itself, by LTO
#
# It looks at its own instructions, bound, switched over, unbound: so here each
# use has been inlined where the compiler liked, but for clang's full LTO, of
# which the functions that it looks at are other ones (values.sh has that).
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/selftest.sh"
. "${RTS_SRCDIR:?}/tests/lto/lib.sh"
demo=$RTS_SRCDIR/tests/process

way() {	# NAME CC LINKER FLAGS
	local what=$1 dir=${1// /-}
	check "$what: compiles" compile "$2" "-g $4" "$dir" "$demo/demo.c" \
		"$demo/work.c" "$demo/selftest.c" || return
	check "$what: rtld compiles" compile_rtld "$2" "$4" "$dir" || return
	# shellcheck disable=SC2086
	check "$what: links" link "$2" "$3" -O2 $4 -o "$dir/demo" "$dir"/*.o ||
		return
	same "$what: unexplained" 0 \
		"$(awk '$1 == "unexplained" { print $2 }' "$report")"
	check "$what: runs" "$dir/demo"
	cp "$out" "$dir/log"
	check_selftest "$what" "$dir"
}

way "gcc bfd" gcc bfd -flto
way "gcc gold 1to1" gcc gold "-flto=2 -flto-partition=1to1"
way "gcc mold" gcc mold -flto
way "clang lld thin" clang lld -flto=thin
way "clang-19 lld-19 thin" clang-19 lld-19 -flto=thin
way "clang bfd thin" clang bfd -flto=thin
done_testing
