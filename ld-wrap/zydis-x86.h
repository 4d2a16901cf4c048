/* SPDX-License-Identifier: GPL-3.0-or-later */
/* zydis-x86.h - for decode-x86.c and effects-x86.c, which alone know Zydis */
#ifndef LW_ZYDIS_X86_H
#define LW_ZYDIS_X86_H

#include <Zydis/Zydis.h>

/* The decoder of EM_X86_64 or EM_386 (decode-x86.c). */
const ZydisDecoder *lw_zydis(unsigned machine);

#endif /* LW_ZYDIS_X86_H */
