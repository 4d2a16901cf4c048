/* SPDX-License-Identifier: GPL-3.0-or-later */
/* nop-x86.h - one instruction of so many bytes that does nothing */
#ifndef LW_NOP_X86_H
#define LW_NOP_X86_H

#include <stddef.h>

/* One nop of n bytes, 1..15. */
void lw_put_nop(unsigned char *to, size_t n);

#endif /* LW_NOP_X86_H */
