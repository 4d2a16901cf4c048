# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# sources.mk - plain make variables, for this build and for a kernel's
#
# A kernel compiles RTLD_UNIT; RTLD_VALIDATE too if it takes tables that it was
# not linked with; RTLD_SEAL if it loads modules; and if it wants the words and the dump the other two; with -I to include/ and flags like those of m4/rts_freestanding.m4 (each
# has its reason there).  Paths are from the top of ld-wrap.
RTLD_UNIT = rtld/rtld.c
RTLD_VALIDATE = rtld/validate.c
RTLD_SEAL = rtld/seal.c
RTLD_DUMP_UNIT = rtld/rtld_dump.c
RTLD_STRERROR = rtld/strerror.c

# What the units consist of.  Each file also compiles by itself.
RTLD_CORE = rtld/image.c rtld/stream.c rtld/field.c rtld/bind.c
RTLD_DUMP = rtld/read.c rtld/dump.c
RTLD_INTERNAL = rtld/internal.h

# Hosts, each optional.
RTLD_PLATFORM = rtld/platform/early.c rtld/platform/process.c \
	rtld/platform/rendezvous.c rtld/platform/live-x86.c \
	rtld/platform/emulate-x86.c
RTLD_PLATFORM_API = rtld/platform/early.h rtld/platform/process.h \
	rtld/platform/rendezvous.h rtld/platform/live-x86.h \
	rtld/platform/live-entry-x86.h
RTLD_PLATFORM_INTERNAL = rtld/platform/cpu.h rtld/platform/emulate-x86.h

RTLD_API = include/rtld.h include/rtstatic.h
RTLD_ABI = include/rts/abi.h include/rts/env.h include/rts/errors.def \
	include/rts/declared.h include/rts/tags.def
