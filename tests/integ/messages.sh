# SPDX-License-Identifier: GPL-3.0-or-later
# What the real linker says, on whatever stream and in whatever file, names the
# user's output and not a temporary; and every byte of it arrives, in order.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need "$CC" ld.bfd ld.gold ld.lld-14 ld.lld-19 mold cmp python3 make timeout
linkers="ld.bfd ld.gold ld.lld-14 ld.lld-19 mold"

marked_object
echo 'int missing(void); int uses(void) { return missing(); }' >undefined.c
compile_small undefined
mkdir d
printf 'd/prog:\n\ttouch $@\n' >rule

# clean WHAT FILE: says nothing of a temporary.
clean() { check_fails 1 "$1: no temporary is named" grep -F .ld-wrap. "$2"; }

for linker in $linkers; do
	ld=$(command -v $linker)
	lw() { "$LD_WRAP" --rts-ld="$ld" marked.o "$@" -o d/prog; }
	"$ld" marked.o undefined.o -o d/prog >plain.out 2>plain.err
	plain=$?
	lw undefined.o >ours.out 2>ours.err
	ours=$?
	check "$linker, a link that fails: the linker's status" \
		test $plain = $ours
	check "$linker, a link that fails: the linker's words" \
		cmp plain.err ours.err
	# A segment that can be written and run; the map; who uses what.
	for words in --trace -Map=map "-Map=map --cref" -Map=/dev/stdout \
		--print-map --stats; do
		# mold knows no --cref.
		if [ "$linker $words" = "mold -Map=map --cref" ]; then continue; fi
		rm -f map
		: >map
		# shellcheck disable=SC2086	# words
		lw $words >ours.out 2>&1 || not_ok "$linker $words"
		cat ours.out map >all
		clean "$linker $words" all
	done
	rm -f map
	lw -Map=map
	check "$linker: the map has rts.o under its name" \
		grep -q '<ld-wrap>' map
	# A makefile: make must have nothing to do, and all once touched.
	rm -f deps
	if check "$linker --dependency-file" lw --dependency-file=deps; then
		check_fails 1 "$linker --dependency-file: rts.o is not in it" \
			grep -e ld-wrap deps
		check "$linker --dependency-file: it is of the output" \
			make -q -f deps -f rule d/prog
		sleep 0.01
		touch marked.o
		check_fails 1 "$linker --dependency-file: which depends" \
			make -q -f deps -f rule d/prog
	fi
done
check "GNU ld's map says OUTPUT" "$LD_WRAP" marked.o -Map=map -o d/prog
check "GNU ld's map: of the right name" grep -q '^OUTPUT(d/prog ' map

# ---- sections that a script does not name
cat >script.ld <<'END'
SECTIONS {
	.text : { *(.text*) }
	.data : { *(.data*) *(.bss*) *(.rela*) *(.got*) *(.i*) }
	HERE
	.symtab 0 : { *(.symtab) }
	.strtab 0 : { *(.strtab) }
	.shstrtab 0 : { *(.shstrtab) }
	/DISCARD/ : { *(.comment) *(.note*) *(.eh_frame*) }
}
END
orphans() { "$LD_WRAP" marked.o -T orphans.ld --orphan-handling="$1" -o d/prog; }
sed /HERE/d script.ld >orphans.ld
check "orphans are warned of: it links" orphans warn
cp "$out" said
check "orphans are warned of: by a name" \
	grep -F "orphan section \`.rts.tab' from \`<ld-wrap>'" said
check_fails 1 "orphans are errors: it does not link" orphans error
cp "$out" said
check "orphans are errors: the cure is said" grep -F '[no-table]' said
# As the cure says.
sed 's/HERE/.rodata : { KEEP(*(.rts.tab)) } .rts.mark 0 : { *(.rts.mark) }/' \
	script.ld >orphans.ld
check "orphans are errors: with the cure it links" orphans error
check "orphans are errors: and has a table" "$RTS_DUMP" --check d/prog

# ---- streams, by a linker that says what we want
# fake: a linker; $OUT and $RTS_O are what it was given; its text from stdin.
fake() {
	{
		echo '#!/bin/bash'
		echo '[ "$1" != --version ] || exit 0'
		echo 'for word; do last=$word; done'
		echo 'mapfile -t words <"${last#@}"'
		echo 'OUT=${words[1]} RTS_O=${words[-1]}'
		cat
	} >fake
	chmod +x fake
}
run() { "$LD_WRAP" --rts-ld=./fake marked.o -o d/prog; }
fake <<'END'
for i in 1 2 3; do
	echo "out $i of $OUT"
	echo "err $i of $RTS_O" >&2
done
printf 'no end of line, %s' "${OUT%g}"
exit 3
END
printf '%s\n' "out 1 of d/prog" "err 1 of <ld-wrap>" "out 2 of d/prog" \
	"err 2 of <ld-wrap>" "out 3 of d/prog" "err 3 of <ld-wrap>" >want
printf 'no end of line, d/pro' >>want
run >have 2>&1
check "both streams in one file: in order" cmp want have
run >have.out 2>have.err
check "two files: stdout" test "$(cat have.out)" = "$(grep -v err want)"
check "two files: stderr" test "$(cat have.err)" = "$(grep err want)"
fake <<'END'
text="a $OUT b $RTS_O c ${OUT%/*}/other d"
for ((i = 0; i < ${#text}; i++)); do
	printf %s "${text:i:1}"
done
exit 3
END
check "a name in pieces" test "$(run 2>&1)" = "a d/prog b <ld-wrap> c d/other d"
fake <<'END'
for i in {1..20000}; do
	echo "line $i of $OUT: 0123456789012345678901234567890123456789"
done
exit 3
END
for i in {1..20000}; do
	echo "line $i of d/prog: 0123456789012345678901234567890123456789"
done >want
run >have
check "much of it" cmp want have
run | (sleep 1; cat) >have
check "much of it, and a slow reader" cmp want have
check "a reader that ends: so do we" test "$(run | head -n 1)" = \
	"line 1 of d/prog: 0123456789012345678901234567890123456789"
fake <<'END'
echo "the last words of $OUT"
kill -9 $PPID
sleep 0.1
echo "not said"
END
run >have 2>&1
for _ in 1 2 3 4 5 6 7 8 9 10; do
	if [ -s have ]; then break; fi
	sleep 0.1
done
check "ld-wrap is killed: what was said before is there" \
	test "$(head -n 1 have)" = "the last words of d/prog"
fake <<'END'
sleep 20 &
echo said
exit 3
END
start=$SECONDS
timeout 10 "$LD_WRAP" --rts-ld=./fake marked.o -o d/prog >have
check "who is left behind does not keep us: status" test $? = 3
check "who is left behind does not keep us: time" test $((SECONDS - start)) -lt 8
check "who is left behind does not keep us: text" test "$(cat have)" = said
for closed in '>&-' '2>&-' '>&- 2>&-' '<&-' '<&- >&- 2>&-'; do
	rm -f d/prog
	eval '"$LD_WRAP" marked.o -o d/prog' "$closed"
	check "with $closed" "$RTS_DUMP" --check d/prog
done

# ---- a terminal: lld and mold use colours there
cat >terminal.py <<'END'
import os, pty, sys
text = b''
pid, fd = pty.fork()
if not pid:
    os.environ['TERM'] = 'xterm'
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        part = os.read(fd, 4096)
    except OSError:
        break
    if not part:
        break
    text += part
sys.stdout.buffer.write(text)
END
for linker in $linkers; do
	ld=$(command -v $linker)
	for color in "" --color-diagnostics=never; do
		case $linker in ld.bfd | ld.gold) color= ;; esac
		python3 terminal.py "$ld" marked.o undefined.o $color -o d/prog >plain
		python3 terminal.py "$LD_WRAP" --rts-ld="$ld" marked.o undefined.o \
			$color -o d/prog >ours
		check "$linker $color: on a terminal as the linker alone" \
			cmp plain ours
	done
done
done_testing
