// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * read.c - the arrays of an open image as structures
 *
 * For dump.c, for hosts and for the tools.  The core reads single fields in
 * place and does not need it.
 */
#include "internal.h"

int rtld_text_(const struct rtld *rt, uint32_t i, struct rts_text *out)
{
	const unsigned char *p = RTLD_AT_(rt, text, i);

	if (i >= RTLD_HEAD_(rt, text_count))
		return 0;
	out->start = (int64_t)RTLD_GET64_(p, struct rts_text, start);
	out->size = RTLD_GET64_(p, struct rts_text, size);
	return 1;
}

int rtld_mark_(const struct rtld *rt, uint32_t i, struct rts_mark *out)
{
	const unsigned char *p = RTLD_AT_(rt, mark, i);

	if (i >= RTLD_HEAD_(rt, mark_count))
		return 0;
	out->address = (int32_t)RTLD_GET32_(p, struct rts_mark, address);
	out->stub = (int32_t)RTLD_GET32_(p, struct rts_mark, stub);
	out->size = RTLD_GET32_(p, struct rts_mark, size);
	out->name = RTLD_GET32_(p, struct rts_mark, name);
	out->kind = RTLD_GET32_(p, struct rts_mark, kind);
	return 1;
}

int rtld_slot_(const struct rtld *rt, uint32_t i, struct rts_slot *out)
{
	const unsigned char *p = RTLD_AT_(rt, slot, i);

	if (i >= RTLD_HEAD_(rt, slot_count))
		return 0;
	out->address = (int32_t)RTLD_GET32_(p, struct rts_slot, address);
	out->mark = RTLD_GET16_(p, struct rts_slot, mark);
	out->width = RTLD_GET8_(p, struct rts_slot, width);
	out->reserved = RTLD_GET8_(p, struct rts_slot, reserved);
	out->sites = RTLD_GET32_(p, struct rts_slot, sites);
	out->stream = RTLD_GET32_(p, struct rts_slot, stream);
	return 1;
}

int rtld_form_(const struct rtld *rt, uint32_t i, struct rts_form *out)
{
	const unsigned char *p = RTLD_AT_(rt, form, i);

	if (i >= RTLD_HEAD_(rt, form_count))
		return 0;
	out->length = RTLD_GET8_(p, struct rts_form, length);
	out->flags = RTLD_GET8_(p, struct rts_form, flags);
	out->encoding = RTLD_GET16_(p, struct rts_form, encoding);
	out->encodings = RTLD_GET8_(p, struct rts_form, encodings);
	out->tag = RTLD_GET8_(p, struct rts_form, tag);
	out->before = RTLD_GET8_(p, struct rts_form, before);
	out->reserved = RTLD_GET8_(p, struct rts_form, reserved);
	return 1;
}

int rtld_encoding_(const struct rtld *rt, uint32_t i, struct rts_encoding *out)
{
	const unsigned char *p = RTLD_AT_(rt, encoding, i);

	if (i >= RTLD_HEAD_(rt, encoding_count))
		return 0;
	out->guard = RTLD_GET8_(p, struct rts_encoding, guard);
	out->source = RTLD_GET8_(p, struct rts_encoding, source);
	out->flags = RTLD_GET8_(p, struct rts_encoding, flags);
	out->shift = RTLD_GET8_(p, struct rts_encoding, shift);
	out->bits = RTLD_GET8_(p, struct rts_encoding, bits);
	out->range = RTLD_GET8_(p, struct rts_encoding, range);
	out->slices = RTLD_GET8_(p, struct rts_encoding, slices);
	out->bias = RTLD_GET8_(p, struct rts_encoding, bias);
	out->template_at = RTLD_GET16_(p, struct rts_encoding, template_at);
	out->mask_at = RTLD_GET16_(p, struct rts_encoding, mask_at);
	out->slices_at = RTLD_GET16_(p, struct rts_encoding, slices_at);
	out->guard_at = RTLD_GET16_(p, struct rts_encoding, guard_at);
	return 1;
}

const char *rtld_name_(const struct rtld *rt, uint32_t name)
{
	if (name >= RTLD_HEAD_(rt, string_size))
		return "";
	return (const char *)(rt->image + RTLD_HEAD_(rt, string_off) + name);
}

const unsigned char *rtld_pool_(const struct rtld *rt, uint32_t at)
{
	return rt->image + RTLD_HEAD_(rt, bytes_off) + at;
}
