// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * shared.c - what is different in a shared object
 *
 * Another file may have a symbol of the same name, and then its definition
 * counts for all: the symbol is preemptible.  So code reaches it by what the
 * dynamic linker fills in: data through a slot of the GOT, functions through
 * an entry of the PLT, which jumps through such a slot.  There is nothing to
 * bind: which memory is read is not known before the program runs.
 *
 * Whether a symbol is preemptible depends on its visibility, on -Bsymbolic, on
 * dynamic lists and version scripts.  We ask none of these but the result.
 * Code that names the object's own memory (%rip-relative) reads that and no
 * other, whatever the symbol is called elsewhere, also where a program has a
 * copy of the variable (R_X86_64_COPY): it is bound to what it reads.  And a
 * symbol that the dynamic linker will look up by name has a dynamic
 * relocation that says so.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "class32.h"
#include "decode-x86.h"
#include "locate.h"
#include "lwbfd.h"
#include "report.h"

/* ---- dynamic symbols -------------------------------------------------- */

/* A place that the dynamic linker fills with what it finds by a name. */
struct lookup {
	const char *name;
	uint64_t place;
};

struct lw_lookups {
	struct lookup *at;	/* by name */
	size_t count, room;
};

/* .dynsym and .dynstr; sections are searched for once. */
struct dynamic {
	const unsigned char *symbols, *strings;
	size_t count, size;
	unsigned elf_class;
};

static struct dynamic read_dynamic(const struct lw_image *image)
{
	struct dynamic d = { .elf_class = image->elf_class };

	d.symbols = lw_image_section(image, ".dynsym", &d.count);
	d.strings = lw_image_section(image, ".dynstr", &d.size);
	d.count = d.symbols ? d.count / LW_SIZE(d.elf_class, Sym) : 0;
	if (!d.strings || !d.size || d.strings[d.size - 1])
		d.size = 0;
	return d;
}

static Elf64_Sym symbol_of(const struct dynamic *d, const Elf64_Rela *rela)
{
	size_t index = ELF64_R_SYM(rela->r_info);

	if (!index || index >= d->count)
		return (Elf64_Sym){ 0 };
	return lw_wide_sym(d->elf_class, d->symbols +
			   index * LW_SIZE(d->elf_class, Sym));
}

Elf64_Rela *lw_dynamic_relocations(const struct lw_image *image, bool plt,
				   size_t *count)
{
	static const char *const names[2][2] = {
		{ ".rela.dyn", ".rel.dyn" }, { ".rela.plt", ".rel.plt" }
	};
	Elf64_Rela *all = lw_image_relocations(image, names[plt][0], count);

	return all ? all : lw_image_relocations(image, names[plt][1], count);
}

uint64_t lw_dynamic_value(const struct lw_image *image, const Elf64_Rela *rela)
{
	struct dynamic d = read_dynamic(image);
	Elf64_Sym symbol = symbol_of(&d, rela);

	if (symbol.st_shndx == SHN_UNDEF)
		return 0;
	return symbol.st_value + (uint64_t)rela->r_addend;
}

static int by_name(const void *pa, const void *pb)
{
	const struct lookup *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

/* Of the image, once; it may have a hundred thousand. */
static struct lw_lookups *lookups_of(struct lw_image *image)
{
	struct lw_lookups *all = lw_alloc(sizeof(*all));
	struct dynamic d = read_dynamic(image);

	for (int plt = 0; plt < 2; plt++) {
		size_t count = 0;
		Elf64_Rela *rela = lw_dynamic_relocations(image, plt, &count);

		for (size_t i = 0; rela && i < count; i++) {
			Elf64_Sym symbol = symbol_of(&d, &rela[i]);

			if (!symbol.st_name || symbol.st_name >= d.size)
				continue;
			*LW_PUSH(all) = (struct lookup){
				(const char *)d.strings + symbol.st_name,
				rela[i].r_offset };
		}
	}
	if (all->count)
		qsort(all->at, all->count, sizeof(*all->at), by_name);
	return all;
}

/* Does a dynamic relocation name the symbol; at this place, if not 0? */
static bool is_looked_up(struct lw_image *image, const char *name,
			 uint64_t place)
{
	const struct lookup key = { name, 0 };
	const struct lookup *one, *end;

	if (!image->lookups)
		image->lookups = lookups_of(image);
	if (!image->lookups->count)
		return false;
	end = image->lookups->at + image->lookups->count;
	one = bsearch(&key, image->lookups->at, image->lookups->count,
		      sizeof(key), by_name);
	while (one && one > image->lookups->at && !by_name(one - 1, &key))
		one--;
	for (; one && one < end && !by_name(one, &key); one++) {
		if (!place || one->place == place)
			return true;
	}
	return false;
}

bool lw_is_preemptible(struct lw_link *link, const char *symbol)
{
	return link->command.shared && symbol &&
	       is_looked_up(&link->image, symbol, 0);
}

/* ---- calls through the PLT -------------------------------------------- */

bool lw_may_use_plt(const struct lw_link *link,
		    const struct lw_reference *reference)
{
	return link->command.shared && reference->to_stub &&
	       (reference->type == R_X86_64_PLT32 ||
		reference->type == R_X86_64_PC32);
}

static bool in_plt(const struct lw_image *image, uint64_t address)
{
	for (size_t i = 0; i < image->code.count; i++) {
		const struct lw_code *code = &image->code.at[i];

		if (address - code->address < code->size)
			return !strncmp(code->name, ".plt", 4);
	}
	return false;
}

#define ENTRY_MAX	16	/* bytes of an entry of the PLT */

/*
 * The entry that is called jumps through a slot of the GOT (ff 25), somewhere
 * behind endbr or a number for the dynamic linker; the slot's relocation
 * tells whose entry it is.  i386 reaches the slot by a register: there the
 * PLT is all that is seen.
 */
bool lw_leads_by_plt(struct lw_link *link,
		     const struct lw_reference *reference, uint64_t target)
{
	const struct lw_mark *mark = &link->marks.at[reference->mark];
	const char *name = mark->redirect ? mark->symbol : mark->stub_symbol;
	const unsigned char *at;

	if (!lw_may_use_plt(link, reference) || !name ||
	    !in_plt(&link->image, target))
		return false;
	at = lw_image_at(&link->image, target, ENTRY_MAX);
	for (unsigned i = 0; at && i + 6 <= ENTRY_MAX; i++) {
		uint64_t slot = target + i + 6 +
			(uint64_t)(int64_t)(int32_t)rts_ld32(at + i + 2);

		if (at[i] == 0xff && at[i + 1] == 0x25 &&
		    is_looked_up(&link->image, name, slot))
			return true;
	}
	return at && link->image.elf_class == ELFCLASS32;
}

/* By a slot of the GOT, or by the PLT, which is one; or through a stub that
 * takes its own slot from there, which another file may define. */
bool lw_goes_through_got(const struct lw_link *link,
			 const struct lw_reference *one,
			 const struct lw_instruction *instruction)
{
	if (lw_type_is_got(one->type) &&
	    (instruction->operand == LW_OPERAND_MEMORY ||
	     instruction->operand == LW_OPERAND_INDEXED))
		return true;
	return one->to_stub &&
	       (link->marks.at[one->mark].preemptible ||
		(lw_may_use_plt(link, one) &&
		 instruction->target != lw_reference_target(link, one)));
}

bool lw_keep_foreign(const struct lw_link *link, struct lw_reference *one,
		     uint64_t base)
{
	if ((!link->command.shared && !link->shared.count) ||
	    link->marks.at[one->mark].object)
		return false;
	one->place = base + one->offset;
	one->class = LW_CLASS_KEPT;
	one->reason = LW_KEPT_ELSEWHERE;
	return true;
}

/* ---- what an author can do about it ----------------------------------- */

/* Also where the linker made a lea of the load of an address: the compiler
 * had to take two instructions. */
static bool goes_through_got(const struct lw_reference *one)
{
	return (one->class == LW_CLASS_KEPT && one->reason == LW_KEPT_GOT) ||
	       (one->class == LW_CLASS_ADDRESS && lw_type_is_got(one->type));
}

/* One use stands for all of a mark, since one declaration cures all. */
static void warn_of_mark(const struct lw_link *link, size_t mark)
{
	const struct lw_reference *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		const struct lw_reference *one = &link->references.at[i];

		if (one->mark != mark || !goes_through_got(one))
			continue;
		first = first ? first : one;
		n++;
	}
	if (n)
		lw_say(LW_THROUGH_GOT, "%s: reaches `%s' through the GOT%s",
		       lw_reference_line(first), link->marks.at[mark].name,
		       n > 1 ? lw_asprintf(", and so do %zu more uses", n - 1) :
		       "");
}

void lw_warn_got(const struct lw_link *link)
{
	if (!link->command.shared)
		return;
	for (size_t i = 0; i < link->marks.count; i++)
		warn_of_mark(link, i);
}
