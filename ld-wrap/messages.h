/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * messages.h - for run.c and temp.c: what the real linker says
 */
#ifndef LW_MESSAGES_H
#define LW_MESSAGES_H

#include <stdbool.h>

/* How rts.o, which is no file of the user's, is called. */
#define LW_MESSAGES_OURS "<ld-wrap>"

/* From now on linked is output, and rts_o is <ld-wrap>. */
void lw_messages_open(const char *output, const char *linked,
		      const char *rts_o);
/* In the child that will be the linker. */
void lw_messages_child(void);
/* The linker has ended: what it said has been passed on. */
void lw_messages_close(bool in_handler);
/* The same names in a text file that the linker wrote, a map say; then, if
 * that is not all, edit() makes its text shorter. */
void lw_messages_file(const char *path, void (*edit)(char *text));

#endif /* LW_MESSAGES_H */
