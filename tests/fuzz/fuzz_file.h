/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fuzz_file.h - files that linkers read, damaged where it matters */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Change an object, an archive or a script, in room bytes; by numbers of
 * fuzz_number.h.  Returns its size. */
size_t fuzz_file_mutate(uint8_t *data, size_t size, size_t room);

#endif /* FUZZ_FILE_H */
