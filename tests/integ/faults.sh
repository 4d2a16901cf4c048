# SPDX-License-Identifier: GPL-3.0-or-later
# Each system call of a link with marks fails, is interrupted, or is the last
# one: the old output is whole or the new one is, and nothing else is there.
# Here a sample; RTS_LONG=1 (check-long) takes each single call.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld ar strace python3 timeout cmp
step() { if [ -n "${RTS_LONG:-}" ]; then echo "${2:-1}"; else echo "$1"; fi; }
faults() { python3 "$RTS_SRCDIR/tests/integ/faults.py" "$@"; }

cat >marked.c <<'END'
#include "rtstatic.h"
unsigned shift = 3;
RTS_VAR(shift);
unsigned get(unsigned x) { return x >> shift; }
unsigned more(unsigned);
void _start(void) { for (;;) more(get(7)); }
END
cat >more.c <<'END'
#include "rtstatic.h"
extern unsigned shift;
RTS_VAR(shift);
unsigned more(unsigned x) { return x + shift; }
END
for f in marked more; do
	"$CC" -O2 -fno-pic -fno-stack-protector -fcf-protection=none \
		-I"$RTS_SRCDIR/include" -c $f.c || exit 99
done
ar rc libmore.a more.o
ar rcT libthin.a more.o
echo 'INPUT(libthin.a)' >script

for kind in error short KILL TERM; do
	case $kind in short) k=1 ;; *) k=6 ;; esac
	check "$kind, an object and an archive" faults $kind "$(step $k)" \
		marked.o "$LD_WRAP" marked.o libmore.a -o d/prog
	sed -n '$s/^/# /p' "$out"
done
for kind in error INT; do
	check "$kind, all that writes" faults $kind "$(step 9)" marked.o \
		"$LD_WRAP" marked.o script --build-id -Map=d/map \
		--dependency-file=d/deps --rts-report=d/report -o d/prog
	sed -n '$s/^/# /p' "$out"
done

# ---- limits
rm -rf d
mkdir d
"$LD_WRAP" marked.o libmore.a -o d/prog || not_ok "a good link"
cp d/prog good
# outcome WHAT STATUS: after a link with some limit.  (With little memory GNU
# ld dies by SIGSEGV, and so do we.)
outcome() {
	for _ in $(seq 300); do
		if [ "$(ls -A d)" = prog ]; then break; fi
		sleep 0.02
	done
	if [ "$(ls -A d)" != prog ]; then
		not_ok "$1: nothing is left" "$(ls -A d)"
	elif [ "$2" = 0 ] && cmp -s d/prog good; then
		worked=$((worked + 1))
	elif [ "$2" != 0 ] && [ "$(cat d/prog)" = old ] &&
	     { [ -s err ] || [ "$what $2" = "kB of memory 139" ]; }; then
		failed=$((failed + 1))
	else
		not_ok "$1: the old output and a message, or the new one" \
			"status $2: $(head -n 1 err)"
	fi
}
# limits WHAT FLAG FROM TO STEP
limits() {
	local n what=$1
	worked=0
	failed=0
	for n in $(seq "$3" "$5" "$4"); do
		echo old >d/prog
		(
			trap '' XFSZ
			ulimit -S "$2" "$n" || exit 99
			exec "$LD_WRAP" marked.o libmore.a -o d/prog
		) >err 2>&1 </dev/null
		outcome "$1 $n" $?
	done
	check "$1: some links fail, some work, each as a whole" \
		test $worked -gt 0 -a $failed -gt 0
	echo "# $worked worked, $failed failed"
}
limits "open files" -n 3 24 1
limits "kB of memory" -v 3000 15000 "$(step 1000 50)"
limits "blocks of a file" -f 1 33 "$(step 4)"

# ---- two links of one output at a time
cp good one
"$CC" -O1 -fno-pic -fno-stack-protector -fcf-protection=none \
	-I"$RTS_SRCDIR/include" -c marked.c -o other.o
"$LD_WRAP" other.o libmore.a -o d/prog --build-id || not_ok "the other link"
cp d/prog two
check_fails any "two links make two outputs" cmp one two
rounds=$(if [ -n "${RTS_LONG:-}" ]; then echo 300; else echo 15; fi)
mixed=0
refused=0
for _ in $(seq "$rounds"); do
	"$LD_WRAP" marked.o libmore.a -o d/prog 2>>err &
	a=$!
	"$LD_WRAP" other.o libmore.a -o d/prog --build-id 2>>err &
	b=$!
	wait $a || refused=$((refused + 1))
	wait $b || refused=$((refused + 1))
	cmp -s d/prog one || cmp -s d/prog two || mixed=$((mixed + 1))
done
check "two links at a time: each output is one of the two" test $mixed = 0
check "two links at a time: both work" test $refused = 0
check "two links at a time: nothing is left" test "$(ls -A d)" = prog

# ---- a directory that may not be written, by one who is not root
ro=$(mktemp -d /tmp/rts-ro.XXXXXX) || exit 99
mkdir "$ro/d"
cp marked.o libmore.a "$LD_WRAP" "$ro"
echo old >"$ro/d/prog"
chmod 755 "$ro"
chmod 555 "$ro/d"
user=
if [ "$(id -u)" = 0 ]; then
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
# shellcheck disable=SC2086	# words
check_fails 1 "a read-only directory: refused" $user "$ro/ld-wrap" \
	"$ro/marked.o" "$ro/libmore.a" -o "$ro/d/prog"
cp "$out" said
check "a read-only directory: says so" grep -F '[temp]' said
check "a read-only directory: the old output is there" \
	test "$(cat "$ro/d/prog")" = old -a "$(ls -A "$ro/d")" = prog
chmod 755 "$ro/d"
rm -rf "$ro"

# ---- the directory goes away under the link
cat >vanish <<'END'
#!/bin/sh
for word; do last=$word; done
rm -rf d
exec ld "$@"
END
chmod +x vanish
check_fails any "the directory vanishes: an error" "$LD_WRAP" \
	--rts-ld=./vanish marked.o libmore.a -o d/prog
check "the directory vanishes: it is not made again" test ! -e d
done_testing
