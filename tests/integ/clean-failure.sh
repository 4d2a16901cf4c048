# SPDX-License-Identifier: GPL-3.0-or-later
# Whatever ends a link of marked objects, the old output stays as it was, no
# temporary is left, and the status says what happened.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need "$CC" ld cmp
"$CC" -O1 -o how "$RTS_SRCDIR/tests/lib/how.c" || exit 99
here=$PWD

marked_object
echo 'char big[500000] = { 1 };' >big.c
echo 'int missing(void); int uses(void) { return missing(); }' >undefined.c
compile_small big undefined
echo 'the old output' >old

# A place to link in, with an old output.
fresh() {
	rm -rf "$1"
	mkdir "$1"
	cp old "$1/prog"
}

# Processes that work in this directory, other than this shell.
ours() {
	local p
	for p in /proc/[0-9]*; do
		if [ "$p" != "/proc/$$" ] && [ "$p" != "/proc/$BASHPID" ] &&
		   [ "$(readlink "$p/cwd")" = "$here" ]; then
			echo "${p#/proc/}: $(tr '\0' ' ' <"$p/cmdline")"
		fi
	done 2>/dev/null
}

# The guard needs a moment after SIGKILL.
gone() {
	local tries
	for tries in $(seq 300); do
		if [ -z "$(ls -A "$1" | grep '^\.ld-wrap')" ] &&
		   [ -z "$(ours)" ]; then
			return 0
		fi
		sleep 0.02
	done
	ls -A "$1"
	ours
	return 1
}

intact() {
	check "$1: the old output is as it was" cmp old "$2/prog"
	check "$1: nothing else is left" gone "$2"
}

# ends "what" HOW "message" command...: it ends so, and says so.
ends() {
	local what=$1 how=$2 message=$3
	shift 3
	./how "$@" >how.out 2>how.err </dev/null
	if [ "$(cat how.out)" = "$how" ]; then
		ok "$what: $how"
	else
		not_ok "$what: $how" "$(cat how.out)"
		sed 's/^/# /' how.err
	fi
	if [ -n "$message" ]; then
		check "$what: says so" grep -q -- "$message" how.err
	fi
}

fresh good
check "a good link" "$LD_WRAP" marked.o -o good/prog
check "a good link leaves nothing" gone good
check_fails any "and replaces the output" cmp old good/prog

# ---- the real linker fails
fresh d
ends "an undefined symbol" "exit 1" "undefined reference" \
	"$LD_WRAP" marked.o undefined.o -o d/prog
intact "an undefined symbol" d
ends "a missing input" "exit 1" "cannot find" \
	"$LD_WRAP" marked.o nowhere.o -o d/prog
intact "a missing input" d
ends "a missing @file" "exit 1" "cannot find @nowhere" \
	"$LD_WRAP" marked.o @nowhere -o d/prog
intact "a missing @file" d
echo 'marked.o @self' >self
ends "an @file that includes itself" "exit 1" "too many @-files" \
	"$LD_WRAP" marked.o @self -o d/prog
intact "an @file that includes itself" d
printf 'marked.o "nowhere.o' >cut
ends "a truncated @file" "exit 1" "cannot find" \
	"$LD_WRAP" -o d/prog @cut
intact "a truncated @file" d

# fake NAME: a linker that leaves half an output, then does what stdin says.
fake() {
	{
		echo '#!/bin/sh'
		echo '[ "$1" != --version ] || exit 0'
		echo 'for word; do last=$word; done'
		echo 'set -- $(tr "\n" " " <"${last#@}")'
		echo 'echo half >"$2"'
		cat
	} >"$1"
	chmod +x "$1"
}
echo 'exit 7' | fake status
ends "the real linker's status" "exit 7" "" \
	"$LD_WRAP" --rts-ld=./status marked.o -o d/prog
intact "the real linker's status" d
for sig in 11 6 9 15; do
	echo "kill -$sig \$\$" | fake dies
	ends "the real linker dies by signal $sig" "signal $sig" "" \
		"$LD_WRAP" --rts-ld=./dies marked.o -o d/prog
	intact "the real linker dies by signal $sig" d
done
ends "the real linker is missing" "exit 127" '\[no-linker\]' \
	"$LD_WRAP" --rts-ld=./nowhere marked.o -o d/prog
intact "the real linker is missing" d
printf '#!/nowhere/sh\n' >bad-interpreter
chmod +x bad-interpreter
ends "the real linker cannot run" "exit 127" '\[linker-failed\]' \
	"$LD_WRAP" --rts-ld=./bad-interpreter marked.o -o d/prog
intact "the real linker cannot run" d

# ---- signals, at a linker that waits
# What our fakes started is theirs to end; they were killed.
kill_sleepers() {
	kill -9 $(ours | sed -n 's/: sleep 60 $//p') 2>/dev/null
}
echo ': >started; echo $$ >pid; sleep 60 & wait' | fake waits
for sig in 2 1 15 3; do
	rm -f started
	ends "signal $sig" "signal $sig" "" -s $sig -w started \
		"$LD_WRAP" --rts-ld=./waits marked.o -o d/prog
	kill_sleepers
	intact "signal $sig" d
done
echo 'trap "" INT TERM; : >started; sleep 60' | fake deaf
rm -f started
ends "a linker that ignores SIGINT" "signal 2" "" -s 2 -w started \
	"$LD_WRAP" --rts-ld=./deaf marked.o -o d/prog
kill_sleepers
intact "a linker that ignores SIGINT" d
echo ': >started; exec sleep 60' | fake sleeps
rm -f started
ends "SIGKILL" "signal 9" "" -s 9 -w started \
	"$LD_WRAP" --rts-ld=./sleeps marked.o -o d/prog
intact "SIGKILL" d

printf '#!/bin/sh\n: >started; exec sleep 60\n' >ponders
chmod +x ponders
for sig in 2 9; do
	rm -f started
	ends "signal $sig at a linker asked its name" "signal $sig" "" \
		-s $sig -w started "$LD_WRAP" --rts-ld=./ponders marked.o \
		-o d/prog
	intact "signal $sig at a linker asked its name" d
done

# ---- signals, at GNU ld itself: its last work is a file that nobody reads
mkfifo pipe
for sig in 2 9; do
	ends "signal $sig at GNU ld" "signal $sig" "" \
		-s $sig -w d/.ld-wrap.prog/prog \
		"$LD_WRAP" marked.o big.o --dependency-file=pipe -o d/prog
	intact "signal $sig at GNU ld" d
done

# ---- no space
limited() (
	trap '' XFSZ
	ulimit -f 100
	exec "$@"
)
limited "$LD_WRAP" marked.o big.o -o d/prog >limited.err 2>&1
check "a file size limit: status 1" test $? = 1
check "a file size limit: says so" grep -q 'File too large' limited.err
intact "a file size limit" d
cat >killed.sh <<'END'
ulimit -f 100
exec "$@"
END
ends "a file size limit that kills" "signal 25" "" \
	bash killed.sh "$LD_WRAP" marked.o big.o -o d/prog
intact "a file size limit that kills" d

# A device of 128 KiB, in a mount namespace of its own: root has one for the
# asking, a user has one together with a user namespace.
cat >full.sh <<'END'
mount -t tmpfs -o size=128k tmpfs small && cp old small/prog || exit 98
"$@" -o small/prog
status=$?
cmp old small/prog || exit 97
ls -A small
exit $status
END
mkdir small
if [ "$(id -u)" = 0 ]; then space="unshare -m"; else space="unshare -rm"; fi
if $space true 2>/dev/null; then
	$space sh full.sh "$LD_WRAP" marked.o big.o >full.out 2>full.err
	check "no space on the device: status 1" test $? = 1
	check "no space on the device: says so" \
		grep -q 'No space left on device' full.err
	check "no space on the device: just the old output is there" \
		test "$(cat full.out)" = prog
else
	# Namespaces forbidden: a device that is always full.
	ends "no space on the device" "exit 1" "No space left" \
		"$LD_WRAP" marked.o -o d/prog --rts-report=/dev/full
	intact "no space on the device" d
fi

# ---- where the output should be
ends "no such directory" "exit 1" '\[temp\]' \
	"$LD_WRAP" marked.o -o nowhere/prog
ends "a directory that nobody can write" "exit 1" '\[temp\]' \
	"$LD_WRAP" marked.o -o /proc/prog
cp marked.o d/prog
cp marked.o keep.o
ends "an output that is an input" "exit 1" '\[output-is-input\]' \
	"$LD_WRAP" d/prog -o d/prog
check "an output that is an input: it stays" cmp keep.o d/prog
ln d/prog d/link.o
ends "an output that is an input by another name" "exit 1" \
	'\[output-is-input\]' "$LD_WRAP" d/link.o -o d/prog
check "an output that is an input by another name: it stays" \
	cmp keep.o d/prog
rm d/link.o
check "nothing is left at the end" gone d

# ---- a temporary of the same name, from a machine that lost power
fresh d
mkdir d/.ld-wrap.prog
check "a stale temporary is no obstacle" "$LD_WRAP" marked.o -o d/prog
check "and is not touched" test "$(ls -A d | grep -c '^\.ld-wrap')" = 1
done_testing
