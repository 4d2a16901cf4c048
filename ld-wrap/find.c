// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * find.c - find the real linker: the one that would run were we not here
 *
 * A build chooses a linker by a name and a list of directories.  The name is
 * that by which we are called: `ld-wrap' and `ld' mean the default linker, and
 * ld.gold, ld.lld-19 or x86_64-linux-gnu-ld just that one, so a directory of
 * such links to us serves -fuse-ld.  The directories are those in which the
 * caller would have looked next:
 *
 *	$COMPILER_PATH		gcc and its collect2, told each other by gcc
 *	clang's own		each clang has its own lld beside it
 *	$PATH			all of them, and make, and people
 *
 * We are in all of these lists somewhere, and may be there by several names:
 * by the file, not by its name, we skip ourselves.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lw.h"

/* ---- files --------------------------------------------------------------- */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

static bool is_ourselves(const char *path)
{
	struct stat us, it;

	if (stat("/proc/self/exe", &us) &&
	    stat((const char *)getauxval(AT_EXECFN), &us))
		return false;
	return !stat(path, &it) && us.st_dev == it.st_dev &&
		us.st_ino == it.st_ino;
}

static const char *absolute(const char *path)
{
	char *here;

	if (path[0] == '/')
		return path;
	here = getcwd(NULL, 0);
	if (here)
		path = lw_asprintf("%s/%s", here, path);
	free(here);
	return path;
}

/* The first program of that name in a list of directories; or the first that
 * is not us. */
static const char *in_list(const char *list, const char *name,
			   bool skip_ourselves)
{
	const char *at = list, *end;
	const char *path;

	for (; at; at = *end ? end + 1 : NULL) {
		end = strchrnul(at, ':');
		path = lw_asprintf("%.*s/%s", end > at ? (int)(end - at) : 1,
				   end > at ? at : ".", name);
		if (is_program(path) && !(skip_ourselves && is_ourselves(path)))
			return absolute(path);
	}
	return NULL;
}

/* The directory of what a link in /proc leads to, or NULL. */
static char *directory_of(const char *link, char *room, size_t size)
{
	ssize_t n = readlink(link, room, size - 1);
	char *slash;

	if (n <= 0)
		return NULL;
	room[n] = '\0';
	slash = strrchr(room, '/');
	if (!slash || slash == room)
		return NULL;
	*slash = '\0';
	return room;
}

/* ---- the name by which we are called --------------------------------------- */

/* What follows "ld" in [TARGET-]ld[.SORT], or NULL: no name of a linker. */
static const char *sort_of(const char *name)
{
	const char *ld;

	for (ld = strstr(name, "ld"); ld; ld = strstr(ld + 1, "ld")) {
		if ((ld == name || ld[-1] == '-') && (!ld[2] || ld[2] == '.'))
			return ld + 2;
	}
	return strcmp(name, "mold") ? NULL : name;
}

/* The file that was run tells more than argv[0], which a caller may choose;
 * but behind a preloaded mold wrapper argv[0] has the name. */
static const char *called_as(const char *argv0)
{
	const char *file = (const char *)getauxval(AT_EXECFN);
	const char *name = file ? basename(file) : "";

	if (!sort_of(name) && argv0)
		name = basename(argv0);
	/* Two names under which gcc looks for an ld before it does for ld. */
	if (!sort_of(name) || !strcmp(name, "real-ld") ||
	    !strcmp(name, "collect-ld"))
		return "ld";
	return name;
}

/* ---- a preloaded mold wrapper ----------------------------------------------- */

/*
 * `mold -run' preloads a library that turns each exec of an ld into one of
 * $MOLD_PATH.  So this is the default linker for now; and if it is us, then
 * our exec of the real ld would come back to us, again and again.
 */
static bool mold_preloaded(void)
{
	const char *preload = getenv("LD_PRELOAD");

	return preload && strstr(preload, "mold-wrapper.so");
}

static const char *preloaded_mold(void)
{
	const char *path = getenv("MOLD_PATH");

	if (!mold_preloaded() || !path || !is_program(path) ||
	    is_ourselves(path))
		return NULL;
	return absolute(path);
}

int lw_exec(const char *path, char *const *argv)
{
	/* Not by libc's function, which is the one that the library turns. */
	if (mold_preloaded())
		return (int)syscall(SYS_execve, path, argv, environ);
	return execv(path, argv);
}

/* ---- the real linker -------------------------------------------------------- */

static const char *named(const char *name, const char *where)
{
	const char *path = strchr(name, '/') ? absolute(name) :
		in_list(getenv("PATH"), name, false);
	struct stat st;

	if (!path || stat(path, &st))
		lw_die(LW_EXIT_NOT_FOUND, LW_NO_LINKER,
		       "%s: the real linker `%s' does not exist", where, name);
	if (!is_program(path))
		lw_die(LW_EXIT_NOT_EXECUTABLE, LW_LINKER_FAILED,
		       "%s: the real linker `%s' is not executable", where,
		       name);
	if (is_ourselves(path))
		lw_die(LW_EXIT_REFUSED, LW_LINKER_LOOP,
		       "%s: the real linker `%s' is ld-wrap itself", where,
		       name);
	return path;
}

/* Each clang has its lld beside it, which reads its kind of bitcode. */
static const char *beside_clang(const char *name)
{
	char room[4096];
	char *link = lw_asprintf("/proc/%ld/exe", (long)getppid());
	char *dir = directory_of(link, room, sizeof(room));

	if (!dir || !strstr(dir + strlen(dir) + 1, "clang"))
		return NULL;
	return in_list(dir, name, true);
}

static const char *looked_for(const char *name)
{
	const char *path = in_list(getenv("COMPILER_PATH"), name, true);

	if (!path)
		path = beside_clang(name);
	if (!path)
		path = in_list(getenv("PATH"), name, true);
	if (!path)
		lw_die(LW_EXIT_NOT_FOUND, LW_NO_LINKER,
		       "PATH has no `%s' but ld-wrap", name);
	return path;
}

const char *lw_find_ld(const struct lw_options *options, const char *argv0)
{
	const char *variable = getenv("LD_WRAP_LD"), *mold;
	const char *name = called_as(argv0);
	bool any = !*sort_of(name);

	if (options->ld)
		return named(options->ld, "--rts-ld");
	/* $LD_WRAP_LD=ld.gold is no answer to who wants an ld.lld. */
	if (variable && *variable &&
	    (any || lw_same_linker(name, basename(variable))))
		return named(variable, "$LD_WRAP_LD");
	mold = any ? preloaded_mold() : NULL;
	if (mold)
		return mold;
	if (!strcmp(name, "ld") && *LW_DEFAULT_LD)
		return named(LW_DEFAULT_LD, "configured");
	return looked_for(name);
}

/* ---- the directory of links to us -------------------------------------------- */

/*
 * For `gcc -B', found from where we are: in the tree in which we were built, or
 * as installed, also if all of it was moved.
 */
const char *lw_linkers_dir(void)
{
	static const char *const where[] = { "linkers", "../libexec/ld-wrap" };
	const char *path = LW_LINKERS_DIR, *ld;
	char room[4096];
	char *dir = directory_of("/proc/self/exe", room, sizeof(room)), *real;
	size_t i;

	for (i = 0; i < 2 && dir; i++) {
		ld = lw_asprintf("%s/%s/ld", dir, where[i]);
		if (is_ourselves(ld)) {
			path = lw_asprintf("%s/%s", dir, where[i]);
			break;
		}
	}
	ld = lw_asprintf("%s/ld", path);
	if (!is_ourselves(ld))
		lw_die(LW_EXIT_REFUSED, LW_READ,
		       "%s is not there, or is no link to this ld-wrap", ld);
	real = realpath(path, NULL);
	path = real ? lw_strdup(real) : path;
	free(real);
	return path;
}
