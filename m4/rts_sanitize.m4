dnl SPDX-License-Identifier: GPL-3.0-or-later
dnl RTS_SANITIZE: --enable-sanitize builds the hosted programs and tests with
dnl ASan and UBSan.  The freestanding objects never are.
AC_DEFUN([RTS_SANITIZE], [
AC_ARG_ENABLE([sanitize],
  [AS_HELP_STRING([--enable-sanitize],
    [build tools and tests with -fsanitize=address,undefined])])
SAN_CFLAGS=
AS_IF([test "$enable_sanitize" = yes],
  [SAN_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"])
AC_SUBST([SAN_CFLAGS])
AM_CONDITIONAL([SANITIZE], [test "$enable_sanitize" = yes])
])
