/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ip_host.h"
#include "test_eal.h"

#include <netinet/in.h>

#include "ip_internal.h"

#define SEGMENT_MAX 1460

/** Straight from RFC 1071, to compare with. */
static uint16_t
reference(const uint8_t *data, uint32_t len, uint32_t sum)
{
	uint32_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? data[i] << 8 : data[i];
	while (sum >> 16 != 0)
		sum = (sum >> 16) + (sum & 0xffff);
	return sum;
}

static uint16_t
reference_tcp(const uint8_t *data, uint32_t len)
{
	/* 10.77.0.2, 10.77.0.3, protocol, length */
	return reference(data, len, 0x0a4d + 2 + 0x0a4d + 3 + 6 + len);
}

static void
fill(uint8_t *data, uint32_t len, unsigned int seed)
{
	uint32_t i;

	srandom(seed);
	for (i = 0; i < len; i++)
		data[i] = random() >> 5;
	data[16] = data[17] = 0;
}

/* Shows: MUST-2. */
static void
test_software(void **state)
{
	const struct tr_addr ours = tr_addr_ipv4(OURS), peer = tr_addr_ipv4(PEER);
	struct ip_host *host = *state;
	uint8_t data[SEGMENT_MAX];
	uint32_t len;

	for (len = 20; len <= SEGMENT_MAX; len++) {
		struct rte_mbuf *mbuf;
		const uint8_t *at;

		fill(data, len, len);
		mbuf = ip_host_mbuf(host, data, len);
		ip_tcp_checksum(host->ip, mbuf, 20, ours, peer);
		at = rte_pktmbuf_mtod(mbuf, const uint8_t *);
		assert_int_equal(at[16] << 8 | at[17], (uint16_t)~reference_tcp(data, len));
		rte_pktmbuf_free(mbuf);
	}
}

/* Cut anywhere: odd segments, empty ones, many. All ones make the most carries. */
/* Shows: MUST-3. */
static void
test_segments(void **state)
{
	const struct tr_addr ours = tr_addr_ipv4(OURS), peer = tr_addr_ipv4(PEER);
	struct ip_host *host = *state;
	uint8_t data[SEGMENT_MAX];
	uint32_t segment;
	unsigned int ones;

	for (ones = 0; ones < 2; ones++) {
		for (segment = 20; segment < 1000; segment += 1 + segment / 40) {
			struct ip_packet packet = {
				.src = ours, .dst = peer, .bytes = 1001, .protocol = IPPROTO_TCP};
			struct rte_mbuf *mbuf;
			const uint8_t *at;

			fill(data, 1001, segment);
			if (ones)
				memset(data + 20, 0xff, 981);
			mbuf = ip_host_segments(host, data, 1001, segment);
			rte_pktmbuf_chain(mbuf, ip_host_mbuf(host, data, 0));
			ip_tcp_checksum(host->ip, mbuf, 20, ours, peer);
			at = rte_pktmbuf_mtod(mbuf, const uint8_t *);
			assert_int_equal(at[16] << 8 | at[17],
					 (uint16_t)~reference_tcp(data, 1001));
			assert_true(ip_tcp_checksum_ok(mbuf, &packet));
			rte_pktmbuf_free(mbuf);
		}
	}
}

/* Shows: MUST-3. */
static void
test_one_bit_wrong(void **state)
{
	const struct tr_addr ours = tr_addr_ipv4(OURS), peer = tr_addr_ipv4(PEER);
	struct ip_host *host = *state;
	struct ip_packet packet = {.src = ours, .dst = peer, .bytes = 60, .protocol = IPPROTO_TCP};
	uint8_t data[60];
	struct rte_mbuf *mbuf;
	uint8_t *at;
	unsigned int bit;

	fill(data, sizeof(data), 1);
	mbuf = ip_host_mbuf(host, data, sizeof(data));
	ip_tcp_checksum(host->ip, mbuf, 20, ours, peer);
	assert_true(ip_tcp_checksum_ok(mbuf, &packet));
	at = rte_pktmbuf_mtod(mbuf, uint8_t *);
	for (bit = 0; bit < sizeof(data) * 8; bit++) {
		at[bit / 8] ^= 1 << bit % 8;
		assert_false(ip_tcp_checksum_ok(mbuf, &packet));
		packet.checksum_good = true; /* the device said so */
		assert_true(ip_tcp_checksum_ok(mbuf, &packet));
		packet.checksum_good = false;
		at[bit / 8] ^= 1 << bit % 8;
	}
	packet.src = tr_addr_ipv4(FAR);
	assert_false(ip_tcp_checksum_ok(mbuf, &packet));
	rte_pktmbuf_free(mbuf);
}

/* The device adds the segment to the pseudo header's sum: what we leave there makes it right. */
/* Shows: MUST-2. */
static void
test_offload(void **state)
{
	const struct tr_addr ours = tr_addr_ipv4(OURS), peer = tr_addr_ipv4(PEER);
	struct ip_host *host = *state;
	uint8_t data[101];
	struct rte_mbuf *mbuf;
	const uint8_t *at;

	host->config.tx_tcp_checksum = true;
	ip_host_create(host);
	fill(data, sizeof(data), 3);
	mbuf = ip_host_mbuf(host, data, sizeof(data));
	ip_tcp_checksum(host->ip, mbuf, 32, ours, peer);
	at = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	assert_int_equal(reference(at, sizeof(data), 0), reference_tcp(data, sizeof(data)));
	assert_int_equal(mbuf->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM);
	assert_int_equal(mbuf->l4_len, 32);
	rte_pktmbuf_free(mbuf);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_software, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_segments, ip_host_setup, ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_one_bit_wrong, ip_host_setup,
						ip_host_teardown),
		cmocka_unit_test_setup_teardown(test_offload, ip_host_setup, ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}
