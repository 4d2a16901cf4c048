// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * early.c - bind before the kernel stands at its own addresses
 *
 * Called by entry.S at physical addresses, when the higher half is not even
 * mapped, and by entry32.S before there is any paging.  This file and rtld are
 * therefore position-independent code; rtld is told where the table can be
 * read now, and where it will be.
 */
#include "kernel.h"
#include "platform/early.h"

int early_status;
unsigned char early_wanted;

void early_bind(const struct start_info *si, const void *table, size_t size,
		uintptr_t address);

static bool word_given(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (; *line; line++) {
		if (memcmp(line, word, n) == 0 &&
		    (line[n] == ' ' || !line[n]))
			return true;
		while (*line && *line != ' ')
			line++;
		if (!*line)
			break;
	}
	return false;
}

void early_bind(const struct start_info *si, const void *table, size_t size,
		uintptr_t address)
{
	struct rtld_early early;
	struct rtld rt;

	if (si->magic != START_INFO_MAGIC || !si->cmdline ||
	    !word_given((const char *)(uintptr_t)si->cmdline, "early"))
		return;
	early_wanted = 1;
	early_status = rtld_open_at(&rt, size ? table : NULL, size, address);
	if (early_status == 0)
		early_status = rtld_expect(&rt, RTS_ENV_MACHINE);
	if (early_status == 0)
		early_status = rtld_bind(&rt, rtld_early_host(&early));
}
