// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-view.c - the table as arrays, as rtld reads it
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "../rtld/internal.h"

const char *kind_name(unsigned kind)
{
	switch (kind) {
	case RTS_KIND_VAR:	return "VAR";
	case RTS_KIND_OPS:	return "OPS";
	case RTS_KIND_FUNC:	return "FUNC";
	default:		return "?";
	}
}

const char *tag_name(unsigned tag)
{
	static const char *const names[RTS_TAG_COUNT] = {
#define RTS_TAG(id, number, name, text) [number] = text,
#include "rts/tags.def"
#undef RTS_TAG
	};

	return tag < RTS_TAG_COUNT ? names[tag] : "unknown tag";
}

static void read_text(struct view *v, const struct rtld *rt, uint64_t base)
{
	struct rts_text text;

	for (uint32_t i = 0; rtld_text_(rt, i, &text); i++) {
		text.start = (int64_t)(base + (uint64_t)text.start);
		*LW_PUSH(&v->text) = text;
	}
}

static void read_marks(struct view *v, const struct rtld *rt, uint64_t base)
{
	struct rts_mark mark;

	for (uint32_t i = 0; rtld_mark_(rt, i, &mark); i++) {
		struct view_mark *to = LW_PUSH(&v->marks);

		to->address = base + (uint64_t)mark.address;
		to->stub = mark.stub ? base + (uint64_t)mark.stub : 0;
		to->size = mark.size;
		to->kind = mark.kind;
		to->name = rtld_name_(rt, mark.name);
	}
}

static void read_slots(struct view *v, const struct rtld *rt, uint64_t base)
{
	struct rts_slot slot;

	for (uint32_t i = 0; rtld_slot_(rt, i, &slot); i++) {
		struct view_slot *to = LW_PUSH(&v->slots);

		to->address = base + (uint64_t)slot.address;
		to->width = slot.width;
		to->mark = slot.mark;
		v->marks.at[slot.mark].slots++;
		v->marks.at[slot.mark].sites += slot.sites;
	}
}

static void read_forms(struct view *v, const struct rtld *rt)
{
	struct rts_form form;
	struct rts_encoding e;

	for (uint32_t i = 0; rtld_form_(rt, i, &form); i++) {
		struct view_form *to = LW_PUSH(&v->forms);

		to->length = form.length;
		to->flags = form.flags;
		to->tag = form.tag;
		to->first = form.encoding;
		to->encodings = form.encodings;
	}
	for (uint32_t i = 0; rtld_encoding_(rt, i, &e); i++) {
		struct view_encoding *to = LW_PUSH(&v->encodings);

		to->guard = e.guard;
		to->source = e.source;
		to->flags = e.flags;
		to->shift = e.shift;
		to->bits = e.bits;
		to->range = e.range;
		to->slices = e.slices;
		to->bias = e.bias;
		to->template = rtld_pool_(rt, e.template_at);
		to->mask = rtld_pool_(rt, e.mask_at);
		to->slices_at = rtld_pool_(rt, e.slices_at);
		to->guard_at = rtld_pool_(rt, e.guard_at);
	}
}

/* A stream that breaks off leaves fewer sites than the slot says; --check
 * lets rtld say so. */
static void read_sites(struct view *v, struct lw_sim *sim)
{
	struct lw_sim_site s;

	lw_sim_walk(sim, &s);
	while (lw_sim_next(sim, &s)) {
		struct view_slot *slot = &v->slots.at[s.slot];
		struct view_site *site = LW_PUSH(&v->sites);

		if (!slot->sites++)
			slot->first = v->sites.count - 1;
		site->address = s.address - sim->bias;
		site->slot = s.slot;
		site->form = s.form;
		site->length = s.length;
		v->forms.at[s.form].sites++;
	}
}

/* qsort() has no context for its comparison. */
static const struct view_site *sorting;

static int by_address(const void *pa, const void *pb)
{
	const struct view_site *a = &sorting[*(const size_t *)pa];
	const struct view_site *b = &sorting[*(const size_t *)pb];

	return a->address < b->address ? -1 : a->address > b->address;
}

void view_read(struct view *v, struct lw_sim *sim)
{
	const struct rtld *rt = &sim->rt;
	uint64_t base = rt->address - sim->bias;

	v->table = rt->image;
	v->size = rt->size;
	v->crc = RTLD_HEAD_(rt, crc);
	v->site_count = RTLD_HEAD_(rt, site_count);
	v->stream_size = RTLD_HEAD_(rt, stream_size);
	v->version = RTLD_GET16_(rt->image, struct rts_header, version);
	v->machine = RTLD_GET16_(rt->image, struct rts_header, machine);
	v->address = RTLD_GET64_(rt->image, struct rts_header, address);
	read_text(v, rt, base);
	read_marks(v, rt, base);
	read_slots(v, rt, base);
	read_forms(v, rt);
	read_sites(v, sim);
	v->by_address = lw_alloc((v->sites.count + 1) * sizeof(size_t));
	for (size_t i = 0; i < v->sites.count; i++)
		v->by_address[i] = i;
	sorting = v->sites.at;
	qsort(v->by_address, v->sites.count, sizeof(size_t), by_address);
}

void view_bind(struct view *v, struct lw_sim *sim)
{
	struct view_site *site = v->sites.at;
	struct lw_sim_site s;

	lw_sim_walk(sim, &s);
	for (; lw_sim_next(sim, &s); site++) {
		memcpy(site->found, s.at, s.length);
		memcpy(site->bound, s.wanted, s.length);
		site->index = s.chosen;
	}
}

uint64_t view_value(const struct lw_sim *sim, const struct view_slot *slot)
{
	const unsigned char *at = lw_sim_at(sim, slot->address + sim->bias,
					    slot->width);
	uint64_t value = 0;

	for (unsigned i = 0; at && i < slot->width; i++)
		value |= (uint64_t)at[i] << 8 * i;
	return value;
}

bool view_is_bound(const struct view *v, const struct view_site *site)
{
	return site->index + 1 < v->forms.at[site->form].encodings;
}
