/* SPDX-License-Identifier: GPL-3.0-or-later */
/* work.h - plain C that uses runtime-static objects, and asm that does */
#ifndef BOOT_WORK_H
#define BOOT_WORK_H

#include "kernel.h"

/* Hot loops. */
uint64_t hash_sum(unsigned n);
uint64_t batch_cost(unsigned n);
uint64_t guarded_sum(unsigned n);

/* A static variable of work.c, marked there. */
void set_batch(unsigned n);
const unsigned *batch_address(void);

/* One instruction each, for the self-test to decode at the entry; what does
 * not fit a register, in part. */
unsigned get_cache_shift(void);
unsigned get_trace_level(void);
unsigned get_batch(void);
long get_bias(void);
uintptr_t get_hash_mask(void);
uintptr_t get_hash_seed(void);
const void *get_bucket_base(void);
void tail_func(int c);
void tail_ops(void);
void tail_notify(void);

/* One call each that is not the last thing they do. */
void call_func_disable(void);
void call_func_enable(void);
void call_func_clock(void);
void call_func_putc(void);
void call_func_notify(void);
void call_ops_save(void);
void call_ops_restore(void);
void call_ops_disable(void);
void call_ops_enable(void);
void call_ops_clock(void);
void call_ops_putc(void);

/* entry.S: a slot and a stub of its own; the labels are the sites. */
extern void (*asm_hook)(void);
extern void (*asm_slot)(void);
void asm_func(void);			/* the stub */
void asm_call_slot(void);
void asm_push_slot(void);
void asm_call_func(void);
void asm_jcc_func(unsigned long condition);
extern const unsigned char asm_call_slot_site[], asm_push_slot_site[];
extern const unsigned char asm_call_func_site[], asm_jcc_func_site[];
extern const unsigned char asm_foreign_site[];

#endif /* BOOT_WORK_H */
