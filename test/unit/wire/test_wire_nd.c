/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <rte_common.h>

#include "wire_icmp6.h"
#include "wire_nd.h"

static const struct tr_addr target = {{0x20, 1, 0xd, 0xb8, [15] = 2}};
static const struct rte_ether_addr mac = {{2, 0, 0, 0, 0, 2}};

static void
test_there_and_back(void **state)
{
	static const uint8_t types[] = {WIRE_ICMP6_ROUTER_SOLICITATION,
					WIRE_ICMP6_NEIGHBOUR_SOLICITATION,
					WIRE_ICMP6_NEIGHBOUR_ADVERTISEMENT};
	uint8_t data[WIRE_ND_BYTES_MAX];
	struct wire_nd read;
	unsigned int i, has_mac;
	uint32_t bytes, len;

	(void)state;
	for (i = 0; i < RTE_DIM(types); i++)
		for (has_mac = 0; has_mac < 2; has_mac++) {
			const struct wire_nd nd = {
				.type = types[i],
				.flags = i == 2 ? WIRE_ND_SOLICITED | WIRE_ND_OVERRIDE : 0,
				.target = i > 0 ? target : tr_addr_none(),
				.has_mac = has_mac,
				.mac = has_mac ? mac : (struct rte_ether_addr){{0}},
			};

			bytes = wire_nd_write(data, &nd);
			assert_true(wire_nd_parse(data, bytes, &read));
			assert_int_equal(read.type, nd.type);
			assert_int_equal(read.flags, nd.flags);
			assert_true(tr_addr_is_same(&read.target, &nd.target));
			assert_int_equal(read.has_mac, has_mac);
			if (has_mac)
				assert_memory_equal(&read.mac, &mac, sizeof(mac));
			/* Cut, it is no message, but where its only option is gone. */
			for (len = 0; len < bytes; len++)
				assert_int_equal(wire_nd_parse(data, len, &read),
						 has_mac && len == bytes - 8);
		}
}

static void
test_router_advertisement(void **state)
{
	uint8_t data[24] = {WIRE_ICMP6_ROUTER_ADVERTISEMENT,
			    [4] = 64,
			    [6] = 0x07,
			    0x08,
			    [16] = 1,
			    1,
			    2,
			    0,
			    0,
			    0,
			    0,
			    2};
	struct wire_nd nd;

	(void)state;
	assert_true(wire_nd_parse(data, sizeof(data), &nd));
	assert_int_equal(nd.router_lifetime_s, 1800);
	assert_true(nd.has_mac);
	assert_memory_equal(&nd.mac, &mac, sizeof(mac));
	data[1] = 1;
	assert_false(wire_nd_parse(data, sizeof(data), &nd));
}

/* Shows: 4861-limit. */
static void
test_hostile_options(void **state)
{
	uint8_t data[24 + 8 * 20] = {WIRE_ICMP6_NEIGHBOUR_SOLICITATION, [8] = 0x20, 1};
	struct wire_nd nd;
	unsigned int i;

	(void)state;
	data[24] = 1;
	assert_false(wire_nd_parse(data, 32, &nd)); /* of length 0 */
	data[25] = 2;
	assert_false(wire_nd_parse(data, 32, &nd)); /* beyond the message */
	assert_true(wire_nd_parse(data, 40, &nd)); /* longer than an Ethernet address */
	assert_false(nd.has_mac);
	data[24] = 200;
	assert_true(wire_nd_parse(data, 40, &nd)); /* unknown */
	for (i = 0; i < 20; i++)
		data[24 + 8 * i + 1] = 1;
	assert_false(wire_nd_parse(data, sizeof(data), &nd)); /* without end */
}

static void
test_target_is_a_host(void **state)
{
	uint8_t data[24] = {WIRE_ICMP6_NEIGHBOUR_SOLICITATION, [8] = 0xff, 2, [23] = 1};
	struct wire_nd nd;

	(void)state;
	assert_false(wire_nd_parse(data, sizeof(data), &nd));
	data[8] = 0xfe;
	assert_true(wire_nd_parse(data, sizeof(data), &nd));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_router_advertisement),
		cmocka_unit_test(test_hostile_options),
		cmocka_unit_test(test_target_is_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
