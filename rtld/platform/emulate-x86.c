// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * emulate-x86.c - do what the linked encoding of a site does
 *
 * A closed set, because memory is the truth.  Whatever a site holds or will
 * hold, its linked encoding is right at any time; and of those the linker
 * leaves only:
 *
 *	call, jmp, jcc		to a stub, a thunk, a slow path, a label
 *	call, jmp, push		through the slot
 *	mov, movzx, movsx	slot to a register
 *	add or adc sbb and sub xor cmp test imul	slot and a register
 *	setcc, cmovcc		of registers
 *
 * each with the slot at disp32(%rip), at an absolute disp32 or at moffs, and
 * with the prefixes that forms-x86.c lets through.  A bound encoding has
 * immediates and comes in more shapes; none of them needs to be known here.
 *
 * Flags.  For `and' the manual leaves AF undefined, for `imul' four of them;
 * a CPU has its habits, and somebody may have measured them.  So the operation
 * is not computed but done: by the same instruction, on the same operands, with
 * the same flags before.  sahf and lahf move five of them (in 64-bit mode all
 * CPUs have these but the first ones), an addition and seto move OF; pushf
 * would write to a stack of which a process may use what is below.
 *
 * The slot is read once and with its width, as the instruction would.  No
 * vector register is touched.
 */
#include "emulate-x86.h"

#ifdef __x86_64__
enum { LONG = 1, POINTER = 8 };
#else
enum { LONG = 0, POINTER = 4 };
#endif

enum kind {
	LOAD = 1, OPERATE, PUSH, CALL_SLOT, JMP_SLOT, CALL, JMP, JCC, SETCC,
	CMOV
};

/* What OPERATE does; the first eight by bits 3 to 5 of the opcode. */
enum { ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, IMUL };

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };
enum { SP = 4 };
enum { CF = 1 << 0, PF = 1 << 2, ZF = 1 << 6, SF = 1 << 7, OF = 1 << 11,
       BY_LAHF = 0xd5 };

/* ---- what is it ----------------------------------------------------------- */

struct reader {
	const unsigned char *bytes;
	unsigned at, n;
	unsigned opcode;	/* 0x0f.. with its escape */
	unsigned modrm;
	uint8_t opsize;		/* 66 */
	uint8_t bnd;		/* f2 */
	uint8_t segment;	/* an override that counts */
	uint8_t odd;		/* fs, gs, 67, f3 */
};

/* The next byte; behind the end one that no opcode is (hlt). */
static unsigned next(struct reader *r)
{
	return r->at < r->n ? r->bytes[r->at++] : (r->at++, 0xf4);
}

static int prefix(struct reader *r, unsigned byte)
{
	if (byte == 0x66)
		r->opsize = 1;
	else if (byte == 0xf2)
		r->bnd = 1;
	else if (byte == 0x26 || byte == 0x2e || byte == 0x36)
		r->segment |= !LONG;
	else if (byte == 0x64 || byte == 0x65 || byte == 0x67 || byte == 0xf3)
		r->odd = 1;
	else
		return byte == 0x3e;
	return 1;
}

static void read_opcode(struct reader *r, struct rtld_instruction_ *i)
{
	unsigned byte;

	/* A prefix behind a REX makes the CPU forget the REX. */
	for (;;) {
		byte = next(r);
		if (LONG && (byte & 0xf0) == 0x40)
			i->rex = (uint8_t)byte;
		else if (prefix(r, byte))
			i->rex = 0;
		else
			break;
	}
	r->opcode = byte == 0x0f ? 0x0f00 | next(r) : byte;
}

static void put_field(struct reader *r, struct rtld_instruction_ *i,
		      unsigned size, unsigned relative)
{
	i->field = (uint8_t)r->at;
	i->field_size = (uint8_t)size;
	i->relative = (uint8_t)relative;
	r->at += size;
}

static unsigned wide(const struct reader *r, const struct rtld_instruction_ *i)
{
	return i->rex & REX_W ? 8 : r->opsize ? 2 : 4;
}

static void read_modrm(struct reader *r, struct rtld_instruction_ *i)
{
	r->modrm = next(r);
	i->reg = (r->modrm >> 3 & 7) | (i->rex & REX_R ? 8 : 0);
	i->rm = (r->modrm & 7) | (i->rex & REX_B ? 8 : 0);
}

/* ModRM must be memory at a known address. */
static int read_slot(struct reader *r, struct rtld_instruction_ *i)
{
	if (r->odd || r->segment)
		return 0;
	if ((r->modrm & 0xc7) == 0x05)
		put_field(r, i, 4, LONG);
	else if ((r->modrm & 0xc7) == 0x04 && (next(r) & 0x3f) == 0x25 &&
		 !(i->rex & REX_X))
		put_field(r, i, 4, 0);
	else
		return 0;
	return 1;
}

/* A distance: whatever prefix is there, but that of 16 bits. */
static unsigned branch(struct reader *r, struct rtld_instruction_ *i,
		       enum kind kind, unsigned size)
{
	put_field(r, i, size, 1);
	return r->opsize ? 0 : kind;
}

/* A slot and a register, of which both have this width. */
static unsigned same(struct reader *r, struct rtld_instruction_ *i,
		     unsigned size, enum kind kind, unsigned what)
{
	i->what = (uint8_t)what;
	i->size = i->width = (uint8_t)size;
	read_modrm(r, i);
	if (r->bnd || (r->opsize && size != 2) || !read_slot(r, i))
		return 0;
	return kind;
}

/* A slot that is extended to a wider register. */
static unsigned extend(struct reader *r, struct rtld_instruction_ *i,
		       unsigned width, unsigned is_signed)
{
	unsigned kind = same(r, i, wide(r, i), LOAD, 0);

	i->width = (uint8_t)width;
	i->is_signed = (uint8_t)is_signed;
	return kind;
}

static unsigned moffs(struct reader *r, struct rtld_instruction_ *i)
{
	i->size = i->width = (uint8_t)(r->opcode & 1 ? wide(r, i) : 1);
	put_field(r, i, POINTER, 0);
	return r->bnd || r->odd || r->segment ||
	       (r->opsize && i->size != 2) ? 0 : LOAD;
}

static unsigned through_slot(struct reader *r, struct rtld_instruction_ *i)
{
	read_modrm(r, i);
	i->width = POINTER;
	if (r->opsize || !read_slot(r, i))
		return 0;
	if (i->reg % 8 == 2)
		return CALL_SLOT;
	if (i->reg % 8 == 4)
		return JMP_SLOT;
	return i->reg % 8 == 6 && !r->bnd ? PUSH : 0;
}

static unsigned escaped(struct reader *r, struct rtld_instruction_ *i)
{
	unsigned opcode = r->opcode & 0xff;

	i->what = opcode & 15;
	switch (opcode & 0xf0) {
	case 0x40:
		read_modrm(r, i);
		i->size = (uint8_t)wide(r, i);
		return r->odd || r->bnd || r->modrm < 0xc0 ? 0 : CMOV;
	case 0x80:
		return branch(r, i, JCC, 4);
	case 0x90:
		read_modrm(r, i);
		i->size = 1;
		return r->odd || r->bnd || r->opsize || r->modrm < 0xc0 ?
			0 : SETCC;
	}
	switch (opcode) {
	case 0xaf:
		return same(r, i, wide(r, i), OPERATE, IMUL);
	case 0xb6:
	case 0xb7:
	case 0xbe:
	case 0xbf:
		return extend(r, i, 1 + (opcode & 1), opcode & 8);
	default:
		return 0;
	}
}

static unsigned kind_of(struct reader *r, struct rtld_instruction_ *i)
{
	unsigned opcode = r->opcode;
	unsigned size = opcode & 1 ? wide(r, i) : 1;

	if (opcode > 0xff)
		return escaped(r, i);
	i->what = opcode & 15;
	if ((opcode & 0xf0) == 0x70)
		return branch(r, i, JCC, 1);
	if ((opcode & 0xc6) == 0x02)
		return same(r, i, size, OPERATE, opcode >> 3);
	switch (opcode) {
	case 0x63:
		if (!LONG || r->opsize)
			return 0;
		return extend(r, i, 4, 1);
	case 0x84:
	case 0x85:
		return same(r, i, size, OPERATE, TEST);
	case 0x8a:
	case 0x8b:
		return same(r, i, size, LOAD, 0);
	case 0xa0:
	case 0xa1:
		return moffs(r, i);
	case 0xe8:
		return branch(r, i, CALL, 4);
	case 0xe9:
		return branch(r, i, JMP, 4);
	case 0xff:
		return through_slot(r, i);
	default:
		return 0;
	}
}

unsigned rtld_instruction_(const unsigned char *bytes, unsigned n,
			   struct rtld_instruction_ *i)
{
	struct reader r;

	/* Field by field: a whole one might become a call of memset(). */
	r.bytes = bytes;
	r.at = r.modrm = 0;
	r.n = n;
	r.opsize = r.bnd = r.segment = r.odd = 0;
	i->rex = i->reg = i->rm = i->field = i->field_size = i->relative = 0;
	i->what = i->size = i->width = i->is_signed = 0;
	read_opcode(&r, i);
	i->kind = (uint8_t)kind_of(&r, i);
	if (r.at > n || r.at > RTLD_INSTRUCTION_MAX_)
		i->kind = 0;
	i->length = (uint8_t)(i->kind ? r.at : 0);
	return i->length;
}

unsigned rtld_pushes_(const unsigned char *bytes, unsigned n)
{
	unsigned at = 0, rex;

	for (;;) {
		rex = LONG && at < n && bytes[at] == 0x41;
		if (at + rex >= n || (bytes[at + rex] & 0xf8) != 0x50)
			return at;
		at += 1 + rex;
	}
}

/* ---- do it ---------------------------------------------------------------- */

static unsigned long field_of(const struct rtld_instruction_ *i,
			      const unsigned char *bytes,
			      const struct rtld_regs *regs)
{
	unsigned long end = regs->ip + i->length, x;

	if (i->field_size == 1)
		x = (unsigned long)(signed char)bytes[i->field];
	else if (i->field_size == 4)
		x = (unsigned long)(int32_t)rts_ld32(bytes + i->field);
	else
		x = (unsigned long)rts_ld64(bytes + i->field);
	return i->relative ? end + x : x;
}

#define LOAD_ONCE(address, type)					\
	__atomic_load_n((const type *)(address), __ATOMIC_RELAXED)

/* One access of the slot, extended. */
static unsigned long content(unsigned long address, unsigned width,
			     unsigned is_signed)
{
	unsigned long v, sign = is_signed ? 1ul << (8 * width - 1) : 0;

	if (width == 1)
		v = LOAD_ONCE(address, uint8_t);
	else if (width == 2)
		v = LOAD_ONCE(address, uint16_t);
	else if (width == 4)
		v = LOAD_ONCE(address, uint32_t);
	else
		v = LOAD_ONCE(address, unsigned long);
	return (v ^ sign) - sign;
}

/* ah, ch, dh, bh: registers 4 to 7 of 8 bits, where no REX says otherwise. */
static unsigned is_high(const struct rtld_instruction_ *i, unsigned reg)
{
	return i->size == 1 && !i->rex && reg >= 4;
}

static unsigned long get(const struct rtld_instruction_ *i,
			 const struct rtld_regs *regs, unsigned reg)
{
	return is_high(i, reg) ? regs->r[reg - 4] >> 8 : regs->r[reg];
}

static void set(const struct rtld_instruction_ *i, struct rtld_regs *regs,
		unsigned long v)
{
	unsigned long *r = &regs->r[i->reg], mask = 0xff;

	if (is_high(i, i->reg)) {
		r -= 4;
		v <<= 8;
		mask <<= 8;
	} else if (i->size == 2) {
		mask = 0xffff;
	} else if (i->size == 4) {
		mask = ~0ul;	/* clears the upper half */
		v = (uint32_t)v;
	} else if (i->size == 8) {
		mask = ~0ul;
	}
	*r = (*r & ~mask) | (v & mask);
}

/* ax: OF in bit 0, what lahf gives in bits 8 to 15. */
#define DO(op, insn)							\
	case op:							\
		__asm__ volatile("addb $127, %%al; sahf; " insn		\
				 "; seto %%al; lahf"			\
				 : "+a"(ax), [d] "+q"(d) : [v] "q"(v)	\
				 : "cc");				\
		break;
#define DO_ALL(suffix)							\
	DO(ADD, "add" suffix " %[v], %[d]")				\
	DO(OR, "or" suffix " %[v], %[d]")				\
	DO(ADC, "adc" suffix " %[v], %[d]")				\
	DO(SBB, "sbb" suffix " %[v], %[d]")				\
	DO(AND, "and" suffix " %[v], %[d]")				\
	DO(SUB, "sub" suffix " %[v], %[d]")				\
	DO(XOR, "xor" suffix " %[v], %[d]")				\
	DO(CMP, "cmp" suffix " %[v], %[d]")				\
	DO(TEST, "test" suffix " %[v], %[d]")
#define OPERATION(name, type, all)					\
static unsigned long name(unsigned what, unsigned long *flags,		\
			  unsigned long dest, unsigned long value)	\
{									\
	type d = (type)dest, v = (type)value;				\
	unsigned long ax = *flags;					\
									\
	switch (what) { all }						\
	*flags = ax;							\
	return d;							\
}
OPERATION(operate8, uint8_t, DO_ALL("b"))
OPERATION(operate16, uint16_t, DO_ALL("w") DO(IMUL, "imulw %[v], %[d]"))
OPERATION(operate32, uint32_t, DO_ALL("l") DO(IMUL, "imull %[v], %[d]"))
#ifdef __x86_64__
OPERATION(operate64, uint64_t, DO_ALL("q") DO(IMUL, "imulq %[v], %[d]"))
#else
#define operate64 operate32
#endif

static void operate(const struct rtld_instruction_ *i, struct rtld_regs *regs,
		    unsigned long v)
{
	unsigned long f = regs->flags, d = get(i, regs, i->reg);
	unsigned long ax = (f & BY_LAHF) << 8 | (f & OF ? 1 : 0);

	if (i->size == 1)
		d = operate8(i->what, &ax, d, v);
	else if (i->size == 2)
		d = operate16(i->what, &ax, d, v);
	else if (i->size == 4)
		d = operate32(i->what, &ax, d, v);
	else
		d = operate64(i->what, &ax, d, v);
	f &= ~(unsigned long)(BY_LAHF | OF);
	regs->flags = f | (ax >> 8 & BY_LAHF) | (ax & 1 ? OF : 0);
	if (i->what != CMP && i->what != TEST)
		set(i, regs, d);
}

/* Conditions come in pairs: the odd one is the opposite. */
static unsigned holds(unsigned condition, unsigned long f)
{
	unsigned pair = condition >> 1;
	unsigned less = pair >= 6 && !(f & SF) != !(f & OF);
	unsigned long any = pair == 0 ? OF : pair == 1 ? CF : pair == 2 ? ZF :
		pair == 3 ? CF | ZF : pair == 4 ? SF : pair == 5 ? PF :
		pair == 6 ? 0 : ZF;

	return (less || f & any) != (condition & 1);
}

static void push(struct rtld_regs *regs, unsigned long v)
{
	regs->r[SP] -= POINTER;
	*(volatile unsigned long *)regs->r[SP] = v;
}

/* What reads its slot, all with the operand in v. */
static unsigned long by_slot(const struct rtld_instruction_ *i,
			     struct rtld_regs *regs, unsigned long v,
			     unsigned long end)
{
	switch (i->kind) {
	case LOAD:
		set(i, regs, v);
		return end;
	case OPERATE:
		operate(i, regs, v);
		return end;
	case PUSH:
		push(regs, v);
		return end;
	case CALL_SLOT:
		push(regs, end);
		return v;
	default:		/* JMP_SLOT */
		return v;
	}
}

/* cmov writes its register in any case, setcc that of ModRM's rm. */
static void by_condition(const struct rtld_instruction_ *i,
			 struct rtld_regs *regs, unsigned is)
{
	struct rtld_instruction_ to;

	if (i->kind == CMOV) {
		set(i, regs, regs->r[is ? i->rm : i->reg]);
		return;
	}
	to.size = 1;
	to.rex = i->rex;
	to.reg = i->rm;
	set(&to, regs, is);
}

void rtld_emulate_(const struct rtld_instruction_ *i,
		   const unsigned char *bytes, struct rtld_regs *regs)
{
	unsigned long end = regs->ip + i->length;
	unsigned long x = i->field_size ? field_of(i, bytes, regs) : end;
	unsigned is;

	switch (i->kind) {
	case CALL:
		push(regs, end);
		regs->ip = x;
		return;
	case JMP:
		regs->ip = x;
		return;
	case JCC:
	case SETCC:
	case CMOV:
		is = holds(i->what, regs->flags);
		if (i->kind != JCC)
			by_condition(i, regs, is);
		regs->ip = is ? x : end;
		return;
	default:
		x = content(x, i->width, i->is_signed);
		regs->ip = by_slot(i, regs, x, end);
	}
}
