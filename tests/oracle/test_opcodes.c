// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_opcodes.c - the whole opcode map: what is decided for each instruction
 *
 * Not from a list of what came up: every opcode of every map, with every
 * prefix that could change its meaning and every value of ModRM's reg, with a
 * memory operand in each form that a linker can fill in, and every branch and
 * immediate.  Whatever the decoder takes for an instruction must be decided as
 * the first row of opcodes.def that matches says, and each row must decide
 * something.  A form that is built must be one, see form_fault.h, and
 * mean what the instruction does, see form_meaning.h.
 *
 * With -p: prints what was decided, to review the rows.  With -b 32 or -b 64:
 * prints the instructions of that machine that have a form.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/lw.h"
#include "../lib/form_fault.h"
#include "../lib/form_meaning.h"

#define PLACE	0x401000u
#define SIZE	4096		/* no instruction reads more */

static const char *const tags[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
};

static const char *const reasons[] = {
#define LW_REASON(id, name, text) name,
#include "../../ld-wrap/reasons.def"
#undef LW_REASON
};

/* ---- the rows -------------------------------------------------------- */

static struct row {
	const char *machines, *prefixes, *operands, *opcodes, *regs;
	const char *decision, *why;
	unsigned met;
} rows[] = {
#define OPCODES(machines, prefixes, operands, opcodes, regs, decision, why) \
	{ machines, prefixes, operands, opcodes, regs, decision, why, 0 },
#include "opcodes.def"
#undef OPCODES
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

/* One instruction, as it was made. */
struct made {
	unsigned machine;
	const char *prefix;	/* as in the rows, "" for none */
	unsigned opcode, reg;
	char operand;
	unsigned char bytes[LW_INSTRUCTION_MAX];
	unsigned disp;		/* where the displacement is */
	const char *mode;
};

/* Is the word one of those separated by commas?  "*" is any, "-" none. */
static bool is_listed(const char *list, const char *word)
{
	size_t n = strlen(word);

	if (!strcmp(list, "*"))
		return true;
	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
		if (!strncmp(list, word, n) &&
		    (list[n] == ',' || !list[n]))
			return true;
	}
	return false;
}

/* The same for numbers and ranges of them, in hexadecimal. */
static bool is_in(const char *list, unsigned n)
{
	char *end;

	if (!strcmp(list, "*"))
		return true;
	for (;; list = end + 1) {
		unsigned long from = strtoul(list, &end, 16), to = from;

		if (*end == '-')
			to = strtoul(end + 1, &end, 16);
		if (n >= from && n <= to)
			return true;
		if (*end != ',')
			return false;
	}
}

static struct row *row_of(const struct made *m)
{
	const char *machine = m->machine == EM_386 ? "32" : "64";

	for (size_t i = 0; i < ROWS; i++) {
		if (is_listed(rows[i].machines, machine) &&
		    is_listed(rows[i].prefixes, *m->prefix ? m->prefix : "-") &&
		    strchr(rows[i].operands, m->operand) &&
		    is_in(rows[i].opcodes, m->opcode) &&
		    is_in(rows[i].regs, m->reg))
			return &rows[i];
	}
	return NULL;
}

/* ---- deciding -------------------------------------------------------- */

static bool printing;
static unsigned listing;	/* a machine */
static unsigned decided, bound[RTS_TAG_COUNT], faults;

static void bad(const struct made *m, const char *what, const char *decision)
{
	if (++faults > 40)
		return;
	printf("# %s, prefixes %s, opcode %x/%u, operand %c (%s): %s: %s\n# ",
	       m->machine == EM_386 ? "i386" : "x86-64",
	       *m->prefix ? m->prefix : "-", m->opcode, m->reg, m->operand,
	       m->mode, decision, what);
	for (unsigned i = 0; i < LW_INSTRUCTION_MAX; i++)
		printf(" %02x", m->bytes[i]);
	printf("\n");
}

static const char *decide(const struct made *m, const struct lw_instruction *i)
{
	struct lw_mark mark = { .name = "x", .kind = RTS_KIND_VAR,
				.address = i->target, .size = SIZE };
	enum lw_reason why;
	struct lw_form f = { 0 };
	const char *fault;

	if (i->operand == LW_OPERAND_BRANCH) {
		mark.kind = RTS_KIND_FUNC;
		mark.stub = i->target;
		mark.address = i->target + 0x100000;
		mark.size = 8;
	}
	switch (lw_form_x86(i, &mark, i->target, &f, &why)) {
	case LW_CLASS_BOUND:
		fault = form_fault(&f, i, i->target);
		if (!fault)
			fault = form_meaning(&f, i);
		if (fault)
			bad(m, fault, tags[f.tag]);
		bound[f.tag]++;
		for (unsigned n = 0; m->machine == listing && n <= i->length;
		     n++)
			printf(n < i->length ? "%02x " : "\n", i->bytes[n]);
		return tags[f.tag];
	case LW_CLASS_ADDRESS:
		return "address";
	default:
		return reasons[why];
	}
}

static void look(struct made *m, unsigned field)
{
	struct lw_instruction i;
	const char *decision;
	struct row *row;

	if (!lw_decode_operand(m->machine, m->bytes, sizeof(m->bytes), PLACE,
			       field, &i))
		return;
	m->operand = i.operand == LW_OPERAND_BRANCH ? 'b' :
		i.operand == LW_OPERAND_IMMEDIATE ? 'i' :
		(m->opcode & ~3u) == 0xa0 ? 'o' :
		!strcmp(m->mode, "indexed") ? 'x' : 'm';
	if (m->operand != 'm' && m->operand != 'x' &&
	    (m->reg || strcmp(m->mode, "direct")))
		return;		/* no ModRM, or not about it */
	decision = decide(m, &i);
	decided++;
	if (printing)
		printf("%s\t%c\t%x\t%u\t%s\t%s\n",
		       m->machine == EM_386 ? "32" : "64", m->operand,
		       m->opcode, m->reg, *m->prefix ? m->prefix : "-",
		       decision);
	row = row_of(m);
	if (row)
		row->met++;
	if (!row)
		bad(m, "no row", decision);
	else if (strcmp(row->decision, decision))
		bad(m, row->decision, decision);
}

/* ---- making ---------------------------------------------------------- */

static unsigned put_hex(unsigned char *to, const char *hex)
{
	unsigned n = 0;

	for (; *hex; hex += 2 + (hex[2] == ' ')) {
		char byte[3] = { hex[0], hex[1], '\0' };

		to[n++] = (unsigned char)strtoul(byte, NULL, 16);
	}
	return n;
}

/* ModRM and what follows, behind n bytes. */
static void with_modrm(struct made *m, unsigned n)
{
	static const struct {
		const char *name;
		unsigned modrm, sib;
	} modes[] = {
		{ "direct", 5, 0 },	/* disp32(%rip), or disp32 on i386 */
		{ "absolute", 4, 0x25 },
		{ "indexed", 0x80, 0 },	/* disp32(%rax) */
		{ "disp16", 6, 0 }	/* i386 with 67 */
	};
	struct lw_fields fields;

	for (unsigned mode = 0; mode < 4; mode++) {
		unsigned at = n;

		/* 3DNow! has its opcode behind the operand. */
		memset(m->bytes + at, m->opcode == 0x0f0f ? 0x9e : 0,
		       sizeof(m->bytes) - at);
		m->mode = modes[mode].name;
		m->bytes[at++] = (unsigned char)
			(modes[mode].modrm | m->reg << 3);
		if (modes[mode].sib)
			m->bytes[at++] = (unsigned char)modes[mode].sib;
		m->bytes[at + 1] = 0x10;
		if (!lw_decode_fields(m->machine, m->bytes, sizeof(m->bytes),
				      &fields))
			continue;
		for (unsigned i = 0; i < fields.count; i++)
			look(m, fields.at[i].at);
	}
}

static void with_regs(struct made *m, unsigned n)
{
	for (m->reg = 0; m->reg < 8; m->reg++)
		with_modrm(m, n);
}

/* What is no opcode but stands before one, and has its own turn. */
static bool is_escape(unsigned machine, unsigned opcode)
{
	if (opcode == 0x0f38 || opcode == 0x0f3a || opcode == 0x0f ||
	    (opcode & ~0x18u) == 0x26 || (opcode & ~3u) == 0x64 ||
	    opcode == 0xf0 || opcode == 0xf2 || opcode == 0xf3)
		return true;
	return machine == EM_X86_64 &&
	       ((opcode & ~0xfu) == 0x40 || (opcode & ~1u) == 0xc4 ||
		opcode == 0x62);
}

/* One-byte opcodes, 0f, 0f 38, 0f 3a, behind each group of prefixes. */
static void legacy(unsigned machine, const char *prefix)
{
	static const struct { const char *bytes; unsigned map; } maps[] = {
		{ "", 0 }, { "0f", 0x0f00 }, { "0f 38", 0x3800 },
		{ "0f 3a", 0x3a00 }
	};
	struct made m = { .machine = machine, .prefix = prefix };

	for (unsigned map = 0; map < 4; map++) {
		unsigned n = put_hex(m.bytes, prefix);

		n += put_hex(m.bytes + n, maps[map].bytes);
		for (unsigned opcode = 0; opcode < 256; opcode++) {
			m.opcode = maps[map].map | opcode;
			m.bytes[n] = (unsigned char)opcode;
			if (!is_escape(machine, m.opcode))
				with_regs(&m, n + 1);
		}
	}
}

/* VEX (three bytes), EVEX and XOP: all maps, pp, W, L, with a register in vvvv
 * and without, EVEX with a mask and without.  In the rows: 1 2 3 for the kind,
 * two digits of map, opcode; pp is the prefix. */
static void vex(unsigned machine, unsigned kind, unsigned map, unsigned bits)
{
	static const unsigned char first[] = { 0, 0xc4, 0x62, 0x8f };
	static const char *const pps[] = { "", "66", "f3", "f2" };
	struct made m = { .machine = machine, .prefix = pps[bits & 3] };
	unsigned pp = bits & 3, w = bits >> 2 & 1, l = bits >> 3 & 1, n = 0;
	unsigned vvvv = bits >> 4 & 1 ? 0xe : 0xf;

	m.bytes[n++] = first[kind];
	m.bytes[n++] = (unsigned char)((kind == 2 ? 0xf0 : 0xe0) | map);
	m.bytes[n++] = (unsigned char)(w << 7 | vvvv << 3 | pp |
				       (kind == 2 ? 4 : l << 2));
	if (kind == 2)
		m.bytes[n++] = (unsigned char)(0x08 | l << 5 |
					       bits >> 5);	/* mask */
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		m.opcode = kind << 16 | map << 8 | opcode;
		m.bytes[n] = (unsigned char)opcode;
		with_regs(&m, n + 1);
	}
}

static void all_vex(unsigned machine)
{
	for (unsigned bits = 0; bits < 64; bits++) {
		for (unsigned map = 1; map <= 3; map++) {
			vex(machine, 1, map, bits & 31);
			vex(machine, 2, map, bits);
		}
		for (unsigned map = 8; map <= 10; map++)
			vex(machine, 3, map, bits);
	}
}

static void all_legacy(void)
{
	static const char *const both[] = {
		"", "66", "f2", "f3", "67", "26", "2e", "36", "3e", "64", "65",
		"f0", "66 f2", "66 f3", "2e 2e", "3e 3e 3e", "2e 2e 2e"
	};
	static const char *const wide[] = {
		"40", "48", "44", "4c", "66 44", "2e 2e 4c", "2e 2e 2e 4c",
		"66 48", "f2 48", "f3 48", "67 48", "64 48",
		"2e 48", "2e 2e 48", "3e 3e 48", "2e 2e 2e 48", "48 2e",
		"48 66"
	};

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		legacy(EM_X86_64, both[i]);
		legacy(EM_386, both[i]);
	}
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		legacy(EM_X86_64, wide[i]);
}

/* ---- APX ------------------------------------------------------------- */

/* No byte behind REX2, nor one in EVEX's map 4, makes what the decoder takes
 * for an instruction; and all of these are named. */
static unsigned apx_taken(void)
{
	static const char *const heads[] = { "d5", "66 d5", "62 f4", "62 fc" };
	unsigned char b[LW_INSTRUCTION_MAX];
	struct lw_fields fields;
	unsigned taken = 0;

	for (unsigned i = 0; i < 4 * 256 * 256; i++) {
		unsigned n;

		memset(b, 0, sizeof(b));
		n = put_hex(b, heads[i / 65536]);
		b[n] = (unsigned char)(i >> 8);
		b[n + 1] = (unsigned char)i;
		b[n + 2] = 0x05;
		taken += !lw_is_apx(EM_X86_64, b, sizeof(b)) ||
			 lw_decode_fields(EM_X86_64, b, sizeof(b), &fields);
		taken += lw_is_apx(EM_386, b, sizeof(b));
	}
	return taken;
}

/* ---- all ------------------------------------------------------------- */

static unsigned test, failed;

static void check(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++test, what);
	failed += !good;
}

int main(int argc, char **argv)
{
	char what[200];
	unsigned forms = 0;

	printing = argc > 1 && !strcmp(argv[1], "-p");
	if (argc > 2 && !strcmp(argv[1], "-b"))
		listing = strcmp(argv[2], "32") ? EM_X86_64 : EM_386;
	all_legacy();
	all_vex(EM_X86_64);
	all_vex(EM_386);
	if (printing || listing)
		return 0;
	for (unsigned n = 0; n < RTS_TAG_COUNT; n++) {
		if (bound[n])
			printf("# %s: %u\n", tags[n], bound[n]);
		forms += bound[n];
	}
	printf("# %u instructions decided, of which %u have a form\n", decided,
	       forms);
	check(decided > 100000 && forms > 5000, "many were decided");
	check(!faults, "each as the first row that matches says");
	for (size_t i = 0; i < ROWS; i++) {
		snprintf(what, sizeof(what), "%s [%s] %s /%s: %s: %u (%s)",
			 rows[i].operands, rows[i].prefixes, rows[i].opcodes,
			 rows[i].regs, rows[i].decision, rows[i].met,
			 rows[i].why);
		check(rows[i].met, what);
	}
	check(!apx_taken(), "APX is named, and never taken for another");
	printf("1..%u\n", test);
	return failed != 0;
}
