# SPDX-License-Identifier: GPL-3.0-or-later
# Which real linker is run, and that it is never ld-wrap.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld
"$CC" -O1 -o how "$RTS_SRCDIR/tests/lib/how.c" || exit 99

# linker FILE: a linker that says which one it is.
linker() {
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\necho "this is %s"\n' "$1" >"$1"
	chmod +x "$1"
}
linker one/ld
linker two/ld
linker two/other
linker three/ld
# said PATTERN: the last check's command said it.  (A check would overwrite
# what it said.)
said() {
	if grep -q -- "$1" "$out"; then
		ok "and says $1"
	else
		not_ok "and says $1"
		sed 's/^/# /' "$out"
	fi
}
says() {
	local what=$1 want=$2
	shift 2
	check "$what" "$@"
	said "^this is $want\$"
}
full=$(readlink -f "$LD_WRAP")
configured=$(sed -n 's/^#define LW_DEFAULT_LD "\(.*\)"/\1/p' \
	"$RTS_BUILDDIR/config.h")

says "--rts-ld" one/ld "$LD_WRAP" --rts-ld=one/ld
says "--rts-ld before \$LD_WRAP_LD" one/ld \
	env LD_WRAP_LD=two/ld "$LD_WRAP" --rts-ld=one/ld
says "\$LD_WRAP_LD" two/ld env LD_WRAP_LD=two/ld "$LD_WRAP"
says "--rts-ld in \$LD_WRAP_FLAGS" one/ld \
	env LD_WRAP_FLAGS=--rts-ld=one/ld "$LD_WRAP"
says "a name is looked for on PATH" two/other \
	env PATH="one:two:$PATH" "$LD_WRAP" --rts-ld=other

# PATH decides, if configure was not told a linker.
if [ -z "$configured" ]; then
	mkdir self hard
	ln -s "$full" self/ld
	ln "$full" hard/ld 2>/dev/null || ln -s "$full" hard/ld
	mkdir none
	: >none/ld
	says "the first ld on PATH" one/ld \
		env PATH="one:two:$PATH" "$LD_WRAP"
	says "what is not executable is no program" two/ld \
		env PATH="none:two:$PATH" "$LD_WRAP"
	says "the ld on PATH that is not ourselves" three/ld \
		env PATH="self:hard:three:two:$PATH" "$LD_WRAP"
	says "called by the name ld, found on PATH" three/ld \
		env PATH="self:three:$PATH" ld
	check_fails 127 "PATH has none but ourselves" \
		env PATH="self:hard" "$LD_WRAP" -v
	said '\[no-linker\]'
else
	says_configured=$("$configured" -v 2>&1)
	check "the configured linker" "$LD_WRAP" -v
	said "$says_configured"
fi

check_fails 127 "--rts-ld names nothing" "$LD_WRAP" --rts-ld=nowhere/ld -v
said '\[no-linker\]'
check_fails 127 "\$LD_WRAP_LD names nothing" \
	env LD_WRAP_LD=nowhere "$LD_WRAP" -v
said 'LD_WRAP_LD'
: >plain
check_fails 126 "--rts-ld is not executable" "$LD_WRAP" --rts-ld=./plain -v
said '\[linker-failed\]'
check_fails 126 "--rts-ld is a directory" "$LD_WRAP" --rts-ld=./one -v
printf 'neither script nor ELF' >plain
chmod +x plain
check_fails 126 "--rts-ld cannot be run" "$LD_WRAP" --rts-ld=./plain -v
said '\[linker-failed\]'

# Loops: ourselves by any name, and a script that calls us.
ln -s "$full" alias
for name in "$full" ./alias; do
	check_fails 1 "--rts-ld=$name is ourselves" \
		"$LD_WRAP" --rts-ld="$name" -v
	said '\[linker-loop\]'
done
check_fails 1 "\$LD_WRAP_LD is ourselves" env LD_WRAP_LD="$full" "$LD_WRAP" -v
printf '#!/bin/sh\nexec "%s" "$@"\n' "$LD_WRAP" >again
chmod +x again
check_fails 1 "a script that calls us" \
	env LD_WRAP_LD="$PWD/again" "$LD_WRAP" -v
said '\[linker-loop\]'

# An unmarked link ends as the linker does, whatever that is.
for status in 0 1 7 139 255; do
	printf '#!/bin/sh\nexit %d\n' $status >fake
	chmod +x fake
	check "status $status is handed on" \
		test "$(./how "$LD_WRAP" --rts-ld=./fake)" = "exit $status"
done
printf '#!/bin/sh\nkill -SEGV $$\n' >fake
check "a signal is handed on" \
	test "$(./how "$LD_WRAP" --rts-ld=./fake)" = "signal 11"
done_testing
