// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * test_ldopts.c - one command line, and what each of four linkers reads in it
 *
 * A reading is written as: the inputs, `>' and the output, then `?' and the
 * first word that the linker does not know, then `!' and why the command would
 * be passed through.  tests/integ/words.sh compares readings with what the
 * linkers do; here are the lines over which they differ.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "argv.h"

static const char *inputs_of(const struct lw_command *command)
{
	const struct lw_input *input;
	const char *all = "";
	size_t i;

	for (i = 0; i < command->inputs.count; i++) {
		input = &command->inputs.at[i];
		all = lw_asprintf("%s%s%s%s ", all,
				  input->library ? "-l" : input->script ?
				  "-T" : "",
				  input->library && input->is_static ? "!" : "",
				  input->library ? input->library :
				  input->script ? input->script : input->path);
	}
	return all;
}

/* Words are split at single blanks, so that two make an empty word. */
static struct lw_command parsed(enum lw_linker linker, const char *line)
{
	char *text = lw_asprintf("ld-wrap %s", line), *word;
	struct lw_command command = { 0 };
	struct lw_options options = { 0 };
	LW_ARRAY(char *) words = { 0 };

	while ((word = strsep(&text, " ")))
		*LW_PUSH(&words) = word;
	*LW_PUSH(&words) = NULL;
	lw_parse((int)words.count - 1, words.at, linker, &options, &command);
	return command;
}

static const char *reading(enum lw_linker linker, const char *line)
{
	struct lw_command command = parsed(linker, line);

	return lw_asprintf("%s> %s%s%s%s%s", inputs_of(&command),
			   command.output, command.unknown ? " ?" : "",
			   command.unknown ? command.unknown : "",
			   command.pass ? " !" : "",
			   command.pass ? command.pass : "");
}

/* A text, and what each linker makes of it. */
struct row {
	const char *text, *want[4];	/* by enum lw_linker */
};
#define SAME(text, r)	{ text, { r, r, r, r } }
#define COUNT(rows)	(sizeof(rows) / sizeof((rows)[0]))

static void check_rows(const struct row *rows, size_t count,
		       const char *make(enum lw_linker, const char *text))
{
	int linker;
	size_t i;

	for (i = 0; i < count; i++) {
		for (linker = 0; linker < 4; linker++) {
			print_message("# row %zu, linker %d\n", i, linker);
			assert_string_equal(make((enum lw_linker)linker,
						 rows[i].text),
					    rows[i].want[linker]);
		}
	}
}

static const struct row lines[] = {
	SAME("a.o -o x", "a.o > x"),
	SAME("a.o -ox", "a.o > x"),
	SAME("a.o --output=x", "a.o > x"),
	{ "a.o -o=x",
	  { "a.o > a.out ?-o=x", "a.o > =x", "a.o > =x", "a.o > =x" } },
	{ "a.o -output=x",
	  { "a.o > utput=x", "a.o > x", "a.o > utput=x", "a.o > utput=x" } },
	{ "a.o --outp=x",
	  { "a.o > x", "a.o > a.out ?--outp=x", "a.o > a.out ?--outp=x",
	    "a.o > a.out ?--outp=x" } },
	{ "a.o --out x",
	  { "a.o > a.out", "a.o x > a.out ?--out", "a.o x > a.out ?--out",
	    "a.o x > a.out ?--out" } },
	SAME("a.o -omagic", "a.o > magic"),
	SAME("a.o -oformat=x", "a.o > format=x"),
	SAME("a.o --oformat=binary", "a.o > a.out !--oformat, another format"),
	{ "a.o -o ",
	  { "a.o >  !the output is no file name",
	    "a.o >  !the output is no file name", "a.o > a.out",
	    "a.o >  !the output is no file name" } },
	{ "a.o -o -",
	  { "a.o > -", "a.o > -", "a.o > -", "a.o > -" } },
	SAME("a.o -o", "a.o > a.out !an argument is missing"),
	SAME("a.o -entry=main", "a.o > a.out"),
	{ "a.o -entry x.o",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out", "a.o x.o > a.out" } },
	SAME("a.o -e x.o", "a.o > a.out"),
	{ "a.o --ent x.o",
	  { "a.o > a.out", "a.o x.o > a.out ?--ent", "a.o x.o > a.out ?--ent",
	    "a.o x.o > a.out ?--ent" } },
	{ "a.o -undefined x.o",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out", "a.o x.o > a.out" } },
	{ "a.o -filter x.o",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out", "a.o x.o > a.out" } },
	SAME("a.o -Map x.o -soname y.o", "a.o > a.out"),
	{ "a.o -dynamic-linker x.o -I y.o",
	  { "a.o > a.out", "a.o > a.out", "a.o y.o > a.out ?-I",
	    "a.o > a.out" } },
	SAME("a.o -plugin x.so -plugin-opt y.o -plugin-opt=z.o", "a.o > a.out"),
	SAME("a.o -m elf_x86_64 -melf_i386", "a.o > a.out"),
	{ "a.o -m aarch64linux",
	  { "a.o > a.out !-m, another emulation", "a.o > a.out",
	    "a.o > a.out !-m, another emulation",
	    "a.o > a.out !-m, another emulation" } },
	{ "a.o --relocatable",
	  { "a.o > a.out !-r", "a.o > a.out ?--relocatable", "a.o > a.out !-r",
	    "a.o > a.out !-r" } },
	SAME("a.o -relocatable", "a.o > a.out !-r"),
	SAME("a.o -r", "a.o > a.out !-r"),
	{ "a.o -i",
	  { "a.o > a.out !-r", "a.o > a.out !-r", "a.o > a.out ?-i",
	    "a.o > a.out ?-i" } },
	{ "a.o -Ur",
	  { "a.o > a.out !-r", "a.o > a.out ?-Ur", "a.o > a.out ?-Ur",
	    "a.o > a.out ?-Ur" } },
	{ "a.o -rs",
	  { "a.o > a.out !-r", "a.o > a.out !-r", "a.o > a.out ?-rs",
	    "a.o > a.out ?-rs" } },
	{ "a.o -rx.o",
	  { "a.o > a.out ?-rx.o !-r", "a.o > a.out ?-rx.o !-r",
	    "a.o > a.out ?-rx.o", "a.o > a.out ?-rx.o" } },
	{ "a.o -shar",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out ?-shar",
	    "a.o > a.out ?-shar" } },
	{ "a.o -st b.o",
	  { "a.o b.o > a.out ?-st", "a.o b.o > a.out", "a.o b.o > a.out ?-st",
	    "a.o b.o > a.out ?-st" } },
	{ "a.o -G b.o",
	  { "a.o b.o > a.out", "a.o b.o > a.out", "a.o > a.out",
	    "a.o b.o > a.out ?-G" } },
	{ "a.o -G 8 b.o",
	  { "a.o b.o > a.out", "a.o 8 b.o > a.out", "a.o b.o > a.out",
	    "a.o 8 b.o > a.out ?-G" } },
	{ "a.o -- b.o",
	  { "a.o > a.out", "a.o b.o > a.out", "a.o b.o > a.out ?--",
	    "a.o b.o > a.out ?--" } },
	{ "a.o -- -r b.o",
	  { "a.o > a.out", "a.o -r b.o > a.out", "a.o b.o > a.out ?-- !-r",
	    "a.o b.o > a.out ?-- !-r" } },
	{ "a.o - b.o",
	  { "a.o - b.o > a.out", "a.o b.o > a.out ?-", "a.o - b.o > a.out",
	    "a.o b.o > a.out ?-" } },
	{ "a.o  b.o",
	  { "a.o  b.o > a.out", "a.o  b.o > a.out", "a.o b.o > a.out",
	    "a.o  b.o > a.out" } },
	SAME("a.o -b binary b.o -b elf64-x86-64 c.o", "a.o c.o > a.out"),
	{ "a.o -bbinary b.o",
	  { "a.o > a.out", "a.o > a.out", "a.o b.o > a.out ?-bbinary",
	    "a.o > a.out" } },
	SAME("a.o --format=binary b.o --format default c.o", "a.o c.o > a.out"),
	{ "a.o -b binary --push-state -b elf b.o --pop-state c.o",
	  { "a.o > a.out", "a.o b.o > a.out", "a.o b.o c.o > a.out",
	    "a.o b.o c.o > a.out" } },
	SAME("a.o -T x.ld -Ty.ld --script=z.ld",
	     "a.o -Tx.ld -Ty.ld -Tz.ld > a.out"),
	{ "a.o -dT x.ld",
	  { "a.o -Tx.ld > a.out", "a.o -Tx.ld > a.out", "a.o -Tx.ld > a.out",
	    "a.o x.ld > a.out ?-dT" } },
	{ "a.o --default-script=x.ld",
	  { "a.o -Tx.ld > a.out", "a.o > a.out ?--default-script=x.ld",
	    "a.o -Tx.ld > a.out", "a.o > a.out ?--default-script=x.ld" } },
	{ "a.o -lx -l y -library=z --library=w",
	  { "a.o -lx -ly -library=z -lw > a.out", "a.o -lx -ly -lz -lw > a.out",
	    "a.o -lx -ly -lz -lw > a.out",
	    "a.o -lx -ly -library=z > a.out ?--library=w" } },
	{ "a.o -library x",
	  { "a.o -library x > a.out", "a.o -lx > a.out", "a.o -lx > a.out",
	    "a.o -library x > a.out" } },
	SAME("a.o -l:x.a", "a.o -l:x.a > a.out"),
	{ "-static -lx -Bdynamic -ly a.o",
	  { "-l!x -ly a.o > a.out", "-l!x -l!y a.o > a.out",
	    "-l!x -ly a.o > a.out", "-l!x -ly a.o > a.out" } },
	{ "-lx -static a.o",
	  { "-lx a.o > a.out", "-l!x a.o > a.out", "-lx a.o > a.out",
	    "-l!x a.o > a.out" } },
	{ "-lx -N a.o",
	  { "-lx a.o > a.out", "-l!x a.o > a.out", "-lx a.o > a.out",
	    "-l!x a.o > a.out" } },
	{ "-lx -n a.o",
	  { "-lx a.o > a.out", "-l!x a.o > a.out", "-lx a.o > a.out",
	    "-lx a.o > a.out ?-n" } },
	SAME("-Bstatic -lx -dy -ly -dn -lz a.o", "-l!x -ly -l!z a.o > a.out"),
	{ "--push-state -Bstatic -lx --pop-state -ly a.o",
	  { "-l!x -ly a.o > a.out", "-l!x -ly a.o > a.out",
	    "-l!x -ly a.o > a.out", "-l!x -l!y a.o > a.out" } },
	{ "--start-lib a.o --end-lib b.o",
	  { "a.o b.o > a.out ?--start-lib", "a.o b.o > a.out",
	    "a.o b.o > a.out", "a.o b.o > a.out" } },
	{ "--start-lib a.o",
	  { "a.o > a.out ?--start-lib", "a.o > a.out", "a.o > a.out",
	    "a.o > a.out" } },
	SAME("-( a.o -) --start-group b.o --end-group", "a.o b.o > a.out"),
	SAME("a.o -v", "a.o > a.out"),
	{ "a.o -version",
	  { "a.o > a.out !prints and ends", "a.o > a.out",
	    "a.o > a.out !prints and ends", "a.o > a.out !prints and ends" } },
	SAME("a.o --version", "a.o > a.out !prints and ends"),
	{ "-v -lx",
	  { "-lx > a.out", "-lx > a.out", "-lx > a.out !prints and ends",
	    "-lx > a.out" } },
	SAME("a.o --build-id --build-id=x b.o -build-id c.o",
	     "a.o b.o c.o > a.out"),
	{ "a.o --threads 4 b.o",
	  { "a.o 4 b.o > a.out ?--threads", "a.o 4 b.o > a.out",
	    "a.o b.o > a.out", "a.o 4 b.o > a.out" } },
	{ "a.o --threads=4 b.o",
	  { "a.o b.o > a.out ?--threads=4", "a.o b.o > a.out ?--threads=4",
	    "a.o b.o > a.out", "a.o b.o > a.out" } },
	{ "a.o --threads",
	  { "a.o > a.out ?--threads", "a.o > a.out",
	    "a.o > a.out !an argument is missing", "a.o > a.out" } },
	SAME("a.o -O 2 -O2 b.o", "a.o b.o > a.out"),
	{ "a.o --lto-O2 -lto-O2",
	  { "a.o -lto-O2 > a.out ?--lto-O2", "a.o -lto-O2 > a.out ?--lto-O2",
	    "a.o -lto-O2 > a.out", "a.o > a.out" } },
	SAME("a.o -plugin-opt", "a.o > a.out !an argument is missing"),
	{ "a.o --icf all b.o",
	  { "a.o all b.o > a.out ?--icf", "a.o b.o > a.out",
	    "a.o all b.o > a.out ?--icf", "a.o b.o > a.out" } },
	{ "a.o --icf=all",
	  { "a.o > a.out ?--icf=all", "a.o > a.out", "a.o > a.out",
	    "a.o > a.out" } },
	{ "a.o --Ttext-segment=0",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out",
	    "a.o > a.out ?--Ttext-segment=0" } },
	SAME("a.o -Kpic b.o", "a.o b.o > a.out ?-Kpic"),
	{ "a.o --chroot / b.o",
	  { "a.o / b.o > a.out ?--chroot", "a.o / b.o > a.out ?--chroot",
	    "a.o b.o > a.out !an option that ld-wrap does not follow",
	    "a.o b.o > a.out !an option that ld-wrap does not follow" } },
	{ "a.o -C / b.o",
	  { "a.o / b.o > a.out ?-C", "a.o / b.o > a.out ?-C",
	    "a.o / b.o > a.out ?-C",
	    "a.o b.o > a.out !an option that ld-wrap does not follow" } },
	{ "a.o --remap-inputs=a.o=b.o",
	  { "a.o > a.out ?--remap-inputs=a.o=b.o",
	    "a.o > a.out ?--remap-inputs=a.o=b.o",
	    "a.o > a.out !an option that ld-wrap does not follow",
	    "a.o > a.out ?--remap-inputs=a.o=b.o" } },
	SAME("a.o --sort-common descending b.o", "a.o descending b.o > a.out"),
	{ "a.o --sort-common=descending b.o",
	  { "a.o b.o > a.out", "a.o b.o > a.out",
	    "a.o b.o > a.out ?--sort-common=descending",
	    "a.o b.o > a.out ?--sort-common=descending" } },
	{ "a.o -y x.o -Y d",
	  { "a.o > a.out", "a.o > a.out", "a.o d > a.out ?-Y",
	    "a.o d > a.out ?-Y" } },
	{ "a.o -A x.o -F y.o -f z.o -h w.o -c v.o",
	  { "a.o > a.out !-c, an MRI script", "a.o x.o v.o > a.out ?-A",
	    "a.o x.o v.o > a.out ?-A", "a.o x.o v.o > a.out ?-A" } },
	SAME("a.o --no-pie=1 b.o", "a.o b.o > a.out ?--no-pie=1"),
	{ "a.o ---output=x",
	  { "a.o > a.out ?---output=x", "a.o > x", "a.o > a.out ?---output=x",
	    "a.o > a.out ?---output=x" } },
	SAME("a.o -Wl,x b.o", "a.o b.o > a.out ?-Wl,x"),
	{ "a.o -pie -q -s -S -x -X -E -M -t -d",
	  { "a.o > a.out", "a.o > a.out", "a.o > a.out", "a.o > a.out ?-t" } },
	{ "a.o -g -w -V b.o",
	  { "a.o b.o > a.out", "a.o b.o > a.out ?-w",
	    "a.o b.o > a.out !-V, which may end it",
	    "a.o b.o > a.out ?-g" } },
	{ "-xv a.o",
	  { "a.o > a.out", "a.o > a.out !prints and ends", "a.o > a.out ?-xv",
	    "a.o > a.out ?-xv" } },
	SAME("a.o --defsym x=y --wrap z", "a.o > a.out"),
	{ "a.o --save-temps",
	  { "a.o > a.out ?--save-temps", "a.o > a.out ?--save-temps",
	    "a.o > a.out", "a.o > a.out" } },
	{ "a.o --save-temps=x",
	  { "a.o > a.out ?--save-temps=x", "a.o > a.out ?--save-temps=x",
	    "a.o > a.out", "a.o > a.out ?--save-temps=x" } },
	SAME("a.o --print-archive-stats x.o",
	     "a.o x.o > a.out ?--print-archive-stats"),
	{ "a.o --print-archive-stats=x.o",
	  { "a.o > a.out ?--print-archive-stats=x.o",
	    "a.o > a.out ?--print-archive-stats=x.o", "a.o > a.out",
	    "a.o > a.out ?--print-archive-stats=x.o" } },
	SAME("a.o -m", "a.o > a.out !an argument is missing"),
	SAME("a.o -z", "a.o > a.out !an argument is missing"),
};

static void test_lines(void **state)
{
	(void)state;
	check_rows(lines, COUNT(lines), reading);
}

/* Which kind of output is it, of several that are asked for? */
static const char *kind(enum lw_linker linker, const char *line)
{
	struct lw_command command = parsed(linker, line);

	return command.relocatable ? "r" : command.shared ? "shared" :
		command.pie ? "pie" : "exec";
}

static const struct row kinds[] = {
	SAME("a.o", "exec"),
	SAME("-pie a.o", "pie"),
	SAME("-pie --no-pie a.o", "exec"),
	SAME("-pie -shared a.o", "shared"),
	SAME("--no-pie -Bshareable a.o", "shared"),
	{ "-shared --no-pie a.o", { "exec", "shared", "shared", "shared" } },
	{ "-shared -pie a.o", { "pie", "shared", "shared", "shared" } },
	{ "-r --no-pie a.o", { "exec", "r", "r", "r" } },
	{ "-G 8 a.o", { "exec", "shared", "exec", "exec" } },
};

static void test_kinds(void **state)
{
	(void)state;
	check_rows(kinds, COUNT(kinds), kind);
}

/* Words of @files, each in brackets. */
static const char *words_of(enum lw_linker linker, const char *text)
{
	char name[] = "/tmp/rts-ldopts.XXXXXX";
	struct lw_words words = { 0 };
	char *argv[] = { NULL, NULL };
	const char *all = "", *refused;
	int fd = mkstemp(name);
	size_t i;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
	argv[1] = lw_asprintf("@%s", name);
	refused = lw_response_expand(linker, 2, argv, &words);
	assert_int_equal(unlink(name), 0);
	for (i = 0; !refused && i < words.list.count; i++)
		all = lw_asprintf("%s[%s]", all, words.list.at[i].text);
	return refused ? refused : all;
}

static const struct row files[] = {
	SAME("a.o  'b c.o'\r\n\t\"d e\" ", "[a.o][b c.o][d e]"),
	SAME(" \n", ""),
	SAME("'a\\'b' \"c\\\"d\"", "[a'b][c\"d]"),
	{ "a\\ b x\"y z\".o 'p'q",
	  { "[a b][xy z.o][pq]", "[a b][xy z.o][pq]", "[a b][xy z.o][pq]",
	    "[a b][x\"y][z\".o][p][q]" } },
	{ "a '' \"\" b",
	  { "[a][][][b]", "[a][][][b]", "[a][b]", "[a][][][b]" } },
	{ "\xef\xbb\xbf" "a",
	  { "[\xef\xbb\xbf" "a]", "[\xef\xbb\xbf" "a]", "[a]",
	    "[\xef\xbb\xbf" "a]" } },
	{ "a\vb", { "[a][b]", "[a][b]", "[a\vb]", "[a][b]" } },
	{ "a 'b",
	  { "[a][b]", "[a][b]", "[a][b]", "an @-file ends in quotes" } },
	SAME("a @no-such-file", "[a][@no-such-file]"),
};

static void test_files(void **state)
{
	(void)state;
	check_rows(files, COUNT(files), words_of);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_files),
	};

	unsetenv("LD_WRAP_FLAGS");
	unsetenv("LDEMULATION");
	unsetenv("GNUTARGET");
	return cmocka_run_group_tests_name("ldopts", tests, NULL, NULL);
}
