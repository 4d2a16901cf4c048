// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bind.c - linked into a program that knows nothing of it: binds it
 *
 * real_bind() is called where the program has set what is marked, by functions
 * that the linker puts in front of the program's own (--wrap).  Each call adds
 * a line to the file $REAL_BOUND, so that a test can see that it happened.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtld.h"
#include "platform/process.h"
#include "rtstatic.h"

static void note(const char *format, ...)
{
	const char *path = getenv("REAL_BOUND");
	char line[128];
	va_list args;
	int fd, n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			 0666) : -1;
	if (fd >= 0 && write(fd, line, (size_t)n) != n)
		abort();
	if (fd >= 0)
		close(fd);
}

static void real_bind(void)
{
	static struct rtld_process process;
	static struct rtld rt;
	static int opened;
	int rc = 0;

	if (!opened) {
		rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);
		if (rc == 0)
			rc = rtld_process_init(&process, &rt);
		/* One thread, and no call from a signal handler. */
		rtld_process_host(&process)->inside = rtld_process_alone;
		opened = rc == 0;
	}
	if (rc == 0)
		rc = rtld_bind(&rt, rtld_process_host(&process));
	if (rc < 0)
		note("refused: %s\n", rtld_strerror(rc));
	else
		note("bound %u kept %u\n", rt.stats.bound, rt.stats.kept);
}

/* Behind a setter, and before what uses the options: for bzip2, lz4 and the
 * generated sample. */
void *__real_BZ2_bzWriteOpen(int *, FILE *, int, int, int)
	__attribute__((weak));
void *__wrap_BZ2_bzWriteOpen(int *error, FILE *f, int size, int verbosity,
			     int factor);
void *__wrap_BZ2_bzWriteOpen(int *error, FILE *f, int size, int verbosity,
			     int factor)
{
	real_bind();
	return __real_BZ2_bzWriteOpen(error, f, size, verbosity, factor);
}

void *__real_BZ2_bzReadOpen(int *, FILE *, int, int, void *, int)
	__attribute__((weak));
void *__wrap_BZ2_bzReadOpen(int *error, FILE *f, int verbosity, int is_small,
			    void *unused, int n);
void *__wrap_BZ2_bzReadOpen(int *error, FILE *f, int verbosity, int is_small,
			    void *unused, int n)
{
	real_bind();
	return __real_BZ2_bzReadOpen(error, f, verbosity, is_small, unused, n);
}

int __real_LZ4IO_setNotificationLevel(int) __attribute__((weak));
int __wrap_LZ4IO_setNotificationLevel(int level);
int __wrap_LZ4IO_setNotificationLevel(int level)
{
	int result = __real_LZ4IO_setNotificationLevel(level);

	real_bind();
	return result;
}

void __real_sample_set(int) __attribute__((weak));
void __wrap_sample_set(int level);
void __wrap_sample_set(int level)
{
	__real_sample_set(level);
	real_bind();
}
