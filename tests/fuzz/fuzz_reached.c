// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_reached.c - what libFuzzer lacks: an end by CPU time, how far inputs got
 *
 * libFuzzer ends by the clock on the wall, which says little where others use
 * the machine too.  FUZZ_CPU=SECONDS in the environment ends it by the time
 * that a CPU has worked for it.  SIGUSR1 is libFuzzer's own word for "end, and
 * say what you did"; it then leaves by _Exit(), without atexit(), so the counts
 * are written when the time is up, by what a signal handler may call.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

/* What the end runs is no new code that an input has found. */
#define UNCOVERED __attribute__((no_sanitize("coverage")))

int LLVMFuzzerInitialize(int *argc, char ***argv);

UNCOVERED static void say_string(const char *s)
{
	if (write(2, s, strlen(s)) < 0)
		abort();
}

UNCOVERED static void say_number(unsigned long n)
{
	char digits[24], *d = digits + sizeof(digits);

	*--d = 0;
	do
		*--d = (char)('0' + n % 10);
	while (n /= 10);
	say_string(d);
}

UNCOVERED static void say(void)
{
	for (unsigned i = 0; fuzz_reached_names[i]; i++) {
		say_string("reached: ");
		say_string(fuzz_reached_names[i]);
		say_string(": ");
		say_number(fuzz_reached[i]);
		say_string("\n");
	}
}

UNCOVERED static void time_is_up(int signal)
{
	(void)signal;
	say();
	raise(SIGUSR1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *seconds = getenv("FUZZ_CPU");
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM,
	};
	struct itimerspec cpu = { .it_value = { .tv_sec = 0 } };
	timer_t timer;

	(void)argc;
	(void)argv;
	atexit(say);
	if (!seconds)
		return 0;
	cpu.it_value.tv_sec = atol(seconds);
	signal(SIGVTALRM, time_is_up);
	if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) ||
	    timer_settime(timer, 0, &cpu, NULL))
		abort();
	return 0;
}
