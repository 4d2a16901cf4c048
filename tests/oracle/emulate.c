// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * emulate.c - the CPU says whether the emulator does what it does
 *
 * A child is stepped by ptrace() through one instruction, from random
 * registers, flags and contents; the emulator does the same.  All registers,
 * all flags (those that the manual leaves undefined, too), the stack and the
 * slot must then be the same.  What is not in the emulator's set must be
 * refused, and what is must have the length that the CPU sees.
 *
 *	emulate list EACH	instructions from stdin, one a line in hex: all
 *				must be in the set
 *	emulate all ONE_IN EACH	every opcode of one and two bytes, with prefixes
 *				and each ModRM that could matter
 *
 * EACH: so often each; ONE_IN: one in so many is run, and 20 times as many of
 * those that read a slot.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/emulate-x86.h"

/* Below 2 GiB: an absolute displacement must reach. */
#define CODE	0x10000000ul
#define DATA	0x10100000ul
#define SLOT	(DATA + 0x800)
#define STACK	(DATA + 0x1800)
#define PAGES	0x2000ul

#define FLAGS	0xcd5ul		/* CF PF AF ZF SF DF OF */

#ifdef __x86_64__
#define REGS	16
#define IP	rip
#else
#define REGS	8
#define IP	eip
#endif

static unsigned char *code;	/* CODE, writable */
static unsigned char emulated[PAGES];	/* DATA as the emulator left it */
static pid_t child;
static unsigned long instructions, runs, failures, kinds[16];

static void must(int good, const char *what)
{
	if (good)
		return;
	printf("# %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64: any numbers, the same ones each time. */
static uint64_t any(void)
{
	static uint64_t x = 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* Numbers at whose edges flags turn are as likely as all others. */
static unsigned long some(void)
{
	uint64_t x = any(), at = any() % 5;

	if (at == 0)
		x = (uint64_t)1 << x % 64;
	else if (at == 1)
		x = ((uint64_t)1 << x % 64) - 1;
	else if (at == 2)
		x = (uint64_t)(int64_t)(int8_t)x;
	return (unsigned long)x;
}

/* ---- the CPU -------------------------------------------------------------- */

static void *reg_of(struct user_regs_struct *u, unsigned i)
{
	void *all[] = {
#ifdef __x86_64__
		&u->rax, &u->rcx, &u->rdx, &u->rbx, &u->rsp, &u->rbp, &u->rsi,
		&u->rdi, &u->r8, &u->r9, &u->r10, &u->r11, &u->r12, &u->r13,
		&u->r14, &u->r15
#else
		&u->eax, &u->ecx, &u->edx, &u->ebx, &u->esp, &u->ebp, &u->esi,
		&u->edi
#endif
	};

	return all[i];
}

static void start(void)
{
	int status;

	child = fork();
	must(child >= 0, "fork");
	if (!child) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && WIFSTOPPED(status),
	     "child");
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_EXITKILL);
}

/* One step: 0, or the signal that it got. */
static int step(struct rtld_regs *r)
{
	struct user_regs_struct u;
	int status;

	must(!ptrace(PTRACE_GETREGS, child, 0, &u), "getregs");
	for (unsigned i = 0; i < REGS; i++)
		memcpy(reg_of(&u, i), &r->r[i], sizeof(long));
#ifdef __x86_64__
	u.orig_rax = ~0ul;
#else
	u.orig_eax = -1;
#endif
	memcpy(&u.IP, &r->ip, sizeof(long));
	memcpy(&u.eflags, &r->flags, sizeof(long));
	must(!ptrace(PTRACE_SETREGS, child, 0, &u), "setregs");
	must(!ptrace(PTRACE_SINGLESTEP, child, 0, 0), "step");
	must(waitpid(child, &status, 0) == child && WIFSTOPPED(status),
	     "wait");
	must(!ptrace(PTRACE_GETREGS, child, 0, &u), "getregs");
	for (unsigned i = 0; i < REGS; i++)
		memcpy(&r->r[i], reg_of(&u, i), sizeof(long));
	memcpy(&r->ip, &u.IP, sizeof(long));
	memcpy(&r->flags, &u.eflags, sizeof(long));
	return WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
}

/* ---- one instruction ------------------------------------------------------ */

static void say(const unsigned char *bytes, unsigned n, const char *what)
{
	failures++;
	if (failures > 20)
		return;
	printf("# ");
	for (unsigned i = 0; i < n; i++)
		printf("%02x ", bytes[i]);
	printf("%s\n", what);
}

/* A slot that is read must be at its displacement. */
static void prepare(const struct rtld_instruction_ *i, unsigned char *bytes,
		    struct rtld_regs *r)
{
	int64_t x = (int64_t)SLOT;

	for (unsigned k = 0; k < 16; k++)
		r->r[k] = k < REGS ? some() : 0;
	r->r[4] = STACK + (any() & 0xff);
	r->ip = CODE + (any() & 0xf0);
	r->flags = (any() & FLAGS) | 0x202;
	if (!i->width)		/* a distance */
		x = (int64_t)(int32_t)any() % 0x8000000;
	else if (i->relative)
		x -= (int64_t)(r->ip + i->length);
	memcpy(bytes + i->field, &x, i->field_size);
	x = (int64_t)some();
	memcpy((void *)SLOT, &x, 4);
	x = (int64_t)some();
	memcpy((void *)(SLOT + 4), &x, 4);
}

/* With other numbers if it leads where no address can be. */
static void emulate(const struct rtld_instruction_ *i, unsigned char *bytes,
		    struct rtld_regs *cpu, struct rtld_regs *own)
{
	static unsigned char before[PAGES];

	memcpy(before, (void *)DATA, PAGES);
	for (;;) {
		prepare(i, bytes, cpu);
		memcpy(before + (SLOT - DATA), (void *)SLOT, 8);
		*own = *cpu;
		rtld_emulate_(i, bytes, own);
		if (!((uint64_t)own->ip >> 47))
			break;
		memcpy((void *)DATA, before, PAGES);
	}
	memcpy(emulated, (void *)DATA, PAGES);
	memcpy((void *)DATA, before, PAGES);
}

static void compare(const unsigned char *bytes, unsigned n,
		    const struct rtld_regs *cpu, const struct rtld_regs *own)
{
	char what[100];

	for (unsigned k = 0; k < REGS; k++) {
		if (cpu->r[k] == own->r[k])
			continue;
		snprintf(what, sizeof(what), "register %u: %lx, not %lx", k,
			 own->r[k], cpu->r[k]);
		say(bytes, n, what);
	}
	if (cpu->ip != own->ip) {
		snprintf(what, sizeof(what), "ip: %lx, not %lx", own->ip,
			 cpu->ip);
		say(bytes, n, what);
	}
	if ((cpu->flags ^ own->flags) & ~0x10100ul) {	/* RF, TF */
		snprintf(what, sizeof(what), "flags: %lx, not %lx", own->flags,
			 cpu->flags);
		say(bytes, n, what);
	}
	if (memcmp((void *)DATA, emulated, PAGES))
		say(bytes, n, "memory differs");
}

static void run(const struct rtld_instruction_ *i, unsigned char *bytes)
{
	struct rtld_regs cpu, own;
	int got;

	emulate(i, bytes, &cpu, &own);
	memcpy(code + (cpu.ip - CODE), bytes, i->length);
	got = step(&cpu);
	if (got)
		say(bytes, i->length, strsignal(got));
	else
		compare(bytes, i->length, &cpu, &own);
	runs++;
}

/* ---- many ----------------------------------------------------------------- */

static void each(unsigned char *bytes, const struct rtld_instruction_ *i,
		 unsigned long times)
{
	instructions++;
	kinds[i->kind & 15]++;
	while (times--)
		run(i, bytes);
}

static void list(unsigned long times)
{
	unsigned char bytes[16];
	struct rtld_instruction_ i;
	unsigned n, byte;
	char line[200], *p;
	int used;

	while (fgets(line, sizeof(line), stdin)) {
		memset(bytes, 0, sizeof(bytes));
		for (n = 0, p = line; n < 15 &&
		     sscanf(p, "%2x%n", &byte, &used) == 1; p += used)
			bytes[n++] = (unsigned char)byte;
		if (rtld_instruction_(bytes, n, &i) != n) {
			say(bytes, n, "not in the set");
			continue;
		}
		if (rtld_instruction_(bytes, n - 1, &i))
			say(bytes, n, "in the set with a byte less");
		rtld_instruction_(bytes, n, &i);
		each(bytes, &i, times);
	}
}

/* Each opcode with each ModRM; but those that have none only once. */
static void opcodes(const unsigned char *head, unsigned n, unsigned one_in,
		    unsigned long times)
{
	unsigned char bytes[32];
	struct rtld_instruction_ i;

	for (unsigned modrm = 0; modrm < 256; modrm++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, head, n);
		bytes[n] = (unsigned char)modrm;
		bytes[n + 1] = 0x25;
		if (!rtld_instruction_(bytes, 15, &i))
			continue;
		if (any() % (i.width ? one_in / 20 + 1 : one_in) == 0)
			each(bytes, &i, times);
		/* The byte behind the opcode is not ModRM. */
		if (i.field == n || (!i.field_size && i.length == n))
			return;
	}
}

static void all(unsigned one_in, unsigned long times)
{
	static const unsigned char prefixes[][3] = {
		{ 0 }, { 1, 0x66 }, { 1, 0x2e }, { 1, 0x3e }, { 1, 0xf2 },
		{ 1, 0x67 }, { 1, 0xf3 }, { 1, 0x65 }, { 2, 0x2e, 0x2e },
		{ 2, 0x66, 0x2e }, { 2, 0x2e, 0x66 },
#ifdef __x86_64__
		{ 2, 0x4f, 0x2e }, { 2, 0x66, 0x4f }
#endif
	};
	unsigned char head[8];

	for (unsigned p = 0; p < sizeof(prefixes) / 3; p++) {
		for (unsigned rex = 0x3f; rex < (REGS == 16 ? 0x50u : 0x40u);
		     rex++) {
			for (unsigned opcode = 0; opcode < 512; opcode++) {
				unsigned n = prefixes[p][0];

				memcpy(head, prefixes[p] + 1, n);
				if (rex >= 0x40)
					head[n++] = (unsigned char)rex;
				if (opcode > 255)
					head[n++] = 0x0f;
				head[n++] = (unsigned char)opcode;
				opcodes(head, n, one_in, times);
			}
		}
	}
}

static void map(void)
{
	int fd = memfd_create("code", 0);

	must(fd >= 0 && !ftruncate(fd, 4096), "memory");
	must(mmap((void *)CODE, 4096, PROT_READ | PROT_EXEC,
		  MAP_SHARED | MAP_FIXED, fd, 0) == (void *)CODE, "code");
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(code != MAP_FAILED, "code");
	must(mmap((void *)DATA, PAGES, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	     (void *)DATA, "data");
}

int main(int argc, char **argv)
{
	int is_list = argc == 3 && !strcmp(argv[1], "list");

	if (!is_list && (argc != 4 || strcmp(argv[1], "all")))
		return 2;
	map();
	start();
	if (is_list)
		list(strtoul(argv[2], NULL, 0));
	else
		all((unsigned)strtoul(argv[2], NULL, 0),
		    strtoul(argv[3], NULL, 0));
	kill(child, SIGKILL);
	printf("# of each kind:");
	for (unsigned i = 1; i < 11; i++)
		printf(" %lu", kinds[i]);
	printf("\ninstructions %lu runs %lu failures %lu\n", instructions, runs,
	       failures);
	return failures != 0;
}
