// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_input - whatever bytes an input has, reading it stays within them
 *
 * For x86-64 and for i386.  The inputs are made here: an object by emit.c, which has each kind of
 * section that the reader knows, and archives around it.  Then each byte of
 * them is damaged in turn.  What is found may be anything; that nothing is read
 * out of bounds is for the sanitizers to say, and a page that cannot be read
 * behind each file makes it true without them.
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
#include <sys/mman.h>
#include <unistd.h>

#include "input.h"
#include "scan.h"

static unsigned char *object;	/* a good one */
static size_t object_size;
static unsigned char *arena;	/* ends at a page that cannot be read */
static size_t arena_size;

static void add_mark(struct lw_link *link, const char *name,
		     enum rts_kind kind, bool redirect)
{
	struct lw_mark *mark = LW_PUSH(&link->marks);

	mark->name = mark->symbol = name;
	mark->kind = kind;
	mark->size = 8;
	mark->by_option = true;
	mark->redirect = redirect;
}

static void slurp(const char *path)
{
	int fd = open(path, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	assert_true(fd >= 0 && size > 0);
	object_size = (size_t)size;
	object = malloc(object_size);
	assert_non_null(object);
	assert_int_equal(pread(fd, object, object_size, 0), size);
	close(fd);
}

static int setup(unsigned machine)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct lw_link link = { .machine = machine };
	char name[] = "/tmp/test_input.XXXXXX";

	assert_non_null(mkdtemp(name));
	link.command.pie = true;
	link.table_size = 256;
	link.any_property = true;
	add_mark(&link, "variable", RTS_KIND_VAR, false);
	add_mark(&link, "function", RTS_KIND_FUNC, true);
	lw_temp_open(lw_asprintf("%s/out", name));
	slurp(lw_emit(&link));
	lw_temp_close();
	assert_int_equal(rmdir(name), 0);
	arena_size = (object_size * 2 + 512 + page - 1) / page * page;
	arena = mmap(NULL, arena_size + page, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(arena != MAP_FAILED);
	assert_int_equal(mprotect(arena + arena_size, page, PROT_NONE), 0);
	return 0;
}

static int setup_wide(void **state)
{
	(void)state;
	return setup(EM_X86_64);
}

static int setup_narrow(void **state)
{
	(void)state;
	return setup(EM_386);
}

static int teardown(void **state)
{
	(void)state;
	munmap(arena, arena_size);
	free(object);
	lw_free_all();
	return 0;
}

/* A copy whose last byte is the last that can be read. */
static struct lw_bytes place(const unsigned char *data, size_t size)
{
	unsigned char *to = arena + arena_size - size;

	assert_true(size <= arena_size);
	memcpy(to, data, size);
	return (struct lw_bytes){ .data = to, .size = size };
}

/* The pages are shared by all runs, so nothing may point there afterwards. */
static void read_and_scan(struct lw_bytes bytes, struct lw_link *link)
{
	static struct lw_option_mark options[] = {
		{ .symbol = "rts_slot_function", .kind = RTS_KIND_VAR,
		  .where = "test", .optional = true },
		{ .symbol = "rts_stub_function", .kind = RTS_KIND_FUNC,
		  .where = "test", .optional = true },
	};

	memset(link, 0, sizeof(*link));
	link->command.search_known = true;	/* no linker is asked */
	if (lw_is_archive(bytes))
		lw_archive_read(link, "x.a", bytes, 0);
	else if (lw_is_script(bytes))
		lw_script_read(link, "x.ld", bytes, 0);
	else
		lw_input_bytes(link, "x.o", bytes, false);
	link->options.marks.at = options;
	link->options.marks.count = 2;
	lw_scan_marks(link);
	lw_scan_references(link);
}

static void test_good(void **state)
{
	struct lw_link link;
	const struct lw_object *one;

	(void)state;
	read_and_scan(place(object, object_size), &link);
	assert_int_equal(link.objects.count, 1);
	assert_int_equal(link.unreadable.count, 0);
	one = link.objects.at[0];
	assert_true(one->has_property && !one->is_lto && !one->in_archive);
	assert_string_equal(lw_section_name(one, one->mark_section),
			    ".rts.mark");
	/* Option marks of the slot (as VAR) and of the stub agree in place
	 * and differ in kind. */
	assert_true(link.marks.count >= 1);
	assert_true(link.references.count >= 1);
}

static void test_out_of_range(void **state)
{
	struct lw_link link;
	struct lw_object *one;
	Elf64_Sym symbol;
	size_t size;

	(void)state;
	read_and_scan(place(object, object_size), &link);
	one = link.objects.at[0];
	assert_int_equal(lw_shdr(one, one->section_count).sh_type, SHT_NULL);
	assert_int_equal(lw_shdr(one, SIZE_MAX).sh_size, 0);
	assert_string_equal(lw_section_name(one, SIZE_MAX), "");
	symbol = lw_sym(one, one->symbol_count);
	assert_int_equal(symbol.st_info, 0);
	symbol.st_name = UINT32_MAX;
	assert_string_equal(lw_sym_name(one, &symbol), "");
	assert_int_equal(lw_sym_section(one, SIZE_MAX), 0);
	assert_null(lw_section_data(one, SIZE_MAX, &size));
	assert_int_equal(size, 0);
}

/* Errors are expected by the thousand; RTS_VERBOSE=1 shows them, and what a
 * sanitizer says. */
static int silence(void)
{
	int saved = dup(2), null = open("/dev/null", O_WRONLY);

	if (!getenv("RTS_VERBOSE"))
		dup2(null, 2);
	close(null);
	return saved;
}

static void speak(int saved)
{
	dup2(saved, 2);
	close(saved);
}

static void damage_each(const unsigned char *data, size_t size)
{
	static const unsigned char patterns[] = { 0x01, 0x80, 0xff };
	struct lw_bytes bytes;
	struct lw_link link;
	int saved = silence();
	size_t i, k;

	for (i = 0; i < size; i++) {
		for (k = 0; k < sizeof(patterns); k++) {
			bytes = place(data, size);
			arena[arena_size - size + i] ^= patterns[k];
			read_and_scan(bytes, &link);
			lw_free_all();
		}
	}
	speak(saved);
}

static void cut_each(const unsigned char *data, size_t size)
{
	struct lw_link link;
	int saved = silence();
	size_t n;

	for (n = 0; n < size; n++) {
		read_and_scan(place(data, n), &link);
		lw_free_all();
	}
	speak(saved);
}

static void test_damaged_object(void **state)
{
	(void)state;
	damage_each(object, object_size);
	cut_each(object, object_size);
}

static size_t put_member(char *to, const char *name, const void *data,
			 size_t size)
{
	int n = sprintf(to, "%-16s%-12d%-6d%-6d%-8o%-10zu`\n", name, 0, 0, 0,
			0644, size);

	memcpy(to + n, data, size);
	if (size & 1)
		to[n + size] = '\n';
	return (size_t)n + size + (size & 1);
}

/* One with a long name, one of BSD, one short. */
static size_t make_archive(char *to)
{
	static const char names[] = "a_long_name_of_a_member.o/\n";
	static const char bsd[] = "bsd.o\0\0\0#";
	size_t n = SELFMAG * 2;

	memcpy(to, "!<arch>\n", 8);
	n += put_member(to + n, "//", names, sizeof(names) - 1);
	n += put_member(to + n, "/0", object, object_size);
	n += put_member(to + n, "#1/8", bsd, sizeof(bsd) - 1);
	n += put_member(to + n, "x/", "\177ELF", 4);
	return n;
}

static void test_archive(void **state)
{
	char *archive = malloc(object_size + 512);
	size_t size = make_archive(archive);
	struct lw_link link;

	(void)state;
	read_and_scan(place((unsigned char *)archive, size), &link);
	assert_int_equal(link.objects.count, 1);
	assert_string_equal(link.objects.at[0]->name,
			    "x.a(a_long_name_of_a_member.o)");
	assert_true(link.objects.at[0]->in_archive);
	/* x.o is a magic and nothing else; and the record of rts.o itself is
	 * of a kind that no input has. */
	assert_true(link.unreadable.count >= 1);
	assert_string_equal(link.unreadable.at[0].name, "x.a(x)");
	free(archive);
}

static void test_damaged_archive(void **state)
{
	char *archive = malloc(object_size + 512);
	size_t size = make_archive(archive);

	(void)state;
	damage_each((unsigned char *)archive, size);
	cut_each((unsigned char *)archive, size);
	free(archive);
}

static void test_damaged_script(void **state)
{
	static const char script[] =
		"/* c */ INPUT(none1.o, -lnone \"none 2.o\") # x\n"
		"GROUP ( AS_NEEDED ( =none3 $SYSROOT/none4 ) ) { } STARTUP(x)";
	const unsigned char *text = (const unsigned char *)script;

	(void)state;
	cut_each(text, sizeof(script) - 1);
	damage_each(text, sizeof(script) - 1);
}

#define BOTH(test)							\
	{ #test ", x86-64", test, setup_wide, teardown, NULL },		\
	{ #test ", i386", test, setup_narrow, teardown, NULL }

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(test_good),
		BOTH(test_out_of_range),
		BOTH(test_damaged_object),
		BOTH(test_archive),
		BOTH(test_damaged_archive),
		cmocka_unit_test_setup_teardown(test_damaged_script, setup_wide,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
