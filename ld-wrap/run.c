// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * run.c - run the real linker, and end as it did
 *
 * Its argv[0] is its own path, as if a compiler had called it: GNU ld finds
 * its sysroot and its plugins from there, and begins its messages with it.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argv.h"
#include "messages.h"

/* A script that calls us is not us: count how deep we are. */
#define DEPTH_VARIABLE "LD_WRAP_DEPTH"
#define DEPTH_MAX 8

static void count_depth(const char *ld)
{
	const char *s = getenv(DEPTH_VARIABLE);
	long depth = s ? strtol(s, NULL, 10) : 0;
	static bool counted;
	char text[24];

	if (counted)
		return;
	counted = true;
	if (depth < 0 || depth >= DEPTH_MAX)
		lw_die(LW_EXIT_REFUSED, LW_LINKER_LOOP,
		       "%s: the real linker calls ld-wrap again and again", ld);
	snprintf(text, sizeof(text), "%ld", depth + 1);
	setenv(DEPTH_VARIABLE, text, 1);
}

/* As a shell would need it. */
static void print_word(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";

	fputc(' ', stderr);
	if (*s && !s[strspn(s, plain)]) {
		fputs(s, stderr);
		return;
	}
	fputc('\'', stderr);
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stderr);
		else
			fputc(*s, stderr);
	}
	fputc('\'', stderr);
}

static void print_command(const struct lw_options *options, size_t count,
			  const char *const *words)
{
	size_t i;

	if (!options->print_command)
		return;
	flockfile(stderr);
	fputs("ld-wrap:", stderr);
	for (i = 0; i < count; i++)
		print_word(words[i]);
	fputc('\n', stderr);
	funlockfile(stderr);
}

struct vector {
	LW_ARRAY(const char *) words;
};

/* The words of the command, with others at the end of its options. */
static struct vector merge(const char *ld, const struct lw_command *command,
			   size_t count, const char *const *extra)
{
	struct vector v = { 0 };
	size_t i, j;

	*LW_PUSH(&v.words) = ld;
	for (i = 1; i <= (size_t)command->argc; i++) {
		for (j = 0; i == command->end_of_options && j < count; j++)
			*LW_PUSH(&v.words) = extra[j];
		if (i < (size_t)command->argc)
			*LW_PUSH(&v.words) = command->argv[i];
	}
	*LW_PUSH(&v.words) = NULL;
	v.words.count--;
	return v;
}

/* exec wants pointers to char, and promises not to write. */
static char *const *exec_words(const struct vector *v)
{
	return (char *const *)(uintptr_t)v->words.at;
}

static _Noreturn void not_run(const char *ld, int error)
{
	lw_die(error == ENOENT ? LW_EXIT_NOT_FOUND : LW_EXIT_NOT_EXECUTABLE,
	       LW_LINKER_FAILED, "%s: cannot run the real linker: %s", ld,
	       strerror(error));
}

void lw_pass_through(const char *ld, const struct lw_options *options,
		     const struct lw_command *command)
{
	struct vector v = merge(ld, command, 0, NULL);

	count_depth(ld);
	print_command(options, v.words.count, v.words.at);
	lw_exec(ld, exec_words(&v));
	if (errno == E2BIG) {
		/* All but the few bytes of our variable did fit. */
		unsetenv(DEPTH_VARIABLE);
		lw_exec(ld, exec_words(&v));
	}
	not_run(ld, errno);
}

/* In the child. */
static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(LW_EXIT_INTERNAL);
}

/* An orphan would go on writing. */
static _Noreturn void exec_ld(const char *ld, const struct vector *v,
			      pid_t parent, int report, const sigset_t *mask)
{
	ssize_t n;
	int error;

	die_with(parent);
	lw_temp_inherit();
	lw_messages_child();
	sigprocmask(SIG_SETMASK, mask, NULL);
	lw_exec(ld, exec_words(v));
	error = errno;
	n = write(report, &error, sizeof(error));
	_exit(n < 0 ? LW_EXIT_INTERNAL : LW_EXIT_NOT_FOUND);
}

/* Returns what exec said, 0 if it runs. */
static int start(const char *ld, const struct vector *v, pid_t *child)
{
	pid_t parent = getpid();
	int fds[2], error = 0;
	sigset_t all, old;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC))
		return errno;
	/* No signal may fall between fork() and lw_temp_child(). */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	*child = fork();
	if (!*child)
		exec_ld(ld, v, parent, fds[1], &old);
	if (*child < 0)
		error = errno;
	else
		lw_temp_child(*child);
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(fds[1]);
	do
		n = read(fds[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	close(fds[0]);
	return error;
}

/* Wait first, then reap with signals blocked: the handler must not signal a
 * process number that may already be somebody else's. */
static int finish(pid_t child)
{
	sigset_t all, old;
	siginfo_t info;
	int status = 0;

	while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) < 0 &&
	       errno == EINTR)
		;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	waitpid(child, &status, 0);
	lw_temp_child(0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

/* Not to be read again from an @file: it would be one, and lld has no empty
 * words there. */
static bool stays_out(const char *word)
{
	return !*word || *word == '@';
}

/* Words in @files, but those that cannot stand in one: no limit of exec counts
 * there. */
static struct vector by_file(const char *ld, size_t count,
			     const char *const *words)
{
	struct vector v = { 0 };
	size_t i, from, files = 0;
	const char *path;

	*LW_PUSH(&v.words) = ld;
	for (i = 0; i < count; i++) {
		if (stays_out(words[i])) {
			*LW_PUSH(&v.words) = words[i];
			continue;
		}
		for (from = i; i + 1 < count && !stays_out(words[i + 1]); i++)
			;
		path = files ? lw_temp_path(lw_asprintf("words%zu", files)) :
			lw_temp_path("words");
		files++;
		lw_response_write(path, i + 1 - from, words + from);
		*LW_PUSH(&v.words) = lw_asprintf("@%s", path);
	}
	*LW_PUSH(&v.words) = NULL;
	v.words.count--;
	return v;
}

/* -Map=%.x: the `%' is the output's name, and that is not linked. */
static const char *map_word(const struct lw_command *command)
{
	const char *percent = command->map ? strchr(command->map, '%') : NULL;

	if (!percent || strchr(percent + 1, '%'))
		return NULL;
	return lw_asprintf("-Map=%.*s%s%s", (int)(percent - command->map),
			   command->map, command->output,
			   percent[1] ? percent + 1 : ".map");
}

/* lld and mold colour what they say on a terminal, and now they have none. */
static const char *color_word(const struct lw_command *command)
{
	const char *term = getenv("TERM");
	int i;

	if ((command->linker != LW_LINKER_LLD &&
	     command->linker != LW_LINKER_MOLD) || !isatty(2) ||
	    !term || !strcmp(term, "dumb"))
		return NULL;
	for (i = 1; i < command->argc; i++) {
		if (strstr(command->argv[i], "color-diagnostics"))
			return NULL;
	}
	return "--color-diagnostics=always";
}

/* Ours come last: of several -o and -Map the last one counts. */
static struct vector extra_words(const struct lw_command *command,
				 const char *linked, const char *rts_o)
{
	const char *map = map_word(command), *color = color_word(command);
	struct vector v = { 0 };

	*LW_PUSH(&v.words) = "-o";
	*LW_PUSH(&v.words) = linked;
	if (map)
		*LW_PUSH(&v.words) = map;
	if (color)
		*LW_PUSH(&v.words) = color;
	/* An open --start-lib would take rts.o for a member that nobody asks
	 * for, and an open `-b binary' for data. */
	if (command->lib_open)
		*LW_PUSH(&v.words) = "--end-lib";
	if (command->format)
		*LW_PUSH(&v.words) = "--format=default";
	for (size_t i = 0; i < command->more.count; i++)
		*LW_PUSH(&v.words) = command->more.at[i];
	*LW_PUSH(&v.words) = rts_o;
	return v;
}

/* -Map=FILE; of a directory GNU ld makes DIR/OUTPUT.map. */
static void mend_map(const struct lw_command *command)
{
	const char *map = map_word(command), *path = command->map;
	struct stat st;

	if (!path || !strcmp(path, "-"))
		return;
	if (map)
		path = map + strlen("-Map=");
	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		path = lw_asprintf("%s/%s.map", path,
				   basename(command->output));
	lw_messages_file(path, NULL);
}

int lw_run_ld(const char *ld, const struct lw_options *options,
	      const struct lw_command *command, const char *linked,
	      const char *rts_o)
{
	struct vector extra = extra_words(command, linked, rts_o), mine, v;
	struct vector all = merge(ld, command, extra.words.count,
				  extra.words.at);
	pid_t child = 0;
	int error, status;

	count_depth(ld);
	print_command(options, all.words.count, all.words.at);
	if (command->rewritten) {
		v = by_file(ld, all.words.count - 1, all.words.at + 1);
	} else {
		mine = by_file(ld, extra.words.count, extra.words.at);
		v = merge(ld, command, 1, mine.words.at + 1);
	}
	lw_messages_open(command->output, linked, rts_o);
	error = start(ld, &v, &child);
	if (error == E2BIG && !command->rewritten) {
		finish(child);
		v = by_file(ld, all.words.count - 1, all.words.at + 1);
		error = start(ld, &v, &child);
	}
	if (error) {
		if (child > 0)
			finish(child);
		not_run(ld, error);
	}
	status = finish(child);
	lw_messages_close(false);
	mend_map(command);
	return status;
}

/* A core of ours would be the wrong one. */
static _Noreturn void die_by(int sig)
{
	struct rlimit none = { 0, 0 };
	sigset_t just;

	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&just);
	sigaddset(&just, sig);
	sigprocmask(SIG_UNBLOCK, &just, NULL);
	raise(sig);
	_exit(128 + sig);
}

void lw_end_as(int wait_status)
{
	lw_temp_close();
	if (WIFSIGNALED(wait_status))
		die_by(WTERMSIG(wait_status));
	exit(WEXITSTATUS(wait_status));
}

/* ---- ask --------------------------------------------------------------- */

/* What it says of a question that it does not know is not for the user. */
static _Noreturn void exec_question(const char *ld, const char *const *words,
				    pid_t parent, int answer)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	die_with(parent);
	if (dup2(null, 0) == 0 && dup2(answer, 1) == 1 && dup2(null, 2) == 2)
		lw_exec(ld, (char *const *)(uintptr_t)words);
	_exit(LW_EXIT_NOT_FOUND);
}

const char *lw_ask_ld(const char *ld, const char *word, const char *also)
{
	const char *const words[] = { ld, word, also, NULL };
	LW_ARRAY(char) text = { 0 };
	char buffer[4096];
	ssize_t n, i;
	pid_t parent = getpid(), child;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	child = fork();
	if (!child)
		exec_question(ld, words, parent, fds[1]);
	close(fds[1]);
	while (child > 0 && (n = read(fds[0], buffer, sizeof(buffer))) != 0) {
		for (i = 0; i < n; i++)
			*(char *)LW_PUSH(&text) = buffer[i];
		if (n < 0 && errno != EINTR)
			break;
	}
	close(fds[0]);
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	*(char *)LW_PUSH(&text) = '\0';
	return text.at;
}
