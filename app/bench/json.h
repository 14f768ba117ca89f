/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Results for programs.
 *
 * Threads: the main thread.
 */
#ifndef JSON_H
#define JSON_H

#include <stdio.h>

#include "result.h"

void json_write(FILE *out, const struct results *results);

#endif /* JSON_H */
