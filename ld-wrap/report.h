/* SPDX-License-Identifier: GPL-3.0-or-later */
/* report.h - between account.c and report.c */
#ifndef REPORT_H
#define REPORT_H

#include "lw.h"

const char *lw_reason_name(enum lw_reason reason);

/* FILE:(SECTION+OFFSET): in function `NAME'+OFFSET */
char *lw_reference_place(const struct lw_reference *reference);

#endif /* REPORT_H */
