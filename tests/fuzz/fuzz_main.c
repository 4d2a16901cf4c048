/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz_main.c - run a fuzz target without libFuzzer
 *
 *	fuzz_NAME [ITERATIONS [SEED]]	mutate the seeds, always in the same way
 *	fuzz_NAME -f FILE...		the inputs that a fuzzer has found
 *	fuzz_NAME -w DIRECTORY		write the seeds, for libFuzzer
 *
 * Deterministic: what fails in `make check' fails again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define ROOM	16384

static uint64_t state;

/* xorshift64*: any generator will do, as long as it is ours. */
static uint32_t number(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 0x2545f4914f6cdd1d) >> 33) % below;
}

static void put(uint8_t *to, uint64_t value, unsigned n)
{
	for (; n--; value >>= 8)
		*to++ = (uint8_t)value;
}

/* Numbers at the edges of what fields hold. */
static uint64_t edge(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 63, 64, 65, 103, 104, 127,
		128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff,
		0x80000000, 0xffffffff, 0x7fffffffffffffff,
		0x8000000000000000, 0xffffffffffffffff,
	};

	return edges[number(sizeof(edges) / sizeof(*edges))];
}

static size_t mutate(uint8_t *data, size_t size)
{
	unsigned width = 1u << number(4);
	size_t at = number((uint32_t)size), from = number((uint32_t)size);

	if (at + width > size || from + width > size)
		return size;
	switch (number(16)) {
	case 0:
		return number(8) ? size : at;
	case 1:
	case 2:
		memmove(data + at, data + from, width);
		return size;
	case 3:
	case 4:
	case 5:
		put(data + at, edge(), width);
		return size;
	case 6:
	case 7:
		data[at] = (uint8_t)(data[at] + 1);
		return size;
	case 8:
		data[at] = (uint8_t)(data[at] - 1);
		return size;
	case 9:
		data[at] = (uint8_t)number(256);
		return size;
	default:
		data[at] ^= (uint8_t)(1u << number(8));
		return size;
	}
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	(void)max;
	return size ? mutate(data, size) : 0;
}

/* The target's own mutator, if it has one, for half of the inputs. */
static size_t mutate_somehow(uint8_t *data, size_t size)
{
	if (LLVMFuzzerCustomMutator && number(2))
		return LLVMFuzzerCustomMutator(data, size, ROOM,
					       number(1u << 31));
	for (unsigned n = number(8); size && n; n--)
		size = mutate(data, size);
	return size;
}

static void run(const uint8_t *data, size_t size)
{
	/* A block of just that size, for ASan. */
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		exit(99);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void iterate(unsigned long iterations)
{
	static uint8_t data[ROOM];
	unsigned seeds = 0;
	size_t size;

	while ((size = fuzz_seed(seeds, data, ROOM))) {
		run(data, size);
		seeds++;
	}
	while (seeds && iterations--) {
		size = fuzz_seed(number(seeds), data, ROOM);
		run(data, mutate_somehow(data, size));
	}
}

static int run_files(int count, char **names)
{
	static uint8_t data[ROOM];

	for (int i = 0; i < count; i++) {
		FILE *f = fopen(names[i], "rb");

		if (!f) {
			perror(names[i]);
			return 99;
		}
		run(data, fread(data, 1, ROOM, f));
		fclose(f);
	}
	return 0;
}

static int write_seeds(const char *directory)
{
	static uint8_t data[ROOM];
	size_t size;

	for (unsigned n = 0; (size = fuzz_seed(n, data, ROOM)); n++) {
		char name[4096];
		FILE *f;

		snprintf(name, sizeof(name), "%s/seed-%u", directory, n);
		f = fopen(name, "wb");
		if (!f || fwrite(data, 1, size, f) != size || fclose(f)) {
			perror(name);
			return 99;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned long iterations = 20000;
	unsigned i, count = 0;

	if (argc > 2 && !strcmp(argv[1], "-f"))
		return run_files(argc - 2, argv + 2);
	if (argc == 3 && !strcmp(argv[1], "-w"))
		return write_seeds(argv[2]);
	if (argc > 1)
		iterations = strtoul(argv[1], NULL, 0);
	state = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
	state = state * 2 + 1;	/* never 0, from where there is no way out */
	iterate(iterations);
	for (i = 0; fuzz_reached_names[i]; i++) {
		printf("%sok %u - %s: %lu\n", fuzz_reached[i] ? "" : "not ",
		       i + 1, fuzz_reached_names[i], fuzz_reached[i]);
		count += fuzz_reached[i] != 0;
	}
	printf("1..%u\n", i);
	return count == i ? 0 : 1;
}
