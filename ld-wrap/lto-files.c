// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lto-files.c - what a linker leaves of an LTO link
 *
 * In our directory, beside an output that may have any name:
 *
 *	PREFIX.o, PREFIX.o0, PREFIX.o1...	native objects, by lld itself or
 *						copied by rts-lto.so
 *	PREFIX.claims	which inputs were LTO code to the compiler's plugin
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "argv.h"
#include "lto.h"

const char *lw_lto_file(const char *end)
{
	return lw_asprintf("%s%s", lw_temp_path("lto"), end);
}

static int by_number(const void *a, const void *b)
{
	const struct lw_native *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* The native objects in our directory, in the linker's order. */
struct lw_natives lw_lto_natives(void)
{
	const char *prefix = lw_lto_file(".o");
	DIR *stream = opendir(lw_temp_directory());
	struct lw_natives found = { 0 };
	struct dirent *entry;
	size_t n = strlen(basename(prefix));
	char *end;
	long number;

	while (stream && (entry = readdir(stream))) {
		if (strncmp(entry->d_name, basename(prefix), n))
			continue;
		number = strtol(entry->d_name + n, &end, 10);
		if (*end || number < 0)
			continue;
		end = lw_strdup(entry->d_name + n);
		*LW_PUSH(&found.list) = (struct lw_native){
			lw_asprintf("%s%s", prefix, end), end, number };
	}
	if (stream)
		closedir(stream);
	if (found.list.count)
		qsort(found.list.at, found.list.count,
		      sizeof(*found.list.at), by_number);
	return found;
}

/* The user asked for them, too. */
void lw_lto_give(const char *to)
{
	struct lw_natives all = lw_lto_natives();

	for (size_t i = 0; i < all.list.count; i++) {
		const struct lw_native *one = &all.list.at[i];
		const char *path = lw_asprintf("%s%s", to, one->suffix);
		struct stat st;
		char *data = lw_read_text(one->path);
		FILE *file = data ? fopen(path, "we") : NULL;
		bool bad = !file || stat(one->path, &st) ||
			fwrite(data, 1, (size_t)st.st_size, file) !=
			(size_t)st.st_size;

		if (file && fclose(file))
			bad = true;
		if (bad)
			lw_die(LW_EXIT_REFUSED, LW_WRITE, "%s: cannot write: "
			       "%s", path, strerror(errno));
	}
}
