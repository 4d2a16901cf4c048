// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * how - run a command and print how it ended: "exit 3" or "signal 2"
 *
 *	how [-s SIGNAL -w FILE] COMMAND...
 *
 * A shell cannot tell a program that died of a signal from one that returned
 * 128 + n, and starts background commands with SIGINT ignored; here every
 * signal has its default action.  With -s, SIGNAL (a number) is sent as soon
 * as FILE exists.  Ends by itself after a minute, with status 99.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(char **command)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(command[0], command);
	perror(command[0]);
	_exit(99);
}

/* Poll: a minute in hundredths. */
static int ended(pid_t child, int *status, const char *until)
{
	int tries;

	for (tries = 0; tries < 6000; tries++) {
		if (until && !access(until, F_OK))
			return 0;
		if (waitpid(child, status, WNOHANG) == child)
			return 1;
		usleep(10000);
	}
	fprintf(stderr, "how: waited a minute in vain\n");
	kill(child, SIGKILL);
	exit(99);
}

int main(int argc, char **argv)
{
	const char *until = NULL;
	int sig = 0, status = 0;
	pid_t child;

	if (argc > 5 && !strcmp(argv[1], "-s") && !strcmp(argv[3], "-w")) {
		sig = atoi(argv[2]);
		until = argv[4];
		argv += 4;
	}
	child = fork();
	if (!child)
		run(argv + 1);
	if (child < 0)
		return 99;
	if (until && ended(child, &status, until)) {
		fprintf(stderr, "how: ended before %s was there\n", until);
	} else {
		if (sig)
			kill(child, sig);
		ended(child, &status, NULL);
	}
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else
		printf("exit %d\n", WEXITSTATUS(status));
	return 0;
}
