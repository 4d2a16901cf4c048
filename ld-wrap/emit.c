// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * emit.c - rts.o, the one object that ld-wrap adds to a link
 *
 *	.rts.tab	room for the image, zero but for the magic of an empty one
 *	.rts.mark	a TABLE record, so that the image is found again, and a
 *			record for each mark by option
 *	.text.rts.stub.SYM, .data	stub and slot of a redirected function
 *	.note.GNU-stack	without it GNU ld makes the stack executable
 *	.note.gnu.property	without it IBT and SHSTK are gone: the linker
 *			keeps them only if each input has them.  They come back
 *			only if each does, so claiming both here is right
 *
 * It is of the link's machine and class.  SHF_GNU_RETAIN keeps what nothing refers to under --gc-sections; it is a
 * GNU extension, so EI_OSABI must say so.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "class32.h"
#include "scan.h"

#ifndef SHF_GNU_RETAIN
#define SHF_GNU_RETAIN (1 << 21)
#endif

/* rtld_open() refuses this one: table.c's bytes have not come. */
#define EMPTY_MAGIC "RTS0"

typedef LW_ARRAY(unsigned char) bytes;

struct out_section {
	const char *name;
	Elf64_Word type, info, link;
	Elf64_Xword flags, align, entry;
	bytes data;
	size_t relocations;	/* index of its relocations, 0: none yet */
};

struct out {
	struct lw_link *link;
	unsigned elf_class;
	unsigned pointer;	/* bytes of one */
	LW_ARRAY(struct out_section) sections;	/* [0] is the null section */
	LW_ARRAY(Elf64_Sym) symbols;
	bytes strings, names;
	size_t tab, mark, data;
};

static void put(bytes *to, const void *from, size_t n)
{
	const unsigned char *byte = from;

	while (n--)
		*LW_PUSH(to) = *byte++;
}

static void put_zeros(bytes *to, size_t n)
{
	while (n--)
		LW_PUSH(to);
}

static size_t put_string(bytes *to, const char *text)
{
	size_t at = to->count;

	put(to, text, strlen(text) + 1);
	return at;
}

static size_t add_section(struct out *out, const char *name, Elf64_Word type,
			  Elf64_Xword flags, Elf64_Xword align)
{
	struct out_section *one = LW_PUSH(&out->sections);

	one->name = name;
	one->type = type;
	one->flags = flags;
	one->align = align;
	return out->sections.count - 1;
}

static size_t add_symbol(struct out *out, const char *name, unsigned bind,
			 unsigned type, unsigned visibility, size_t section,
			 uint64_t value, uint64_t size)
{
	Elf64_Sym *one = LW_PUSH(&out->symbols);

	one->st_name = (Elf64_Word)put_string(&out->strings, name);
	one->st_info = (unsigned char)ELF64_ST_INFO(bind, type);
	one->st_other = (unsigned char)visibility;
	one->st_shndx = (Elf64_Section)section;
	one->st_value = value;
	one->st_size = size;
	return out->symbols.count - 1;
}

/* Perhaps it comes from LTO code: then the second rts.o of a link is no other
 * than the first. */
static bool is_late(const struct lw_object *holder)
{
	return !holder || holder->from_lto;
}

/*
 * A symbol of the inputs.  The reference must not change what is linked: if
 * a member of an archive defines it, a strong one would pull that in.
 */
static size_t input_symbol(struct out *out, const char *name,
			   const struct lw_object *holder)
{
	bool weak = is_late(holder) || holder->in_archive;

	name = lw_unwrapped_name(&out->link->command, name);
	return add_symbol(out, name, weak ? STB_WEAK : STB_GLOBAL, STT_NOTYPE,
			  STV_DEFAULT, SHN_UNDEF, 0, 0);
}

/* In .rela or .rel form, as the machine wants it. */
static size_t relocations_of(struct out *out, size_t section)
{
	size_t at = out->sections.at[section].relocations;
	bool narrow = out->elf_class == ELFCLASS32;
	const char *name;

	if (at)
		return at;
	name = lw_asprintf("%s%s", narrow ? ".rel" : ".rela",
			   out->sections.at[section].name);
	at = add_section(out, name, narrow ? SHT_REL : SHT_RELA, SHF_INFO_LINK,
			 out->pointer);
	out->sections.at[at].info = (Elf64_Word)section;
	out->sections.at[at].entry = narrow ? sizeof(Elf32_Rel) :
					      sizeof(Elf64_Rela);
	out->sections.at[section].relocations = at;
	return at;
}

/* i386 has the addend at the place. */
static void relocate(struct out *out, size_t section, size_t offset,
		     bool relative, size_t symbol, int64_t addend)
{
	size_t at = relocations_of(out, section);
	bytes *to = &out->sections.at[at].data;
	unsigned char *place = out->sections.at[section].data.at + offset;
	Elf64_Rela rela = { .r_offset = offset, .r_addend = addend };
	Elf32_Rel rel = { .r_offset = (Elf32_Addr)offset };

	if (out->elf_class != ELFCLASS32) {
		rela.r_info = ELF64_R_INFO(symbol, relative ? R_X86_64_PC32 :
							      R_X86_64_64);
		put(to, &rela, sizeof(rela));
		return;
	}
	rel.r_info = ELF32_R_INFO((Elf32_Word)symbol, relative ? R_386_PC32 :
							      R_386_32);
	put(to, &rel, sizeof(rel));
	for (unsigned i = 0; i < 4; i++)
		place[i] = (unsigned char)((uint64_t)addend >> 8 * i);
}

/* A record; the symbols are indices, 0 for none. */
static void add_record(struct out *out, enum rts_kind kind, const char *name,
		       size_t symbol, int64_t offset, uint64_t size,
		       size_t stub)
{
	size_t length = (sizeof(struct rts_mark_record) + strlen(name) + 1 +
			 7) & ~(size_t)7;
	struct rts_mark_record record = { .size = size, .kind = kind,
					  .length = (uint32_t)length };
	size_t at = out->sections.at[out->mark].data.count;
	bytes *data = &out->sections.at[out->mark].data;

	put(data, &record, sizeof(record));
	put_string(data, name);
	put_zeros(data, at + length - data->count);
	relocate(out, out->mark,
		 at + offsetof(struct rts_mark_record, address), false,
		 symbol, offset);
	if (stub)
		relocate(out, out->mark,
			 at + offsetof(struct rts_mark_record, stub),
			 false, stub, 0);
}

static void add_table(struct out *out)
{
	size_t size = out->link->table_size, start;
	bytes *data;

	out->tab = add_section(out, ".rts.tab", SHT_PROGBITS,
			       SHF_ALLOC | SHF_GNU_RETAIN, 8);
	data = &out->sections.at[out->tab].data;
	put(data, EMPTY_MAGIC, 4);
	put_zeros(data, size - 4);
	start = add_symbol(out, "rts_table_start", STB_GLOBAL, STT_OBJECT,
			   STV_HIDDEN, out->tab, 0, size);
	add_symbol(out, "rts_table_end", STB_GLOBAL, STT_NOTYPE, STV_HIDDEN,
		   out->tab, size, 0);
	add_record(out, RTS_KIND_TABLE, "rts_table", start, 0, size, 0);
}

/*
 * A stub: [endbr] jmp *slot, reached by %rip, or on i386 by its address.
 * i386 code that may stand anywhere has no such operand, and callers of an
 * ordinary function leave no register free; so the jump is a return:
 *	push %eax; push %eax; call 1f; 1: pop %eax
 *	mov slot-1b(%eax),%eax; mov %eax,4(%esp); pop %eax; ret
 */
static void put_stub(struct out *out, size_t text, size_t slot)
{
	static const unsigned char jump[] = { 0xff, 0x25, 0, 0, 0, 0 };
	static const unsigned char load[] = {
		0x50, 0x50, 0xe8, 0, 0, 0, 0, 0x58, 0x8b, 0x80, 0, 0, 0, 0,
		0x89, 0x44, 0x24, 0x04, 0x58, 0xc3
	};
	bool narrow = out->elf_class == ELFCLASS32;
	bool moves = out->link->command.pie || out->link->command.shared;
	const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e, narrow ? 0xfb : 0xfa };
	bytes *code = &out->sections.at[text].data;
	size_t entry;

	if (out->link->any_property)
		put(code, endbr, sizeof(endbr));
	entry = code->count;
	if (narrow && moves) {
		put(code, load, sizeof(load));
		relocate(out, text, entry + 10, true, slot, 3);
	} else {
		put(code, jump, sizeof(jump));
		relocate(out, text, entry + 2, !narrow, slot, narrow ? 0 : -4);
	}
}

/* slot: the function's address.  Both symbols are hidden, and named so that a
 * symbol table explains itself. */
static void add_redirect(struct out *out, const struct lw_mark *mark)
{
	size_t function, slot, stub, text, at;

	at = out->sections.at[out->data].data.count;
	put_zeros(&out->sections.at[out->data].data, out->pointer);
	slot = add_symbol(out, lw_asprintf("rts_slot_%s", mark->name),
			  STB_GLOBAL, STT_OBJECT, STV_HIDDEN, out->data, at,
			  out->pointer);
	function = input_symbol(out, mark->symbol, mark->object);
	relocate(out, out->data, at, false, function, mark->symbol_offset);
	text = add_section(out, lw_asprintf(".text.rts.stub.%s", mark->name),
			   SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR |
			   SHF_GNU_RETAIN, 8);
	put_stub(out, text, slot);
	stub = add_symbol(out, lw_asprintf("rts_stub_%s", mark->name),
			  STB_GLOBAL, STT_FUNC, STV_HIDDEN, text, 0,
			  out->sections.at[text].data.count);
	add_record(out, RTS_KIND_FUNC, mark->name, slot, 0, out->pointer,
		   stub);
}

/* The linker cannot reach a local symbol from here; locate.c finds those in
 * the linked symbol table. */
static void add_mark(struct out *out, const struct lw_mark *mark)
{
	size_t symbol, stub = 0;

	if (!mark->by_option)
		return;
	if (mark->redirect) {
		add_redirect(out, mark);
		return;
	}
	if (mark->is_local ||
	    (mark->kind == RTS_KIND_FUNC && !mark->stub_symbol))
		return;
	symbol = input_symbol(out, mark->symbol, mark->object);
	if (mark->stub_symbol)
		stub = input_symbol(out, mark->stub_symbol, mark->stub_object);
	add_record(out, mark->kind, mark->name, symbol, mark->symbol_offset,
		   is_late(mark->object) && !out->link->command.relocatable ?
		   0 : mark->size, stub);
}

/* One NT_GNU_PROPERTY_TYPE_0 with one property, aligned as pointers are. */
static void add_property(struct out *out)
{
	const Elf64_Nhdr note = { 4, 8 + out->pointer, NT_GNU_PROPERTY_TYPE_0 };
	static const uint32_t property[4] = {
		GNU_PROPERTY_X86_FEATURE_1_AND, 4,
		GNU_PROPERTY_X86_FEATURE_1_IBT |
		GNU_PROPERTY_X86_FEATURE_1_SHSTK, 0
	};
	size_t at = add_section(out, ".note.gnu.property", SHT_NOTE, SHF_ALLOC,
				out->pointer);
	bytes *data = &out->sections.at[at].data;

	put(data, &note, sizeof(note));
	put(data, "GNU", 4);
	put(data, property, 8 + out->pointer);
}

static void add_symbol_table(struct out *out)
{
	size_t strings, at, i, size = LW_SIZE(out->elf_class, Sym);
	unsigned char symbol[sizeof(Elf64_Sym)];

	strings = add_section(out, ".strtab", SHT_STRTAB, 0, 1);
	out->sections.at[strings].data = out->strings;
	at = add_section(out, ".symtab", SHT_SYMTAB, 0, out->pointer);
	for (i = 0; i < out->symbols.count; i++) {
		lw_put_sym(out->elf_class, symbol, &out->symbols.at[i]);
		put(&out->sections.at[at].data, symbol, size);
	}
	out->sections.at[at].link = (Elf64_Word)strings;
	out->sections.at[at].info = 1;
	out->sections.at[at].entry = size;
	for (i = 1; i < out->sections.count; i++) {
		if (out->sections.at[i].type == SHT_RELA ||
		    out->sections.at[i].type == SHT_REL)
			out->sections.at[i].link = (Elf64_Word)at;
	}
	add_section(out, ".shstrtab", SHT_STRTAB, 0, 1);
}

static void build(struct out *out)
{
	struct lw_link *link = out->link;
	bool redirect = false;
	size_t i;

	LW_PUSH(&out->sections);
	LW_PUSH(&out->symbols);
	put_string(&out->strings, "");
	for (i = 0; i < link->marks.count; i++)
		redirect |= link->marks.at[i].redirect;
	out->mark = add_section(out, ".rts.mark", SHT_PROGBITS, SHF_GNU_RETAIN,
				8);
	if (redirect)
		out->data = add_section(out, ".data", SHT_PROGBITS, SHF_ALLOC |
					SHF_WRITE | SHF_GNU_RETAIN, 8);
	add_table(out);
	for (i = 0; i < link->marks.count; i++)
		add_mark(out, &link->marks.at[i]);
	add_section(out, ".note.GNU-stack", SHT_PROGBITS, 0, 1);
	if (link->any_property)
		add_property(out);
	add_symbol_table(out);
}

/* ---- to a file, by libelf -------------------------------------------- */

_Noreturn static void fail(const char *path)
{
	int error = elf_errno();

	lw_die(LW_EXIT_REFUSED, LW_TEMP, "%s: cannot be written: %s", path,
	       error ? elf_errmsg(error) : strerror(errno));
}

static void write_section(struct out *out, Elf *elf, const char *path,
			  size_t index)
{
	struct out_section *from = &out->sections.at[index];
	Elf_Scn *section = elf_newscn(elf);
	Elf_Data *data = section ? elf_newdata(section) : NULL;
	GElf_Shdr header;

	if (!data || !gelf_getshdr(section, &header))
		fail(path);
	header.sh_name = (Elf64_Word)put_string(&out->names, from->name);
	header.sh_type = from->type;
	header.sh_flags = from->flags;
	header.sh_info = from->info;
	header.sh_link = from->link;
	header.sh_entsize = from->entry;
	header.sh_addralign = from->align;
	if (!gelf_update_shdr(section, &header))
		fail(path);
	if (index + 1 == out->sections.count)
		from->data = out->names;
	/* Host and target are both little-endian: no translation. */
	data->d_type = ELF_T_BYTE;
	data->d_buf = from->data.at;
	data->d_size = from->data.count;
	data->d_align = from->align;
}

static void write_elf(struct out *out, int fd, const char *path)
{
	GElf_Ehdr header;
	Elf *elf;
	size_t i;

	if (elf_version(EV_CURRENT) == EV_NONE)
		fail(path);
	elf = elf_begin(fd, ELF_C_WRITE, NULL);
	if (!elf || !gelf_newehdr(elf, (int)out->elf_class) ||
	    !gelf_getehdr(elf, &header))
		fail(path);
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_ident[EI_OSABI] = ELFOSABI_GNU;
	header.e_type = ET_REL;
	header.e_machine = out->elf_class == ELFCLASS32 ? EM_386 : EM_X86_64;
	header.e_version = EV_CURRENT;
	header.e_shstrndx = (Elf64_Half)(out->sections.count - 1);
	if (!gelf_update_ehdr(elf, &header))
		fail(path);
	put_string(&out->names, "");
	for (i = 1; i < out->sections.count; i++)
		write_section(out, elf, path, i);
	if (elf_update(elf, ELF_C_WRITE) < 0)
		fail(path);
	elf_end(elf);
}

char *lw_emit(struct lw_link *link)
{
	bool narrow = link->machine == EM_386;
	struct out out = { .link = link, .pointer = narrow ? 4 : 8,
			   .elf_class = narrow ? ELFCLASS32 : ELFCLASS64 };
	char *path = lw_temp_path("rts.o");
	int fd;

	build(&out);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		lw_die(LW_EXIT_REFUSED, LW_TEMP, "%s: cannot be created: %s",
		       path, strerror(errno));
	write_elf(&out, fd, path);
	if (close(fd))
		lw_die(LW_EXIT_REFUSED, LW_TEMP, "%s: cannot be written: %s",
		       path, strerror(errno));
	return path;
}
