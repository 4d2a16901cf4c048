// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * demo.c - a process binds its own text, and watches its memory map
 *
 * The host is rtld/platform/process.  Every callback of it is wrapped here, so
 * that the map is also read in the middle of a transaction: no page may ever
 * be writable and executable.
 */
#include <stdio.h>
#include <string.h>

#include "demo.h"
#include "platform/process.h"
#include "rtld.h"
#include "selftest.h"

static struct rtld rt;
static struct rtld_process process;
static struct rtld_host inner, host;
static unsigned maps_read, maps_bad;

/* "start-end rwxp ..." */
static void look_at_map(const char *when)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512], permissions[8];

	maps_read++;
	expect(f != NULL, "/proc/self/maps", "cannot be read");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %7s", permissions) != 1)
			continue;
		if (permissions[1] == 'w' && permissions[2] == 'x') {
			maps_bad++;
			printf("FAIL %s: writable and executable: %s", when,
			       line);
		}
	}
	fclose(f);
}

static int watched_begin(void *ctx, const struct rtld *r)
{
	int rc;

	look_at_map("before begin()");
	rc = inner.begin(ctx, r);
	look_at_map("after begin()");
	return rc;
}

static void watched_write(void *ctx, void *text, const void *bytes, size_t n)
{
	look_at_map("before write()");
	inner.write(ctx, text, bytes, n);
	look_at_map("after write()");
}

static int watched_live(void *ctx, const void *text, size_t n)
{
	(void)ctx, (void)text, (void)n;
	look_at_map("in live()");
	return 1;
}

static void watched_end(void *ctx, const struct rtld *r)
{
	look_at_map("before end()");
	inner.end(ctx, r);
	look_at_map("after end()");
}

static void print_line(void *ctx, const char *line, size_t n)
{
	(void)ctx;
	fwrite(line, 1, n, stdout);
}

static bool host_open(void)
{
	int rc = rtld_process_init(&process, &rt);

	expect(rc == 0, "process host", "cannot be opened");
	inner = host = *rtld_process_host(&process);
	host.begin = watched_begin;
	host.write = watched_write;
	host.live = watched_live;
	host.end = watched_end;
	host.print = print_line;
	return rc == 0;
}

static bool answer(const char *what, int rc)
{
	const struct rtld_stats *s = &rt.stats;

	if (rc < 0) {
		printf("rtld: %s: refused %s: %s\n", what, rtld_errname(rc),
		       rtld_strerror(rc));
		return false;
	}
	printf("rtld: %s: sites %u bound %u kept %u dropped %u written %u\n",
	       what, s->sites, s->bound, s->kept, s->dropped, s->written);
	return true;
}

static void step(const char *name, int rc, bool bound)
{
	look_at_map(name);
	expect(answer(name, rc), name, "refused");
	expect(rtld_dump(&rt, &host, RTLD_DUMP_MARKS | RTLD_DUMP_SLOTS |
			 RTLD_DUMP_SITES) >= 0, name, "dump");
	expect(rtld_check(&rt, NULL) == 0, name, "check");
	selftest(name, bound);
}

/* Inside the transaction: nothing may run but this. */
static RTS_SETTER int go_fancy(void *arg)
{
	(void)arg;
	look_at_map("in change()");
	codec = fancy_codec;
	RTS_SET_FUNC(checksum, fancy_checksum);
	block_shift = 9;
	set_level(0x80000001);
	limit = 0xffffffff;
	return 0;
}

static int refuse(void *arg)
{
	(void)arg;
	return -1;
}

static RTS_SETTER void sequence(void)
{
	static const unsigned char other[64] = { 2, 7, 1, 8, 2, 8, 1, 8 };

	step("bind", rtld_bind(&rt, &host), true);
	step("switch", rtld_switch(&rt, &host, go_fancy, NULL), true);
	expect(rtld_switch(&rt, &host, refuse, NULL) == -RTLD_E_CHANGE,
	       "switch", "went on though change() refused");
	selftest("refused change", true);
	base = other;
	offset = 1 << 30;
	limit = 1ull << 40;		/* does not fit: back to a load */
	seed = 77;			/* fits now */
	RTS_SET_FUNC(checksum, plain_checksum);
	expect(rtld_check(&rt, NULL) == -RTLD_E_TEXT_STALE, "check",
	       "did not notice a store");
	step("rebind", rtld_bind(&rt, &host), true);
	set_level(0);
	expect(rtld_bind_object(&rt, &host, level_address()) == 0, "level",
	       "cannot be bound alone");
	selftest("one object", true);
	step("unbind", rtld_unbind(&rt, &host), false);
}

int main(void)
{
	int rc;

	look_at_map("start");
	selftest("unbound", false);
	rc = rtld_open(&rt, RTS_TABLE, RTS_TABLE_SIZE);
	if (rc && !RTS_TABLE_SIZE) {
		printf("rtld: unbound (no table): %s\n", rtld_errname(rc));
	} else {
		expect(rc == 0, "open", rtld_errname(rc));
		if (rc == 0 && host_open())
			sequence();
		expect(process.lost == 0, "process host", "lost pages");
	}
	look_at_map("end");
	printf("maps: read %u times, %u bad\n", maps_read, maps_bad);
	failed += maps_bad;
	printf("SELFTEST %s checks=%u failed=%u\n", failed ? "FAIL" : "PASS",
	       checks, failed);
	return failed != 0;
}
