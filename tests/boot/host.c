// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * host.c - what rtld needs from this kernel
 *
 * The table is opened through the direct map, so rtld reads and writes there;
 * at the addresses where text runs it is never writable.
 */
#include "bodies.h"
#include "paravirt.h"
#include "platform/early.h"

bool init_freed;

static struct rtld_early early;

static int host_live(void *ctx, const void *text, size_t n)
{
	const unsigned char *at = text;

	(void)ctx;
	return !init_freed ||
	       at + n <= (unsigned char *)direct(kernel_init) ||
	       at >= (unsigned char *)direct(kernel_init_end);
}

static void host_print(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	while (n--)
		console_putc(*line++);
}

static size_t host_symbol(void *ctx, uint64_t address, char *buffer,
			  size_t size)
{
	const char *name = function_name(address);
	size_t n = name ? strlen(name) : 0;

	(void)ctx;
	if (!n || n >= size)
		return 0;
	memcpy(buffer, name, n + 1);
	return n;
}

/* rtld's ready-made host for one CPU, and what only this kernel knows. */
struct rtld_host *kernel_host(void)
{
	struct rtld_host *host = rtld_early_host(&early);

	host->live = host_live;
	host->print = host_print;
	host->symbol = host_symbol;
	return host;
}

int table_open(struct rtld *rt)
{
	size_t size = RTS_TABLE_SIZE;
	int rc;

	rc = rtld_open_at(rt, size ? direct(RTS_TABLE) : NULL, size,
			  (uintptr_t)RTS_TABLE);
	return rc ? rc : rtld_expect(rt, RTS_ENV_MACHINE);
}

/* Poisoned with int3, so that a call that was missed is found at once. */
void free_init(void)
{
	const unsigned char *at;
	size_t size = (size_t)(kernel_init_end - kernel_init);

	init_freed = true;
	memset(direct(kernel_init), 0xcc, size);
	for (at = kernel_init; at < kernel_init_end; at += 4096)
		discard_page(at);
	kprintf("init: freed %lu bytes of text\n", (unsigned long)size);
}

/* A kernel with kallsyms asks that; here a handful of names will do. */
const char *function_name(uint64_t address)
{
	static const struct {
		const char *native, *hyper;
	} names[] = {
		{ "native_irq_save", "hyper_irq_save" },
		{ "native_irq_restore", "hyper_irq_restore" },
		{ "native_irq_disable", "hyper_irq_disable" },
		{ "native_irq_enable", "hyper_irq_enable" },
		{ "native_clock", "hyper_clock" },
		{ "native_putc", "hyper_putc" },
	};
	const unsigned char *native = (unsigned char *)&native_ops;
	const unsigned char *hyper = (unsigned char *)&hyper_ops;
	uintptr_t member;
	unsigned i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memcpy(&member, native + sizeof(member) * i, sizeof(member));
		if (member == address)
			return names[i].native;
		memcpy(&member, hyper + sizeof(member) * i, sizeof(member));
		if (member == address)
			return names[i].hyper;
	}
	if (address == (uintptr_t)asm_native)
		return "asm_native";
	if (address == (uintptr_t)asm_hyper)
		return "asm_hyper";
	return body_name(address);
}
