/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rts_open.h - open a table of unknown origin: open, then validate */
#ifndef RTS_OPEN_H
#define RTS_OPEN_H

#include "rtld.h"

static inline int rts_open_at(struct rtld *opened, const void *image, size_t max,
			      uint64_t address)
{
	int rc = rtld_open_at(opened, image, max, address);

	return rc ? rc : rtld_validate(opened);
}

static inline int rts_open(struct rtld *opened, const void *image, size_t max)
{
	int rc = rtld_open(opened, image, max);

	return rc ? rc : rtld_validate(opened);
}

#endif /* RTS_OPEN_H */
