# SPDX-License-Identifier: GPL-3.0-or-later
# A marked link reads its command line as GNU ld does: the same files come
# out under the same names, and each input is found.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need "$CC" ld ar readelf cmp
real=$(command -v ld)

marked_parts
mkdir -p lib root/usr/lib dirs
ar rc lib/libshift.a shift.o
cp lib/libshift.a root/usr/lib/libdeep.a
echo 'INPUT(-l:libshift.a)' >lib/libscript.so
echo 'SECTIONS { .text 0x100000 : { *(.text*) } }' >lib/place.ld
echo 'no object' >data
echo '--- b' >'b'

# Files that a link left in directory $1, and whether each has a table.
left() {
	(cd "$1" && find . -type f | sort)
}
tabled() {
	readelf -SW "$1" 2>/dev/null | grep -q ' \.rts\.tab '
}

run_in() {
	local dir=$1 program=$2
	shift 2
	rm -rf "$dir"
	mkdir "$dir"
	cp -r -- *.o lib data "$dir"
	(cd "$dir" && exec "$program" "$@") >"$dir.log" 2>&1 </dev/null
}

# links OUTPUT words...: ld and ld-wrap both write OUTPUT and no other file,
# and ld-wrap's has a table.
links() {
	local output=$1
	shift
	if ! run_in plain "$real" "$@"; then
		not_ok "links: $*" "ld itself fails: $(head -n 1 plain.log)"
	elif ! run_in wrapped "$LD_WRAP" "$@"; then
		not_ok "links: $*" "$(head -n 3 wrapped.log)"
	elif ! diff <(left plain) <(left wrapped) >"$out"; then
		not_ok "links: $*" "$(cat "$out")"
	elif ! tabled "wrapped/$output"; then
		not_ok "links: $*" "no table in $output"
	else
		ok "links: $*"
	fi
}

# ---- the name of the output
links a.out main.o shift.o
links x main.o shift.o -o x
links x -ox main.o shift.o
links y -o x main.o shift.o -o y
links x --output x main.o shift.o
links x --outp=x main.o shift.o
links magic -omagic main.o shift.o
links utput=foo main.o shift.o -output=foo
links format=x main.o shift.o -oformat=x
links -z main.o shift.o -o -z
links - main.o shift.o -o -
links 'a b' main.o shift.o -o 'a b'
links "it's" main.o shift.o -o "it's"
links 'back\slash"' main.o shift.o -o 'back\slash"'
links lib/x main.o shift.o -o lib/x
links x main.o shift.o -o ./lib/../x

# ---- places where words of ours could go wrong
links lib/x main.o shift.o -o lib/x -Map=%
links lib/x main.o shift.o -o lib/x -Map=%.y
links x main.o shift.o -o x -Map=lib
links x main.o shift.o -o x -Map=lib/%
links x main.o shift.o -o x -Map=% -M
links x -o x --start-group main.o shift.o
links x -o x '-(' main.o shift.o
links x main.o shift.o -o x -b binary data
links x main.o shift.o -o x --format binary data
links x main.o shift.o -o x --whole-archive
links x main.o shift.o -o x --as-needed --push-state
links x main.o shift.o -o x -R other.o
links x main.o shift.o -o x -- -o y
links x main.o shift.o -o x --
links x main.o shift.o -o x -e --
echo 'main.o shift.o -o x -- other.o' >lib/end
links x @lib/end
echo '-b binary data' >lib/data
links x -o x main.o shift.o @lib/data

# ---- where the mark's definition is
links x -o x main.o -L lib -lshift
links x -o x main.o -lshift -Llib
links x -o x main.o -L lib -l shift
links x -o x main.o -L lib -l:libshift.a
links x -o x main.o -L lib -Bstatic -lshift
links x -o x main.o -L lib -lscript
links x -o x main.o lib/libshift.a
links x -o x -L lib -T place.ld main.o shift.o

# Found means found by us: a mark by option must be defined in an input.
found() {
	local what=$1
	shift
	check "found: $what" "$LD_WRAP" --rts-var=shift main.o "$@" -o found
}
found "in an object" shift.o
found "by -l" -Llib -lshift
found "by -l:" -Llib -l:libshift.a
found "by a script" -Llib -lscript
found "in a default directory" "--sysroot=$PWD/root" -ldeep
found "by -L=" "--sysroot=$PWD/root" -L=/usr/lib -nostdlib -ldeep
found "by -Y" -Y "$PWD/dirs:$PWD/lib" -lshift
echo shift.o >words
found "in an @file" @words
echo "'shift.o'  -o \"other name\"" >words
found "in an @file with quotes" @words
check_fails 1 "not found: said" \
	"$LD_WRAP" --rts-var=nowhere main.o shift.o -o found
check_fails 1 "raw data defines nothing" \
	"$LD_WRAP" --rts-var=other main.o shift.o -b binary other.o -o found
check_fails 1 "just symbols define nothing" \
	"$LD_WRAP" --rts-var=other main.o shift.o -R other.o -o found

# ---- options of ours
printf '# marks\nvar shift\n\n  var other # too\n' >marks
check "--rts-marks" "$LD_WRAP" --rts-marks=marks main.o shift.o other.o -o x
check "marks in \$LD_WRAP_FLAGS" \
	env LD_WRAP_FLAGS="--rts-marks=marks --rts-ops=nowhere" \
	"$LD_WRAP" shift.o other.o -e uses -o x
check "marks in \$LD_WRAP_FLAGS: there is a table" tabled x
check_fails 1 "the same marks on the command line must be defined" \
	"$LD_WRAP" --rts-marks=marks shift.o main.o -o x
printf '%s\n' other.o --rts-var=other -e uses >words
check "options of ours in an @file" "$LD_WRAP" @words -o x
check "options of ours in an @file: there is a table" tabled x
check_fails 1 "an unknown option of ours" "$LD_WRAP" --rts-vars=x main.o
check_fails 1 "an unknown option in \$LD_WRAP_FLAGS" \
	env LD_WRAP_FLAGS=-lx "$LD_WRAP" main.o shift.o -o x
printf 'var shift\nbar shift\n' >bad
"$LD_WRAP" --rts-marks=bad main.o shift.o -o x 2>err
check "a bad line of a marks file is named" grep -q 'bad:2: .*bar' err
check "--rts-help" "$LD_WRAP" --rts-help
check "--rts-version" "$LD_WRAP" --rts-version
"$LD_WRAP" --rts-print-command main.o shift.o -o 'a b' 2>err
check "--rts-print-command goes on" tabled 'a b'
check "--rts-print-command shows the command" \
	grep -q "^ld-wrap: $real main.o shift.o -o 'a b' " err

# ---- marks in a shared object (shared.sh has more)
"$CC" -O2 -fPIC -I"$RTS_SRCDIR/include" -c main.c -o main-pic.o || exit 99
"$LD_WRAP" -shared main-pic.o -o got.so
check "a shared object with marks" tabled got.so

# ---- what we do not follow: linked as ld does it, and said
"$LD_WRAP" --rts-var=shift --oformat=binary main.o shift.o -o got.bin 2>err
"$real" --oformat=binary main.o shift.o -o want.bin
check "another format is what ld makes of it" cmp want.bin got.bin
check "and who asks for marks is told" grep -q '\[unsupported-output\]' err
"$LD_WRAP" --oformat=binary main.o shift.o -o got.bin 2>err
check "who does not is not" test ! -s err

# ---- what else names the output
"$LD_WRAP" main.o shift.o -o x --dependency-file=x.d -Map=x.map
"$real" main.o shift.o -o x --dependency-file=want.d
check "--dependency-file is as ld writes it" cmp x.d want.d
cp x.map want.map
"$LD_WRAP" main.o shift.o -o x -Map=x.map
check "the map does not change from link to link" cmp x.map want.map

# ---- a command line that exec just takes: our words do not fit any more
ln -s "$(readlink -f "$LD_WRAP")" w
long=()
for length in 100000 1000 20; do
	word=-rpath-link=$(printf '%*s' "$length" '' | tr ' ' x)
	while ./w --rts-version main.o shift.o -o x "${long[@]}" "$word" \
		>/dev/null 2>&1; do
		long+=("$word")
	done
done
at_limit() {
	./w "$@" "${long[@]}"
}
check "a command line of ${#long[@]} words, at the limit of exec" \
	at_limit main.o shift.o -o x
check "and there is a table" tabled x
# No longer than what was tried: our path is shorter than the real linker's.
cp other.o o.o
check "the same without a mark" at_limit o.o -o x
done_testing
