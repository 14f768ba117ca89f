/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "output.h"

#include <errno.h>
#include <string.h>

FILE *
output_open(const char *name, char *error, size_t error_size)
{
	FILE *out = fopen(name, "w");

	if (out == NULL)
		snprintf(error, error_size, "%s: %s", name, strerror(errno));
	return out;
}

int
output_close(FILE *out, const char *name, char *error, size_t error_size)
{
	int failed = ferror(out);

	if (fclose(out) == 0 && !failed)
		return 0;
	snprintf(error, error_size, "%s: %s", name, strerror(errno));
	return -EIO;
}
