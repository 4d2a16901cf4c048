// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * decode-x86.c - what an instruction does with one of its fields
 *
 * With effects-x86.c one of the two files that know Zydis.
 *
 * Decoding happens often (every instruction of every function that uses a
 * mark, to stay in step) and its details are needed seldom (at the use), so
 * the first only asks for lengths and offsets and the second for operands.
 */
#include <elf.h>
#include <string.h>

#include "decode-x86.h"
#include "zydis-x86.h"

const ZydisDecoder *lw_zydis(unsigned machine)
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

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(lw_zydis(machine),
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

/* Segments are flat in 64-bit mode, but for two; on i386 only ds is taken to
 * be the one that marks are in. */
static bool has_segment(const struct lw_instruction *i,
			const ZydisDecodedInstruction *z,
			const ZydisDecodedOperandMem *m)
{
	if (i->machine == EM_386 &&
	    z->attributes & (ZYDIS_ATTRIB_HAS_SEGMENT_CS |
			     ZYDIS_ATTRIB_HAS_SEGMENT_ES |
			     ZYDIS_ATTRIB_HAS_SEGMENT_SS))
		return true;
	return m->segment == ZYDIS_REGISTER_FS ||
	       m->segment == ZYDIS_REGISTER_GS;
}

/* Does the address alone matter, as a hint, or to the cache? */
static bool is_hint(const ZydisDecodedInstruction *z)
{
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_CLDEMOTE:
	case ZYDIS_CATEGORY_CLFLUSHOPT:
	case ZYDIS_CATEGORY_CLWB:
	case ZYDIS_CATEGORY_NOP:
	case ZYDIS_CATEGORY_PREFETCH:
	case ZYDIS_CATEGORY_PREFETCHWT1:
	case ZYDIS_CATEGORY_WIDENOP:
		return true;
	default:
		return z->mnemonic == ZYDIS_MNEMONIC_CLFLUSH ||
		       z->mnemonic == ZYDIS_MNEMONIC_INVLPG;
	}
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
	if (m->type == ZYDIS_MEMOP_TYPE_AGEN || is_hint(z))
		i->operand = LW_OPERAND_ADDRESS;
	i->width = (uint8_t)(o->size / 8 > 255 ? 255 : o->size / 8);
	i->reads = o->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	i->writes = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	i->segment = has_segment(i, z, m);
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
	/* 66 makes a branch of i386 one of 16 bits; elsewhere no CPU's maker
	 * agrees with the other. */
	if (i->machine == EM_386)
		i->target &= i->operand == LW_OPERAND_BRANCH &&
			     z->operand_width == 16 ? 0xffff : 0xffffffff;
}

static bool is_legacy_prefix(unsigned byte)
{
	return byte == 0x26 || byte == 0x2e || byte == 0x36 || byte == 0x3e ||
	       (byte >= 0x64 && byte <= 0x67) || byte == 0xf0 ||
	       byte == 0xf2 || byte == 0xf3;
}

bool lw_is_apx(unsigned machine, const unsigned char *code, size_t max)
{
	while (max && is_legacy_prefix(*code))
		code++, max--;
	if (machine != EM_X86_64 || !max)
		return false;
	if (*code == 0xd5)
		return true;
	/* The bits that were always so before: map 0..3 or 5..7 with bit 3
	 * clear, and bit 2 set behind it. */
	return max > 2 && *code == 0x62 &&
	       ((code[1] & 7) == 4 || code[1] & 8 || !(code[2] & 4));
}

bool lw_decode_operand(unsigned machine, const unsigned char *code, size_t max,
		       uint64_t address, unsigned field,
		       struct lw_instruction *i)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	struct lw_fields f;
	unsigned n;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(lw_zydis(machine), code, max,
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

/* ---- where it leads, what it changes ------------------------------------ */

static enum lw_flow_kind flow_kind(const ZydisDecodedInstruction *z)
{
	bool relative = z->raw.imm[0].size && z->raw.imm[0].is_relative;

	switch (z->meta.category) {
	case ZYDIS_CATEGORY_COND_BR:
		return LW_FLOW_CONDITIONAL;
	case ZYDIS_CATEGORY_UNCOND_BR:
		if (z->mnemonic != ZYDIS_MNEMONIC_JMP)
			return LW_FLOW_CONDITIONAL;	/* xbegin */
		return relative ? LW_FLOW_JUMP : LW_FLOW_INDIRECT;
	case ZYDIS_CATEGORY_CALL:
		return LW_FLOW_CALL;
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_INTERRUPT:
		return LW_FLOW_AWAY;
	default:
		return relative ? LW_FLOW_CONDITIONAL : LW_FLOW_NEXT;
	}
}

bool lw_decode_flow(unsigned machine, const unsigned char *code, size_t max,
		    struct lw_flow *f)
{
	ZydisDecodedInstruction z;
	ZydisDecoderContext context;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(lw_zydis(machine),
							&context, code, max,
							&z)))
		return false;
	memset(f, 0, sizeof(*f));
	fields_of(&z, &f->fields);
	f->kind = flow_kind(&z);
	f->landing = z.mnemonic == ZYDIS_MNEMONIC_ENDBR64 ||
		     z.mnemonic == ZYDIS_MNEMONIC_ENDBR32;
	if (z.raw.imm[0].size && z.raw.imm[0].is_relative) {
		f->relative = true;
		f->distance = z.raw.imm[0].offset;
		f->target = z.length + z.raw.imm[0].value.s;
	} else if (z.mnemonic == ZYDIS_MNEMONIC_LEA && machine != EM_386 &&
		   z.raw.modrm.mod == 0 && z.raw.modrm.rm == 5) {
		f->takes_address = true;
		f->distance = z.raw.disp.offset;
		f->target = z.length + z.raw.disp.value;
	}
	return true;
}

static uint32_t register_bit(unsigned machine, ZydisRegister r)
{
	ZydisMachineMode mode = machine == EM_386 ?
		ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LONG_64;
	ZydisRegister whole = ZydisRegisterGetLargestEnclosing(mode, r);
	ZydisRegisterClass class = ZydisRegisterGetClass(whole);

	if (class != ZYDIS_REGCLASS_GPR64 && class != ZYDIS_REGCLASS_GPR32)
		return 0;
	return 1u << (ZydisRegisterGetId(whole) & 15);
}

/* xor or sub of a register with itself: the result is 0, whatever it held. */
static bool is_zeroing(const ZydisDecodedInstruction *z,
		       const ZydisDecodedOperand *o)
{
	return (z->mnemonic == ZYDIS_MNEMONIC_XOR ||
		z->mnemonic == ZYDIS_MNEMONIC_SUB) &&
	       o[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       o[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       o[0].reg.value == o[1].reg.value && o[0].size >= 32;
}

static void operand_changes(unsigned machine, const ZydisDecodedOperand *o,
			    struct lw_changes *c)
{
	uint32_t bit;

	if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
		c->reads |= register_bit(machine, o->mem.base) |
			    register_bit(machine, o->mem.index);
	if (o->type != ZYDIS_OPERAND_TYPE_REGISTER)
		return;
	bit = register_bit(machine, o->reg.value);
	if (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ)
		c->reads |= bit;
	if (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
		c->registers |= bit;
	/* 32 bits clear the upper half; less leaves the rest. */
	if (o->actions & ZYDIS_OPERAND_ACTION_WRITE && o->size >= 32)
		c->kills |= bit;
}

bool lw_decode_changes(unsigned machine, const unsigned char *code,
		       size_t max, struct lw_changes *c)
{
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	bool perhaps;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(lw_zydis(machine), code, max,
						 &z, operands)))
		return false;
	memset(c, 0, sizeof(*c));
	for (unsigned n = 0; n < z.operand_count; n++)
		operand_changes(machine, &operands[n], c);
	if (is_zeroing(&z, operands))
		c->reads = 0;
	/* A shift by %cl, and a repeated string instruction, may do nothing. */
	perhaps = c->reads & 2 || z.attributes & (ZYDIS_ATTRIB_HAS_REP |
						   ZYDIS_ATTRIB_HAS_REPE |
						   ZYDIS_ATTRIB_HAS_REPNE);
	if (z.cpu_flags) {
		c->flags = z.cpu_flags->modified | z.cpu_flags->set_0 |
			   z.cpu_flags->set_1 | z.cpu_flags->undefined;
		c->reads_flags = z.cpu_flags->tested;
		c->kills_flags = perhaps ? 0 : c->flags;
	}
	return true;
}
