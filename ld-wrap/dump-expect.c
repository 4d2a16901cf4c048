// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * dump-expect.c - --expect: what text must look like now
 *
 * Text is a function of the file and of the content of the slots: so whoever
 * has the file and knows the contents knows each byte, and needs no word from
 * the machine whose text it is.  The contents are those of the file, of guest
 * memory where that is given (memory is the truth), or of --set, which is for
 * those who do not want to believe the machine.
 *
 * Printed, one line each, in this order:
 *	rts-expect 1 crc 0xCRC bias 0xBIAS
 *	content WIDTH 0xVALUE SOURCE NAME+0xOFFSET	each slot
 *	site 0xADDRESS BYTES NAME+0xOFFSET		--sites: by address
 *	text 0xADDRESS SIZE sha256 HASH SECTION		by address
 * The hash is SHA-256 of the SIZE bytes that are in memory at ADDRESS + BIAS
 * if all is as it should be, so a verifier needs nothing but them.
 */
#include "config.h"

#include <gcrypt.h>
#include <inttypes.h>
#include <string.h>

#include "dump.h"

bool dump_is_gone(const struct dump *d, const struct lw_code *code)
{
	for (size_t i = 0; i < d->gone.count; i++)
		if (!strcmp(d->gone.at[i], code->name))
			return true;
	return false;
}

bool dump_knows_gone(struct dump *d)
{
	for (size_t i = 0; i < d->gone.count; i++) {
		size_t k = 0;

		while (k < d->image.code.count &&
		       strcmp(d->gone.at[i], d->image.code.at[k].name))
			k++;
		if (k < d->image.code.count)
			continue;
		dump_say(d, DUMP_TROUBLE, "--gone=%s: no executable section "
			 "has this name", d->gone.at[i]);
		return false;
	}
	return true;
}

/* ---- contents --------------------------------------------------------- */

void dump_contents(struct dump *d)
{
	for (size_t i = 0; i < d->view.slots.count; i++) {
		struct view_slot *slot = &d->view.slots.at[i];
		const unsigned char *at = dump_memory_at(d, slot->address +
							 d->bias, slot->width);
		uint64_t value = 0;

		if (!at)
			continue;
		for (unsigned n = 0; n < slot->width; n++)
			value |= (uint64_t)at[n] << 8 * n;
		if (dump_store(d, slot->address, slot->width, value))
			slot->source = "memory";
	}
}

/* ---- bytes ------------------------------------------------------------ */

static bool bind(struct dump *d, const struct rtld_host *host)
{
	int code = rtld_bind(&d->sim.rt, host);
	const struct rtld_fault *f = &d->sim.rt.fault;

	if (code >= 0)
		return true;
	dump_say(d, DUMP_BAD, "%s: rtld refuses these contents: %s: site at "
		 "0x%" PRIx64 " [%s]", d->path, rtld_strerror(code),
		 f->address - d->bias, rtld_errname(code));
	return false;
}

static void take_sites(struct dump *d, bool late)
{
	for (size_t i = 0; i < d->view.sites.count; i++) {
		struct view_site *site = &d->view.sites.at[i];
		const unsigned char *at = lw_sim_at(&d->sim, site->address +
						    d->bias, site->length);

		memcpy(late ? site->late : site->bound, at, site->length);
	}
}

/* A host that cannot say who is inside leaves windows alone. */
bool dump_bind(struct dump *d)
{
	if (!bind(d, NULL))
		return false;
	take_sites(d, true);
	if (!bind(d, &lw_sim_host))
		return false;
	take_sites(d, false);
	return true;
}

unsigned char *dump_expected(const struct dump *d, const struct lw_code *code)
{
	unsigned char *bytes = lw_memdup(code->data, code->size);

	for (size_t i = 0; i < d->view.sites.count; i++) {
		const struct view_site *site = &d->view.sites.at[i];
		uint64_t at = site->address - code->address;

		if (at < code->size && site->length <= code->size - at)
			memcpy(bytes + at, site->bound, site->length);
	}
	return bytes;
}

/* ---- printing --------------------------------------------------------- */

static void put_slot(const struct dump *d, const struct view_slot *slot)
{
	const struct view_mark *mark = &d->view.marks.at[slot->mark];

	printf("content %u 0x%" PRIx64 " %s %s+0x%" PRIx64 "\n", slot->width,
	       view_value(&d->sim, slot), slot->source ? slot->source : "image",
	       mark->name, slot->address - mark->address);
}

static void put_site(const struct dump *d, const struct view_site *site)
{
	const struct view_slot *slot = &d->view.slots.at[site->slot];
	const struct view_mark *mark = &d->view.marks.at[slot->mark];

	printf("site 0x%" PRIx64 " %s %s+0x%" PRIx64 "\n", site->address,
	       dump_hex(site->bound, site->length, ""), mark->name,
	       slot->address - mark->address);
}

static void put_text(const struct dump *d, const struct lw_code *code)
{
	unsigned char hash[32];

	gcry_md_hash_buffer(GCRY_MD_SHA256, hash, dump_expected(d, code),
			    code->size);
	printf("text 0x%" PRIx64 " %" PRIu64 " sha256 %s %s\n", code->address,
	       code->size, dump_hex(hash, sizeof(hash), ""), code->name);
}

void dump_expect(struct dump *d)
{
	const struct view *v = &d->view;

	if (!gcry_check_version(GCRYPT_VERSION)) {
		dump_say(d, DUMP_TROUBLE, "libgcrypt is older than %s",
			 GCRYPT_VERSION);
		return;
	}
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	printf("rts-expect 1 crc 0x%" PRIx32 " bias 0x%" PRIx64 "\n", v->crc,
	       d->bias);
	for (size_t i = 0; i < v->slots.count; i++)
		put_slot(d, &v->slots.at[i]);
	for (size_t i = 0; d->sites && i < v->sites.count; i++)
		put_site(d, &v->sites.at[v->by_address[i]]);
	for (size_t i = 0; i < d->image.code.count; i++)
		if (!dump_is_gone(d, &d->image.code.at[i]))
			put_text(d, &d->image.code.at[i]);
}
