# SPDX-License-Identifier: GPL-3.0-or-later
# tap.sh - sourced by every shell test: TAP, a private directory, no skips
#
#	. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
#	check "what must hold" command args...		passes if it exits 0
#	check_fails 3 "what" command args...		passes if it exits 3
#	check_fails any "what" ...			... exits with any but 0
#	ok "what" / not_ok "what" [why]			decided by the caller
#	need program...		a missing tool is a failure, never a skip
#	done_testing		last line; a test that dies before it fails
#
# The test runs in a new directory, $PWD, that is removed if all passed and
# kept if not.  Output of a failing check is shown as TAP comments.  $out
# holds the file with the last check's stdout and stderr.
set -u
RTS_BUILDDIR=${RTS_BUILDDIR:-$PWD}
LD_WRAP=$RTS_BUILDDIR/ld-wrap/ld-wrap
RTS_DUMP=$RTS_BUILDDIR/ld-wrap/rts-dump
CC=${CC:-gcc}
unset LD_WRAP_FLAGS LD_WRAP_LD
LC_ALL=C
export LC_ALL
tap_count=0
tap_failed=0
tap_finished=no
tap_dir=$(mktemp -d "${TMPDIR:-/tmp}/rts-test.XXXXXX") || exit 99
cd "$tap_dir" || exit 99
out=$tap_dir/.out
: >"$out"

tap_exit() {
	if [ "$tap_finished" = no ]; then
		echo "Bail out! the test ended before done_testing"
	fi
	cd / || exit 99
	if [ "$tap_failed" = 0 ] && [ "$tap_finished" = yes ]; then
		rm -rf "$tap_dir"
	else
		echo "# kept: $tap_dir"
	fi
}
trap tap_exit EXIT

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	if [ $# -gt 1 ]; then echo "# $2"; fi
}

check() {
	local what=$1 rc=0
	shift
	"$@" >"$out" 2>&1 </dev/null || rc=$?
	if [ "$rc" = 0 ]; then
		ok "$what"
	else
		not_ok "$what" "exit status $rc: $*"
		head -n 40 "$out" | sed 's/^/# /'
	fi
	return "$rc"
}

check_fails() {
	local want=$1 what=$2 rc=0
	shift 2
	"$@" >"$out" 2>&1 </dev/null || rc=$?
	if [ "$rc" = "$want" ] || { [ "$want" = any ] && [ "$rc" != 0 ]; }; then
		ok "$what"
	else
		not_ok "$what" "exit status $rc, expected $want: $*"
		head -n 40 "$out" | sed 's/^/# /'
		return 1
	fi
}

need() {
	local tool
	for tool; do
		if ! command -v "$tool" >/dev/null 2>&1; then
			not_ok "needs $tool" "not installed"
			done_testing
			exit 1
		fi
	done
}

done_testing() {
	tap_finished=yes
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
}
