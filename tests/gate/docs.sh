#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The documentation says what the code does: pages are well formed, name every
# option, diagnostic and error and no others, and what they tell people to type
# or compile is typed and compiled.
#
# How an example says what it is:
#	man page	.\" example: KIND	before its .EX; KIND is
#			"c run" (compile, link plainly, exit 0), "c run -lrtld",
#			"asm", "sh"
#	Markdown	a fence ```sh is run, in order, in one directory; a
#			fence ```c whose first line is /* NAME */ is saved as NAME
# shellcheck source=tests/lib/tap.sh
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need groff awk gcc gdb
doc=$RTS_SRCDIR/doc
PATH=$RTS_BUILDDIR/ld-wrap:$PATH
export PATH SRC="$RTS_SRCDIR" BUILD="$RTS_BUILDDIR"

# ---- form ------------------------------------------------------------------

well_formed() {
	groff -ww -mandoc -Tutf8 "$1" 2>&1 >page | tee warnings
	[ -s page ] && [ ! -s warnings ]
}

has_sections() {
	local section
	for section in NAME SYNOPSIS DESCRIPTION EXAMPLES 'SEE ALSO'; do
		grep -qx "\.SH $section" "$1" && continue
		echo "no section $section"
		return 1
	done
}

for page in "$doc"/*.[1-9]; do
	check "${page##*/}: no warning from groff" well_formed "$page"
	check "${page##*/}: has the sections a reader looks for" \
		has_sections "$page"
done

# ---- the same names on both sides ------------------------------------------

# Words of a page as they are read: fonts and \- undone.
plain() {
	sed 's/\\f[BIRP]//g; s/\\-/-/g; s/\\~/ /g' "$1"
}

# same WHAT FILE-A FILE-B: the same sorted words.
same() {
	check "$1" diff "$2" "$3"
	[ -s "$2" ] || not_ok "$1: there are some"
}

"$LD_WRAP" --rts-help 2>&1 | grep -oE -- '--rts-[a-z-]+' | sort -u >help
sed -n '/^\.SH OPTIONS/,/^\.SH ENV/p' "$doc/ld-wrap.1" | sed 's/\\-/-/g' |
	grep -E '^\.BI? --rts-' | grep -oE -- '--rts-[a-z-]+' | sort -u >page
same "--rts-help and ld-wrap.1 have the same options" help page

"$RTS_DUMP" --help 2>&1 | grep -oE -- '--[a-z][a-z-]+' | sort -u >help
plain "$doc/rts-dump.1" | grep -oE -- '--[a-z][a-z-]+' | sort -u >page
same "rts-dump --help and rts-dump.1 have the same options" help page

grep -v '^ \*' "$RTS_SRCDIR/ld-wrap/diag.def" | tr '\n' ' ' |
	grep -oE 'LW_DIAG\([A-Z_0-9]+, *"[a-z-]+"' | grep -oE '"[a-z-]+"' |
	tr -d '"' | sort >code
sed -n '/^\.SH DIAGNOSTICS/,/^\.SH REPORT/p' "$doc/ld-wrap.1" |
	sed 's/\\-/-/g' | sed -n '/^\.TP/{n;s/^\.B //p;}' | sort >page
same "every diagnostic of diag.def is in ld-wrap.1, and no other" code page

grep -v '^ \*' "$RTS_SRCDIR/ld-wrap/reasons.def" | tr '\n' ' ' |
	grep -oE 'LW_REASON\([A-Z_0-9]+, *"[a-z-]+"' | grep -oE '"[a-z-]+"' |
	tr -d '"' | grep -vx none | sort >code
sed -n '/^\.SS Reasons/,/^\.S/p' "$doc/ld-wrap.1" | sed 's/\\-/-/g' |
	sed -n '/^\.TP/{n;s/^\.B //p;}' | sort >page
same "every reason of reasons.def is in ld-wrap.1, and no other" code page

# What becomes of a use on x86: each reason that lw_form_x86() can give.
grep -ohE 'LW_KEPT_[A-Z_0-9]+' "$RTS_SRCDIR"/ld-wrap/forms-x86.c |
	sed 's/LW_KEPT_//' | tr 'A-Z_' 'a-z-' |
	grep -vxE 'none|not-provable' | { cat; echo apx; } | sort -u >code
sed -n '/^## Kept/,$p' "$doc/forms-x86.md" |
	sed -n 's/^| \([a-z][a-z, -]*\) |.*/\1/p' | tr -d ' ' | tr ',' '\n' |
	grep -vx reason | sort >page
same "every reason of forms-x86.c is in forms-x86.md, and no other" code page

grep -ohE 'RTS_TAG_[A-Z_0-9]+' "$RTS_SRCDIR"/ld-wrap/*-x86*.c |
	sed 's/RTS_TAG_//' | tr 'A-Z_' 'a-z-' | grep -vx count | sort -u >code
sed -n '/^## Bound/,/^## Kept/p' "$doc/forms-x86.md" |
	sed -n 's/^| \([a-z][a-z0-9, -]*\) |.*/\1/p' | tr -d ' ' |
	tr ',' '\n' | grep -vxE 'tag|i386' | sort -u >page
same "every form of ld-wrap/*-x86*.c is in forms-x86.md, and no other" code page

grep -oE '^RTLD_ERROR\([A-Z_]+' "$RTS_SRCDIR/include/rts/errors.def" |
	sed 's/RTLD_ERROR(/RTLD_E_/' | sort >code
sed -n '/^\.SH ERRORS/,/^\.SH EXAMPLES/p' "$doc/rtld.3" |
	sed -n 's/^\.B \(RTLD_E_[A-Z_]*\)$/\1/p' | sort >page
same "every error of errors.def is in rtld.3, and no other" code page

# ---- examples: man pages ---------------------------------------------------

# examples PAGE: each as DIR/N.KIND with the escapes undone.
examples() {
	awk -v base="example-${1##*/}" '
	/^\.\\" example: / { kind = $0; sub(/.*example: /, "", kind); next }
	/^\.EX/ { if (kind == "") kind = "none"; on = 1
		  file = base "-" ++n; print file, kind; next }
	/^\.EE/ { on = 0; kind = ""; close(file); next }
	on { gsub(/\\e/, "\\"); gsub(/\\-/, "-"); gsub(/\\&/, ""); print > file }
	' "$1"
}

# The headers as `make install' lays them out.
mkdir include && cp -r "$SRC"/include/. include/ &&
	mkdir include/rtld && cp "$SRC"/rtld/platform/*.h include/rtld/ || exit 99

compile_run() {
	local file=$1
	shift
	cp "$file" "$file.c"
	"$CC" -std=gnu11 -Wall -Wextra -Werror -O2 -I include \
		"$file.c" -o "$file.exe" "$@" &&
		"./$file.exe"
}

run_example() {
	local file=$1 kind=$2
	case $kind in
	"c run") compile_run "$file" ;;
	"c run -lrtld") compile_run "$file" "$BUILD/rtld/librtld.a" ;;
	asm) cp "$file" "$file.S" &&
		"$CC" -c -I "$SRC/include" "$file.S" ;;
	sh) (set -e; bash -eu "./$file") ;;
	*) echo "the example does not say what it is"; return 1 ;;
	esac
}

for page in "$doc"/*.[1-9]; do
	examples "$page" >list
	while read -r file kind; do
		check "${page##*/}: example $file ($kind)" \
			run_example "$file" "$kind"
	done <list
done

# ---- examples: Markdown ----------------------------------------------------

# One script of all ```sh blocks, the ```c files written beside it.
script_of() {
	awk '
	/^```sh$/ { on = "sh"; next }
	/^```c$/ { on = "first"; next }
	/^```/ { if (file) close(file); file = ""; on = ""; next }
	on == "first" { on = ""
		if ($1 == "/*" && $3 == "*/") { file = $2; on = "c" } }
	on == "c" { print > file }
	on == "sh" { print }
	' "$1"
}

follow() {
	bash -eux -o pipefail ./script
}

mkdir tutorial && cd tutorial || exit 99
script_of "$doc/tutorial.md" >script
check "tutorial.md has commands" test -s script
check "tutorial.md: every command works" follow
cp "$out" ../tutorial.log
cd ..

# README's two commands are the two that quickstart knows; they are not run
# from inside themselves.
readme_commands() {
	local command
	grep -oE '^ *\./quickstart [a-z]+' "$SRC/README.md" | sort -u >commands
	[ -s commands ] || return 1
	while read -r command; do
		"$SRC/quickstart" --help | grep -qF "$command" && continue
		echo "quickstart does not know: $command"
		return 1
	done <commands
}
check "README.md: the commands exist" readme_commands
done_testing
