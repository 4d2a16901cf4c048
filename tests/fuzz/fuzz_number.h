/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_number.h - numbers that mutators draw, and fields that they change */
#ifndef FUZZ_NUMBER_H
#define FUZZ_NUMBER_H

#include <stdint.h>

/* All that follows depends on nothing else. */
void fuzz_begin_with(unsigned seed);
/* A number below `below', which is not 0. */
uint32_t fuzz_number(uint32_t below);
/* Once in n times. */
int fuzz_once_in(uint32_t n);
/* Numbers at the edges of what fields hold. */
uint64_t fuzz_edge(void);

/* n bytes, little-endian. */
void fuzz_put(uint8_t *to, uint64_t value, unsigned n);
uint64_t fuzz_get(const uint8_t *from, unsigned n);
/* Another number, near or at an edge, in width bytes. */
void fuzz_change_number(uint8_t *p, unsigned width);

#endif /* FUZZ_NUMBER_H */
