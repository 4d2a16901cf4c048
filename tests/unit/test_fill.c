// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_fill.c - .rts.rela behind files of odd shapes, and a full disk
 *
 * Each file is made here: an ELF header, one PT_LOAD with text, slot and room
 * for a table, and section headers as the row says.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../ld-wrap/lw.h"
#include "../../ld-wrap/table.h"

#define BASE	0x400000u
#define TEXT	0x1000u		/* offsets; addresses are BASE + them */
#define SLOT	0x2000u
#define TABLE	0x3000u
#define LOADED	0x4000u

static struct lw_link lk;
static unsigned said[LW_DIAG_COUNT];
static char path[] = "test_fill.XXXXXX";

void lw_say(enum lw_diag id, const char *format, ...)
{
	(void)format;
	said[id]++;
}

void lw_die(int status, enum lw_diag id, const char *format, ...)
{
	(void)id;
	(void)format;
	exit(status);
}

/* ---- making files ------------------------------------------------------ */

static unsigned char *make(size_t sections, size_t *size)
{
	static const char names[] = "\0.shstrtab\0.text";
	size_t at = LOADED + sizeof(names) + 8 - sizeof(names) % 8;
	unsigned char *file = lw_alloc(at + sections * sizeof(Elf64_Shdr) +
				       8);
	Elf64_Phdr phdr = {
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = BASE,
		.p_filesz = LOADED, .p_memsz = LOADED, .p_align = 0x1000
	};
	Elf64_Ehdr ehdr = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1,
		.e_phoff = sizeof(ehdr), .e_ehsize = sizeof(ehdr),
		.e_phentsize = sizeof(phdr), .e_phnum = 1,
	};
	Elf64_Shdr shdr = { 0 };

	*size = at + sections * sizeof(shdr);
	memset(file + sizeof(ehdr) + sizeof(phdr), 0x90,
	       LOADED - sizeof(ehdr) - sizeof(phdr));
	memcpy(file + LOADED, names, sizeof(names));
	if (sections) {
		ehdr.e_shoff = at;
		ehdr.e_shentsize = sizeof(shdr);
		ehdr.e_shnum = sections < SHN_LORESERVE ?
			(uint16_t)sections : 0;
		ehdr.e_shstrndx = sections < SHN_LORESERVE ?
			(uint16_t)(sections - 1) : SHN_XINDEX;
		if (sections >= SHN_LORESERVE) {
			shdr.sh_size = sections;
			shdr.sh_link = (uint32_t)(sections - 1);
		}
		memcpy(file + at, &shdr, sizeof(shdr));
		shdr = (Elf64_Shdr){
			.sh_name = 1, .sh_type = SHT_STRTAB,
			.sh_offset = LOADED, .sh_size = sizeof(names)
		};
		memcpy(file + at + (sections - 1) * sizeof(shdr), &shdr,
		       sizeof(shdr));
	}
	memcpy(file, &ehdr, sizeof(ehdr));
	memcpy(file + sizeof(ehdr), &phdr, sizeof(phdr));
	return file;
}

/* call *slot(%rip) */
static void add_site(unsigned char *file)
{
	struct lw_form *f = LW_PUSH(&lk.forms);
	struct lw_site *site = LW_PUSH(&lk.sites);
	struct lw_mark *mark = LW_PUSH(&lk.marks);
	struct lw_encoding *e = &f->encodings[0];

	mark->name = "ops";
	mark->kind = RTS_KIND_OPS;
	mark->address = BASE + SLOT;
	mark->size = 8;
	f->length = 6;
	f->width = 8;
	f->tag = RTS_TAG_CALL_SLOT;
	f->encoding_count = 1;
	*e = (struct lw_encoding){
		.source = RTS_SOURCE_SLOT, .flags = RTS_ENCODING_PLACE,
		.bits = 32, .range = RTS_RANGE_SIGNED, .bias = 6,
		.template = { 0xff, 0x15 }, .mask = { 0xff, 0xff },
		.slice_count = 1, .slices = { { 0, 32, 16 } }
	};
	site->address = BASE + TEXT;
	site->slot = BASE + SLOT;
	file[TEXT] = 0xff;
	file[TEXT + 1] = 0x15;
	lw_table_store(file + TEXT + 2, SLOT - TEXT - 6, 4);
}

static int setup(void **state)
{
	int fd;

	(void)state;
	memset(&lk, 0, sizeof(lk));
	memset(said, 0, sizeof(said));
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int teardown(void **state)
{
	(void)state;
	lw_free_all();
	return unlink(path);
}

static void write_file(const unsigned char *file, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(file, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Make, read as ld-wrap does, fill. */
static void fill(size_t sections, unsigned char **file, size_t *size)
{
	struct lw_code *code;

	*file = make(sections, size);
	add_site(*file);
	write_file(*file, *size);
	lw_image_read(&lk.image, path);
	lk.image.code.count = 0;
	code = LW_PUSH(&lk.image.code);
	code->address = BASE + TEXT;
	code->size = 0x1000;
	lk.image.table_address = BASE + TABLE;
	lk.image.table_room = 0x800;
	lk.linked = path;
	assert_true(lw_table_build(&lk));
	lw_fill(&lk);
}

/* ---- what must have become of them ------------------------------------- */

static void check_loaded(const struct lw_image *after,
			 const unsigned char *file)
{
	const unsigned char *data = after->data;

	assert_memory_equal(data + sizeof(Elf64_Ehdr),
			    file + sizeof(Elf64_Ehdr),
			    TABLE - sizeof(Elf64_Ehdr));
	assert_memory_equal(data + TABLE, lk.table, lk.table_used);
	for (size_t i = lk.table_used; i < lk.image.table_room; i++)
		assert_int_equal(data[TABLE + i], 0);
	assert_memory_equal(data + TABLE + 0x800, file + TABLE + 0x800,
			    LOADED - TABLE - 0x800);
}

static void check_rela(const struct lw_image *after)
{
	const unsigned char *at;
	Elf64_Rela rela;
	size_t size;

	at = lw_image_section(after, ".rts.rela", &size);
	assert_non_null(at);
	assert_int_equal(size, sizeof(rela));
	memcpy(&rela, at, sizeof(rela));
	assert_int_equal(rela.r_offset, BASE + TEXT);
	assert_int_equal(rela.r_info, RTS_RELOC_BASE + RTS_TAG_CALL_SLOT);
	assert_int_equal(rela.r_addend, BASE + SLOT);
}

static size_t count_sections(const struct lw_image *image)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr first;

	memcpy(&ehdr, image->data, sizeof(ehdr));
	memcpy(&first, image->data + ehdr.e_shoff, sizeof(first));
	return ehdr.e_shnum ? ehdr.e_shnum : first.sh_size;
}

static void check_file(size_t sections, size_t expected)
{
	struct lw_image after;
	unsigned char *file;
	size_t size, names;

	fill(sections, &file, &size);
	assert_int_equal(said[LW_WRITE] + said[LW_DAMAGED_IMAGE] +
			 said[LW_INTERNAL], 0);
	lw_image_read(&after, path);
	check_loaded(&after, file);
	check_rela(&after);
	assert_int_equal(count_sections(&after), expected);
	/* the old names, where there were some, and .shstrtab itself */
	assert_non_null(lw_image_section(&after, ".shstrtab", &names));
}

static void test_ordinary(void **state)
{
	(void)state;
	check_file(2, 3);
}

static void test_no_section_headers(void **state)
{
	(void)state;
	check_file(0, 3);
}

/* From 0xff00 on, the count moves to section header 0: below, at, above. */
static void test_many_sections(void **state)
{
	(void)state;
	check_file(SHN_LORESERVE - 2, SHN_LORESERVE - 1);
}

static void test_just_too_many_sections(void **state)
{
	(void)state;
	check_file(SHN_LORESERVE - 1, SHN_LORESERVE);
}

static void test_too_many_sections(void **state)
{
	(void)state;
	check_file(SHN_LORESERVE + 5, SHN_LORESERVE + 6);
}

static void test_full_disk(void **state)
{
	unsigned char *file;
	size_t size;

	(void)state;
	fill(2, &file, &size);
	lk.linked = "/dev/full";
	lw_fill(&lk);
	assert_int_equal(said[LW_WRITE], 1);
}

static void test_not_writable(void **state)
{
	unsigned char *file;
	size_t size;

	(void)state;
	fill(2, &file, &size);
	lk.linked = "/nonexistent/file";
	lw_fill(&lk);
	assert_int_equal(said[LW_WRITE], 1);
}

/* Section headers that lie: each is refused, and nothing is read outside. */
static void test_damaged_headers(void **state)
{
	static const struct {
		size_t at;
		unsigned size;
		uint64_t value;
	} rows[] = {
		{ offsetof(Elf64_Ehdr, e_shoff), 8, 0x7fffffff },
		{ offsetof(Elf64_Ehdr, e_shoff), 8, UINT64_MAX - 8 },
		{ offsetof(Elf64_Ehdr, e_shnum), 2, 0x7000 },
		{ offsetof(Elf64_Ehdr, e_shstrndx), 2, 2 },
		{ offsetof(Elf64_Ehdr, e_shstrndx), 2, 0 },
		{ offsetof(Elf64_Ehdr, e_shentsize), 2, 40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unsigned char *file;
		size_t size;

		memset(&lk, 0, sizeof(lk));
		fill(2, &file, &size);
		lw_table_store(lk.image.data + rows[i].at, rows[i].value,
			       rows[i].size);
		memset(said, 0, sizeof(said));
		lw_fill(&lk);
		assert_int_equal(said[LW_DAMAGED_IMAGE], 1);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_ordinary),
		TEST(test_no_section_headers),
		TEST(test_many_sections),
		TEST(test_just_too_many_sections),
		TEST(test_too_many_sections),
		TEST(test_full_disk),
		TEST(test_not_writable),
		TEST(test_damaged_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
