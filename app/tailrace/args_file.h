/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * A configuration file: its entries, as rte_cfgfile reads them, and the lines on which they stand.
 * What rte_cfgfile would pass over or cut short without a word is refused.
 *
 * Threads: the control thread.
 */
#ifndef ARGS_FILE_H
#define ARGS_FILE_H

#include <stddef.h>

#include <rte_cfgfile.h>

/** The one section that there is. */
#define ARGS_FILE_SECTION "tailrace"

/** Most entries of a file. */
#define ARGS_FILE_ENTRIES_MAX 64

/** What a file says, in its order. */
struct args_file {
	struct rte_cfgfile_entry entries[ARGS_FILE_ENTRIES_MAX];
	unsigned int lines[ARGS_FILE_ENTRIES_MAX]; /* of each entry, from 1 */
	unsigned int nb;
};

/**
 * Read a file.
 *
 * @param file
 *   Filled in.
 * @param path
 *   Its name.
 * @param error
 *   On failure: one line that names the file, the line, and what would do.
 * @param error_size
 *   Room at error, in bytes.
 * @return
 *   0 or -EINVAL.
 */
int args_file_read(struct args_file *file, const char *path, char *error, size_t error_size);

#endif /* ARGS_FILE_H */
