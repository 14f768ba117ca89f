/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PPM_MAX 1000000
#define US_MAX 10000000
#define BPS_MIN 1000
#define BPS_MAX 1e12

/* A unit, and what it is worth. */
struct unit {
	const char *name;
	double factor;
};

static int read_number(const char *text, const struct unit *units, double min, double max,
		       double *number);

int
units_read_ppm(const char *text, uint32_t *ppm)
{
	static const struct unit units[] = {{"%", 10000}, {NULL, 0}};
	double number;

	if (read_number(text, units, 0, PPM_MAX, &number) < 0)
		return -EINVAL;
	*ppm = (uint32_t)number;
	return 0;
}

int
units_read_us(const char *text, uint32_t *us)
{
	static const struct unit units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {NULL, 0}};
	double number;

	if (read_number(text, units, 0, US_MAX, &number) < 0)
		return -EINVAL;
	*us = (uint32_t)number;
	return 0;
}

int
units_read_bps(const char *text, uint64_t *bps)
{
	static const struct unit units[] = {{"", 1}, {"k", 1e3}, {"m", 1e6}, {"g", 1e9}, {NULL, 0}};
	double number;

	if (read_number(text, units, BPS_MIN, BPS_MAX, &number) < 0)
		return -EINVAL;
	*bps = (uint64_t)number;
	return 0;
}

/* A decimal number and a unit behind it, together rounded to a whole number in these bounds. */
static int
read_number(const char *text, const struct unit *units, double min, double max, double *number)
{
	size_t digits = strspn(text, "0123456789.");
	char *end;
	double value;

	if (!isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[digits - 1]))
		return -EINVAL;
	value = strtod(text, &end);
	if (end != text + digits)
		return -EINVAL;
	while (units->name != NULL && strcmp(units->name, end) != 0)
		units++;
	if (units->name == NULL)
		return -EINVAL;
	*number = floor(value * units->factor + 0.5);
	return *number >= min && *number <= max ? 0 : -EINVAL;
}
