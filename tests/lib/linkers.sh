# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# linkers.sh - sourced behind tap.sh: every linker, and a program for them
#
#	$linkers			their programs
#	compile_linked DIR CC "FLAGS"	the objects of tests/linkers, $DIR/*.o
#	link_linked LINKER OUTPUT DIR WORDS...	by ld-wrap, with both marks by
#					option; report in OUTPUT.report
#	sites_of [--aliases] IMAGE [SYMBOLS]	by symbol and offset
#
# A linker is named as its program is.  GNU ld comes first: the others are
# compared with it.
linkers="ld.bfd ld.gold ld.lld-14 ld.lld-19 mold"
# shellcheck disable=SC2086
need $linkers gcc g++ python3 nm awk
linked_src=$RTS_SRCDIR/tests/linkers
mkdir -p bin
ln -sf "$LD_WRAP" bin/ld

# one OBJECT COMPILER FLAGS... SOURCE
compile_one() {
	local object=$1
	shift
	"$@" -c -o "$object"
}

compile_linked() {
	local dir=$1 cc=$2 cxx=g++ file
	local c="-O2 -Wall -Wextra -Werror $3 -I$RTS_SRCDIR/include"
	case $cc in clang*) cxx=clang++ ;; esac
	mkdir "$dir"
	# shellcheck disable=SC2086
	{
		set -- $c -I"$RTS_SRCDIR/rtld" -I"$linked_src"
		for file in one main twice; do
			compile_one "$dir/$file.o" $cc -std=gnu11 "$@" \
				"$linked_src/$file.c" || return
		done
		compile_one "$dir/two.o" $cc -std=gnu11 "$@" -DTWO \
			"$linked_src/one.c" &&
		compile_one "$dir/inline1.o" $cxx -std=gnu++17 "$@" \
			"$linked_src/inline.cc" &&
		compile_one "$dir/inline2.o" $cxx -std=gnu++17 "$@" -DTWO \
			"$linked_src/inline.cc" &&
		compile_one "$dir/code.o" $cc "$@" "$linked_src/code.S" ||
			return
		for file in image stream field read bind strerror \
			platform/process; do
			compile_one "$dir/rtld-${file##*/}.o" $cc -std=gnu11 \
				-D_GNU_SOURCE "$@" -Os \
				"$RTS_SRCDIR/rtld/$file.c" || return
		done
	}
}

# gcc finds ld-wrap as the `ld' of a -B directory, ld-wrap the linker by
# $LD_WRAP_LD: so what gcc hands down is the same for all of them.
link_linked() {
	local linker=$1 output=$2 dir=$3
	shift 3
	rm -f "$output" "$output.report"
	LD_WRAP_LD=$(command -v "$linker") gcc -B"$PWD/bin/" -o "$output" \
		"$dir"/*.o -Wl,--rts-func=twice,--rts-var=plain \
		-Wl,--rts-report="$output.report" "$@"
}

# The same words without us.
link_plain() {
	local linker=$1 output=$2 dir=$3
	shift 3
	mkdir -p "plain.$linker"
	ln -sf "$(command -v "$linker")" "plain.$linker/ld"
	gcc -B"$PWD/plain.$linker/" -o "$output" "$dir"/*.o "$@"
}

sites_of() { python3 "$linked_src/sites.py" "$@"; }

# What the account says, without what depends on the linker: addresses, the
# table's size, and whether a use through the GOT was relaxed (then it takes an
# address) or not (then it is kept: got).
account_of() {
	awk '
		/^(ld-wrap-report|table|emitted|dropped) / || / kept got / ||
		/ kept [a-z-]+ 0x/ { next }
		/^mark / { $4 = $4 == "absent" ? "absent" : "linked" }
		/references/ {
			at = NF - 9
			for (i = 1; i < NF; i++)
				n[$i] = $(i + 1)
			$0 = "references " n["references"] " bound " \
				n["bound"] " kept or address " \
				n["kept"] + n["address"] " data " n["data"] \
				" dropped " n["dropped"]
		}
		{ print }' "$1"
}
