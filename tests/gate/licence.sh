#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# licence.sh - each source file says its licence, and the right one for its
# folder: rtld and include go into kernels of any licence, the rest is GPL
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need find grep sed
cd "$RTS_SRCDIR" || exit 99

# Everything that people wrote; what autotools made is not ours.
sources() {
	find . -name .git -prune -o -name autom4te.cache -prune -o \
		-name build-aux -prune -o -path './build*' -prune -o \
		-path './_*' -prune -o \
		-type f \( -name '*.[chS]' -o -name '*.def' -o -name '*.sh' \
		-o -name '*.ac' -o -name '*.am' -o -name '*.inc' -o \
		-name '*.m4' -o -name '*.mk' -o -name '*.ld' -o \
		-name '*.py' -o -name '*.[1-9]' -o -name quickstart -o \
		-path './.ci/run' \) -print |
		grep -vx './aclocal.m4' | sort
}

wanted() {
	case $1 in
	./rtld/Makefile.inc) echo 'GPL-3.0-or-later' ;;
	./rtld/* | ./include/*) echo 'GPL-2.0-or-later OR BSD-2-Clause' ;;
	*) echo 'GPL-3.0-or-later' ;;
	esac
}

# Within the first two lines, and nothing but a comment's end behind it.
stated() {
	sed -n '1,2s/^.*SPDX-License-Identifier: //p' "$1" | head -n 1 |
		sed 's/ *\*\/ *$//; s/ *-->$//; s/ *$//'
}

files=$(sources)
check "there are sources" test "$(echo "$files" | wc -l)" -gt 40
for file in $files; do
	has=$(stated "$file")
	if [ "$has" = "$(wanted "$file")" ]; then
		ok "$file"
	else
		not_ok "$file" "has '$has', not '$(wanted "$file")'"
	fi
done
for text in COPYING COPYING.BSD COPYING.GPL2; do
	check "$text is there" test -s $text
done
cd "$tap_dir" || exit 99
done_testing
