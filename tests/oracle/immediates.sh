#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# immediates.sh - gas and objdump say what a site that reads a variable must be
#
# immediates.py does the work for each machine; here its account is checked, so
# that nothing passes by being empty.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need python3 gcc clang as objdump objcopy nm

# compare GROUPS SITES MACHINE MODE...
compare() {
	local want_groups=$1 want_sites=$2 machine=$3 line groups=0 total
	shift 2
	check "$machine: every comparison ran" sh -c \
		'exec python3 -B "$@" >account' sh \
		"$RTS_SRCDIR/tests/oracle/immediates.py" "$LD_WRAP" \
		"$RTS_DUMP" "$RTS_SRCDIR/include" "$@"
	while IFS= read -r line; do
		case $line in
		"ok "*) ok "${line#ok }"; groups=$((groups + 1)) ;;
		"not ok "*) not_ok "${line#not ok }" ;;
		*) echo "# ${line#\# }" ;;
		esac
	done <account
	check "$machine: $want_groups groups were compared" \
		[ "$groups" = "$want_groups" ]
	total=$(awk '$1 == "count" { n += $2 } END { print n + 0 }' account)
	check "$machine: $want_sites sites were compared" \
		[ "$total" = "$want_sites" ]
}

at_least() { # N FORM bound|kept
	awk -v n="$1" -v form="$2" -v how="$3" '$1 == "count" &&
		$3 == form && $4 == how && $2 >= n { found = 1 }
		END { exit !found }' account
}

rounds=14	# contents for each site
rounds_32=14
if [ "${RTS_LONG:-0}" = 1 ]; then
	rounds=40
	rounds_32=30
fi

# 14 forms, 2 assemblers; 1878 sites.
compare 28 $((1878 * rounds * 2)) x86-64 pc abs moffs
for form in alu cmp test imul mask load64 push-slot; do
	check "$form was kept, too" at_least 10 "$form" kept
	check "$form was bound" at_least 30 "$form" bound
done
for form in load8 load16 load32 load32s loadzx loadsx const; do
	check_fails 1 "$form was always bound" at_least 1 "$form" kept
done

# No forms of 64 bits, and everything fits: 10 forms, 613 sites.
compare 20 $((613 * rounds_32 * 2)) i386 abs sib moffs
check_fails 1 "nothing was kept" grep -q "kept$" account
done_testing
