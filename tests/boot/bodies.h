/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bodies.h - functions so small that their bodies stand at the calls
 *
 * As in paravirt.h, but natively each is an instruction or two, or nothing.
 */
#ifndef BOOT_BODIES_H
#define BOOT_BODIES_H

#include "kernel.h"

RTS_DECLARE_FUNC(void, irq_off, (void));
RTS_DECLARE_FUNC(void, irq_on, (void));
RTS_DECLARE_FUNC(unsigned long, irq_flags, (void));	/* bit 9: on */
RTS_DECLARE_FUNC(unsigned long, pv_level, (void));	/* 0, or the host's */
RTS_DECLARE_FUNC(void, pv_flush, (void));

extern volatile unsigned long pv_flushes;
void bodies_select(bool hyper);
void selftest_bodies(struct tally *);

/* sites.S: pv_flush() between push and pop; how many registers came back
 * with what they held. */
unsigned asm_flush_saved(void);

/* Of a function that may stand behind one of them, or NULL. */
const char *body_name(uint64_t address);

#endif /* BOOT_BODIES_H */
