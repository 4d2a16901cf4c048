// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * entry.c - live-entry-x86.h: what it hands over, and what it returns to
 *
 * Here rtld_live_trap() is the test's own.  It is shown the registers that the
 * code had, and answers with others: with a call's return address on the
 * stack, with a stack pointer that is anywhere, or that it is not ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/live-x86.h"

#ifdef __x86_64__
#define REGS	16
#else
#define REGS	8
#endif
#define SP	4
#define FLAGS	0xcd5ul
#define MARK	0x5ca1ab1eul

struct rtld_live entry_live;
struct rtld_regs entry_in, entry_out;
unsigned long entry_stack;
unsigned entry_other;
void breakpoint_at(void), landed(void);

static struct rtld_regs answer;
static int says, failures;
static unsigned long stack[512], elsewhere[512];

static void bad(const char *what)
{
	if (failures++ < 10)
		printf("# %s\n", what);
}

static unsigned long any(void)
{
	return (unsigned long)random() * 0x9e3779b9ul ^
	       (unsigned long)random() << 7;
}

static int same(const struct rtld_regs *a, const struct rtld_regs *b)
{
	return !memcmp(a->r, b->r, REGS * sizeof(a->r[0])) &&
	       !((a->flags ^ b->flags) & FLAGS);
}

int rtld_live_trap(struct rtld_live *l, struct rtld_regs *regs)
{
	unsigned long here;

	if (l != &entry_live)
		bad("another rtld_live");
	if (!same(regs, &entry_in) || regs->ip != entry_in.ip)
		bad("registers are not handed over");
	__asm__("pushf; pop %0" : "=r"(here));
	if (here & 0x400)
		bad("the direction flag is set");
	if (!says)
		return 0;
	*regs = answer;
	/* The word that a call writes. */
	if (answer.r[SP] + sizeof(long) == entry_in.r[SP])
		*(unsigned long *)answer.r[SP] = MARK;
	return 1;
}

static void some(struct rtld_regs *r, unsigned long *on)
{
	for (unsigned i = 0; i < REGS; i++)
		r->r[i] = any();
	r->r[SP] = (unsigned long)(on + 256 + any() % 4);
	r->ip = (unsigned long)landed;
	r->flags = (any() & FLAGS) | 0x202;
}

static void one(unsigned kind)
{
	unsigned long above;

	some(&entry_in, stack);
	some(&answer, kind == 2 ? elsewhere : stack);
	if (kind < 2)
		answer.r[SP] = entry_in.r[SP] - kind * sizeof(long);
	says = kind != 3;
	if (!says)
		answer = entry_in;
	above = *(unsigned long *)entry_in.r[SP] = any();
	entry_other = 0;
	breakpoint_at();
	if (!same(&entry_out, &answer))
		bad("registers are not as answered");
	if (entry_other == (unsigned)says)
		bad("the wrong way out");
	if (*(unsigned long *)entry_in.r[SP] != above)
		bad("something above was overwritten");
	if (kind == 1 && *(unsigned long *)answer.r[SP] != MARK)
		bad("the return address is gone");
}

int main(void)
{
	for (unsigned i = 0; i < 4000; i++)
		one(i % 4);
	printf("failures %d\n", failures);
	return failures != 0;
}
