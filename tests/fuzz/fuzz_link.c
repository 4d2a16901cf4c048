// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_link.c - whole links, of damaged files: ld-wrap beside the real linker
 *
 *	fuzz_link LD-WRAP LD RTS-DUMP ITERATIONS [SEED [FIRST]]
 *
 * In a directory that seeds.sh has made.  Each input is one file of one link,
 * damaged by numbers that follow from SEED and the input's own number, so that
 * FIRST tries one again.  The link is done by the real linker alone and by
 * ld-wrap, over an output that was there before.  Then:
 *
 *	- ld-wrap ends by itself, soon, and by no signal but the linker's own;
 *	- it succeeds only if the real linker does: then the output is the real
 *	  linker's own, byte for byte, or has a table that rts-dump proves;
 *	- if it fails, it says why, or the real linker did, with the real linker's
 *	  status or 1; and the old output is as it was;
 *	- no file of its own is left.
 *
 * What breaks one is kept as finding-NUMBER, with the words of the link.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz_file.h"
#include "fuzz_number.h"

#define LINES	64
#define WORDS	16
#define ROOM	(16 << 20)
#define SECONDS	20	/* of CPU; a link takes a hundredth of one */

static struct line {
	char text[128];
	const char *words[WORDS], *file;
	unsigned count, damaged;
} lines[LINES];
static unsigned line_count;

static enum outcome {
	SAME, MARKED, REFUSED_BOTH, REFUSED, LINKER_CRASHED, OUTCOMES
} outcome;
static unsigned long counts[OUTCOMES], findings;
static const char *const names[OUTCOMES] = {
	"output as without us", "output with a table", "refused by the linker",
	"refused by ld-wrap only", "the linker itself crashed",
};

static const char *ld_wrap, *ld, *rts_dump, *why;
static uint8_t data[ROOM], old[] = "the old output\n";
static unsigned long number;
static bool sanitized;		/* ld-wrap is, by ASan */

static void stop(const char *what)
{
	perror(what);
	exit(99);
}

/* ---- small things ------------------------------------------------------ */

static void write_file(const char *name, const void *bytes, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd))
		stop(name);
}

/* All of it, NUL-terminated, in malloc'ed memory; NULL if there is none. */
static char *read_file(const char *name, size_t *size)
{
	int fd = open(name, O_RDONLY);
	struct stat st;
	char *bytes;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		stop(name);
	bytes = calloc(1, (size_t)st.st_size + 1);
	if (!bytes || read(fd, bytes, (size_t)st.st_size) != st.st_size)
		stop(name);
	close(fd);
	*size = (size_t)st.st_size;
	return bytes;
}

static bool same_files(const char *a, const char *b)
{
	size_t n, m;
	char *x = read_file(a, &n), *y = read_file(b, &m);
	bool same = x && y && n == m && !memcmp(x, y, n);

	free(x);
	free(y);
	return same;
}

static bool says(const char *name, const char *text)
{
	size_t size;
	char *bytes = read_file(name, &size);
	bool found = bytes && memmem(bytes, size, text, strlen(text));

	free(bytes);
	return found;
}

static void limit(int what, rlim_t n)
{
	const struct rlimit limits = { n, n };

	setrlimit(what, &limits);
}

/* A program, its stdout and stderr to a file: what waitpid() said. */
static int run(const char *const *words, const char *to)
{
	pid_t child = fork();
	int status, fd;

	if (child < 0)
		stop("fork");
	if (!child) {
		limit(RLIMIT_CPU, SECONDS);
		limit(RLIMIT_CORE, 0);
		limit(RLIMIT_FSIZE, 1 << 28);
		if (!sanitized)		/* which maps terabytes */
			limit(RLIMIT_AS, 1 << 30);
		alarm(30 * SECONDS);	/* should it wait for ever */
		fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		dup2(fd, 1);
		dup2(fd, 2);
		execv(words[0], (char *const *)(uintptr_t)words);
		_exit(127);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* The link of a line, by this program. */
static int link_by(const char *program, const char *real,
		   const struct line *line, const char *output, const char *to)
{
	const char *words[WORDS + 8] = { program, "-o", output };
	char which[4096];
	unsigned n = 3;

	for (unsigned i = 0; i < line->count; i++) {
		if (program == ld_wrap || strncmp(line->words[i], "--rts-", 6))
			words[n++] = line->words[i];
	}
	snprintf(which, sizeof(which), "--rts-ld=%s", real);
	if (program == ld_wrap)
		words[n++] = which;
	return run(words, to);
}

/* ---- the links --------------------------------------------------------- */

static void read_line(struct line *line)
{
	char *rest = line->text, *word;

	while ((word = strtok_r(rest, " \n", &rest)) && line->count < WORDS) {
		if (*word == '@') {
			line->file = word + 1;
			line->damaged = line->count;
		}
		line->words[line->count++] = *word == '@' ? "damaged" : word;
	}
	if (!line->file)
		stop(line->text);
}

static void read_list(void)
{
	FILE *list = fopen("list", "r");

	if (!list)
		stop("list");
	while (line_count < LINES &&
	       fgets(lines[line_count].text, sizeof(lines->text), list))
		read_line(&lines[line_count++]);
	fclose(list);
}

static size_t damage(const struct line *line, unsigned seed)
{
	int fd = open(line->file, O_RDONLY);
	ssize_t size;

	if (fd < 0)
		stop(line->file);
	size = read(fd, data, sizeof(data));
	close(fd);
	fuzz_begin_with(seed);
	return fuzz_file_mutate(data, (size_t)size, sizeof(data));
}

/* ---- what must hold ---------------------------------------------------- */

/* What ld-wrap puts beside an output has this name. */
static bool nothing_left(void)
{
	DIR *here = opendir(".");
	struct dirent *entry;
	bool left = false;

	if (!here)
		stop(".");
	while ((entry = readdir(here)))
		left |= !strncmp(entry->d_name, ".ld-wrap", 8);
	closedir(here);
	return !left;
}

static void must(bool condition, const char *what)
{
	if (!condition && !why)
		why = what;
}

/* Where nothing is marked it is the real linker's to spoil: it removes the old
 * output, or leaves what it had when it failed an assertion. */
static bool is_untouched(void)
{
	size_t size;
	char *output = read_file("out", &size);
	bool untouched = output && size == sizeof(old) &&
		!memcmp(output, old, size);

	free(output);
	return untouched || (!says("err", "ld-wrap: error") &&
			     ((access("out", F_OK) && access("plain", F_OK)) ||
			      same_files("out", "plain")));
}

static void failed(int alone, int wrapped)
{
	must(is_untouched(), "the old output has changed");
	outcome = alone ? REFUSED_BOTH : REFUSED;
	must(WEXITSTATUS(wrapped) == 1 || wrapped == alone,
	     "its exit status is not 1");
	must(alone || says("err", "ld-wrap: error: ") || says("err", ld) ||
	     says("err", "ld: "), "no error was said");
}

static void succeeded(int alone)
{
	const char *const words[] = { rts_dump, "--check", "out", NULL };

	must(!alone, "the real linker refuses this");
	if (same_files("out", "plain")) {
		outcome = SAME;
		return;
	}
	outcome = MARKED;
	/* ld-wrap has done so too. */
	if (number / line_count % 8)
		return;
	must(!run(words, "err2"), "rts-dump --check refuses the output");
}

/*
 * ld-wrap ends by the signal that has ended the linker.  With a damaged field
 * that reads beside its own memory that may be in the link with rts.o only.
 */
static bool linker_has_crashed(const struct line *line)
{
	static const char script[] = "./ld-says";
	FILE *f = fopen(script, "w");

	if (!f || fprintf(f, "#!/bin/sh\n%s \"$@\"\ns=$?\n"
			  "[ $s -lt 128 ] || >crashed\nexit $s\n", ld) < 0 ||
	    fclose(f) || chmod(script, 0777))
		stop(script);
	unlink("crashed");
	link_by(ld_wrap, script, line, "out", "err2");
	return !access("crashed", F_OK);
}

static void compare(const struct line *line)
{
	int alone, wrapped;

	unlink("plain");
	write_file("plain", old, sizeof(old));
	alone = link_by(ld, ld, line, "plain", "plain-err");
	unlink("out");
	write_file("out", old, sizeof(old));
	wrapped = link_by(ld_wrap, ld, line, "out", "err");
	if (WIFSIGNALED(alone)) {
		outcome = LINKER_CRASHED;
		must(wrapped, "it succeeds where the linker crashes");
	} else if (WIFSIGNALED(wrapped)) {
		outcome = LINKER_CRASHED;
		must(linker_has_crashed(line), strsignal(WTERMSIG(wrapped)));
	} else if (wrapped) {
		failed(alone, wrapped);
	} else {
		succeeded(alone);
	}
	must(!says("err", "Sanitizer") && !says("err", "runtime error"),
	     "a sanitizer speaks");
	must(nothing_left(), "something is left");
}

static void found(const struct line *line, size_t size)
{
	char name[64];

	snprintf(name, sizeof(name), "finding-%lu", number);
	write_file(name, data, size);
	printf("# %lu: %s:", number, why);
	for (unsigned i = 0; i < line->count; i++)
		printf(" %s", i == line->damaged ? name : line->words[i]);
	printf(" (was %s)\n", line->file);
	fflush(stdout);
	findings++;
}

static void try_one(unsigned seed)
{
	const struct line *line = &lines[number % line_count];
	size_t size = damage(line, seed * 1000003u + (unsigned)number);

	write_file("damaged", data, size);
	why = NULL;
	compare(line);
	counts[outcome]++;
	if (why)
		found(line, size);
}

int main(int argc, char **argv)
{
	unsigned long last;
	unsigned seed;

	if (argc < 5) {
		fputs("fuzz_link LD-WRAP LD RTS-DUMP ITERATIONS [SEED [FIRST]]\n",
		      stderr);
		return 99;
	}
	ld_wrap = argv[1];
	ld = argv[2];
	rts_dump = argv[3];
	sanitized = says(ld_wrap, "__asan_init");
	seed = argc > 5 ? (unsigned)strtoul(argv[5], NULL, 0) : 1;
	number = argc > 6 ? strtoul(argv[6], NULL, 0) : 0;
	last = number + strtoul(argv[4], NULL, 0);
	read_list();
	unlink("damaged");
	for (; number < last; number++) {
		if (number % 1000 == 999)
			fprintf(stderr, "# %lu\n", number + 1);
		try_one(seed);
	}
	for (unsigned i = 0; i < OUTCOMES; i++)
		printf("# %s: %lu\n", names[i], counts[i]);
	printf("# findings: %lu\n", findings);
	return findings != 0 || !counts[SAME] || !counts[MARKED] ||
	       !counts[REFUSED_BOTH];
}
