/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_ether.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t frame[WIRE_ETHER_HEADER_BYTES] = {
	0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x06,
};

static void
test_every_length(void **state)
{
	struct wire_ether ether;
	uint32_t len;

	(void)state;
	for (len = 0; len < sizeof(frame); len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, frame, len);
		assert_false(wire_ether_parse(copy, len, &ether));
		free(copy);
	}
	assert_true(wire_ether_parse(frame, sizeof(frame), &ether));
	assert_int_equal(ether.type, RTE_ETHER_TYPE_ARP);
	assert_int_equal(ether.dst.addr_bytes[5], 1);
	assert_int_equal(ether.src.addr_bytes[5], 2);
}

static void
test_round_trip(void **state)
{
	uint8_t data[WIRE_ETHER_HEADER_BYTES + 1];
	struct wire_ether ether;

	(void)state;
	assert_true(wire_ether_parse(frame, sizeof(frame), &ether));
	wire_ether_write(data + 1, &ether); /* unaligned, too */
	assert_memory_equal(data + 1, frame, sizeof(frame));
}

static void
test_tag_is_a_type(void **state)
{
	static const uint8_t tagged[18] = {
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x81, 0, 0, 5, 8, 0,
	};
	struct wire_ether ether;

	(void)state;
	assert_true(wire_ether_parse(tagged, sizeof(tagged), &ether));
	assert_int_equal(ether.type, RTE_ETHER_TYPE_VLAN);
}

static void
test_tag(void **state)
{
	static const uint8_t tagged[18] = {
		0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x81, 0, 0x01, 0x05, 8, 6,
	};
	uint8_t data[18];
	uint32_t len;

	(void)state;
	memcpy(data + 4, frame, sizeof(frame));
	wire_ether_tag(data, 0x105);
	assert_memory_equal(data, tagged, sizeof(tagged));
	for (len = 0; len < sizeof(tagged); len++)
		assert_false(wire_ether_untag(data, len, 0x105));
	assert_false(wire_ether_untag(data, sizeof(data), 0x104));
	assert_memory_equal(data, tagged, sizeof(tagged));
	/* A priority, and a mark of what may be dropped first, are no part of the number. */
	data[14] |= 0xf0;
	assert_true(wire_ether_untag(data, sizeof(data), 0x105));
	assert_memory_equal(data + 4, frame, sizeof(frame));
	memcpy(data, frame, sizeof(frame));
	assert_false(wire_ether_untag(data, sizeof(data), 0x105));
	assert_memory_equal(data, frame, sizeof(frame));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_tag_is_a_type),
		cmocka_unit_test(test_tag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
