// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_input.c - any file as an input of a link: read, scan, make rts.o
 *
 * All that ld-wrap does before the real linker runs, in this process, with one
 * file of the link damaged.  $FUZZ_SEEDS is a directory that seeds.sh has made;
 * an input is a byte, which line of its `list', and the damaged file.
 *
 * Whatever the file is, ld-wrap goes on or says why not; what it takes for a
 * mark or a reference lies where it says; and it reads no byte beside the file:
 * mmap() is wrapped by a copy of just its size, for AddressSanitizer.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "fuzz_file.h"
#include "fuzz_number.h"
#include "../../ld-wrap/lw.h"

#define LINES	64
#define WORDS	8

enum reached {
	SCANNED, MARKED, REFUSED, OBJECTS, MEMBERS, UNREADABLE, FOREIGN,
	MARKS, REFERENCES, EMITTED, REACHED
};
unsigned long fuzz_reached[REACHED];
const char *const fuzz_reached_names[] = {
	"links scanned", "links with marks", "links refused",
	"objects read", "members among them",
	"files or sections noted as unreadable", "foreign objects with marks",
	"marks", "references", "rts.o written", NULL
};

static const char damaged[] = "damaged";
static struct line {
	char text[128], file[64];	/* as it is; the one to be damaged */
	const char *words[WORDS];
	unsigned count;
	bool narrow;
} lines[LINES];
static unsigned line_count;

static jmp_buf death;
static int input = -1, rts_o;	/* files in memory */
static unsigned errors;

#define MUST(condition)	must(condition, #condition, __LINE__)

static void must(int condition, const char *what, int line)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_input.c:%d: %s\n", line, what);
	abort();
}

/* ---- instead of diag.c and temp.c -------------------------------------- */

__attribute__((format(printf, 2, 0)))
static void say(enum lw_diag id, const char *format, va_list args)
{
	char text[4096];
	int n = vsnprintf(text, sizeof(text), format, args);

	MUST(n > 0);	/* what it says can be said */
	/* ld-wrap itself failed, or there is no memory for what it read. */
	MUST(id != LW_INTERNAL && id != LW_MEMORY);
	errors++;
}

void lw_say(enum lw_diag id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(id, format, args);
	va_end(args);
}

void lw_die(int status, enum lw_diag id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(id, format, args);
	va_end(args);
	MUST(status == LW_EXIT_REFUSED);
	longjmp(death, 1);
}

unsigned lw_errors(void)
{
	return errors;
}

void lw_stop_on_errors(void)
{
	if (errors)
		longjmp(death, 1);
}

char *lw_temp_path(const char *name)
{
	(void)name;
	return lw_asprintf("/proc/self/fd/%d", rts_o);
}

/* run.c and others, of which nothing is called, ask for the rest of temp.c. */
const char *lw_temp_open(const char *output) { return output; }
const char *lw_temp_directory(void) { return NULL; }
char *lw_temp_output(const char *output) { return lw_strdup(output); }
void lw_temp_close(void) { }
void lw_temp_leave(void) { }
void lw_temp_child(pid_t child) { (void)child; }
void lw_temp_inherit(void) { }

void *__wrap_mmap(void *, size_t, int, int, int, off_t);

void *__wrap_mmap(void *to, size_t size, int access, int flags, int fd,
		  off_t offset)
{
	char *copy = lw_alloc(size);

	(void)to;
	(void)access;
	(void)flags;
	MUST(pread(fd, copy, size, offset) == (ssize_t)size);
	return copy;
}

/* ---- the links --------------------------------------------------------- */

static void read_line(struct line *line)
{
	char *rest = line->text, *word;

	while ((word = strtok_r(rest, " \n", &rest))) {
		if (!strcmp(word, "-m") || !strcmp(word, "elf_i386")) {
			line->narrow = true;
			continue;
		}
		if (*word == '-')
			continue;
		if (*word == '@') {
			snprintf(line->file, sizeof(line->file), "%s",
				 word + 1);
			word = NULL;
		}
		MUST(line->count < WORDS);
		line->words[line->count++] = word ? word : damaged;
	}
	MUST(line->file[0]);
}

static void begin(void)
{
	const char *seeds = getenv("FUZZ_SEEDS");
	char path[32];
	FILE *list;

	if (line_count)
		return;
	if (!seeds || chdir(seeds) || !(list = fopen("list", "r"))) {
		fputs("fuzz_input: no FUZZ_SEEDS\n", stderr);
		exit(99);
	}
	while (line_count < LINES &&
	       fgets(lines[line_count].text, sizeof(lines->text), list))
		read_line(&lines[line_count++]);
	fclose(list);
	/* Beside the others, for what a thin archive or a script names; and
	 * every process has its own. */
	input = memfd_create(damaged, MFD_CLOEXEC);
	rts_o = memfd_create("rts.o", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", input);
	if (input < 0 || rts_o < 0 ||
	    (symlink(path, damaged) && errno != EEXIST)) {
		perror(damaged);
		exit(99);
	}
}

/* ---- what must hold ---------------------------------------------------- */

static void look_at_objects(const struct lw_link *link)
{
	for (size_t i = 0; i < link->objects.count; i++) {
		const struct lw_object *one = link->objects.at[i];

		MUST(one->name && one->index == i);
		MUST(one->size && one->data);
		fuzz_reached[OBJECTS]++;
		fuzz_reached[MEMBERS] += one->in_archive;
	}
	for (size_t i = 0; i < link->unreadable.count; i++) {
		MUST(link->unreadable.at[i].name && link->unreadable.at[i].why);
		fuzz_reached[UNREADABLE]++;
	}
	fuzz_reached[FOREIGN] += link->foreign.count;
}

static void look_at_references(const struct lw_link *link)
{
	for (size_t i = 0; i < link->marks.count; i++) {
		const struct lw_mark *one = &link->marks.at[i];

		MUST(one->name && one->where);
		MUST(one->kind >= RTS_KIND_VAR && one->kind <= RTS_KIND_FUNC);
		MUST(!one->object ||
		     one->section < one->object->section_count);
		fuzz_reached[MARKS]++;
	}
	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];
		Elf64_Shdr header;

		MUST(one->object && one->mark < link->marks.count);
		MUST(one->section && one->section < one->object->section_count);
		header = lw_shdr(one->object, one->section);
		MUST(one->offset < header.sh_size);
		fuzz_reached[REFERENCES]++;
	}
}

static void scan(struct lw_link *link)
{
	struct stat st;
	char *path;

	lw_input_open(link);
	look_at_objects(link);
	if (!lw_scan_marks(link) || errors)
		return;
	fuzz_reached[MARKED]++;
	lw_scan_references(link);
	look_at_references(link);
	if (errors)
		return;
	path = lw_emit(link);
	MUST(!stat(path, &st) && (size_t)st.st_size > link->table_size);
	fuzz_reached[EMITTED]++;
}

static void write_damaged(const uint8_t *data, size_t size)
{
	MUST(!ftruncate(input, (off_t)size));
	MUST(pwrite(input, data, size, 0) == (ssize_t)size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct lw_link link;
	const struct line *line;

	begin();
	if (!size)
		return 0;
	line = &lines[data[0] % line_count];
	write_damaged(data + 1, size - 1);
	memset(&link, 0, sizeof(link));
	errors = 0;
	link.command.output = "out";
	link.command.search_known = true;	/* nobody is asked for it */
	link.command.emulation = line->narrow ? "elf_i386" : NULL;
	for (unsigned i = 0; i < line->count; i++)
		LW_PUSH(&link.command.inputs)->path = line->words[i];
	if (!setjmp(death))
		scan(&link);
	fuzz_reached[SCANNED]++;
	fuzz_reached[REFUSED] += errors != 0;
	lw_free_all();
	return 0;
}

/* ---- seeds, and how they change ---------------------------------------- */

size_t fuzz_seed(unsigned n, uint8_t *to, size_t room)
{
	size_t size;
	FILE *file;

	begin();
	if (n >= line_count)
		return 0;
	file = fopen(lines[n].file, "rb");
	if (!file) {
		perror(lines[n].file);
		exit(99);
	}
	to[0] = (uint8_t)n;
	size = fread(to + 1, 1, room - 1, file);
	fclose(file);
	return 1 + size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed)
{
	fuzz_begin_with(seed);
	if (!size || fuzz_once_in(16))
		return LLVMFuzzerMutate(data, size, max);
	if (fuzz_once_in(16))	/* another place on the command line */
		data[0] = (uint8_t)fuzz_number(line_count);
	return 1 + fuzz_file_mutate(data + 1, size - 1, max - 1);
}
