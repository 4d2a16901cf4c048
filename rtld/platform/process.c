// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * process.c - the host of a Linux process that binds its own text
 *
 * begin()	a memory file as long as the text; room in it for each page that
 *		has a site; a mapping of it that can be written (the alias)
 * write()	the first write to a page copies the page into the alias; then
 *		the bytes go there
 * end()	the alias is unmapped; each run of touched pages is mapped from
 *		the file over the text, readable and executable, by one mmap();
 *		every thread serialises
 *
 * Why one mmap() for a run: the kernel takes the old pages away, waits until
 * no CPU has them in its TLB, and gives the new ones, all under one lock.  A
 * thread that comes along meanwhile faults and waits; an instruction that
 * crosses into a page that is gone begins again from its first byte.  So a
 * site that straddles two pages is seen old or new, never half of each.
 *
 * Why MAP_PRIVATE: after a fork both processes have these pages.  A debugger's
 * breakpoint in one of them must not appear in the other; nor may a later bind
 * in the child change the parent, but that holds anyway, for each bind makes a
 * file of its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE		/* memfd_create(), fallocate() */
#endif
#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <fcntl.h>

#include "process.h"
#include "../internal.h"

#ifndef MFD_EXEC
#define MFD_EXEC	0x0010U		/* Linux 6.3 */
#endif

/* ---- begin ------------------------------------------------------------ */

static int memory_file(void)
{
	/* A system may forbid executable memory files unless they are asked
	 * for; older kernels do not know the question. */
	int fd = memfd_create("rtld", MFD_CLOEXEC | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("rtld", MFD_CLOEXEC);
	return fd;
}

/* A rehearsal: where the system's policy does not let text be mapped from such
 * a file it must say so now.  Before there is an alias, so that not even the
 * rehearsal has a page under two names. */
static int may_execute(const struct rtld_process *p)
{
	void *at = mmap(NULL, p->page, PROT_READ | PROT_EXEC, MAP_PRIVATE,
			p->fd, 0);

	if (at == MAP_FAILED)
		return 0;
	munmap(at, p->page);
	return 1;
}

/* Memory for each page with a site, now: later there is no way to say that
 * there is none, only a signal.  Walks a copy, since rt is the caller's. */
static int reserve(const struct rtld_process *p, const struct rtld *rt)
{
	struct rtld mine = *rt;
	struct rtld_site_ s;
	size_t next = 0;

	for (uint32_t i = 0; i < RTLD_HEAD_(rt, slot_count); i++) {
		rtld_start_(&mine, &s, i);
		/* A malformed stream is for rtld to refuse, not for us. */
		while (!rtld_next_(&mine, &s)) {
			size_t at = (size_t)(rtld_pointer_(rt,
					mine.fault.address) - p->text);
			size_t from = at & ~(p->page - 1);
			size_t end = at + s.length;

			if (from < next && end <= next)
				continue;
			end = (end + p->page - 1) & ~(p->page - 1);
			if (fallocate(p->fd, 0, (off_t)from,
				      (off_t)(end - from)))
				return 0;
			next = end;
		}
		next = 0;
	}
	return 1;
}

static int map_all(struct rtld_process *p, const struct rtld *rt)
{
	void *at;

	p->fd = memory_file();
	if (p->fd < 0)
		return 0;
	if (ftruncate(p->fd, (off_t)p->size) || !may_execute(p) ||
	    !reserve(p, rt))
		return 0;
	at = mmap(NULL, p->size / p->page, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (at == MAP_FAILED)
		return 0;
	p->touched = at;
	at = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd, 0);
	if (at == MAP_FAILED)
		return 0;
	p->alias = at;
	/* Another thread may fork; its child must not inherit the alias. */
	return !madvise(at, p->size, MADV_DONTFORK);
}

static void unmap_alias(struct rtld_process *p)
{
	if (p->alias)
		munmap(p->alias, p->size);
	p->alias = NULL;
}

static void close_all(struct rtld_process *p)
{
	unmap_alias(p);
	if (p->touched)
		munmap(p->touched, p->size / p->page);
	p->touched = NULL;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static int process_begin(void *ctx, const struct rtld *rt)
{
	struct rtld_process *p = ctx;
	int error;

	/* Refused by old kernels and some sandboxes; see serialise(). */
	p->sync_core = !syscall(SYS_membarrier,
		MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
	if (map_all(p, rt))
		return 0;
	error = errno ? errno : EIO;
	close_all(p);
	return -error;
}

/* ---- write ------------------------------------------------------------ */

static void process_write(void *ctx, void *text, const void *bytes, size_t n)
{
	struct rtld_process *p = ctx;
	size_t at = (size_t)((unsigned char *)text - p->text);

	for (size_t i = at / p->page; i <= (at + n - 1) / p->page; i++) {
		if (p->touched[i])
			continue;
		memcpy(p->alias + i * p->page, p->text + i * p->page, p->page);
		p->touched[i] = 1;
	}
	memcpy(p->alias + at, bytes, n);
}

/* ---- end -------------------------------------------------------------- */

/* A thread that was interrupted before the change has old instructions in its
 * pipeline at most; going through the kernel drops them. */
static void serialise(const struct rtld_process *p)
{
	if (p->sync_core &&
	    !syscall(SYS_membarrier,
		     MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0))
		return;
	/* At least this thread.  The others have been interrupted by the TLB
	 * flush of mmap(), and came back by IRET, which serialises. */
#if defined(__x86_64__) || defined(__i386__)
	unsigned a = 0, b, c = 0, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d)
			 : : "memory");
#else
	__builtin___clear_cache((char *)p->text, (char *)p->text + p->size);
#endif
}

static void process_end(void *ctx, const struct rtld *rt)
{
	struct rtld_process *p = ctx;
	size_t pages = p->size / p->page, from, to;

	(void)rt;
	unmap_alias(p);
	for (from = 0; from < pages; from = to + 1) {
		for (to = from; to < pages && p->touched[to]; to++)
			;
		if (to > from &&
		    mmap(p->text + from * p->page, (to - from) * p->page,
			 PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, p->fd,
			 (off_t)(from * p->page)) == MAP_FAILED)
			p->lost++;
	}
	close_all(p);
	serialise(p);
}

/* ---- the rest --------------------------------------------------------- */

static void process_print(void *ctx, const char *line, size_t n)
{
	struct rtld_process *p = ctx;
	ssize_t done;

	while (n) {
		done = write(p->print_fd, line, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		line += done;
		n -= (size_t)done;
	}
}

int rtld_process_init(struct rtld_process *p, const struct rtld *rt)
{
	struct rts_text text;
	uintptr_t low = UINTPTR_MAX, high = 0, at;

	if (!p || !rt || !rt->image)
		return -EINVAL;
	memset(p, 0, sizeof(*p));
	p->fd = -1;
	p->print_fd = STDERR_FILENO;
	p->page = (size_t)sysconf(_SC_PAGESIZE);
	for (uint32_t i = 0; rtld_text_(rt, i, &text); i++) {
		at = (uintptr_t)rt->image + (uintptr_t)text.start;
		if (at < low)
			low = at;
		if (at + text.size > high)
			high = at + (uintptr_t)text.size;
	}
	/* A table without sites: one page that is never touched. */
	if (low >= high)
		high = (low = (uintptr_t)rt->image) + 1;
	low &= ~(p->page - 1);
	p->text = (unsigned char *)low;
	p->size = (high - low + p->page - 1) & ~(p->page - 1);
	p->host.ctx = p;
	p->host.begin = process_begin;
	p->host.write = process_write;
	p->host.end = process_end;
	p->host.print = process_print;
	return 0;
}

struct rtld_host *rtld_process_host(struct rtld_process *p)
{
	return &p->host;
}

int rtld_process_alone(void *ctx, const void *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
	return 0;
}

int rtld_process_load(struct rtld_process_image *image, const void *table,
		      size_t max)
{
	int rc;

	if (!image)
		return -RTLD_E_ARGUMENT;
	rc = rtld_open(&image->rt, table, max);
	if (rc)
		return rc;
	if (rtld_process_init(&image->process, &image->rt))
		return -RTLD_E_HOST;
	image->process.host.inside = rtld_process_alone;
	rc = rtld_bind(&image->rt, &image->process.host);
	image->process.host.inside = NULL;
	return rc;
}
