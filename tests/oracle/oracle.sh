#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# oracle.sh - gas, plain ld and objdump say what a bound site must be
#
# oracle.py does the work; here its account is checked: every group there, and
# every encoding of every form compared, so that nothing passes by being empty.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need python3 gcc clang as ld objdump objcopy nm

account=$tap_dir/account
check "every comparison ran" sh -c 'exec python3 "$@" >account' sh \
	"$RTS_SRCDIR/tests/oracle/oracle.py" "$LD_WRAP" "$RTS_DUMP" \
	"$RTS_SRCDIR/include"

groups=0
while IFS= read -r line; do
	case $line in
	"ok "*) ok "${line#ok }"; groups=$((groups + 1)) ;;
	"not ok "*) not_ok "${line#not ok }"; groups=$((groups + 1)) ;;
	*) echo "# ${line#\# }" ;;
	esac
done <"$account"

# 9 forms, 2 assemblers, 28 contents; 356 sites of 3 images for each.
check "504 groups were compared" [ "$groups" = 504 ]
total=$(awk '$1 == "count" {n += $2} END {print n + 0}' "$account")
check "19936 sites were compared" [ "$total" = 19936 ]

# Not less than one site at each edge, in both assemblers' images.
at_least() { # N FORM INSTRUCTION
	awk -v n="$1" -v form="$2" -v done="$3" '$1 == "count" &&
		$3 == form && $4 == done && $2 >= n {found = 1}
		END {exit !found}' "$account"
}
while read -r n form instruction; do
	check "$form became $instruction $n times or more" \
		at_least "$n" "$form" "$instruction"
done <<'END'
1000 load32 movq
1000 load32s movq
1000 load64 movq
200 load64 movl
200 load64 leaq
200 load64 kept
50 push-slot pushq
50 push-slot kept
200 call-slot call
100 call-slot bnd
50 call-slot kept
200 jmp-slot jmp
100 jmp-slot bnd
50 jmp-slot kept
50 call call
50 call bnd
50 call kept
50 jmp jmp
50 jmp bnd
50 jmp kept
10 jcc jo
10 jcc jg
10 jcc ds;
500 jcc kept
END
done_testing
