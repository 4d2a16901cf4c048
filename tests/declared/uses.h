/* SPDX-License-Identifier: GPL-3.0-or-later */
/* uses.h - marked objects and the functions that use them */
#ifndef TESTS_DECLARED_USES_H
#define TESTS_DECLARED_USES_H

#include <stdint.h>

#include "rtstatic.h"

#define NOINLINE	__attribute__((noinline))

extern _Bool truth;		RTS_VAR(truth);
extern uint8_t byte;		RTS_VAR(byte);
extern short half;		RTS_VAR(half);
extern int word;		RTS_VAR(word);
extern int64_t quad;		RTS_VAR(quad);
extern void *pointer;		RTS_VAR(pointer);
extern uint8_t count8;		RTS_VAR(count8);
extern unsigned count32;	RTS_VAR(count32);
extern int64_t count64;		RTS_VAR(count64);
extern uint64_t big;		RTS_VAR(big);
RTS_DECLARE_FUNC(void, notify, (int x, int y));

#define IF(name)	int if_##name(void); int unless_##name(int a);
IF(truth) IF(byte) IF(half) IF(word) IF(quad) IF(pointer)
#undef IF
int if_many(int n);
#define SHIFT(name)	uint32_t shift32_##name(uint32_t v);		\
			uint64_t shift64_##name(uint64_t v);
SHIFT(count8) SHIFT(count32) SHIFT(count64)
#undef SHIFT
uint64_t shift_many(uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		    uint64_t e, uint64_t f);
uint64_t const_big(void);
void *const_pointer(void);
int const_word(void);
long const_half(void);
_Bool const_truth(void);
uint64_t mask64(uint64_t v);
uint32_t mask32(uint32_t v);
uint64_t mask_mixed(uint32_t v);
uint64_t mask_narrow(uint64_t v);
int call_notify(int x);
void jump_notify(int x);

#endif /* TESTS_DECLARED_USES_H */
