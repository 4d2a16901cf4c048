# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# selftest.sh - sourced behind tap.sh: what the process demo said of itself
#
#	check_selftest WHAT DIR		DIR/demo ran; DIR/log is what it printed

check_selftest() {
	local what=$1 dir=$2 step
	for step in 'unbound (linked form)' 'bind (bound)' 'switch (bound)' \
		'rebind (bound)' 'one object (bound)' 'unbind (linked form)'; do
		check "$what: $step" grep -q \
			"^selftest $step: [1-9][0-9]* checks, 0 failed" \
			"$dir/log"
	done
	check "$what: rts-dump proves the dump" \
		"$RTS_DUMP" --check-log "$dir/demo" "$dir/log"
}
