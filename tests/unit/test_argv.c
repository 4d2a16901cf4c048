// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_argv.c - the second reading of the command line says what ld does
 *
 * Each case is a command line as a shell would have it (no quotes), what the
 * real linker must get of it, and what we must have understood.  What GNU ld
 * makes of the same words was tried by hand; tests/integ/argv.sh tries the
 * doubtful ones again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "argv.h"

static enum lw_linker linker = LW_LINKER_BFD;

struct reading {
	struct lw_options options;
	struct lw_command command;
};

/* Split at single blanks; "" between two makes an empty word. */
static void read_line(struct reading *r, const char *line)
{
	char *text = lw_asprintf("ld-wrap%s%s", *line ? " " : "", line);
	LW_ARRAY(char *) words = { 0 };
	char *word;

	memset(r, 0, sizeof(*r));
	while ((word = strsep(&text, " ")))
		*LW_PUSH(&words) = word;
	*LW_PUSH(&words) = NULL;
	lw_parse((int)words.count - 1, words.at, linker, &r->options,
		 &r->command);
}

static const char *joined(int argc, char **argv)
{
	const char *all = "";
	int i;

	for (i = 1; i < argc; i++)
		all = lw_asprintf("%s%s%s", all, i > 1 ? " " : "", argv[i]);
	return all;
}

static const char *inputs(const struct lw_command *command)
{
	const struct lw_input *input;
	const char *all = "", *static_mark;
	size_t i;

	for (i = 0; i < command->inputs.count; i++) {
		input = &command->inputs.at[i];
		static_mark = input->library && input->is_static ? "!" : "";
		all = lw_asprintf("%s%s%s%s%s", all, i ? " " : "",
				  input->library ? "-l" : input->script ?
				  "-T" : "", static_mark,
				  input->library ? input->library :
				  input->script ? input->script : input->path);
	}
	return all;
}

static const struct {
	const char *line, *inputs, *output, *pass;
} cases[] = {
	/* Words in order, values of options are no inputs. */
	{ "a.o b.o", "a.o b.o", "a.out", NULL },
	{ "-o x a.o", "a.o", "x", NULL },
	{ "a.o -ox", "a.o", "x", NULL },
	{ "-o x a.o -o y", "a.o", "y", NULL },
	{ "--output x a.o", "a.o", "x", NULL },
	{ "--output=x a.o", "a.o", "x", NULL },
	{ "--outp=x a.o", "a.o", "x", NULL },
	{ "-e main.o a.o", "a.o", "a.out", NULL },
	{ "-Map x.o a.o", "a.o", "a.out", NULL },
	{ "-dynamic-linker x.so a.o", "a.o", "a.out", NULL },
	{ "-plugin p.so -plugin-opt=x.o a.o", "a.o", "a.out", NULL },
	{ "-soname x.so a.o", "a.o", "a.out", NULL },
	{ "-z now a.o -znow b.o", "a.o b.o", "a.out", NULL },
	{ "-rpath /x -rpath-link=/y a.o", "a.o", "a.out", NULL },
	{ "--build-id=sha1 --build-id a.o", "a.o", "a.out", NULL },
	{ "--defsym x=1 --undef=zz a.o", "a.o", "a.out", NULL },
	/* One dash: a long option only if ld says so. */
	{ "-omagic a.o", "a.o", "magic", NULL },
	{ "-output=foo a.o", "a.o", "utput=foo", NULL },
	{ "-oformat=x a.o", "a.o", "format=x", NULL },
	{ "--out foo a.o", "a.o", "a.out", NULL },
	{ "-entry=main a.o", "a.o", "a.out", NULL },
	/* Libraries and how they are looked for. */
	{ "-lfoo a.o -l bar --library=baz", "-lfoo a.o -lbar -lbaz", "a.out",
	  NULL },
	{ "-library", "-library", "a.out", NULL },
	{ "-Bstatic -lx -Bdynamic -ly", "-l!x -ly", "a.out", NULL },
	{ "--push-state -static -lx --pop-state -ly", "-l!x -ly", "a.out",
	  NULL },
	{ "-dn -lx -dy -ly -a archive -lz", "-l!x -ly -l!z", "a.out", NULL },
	{ "-n -lx -call_shared -N -ly", "-l!x -l!y", "a.out", NULL },
	{ "-l:x.a", "-l:x.a", "a.out", NULL },
	{ "-T s.ld a.o -Tt.ld", "-Ts.ld a.o -Tt.ld", "a.out", NULL },
	{ "-Ttext 0 -Ttext=0 -Tdata 1 a.o", "a.o", "a.out", NULL },
	/* Symbols only, raw data: no code. */
	{ "-R a.o b.o --just-symbols=c.o", "b.o", "a.out", NULL },
	{ "-b binary x.bin -b elf64-x86-64 a.o", "a.o", "a.out", NULL },
	{ "a.o --format binary x.bin", "a.o", "a.out", NULL },
	{ "-( a.o -) --start-group b.o", "a.o b.o", "a.out", NULL },
	{ "a.o -- b.o", "a.o", "a.out", NULL },
	{ "a.o -m elf_i386 -m elf_x86_64", "a.o", "a.out", NULL },
	{ "-v a.o", "a.o", "a.out", NULL },
	/* Not for us. */
	{ "", "", "a.out", "no input" },
	{ "-v", "", "a.out", "no input" },
	{ "-V --verbose", "", "a.out", "no input" },
	{ "--print-output-format", "", "a.out", "no input" },
	{ "-r a.o", "a.o", "a.out", "-r" },
	{ "-i a.o", "a.o", "a.out", "-r" },
	{ "-Ur a.o", "a.o", "a.out", "-r" },
	{ "--reloc a.o", "a.o", "a.out", "-r" },
	{ "--relocatable a.o", "a.o", "a.out", "-r" },
	{ "--version a.o", "a.o", "a.out", "prints and ends" },
	{ "--help", "", "a.out", "prints and ends" },
	{ "--target-help", "", "a.out", "prints and ends" },
	{ "--print-sysroot", "", "a.out", "prints and ends" },
	{ "-melf_i386 a.o", "a.o", "a.out", NULL },
	{ "-melf32_x86_64 a.o", "a.o", "a.out", "-m, another emulation" },
	{ "-m i386pep a.o", "a.o", "a.out", "-m, another emulation" },
	{ "--oformat binary a.o", "a.o", "a.out",
	  "--oformat, another format" },
	{ "-c mri a.o", "a.o", "a.out", "-c, an MRI script" },
	{ "a.o -o", "a.o", "a.out", "an argument is missing" },
	{ "a.o --entry", "a.o", "a.out", "an argument is missing" },
	{ "a.o -o /dev/null", "a.o", "/dev/null",
	  "the output is no regular file" },
	{ "a.o -o ", "a.o", "", "the output is no file name" },
	{ "a.o -o x/", "a.o", "x/", "the output is no file name" },
};

static void test_reading(void **state)
{
	struct reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		read_line(&r, cases[i].line);
		print_message("# ld %s\n", cases[i].line);
		assert_string_equal(inputs(&r.command), cases[i].inputs);
		assert_string_equal(r.command.output, cases[i].output);
		assert_string_equal(r.command.pass ? r.command.pass : "-",
				    cases[i].pass ? cases[i].pass : "-");
		assert_string_equal(joined(r.command.argc, r.command.argv),
				    cases[i].line);
	}
	assert_int_equal(lw_errors(), 0);
}

static void test_flags(void **state)
{
	struct reading r;

	(void)state;
	read_line(&r, "-pie -q --gc-sections -s a.o");
	assert_true(r.command.pie && r.command.emit_relocs);
	assert_true(r.command.gc_sections && r.command.strip_all);
	read_line(&r, "-pie -no-pie --gc-sections --no-gc-sections a.o");
	assert_false(r.command.pie || r.command.gc_sections);
	read_line(&r, "-pie -shared a.o");
	assert_true(r.command.shared && !r.command.pie);
	read_line(&r, "-G a.o");
	assert_true(r.command.shared);
	read_line(&r, "-G 8 a.o");
	assert_false(r.command.shared);
	read_line(&r, "a.o -b binary x");
	assert_string_equal(r.command.format, "binary");
	read_line(&r, "-L a -Lb --library-path=c --sysroot=/s -Y P,d:e x.o");
	assert_int_equal(r.command.dirs.count, 3);
	assert_string_equal(r.command.sysroot, "/s");
	assert_string_equal(r.command.default_dirs, "d:e");
	read_line(&r, "--dependency-file d a.o");
	assert_string_equal(r.command.dependency_file, "d");
	read_line(&r, "--wrap a -wrap=b --defsym c=d -defsym=e=f+1 --wra g");
	assert_int_equal(r.command.wraps.count, 3);
	assert_string_equal(r.command.wraps.at[0], "a");
	assert_string_equal(r.command.wraps.at[1], "b");
	assert_string_equal(r.command.wraps.at[2], "g");
	assert_int_equal(r.command.defsyms.count, 2);
	assert_string_equal(r.command.defsyms.at[0], "c=d");
	assert_string_equal(r.command.defsyms.at[1], "e=f+1");
}

/* Ours are taken where an option may stand, and nowhere else. */
static void test_ours(void **state)
{
	struct reading r;

	(void)state;
	read_line(&r, "--rts-var=v a.o --rts-ops=f.c:o -o x --rts-func=f b.o");
	assert_string_equal(joined(r.command.argc, r.command.argv),
			    "a.o -o x b.o");
	assert_int_equal(r.options.marks.count, 3);
	assert_string_equal(r.options.marks.at[0].symbol, "v");
	assert_null(r.options.marks.at[0].file);
	assert_int_equal(r.options.marks.at[0].kind, RTS_KIND_VAR);
	assert_false(r.options.marks.at[0].optional);
	assert_string_equal(r.options.marks.at[1].symbol, "o");
	assert_string_equal(r.options.marks.at[1].file, "f.c");
	assert_int_equal(r.options.marks.at[1].kind, RTS_KIND_OPS);
	assert_int_equal(r.options.marks.at[2].kind, RTS_KIND_FUNC);
	assert_string_equal(inputs(&r.command), "a.o b.o");

	read_line(&r, "a.o -o --rts-var=v -e --rts-help b.o");
	assert_string_equal(r.command.output, "--rts-var=v");
	assert_int_equal(r.options.marks.count, 0);
	assert_false(r.options.help);

	read_line(&r, "--rts-report=r --rts-require=all --rts-ld=/x/ld "
		  "--rts-print-command a.o -- --rts-help");
	assert_string_equal(r.options.report, "r");
	assert_null(r.options.report_json);
	assert_int_equal(r.options.allowed, 0);
	assert_false(r.options.no_store_warnings);
	assert_string_equal(r.options.ld, "/x/ld");
	assert_true(r.options.require && r.options.print_command);
	assert_false(r.options.help);
	assert_string_equal(joined(r.command.argc, r.command.argv),
			    "a.o -- --rts-help");
	assert_int_equal(r.command.end_of_options, 2);

	read_line(&r, "--rts-report=r.json --rts-no-store-warnings "
		  "--rts-require=store,all --rts-require=lto a.o");
	assert_null(r.options.report);
	assert_string_equal(r.options.report_json, "r.json");
	assert_true(r.options.no_store_warnings && r.options.require);
	assert_int_equal(r.options.allowed, LW_REASON_BIT(LW_KEPT_STORE) |
			 LW_REASON_BIT(LW_KEPT_LTO));
	assert_int_equal(lw_errors(), 0);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* What an @file says is read; the words themselves stay as they were, unless
 * there is something in it that the real linker must not see. */
static void test_files(void **state)
{
	struct reading r;

	(void)state;
	write_file("r1", "a.o 'b c.o'\r\n\t\"d\\\"e.o\" f\\ g.o @r2 @none\n");
	write_file("r2", "-o x");
	write_file("r3", "  \n");
	read_line(&r, "@r1 @r3 h.o @none");
	assert_string_equal(inputs(&r.command),
			    "a.o b c.o d\"e.o f g.o @none h.o @none");
	assert_string_equal(r.command.output, "x");
	assert_false(r.command.rewritten);
	assert_string_equal(joined(r.command.argc, r.command.argv),
			    "@r1 @r3 h.o @none");

	write_file("r4", "a.o --rts-var=v");
	read_line(&r, "@r4 b.o @r2");
	assert_true(r.command.rewritten);
	assert_string_equal(joined(r.command.argc, r.command.argv),
			    "a.o b.o -o x");
	assert_int_equal(r.options.marks.count, 1);
	assert_int_equal(r.command.end_of_options, r.command.argc);

	write_file("r5", "b.o -- c.o");
	read_line(&r, "a.o @r5");
	assert_true(r.command.rewritten);
	assert_int_equal(r.command.end_of_options, 3);

	write_file("r6", "a.o @r6");
	read_line(&r, "b.o @r6");
	assert_string_equal(r.command.pass, "too many @-files");
	assert_string_equal(joined(r.command.argc, r.command.argv),
			    "b.o @r6");
	read_line(&r, "b.o @.");
	assert_string_equal(r.command.pass, "an @-file is a directory");
}

static void test_environment(void **state)
{
	struct reading r;

	(void)state;
	write_file("marks", "# three\nvar a\n  ops b # two\r\n\nfunc c.c:d");
	setenv("LD_WRAP_FLAGS", "--rts-marks=marks '--rts-report=a b'", 1);
	read_line(&r, "--rts-var=e a.o");
	unsetenv("LD_WRAP_FLAGS");
	assert_int_equal(lw_errors(), 0);
	assert_string_equal(r.options.report, "a b");
	assert_int_equal(r.options.marks.count, 4);
	assert_true(r.options.marks.at[0].optional);
	assert_string_equal(r.options.marks.at[0].where, "marks:2");
	assert_string_equal(r.options.marks.at[1].symbol, "b");
	assert_string_equal(r.options.marks.at[2].symbol, "d");
	assert_string_equal(r.options.marks.at[2].file, "c.c");
	assert_false(r.options.marks.at[3].optional);
}

/* Each is one error and no crash. */
static void test_refused(void **state)
{
	static const char *const lines[] = {
		"--rts-", "--rts-var", "--rts-var=", "--rts-var=a:",
		"--rts-ops=:a", "--rts-unknown", "--rts-unknown=1",
		"--rts-help=1", "--rts-require=some", "--rts-marks=none",
		"--rts-require=", "--rts-require=store,", "--rts-require=none",
		"--rts-no-store-warnings=1",
		"--rts-marks=bad1", "--rts-marks=bad2", "--rts-marks=bad3",
	};
	struct reading r;
	unsigned errors = lw_errors();
	size_t i;

	(void)state;
	write_file("bad1", "vars x");
	write_file("bad2", "var");
	write_file("bad3", "var x y");
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		read_line(&r, lines[i]);
		assert_int_equal(lw_errors(), ++errors);
	}
}

/* Whatever stands there, it ends, and the real linker gets it all. */
static void test_nonsense(void **state)
{
	static const char *const bits[] = {
		"-", "--", "-x", "-Kabc", "--zz", "-rs", "-l", "-b", "@", "@@",
		"", "-=", "--=", "-o", "a.o", "-(", "-z", "--rt", "-\xff",
	};
	const size_t n = sizeof(bits) / sizeof(bits[0]);
	struct reading r;
	const char *line;
	size_t i;

	(void)state;
	for (i = 0; i < n * n * n; i++) {
		line = lw_asprintf("%s %s %s", bits[i % n], bits[i / n % n],
				   bits[i / n / n]);
		read_line(&r, line);
		assert_string_equal(joined(r.command.argc, r.command.argv),
				    line);
	}
}

static int in_directory(void **state)
{
	static char name[] = "/tmp/rts-argv.XXXXXX";

	*state = mkdtemp(name);
	return !*state || chdir(name) ? -1 : 0;
}

static int remove_all(void **state)
{
	static const char *const files[] = { "r1", "r2", "r3", "r4", "r5",
		"r6", "marks", "bad1", "bad2", "bad3" };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(files[i]);
	lw_free_all();
	return chdir("/") || rmdir(*state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reading),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_nonsense),
	};

	unsetenv("LD_WRAP_FLAGS");
	unsetenv("LDEMULATION");
	return cmocka_run_group_tests_name("argv", tests, in_directory,
					   remove_all);
}
