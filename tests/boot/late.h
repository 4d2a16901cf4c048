/* SPDX-License-Identifier: GPL-3.0-or-later */
/* late.h - between late.c, which switches, and late-hosts.c, by which */
#ifndef BOOT_LATE_H
#define BOOT_LATE_H

#include "paravirt.h"
#include "platform/live-x86.h"
#include "platform/rendezvous.h"
#include "stress.h"

#define PATIENCE	20000000000ull	/* ns; the machine may be loaded */
#define IMPATIENCE	20000000ull

/* late-hosts.c */
extern struct rtld_rendezvous r;
extern struct rtld_live l;
struct rtld_host *late_host(bool live);
uint64_t clock_now(void);
int late_trap(struct rtld_live *live, struct rtld_regs *regs);

/* late.c: these pass through sites. */
void nmi_work(struct percpu *cpu);
void check_handler(struct frame *frame);

/* stress.S: in gate 3 */
void live_breakpoint(void);

#endif /* BOOT_LATE_H */
