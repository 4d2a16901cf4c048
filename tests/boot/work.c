// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * work.c - plain C; not one line here knows of rtld
 *
 * but for the mark of a static variable, which must stand where it is seen.
 */
#include "work.h"
#include "config.h"
#include "paravirt.h"

static unsigned batch = 16;
RTS_VAR(batch);

__init void set_batch(unsigned n)
{
	batch = n;
}

const unsigned *batch_address(void)
{
	return &batch;
}

noinline uint64_t hash_sum(unsigned n)
{
	uint64_t h = hash_seed, sum = 0;

	while (n--) {
		h = h * 6364136223846793005u + 1442695040888963407u;
		sum += bucket_base[h >> cache_shift & hash_mask].weight;
		if (trace_level > 1)
			sum ^= h;
	}
	return sum;
}

noinline uint64_t batch_cost(unsigned n)
{
	uint64_t cost = 0;
	unsigned i;

	for (i = 0; i < n; i++) {
		cost += (uint64_t)i << (cache_shift & 31);
		cost += (uint64_t)(batch + i);
		cost -= (uint64_t)(int64_t)bias;
		barrier();		/* reloads what is not in text */
	}
	return cost;
}

/* Interrupts off and on again, by both kinds of mark. */
noinline uint64_t guarded_sum(unsigned n)
{
	uint64_t sum = 0;
	unsigned long on;
	unsigned i;

	for (i = 0; i < n; i++) {
		irq_disable();
		sum += hash_mask + i;
		irq_enable();
		on = pv_ops.irq_save();
		sum = sum * 3 + on;
		pv_ops.irq_restore(on);
	}
	return sum;
}

noinline unsigned get_cache_shift(void) { return cache_shift; }
noinline unsigned get_trace_level(void) { return trace_level; }
noinline unsigned get_batch(void) { return batch; }
noinline long get_bias(void) { return bias; }
noinline uintptr_t get_hash_mask(void) { return (uintptr_t)hash_mask; }
noinline uintptr_t get_hash_seed(void) { return (uintptr_t)hash_seed; }
noinline const void *get_bucket_base(void) { return bucket_base; }
noinline void tail_func(int c) { console_putc(c); }
noinline void tail_notify(void) { pv_notify(); }
noinline void tail_ops(void) { pv_ops.irq_enable(); }

/* barrier() behind the call keeps it from becoming a jump. */
noinline void call_func_disable(void) { irq_disable(); barrier(); }
noinline void call_func_enable(void) { irq_enable(); barrier(); }
noinline void call_func_clock(void) { sched_clock(); barrier(); }
noinline void call_func_putc(void) { console_putc('.'); barrier(); }
noinline void call_func_notify(void) { pv_notify(); barrier(); }
noinline void call_ops_save(void) { pv_ops.irq_save(); barrier(); }
noinline void call_ops_restore(void) { pv_ops.irq_restore(1); barrier(); }
noinline void call_ops_disable(void) { pv_ops.irq_disable(); barrier(); }
noinline void call_ops_enable(void) { pv_ops.irq_enable(); barrier(); }
noinline void call_ops_clock(void) { pv_ops.clock(); barrier(); }
noinline void call_ops_putc(void) { pv_ops.putc('.'); barrier(); }
