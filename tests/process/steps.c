// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * steps.c - contexts inside: stopped before each instruction of each kind of
 * site while text and content change under it
 *
 * A case runs under the trap flag.  At its nth trap the handler, which stands
 * for an interrupt and for a CPU that a host has stopped, changes contents,
 * binds and unbinds; the case goes on and must give what the old content gives
 * or what the new one does.  What it gives for each is seen by running it
 * unbound, and undisturbed.  Then it runs once more, and must give the new.
 *
 * The host's inside() knows the stopped pc, and takes for a return address
 * whatever on the stack looks like one.  With `leave' it tells the truth, with
 * `none' there is no inside(), and with `lie' it says that nobody is there:
 * then there must be wrong results, or this test could not find any.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ucontext.h>
#include <unistd.h>

#include "steps-sites.h"

#define STOPS_MAX	400	/* no case has as many instructions */
#define PAIRS		6	/* of contents; with `leave' all of them */
#define SOME		4
#define TF		0x100

enum text { UNBOUND, BOUND, WITHOUT };	/* before the case runs */

void steps_run(void (*run)(struct use_state *), struct use_state *s);
extern const unsigned char steps_run_end[];

static struct rtld_host host;
static unsigned char *alias;	/* the text, writable */
static unsigned stops, old_content, now_content, new_content;
static sigjmp_buf crash;

/* What was seen. */
static unsigned long runs, wrong[GROUPS], refused, allowed, twice;

/* ---- the host ----------------------------------------------------------- */

static int inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	return steps.mode != LIE && steps_inside(text, n);
}

static void write_alias(void *ctx, void *text, const void *bytes, size_t n)
{
	(void)ctx;
	memcpy(alias + ((unsigned char *)text - steps.process.text), bytes, n);
}

static void serialise(void *ctx, const struct rtld *image)
{
	uint32_t r[4];

	(void)ctx, (void)image;
	cpuid(0, r);
}

/* The text from a memory file, and that file once more to write to. */
static bool make_alias(void)
{
	int fd = memfd_create("text", 0);
	size_t n = steps.process.size;

	if (fd < 0 || write(fd, steps.process.text, n) != (ssize_t)n)
		return false;
	steps.near = calloc(n, 1);
	alias = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return steps.near && alias != MAP_FAILED &&
	       mmap(steps.process.text, n, PROT_READ | PROT_EXEC,
		    MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
}

/* ---- what happens while a case is stopped ---------------------------------- */

static int choose(void *arg)
{
	steps_choose(*(unsigned *)arg);
	return 0;
}

static void judge(int code, bool refuse, bool is_bind)
{
	if (code != (refuse ? -RTLD_E_TEXT_INSIDE : 0))
		steps_mistake(code ? rtld_errname(code) : "not refused");
	if (code)
		refused++;
	else
		allowed++;
	if (steps.mode != LIE && is_bind)
		steps_verify(code != 0);
}

static void switch_to(unsigned content)
{
	bool refuse = steps.mode != LIE && steps_must_refuse(true, false);
	int code;

	steps_remember();
	code = rtld_switch(&steps.rt, &host, choose, &content);
	if (!code)
		now_content = content;
	judge(code, refuse, true);
}

/* Store, then bind: if that is refused the store is taken back. */
static void bind_to(unsigned content)
{
	bool refuse;
	int code;

	steps_choose(content);
	refuse = steps.mode != LIE && steps_must_refuse(false, false);
	steps_remember();
	code = rtld_bind(&steps.rt, &host);
	judge(code, refuse, true);
	if (code)
		steps_choose(now_content);
	else
		now_content = content;
}

static void unbind(void)
{
	bool refuse = steps.mode != LIE && steps_must_refuse(false, true);

	judge(rtld_unbind(&steps.rt, &host), refuse, false);
}

static void act(void)
{
	switch (steps.plan) {
	case STORE:
		steps_choose(new_content);
		break;
	case SWITCH:
		switch_to(new_content);
		break;
	case BIND:
		bind_to(new_content);
		break;
	case UNBIND:
		switch_to(new_content);
		unbind();
		break;
	case AGAIN:
		unbind();
		bind_to(new_content);
		unbind();
		bind_to(new_content);
		break;
	case TO_AND_FRO:
		switch_to(new_content);
		switch_to(old_content);
		switch_to(new_content);
		break;
	default:		/* at this stop and at each one after it */
		switch_to(stops & 1 ? new_content : old_content);
		break;
	}
}

static void on_trap(int number, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	uintptr_t pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];

	(void)number, (void)info;
	/* steps_run() itself. */
	if (pc - (uintptr_t)steps_run <
	    (uintptr_t)steps_run_end - (uintptr_t)steps_run)
		return;
	stops++;
	if (stops == STOPS_MAX)
		siglongjmp(crash, 1);
	if (steps.plan == STORE)
		steps_learn(pc);
	if (stops == steps.stop_at && steps.plan != EACH && steps.plan != STORE)
		u->uc_mcontext.gregs[REG_EFL] &= ~TF;
	if (stops != steps.stop_at && (steps.plan != EACH || stops < steps.stop_at))
		return;
	steps.pc = pc;
	steps.sp = (uintptr_t *)u->uc_mcontext.gregs[REG_RSP];
	if (stops == steps.stop_at)
		steps_count_place();
	host.inside = steps.mode == NONE ? NULL : inside;
	act();
	steps.sp = NULL;
}

static void on_crash(int number)
{
	(void)number;
	siglongjmp(crash, 1);
}

/* ---- one run ---------------------------------------------------------------- */

static struct use_state fresh(void)
{
	return (struct use_state){ .r = 0x8123456789abcdef, .x = 9,
				   .y = 0x7000000000000005 };
}

/* Outside of any case; nobody is inside. */
static void prepare(enum text text, unsigned content)
{
	int code;

	host.inside = inside;
	code = rtld_unbind(&steps.rt, &host);
	steps_choose(content);
	if (text == WITHOUT)
		host.inside = NULL;
	if (!code && text != UNBOUND)
		code = rtld_bind(&steps.rt, &host);
	now_content = content;
	if (code) {
		printf("Bail out! prepare: %s\n", rtld_errname(code));
		_exit(1);
	}
}

static unsigned long mask = ~0ul;	/* of flags */

static bool same(const struct use_state *a, const struct use_state *b)
{
	return a->r == b->r && !((a->flags ^ b->flags) & mask);
}

enum outcome { OLD_OR_NEW, MIXED, SHORTER };

static enum outcome run_once(const struct step_case *c,
			     const struct use_state *want)
{
	volatile bool crashed = false;
	struct use_state s = fresh();

	stops = 0;
	if (steps.mode == LIE)
		alarm(5);
	if (!sigsetjmp(crash, 1))
		steps_run(c->run, &s);
	else
		crashed = true;
	steps.sp = NULL;
	if (!crashed && stops < steps.stop_at)
		return SHORTER;
	if (!crashed && (same(&s, &want[new_content]) ||
			 same(&s, &want[old_content])))
		return OLD_OR_NEW;
	if (steps.plan != STORE && (wrong[c->group] < 5 || steps.mode != LIE))
		printf("# %s: %u to %u, stop %u, plan %d: %s %#lx, not %#lx "
		       "or %#lx\n", c->name, old_content, new_content, steps.stop_at,
		       (int)steps.plan, crashed ? "crashed," : "gave", s.r,
		       want[old_content].r, want[new_content].r);
	return MIXED;
}

/* Nobody is inside any more, and the host says so. */
static void run_again(const struct step_case *c, const struct use_state *want)
{
	struct use_state s = fresh();

	host.inside = inside;
	steps_choose(new_content);
	if (rtld_bind(&steps.rt, &host) || rtld_check(&steps.rt, &host))
		steps_mistake(rtld_errname(steps.rt.fault.code));
	c->run(&s);
	if (!same(&s, &want[new_content]))
		steps_mistake("not new afterwards");
}

/* All plans at one instruction; false: there are fewer. */
static bool run_stop(const struct step_case *c, const struct use_state *want)
{
	static const struct { enum text text; enum plan plan; } plans[] = {
		{ BOUND, SWITCH }, { BOUND, BIND }, { BOUND, UNBIND },
		{ UNBOUND, BIND },	/* of USES: these */
		{ BOUND, EACH }, { BOUND, AGAIN }, { BOUND, TO_AND_FRO },
		{ UNBOUND, SWITCH }, { UNBOUND, EACH }, { WITHOUT, SWITCH },
		{ WITHOUT, BIND }
	};
	unsigned count = c->group == USES ? 4 : sizeof(plans) / sizeof(*plans);
	enum outcome is;
	bool any = false;

	for (unsigned i = 0; i < count; i++) {
		prepare(plans[i].text, old_content);
		steps.plan = plans[i].plan;
		is = run_once(c, want);
		if (is == SHORTER)
			continue;
		any = true;
		runs++;
		wrong[c->group] += is == MIXED;
		run_again(c, want);
	}
	return any;
}

/* What reads its slot twice may see both, whoever binds: a store shows it. */
static bool reads_once(const struct step_case *c, const struct use_state *want)
{
	enum outcome is;

	steps.plan = STORE;
	for (steps.stop_at = 1; steps.stop_at < STOPS_MAX; steps.stop_at++) {
		prepare(UNBOUND, old_content);
		is = run_once(c, want);
		if (is != OLD_OR_NEW)
			return is == SHORTER;
	}
	return false;
}

static void run_case(const struct step_case *c, unsigned from, unsigned to)
{
	struct use_state want[CONTENTS];

	steps.name = c->name;
	old_content = from;
	new_content = to;
	/* All of them as linked, then those of this case. */
	prepare(UNBOUND, from);
	memset(steps.near, 0, steps.process.size);
	want[from] = want[to] = fresh();
	c->run(&want[from]);
	steps_choose(to);
	c->run(&want[to]);
	if (!reads_once(c, want)) {
		printf("# %s reads its slot twice\n", steps.name);
		twice++;
		return;
	}
	for (steps.stop_at = 1; run_stop(c, want); steps.stop_at++)
		;
}

static void run_all(void)
{
	static const unsigned char pairs[PAIRS][2] = {
		{ 0, 1 }, { 3, 0 }, { 1, 2 }, { 2, 4 }, { 2, 1 }, { 3, 5 }
	};
	struct step_case use = { .group = USES };
	unsigned long before;
	unsigned i, p;

	/* For single instructions it makes no difference what is said. */
	for (i = 0; i < 2 * uses_count && steps.mode == LEAVE; i++) {
		use.name = uses[i / 2].name;
		use.run = uses[i / 2].bound;
		mask = uses[i / 2].flags;
		run_case(&use, pairs[i % 2][0], pairs[i % 2][1]);
	}
	mask = 0;
	for (i = 0; i < step_cases_count; i++) {
		const struct step_case *c = &step_cases[i];

		before = wrong[c->group];
		if (steps.mode == LIE && c->group == PLAIN)
			continue;
		for (p = 0; p < (steps.mode == LEAVE ? PAIRS : SOME); p++)
			run_case(c, pairs[p][0], pairs[p][1]);
		if (steps.mode == LIE)
			printf("case %s wrong %lu\n", c->name,
			       wrong[c->group] - before);
	}
}

static void report(void)
{
	steps_report();
	printf("refused %lu allowed %lu stayed %lu bound %lu twice %lu\n",
	       refused, allowed, steps.stayed, steps.bound, twice);
	printf("runs %lu mistaken %lu wrong uses %lu plain %lu window %lu "
	       "depends %lu\n", runs, steps.mistaken, wrong[USES], wrong[PLAIN],
	       wrong[WINDOW], wrong[DEPENDS]);
}

static bool set_up(void)
{
	static char stack[65536];
	stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction trap = { .sa_sigaction = on_trap,
				  .sa_flags = SA_SIGINFO | SA_ONSTACK };
	struct sigaction bad = { .sa_handler = on_crash,
				 .sa_flags = SA_ONSTACK };

	if (sigaltstack(&other, NULL) || sigaction(SIGTRAP, &trap, NULL) ||
	    sigaction(SIGSEGV, &bad, NULL) || sigaction(SIGILL, &bad, NULL) ||
	    sigaction(SIGBUS, &bad, NULL) || sigaction(SIGALRM, &bad, NULL) ||
	    rtld_open(&steps.rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&steps.process, &steps.rt))
		return false;
	host.write = write_alias;
	host.live = steps_near;
	host.end = serialise;
	return make_alias() && steps_find_sites();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "leave";

	steps.mode = !strcmp(what, "lie") ? LIE : !strcmp(what, "none") ? NONE :
	       LEAVE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!set_up()) {
		perror("set up");
		return 2;
	}
	run_all();
	report();
	return steps.mode != LIE && (steps.mistaken || wrong[USES] || wrong[PLAIN] ||
			       wrong[WINDOW] || wrong[DEPENDS]);
}
