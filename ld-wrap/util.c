// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * util.c - memory that lives as long as the link
 *
 * ld-wrap runs once and exits, so nothing is freed piece by piece: blocks
 * hang on one list, and lw_free_all() exists for tests and leak checkers.
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lw.h"

struct block {
	struct block *next, *previous;
	max_align_t bytes[];
};

static struct block *blocks;

static void *link_block(struct block *block)
{
	block->previous = NULL;
	block->next = blocks;
	if (blocks)
		blocks->previous = block;
	blocks = block;
	return block->bytes;
}

static void unlink_block(struct block *block)
{
	if (block->previous)
		block->previous->next = block->next;
	else
		blocks = block->next;
	if (block->next)
		block->next->previous = block->previous;
}

static _Noreturn void out_of_memory(size_t n)
{
	lw_die(LW_EXIT_INTERNAL, LW_MEMORY, "no memory for %zu bytes", n);
}

void *lw_alloc(size_t n)
{
	struct block *block = NULL;

	if (n <= PTRDIFF_MAX - sizeof(*block))
		block = calloc(1, sizeof(*block) + n);
	if (!block)
		out_of_memory(n);
	return link_block(block);
}

void *lw_memdup(const void *p, size_t n)
{
	void *copy = lw_alloc(n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *lw_strdup(const char *s)
{
	return lw_memdup(s, strlen(s) + 1);
}

char *lw_asprintf(const char *format, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		lw_die(LW_EXIT_INTERNAL, LW_INTERNAL, "cannot format `%s'",
		       format);
	s = lw_alloc((size_t)n + 1);
	va_start(ap, format);
	vsnprintf(s, (size_t)n + 1, format, ap);
	va_end(ap);
	return s;
}

/* An array is a block of the list too; its elements follow the links. */
static void *resize(void *at, size_t old, size_t new)
{
	struct block *block = NULL;

	if (at) {
		block = (struct block *)(void *)
			((char *)at - offsetof(struct block, bytes));
		unlink_block(block);
	}
	block = realloc(block, sizeof(*block) + new);
	if (!block)
		out_of_memory(new);
	memset((char *)block->bytes + old, 0, new - old);
	return link_block(block);
}

void *lw_grow(void *at, size_t *count, size_t *room, size_t element)
{
	char **array = at;
	size_t more;

	if (*count == *room) {
		more = *room ? *room * 2 : 16;
		if (more > (PTRDIFF_MAX - sizeof(struct block)) / element)
			out_of_memory(SIZE_MAX);
		*array = resize(*array, *room * element, more * element);
		*room = more;
	}
	return memset(*array + (*count)++ * element, 0, element);
}

void lw_free_all(void)
{
	struct block *next;

	for (; blocks; blocks = next) {
		next = blocks->next;
		free(blocks);
	}
}
