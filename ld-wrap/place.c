// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * place.c - the finished file takes the place of the old output
 *
 * What the real linkers do with a file that is there already was measured, and
 * differs; tests/integ/output.sh holds each case against the linker itself.
 *
 *			GNU ld, gold		lld		mold
 *	a file		unlinked first		replaced	written over
 *	an empty file	written over, its mode	replaced	written over
 *			made executable
 *	a symlink to	the same, of the link	replaced	its file is
 *	either					itself		written over
 *	a dangling one	its file is made	replaced	its file is made
 *
 * We always rename(), in the end: nobody may ever see half an output.  So what
 * is written over by them is replaced by us; the difference shows only where
 * it has a second (hard) link, which keeps the old bytes.
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lw.h"

#define MODE_BITS 07777

/* ---- where ------------------------------------------------------------ */

static mode_t get_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

/* The file that a link leads to, which need not be there. */
static const char *follow(const char *path)
{
	char text[PATH_MAX];
	ssize_t n;
	int links;

	for (links = 0; links < 40; links++) {
		n = readlink(path, text, sizeof(text) - 1);
		if (n < 0)
			return path;
		text[n] = '\0';
		path = text[0] == '/' ? lw_strdup(text) :
			lw_asprintf("%.*s%s",
				    (int)(basename(path) - path), path, text);
	}
	return path;
}

/* GNU ld makes executable what it wrote; gold does where it is readable. */
static mode_t executable(enum lw_linker linker, mode_t mode)
{
	mode_t mask = get_umask();

	mode &= MODE_BITS;
	return linker == LW_LINKER_BFD ? mode | (0111 & ~mask) :
		(mode | (mode & 0444) >> 2) & ~mask;
}

static bool find(struct lw_link *link)
{
	struct lw_place *place = &link->place;
	enum lw_linker linker = link->command.linker;
	const char *output = link->command.output, *dir;
	struct stat st;
	bool there = !stat(output, &st);

	place->path = output;
	place->mode = 0;
	if (!strcmp(output, "-") && linker != LW_LINKER_BFD) {
		dir = getenv("TMPDIR");
		place->path = lw_asprintf("%s/-", dir && *dir ? dir : "/tmp");
		place->to_stdout = true;
	} else if (linker == LW_LINKER_LLD) {
		return true;
	} else if (!there && errno == ELOOP) {
		return false;
	} else if (!there || linker == LW_LINKER_MOLD) {
		place->path = follow(output);
	} else if (!st.st_size) {
		place->path = follow(output);
		place->mode = executable(linker, st.st_mode);
	}
	return true;
}

void lw_place_begin(struct lw_link *link)
{
	if (!find(link))
		lw_pass_through(link->ld, &link->options, &link->command);
	lw_temp_open(link->place.path);
	link->linked = lw_temp_output(link->command.output);
}

/* ---- what the real linker wrote --------------------------------------- */

/* With an odd umask we could not even read it. */
void lw_place_open(struct lw_link *link)
{
	struct stat st;

	if (stat(link->linked, &st) || !S_ISREG(st.st_mode))
		lw_die(LW_EXIT_REFUSED, LW_LINKER_FAILED,
		       "%s: the real linker wrote no output",
		       link->command.output);
	if (!link->place.mode)
		link->place.mode = st.st_mode & MODE_BITS;
	if ((st.st_mode & 0600) != 0600)
		chmod(link->linked, (st.st_mode & MODE_BITS) | 0600);
}

static _Noreturn void cannot(const struct lw_link *link, const char *what)
{
	lw_die(LW_EXIT_REFUSED, LW_WRITE, "%s: %s: %s", link->command.output,
	       what, strerror(errno));
}

/* ---- what it wrote beside ---------------------------------------------- */

/* Where NAME in our directory would be, had there been none. */
static const char *beside(const struct lw_link *link, const char *name)
{
	const char *output = link->command.output;

	return lw_asprintf("%.*s%s", (int)(basename(output) - output), output,
			   name);
}

/*
 * Files that are named after the output: lld's --time-trace and --save-temps,
 * the compiler's -save-temps in a link-time optimisation.  Another file in our
 * directory is somebody's temporary.
 */
static void move_others(const struct lw_link *link)
{
	const char *output = basename(link->command.output);
	size_t n = strlen(output);
	DIR *stream = opendir(lw_temp_directory());
	struct dirent *entry;

	if (!stream)
		lw_say(LW_TEMP, "%s: cannot be read: %s", lw_temp_directory(),
		       strerror(errno));
	while (stream && (entry = readdir(stream))) {
		if (strncmp(entry->d_name, output, n) || !entry->d_name[n])
			continue;
		if (renameat(dirfd(stream), entry->d_name, AT_FDCWD,
			     beside(link, entry->d_name)))
			lw_say(LW_WRITE, "%s: cannot be moved: %s",
			       beside(link, entry->d_name), strerror(errno));
	}
	if (stream)
		closedir(stream);
}

/* ---- to its place ----------------------------------------------------- */

static void write_all(const struct lw_link *link, const char *p, size_t n)
{
	ssize_t done;

	for (; n; n -= (size_t)done, p += done) {
		done = write(1, p, n);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done < 0)
			cannot(link, "cannot be written to standard output");
	}
}

static void copy_out(const struct lw_link *link)
{
	int fd = open(link->linked, O_RDONLY | O_CLOEXEC);
	char buffer[65536];
	ssize_t n;

	if (fd < 0)
		cannot(link, "cannot be read again");
	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno != EINTR)
			cannot(link, "cannot be read again");
		if (n > 0)
			write_all(link, buffer, (size_t)n);
	}
	close(fd);
}

static void move(const struct lw_link *link)
{
	const struct lw_place *place = &link->place;
	struct stat st;

	if (place->to_stdout) {
		copy_out(link);
		return;
	}
	if (stat(link->linked, &st) ||
	    ((st.st_mode & MODE_BITS) != place->mode &&
	     chmod(link->linked, place->mode)))
		cannot(link, "cannot set its mode");
	if (rename(link->linked, place->path))
		cannot(link, "cannot be replaced");
}

void lw_place_end(const struct lw_link *link)
{
	move_others(link);
	lw_stop_on_errors();
	move(link);
	lw_temp_close();
}

void lw_place_failed(const struct lw_link *link, int wait_status)
{
	move_others(link);
	lw_end_as(wait_status);
}
