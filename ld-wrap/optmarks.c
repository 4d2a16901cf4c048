// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * optmarks.c - marks by option: SYM and FILE:SYM
 *
 * SYM is a global symbol that an input defines, or else the one local symbol
 * of that name.  FILE picks among several: the object, a member of an
 * archive, or the source (STT_FILE) that the symbol came from.
 */
#include "config.h"

#include <string.h>

#include "lto.h"
#include "marks.h"

#define LISTED 8	/* of the symbols that an ambiguous name may mean */

/* Symbols of one name, as found in the inputs. */
struct finds {
	size_t count;
	struct { struct lw_object *object; size_t symbol; } at[LISTED];
};

/* Is text the last parts of path?  "b.o" and "a/b.o" are of "x/a/b.o". */
static bool is_tail(const char *path, size_t length, const char *text)
{
	size_t n = strlen(text);

	return n <= length && !memcmp(path + length - n, text, n) &&
		(n == length || text[0] == '/' || path[length - n - 1] == '/');
}

bool lw_object_is(const struct lw_object *object, const char *file)
{
	size_t n = strlen(object->name);
	const char *member;

	if (is_tail(object->name, n, file))
		return true;
	member = strrchr(object->name, '(');
	return object->in_archive && member &&
		is_tail(member + 1, strlen(member + 1) - 1, file);
}

static void find_in(struct lw_object *object, const char *name,
		    const char *file, struct finds *finds)
{
	bool here = !file || lw_object_is(object, file);
	const char *source = "";
	Elf64_Sym symbol;
	unsigned type;
	size_t i, end;

	/* With FILE, a global one will do as well. */
	end = file ? object->symbol_count : object->first_global;
	for (i = 1; i < end; i++) {
		symbol = lw_sym(object, i);
		type = ELF64_ST_TYPE(symbol.st_info);
		if (type == STT_FILE)
			source = lw_sym_name(object, &symbol);
		if (type == STT_FILE || type == STT_SECTION ||
		    !lw_defines(object, &symbol, i) ||
		    strcmp(lw_sym_name(object, &symbol), name))
			continue;
		if (!here && !is_tail(source, strlen(source), file))
			continue;
		if (finds->count < LISTED) {
			finds->at[finds->count].object = object;
			finds->at[finds->count].symbol = i;
		}
		finds->count++;
	}
}

static void find_all(const struct lw_link *link, const char *name,
		     const char *file, struct finds *finds)
{
	size_t i;

	finds->count = 0;
	for (i = 0; i < link->objects.count; i++)
		find_in(link->objects.at[i], name, file, finds);
}

/* The source file before a local symbol, or "". */
static const char *source_of(const struct lw_object *object, size_t symbol)
{
	Elf64_Sym here;

	while (symbol-- > 0) {
		here = lw_sym(object, symbol);
		if (ELF64_ST_TYPE(here.st_info) == STT_FILE)
			return lw_sym_name(object, &here);
	}
	return "";
}

static void say_ambiguous(const struct lw_option_mark *option,
			  const struct finds *finds)
{
	size_t i, n = finds->count < LISTED ? finds->count : LISTED;
	const char *list = "", *source;

	for (i = 0; i < n; i++) {
		source = source_of(finds->at[i].object, finds->at[i].symbol);
		list = lw_asprintf("%s%s%s%s%s%s", list, i ? ", " : "",
				   finds->at[i].object->name,
				   *source ? " (" : "", source,
				   *source ? ")" : "");
	}
	lw_say(LW_AMBIGUOUS_MARK, "%s: `%s' is marked, but it is defined in "
	       "%s%s", option->where, option->symbol, list,
	       finds->count > n ? ", ..." : "");
}

/* Takes what was found, if it is one.  From the environment a name that means
 * several things is as good as one that means nothing here. */
static void take_found(struct lw_link *link, const struct finds *finds,
		       struct lw_candidate *one)
{
	const struct lw_option_mark *option = one->option;
	Elf64_Sym symbol;

	one->drop = true;
	if (finds->count > 1) {
		if (!option->optional)
			say_ambiguous(option, finds);
		return;
	}
	one->drop = false;
	symbol = lw_sym(finds->at[0].object, finds->at[0].symbol);
	one->spot = lw_spot_of(link->scan, finds->at[0].object,
			       finds->at[0].symbol, 0);
	if (!one->spot.global)
		one->spot.size = symbol.st_size;
}

void lw_option_candidate(struct lw_link *link,
			 const struct lw_option_mark *option,
			 struct lw_candidates *found)
{
	struct lw_candidate *one;
	struct finds finds = { 0 };

	if (option->file) {
		find_all(link, option->symbol, option->file, &finds);
		if (!finds.count) {
			if (option->optional || lw_lto_is_blind(link))
				return;
			if (lw_lto_hides(link, option))
				lw_lto_say_hidden(option);
			else
				lw_say(LW_UNDEFINED_MARK, "%s: `%s:%s' is "
				       "marked, but no input is that file and "
				       "defines it", option->where,
				       option->file, option->symbol);
			return;
		}
	}
	one = LW_PUSH(found);
	one->name = option->symbol;
	one->where = option->where;
	one->kind = option->kind;
	one->option = option;
	if (option->file) {
		take_found(link, &finds, one);
		return;
	}
	one->spot.set = one->spot.global = true;
	one->spot.name = lw_name_add(link->scan, lw_wrapped_name(&link->command,
							option->symbol));
}

void lw_options_find_local(struct lw_link *link, struct lw_candidates *found)
{
	struct lw_candidate *one;
	struct finds finds;
	size_t i;

	for (i = 0; i < found->count; i++) {
		one = &found->at[i];
		if (!one->option || one->drop || one->spot.object)
			continue;
		find_all(link, one->name, NULL, &finds);
		if (finds.count)
			take_found(link, &finds, one);
	}
}
