// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * strerror.c - codes in words
 *
 * A file of its own: who does not want the strings does not link them.  The
 * strings stand one after another in one array, in the order of the numbers'
 * array, because an array of pointers would have to be relocated.
 */
#include "rtld.h"

#define RTLD_ERROR(name, number, text) number,
static const unsigned char numbers[] = {
#include "rts/errors.def"
};
#undef RTLD_ERROR

#define RTLD_ERROR(name, number, text) #name "\0" text "\0"
static const char strings[] =
#include "rts/errors.def"
	"UNKNOWN\0unknown error";
#undef RTLD_ERROR

static const char *next(const char *s)
{
	while (*s++)
		;
	return s;
}

/* The name; its text follows. */
static const char *find(int code)
{
	const char *s = strings;
	unsigned number = code < 0 ? -(unsigned)code : (unsigned)code;

	for (unsigned i = 0; i < sizeof(numbers) && numbers[i] != number; i++)
		s = next(next(s));
	return s;
}

const char *rtld_errname(int code)
{
	return find(code);
}

const char *rtld_strerror(int code)
{
	return next(find(code));
}
