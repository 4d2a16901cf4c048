// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * marks.c - what is marked: records and options, resolved and folded
 *
 * A record's place or an option's symbol becomes a spot: object, section and
 * offset of the definition, if an input has one.  All candidates with one spot
 * are one mark.  A member of an archive may not be linked at all, so whatever
 * only members say is believed but never an error: the linked image's own
 * .rts.mark tells the truth later.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "lto.h"
#include "marks.h"

/* ---- from candidate to definition ------------------------------------ */

/* The linker makes the largest of all common blocks of a name. */
static uint64_t common_size(const struct lw_link *link, size_t name)
{
	const struct lw_scan *scan = link->scan;
	uint64_t size = 0;
	Elf64_Sym symbol;
	size_t i;

	for (i = 0; i < scan->hits.count; i++) {
		if (scan->hits.at[i].name != name)
			continue;
		symbol = lw_sym(link->objects.at[scan->hits.at[i].object],
				scan->hits.at[i].symbol);
		if (symbol.st_shndx == SHN_COMMON && symbol.st_size > size)
			size = symbol.st_size;
	}
	return size;
}

/* Fill in where a global spot is defined; it may be nowhere in the inputs. */
static void resolve(const struct lw_link *link, struct lw_spot *spot)
{
	const struct lw_hit *hit;
	Elf64_Sym symbol;

	if (!spot->set || !spot->global)
		return;
	hit = lw_name_definition(link->scan, spot->name);
	if (!hit)
		return;
	spot->object = link->objects.at[hit->object];
	symbol = lw_sym(spot->object, hit->symbol);
	spot->type = ELF64_ST_TYPE(symbol.st_info);
	spot->section = lw_sym_section(spot->object, hit->symbol);
	spot->size = symbol.st_size;
	if (symbol.st_shndx == SHN_COMMON) {
		/* Its st_value is an alignment. */
		spot->value = (uint64_t)spot->offset;
		spot->size = common_size(link, spot->name);
	} else {
		spot->value = symbol.st_value + (uint64_t)spot->offset;
	}
	if (spot->offset > 0 && (uint64_t)spot->offset < spot->size)
		spot->size -= (uint64_t)spot->offset;
}

static bool in_code(const struct lw_spot *spot)
{
	return spot->section && (lw_shdr(spot->object, spot->section).sh_flags &
				 SHF_EXECINSTR);
}

const char *lw_shared_with(const struct lw_link *link, const char *name)
{
	const struct lw_object *object;
	Elf64_Sym symbol;
	size_t i, k;

	for (i = 0; i < link->shared.count; i++) {
		object = link->shared.at[i];
		for (k = object->first_global; k < object->symbol_count; k++) {
			symbol = lw_sym(object, k);
			if (symbol.st_shndx != SHN_UNDEF &&
			    !strcmp(lw_sym_name(object, &symbol), name))
				return object->name;
		}
	}
	return NULL;
}

static bool is_used(const struct lw_scan *scan, size_t name)
{
	for (size_t i = 0; i < scan->hits.count; i++) {
		if (scan->hits.at[i].name == name)
			return true;
	}
	return false;
}

/* In a dynamic link a record's symbol may come from anywhere; in a relocatable
 * file an option's, too, if it is used.  Then its uses will tell how large it
 * is (module.c). */
static bool may_be_elsewhere(const struct lw_link *link,
			     struct lw_candidate *one)
{
	const char *symbol = link->scan->names.at[one->spot.name].text;

	if (!one->option)
		return link->command.shared || link->command.relocatable ||
		       lw_shared_with(link, symbol);
	if (!link->command.relocatable || one->kind == RTS_KIND_FUNC ||
	    !is_used(link->scan, one->spot.name))
		return false;
	one->size = 1;
	return true;
}

/*
 * No input defines it.  An option is then wrong, or, if it was meant for a
 * whole build, not meant for this link.  A record keeps its mark: the linker
 * may define the symbol itself (--defsym, a script), or will complain.
 */
static void judge_undefined(const struct lw_link *link,
			    struct lw_candidate *one)
{
	const char *symbol = link->scan->names.at[one->spot.name].text;
	const char *shared;

	/* LTO code may; an option's symbol has to be named in rts.o. */
	if (lw_lto_is_blind(link) || may_be_elsewhere(link, one))
		return;
	if (one->option ? one->option->optional : lw_from_member(one)) {
		one->drop = one->option != NULL;
		return;
	}
	shared = lw_shared_with(link, symbol);
	if (shared)
		lw_say(LW_MARK_IN_DSO, "%s: `%s' is marked, but only %s "
		       "defines it", one->where, symbol, shared);
	else if (one->option && lw_lto_hides(link, one->option))
		lw_lto_say_hidden(one->option);
	else if (one->option)
		lw_say(LW_UNDEFINED_MARK, "%s: `%s' is marked, but no input "
		       "defines it", one->where, symbol);
	one->drop = shared || one->option;
}

static void judge_size(const struct lw_link *link, struct lw_candidate *one)
{
	unsigned pointer = link->machine == EM_386 ? 4 : 8;

	if (one->redirect || !one->size)
		one->size = one->kind == RTS_KIND_FUNC ? pointer :
							 one->spot.size;
	if (one->size || (lw_lto_is_blind(link) && !one->spot.object))
		return;
	one->drop = true;
	if (!lw_from_member(one))
		lw_say(LW_UNKNOWN_SIZE, "%s: `%s' is marked, but its size is "
		       "not known", one->where, one->name);
}

/* An option says of code that it is data, or the other way round. */
static bool judge_kind(struct lw_candidate *one)
{
	bool func = one->kind == RTS_KIND_FUNC;
	const struct lw_spot *spot = func ? &one->stub : &one->spot;

	if (in_code(spot) == func)
		return true;
	one->drop = true;
	if (!one->option->optional)
		lw_say(LW_UNDEFINED_MARK, "%s: `%s' is marked as %s, but in "
		       "%s it is %s", one->where, one->name,
		       func ? "a function" : "an object", spot->object->name,
		       func ? "an object" : "a function");
	return false;
}

/* ---- functions by option --------------------------------------------- */

/* The relocation of the field at an offset of a section. */
static bool rela_at(const struct lw_object *object, size_t section,
		    uint64_t offset, Elf64_Rela *rela)
{
	const unsigned char *data;
	size_t size, i;

	data = lw_section_data(object, lw_rela_of(object, section), &size);
	for (i = 0; data && i < size / sizeof(*rela); i++) {
		*rela = lw_rela(data, i);
		if (rela->r_offset == offset)
			return true;
	}
	return false;
}

/*
 * Is the code at this spot a stub, [endbr] jmp *slot?  The jump is ff 25
 * with the slot's distance from its end (R_X86_64_PC32, addend -4), or
 * ff 24 25 with the slot's address (R_X86_64_32S); on i386 ff 25 with the
 * address (R_386_32).  A jump through the GOT looks the same but for its
 * relocation, and is none.
 */
static bool find_slot(struct lw_link *link, const struct lw_spot *code,
		      struct lw_spot *slot)
{
	bool narrow = code->object->elf_class == ELFCLASS32;
	const unsigned char endbr[] = { 0xf3, 0x0f, 0x1e, narrow ? 0xfb : 0xfa };
	const unsigned char *data;
	uint64_t at = code->value;
	Elf64_Rela rela;
	size_t size, symbol;
	int64_t bias;

	data = lw_section_data(code->object, code->section, &size);
	if (!data || at > size)
		return false;
	if (size - at >= 4 && !memcmp(data + at, endbr, 4))
		at += 4;
	if (size - at < 6 || data[at] != 0xff)
		return false;
	/* ff 25 disp32(%rip), or ff 24 25 and an absolute address. */
	bias = data[at + 1] == 0x25 ? 4 : 0;
	if (!bias && (size - at < 7 || data[at + 1] != 0x24 ||
		      data[at + 2] != 0x25))
		return false;
	if (narrow && !bias)
		return false;
	if (!rela_at(code->object, code->section, at + (bias ? 2 : 3), &rela))
		return false;
	if (ELF64_R_TYPE(rela.r_info) != (narrow ? R_X86_64_32 :
					  bias ? R_X86_64_PC32 : R_X86_64_32S))
		return false;
	symbol = ELF64_R_SYM(rela.r_info);
	if (!symbol || symbol >= code->object->symbol_count)
		return false;
	*slot = lw_spot_of(link->scan, code->object, symbol,
			   lw_sum(rela.r_addend, narrow ? 0 : bias));
	return slot->global || slot->section;
}

/* A record may say the same of a stub of any shape; stubs are resolved. */
static bool find_record(const struct lw_candidates *found,
			const struct lw_spot *code, struct lw_spot *slot)
{
	const struct lw_candidate *one;

	for (size_t i = 0; i < found->count; i++) {
		one = &found->at[i];
		if (one->option || one->drop || !one->stub.set ||
		    one->stub.object != code->object ||
		    one->stub.section != code->section ||
		    one->stub.value != code->value)
			continue;
		*slot = one->spot;
		return true;
	}
	return false;
}

/*
 * An option named a function.  If it is a stub already, it is a mark as if
 * RTS_FUNC stood in the source; else rts.o will have to bring slot and stub,
 * and the callers must be turned.  A local function's callers are in its own
 * object, where calls may leave no relocation.
 */
static void take_function(struct lw_link *link, struct lw_candidate *one,
			  const struct lw_candidates *found)
{
	one->stub = one->spot;
	if (!judge_kind(one))
		return;
	if (find_slot(link, &one->stub, &one->spot) ||
	    find_record(found, &one->stub, &one->spot))
		return;
	one->redirect = true;
	if (one->spot.global && !one->stub.object->from_lto)
		return;
	one->drop = true;
	if (one->stub.object->from_lto) {
		lw_say(LW_LTO_INPUT, "%s: `%s' is marked, an ordinary "
		       "function of LTO code, which may have copies",
		       one->where, one->name);
		return;
	}
	lw_say(LW_REDIRECT_SAME_OBJECT, "%s: `%s' is marked, but it is local "
	       "to %s", one->where, one->name, one->spot.object->name);
}

/* ---- all of them ----------------------------------------------------- */

static void resolve_all(struct lw_link *link, struct lw_candidates *found)
{
	struct lw_candidate *one;
	size_t i;

	lw_name_walk(link);
	for (i = 0; i < found->count; i++) {
		one = &found->at[i];
		resolve(link, &one->spot);
		resolve(link, &one->stub);
	}
}

static void judge(struct lw_link *link, struct lw_candidate *one,
		  const struct lw_candidates *found)
{
	if (!one->spot.object)
		judge_undefined(link, one);
	else if (one->option && one->kind == RTS_KIND_FUNC)
		take_function(link, one, found);
	else if (one->option)
		judge_kind(one);
}

/*
 * Objects of another machine cannot hold marks.  If this is such a link, the
 * marks have no effect, and no harm is done.
 */
static void judge_foreign(const struct lw_link *link)
{
	enum lw_diag id = link->objects.count ? LW_FOREIGN_MACHINE :
		LW_UNSUPPORTED_OUTPUT;
	const char *machine = link->machine == EM_386 ? "i386" : "x86-64";
	size_t i;

	for (i = 0; i < link->foreign.count; i++) {
		lw_say(id, "%s: has marks, but is no object of %s (%s)",
		       link->foreign.at[i].name, machine,
		       link->foreign.at[i].why);
		if (id == LW_UNSUPPORTED_OUTPUT)
			break;
	}
}

bool lw_scan_marks(struct lw_link *link)
{
	struct lw_candidates found = { 0 };
	size_t i;

	link->scan = lw_alloc(sizeof(*link->scan));
	link->scan->link = link;
	judge_foreign(link);
	lw_records_read(link, &found);
	for (i = 0; i < link->options.marks.count; i++)
		lw_option_candidate(link, &link->options.marks.at[i], &found);
	resolve_all(link, &found);
	if (!lw_lto_is_blind(link))
		lw_options_find_local(link, &found);
	for (i = 0; i < found.count; i++) {
		if (!found.at[i].drop)
			judge(link, &found.at[i], &found);
	}
	resolve_all(link, &found);	/* slots behind stubs */
	for (i = 0; i < found.count; i++) {
		if (!found.at[i].drop)
			judge_size(link, &found.at[i]);
	}
	lw_fold(link, &found);
	return link->marks.count > 0 || lw_errors() > 0;
}
