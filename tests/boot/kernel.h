/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kernel.h - what the files of the demo kernel share
 *
 *	entry.S		from the PVH entry to kernel_main(); entry32.S: i386
 *	traps.S		interrupt stubs
 *	sites.S		the sites that only assembly can write
 *	early.c		binds before the kernel stands at its own addresses
 *	main.c		the sequence: test, bind, switch over, unbind
 *	host.c		rtld's host: what stops, what is gone, what prints
 *	paravirt.[ch]	pv_ops and its FUNC twins: native and hypervisor
 *	bodies.[ch]	functions small enough to stand at their calls
 *	config.[ch]	very-read-only variables, the command line
 *	work.c		plain C that uses all of them
 *	uses.[ch]	and each instruction that can (uses.def)
 *	selftest.c	who was called, and how: decodes its own text
 *	cpu.c, print.c	interrupts, timer, page protection; console
 *
 * and, in an image of its own, what switches over while other CPUs run:
 *
 *	late.c		instead of main.c: switches, refusals, figures
 *	late-faults.c	and what goes wrong meanwhile
 *	late-hosts.c	what the hosts for several CPUs need from this kernel
 *	smp.[chS]	the other CPUs: start, interrupts, stop
 *	stress.[chS]	hundreds of sites, each answer checked for old or new
 */
#ifndef BOOT_KERNEL_H
#define BOOT_KERNEL_H

/* Of physical address 0; the Makefile tells kernel.ld that of i386. */
#ifdef __x86_64__
#define KERNEL_BASE	0xffffffff80000000
#else
#define KERNEL_BASE	0xc0000000
#endif
#define TIMER_HZ	1000

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rtld.h"
#include "rtstatic.h"

/* Not inlined: one call site here is one call instruction in the image. */
#define noinline	__attribute__((noinline))
/* Freed after boot. */
#define __init		__attribute__((section(".init.text"), __noinline__, cold))

#define barrier()	__asm__ volatile("" ::: "memory")

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline void cpuid(uint32_t leaf, uint32_t *r)
{
	__asm__ volatile("cpuid"
			 : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3])
			 : "a"(leaf), "c"(0) : "memory");
}

/* The direct map: physical memory at identity, writable, never executable. */
static inline void *direct(const volatile void *kernel_address)
{
	return (void *)((uintptr_t)kernel_address - KERNEL_BASE);
}

/* Divide in place, return the remainder.  C's division of 64 bits is a call
 * of libgcc on i386, and a kernel has none. */
static inline uint32_t divide(uint64_t *n, uint32_t by)
{
	uint32_t high = (uint32_t)(*n >> 32) / by, low = (uint32_t)*n;
	uint32_t rest = (uint32_t)(*n >> 32) % by;

	__asm__("divl %2" : "+a"(low), "+d"(rest) : "rm"(by) : "cc");
	*n = (uint64_t)high << 32 | low;
	return rest;
}

/* What the PVH loader leaves in %ebx. */
struct start_info {
	uint32_t magic, version, flags, nr_modules;
	uint64_t modlist, cmdline, rsdp;
};
#define START_INFO_MAGIC	0x336ec578

/* kernel.ld */
extern unsigned char kernel_text[], kernel_text_end[];
extern unsigned char kernel_init[], kernel_init_end[];
extern unsigned char kernel_rodata[], kernel_rodata_end[];

/* print.c */
void serial_init(void);
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
size_t strlen(const char *s);
bool has_prefix(const char *s, const char *prefix);
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);
int memcmp(const void *a, const void *b, size_t n);

/* cpu.c */
#define VECTORS		48	/* 32 exceptions, 16 of the PICs */
#define VECTOR_NMI	2
#define VECTOR_BREAKPOINT	3
#define VECTOR_MACHINE_CHECK	18

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
#ifdef __x86_64__
	uint32_t offset_high, reserved;
#endif
};
extern struct gate idt[VECTORS];
void gate_set(struct gate *gate, uintptr_t handler, unsigned ist);
void idt_load(const struct gate *table);

/* What isr_common in traps.S and the CPU have pushed; i386's leaves the stack
 * pointer out as long as the privilege stays. */
struct frame {
#ifdef __x86_64__
	unsigned long saved[15];
#else
	unsigned long saved[8];
#endif
	unsigned long vector, error, ip, cs, flags;
#ifdef __x86_64__
	unsigned long sp, ss;
#endif
};
/* Asked first, where there is one. */
extern void (*trap_handlers[VECTORS])(struct frame *frame);

extern volatile unsigned long ticks;
void tick(void);
bool timer_pending(void);
void cpu_init(void);
void protect_kernel(void);
void discard_page(const void *kernel_address);
_Noreturn void power_off(uint8_t status);
#define EXIT_PASS	0x10	/* qemu exits with twice that, plus 1: 33 */
#define EXIT_FAIL	0x11	/* 35 */
#define EXIT_TRAP	0x12	/* 37 */

/* early.c: 0, or what rtld said; the word `early' was given */
extern int early_status;
extern unsigned char early_wanted;

/* host.c */
extern bool init_freed;
struct rtld_host *kernel_host(void);
int table_open(struct rtld *rt);
void free_init(void);
const char *function_name(uint64_t address);

/* selftest.c */
struct tally {
	unsigned checks, failed;
};
void selftest(const char *phase, bool bound, struct tally *);
void selftest_uses(struct tally *);

#endif /* __ASSEMBLER__ */
#endif /* BOOT_KERNEL_H */
