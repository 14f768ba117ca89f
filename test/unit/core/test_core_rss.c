/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The hash of connections, against vectors that were published and against DPDK's; and its owners.
 */
#include "core_rss.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_common.h>
#include <rte_thash.h>

/* "Verifying the RSS Hash Calculation", Windows driver documentation: the key, and its vectors. */
static const uint8_t key[CORE_RSS_KEY_BYTES] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static const struct vector {
	const char *dst;
	uint16_t dst_port;
	const char *src;
	uint16_t src_port;
	uint32_t hash;
} vectors_ipv4[] =
	{
		{"161.142.100.80", 1766, "66.9.149.187", 2794, 0x51ccc178},
		{"65.69.140.83", 4739, "199.92.111.2", 14230, 0xc626b0ea},
		{"12.22.207.184", 38024, "24.19.198.95", 12898, 0x5c2b394a},
		{"209.142.163.6", 2217, "38.27.205.30", 48228, 0xafc7327f},
		{"202.188.127.2", 1303, "153.39.163.191", 44251, 0x10e828a2},
},
  vectors_ipv6[] = {
	  {"3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x40207d3d},
	  {"ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0xdde51bbf},
	  {"fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
	   0x02d1feef},
};

static struct core_rss rss;

static unsigned int
flow_of(const struct vector *vector, int family, uint8_t *flow)
{
	unsigned int bytes = family == AF_INET ? 4 : 16;
	rte_be16_t ports[] = {rte_cpu_to_be_16(vector->src_port),
			      rte_cpu_to_be_16(vector->dst_port)};

	assert_int_equal(inet_pton(family, vector->src, flow), 1);
	assert_int_equal(inet_pton(family, vector->dst, flow + bytes), 1);
	memcpy(flow + 2 * bytes, ports, sizeof(ports));
	return 2 * bytes + sizeof(ports);
}

static void
test_vectors(void **state)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes, i;

	(void)state;
	core_rss_init(&rss, key, 1);
	for (i = 0; i < RTE_DIM(vectors_ipv4); i++) {
		bytes = flow_of(&vectors_ipv4[i], AF_INET, flow);
		assert_int_equal(bytes, WIRE_FLOW_IPV4_BYTES);
		assert_int_equal(core_rss_hash(&rss, flow, bytes), vectors_ipv4[i].hash);
	}
	for (i = 0; i < RTE_DIM(vectors_ipv6); i++) {
		bytes = flow_of(&vectors_ipv6[i], AF_INET6, flow);
		assert_int_equal(bytes, WIRE_FLOW_IPV6_BYTES);
		assert_int_equal(core_rss_hash(&rss, flow, bytes), vectors_ipv6[i].hash);
	}
}

static void
fill_random(uint8_t *data, unsigned int len)
{
	while (len-- > 0)
		data[len] = random();
}

/* Any key, any flow: as DPDK has it, and as devices. */
static void
test_same_as_dpdk(void **state)
{
	uint8_t random_key[CORE_RSS_KEY_BYTES];
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	uint32_t words[WIRE_FLOW_BYTES_MAX / 4];
	unsigned int turn, bytes, i;

	(void)state;
	srandom(1);
	for (turn = 0; turn < 200; turn++) {
		bytes = turn % 2 ? WIRE_FLOW_IPV4_BYTES : WIRE_FLOW_IPV6_BYTES;
		fill_random(random_key, sizeof(random_key));
		fill_random(flow, sizeof(flow));
		for (i = 0; i < RTE_DIM(words); i++) {
			memcpy(&words[i], flow + 4 * i, sizeof(words[i]));
			words[i] = rte_be_to_cpu_32(words[i]);
		}
		core_rss_init(&rss, random_key, 1);
		assert_int_equal(core_rss_hash(&rss, flow, bytes),
				 rte_softrss(words, bytes / 4, random_key));
	}
}

/* However many cores: each has about its share of connections, of few and of many. */
static void
test_owners_are_even(void **state)
{
	unsigned int owned[8];
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int nb, i;

	(void)state;
	srandom(1);
	for (nb = 1; nb <= RTE_DIM(owned); nb++) {
		core_rss_init(&rss, key, nb);
		memset(owned, 0, sizeof(owned));
		for (i = 0; i < 10000; i++) {
			fill_random(flow, sizeof(flow));
			owned[core_rss_owner(&rss,
					     core_rss_hash(&rss, flow, WIRE_FLOW_IPV4_BYTES))]++;
		}
		for (i = 0; i < RTE_DIM(owned); i++)
			if (i < nb)
				assert_in_range(owned[i], 10000 / nb * 9 / 10,
						10000 / nb * 11 / 10);
			else
				assert_int_equal(owned[i], 0);
	}
}

/* Successive ports of a peer: of as many as a table has entries, each has one, whatever the key. */
static void
test_successive_ports_are_spread(void **state)
{
	static const unsigned int lengths[] = {WIRE_FLOW_IPV4_BYTES, WIRE_FLOW_IPV6_BYTES};
	uint8_t drawn[CORE_RSS_KEY_BYTES], flow[WIRE_FLOW_BYTES_MAX];
	bool has[CORE_RSS_ENTRIES];
	unsigned int turn, bytes, nb, i, entry;

	(void)state;
	srandom(1);
	for (turn = 0; turn < 400; turn++) {
		assert_int_equal(core_rss_key_draw(drawn), 0);
		core_rss_init(&rss, drawn, 1);
		bytes = lengths[turn % 2];
		fill_random(flow, sizeof(flow));
		for (nb = 2; nb <= CORE_RSS_ENTRIES; nb *= 2) {
			memset(has, 0, sizeof(has));
			for (i = 0; i < nb; i++) {
				flow[bytes - 4] = (flow[bytes - 4] & ~(nb - 1) >> 8) | i >> 8;
				flow[bytes - 3] = (flow[bytes - 3] & ~(nb - 1)) | i;
				entry = core_rss_hash(&rss, flow, bytes) % nb;
				assert_false(has[entry]);
				has[entry] = true;
			}
		}
	}
}

/* A key is nobody's twice. */
static void
test_keys_differ(void **state)
{
	uint8_t first[CORE_RSS_KEY_BYTES], second[CORE_RSS_KEY_BYTES];

	(void)state;
	assert_int_equal(core_rss_key_draw(first), 0);
	assert_int_equal(core_rss_key_draw(second), 0);
	assert_memory_not_equal(first, second, sizeof(first));
}

/* Of a connection of ours: whose the segments of its peer are. */
static void
test_owner_of_a_connection(void **state)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	struct ip_ends ends;
	unsigned int bytes, i;
	bool seen[3] = {false};

	(void)state;
	core_rss_init(&rss, key, RTE_DIM(seen));
	for (i = 0; i < 64; i++) {
		const struct vector *vector = &(i % 2 ? vectors_ipv6 : vectors_ipv4)[0];
		uint16_t owner;

		bytes = flow_of(vector, i % 2 ? AF_INET6 : AF_INET, flow);
		assert_true(tr_addr_parse(vector->src, &ends.remote));
		assert_true(tr_addr_parse(vector->dst, &ends.local));
		flow[bytes - 1] = i;
		owner = core_rss_conn_owner(&rss, &ends, rte_cpu_to_be_16(vector->src_port),
					    rte_cpu_to_be_16((vector->dst_port & 0xff00) | i));
		assert_int_equal(owner, core_rss_owner(&rss, core_rss_hash(&rss, flow, bytes)));
		seen[owner] = true;
	}
	assert_true(seen[0] && seen[1] && seen[2]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_same_as_dpdk),
		cmocka_unit_test(test_owners_are_even),
		cmocka_unit_test(test_successive_ports_are_spread),
		cmocka_unit_test(test_keys_differ),
		cmocka_unit_test(test_owner_of_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
