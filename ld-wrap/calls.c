// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * calls.c - the records INLINE, CALL and MAY_BE
 *
 * The linked image has them with their addresses, but only the inputs tell who
 * wrote them, and whether a body has a relocation: its bytes would then be
 * right at one place only.  Which record of the inputs one of the image is,
 * its content says; of several that are equal it is the first, which is as
 * good as any for a message.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "bodies.h"
#include "clobbers-x86.h"

bool lw_call_record_is(uint32_t kind)
{
	return kind >= RTS_KIND_INLINE && kind <= RTS_KIND_MAY_BE;
}

const char *lw_call_record_body(const unsigned char *data, size_t room,
				size_t *body)
{
	struct rts_mark_record head;
	const char *name = (const char *)data + sizeof(head), *end;

	memcpy(&head, data, sizeof(head));
	if (head.length <= sizeof(head) || head.length % 8 ||
	    head.length > room)
		return lw_asprintf("a record's length, %u, is wrong",
				   head.length);
	end = memchr(name, '\0', head.length - sizeof(head));
	if (!end || end == name)
		return "the name is empty or has no end";
	*body = (size_t)(end + 1 - (const char *)data);
	if (head.kind != RTS_KIND_INLINE && head.size)
		return "a record that has no body says how long it is";
	if (head.size > head.length - *body)
		return "a body is cut short";
	if (head.kind != RTS_KIND_MAY_BE &&
	    head.stub & ~(uint64_t)LW_CLOBBERS_ALL)
		return "a clobber is unknown";
	return NULL;
}

/* ---- the linked image -------------------------------------------------- */

/* Its writer, or NULL: the linker itself made it up. */
static struct lw_call_record *find(struct lw_link *link,
				   const struct rts_mark_record *head,
				   const char *name, const unsigned char *body)
{
	bool may_be = head->kind == RTS_KIND_MAY_BE;
	struct lw_call_record *equal = NULL;

	for (size_t i = 0; i < link->call_records.count; i++) {
		struct lw_call_record *one = &link->call_records.at[i];

		if (one->kind != head->kind || one->size != head->size ||
		    (!may_be && one->clobbers != head->stub) ||
		    strcmp(one->name, name) ||
		    (!one->why && memcmp(one->bytes, body, head->size)))
			continue;
		equal = one;
		if (!one->taken)
			break;
	}
	if (equal)
		equal->taken = true;
	return equal;
}

static void say_bad(const struct lw_body *body, const char *why)
{
	lw_say(LW_BAD_BODY, "%s: the body of `%s' %s", body->where, body->name,
	       why);
}

/* The same of the same function may be said many times. */
static bool is_known(const struct lw_link *link, const struct lw_body *one)
{
	for (size_t i = 0; i < link->bodies.count; i++) {
		const struct lw_body *other = &link->bodies.at[i];

		if (other->address != one->address)
			continue;
		if (other->size != one->size ||
		    other->clobbers != one->clobbers ||
		    memcmp(other->bytes, one->bytes, one->size))
			say_bad(one, lw_asprintf("is another one in %s",
						 other->where));
		return true;
	}
	return false;
}

static void take_body(struct lw_link *link, const struct lw_body *body,
		      const char *why)
{
	unsigned machine = link->image.machine;
	struct lw_body one = *body;
	uint32_t clobbers;

	if (is_known(link, &one))
		return;
	if (!why)
		why = lw_body_clobbers(machine, one.bytes, one.size, &clobbers,
				       &one.instructions);
	if (!why && clobbers & ~one.clobbers)
		why = lw_asprintf("changes %s, which it does not declare",
				  lw_clobbers_text(machine, clobbers &
						   ~one.clobbers));
	if (why)
		say_bad(&one, why);
	else
		*LW_PUSH(&link->bodies) = one;
}

void lw_call_record_linked(struct lw_link *link, const unsigned char *data,
			   size_t room)
{
	struct rts_mark_record head;
	struct lw_call_record *input;
	const char *name = (const char *)data + sizeof(head);
	const char *where = link->image.path, *why;
	size_t at = 0;

	memcpy(&head, data, sizeof(head));
	why = lw_call_record_body(data, room, &at);
	if (why) {
		lw_say(LW_BAD_RECORD, "%s: (.rts.mark): %s", where, why);
		return;
	}
	input = find(link, &head, name, data + at);
	if (input)
		where = input->where;
	/* What it speaks of was dropped. */
	if (!head.address || (head.kind == RTS_KIND_MAY_BE && !head.stub))
		return;
	if (head.kind == RTS_KIND_INLINE)
		take_body(link, &(struct lw_body){
			  .name = name, .where = where, .bytes = data + at,
			  .size = head.size, .address = head.address,
			  .clobbers = (uint32_t)head.stub },
			  input ? input->why : NULL);
	else if (head.kind == RTS_KIND_CALL)
		*LW_PUSH(&link->asm_calls) = (struct lw_asm_call){
			.where = where, .address = head.address,
			.clobbers = (uint32_t)head.stub };
	else
		*LW_PUSH(&link->may_be) = (struct lw_candidate_value){
			.where = where, .slot = head.address,
			.function = head.stub };
}
