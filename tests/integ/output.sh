# SPDX-License-Identifier: GPL-3.0-or-later
# The output file is what the real linker would have made of it: type, mode,
# links, and what other names of the old one hold.  Each case is a plain link
# and a marked one with the same linker, and what is there afterwards.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/marked.sh"
need "$CC" ld.bfd ld.gold ld.lld-14 ld.lld-19 mold stat cmp timeout
linkers="ld.bfd ld.gold ld.lld-14 ld.lld-19 mold"

marked_object

# Every file below a directory: its type, mode, number of names, content.
show() (
	cd "$1" || exit 99
	find . -mindepth 1 | LC_ALL=C sort | while IFS= read -r f; do
		if [ -L "$f" ]; then
			echo "$f -> $(readlink "$f")"
			continue
		fi
		kind=other
		if [ ! -f "$f" ]; then kind=special
		elif [ ! -s "$f" ]; then kind=empty
		elif grep -q '^old' "$f"; then kind=old
		elif head -c 4 "$f" | grep -q ELF; then kind=ELF
		fi
		echo "$f $(stat -c '%F %a %h' "$f" | sed 's/empty //') $kind"
	done
)

old() { echo old >"$1"; }
prepare() {	# CASE: a directory d, in which d/p is to be linked
	rm -rf d
	mkdir d
	case $1 in
	"nothing there")	;;
	"a file")		old d/p; chmod 600 d/p ;;
	"a set-uid file")	old d/p; chmod 4755 d/p ;;
	"an empty file")	: >d/p; chmod 600 d/p ;;
	"an empty file, 644")	: >d/p; chmod 644 d/p ;;
	"a read-only file")	old d/p; chmod 444 d/p ;;
	"a symlink")		old d/t; ln -s t d/p ;;
	"a symlink elsewhere")	mkdir d/sub; old d/sub/t; ln -s sub/t d/p ;;
	"two symlinks")		mkdir d/sub; old d/t; ln -s ../t d/sub/l
				ln -s sub/l d/p ;;
	"an absolute symlink")	old d/t; ln -s "$PWD/d/t" d/p ;;
	"a symlink, empty")	: >d/t; chmod 640 d/t; ln -s t d/p ;;
	"a dangling symlink")	mkdir d/sub; ln -s sub/t d/p ;;
	"a symlink to /dev/null") ln -s /dev/null d/p ;;
	"a loop of symlinks")	ln -s p d/p ;;
	"a hard link")		old d/p; ln d/p d/q ;;
	"a hard link, empty")	: >d/p; ln d/p d/q ;;
	"a directory")		mkdir d/p ;;
	"no directory")		rmdir d ;;
	*) not_ok "no such case: $1"; return 1 ;;
	esac
}
link() {	# WHO command...: status in .status, what is there in .WHO
	local who=$1
	shift
	"$@" marked.o -o d/p >"$who.said" 2>&1 </dev/null
	{
		echo "status $?"
		if [ -d d ]; then show d; fi
	} >"$who"
}
same() {	# WHAT
	if cmp -s plain ours; then
		ok "$1"
	else
		not_ok "$1"
		diff plain ours | sed 's/^/# /'
		sed 's/^/# /' ours.said
	fi
}
both() {	# LINKER CASE
	prepare "$2" || return
	link plain "$1"
	prepare "$2"
	link ours "$LD_WRAP" --rts-ld="$(command -v "$1")"
	same "$1, $2: as the linker alone"
}

for linker in $linkers; do
	for umask in 022 077; do
		umask $umask
		both $linker "nothing there"
		both $linker "an empty file, 644"
	done
	umask 022
	while read -r case; do
		both $linker "$case"
	done <<'END'
a file
a set-uid file
an empty file
a read-only file
a symlink
a symlink elsewhere
two symlinks
an absolute symlink
a symlink, empty
a dangling symlink
a symlink to /dev/null
a loop of symlinks
a directory
no directory
END
	# What they write over, we replace: its other name keeps the old bytes.
	for case in "a hard link" "a hard link, empty"; do
		prepare "$case"
		cp d/q keep
		check "$linker, $case: links" "$LD_WRAP" \
			--rts-ld="$(command -v $linker)" marked.o -o d/p
		check "$linker, $case: the other name keeps the old bytes" \
			cmp keep d/q
		check "$linker, $case: a table" "$RTS_DUMP" --check d/p
		case $linker$case in
		ld.lld*|ld.[bg]*"a hard link") both $linker "$case" ;;
		esac
	done
done

# ---- a running program
cat >runs.c <<'END'
#include <unistd.h>
int main(void) { return write(1, "runs\n", 5) < 0 || pause(); }
END
"$CC" runs.c -o runs || exit 99
for linker in $linkers; do
	rm -rf d
	mkdir d
	cp runs d/p
	d/p >runs.out &
	pid=$!
	until [ -s runs.out ]; do sleep 0.02; done
	check "$linker, a program that runs: is replaced" "$LD_WRAP" \
		--rts-ld="$(command -v $linker)" marked.o -o d/p
	check "$linker, a program that runs: goes on" kill $pid
	wait $pid 2>/dev/null
	rm -f runs.out
done

# ---- names
long=$(printf '%0255d' 0)
for linker in $linkers; do
	while IFS= read -r name; do
		rm -rf d
		mkdir d
		name=$(printf '%b' "$name")
		# mold alone takes any such word for a file of words.
		if [ "$linker$name" = mold@at ]; then continue; fi
		(
			cd d || exit 99
			"$LD_WRAP" --rts-ld="$(command -v $linker)" \
				../marked.o -o "$name"
		) >"$out" 2>&1
		check "$linker, the name $(printf %.20q "$name"): is linked" \
			test "$(ls -A d)" = "$name" -a -s "d/$name"
		"$RTS_DUMP" --check "./d/$name" >/dev/null 2>&1 ||
			not_ok "$linker: $(printf %q "$name") has a table"
	done <<-END
		two words
		a\\\\nline
		100%
		-x
		'quoted"
		back\\\\\\\\slash
		@at
		rts.o
		words
		.ld-wrap.p
	END
done
# lld and mold put their own temporaries beside it, with longer names.
for linker in ld.bfd ld.gold; do
	rm -rf d
	mkdir d
	check "$linker, a name of 255 bytes: is linked" "$LD_WRAP" \
		--rts-ld="$(command -v $linker)" marked.o -o "d/$long"
	check "$linker, a name of 255 bytes: nothing else is there" \
		test "$(ls -A d)" = "$long"
done

# ---- no plain file
for linker in $linkers; do
	rm -f ./-
	"$linker" marked.o -o - >plain.out 2>/dev/null
	plain=$([ -s plain.out ] && echo out; [ -s ./- ] && echo file)
	rm -f ./-
	"$LD_WRAP" --rts-ld="$(command -v $linker)" marked.o -o - >ours.out
	ours=$([ -s ours.out ] && echo out; [ -s ./- ] && echo file)
	check "$linker, -o -: goes where the linker puts it" \
		test "$plain" = "$ours" -a -n "$ours"
	if [ "$ours" = file ]; then mv ./- ours.out; fi
	check "$linker, -o -: has a table" "$RTS_DUMP" --check ours.out
	check "$linker, -o /dev/null" "$LD_WRAP" \
		--rts-ld="$(command -v $linker)" marked.o -o /dev/null
	check "$linker, -o /dev/null: it is still there" test -c /dev/null
	rm -f fifo
	mkfifo fifo
	timeout 20 cat fifo >plain.out &
	timeout 10 "$linker" marked.o -o fifo >/dev/null 2>&1
	plain=$?
	wait
	timeout 20 cat fifo >ours.out &
	timeout 10 "$LD_WRAP" --rts-ld="$(command -v $linker)" marked.o \
		-o fifo >/dev/null 2>&1
	ours=$?
	wait
	check "$linker, -o FIFO: ends as the linker" test $plain = $ours
	# gold opens it for reading too, and may get its own bytes.
	if [ $linker != ld.gold ]; then
		check "$linker, -o FIFO: the same bytes" \
			cmp plain.out ours.out
	fi
done

# ---- an odd umask: nobody could read what the linker wrote
rm -rf d
mkdir d
for umask in 777 700 277; do
	rm -f d/p
	(umask $umask; ld.bfd marked.o -o d/p)
	plain=$(stat -c %a d/p)
	rm -f d/p
	(umask $umask; exec "$LD_WRAP" marked.o -o d/p) >"$out" 2>&1
	check "umask $umask: the mode that the linker gives" \
		test "$(stat -c %a d/p)" = "$plain"
done

# ---- files that the linker names after its output
rm -rf d
mkdir d
check "--time-trace: links" "$LD_WRAP" --rts-ld="$(command -v ld.lld-19)" \
	--time-trace marked.o -o d/p
check "--time-trace: lies beside the output" \
	test "$(ls -A d | tr '\n' ' ')" = "p p.time-trace "
done_testing
