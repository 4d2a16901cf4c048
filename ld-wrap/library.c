// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * library.c - which file -lNAME means
 *
 * GNU ld looks in the -L directories, in order and wherever on the command
 * line they stand, and then in the SEARCH_DIRs of its linker script.  Those
 * are built in, so the real linker is asked for them, but only if a library
 * was in no -L directory: compilers name them all.  What is there but of
 * another machine it passes over, as on a system that builds for i386, too.
 */
#include "config.h"

#include <ar.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argv.h"

/* `=' or $SYSROOT in front of a directory is the --sysroot, if any; gold has
 * neither, and lld not the second. */
static const char *in_sysroot(const struct lw_command *command,
			      const char *path)
{
	static const char variable[] = "$SYSROOT";
	const char *root = command->sysroot ? command->sysroot : "";

	if (path[0] == '=' && command->linker != LW_LINKER_GOLD)
		return lw_asprintf("%s%s", root, path + 1);
	if ((command->linker == LW_LINKER_BFD ||
	     command->linker == LW_LINKER_MOLD) &&
	    !strncmp(path, variable, sizeof(variable) - 1))
		return lw_asprintf("%s%s", root, path + sizeof(variable) - 1);
	return path;
}

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISDIR(st.st_mode);
}

/* ---- of which machine ------------------------------------------------------ */

#define ELF_HEAD	20	/* bytes, up to e_machine */

/* Not an ELF file at all: a script, say, or bitcode. */
static bool fits_elf(const struct lw_command *command,
		     const unsigned char *head)
{
	bool narrow = !strcmp(command->emulation, "elf_i386");

	return memcmp(head, ELFMAG, SELFMAG) ||
	       (head[EI_CLASS] == (narrow ? ELFCLASS32 : ELFCLASS64) &&
		head[18] == (narrow ? EM_386 : EM_X86_64) && !head[19]);
}

/* The first member that is no index says what the others are. */
static bool fits_archive(const struct lw_command *command, int fd)
{
	unsigned char head[ELF_HEAD];
	struct ar_hdr member;
	off_t at = SARMAG;
	long size;

	while (pread(fd, &member, sizeof(member), at) ==
	       (ssize_t)sizeof(member)) {
		at += (off_t)sizeof(member);
		if (member.ar_name[0] != '/' ||
		    (member.ar_name[1] >= '0' && member.ar_name[1] <= '9')) {
			if (!memcmp(member.ar_name, "#1/", 3))
				at += strtol(member.ar_name + 3, NULL, 10);
			return pread(fd, head, ELF_HEAD, at) != ELF_HEAD ||
			       fits_elf(command, head);
		}
		size = strtol(member.ar_size, NULL, 10);
		if (size < 0)
			return true;
		at += size + (size & 1);
	}
	return true;
}

/* Only a file that says otherwise does not fit. */
static bool fits(const struct lw_command *command, const char *path)
{
	unsigned char head[ELF_HEAD];
	struct stat st;
	bool good = true;
	int fd;

	if (!command->emulation || stat(path, &st) || !S_ISREG(st.st_mode))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return true;
	if (pread(fd, head, ELF_HEAD, 0) == ELF_HEAD)
		good = memcmp(head, ARMAG, SARMAG) ? fits_elf(command, head) :
		       fits_archive(command, fd);
	close(fd);
	return good;
}

/* ---- where --------------------------------------------------------------- */

static const char *usable(const struct lw_command *command, const char *path)
{
	return is_file(path) && fits(command, path) ? path : NULL;
}

/* libNAME.so, libNAME.a; or NAME itself for -l:NAME. */
static const char *in_directory(const struct lw_command *command,
				const char *dir, const char *name,
				bool is_static)
{
	const char *path;

	if (name[0] == ':')
		return usable(command, lw_asprintf("%s/%s", dir, name + 1));
	path = is_static ? NULL :
		usable(command, lw_asprintf("%s/lib%s.so", dir, name));
	return path ? path :
		usable(command, lw_asprintf("%s/lib%s.a", dir, name));
}

/* Take the SEARCH_DIR("=/usr/lib") of what `ld --verbose' prints. */
static void take_search_dirs(struct lw_command *command, const char *text)
{
	static const char key[] = "SEARCH_DIR(\"";
	const char *end;

	while ((text = strstr(text, key))) {
		text += sizeof(key) - 1;
		end = strchr(text, '"');
		if (!end)
			break;
		*LW_PUSH(&command->search_dirs) =
			lw_asprintf("%.*s", (int)(end - text), text);
		text = end;
	}
}

/* -Y DIR:DIR stands for the built-in ones. */
static void take_default_dirs(struct lw_command *command)
{
	const char *at = command->default_dirs, *end;

	for (; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		if (end > at)
			*LW_PUSH(&command->search_dirs) =
				lw_asprintf("%.*s", (int)(end - at), at);
	}
}

/* Those of Debian, and where others have theirs. */
static void take_gold_dirs(struct lw_command *command)
{
	static const char *const dirs[] = {
		"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
		"/usr/lib64", "/lib", "/usr/lib",
	};
	const char *root = command->sysroot ? command->sysroot : "";

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		*LW_PUSH(&command->search_dirs) =
			lw_asprintf("%s%s", root, dirs[i]);
}

static void know_search_dirs(struct lw_command *command)
{
	const char *text;

	if (command->search_known)
		return;
	command->search_known = true;
	if (command->nostdlib)
		return;
	if (command->default_dirs) {
		take_default_dirs(command);
		return;
	}
	if (command->linker == LW_LINKER_GOLD)
		take_gold_dirs(command);
	if (command->linker != LW_LINKER_BFD)
		return;
	text = lw_ask_ld(command->ld, "--verbose", command->emulation ?
			 lw_asprintf("-m%s", command->emulation) : NULL);
	if (text)
		take_search_dirs(command, text);
}

static const char *find(struct lw_command *command, const char *name,
			bool is_static)
{
	const char *path = NULL;
	size_t i;

	for (i = 0; !path && i < command->dirs.count; i++)
		path = in_directory(command, in_sysroot(command,
							command->dirs.at[i]),
				    name, is_static);
	if (path)
		return path;
	know_search_dirs(command);
	for (i = 0; !path && i < command->search_dirs.count; i++)
		path = in_directory(command, in_sysroot(command,
					       command->search_dirs.at[i]),
				    name, is_static);
	return path;
}

const char *lw_find_library(struct lw_command *command, const char *name)
{
	return find(command, name, command->is_static);
}

/* A -T script is looked for like a file, then in the -L directories. */
static const char *find_script(const struct lw_command *command,
			       const char *name)
{
	const char *path;
	size_t i;

	if (is_file(name) || name[0] == '/')
		return name;
	for (i = 0; i < command->dirs.count; i++) {
		path = lw_asprintf("%s/%s",
				   in_sysroot(command, command->dirs.at[i]),
				   name);
		if (is_file(path))
			return path;
	}
	return name;
}

/* What is found nowhere is dropped: the real linker will say so. */
void lw_find_inputs(const char *ld, struct lw_command *command)
{
	struct lw_input *input;
	size_t i, kept = 0;

	command->ld = ld;
	for (i = 0; i < command->inputs.count; i++) {
		input = &command->inputs.at[i];
		if (input->library)
			input->path = find(command, input->library,
					   input->is_static);
		else if (input->script)
			input->path = find_script(command, input->script);
		if (input->path)
			command->inputs.at[kept++] = *input;
	}
	command->inputs.count = kept;
}

/* The linker would read what it is about to replace. */
void lw_refuse_output_as_input(const struct lw_command *command)
{
	struct stat output, input;
	size_t i;

	if (stat(command->output, &output))
		return;
	for (i = 0; i < command->inputs.count; i++) {
		if (!stat(command->inputs.at[i].path, &input) &&
		    input.st_dev == output.st_dev &&
		    input.st_ino == output.st_ino)
			lw_say(LW_OUTPUT_IS_INPUT,
			       "%s: the output is also the input `%s'",
			       command->output, command->inputs.at[i].path);
	}
}
