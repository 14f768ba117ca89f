/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "load_popularity.h"

#include <math.h>

static double chance(double s, double x);
static double integral(double s, double x);
static double integral_inverse(double s, double y);

void
load_popularity_init(struct load_popularity *popularity, uint32_t nb_keys, double s)
{
	*popularity = (struct load_popularity){.nb_keys = nb_keys, .s = s};
	if (s == 0)
		return;
	popularity->first = integral(s, 1.5) - 1;
	popularity->last = integral(s, nb_keys + 0.5);
	popularity->accepted = 2 - integral_inverse(s, integral(s, 2.5) - chance(s, 2));
}

uint32_t
load_popularity_next(const struct load_popularity *popularity, struct load_random *random)
{
	double s = popularity->s;
	double y, x, rank;

	if (s == 0)
		return load_random_below(random, popularity->nb_keys);
	/* One draw nearly always; more than two hardly ever. */
	do {
		y = popularity->last + load_random_fraction(load_random_next(random)) *
					       (popularity->first - popularity->last);
		x = integral_inverse(s, y);
		rank = floor(x + 0.5);
		rank = fmax(1, fmin(rank, popularity->nb_keys));
	} while (rank - x > popularity->accepted && y < integral(s, rank + 0.5) - chance(s, rank));
	return (uint32_t)rank - 1;
}

/* Not normalised: x^-s. */
static double
chance(double s, double x)
{
	return exp(-s * log(x));
}

/* Its integral from 1: (x^(1-s) - 1) / (1-s), also where s is 1. */
static double
integral(double s, double x)
{
	double exponent = (1 - s) * log(x);

	return fabs(exponent) > 1e-8 ? expm1(exponent) / (1 - s) : log(x) * (1 + exponent / 2);
}

static double
integral_inverse(double s, double y)
{
	double t = fmax(-1, y * (1 - s));

	return fabs(t) > 1e-8 ? exp(log1p(t) / (1 - s)) : exp(y * (1 - t / 2));
}
