/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_size.h"

#include <math.h>

#include <rte_common.h>

/* Keys: generalised extreme value distribution. */
#define ETC_KEY_LOCATION 30.7984
#define ETC_KEY_SCALE 8.20449
#define ETC_KEY_SHAPE 0.078688

/* Values from 15 bytes on: generalised Pareto distribution; its location 0 stands for 15 bytes. */
#define ETC_VALUE_SCALE 214.476
#define ETC_VALUE_SHAPE 0.348238

/* Parts of the values that have 0 to 14 bytes. */
static const double etc_small_values[] = {
	0.00536, 0.00047, 0.17820, 0.09239, 0.00018, 0.02740, 0.00065, 0.00606,
	0.00023, 0.00837, 0.00837, 0.08989, 0.00092, 0.00326, 0.01980,
};

static double etc_key(double fraction);
static double etc_value(double fraction);

uint32_t
load_size_at(const struct load_size *size, double fraction)
{
	double bytes;

	switch (size->kind) {
	case LOAD_SIZE_ETC_KEY:
		bytes = etc_key(fraction);
		break;
	case LOAD_SIZE_ETC_VALUE:
		bytes = etc_value(fraction);
		break;
	default:
		bytes = size->min + floor(fraction * (size->max - size->min + 1.0));
		break;
	}
	if (bytes < size->min)
		return size->min;
	return RTE_MIN(bytes, (double)size->max);
}

static double
etc_key(double fraction)
{
	return floor(ETC_KEY_LOCATION +
		     ETC_KEY_SCALE / ETC_KEY_SHAPE * (pow(-log(fraction), -ETC_KEY_SHAPE) - 1));
}

static double
etc_value(double fraction)
{
	double below = 0;
	unsigned int i;

	for (i = 0; i < RTE_DIM(etc_small_values); i++) {
		below += etc_small_values[i];
		if (fraction < below)
			return i;
	}
	fraction = (fraction - below) / (1 - below);
	return floor(RTE_DIM(etc_small_values) +
		     ETC_VALUE_SCALE / ETC_VALUE_SHAPE * (pow(1 - fraction, -ETC_VALUE_SHAPE) - 1));
}
