/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_checksum.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 1071 section 3's example. */
static void
test_example(void **state)
{
	static const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	(void)state;
	assert_int_equal(wire_checksum_sum(data, sizeof(data)), RTE_BE16(0xddf2));
	assert_int_equal(wire_checksum_sum(data, 0), 0);
}

/* A sum can be put together from two parts, wherever the cut is. */
static void
test_parts(void **state)
{
	uint8_t data[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = 0xff - i % 3;
	for (i = 0; i <= sizeof(data); i++) {
		uint16_t head = wire_checksum_sum(data, i);
		uint16_t tail = wire_checksum_sum(data + i, sizeof(data) - i);

		if (i % 2 != 0)
			tail = wire_checksum_swap(tail);
		assert_int_equal(wire_checksum_add(head, tail),
				 wire_checksum_sum(data, sizeof(data)));
	}
}

static void
test_pseudo(void **state)
{
	static const uint8_t header[] = {10, 77, 0, 2, 192, 0, 2, 7, 0, 6, 0xff, 0x98};

	(void)state;
	assert_int_equal(
		wire_checksum_pseudo(RTE_BE32(0x0a4d0002), RTE_BE32(0xc0000207), 6, 0xff98),
		wire_checksum_sum(header, sizeof(header)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_pseudo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
