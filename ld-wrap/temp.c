// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * temp.c - a directory that is gone whatever happens to us
 *
 * The real linker writes its output into a directory beside the place where
 * it belongs, so that one rename() puts the finished file there.  Whoever ends
 * us, nothing of it may stay.  SIGKILL cannot be caught, so a second process,
 * the guard, waits at a pipe whose other end only we and the real linker
 * hold: when the last of the two is gone it reads end-of-file, removes the
 * directory and ends.  In an orderly end we send it a byte and wait for it.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lw.h"
#include "messages.h"

/* Signals that end us; a number that was ignored when we started (nohup) is
 * left ignored. */
static const int deadly[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU };
#define DEADLY (sizeof(deadly) / sizeof(deadly[0]))

static struct {
	char *dir;
	const char *output;	/* the name of the output inside it */
	pid_t guard;
	int pipe;
	volatile sig_atomic_t child;
} temp = { .pipe = -1 };

static bool remove_directory(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		unlinkat(dirfd(stream), entry->d_name, 0);
	if (stream)
		closedir(stream);
	return !rmdir(dir);
}

/* Safe in a signal handler, and to call twice.  Has it done its work? */
static bool release_guard(void)
{
	int status = -1;
	ssize_t n;

	if (temp.guard <= 0)
		return true;
	/* A socket, for MSG_NOSIGNAL: somebody may have killed the guard. */
	do
		n = send(temp.pipe, "q", 1, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		close(temp.pipe);
	while (waitpid(temp.guard, &status, 0) < 0 && errno == EINTR)
		;
	return !status;
}

/* The real linker gets the same signal, a second to obey, and then no
 * choice. */
static void end_child(int sig)
{
	pid_t child = temp.child;
	int tries;

	if (child <= 0)
		return;
	kill(child, sig);
	for (tries = 0; tries < 100; tries++) {
		if (waitpid(child, NULL, WNOHANG))
			return;
		poll(NULL, 0, 10);
	}
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* Only async-signal-safe calls: it may interrupt anything. */
static void on_signal(int sig)
{
	sigset_t just;

	end_child(sig);
	lw_messages_close(true);
	release_guard();
	signal(sig, SIG_DFL);
	sigemptyset(&just);
	sigaddset(&just, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &just, NULL);
	_exit(128 + sig);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal }, old;
	size_t i;

	sigfillset(&action.sa_mask);
	for (i = 0; i < DEADLY; i++) {
		if (!sigaction(deadly[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(deadly[i], &action, NULL);
	}
}

/* Numbers from 100 on: lto-wrapper takes an open fd that MAKEFLAGS names for
 * make's jobserver, and those are low. */
static int move_up(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, 100);

	if (up < 0)
		return fd;
	close(fd);
	return up;
}

/*
 * .ld-wrap.OUTPUT, and with a random suffix only if that is taken: the name
 * shows in maps and warnings of the real linker, which should not change from
 * link to link.
 */
static int make_directory(const char *output, char *dir, size_t room)
{
	const char *slash = strrchr(output, '/');
	const char *base = slash ? slash + 1 : output;
	int before = (int)(base - output), n;
	char *percent;

	n = snprintf(dir, room, "%.*s.ld-wrap.%.200s", before, output, base);
	if (n < 0 || (size_t)n + sizeof(".XXXXXX") > room)
		return ENAMETOOLONG;
	/* lld puts a random digit for each in the name of its temporary. */
	for (percent = dir + before; (percent = strchr(percent, '%'));)
		*percent = '_';
	if (mkdir(dir, 0700)) {
		if (errno != EEXIST)
			return errno;
		memcpy(dir + n, ".XXXXXX", sizeof(".XXXXXX"));
		if (!mkdtemp(dir))
			return errno;
	}
	/* Whatever the umask. */
	return chmod(dir, 0700) ? errno : 0;
}

/* What the guard says first. */
struct made {
	int error;
	char dir[PATH_MAX];
};

/*
 * The guard holds nothing but the pipe: a captured stdout, or make's
 * jobserver, must not stay open through it.  Its own session keeps the
 * terminal's signals away.  The directory is of its making, or there would be
 * a moment in which it had no guard.
 */
static _Noreturn void guard(int fd, const char *output)
{
	struct made made = { 0 };
	ssize_t n;
	char byte;
	int i;

	setsid();
	for (i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	prctl(PR_SET_NAME, "ld-wrap-guard", 0, 0, 0);
	if (fd > 0)
		close_range(0, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0u, 0);
	made.error = make_directory(output, made.dir, sizeof(made.dir));
	send(fd, &made, sizeof(made), MSG_NOSIGNAL);
	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	_exit(made.error || remove_directory(made.dir) ? 0 : 1);
}

static _Noreturn void cannot(const char *what, int error)
{
	lw_die(LW_EXIT_REFUSED, LW_TEMP, "%s: %s", what, strerror(error));
}

static void start_guard(const char *output)
{
	int fds[2];

	/* Packets: each is read as a whole. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		cannot("socketpair", errno);
	fds[0] = move_up(fds[0]);
	temp.pipe = move_up(fds[1]);
	temp.guard = fork();
	if (temp.guard < 0)
		cannot("fork", errno);
	if (!temp.guard) {
		close(temp.pipe);
		guard(fds[0], output);
	}
	close(fds[0]);
}

static void hear_guard(const char *output)
{
	struct made made = { .error = EPIPE };
	ssize_t n;

	do
		n = recv(temp.pipe, &made, sizeof(made), 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		made.error = errno;
	if (made.error || n != sizeof(made)) {
		release_guard();
		cannot(lw_asprintf("%s: cannot make a directory for it",
				   output), made.error);
	}
	temp.dir = lw_strdup(made.dir);
}

const char *lw_temp_open(const char *output)
{
	sigset_t all, old;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	start_guard(output);
	hear_guard(output);
	catch_signals();
	sigprocmask(SIG_SETMASK, &old, NULL);
	return temp.dir;
}

const char *lw_temp_directory(void)
{
	return temp.dir;
}

char *lw_temp_output(const char *output)
{
	temp.output = basename(output);
	return lw_asprintf("%s/%s", temp.dir, temp.output);
}

/* Somebody may link a file of the name rts.o, or rts, to which rts.o would seem
 * to belong. */
char *lw_temp_path(const char *name)
{
	size_t n = temp.output ? strlen(temp.output) : 0, m = strlen(name);
	bool taken = n && !strncmp(name, temp.output, n < m ? n : m);

	return lw_asprintf("%s/%s%s", temp.dir, taken ? "_" : "", name);
}

void lw_temp_close(void)
{
	sigset_t all, old;
	bool done;

	if (!temp.dir)
		return;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	done = release_guard();
	if (temp.pipe >= 0)
		close(temp.pipe);
	/* Somebody killed the guard.  Otherwise what has this name by now
	 * would be another link's. */
	if (!done)
		remove_directory(temp.dir);
	temp.dir = NULL;
	temp.guard = 0;
	temp.pipe = -1;
	sigprocmask(SIG_SETMASK, &old, NULL);
}

void lw_temp_child(pid_t child)
{
	temp.child = child;
}

void lw_temp_inherit(void)
{
	if (temp.pipe >= 0)
		fcntl(temp.pipe, F_SETFD, 0);
}

void lw_temp_leave(void)
{
	if (temp.pipe >= 0)
		close(temp.pipe);
}
