# SPDX-License-Identifier: GPL-3.0-or-later
# lib.sh - sourced behind tap.sh: a program built plainly and by ld-wrap
#
#	try NAME LINKER		build and test it both ways, and compare
#	try_bound NAME LINKER	and once with marks, bound by itself
#
# A program is some functions (programs.sh):
#	unpack_NAME	its sources into $PWD
#	build_NAME	with $CC $CXX $LD; links with $fuse, and $extra if bound
#	test_NAME	its own tests; prints a line for each result
#	bind_NAME	what to say for try_bound: see there
#
# All builds of a program are made in one directory, which is new each time,
# since its path may be in the products.  The linkers on PATH are scripts that
# write down who called them, and then are the linker: so it shows that each
# link came by way of ld-wrap, or that none did.
need gcc g++ ld.bfd ld.gold ld.lld mold python3 make
work=$PWD
results=${REAL_RESULTS:-$work/results}
linkers_dir=$("$LD_WRAP" --rts-dir)
unset COMPILER_PATH LDFLAGS CFLAGS CXXFLAGS MAKEFLAGS MFLAGS MAKELEVEL \
	LD_WRAP_DEPTH
export LINKS=$work/links extra=
mkdir shims
for linker in bfd gold lld mold; do
	cat >"shims/ld.$linker" <<-END
	#!/bin/sh
	echo "\${LD_WRAP_DEPTH:-0} \$*" >>"\$LINKS"
	exec $(command -v "ld.$linker") "\$@"
	END
done
chmod +x shims/*
PATH=$work/shims:$PATH
# Compilers' results are the same whoever links, so they may be remembered; but
# not from another directory, whose name debug information would have.
export CCACHE_HASHDIR=1
unset CCACHE_NOHASHDIR CCACHE_BASEDIR
cache=$(command -v ccache || true)
export CC="${cache:+ccache }gcc" CXX="${cache:+ccache }g++"
export SOURCE_DATE_EPOCH=1640995200 KCONFIG_NOTIMESTAMP=1 LC_ALL=C

# build NAME LINKER plain|wrapped: into $work/src; what it did, to log and links
build() {
	local name=$1 way=$3
	fuse=-fuse-ld=$2
	LD=ld.$2
	[ "$way" = plain ] || LD=$linkers_dir/ld.$2
	export fuse LD
	chmod -R u+w "$work/src" 2>/dev/null
	rm -rf "$work/src" "$LINKS"
	: >"$LINKS"
	mkdir "$work/src" && (
		cd "$work/src" && "unpack_$name" || exit 1
		[ "$way" = plain ] || export COMPILER_PATH=$linkers_dir
		"build_$name"
	) >"$work/$name.log" 2>&1 </dev/null
}

# Links only: what ld-wrap asks of a linker before is no link.
called() {	# by ld-wrap: 1; by nobody that we know: 0
	grep -E "^$1 " "$LINKS" | grep -cvE '^[01] -*(v|version|help|verbose)'
}

run_tests() {
	(cd "$work/src" && "test_$1") 2>&1 </dev/null
}

# Tests that look at the clock (wayland's) fail now and then on a machine that is
# busy, whatever linked them: three times in a row they do not.
run_again() {	# NAME FILE
	local tries
	for tries in 1 2 3; do
		run_tests "$1" >"$2"
		cmp -s "plain.$1" "$2" && return
	done
}

failed_build() {
	not_ok "$1" "does not build"
	tail -n 15 "$work/$2.log" | cut -c 1-200 | sed 's/^/# /'
}

try() {
	local name=$1 linker=$2 what="$1, $2" links
	if ! build "$name" "$linker" plain; then
		failed_build "$what: plain" "$name"
		return 1
	fi
	check "$what: the plain build has no link by ld-wrap" \
		test "$(called 1)" = 0
	python3 "$RTS_SRCDIR/tests/real/products.py" src >plain.products
	run_tests "$name" >"plain.$name"
	check "$what: its own tests have results" test -s "plain.$name"
	if ! build "$name" "$linker" wrapped; then
		failed_build "$what: wrapped" "$name"
		return 1
	fi
	links=$(called 1)
	check "$what: each link is by ld-wrap" test "$(called 0)" = 0
	check "$what: there are some" test "$links" -gt 0
	python3 "$RTS_SRCDIR/tests/real/products.py" src >wrapped.products
	check "$what: every product has the same bytes" \
		diff plain.products wrapped.products
	run_again "$name" "wrapped.$name"
	check "$what: its own tests have the same results" \
		diff "plain.$name" "wrapped.$name"
	echo "$name $linker links $links products" \
		"$(grep -c linked wrapped.products) objects" \
		"$(grep -vc linked wrapped.products) tests" \
		"$(wc -l <"wrapped.$name") different" \
		"$(diff plain.products wrapped.products | grep -c '^>')" \
		>>"$results"
}

# ---- bound ---------------------------------------------------------------------------

#	bind_NAME	sets $marks, options of ld-wrap; $extra, what to link
#			besides; $marked, the product that has them
# bind.o binds when it is called (bind.c), and notes it in $REAL_BOUND.
prepare_bind() {
	local file=$RTS_SRCDIR/tests/real/bind.c
	gcc -O2 -fPIC -I"$RTS_SRCDIR/include" -I"$RTS_SRCDIR/rtld" \
		-c "$file" -o bind.o || exit 99
	cp "$RTS_BUILDDIR/rtld/librtld.a" .
}

try_bound() {
	local name=$1 linker=$2 what="$1, $2, bound"
	[ -e bind.o ] || prepare_bind
	run_tests "$name" >/dev/null 2>&1	# what the last build left
	"bind_$name"
	export extra REAL_BOUND=$work/bound
	rm -f report bound
	LD_WRAP_FLAGS="$marks --rts-no-store-warnings --rts-report=$work/report" \
		build "$name" "$linker" wrapped || {
		failed_build "$what" "$name"
		extra=
		return 1
	}
	check "$what: $marked has a sound table" \
		"$RTS_DUMP" --check "src/$marked"
	cp "$out" checked
	check "$what: with sites" grep -qE ' [1-9][0-9]* sites' checked
	run_again "$name" "bound.$name"
	check "$what: its own tests have the same results" \
		diff "plain.$name" "bound.$name"
	check "$what: it was bound in each of them that got so far" \
		grep -qE '^bound [1-9]' bound
	check_fails 1 "$what: and never refused" grep -v '^bound [1-9]' bound
	echo "$name $linker bound: marks $(sed -n \
		's/.*: \([0-9]*\) marks.*/\1/p' checked) sites $(sed -n \
		's/.* \([0-9]*\) sites$/\1/p' checked) of them" \
		"$(sort bound | uniq -c | sort -rn |
			awk 'NR == 1 { print $2, $3 }') binds" \
		"$(wc -l <bound) tests $(wc -l <"bound.$name")" >>"$results"
	unset REAL_BOUND
	extra=
}
