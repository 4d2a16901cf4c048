#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# golden.sh - assemble, link with ld-wrap, dump, compare with what was reviewed
#
# A NAME.d file has a head of comments and these parts:
#	-- source	assembly; cpp runs over it, so rtstatic.h can be included
#	-- compile	words for the compiler: -m32
#	-- link		words for the link, if the usual addresses do not do
#	-- options	one line of words for rts-dump
#	-- dump		what `rts-dump OPTIONS IMAGE' prints
# Addresses are fixed by the link (-Ttext, -Tdata), so the dump can hold them.
# `make update-golden' rewrites the last part; review the difference.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld

part() { # FILE PART
	awk -v want="-- $2" '/^-- /{on = ($0 == want); next} on' "$1"
}

golden() { # FILE
	local file=$1 name options compile link
	name=$(basename "$file" .d)
	part "$file" source >"$name.S"
	part "$file" dump >"$name.want"
	options=$(part "$file" options)
	compile=$(part "$file" compile)
	link=$(part "$file" link)
	link=${link:--Ttext=0x401000 -Tdata=0x404000}
	# shellcheck disable=SC2086 # the options are words
	if ! "$CC" $compile -I"$RTS_SRCDIR/include" -c -o "$name.o" "$name.S" 2>"$out" ||
	   ! "$LD_WRAP" -static -z noexecstack $link -o image "$name.o" \
		2>"$out"; then
		not_ok "$name: links" "$(cat "$out")"
		return
	fi
	# shellcheck disable=SC2086 # the options are words
	"$RTS_DUMP" $options image >"$name.got" 2>&1
	if [ -n "${RTS_UPDATE_GOLDEN:-}" ]; then
		{ sed '/^-- dump$/q' "$file"; cat "$name.got"; } >"$name.new" &&
			cp "$name.new" "$file"
	elif diff -u "$name.want" "$name.got" >"$out"; then
		ok "$name: the dump is as reviewed"
	else
		not_ok "$name: the dump differs"
		sed 's/^/# /' "$out"
	fi
}

for file in "$RTS_SRCDIR"/tests/golden/*.d; do
	golden "$file"
done
done_testing
