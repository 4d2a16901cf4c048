/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * smp.h - the other CPUs of late.elf (x86-64)
 *
 * No code here passes through a site but where a comment says so: most of it
 * runs while text is half written, or on a CPU that nobody waits for.
 */
#ifndef BOOT_SMP_H
#define BOOT_SMP_H

#include "kernel.h"

#define CPUS_MAX	8
#define TRAMPOLINE	0x8000		/* where a CPU starts, in real mode */

/* Offsets in struct percpu, for the handlers in smp.S. */
#define PERCPU_NOTED_NMI	8
#define PERCPU_NOTED_MCE	12

#define VECTOR_APIC_TIMER	40
#define VECTOR_STOP		41
#define VECTOR_SYNC		42
#define VECTOR_WAKE		43
#define VECTOR_APIC_SPURIOUS	47

#ifndef __ASSEMBLER__

struct percpu {
	struct percpu *self;		/* at %gs:0 */
	unsigned noted_nmi, noted_mce;	/* while parked */
	unsigned number;
	int online, dead;		/* atomic */
	const struct frame *stopped;	/* while it waits in a handler */
	unsigned char *stack_top;
	uint64_t random;
	/* stress.c */
	uint64_t passes, answers, calls, between, windows;
	uint64_t ticks, nmis, machine_checks, replayed;
	uint64_t true_checks;		/* not by an instruction */
	unsigned failed, first_bad;	/* first_bad: what, for the message */
	uint64_t bad_value, bad_flags, bad_floor, bad_ceiling;
	uint64_t bad_pass;
	unsigned seen;			/* atomic: epoch of the last pass */
	int command, deaf, lingers;	/* atomic */
	unsigned synced;		/* atomic: late-hosts.c */
	uint64_t clock;
	/* the CPU's own tables */
	uint64_t gdt[5];
	struct tss {
		uint32_t reserved0;
		uint64_t rsp[3], reserved1, ist[7], reserved2;
		uint16_t reserved3, io_map;
	} __attribute__((packed)) tss;
};
extern struct percpu percpu[CPUS_MAX];
extern unsigned cpu_count;

#define GET(x)		__atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define INCREMENT(x)	((void)__atomic_add_fetch(&(x), 1, __ATOMIC_SEQ_CST))
#define PUT(x, value)	__atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)

static inline struct percpu *this_cpu(void)
{
	struct percpu *cpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

static inline void relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* CPU 0 too has tables, stacks and a local APIC now; finds out how many CPUs
 * there are.  started() is where another one goes when it is ready. */
void smp_init(void (*started)(struct percpu *));
void smp_start(unsigned number);

void smp_end_of_interrupt(void);
void smp_interrupt_others(unsigned vector);	/* the online ones */
void smp_interrupt(unsigned number, unsigned vector);
void smp_nmi(unsigned number);
void smp_timer(unsigned microseconds);		/* this CPU's, once */

/* NMI and machine check are only noted, or handled.  replay() is called for
 * what was noted. */
void smp_park(bool on, void (*replay)(unsigned nmis, unsigned checks));

/* Was that vector 18 by a machine check?  Then the next one may come. */
bool smp_check_done(void);

/* Hot-plug: many read, one comes or goes.  A reader waits with interrupts
 * on. */
void hotplug_read(void);
void hotplug_read_done(void);
void hotplug_write(void);
void hotplug_write_done(void);

#endif /* __ASSEMBLER__ */
#endif /* BOOT_SMP_H */
