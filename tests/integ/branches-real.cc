// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * branches-real.cc - code in which compilers make all kinds of branches
 *
 * Switches, labels as values, exceptions: bound for each content, the program
 * computes what it computed unbound.
 */
extern "C" {
#include "rtstatic.h"
#include "rtld.h"
#include "platform/process.h"
}
#include <cstdio>

extern unsigned char mode;	RTS_VAR(mode);
extern int level;		RTS_VAR(level);
extern unsigned long mask;	RTS_VAR(mask);
extern bool on;			RTS_VAR(on);
extern const char *name;	RTS_VAR(name);
unsigned char mode;
int level;
unsigned long mask;
bool on;
const char *name;

#define ALONE	__attribute__((noinline, noclone))
static unsigned long sum;
ALONE static void note(unsigned long x) { sum = sum * 31 + x; }

ALONE static int choose(int x)
{
	switch (x) {
	case 0: if (mode == 3) note(1); return 4;
	case 1: if (level < -5) note(2); else note(3); return 9;
	case 2: return level > 100 ? 7 : x;
	case 3: if (mask & 0x10) return 2; return 3;
	case 4: if (on) note(4); return 1;
	case 5: if (name) note((unsigned char)*name); return 6;
	case 6: if (mode > 7 && level != 2) return 5; return 8;
	default: return mode < 2 ? 12 : 13;
	}
}

ALONE static int labels(const unsigned char *p)
{
	static const int to[] = { (int)((char *)&&stop - (char *)&&stop),
		(int)((char *)&&add - (char *)&&stop),
		(int)((char *)&&test - (char *)&&stop),
		(int)((char *)&&loop - (char *)&&stop) };
	int a = 0;

next:	goto *((char *)&&stop + to[*p++ & 3]);
add:	a += level > 0 ? 3 : 1;
	goto next;
test:	if (mode == 1)
		goto loop;
	a ^= 5;
	goto next;
loop:	if (mask > 0xffffffff)
		a += 7;
	if (on)
		goto next;
	a <<= 1;
	goto next;
stop:	return a;
}

struct Guard { int n; Guard(int x) : n(x) { } ~Guard() { note(n); } };
ALONE static void may_throw(int x) { if (level == x || mode > 200) throw x; }

ALONE static int catches(int x)
{
	Guard guard(x);

	try {
		if (mode == 2)
			note(5);
		may_throw(x);
		if (level >= 0)
			may_throw(x - 1);
		return mask != 0;
	} catch (int e) {
		if (on)
			return e + (name == nullptr);
		return level <= e;
	}
}

ALONE static unsigned long booleans(void)
{
	unsigned long n = 0;

	n = n * 2 + (level == 2);
	n = n * 2 + (level < 2);
	n = n * 2 + (mode >= 128);
	n = n * 2 + !on;
	n = n * 2 + ((mask & 1) != 0);
	n = n * 2 + ((long)mask < 0);
	for (int i = 0; i < 3; i++)
		n += level > i ? mode : i;
	return n;
}

static const struct { unsigned char mode; int level; unsigned long mask;
	bool on; const char *name; } all[] = {
	{ 0, 0, 0, false, nullptr }, { 1, 1, 1, true, "a" },
	{ 2, 2, 0x10, false, "b" }, { 3, -6, 0x100000000, true, nullptr },
	{ 127, -5, 0x7fffffff, false, "c" }, { 128, 100, 0x80000000, true, "d" },
	{ 255, 101, ~0ul, true, "e" }, { 8, -2147483647 - 1, 0xffffffff,
	false, "f" }, { 7, 2147483647, 1ul << 63, true, "g" } };
#define N (int)(sizeof(all) / sizeof(*all))

ALONE static void set(int i)
{
	mode = all[i].mode, level = all[i].level, mask = all[i].mask;
	on = all[i].on, name = all[i].name;
	sum = 0;
}

ALONE static unsigned long compute(void)
{
	static const unsigned char program[] = { 1, 2, 3, 1, 1, 3, 2, 2, 1, 0 };

	for (int i = -1; i < 9; i++)
		note(choose(i));
	note(labels(program));
	for (int i = 0; i < 4; i++)
		note(catches(i));
	note(booleans());
	return sum;
}

int main()
{
	static struct rtld_process process;
	struct rtld rt;
	unsigned long unbound[N];
	int bad = 0;

	for (int i = 0; i < N; i++) {
		set(i);
		unbound[i] = compute();
	}
	if (rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt))
		return 2;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < N; i++) {
			set(i);
			if (rtld_bind(&rt, rtld_process_host(&process)))
				return 3;
			bad += compute() != unbound[i];
		}
	for (int i = 0; i < N; i++) {
		if (rtld_unbind(&rt, rtld_process_host(&process)))
			return 4;
		set(i);
		bad += compute() != unbound[i];
	}
	std::printf("sites %u bad %d\n", rt.stats.sites, bad);
	return bad != 0;
}
