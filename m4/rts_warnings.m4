dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl RTS_WARNINGS: probe each warning with -Werror; --enable-werror for CI.
AC_DEFUN([RTS_WARNINGS], [
AC_ARG_ENABLE([werror],
  [AS_HELP_STRING([--enable-werror], [treat warnings as errors (for CI)])])
WARN_CFLAGS=
rts_saved_CFLAGS=$CFLAGS
for rts_flag in -Wall -Wextra -Wshadow -Wpointer-arith -Wcast-qual \
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
    -Wvla -Wundef -Wwrite-strings -Wnull-dereference -Wduplicated-cond \
    -Wlogical-op -Wformat=2 -Wimplicit-fallthrough
do
  AC_MSG_CHECKING([whether $CC accepts $rts_flag])
  CFLAGS="$rts_saved_CFLAGS -Werror $rts_flag"
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[int rts_probe; ]])],
    [AC_MSG_RESULT([yes]); WARN_CFLAGS="$WARN_CFLAGS $rts_flag"],
    [AC_MSG_RESULT([no])])
done
CFLAGS=$rts_saved_CFLAGS
AS_IF([test "$enable_werror" = yes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
AC_SUBST([WARN_CFLAGS])
])
