#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fuzz.sh DIRECTORY TARGET SECONDS - run a target, and say in a line what it did
#
# SECONDS are of CPU time (fuzz_reached.c).
# The corpus is DIRECTORY/corpus-TARGET, and grows there: a later run goes on
# with it.  Everything else is in DIRECTORY/fuzz-TARGET.log.
set -u
cd "$1" || exit 99
target=$2
log=fuzz-$target.log
LC_ALL=C
TIMEFORMAT='%U + %S'
rc=0
export FUZZ_CPU=$3
begin=$(date +%s)
cpu=$( { time "./libfuzzer-$target" -max_len=16384 \
	-print_final_stats=1 -artifact_prefix="$PWD/$target-" \
	"$PWD/corpus-$target" >"$log" 2>&1; } 2>&1) || rc=$?

number() {
	sed -n "s/^$1 *//p" "$log" | tail -n 1
}
coverage=$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -n 1)
echo "fuzz-$target: $cpu CPU seconds (user + system) in $(($(date +%s) - begin))," \
	"$(number stat::number_of_executed_units:) executions," \
	"$coverage, corpus $(find "corpus-$target" -type f | wc -l) files," \
	"exit status $rc"
grep '^reached:' "$log"
exit "$rc"
