# SPDX-License-Identifier: GPL-3.0-or-later
# doc/build-systems.md: compilers, make, CMake, meson, mold.
. "${RTS_SRCDIR:?}/tests/lib/tap.sh"
. "$RTS_SRCDIR/tests/lib/builds.sh"
need gcc g++ clang make cmake meson ninja ld.lld mold cmp

# ---- every block of the document is run by some test -----------------------------

blocks=$(sed -n 's/^```sh //p' "$doc" | sort)
check "the document has blocks, each with a name of its own" \
	test "$(echo "$blocks" | uniq | wc -w)" -ge 17
check "and no name twice" test -z "$(echo "$blocks" | uniq -d)"
for name in $blocks; do
	check "some test runs the block $name" grep -qE \
		"^[[:blank:]]*(same|marked|both|unmoved)_by [^ ]+ $name( |\$)" \
		"$RTS_SRCDIR"/tests/integ/build-systems*.sh
done

# ---- compilers -----------------------------------------------------------------------

plain gcc c_sources prog 'gcc -O2 -o prog main.c level.c'
both_by gcc gcc
both_by gcc any
plain clang c_sources prog 'clang -O2 -o prog main.c level.c'
both_by clang clang
both_by clang any
plain mold c_sources prog 'gcc -fuse-ld=mold -O2 -o prog main.c level.c'
both_by mold mold
both_by mold any

# ---- make ----------------------------------------------------------------------------

# By the compiler, with a shared library that is none of our business.
by_compiler() {
	c_sources
	echo 'int other(void); int other(void) { return 1; }' >other.c
	cat >Makefile <<-'END'
	CFLAGS = -O2
	.RECIPEPREFIX = >
	all: prog libother.so
	prog: main.o level.o
	> $(CC) $(LDFLAGS) -o $@ $^
	libother.so: other.c
	> $(CC) -fPIC -shared $(LDFLAGS) -o $@ $^
	END
}
plain make by_compiler prog 'make -j2'
both_by make make
both_by make any

# By $(LD), as kernels do it: the linker's version asked for, parts put together
# with -r, an archive of them, a script, several passes.
by_ld() {
	cat >start.c <<-'END'
	unsigned ask(unsigned x);
	void _start(void);
	void _start(void)
	{
		static char digit[] = "0\n";
		long n;
		digit[0] += ask(64);
		__asm__ volatile("syscall" : "=a" (n) : "a" (1L), "D" (1L),
			"S" (digit), "d" (2L) : "rcx", "r11", "memory");
		__asm__ volatile("syscall" : : "a" (60L), "D" (0L));
	}
	END
	cat >level.c <<-'END'
	unsigned level = 3;
	unsigned ask(unsigned x);
	unsigned ask(unsigned x) { return x >> level; }
	END
	cat >image.lds <<-'END'
	ENTRY(_start)
	SECTIONS {
		. = 0x400000 + SIZEOF_HEADERS;
		.text : { *(.text*) }
		. = ALIGN(4096);
		.rodata : { *(.rodata*) KEEP(*(.rts.tab)) }
		. = ALIGN(4096);
		.data : { *(.data*) *(.bss*) }
		/DISCARD/ : { *(.eh_frame*) *(.note.gnu*) }
	}
	END
	# shellcheck disable=SC2016
	cat >Makefile <<-'END'
	ifeq ($(LLVM),1)
	CC = clang
	LD = ld.lld
	else
	CC = gcc
	LD = ld
	endif
	ifeq ($(shell $(LD) --version | grep -E '^GNU ld|LLD [0-9]'),)
	$(error unknown linker)
	endif
	ifneq ($(shell $(LD) -v --gc-sections >/dev/null 2>&1 && echo y),y)
	$(error no gc)
	endif
	CFLAGS = -O2 -ffreestanding -fno-pie -fno-stack-protector \
		-fno-asynchronous-unwind-tables
	.RECIPEPREFIX = >
	link = $(LD) -m elf_x86_64 -z noexecstack --build-id=none -T image.lds
	image: built-in.a image.lds
	> $(link) -o .tmp1 --whole-archive built-in.a
	> $(link) -o .tmp2 --strip-debug --whole-archive built-in.a
	> $(link) -o $@ --whole-archive built-in.a
	built-in.a: start.o built-in.o
	> ar rcsT $@ $^
	built-in.o: level.o
	> $(LD) -m elf_x86_64 -r -o $@ $^
	END
}
plain "make-ld" by_ld "image .tmp1 .tmp2" 'make'
both_by make-ld make-ld
plain "make-llvm" by_ld "image .tmp1 .tmp2" 'make LLVM=1'
both_by make-llvm make-llvm

# ---- CMake, meson ----------------------------------------------------------------------

with_cmake() {
	c_sources
	echo 'int other(void); int other(void) { return 1; }' >other.c
	cat >CMakeLists.txt <<-'END'
	cmake_minimum_required(VERSION 3.13)
	project(little C)
	set(CMAKE_C_FLAGS "-O2")
	add_library(level STATIC level.c)
	add_library(other SHARED other.c)
	add_executable(prog main.c)
	target_link_libraries(prog level)
	END
}
plain cmake with_cmake build/prog 'cmake -S . -B build
cmake --build build'
both_by cmake cmake
marked_by cmake any
unmoved_by cmake not-cmake
plain cmake-clang with_cmake build/prog \
	'cmake -S . -B build -DCMAKE_C_COMPILER=clang; cmake --build build'
both_by cmake-clang cmake-flags

with_meson() {
	c_sources
	echo 'int other(void); int other(void) { return 1; }' >other.c
	cat >meson.build <<-'END'
	project('little', 'c', default_options: ['buildtype=release'])
	level = static_library('level', 'level.c')
	shared_library('other', 'other.c')
	executable('prog', 'main.c', link_with: level)
	END
}
plain meson with_meson build/prog 'meson setup build
ninja -C build'
both_by meson meson
marked_by meson any
unmoved_by meson not-meson
plain meson-clang with_meson build/prog 'export CC=clang
meson setup build
ninja -C build'
both_by meson-clang meson-clang
done_testing
