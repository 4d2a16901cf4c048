// SPDX-License-Identifier: GPL-3.0-or-later
/* cpu.c - interrupts, the timer, page protection, the power switch */
#include "paravirt.h"

#define VECTOR_TIMER	32
#define VECTOR_SPURIOUS	39

/* traps.S: VECTORS stubs, 16 bytes apart. */
extern const unsigned char isr_stubs[];
extern uint64_t pd_low[512], pt_high[512];

struct gate idt[VECTORS];
void (*trap_handlers[VECTORS])(struct frame *frame);
void trap(struct frame *frame);

volatile unsigned long ticks;

void tick(void)
{
	ticks++;
}

static void timer_interrupt(void)
{
	outb(0x20, 0x20);
	/* What a hypervisor does for a guest that masks events. */
	if (vcpu_info.active && vcpu_info.masked)
		vcpu_info.pending = 1;
	else
		tick();
}

/* Has a tick come that was held back, by either kind of mask? */
bool timer_pending(void)
{
	if (vcpu_info.active)
		return vcpu_info.pending;
	outb(0x20, 0x0a);	/* the PIC's next read shows requests */
	return inb(0x20) & 1;
}

void trap(struct frame *frame)
{
	unsigned long cr2;

	if (trap_handlers[frame->vector]) {
		trap_handlers[frame->vector](frame);
		return;
	}
	if (frame->vector == VECTOR_TIMER) {
		timer_interrupt();
		return;
	}
	if (frame->vector == VECTOR_SPURIOUS)
		return;
	__asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
	kprintf("\nTRAP vector %lu error %lx ip %lx cr2 %lx\n",
		frame->vector, frame->error, frame->ip, cr2);
	power_off(EXIT_TRAP);
}

_Noreturn void power_off(uint8_t status)
{
	outb(0xf4, status);	/* isa-debug-exit */
	for (;;)
		__asm__ volatile("cli; hlt");
}

void gate_set(struct gate *gate, uintptr_t handler, unsigned ist)
{
	*gate = (struct gate){
		.offset_low = (uint16_t)handler, .selector = 8,
		.ist = (uint8_t)ist, .type = 0x8e,
		.offset_middle = (uint16_t)(handler >> 16),
#ifdef __x86_64__
		.offset_high = (uint32_t)(handler >> 32),
#endif
	};
}

void idt_load(const struct gate *table)
{
	const struct {
		uint16_t limit;
		uintptr_t base;
	} __attribute__((packed)) pointer = {
		sizeof(idt) - 1, (uintptr_t)table
	};

	__asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

static __init void idt_init(void)
{
	unsigned i;

	for (i = 0; i < VECTORS; i++)
		gate_set(&idt[i], (uintptr_t)isr_stubs + 16 * i, 0);
	idt_load(idt);
}

/* PICs to vectors 32..47, all masked but the timer; PIT channel 0 ticks. */
static __init void timer_init(void)
{
	static const uint8_t setup[][2] = {
		{ 0x20, 0x11 }, { 0xa0, 0x11 }, { 0x21, 0x20 }, { 0xa1, 0x28 },
		{ 0x21, 0x04 }, { 0xa1, 0x02 }, { 0x21, 0x01 }, { 0xa1, 0x01 },
		{ 0x21, 0xfe }, { 0xa1, 0xff }
	};
	const unsigned divisor = 1193182 / TIMER_HZ;
	unsigned i;

	for (i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		outb(setup[i][0], setup[i][1]);
	outb(0x43, 0x34);
	outb(0x40, divisor & 0xff);
	outb(0x40, divisor >> 8);
}

__init void cpu_init(void)
{
	idt_init();
	timer_init();
}

/* Entries of 64 bits: on i386, those of PAE. */
#define PAGE_PRESENT	1ull
#define PAGE_WRITABLE	2ull
#define PAGE_NO_EXEC	(1ull << 63)

static void flush_tlb(void)
{
	unsigned long cr3;

	__asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : :
			 "memory");
}

/*
 * No address is writable and executable: at the kernel's own addresses text
 * is read-only, in the direct map nothing is executable.  rtld writes through
 * the direct map.
 */
__init void protect_kernel(void)
{
	uintptr_t at, page;
	unsigned i;

	for (i = 0; i < 512; i++) {
		page = (uintptr_t)i << 12;
		at = KERNEL_BASE + page;
		if ((at >= (uintptr_t)kernel_text &&
		     at < (uintptr_t)kernel_text_end) ||
		    (at >= (uintptr_t)kernel_init &&
		     at < (uintptr_t)kernel_init_end))
			pt_high[i] = page | PAGE_PRESENT;
		else if (at >= (uintptr_t)kernel_rodata &&
			 at < (uintptr_t)kernel_rodata_end)
			pt_high[i] = page | PAGE_PRESENT | PAGE_NO_EXEC;
		else
			pt_high[i] = page | PAGE_PRESENT | PAGE_WRITABLE |
				     PAGE_NO_EXEC;
		pd_low[i] |= PAGE_NO_EXEC;
	}
	flush_tlb();
}

/* No longer executable, nor anything else, at the kernel's addresses. */
void discard_page(const void *kernel_address)
{
	pt_high[(uintptr_t)direct(kernel_address) >> 12] = 0;
	flush_tlb();
}
