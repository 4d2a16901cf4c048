/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input.h - how the readers of inputs share their work
 *
 *	input.c    opens files, tells what they are
 *	elf.c      one ELF object, read in place
 *	class32.c  the same of 32 bits, made wide
 *	archive.c  its members
 *	script.c   the files that a linker script names
 *
 * All read mapped files: a pointer into one lives until exit.
 */
#ifndef INPUT_H
#define INPUT_H

#include "lw.h"

/* An archive in a thin archive, a script that names a script: real ones nest
 * two deep. */
#define LW_INPUT_DEPTH 8

/* A file's bytes, or a part of them. */
struct lw_bytes {
	const unsigned char *data;
	size_t size;
	struct lw_file_id file;
	uint64_t offset;	/* in that file */
};

/* n bytes at an offset, or NULL if they are not all inside. */
const unsigned char *lw_bytes_at(struct lw_bytes bytes, uint64_t offset,
				 uint64_t n);

/* Map a file.  False: not there, or nothing in it for us (then the real
 * linker judges), or, noted as unreadable, no regular file. */
bool lw_input_map(struct lw_link *link, const char *path,
		  struct lw_bytes *bytes);

/* Find out what it is and take what we know. */
void lw_input_file(struct lw_link *link, const char *path, unsigned depth);

/* The same for bytes in memory.  in_archive: they are a member. */
void lw_input_bytes(struct lw_link *link, const char *name,
		    struct lw_bytes bytes, bool in_archive);

/*
 * Was this archive or script met before?  The linker takes nothing new from an
 * archive that it meets again, as with gcc's `-lgcc -lc -lgcc'; a script may
 * name itself, and a thin archive may hold itself, many times over.  But an
 * object named twice is linked twice.
 */
bool lw_input_seen(struct lw_link *link, struct lw_file_id file);

void lw_input_unreadable(struct lw_link *link, const char *name,
			 const char *why);

/* Read a little-endian ELF file's headers and symbol table: .symtab of an
 * ET_REL, .dynsym of an ET_DYN.  NULL, or what is wrong with it. */
const char *lw_elf_read(struct lw_object *object);

bool lw_is_archive(struct lw_bytes bytes);
void lw_archive_read(struct lw_link *link, const char *path,
		     struct lw_bytes bytes, unsigned depth);

bool lw_is_script(struct lw_bytes bytes);
void lw_script_read(struct lw_link *link, const char *path,
		    struct lw_bytes bytes, unsigned depth);
/* Does the script say so in its own text? */
bool lw_script_discards(const char *text, const char *section);

/* DIRECTORY-OF(path)/name, or name itself if it is absolute. */
char *lw_path_beside(const char *path, const char *name, size_t length);

#endif /* INPUT_H */
