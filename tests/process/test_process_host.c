/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test_process_host.c - a process binds its own text, while it runs
 *
 * The sites are real code of this program, the table is built by hand.  The
 * memory map is looked at before, during and after each step, and from
 * another thread all the time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "rtld.h"
#include "../lib/rts_build.h"
#include "../../rtld/platform/process.h"

/* ---- the code that is bound ------------------------------------------- */

/* Two pages of their own, so that the site of straddle() begins three bytes
 * before the second one's first. */
__asm__(".pushsection .text.rts_test,\"ax\",@progbits\n"
	"	.balign	4096\n"
	"	.globl	code_start, code_end, load_site, call_site\n"
	"	.globl	straddle_site, stub_site, stub\n"
	"code_start:\n"
	"load:\n"
	"load_site:\n"
	"	mov	shift(%rip), %eax\n"
	"	ret\n"
	"call_slot:\n"
	"	sub	$8, %rsp\n"
	"call_site:\n"
	"	call	*ops+8(%rip)\n"
	"	add	$8, %rsp\n"
	"	ret\n"
	"stub:	jmp	*slot(%rip)\n"
	"call_stub:\n"
	"	sub	$8, %rsp\n"
	"stub_site:\n"
	"	call	stub\n"
	"	add	$8, %rsp\n"
	"	ret\n"
	"	.org	code_start + 4096 - 3, 0xcc\n"
	"straddle:\n"
	"straddle_site:\n"
	"	mov	shift(%rip), %eax\n"
	"	ret\n"
	"code_end:\n"
	".popsection");

unsigned load(void), straddle(void);
int call_slot(void), call_stub(void);
extern unsigned char code_start[], code_end[], load_site[], call_site[],
	straddle_site[], stub_site[], stub[];

volatile unsigned shift = 1;
struct { int (*first)(void), (*second)(void); } volatile ops;
int (*volatile slot)(void);

static int native(void) { return 10; }
static int hypervisor(void) { return 20; }

/* ---- the memory map --------------------------------------------------- */

struct mapping { unsigned long from, to, offset, inode; char rights[8]; };

/*
 * No mapping is writable and executable; none that is executable is shared
 * with another process; and no page of a file that is
 * executable somewhere is writable elsewhere through a shared mapping.
 */
static const char *map_is_clean(void)
{
	static __thread struct mapping maps[512];
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	unsigned n = 0;

	if (!f)
		return "cannot read the map";
	while (fgets(line, sizeof(line), f) && n < 512) {
		struct mapping *m = &maps[n];

		if (sscanf(line, "%lx-%lx %7s %lx %*s %lu", &m->from, &m->to,
			   m->rights, &m->offset, &m->inode) != 5)
			continue;
		if (m->rights[1] == 'w' && m->rights[2] == 'x') {
			fclose(f);
			return "writable and executable";
		}
		if (m->rights[2] == 'x' && m->rights[3] == 's') {
			fclose(f);
			return "executable and shared";
		}
		n++;
	}
	fclose(f);
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < n; k++) {
			const struct mapping *x = &maps[i], *w = &maps[k];

			if (x->rights[2] == 'x' && w->rights[1] == 'w' &&
			    w->rights[3] == 's' && x->inode &&
			    x->inode == w->inode &&
			    x->offset < w->offset + (w->to - w->from) &&
			    w->offset < x->offset + (x->to - x->from))
				return "one page under two names";
		}
	}
	return n ? NULL : "an empty map";
}

static void check_map(void)
{
	const char *fault = map_is_clean();

	if (fault)
		fail_msg("%s", fault);
}

/* The linker sends every mmap() of the host here: the map is looked at behind
 * each. */
static int looks;

void *__real_mmap(void *at, size_t n, int rights, int flags, int fd, off_t o);
void *__wrap_mmap(void *at, size_t n, int rights, int flags, int fd, off_t o);
void *__wrap_mmap(void *at, size_t n, int rights, int flags, int fd, off_t o)
{
	void *rc = __real_mmap(at, n, rights, flags, fd, o);
	int error = errno;

	looks++;
	check_map();
	errno = error;
	return rc;
}

/* ---- the image -------------------------------------------------------- */

static unsigned char table[2048], linked[8192];
static struct rtld rt;
static struct rtld_process process;
static struct rtld_host *host, watched;
static unsigned writes;

static int watched_begin(void *ctx, const struct rtld *r)
{
	int rc = host->begin(ctx, r);

	check_map();
	return rc;
}

static void watched_write(void *ctx, void *text, const void *bytes, size_t n)
{
	host->write(ctx, text, bytes, n);
	writes++;
	check_map();
}

static void watched_end(void *ctx, const struct rtld *r)
{
	host->end(ctx, r);
	check_map();
}

static void build(void)
{
	struct rts_build b;
	size_t size;

	rts_build_begin(&b);
	rts_build_text(&b, code_start, (uint64_t)(code_end - code_start));
	rts_build_form(&b, RTS_TAG_LOAD32, 0, rts_load32, 2);
	rts_build_form(&b, RTS_TAG_CALL_SLOT, 0, rts_call_slot, 2);
	rts_build_form(&b, RTS_TAG_CALL, 0, rts_call, 3);
	/* In the order of their addresses, which the linker chose. */
	rts_build_mark(&b, "shift", RTS_KIND_VAR, &shift, 4,
		       NULL);
	rts_build_mark(&b, "ops", RTS_KIND_OPS, &ops, 16, NULL);
	rts_build_mark(&b, "slot", RTS_KIND_FUNC, &slot, 8,
		       stub);
	for (unsigned i = 0; i < 3; i++) {
		for (unsigned k = i + 1; k < 3; k++) {
			__typeof__(b.mark[0]) swap = b.mark[i];

			if (b.mark[i].object < b.mark[k].object)
				continue;
			b.mark[i] = b.mark[k];
			b.mark[k] = swap;
		}
	}
	for (unsigned i = 0; i < 3; i++) {
		if (!strcmp(b.mark[i].name, "shift")) {
			rts_build_slot(&b, i, 0, 4);
			rts_build_site(&b, i, load_site, 0, NULL);
			rts_build_site(&b, i, straddle_site, 0, NULL);
		} else if (!strcmp(b.mark[i].name, "ops")) {
			rts_build_slot(&b, i, 8, 8);
			rts_build_site(&b, i, call_site, 1, NULL);
		} else {
			rts_build_slot(&b, i, 0, 8);
			rts_build_site(&b, i, stub_site, 2, NULL);
		}
	}
	size = rts_build_end(&b, table, sizeof(table));
	assert_int_equal(rtld_open(&rt, table, size), 0);
}

static int setup(void **state)
{
	(void)state;
	shift = 1;
	slot = ops.second = native;
	build();
	assert_int_equal(rtld_process_init(&process, &rt), 0);
	host = rtld_process_host(&process);
	watched = *host;
	watched.begin = watched_begin;
	watched.write = watched_write;
	watched.end = watched_end;
	writes = looks = 0;
	memcpy(linked, code_start, (size_t)(code_end - code_start));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(rtld_unbind(&rt, host), 0);
	assert_memory_equal(linked, code_start,
			    (size_t)(code_end - code_start));
	assert_int_equal(process.lost, 0);
	assert_int_equal(process.fd, -1);
	assert_null(process.alias);
	check_map();
	return 0;
}

static void answers(unsigned number, int function)
{
	assert_int_equal(load(), number);
	assert_int_equal(straddle(), number);
	assert_int_equal(call_slot(), function);
	assert_int_equal(call_stub(), function);
}

/* ---- tests ------------------------------------------------------------ */

static void test_bind(void **state)
{
	(void)state;
	assert_int_equal((uintptr_t)straddle_site % 4096, 4093);
	check_map();
	answers(1, 10);
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(rt.stats.bound, 4);
	assert_int_equal(writes, 4);
	/* The rehearsal, two for begin(), one run of two pages. */
	assert_int_equal(looks, 4);
	answers(1, 10);
	assert_memory_equal(load_site, "\xc7\xc0\1\0\0\0", 6);
	assert_memory_equal(straddle_site, "\xc7\xc0\1\0\0\0", 6);
	/* Not bound to memory any more. */
	shift = 2;
	answers(1, 10);
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(rt.stats.written, 2);
	answers(2, 10);
	slot = ops.second = hypervisor;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	answers(2, 20);
	assert_int_equal(rtld_unbind(&rt, &watched), 0);
	answers(2, 20);
	shift = 3;
	slot = ops.second = native;
	answers(3, 10);
}

static void test_bind_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	writes = 0;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(writes, 0);
	assert_int_equal(rtld_check(&rt, &watched), 0);
}

static int to_hypervisor(void *arg)
{
	(void)arg;
	check_map();
	shift = 7;
	slot = ops.second = hypervisor;
	return 0;
}

static void test_switch(void **state)
{
	(void)state;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(rtld_switch(&rt, &watched, to_hypervisor, NULL), 0);
	answers(7, 20);
}

/* What one process binds is its own affair. */
static void test_fork(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		shift = 9;
		slot = ops.second = hypervisor;
		if (rtld_bind(&rt, host) || load() != 9 || straddle() != 9 ||
		    call_slot() != 20 || call_stub() != 20 || map_is_clean())
			_exit(1);
		if (rtld_unbind(&rt, host) || memcmp(linked, code_start,
				(size_t)(code_end - code_start)))
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	answers(1, 10);
	assert_memory_equal(load_site, "\xc7\xc0\1\0\0\0", 6);
	assert_int_equal(rtld_check(&rt, NULL), 0);
}

/* A parent that binds does not reach into a child either. */
static void test_fork_other_way(void **state)
{
	int go[2], status;
	char c = 0;
	pid_t child;

	(void)state;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(pipe(go), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		_exit(load() != 1 || call_stub() != 10);
	}
	close(go[0]);
	shift = 5;
	slot = ops.second = hypervisor;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(write(go[1], &c, 1), 1);
	close(go[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	answers(5, 20);
}

/* Another thread runs the sites and reads the map all the while. */
static atomic_int stop_runner;
static atomic_ulong turns;

static void *runner(void *arg)
{
	const char *fault = NULL;
	unsigned long n = 0;

	(void)arg;
	while (!stop_runner && !fault) {
		unsigned a = load(), b = straddle();
		int c = call_slot(), d = call_stub();

		if (a < 1 || a > 300 || b < 1 || b > 300)
			fault = "a load gave what never was there";
		if ((c != 10 && c != 20) || (d != 10 && d != 20))
			fault = "a call went astray";
		if (!fault && n % 64 == 0)
			fault = map_is_clean();
		turns = ++n;
	}
	return (void *)(uintptr_t)fault;
}

static void test_thread(void **state)
{
	pthread_t thread;
	void *fault;

	(void)state;
	stop_runner = 0;
	turns = 0;
	assert_int_equal(pthread_create(&thread, NULL, runner, NULL), 0);
	while (!turns)
		;
	for (unsigned i = 1; i <= 300; i++) {
		shift = i;
		slot = ops.second = i & 1 ? native : hypervisor;
		assert_int_equal(rtld_bind(&rt, host), 0);
		assert_int_equal(load(), i);
		assert_int_equal(straddle(), i);
		if (i % 16 == 0)
			assert_int_equal(rtld_unbind(&rt, host), 0);
	}
	stop_runner = 1;
	assert_int_equal(pthread_join(thread, &fault), 0);
	if (fault)
		fail_msg("%s", (const char *)fault);
}

/* Two threads switch over with one struct rtld: one at a time. */
static struct switcher {
	pthread_t thread;
	unsigned first, done, refused;
} switchers[2];

static int set_shift(void *arg)
{
	shift = *(const unsigned *)arg;
	return 0;
}

static void *switcher(void *arg)
{
	struct switcher *s = arg;
	unsigned value;
	int rc;

	for (value = s->first; value < s->first + 100; value++) {
		while ((rc = rtld_switch(&rt, host, set_shift, &value)) ==
		       -RTLD_E_BUSY) {
			s->refused++;
			sched_yield();
		}
		if (rc == 0)
			s->done++;
	}
	return NULL;
}

static void test_two_threads(void **state)
{
	unsigned i;

	(void)state;
	assert_int_equal(rtld_bind(&rt, host), 0);
	for (i = 0; i < 2; i++) {
		switchers[i].first = 1 + 1000 * i;
		assert_int_equal(pthread_create(&switchers[i].thread, NULL,
						switcher, &switchers[i]), 0);
	}
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_join(switchers[i].thread, NULL), 0);
	for (i = 0; i < 2; i++)
		assert_int_equal(switchers[i].done, 100);
	assert_true(switchers[0].refused + switchers[1].refused > 0);
	assert_int_equal(rtld_check(&rt, NULL), 0);
	assert_int_equal(load(), shift);
	assert_int_equal(straddle(), shift);
	check_map();
}

/* ---- refusals --------------------------------------------------------- */

/* A foreign byte: nothing is mapped, and nothing left over. */
static void test_refusal(void **state)
{
	struct rts_build b;
	unsigned char odd[2048];
	struct rtld bad;
	struct rtld_process p;
	size_t size;

	(void)state;
	rts_build_begin(&b);
	rts_build_text(&b, code_start, (uint64_t)(code_end - code_start));
	rts_build_form(&b, 0, 0, rts_load32, 2);
	rts_build_mark(&b, "shift", RTS_KIND_VAR, &shift, 4,
		       NULL);
	rts_build_slot(&b, 0, 0, 4);
	rts_build_site(&b, 0, load_site, 0, NULL);
	rts_build_site(&b, 0, straddle_site + 1, 0, NULL);
	/* Distances are 32 bits, so near the code rather than on the stack. */
	memcpy(odd, table, sizeof(odd));
	size = rts_build_end(&b, table, sizeof(table));
	assert_int_equal(rtld_open(&bad, table, size), 0);
	assert_int_equal(rtld_process_init(&p, &bad), 0);
	assert_int_equal(rtld_bind(&bad, rtld_process_host(&p)),
			 -RTLD_E_TEXT_BYTES);
	assert_int_equal(bad.fault.address, (uintptr_t)straddle_site + 1);
	assert_memory_equal(linked, code_start,
			    (size_t)(code_end - code_start));
	assert_int_equal(p.fd, -1);
	memcpy(table, odd, sizeof(odd));
	check_map();
}

static void test_begin_fails(void **state)
{
	struct rlimit limit, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(rtld_bind(&rt, host), -RTLD_E_HOST);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(rt.fault.host, -EMFILE);
	assert_memory_equal(linked, code_start,
			    (size_t)(code_end - code_start));
	assert_int_equal(rtld_bind(&rt, host), 0);
	answers(1, 10);
}

/* What begin() could not foresee: said, and the text is as it was. */
static void broken_end(void *ctx, const struct rtld *r)
{
	close(process.fd);
	host->end(ctx, r);
}

static void test_lost(void **state)
{
	(void)state;
	watched.end = broken_end;
	assert_int_equal(rtld_bind(&rt, &watched), 0);
	assert_int_equal(process.lost, 1);	/* one run of two pages */
	answers(1, 10);
	assert_memory_equal(linked, code_start,
			    (size_t)(code_end - code_start));
	process.lost = 0;
	assert_int_equal(rtld_bind(&rt, host), 0);
	assert_memory_equal(load_site, "\xc7\xc0\1\0\0\0", 6);
}

static void test_init(void **state)
{
	struct rtld closed = { 0 };
	struct rtld_process p;
	struct rts_build b;
	unsigned char empty[256];
	size_t size;

	(void)state;
	assert_int_equal(rtld_process_init(NULL, &rt), -EINVAL);
	assert_int_equal(rtld_process_init(&p, NULL), -EINVAL);
	assert_int_equal(rtld_process_init(&p, &closed), -EINVAL);
	/* A table without text. */
	rts_build_begin(&b);
	size = rts_build_end(&b, empty, sizeof(empty));
	assert_int_equal(rtld_open(&closed, empty, size), 0);
	assert_int_equal(rtld_process_init(&p, &closed), 0);
	assert_int_equal(rtld_bind(&closed, rtld_process_host(&p)), 0);
}

static void test_print(void **state)
{
	char text[4096];
	ssize_t n;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(process.print_fd, 2);
	process.print_fd = fds[1];
	assert_int_equal(rtld_dump(&rt, host, RTLD_DUMP_MARKS), 0);
	n = read(fds[0], text, sizeof(text) - 1);
	assert_true(n > 0);
	text[n] = 0;
	assert_memory_equal(text, "rts: begin ", 11);
	assert_non_null(strstr(text, "rts: end bound 0 kept 4 dropped 0\n"));
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(bind), T(bind_changes_nothing), T(switch), T(fork),
		T(fork_other_way), T(thread), T(two_threads), T(refusal),
		T(begin_fails), T(lost), T(init), T(print),
	};

	return cmocka_run_group_tests_name("process_host", tests, NULL, NULL);
}
