/* SPDX-License-Identifier: GPL-3.0-or-later */
/* patch.h - what patch.c replaces, in patched.c */
#ifndef PATCH_H
#define PATCH_H

#include "rtstatic.h"

int value(int x);
unsigned long depth(unsigned n);
long many(int a, int b, int c, int d, int e, int f, int g, int h, double i);
int from_elsewhere(int x);

#endif /* PATCH_H */
