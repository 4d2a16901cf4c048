/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim.h - a linked image laid out as a loader would, to try a bind offline
 *
 * rtld works on memory; here that memory is ours.  Addresses handed in and
 * out are run-time addresses: link-time address + bias.
 */
#ifndef LW_SIM_H
#define LW_SIM_H

#include "lw.h"
#include "rtld.h"

struct lw_sim {
	struct lw_image *image;
	unsigned char *memory;	/* what link-time address low begins */
	uint64_t low, size;
	uint64_t bias;
	size_t foreign;		/* marked pointers that only the dynamic linker
				   could fill: they read as 0 here */
	struct rtld rt;		/* open */
};

/*
 * Lay out image with its table (size bytes of it may be used) and open the
 * table.  Returns NULL, or why it cannot be done; sim->rt.fault then says
 * more if rtld refused.  lw_sim_close() in either case.
 */
const char *lw_sim_open(struct lw_sim *sim, struct lw_image *image,
			uint64_t bias);
void lw_sim_close(struct lw_sim *sim);

/* For rtld's calls: in a simulation nobody runs, so that windows may change as
 * they may at boot. */
extern const struct rtld_host lw_sim_host;

/* n bytes of memory at a run-time address, or NULL. */
unsigned char *lw_sim_at(const struct lw_sim *sim, uint64_t address, size_t n);

/*
 * All sites, slot by slot:
 *	lw_sim_walk(sim, &site);
 *	while (lw_sim_next(sim, &site)) ...
 * ends early, with site.code set, if rtld refuses a stream.
 */
struct lw_sim_site {
	uint64_t address, slot_address;	/* run-time */
	uint32_t slot, form;		/* indices */
	unsigned length;		/* bytes */
	unsigned encodings, chosen;	/* chosen by V now; encodings: none,
					   not even the linked one fits */
	bool to_stub;			/* the linked encoding names the stub */
	bool is_linked;			/* that is what it holds */
	bool window;			/* the chosen one begins instructions
					   elsewhere than the linked one */
	unsigned char *at;		/* in memory */
	unsigned char linked[RTS_SITE_MAX], wanted[RTS_SITE_MAX];
	int code;			/* enum rtld_error */
	struct rtld_site_ *own;		/* rtld's */
	uint32_t next_slot;
};

void lw_sim_walk(struct lw_sim *sim, struct lw_sim_site *site);
bool lw_sim_next(struct lw_sim *sim, struct lw_sim_site *site);
/* The same site, had the mark's stub this run-time address; false if the
 * linked encoding cannot reach it. */
bool lw_sim_restub(struct lw_sim *sim, struct lw_sim_site *site,
		   uint64_t stub);

/* A bias that a loader might choose: 0 unless the image can move. */
uint64_t lw_sim_some_bias(const struct lw_image *image);

#endif /* LW_SIM_H */
