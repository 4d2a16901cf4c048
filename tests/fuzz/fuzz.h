/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz.h - what a fuzz target gives to libFuzzer, or to fuzz_main.c */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target may have a mutator of its own, in a file of its own; and that may
 * ask for the general one. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max,
			       unsigned seed) __attribute__((weak));
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* The n-th valid input to begin from; 0 if there is no such. */
size_t fuzz_seed(unsigned n, uint8_t *to, size_t room);

/* How often inputs got so far; a run that never gets anywhere is a failure.
 * The names end in NULL. */
extern unsigned long fuzz_reached[];
extern const char *const fuzz_reached_names[];

#endif /* FUZZ_H */
