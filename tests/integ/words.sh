# SPDX-License-Identifier: GPL-3.0-or-later
# Random command lines, and each spelling of each option: we read in them what
# each linker does with them.  RTS_LONG=1 (make check-long) takes many thousand
# and all; here is a sample.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld.bfd ld.gold ld.lld ld.lld-19 mold nm ar python3
lines=${RTS_WORDS:-${RTS_LONG:+5000}}
lines=${lines:-40}
seed=${RTS_SEED:-1}
step=${RTS_LONG:+1}
step=${step:-131}

all="ld.bfd:0 ld.gold:1 ld.lld:2 ld.lld-19:2 mold:3"
# words LINKER:COLUMN LINES|every SEED|STEP
words() {
	python3 "$RTS_SRCDIR/tests/integ/words.py" \
		"$RTS_BUILDDIR/tests/lib/reading" \
		"$RTS_SRCDIR/ld-wrap/ldopts.def" "$(command -v "${1%:*}")" \
		"${1#*:}" "$2" "$3"
}
for each in $all; do
	(
		words "$each" "$lines" "$seed" >"${each%:*}.random" 2>&1
		words "$each" every "$step" >"${each%:*}.every" 2>&1
	) &
done
wait
# None is read in another way; and some were links, and some were not.
for each in $all; do
	for what in random every; do
		said=$(tail -n 1 "${each%:*}.$what")
		if [[ $said == *compared\ [1-9]*unknown\ [1-9]*different\ 0 ]]
		then
			ok "${each%:*}, $what: $said"
		else
			not_ok "${each%:*}, $what: $said"
			head -n 20 "${each%:*}.$what" | sed 's/^/# /'
		fi
	done
done
done_testing
