// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * realld.c - find the real linker
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lw.h"

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

/* The first program of that name on PATH; or the first that is not us. */
static const char *on_path(const char *name, bool skip_ourselves)
{
	const char *at = getenv("PATH"), *end;
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

static const char *named(const char *name, const char *where)
{
	const char *path = strchr(name, '/') ? absolute(name) :
		on_path(name, false);
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

const char *lw_find_ld(const struct lw_options *options)
{
	const char *variable = getenv("LD_WRAP_LD"), *path;

	if (options->ld)
		return named(options->ld, "--rts-ld");
	if (variable && *variable)
		return named(variable, "$LD_WRAP_LD");
	if (*LW_DEFAULT_LD)
		return named(LW_DEFAULT_LD, "configured");
	path = on_path("ld", true);
	if (!path)
		lw_die(LW_EXIT_NOT_FOUND, LW_NO_LINKER,
		       "PATH has no `ld' but ld-wrap");
	return path;
}
