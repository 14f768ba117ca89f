/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Results for people.
 *
 * Threads: the main thread.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

#include "result.h"

void table_write(FILE *out, const struct results *results);

#endif /* TABLE_H */
