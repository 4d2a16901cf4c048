// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * decode-x86.c - the one file that knows Zydis
 *
 * Decoding happens often (every instruction of every function that uses a
 * mark, to stay in step) and its details are needed seldom (at the use), so
 * the first only asks for lengths and offsets and the second for operands.
 */
#include <elf.h>
#include <string.h>

#include <Zydis/Zydis.h>

#include "decode-x86.h"

static const ZydisDecoder *decoder(unsigned machine)
{
	static ZydisDecoder wide, narrow;
	static bool ready;

	if (!ready) {
		ZydisDecoderInit(&wide, ZYDIS_MACHINE_MODE_LONG_64,
				 ZYDIS_STACK_WIDTH_64);
		ZydisDecoderInit(&narrow, ZYDIS_MACHINE_MODE_LEGACY_32,
				 ZYDIS_STACK_WIDTH_32);
		ready = true;
	}
	return machine == EM_386 ? &narrow : &wide;
}

static void field_add(struct lw_fields *f, unsigned at, unsigned bits)
{
	if (!bits)
		return;
	f->at[f->count].at = (uint8_t)at;
	f->at[f->count].size = (uint8_t)(bits / 8);
	f->count++;
}

static void fields_of(const ZydisDecodedInstruction *z, struct lw_fields *f)
{
	memset(f, 0, sizeof(*f));
	f->length = z->length;
	field_add(f, z->raw.disp.offset, z->raw.disp.size);
	field_add(f, z->raw.imm[0].offset, z->raw.imm[0].size);
	field_add(f, z->raw.imm[1].offset, z->raw.imm[1].size);
}

bool lw_decode_fields(unsigned machine, const unsigned char *code, size_t max,
		      struct lw_fields *f)
{
	ZydisDecodedInstruction z;
	ZydisDecoderContext context;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(decoder(machine),
							&context, code, max,
							&z)))
		return false;
	fields_of(&z, f);
	return true;
}

/* Registers that no encoding of ours can load. */
static bool is_vector(const ZydisDecodedOperand *o)
{
	ZydisRegisterClass class;

	if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return false;
	class = ZydisRegisterGetClass(o->reg.value);
	return class == ZYDIS_REGCLASS_X87 || class == ZYDIS_REGCLASS_MMX ||
	       class == ZYDIS_REGCLASS_XMM || class == ZYDIS_REGCLASS_YMM ||
	       class == ZYDIS_REGCLASS_ZMM || class == ZYDIS_REGCLASS_TMM ||
	       class == ZYDIS_REGCLASS_MASK;
}

/* The operand whose address the displacement is part of.  An instruction has
 * at most one; moffs (a0..a3) counts as one without base. */
static void memory(struct lw_instruction *i, const ZydisDecodedInstruction *z,
		   const ZydisDecodedOperand *o)
{
	const ZydisDecodedOperandMem *m = &o->mem;
	bool rip = m->base == ZYDIS_REGISTER_RIP || m->base == ZYDIS_REGISTER_EIP;
	bool exact = (rip || m->base == ZYDIS_REGISTER_NONE) &&
		     m->index == ZYDIS_REGISTER_NONE;

	i->pc_relative = rip;
	i->target = (uint64_t)z->raw.disp.value;
	if (rip)
		i->target += i->address + i->length;
	if (z->address_width == 32)
		i->target &= 0xffffffff;
	i->operand = exact ? LW_OPERAND_MEMORY : LW_OPERAND_INDEXED;
	if (m->type == ZYDIS_MEMOP_TYPE_AGEN)
		i->operand = LW_OPERAND_ADDRESS;
	i->width = (uint8_t)(o->size / 8 > 255 ? 255 : o->size / 8);
	i->reads = o->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	i->writes = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	i->segment = m->segment == ZYDIS_REGISTER_FS ||
		     m->segment == ZYDIS_REGISTER_GS;
}

static void displacement(struct lw_instruction *i,
			 const ZydisDecodedInstruction *z,
			 const ZydisDecodedOperand *operands)
{
	unsigned n;

	for (n = 0; n < z->operand_count_visible; n++)
		i->vector |= is_vector(&operands[n]);
	i->vector |= z->meta.category == ZYDIS_CATEGORY_X87_ALU;
	for (n = 0; n < z->operand_count; n++)
		if (operands[n].type == ZYDIS_OPERAND_TYPE_MEMORY &&
		    operands[n].mem.disp.has_displacement) {
			memory(i, z, &operands[n]);
			return;
		}
}

static void immediate(struct lw_instruction *i,
		      const ZydisDecodedInstruction *z, unsigned n)
{
	i->target = z->raw.imm[n].value.u;
	if (z->raw.imm[n].is_relative) {
		i->operand = LW_OPERAND_BRANCH;
		i->target += i->address + i->length;
	} else {
		i->operand = LW_OPERAND_IMMEDIATE;
	}
}

bool lw_decode_operand(unsigned machine, const unsigned char *code, size_t max,
		       uint64_t address, unsigned field,
		       struct lw_instruction *i)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct lw_fields f;
	unsigned n;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder(machine), code, max,
						 &z, operands)))
		return false;
	memset(i, 0, sizeof(*i));
	i->address = address;
	i->machine = (uint16_t)machine;
	i->length = z.length;
	memcpy(i->bytes, code, z.length);
	fields_of(&z, &f);
	for (n = 0; n < f.count; n++)
		if (f.at[n].at == field)
			i->field = f.at[n];
	if (!i->field.size)
		return false;
	if (z.raw.disp.size && z.raw.disp.offset == field)
		displacement(i, &z, operands);
	for (n = 0; n < 2; n++)
		if (z.raw.imm[n].size && z.raw.imm[n].offset == field)
			immediate(i, &z, n);
	return i->operand != LW_OPERAND_NONE;
}
