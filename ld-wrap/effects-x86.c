// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * effects-x86.c - what one x86 instruction does to registers, stack and flow
 *
 * With decode-x86.c one of two files that know Zydis.  Its lists of operands
 * name those that an instruction has without saying so, too: the %rdx of mul,
 * the %rcx of rep.  What it does not list (vzeroupper) is added here.
 */
#include <elf.h>
#include <string.h>

#include "effects-x86.h"
#include "zydis-x86.h"

#define ARITHMETIC (ZYDIS_CPUFLAG_CF | ZYDIS_CPUFLAG_PF | ZYDIS_CPUFLAG_AF | \
		    ZYDIS_CPUFLAG_ZF | ZYDIS_CPUFLAG_SF | ZYDIS_CPUFLAG_OF)

struct decoded {
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	bool writes_sp;
};

/* ---- registers --------------------------------------------------------- */

/* The hardware number of the general register that this is part of, or -1. */
static int number_of(const struct decoded *d, ZydisRegister reg)
{
	ZydisRegister whole =
		ZydisRegisterGetLargestEnclosing(d->z.machine_mode, reg);
	ZydisRegisterClass class = ZydisRegisterGetClass(whole);

	if (class != ZYDIS_REGCLASS_GPR64 && class != ZYDIS_REGCLASS_GPR32)
		return -1;
	return ZydisRegisterGetId(whole);
}

static bool is_whole(const struct decoded *d, const ZydisDecodedOperand *o)
{
	return o->type == ZYDIS_OPERAND_TYPE_REGISTER &&
	       number_of(d, o->reg.value) >= 0 && o->size == d->z.stack_width;
}

static bool is_vector(ZydisRegister reg)
{
	switch (ZydisRegisterGetClass(reg)) {
	case ZYDIS_REGCLASS_X87:
	case ZYDIS_REGCLASS_MMX:
	case ZYDIS_REGCLASS_XMM:
	case ZYDIS_REGCLASS_YMM:
	case ZYDIS_REGCLASS_ZMM:
	case ZYDIS_REGCLASS_TMM:
	case ZYDIS_REGCLASS_MASK:
		return true;
	default:
		return false;
	}
}

static void take_register(struct decoded *d, const ZydisDecodedOperand *o,
			  struct lw_effects *e)
{
	bool writes = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
	bool reads = o->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
	int number = number_of(d, o->reg.value);

	if (is_vector(o->reg.value) && writes)
		e->writes |= RTS_CLOBBER_VECTOR;
	if (number == LW_REG_SP) {
		d->writes_sp |= writes;
		e->looks |= reads &&
			o->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN;
	} else if (number >= 0 && writes) {
		e->writes |= 1u << number;
	}
}

static void take_memory(struct decoded *d, const ZydisDecodedOperand *o,
			struct lw_effects *e)
{
	ZydisRegister base = o->mem.base;
	int number = number_of(d, base);

	if (o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
		return;
	e->memory = true;
	e->by_stack |= number == LW_REG_SP || number == LW_REG_BP;
	e->relative |= base == ZYDIS_REGISTER_RIP || base == ZYDIS_REGISTER_EIP;
	e->looks |= number == LW_REG_SP;
	e->segment |= o->mem.segment == ZYDIS_REGISTER_FS ||
		      o->mem.segment == ZYDIS_REGISTER_GS;
	if (o->mem.index != ZYDIS_REGISTER_NONE ||
	    (number != LW_REG_SP && number != LW_REG_BP))
		return;
	e->base = number;
	e->disp = o->mem.disp.has_displacement ? o->mem.disp.value : 0;
	e->size = o->size / 8;
	e->stores = o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
}

/* `lea 0(%esi),%esi' is how i386 fills up. */
static void forgive_nothing(const struct decoded *d, struct lw_effects *e)
{
	const ZydisDecodedOperand *o = d->operands;
	int number = number_of(d, o[0].reg.value);

	if (d->z.mnemonic == ZYDIS_MNEMONIC_LEA && is_whole(d, &o[0]) &&
	    number >= 0 &&
	    o[1].mem.base == o[0].reg.value &&
	    o[1].mem.index == ZYDIS_REGISTER_NONE &&
	    !(o[1].mem.disp.has_displacement && o[1].mem.disp.value))
		e->writes &= ~(1u << number);
}

static void take_flags(const struct decoded *d, struct lw_effects *e)
{
	const ZydisAccessedFlags *f = d->z.cpu_flags;

	if (f && (f->modified | f->set_0 | f->set_1 | f->undefined) &
		 ARITHMETIC)
		e->writes |= RTS_CLOBBER_FLAGS;
	e->direction = d->z.mnemonic == ZYDIS_MNEMONIC_STD;
	switch (d->z.mnemonic) {
	case ZYDIS_MNEMONIC_EMMS:
	case ZYDIS_MNEMONIC_FNINIT:
	case ZYDIS_MNEMONIC_FRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR:
	case ZYDIS_MNEMONIC_FXRSTOR64:
	case ZYDIS_MNEMONIC_VZEROALL:
	case ZYDIS_MNEMONIC_VZEROUPPER:
	case ZYDIS_MNEMONIC_XRSTOR:
	case ZYDIS_MNEMONIC_XRSTOR64:
	case ZYDIS_MNEMONIC_XRSTORS:
	case ZYDIS_MNEMONIC_XRSTORS64:
		e->writes |= RTS_CLOBBER_VECTOR;
		break;
	default:
		if (d->z.meta.category == ZYDIS_CATEGORY_X87_ALU)
			e->writes |= RTS_CLOBBER_VECTOR;
	}
}

/* ---- flow -------------------------------------------------------------- */

static enum lw_way flow_of(const ZydisDecodedInstruction *z)
{
	if (z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR)
		return LW_WAY_SYSTEM;
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_INT3:
		return LW_WAY_STOP;
	case ZYDIS_MNEMONIC_RET:
		return LW_WAY_RETURN;
	default:
		break;
	}
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_CALL:
		return LW_WAY_CALL;
	case ZYDIS_CATEGORY_COND_BR:
		return LW_WAY_BRANCH;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return LW_WAY_JUMP;
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
		return LW_WAY_SYSTEM;
	default:
		return LW_WAY_NEXT;
	}
}

/* Memory whose place depends on nothing. */
static bool is_fixed(const ZydisDecodedOperand *o)
{
	return o->type == ZYDIS_OPERAND_TYPE_MEMORY &&
	       o->mem.index == ZYDIS_REGISTER_NONE &&
	       (o->mem.base == ZYDIS_REGISTER_NONE ||
		o->mem.base == ZYDIS_REGISTER_RIP);
}

static void take_flow(const struct decoded *d, uint64_t address,
		      struct lw_effects *e)
{
	const ZydisDecodedInstruction *z = &d->z;
	const ZydisDecodedOperand *o = &d->operands[0];

	e->flow = flow_of(z);
	if (z->raw.imm[0].size && z->raw.imm[0].is_relative) {
		e->relative = e->direct = true;
		e->target = address + z->length + z->raw.imm[0].value.u;
		if (z->machine_mode != ZYDIS_MACHINE_MODE_LONG_64)
			e->target &= 0xffffffff;
	}
	e->through = is_fixed(o);
	if (e->flow == LW_WAY_JUMP && is_whole(d, o))
		e->pointer = number_of(d, o->reg.value);
	if (z->mnemonic == ZYDIS_MNEMONIC_MOV && is_whole(d, o) &&
	    is_fixed(o + 1))
		e->pointer = number_of(d, o->reg.value);
}

/* ---- the stack --------------------------------------------------------- */

static bool is_register(const struct decoded *d, const ZydisDecodedOperand *o,
			int number)
{
	return is_whole(d, o) && number_of(d, o->reg.value) == number;
}

/* Of the two operands of what writes the stack pointer by a constant. */
static enum lw_stack moved_by(const struct decoded *d, struct lw_effects *e)
{
	const ZydisDecodedOperand *o = d->operands;
	bool constant = o[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
	int base;

	switch (d->z.mnemonic) {
	case ZYDIS_MNEMONIC_ADD:
		e->bytes = constant ? o[1].imm.value.s : 0;
		return constant ? LW_STACK_ADJUST : LW_STACK_OTHER;
	case ZYDIS_MNEMONIC_SUB:
		e->bytes = constant ? -o[1].imm.value.s : 0;
		return constant ? LW_STACK_ADJUST : LW_STACK_OTHER;
	case ZYDIS_MNEMONIC_LEA:
		base = number_of(d, o[1].mem.base);
		e->bytes = o[1].mem.disp.has_displacement ?
			   o[1].mem.disp.value : 0;
		if (o[1].mem.index != ZYDIS_REGISTER_NONE)
			return LW_STACK_OTHER;
		if (base == LW_REG_SP)
			return LW_STACK_ADJUST;
		return base == LW_REG_BP ? LW_STACK_UNFRAME : LW_STACK_OTHER;
	case ZYDIS_MNEMONIC_MOV:
		return is_register(d, &o[1], LW_REG_BP) ? LW_STACK_UNFRAME :
			LW_STACK_OTHER;
	default:
		return LW_STACK_OTHER;
	}
}

/* push and pop of a word, as the machine is made for. */
static enum lw_stack word_by(const struct decoded *d, struct lw_effects *e,
			     enum lw_stack way)
{
	const ZydisDecodedOperand *o = &d->operands[0];

	e->reg = is_whole(d, o) ? number_of(d, o->reg.value) : -1;
	if (d->z.operand_width != d->z.stack_width)
		return LW_STACK_OTHER;
	if (e->reg != LW_REG_SP)
		return way;
	/* What is pushed so is nobody's content. */
	e->reg = -1;
	return way == LW_STACK_PUSH ? way : LW_STACK_OTHER;
}

static enum lw_stack stack_of(const struct decoded *d, struct lw_effects *e)
{
	bool narrow = d->z.operand_width != d->z.stack_width;

	if (e->flow != LW_WAY_NEXT)
		return LW_STACK_NONE;
	switch (d->z.mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
		return word_by(d, e, LW_STACK_PUSH);
	case ZYDIS_MNEMONIC_POP:
		return word_by(d, e, LW_STACK_POP);
	case ZYDIS_MNEMONIC_PUSHF:
	case ZYDIS_MNEMONIC_PUSHFD:
	case ZYDIS_MNEMONIC_PUSHFQ:
		e->reg = LW_REG_FLAGS;
		return narrow ? LW_STACK_OTHER : LW_STACK_PUSH;
	case ZYDIS_MNEMONIC_POPF:
	case ZYDIS_MNEMONIC_POPFD:
	case ZYDIS_MNEMONIC_POPFQ:
		e->reg = LW_REG_FLAGS;
		return narrow ? LW_STACK_OTHER : LW_STACK_POP;
	case ZYDIS_MNEMONIC_LEAVE:
		return LW_STACK_LEAVE;
	default:
		break;
	}
	if (d->z.mnemonic == ZYDIS_MNEMONIC_MOV &&
	    is_register(d, &d->operands[0], LW_REG_BP) &&
	    is_register(d, &d->operands[1], LW_REG_SP))
		return LW_STACK_FRAME;
	if (!d->writes_sp)
		return LW_STACK_NONE;
	if (!is_register(d, &d->operands[0], LW_REG_SP))
		return LW_STACK_OTHER;
	return moved_by(d, e);
}

/* A register that is put away, or brought back, by mov. */
static void take_move(const struct decoded *d, struct lw_effects *e)
{
	const ZydisDecodedOperand *o = d->operands;

	if (d->z.mnemonic != ZYDIS_MNEMONIC_MOV || e->base < 0)
		return;
	if (is_whole(d, &o[0]) && o[1].type == ZYDIS_OPERAND_TYPE_MEMORY) {
		e->loads = true;
		e->moved = number_of(d, o[0].reg.value);
	} else if (is_whole(d, &o[1])) {
		e->saves = true;
		e->moved = number_of(d, o[1].reg.value);
	}
}

/* ---- all --------------------------------------------------------------- */

bool lw_decode_effects(unsigned machine, const unsigned char *code, size_t max,
		       uint64_t address, struct lw_effects *e)
{
	struct decoded d = { .writes_sp = false };

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(lw_zydis(machine), code, max,
						 &d.z, d.operands)))
		return false;
	memset(e, 0, sizeof(*e));
	e->length = d.z.length;
	e->word = (uint8_t)(d.z.stack_width / 8);
	e->reg = e->base = e->moved = e->pointer = -1;
	for (unsigned i = 0; i < d.z.operand_count; i++) {
		const ZydisDecodedOperand *o = &d.operands[i];

		if (o->type == ZYDIS_OPERAND_TYPE_REGISTER)
			take_register(&d, o, e);
		else if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
			take_memory(&d, o, e);
	}
	forgive_nothing(&d, e);
	take_flags(&d, e);
	take_flow(&d, address, e);
	e->stack = stack_of(&d, e);
	take_move(&d, e);
	return true;
}
