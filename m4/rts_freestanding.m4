dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl RTS_FREESTANDING: how rtld is compiled for a kernel, a reason for each:
dnl   -ffreestanding            no libc is assumed
dnl   -fno-stack-protector      no canary to read, no handler to call
dnl   -fno-tree-loop-distribute-patterns / -fno-builtin
dnl                             a copying loop must not become memcpy()
dnl   -fno-asynchronous-unwind-tables  no .eh_frame, whose entries relocate
dnl   -fno-thread-jumps         copies tests to save a jump: 20 bytes more
dnl   -fno-tree-loop-im         moves loads out of loops of a few turns into
dnl                             registers that must be saved: 10 bytes more
dnl   -fno-jump-tables          a switch must not need a relocated table
dnl   -mgeneral-regs-only       runs where FP and SIMD state is not saved
dnl   -mno-red-zone             runs where an interrupt uses the same stack
dnl   -fPIE + hidden            runs before a kernel has relocated itself
dnl   -fcf-protection=none      the functions are called directly; a kernel
dnl                             with IBT compiles the sources with its own flags
AC_DEFUN([RTS_FREESTANDING], [
FREESTANDING_CFLAGS="-std=c11 -Os -ffreestanding -fno-builtin -fno-stack-protector -fno-asynchronous-unwind-tables -fno-jump-tables -fvisibility=hidden -fPIE -mgeneral-regs-only -mno-red-zone -fcf-protection=none"
rts_saved_CFLAGS=$CFLAGS
for rts_flag in -fno-tree-loop-distribute-patterns -fno-thread-jumps \
  -fno-tree-loop-im
do
  AC_MSG_CHECKING([whether $CC accepts $rts_flag])
  CFLAGS="-Werror $rts_flag"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int rts_probe; ]])],
    [AC_MSG_RESULT([yes])
     FREESTANDING_CFLAGS="$FREESTANDING_CFLAGS $rts_flag"],
    [AC_MSG_RESULT([no])])
done
CFLAGS=$rts_saved_CFLAGS
AC_SUBST([FREESTANDING_CFLAGS])
])
