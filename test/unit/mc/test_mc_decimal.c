/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "mc_decimal.h"

static void
assert_written(uint64_t number)
{
	char written[MC_DECIMAL_MAX + 1];
	char expect[MC_DECIMAL_MAX + 1];
	char *end = mc_decimal_write(written, number);

	*end = '\0';
	snprintf(expect, sizeof(expect), "%" PRIu64, number);
	assert_string_equal(written, expect);
}

/* Every power of ten and its neighbours: where the number of digits changes. */
static void
test_as_printf_writes_it(void **state)
{
	uint64_t power = 1;
	unsigned int digits;

	(void)state;
	assert_written(0);
	for (digits = 1; digits <= MC_DECIMAL_MAX; digits++) {
		assert_written(power - 1);
		assert_written(power);
		assert_written(power + 1);
		power *= 10;
	}
	assert_written(UINT32_MAX);
	assert_written(UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_printf_writes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
