/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lw.h - the data model of ld-wrap, in the order in which it comes to life
 *
 *	argv.c    options, command	what the command line says
 *	input.c   objects		every relocatable ELF that may be linked
 *	lto.c     (objects that exist only within the link)
 *	scan.c    marks, references	what is marked, and who uses it
 *	emit.c    rts.o			reserves .rts.tab, carries option marks
 *	run.c     (the real ld runs)
 *	image.c   image			the linked file
 *	locate.c  places		where each reference ended up
 *	forms-*.c sites			what instruction it is, and its form
 *	account.c classes, report	every reference in exactly one class
 *	store.c   warnings		who writes a mark when it is too late
 *	shared.c  warnings		who reaches a mark through the GOT
 *	table.c   .rts.tab		the bytes of the image
 *	fill.c    (written into the linked file, build-id.c last)
 *	verify.c  (checked with rtld's own code)
 *
 * One struct lw_link holds it all and lives until exit; what stages allocate
 * comes from lw_alloc() and is freed with it.  Addresses are link-time
 * addresses of the linked image (uint64_t), offsets count bytes.
 */
#ifndef LW_H
#define LW_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "rts/abi.h"

/* ---- memory and small things (util.c) -------------------------------- */

/* Zeroed memory that lives until lw_free_all(); never NULL (out of memory
 * ends the program with diagnostic `memory'). */
void *lw_alloc(size_t n);
void *lw_memdup(const void *p, size_t n);
char *lw_strdup(const char *s);
char *lw_asprintf(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void lw_free_all(void);

/* A growing array: struct { T *at; size_t count, room; }.  LW_PUSH(a)
 * returns a pointer to a new zeroed last element.  Pointers into an array
 * are valid only while it does not grow. */
#define LW_ARRAY(...) struct { __VA_ARGS__ *at; size_t count, room; }
#define LW_PUSH(array)							\
	((__typeof__((array)->at))lw_grow(&(array)->at, &(array)->count, \
					  &(array)->room, sizeof(*(array)->at)))
void *lw_grow(void *at, size_t *count, size_t *room, size_t element);

/* ---- diagnostics (diag.c, diag.def) ---------------------------------- */

enum lw_diag {
#define LW_DIAG(id, name, level, cure) LW_##id,
#include "diag.def"
#undef LW_DIAG
	LW_DIAG_COUNT
};

/*
 * Say one thing on stderr:
 *	ld-wrap: LEVEL: WHAT [NAME]
 *	ld-wrap: note: CURE
 * An error makes lw_errors() > 0; stages go on and main stops between stages,
 * so that one run tells all.  WHAT begins with the place: file, section +
 * offset, function, then the symbol in `quotes'.
 */
void lw_say(enum lw_diag id, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, then clean up and exit with this status. */
_Noreturn void lw_die(int status, enum lw_diag id, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
unsigned lw_errors(void);
/* Between stages: if there were errors, clean up and exit. */
void lw_stop_on_errors(void);

/* Exit statuses of our own; otherwise the real linker's. */
#define LW_EXIT_REFUSED		1	/* the input, or the request, is wrong */
#define LW_EXIT_INTERNAL	125	/* ld-wrap itself failed */
#define LW_EXIT_NOT_EXECUTABLE	126	/* as a shell: the real ld */
#define LW_EXIT_NOT_FOUND	127

/* ---- the command line (argv.c, ldopts.def) --------------------------- */

enum lw_linker {
	LW_LINKER_BFD,		/* GNU ld */
	LW_LINKER_GOLD,
	LW_LINKER_LLD,
	LW_LINKER_MOLD
};

/* A mark by option: --rts-var= --rts-ops= --rts-func= --rts-marks=. */
struct lw_option_mark {
	const char *symbol;	/* SYM, or FILE:SYM for a local one */
	const char *file;	/* the FILE, or NULL */
	enum rts_kind kind;
	bool optional;		/* from $LD_WRAP_FLAGS: need not be defined */
	const char *where;	/* "command line", "$LD_WRAP_FLAGS", "F:12" */
};

struct lw_options {
	const char *ld;		/* --rts-ld= or NULL */
	const char *report;	/* --rts-report= or NULL */
	const char *report_json;	/* the same, of a FILE.json */
	bool require;		/* --rts-require= */
	uint64_t allowed;	/* reasons that it allows: LW_REASON_BIT() */
	bool no_store_warnings;	/* --rts-no-store-warnings */
	bool table;		/* --rts-table */
	bool print_command;	/* --rts-print-command */
	bool help, version, dir;	/* --rts-help, --rts-version, --rts-dir */
	LW_ARRAY(struct lw_option_mark) marks;
};

/* A file that the command line names, in its order. */
struct lw_input {
	const char *path;	/* as it can be opened from here */
	bool from_script;	/* named by INPUT()/GROUP() of another input */
	bool is_static;		/* -Bstatic held here */
	const char *library;	/* the NAME of -lNAME, or NULL */
	const char *script;	/* the FILE of -T FILE, or NULL */
};

struct lw_file_id { dev_t dev; ino_t ino; };

struct lw_command {
	enum lw_linker linker;	/* whose words they are */
	int argc;		/* the original words without ours, for the */
	char **argv;		/* real linker; argv[0] is ours */
	size_t end_of_options;	/* index of the `--', or argc: the place for
				   words of our own */
	bool rewritten;		/* an @file held options of ours: argv is what
				   the @files expand to */
	const char *output;	/* -o, or "a.out" */
	const char *pass;	/* not NULL: why nothing is to be done here
				   ("-r", "--version", "no input", ...) */
	bool unsure;		/* pass: marks by option would have no effect */
	bool pie, shared, relocatable;
	bool emit_relocs, strip_all, gc_sections;
	bool lib_open;		/* --start-lib, and no --end-lib */
	bool save_temps;	/* of LTO */
	const char *format;	/* of an open -b FORMAT that is not ours */
	const char *oformat, *emulation, *sysroot;
	const char *dependency_file, *map;
	bool orphans_fail;	/* --orphan-handling=error */
	const char *build_id;	/* --build-id[=STYLE], "" without, or NULL */
	const char *icf;	/* --icf=, or NULL */
	const char *unknown;	/* the first option that is in no table */
	LW_ARRAY(const char *) wraps;	/* --wrap SYM: each SYM, in order */
	LW_ARRAY(const char *) defsyms;	/* --defsym SYM=EXPRESSION */
	LW_ARRAY(struct lw_input) inputs;
	/* -plugin: how many, and the last; if it is one, where it is among the
	 * words without ours and with @files expanded.  For lto.c. */
	unsigned plugins;
	const char *plugin;
	char **expanded;
	size_t expanded_count, expanded_end, plugin_at;
	bool fat_lto;		/* --fat-lto-objects */
	const char *obj_path;	/* --lto-obj-path */
	LW_ARRAY(const char *) more;	/* words of our own, before rts.o */
	/* library.c */
	const char *ld;		/* to ask for its SEARCH_DIRs */
	bool is_static;		/* -Bstatic held at the end */
	bool nostdlib, search_known;
	const char *default_dirs;	/* -Y */
	LW_ARRAY(const char *) dirs, search_dirs;	/* -L; built in */
};

/* Our options of argv and $LD_WRAP_FLAGS: they say which linker it is. */
void lw_own_options(int argc, char **argv, struct lw_options *);
/* Split the same into our options and the linker's command, as it reads it. */
void lw_parse(int argc, char **argv, enum lw_linker, struct lw_options *,
	      struct lw_command *);
/* --rts-help, --rts-version; else returns. */
void lw_print_and_exit(const struct lw_options *);
/* It passes: say so to who asked for marks on the command line. */
void lw_say_passed(const struct lw_options *, const struct lw_command *);
/* Give each -l and -T input its path; once the real linker is known. */
void lw_find_inputs(const char *ld, struct lw_command *);
void lw_refuse_output_as_input(const struct lw_command *);
/* The file that -lNAME (":FILE" for -l:FILE) means, or NULL. */
const char *lw_find_library(struct lw_command *, const char *name);

/* ---- the real linker (find.c, run.c), temporary files (temp.c) ------- */

/* Absolute path of the real linker; dies if there is none or it is us. */
const char *lw_find_ld(const struct lw_options *, const char *argv0);
/* The directory in which `ld', `ld.gold' ... are links to us. */
const char *lw_linkers_dir(void);
/* execv() that nobody turns to another program. */
int lw_exec(const char *path, char *const *argv);

/* Which of them that is (linker.c).  One that we do not know counts as GNU ld,
 * of which all others take the options. */
enum lw_linker lw_which_linker(const char *ld);
/* Do both names say so, and of the same one? */
bool lw_same_linker(const char *one, const char *other);
/* Does the command only ask for a version or for help? */
bool lw_is_probe(int argc, char **argv);

/* execv: never returns. */
_Noreturn void lw_pass_through(const char *ld, const struct lw_options *,
			       const struct lw_command *);

/*
 * Run the real linker with the command's words, but with linked as its output
 * and rts_o as its last input, and wait.  Returns what waitpid() said; dies if
 * it cannot be run at all.
 */
int lw_run_ld(const char *ld, const struct lw_options *,
	      const struct lw_command *, const char *linked,
	      const char *rts_o);

/* Clean up and end as the real linker did: its status, or its signal. */
_Noreturn void lw_end_as(int wait_status);

/*
 * Where the real linker would write, and with which mode (place.c): link in a
 * directory of our own beside that, as link->linked.  If it can write nowhere
 * that is for it to say, and this never returns.
 */
struct lw_link;
void lw_place_begin(struct lw_link *);
/* The real linker has written link->linked; make it ours to change. */
void lw_place_open(struct lw_link *);
/* Put it where it belongs, and what the real linker wrote beside it. */
void lw_place_end(const struct lw_link *);
/* It failed, but may have written beside it all the same. */
_Noreturn void lw_place_failed(const struct lw_link *, int wait_status);

/* --dependency-file (depfile.c): make it speak of the output, without ours. */
void lw_mend_dependencies(const struct lw_command *);

/* What the real linker prints on stdout for this one word, or NULL; and
 * another, if also is not NULL. */
const char *lw_ask_ld(const char *ld, const char *word, const char *also);

/* A directory of our own beside the output, gone whatever happens to us
 * (a guard process removes it even after SIGKILL).  Call once. */
const char *lw_temp_open(const char *output);
const char *lw_temp_directory(void);
char *lw_temp_path(const char *name);	/* a file of ours inside it */
char *lw_temp_output(const char *output);	/* the output, of that name */
void lw_temp_close(void);		/* remove it; idempotent */
/* For run.c: the child that must not outlive us (0: none), and the pipe
 * that it inherits, so that the guard waits for it too. */
void lw_temp_child(pid_t child);
void lw_temp_inherit(void);
/* For messages.c: a child for which the guard shall not wait. */
void lw_temp_leave(void);

/* ---- inputs (input.c) ------------------------------------------------ */

/* One relocatable ELF: a file, or a member of an archive.  Read raw and in
 * place; every pointer was bounds-checked when it was made. */
struct lw_object {
	const char *name;	/* "a.o", "libx.a(m.o)" */
	const unsigned char *data;
	size_t size;
	unsigned machine, elf_class;
	const unsigned char *narrow;	/* class 32: its section headers as the
					   file has them (class32.c), */
	void **wide;			/* and tables made wide, or NULL */
	const Elf64_Shdr *sections;	/* may be unaligned: use lw_shdr() */
	size_t section_count;
	const char *section_names;	/* NUL-terminated as a whole */
	size_t section_names_size;
	const unsigned char *symbols;	/* Elf64_Sym[], use lw_sym() */
	size_t symbol_count, first_global;
	const char *strings;
	size_t strings_size;
	const unsigned char *shndx;	/* SHT_SYMTAB_SHNDX or NULL */
	bool in_archive;	/* may not be pulled in at all */
	bool has_property;	/* has .note.gnu.property */
	bool has_ir;		/* holds LTO code, */
	bool is_lto;		/* and no other: its code is not here */
	bool ir_marked;		/* with marks, it seems */
	bool from_lto;		/* native, made of such by this very link */
	struct lw_file_id file;
	uint64_t file_offset;	/* of data in that file */
	size_t index;		/* in link.objects */
	size_t mark_section;	/* its first .rts.mark, or 0 */
};

/* Out-of-range indices give an empty header, symbol or name. */
Elf64_Shdr lw_shdr(const struct lw_object *, size_t index);
Elf64_Sym lw_sym(const struct lw_object *, size_t index);
const char *lw_section_name(const struct lw_object *, size_t index);
const char *lw_sym_name(const struct lw_object *, const Elf64_Sym *);
/* st_shndx with SHN_XINDEX resolved; 0 if undefined, absolute or common. */
size_t lw_sym_section(const struct lw_object *, size_t symbol);
/* Bytes of a section, or NULL if it has none in the file. */
const unsigned char *lw_section_data(const struct lw_object *, size_t index,
				     size_t *size);

/* An input that the scan could not read, though it may carry code. */
struct lw_unreadable {
	const char *name, *why;
};

/* ---- marks and references (scan.c) ----------------------------------- */

struct lw_mark {
	const char *name;
	enum rts_kind kind;
	const char *where;	/* who marked it first: object or option */
	bool by_option;
	bool is_local;
	bool redirect;		/* FUNC by option on an ordinary function:
				   rts.o gives it a slot and a stub, and its
				   callers are turned to the stub (fill.c) */
	uint64_t size;
	struct lw_object *object;	/* that defines it, or NULL */
	size_t section;			/* in object */
	uint64_t value;			/* offset in that section */
	uint64_t stub_value;		/* FUNC: the same for the stub */
	size_t stub_section;
	struct lw_object *stub_object;	/* that holds the stub, or NULL */
	const char *symbol;	/* the ELF name if it is global, else NULL; */
	int64_t symbol_offset;	/* the object begins so far behind it */
	const char *stub_symbol;	/* FUNC: the same for the stub */
	uint64_t address;	/* after the link; a FUNC's slot */
	uint64_t stub;		/* after the link; FUNC only */
	uint64_t original;	/* redirect: the function itself */
	bool nullable;		/* FUNC: the slot may hold NULL */
	bool preemptible;	/* of a shared object, and some use of its
				   symbol finds another file's definition */
	size_t index;		/* in the image; set by table.c */
};

/* Each reference ends in exactly one. */
enum lw_class {
	LW_CLASS_NONE,		/* not decided yet */
	LW_CLASS_BOUND,		/* a site */
	LW_CLASS_KEPT,		/* with a reason */
	LW_CLASS_ADDRESS,	/* code takes the address */
	LW_CLASS_DATA,		/* data holds the address */
	LW_CLASS_DROPPED,	/* not in the linked image */
	LW_CLASS_COUNT
};

enum lw_reason {
#define LW_REASON(id, name, text) LW_KEPT_##id,
#include "reasons.def"
#undef LW_REASON
	LW_REASON_COUNT
};
#define LW_REASON_BIT(reason)	((uint64_t)1 << (reason))
_Static_assert(LW_REASON_COUNT <= 64, "a set of reasons is 64 bits");

/* One relocation of an input against a mark. */
struct lw_reference {
	struct lw_object *object;
	size_t section;		/* the section that holds the field */
	uint64_t offset;	/* of the field in that section */
	uint32_t type;		/* R_X86_64_*; i386's made equal (class32.h) */
	int64_t addend;
	bool in_code;		/* SHF_EXECINSTR */
	bool tentative;		/* by section symbol, near the mark's edge: is
				   one only if the decoded operand says so */
	size_t mark;		/* index into link.marks */
	bool to_stub;		/* against a FUNC's stub, or the function that
				   is to be redirected; not against its slot */
	int64_t target;		/* offset of S+A from the mark's first byte,
				   as if the field ended the instruction */
	/* locate.c */
	uint64_t place;		/* address of the field, 0 if not found */
	uint64_t folded;	/* that of the same field of an equal section,
				   into which this one may be folded */
	enum lw_class class;
	enum lw_reason reason;
	size_t site;		/* index into link.sites if BOUND: the first,
				   a use can make several */
	uint64_t instruction;	/* address of the instruction, if decoded */
	bool writes;		/* that writes the object */
	const char *function;	/* that it is in, or NULL */
	uint64_t function_offset;
};

/* ---- sites and forms (locate.c, forms-x86.c) ---------------------- */

#define LW_ENCODINGS_MAX 32
#define LW_SLICES_MAX 4

struct lw_encoding {
	uint8_t guard, source, flags, shift, bits, range, bias;
	uint64_t guard_data[2];
	uint8_t template[RTS_SITE_MAX], mask[RTS_SITE_MAX];
	uint8_t slice_count;
	struct rts_slice slices[LW_SLICES_MAX];
};

struct lw_form {
	uint8_t length, flags, tag, encoding_count;
	uint8_t width;		/* of the slot that it reads */
	uint8_t before;		/* rts_form.before */
	struct lw_encoding encodings[LW_ENCODINGS_MAX];
};

struct lw_site {
	uint64_t address;	/* of its first byte */
	size_t mark;
	uint64_t slot;		/* address of the slot */
	size_t form;		/* index into link.forms */
	size_t reference;	/* that it comes from */
	uint64_t operand;	/* an address; only if the form says so */
};

/*
 * The body of a function, short enough to stand where it is called
 * (RTS_INLINE).  It has no relocation, so its bytes are in the input.
 */
struct lw_body {
	const char *name;	/* of the function, for people */
	const char *where;	/* who declared it: object, section + offset */
	const unsigned char *bytes;
	size_t size;		/* 0: nothing at all */
	uint32_t clobbers;	/* RTS_CLOBBER_* that it may change */
	unsigned instructions;
	uint64_t address;	/* of the function after the link */
};

/* A call in assembly that says what it lets go (RTS_CALL_ASM). */
struct lw_asm_call {
	const char *where;
	uint32_t clobbers;	/* RTS_CLOBBER_* that the callee may change */
	uint64_t address;	/* of the call instruction */
	/* locate.c */
	bool seen, is_call;	/* a use was found there; it is a call */
	unsigned length;
	uint32_t pushed;	/* registers saved around it */
	uint64_t slot;
	size_t mark;
	bool to_stub;		/* not through the slot itself */
};

/* A function that a slot may hold (RTS_MAY_BE). */
struct lw_candidate_value {
	const char *where;
	uint64_t slot, function;	/* after the link */
};

/* ---- the linked file (image.c) --------------------------------------- */

struct lw_segment {
	uint64_t address, file_size, memory_size, offset;
	bool executable;
};

/* A section with SHF_EXECINSTR, or a PF_X segment if there are none. */
struct lw_code {
	uint64_t address, size;
	const unsigned char *data;
	const char *name;
};

struct lw_image {
	const char *path;
	unsigned char *data;	/* private, writable copy of the file */
	size_t size;
	unsigned machine, elf_class, type;
	unsigned pointer;	/* bytes of an address */
	LW_ARRAY(struct lw_segment) segments;
	LW_ARRAY(struct lw_code) code;	/* ascending */
	LW_ARRAY(struct lw_image_symbol {
		const char *name;
		uint64_t address, size;
		unsigned char type;
		bool local;
		size_t next;	/* of the same bucket; index + 1 */
	}) symbols;		/* ascending by address; functions, objects
				   and untyped ones that are defined */
	size_t *buckets, bucket_count;	/* by name; index + 1 of the first */
	uint64_t table_address, table_room;	/* from the TABLE mark */
	struct lw_lookups *lookups;	/* shared.c's own */
};

/* Read the linked file; dies if it is not one.  Also used by rts-dump. */
void lw_image_read(struct lw_image *, const char *path);
/* The same of what is in memory, which is the image's from now on. */
void lw_image_take(struct lw_image *, const char *path, unsigned char *data,
		   size_t size);
/* Bytes at an address (in the copy), or NULL if not n bytes are in the file. */
unsigned char *lw_image_at(struct lw_image *, uint64_t address, size_t n);
/* The last symbol at or before address, of any size; NULL if none. */
const struct lw_image_symbol *lw_image_symbol_at(const struct lw_image *,
						 uint64_t address);
const struct lw_image_symbol *lw_image_symbol_named(const struct lw_image *,
						    const char *name);
/* A section's bytes by name, or NULL. */
const unsigned char *lw_image_section(const struct lw_image *,
				      const char *name, size_t *size);
/* A section of relocations by name, of either class, with x86-64's types; and
 * the symbol table.  A REL has no addend.  NULL: there is none. */
Elf64_Rela *lw_image_relocations(const struct lw_image *, const char *name,
				 size_t *count);
Elf64_Sym *lw_image_symbols(const struct lw_image *, size_t *count);
/* An address as this machine's CPU computes it: 32-bit sums wrap. */
static inline uint64_t lw_image_wrap(const struct lw_image *image,
				     uint64_t address)
{
	return image->elf_class == ELFCLASS32 ? (uint32_t)address : address;
}

/* ---- the whole ------------------------------------------------------- */

struct lw_call_record;		/* bodies.h */

struct lw_link {
	struct lw_options options;
	struct lw_command command;
	LW_ARRAY(struct lw_object *) objects;
	LW_ARRAY(struct lw_object *) shared;	/* their symbols: .dynsym */
	LW_ARRAY(struct lw_unreadable) unreadable;
	unsigned machine;	/* of the output: EM_X86_64, EM_386; 0: not
				   known yet */
	LW_ARRAY(struct lw_unreadable) foreign;	/* marked, but of a machine
						   that is not the output's */
	LW_ARRAY(struct lw_file_id) seen;	/* input.c: archives, scripts */
	struct lw_scan *scan;	/* scan.c's own, see scan.h */
	LW_ARRAY(struct lw_mark) marks;
	LW_ARRAY(struct lw_reference) references;
	bool any_property;	/* some input has .note.gnu.property */
	size_t table_size;	/* bytes reserved for .rts.tab */
	const char *ld, *linked;	/* real linker; its output, a temporary */
	struct lw_lto *lto;	/* lto.c's own; NULL: no marks and LTO code */
	struct lw_place {
		const char *path;	/* to be replaced; links followed */
		mode_t mode;		/* that it gets */
		bool to_stdout;
	} place;
	struct lw_image image;
	LW_ARRAY(struct lw_form) forms;
	LW_ARRAY(struct lw_site) sites;
	struct {
		struct lw_call_record *at;
		size_t count, room;
	} call_records;		/* of the inputs; what the image has of them: */
	LW_ARRAY(struct lw_body) bodies;
	LW_ARRAY(struct lw_asm_call) asm_calls;
	LW_ARRAY(struct lw_candidate_value) may_be;
	struct lw_entries *entries;	/* entries.c's own */
	bool said_many_bodies;
	struct lw_patchables *patchables;	/* patchable-x86.c's own */
	size_t witness_unexplained;	/* uses that no relocation explains */
	size_t witness_emitted;		/* emitted relocations that agree */
	const struct lw_layout *layout;	/* of a relocatable file, which is
					   its own only object; else NULL */
	unsigned char *table;	/* table.c: the bytes of .rts.tab */
	size_t table_used;
};

/* The stages, in order.  Each reports through lw_say(). */
void lw_link_module(struct lw_link *);	/* -r: all of it (module.c) */
void lw_input_open(struct lw_link *);	/* command.inputs -> objects */
bool lw_scan_marks(struct lw_link *);	/* false: nothing is marked here */
/* The shared object that defines a symbol, or NULL. */
const char *lw_shared_with(const struct lw_link *, const char *name);
void lw_scan_references(struct lw_link *);
char *lw_emit(struct lw_link *);	/* rts.o; returns its path */
void lw_locate(struct lw_link *);	/* marks' addresses, places, sites */
void lw_account(struct lw_link *);	/* classes, completeness */
void lw_warn_stores(const struct lw_link *);	/* outside init sections */
void lw_warn_got(const struct lw_link *);	/* of a shared object */
void lw_report(const struct lw_link *);	/* --rts-report */
bool lw_table_build(struct lw_link *);	/* false: too small, link again */
void lw_fill(struct lw_link *);		/* table, redirects, .rts.rela */
void lw_verify(struct lw_link *);	/* rtld over the result */

/*
 * Recognise the instruction that holds the field of a reference and build
 * its form.  code is what follows the instruction's first byte at address;
 * field is the offset of the 32-bit field in it.  Sets *slot_offset to the
 * operand's distance from the mark.  Returns BOUND and fills *form, or KEPT
 * and sets *reason, or ADDRESS.  (forms-x86.c)
 */
struct lw_instruction;		/* decode-x86.h */
enum lw_class lw_form_x86(const struct lw_instruction *,
			     const struct lw_mark *, uint64_t target,
			     struct lw_form *, enum lw_reason *);

#endif /* LW_H */
