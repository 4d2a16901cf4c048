// SPDX-License-Identifier: GPL-3.0-or-later
/* stress.c - what the sites of stress.S use, and what they must give */
#include "stress.h"
#include "bodies.h"
#include "paravirt.h"
#include "uses.h"

unsigned published, announced;

/* ---- what changes ------------------------------------------------------- */

extern uint32_t st_int;			RTS_VAR(st_int);
extern uint64_t st_wide;		RTS_VAR(st_wide);
extern uint8_t st_byte, st_flag;	RTS_VAR(st_byte); RTS_VAR(st_flag);
uint32_t st_int;
uint64_t st_wide;
uint8_t st_byte, st_flag;

typedef unsigned answer_fn(void);
extern answer_fn st_answer_0, st_answer_1, st_answer_2, st_answer_3;
extern answer_fn st_answer_4, st_answer_5, st_answer_6, st_answer_7;
static answer_fn *const answers[8] = {
	st_answer_0, st_answer_1, st_answer_2, st_answer_3,
	st_answer_4, st_answer_5, st_answer_6, st_answer_7
};

extern struct st_ops {
	answer_fn *first, *second;
} st_ops;
RTS_OPS(st_ops);
struct st_ops st_ops = { st_answer_0, st_answer_3 };

RTS_DECLARE_FUNC(unsigned, st_func, (void));
RTS_DEFINE_FUNC(st_func, st_answer_0);

/* Two of these have bodies. */
static unsigned body_0(void) { return 0; }
static unsigned body_1(void) { return 1; }
static unsigned body_2(void) { return 2; }
static unsigned body_3(void) { return 3; }
RTS_INLINE(body_0, RTS_CLOBBER_RAX, "mov $0, %eax");
RTS_INLINE(body_2, RTS_CLOBBER_RAX, "mov $2, %eax");
RTS_DECLARE_FUNC(unsigned, st_body, (void));
RTS_DEFINE_FUNC(st_body, body_0);

/* An entry that leads elsewhere, or not. */
unsigned st_patch(void);
RTS_PATCHABLE(st_patch);
unsigned st_patch(void)
{
	return 0;
}

/* Called between push and pop; the first's body is nothing at all, the second's
 * stands there instead of pushes and pops, and is often interrupted.  In the
 * third one who is told so stays, if it can be interrupted. */
static void window_none(void) { }
static void window_pause(void)
{
	relax();
	relax();
	relax();
}
static void window_some(void)
{
	struct percpu *cpu = this_cpu();
	unsigned long flags;

	__asm__ volatile("pushf; pop %0" : "=r"(flags));
	while (flags & 0x200 && GET(cpu->command) == LINGER) {
		PUT(cpu->lingers, 1);
		relax();
	}
	PUT(cpu->lingers, 0);
}
RTS_INLINE(window_none, RTS_CLOBBERS_NONE, "");
RTS_INLINE(window_pause, RTS_CLOBBERS_NONE, "pause; pause; pause");
RTS_DECLARE_FUNC(void, st_window, (void));
RTS_DEFINE_FUNC(st_window, window_none);
RTS_MAY_BE(st_window, window_none);
RTS_MAY_BE(st_window, window_pause);
RTS_MAY_BE(st_window, window_some);

RTS_SETTER void stress_choose(unsigned e)
{
	static unsigned (*const bodies[])(void) = {
		body_0, body_1, body_2, body_3
	};
	static void (*const windows[])(void) = {
		window_none, window_some, window_pause, window_some
	};
	bool odd = e & 1;

	st_int = e;
	st_wide = (uint64_t)e * ST_WIDE;
	st_byte = (uint8_t)e;
	*(volatile uint8_t *)&st_flag = odd;	/* once, as uses.c says */
	st_ops.first = answers[e & 7];
	st_ops.second = answers[(e + 3) & 7];
	RTS_SET_FUNC(st_func, answers[e & 7]);
	RTS_SET_FUNC(st_body, bodies[e & 3]);
	RTS_PATCH(st_patch, e & 3 ? bodies[e & 3] : NULL);
	RTS_SET_FUNC(st_window, windows[e & 3]);
	/* What the other tests of this kernel use, as far as it is fit for
	 * several CPUs. */
	pv_clock_select(odd);
	bodies_select(odd);
	uses_choose(e % USE_SETS);
}

/* ---- what must come out ------------------------------------------------- */

struct limits {
	unsigned floor, ceiling;
};

static void bad(struct percpu *cpu, unsigned what, uint64_t value,
		struct limits l)
{
	if (cpu->failed++)
		return;
	cpu->first_bad = what;
	cpu->bad_value = value;
	cpu->bad_floor = l.floor;
	cpu->bad_ceiling = l.ceiling;
	cpu->bad_pass = cpu->passes;
}

/* Is this (epoch + plus) & mask of some epoch between the two? */
static bool between(uint64_t value, unsigned plus, uint64_t mask,
		    struct limits l)
{
	unsigned e;

	for (e = l.floor; e <= l.ceiling; e++)
		if (((e + plus) & mask) == value)
			return true;
	return false;
}

static bool fits(unsigned i, uint64_t value, struct limits l)
{
	static const struct {
		uint16_t count, plus;
		uint32_t mask;
	} sorts[] = {
		{ ST_CALLS, 0, 7 }, { ST_OPS, 0, 7 }, { ST_OPS_NEXT, 3, 7 },
		{ ST_LOADS, 0, ~0u }, { ST_WIDES, 0, ~0u },
		{ ST_BYTES, 0, 255 }, { ST_ADDS, 7, ~0u },
		{ ST_COMPARES, 0, 1 }, { ST_BODIES, 0, 3 },
		{ ST_PATCHED, 0, 3 }
	};
	unsigned s;

	for (s = 0; s < sizeof(sorts) / sizeof(sorts[0]); s++) {
		if (i < sorts[s].count)
			break;
		i -= sorts[s].count;
	}
	if (s == sizeof(sorts) / sizeof(sorts[0]))
		return value == ST_PUSHED;
	if (s == 4) {
		if (value >> 32 != (uint32_t)value)
			return false;
		value = (uint32_t)value;
	}
	return between(value, sorts[s].plus, sorts[s].mask, l);
}

uint64_t st_pass(uint64_t *answers_out);
uint64_t st_small(uint64_t *answers_out);

/* ---- uses.def ----------------------------------------------------------- */

#define MANY	400
static struct use_state right[MANY][USE_SETS];
static const struct use_state before = { 0x1122334455667788, 1234567, 89, 0 };

/* Of two sites one may be old and the other new. */
static bool one_site(const char *name)
{
	return !has_prefix(name, "c_");
}

static void check_use(struct percpu *cpu, unsigned n)
{
	struct use_state s = before;
	struct limits l;
	bool same = false, flags = false;
	unsigned e;

	l.floor = GET(published);
	uses[n].bound(&s);
	l.ceiling = GET(announced);
	cpu->answers++;
	if (l.floor != l.ceiling && !one_site(uses[n].name))
		return;
	for (e = l.floor; e <= l.ceiling; e++) {
		const struct use_state *r = &right[n][e % USE_SETS];

		same |= r->r == s.r;
		flags |= !((r->flags ^ s.flags) & uses[n].flags);
	}
	if (!same || !flags) {
		if (!cpu->failed)
			cpu->bad_flags = s.flags & uses[n].flags;
		bad(cpu, 1000 + n, s.r, l);
	}
}

/* What each gives with each set, by way of memory. */
void stress_init(void)
{
	unsigned set, n;

	for (set = 0; set < USE_SETS; set++) {
		uses_choose(set);
		for (n = 0; n < uses_count && n < MANY; n++) {
			right[n][set] = before;
			uses[n].memory(&right[n][set]);
		}
	}
	stress_choose(0);
}

/* ---- passes ------------------------------------------------------------- */

unsigned stress_random(struct percpu *cpu, unsigned below)
{
	cpu->random = cpu->random * 6364136223846793005u +
		      1442695040888963407u;
	return (unsigned)(cpu->random >> 33) % below;
}

static void check_answers(struct percpu *cpu, const uint64_t *out, unsigned n,
			  struct limits l, bool small)
{
	unsigned i;

	cpu->answers += n;
	if (l.floor != l.ceiling)
		cpu->between++;
	for (i = 0; i < n; i++) {
		if (small ? !between(out[i], 0, i & 1 ? ~0u : 7, l) :
			    !fits(i, out[i], l))
			bad(cpu, i + (small ? 500 : 0), out[i], l);
	}
}

void stress_small(struct percpu *cpu)
{
	uint64_t out[ST_SMALL], calls;
	struct limits l;

	l.floor = GET(published);
	calls = st_small(out);
	l.ceiling = GET(announced);
	if (calls != ST_SMALL / 2)
		bad(cpu, 600, calls, l);
	check_answers(cpu, out, ST_SMALL, l, true);
}

static void check_clock(struct percpu *cpu, struct limits l)
{
	uint64_t now = sched_clock(), too = pv_ops.clock();

	/* The two implementations round differently. */
	if (now + 1000 < cpu->clock || too + 1000 < now)
		bad(cpu, 700, now, l);
	cpu->clock = too;
}

void stress_pass(struct percpu *cpu)
{
	uint64_t out[ST_ANSWERS], calls;
	struct limits l;
	unsigned n;

	l.floor = GET(published);
	calls = st_pass(out);
	l.ceiling = GET(announced);
	if (calls != ST_CALLS + ST_OPS + ST_OPS_NEXT)
		bad(cpu, 601, calls, l);
	cpu->calls += calls;
	cpu->windows += ST_WINDOWS;
	check_answers(cpu, out, ST_ANSWERS, l, false);
	for (n = stress_random(cpu, 8); n < uses_count && n < MANY; n += 8)
		check_use(cpu, n);
	if (asm_flush_saved() != 3)
		bad(cpu, 701, 0, l);
	check_clock(cpu, l);
	cpu->passes++;
	PUT(cpu->seen, l.floor);
}
