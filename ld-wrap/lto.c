// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * lto.c - inputs whose code is made during the link
 *
 * An object of -flto holds no instructions and no relocations, only what the
 * compiler's middle would need to go on.  The linker hands all of these to the
 * compiler at once, tells it which symbols others use, and gets native objects
 * back, which it links like any others and then throws away.  So references
 * can be seen only in those, and they exist only while the linker runs:
 *
 *	GNU ld, gold, mold	the compiler is a plugin of the linker's.  Our
 *		own plugin, rts-lto.so, stands in for it and passes all on; it
 *		keeps a copy of each native object, and notes which inputs the
 *		compiler took
 *	lld	is the compiler itself; --lto-obj-path makes it write the
 *		native objects that it goes on with
 *
 * The first link's rts.o is made before anything is known of them: .rts.tab
 * gets room by guess.  Then the native objects are read in place of the LTO
 * code, as if they had been on the command line, and everything goes on as
 * ever.  If the guess was too small, main.c links again, and the objects of
 * that link are read; so nothing depends on a compiler that does the same
 * twice.
 *
 * What rts.o names, the compiler must leave alone: it sees a use of the
 * symbol that is not LTO code.  So a mark by option is named in the first
 * rts.o too, though its size is not known then.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argv.h"
#include "input.h"
#include "lto.h"
#include "marks.h"

struct lw_lto {
	struct lw_command plain;	/* the command as it came */
	LW_ARRAY(struct lw_object *) inputs;	/* link.objects at first */
	size_t unreadable;		/* of these at first */
	bool any_property;
	bool seen;			/* the native objects are read */
	bool shim;
	LW_ARRAY(struct lw_claim { unsigned long long dev, ino, offset; })
		claims;
};

/* ---- is this such a link? ---------------------------------------------- */

/* Fat objects are LTO code only to who asks for it. */
static bool may_be_ir(const struct lw_link *link,
		      const struct lw_object *object)
{
	return object->is_lto || (object->has_ir && (link->command.plugins ||
						     link->command.fat_lto));
}

static bool has_text(const unsigned char *data, size_t size, const char *text)
{
	return data && memmem(data, size, text, strlen(text) + 1);
}

/* A name in gcc's own symbol table, or anywhere in bitcode, where names have
 * no end. */
static bool ir_mentions(const struct lw_object *object, const char *symbol)
{
	const unsigned char *data;
	size_t i, size;

	if (!object->has_ir)
		return false;
	if (!object->section_count)
		return memmem(object->data, object->size, symbol,
			      strlen(symbol));
	for (i = 1; i < object->section_count; i++) {
		if (strncmp(lw_section_name(object, i), ".gnu.lto_.symtab",
			    16) && strcmp(lw_section_name(object, i),
					  ".llvm.lto"))
			continue;
		data = lw_section_data(object, i, &size);
		if (data && memmem(data, size, symbol, strlen(symbol)))
			return true;
	}
	return false;
}

/* An option of this command line is meant for this link; one of the
 * environment, for those where somebody knows the name. */
static bool option_is_for(const struct lw_link *link,
			  const struct lw_option_mark *option)
{
	const struct lw_object *object;

	if (!option->optional)
		return true;
	for (size_t i = 0; i < link->objects.count; i++) {
		object = link->objects.at[i];
		if (ir_mentions(object, option->symbol) ||
		    has_text((const unsigned char *)object->strings,
			     object->strings_size, option->symbol))
			return true;
	}
	return false;
}

static bool is_marked(const struct lw_link *link)
{
	for (size_t i = 0; i < link->objects.count; i++) {
		if (link->objects.at[i]->mark_section ||
		    link->objects.at[i]->ir_marked)
			return true;
	}
	for (size_t i = 0; i < link->options.marks.count; i++) {
		if (option_is_for(link, &link->options.marks.at[i]))
			return true;
	}
	return false;
}

void lw_lto_open(struct lw_link *link)
{
	struct lw_lto *lto;
	bool any = false;

	for (size_t i = 0; i < link->objects.count; i++)
		any |= may_be_ir(link, link->objects.at[i]);
	if (!any || !is_marked(link))
		return;
	lto = lw_alloc(sizeof(*lto));
	lto->plain = link->command;
	lto->unreadable = link->unreadable.count;
	lto->any_property = link->any_property;
	link->lto = lto;
	for (size_t i = 0; i < link->objects.count; i++)
		*LW_PUSH(&lto->inputs) = link->objects.at[i];
}

bool lw_lto_is_blind(const struct lw_link *link)
{
	return link->lto && !link->lto->seen;
}

/* Did the linker take this input for LTO code? */
static bool is_claimed(const struct lw_link *link,
		       const struct lw_object *object)
{
	const struct lw_lto *lto = link->lto;

	if (!object->has_ir)
		return false;
	if (link->command.linker == LW_LINKER_LLD)
		return !object->section_count || link->command.fat_lto;
	for (size_t i = 0; i < lto->claims.count; i++) {
		const struct lw_claim *one = &lto->claims.at[i];

		if (one->dev == object->file.dev &&
		    one->ino == object->file.ino &&
		    one->offset == object->file_offset)
			return true;
	}
	return false;
}

/*
 * A local symbol of LTO code: gone, or renamed, perhaps to mark.lto_priv.0 or
 * mark.llvm.123; and no object is called FILE.
 */
bool lw_lto_hides(const struct lw_link *link,
		  const struct lw_option_mark *option)
{
	size_t n = strlen(option->symbol);

	for (size_t i = 0; link->lto && option->file &&
	     i < link->lto->inputs.count; i++) {
		if (is_claimed(link, link->lto->inputs.at[i]) &&
		    lw_object_is(link->lto->inputs.at[i], option->file))
			return true;
	}
	for (size_t i = 0; !option->file && i < link->objects.count; i++) {
		const struct lw_object *object = link->objects.at[i];

		for (size_t k = 1; object->from_lto &&
		     k < object->symbol_count; k++) {
			Elf64_Sym symbol = lw_sym(object, k);
			const char *name = lw_sym_name(object, &symbol);

			if (!strncmp(name, option->symbol, n) && name[n] == '.')
				return true;
		}
	}
	return false;
}

void lw_lto_say_hidden(const struct lw_option_mark *option)
{
	lw_say(LW_LTO_INPUT, "%s: `%s%s%s' is marked, a local symbol of LTO "
	       "code, which has other names or none", option->where,
	       option->file ? option->file : "", option->file ? ":" : "",
	       option->symbol);
}

/* ---- the command ------------------------------------------------------- */

/* A table for what nobody has seen: many links need less than the first
 * kilobyte; kernels have one site for some hundred bytes of LTO code. */
#define GUESS_BASE	1024
#define GUESS_MAX	16384
#define GUESS_PART	32

size_t lw_lto_guess(const struct lw_link *link)
{
	size_t code = 0;

	for (size_t i = 0; lw_lto_is_blind(link) && i < link->objects.count;
	     i++) {
		if (may_be_ir(link, link->objects.at[i]))
			code += link->objects.at[i]->size;
	}
	if (!code)
		return 0;
	code = GUESS_BASE + code / GUESS_PART;
	return (code < GUESS_MAX ? code : GUESS_MAX) & ~(size_t)63;
}

/* Beside us if we were built there, else where it was installed. */
static const char *find_shim(void)
{
	char *self = realpath("/proc/self/exe", NULL);
	const char *path = LW_PKGLIBDIR "/rts-lto.so";

	if (self) {
		path = lw_path_beside(self, "rts-lto.so", 10);
		free(self);
	}
	if (access(path, R_OK))
		path = LW_PKGLIBDIR "/rts-lto.so";
	if (access(path, R_OK))
		lw_die(LW_EXIT_REFUSED, LW_LTO_INPUT, "%s: %s, so the code of "
		       "LTO inputs cannot be seen", path, strerror(errno));
	return path;
}

/* -plugin P becomes -plugin rts-lto.so, and P an option of ours, as are the
 * places to write to; other -plugin-opt words follow and are P's. */
static void put_shim(struct lw_link *link)
{
	const struct lw_command *plain = &link->lto->plain;
	struct lw_command *command = &link->command;
	size_t i, n = 0, value;
	const char *shim = find_shim(), *word;

	command->argv = lw_alloc((plain->expanded_count + 4) * sizeof(char *));
	for (i = 0; i < plain->expanded_count; i++) {
		word = plain->expanded[i];
		if (i == plain->expanded_end)
			command->end_of_options = n;
		if (i != plain->plugin_at) {
			command->argv[n++] = lw_strdup(word);
			continue;
		}
		value = strlen(word) - strlen(plain->plugin);
		command->argv[n++] = lw_asprintf("%.*s%s", (int)value, word,
						 shim);
		command->argv[n++] = lw_asprintf("-plugin-opt=rts-plugin=%s",
						 plain->plugin);
		command->argv[n++] = lw_asprintf("-plugin-opt=rts-files=%s",
						 lw_lto_file(""));
	}
	if (plain->expanded_end == plain->expanded_count)
		command->end_of_options = n;
	command->argc = (int)n;
	command->rewritten = true;
	link->lto->shim = true;
}

/* A cache would have the linker leave out what it finds there. */
static void put_obj_path(struct lw_link *link)
{
	*LW_PUSH(&link->command.more) =
		lw_asprintf("--lto-obj-path=%s", lw_lto_file(".o"));
	*LW_PUSH(&link->command.more) = "--thinlto-cache-dir=";
}

void lw_lto_before(struct lw_link *link)
{
	struct lw_lto *lto = link->lto;
	struct lw_natives old = lw_lto_natives();

	for (size_t i = 0; i < old.list.count; i++)
		unlink(old.list.at[i].path);
	unlink(lw_lto_file(".claims"));
	if (link->command.more.count || lto->shim)
		return;
	if (link->command.linker == LW_LINKER_LLD)
		put_obj_path(link);
	else if (lto->plain.plugins == 1)
		put_shim(link);
	else if (lto->plain.plugins)
		lw_die(LW_EXIT_REFUSED, LW_LTO_INPUT, "%s: of several linker "
		       "plugins it cannot be told which one takes LTO inputs",
		       link->command.output);
}

/* ---- the native objects ------------------------------------------------ */

static void read_claims(struct lw_lto *lto)
{
	char *text = lw_read_text(lw_lto_file(".claims"));
	struct lw_claim one;
	int n;

	lto->claims.count = 0;
	while (text && sscanf(text, "%llu %llu %llu\n%n", &one.dev, &one.ino,
			      &one.offset, &n) == 3) {
		*LW_PUSH(&lto->claims) = one;
		text += n;
	}
}

/* What the scan found goes; what was opened stays. */
static void forget_scan(struct lw_link *link)
{
	link->objects.count = 0;
	link->unreadable.count = link->lto->unreadable;
	link->any_property = link->lto->any_property;
	link->scan = NULL;
	link->marks.count = 0;
	link->references.count = 0;
	link->call_records.count = 0;
	link->patchables = NULL;
	link->entries = NULL;
}

static void keep(struct lw_link *link, struct lw_object *object)
{
	object->index = link->objects.count;
	*LW_PUSH(&link->objects) = object;
}

static void read_natives(struct lw_link *link)
{
	struct lw_natives all = lw_lto_natives();
	struct lw_bytes bytes;
	size_t before;

	for (size_t i = 0; i < all.list.count; i++) {
		const struct lw_native *one = &all.list.at[i];

		if (!lw_input_map(link, one->path, &bytes) ||
		    lw_is_archive(bytes))
			continue;
		before = link->objects.count;
		lw_input_bytes(link, lw_asprintf("[lto%ld]", one->number),
			       bytes, false);
		if (link->objects.count > before)
			link->objects.at[before]->from_lto = true;
	}
}

/* lld says nothing of what it took: bitcode that is no member is linked. */
static void check_natives(const struct lw_link *link)
{
	const struct lw_object *object;

	if (link->command.linker != LW_LINKER_LLD || lw_lto_natives().list.count)
		return;
	for (size_t i = 0; i < link->lto->inputs.count; i++) {
		object = link->lto->inputs.at[i];
		if (is_claimed(link, object) && !object->in_archive)
			lw_die(LW_EXIT_REFUSED, LW_LTO_INPUT, "%s: the linker "
			       "left no native object of its LTO code",
			       object->name);
	}
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;
	char *p, *q;

	if (stat(a, &x) || stat(b, &y) || x.st_size != y.st_size)
		return false;
	p = lw_read_text(a);
	q = lw_read_text(b);
	return p && q && !memcmp(p, q, (size_t)x.st_size);
}

/* Would rts.o be another, now that more is known? */
static bool is_changed(struct lw_link *link, const char *rts_o)
{
	char *was = lw_temp_path("rts.o.was");

	if (rename(rts_o, was))
		lw_die(LW_EXIT_REFUSED, LW_TEMP, "%s: cannot be renamed: %s",
		       rts_o, strerror(errno));
	return !same_file(was, lw_emit(link));
}

const struct lw_command *lw_lto_plain(const struct lw_link *link)
{
	return &link->lto->plain;
}

bool lw_lto_after(struct lw_link *link, const char *rts_o)
{
	struct lw_lto *lto = link->lto;
	size_t size = link->table_size;

	read_claims(lto);
	check_natives(link);
	if (link->command.linker == LW_LINKER_LLD && lto->plain.obj_path)
		lw_lto_give(lto->plain.obj_path);
	forget_scan(link);
	lto->seen = true;
	for (size_t i = 0; i < lto->inputs.count; i++) {
		if (!is_claimed(link, lto->inputs.at[i]))
			keep(link, lto->inputs.at[i]);
	}
	read_natives(link);
	lw_scan_marks(link);
	lw_stop_on_errors();
	lw_scan_references(link);
	lw_stop_on_errors();
	link->table_size = size;
	return is_changed(link, rts_o);
}
