// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * diag.c - what ld-wrap says: place, cause, name, cure
 */
#include "config.h"

#include <stdarg.h>
#include <stdlib.h>

#include "lw.h"

enum level { level_note, level_warning, level_error };

static const char *const level_names[] = { "note", "warning", "error" };

static const struct {
	const char *name;
	enum level level;
	const char *cure;
} rows[] = {
#define LW_DIAG(id, name, level, cure) \
	[LW_##id] = { name, level_##level, cure },
#include "diag.def"
#undef LW_DIAG
};

/* One cause can have thousands of effects: each diagnostic speaks so often,
 * and then says that it stops. */
#define TOLD_MAX 10

static unsigned told[LW_DIAG_COUNT];
static unsigned errors;

__attribute__((format(printf, 2, 0)))
static void say(enum lw_diag id, const char *format, va_list ap)
{
	if (rows[id].level == level_error)
		errors++;
	if (++told[id] > TOLD_MAX + 1)
		return;
	flockfile(stderr);
	fprintf(stderr, "ld-wrap: %s: ", level_names[rows[id].level]);
	if (told[id] > TOLD_MAX)
		fputs("further ones are not shown", stderr);
	else
		vfprintf(stderr, format, ap);
	fprintf(stderr, " [%s]\n", rows[id].name);
	if (told[id] == 1)
		fprintf(stderr, "ld-wrap: note: %s\n", rows[id].cure);
	funlockfile(stderr);
}

void lw_say(enum lw_diag id, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(id, format, ap);
	va_end(ap);
}

void lw_die(int status, enum lw_diag id, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	say(id, format, ap);
	va_end(ap);
	lw_temp_close();
	exit(status);
}

unsigned lw_errors(void)
{
	return errors;
}

void lw_stop_on_errors(void)
{
	if (!errors)
		return;
	lw_temp_close();
	exit(LW_EXIT_REFUSED);
}
