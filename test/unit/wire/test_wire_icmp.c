/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ip.h>

static void
test_every_length(void **state)
{
	static const uint8_t echo[] = {8, 0, 0, 0, 0x12, 0x34, 0x00, 0x05};
	struct wire_icmp icmp;
	uint32_t len;

	(void)state;
	for (len = 0; len < sizeof(echo); len++) {
		uint8_t *copy = malloc(len > 0 ? len : 1);

		memcpy(copy, echo, len);
		assert_false(wire_icmp_parse(copy, len, &icmp));
		free(copy);
	}
	assert_true(wire_icmp_parse(echo, sizeof(echo), &icmp));
	assert_int_equal(icmp.type, WIRE_ICMP_ECHO_REQUEST);
	assert_int_equal(icmp.code, 0);
	assert_int_equal(icmp.echo_id, RTE_BE16(0x1234));
	assert_int_equal(icmp.echo_seq, RTE_BE16(5));
}

/* Each value of the checksum's field comes by: the update must carry as a new sum would. */
static void
test_reply_checksum(void **state)
{
	uint32_t id;

	(void)state;
	for (id = 0; id <= UINT16_MAX; id++) {
		uint8_t data[12] = {8, 0, 0, 0, id >> 8, id & 0xff, 0, 1, 'd', 'a', 't', 'a'};
		uint16_t sum = ~rte_raw_cksum(data, sizeof(data));

		memcpy(data + 2, &sum, sizeof(sum));
		wire_icmp_echo_reply(data);
		assert_int_equal(data[0], WIRE_ICMP_ECHO_REPLY);
		assert_int_equal(rte_raw_cksum(data, sizeof(data)), 0xffff);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_reply_checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
