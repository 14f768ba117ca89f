/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/**
 * @file
 * Decimal numbers in replies: each retrieval writes two or three. printf() takes several hundred
 * instructions for what needs a few per digit.
 *
 * Threads: any.
 */
#ifndef MC_DECIMAL_H
#define MC_DECIMAL_H

#include <stdint.h>

/** Digits of the largest number. */
#define MC_DECIMAL_MAX 20

/**
 * Write a number without sign, leading zeros or terminator.
 *
 * @param to
 *   Room for MC_DECIMAL_MAX bytes.
 * @return
 *   The byte after the last digit.
 */
static inline char *
mc_decimal_write(char *to, uint64_t number)
{
	uint64_t limit = 100;
	unsigned int digits = 2;
	char *end, *at;

	if (number < 10) {
		*to = '0' + number;
		return to + 1;
	}
	for (; digits < MC_DECIMAL_MAX && number >= limit; limit *= 10)
		digits++;
	end = to + digits;
	at = end;
	do {
		*--at = '0' + number % 10;
		number /= 10;
	} while (number > 0);
	return end;
}

#endif /* MC_DECIMAL_H */
