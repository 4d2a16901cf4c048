# SPDX-License-Identifier: GPL-3.0-or-later
# Random command lines: we read in them what each linker does with them.
# RTS_LONG=1 (make check-long) takes many thousand.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld.bfd ld.gold ld.lld ld.lld-19 mold nm ar python3
lines=${RTS_WORDS:-${RTS_LONG:+5000}}
lines=${lines:-40}
seed=${RTS_SEED:-1}

all="ld.bfd:0 ld.gold:1 ld.lld:2 ld.lld-19:2 mold:3"
for each in $all; do
	python3 "$RTS_SRCDIR/tests/integ/words.py" \
		"$RTS_BUILDDIR/tests/lib/reading" \
		"$RTS_SRCDIR/ld-wrap/ldopts.def" "$(command -v "${each%:*}")" \
		"${each#*:}" "$lines" "$seed" >"${each%:*}.out" 2>&1 &
done
wait
# None is read in another way; and some were links, and some were not.
for each in $all; do
	said=$(tail -n 1 "${each%:*}.out")
	if [[ $said == *compared\ [1-9]*unknown\ [1-9]*different\ 0 ]]; then
		ok "${each%:*}: $said"
	else
		not_ok "${each%:*}: $said"
		head -n 20 "${each%:*}.out" | sed 's/^/# /'
	fi
done
done_testing
