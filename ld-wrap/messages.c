// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * messages.c - the real linker speaks of the user's output, not of ours
 *
 * It was told to write .ld-wrap.OUTPUT/OUTPUT, and to link rts.o beside it, so
 * its messages and its map say those names.  What it prints goes through pipes
 * to a process of ours that puts the right names there: OUTPUT, and <ld-wrap>
 * for rts.o, as lld says <internal> of what comes from no file.  Bytes are held
 * back only while they may be the beginning of such a name.
 *
 * A process, so that nothing said is lost when we are killed: it ends when the
 * linker's end of the pipes is closed, or when we say that the linker is done.
 * (mold's own child, and whatever a script left behind, may live longer.)
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "argv.h"
#include "messages.h"

/* ---- names ------------------------------------------------------------ */

enum { NAMES = 4 };

/* Longer ones first, since one may be the beginning of another. */
static struct name {
	const char *from, *to;
	size_t length;
} names[NAMES];

static int by_length(const void *pa, const void *pb)
{
	const struct name *a = pa, *b = pb;

	return a->length < b->length ? 1 : -(a->length > b->length);
}

/* All begin with our directory, and that is where the output's is. */
static void set_names(const char *output, const char *linked, const char *rts_o)
{
	int before = (int)(basename(output) - output);

	names[0] = (struct name){ .from = linked, .to = output };
	names[1] = (struct name){ .from = rts_o, .to = LW_MESSAGES_OURS };
	names[2] = (struct name){ .from = lw_temp_path("words"),
				  .to = LW_MESSAGES_OURS };
	names[3] = (struct name){
		.from = lw_asprintf("%s/", lw_temp_directory()),
		.to = lw_asprintf("%.*s", before, output)
	};
	for (size_t i = 0; i < NAMES; i++)
		names[i].length = strlen(names[i].from);
	qsort(names, NAMES, sizeof(names[0]), by_length);
}

enum match { NO_NAME, A_NAME, PERHAPS };

static enum match match(const char *p, size_t n, bool last,
			const struct name **found)
{
	for (size_t i = 0; i < NAMES; i++) {
		*found = &names[i];
		if (n >= names[i].length) {
			if (!memcmp(p, names[i].from, names[i].length))
				return A_NAME;
		} else if (!last && !memcmp(p, names[i].from, n)) {
			return PERHAPS;
		}
	}
	return NO_NAME;
}

typedef void put_fn(void *to, const char *p, size_t n);

/* How many bytes are done: all, or up to what may begin a name. */
static size_t translate(const char *p, size_t n, bool last, put_fn *put,
			void *to)
{
	const struct name *name;
	size_t at = 0, done = 0;
	const char *hit;

	while (at < n && (hit = memchr(p + at, names[0].from[0], n - at))) {
		at = (size_t)(hit - p);
		switch (match(hit, n - at, last, &name)) {
		case PERHAPS:
			put(to, p + done, at - done);
			return at;
		case A_NAME:
			put(to, p + done, at - done);
			put(to, name->to, strlen(name->to));
			at += name->length;
			done = at;
			break;
		case NO_NAME:
			at++;
			break;
		}
	}
	put(to, p + done, n - done);
	return n;
}

/* ---- streams: in the process of its own -------------------------------- */

struct stream {
	int from, to;
	size_t used;
	char bytes[65536];	/* the longest name is far shorter */
};

static struct stream streams[2] = { { .from = -1 }, { .from = -1 } };

/* Who reads no more lets the linker know, as he would without us. */
static void lost(struct stream *s)
{
	if (s->from >= 0)
		close(s->from);
	s->from = -1;
	s->to = -1;
}

static void put_stream(void *to, const char *p, size_t n)
{
	struct stream *s = to;
	struct pollfd room = { .fd = s->to, .events = POLLOUT };
	ssize_t done;

	for (; n && s->to >= 0; n -= (size_t)done, p += done) {
		done = write(s->to, p, n);
		if (done >= 0)
			continue;
		done = 0;
		if (errno == EAGAIN)
			poll(&room, 1, -1);
		else if (errno == EPIPE)
			lost(s);
		else if (errno != EINTR)
			return;	/* the linker would not care either */
	}
}

static void end_stream(struct stream *s)
{
	translate(s->bytes, s->used, true, put_stream, s);
	s->used = 0;
	if (s->from >= 0)
		close(s->from);
	s->from = -1;
}

static void read_stream(struct stream *s)
{
	ssize_t n = read(s->from, s->bytes + s->used,
			 sizeof(s->bytes) - s->used);
	size_t done;

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		end_stream(s);
		return;
	}
	s->used += (size_t)n;
	done = translate(s->bytes, s->used, false, put_stream, s);
	s->used -= done;
	memmove(s->bytes, s->bytes + done, s->used);
}

/* Until the last writer is gone; or, if we are told so, until what there is
 * has been read. */
static _Noreturn void translate_streams(int control)
{
	bool told = false;
	char byte;

	while (streams[0].from >= 0 || streams[1].from >= 0) {
		struct pollfd fds[] = {
			{ .fd = streams[0].from, .events = POLLIN },
			{ .fd = streams[1].from, .events = POLLIN },
			{ .fd = control, .events = POLLIN },
		};
		int ready = poll(fds, 3, told ? 0 : -1);

		for (size_t i = 0; ready > 0 && i < 2; i++) {
			if (fds[i].revents)
				read_stream(&streams[i]);
		}
		if (ready > 0 && fds[2].revents) {
			told = read(control, &byte, 1) == 1;
			control = -1;
		}
		if (told && !ready)
			break;
	}
	end_stream(&streams[0]);
	end_stream(&streams[1]);
	_exit(0);
}

/* ---- the linker's side -------------------------------------------------- */

static struct {
	volatile pid_t process;
	int control, ends[2];	/* ends[i] becomes the linker's fd i + 1 */
} messages = { .control = -1, .ends = { -1, -1 } };

/* Away from the low numbers, which may be closed, or named in MAKEFLAGS. */
static int high(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, 100);

	close(fd);
	return up;
}

static bool open_stream(size_t i)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return false;
	streams[i].from = high(fds[0]);
	streams[i].to = (int)i + 1;
	messages.ends[i] = high(fds[1]);
	return streams[i].from >= 0 && messages.ends[i] >= 0;
}

/* One file for both keeps the order of what is said. */
static bool open_streams(void)
{
	struct stat out, err;
	bool has_out = !fstat(1, &out), has_err = !fstat(2, &err);

	if (has_err && !open_stream(1))
		return false;
	if (has_out && has_err && out.st_dev == err.st_dev &&
	    out.st_ino == err.st_ino) {
		messages.ends[0] = messages.ends[1];
		return true;
	}
	return !has_out || open_stream(0);
}

static void close_streams(void)
{
	if (messages.ends[0] != messages.ends[1] && messages.ends[0] >= 0)
		close(messages.ends[0]);
	if (messages.ends[1] >= 0)
		close(messages.ends[1]);
	messages.ends[0] = -1;
	messages.ends[1] = -1;
}

static void close_sources(void)
{
	for (size_t i = 0; i < 2; i++) {
		if (streams[i].from >= 0)
			close(streams[i].from);
		streams[i].from = -1;
	}
}

static _Noreturn void be_translator(int control)
{
	for (int i = 1; i < NSIG; i++)
		signal(i, SIG_IGN);
	prctl(PR_SET_NAME, "ld-wrap-messages", 0, 0, 0);
	close_streams();
	close(messages.control);
	lw_temp_leave();
	translate_streams(control);
}

static void start_translator(void)
{
	sigset_t all, old;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return;
	fds[0] = high(fds[0]);
	messages.control = high(fds[1]);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	if (fds[0] >= 0 && messages.control >= 0)
		messages.process = fork();
	if (!messages.process && fds[0] >= 0 && messages.control >= 0)
		be_translator(fds[0]);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (fds[0] >= 0)
		close(fds[0]);
}

/* Without it, should there be no process or descriptor to be had, the names
 * are only less beautiful. */
void lw_messages_open(const char *output, const char *linked,
		      const char *rts_o)
{
	set_names(output, linked, rts_o);
	messages.process = -1;
	if (open_streams())
		start_translator();
	close_sources();
	if (messages.process <= 0)
		close_streams();
}

void lw_messages_child(void)
{
	for (int i = 0; i < 2; i++) {
		if (messages.ends[i] >= 0)
			dup2(messages.ends[i], i + 1);
	}
}

/* Safe in a signal handler, which waits for a second only: a reader that does
 * not read is no reason not to die. */
void lw_messages_close(bool in_handler)
{
	pid_t process = messages.process;
	int tries;

	if (process <= 0)
		return;
	close_streams();
	send(messages.control, "q", 1, MSG_NOSIGNAL);
	close(messages.control);
	for (tries = 0; in_handler && tries < 100; tries++) {
		if (waitpid(process, NULL, WNOHANG))
			return;
		poll(NULL, 0, 10);
	}
	while (!in_handler && waitpid(process, NULL, 0) < 0 && errno == EINTR)
		;
	messages.process = 0;
}

/* ---- files -------------------------------------------------------------- */

struct text {
	LW_ARRAY(char) bytes;
};

static void put_text(void *to, const char *p, size_t n)
{
	struct text *text = to;

	for (; n; n--)
		*(char *)LW_PUSH(&text->bytes) = *p++;
}

static bool write_text(const char *path, const char *p, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t at = 0;
	ssize_t n = 0;

	while (fd >= 0 && at < size) {
		n = pwrite(fd, p + at, size - at, (off_t)at);
		if (n < 0 && errno != EINTR)
			break;
		at += n > 0 ? (size_t)n : 0;
	}
	if (fd < 0 || at < size || ftruncate(fd, (off_t)size)) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	return !close(fd);
}

void lw_messages_file(const char *path, void (*edit)(char *))
{
	struct text text = { 0 };
	char *old = lw_read_text(path);

	if (!old)
		return;
	translate(old, strlen(old), true, put_text, &text);
	put_text(&text, "", 1);
	if (edit)
		edit(text.bytes.at);
	if (strcmp(text.bytes.at, old) &&
	    !write_text(path, text.bytes.at, strlen(text.bytes.at)))
		lw_say(LW_WRITE, "%s: %s", path, strerror(errno));
}
