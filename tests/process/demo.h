/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * demo.h - a program with configuration flags, an ops table and a FUNC
 *
 * Hidden visibility only tells the compiler what is true in a program anyway:
 * that the object is its own, and needs no detour through the GOT.
 */
#ifndef PROCESS_DEMO_H
#define PROCESS_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtstatic.h"

#define own __attribute__((visibility("hidden")))
#define noinline __attribute__((noinline))

extern own unsigned block_shift;	RTS_VAR(block_shift);
extern own int offset;			RTS_VAR(offset);
extern own uint64_t limit;		RTS_VAR(limit);
extern own uint64_t seed;		RTS_VAR(seed);
extern own const unsigned char *base;	RTS_VAR(base);

struct codec {
	uint64_t (*encode)(uint64_t x);
	uint64_t (*decode)(uint64_t x);
};
extern own struct codec codec;		RTS_OPS(codec);

RTS_DECLARE_FUNC(uint64_t, checksum, (uint64_t x));

/* work.c: the implementations and what uses them. */
extern const struct codec plain_codec, fancy_codec;
uint64_t plain_checksum(uint64_t x);
uint64_t fancy_checksum(uint64_t x);

struct last_call {
	uintptr_t function;
	const unsigned char *return_address;
};
extern struct last_call last_call;

uint64_t work(unsigned n);
void set_level(unsigned level);
const unsigned *level_address(void);

/* One instruction, then return. */
unsigned get_block_shift(void);
unsigned get_level(void);
int64_t get_offset(void);
uint64_t get_limit(void);
uint64_t get_seed(void);
const unsigned char *get_base(void);
uint64_t tail_checksum(uint64_t x);
uint64_t tail_encode(uint64_t x);
/* One call that is not the last thing they do. */
uint64_t call_checksum(uint64_t x);
uint64_t call_encode(uint64_t x);
uint64_t call_decode(uint64_t x);

#endif /* PROCESS_DEMO_H */
