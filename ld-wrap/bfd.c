// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * bfd.c - the one file that speaks to libbfd and libopcodes
 *
 * Their headers change between releases and demand config.h, so they stay in
 * here, and lwbfd.h shows what the rest needs.
 */
#include "config.h"

#include <bfd.h>
#include <dis-asm.h>
#include <libiberty/demangle.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lw.h"
#include "lwbfd.h"

/* ---- names ------------------------------------------------------------ */

/*
 * libbfd has no public way from a number to a howto, only from its own codes:
 * ask for each code and note which number it has.  Done once.
 */
#define TYPES_MAX	256

static const char **reloc_names(void)
{
	static const char *names[TYPES_MAX];
	static bool done;
	bfd *abfd;

	if (done)
		return names;
	done = true;
	bfd_init();
	abfd = bfd_openw("/dev/null", "elf64-x86-64");
	if (!abfd)
		return names;
	for (int code = 1; code < (int)BFD_RELOC_UNUSED; code++) {
		reloc_howto_type *howto;

		howto = bfd_reloc_type_lookup(abfd,
					      (bfd_reloc_code_real_type)code);
		if (howto && howto->name && howto->type < TYPES_MAX)
			names[howto->type] = howto->name;
	}
	bfd_close_all_done(abfd);
	return names;
}

const char *lw_reloc_name(unsigned machine, unsigned type)
{
	if (machine != EM_X86_64 || type >= TYPES_MAX)
		return NULL;
	return reloc_names()[type];
}

const char *lw_demangle(const char *name)
{
	char *plain = bfd_demangle(NULL, name, DMGL_ANSI | DMGL_PARAMS);
	const char *copy = name;

	if (plain)
		copy = lw_strdup(plain);
	free(plain);
	return copy;
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
	disassembler_ftype print = NULL;
	bfd_byte copy[64];	/* info wants to be able to write */
	int length = 0;

	at[0] = '\0';
	n = n < sizeof(copy) ? n : sizeof(copy);
	memcpy(copy, bytes, n);
	if (machine == EM_X86_64)
		print = disassembler(bfd_arch_i386, false, bfd_mach_x86_64,
				     NULL);
	init_disassemble_info(&info, &text, print_plain, print_styled);
	info.arch = bfd_arch_i386;
	info.mach = bfd_mach_x86_64;
	info.buffer = copy;
	info.buffer_vma = address;
	info.buffer_length = n;
	info.print_address_func = print_address;
	info.memory_error_func = no_memory;
	disassemble_init_for_target(&info);
	if (print)
		length = print(address, &info);
	trim(&text);
	if (length > 0 && (size_t)length <= n && !strstr(at, "(bad)"))
		return (size_t)length;
	snprintf(at, size, "(bad)");
	return 0;
}
