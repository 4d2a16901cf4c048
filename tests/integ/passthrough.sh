# SPDX-License-Identifier: GPL-3.0-or-later
# Without a mark ld-wrap is the real linker: same words, same bytes written,
# same messages, same status, same process.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need "$CC" ld ar cmp
real=$(command -v ld)

cat >main.c <<'END'
int helper(int);
int value = 7;
void _start(void) { value = helper(value); for (;;); }
END
echo 'int helper(int x) { return x + 1; }' >helper.c
echo 'int data[4] = { 1, 2, 3, 4 };' >data.c
for f in main helper data; do
	"$CC" -O1 -fPIC -c "$f.c" -o "$f.o" || exit 99
done
ar rc libhelper.a helper.o
ar rcT thin.a helper.o
head -c 100 main.o >short.o
: >empty.o
echo main.o -o prog libhelper.a >words
echo '@words' >nested
echo '@self' >self
printf 'SECTIONS { .text 0x100000 : { *(.text*) } }' >script.ld
printf 'create prog\naddmod main.o\naddmod helper.o\n' >mri
printf 'int f;\0garbage' >no-object

# What the linker leaves: its status, its words, each file it wrote.
run_in() {
	local dir=$1 program=$2 rc=0
	shift 2
	rm -rf "$dir"
	mkdir "$dir"
	cp -- *.o *.a words nested self script.ld mri no-object "$dir"
	(cd "$dir" && exec "$program" "$@") >"$dir.stdout" 2>"$dir.stderr" \
		</dev/null || rc=$?
	echo "$rc" >"$dir.status"
}

same() {
	local what=$1
	shift
	run_in plain "$real" "$@"
	run_in wrapped "$LD_WRAP" "$@"
	if diff -r plain wrapped >"$out" 2>&1 &&
	   cmp plain.stdout wrapped.stdout >>"$out" 2>&1 &&
	   diff plain.stderr wrapped.stderr >>"$out" 2>&1 &&
	   cmp plain.status wrapped.status >>"$out" 2>&1; then
		ok "same as ld: $what (status $(cat plain.status))"
	else
		not_ok "same as ld: $what"
		head -n 40 "$out" | sed 's/^/# /'
	fi
}

same "no arguments"
same "-v" -v
same "--version" --version
same "-V" -V
same "--help" --help
same "-m, then --help" -m elf_x86_64 --help
same "--verbose" --verbose
same "--print-output-format" --print-output-format
same "an option probe without inputs" --build-id
same "an option probe with -v" -v --gc-sections
same "an unknown option" -v --no-such-option
same "objects" main.o helper.o -o prog
same "the default output" main.o helper.o
same "an archive" main.o libhelper.a -o prog
same "a thin archive" main.o thin.a -o prog
same "-l" -L. main.o -lhelper -o prog
same "-l that is not there" main.o -lnowhere -o prog
same "--whole-archive" --whole-archive libhelper.a main.o -o prog
same "-r" -r main.o helper.o -o both.o
same "-r with an archive" -r --whole-archive thin.a main.o -o both.o
same "-shared" -shared main.o helper.o -o lib.so
same "-pie" -pie main.o helper.o -o prog
same "--emit-relocs" -q main.o helper.o -o prog
same "--gc-sections" --gc-sections main.o helper.o data.o -o prog
same "-s" -s main.o helper.o -o prog
same "a linker script" -T script.ld main.o helper.o -o prog
same "-Map=-" main.o helper.o -o prog -Map=-
same "-t" -t main.o helper.o -o prog
same "--dependency-file" main.o helper.o -o prog --dependency-file=prog.d
same "an @file" @words
same "a nested @file" @nested
same "a missing @file" main.o @nowhere -o prog
same "an @file that includes itself" main.o @self
same "an @file that is a directory" main.o @.
same "an MRI script" -c mri -o prog
same "another format" --oformat binary main.o helper.o -o prog
same "another emulation" -m elf_i386 main.o -o prog
same "-b binary at the end" main.o helper.o -o prog -b binary no-object
same "an undefined symbol" main.o -o prog
same "a missing input" main.o nowhere.o -o prog
same "a truncated input" short.o main.o helper.o -o prog
same "an empty input" empty.o main.o helper.o -o prog
same "an input that is no object" no-object main.o helper.o -o prog
same "an output that is an input" main.o helper.o -o main.o
same "a missing argument" main.o helper.o -o
same "several -o" -o a main.o helper.o -o b
same "/dev/null" main.o helper.o -o /dev/null
same "words after --" main.o helper.o -o prog -- nowhere.o
same "an unclosed group" -o prog --start-group main.o helper.o
same "an output in no directory" main.o helper.o -o nowhere/prog
check "/dev/null is still a device" test -c /dev/null

# A mark from the environment may stay undefined, and then it is nothing.
LD_WRAP_FLAGS=--rts-var=nowhere
export LD_WRAP_FLAGS
same "an undefined mark in \$LD_WRAP_FLAGS" main.o helper.o -o prog
unset LD_WRAP_FLAGS

# The real linker is reached by execv: same process, same words byte for byte,
# same files open, same environment but the depth that stops loops.
cat >spy <<'END'
#!/bin/sh
echo $$ >pid
printf '%s\0' "$@" >words.got
tr '\0' '\n' </proc/$$/environ >environ.got
[ -e /proc/self/fd/7 ] && echo open >fd.got
END
chmod +x spy
set -- -r "a b" "" "it's" 'x"y' "new
line" "$(printf 'high\377byte')" '$HOME' '\' '@' '@none' --x=
printf '%s\0' "$@" >words.want
printf '%s\n' "PATH=$PATH" 'MAKEFLAGS=-j2 --jobserver-auth=3,4' EMPTY= \
	LD_WRAP_DEPTH=1 >environ.want
env -i "PATH=$PATH" 'MAKEFLAGS=-j2 --jobserver-auth=3,4' EMPTY= \
	"$LD_WRAP" --rts-ld=./spy "$@" 7>seven &
pid=$!
wait "$pid"
check "execv: the process stays the same" test "$pid" = "$(cat pid)"
check "the words arrive byte for byte, without ours" cmp words.want words.got
check "an inherited file stays open" test "$(cat fd.got)" = open
check "the environment stays, but for our depth" \
	cmp environ.want environ.got

# Ours may stand in an @file; then the linker gets what it expands to.
printf '%s\n' -r '"a b"' --rts-print-command "'it''s'" >ours
"$LD_WRAP" --rts-ld=./spy @ours z 2>command
printf '%s\0' -r "a b" its z >words.want
check "options of ours in an @file" cmp words.want words.got
check "--rts-print-command says what is run" \
	grep -q "^ld-wrap: .*/spy -r 'a b' its z\$" command
done_testing
