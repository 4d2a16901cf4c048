// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_image - the reader of linked files: what it finds in a small one made
 * here, in a stripped one, and that a damaged one is refused or read, but
 * never read out of bounds
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lw.h"

#define BASE 0x400000

/* The file, as it lies there. */
#ifdef TEST_32			/* test_image32: the same of 32 bits */
#define Elf(name)	Elf32_##name
#define CLASS		"\1"
#define MACHINE		EM_386
typedef uint32_t Address;
#else
#define Elf(name)	Elf64_##name
#define CLASS		"\2"
#define MACHINE		EM_X86_64
typedef uint64_t Address;
#endif

struct file {
	Elf(Ehdr) ehdr;
	Elf(Phdr) phdr[2];
	unsigned char text[32];
	unsigned char data[16];
	Elf(Sym) symbols[6];
	char strings[48];
	char names[40];
	Elf(Shdr) shdr[6];
};

static char path[] = "/tmp/test_image.XXXXXX";

static Elf(Shdr) section(unsigned name, uint32_t type, uint64_t flags,
			  size_t offset, size_t size)
{
	Elf(Shdr) one = { .sh_name = name, .sh_type = type,
			   .sh_flags = flags, .sh_offset = offset,
			   .sh_size = size };

	if (flags & SHF_ALLOC)
		one.sh_addr = BASE + offset;
	return one;
}

static Elf(Sym) symbol(unsigned name, unsigned bind, unsigned type,
			unsigned index, uint64_t value, uint64_t size)
{
	return (Elf(Sym)){ .st_name = name, .st_shndx = (uint16_t)index,
		.st_info = (unsigned char)ELF64_ST_INFO(bind, type),
		.st_value = value, .st_size = size };
}

static Elf(Phdr) segment(unsigned flags, size_t offset, uint64_t address,
			 size_t file_size, size_t memory_size)
{
	return (Elf(Phdr)){ .p_type = PT_LOAD, .p_flags = flags,
		.p_offset = (Address)offset, .p_vaddr = (Address)address,
		.p_filesz = (Address)file_size, .p_memsz = (Address)memory_size,
		.p_align = 1 };
}

#define AT(member) \
	offsetof(struct file, member), sizeof(((struct file *)0)->member)

static struct file make(void)
{
	static const char strings[] =
		"\0first\0second\0local\0object\0absolute";
	static const char names[] = "\0.text\0.rts.mark\0.symtab\0.strtab";
	uint64_t text = BASE + offsetof(struct file, text);
	struct file f = { 0 };

	memcpy(f.ehdr.e_ident, ELFMAG CLASS "\1\1", 7);
	f.ehdr.e_type = ET_EXEC;
	f.ehdr.e_machine = MACHINE;
	f.ehdr.e_phoff = offsetof(struct file, phdr);
	f.ehdr.e_phentsize = sizeof(f.phdr[0]);
	f.ehdr.e_phnum = 2;
	f.ehdr.e_shoff = offsetof(struct file, shdr);
	f.ehdr.e_shentsize = sizeof(f.shdr[0]);
	f.ehdr.e_shnum = 6;
	f.ehdr.e_shstrndx = 5;
	f.phdr[0] = segment(PF_R | PF_X, offsetof(struct file, text), text, 32,
			    32);
	f.phdr[1] = segment(PF_R | PF_W, offsetof(struct file, data),
			    text + 0x1000, 16, 64);
	memset(f.text, 0x90, sizeof(f.text));
	memcpy(f.data, "0123456789abcdef", 16);
	f.symbols[1] = symbol(14, STB_LOCAL, STT_NOTYPE, 1, text + 8, 0);
	f.symbols[2] = symbol(7, STB_GLOBAL, STT_FUNC, 1, text + 8, 4);
	f.symbols[3] = symbol(1, STB_GLOBAL, STT_FUNC, 1, text, 8);
	f.symbols[4] = symbol(20, STB_GLOBAL, STT_OBJECT, 2, text + 0x1000, 8);
	f.symbols[5] = symbol(27, STB_GLOBAL, STT_NOTYPE, SHN_ABS, 5, 0);
	memcpy(f.strings, strings, sizeof(strings));
	memcpy(f.names, names, sizeof(names));
	f.shdr[1] = section(1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR,
			    AT(text));
	f.shdr[2] = section(7, SHT_PROGBITS, 0, AT(data));
	f.shdr[3] = section(17, SHT_SYMTAB, 0, AT(symbols));
	f.shdr[3].sh_link = 4;
	f.shdr[4] = section(25, SHT_STRTAB, 0, AT(strings));
	f.shdr[5] = section(25, SHT_STRTAB, 0, AT(names));
	return f;
}

static void write_file(const void *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), (ssize_t)size);
	close(fd);
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	close(fd);
	return fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	lw_free_all();
	return unlink(path);
}

static void test_contents(void **state)
{
	uint64_t text = BASE + offsetof(struct file, text);
	struct file f = make();
	struct lw_image image;
	const unsigned char *data;
	size_t size;

	(void)state;
	write_file(&f, sizeof(f));
	lw_image_read(&image, path);
	assert_int_equal(image.machine, MACHINE);
	assert_int_equal(image.type, ET_EXEC);
	assert_int_equal(image.size, sizeof(f));
	assert_int_equal(image.segments.count, 2);
	assert_true(image.segments.at[0].executable);
	assert_false(image.segments.at[1].executable);
	assert_int_equal(image.code.count, 1);
	assert_string_equal(image.code.at[0].name, ".text");
	assert_int_equal(image.code.at[0].address, text);
	assert_int_equal(image.code.at[0].size, 32);
	data = lw_image_section(&image, ".rts.mark", &size);
	assert_non_null(data);
	assert_memory_equal(data, f.data, size);
	assert_null(lw_image_section(&image, ".none", &size));
	assert_int_equal(size, 0);
}

static void test_addresses(void **state)
{
	uint64_t text = BASE + offsetof(struct file, text);
	uint64_t data = text + 0x1000;
	struct file f = make();
	struct lw_image image;

	(void)state;
	write_file(&f, sizeof(f));
	lw_image_read(&image, path);
	assert_memory_equal(lw_image_at(&image, text, 32), f.text, 32);
	assert_null(lw_image_at(&image, text, 33));
	assert_null(lw_image_at(&image, text - 1, 1));
	assert_non_null(lw_image_at(&image, data + 15, 1));
	/* Memory, but not in the file. */
	assert_null(lw_image_at(&image, data + 16, 1));
	assert_null(lw_image_at(&image, data + 15, SIZE_MAX));
	assert_null(lw_image_at(&image, UINT64_MAX, 2));
	/* The copy is ours to write. */
	*lw_image_at(&image, text, 1) = 0xcc;
	assert_int_equal(*lw_image_at(&image, text, 1), 0xcc);
}

static void test_symbols(void **state)
{
	uint64_t text = BASE + offsetof(struct file, text);
	const struct lw_image_symbol *one;
	struct file f = make();
	struct lw_image image;

	(void)state;
	write_file(&f, sizeof(f));
	lw_image_read(&image, path);
	assert_int_equal(image.symbols.count, 4);
	assert_null(lw_image_symbol_at(&image, text - 1));
	assert_string_equal(lw_image_symbol_at(&image, text)->name, "first");
	assert_string_equal(lw_image_symbol_at(&image, text + 7)->name,
			    "first");
	/* Of two at one address, the one that tells more. */
	assert_string_equal(lw_image_symbol_at(&image, text + 8)->name,
			    "second");
	assert_string_equal(lw_image_symbol_at(&image, UINT64_MAX)->name,
			    "object");
	one = lw_image_symbol_named(&image, "local");
	assert_non_null(one);
	assert_true(one->local);
	assert_int_equal(one->address, text + 8);
	assert_null(lw_image_symbol_named(&image, "absolute"));
	assert_null(lw_image_symbol_named(&image, ""));
}

static void test_stripped(void **state)
{
	uint64_t text = BASE + offsetof(struct file, text);
	struct file f = make();
	struct lw_image image;
	size_t size;

	(void)state;
	f.ehdr.e_shoff = f.ehdr.e_shnum = f.ehdr.e_shstrndx = 0;
	write_file(&f, sizeof(f));
	lw_image_read(&image, path);
	assert_int_equal(image.symbols.count, 0);
	assert_null(lw_image_symbol_at(&image, text));
	assert_null(lw_image_section(&image, ".text", &size));
	assert_int_equal(image.code.count, 1);
	assert_int_equal(image.code.at[0].address, text);
}

/* In a process of its own: a refusal exits.  It is one only if we said so; a
 * sanitizer ends with the same status. */
static int read_status(const void *data, size_t size)
{
	static const char said[] = "ld-wrap: error: ";
	char words[sizeof(said)] = "";
	struct lw_image image;
	int status, err[2];
	pid_t pid;

	write_file(data, size);
	assert_int_equal(pipe(err), 0);
	pid = fork();
	if (!pid) {
		dup2(err[1], 2);
		lw_image_read(&image, path);
		lw_image_symbol_at(&image, BASE);
		lw_image_symbol_named(&image, "first");
		_exit(0);
	}
	close(err[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status)) {
		assert_true(read(err[0], words, sizeof(said) - 1) > 0);
		assert_string_equal(words, said);
	}
	close(err[0]);
	return WEXITSTATUS(status);
}

static void test_refused(void **state)
{
	struct file f = make(), g;

	(void)state;
	assert_int_equal(read_status(&f, sizeof(f)), 0);
	assert_int_equal(read_status(&f, 0), LW_EXIT_REFUSED);
	assert_int_equal(read_status(&f, sizeof(f.ehdr) - 1), LW_EXIT_REFUSED);
	assert_int_equal(read_status(&f, 100), LW_EXIT_REFUSED);
	g = f;
	g.ehdr.e_ident[EI_CLASS] ^= 3;	/* the other class */
	assert_int_equal(read_status(&g, sizeof(g)), LW_EXIT_REFUSED);
	g = f;
	g.phdr[0].p_filesz = (Address)-1;
	assert_int_equal(read_status(&g, sizeof(g)), LW_EXIT_REFUSED);
	g = f;
	g.phdr[1].p_vaddr = (Address)-9;
	assert_int_equal(read_status(&g, sizeof(g)), LW_EXIT_REFUSED);
}

/* Every byte that says where something is. */
static void test_damaged(void **state)
{
	struct file f = make();
	unsigned char *byte = (unsigned char *)&f;
	size_t i;
	int status;

	(void)state;
	for (i = 0; i < sizeof(f); i++) {
		if (i >= offsetof(struct file, text) &&
		    i < offsetof(struct file, symbols))
			continue;
		byte[i] ^= 0xff;
		status = read_status(&f, sizeof(f));
		assert_true(status == 0 || status == LW_EXIT_REFUSED);
		byte[i] ^= 0xff;
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_stripped),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
