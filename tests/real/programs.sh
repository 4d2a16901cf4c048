# SPDX-License-Identifier: GPL-3.0-or-later
# programs.sh - sourced behind lib.sh: programs of Debian's, and how each is
# built and tests itself.  To add one: four lines in the order of lib.sh.

# ---- sources ---------------------------------------------------------------------------

sources=${REAL_SOURCES:-$RTS_BUILDDIR/tests/real/sources}
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

# Where this machine has its packages from.
mirror() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' |
		awk -v codename="$codename" '
		$2 == codename && $3 == "main" { print $1; exit }'
}

# A list of sources of our own: this machine may have none, and stays as it is.
prepare_apt() {
	mkdir -p "$sources/apt/lists/partial" \
		"$sources/apt/cache/archives/partial" || return 1
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]" \
		"${REAL_MIRROR:-$(mirror)} $codename main" \
		>"$sources/apt/sources.list"
	cat >"$sources/apt/conf" <<-END
	Dir::Etc::SourceList "$sources/apt/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::State::Lists "$sources/apt/lists";
	Dir::Cache "$sources/apt/cache";
	END
	APT_CONFIG=$sources/apt/conf apt-get -q update
}

# fetch PACKAGE: into $sources/PACKAGE, once, with Debian's patches
fetch() {
	[ -d "$sources/$1" ] && return 0
	mkdir -p "$sources/fetched" || return 1
	[ -e "$sources/apt/conf" ] || prepare_apt || return 1
	(cd "$sources/fetched" &&
	 APT_CONFIG=$sources/apt/conf apt-get -q source --download-only "$1" &&
	 rm -rf "$sources/$1.new" &&
	 dpkg-source --no-check -x "$(ls -t "$1"_*.dsc | head -n 1)" \
		"$sources/$1.new" && mv "$sources/$1.new" "$sources/$1")
}
unpack_source() {
	cp -a "$sources/$1/." .
}

# ---- plain make -------------------------------------------------------------------------

unpack_bzip2() { unpack_source bzip2; }
# Bound, it has its library in it: what is marked is there.
build_bzip2() {
	local whole=
	make CC="$CC" LDFLAGS="$fuse" libbz2.a libbz2.so bzip2recover || return 1
	[ -z "$extra" ] ||
		whole="-Wl,--whole-archive libbz2.a -Wl,--no-whole-archive"
	make CC="$CC" LDFLAGS="$fuse $extra $whole" bzip2
}
test_bzip2() {
	local level n
	export LD_LIBRARY_PATH=.
	for level in 1 2 3; do
		./bzip2 -$level <sample$level.ref | cmp - sample$level.bz2 &&
			echo "sample $level compresses"
		./bzip2 -d <sample$level.bz2 | cmp - sample$level.ref &&
			echo "sample $level decompresses"
		./bzip2 -ds <sample$level.bz2 | cmp - sample$level.ref &&
			echo "sample $level decompresses, small"
	done
	for level in 1 5 9; do
		for n in 1 2 3; do
			./bzip2 "-$level" -vvvv <"sample$n.ref" 2>said >x.bz2
			cksum <said
			./bzip2 -tvvv x.bz2 2>&1 | cksum
			./bzip2 -dc x.bz2 | cmp - "sample$n.ref" && echo same
		done
	done
}
# Flags that its options set, and two functions of its library.
bind_bzip2() {
	marked=bzip2
	marks="--rts-var=verbosity --rts-var=smallMode --rts-var=opMode
		--rts-var=noisy --rts-var=workFactor --rts-var=blockSize100k
		--rts-func=BZ2_hbMakeCodeLengths --rts-func=BZ2_blockSort"
	extra="$work/bind.o $work/librtld.a -Wl,--wrap=BZ2_bzWriteOpen"
	extra+=" -Wl,--wrap=BZ2_bzReadOpen"
}

unpack_lz4() { unpack_source lz4; }
build_lz4() {
	make -C lib CC="$CC" LDFLAGS="$fuse" &&
		make -C programs CC="$CC" LDFLAGS="$fuse $extra" lz4 &&
		make -C tests CC="$CC" LDFLAGS="$fuse" datagen
}
test_lz4() {
	local target
	for target in test-lz4-basic test-lz4-contentSize test-lz4-testmode \
		test-lz4-skippable; do
		if make -C tests CC="$CC" LDFLAGS="$fuse $extra" $target \
			>"$work/lz4.test" 2>&1; then
			echo "$target passed"
		else
			echo "$target failed"
			tail -n 5 "$work/lz4.test"
		fi
	done
}
# How much it says, behind the function that sets it.
bind_lz4() {
	marked=programs/lz4
	marks="--rts-var=lz4io.o:g_displayLevel"
	extra="$work/bind.o $work/librtld.a -Wl,--wrap=LZ4IO_setNotificationLevel"
}

# ---- a configure of its own ----------------------------------------------------------------

unpack_zlib() { unpack_source zlib; }
build_zlib() {
	LDFLAGS=$fuse ./configure && make LDFLAGS="$fuse"
}
test_zlib() {
	make -k test 2>&1 | grep -E 'OK|FAILED|\*\*\*'
}

# ---- autoconf, automake, libtool -------------------------------------------------------------

unpack_jq() { unpack_source jq; }
build_jq() {
	autoreconf -fi && ./configure --disable-docs --disable-valgrind \
		--disable-maintainer-mode LDFLAGS="$fuse" && make -j2
}
test_jq() {
	make -k check 2>&1 | grep -E '^(PASS|FAIL|ERROR|SKIP|XFAIL|# )'
}

unpack_expat() { unpack_source expat; }
build_expat() {
	cd expat && autoreconf -fi && ./configure --without-docbook \
		LDFLAGS="$fuse" && make -j2 && make -j2 -C tests check TESTS=
}
test_expat() {
	cd expat && make -k check 2>&1 |
		grep -E '^(PASS|FAIL|ERROR|SKIP|XFAIL|# )'
}

# ---- CMake ---------------------------------------------------------------------------------

unpack_json_c() { unpack_source json-c; }
build_json_c() {
	cmake -S . -B build -DCMAKE_EXE_LINKER_FLAGS="$fuse" \
		-DCMAKE_SHARED_LINKER_FLAGS="$fuse" && make -C build -j2
}
test_json_c() {
	ctest --test-dir build 2>&1 |
		sed -n 's/ *\([0-9.]*\) sec.*//; /Test  *#/p; /tests passed/p'
}

# ---- meson ---------------------------------------------------------------------------------

unpack_wayland() { unpack_source wayland; }
build_wayland() {
	LDFLAGS=$fuse meson setup build -Ddocumentation=false \
		-Ddtd_validation=false && ninja -j 2 -C build
}
test_wayland() {
	XDG_RUNTIME_DIR=$work meson test -C build 2>&1 |
		grep -E '^ *[0-9]+/[0-9]+ |^(Ok|Fail|Skipped|Timeout)' |
		sed 's/^ *[0-9]*\/[0-9]* //; s/ *[0-9.]*s *$//' | sort
}

# ---- kbuild --------------------------------------------------------------------------------

unpack_busybox() { unpack_source busybox; }
# Enough of it for its tests of text and archives: 660 results.
build_busybox() {
	local word
	make allnoconfig >/dev/null || return 1
	for word in BUSYBOX SHOW_USAGE FEATURE_VERBOSE_USAGE LONG_OPTS LFS \
		ASH SH_IS_ASH AWK BASENAME BUNZIP2 \
		BZCAT BZIP2 CAT CMP CP CPIO FEATURE_CPIO_O CUT DATE DD DIFF \
		DIRNAME ECHO EXPAND EXPR FACTOR FALSE FIND FEATURE_FIND_NEWER \
		FOLD GREP EGREP FGREP GUNZIP GZIP HEAD HEXDUMP LN LS \
		MD5SUM MKDIR MV NL OD PASTE PATCH PRINTF RM RMDIR SED SEQ \
		SHA1SUM SHA256SUM SHA512SUM SORT FEATURE_SORT_BIG SUM TAC \
		TAIL TAR FEATURE_TAR_CREATE TEE TEST TOUCH TR TRUE TSORT \
		UNIQ UNZIP UUDECODE UUENCODE WC XARGS XXD \
		FEATURE_FANCY_ECHO FEATURE_SEAMLESS_GZ FEATURE_AWK_LIBM; do
		sed -i "s/^# CONFIG_$word is not set/CONFIG_$word=y/" .config
	done
	yes '' 2>/dev/null | make oldconfig >/dev/null
	# Its LDFLAGS are both gcc's and ld's.
	cat >cc <<-END
	#!/bin/sh
	case " \$* " in *" -c "*) exec $CC "\$@" ;; esac
	exec gcc $fuse "\$@"
	END
	chmod +x cc
	make -j2 CC="$PWD/cc" HOSTCC="$PWD/cc" LD="$LD"
}
test_busybox() {
	cd testsuite && ./runtest 2>&1 | grep -E '^(PASS|FAIL|SKIPPED|UNTESTED)'
}

# ---- Go ------------------------------------------------------------------------------------

unpack_uuid() { unpack_source golang-github-google-uuid; }
build_uuid() {
	GOFLAGS=-mod=mod GOPATH=$work/go GOCACHE=$work/go-cache CC=gcc \
		go test -c -o uuid.test \
		-ldflags "-linkmode=external -extldflags=$fuse"
}
test_uuid() {
	./uuid.test -test.v 2>&1 | grep -E '^ *--- |^(PASS|FAIL)' |
		sed 's/ ([0-9.]*s)//'
}

packages="bzip2 lz4 zlib jq expat json_c wayland busybox uuid"
source_of() {
	case $1 in
	json_c) echo json-c ;;
	uuid) echo golang-github-google-uuid ;;
	*) echo "$1" ;;
	esac
}
