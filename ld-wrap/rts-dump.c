// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * rts-dump.c - show the runtime-static image of a file, and check it
 *
 * Opens the table with rtld's own code over a simulated memory (sim.c), so
 * that what it prints is what a kernel would do.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"
#include "module.h"

static const char help[] =
"Usage: rts-dump [OPTION]... IMAGE\n"
"       rts-dump --check-log IMAGE LOG\n"
"Show the runtime-static sites of a file that ld-wrap linked, and what a\n"
"bind makes of them.  IMAGE is the linked file: a kernel, a program.\n"
"\n"
"What to show (default: header, marks, slots, forms):\n"
"  -s, --sites     also every site: bytes and disassembly, linked and bound\n"
"  -j, --json      everything, sites included, for programs; addresses and\n"
"                  contents are strings, since they need all 64 bits\n"
"      --set=NAME[+OFFSET][:WIDTH]=VALUE\n"
"                  as if memory held VALUE there; may be repeated.  NAME is\n"
"                  a mark; of a FUNC it sets the function that is called.\n"
"                  VALUE is a number or the name of a symbol.  WIDTH is\n"
"                  that of the slot if not given\n"
"      --bias=N    as if IMAGE were loaded N bytes above its link addresses\n"
"\n"
"      --expect    what text must look like with these contents: a SHA-256\n"
"                  for each executable section; with --sites also the bytes\n"
"                  of each site.  With --memory compare that memory instead\n"
"      --gone=SECTION\n"
"                  leave out text that is freed by then; may be repeated\n"
"\n"
"What to check (in place of showing):\n"
"  -c, --check     magic, checksum, bounds; sites in text, without overlap,\n"
"                  with their linked bytes; .rts.rela; instructions\n"
"      --check-log[=LOG]\n"
"                  the debug dumps in LOG (a serial log, say) against IMAGE:\n"
"                  crc, counts, and the bytes of each site for the contents\n"
"                  that the log gives\n"
"      --memory=FILE@OFFSET:ADDRESS\n"
"                  guest memory: FILE holds at OFFSET what is at run-time\n"
"                  ADDRESS.  Each byte of each executable section must be\n"
"                  that of IMAGE, but for the sites, which must be as the\n"
"                  last dump in LOG says; without LOG: as linked, or with\n"
"                  --expect or --set as bound to the contents that this\n"
"                  memory has, or IMAGE if it has none, but for those set.\n"
"                  May be repeated, for parts of memory\n"
"\n"
"  -h, --help      this text\n"
"  -V, --version   version\n"
"\n"
"Exit status: 0 shown, or all checks passed; 1 the image, log or memory is\n"
"not as it should be; 2 trouble: wrong usage, unreadable file.\n"
"\n"
"Examples:\n"
"  rts-dump -s --set cache_shift=12 --set irq_disable=xen_irq_disable vmlinux\n"
"  rts-dump --check-log vmlinux serial.log \\\n"
"           --memory=ram.bin@0x1000000:0xffffffff81000000\n"
"  rts-dump --expect --set irq_disable=xen_irq_disable vmlinux\n";

/* ---- what the other parts use ----------------------------------------- */

void dump_say(struct dump *d, int status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "rts-dump: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n");
	if (status > d->status)
		d->status = status;
}

static char *read_all(int fd, size_t *size)
{
	LW_ARRAY(char) all = { 0 };
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			*LW_PUSH(&all) = buf[i];
	*size = all.count;
	return n < 0 ? NULL : all.count ? all.at : lw_alloc(1);
}

/* Guest memory may be large: map what can be mapped. */
static char *map(int fd, size_t *size)
{
	struct stat st;
	char *at;

	if (fstat(fd, &st))
		return NULL;
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return read_all(fd, size);
	*size = (size_t)st.st_size;
	at = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

/* Mapped once and for good: many sections look into one memory. */
char *dump_slurp(struct dump *d, const char *path, size_t *size)
{
	static LW_ARRAY(struct known {
		const char *path;
		char *at;
		size_t size;
	}) all;
	struct known known = { .path = path };
	int fd;

	for (size_t i = 0; i < all.count; i++) {
		if (strcmp(all.at[i].path, path))
			continue;
		*size = all.at[i].size;
		return all.at[i].at;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		known.at = map(fd, &known.size);
	if (!known.at)
		dump_say(d, DUMP_TROUBLE, "%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	*LW_PUSH(&all) = known;
	*size = known.size;
	return known.at;
}

bool dump_open(struct dump *d, uint64_t bias)
{
	const char *why;

	lw_sim_close(&d->sim);
	memset(&d->view, 0, sizeof(d->view));
	d->bias = bias;
	why = lw_sim_open(&d->sim, &d->image, bias);
	if (!why) {
		view_read(&d->view, &d->sim);
		return true;
	}
	dump_say(d, DUMP_BAD, "%s: %s [%s] (byte %u of the table)", d->path,
		 why, rtld_errname(d->sim.rt.fault.code),
		 d->sim.rt.fault.offset);
	return false;
}

/* ---- the command line ------------------------------------------------- */

enum {
	OPT_SET = 256, OPT_BIAS, OPT_CHECK_LOG, OPT_MEMORY, OPT_EXPECT, OPT_GONE
};

static const struct option options[] = {
	{ "sites", no_argument, NULL, 's' },
	{ "json", no_argument, NULL, 'j' },
	{ "check", no_argument, NULL, 'c' },
	{ "check-log", optional_argument, NULL, OPT_CHECK_LOG },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "expect", no_argument, NULL, OPT_EXPECT },
	{ "gone", required_argument, NULL, OPT_GONE },
	{ "set", required_argument, NULL, OPT_SET },
	{ "bias", required_argument, NULL, OPT_BIAS },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

/* Up to end, which is the next character that must follow. */
static bool number(const char *text, const char **end, uint64_t *value)
{
	char *stop;

	errno = 0;
	*value = strtoull(text, &stop, 0);
	*end = stop;
	return *text >= '0' && *text <= '9' && !errno;
}

static void set_bias(struct dump *d, const char *text)
{
	const char *end;

	if (!number(text, &end, &d->bias) || *end)
		dump_say(d, DUMP_TROUBLE, "--bias=%s: not a number", text);
}

static void add_memory(struct dump *d, const char *text)
{
	struct dump_memory *m = LW_PUSH(&d->memories);
	char *path = lw_strdup(text), *at = strrchr(path, '@');
	const char *end;

	m->path = path;
	if (at && number(at + 1, &end, &m->offset) && *end == ':' &&
	    number(end + 1, &end, &m->address) && !*end)
		*at = '\0';
	else
		dump_say(d, DUMP_TROUBLE, "--memory=%s: write "
			 "FILE@OFFSET:ADDRESS", text);
}

static void take_option(struct dump *d, int c)
{
	switch (c) {
	case 's':
		d->sites = true;
		break;
	case 'j':
		d->json = true;
		break;
	case 'c':
		d->check = true;
		break;
	case OPT_CHECK_LOG:
		d->check_log = true;
		d->log = optarg;
		break;
	case OPT_MEMORY:
		add_memory(d, optarg);
		break;
	case OPT_EXPECT:
		d->expect = true;
		break;
	case OPT_GONE:
		*LW_PUSH(&d->gone) = optarg;
		break;
	case OPT_SET:
		*LW_PUSH(&d->settings) = optarg;
		break;
	case OPT_BIAS:
		set_bias(d, optarg);
		break;
	case 'h':
		fputs(help, stdout);
		exit(fflush(stdout) ? DUMP_TROUBLE : DUMP_GOOD);
	case 'V':
		printf("rts-dump (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		exit(fflush(stdout) ? DUMP_TROUBLE : DUMP_GOOD);
	default:	/* getopt_long() has said why */
		d->status = DUMP_TROUBLE;
	}
}

static void parse(struct dump *d, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "sjchV", options, NULL)) != -1)
		take_option(d, c);
	if (optind < argc)
		d->path = argv[optind++];
	if (d->check_log && !d->log && optind < argc)
		d->log = argv[optind++];
	if (d->check_log && !d->log)
		dump_say(d, DUMP_TROUBLE, "--check-log needs IMAGE and LOG");
	else if (!d->path || optind < argc)
		dump_say(d, DUMP_TROUBLE, "one IMAGE, please");
	else if (d->expect && (d->check_log || d->check || d->json))
		dump_say(d, DUMP_TROUBLE, "--expect goes with --sites, --set, "
			 "--bias, --gone and --memory");
	d->expect |= d->settings.count && d->memories.count && !d->check_log;
	if (d->status)
		fprintf(stderr, "Try 'rts-dump --help'.\n");
}

/* ---- the work --------------------------------------------------------- */

static void work_image(struct dump *d)
{
	bool list = !d->check && !d->check_log && !d->memories.count &&
		    !d->expect;

	if (!dump_open(d, d->bias))
		return;
	if (!dump_knows_gone(d))
		return;
	if (d->expect)
		dump_contents(d);
	dump_set(d);
	if (d->status)
		return;
	view_bind(&d->view, &d->sim);
	if (d->expect && !dump_bind(d))
		return;
	if (list && d->json)
		dump_json(d);
	else if (list)
		dump_text(d);
	if (d->check)
		dump_check(d);
	if (d->check_log)
		dump_agree(d);
	else if (d->memories.count)
		dump_memory(d, NULL);
	else if (d->expect)
		dump_expect(d);
}

/* A relocatable file has several images, and addresses only once it is loaded:
 * those are an example. */
static void work_module(struct dump *d)
{
	lw_module_images images = { 0 };
	const char *why = lw_module_read(&d->image, d->path, false, &images);

	if (why)
		dump_say(d, DUMP_BAD, "%s: %s", d->path, why);
	if (!why && (d->check_log || d->memories.count || d->expect)) {
		dump_say(d, DUMP_TROUBLE, "%s: is a relocatable file: only "
			 "its loader knows its addresses", d->path);
		return;
	}
	d->in_module = true;
	for (size_t i = 0; !why && i < images.count; i++) {
		if (!d->json && !d->check)
			printf("%simage %zu of %zu of a relocatable file, "
			       "placed somewhere\n", i ? "\n" : "", i + 1,
			       images.count);
		d->image.table_address = images.at[i].address;
		d->image.table_room = images.at[i].room;
		work_image(d);
	}
	/* Each image has its own marks; one of them should have had it. */
	if (!why && d->settings.count && !d->set_count)
		dump_say(d, DUMP_TROUBLE, "--set: no image has such a mark");
}

static bool is_relocatable(const char *data, size_t size)
{
	return size >= EI_NIDENT + 2 && !memcmp(data, ELFMAG, SELFMAG) &&
	       data[EI_NIDENT] == ET_REL && !data[EI_NIDENT + 1];
}

static void work(struct dump *d)
{
	size_t size;
	const char *data = dump_slurp(d, d->path, &size);

	if (!data)
		return;
	if (is_relocatable(data, size)) {
		work_module(d);
		return;
	}
	lw_image_read(&d->image, d->path);
	if (dump_find_table(&d->image))
		work_image(d);
	else
		dump_say(d, DUMP_BAD, "%s: no table here: not linked by "
			 "ld-wrap, or nothing is marked in it", d->path);
}

int main(int argc, char **argv)
{
	struct dump d = { 0 };

	parse(&d, argc, argv);
	if (!d.status)
		work(&d);
	if (fflush(stdout) || ferror(stdout))
		dump_say(&d, DUMP_TROUBLE, "standard output: %s",
			 strerror(errno));
	lw_sim_close(&d.sim);
	lw_free_all();
	return d.status;
}
