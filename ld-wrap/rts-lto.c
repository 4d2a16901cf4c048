// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rts-lto.c - rts-lto.so, a linker plugin that stands in for the compiler's
 *
 * ld-wrap runs the real linker with this as its -plugin, and the one that the
 * user named as an option (lto.c).  A linker tells its plugin what it can do
 * in a vector of tagged values, many of which are functions.  The compiler's
 * plugin gets the same vector, but for three things:
 *
 *	rts-plugin=, rts-files=	are options of ours: what the user named, and
 *				what the names of our files begin with
 *	register_claim_file	we ask first, and note what it took
 *	add_input_file		is how native objects come to the linker: each
 *				is complete then, and we copy it
 *
 * A plugin has no data but its own, and no way to say who calls; so all this
 * is one static structure, and one compiler's plugin.
 *
 * Nothing is printed but by the linker's own message function, and a copy that
 * fails is fatal: without it ld-wrap would not see all code.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <plugin-api.h>		/* behind stdint.h, which it may not include */

/* Newer than some headers.  A plugin that is not offered it uses the first
 * version, which is the one that we know. */
#define CLAIM_FILE_HOOK_V2	35

static struct {
	const char *plugin, *files;
	unsigned natives;
	ld_plugin_message message;
	ld_plugin_add_input_file add_input_file;
	ld_plugin_register_claim_file register_claim_file;
	ld_plugin_claim_file_handler claim_file;
} shim;

static enum ld_plugin_status fail(const char *what, const char *why)
{
	if (shim.message)
		shim.message(LDPL_FATAL, "ld-wrap: rts-lto.so: %s: %s", what,
			     why);
	return LDPS_ERR;
}

static int write_all(int fd, const char *at, size_t n)
{
	ssize_t done;

	while (n) {
		done = write(fd, at, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int copy_bytes(int from, int to)
{
	char buffer[65536];
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || write_all(to, buffer, (size_t)n))
			return -1;
	}
	return 0;
}

static int copy_file(const char *path, const char *copy)
{
	int from = open(path, O_RDONLY | O_CLOEXEC), to, bad;

	if (from < 0)
		return -1;
	to = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bad = to < 0 || copy_bytes(from, to);
	if (to >= 0 && close(to))
		bad = 1;
	close(from);
	return bad ? -1 : 0;
}

static enum ld_plugin_status add_input_file(const char *path)
{
	char copy[4096];
	int n = snprintf(copy, sizeof(copy), "%s.o%u", shim.files,
			 shim.natives++);

	if (n < 0 || (size_t)n >= sizeof(copy))
		return fail(shim.files, strerror(ENAMETOOLONG));
	if (copy_file(path, copy))
		return fail(copy, strerror(errno));
	return shim.add_input_file(path);
}

/* One line for each input that the compiler took. */
static int note_claim(const struct ld_plugin_input_file *file)
{
	char path[4096], line[80];
	struct stat st;
	int n, fd, bad;

	if (fstat(file->fd, &st))
		return -1;
	n = snprintf(path, sizeof(path), "%s.claims", shim.files);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	n = snprintf(line, sizeof(line), "%llu %llu %llu\n",
		     (unsigned long long)st.st_dev,
		     (unsigned long long)st.st_ino,
		     (unsigned long long)file->offset);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	bad = write_all(fd, line, (size_t)n);
	if (close(fd))
		bad = -1;
	return bad;
}

static enum ld_plugin_status claim_file(const struct ld_plugin_input_file *file,
					int *claimed)
{
	enum ld_plugin_status status = shim.claim_file(file, claimed);

	if (status == LDPS_OK && *claimed && note_claim(file))
		return fail(file->name, strerror(errno));
	return status;
}

static enum ld_plugin_status
register_claim_file(ld_plugin_claim_file_handler handler)
{
	shim.claim_file = handler;
	return shim.register_claim_file(claim_file);
}

/* Is it an option of ours?  If so, take it. */
static int take_option(const char *option)
{
	static const char plugin[] = "rts-plugin=", files[] = "rts-files=";

	if (!strncmp(option, plugin, sizeof(plugin) - 1))
		shim.plugin = option + sizeof(plugin) - 1;
	else if (!strncmp(option, files, sizeof(files) - 1))
		shim.files = option + sizeof(files) - 1;
	else
		return 0;
	return 1;
}

/* One value of the linker's, as the compiler's plugin shall see it; 0: not at
 * all. */
static int change(struct ld_plugin_tv *one)
{
	switch ((int)one->tv_tag) {
	case LDPT_OPTION:
		return !take_option(one->tv_u.tv_string);
	case LDPT_MESSAGE:
		shim.message = one->tv_u.tv_message;
		return 1;
	case LDPT_ADD_INPUT_FILE:
		shim.add_input_file = one->tv_u.tv_add_input_file;
		one->tv_u.tv_add_input_file = add_input_file;
		return 1;
	case LDPT_REGISTER_CLAIM_FILE_HOOK:
		shim.register_claim_file = one->tv_u.tv_register_claim_file;
		one->tv_u.tv_register_claim_file = register_claim_file;
		return 1;
	case CLAIM_FILE_HOOK_V2:
		return 0;
	default:
		return 1;
	}
}

enum ld_plugin_status onload(struct ld_plugin_tv *tv);

enum ld_plugin_status onload(struct ld_plugin_tv *tv)
{
	ld_plugin_onload inner;
	/* Kept: nobody says that the plugin does not look at it again. */
	static struct ld_plugin_tv *copy;
	size_t i, n = 0, count = 1;
	void *handle;

	while (tv[count - 1].tv_tag != LDPT_NULL)
		count++;
	copy = malloc(count * sizeof(*copy));
	for (i = 0; copy && i < count; i++) {
		copy[n] = tv[i];
		n += (size_t)change(&copy[n]);
	}
	if (!copy || !shim.plugin || !shim.files)
		return fail("onload", copy ? "no plugin is named" :
					     strerror(ENOMEM));
	handle = dlopen(shim.plugin, RTLD_NOW);
	if (!handle)
		return fail(shim.plugin, dlerror());
	*(void **)&inner = dlsym(handle, "onload");
	if (!inner)
		return fail(shim.plugin, dlerror());
	return inner(copy);
}
