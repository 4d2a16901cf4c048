// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * options.c - the options of ld-wrap itself: --rts-*
 *
 * They come from the command line, where they may stand anywhere, also in an
 * @file, and from $LD_WRAP_FLAGS.  A build makes many links with one
 * environment, so a mark from there need not be defined in each.
 */
#include "config.h"

#include <errno.h>
#include <libiberty/libiberty.h>
#include <stdlib.h>
#include <string.h>

#include "argv.h"
#include "report.h"

struct context {
	struct lw_options *options;
	const char *where;
	bool optional;
};

static void add_mark(const struct context *c, enum rts_kind kind,
		     const char *symbol, const char *where)
{
	struct lw_option_mark *mark = LW_PUSH(&c->options->marks);
	const char *colon = strrchr(symbol, ':');

	mark->symbol = colon ? colon + 1 : symbol;
	mark->file = colon ? lw_asprintf("%.*s", (int)(colon - symbol), symbol)
		: NULL;
	mark->kind = kind;
	mark->optional = c->optional;
	mark->where = where;
}

/* SYM or FILE:SYM, without blanks and with nothing empty. */
static bool is_symbol(const char *s)
{
	size_t n = strlen(s);

	return n && !strpbrk(s, " \t\r\n") && s[0] != ':' && s[n - 1] != ':';
}

static void take_mark(const struct context *c, enum rts_kind kind,
		      const char *value)
{
	if (is_symbol(value))
		add_mark(c, kind, value, c->where);
	else
		lw_say(LW_USAGE, "%s: `%s' is no symbol", c->where, value);
}

static void take_var(const struct context *c, const char *value)
{
	take_mark(c, RTS_KIND_VAR, value);
}

static void take_ops(const struct context *c, const char *value)
{
	take_mark(c, RTS_KIND_OPS, value);
}

static void take_func(const struct context *c, const char *value)
{
	take_mark(c, RTS_KIND_FUNC, value);
}

static int kind_named(const char *name)
{
	if (!strcmp(name, "var"))
		return RTS_KIND_VAR;
	if (!strcmp(name, "ops"))
		return RTS_KIND_OPS;
	return strcmp(name, "func") ? 0 : RTS_KIND_FUNC;
}

/* One line of a marks file: KIND SYMBOL, a comment, or nothing. */
static void take_marks_line(const struct context *c, char *line, size_t length,
			    const char *where)
{
	static const char blanks[] = " \t\r\n";
	char *kind, *symbol, *rest;

	if (strlen(line) != length) {
		lw_say(LW_BAD_MARKS_FILE, "%s: has a NUL byte", where);
		return;
	}
	line[strcspn(line, "#")] = '\0';
	kind = strtok_r(line, blanks, &rest);
	if (!kind)
		return;
	symbol = strtok_r(NULL, blanks, &rest);
	if (!kind_named(kind))
		lw_say(LW_BAD_MARKS_FILE, "%s: unknown kind `%s'", where, kind);
	else if (!symbol || !is_symbol(symbol))
		lw_say(LW_BAD_MARKS_FILE, "%s: no symbol after `%s'", where,
		       kind);
	else if (strtok_r(NULL, blanks, &rest))
		lw_say(LW_BAD_MARKS_FILE, "%s: more words after `%s'", where,
		       symbol);
	else
		add_mark(c, kind_named(kind), lw_strdup(symbol), where);
}

static void take_marks(const struct context *c, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned number = 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (!file) {
		lw_say(LW_BAD_MARKS_FILE, "%s: %s", path, strerror(errno));
		return;
	}
	while ((length = getline(&line, &room, file)) >= 0)
		take_marks_line(c, line, (size_t)length,
				lw_asprintf("%s:%u", path, ++number));
	if (ferror(file))
		lw_say(LW_BAD_MARKS_FILE, "%s: %s", path, strerror(errno));
	free(line);
	fclose(file);
}

/* One of each: who asks for both gets both. */
static void take_report(const struct context *c, const char *value)
{
	static const char json[] = ".json";
	size_t n = strlen(value);

	if (n >= sizeof(json) && !strcmp(value + n - (sizeof(json) - 1), json))
		c->options->report_json = value;
	else
		c->options->report = value;
}

static void refuse_reason(const struct context *c, const char *word)
{
	const char *list = "";

	for (size_t i = LW_KEPT_NONE + 1; i < LW_REASON_COUNT; i++)
		list = lw_asprintf("%s%s%s", list, *list ? ", " : "",
				   lw_reason_name(i));
	lw_say(LW_USAGE, "%s: --rts-require: `%s' is neither `all' nor a "
	       "reason; the reasons are %s", c->where, word, list);
}

static void allow_reason(const struct context *c, const char *word)
{
	if (!strcmp(word, "all"))
		return;
	for (size_t i = LW_KEPT_NONE + 1; i < LW_REASON_COUNT; i++) {
		if (!strcmp(word, lw_reason_name(i))) {
			c->options->allowed |= LW_REASON_BIT(i);
			return;
		}
	}
	refuse_reason(c, word);
}

/* All uses must be bound, but those that are kept for a reason in the list. */
static void take_require(const struct context *c, const char *value)
{
	char *list = lw_strdup(value), *word;

	c->options->require = true;
	while ((word = strsep(&list, ",")))
		allow_reason(c, word);
}

static void take_no_store_warnings(const struct context *c, const char *value)
{
	(void)value;
	c->options->no_store_warnings = true;
}

static void take_table(const struct context *c, const char *value)
{
	(void)value;
	c->options->table = true;
}

static void take_ld(const struct context *c, const char *value)
{
	c->options->ld = value;
}

static void take_print(const struct context *c, const char *value)
{
	(void)value;
	c->options->print_command = true;
}

static void take_help(const struct context *c, const char *value)
{
	(void)value;
	c->options->help = true;
}

static void take_version(const struct context *c, const char *value)
{
	(void)value;
	c->options->version = true;
}

static void take_dir(const struct context *c, const char *value)
{
	(void)value;
	c->options->dir = true;
}

static const struct {
	const char *name, *value, *help;
	void (*take)(const struct context *, const char *);
} ours[] = {
	{ "var", "[FILE:]SYM", "mark SYM: a very-read-only variable",
	  take_var },
	{ "ops", "[FILE:]SYM", "mark SYM: a function pointer, or a struct of",
	  take_ops },
	{ "func", "[FILE:]SYM", "mark SYM: a function chosen at run time",
	  take_func },
	{ "marks", "FILE", "marks, one a line: var SYM, ops SYM or func SYM",
	  take_marks },
	{ "report", "FILE[.json]", "write what became of each use of a mark",
	  take_report },
	{ "require", "all[,REASON...]", "refuse if a use cannot be bound, but "
	  "for REASONs", take_require },
	{ "no-store-warnings", NULL, "do not warn of stores outside init code",
	  take_no_store_warnings },
	{ "table", NULL, "give a relocatable file (-r) tables, for a loader of "
	  "modules", take_table },
	{ "ld", "PATH", "the real linker (else $LD_WRAP_LD, or the next ld)",
	  take_ld },
	{ "dir", NULL, "print the directory for gcc -B, with links to ld-wrap",
	  take_dir },
	{ "print-command", NULL, "show the real linker's command on stderr",
	  take_print },
	{ "help", NULL, "print this", take_help },
	{ "version", NULL, "print the version of ld-wrap", take_version },
};
#define OURS (sizeof(ours) / sizeof(ours[0]))

static void take(const struct context *c, size_t i, const char *word,
		 const char *value)
{
	if (ours[i].value && (!value || !*value))
		lw_say(LW_USAGE, "%s: %s needs =%s", c->where, word,
		       ours[i].value);
	else if (!ours[i].value && value)
		lw_say(LW_USAGE, "%s: %s: --rts-%s takes no value", c->where,
		       word, ours[i].name);
	else
		ours[i].take(c, value);
}

bool lw_option_take(struct lw_options *options, const char *word,
		    const char *where, bool optional)
{
	struct context c = { options, where, optional };
	const char *name, *equals;
	size_t i, n;

	if (strncmp(word, "--rts-", 6))
		return false;
	name = word + 6;
	equals = strchr(name, '=');
	n = equals ? (size_t)(equals - name) : strlen(name);
	for (i = 0; i < OURS; i++) {
		if (strlen(ours[i].name) == n && !memcmp(ours[i].name, name, n))
			break;
	}
	if (i < OURS)
		take(&c, i, word, equals ? equals + 1 : NULL);
	else
		lw_say(LW_USAGE, "%s: unknown option `%s'", where, word);
	return true;
}

void lw_options_from_environment(struct lw_options *options)
{
	static const char where[] = "$LD_WRAP_FLAGS";
	const char *flags = getenv("LD_WRAP_FLAGS");
	char **words, **word;

	if (!flags || !flags[strspn(flags, " \t\n\v\f\r")])
		return;
	words = buildargv(flags);
	for (word = words; *word; word++) {
		if (!lw_option_take(options, lw_strdup(*word), where, true))
			lw_say(LW_USAGE, "%s: `%s' is no option of ld-wrap",
			       where, *word);
	}
	freeargv(words);
}

static void print_help(FILE *file)
{
	size_t i;
	int n;

	fprintf(file, "Usage: ld-wrap [options of ld-wrap or ld] file...\n"
		"Links as ld does; where symbols are marked, the output has a "
		"table for rtld.\n"
		"Options of ld-wrap (also in $LD_WRAP_FLAGS):\n");
	for (i = 0; i < OURS; i++) {
		n = fprintf(file, "  --rts-%s%s%s", ours[i].name,
			    ours[i].value ? "=" : "",
			    ours[i].value ? ours[i].value : "");
		fprintf(file, "%*s%s\n", n < 28 ? 28 - n : 1, "", ours[i].help);
	}
	fprintf(file, "All other words go to the real linker; --help prints "
		"its options.\n");
}

void lw_print_and_exit(const struct lw_options *options)
{
	if (options->help)
		print_help(stdout);
	else if (options->version)
		printf("ld-wrap %s (image version %d)\n", PACKAGE_VERSION,
		       RTS_ABI_VERSION);
	else if (options->dir)
		printf("%s\n", lw_linkers_dir());
	else
		return;
	if (fflush(stdout))
		lw_die(LW_EXIT_REFUSED, LW_WRITE, "stdout: %s",
		       strerror(errno));
	exit(EXIT_SUCCESS);
}
