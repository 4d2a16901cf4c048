# SPDX-License-Identifier: GPL-3.0-or-later
# A marked link by gold, lld and mold has the files that the linker alone makes
# of the same words, with a table; and where the linker fails, so do we.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need "$CC" ld.gold ld.lld ld.lld-19 mold ar readelf cmp

marked_parts
mkdir files
cp -- *.o files
cp shift.o 'files/a b.o'
cp shift.o 'files/c\d.o'
ar rc files/libshift.a shift.o
echo 'no object' >files/data
echo 'INPUT(shift.o)' >files/script
echo "'main.o' \"a b.o\" -o x" >files/at
echo 'main.o c\\d.o -o x' >files/at2
echo '"main.o"  "a b.o"  -o  x  "--rts-report=/dev/null"' >files/ours
echo 'main.o @at4' >files/at3
echo 'shift.o -o x' >files/at4

# As $1 in its directory, the linker and ld-wrap with it: the same status, the
# same files.
run_both() {
	local dir
	for dir in plain wrapped; do
		rm -rf "$dir"
		cp -r files "$dir"
	done
	(cd plain && exec "$linker" "$@") >plain.log 2>&1 </dev/null
	plain=$?
	(cd wrapped && exec "$LD_WRAP" --rts-ld="$linker" "$@") \
		>wrapped.log 2>&1 </dev/null
	wrapped=$?
	diff <(cd plain && find . | sort) <(cd wrapped && find . | sort) >"$out"
}

tabled() {
	readelf -SW "$1" 2>/dev/null | grep -q ' \.rts\.tab '
}

links() {
	local output=$1
	shift
	if ! run_both "$@" || [ $plain != 0 ] || [ $wrapped != 0 ]; then
		not_ok "$name: $*" "$(cat "$out" plain.log wrapped.log)"
	elif ! tabled "wrapped/$output"; then
		not_ok "$name: $*" "no table in $output"
	else
		ok "$name: $*"
	fi
}

fails() {
	if run_both "$@" && [ $plain != 0 ] && [ $wrapped = $plain ]; then
		ok "$name fails: $*"
	else
		not_ok "$name fails: $*" "$(cat "$out" plain.log wrapped.log)"
	fi
}

for name in ld.gold ld.lld ld.lld-19 mold; do
	linker=$(command -v $name)
	links x main.o shift.o -o x
	links '=x' main.o shift.o -o=x
	links magic -omagic main.o shift.o
	links x -o x -L. main.o --whole-archive -lshift
	links x -o x main.o script
	links x --push-state main.o -o x --as-needed shift.o --pop-state
	links x @at
	links x @at2
	links x '-(' main.o shift.o '-)' -o x
	links x -o x main.o --start-lib shift.o --end-lib -u shift
	fails --outp=x main.o shift.o
	fails main.o shift.o -o x --no-such-option
	fails main.o shift.o -o
	# Ours in an @file: what it expands to is written anew.
	rm -rf wrapped
	cp -r files wrapped
	check "$name: ours in an @file" \
		sh -c 'cd wrapped && exec "$1" --rts-ld="$2" @ours' sh \
		"$LD_WRAP" "$linker"
	check "$name: and there is a table" tabled wrapped/x
	case $name in
	ld.gold)
		links x -output=x main.o shift.o
		links x -o x main.o -- shift.o
		links x main.o shift.o -o x -b binary data
		links x @at3
		fails -o x main.o --start-lib shift.o
		;;
	ld.lld*)
		links utput=x -output=x main.o shift.o
		links a.out -o '' main.o shift.o
		links a.out '' main.o '' shift.o
		links x main.o shift.o -o x -b binary data
		links x @at3
		links x -o x main.o shift.o --start-lib other.o
		fails -o x main.o shift.o --
		# What can be read once is not ours to read.  (lld sees it
		# empty.)
		rm -f a.out
		"$LD_WRAP" --rts-ld="$linker" --rts-var=shift main.o shift.o \
			@<(echo) 2>err
		check "$name: an @file that is a pipe" test -x a.out
		check "$name: marks have no effect then, and it is said" \
			grep -q '\[unsupported-output\]' err
		;;
	mold)
		links utput=x -output=x main.o shift.o
		links ntry -entry=main main.o shift.o -ontry
		links x -o x main.o shift.o --start-lib other.o
		fails @at3
		fails main.o shift.o @nowhere
		;;
	esac
done
done_testing
