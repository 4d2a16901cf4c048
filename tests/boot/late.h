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

/* late.c */
extern struct rtld rt;
extern struct rtld_host *host;
extern bool live;			/* or rendezvous */
extern unsigned epoch;			/* of the last switch-over */
extern bool quiet;			/* atomic: only CPU 0 initiates */
extern uint64_t deaf_until;		/* atomic */
extern struct counts {
	unsigned switched, busy, timeouts, inside, others, restarts, binds;
	unsigned binds_refused, binds_same, forced_nmis, forced_checks;
	unsigned passed_over, injected;
} counts;
void fail(const char *what);
int switch_to(unsigned epoch);
void wait_for_all(void);

/* late-faults.c */
extern unsigned inject;			/* atomic: so many times */
void one_is_deaf(void);
void one_lingers(void);
void tamper(void);
void await_injection(void);

/* late-hosts.c */
extern struct rtld_rendezvous r;
extern struct rtld_live l;
struct rtld_host *late_host(void);
uint64_t clock_now(void);
int late_trap(struct rtld_live *state, struct rtld_regs *regs);

/* late.c: these pass through sites. */
void nmi_work(struct percpu *cpu);
void check_handler(struct frame *frame);

/* stress.S: in gate 3 */
void live_breakpoint(void);

#endif /* BOOT_LATE_H */
