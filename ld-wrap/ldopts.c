// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ldopts.c - four linkers, one table of options, and four ways to read words
 *
 * GNU ld reads with getopt_long_only(): a name may be cut to any prefix that
 * is unique, with one dash or two, and letters may stand together.  gold wants
 * whole names, and takes letters together, too.  lld tries all names of which
 * the word is a continuation, the longest first; its letters stand alone.
 * mold takes whole names, and then one letter.  So -output=x is an output "x"
 * to gold and "utput=x" to the others, and -entry=x is no -e to any but mold.
 *
 * Whatever is not understood is one word, unknown: the linker will refuse the
 * command, or is newer than this table.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "argv.h"

enum {
	ONE = 0x10, TWO = 0x20, DASHES = ONE | TWO, KIND = 0x0f,

	X = 0,
	F = 1 | DASHES, F1 = 1 | ONE, F2 = 1 | TWO,
	A = 2 | DASHES, A1 = 2 | ONE, A2 = 2 | TWO,
	M = 3 | DASHES, M2 = 3 | TWO,
	E = 4 | DASHES, E2 = 4 | TWO,
	N = 5 | DASHES, N1 = 5 | ONE, N2 = 5 | TWO,
	J = 6 | DASHES, J2 = 6 | TWO
};

struct row {
	const char *name;
	unsigned char form[4];		/* by enum lw_linker */
	unsigned char action;
};

static const struct row names[] = {
#define LETTER(letter, gnu, gold, lld, mold, action)
#define LD(name, gnu, gold, lld, mold, action) \
	{ name, { gnu, gold, lld, mold }, LW_LD_##action },
#include "ldopts.def"
#undef LETTER
#undef LD
};
#define NAMES (sizeof(names) / sizeof(names[0]))

static const struct {
	char letter;
	struct row row;
} letters[] = {
#define LETTER(letter, gnu, gold, lld, mold, action) \
	{ letter, { "", { gnu, gold, lld, mold }, LW_LD_##action } },
#define LD(name, gnu, gold, lld, mold, action)
#include "ldopts.def"
#undef LETTER
#undef LD
};
#define LETTERS (sizeof(letters) / sizeof(letters[0]))

static int kind_of(const struct lw_reading *r, const struct row *row)
{
	return row->form[r->linker] & KIND;
}

static const struct row *letter_row(const struct lw_reading *r, char letter)
{
	for (size_t i = 0; i < LETTERS; i++) {
		if (letters[i].letter == letter &&
		    letters[i].row.form[r->linker])
			return &letters[i].row;
	}
	return NULL;
}

/* ---- what a step finds ---------------------------------------------------- */

static void found(struct lw_token *token, const struct row *row,
		  const char *argument)
{
	token->kind = LW_TOKEN_OPTION;
	token->action = row->action;
	token->argument = argument;
}

/* The word is an option that has none of its argument: that is the next. */
static void take_next(struct lw_reading *r, struct lw_token *token,
		      const struct row *row)
{
	if (r->at == r->count)
		token->kind = LW_TOKEN_MISSING;
	else
		found(token, row, r->words[r->at++]);
}

/* A whole name, and what stands behind its `=' or NULL. */
static void take_name(struct lw_reading *r, struct lw_token *token,
		      const struct row *row, const char *value)
{
	int kind = kind_of(r, row);

	r->at++;
	if (value ? kind == (F & KIND) || kind == (N & KIND) :
	    kind == (E & KIND))
		token->kind = LW_TOKEN_UNKNOWN;
	else if (value || kind == (F & KIND) || kind == (M & KIND))
		found(token, row, value);
	else
		take_next(r, token, row);
}

static void unknown(struct lw_reading *r, struct lw_token *token)
{
	r->inside = 0;
	r->at++;
	token->kind = LW_TOKEN_UNKNOWN;
}

/* One letter of several in a word: GNU ld and gold. */
static void take_letter(struct lw_reading *r, struct lw_token *token,
			const char *word)
{
	const struct row *row = letter_row(r, word[r->inside]);

	if (!row) {
		unknown(r, token);
		return;
	}
	r->inside++;
	if (kind_of(r, row) == (F & KIND)) {
		if (!word[r->inside]) {
			r->inside = 0;
			r->at++;
		}
		found(token, row, NULL);
		return;
	}
	r->at++;
	if (word[r->inside])
		found(token, row, word + r->inside);
	else
		take_next(r, token, row);
	r->inside = 0;
}

static unsigned dashes_of(const char *word)
{
	return word[1] == '-' ? TWO : ONE;
}

/* The row of this name, if it may have as many dashes. */
static const struct row *whole_name(const struct lw_reading *r,
				    const char *name, size_t length,
				    unsigned dashes)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (names[i].form[r->linker] & dashes &&
		    !strncmp(names[i].name, name, length) &&
		    !names[i].name[length])
			return &names[i];
	}
	return NULL;
}

/* ---- GNU ld ------------------------------------------------------------- */

/*
 * It has two tables: one of what may have one dash, and one of what must have
 * two, which it asks if the first fails.  How many rows of a table begin like
 * this?  A whole name counts as the only one.
 */
static size_t gnu_names(bool second, const char *name, size_t length,
			const struct row **row)
{
	size_t i, count = 0;
	unsigned form;

	for (i = 0; i < NAMES; i++) {
		form = names[i].form[LW_LINKER_BFD];
		if (!form || !(form & ONE) != second ||
		    strncmp(names[i].name, name, length))
			continue;
		*row = &names[i];
		if (!names[i].name[length])
			return 1;
		count++;
	}
	return count;
}

/* getopt takes a lone letter for itself and not for a prefix of a name; and a
 * word with one dash that is no name at all for letters. */
static void next_gnu_word(struct lw_reading *r, struct lw_token *token,
			  const char *word)
{
	bool two = dashes_of(word) == TWO;
	const char *name = word + (two ? 2 : 1), *equals = strchrnul(name, '=');
	size_t length = (size_t)(equals - name), count = 0;
	const struct row *row = NULL;

	if (two || word[2] || !letter_row(r, word[1]))
		count = gnu_names(false, name, length, &row);
	if (two && count != 1)
		count = gnu_names(true, name, length, &row);
	if (count == 1) {
		take_name(r, token, row, *equals ? equals + 1 : NULL);
	} else if (two || count) {
		unknown(r, token);
	} else {
		r->inside = 1;
		take_letter(r, token, word);
	}
}

static void next_gnu(struct lw_reading *r, struct lw_token *token)
{
	const char *word = r->words[r->at];

	if (r->inside) {
		take_letter(r, token, word);
	} else if (!strcmp(word, "--")) {
		token->kind = LW_TOKEN_END;
		r->at = r->count;	/* it ignores what follows */
	} else {
		next_gnu_word(r, token, word);
	}
}

/* ---- gold --------------------------------------------------------------- */

static void next_gold(struct lw_reading *r, struct lw_token *token)
{
	const char *word = r->words[r->at];
	const char *name = word + strspn(word, "-");
	const char *equals = strchrnul(name, '=');
	const struct row *row;

	if (r->inside) {
		take_letter(r, token, word);
		return;
	}
	if (!strcmp(word, "--")) {
		token->kind = LW_TOKEN_END;
		r->files_only = true;
		r->at++;
		return;
	}
	row = whole_name(r, name, (size_t)(equals - name), dashes_of(word));
	if (row) {
		take_name(r, token, row, *equals ? equals + 1 : NULL);
	} else {
		r->inside = 1;
		take_letter(r, token, word);
	}
}

/* ---- lld ---------------------------------------------------------------- */

/* Does the word, which begins with this row's name, go on as it must? */
static bool lld_fits(int kind, char next)
{
	switch (kind) {
	case F & KIND:
	case N & KIND:
		return !next;
	case A & KIND:
	case M & KIND:
		return !next || next == '=';
	case E & KIND:
		return next == '=';
	default:
		return true;
	}
}

static const struct row *lld_name(const struct lw_reading *r, const char *name,
				  unsigned dashes)
{
	const struct row *best = NULL;
	size_t i, n, longest = 0;

	for (i = 0; i < NAMES; i++) {
		n = strlen(names[i].name);
		if (n >= longest && names[i].form[LW_LINKER_LLD] & dashes &&
		    !strncmp(names[i].name, name, n) &&
		    lld_fits(kind_of(r, &names[i]), name[n])) {
			best = &names[i];
			longest = n;
		}
	}
	return best;
}

/* A letter alone, or with its argument behind it. */
static void lld_letter(struct lw_reading *r, struct lw_token *token,
		       const char *word)
{
	const struct row *row = letter_row(r, word[1]);

	if (!row || (word[2] && kind_of(r, row) != (A & KIND))) {
		unknown(r, token);
		return;
	}
	r->at++;
	if (word[2] || kind_of(r, row) == (F & KIND))
		found(token, row, word[2] ? word + 2 : NULL);
	else
		take_next(r, token, row);
}

static void lld_take(struct lw_reading *r, struct lw_token *token,
		     const struct row *row, const char *rest)
{
	if (kind_of(r, row) != (J & KIND)) {
		take_name(r, token, row, *rest ? rest + 1 : NULL);
		return;
	}
	r->at++;
	found(token, row, rest);
}

static void next_lld(struct lw_reading *r, struct lw_token *token)
{
	const char *word = r->words[r->at];
	const char *name = word + (dashes_of(word) == TWO ? 2 : 1);
	const struct row *row = lld_name(r, name, dashes_of(word));

	if (row)
		lld_take(r, token, row, name + strlen(row->name));
	else
		lld_letter(r, token, word);
}

/* ---- mold --------------------------------------------------------------- */

/* -NAME alone, with its `=', or joined. */
static const struct row *mold_name(const struct lw_reading *r,
				   const char *name, unsigned dashes)
{
	const struct row *row = NULL;
	size_t i, n;

	for (i = 0; !row && i < NAMES; i++) {
		n = strlen(names[i].name);
		if (names[i].form[LW_LINKER_MOLD] & dashes &&
		    !strncmp(names[i].name, name, n) &&
		    lld_fits(kind_of(r, &names[i]), name[n]))
			row = &names[i];
	}
	return row;
}

static void next_mold(struct lw_reading *r, struct lw_token *token)
{
	const char *word = r->words[r->at];
	const char *name = word + (dashes_of(word) == TWO ? 2 : 1);
	const struct row *row = mold_name(r, name, dashes_of(word));

	if (row)
		lld_take(r, token, row, name + strlen(row->name));
	else
		lld_letter(r, token, word);
}

/* ---- one step ----------------------------------------------------------- */

/* A lone dash is a file to GNU ld and lld; gold and mold know no such option. */
static bool is_file(const struct lw_reading *r, const char *word)
{
	return r->files_only || word[0] != '-' ||
		(!word[1] && (r->linker == LW_LINKER_BFD ||
			      r->linker == LW_LINKER_LLD));
}

bool lw_next_token(struct lw_reading *r, struct lw_token *token)
{
	static void (*const next[])(struct lw_reading *, struct lw_token *) = {
		[LW_LINKER_BFD] = next_gnu, [LW_LINKER_GOLD] = next_gold,
		[LW_LINKER_LLD] = next_lld, [LW_LINKER_MOLD] = next_mold,
	};

	/* lld passes over an empty word, if it is no argument. */
	while (r->linker == LW_LINKER_LLD && r->at < r->count &&
	       !*r->words[r->at])
		r->at++;
	if (r->at == r->count)
		return false;
	*token = (struct lw_token){ .word = r->words[r->at] };
	if (!r->inside && is_file(r, token->word)) {
		token->kind = LW_TOKEN_FILE;
		token->argument = r->words[r->at++];
	} else if (!token->word[1]) {
		unknown(r, token);
	} else {
		next[r->linker](r, token);
	}
	return true;
}
