// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * json.c - the writer of JSON: for rts-dump --json and the report
 */
#include "config.h"

#include <inttypes.h>

#include "json.h"

static void comma(struct lw_json *j)
{
	if (j->more[j->depth])
		fputc(',', j->to);
	if (j->depth)
		fprintf(j->to, "\n%*s", (int)j->depth * 2, "");
	j->more[j->depth] = true;
}

/* A name in an ELF file is any bytes.  Those above 0x7f are written as the
 * Latin-1 characters with that number: valid, and nothing is lost. */
static void string(const struct lw_json *j, const char *s)
{
	fputc('"', j->to);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(j->to, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(j->to, "\\u%04x", c);
		else
			fputc(c, j->to);
	}
	fputc('"', j->to);
}

static void key(struct lw_json *j, const char *name)
{
	comma(j);
	if (name) {
		string(j, name);
		fputs(": ", j->to);
	}
}

void lw_json_enter(struct lw_json *j, const char *name, char bracket)
{
	key(j, name);
	fputc(bracket, j->to);
	j->more[++j->depth] = false;
}

void lw_json_leave(struct lw_json *j, char bracket)
{
	bool any = j->more[j->depth--];

	if (any)
		fprintf(j->to, "\n%*s", (int)j->depth * 2, "");
	fputc(bracket, j->to);
	if (!j->depth)
		fputc('\n', j->to);
}

void lw_json_text(struct lw_json *j, const char *name, const char *value)
{
	key(j, name);
	if (value)
		string(j, value);
	else
		fputs("null", j->to);
}

void lw_json_number(struct lw_json *j, const char *name, uint64_t value)
{
	key(j, name);
	fprintf(j->to, "%" PRIu64, value);
}

void lw_json_address(struct lw_json *j, const char *name, uint64_t value)
{
	key(j, name);
	fprintf(j->to, "\"0x%" PRIx64 "\"", value);
}

void lw_json_truth(struct lw_json *j, const char *name, bool value)
{
	key(j, name);
	fputs(value ? "true" : "false", j->to);
}
