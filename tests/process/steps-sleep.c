// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * steps-sleep.c - contexts inside: a thread asleep in a callee
 *
 * A thread calls a function that sleeps, by each kind of call, jump and window
 * in turn.  Meanwhile another binds and unbinds by the process host: with an
 * inside() that looks for return addresses on the sleeper's stack, and without
 * one.  The sleeper wakes up, must find its way back, and give what the old
 * content gives or what the new one does; the next call gives the new.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#include "platform/process.h"
#include "steps.h"

static struct rtld rt;
static struct rtld_process process;
static struct rtld_host *host;
static sem_t stopped, go_on;
static volatile bool asleep;
static uintptr_t *volatile stack_low, *volatile stack_base;
static unsigned long sleeps, refused, allowed, denied, failures;
static const struct step_case *now;

/* In its thread: it sleeps once, and the stack up to its caller is known. */
static void sleep_once(void)
{
	steps_wait = NULL;
	stack_low = __builtin_frame_address(0);
	asleep = true;
	sem_post(&stopped);
	sem_wait(&go_on);
	asleep = false;
}

static int inside(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	for (uintptr_t *p = stack_low; asleep && p < stack_base; p++) {
		if (*p - (uintptr_t)text - 1 < n - 1) {
			denied++;
			return 1;
		}
	}
	return 0;
}

static struct use_state fresh(void)
{
	return (struct use_state){ .x = 9 };
}

static void *sleeper(void *state)
{
	stack_base = __builtin_frame_address(0);
	now->run(state);
	sem_post(&stopped);
	return NULL;
}

static int choose(void *arg)
{
	steps_choose(*(unsigned *)arg);
	return 0;
}

static void fail(const char *what, unsigned content, unsigned long value)
{
	printf("# %s to %u: %s %#lx\n", now->name, content, what, value);
	failures++;
}

static void expect(int code, unsigned content)
{
	if (code && code != -RTLD_E_TEXT_INSIDE)
		fail(rtld_errname(code), content, 0);
	if (code)
		refused++;
	else
		allowed++;
}

static void change(unsigned content)
{
	unsigned back = SLEEPY;

	expect(rtld_switch(&rt, host, choose, &content), content);
	expect(rtld_unbind(&rt, host), content);
	expect(rtld_bind(&rt, host), content);
	expect(rtld_switch(&rt, host, choose, &back), back);
	expect(rtld_switch(&rt, host, choose, &content), content);
}

/* All is unbound, the content SLEEPY; then bound to it. */
static void one(unsigned content, bool may_ask)
{
	struct use_state old = fresh(), new = fresh(), s = fresh(), n = fresh();
	pthread_t thread;

	steps_wait = NULL;
	now->run(&old);
	steps_choose(content);
	now->run(&new);
	steps_choose(SLEEPY);
	if (rtld_bind(&rt, host))
		fail(rtld_errname(rt.fault.code), SLEEPY, 0);
	steps_wait = sleep_once;
	if (pthread_create(&thread, NULL, sleeper, &s))
		fail("no thread", content, 0);
	sem_wait(&stopped);
	if (asleep) {
		sleeps++;
		host->inside = may_ask ? inside : NULL;
		change(content);
		sem_post(&go_on);
		sem_wait(&stopped);
	}
	pthread_join(thread, NULL);
	if (s.r != old.r && s.r != new.r)
		fail("the sleeper gave", content, s.r);
	host->inside = inside;
	steps_wait = NULL;
	steps_choose(content);
	if (rtld_bind(&rt, host) || rtld_check(&rt, host))
		fail(rtld_errname(rt.fault.code), content, 0);
	now->run(&n);
	if (n.r != new.r)
		fail("afterwards", content, n.r);
	if (rtld_unbind(&rt, host))
		fail(rtld_errname(rt.fault.code), content, 0);
	steps_choose(SLEEPY);
}

int main(void)
{
	if (sem_init(&stopped, 0, 0) || sem_init(&go_on, 0, 0) ||
	    rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE) ||
	    rtld_process_init(&process, &rt))
		return 2;
	host = rtld_process_host(&process);
	host->inside = inside;
	steps_choose(SLEEPY);
	for (unsigned i = 0; i < step_cases_count; i++) {
		now = &step_cases[i];
		for (unsigned c = 0; c < 2 * SLEEPY; c++)
			one(c / 2, c & 1);
	}
	printf("sleeps %lu refused %lu allowed %lu denied %lu lost %u "
	       "failures %lu\n", sleeps, refused, allowed, denied,
	       process.lost, failures);
	return failures || process.lost;
}
