# SPDX-License-Identifier: GPL-3.0-or-later
# doc/build-systems.md: autoconf with automake and libtool; Debian packages.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/builds.sh"
need gcc make autoreconf libtoolize dpkg-buildpackage dh cmp

# A program, a shared library of libtool's that it uses, and a partial link.
# Each build begins with a fresh configure; what that is made of, only once.
mkdir autotools
(
	cd autotools && c_sources || exit 1
	echo 'int other(void); int other(void) { return 64; }' >other.c
	sed -i 's/unsigned ask.*/&\nint other(void);/; s/(64)/(other())/' main.c
	cat >configure.ac <<-'END'
	AC_INIT([little], [1])
	AC_CONFIG_AUX_DIR([aux])
	AM_INIT_AUTOMAKE([foreign no-dependencies])
	AM_PROG_AR
	AC_PROG_CC
	LT_INIT([disable-static])
	AC_CONFIG_FILES([Makefile])
	AC_OUTPUT
	END
	cat >Makefile.am <<-'END'
	AM_CFLAGS = -O2
	bin_PROGRAMS = prog
	lib_LTLIBRARIES = libother.la
	noinst_LTLIBRARIES = liblevel.la
	liblevel_la_SOURCES = level.c
	libother_la_SOURCES = other.c
	libother_la_LIBADD = liblevel.la
	prog_SOURCES = main.c level.c
	prog_CFLAGS = -O2
	prog_LDADD = libother.la
	END
	autoreconf -fi
) >log 2>&1 || {
	not_ok "autoreconf"
	show_log
}
by_autotools() {
	cp -a "$top/autotools/." .
}
# libtool puts a script in the place of the program.
plain autoconf by_autotools ".libs/prog" './configure
make'
same_by autoconf autoconf
flags="--rts-var=level --rts-print-command"
other_linked() {	# by way of ld-wrap?
	grep -q '^ld-wrap: .* -soname libother\.so' log
}
marked_by autoconf autoconf
check "autoconf, autoconf: the shared library goes by ld-wrap" other_linked
marked_by autoconf any
check "autoconf, any: the shared library goes by ld-wrap" other_linked
unmoved_by autoconf not-autoconf
check_fails 1 "autoconf, not-autoconf: it does not" other_linked
# Why not LDFLAGS: as the document says, half of it.
(LD_WRAP_FLAGS=$flags build_in_src by_autotools) <<'END'
./configure LDFLAGS="-B$(ld-wrap --rts-dir)"
make
END
check "autoconf, LDFLAGS: the program goes by ld-wrap" \
	grep -q '^ld-wrap: .* -o .libs/prog ' log
check_fails 1 "autoconf, LDFLAGS: the shared library does not" other_linked
flags=--rts-var=level

# ---- a Debian package ---------------------------------------------------------------

by_dpkg() {
	mkdir little && cd little || return 1
	c_sources
	cat >Makefile <<-'END'
	.RECIPEPREFIX = >
	CC = gcc
	prog: main.o level.o
	> $(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^
	install:
	> install -D prog $(DESTDIR)/usr/bin/prog
	clean:
	> rm -f prog *.o
	END
	mkdir -p debian/source
	echo '3.0 (native)' >debian/source/format
	printf '#!/usr/bin/make -f\n%%:\n\tdh $@\n' >debian/rules
	chmod +x debian/rules
	cat >debian/control <<-'END'
	Source: little
	Section: misc
	Priority: optional
	Maintainer: Nobody <nobody@example.org>
	Build-Depends: debhelper-compat (= 13)
	Rules-Requires-Root: no

	Package: little
	Architecture: any
	Description: a program
	 It is little.
	END
	cat >debian/changelog <<-'END'
	little (1) unstable; urgency=low

	  * First.

	 -- Nobody <nobody@example.org>  Sat, 01 Jan 2022 00:00:00 +0000
	END
}
plain dpkg by_dpkg little/debian/little/usr/bin/prog \
	'dpkg-buildpackage -b -uc'
both_by dpkg dpkg
marked_by dpkg any
done_testing
