#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# corpus.sh - what compilers make of thousands of functions, bound and not
#
# Each variant (compiler, optimisation, code model) compiles the functions of
# corpus.py and links them twice.  What they return when they are linked by
# plain ld is what they must return unbound, bound, rebound and unbound again.
#
# Here a part of the functions for a few variants, another part for each; with
# RTS_LONG=1 (make check-long) all variants, and all functions for each, or one
# of RTS_PARTS parts.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
need gcc clang python3 awk
src=$RTS_SRCDIR/tests/corpus
inc="-I$RTS_SRCDIR/include -I$RTS_SRCDIR/rtld -I$src"
flags="-std=gnu11 -D_GNU_SOURCE -fwrapv -fno-strict-aliasing"
phases="unbound bound rebound unbound-again"
mkdir bin
ln -s "$LD_WRAP" bin/ld
: >bound
: >totals

# The driver and rtld, once for each compiler and code model.
company() {	# CC DIR FLAGS
	local cc=$1 dir=$2 file
	shift 2
	mkdir "$dir"
	for file in image stream field read bind strerror platform/process; do
		# shellcheck disable=SC2086
		"$cc" $flags $inc -O1 "$@" -c -o "$dir/rtld-${file##*/}.o" \
			"$RTS_SRCDIR/rtld/$file.c" || return 1
	done
	# shellcheck disable=SC2086
	"$cc" $flags $inc -O1 -Wall -Wextra -Werror "$@" -c \
		-o "$dir/driver.o" "$src/driver.c"
}

# The lines of one phase.
phase() {
	awk -v name="$1" '/^phase / { on = $2 == name; next } on' "$2"
}

phases_equal() {	# WHAT
	local name
	phase unbound plain.out >want
	for name in $phases; do
		phase "$name" wrapped.out >have
		if [ -s want ] && cmp -s want have; then
			ok "$1: $name, all as by plain ld"
		else
			not_ok "$1: $name" "$(wc -l <have) lines of $(wc -l \
				<want)"
			diff want have | head -n 10 | sed 's/^/# /'
			mkdir -p "failed.$n"
			cp functions.c plain wrapped have want "failed.$n"
		fi
	done
}

# Something must have been bound for each set of contents, and many in all;
# on i386, PIC reaches data through a register, which is kept.
bound_enough() {	# AT_LEAST
	awk -v least="$1" '
		$1 == "set" { n++; bound += $6; if ($6 == 0) bad = 1 }
		END { print n, bound; exit bad || n < 40 || bound < least * n }
		' wrapped.err
}

variant() {	# CC "machine and model" "optimisation" "linker's words" PART OF
	local cc=$1 model=$2 level=$3 link=$4 part=$5 of=$6 what count
	local dir=company.$cc${model// /} least=30
	[[ $model != -m32*-fP* ]] || least=3
	what="$cc $level $model"
	# shellcheck disable=SC2086
	[ -d "$dir" ] || check "$cc $model: driver and rtld compile" \
		company "$cc" "$dir" $model
	count=$(python3 "$src/corpus.py" functions.c "$part" "$of")
	# shellcheck disable=SC2086
	check "$what: $count functions compile" "$cc" $flags $inc $level $model \
		-w -c -o functions.o functions.c || return
	# shellcheck disable=SC2086
	check "$what: plain ld links" "$cc" ${model%% *} $link -o plain \
		functions.o "$dir"/*.o
	# shellcheck disable=SC2086
	check "$what: ld-wrap links" "$cc" ${model%% *} $link -B"$PWD/bin/" \
		-Wl,--rts-report=report -o wrapped functions.o "$dir"/*.o ||
		return
	check "$what: the table is sound" "$RTS_DUMP" --check wrapped
	check "$what: runs, linked by plain ld" sh -c "./plain >plain.out"
	check "$what: runs, bound and unbound" \
		sh -c "./wrapped >wrapped.out 2>wrapped.err"
	check "$what: sites are bound in each set" bound_enough $least
	phases_equal "$what"
	awk -v n="$count" '/^total/ { print "functions", n
			print "references", $3 }
		/^ bound/ || /^ kept/ && NF == 3 { print $1, $2, $3 }' \
		report >>totals
	awk '$1 == "set" { print $6 }' wrapped.err >>bound
}

# CC; machine and code model; optimisation and other flags; the linker's words
sample() {
	cat <<'END'
gcc|-m64 -fPIE|-O2|-pie
gcc|-m64 -fno-pic|-O0|-no-pie
gcc|-m64 -fPIC|-Os|-pie
gcc|-m64 -fno-pic|-O3|-no-pie
clang|-m64 -fno-pic|-O2|-no-pie
clang|-m64 -fPIE|-O0|-pie
clang|-m64 -fPIC|-Os|-pie
clang|-m64 -fPIE|-O1|-pie
gcc|-m64 -fno-pic|-O1 -mindirect-branch=thunk|-no-pie
clang|-m64 -fno-pic|-O2 -mretpoline|-no-pie
gcc|-m32 -fno-pic|-O2|-no-pie
gcc|-m32 -fno-pic|-Os|-no-pie
gcc|-m32 -fPIE|-O1|-pie
clang|-m32 -fno-pic|-O2|-no-pie
clang|-m32 -fno-pic|-O0|-no-pie
END
}

everything() {
	local cc machine level more
	for cc in gcc clang; do
		more="-mindirect-branch=thunk"
		[ $cc = gcc ] || more="-mretpoline"
		for level in -O0 -O1 -O2 -O3 -Os "-O2 $more" \
			"-O2 -fcf-protection=full"; do
			for machine in -m64 -m32; do
				echo "$cc|$machine -fno-pic|$level|-no-pie"
				echo "$cc|$machine -fPIE|$level|-pie"
				echo "$cc|$machine -fPIC|$level|-pie"
			done
		done
	done
}

if [ "${RTS_LONG:-0}" = 1 ]; then
	everything >variants
	of=${RTS_PARTS:-1}
else
	sample >variants
	of=12
fi
n=0
while IFS='|' read -r cc model level link <&3; do
	variant "$cc" "$model" "$level" "$link" $n $of
	n=$((n + 1))
done 3<variants

# ---- what was seen -----------------------------------------------------------

sum() {	# WHAT [TAG]
	awk -v a="$1" -v b="${2:-}" '$1 == a && (!b || $2 == b) {
		n += $NF } END { print n + 0 }' totals
}
echo "# $n variants, $(sum functions) functions, $(sum references) references"
awk '$1 == "bound" || $1 == "kept" { n[$1 " " $2] += $3 }
	END { for (i in n) print "# " i, n[i] }' totals | sort -k2,2 -k4,4nr
at_least() { [ "$1" -ge "$2" ]; }
check "thousands of functions" at_least "$(sum functions)" 5000
for tag in load8 load16 load32 load64 load32s loadzx loadsx alu cmp test imul \
	push-slot call-slot jmp-slot call jmp const mask shift if branch setcc \
	cmov call-thunk; do
	check "there are sites of form $tag" at_least "$(sum bound $tag)" 1
done
done_testing
