// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * input.c - open what the command line names, and tell what it is
 *
 * We look for code that uses a mark, and leave every judgement to the real
 * linker: a file that is missing, or of a kind that we do not know, is its
 * business.  A file that we know and that is malformed is remembered as
 * unreadable, because code in it may use a mark.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "input.h"

void lw_input_unreadable(struct lw_link *link, const char *name,
			 const char *why)
{
	struct lw_unreadable *one = LW_PUSH(&link->unreadable);

	one->name = name;
	one->why = why;
}

char *lw_path_beside(const char *path, const char *name, size_t length)
{
	const char *slash = strrchr(path, '/');
	int before = slash ? (int)(slash - path) + 1 : 0;

	if (length && name[0] == '/')
		before = 0;
	return lw_asprintf("%.*s%.*s", before, path, (int)length, name);
}

/* The process may map 65,530 ranges; a thin archive may have more members. */
static const unsigned char *map_or_read(int fd, size_t size)
{
	void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	unsigned char *copy;
	size_t have = 0;
	ssize_t n;

	if (data != MAP_FAILED)
		return data;
	copy = lw_alloc(size);
	while (have < size) {
		n = pread(fd, copy + have, size - have, (off_t)have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return NULL;
		have += (size_t)n;
	}
	return copy;
}

/*
 * What is not there, or not for us to read, the real linker will say better.
 * But where the machine fails us it may serve the linker a moment later, and a
 * marked object would be linked as if it were none.
 */
static bool no_input(const char *path)
{
	int error = errno;

	if (error == EIO || error == EMFILE || error == ENFILE ||
	    error == ENOMEM || error == ESTALE)
		lw_say(LW_READ, "%s: %s", path, strerror(error));
	return false;
}

static int open_input(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/*
 * A FIFO can be read once, and that once is the real linker's.  So a file is
 * opened only when stat() has seen that it is regular, and without waiting
 * for a writer should it have changed since.
 */
bool lw_input_map(struct lw_link *link, const char *path,
		  struct lw_bytes *bytes)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return no_input(path);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) {
		lw_input_unreadable(link, lw_strdup(path),
				    "it is no regular file, and only the real "
				    "linker may read it");
		return false;
	}
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return false;
	fd = open_input(path);
	if (fd < 0)
		return no_input(path);
	bytes->data = NULL;
	bytes->offset = 0;
	bytes->file = (struct lw_file_id){ st.st_dev, st.st_ino };
	if (fstat(fd, &st))
		no_input(path);
	else if (S_ISREG(st.st_mode) && st.st_size > 0) {
		bytes->size = (size_t)st.st_size;
		bytes->data = map_or_read(fd, bytes->size);
		if (!bytes->data)
			lw_input_unreadable(link, lw_strdup(path),
					    strerror(errno));
	}
	close(fd);
	return bytes->data != NULL;
}

static bool starts_with(struct lw_bytes bytes, const char *magic, size_t n)
{
	return bytes.size >= n && !memcmp(bytes.data, magic, n);
}

/* Bitcode, plain or in its wrapper: code that is not there yet. */
static bool is_bitcode(struct lw_bytes bytes)
{
	return starts_with(bytes, "BC\xC0\xDE", 4) ||
		starts_with(bytes, "\xDE\xC0\x17\x0B", 4);
}

static struct lw_object *new_object(const char *name, struct lw_bytes bytes,
				    bool in_archive)
{
	struct lw_object *object = lw_alloc(sizeof(*object));

	object->name = name;
	object->data = bytes.data;
	object->size = bytes.size;
	object->file = bytes.file;
	object->file_offset = bytes.offset;
	object->in_archive = in_archive;
	return object;
}

static void keep_object(struct lw_link *link, struct lw_object *object)
{
	object->index = link->objects.count;
	*LW_PUSH(&link->objects) = object;
	link->any_property |= object->has_property;
}

/* A relocatable object of a machine, class or byte order that we cannot read
 * is of interest only if it has marks; then the name is in it somewhere. */
static void note_foreign(struct lw_link *link, const char *name,
			 struct lw_bytes bytes)
{
	struct lw_unreadable *one;
	unsigned machine;

	if (!memmem(bytes.data, bytes.size, ".rts.mark", sizeof(".rts.mark")))
		return;
	machine = bytes.data[EI_DATA] == ELFDATA2MSB ?
		bytes.data[18] << 8 | bytes.data[19] :
		bytes.data[19] << 8 | bytes.data[18];
	one = LW_PUSH(&link->foreign);
	one->name = name;
	one->why = lw_asprintf("e_machine %u, class %u", machine,
			       bytes.data[EI_CLASS]);
}

/* x86-64 is class 64, i386 class 32; x32, x86-64 in class 32, is neither. */
static unsigned machine_of(struct lw_bytes bytes)
{
	unsigned machine = bytes.data[18] | bytes.data[19] << 8;

	if (bytes.data[EI_DATA] != ELFDATA2LSB)
		return EM_NONE;
	if (machine == EM_X86_64 && bytes.data[EI_CLASS] == ELFCLASS64)
		return machine;
	if (machine == EM_386 && bytes.data[EI_CLASS] == ELFCLASS32)
		return machine;
	return EM_NONE;
}

/* If no -m says what the output will be, the first object does. */
static bool is_ours(struct lw_link *link, unsigned machine, unsigned type)
{
	if (!link->machine && type == ET_REL)
		link->machine = machine;
	return machine && machine == link->machine;
}

static void read_elf(struct lw_link *link, const char *name,
		     struct lw_bytes bytes, bool in_archive)
{
	struct lw_object *object;
	const char *why;
	unsigned type;

	if (bytes.size < sizeof(Elf32_Ehdr)) {
		lw_input_unreadable(link, name,
				    "it is shorter than an ELF header");
		return;
	}
	type = bytes.data[EI_DATA] == ELFDATA2MSB ? bytes.data[17] :
		bytes.data[16];
	if (type != ET_REL && type != ET_DYN)
		return;
	if (!is_ours(link, machine_of(bytes), type)) {
		if (type == ET_REL)
			note_foreign(link, name, bytes);
		return;
	}
	object = new_object(name, bytes, in_archive);
	why = lw_elf_read(object);
	if (type == ET_DYN) {
		if (!why)
			*LW_PUSH(&link->shared) = object;
	} else if (why) {
		lw_input_unreadable(link, name, why);
	} else {
		keep_object(link, object);
	}
}

void lw_input_bytes(struct lw_link *link, const char *name,
		    struct lw_bytes bytes, bool in_archive)
{
	struct lw_object *object;

	if (starts_with(bytes, ELFMAG, SELFMAG)) {
		read_elf(link, name, bytes, in_archive);
	} else if (is_bitcode(bytes)) {
		object = new_object(name, bytes, in_archive);
		object->has_ir = object->is_lto = true;
		/* Its symbols' names are in the clear, also of statics. */
		object->ir_marked = memmem(bytes.data, bytes.size, "rts_mark_",
					   9);
		keep_object(link, object);
	}
}

bool lw_input_seen(struct lw_link *link, struct lw_file_id file)
{
	size_t i;

	for (i = 0; i < link->seen.count; i++) {
		if (link->seen.at[i].dev == file.dev &&
		    link->seen.at[i].ino == file.ino)
			return true;
	}
	*LW_PUSH(&link->seen) = file;
	return false;
}

void lw_input_file(struct lw_link *link, const char *path, unsigned depth)
{
	struct lw_bytes bytes;

	if (!lw_input_map(link, path, &bytes))
		return;
	if (lw_is_archive(bytes)) {
		if (!lw_input_seen(link, bytes.file))
			lw_archive_read(link, path, bytes, depth);
	} else if (lw_is_script(bytes)) {
		if (!lw_input_seen(link, bytes.file))
			lw_script_read(link, path, bytes, depth);
	} else {
		lw_input_bytes(link, lw_strdup(path), bytes, false);
	}
}

void lw_input_open(struct lw_link *link)
{
	const char *emulation = link->command.emulation;
	size_t i;

	if (emulation)
		link->machine = strcmp(emulation, "elf_i386") ? EM_X86_64 :
								EM_386;
	for (i = 0; i < link->command.inputs.count; i++)
		lw_input_file(link, link->command.inputs.at[i].path, 0);
}
