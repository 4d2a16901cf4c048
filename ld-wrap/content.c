// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * content.c - an input section, held against bytes of the linked image
 *
 * Two questions: are these bytes the section, but for what the linker fills
 * in; and, if the section stood here, where would its fields have the other
 * sections of its object?  The second tells apart what the first cannot:
 * scraps of code of which every object has the same (alternatives, cold
 * parts) jump back into functions that only one object has.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "class32.h"
#include "decode-x86.h"
#include "locate.h"
#include "scan.h"

/* ---- relocations ------------------------------------------------------ */

bool lw_type_is_got(uint32_t type)
{
	return type == R_X86_64_GOTPCREL || type == R_X86_64_GOTPCRELX ||
	       type == R_X86_64_REX_GOTPCRELX || type == R_X86_64_GOT32;
}

bool lw_type_is_plain(uint32_t type)
{
	return type == R_X86_64_PC32 || type == R_X86_64_PLT32 ||
	       type == R_X86_64_32 || type == R_X86_64_32S;
}

uint64_t lw_plain_value(const struct lw_image *image, uint32_t type,
			uint64_t place, const unsigned char *at)
{
	uint64_t field = rts_ld32(at);

	if (type != R_X86_64_32)
		field = (uint64_t)(int64_t)(int32_t)field;
	if (type == R_X86_64_PC32 || type == R_X86_64_PLT32)
		field += place;
	return lw_image_wrap(image, field);
}

static int by_offset(const void *pa, const void *pb)
{
	const Elf64_Rela *a = pa, *b = pb;

	return (a->r_offset > b->r_offset) - (a->r_offset < b->r_offset);
}

static bool is_sorted(const Elf64_Rela *at, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (at[i - 1].r_offset > at[i].r_offset)
			return false;
	}
	return true;
}

struct lw_relocations lw_relocations_of(const struct lw_object *object,
					size_t section)
{
	struct lw_relocations all = { 0 };
	size_t size = 0, index = lw_rela_of(object, section);
	const unsigned char *data =
		index ? lw_section_data(object, index, &size) : NULL;
	Elf64_Rela *copy;

	if (!data)
		return all;
	all.count = size / sizeof(Elf64_Rela);
	copy = lw_memdup(data, size);	/* aligned, too */
	if (!is_sorted(copy, all.count))
		qsort(copy, all.count, sizeof(*copy), by_offset);
	all.at = copy;
	return all;
}

/* ---- in step ----------------------------------------------------------- */

/* What the linker rewrote need not be where the relocation says. */
static bool may_move(uint32_t type)
{
	switch (type) {
	case R_X86_64_GOT32:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
	case R_X86_64_GOTTPOFF:
	case R_X86_64_TLSGD:
	case R_X86_64_TLSLD:
	case R_X86_64_GOTPC32_TLSDESC:
		return true;
	default:
		return false;
	}
}

/* A call of __tls_get_addr that was relaxed away with its TLSGD. */
static bool in_tls_sequence(const struct lw_relocations *all, size_t i)
{
	uint32_t type = i ? ELF64_R_TYPE(all->at[i - 1].r_info) :
			    R_X86_64_NONE;

	return type == R_X86_64_TLSGD || type == R_X86_64_TLSLD;
}

static bool is_field(const struct lw_fields *fields, uint64_t at)
{
	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->at[i].at == at)
			return true;
	}
	return false;
}

bool lw_in_step(const struct lw_relocations *all, size_t *next, uint64_t at,
		const struct lw_fields *fields, bool linked)
{
	for (; *next < all->count; ++*next) {
		uint32_t type = ELF64_R_TYPE(all->at[*next].r_info);
		uint64_t offset = all->at[*next].r_offset - at;

		if (offset >= fields->length)
			break;
		/* These two mark an instruction, and are no field. */
		if (type == R_X86_64_NONE || type == R_X86_64_TLSDESC_CALL)
			continue;
		if (linked && (may_move(type) || in_tls_sequence(all, *next)))
			continue;
		if (!is_field(fields, offset))
			return false;
	}
	return true;
}

/* ---- relaxed uses of the GOT ------------------------------------------- */

/*
 * What a linker may make of an instruction that goes through the GOT (psABI,
 * "Optimize GOTPCRELX Relocations"), by opcode and ModRM byte:
 *
 *	8b /r  mov    8d /r lea, or c7 /0 mov $
 *	85 /r  test   f7 /0 test $
 *	03..3b /r     81 /n with an immediate: add, or, ..., cmp
 *	ff /2  call   e8 behind a prefix (addr32, or a nop: mold), or before
 *		      a nop (-z call-nop=suffix-nop of GNU ld)
 *	ff /4  jmp    e9 before a nop, or behind one (mold)
 *
 * or leave it as it is.  The byte that is left over is a nop, or a prefix that
 * changes nothing.
 */
static bool is_pad(unsigned char byte)
{
	static const unsigned char pads[] = { 0x90, 0x67, 0x2e, 0x3e, 0x26,
					      0x36, 0x64, 0x65 };

	return memchr(pads, byte, sizeof(pads));
}

enum lw_got_use lw_got_use(const unsigned char *in, const unsigned char *out)
{
	unsigned opcode = in[-2], reg = in[-1] >> 3 & 7;
	unsigned direct = 0xc0 | reg;

	if (out[-2] == in[-2] && out[-1] == in[-1])
		return LW_GOT_KEPT;
	if (opcode == 0xff && (reg == 2 || reg == 4)) {
		direct = reg == 2 ? 0xe8 : 0xe9;
		if (out[-1] == direct && is_pad(out[-2]))
			return LW_GOT_RELATIVE;
		return out[-2] == direct && is_pad(out[3]) ? LW_GOT_EARLIER :
							     LW_GOT_NONE;
	}
	if (opcode == 0x8b && out[-2] == 0x8d && out[-1] == in[-1])
		return LW_GOT_RELATIVE;
	if ((opcode == 0x8b && out[-2] == 0xc7 && out[-1] == direct) ||
	    (opcode == 0x85 && out[-2] == 0xf7 && out[-1] == direct) ||
	    ((opcode & 0xc7) == 0x03 && out[-2] == 0x81 &&
	     out[-1] == (direct | (opcode & 0x38))))
		return LW_GOT_ABSOLUTE;
	return LW_GOT_NONE;
}

/* A field with the two bytes of its opcode: the section has all of it. */
static bool has_use(const struct lw_content *c, uint64_t offset)
{
	return offset >= 2 && c->size >= 4 && offset <= c->size - 4;
}

static bool relaxed_well(const struct lw_content *c, const unsigned char *at)
{
	for (size_t i = 0; i < c->relocations.count; i++) {
		const Elf64_Rela *one = &c->relocations.at[i];

		if (lw_type_is_got(ELF64_R_TYPE(one->r_info)) &&
		    has_use(c, one->r_offset) &&
		    !in_tls_sequence(&c->relocations, i) &&
		    lw_got_use(c->data + one->r_offset,
			       at + one->r_offset) == LW_GOT_NONE)
			return false;
	}
	return true;
}

/* ---- bytes ------------------------------------------------------------ */

/* Bytes before the field, and from it on, that the linker may write: a GOT
 * load becomes a lea or a move, a TLS sequence of up to 22 bytes another. */
static void span_of(uint32_t type, uint64_t *before, uint64_t *behind)
{
	*before = 0;
	*behind = 4;
	switch (type) {
	case R_X86_64_NONE:
		*behind = 0;
		break;
	case R_X86_64_8:
	case R_X86_64_PC8:
		*behind = 1;
		break;
	case R_X86_64_16:
	case R_X86_64_PC16:
		*behind = 2;
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
	case R_X86_64_32:
	case R_X86_64_32S:
	case R_X86_64_GOTPC32:
	case LW_R_GOTOFF32:
		break;
	case R_X86_64_64:
	case R_X86_64_PC64:
		*behind = 8;
		break;
	case R_X86_64_GOT32:
	case R_X86_64_GOTPCREL:
	case R_X86_64_GOTPCRELX:
	case R_X86_64_REX_GOTPCRELX:
		*before = 3;
		break;
	case R_X86_64_TLSGD:
	case R_X86_64_TLSLD:
		*before = 4;
		*behind = 22;
		break;
	default:
		*before = 4;
		*behind = 12;
		break;
	}
}

static void mask_fields(struct lw_content *c)
{
	uint64_t before, behind, from, to;

	c->mask = lw_alloc(c->size);
	memset(c->mask, 1, c->size);
	for (size_t i = 0; i < c->relocations.count; i++) {
		uint64_t at = c->relocations.at[i].r_offset;

		if (at >= c->size)
			continue;
		span_of(ELF64_R_TYPE(c->relocations.at[i].r_info), &before,
			&behind);
		from = at > before ? at - before : 0;
		to = behind < c->size - at ? at + behind : c->size;
		memset(c->mask + from, 0, to - from);
	}
}

static struct lw_content *content_at(struct lw_contents *all,
				     const struct lw_object *object,
				     size_t section)
{
	if (!all->at)
		all->at = lw_alloc(all->link->objects.count *
				   sizeof(*all->at));
	if (!all->at[object->index])
		all->at[object->index] = lw_alloc(object->section_count *
						  sizeof(**all->at));
	return &all->at[object->index][section];
}

struct lw_content *lw_content_of(struct lw_contents *all,
				 const struct lw_object *object,
				 size_t section)
{
	struct lw_content *c = content_at(all, object, section);

	if (c->tried)
		return c->size ? c : NULL;
	c->tried = true;
	c->data = lw_section_data(object, section, &c->size);
	if (!c->data || !c->size) {
		c->size = 0;
		return NULL;
	}
	c->object = object;
	c->section = section;
	c->relocations = lw_relocations_of(object, section);
	mask_fields(c);
	return c;
}

bool lw_content_matches(const struct lw_content *c, const unsigned char *at)
{
	for (size_t i = 0; i < c->size; i++) {
		if (c->mask[i] && at[i] != c->data[i])
			return false;
	}
	return relaxed_well(c, at);
}

/* ---- kin: the other sections of the object ---------------------------- */

struct kin {
	size_t section;
	uint64_t base;
};

typedef LW_ARRAY(struct kin) kindred;

/*
 * Where a relocation's field has the section that its symbol is in; false if
 * it does not say.  Only local symbols: a global one may be another object's.
 * Merged sections (strings) have no one base, and a local IFUNC is reached
 * through the PLT.
 */
static bool read_kin(const struct lw_image *image, const struct lw_content *c,
		     const Elf64_Rela *one, uint64_t base,
		     const unsigned char *at, struct kin *kin)
{
	uint32_t type = ELF64_R_TYPE(one->r_info);
	size_t index = ELF64_R_SYM(one->r_info);
	Elf64_Sym symbol;
	Elf64_Shdr header;

	if (!lw_type_is_plain(type) || index >= c->object->first_global ||
	    c->size < 4 || one->r_offset > c->size - 4)
		return false;
	symbol = lw_sym(c->object, index);
	kin->section = lw_sym_section(c->object, index);
	header = lw_shdr(c->object, kin->section);
	if (!kin->section || !(header.sh_flags & SHF_ALLOC) ||
	    header.sh_flags & (SHF_MERGE | SHF_TLS) ||
	    ELF64_ST_TYPE(symbol.st_info) == STT_GNU_IFUNC)
		return false;
	kin->base = lw_image_wrap(image, lw_plain_value(image, type,
					base + one->r_offset,
					at + one->r_offset) -
				  symbol.st_value - (uint64_t)one->r_addend);
	return true;
}

/* May that section be there?  Code must look like it. */
static bool may_be_there(struct lw_contents *all,
			 const struct lw_object *object, const struct kin *kin)
{
	struct lw_content *c = content_at(all, object, kin->section);
	const unsigned char *at;

	if (c->based)
		return c->base == kin->base;
	if (!(lw_shdr(object, kin->section).sh_flags & SHF_EXECINSTR))
		return true;
	c = lw_content_of(all, object, kin->section);
	if (!c)
		return true;
	at = lw_image_at(&all->link->image, kin->base, c->size);
	return at && lw_content_matches(c, at);
}

/* False if this contradicts what is known, or what was said before. */
static bool add_kin(struct lw_contents *all, const struct lw_object *object,
		    const struct kin *kin, kindred *said)
{
	for (size_t i = 0; i < said->count; i++) {
		if (said->at[i].section == kin->section)
			return said->at[i].base == kin->base;
	}
	*LW_PUSH(said) = *kin;
	return may_be_there(all, object, kin);
}

static bool read_kindred(struct lw_contents *all, const struct lw_content *c,
			 uint64_t base, const unsigned char *at, kindred *said)
{
	struct kin kin = { c->section, base };

	if (c->based && c->base != base)
		return false;
	*LW_PUSH(said) = kin;
	for (size_t i = 0; i < c->relocations.count; i++) {
		if (read_kin(&all->link->image, c, &c->relocations.at[i], base,
			     at, &kin) &&
		    !add_kin(all, c->object, &kin, said))
			return false;
	}
	return true;
}

bool lw_content_agrees(struct lw_contents *all, const struct lw_content *c,
		       uint64_t base, const unsigned char *at)
{
	kindred said = { 0 };

	return read_kindred(all, c, base, at, &said);
}

void lw_content_settle(struct lw_contents *all, const struct lw_content *c,
		       uint64_t base, const unsigned char *at)
{
	kindred said = { 0 };

	read_kindred(all, c, base, at, &said);
	for (size_t i = 0; i < said.count; i++) {
		struct lw_content *kin =
			content_at(all, c->object, said.at[i].section);

		kin->based = true;
		kin->base = said.at[i].base;
	}
}
