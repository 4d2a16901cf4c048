// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * text.c - what a kernel has, for a process: text that is written through
 * another mapping, a breakpoint handler, and sync() by membarrier()
 *
 * The pages with sites become a shared memory file's, readable and executable;
 * the same file is mapped once more to be written.  (For a test: not for a
 * program that is attacked, for it has both all the time.)
 */
#include <linux/membarrier.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "internal.h"
#include "live.h"

static unsigned char *text, *alias;
static size_t size;
static struct rtld_live *live;

unsigned text_syncs;
void (*text_in_sync)(void);
void (*text_in_trap)(void);

static void text_sync(void *kernel)
{
	(void)kernel;
	text_syncs++;
	if (syscall(SYS_membarrier,
		    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0))
		abort();
	if (text_in_sync)
		text_in_sync();
}

static void text_poke(void *kernel, void *to, const void *bytes, size_t n)
{
	unsigned char *at = alias + ((unsigned char *)to - text);

	(void)kernel;
	for (size_t i = 0; i < n; i++)
		((volatile unsigned char *)at)[i] =
			((const unsigned char *)bytes)[i];
}

/* ---- the breakpoint ------------------------------------------------------- */

static const int numbers[] = {
	REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI,
	REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14,
	REG_R15
};

static void trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *c = context;
	greg_t *g = c->uc_mcontext.gregs;
	struct rtld_regs r;

	(void)number;
	(void)info;
	if (text_in_trap)
		text_in_trap();
	for (unsigned i = 0; i < 16; i++)
		r.r[i] = (unsigned long)g[numbers[i]];
	r.ip = (unsigned long)g[REG_RIP];
	r.flags = (unsigned long)g[REG_EFL];
	if (!rtld_live_trap(live, &r))
		abort();
	for (unsigned i = 0; i < 16; i++)
		g[numbers[i]] = (greg_t)r.r[i];
	g[REG_RIP] = (greg_t)r.ip;
	g[REG_EFL] = (greg_t)r.flags;
}

/* ---- at first ------------------------------------------------------------- */

/* From the first page of text to the last. */
static int remap(const struct rtld *rt)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t low = UINTPTR_MAX, high = 0, at;
	struct rts_text range;
	int fd;

	for (uint32_t i = 0; rtld_text_(rt, i, &range); i++) {
		at = (uintptr_t)rt->image + (uintptr_t)range.start;
		if (at < low)
			low = at;
		if (at + range.size > high)
			high = at + (uintptr_t)range.size;
	}
	low &= ~(page - 1);
	high = (high + page - 1) & ~(page - 1);
	text = (unsigned char *)low;
	size = high - low;
	fd = memfd_create("text", 0);
	if (fd < 0 || ftruncate(fd, (off_t)size))
		return -1;
	alias = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (alias == MAP_FAILED)
		return -1;
	memcpy(alias, text, size);
	/* Not mmap(): the thread sanitizer has no shadow for text. */
	return syscall(SYS_mmap, text, size, PROT_READ | PROT_EXEC,
		       MAP_SHARED | MAP_FIXED, fd, 0) == (long)text ? 0 : -1;
}

int text_init(struct rtld_live *l, const struct rtld *rt)
{
	struct sigaction action = { .sa_sigaction = trap,
				    .sa_flags = SA_SIGINFO | SA_RESTART };

	if (syscall(SYS_membarrier,
		    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0)
	    || remap(rt))
		return -1;
	live = l;
	l->sync = text_sync;
	l->poke = text_poke;
	return sigaction(SIGTRAP, &action, NULL);
}
