#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The protocols of rendezvous.c and live-x86.c, each as a model that spin walks
# through whole: every interleaving of two and of three CPUs.  And each with
# mistakes in it, all of which must be found: a model that finds nothing might
# not look.
#
#	model.sh [long]		long: larger ones, a minute or two and 2 GB
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"

need spin "${CC%% *}"

# build NAME: the model's verifier
build() (
	mkdir "$1" && cd "$1" &&
	spin -a "$RTS_SRCDIR/tests/model/$1.pml" &&
	$CC -O2 -w -DSAFETY -DCOLLAPSE -DNOFAIR -o pan pan.c
)

# walk NAME VARIABLE=VALUE...: to $out; none of it but what is given
walk() {
	local name=$1
	shift
	env MODEL_BROKEN=0 MODEL_CPUS=2 MODEL_NMIS=1 MODEL_ANYWHERE=0 \
		MODEL_TRANSACTIONS=2 MODEL_REFUSALS=1 "$@" \
		"$tap_dir/$name/pan" -m4000000 -w22 >"$out" 2>&1
}

states() {
	sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$out"
}

# holds FLOOR WHAT NAME VARIABLE=VALUE...: no error, at least so many states, all
# of them visited, and whatever can happen has happened ($never cannot).
never=nothing
holds() {
	local floor=$1 what=$2 n
	shift 2
	walk "$@"
	n=$(states)
	if grep -q 'errors: 0$' "$out" && ! grep -Eq \
	    'truncated|max search depth|not completed|incomplete|pan:1' "$out" &&
	   awk -v n="${n:-0}" -v f="$floor" 'BEGIN { exit !(n >= f) }' &&
	   grep -q '^reached: ' "$out" &&
	   ! sed "s/$never 0//" "$out" | grep -Eq '^reached: .* 0( |$)'
	then
		ok "$what: $n states, $(grep '^reached' "$out")"
	else
		not_ok "$what: at least $floor states without an error" "$*"
		sed 's/^/# /' "$out" | head -n 40
	fi
}

# found WHAT ASSERTION NAME VARIABLE=VALUE...: there is an error, that one.
found() {
	local what=$1 why=$2
	shift 2
	walk "$@"
	if grep -q 'errors: 1$' "$out" &&
	   grep '^pan:1: assertion violated' "$out" | grep -qF "$why"; then
		ok "found: $what"
	else
		not_ok "found: $what" "$* must violate: $why"
		sed 's/^/# /' "$out" | head -n 40
	fi
}

# Parts of the asserts that a mistake must violate; used by name, below.
# shellcheck disable=SC2034
torn='==fetched_tail[' stale='==memory)' inside=stopped alone='(inside==1)' \
	stuck='asleep==count' stuck_live='(done' mixed='(found==at[' \
	claimed='(at[me]==2)' older='==oldest)'

rendezvous_models() {
	check "the model of rendezvous.c" build rendezvous || return
	holds 50000 "rendezvous, 2 CPUs, 2 transactions" \
		rendezvous MODEL_CPUS=2
	holds 400000 "rendezvous, 2 CPUs, 3 transactions, 2 park() fail" \
		rendezvous MODEL_CPUS=2 MODEL_TRANSACTIONS=3 MODEL_REFUSALS=2
	while read -r number why what; do
		found "$what" "${!why}" rendezvous MODEL_BROKEN="$number"
	done <<-END
		1 stale NMIs are not parked
		2 stale NMIs are parked behind the arrival
		3 stale CPUs leave without serialising
		4 inside enter() reads the word before it counts itself
		5 inside an arrival without the number of the gathering
		6 inside the time-out is over, and it goes on all the same
		7 inside begin() and end() do not wait until all have left
		8 torn the others are released before the text is written
		9 alone a load and a store for the compare-exchange
		10 inside a refusal that does not release those who came
		11 stuck one that comes late and is not counted out
	END
}

live_models() {
	check "the model of live-x86.c" build live-x86 || return
	holds 80000 "live-x86, 2 CPUs, sync() is answered outside handlers" \
		live-x86
	holds 2000000 "live-x86, 2 CPUs, sync() is answered anywhere" \
		live-x86 MODEL_ANYWHERE=1
	holds 100000 "live-x86, 3 CPUs, no NMIs" \
		live-x86 MODEL_CPUS=3 MODEL_NMIS=0
	while read -r number anywhere why what; do
		found "$what" "${!why}" live-x86 MODEL_BROKEN="$number" \
			MODEL_ANYWHERE="$anywhere"
	done <<-END
		1 0 torn no sync() behind the breakpoints
		2 0 torn no sync() behind the tails
		3 0 torn the tail is written before the breakpoint
		4 1 mixed a patch is believed whatever the generation
		5 1 claimed a breakpoint is another's whatever the generation
		6 1 claimed a breakpoint that is gone is taken for another's
		7 0 stuck_live a handler that waits for the end of the batch
		8 0 torn a sync() that does not wait
		9 0 claimed the batch ends before its last bytes
		10 0 older change() comes after the text
	END
}

rendezvous_models
live_models
never=unparkable
holds 3000000 "rendezvous, 3 CPUs, 2 transactions" \
	rendezvous MODEL_CPUS=3 MODEL_REFUSALS=0
never=nothing
if [ "${1-}" = long ]; then
	holds 8000000 "rendezvous, 3 CPUs, 2 transactions, park() fails" \
		rendezvous MODEL_CPUS=3
	holds 2000000 "live-x86, 3 CPUs, NMIs" live-x86 MODEL_CPUS=3
	holds 8000000 "live-x86, 3 CPUs, sync() is answered anywhere" \
		live-x86 MODEL_CPUS=3 MODEL_NMIS=0 MODEL_ANYWHERE=1
fi
# Not a mistake: with the third round of interrupts each CPU has the new first
# byte when rtld_switch() returns; without it, it takes a breakpoint that is
# gone, and looks again.
holds 80000 "live-x86 without the third sync() holds as well" \
	live-x86 MODEL_BROKEN=11
done_testing
