/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * form_meaning.h - does a bound encoding what the linked instruction does?
 *
 * As the decoder names it, not as forms-x86.c thinks: the same operation on the
 * same register with the same flags, and as its operand the content of the
 * slot, of the width that is used.  A load may become any instruction that puts
 * its value there, and one of 64 bits may be done with 32 if the upper half of
 * the result is zero.
 */
#ifndef TESTS_FORM_MEANING_H
#define TESTS_FORM_MEANING_H

#include <Zydis/Zydis.h>

#include "form_fault.h"

struct meaning {
	ZydisDecodedInstruction z;
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static inline bool meaning_of(struct meaning *m, unsigned machine,
			      const unsigned char *bytes, unsigned length)
{
	ZydisDecoder decoder;

	if (machine == EM_386)
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LEGACY_32,
				 ZYDIS_STACK_WIDTH_32);
	else
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
				 ZYDIS_STACK_WIDTH_64);
	return ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, bytes, length,
						   &m->z, m->operands));
}

/* The general register that it names; NONE for a branch or a push. */
static inline ZydisRegister meaning_register(const struct meaning *m)
{
	for (unsigned i = 0; i < m->z.operand_count_visible; i++) {
		if (m->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER)
			return m->operands[i].reg.value;
	}
	return ZYDIS_REGISTER_NONE;
}

static inline bool meaning_is_load(const struct meaning *m)
{
	return m->z.mnemonic == ZYDIS_MNEMONIC_MOV ||
	       m->z.mnemonic == ZYDIS_MNEMONIC_MOVZX ||
	       m->z.mnemonic == ZYDIS_MNEMONIC_MOVSX ||
	       m->z.mnemonic == ZYDIS_MNEMONIC_MOVSXD ||
	       m->z.mnemonic == ZYDIS_MNEMONIC_LEA;
}

static inline uint64_t meaning_cut(uint64_t x, unsigned bits)
{
	return bits < 64 ? x & ((UINT64_C(1) << bits) - 1) : x;
}

/* What the immediate is to the instruction; lea's and a branch's, where it
 * leads. */
static inline uint64_t meaning_value(const struct meaning *m, uint64_t site)
{
	for (unsigned i = 0; i < m->z.operand_count_visible; i++) {
		const ZydisDecodedOperand *o = &m->operands[i];

		if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
			return site + m->z.length +
			       (uint64_t)o->mem.disp.value;
		if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE)
			return o->imm.value.u +
			       (o->imm.is_relative ? site + m->z.length : 0);
	}
	return 0;
}

static inline bool meaning_fits(const struct lw_encoding *e, uint64_t x)
{
	if (e->range == RTS_RANGE_SIGNED)
		return x + 0x80000000u <= 0xffffffffu;
	return e->range != RTS_RANGE_UNSIGNED || x <= 0xffffffffu;
}

static inline const char *meaning_compare(const struct meaning *linked,
					  const struct meaning *bound,
					  unsigned tag)
{
	ZydisRegister a = meaning_register(linked), b = meaning_register(bound);
	bool load = meaning_is_load(linked);

	if (linked->z.mnemonic != bound->z.mnemonic &&
	    !(load && meaning_is_load(bound)))
		return "another operation";
	if (!load && linked->z.cpu_flags != bound->z.cpu_flags &&
	    (!linked->z.cpu_flags || !bound->z.cpu_flags ||
	     memcmp(linked->z.cpu_flags, bound->z.cpu_flags,
		    sizeof(*bound->z.cpu_flags))))
		return "other flags";
	if (a == b)
		return NULL;
	if ((load || tag == RTS_TAG_MASK) &&
	    ZydisRegisterGetClass(a) == ZYDIS_REGCLASS_GPR64 &&
	    ZydisRegisterGetClass(b) == ZYDIS_REGCLASS_GPR32 &&
	    ZydisRegisterGetId(a) == ZydisRegisterGetId(b))
		return NULL;
	return "another register";
}

/* One value; NULL also if it does not fit. */
static inline const char *meaning_try(const struct lw_form *f,
				      const struct lw_encoding *e,
				      const struct lw_instruction *i,
				      const struct meaning *linked, uint64_t v)
{
	unsigned bits = 8u * f->width, use;
	unsigned char bytes[RTS_SITE_MAX];
	struct meaning bound;
	const char *fault;
	uint64_t x;

	v = meaning_cut(v, bits);
	if (f->flags & RTS_FORM_SIGNED && v >> (bits - 1))
		v |= ~UINT64_C(0) << (bits - 1);
	x = v - (e->flags & RTS_ENCODING_PLACE ? i->address + e->bias : 0);
	if (!meaning_fits(e, x) || fault_build(f, e, x, bytes))
		return NULL;
	if (!meaning_of(&bound, i->machine, bytes, f->length))
		return "not an instruction";
	fault = meaning_compare(linked, &bound, f->tag);
	/* How much of V reaches the register, the stack, or where it goes. */
	use = i->machine == EM_386 ? 32 : 64;
	if (meaning_register(linked))
		use = (unsigned)ZydisRegisterGetWidth(linked->z.machine_mode,
				meaning_register(linked));
	x = meaning_value(&bound, i->address);
	/* A result of 32 bits is zero above them. */
	if (ZydisRegisterGetClass(meaning_register(&bound)) ==
	    ZYDIS_REGCLASS_GPR32)
		x = meaning_cut(x, 32);
	if (!fault && meaning_cut(x, use) != meaning_cut(v, use))
		fault = "another value";
	return fault;
}

/* NULL: the same, for values at all edges. */
static inline const char *form_meaning(const struct lw_form *f,
				       const struct lw_instruction *i)
{
	static const uint64_t values[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x12345678,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0xffffffff7fffffff, 0xffffffff80000000, 0x123456789abcdef0,
		0x8000000000000000, 0xffffffffffffffff, 0x401000
	};
	const char *fault = NULL;
	struct meaning linked;
	unsigned n, k;

	if (!meaning_of(&linked, i->machine, i->bytes, i->length))
		return "not an instruction";
	for (n = 0; n + 1u < f->encoding_count; n++)
		for (k = 0; !fault && k < sizeof(values) / sizeof(*values); k++)
			fault = meaning_try(f, &f->encodings[n], i, &linked,
					    values[k]);
	return fault;
}

#endif /* TESTS_FORM_MEANING_H */
