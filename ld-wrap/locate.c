// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * locate.c - the instruction at each reference
 *
 * Once anchor.c has placed the input sections, each reference has an address,
 * and its input says where functions begin.  From there the instructions are
 * decoded one by one; that the sweep is in step is shown by every relocation
 * on the way, of which each must be a field of the instruction it falls in.
 * Then the instruction at the reference is known, and what it does with the
 * field, and from that the form.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "bodies.h"
#include "decode-x86.h"
#include "locate.h"
#include "sequence.h"

/* A symbol of a section, by its offset there. */
struct start {
	uint64_t value;
	const char *function;	/* NULL: only a label */
};

/* A sweep through one section. */
struct sweep {
	struct lw_run run;
	size_t next;		/* the next of its relocations */
	LW_ARRAY(struct start) starts;	/* sorted */
	uint64_t start;		/* where this run began */
	uint64_t at;		/* the instruction at hand */
	unsigned length;	/* its length, 0: none decoded yet */
	bool lost;
	bool apx;		/* lost at an instruction of APX */
};

/* ---- targets ------------------------------------------------------------- */

static uint64_t base_of(const struct lw_link *link,
			const struct lw_reference *reference)
{
	const struct lw_mark *mark = &link->marks.at[reference->mark];

	if (!reference->to_stub)
		return mark->address;
	return mark->redirect ? mark->original : mark->stub;
}

uint64_t lw_reference_target(const struct lw_link *link,
			     const struct lw_reference *reference)
{
	return lw_image_wrap(&link->image, base_of(link, reference) +
					   (uint64_t)reference->target);
}

bool lw_reference_covers(const struct lw_link *link,
			 const struct lw_reference *reference,
			 uint64_t address)
{
	const struct lw_mark *mark = &link->marks.at[reference->mark];
	uint64_t size = reference->to_stub ? 1 : mark->size;

	return address - base_of(link, reference) < size;
}

/* ---- the sweep ------------------------------------------------------------ */

static int by_start(const void *pa, const void *pb)
{
	const struct start *a = pa, *b = pb;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	/* Of two names for one place the same one is always chosen. */
	if (!a->function || !b->function)
		return !!a->function - !!b->function;
	return strcmp(a->function, b->function);
}

/* Functions, and the labels of assembly. */
static void collect_starts(struct sweep *s)
{
	const struct lw_object *object = s->run.anchor->object;

	LW_PUSH(&s->starts);
	for (size_t i = 1; i < object->symbol_count; i++) {
		Elf64_Sym symbol = lw_sym(object, i);
		unsigned type = ELF64_ST_TYPE(symbol.st_info);

		if (lw_sym_section(object, i) == s->run.anchor->section &&
		    (type == STT_FUNC || type == STT_NOTYPE ||
		     type == STT_GNU_IFUNC))
			*LW_PUSH(&s->starts) = (struct start){
				symbol.st_value, type == STT_NOTYPE ? NULL :
				lw_sym_name(object, &symbol) };
	}
	qsort(s->starts.at, s->starts.count, sizeof(*s->starts.at), by_start);
}

/* The last one at or before the offset: there is always that at 0. */
static size_t start_before(const struct sweep *s, uint64_t offset)
{
	size_t low = 0, high = s->starts.count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->starts.at[middle].value <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void start_at(struct sweep *s, uint64_t start)
{
	size_t low = 0, high = s->run.relocations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->run.relocations.at[middle].r_offset < start)
			low = middle + 1;
		else
			high = middle;
	}
	s->next = low;
	s->start = s->at = start;
	s->length = 0;
	s->lost = s->apx = false;
}

/* Decode one instruction and hold the relocations in it against its
 * fields. */
static bool step(struct sweep *s)
{
	struct lw_fields fields;
	uint64_t at = s->at + s->length;
	unsigned machine = s->run.link->image.machine;

	if (at >= s->run.size)
		return false;
	if (lw_is_apx(machine, s->run.code + at, s->run.size - at)) {
		s->apx = true;
		return false;
	}
	if (!lw_decode_fields(machine, s->run.code + at, s->run.size - at,
			      &fields))
		return false;
	s->at = at;
	s->length = fields.length;
	return lw_in_step(&s->run.relocations, &s->next, at, &fields, true);
}

/* Go to the instruction that holds this byte; false: not proven. */
static bool sweep_to(struct sweep *s, uint64_t offset)
{
	uint64_t start = s->starts.at[start_before(s, offset)].value;

	if (start != s->start || offset < s->at)
		start_at(s, start);
	while (!s->lost && offset >= s->at + s->length)
		s->lost = !step(s);
	return !s->lost;
}

/* ---- one reference --------------------------------------------------------- */

/* Where a branch through the GOT was relaxed, its field may be a byte
 * earlier. */
static uint64_t field_of(struct sweep *s, const struct lw_reference *reference)
{
	uint64_t offset = reference->offset;
	const unsigned char *in;
	size_t size = 0;

	in = lw_section_data(reference->object, reference->section, &size);
	if (lw_type_is_got(reference->type) && in && offset >= 2 &&
	    offset < size &&
	    lw_got_use(in + offset, s->run.code + offset) == LW_GOT_EARLIER)
		return offset - 1;
	return offset;
}

static void name_function(const struct sweep *s, struct lw_reference *one,
			  uint64_t offset)
{
	const struct start *at = &s->starts.at[start_before(s, offset)];

	while (!at->function && at > s->starts.at)
		at--;
	one->function = at->function;
	one->function_offset = offset - at->value;
}

static size_t form_index(struct lw_link *link, const struct lw_form *form)
{
	size_t used = offsetof(struct lw_form, encodings) +
		      form->encoding_count * sizeof(form->encodings[0]);

	for (size_t i = 0; i < link->forms.count; i++) {
		if (!memcmp(&link->forms.at[i], form, used))
			return i;
	}
	*LW_PUSH(&link->forms) = *form;
	return link->forms.count - 1;
}

struct lw_site *lw_add_site(struct lw_link *link, struct lw_reference *one,
			    uint64_t address, uint64_t slot,
			    const struct lw_form *form)
{
	size_t reference = (size_t)(one - link->references.at);
	struct lw_site *site;

	/* A use has few sites, and makes them one after the other. */
	if (!link->sites.count ||
	    link->sites.at[link->sites.count - 1].reference != reference)
		one->site = link->sites.count;
	site = LW_PUSH(&link->sites);
	site->address = address;
	site->mark = one->mark;
	site->slot = slot;
	site->form = form_index(link, form);
	site->reference = reference;
	return site;
}

/*
 * The compiler may know the body of a function that it compiles the caller
 * with, and count on the registers that it leaves alone (IPA-RA): such calls
 * cannot be sent elsewhere.
 */
static bool is_bound_to_body(const struct lw_run *run,
			     const struct lw_reference *one)
{
	const struct lw_mark *mark = &run->link->marks.at[one->mark];
	const struct lw_anchor *from = run->anchor;

	/* One of several callers that were folded is enough. */
	while (from && from->object != mark->object)
		from = from->twin;
	return one->to_stub && mark->redirect && from;
}

/* The slot that a use of a stub reads is the one behind it. */
static uint64_t slot_of(const struct lw_link *link,
			const struct lw_reference *one,
			const struct lw_instruction *instruction)
{
	return one->to_stub ? link->marks.at[one->mark].address :
			      instruction->target;
}

/* The instruction, or the pushes and pops around it too. */
static void add_site(struct sweep *s, struct lw_reference *one,
		     const struct lw_instruction *instruction,
		     struct lw_form *form)
{
	struct lw_link *link = s->run.link;
	uint64_t slot = slot_of(link, one, instruction);
	unsigned before = lw_bodies_of_use(&s->run, s->start, s->at, slot,
					   form);

	lw_add_site(link, one, instruction->address - before, slot, form);
}

static void classify(struct sweep *s, struct lw_reference *one,
		     const struct lw_instruction *instruction)
{
	struct lw_link *link = s->run.link;
	enum lw_reason why = LW_KEPT_NONE;
	struct lw_form form;
	uint64_t place;

	if (lw_declared_x86(&s->run, one, instruction, &place)) {
		/* That is in its function; what was decoded is behind all. */
		name_function(s, one, place);
		return;
	}
	if (lw_goes_through_got(link, one, instruction)) {
		one->class = LW_CLASS_KEPT;
		one->reason = LW_KEPT_GOT;
		return;
	}
	memset(&form, 0, sizeof(form));
	one->class = lw_form_x86(instruction, &link->marks.at[one->mark],
				    instruction->target, &form, &one->reason);
	if (one->class == LW_CLASS_BOUND && is_bound_to_body(&s->run, one)) {
		one->class = LW_CLASS_KEPT;
		one->reason = LW_KEPT_SAME_OBJECT;
	}
	if (one->class == LW_CLASS_BOUND && one->to_stub &&
	    link->marks.at[one->mark].nullable)
		lw_nullable_x86(&form);
	if (one->class == LW_CLASS_BOUND)
		add_site(s, one, instruction, &form);
	/* A kept comparison counts as bound where a branch of its is. */
	if (!one->to_stub &&
	    lw_sequence_x86(&s->run, one, instruction, &why) &&
	    one->class == LW_CLASS_KEPT) {
		one->class = LW_CLASS_BOUND;
		one->reason = LW_KEPT_NONE;
	} else if (one->class == LW_CLASS_KEPT && why) {
		one->reason = why;
	}
}

/* By its section and near an edge: perhaps it is about a neighbour. */
static bool is_neighbours(const struct sweep *s, const struct lw_reference *one,
			  const struct lw_instruction *instruction)
{
	return one->tentative &&
	       !lw_reference_covers(s->run.link, one, instruction->target);
}

/* Whether or not it could be bound: an instruction of the GOT's, or of a
 * neighbour's memory, does not write the mark. */
static bool is_store(const struct lw_link *link, const struct lw_reference *one,
		     const struct lw_instruction *instruction)
{
	if (!instruction->writes || instruction->segment ||
	    lw_type_is_got(one->type))
		return false;
	return instruction->operand == LW_OPERAND_INDEXED ||
	       (instruction->operand == LW_OPERAND_MEMORY &&
		lw_reference_covers(link, one, instruction->target));
}

static void locate_reference(struct sweep *s, struct lw_reference *one)
{
	uint64_t offset = field_of(s, one);
	struct lw_instruction instruction;

	one->place = s->run.anchor->base + offset;
	name_function(s, one, one->offset);
	if (!sweep_to(s, offset) ||
	    !lw_decode_operand(s->run.link->image.machine, s->run.code + s->at,
			       s->length,
			       s->run.anchor->base + s->at,
			       (unsigned)(offset - s->at), &instruction)) {
		one->class = LW_CLASS_KEPT;
		one->reason = s->apx ? LW_KEPT_APX : LW_KEPT_NOT_PROVABLE;
		return;
	}
	one->instruction = instruction.address;
	if (is_neighbours(s, one, &instruction)) {
		one->place = 0;		/* and removed below */
		return;
	}
	one->tentative = false;
	one->writes = is_store(s->run.link, one, &instruction);
	lw_asm_call_seen(&s->run, s->start, s->at, s->length, one,
			 slot_of(s->run.link, one, &instruction));
	classify(s, one, &instruction);
}

static void locate_section(struct lw_link *link, const struct lw_anchor *anchor)
{
	struct sweep s = { .run = { .link = link, .anchor = anchor },
			   .start = UINT64_MAX };
	size_t size = 0;

	lw_section_data(anchor->object, anchor->section, &size);
	s.run.size = size;
	s.run.code = lw_image_at(&link->image, anchor->base, size);
	s.run.relocations = lw_relocations_of(anchor->object, anchor->section);
	collect_starts(&s);
	for (size_t i = anchor->first; i < anchor->end; i++) {
		struct lw_reference *one = &link->references.at[i];

		if (link->marks.at[one->mark].address)
			locate_reference(&s, one);
		else if (lw_keep_foreign(link, one, anchor->base))
			name_function(&s, one, one->offset);
	}
}

/* ---- all ------------------------------------------------------------------ */

/* By its section, at an edge, and of a section that is not in the image: as
 * its relocation has it, the operand is the mark's, or a neighbour's. */
static bool seems_neighbours(const struct lw_link *link,
			     const struct lw_reference *one)
{
	uint64_t size = one->to_stub ? 1 : link->marks.at[one->mark].size;

	return (uint64_t)one->target >= size;
}

/* The sites of a use follow each other. */
static void move_sites(struct lw_link *link, size_t from, size_t to)
{
	size_t i = link->references.at[from].site;

	for (; i < link->sites.count && link->sites.at[i].reference == from;
	     i++)
		link->sites.at[i].reference = to;
}

/* Tentative references that turned out to be about a neighbour. */
static void remove_neighbours(struct lw_link *link)
{
	size_t kept = 0;

	for (size_t i = 0; i < link->references.count; i++) {
		struct lw_reference *one = &link->references.at[i];

		if (one->tentative && one->class == LW_CLASS_NONE &&
		    one->in_code &&
		    (one->instruction || seems_neighbours(link, one)))
			continue;
		if (one->class == LW_CLASS_BOUND)
			move_sites(link, i, kept);
		link->references.at[kept++] = *one;
	}
	link->references.count = kept;
}

static int by_relocation(const void *pa, const void *pb)
{
	const struct lw_reference *a = pa, *b = pb;

	if (a->object->index != b->object->index)
		return a->object->index < b->object->index ? -1 : 1;
	if (a->section != b->section)
		return a->section < b->section ? -1 : 1;
	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return (a->mark > b->mark) - (a->mark < b->mark);
}

void lw_locate(struct lw_link *link)
{
	struct lw_anchors anchors = { 0 };

	lw_find_marks(link);
	if (link->references.count)
		qsort(link->references.at, link->references.count,
		      sizeof(*link->references.at), by_relocation);
	for (size_t i = 0; i < link->references.count; i++) {
		link->references.at[i].instruction = 0;
		link->references.at[i].writes = false;
	}
	lw_anchor(link, &anchors);
	for (size_t i = 0; i < anchors.count; i++) {
		if (anchors.at[i].placed)
			locate_section(link, &anchors.at[i]);
	}
	lw_patchables_locate(link);
	remove_neighbours(link);
	lw_asm_calls_check(link);
}
