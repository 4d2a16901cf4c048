// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * fuzz_code.c - any bytes as code: decode, build forms, make a table, bind
 *
 * An input is a machine, contents of the marked memory, and bytes that are
 * taken for instructions.  Some of their fields are made to lead into a marked
 * object, as a linker would.  What ld-wrap makes sites of is bound by rtld to
 * several contents and unbound again.  Whatever the bytes were: the table is
 * good, nothing beside the sites changes, every instruction begins where one
 * began before, and in the end the code is what it was.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "../../ld-wrap/decode-x86.h"
#include "../../ld-wrap/lw.h"
#include "../../rtld/internal.h"
#include "rtld.h"

#define HEAD	40		/* bytes of an input before its code */
#define CODE	1024
#define BASE	UINT64_C(0x400000)
#define OBJECT	UINT64_C(0x401000)
#define WIDTH	64		/* bytes of the object */
#define SLOT	UINT64_C(0x401100)
#define STUB	UINT64_C(0x401200)
#define TABLE	UINT64_C(0x402000)
#define SIZE	0x42000

unsigned long fuzz_reached[4];
const char *const fuzz_reached_names[] = {
	"inputs with sites", "sites", "sites bound", "i386 sites", NULL
};

static unsigned char memory[SIZE], linked[CODE];
static uint8_t lengths[CODE];	/* of the instruction that begins here, or 0 */

/* ---- instead of diag.c: nothing may be said ---------------------------- */

void lw_say(enum lw_diag id, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, " [%d]\n", (int)id);
	abort();
}

void lw_die(int status, enum lw_diag id, const char *format, ...)
{
	(void)id;
	fputs(format, stderr);
	exit(status);
}

static void must(int good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_code: %s\n", what);
	abort();
}

/* ---- code -------------------------------------------------------------- */

static unsigned char *at(uint64_t address)
{
	return memory + (address - BASE);
}

static unsigned mix(unsigned n)
{
	n = (n ^ n >> 7) * 0x9e3779b1u;
	return n ^ n >> 15;
}

/* Let a 32-bit field lead somewhere near the object, or to the stub. */
static void relocate(unsigned machine, unsigned start,
		     const struct lw_fields *f, const struct lw_field *field,
		     unsigned seed)
{
	static const uint64_t places[] = { OBJECT, OBJECT, OBJECT, SLOT, STUB };
	uint64_t target = places[mix(seed) % 5] + mix(seed + 1) % 12 * 4;
	unsigned char *p = memory + start + field->at;
	unsigned mode = mix(seed + 2) % 4;

	if (field->size == 8)
		memcpy(p, &target, 8);
	if (field->size != 4 || mode == 3)
		return;
	if (target >= STUB)
		target = STUB;
	if (machine == EM_X86_64 ? mode < 2 : target == STUB)
		target -= BASE + start + f->length;
	memcpy(p, &target, 4);
}

/* Instructions one after the other; what is none is stepped over. */
static void sweep(unsigned machine, size_t size, int first)
{
	struct lw_fields f;
	unsigned n;

	memset(lengths, 0, sizeof(lengths));
	for (size_t i = 0; i < size; i += f.length) {
		f.length = 1;
		if (!lw_decode_fields(machine, memory + i, size - i, &f)) {
			f.length = 1;
			continue;
		}
		must(f.length >= 1 && f.length <= size - i, "a length");
		lengths[i] = f.length;
		for (n = 0; first && n < f.count; n++)
			relocate(machine, (unsigned)i, &f, &f.at[n],
				 (unsigned)i * 8 + n);
	}
}

static size_t form_index(struct lw_link *link, const struct lw_form *form)
{
	for (size_t i = 0; i < link->forms.count; i++) {
		if (!memcmp(&link->forms.at[i], form, sizeof(*form)))
			return i;
	}
	*LW_PUSH(&link->forms) = *form;
	return link->forms.count - 1;
}

/* What locate.c does for one reference. */
static int try_field(struct lw_link *link, unsigned machine, size_t start,
		     size_t size, unsigned field)
{
	struct lw_instruction i;
	struct lw_form form;
	enum lw_reason why;
	struct lw_site *site;
	size_t mark;

	if (!lw_decode_operand(machine, memory + start, size - start,
			       BASE + start, field, &i))
		return 0;
	mark = i.target - OBJECT < WIDTH ? 0 : 1;
	memset(&form, 0, sizeof(form));
	if (lw_form_x86(&i, &link->marks.at[mark], i.target, &form, &why) !=
	    LW_CLASS_BOUND)
		return 0;
	must(form.length == i.length, "a site as long as its instruction");
	site = LW_PUSH(&link->sites);
	site->address = i.address;
	site->mark = mark;
	site->slot = i.operand == LW_OPERAND_BRANCH ? SLOT : i.target;
	site->form = form_index(link, &form);
	return 1;
}

static void find_sites(struct lw_link *link, unsigned machine, size_t size)
{
	struct lw_fields f;

	for (size_t i = 0; i < size; i++) {
		if (!lengths[i] ||
		    !lw_decode_fields(machine, memory + i, size - i, &f))
			continue;
		for (unsigned n = 0; n < f.count; n++) {
			if (try_field(link, machine, i, size, f.at[n].at))
				break;
		}
	}
}

/* ---- a link, and what rtld makes of it ---------------------------------- */

static void add_mark(struct lw_link *link, enum rts_kind kind,
		     uint64_t address, uint64_t size, uint64_t stub)
{
	struct lw_mark *mark = LW_PUSH(&link->marks);

	mark->name = "m";
	mark->kind = kind;
	mark->address = address;
	mark->size = size;
	mark->stub = stub;
}

static void begin(struct lw_link *link, unsigned machine, size_t size)
{
	struct lw_code *code;

	memset(link, 0, sizeof(*link));
	link->image.path = "fuzz";
	link->image.machine = machine;
	link->image.elf_class = machine == EM_386 ? ELFCLASS32 : ELFCLASS64;
	link->image.pointer = machine == EM_386 ? 4 : 8;
	link->image.table_address = TABLE;
	link->image.table_room = SIZE - (TABLE - BASE);
	code = LW_PUSH(&link->image.code);
	code->address = BASE;
	code->size = size;
	code->name = ".text";
	add_mark(link, RTS_KIND_VAR, OBJECT, WIDTH, 0);
	add_mark(link, RTS_KIND_FUNC, SLOT, machine == EM_386 ? 4 : 8, STUB);
}

static void check_text(const struct lw_link *link, unsigned machine,
		       size_t size)
{
	static unsigned char text[CODE];
	struct lw_fields f;

	for (size_t i = 0; i < size; i++) {
		must(!lengths[i] ||
		     (lw_decode_fields(machine, memory + i, size - i, &f) &&
		      f.length == lengths[i]),
		     "instructions are as long as they were");
	}
	memcpy(text, memory, size);
	for (size_t i = 0; i < link->sites.count; i++) {
		const struct lw_site *s = &link->sites.at[i];

		memcpy(text + (s->address - BASE), linked + (s->address - BASE),
		       link->forms.at[s->form].length);
	}
	must(!memcmp(text, linked, size), "nothing beside the sites changes");
}

static void bind(struct rtld *rt, const struct lw_link *link,
		 unsigned machine, const uint8_t *content, size_t size)
{
	memcpy(at(OBJECT), content, 32);
	memcpy(at(OBJECT) + 32, content, 32);
	memcpy(at(SLOT), content + 8, 8);
	must(rtld_bind(rt, NULL) == 0, "bind");
	must(rt->stats.sites == link->sites.count, "all sites are visited");
	fuzz_reached[2] += rt->stats.bound;
	must(rtld_check(rt, NULL) == 0, "check");
	check_text(link, machine, size);
}

static void try_table(struct lw_link *link, unsigned machine,
		      const uint8_t *content, size_t size)
{
	static uint8_t near[32];
	uint64_t in_text = BASE + 0x100;
	struct rtld rt;

	must(lw_table_build(link), "a table that fits");
	memcpy(at(TABLE), link->table, link->table_used);
	must(rtld_open_at(&rt, at(TABLE), link->table_used, TABLE) == 0,
	     "open");
	must(rtld_validate(&rt) == 0, "validate");
	bind(&rt, link, machine, content, size);
	for (unsigned n = 0; n < 4; n++)
		memcpy(near + 8 * n, &in_text, 8);
	bind(&rt, link, machine, near, size);
	must(rtld_unbind(&rt, NULL) == 0, "unbind");
	must(!memcmp(memory, linked, size), "unbound is as linked");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lw_link link;
	unsigned machine;

	if (size <= HEAD)
		return 0;
	machine = data[0] & 1 ? EM_386 : EM_X86_64;
	size = size - HEAD < CODE ? size - HEAD : CODE;
	memset(memory, 0, sizeof(memory));
	memcpy(memory, data + HEAD, size);
	sweep(machine, size, 1);
	/* The fields are other bytes now, and so may be what follows one. */
	sweep(machine, size, 0);
	memcpy(linked, memory, size);
	begin(&link, machine, size);
	find_sites(&link, machine, size);
	fuzz_reached[0] += link.sites.count != 0;
	fuzz_reached[1] += link.sites.count;
	fuzz_reached[3] += machine == EM_386 ? link.sites.count : 0;
	if (link.sites.count)
		try_table(&link, machine, data + 8, size);
	lw_free_all();
	return 0;
}

/* ---- seeds: the opcode map, sixteen opcodes each -------------------------- */

static size_t put_opcode(uint8_t *to, unsigned opcode, unsigned prefix,
			 unsigned reg)
{
	static const uint8_t prefixes[] = { 0, 0x48, 0x66, 0x2e, 0x44, 0x4c };
	size_t n = 0;

	if (prefixes[prefix % 6])
		to[n++] = prefixes[prefix % 6];
	if (opcode >= 256)
		to[n++] = 0x0f;
	to[n++] = (uint8_t)opcode;
	to[n++] = (uint8_t)(reg % 8 << 3 | 5);
	memset(to + n, 0x11, 8);
	return n + 8;
}

size_t fuzz_seed(unsigned n, uint8_t *to, size_t room)
{
	size_t size = HEAD;

	if (n >= 2 * 32 * 3 || room < HEAD + CODE)
		return 0;
	memset(to, 0x5a, HEAD);
	to[0] = (uint8_t)(n & 1);
	for (unsigned i = 0; i < 64; i++)
		size += put_opcode(to + size, n / 2 % 32 * 16 + i % 16,
				   i / 16 + n / 64 * 2, i + n);
	return size;
}
