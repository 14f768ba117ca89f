/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Numbers with units, as they are typed: "0.1%", "20ms", "100m". Any thread.
 */
#ifndef UNITS_H
#define UNITS_H

#include <stdint.h>

/** Read a share from 0% to 100%, in parts of a million. 0 or -EINVAL. */
int units_read_ppm(const char *text, uint32_t *ppm);

/** Read a time in us, ms or s, up to ten seconds, in microseconds. 0 or -EINVAL. */
int units_read_us(const char *text, uint32_t *us);

/** Read a rate in bits a second, with k, m or g, from 1k to 1000g. 0 or -EINVAL. */
int units_read_bps(const char *text, uint64_t *bps);

#endif /* UNITS_H */
