// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * state - stands in for a linker: writes down in what state it was started
 *
 * The file ./state gets a line for each fact that a process inherits; then it
 * exits with 3, as a linker that fails.  What is true of a child only because
 * it is one (its number, its parent) is not among them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE	/* environ */
#endif
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void words(FILE *to, int argc, char **argv)
{
	size_t n = 0;
	int i;

	for (i = 0; i < argc; i++)
		fprintf(to, "word %d %s\n", i, argv[i]);
	while (environ[n])
		n++;
	qsort(environ, n, sizeof(environ[0]), by_text);
	for (n = 0; environ[n]; n++)
		fprintf(to, "environment %s\n", environ[n]);
}

static void files(FILE *to, int own)
{
	char path[32], target[4096];
	ssize_t n;
	int fd;

	for (fd = 0; fd < 1024; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n <= 0 || fd == own)
			continue;
		fprintf(to, "fd %d %.*s mode %d at %ld\n", fd, (int)n, target,
			fcntl(fd, F_GETFL), (long)lseek(fd, 0, SEEK_CUR));
	}
}

static void signals(FILE *to)
{
	struct sigaction action;
	sigset_t blocked;
	int i;

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (i = 1; i < 32; i++) {
		sigaction(i, NULL, &action);
		fprintf(to, "signal %d%s%s\n", i,
			action.sa_handler == SIG_IGN ? " ignored" : "",
			sigismember(&blocked, i) ? " blocked" : "");
	}
}

static void process(FILE *to)
{
	struct rlimit limit;
	char cwd[4096];
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		if (!getrlimit(i, &limit))
			fprintf(to, "limit %d %llu %llu\n", i,
				(unsigned long long)limit.rlim_cur,
				(unsigned long long)limit.rlim_max);
	}
	fprintf(to, "umask %o\n", umask(0));
	fprintf(to, "cwd %s\n", getcwd(cwd, sizeof(cwd)));
	fprintf(to, "nice %d\n", getpriority(PRIO_PROCESS, 0));
	fprintf(to, "group %d session %d\n", (int)getpgrp(), (int)getsid(0));
}

int main(int argc, char **argv)
{
	FILE *to = fopen("state", "we");

	if (!to)
		return 99;
	signals(to);
	process(to);
	files(to, fileno(to));
	words(to, argc, argv);
	return fclose(to) ? 99 : 3;
}
