/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_arp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t request[WIRE_ARP_BYTES] = {
	0, 1, 8, 0, 6, 4, 0, 1, 0x02, 0, 0, 0, 0, 1, 10, 77, 0, 1, 0, 0, 0, 0, 0, 0, 10, 77, 0, 2,
};

static void
test_every_length(void **state)
{
	struct wire_arp arp;
	uint32_t len;

	(void)state;
	for (len = 0; len < sizeof(request); len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, request, len);
		assert_int_equal(wire_arp_parse(copy, len, &arp), WIRE_ARP_TRUNCATED);
		free(copy);
	}
	assert_int_equal(wire_arp_parse(request, sizeof(request), &arp), WIRE_ARP_OK);
	assert_int_equal(arp.operation, WIRE_ARP_REQUEST);
	assert_int_equal(arp.sender_mac.addr_bytes[5], 1);
	assert_int_equal(arp.sender_addr, RTE_BE32(0x0a4d0001));
	assert_int_equal(arp.target_addr, RTE_BE32(0x0a4d0002));
}

static void
test_bad(void **state)
{
	static const struct {
		uint8_t at;
		uint8_t value;
		enum wire_arp_error error;
	} cases[] = {
		{0, 1, WIRE_ARP_BAD_FORMAT},
		{1, 6, WIRE_ARP_BAD_FORMAT},
		{2, 0x86, WIRE_ARP_BAD_FORMAT},
		{3, 1, WIRE_ARP_BAD_FORMAT},
		{4, 0, WIRE_ARP_BAD_FORMAT},
		{4, 255, WIRE_ARP_BAD_FORMAT},
		{5, 16, WIRE_ARP_BAD_FORMAT},
		{6, 1, WIRE_ARP_BAD_OPERATION},
		{7, 0, WIRE_ARP_BAD_OPERATION},
		{7, 3, WIRE_ARP_BAD_OPERATION},
		{7, 2, WIRE_ARP_OK},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[WIRE_ARP_BYTES];
		struct wire_arp arp;

		memcpy(data, request, sizeof(data));
		data[cases[i].at] = cases[i].value;
		assert_int_equal(wire_arp_parse(data, sizeof(data), &arp), cases[i].error);
	}
}

static void
test_round_trip(void **state)
{
	uint8_t data[1 + WIRE_ARP_BYTES];
	struct wire_arp arp;

	(void)state;
	assert_int_equal(wire_arp_parse(request, sizeof(request), &arp), WIRE_ARP_OK);
	wire_arp_write(data + 1, &arp);
	assert_memory_equal(data + 1, request, sizeof(request));
	arp.operation = WIRE_ARP_REPLY;
	wire_arp_write(data + 1, &arp);
	assert_int_equal(wire_arp_parse(data + 1, WIRE_ARP_BYTES, &arp), WIRE_ARP_OK);
	assert_int_equal(arp.operation, WIRE_ARP_REPLY);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
