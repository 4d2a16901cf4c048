/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * paravirt.h - what differs between bare metal and a hypervisor
 *
 * Twice, to show both kinds: as members of pv_ops (OPS) and as functions
 * called by name (FUNC).  Users write pv_ops.irq_save() and irq_disable();
 * nothing else tells them from ordinary C.
 */
#ifndef BOOT_PARAVIRT_H
#define BOOT_PARAVIRT_H

#include "kernel.h"

struct pv_ops {
	unsigned long (*irq_save)(void);	/* disable; 1 if it was on */
	void (*irq_restore)(unsigned long on);
	void (*irq_disable)(void);
	void (*irq_enable)(void);
	uint64_t (*clock)(void);		/* ns since boot */
	void (*putc)(int c);
};

extern struct pv_ops pv_ops;
RTS_OPS(pv_ops);

RTS_DECLARE_FUNC(void, irq_disable, (void));
RTS_DECLARE_FUNC(void, irq_enable, (void));
RTS_DECLARE_FUNC(uint64_t, sched_clock, (void));
RTS_DECLARE_FUNC(void, console_putc, (int c));
/* NULL but under a hypervisor: what is not there costs nothing. */
RTS_DECLARE_FUNC(void, pv_notify, (void));

extern struct pv_ops native_ops, hyper_ops;
void asm_native(void);
void asm_hyper(void);

/* Store one set into pv_ops and into the FUNCs; text follows at a bind.
 * Has the type that rtld_switch() wants. */
int pv_select(void *set);
void pv_clock_select(bool hyper);

/* The hypervisor's name by CPUID, "" if there is none. */
const char *pv_detect(void);

void clock_init(void);

/* As a hypervisor shares it with its guest. */
struct vcpu_info {
	volatile uint8_t active;	/* the guest runs paravirtualised */
	volatile uint8_t masked;	/* the virtual interrupt flag, inverted */
	volatile uint8_t pending;	/* an event came while masked */
};
extern struct vcpu_info vcpu_info;

/* Every implementation notes itself and its caller, for the self-test. */
struct last_call {
	uint64_t function;
	const unsigned char *return_address;
};
extern struct last_call last_call;
#define CALLED(fn)							\
	(last_call.function = (uintptr_t)(fn),				\
	 last_call.return_address = __builtin_return_address(0))

#endif /* BOOT_PARAVIRT_H */
