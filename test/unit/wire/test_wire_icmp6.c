/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "wire_icmp6.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <rte_common.h>

#define PACKET_BYTES 120

/* Whether it may be an error, also where nothing behind it can be read. */
static bool
may_be_error(const uint8_t *packet, uint32_t len)
{
	uint8_t *copy = malloc(len);
	bool may_be;

	memcpy(copy, packet, len);
	may_be = wire_icmp6_may_be_error(copy, len);
	free(copy);
	return may_be;
}

static void
test_types(void **state)
{
	uint8_t packet[PACKET_BYTES] = {0x60, [6] = IPPROTO_ICMPV6};
	unsigned int type;

	(void)state;
	for (type = 0; type <= UINT8_MAX; type++) {
		packet[40] = type;
		assert_int_equal(may_be_error(packet, sizeof(packet)),
				 type < 128 || type == WIRE_ICMP6_REDIRECT);
	}
	packet[40] = WIRE_ICMP6_UNREACHABLE;
	packet[6] = IPPROTO_TCP;
	assert_false(may_be_error(packet, sizeof(packet)));
	packet[6] = IPPROTO_NONE;
	assert_false(may_be_error(packet, 40));
}

static void
test_behind_extensions(void **state)
{
	static const uint8_t headers[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS};
	uint8_t packet[PACKET_BYTES] = {0x60};
	unsigned int i;
	uint32_t len;

	(void)state;
	for (i = 0; i < RTE_DIM(headers); i++) {
		packet[6] = headers[i];
		packet[40] = IPPROTO_FRAGMENT;
		packet[41] = 1; /* 16 bytes */
		packet[56] = IPPROTO_ICMPV6;
		packet[57] = 77; /* nothing */
		packet[58] = packet[59] = 0;
		packet[64] = WIRE_ICMP6_TOO_BIG;
		assert_true(may_be_error(packet, sizeof(packet)));
		packet[59] = 1; /* more fragments: the first of them */
		assert_true(may_be_error(packet, sizeof(packet)));
		packet[64] = WIRE_ICMP6_ECHO_REQUEST;
		assert_false(may_be_error(packet, 65));
		for (len = 40; len < 65; len++)
			assert_true(may_be_error(packet, len));
		packet[64] = WIRE_ICMP6_TOO_BIG;
		packet[59] = 8; /* not the first */
		assert_false(may_be_error(packet, sizeof(packet)));
		packet[56] = IPPROTO_UDP;
		packet[59] = 0;
		assert_false(may_be_error(packet, sizeof(packet)));
	}
	/* The longest header ends beyond the packet. */
	packet[6] = IPPROTO_DSTOPTS;
	packet[41] = UINT8_MAX;
	assert_true(may_be_error(packet, sizeof(packet)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_behind_extensions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
