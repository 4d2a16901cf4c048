// SPDX-License-Identifier: GPL-3.0-or-later
/* smp.c - start, interrupt and park the other CPUs; see smp.h */
#include "smp.h"

#define STACK_SIZE	16384

extern const unsigned char trampoline[], trampoline_end[];
extern uint64_t trampoline_pml4[512], trampoline_pdpt[512];
extern uint64_t trampoline_pd[512], pd_apic[512], pml4[512], pdpt_low[512];
extern unsigned char boot_stack_top[];
void park_nmi(void);
void park_machine_check(void);

struct percpu percpu[CPUS_MAX];
unsigned cpu_count = 1;

static struct stacks {
	unsigned char normal[STACK_SIZE], check[STACK_SIZE];
} stacks[CPUS_MAX] __attribute__((aligned(16)));
static struct gate parked_idt[VECTORS];
static void (*continue_at)(struct percpu *);

/* For smp.S; one CPU starts at a time. */
unsigned char *smp_stack;
struct percpu *smp_starting;
void smp_started(struct percpu *cpu);

/* ---- the local APIC ----------------------------------------------------- */

enum {
	APIC_EOI = 0xb0, APIC_SPURIOUS = 0xf0, APIC_COMMAND = 0x300,
	APIC_TARGET = 0x310, APIC_TIMER = 0x320, APIC_LINT1 = 0x360,
	APIC_COUNT = 0x380, APIC_DIVIDE = 0x3e0
};
#define APIC		((volatile uint32_t *)0xfee00000)
#define SEND_NMI	0x4400u
#define SEND_INIT	0x4500u
#define SEND_START	0x4600u

static void apic_write(unsigned at, uint32_t value)
{
	APIC[at / 4] = value;
}

static void apic_send(unsigned number, uint32_t command)
{
	unsigned long flags;

	/* Two stores that no handler of this CPU may come between. */
	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	apic_write(APIC_TARGET, number << 24);
	apic_write(APIC_COMMAND, command);
	while (APIC[APIC_COMMAND / 4] & 0x1000)
		relax();
	__asm__ volatile("push %0; popf" : : "r"(flags) : "memory", "cc");
}

void smp_end_of_interrupt(void)
{
	apic_write(APIC_EOI, 0);
}

void smp_interrupt(unsigned number, unsigned vector)
{
	apic_send(number, 0x4000 | vector);
}

void smp_interrupt_others(unsigned vector)
{
	unsigned i;

	for (i = 0; i < cpu_count; i++)
		if (&percpu[i] != this_cpu() && GET(percpu[i].online))
			smp_interrupt(i, vector);
}

void smp_nmi(unsigned number)
{
	apic_send(number, SEND_NMI);
}

/* QEMU's counts 1 GHz. */
void smp_timer(unsigned microseconds)
{
	apic_write(APIC_DIVIDE, 0xb);
	apic_write(APIC_TIMER, VECTOR_APIC_TIMER);
	apic_write(APIC_COUNT, microseconds * 1000);
}

/* ---- each CPU ----------------------------------------------------------- */

static void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value),
			 "d"((uint32_t)(value >> 32)));
}

static uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

enum {
	MCG_CAP = 0x179, MCG_STATUS = 0x17a, MCG_CTL = 0x17b,
	MC0_CTL = 0x400, MC0_STATUS = 0x401
};

/* Machine checks of bank 0, if there are any on this machine. */
static void machine_checks_on(void)
{
	uint32_t id[4];
	unsigned long cr4;

	cpuid(1, id);
	if (~id[3] & (1u << 7 | 1u << 14))
		return;
	if (read_msr(MCG_CAP) & 0x100)
		write_msr(MCG_CTL, ~0ull);
	write_msr(MC0_CTL, ~0ull);
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | 0x40) : "memory");
}

bool smp_check_done(void)
{
	if (~read_msr(MCG_STATUS) & 4)		/* in progress */
		return false;
	write_msr(MC0_STATUS, 0);
	write_msr(MCG_STATUS, 0);
	return true;
}

/*
 * Tables and stacks of this CPU; its interrupts are off.  Machine checks have a
 * stack of their own.  NMIs have not: their handlers go through sites, so
 * through breakpoints, from which IRET lets the next NMI come: on a stack of
 * its own that one would write over the first.  Here any stack will do, since
 * there is no user mode, and nothing lies below a stack pointer.
 */
static void setup(struct percpu *cpu)
{
	struct stacks *stack = &stacks[cpu->number];
	uintptr_t tss = (uintptr_t)&cpu->tss;
	const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) pointer = {
		sizeof(cpu->gdt) - 1, (uintptr_t)cpu->gdt
	};

	cpu->self = cpu;
	cpu->random = cpu->number * 0x9e3779b97f4a7c15 + 1;
	cpu->tss.ist[0] = (uintptr_t)stack->check + STACK_SIZE;
	cpu->tss.io_map = sizeof(cpu->tss);
	cpu->gdt[1] = 0x00af9b000000ffff;
	cpu->gdt[2] = 0x00cf93000000ffff;
	cpu->gdt[3] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 |
		      0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[4] = tss >> 32;
	__asm__ volatile("lgdt %0; ltr %w1"
			 : : "m"(pointer), "r"(24) : "memory");
	write_msr(0xc0000101, (uintptr_t)cpu);	/* GS base */
	apic_write(APIC_SPURIOUS, 0x100 | VECTOR_APIC_SPURIOUS);
	apic_write(APIC_LINT1, 0x400);		/* the machine's NMI */
	machine_checks_on();
}

/* Nobody waits for it yet, and NMIs are only noted. */
void smp_started(struct percpu *cpu)
{
	idt_load(parked_idt);
	setup(cpu);
	hotplug_write();
	PUT(cpu->online, 1);
	__asm__ volatile("cpuid" : : "a"(0), "c"(0) : "ebx", "edx", "memory");
	idt_load(idt);
	hotplug_write_done();
	__asm__ volatile("sti" ::: "memory");
	continue_at(cpu);
}

/* ---- CPU 0 -------------------------------------------------------------- */

/* The APIC's registers; and low memory for code, only for who starts. */
static void map(void)
{
	pd_apic[0xfee00000 >> 21 & 511] = 0x80000000000000ull << 8 |
					  0xfee00000 | 0x9b;
	pdpt_low[3] = (uintptr_t)direct(pd_apic) | 3;
	trampoline_pd[0] = 0x83;
	trampoline_pdpt[0] = (uintptr_t)direct(trampoline_pd) | 3;
	trampoline_pml4[0] = (uintptr_t)direct(trampoline_pdpt) | 3;
	trampoline_pml4[511] = pml4[511];
}

void smp_init(void (*started)(struct percpu *))
{
	unsigned i;

	continue_at = started;
	map();
	for (i = 0; i < CPUS_MAX; i++) {
		percpu[i].number = i;
		percpu[i].stack_top = stacks[i].normal + STACK_SIZE;
	}
	percpu[0].stack_top = boot_stack_top;
	idt[VECTOR_MACHINE_CHECK].ist = 1;
	memcpy(parked_idt, idt, sizeof(idt));
	gate_set(&parked_idt[VECTOR_NMI], (uintptr_t)park_nmi, 0);
	gate_set(&parked_idt[VECTOR_MACHINE_CHECK],
		 (uintptr_t)park_machine_check, 1);
	__asm__ volatile("cli" ::: "memory");
	setup(&percpu[0]);
	percpu[0].online = 1;
	__asm__ volatile("sti" ::: "memory");
	/* QEMU's clock chip knows how many CPUs there are. */
	outb(0x70, 0x5f);
	cpu_count = inb(0x71) + 1u;
	if (cpu_count > CPUS_MAX)
		cpu_count = CPUS_MAX;
}

void smp_start(unsigned number)
{
	memcpy((void *)TRAMPOLINE, trampoline,
	       (size_t)(trampoline_end - trampoline));
	smp_starting = &percpu[number];
	smp_stack = percpu[number].stack_top;
	PUT(percpu[number].dead, 0);
	apic_send(number, SEND_INIT);
	apic_send(number, SEND_START | TRAMPOLINE >> 12);
}

/* ---- parking and hot-plug ----------------------------------------------- */

void smp_park(bool on, void (*replay)(unsigned nmis, unsigned checks))
{
	struct percpu *cpu = this_cpu();
	unsigned nmis, checks;

	if (on) {
		idt_load(parked_idt);
		return;
	}
	idt_load(idt);
	/* Nothing is noted any more. */
	nmis = cpu->noted_nmi;
	checks = cpu->noted_mce;
	cpu->noted_nmi = cpu->noted_mce = 0;
	if (nmis || checks)
		replay(nmis, checks);
}

static int hotplug;	/* readers, or -1 */

void hotplug_read(void)
{
	int n = GET(hotplug);

	while (n < 0 || !__atomic_compare_exchange_n(&hotplug, &n, n + 1, 0,
						     __ATOMIC_SEQ_CST,
						     __ATOMIC_SEQ_CST)) {
		relax();
		n = GET(hotplug);
	}
}

void hotplug_read_done(void)
{
	__atomic_sub_fetch(&hotplug, 1, __ATOMIC_SEQ_CST);
}

void hotplug_write(void)
{
	int n = 0;

	while (!__atomic_compare_exchange_n(&hotplug, &n, -1, 0,
					    __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST)) {
		relax();
		n = 0;
	}
}

void hotplug_write_done(void)
{
	PUT(hotplug, 0);
}
