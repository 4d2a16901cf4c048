// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_forms.c - from the bytes of one instruction to its form, row by row
 *
 * The rows, and how to read one: forms-rows.h.
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/lw.h"
#include "../lib/form_fault.h"

#define PLACE	0x401000	/* of the instruction */
#define STUB	0x402000
#define BODY	0x403000	/* of a function that is redirected */
#define MARK	0x404000	/* the object; a FUNC's slot */
#define SIZE	24

#include "forms-rows.h"

/* ---- instead of diag.c and the rest ---------------------------------- */

static const char *reason_name(enum lw_reason reason)
{
	static const char *const names[] = {
#define LW_REASON(id, name, text) name,
#include "../../ld-wrap/reasons.def"
#undef LW_REASON
	};

	return names[reason];
}

static const char *const tags[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = name,
#include "rts/tags.def"
#undef RTS_TAG
};

/* ---- a row ----------------------------------------------------------- */

struct instruction {
	unsigned char bytes[LW_INSTRUCTION_MAX + 1];
	unsigned length, field, field_size;
};

static void put_le(unsigned char *to, uint64_t value, unsigned n)
{
	for (; n--; value >>= 8)
		*to++ = (unsigned char)value;
}

static struct instruction assemble(const struct row *row)
{
	struct instruction i = { .field = 99 };
	uint64_t value = row->target;

	for (const char *p = row->bytes; *p; p++) {
		if (*p == ' ')
			continue;
		if (*p != '.') {
			i.bytes[i.length++] =
				(unsigned char)strtoul(p++, NULL, 16);
			continue;
		}
		if (i.field == 99)
			i.field = i.length;
		i.field_size++;
		i.length++;
	}
	if (row->how == PC || row->how == PC386)
		value -= PLACE + i.length;
	put_le(i.bytes + i.field, value, i.field_size);
	return i;
}

/* Say an encoding as a row does. */
static void say_encoding(char *to, size_t room, const struct lw_form *f,
			 unsigned n)
{
	static const char *const ranges[] = { "any", "s32", "u32", "b32" };
	static const char *const sources[] = { "", "V", "S", "stub", "op" };
	const struct lw_encoding *e = &f->encodings[n];
	size_t at = (size_t)snprintf(to, room, "%s",
		e->guard == RTS_GUARD_ALWAYS ? "linked" : ranges[e->range]);

	for (unsigned i = 0; i < f->length && e->mask[i]; i++)
		at += (size_t)snprintf(to + at, room - at, " %02x",
				       e->template[i]);
	at += (size_t)snprintf(to + at, room - at, " [%s%s", sources[e->source],
		 e->flags & RTS_ENCODING_PLACE ? "-P" : "");
	if (e->bits != 32)
		at += (size_t)snprintf(to + at, room - at, "/%u", e->bits);
	snprintf(to + at, room - at, "]");
}

static void say_form(char *to, size_t room, const struct lw_form *f)
{
	size_t at = (size_t)snprintf(to, room, "%s %u%s: ", tags[f->tag],
		f->width, f->flags & RTS_FORM_SIGNED ? " signed" : "");

	for (unsigned i = 0; i < f->encoding_count; i++) {
		say_encoding(to + at, room - at, f, i);
		at += strlen(to + at);
		if (i + 1 < f->encoding_count)
			at += (size_t)snprintf(to + at, room - at, " | ");
	}
}

static unsigned machine_of(const struct row *row)
{
	return row->how >= PC386 ? EM_386 : EM_X86_64;
}

static void decode(const struct row *row, struct lw_instruction *decoded)
{
	struct instruction i = assemble(row);

	assert_true(lw_decode_operand(machine_of(row), i.bytes, i.length,
				      PLACE, i.field, decoded));
	assert_int_equal(decoded->length, i.length);
	assert_int_equal(decoded->field.size, i.field_size);
}

static enum lw_class look(const struct row *row, const struct lw_mark *mark,
			  struct lw_form *f, enum lw_reason *why)
{
	struct lw_instruction decoded;

	decode(row, &decoded);
	if (!strstr(row->what, "addr32"))
		assert_int_equal(decoded.target, row->target);
	memset(f, 0, sizeof(*f));
	return lw_form_x86(&decoded, mark, decoded.target, f, why);
}

/* What must hold for every form, whatever it is. */
static void check_fault(const struct row *row, const struct lw_form *f)
{
	struct lw_instruction decoded;
	const char *fault;

	decode(row, &decoded);
	fault = form_fault(f, &decoded, decoded.target);
	if (fault)
		fail_msg("%s: %s", row->what, fault);
}

static void check_form(const struct row *row, const struct lw_form *f,
		       const struct instruction *i)
{
	char said[512];

	say_form(said, sizeof(said), f);
	assert_string_equal(said, row->expect);
	assert_int_equal(f->length, i->length);
	check_fault(row, f);
}

static void check_row(const struct row *row, const struct lw_mark *mark)
{
	struct instruction i = assemble(row);
	enum lw_reason why = LW_KEPT_NONE;
	struct lw_form f;
	char said[64];

	switch (look(row, mark, &f, &why)) {
	case LW_CLASS_BOUND:
		assert_int_equal(why, LW_KEPT_NONE);
		check_form(row, &f, &i);
		break;
	case LW_CLASS_KEPT:
		snprintf(said, sizeof(said), "kept %s", reason_name(why));
		assert_string_equal(said, row->expect);
		break;
	case LW_CLASS_ADDRESS:
		assert_string_equal("address", row->expect);
		break;
	default:
		fail_msg("%s: no class", row->what);
	}
}

/* ---- lengths and prefixes -------------------------------------------- */

static struct lw_mark mark_of(const struct row *row)
{
	struct lw_mark mark = {
		.name = "x", .kind = row->kind, .address = MARK, .size = SIZE,
		.stub = row->kind == RTS_KIND_FUNC ? STUB : 0
	};

	if (row->kind == RTS_KIND_FUNC)
		mark.size = 8;
	if (strstr(row->what, "short stub"))
		mark.stub = row->target;
	return mark;
}

static bool is_bound_row(const struct row *row)
{
	return strstr(row->expect, "linked");
}

/* cs prefixes make rts_const() of a load, and rts_mask() of an and. */
static bool is_declared(const struct row *row)
{
	return strstr(row->what, "mov ") || strstr(row->what, "and ");
}

/* Cut anywhere it is no instruction; with prefixes in front it stays a site of
 * the same form up to the 15 bytes that a CPU takes, and no longer. */
static void check_lengths(const struct row *row)
{
	struct instruction i = assemble(row);
	struct lw_fields fields;
	struct lw_mark mark = mark_of(row);
	struct row longer = *row;
	struct lw_form first, f;
	enum lw_reason why;
	char bytes[80];

	for (unsigned n = 0; n < i.length; n++)
		assert_false(lw_decode_fields(machine_of(row), i.bytes, n,
					      &fields));
	if (!is_bound_row(row) || machine_of(row) == EM_386)
		return;
	look(row, &mark, &first, &why);
	longer.bytes = bytes;
	snprintf(bytes, sizeof(bytes), "%s", row->bytes);
	for (unsigned n = i.length + 1u; n <= LW_INSTRUCTION_MAX; n++) {
		memmove(bytes + 3, bytes, strlen(bytes) + 1);
		memcpy(bytes, "2e ", 3);
		assert_int_equal(look(&longer, &mark, &f, &why),
				 LW_CLASS_BOUND);
		assert_int_equal(f.length, n);
		check_fault(&longer, &f);
		if (first.width == 8 && is_declared(row))
			continue;
		assert_int_equal(f.tag, first.tag);
		assert_int_equal(f.encoding_count, first.encoding_count);
	}
	i = assemble(&longer);
	memmove(i.bytes + 1, i.bytes, LW_INSTRUCTION_MAX);
	i.bytes[0] = 0x2e;
	assert_false(lw_decode_fields(EM_X86_64, i.bytes, LW_INSTRUCTION_MAX + 1,
				      &fields));
}

/* Every prefix before every linked form: what each means to it. */
static void test_prefixes(void **state)
{
	static const struct row bare[] = {
		{ "call", "e8 ....", PC, STUB, FUNC, "66" },
		{ "jmp", "e9 ....", PC, STUB, FUNC, "66" },
		{ "jcc", "0f 84 ....", PC, STUB, FUNC, "66" },
		{ "call-slot", "ff 15 ....", PC, MARK, OPS, "64 65 66 67 f3" },
		{ "jmp-slot", "ff 25 ....", PC, MARK, OPS, "64 65 66 67 f3" },
		{ "push-slot", "ff 35 ....", PC, MARK, VAR,
		  "64 65 66 67 f2 f3" },
		{ "load32", "40 8b 05 ....", PC, MARK, VAR,
		  "64 65 67 f2 f3" },
		{ "load64", "48 8b 05 ....", PC, MARK, VAR,
		  "64 65 66 67 f2 f3" },
		{ "load32s", "48 63 05 ....", PC, MARK, VAR,
		  "64 65 66 67 f2 f3" },
	};
	static const char *const prefixes[] = {
		"26", "2e", "36", "3e", "64", "65", "66", "67", "f2", "f3"
	};

	(void)state;
	for (size_t n = 0; n < 9 * 10; n++) {
		struct row row = bare[n / 10];
		struct lw_mark mark = mark_of(&row);
		const char *prefix = prefixes[n % 10];
		char bytes[40];
		struct lw_form f;
		enum lw_reason why;

		snprintf(bytes, sizeof(bytes), "%s %s", prefix, row.bytes);
		row.bytes = bytes;
		row.what = "addr32";	/* may cut the target */
		if (look(&row, &mark, &f, &why) == LW_CLASS_BOUND) {
			assert_null(strstr(row.expect, prefix));
			/* 66 before a 32-bit load: one of 16 bits. */
			assert_string_equal(tags[f.tag],
				strcmp(prefix, "66") ? bare[n / 10].what :
				"load16");
			continue;
		}
		assert_non_null(strstr(row.expect, prefix));
		assert_int_equal(why, LW_KEPT_PREFIX);
	}
}

/* A cmocka test a row, so that each has its name in the account. */
static void test_row(void **state)
{
	const struct row *row = *state;
	struct lw_mark mark = mark_of(row);

	check_row(row, &mark);
	check_lengths(row);
}

/* ---- all registers --------------------------------------------------- */

/* Both address modes and all sixteen registers of the three loads: what is
 * bound must load the register that was loaded. */
static void check_register(unsigned reg, bool absolute, unsigned opcode,
			   unsigned w)
{
	char bytes[64], expect[64], said[512];
	unsigned rex = 0x40 | w << 3 | (reg & 8) >> 1;
	unsigned to = 0x40 | w << 3 | (reg & 8) >> 3;
	unsigned modrm = (reg & 7) << 3 | (absolute ? 4 : 5);
	struct row row = { "load", bytes, absolute ? ABS : PC, MARK, VAR, "" };
	struct lw_mark mark = { .name = "x", .kind = VAR, .address = MARK,
				.size = SIZE };
	struct lw_form f;
	enum lw_reason why;

	snprintf(bytes, sizeof(bytes), rex == 0x40 ? "%.0x%02x %02x%s ...." :
		 "%02x %02x %02x%s ....", rex == 0x40 ? 0 : rex, opcode, modrm,
		 absolute ? " 25" : "");
	assert_int_equal(look(&row, &mark, &f, &why), LW_CLASS_BOUND);
	say_encoding(said, sizeof(said), &f, 0);
	snprintf(expect, sizeof(expect), to == 0x40 ? "%s%s%.0xc7 %02x [V]" :
		 "%s%s%02x c7 %02x [V]", opcode == 0x63 || !w ? "any " :
		 "s32 ", absolute ? "2e " : "", to == 0x40 ? 0 : to,
		 0xc0 | (reg & 7));
	assert_string_equal(said, expect);
	check_fault(&row, &f);
}

static void test_registers(void **state)
{
	(void)state;
	for (unsigned reg = 0; reg < 16; reg++) {
		for (unsigned absolute = 0; absolute < 2; absolute++) {
			check_register(reg, absolute, 0x8b, 0);
			check_register(reg, absolute, 0x8b, 1);
			check_register(reg, absolute, 0x63, 1);
		}
	}
}

/* ---- the edges of every range ---------------------------------------- */

#define MIN32	(-(INT64_C(1) << 31))
#define MAX32	(INT64_C(0x7fffffff))
#define MAXU32	(INT64_C(0xffffffff))

/* Which encoding, by the ranges alone, as rtld tries them: the number of the
 * first that fits, or the linked one's as 9. */
static unsigned chosen(const struct lw_form *f, uint64_t v)
{
	for (unsigned n = 0; n + 1u < f->encoding_count; n++) {
		const struct lw_encoding *e = &f->encodings[n];
		uint64_t x = v;

		if (e->flags & RTS_ENCODING_PLACE)
			x -= PLACE + e->bias;
		if (e->range == RTS_RANGE_NONE ||
		    (e->range == RTS_RANGE_SIGNED &&
		     x + 0x80000000u <= MAXU32) ||
		    (e->range == RTS_RANGE_UNSIGNED && x <= MAXU32))
			return n;
	}
	return 9;
}

static void test_edges(void **state)
{
	/* Of a call, 6 bytes at PLACE, the distances count. */
	const int64_t end = PLACE + 6;
	const int64_t s32[] = { MIN32 - 1, MIN32, -1, 0, MAX32, MAX32 + 1,
				MAXU32, MAXU32 + 1, INT64_MIN, INT64_MAX };
	const int64_t near[] = { end + MIN32 - 1, end + MIN32, end - 1, end,
				 end + MAX32, end + MAX32 + 1, -1, 0,
				 INT64_MIN, INT64_MAX };
	const struct {
		const char *what, *bytes;
		const int64_t *values;
		const char *expect;	/* a digit for each of them */
	} edges[] = {
		{ "push", "ff 35 ....", s32, "9000099999" },
		{ "add", "48 03 05 ....", s32, "9000099999" },
		{ "and", "48 23 05 ....", s32, "9000099999" },
		{ "cmp", "4c 3b 05 ....", s32, "9000099999" },
		{ "test", "48 85 05 ....", s32, "9000099999" },
		{ "imul", "48 0f af 05 ....", s32, "9000099999" },
		{ "rts_mask", "2e 2e 48 23 05 ....", s32, "9000011999" },
		{ "rts_const", "2e 2e 2e 48 8b 05 ....", s32, "0000000000" },
		{ "moffs", "48 a1 ........", s32, "0000000000" },
		{ "movl", "8b 05 ....", s32, "0000000000" },
		{ "addl", "03 05 ....", s32, "0000000000" },
		/* Down here, lea reaches nothing that they do not. */
		{ "movq", "48 8b 05 ....", s32, "9000011999" },
		{ "call", "ff 15 ....", near, "9000090099" },
		{ "jmp", "ff 25 ....", near, "9000090099" },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(edges) / sizeof(edges[0]); n++) {
		struct row row = { edges[n].what, edges[n].bytes, PC, MARK,
				   VAR, "" };
		struct lw_mark mark = mark_of(&row);
		char said[11] = "";
		enum lw_reason why;
		struct lw_form f;

		if (strstr(row.bytes, "........"))
			row.how = ABS;
		assert_int_equal(look(&row, &mark, &f, &why), LW_CLASS_BOUND);
		for (unsigned k = 0; k < 10; k++)
			said[k] = (char)('0' + chosen(&f, (uint64_t)
						      edges[n].values[k]));
		assert_string_equal(said, edges[n].expect);
	}
}

/* A redirected function: callers name the function, sites the stub. */
static void test_redirect(void **state)
{
	struct lw_mark mark = {
		.name = "f", .kind = FUNC, .address = MARK, .size = 8,
		.stub = STUB, .original = BODY, .redirect = true
	};
	struct row row = { "call f", "e8 ....", PC, BODY, FUNC,
			   "call 8: s32 e8 [V-P] | linked e8 [stub-P]" };

	(void)state;
	check_row(&row, &mark);
	row.target = STUB;
	row.expect = "kept outside";
	check_row(&row, &mark);
}

/* Bytes that are no instruction, or cut short, or asked for a field that
 * they do not have. */
static void test_undecodable(void **state)
{
	static const unsigned char cut[] = { 0x48, 0x8b, 0x05, 1, 2, 3 };
	static const unsigned char bad[] = { 0x06, 0, 0, 0, 0, 0 };
	static const unsigned char mov[] = { 0x8b, 0x05, 1, 2, 3, 4 };
	struct lw_instruction i;
	struct lw_fields fields;

	(void)state;
	assert_false(lw_decode_fields(EM_X86_64, cut, sizeof(cut), &fields));
	assert_false(lw_decode_fields(EM_X86_64, bad, sizeof(bad), &fields));
	assert_false(lw_decode_operand(EM_X86_64, cut, sizeof(cut), PLACE, 3, &i));
	assert_false(lw_decode_operand(EM_X86_64, mov, sizeof(mov), PLACE, 1, &i));
	assert_false(lw_decode_operand(EM_X86_64, mov, sizeof(mov), PLACE, 3, &i));
	assert_true(lw_decode_operand(EM_X86_64, mov, sizeof(mov), PLACE, 2, &i));
}

#define ROWS (sizeof(rows) / sizeof(rows[0]))

int main(void)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_undecodable),
	};
	struct CMUnitTest tests[ROWS + 5];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < ROWS; i++) {
		tests[i].name = rows[i].what;
		tests[i].test_func = test_row;
		tests[i].initial_state = (void *)(uintptr_t)&rows[i];
	}
	memcpy(tests + ROWS, others, sizeof(others));
	return cmocka_run_group_tests_name("forms", tests, NULL, NULL);
}
