// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * build-id.c - --build-id is true of the bytes that come out
 *
 * The real linker hashes what it writes; then we fill the table, and two
 * programs that differ only there would have one id.  So the id is computed
 * again, as the last change.  An id that is no digest (uuid, 0xHEX) and a note
 * that came with an input stay as they are.
 *
 *	GNU ld	its own digest: ELF header without e_phoff and e_shoff, program
 *		headers, then for each section its header without sh_offset and
 *		its bytes, but not those of .symtab, .strtab and .shstrtab; the
 *		whole note is zeros.  (So that symbols of debuggers can be
 *		stripped, moved and found again by the id.)
 *	others	all bytes of the file, the id's being zeros: gold's own digest.
 *		lld and mold hash pieces by many threads, each version in
 *		another way; nobody can tell by an id how it came about.
 *
 * MD5 makes 16 bytes, SHA-1 all other lengths: cut off, or gone on with.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "build-id.h"
#include "class32.h"
#include "digest.h"

/* Bytes of the final file, or NULL. */
static unsigned char *final_at(const struct lw_final *f, uint64_t at,
			       uint64_t n)
{
	if (at <= f->size && n <= f->size - at)
		return f->data + at;
	at -= f->size;
	return at <= f->tail_size && n <= f->tail_size - at ?
		f->tail + at : NULL;
}

/* ---- the note --------------------------------------------------------- */

/* Three words, and "GNU". */
#define NOTE_HEAD	(sizeof(Elf64_Nhdr) + 4)

struct note {
	size_t id, size;	/* its offset in the file, its bytes */
};

static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Among the notes in n bytes at an offset. */
static bool find_in(const struct lw_final *f, uint64_t offset, uint64_t n,
		    struct note *note)
{
	const unsigned char *p = final_at(f, offset, n);
	Elf64_Nhdr head;
	size_t at, name, next;

	for (at = 0; p && n - at >= sizeof(head); at = next) {
		memcpy(&head, p + at, sizeof(head));
		name = at + sizeof(head);
		if (head.n_namesz > n || head.n_descsz > n)
			return false;
		note->id = (size_t)offset + name + align4(head.n_namesz);
		note->size = head.n_descsz;
		next = name + align4(head.n_namesz) + align4(head.n_descsz);
		if (next > n)
			return false;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
		    !memcmp(p + name, "GNU", 4))
			return note->size > 0;
	}
	return false;
}

static bool find_note(const struct lw_final *f, struct note *note)
{
	for (size_t i = 0; i < f->section_count; i++) {
		const Elf64_Shdr *shdr = &f->sections[i];

		if (shdr->sh_type == SHT_NOTE &&
		    find_in(f, shdr->sh_offset, shdr->sh_size, note))
			return true;
	}
	return false;
}

/* ---- the digests ------------------------------------------------------ */

static void add_at(struct lw_digest *d, const struct lw_final *f, uint64_t at,
		   uint64_t n)
{
	const unsigned char *p = final_at(f, at, n);

	if (p)
		lw_digest_add(d, p, n);
}

/* What GNU ld has no contents of when it makes its digest. */
static bool has_contents(const struct lw_final *f, size_t index)
{
	const Elf64_Shdr *shdr = &f->sections[index];

	if (shdr->sh_type == SHT_STRTAB)
		return shdr->sh_flags & SHF_ALLOC;
	return shdr->sh_type != SHT_NULL && shdr->sh_type != SHT_NOBITS &&
		shdr->sh_type != SHT_SYMTAB && index != f->strings;
}

static void add_section(struct lw_digest *d, const struct lw_final *f,
			size_t index)
{
	unsigned char bytes[sizeof(Elf64_Shdr)];
	Elf64_Shdr shdr = f->sections[index];

	shdr.sh_offset = 0;
	lw_put_shdr(f->elf_class, bytes, &shdr);
	lw_digest_add(d, bytes, LW_SIZE(f->elf_class, Shdr));
	shdr = f->sections[index];
	if (has_contents(f, index))
		add_at(d, f, shdr.sh_offset, shdr.sh_size);
}

static void digest_sections(struct lw_digest *d, const struct lw_final *f)
{
	Elf64_Ehdr ehdr = lw_wide_ehdr(f->elf_class, f->data), bare = ehdr;
	unsigned char head[sizeof(ehdr)];

	bare.e_phoff = 0;
	bare.e_shoff = 0;
	lw_put_ehdr(f->elf_class, head, &bare);
	lw_digest_add(d, head, LW_SIZE(f->elf_class, Ehdr));
	add_at(d, f, ehdr.e_phoff, (uint64_t)ehdr.e_phnum * ehdr.e_phentsize);
	for (size_t i = 0; i < f->section_count; i++)
		add_section(d, f, i);
}

/* More bytes than one digest has: each next one is that of the last one. */
static void put_id(unsigned char *id, size_t size, unsigned char *result,
		   size_t length)
{
	struct lw_digest d;
	size_t part;

	for (; size; size -= part, id += part) {
		part = size < length ? size : length;
		memcpy(id, result, part);
		lw_digest_begin(&d, length);
		lw_digest_add(&d, result, length);
		lw_digest_end(&d, result);
	}
}

/* An id that says something of the bytes?  uuid and 0xHEX do not. */
static bool is_digest(const char *style)
{
	return style && strcasecmp(style, "none") &&
		strcasecmp(style, "uuid") && strncasecmp(style, "0x", 2);
}

/* GNU ld makes its digest before it writes the head of the note. */
static void digest_without_note(struct lw_digest *d, struct lw_final *f,
				const struct note *note, unsigned char *id)
{
	unsigned char head[NOTE_HEAD];

	memcpy(head, id - NOTE_HEAD, NOTE_HEAD);
	memset(id - NOTE_HEAD, 0, NOTE_HEAD + note->size);
	digest_sections(d, f);
	memcpy(id - NOTE_HEAD, head, NOTE_HEAD);
}

size_t lw_build_id(const struct lw_link *link, struct lw_final *f, size_t *at)
{
	unsigned char result[LW_DIGEST_MAX], *id;
	struct lw_digest d;
	struct note note;

	if (!is_digest(link->command.build_id) || !find_note(f, &note))
		return 0;
	id = final_at(f, note.id, note.size);
	lw_digest_begin(&d, note.size == LW_MD5_SIZE ? LW_MD5_SIZE :
			LW_SHA1_SIZE);
	if (link->command.linker == LW_LINKER_BFD) {
		digest_without_note(&d, f, &note, id);
	} else {
		memset(id, 0, note.size);
		lw_digest_add(&d, f->data, f->size);
		lw_digest_add(&d, f->tail, f->tail_size);
	}
	lw_digest_end(&d, result);
	put_id(id, note.size, result, d.size);
	*at = note.id;
	return note.size;
}
