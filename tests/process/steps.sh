#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Contexts inside: stopped before each instruction of each kind of site, and
# asleep in a callee, while text and content change (steps.c, steps-sleep.c).
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc awk
src=$RTS_SRCDIR/tests/process
mkdir bin
ln -s "$LD_WRAP" bin/ld

compile() {
	local file
	for file in rtld/image rtld/stream rtld/field rtld/read rtld/bind \
		rtld/strerror rtld/platform/process tests/boot/uses \
		tests/process/steps-cases tests/process/steps-sites \
		tests/process/steps tests/process/steps-sleep; do
		gcc -std=gnu11 -O2 -Wall -Wextra -Werror -fno-pie \
			-fcf-protection=none -D_GNU_SOURCE \
			-I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" -c \
			-o "${file##*/}.o" "$RTS_SRCDIR/$file.c" || return 1
	done
	gcc -I"$RTS_SRCDIR/include" -c -o sites.o "$src/steps-cases.S"
	mkdir main
	mkdir main/steps main/steps-sleep
	mv steps.o steps-sites.o main/steps
	mv steps-sleep.o main/steps-sleep
}
# Below 2 GiB, where a call of NULL is within reach.
check "compiles without a warning" compile
for program in steps steps-sleep; do
	check "$program: links" gcc -no-pie -B"$PWD/bin/" -o "$program" \
		main/$program/*.o ./*.o -lpthread
	check "$program: the table is sound" "$RTS_DUMP" --check "$program"
done

# value LOG NAME: what is behind the last such word, of lines that begin so
value() {
	awk -v name="$2" '{ for (i = 1; i < NF; i++)
		if ($i == name) v = $(i + 1) } END { print v + 0 }' "$1"
}
# floor LOG NAME LEAST: the test could do nothing, and never notice
floor() {
	local have
	have=$(value "$1" "$2")
	check "$1: $2 $have, at least $3" [ "$have" -ge "$3" ]
}

check "the host says where the context is: old or new, and refused where it \
must be" ./steps leave
cp "$out" leave
tail -n 3 leave | sed 's/^/# /'
floor leave runs 30000
floor leave within 600		# between two instructions of a window
floor leave asleep 200		# in what a window has called
floor leave between 2000	# behind a read, before what depends on it
floor leave refused 1000
floor leave stayed 2000		# dependent sites that were not bound then
floor leave bound 20000		# and that were
check "leave: all cases read their slots once" [ "$(value leave twice)" = 0 ]
# Stops right in front of a site; behind it, too, where control goes on.
for row in call:100 jmp:100 jcc:50 call-slot:50 jmp-slot:100 push-slot:50 \
	load32:100 load64:100 load32s:8 load8:16 load16:8 loadzx:50 \
	loadsx:30 alu:150 cmp:20 test:20 imul:15 branch:800 setcc:100 \
	cmov:100 call-thunk:100 jmp-thunk:50 const:10 mask:10 shift:10 \
	if:30 call-window:150; do
	have=$(awk -v tag="${row%:*}" '$1 == "kind" && $2 == tag {
		n = $4 } END { print n + 0 }' leave)
	check "leave: $have stops in front of ${row%:*}" \
		[ "$have" -ge "${row#*:}" ]
	case $row in
	jmp*|jcc*) continue ;;
	esac
	check "leave: and behind it" grep -Eq \
		"^kind ${row%:*} front [1-9][0-9]* behind [1-9]" leave
done

check "the host has no inside(): old or new" ./steps none
cp "$out" none
tail -n 3 none | sed 's/^/# /'
floor none runs 8000
floor none refused 3000
floor none stayed 10000
check "none: no dependent site was bound" [ "$(value none bound)" = 0 ]

# The same, were the host not asked, or wrong.
check "the host lies" ./steps lie
cp "$out" lie
for name in window window_between window_slot window_nullable thunk_null \
	tail_thunk_null thunk_twice thunk_told depends_load depends_word \
	depends_twice depends_setcc depends_cmov depends_three; do
	check "lie: $name has wrong results" \
		grep -q "^case $name wrong [1-9]" lie
done

check "a thread is asleep in a callee" ./steps-sleep
cp "$out" sleep
tail -n 1 sleep | sed 's/^/# /'
floor sleep sleeps 150
floor sleep allowed 600
floor sleep denied 50
done_testing
