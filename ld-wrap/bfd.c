// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bfd.c - the one file that speaks to libbfd and libopcodes
 *
 * Their headers change between releases and demand config.h, so they stay in
 * here, and lwbfd.h shows what the rest needs.
 *
 * They are loaded when they are first asked: most links need neither, and to
 * load both takes longer than all else that ld-wrap does where nothing is
 * marked.  Without them names are numbers, and links the same.
 */
#include "config.h"

#include <bfd.h>
#include <dis-asm.h>
#include <dlfcn.h>
#include <libiberty/demangle.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lw.h"
#include "lwbfd.h"

/* ---- the libraries ------------------------------------------------------ */

#define BFD_FUNCTIONS(X)						\
	X(bfd_init) X(bfd_openw) X(bfd_openr_iovec)			\
	X(bfd_close_all_done) X(bfd_check_format) X(bfd_demangle)	\
	X(bfd_reloc_type_lookup) X(bfd_set_error_handler)
#define OPCODES_FUNCTIONS(X)						\
	X(disassembler) X(init_disassemble_info)			\
	X(disassemble_init_for_target)

static struct {
#define MEMBER(name) __typeof__(name) *name;
	BFD_FUNCTIONS(MEMBER)
	OPCODES_FUNCTIONS(MEMBER)
#undef MEMBER
} lib;

/* Functions of a library by their names; NULL if it is not there. */
static bool load(const char *name, const char *const *symbols, void **to)
{
	void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
	size_t i;

	for (i = 0; handle && symbols[i]; i++) {
		to[i] = dlsym(handle, symbols[i]);
		if (!to[i])
			return false;
	}
	return handle;
}

#define NAME(name) #name,
#define TAKE(name) memcpy(&lib.name, &at[i++], sizeof(at[0]));

/* POSIX has functions fit into a pointer to void. */
static bool have_bfd(void)
{
	static const char *const names[] = { BFD_FUNCTIONS(NAME) NULL };
	static int done;
	void *at[sizeof(names) / sizeof(names[0])];
	size_t i = 0;

	if (!done)
		done = load(LW_LIBBFD, names, at) ? 1 : -1;
	if (done == 1 && !lib.bfd_init) {
		BFD_FUNCTIONS(TAKE)
		lib.bfd_init();
	}
	return done == 1;
}

static bool have_opcodes(void)
{
	static const char *const names[] = { OPCODES_FUNCTIONS(NAME) NULL };
	void *at[sizeof(names) / sizeof(names[0])];
	size_t i = 0;

	if (!lib.disassembler && load(LW_LIBOPCODES, names, at)) {
		OPCODES_FUNCTIONS(TAKE)
	}
	return lib.disassembler;
}

/* ---- names ------------------------------------------------------------ */

/*
 * libbfd has no public way from a number to a howto, only from its own codes:
 * ask for each code and note which number it has.  Done once.
 */
#define TYPES_MAX	256

static void learn_names(const char **names, const char *target)
{
	bfd *abfd = lib.bfd_openw("/dev/null", target);

	for (int code = 1; abfd && code < (int)BFD_RELOC_UNUSED; code++) {
		reloc_howto_type *howto;

		howto = lib.bfd_reloc_type_lookup(abfd,
					(bfd_reloc_code_real_type)code);
		if (howto && howto->name && howto->type < TYPES_MAX)
			names[howto->type] = howto->name;
	}
	if (abfd)
		lib.bfd_close_all_done(abfd);
}

static const char **reloc_names(unsigned machine)
{
	static const char *wide[TYPES_MAX], *narrow[TYPES_MAX];
	static bool done;

	if (!done && have_bfd()) {
		learn_names(wide, "elf64-x86-64");
		learn_names(narrow, "elf32-i386");
	}
	done = true;
	return machine == EM_386 ? narrow : wide;
}

const char *lw_reloc_name(unsigned machine, unsigned type)
{
	if ((machine != EM_X86_64 && machine != EM_386) || type >= TYPES_MAX)
		return NULL;
	return reloc_names(machine)[type];
}

const char *lw_demangle(const char *name)
{
	char *plain = have_bfd() ?
		lib.bfd_demangle(NULL, name, DMGL_ANSI | DMGL_PARAMS) : NULL;
	const char *copy = name;

	if (plain)
		copy = lw_strdup(plain);
	free(plain);
	return copy;
}

/* ---- lines ------------------------------------------------------------ */

#ifdef __SANITIZE_ADDRESS__
/* libbfd forgets the file names that it puts together from DWARF; LeakSanitizer
 * asks for this by its name. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libbfd";
}
#endif

/* An input that is open: it is in memory already, a member of an archive as
 * any other file. */
struct opened {
	const struct lw_object *object;
	bfd *abfd;		/* NULL: it cannot be read */
	asymbol **symbols;
};

static void *open_object(bfd *abfd, void *object)
{
	(void)abfd;
	return object;
}

static file_ptr read_object(bfd *abfd, void *stream, void *to, file_ptr size,
			    file_ptr offset)
{
	const struct lw_object *object = stream;
	size_t at = (size_t)offset, n = (size_t)size;

	(void)abfd;
	if (offset < 0 || size < 0 || at > object->size)
		return 0;
	if (n > object->size - at)
		n = object->size - at;
	if (n)
		memcpy(to, object->data + at, n);
	return (file_ptr)n;
}

static int stat_object(bfd *abfd, void *stream, struct stat *st)
{
	const struct lw_object *object = stream;

	(void)abfd;
	memset(st, 0, sizeof(*st));
	st->st_size = (off_t)object->size;
	return 0;
}

/* Who has no good debug information has none. */
static void say_nothing(const char *format, va_list args)
{
	(void)format;
	(void)args;
}

static void read_symbols(struct opened *open)
{
	long size = bfd_get_symtab_upper_bound(open->abfd);

	if (size <= 0)
		return;
	open->symbols = lw_alloc((size_t)size);
	if (bfd_canonicalize_symtab(open->abfd, open->symbols) < 0)
		open->symbols[0] = NULL;
}

/* The last one stays open: questions come object by object. */
static const struct opened *open_input(const struct lw_object *object)
{
	static struct opened open;

	if (open.object == object)
		return &open;
	if (open.abfd)
		lib.bfd_close_all_done(open.abfd);
	memset(&open, 0, sizeof(open));
	open.object = object;
	if (!have_bfd())
		return &open;
	lib.bfd_set_error_handler(say_nothing);
	open.abfd = lib.bfd_openr_iovec(object->name, NULL, open_object,
					(void *)(uintptr_t)object, read_object,
					NULL, stat_object);
	if (!open.abfd)
		return &open;
	open.abfd->flags |= BFD_DECOMPRESS;
	if (lib.bfd_check_format(open.abfd, bfd_object)) {
		read_symbols(&open);
	} else {
		lib.bfd_close_all_done(open.abfd);
		open.abfd = NULL;
	}
	return &open;
}

/* libbfd numbers sections otherwise, but keeps the order of equal names. */
static asection *find_section(const struct opened *open, size_t section)
{
	const char *name = lw_section_name(open->object, section);
	size_t before = 0;

	for (size_t i = 1; i < section; i++)
		before += !strcmp(lw_section_name(open->object, i), name);
	for (asection *s = open->abfd->sections; s; s = s->next) {
		if (!strcmp(bfd_section_name(s), name) && !before--)
			return s;
	}
	return NULL;
}

const char *lw_source_line(const struct lw_object *object, size_t section,
			   uint64_t offset)
{
	const struct opened *open = open_input(object);
	const char *file = NULL, *function = NULL;
	unsigned line = 0;
	asection *at = open->abfd ? find_section(open, section) : NULL;

	if (!at || !bfd_find_nearest_line(open->abfd, at, open->symbols, offset,
					  &file, &function, &line) ||
	    !file || !line)
		return NULL;
	return lw_asprintf("%s:%u", file, line);
}

/* ---- disassembly ------------------------------------------------------ */

/* Where libopcodes prints to. */
struct text {
	const struct lw_image *image;
	char *at;
	size_t used, size;
};

static void append(struct text *text, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void append(struct text *text, const char *format, va_list args)
{
	size_t room = text->size - text->used;
	int n = vsnprintf(text->at + text->used, room, format, args);

	if (n > 0)
		text->used += (size_t)n < room ? (size_t)n : room - 1;
}

__attribute__((format(printf, 2, 3)))
static int print_plain(void *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append(stream, format, args);
	va_end(args);
	return 0;
}

__attribute__((format(printf, 3, 4)))
static int print_styled(void *stream, enum disassembler_style style,
			const char *format, ...)
{
	va_list args;

	(void)style;
	va_start(args, format);
	append(stream, format, args);
	va_end(args);
	return 0;
}

static void print_address(bfd_vma address, struct disassemble_info *info)
{
	struct text *text = info->stream;
	const struct lw_image_symbol *symbol = NULL;

	print_plain(text, "0x%llx", (unsigned long long)address);
	if (text->image)
		symbol = lw_image_symbol_at(text->image, address);
	/* A symbol that ended before says nothing about this address. */
	if (!symbol || (symbol->address != address &&
			address - symbol->address >= symbol->size))
		return;
	print_plain(text, " <%s", lw_demangle(symbol->name));
	if (symbol->address != address)
		print_plain(text, "+0x%llx", (unsigned long long)
			    (address - symbol->address));
	print_plain(text, ">");
}

/* The default prints to stderr that memory ended. */
static void no_memory(int status, bfd_vma address,
		      struct disassemble_info *info)
{
	(void)status;
	(void)address;
	(void)info;
}

static void trim(struct text *text)
{
	while (text->used && text->at[text->used - 1] == ' ')
		text->at[--text->used] = '\0';
}

size_t lw_disassemble(const struct lw_image *image, unsigned machine,
		      uint64_t address, const unsigned char *bytes, size_t n,
		      char *at, size_t size)
{
	struct text text = { .image = image, .at = at, .size = size };
	struct disassemble_info info;
	unsigned long mach = machine == EM_386 ? bfd_mach_i386_i386 :
						 bfd_mach_x86_64;
	disassembler_ftype print = NULL;
	bfd_byte copy[64];	/* info wants to be able to write */
	int length = 0;

	if (!have_opcodes())
		lw_die(LW_EXIT_INTERNAL, LW_READ, "%s: cannot be loaded",
		       LW_LIBOPCODES);
	at[0] = '\0';
	n = n < sizeof(copy) ? n : sizeof(copy);
	memcpy(copy, bytes, n);
	if (machine == EM_X86_64 || machine == EM_386)
		print = lib.disassembler(bfd_arch_i386, false, mach, NULL);
	lib.init_disassemble_info(&info, &text, print_plain, print_styled);
	info.arch = bfd_arch_i386;
	info.mach = mach;
	info.buffer = copy;
	info.buffer_vma = address;
	info.buffer_length = n;
	info.print_address_func = print_address;
	info.memory_error_func = no_memory;
	lib.disassemble_init_for_target(&info);
	if (print)
		length = print(address, &info);
	trim(&text);
	if (length > 0 && (size_t)length <= n && !strstr(at, "(bad)"))
		return (size_t)length;
	snprintf(at, size, "(bad)");
	return 0;
}
