# SPDX-License-Identifier: GPL-3.0-or-later
# Real programs, each by its own build system and by each linker: built plainly
# and by way of ld-wrap they are the same bytes, and test themselves with the
# same results.  Two of them are marked by option, and bind themselves.
#
#	REAL_PACKAGES, REAL_LINKERS	some of them (both are lists of words)
#	REAL_SOURCES	where fetched sources are kept (the build directory)
#	REAL_MIRROR	Debian's mirror
#	REAL_RESULTS	a file for the table of doc/real-programs.md
#
# Part of `make check-long': it fetches 15 MB, and takes half an hour.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/real/lib.sh"
. "$RTS_SRCDIR/tests/real/programs.sh"
. "$RTS_SRCDIR/tests/lib/packages.sh"
# shellcheck disable=SC2086
check "the packages that they need" \
	install_packages "$PWD/packages.log" $packages_real
need apt-get dpkg-source autoreconf libtoolize bison flex cmake ctest meson \
	ninja go bzip2 xz

for name in ${REAL_PACKAGES:-$packages}; do
	check "$name: its sources" fetch "$(source_of "$name")" || continue
	for linker in ${REAL_LINKERS:-bfd gold lld mold}; do
		try "$name" "$linker" || continue
		if declare -F "bind_$name" >/dev/null; then
			try_bound "$name" "$linker"
		fi
	done
done
check "there are results" sed 's/^/# /' "$results"
cat "$out"
done_testing
