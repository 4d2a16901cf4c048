// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * dump.c - the state of text, one line for each thing
 *
 *	rts: begin version 1 machine 62 crc 0x... address 0x... bias 0x...
 *	     marks N slots N sites N				(one line)
 *	rts: mark NAME KIND 0xADDRESS size N sites N bound N kept N dropped N
 *	rts: slot NAME+0xOFFSET width N value 0xV [<SYMBOL>] sites N bound N
 *	     kept N dropped N					(one line)
 *	rts: site 0xADDRESS NAME+0xOFFSET encoding I/N LINKED -> NOW
 *	rts: host NAME transactions N rounds N last N batches N
 *	rts: end bound N kept N dropped N
 *
 * Numbers are decimal, or hexadecimal with 0x.  KIND is var, ops or func.
 * LINKED and NOW are the site's bytes in hexadecimal: as the linker wrote
 * them, and as they are.  I counts from 0, so N-1 is the linked encoding;
 * instead of I/N it says "foreign" if the bytes are none of them.  Text that
 * is gone is not read: "gone" stands for all that follows the place.
 *
 * host is there if the host counts: rounds of interrupts to other CPUs, since it
 * began and in the last transaction.
 *
 * kept: the site holds its linked bytes; bound: it holds another encoding, or
 * another value; a foreign site is neither.  Addresses are run-time addresses,
 * but for that of `begin', which is the table's link-time one; bias is what is
 * to be added to it.
 *
 * Names are cut to RTLD_DUMP_NAME_ bytes, SYMBOL to RTLD_DUMP_SYMBOL_, and the
 * name before a site of more than 24 bytes to 9, so that no line is longer than
 * RTLD_DUMP_LINE_: it is built on the stack.
 */
#include "internal.h"

/* A line that is being built. */
struct line {
	const struct rtld_host *host;
	unsigned at;
	char text[RTLD_DUMP_LINE_];
};

struct counts {
	uint32_t sites, bound, kept, dropped;
};

/* ---- putting text ----------------------------------------------------- */

/* Never longer than the line: its last byte is the newline's. */
static void put_char(struct line *l, char c)
{
	if (l->at < sizeof(l->text) - 1)
		l->text[l->at++] = c;
}

static void put_cut(struct line *l, const char *s, unsigned most)
{
	for (; *s && most; s++, most--)
		put_char(l, *s);
}

static void put_text(struct line *l, const char *s)
{
	put_cut(l, s, RTLD_DUMP_LINE_);
}

static void put_digits(struct line *l, uint64_t value, int shift)
{
	for (; shift >= 0; shift -= 4)
		put_char(l, "0123456789abcdef"[value >> shift & 15]);
}

/* " 0x..." with as many digits as it needs, but at least so many. */
static void put_hex(struct line *l, uint64_t value, int digits)
{
	int shift = 60;

	while (shift > 4 * (digits - 1) && !(value >> shift))
		shift -= 4;
	put_text(l, "0x");
	put_digits(l, value, shift);
}

/* " NAME N": 32 bits, since a 64-bit division would need a library. */
static void put_count(struct line *l, const char *name, uint32_t value)
{
	uint32_t unit = 1;

	put_text(l, name);
	while (value / unit >= 10)
		unit *= 10;
	for (; unit; unit /= 10)
		put_char(l, (char)('0' + value / unit % 10));
}

static void put_counts(struct line *l, const struct counts *c)
{
	put_count(l, " bound ", c->bound);
	put_count(l, " kept ", c->kept);
	put_count(l, " dropped ", c->dropped);
}

static void start_line(struct line *l, const char *what)
{
	l->at = 0;
	put_text(l, "rts: ");
	put_text(l, what);
}

static void end_line(struct line *l)
{
	l->text[l->at++] = '\n';
	l->host->print(l->host->ctx, l->text, l->at);
}

/* ---- one line each ---------------------------------------------------- */

static void print_begin(struct line *l, const struct rtld *rt)
{
	uint64_t address = RTLD_GET64_(rt->image, struct rts_header, address);

	start_line(l, "begin");
	put_count(l, " version ",
		  RTLD_GET16_(rt->image, struct rts_header, version));
	put_count(l, " machine ",
		  RTLD_GET16_(rt->image, struct rts_header, machine));
	put_text(l, " crc ");
	put_hex(l, RTLD_HEAD_(rt, crc), 8);
	put_text(l, " address ");
	put_hex(l, address, 1);
	put_text(l, " bias ");
	put_hex(l, rt->address - address, 1);
	put_count(l, " marks ", RTLD_HEAD_(rt, mark_count));
	put_count(l, " slots ", RTLD_HEAD_(rt, slot_count));
	put_count(l, " sites ", RTLD_HEAD_(rt, site_count));
	end_line(l);
}

static void print_end(struct line *l, const struct counts *c)
{
	start_line(l, "end");
	put_counts(l, c);
	end_line(l);
}

static void print_host(struct line *l)
{
	struct rtld_rounds r;

	if (!l->host->rounds)
		return;
	l->host->rounds(l->host->ctx, &r);
	start_line(l, "host ");
	put_cut(l, r.name, RTLD_DUMP_NAME_);
	put_count(l, " transactions ", r.transactions);
	put_count(l, " rounds ", r.rounds);
	put_count(l, " last ", r.last);
	put_count(l, " batches ", r.batches);
	end_line(l);
}

static uint64_t at(const struct rtld *rt, int32_t relative)
{
	return rt->address + (uint64_t)(int64_t)relative;
}

static void print_mark(struct line *l, const struct rtld *rt,
		       const struct rts_mark *mark, const struct counts *c)
{
	start_line(l, "mark ");
	put_cut(l, rtld_name_(rt, mark->name), RTLD_DUMP_NAME_);
	put_text(l, mark->kind == RTS_KIND_VAR ? " var " :
		    mark->kind == RTS_KIND_OPS ? " ops " : " func ");
	put_hex(l, at(rt, mark->address), 1);
	put_count(l, " size ", mark->size);
	put_count(l, " sites ", c->sites);
	put_counts(l, c);
	end_line(l);
}

/* NAME+0xOFFSET of a slot. */
static void put_place(struct line *l, const struct rtld *rt,
		      const struct rts_slot *slot, unsigned most)
{
	struct rts_mark mark;

	if (!rtld_mark_(rt, slot->mark, &mark))
		return;
	put_cut(l, rtld_name_(rt, mark.name), most);
	put_char(l, '+');
	put_hex(l, (uint32_t)slot->address - (uint32_t)mark.address, 1);
}

static void put_symbol(struct line *l, uint64_t value)
{
	char name[RTLD_DUMP_SYMBOL_ + 1];

	if (!l->host->symbol ||
	    !l->host->symbol(l->host->ctx, value, name, sizeof(name)))
		return;
	name[RTLD_DUMP_SYMBOL_] = 0;
	put_text(l, " <");
	put_text(l, name);
	put_text(l, ">");
}

static void print_slot(struct line *l, const struct rtld *rt,
		       const struct rts_slot *slot, const struct counts *c)
{
	const unsigned char *p = rtld_pointer_(rt, at(rt, slot->address));
	uint64_t value = 0;

	for (unsigned i = slot->width; i--; )
		value = value << 8 | p[i];
	start_line(l, "slot ");
	put_place(l, rt, slot, RTLD_DUMP_NAME_);
	put_count(l, " width ", slot->width);
	put_text(l, " value ");
	put_hex(l, value, 1);
	/* Only what is as wide as an address can be one. */
	if (slot->width == 4 * RTLD_GET8_(rt->image, struct rts_header,
					  elf_class))
		put_symbol(l, value);
	put_count(l, " sites ", c->sites);
	put_counts(l, c);
	end_line(l);
}

static void put_bytes(struct line *l, const unsigned char *p, unsigned n)
{
	for (; n--; p++)
		put_digits(l, *p, 4);
}

static void print_site(struct line *l, const struct rtld *rt,
		       const struct rts_slot *slot, const struct rtld_site_ *s,
		       const unsigned char *text)
{

	start_line(l, "site ");
	put_hex(l, rt->fault.address, 1);
	put_char(l, ' ');
	put_place(l, rt, slot, s->length > 24 ? 9 : RTLD_DUMP_NAME_);
	if (!text) {
		put_text(l, " gone");
		end_line(l);
		return;
	}
	if (!s->off_linked || s->holds) {
		put_count(l, " encoding ", rtld_index_(s, !s->off_linked ? 1 :
			  s->chosen && !s->off_chosen ? s->chosen : s->holds));
		put_count(l, "/", rtld_encodings_(s));
	} else {
		put_text(l, " encoding foreign");
	}
	put_char(l, ' ');
	put_bytes(l, rt->fault.expected, s->length);
	put_text(l, " -> ");
	put_bytes(l, text, s->length);
	end_line(l);
}

/* ---- walking ---------------------------------------------------------- */

/* Count the sites of a slot, and print them if asked. */
static int walk_slot(struct line *l, struct rtld *rt, uint32_t index,
		     struct counts *c, int print)
{
	const struct rtld_host *host = l->host;
	const unsigned char *text;
	struct rtld_site_ s;
	struct rts_slot slot;
	int code;

	if (!rtld_slot_(rt, index, &slot))
		return 0;
	rtld_start_(rt, &s, index);
	while (!(code = rtld_next_(rt, &s))) {
		text = rtld_pointer_(rt, rt->fault.address);
		if (host->live && !host->live(host->ctx, text, s.length))
			text = NULL;
		c->sites++;
		if (!text)
			c->dropped++;
		else if (rtld_look_(rt, &s, text) && !s.off_linked)
			c->kept++;
		else if (s.holds)
			c->bound++;
		if (print)
			print_site(l, rt, &slot, &s, text);
	}
	return code == RTLD_END_ ? 0 : code;
}

/* The counts of one mark. */
static int count_mark(struct line *l, struct rtld *rt, uint32_t mark,
		      struct counts *c)
{
	struct rts_slot slot;
	int code = 0;

	c->sites = c->bound = c->kept = c->dropped = 0;
	for (uint32_t i = 0; !code && rtld_slot_(rt, i, &slot); i++) {
		if (slot.mark == mark)
			code = walk_slot(l, rt, i, c, 0);
	}
	return code;
}

static int print_slots(struct line *l, struct rtld *rt, uint32_t mark,
		       unsigned what)
{
	struct rts_slot slot;
	struct counts c;
	int code = 0;

	for (uint32_t i = 0; !code && rtld_slot_(rt, i, &slot); i++) {
		if (slot.mark != mark)
			continue;
		c.sites = c.bound = c.kept = c.dropped = 0;
		if (what & RTLD_DUMP_SLOTS) {
			code = walk_slot(l, rt, i, &c, 0);
			print_slot(l, rt, &slot, &c);
		}
		if (!code && what & RTLD_DUMP_SITES)
			code = walk_slot(l, rt, i, &c, 1);
	}
	return code;
}

static int print_all(struct line *l, struct rtld *rt, unsigned what)
{
	struct counts total = { 0, 0, 0, 0 }, c;
	struct rts_mark mark;
	int code;

	print_begin(l, rt);
	for (uint32_t i = 0; rtld_mark_(rt, i, &mark); i++) {
		code = count_mark(l, rt, i, &c);
		if (code)
			return code;
		if (what & RTLD_DUMP_MARKS)
			print_mark(l, rt, &mark, &c);
		if (what & (RTLD_DUMP_SLOTS | RTLD_DUMP_SITES))
			code = print_slots(l, rt, i, what);
		if (code)
			return code;
		total.sites += c.sites;
		total.bound += c.bound;
		total.kept += c.kept;
		total.dropped += c.dropped;
	}
	print_host(l);
	print_end(l, &total);
	return 0;
}

int rtld_dump(struct rtld *rt, const struct rtld_host *host, unsigned what)
{
	struct line line;
	unsigned char *fault;
	int code;

	if (!rt || !rt->image || !host || !host->print)
		return -RTLD_E_ARGUMENT;
	if (__atomic_exchange_n(&rt->busy, 1, __ATOMIC_ACQUIRE))
		return -RTLD_E_BUSY;
	fault = (unsigned char *)&rt->fault;
	for (unsigned i = 0; i < sizeof(rt->fault); i++)
		fault[i] = 0;
	line.host = host;
	line.at = 0;
	code = print_all(&line, rt, what);
	rt->fault.code = code;
	__atomic_store_n(&rt->busy, 0, __ATOMIC_RELEASE);
	return -code;
}
