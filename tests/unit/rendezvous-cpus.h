/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rendezvous-cpus.h - for test_rendezvous.c: threads as CPUs, and the kernel's
 * callbacks that they stand behind
 */
#define CPUS	4
#define PATIENCE	60000000000ull	/* the machine may be loaded */
#define SHORT		500000000ull
#define GET(x)		__atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define PUT(x, value)	__atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)

static struct rtld_rendezvous r;
static struct rtld_rendezvous_cpu entries[CPUS];

static struct cpu {
	pthread_t thread;
	unsigned number;
	int interrupt, deaf, offline, stop, initiates;	/* atomic */
	int parked;		/* its own, read by CPU 0 when it has stopped */
	int park_code;
	uint64_t pc;
	struct rtld rt;		/* the same table */
	unsigned passes, torn, done, refused;	/* atomic */
} cpus[CPUS];
static __thread unsigned me;

static int send_code, protect_code, is_open, returns_code;
static int online_from;		/* CPU 3 is, from this question on */
static unsigned asked, wrote_early, unbalanced;

/* ---- the kernel's callbacks --------------------------------------------- */

static unsigned self(void *kernel)
{
	(void)kernel;
	return me;
}

static int online(void *kernel, unsigned cpu)
{
	(void)kernel;
	if (cpu == 3)
		return (int)asked++ >= online_from;
	return 1;
}

static int send_all(void *kernel)
{
	unsigned i;

	(void)kernel;
	if (send_code < 0)
		return send_code;
	for (i = 0; i < CPUS; i++)
		if (i != me)
			PUT(cpus[i].interrupt, 1);
	return 0;
}

static uint64_t now(void *kernel)
{
	struct timespec t;

	(void)kernel;
	sched_yield();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int park(void *kernel, int on)
{
	struct cpu *cpu = &cpus[me];

	(void)kernel;
	if (on && cpu->park_code < 0)
		return cpu->park_code;
	if (cpu->parked == on)
		PUT(unbalanced, 1);
	cpu->parked = on;
	return 0;
}

static int protect(void *kernel, int on)
{
	unsigned i;

	(void)kernel;
	for (i = 0; i < CPUS; i++)
		if (!cpus[i].parked)
			PUT(wrote_early, 1);
	if (on && protect_code < 0)
		return protect_code;
	is_open = on;
	return 0;
}

static int returns(void *kernel, const void *text, size_t n)
{
	(void)kernel;
	(void)text;
	(void)n;
	return returns_code;
}

/* ---- a CPU: reads, is interrupted, sometimes initiates ------------------ */

static unsigned char texts[2][sizeof(world.text)];

/* Memory and text as they are before and behind a switch-over; and both. */
static int whole(void)
{
	unsigned n = world.shift;

	return n < 2 && world.big == n + 1000ull &&
	       !memcmp(world.text, texts[n], sizeof(texts[n]));
}

static void take_interrupt(struct cpu *cpu)
{
	if (GET(cpu->deaf) ||
	    !__atomic_exchange_n(&cpu->interrupt, 0, __ATOMIC_SEQ_CST))
		return;
	rtld_rendezvous_enter(&r, cpu->number, cpu->pc);
}

static void initiate(struct cpu *cpu)
{
	if (rtld_bind(&cpu->rt, &r.host) == 0)
		__atomic_add_fetch(&cpu->done, 1, __ATOMIC_SEQ_CST);
	else
		__atomic_add_fetch(&cpu->refused, 1, __ATOMIC_SEQ_CST);
}

static void *run_cpu(void *arg)
{
	struct cpu *cpu = arg;

	me = cpu->number;
	while (!GET(cpu->stop)) {
		take_interrupt(cpu);
		if (!GET(cpu->offline) && !whole())
			__atomic_add_fetch(&cpu->torn, 1, __ATOMIC_SEQ_CST);
		if (GET(cpu->initiates))
			initiate(cpu);
		__atomic_add_fetch(&cpu->passes, 1, __ATOMIC_SEQ_CST);
		sched_yield();
	}
	return NULL;
}

/* ---- the frame of a test ------------------------------------------------ */

static int change(void *arg)
{
	const uint32_t *n = arg;

	world.shift = *n % 2;
	world.big = world.shift + 1000ull;
	world.ops.second = world.functions + 16 + *n % 2 * 8;
	return 0;
}

static int switch_to(uint32_t n)
{
	return rtld_switch(&rt, &r.host, change, &n);
}

/* What text is with an even and an odd value, found out before anybody runs. */
static void know_texts(void)
{
	uint32_t n;

	for (n = 2; n--; ) {
		change(&n);
		assert_int_equal(rtld_bind(&rt, NULL), 0);
		memcpy(texts[n], world.text, sizeof(texts[n]));
	}
	saved = world;
}

static void reset(void)
{
	memset(&r, 0, sizeof(r));
	memset(entries, 0, sizeof(entries));
	memset(cpus, 0, sizeof(cpus));
	r.cpus = entries;
	r.count = CPUS;
	r.self = self;
	r.online = online;
	r.send = send_all;
	r.now = now;
	r.timeout = PATIENCE;
	r.protect = protect;
	r.park = park;
	r.returns = returns;
	rtld_rendezvous_host(&r);
	send_code = protect_code = is_open = returns_code = 0;
	online_from = 0;
	asked = wrote_early = unbalanced = 0;
	me = 0;
}

static int setup_cpus(void **state)
{
	unsigned i;

	setup(state);
	reset();
	know_texts();
	for (i = 1; i < CPUS; i++) {
		cpus[i].number = i;
		cpus[i].rt = rt;
		pthread_create(&cpus[i].thread, NULL, run_cpu, &cpus[i]);
	}
	return 0;
}

/* They all went on to the end, saw nothing torn, and none is parked. */
static int stop_cpus(void **state)
{
	unsigned i;

	(void)state;
	for (i = 1; i < CPUS; i++) {
		PUT(cpus[i].stop, 1);
		pthread_join(cpus[i].thread, NULL);
		assert_int_equal(cpus[i].torn, 0);
		assert_int_equal(cpus[i].parked, 0);
	}
	assert_int_equal(cpus[0].parked, 0);
	assert_int_equal(wrote_early, 0);
	assert_int_equal(unbalanced, 0);
	assert_int_equal(is_open, 0);
	assert_int_equal(r.present, 0);
	return 0;
}

static void all_go_on(void)
{
	unsigned i, passes;

	for (i = 1; i < CPUS; i++) {
		passes = GET(cpus[i].passes);
		while (GET(cpus[i].passes) < passes + 2)
			sched_yield();
	}
}

/* Interrupts off, and it has noticed. */
static void deafen(unsigned cpu)
{
	PUT(cpus[cpu].deaf, 1);
	all_go_on();
}

static void refused_as(int reason, unsigned missing, int callback)
{
	saved = world;
	assert_int_equal(switch_to(world.shift + 1), -RTLD_E_HOST);
	assert_int_equal(rt.fault.host, -reason);
	assert_int_equal(r.reason, reason);
	assert_int_equal(r.missing, missing);
	assert_int_equal(r.callback, callback);
	nothing_changed();
	all_go_on();
}

/* After a refusal the next one is as if there had been none. */
static void works_again(void)
{
	unsigned stops = r.stops;

	assert_int_equal(switch_to(world.shift + 1), 0);
	assert_int_equal(r.stops, stops + 1);
	assert_int_equal(r.reason, 0);
	assert_true(whole());
	all_go_on();
}
