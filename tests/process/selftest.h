/* SPDX-License-Identifier: GPL-3.0-or-later */
/* selftest.h - counted checks, and the self-test of the process demo */
#ifndef PROCESS_SELFTEST_H
#define PROCESS_SELFTEST_H

#include <stdbool.h>

extern unsigned checks, failed;

void expect(bool holds, const char *subject, const char *what);

/* bound: sites carry what memory holds now; else they are as linked. */
void selftest(const char *step, bool bound);

#endif /* PROCESS_SELFTEST_H */
