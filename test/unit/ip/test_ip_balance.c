/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Each frame has one fate: delivered, answered, made use of, or dropped under exactly one name.
 * The proof is that the numbers add up over frames that chance has spoilt.
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
#include "wire_checksum.h"
#include "wire_icmp.h"

#include <netinet/in.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 200000

/* What chance does not come to here: other tests do. */
#define RARE                                                                                       \
	"drop_eth_own drop_no_mbuf drop_tx_queue drop_ip_fragment drop_fragment_full "             \
	"icmp_errors_limited"

/** Counts of what the test itself saw. */
struct balance {
	uint64_t delivered;
	uint64_t asked_to_send;
	uint64_t taken; /* from the transmit queue */
};

static uint64_t
random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static rte_be32_t
random_addr(uint64_t *seed)
{
	static const rte_be32_t addrs[] = {PEER, GATEWAY, FAR, OURS, 0};

	if (random_next(seed) % 4 == 0)
		return rte_cpu_to_be_32(0x0a4d0000 + random_next(seed) % 256);
	return addrs[random_next(seed) % RTE_DIM(addrs)];
}

static uint32_t
frame_error(uint8_t *frame, rte_be32_t src, rte_be32_t dst)
{
	uint8_t inner[FRAME_MAX];
	uint32_t bytes = frame_ipv4(frame, src, OURS, IPPROTO_ICMP, 8 + 28);

	frame_ipv4(inner, OURS, dst, IPPROTO_TCP, 100);
	memset(frame + 34, 0, 8);
	frame[34] = WIRE_ICMP_UNREACHABLE;
	memcpy(frame + 42, inner + 14, 28);
	return bytes;
}

static void
fix_icmp(uint8_t *frame, uint32_t bytes)
{
	uint16_t sum;

	memset(frame + 36, 0, 2);
	sum = ~wire_checksum_sum(frame + 34, bytes - 34);
	memcpy(frame + 36, &sum, sizeof(sum));
}

static uint32_t
random_frame(uint64_t *seed, uint8_t *frame)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_TCP, IPPROTO_ICMP, IPPROTO_UDP};
	const struct rte_ether_addr *dst = random_next(seed) % 2 ? &our_mac : &broadcast_mac;
	const struct rte_ether_addr *mac = random_next(seed) % 8 ? &peer_mac : &other_mac;
	uint32_t payload = random_next(seed) % 8 ? random_next(seed) % 200 : 1480;
	uint32_t bytes, spoil;

	switch (random_next(seed) % 6) {
	case 0:
		bytes = frame_arp(frame, dst, 1 + random_next(seed) % 2, mac, random_addr(seed),
				  random_addr(seed));
		break;
	case 1:
		bytes = frame_echo(frame, random_addr(seed), RTE_MIN(payload, 1472u));
		if (random_next(seed) % 4 == 0)
			wire_icmp_echo_reply(frame + 34); /* which is not acted on */
		break;
	case 3: /* an error about a segment, which may be ours */
		bytes = frame_error(frame, random_addr(seed), random_addr(seed));
		frame[34] = random_next(seed) % 2 ? frame[34] : 4 + random_next(seed) % 2;
		fix_icmp(frame, bytes);
		break;
	case 2: /* a third of a packet */
		bytes = frame_ipv4(frame, PEER, OURS, protocols[random_next(seed) % 2], 64);
		frame[19] = random_next(seed) % 2;
		frame[21] = random_next(seed) % 3 * 8;
		frame[20] = frame[21] < 16 ? 0x20 : 0;
		frame_fix_ipv4(frame);
		break;
	default:
		bytes = frame_ipv4(frame, random_addr(seed),
				   random_next(seed) % 4 ? OURS : random_addr(seed),
				   protocols[random_next(seed) % RTE_DIM(protocols)], payload);
	}
	if (random_next(seed) % 16 == 0) {
		frame[14] = 0x46; /* options: what the payload begins with, or a source route */
		frame[34] = random_next(seed) % 2 ? 131 : frame[34];
	}
	for (spoil = random_next(seed) % 4; spoil > 0; spoil--)
		frame[random_next(seed) % RTE_MIN(bytes, 80u)] = random_next(seed);
	if (random_next(seed) % 2 && frame[12] == 8 && frame[13] == 0 && bytes >= 74)
		frame_fix_ipv4(frame);
	if (random_next(seed) % 16 == 0)
		bytes = random_next(seed) % (bytes + 1);
	if (random_next(seed) % 8 == 0) {
		memset(frame + bytes, 0xee, 30);
		bytes += 30;
	}
	return bytes;
}

static void
take_all(struct ip_host *host, struct balance *balance)
{
	struct ip_txq *txq = ip_txq(host->ip);

	balance->taken += txq->nb;
	rte_pktmbuf_free_bulk(txq->frames, txq->nb);
	txq->nb = 0;
}

static void
round_of(struct ip_host *host, uint64_t *seed, struct balance *balance)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = random_frame(seed, frame);
	uint32_t segment = random_next(seed) % 8 ? bytes : 4 + random_next(seed) % 100;
	struct rte_mbuf *mbuf = ip_host_segments(host, frame, bytes, RTE_MAX(segment, 1u));

	if (ip_host_receive_mbuf(host, mbuf) == IP_DELIVER) {
		balance->delivered++;
		assert_int_equal(host->delivered->pkt_len, host->packet.bytes);
		assert_in_range(host->delivered->data_len, RTE_MIN(host->packet.bytes, 60u),
				host->packet.bytes);
	}
	if (random_next(seed) % 8 == 0) {
		balance->asked_to_send++;
		ip_host_send(host, random_addr(seed), 0, 20 + random_next(seed) % 1470);
	}
	if (random_next(seed) % 4 == 0)
		ip_host_sleep(host, random_next(seed) % (2 * SECOND));
	take_all(host, balance);
}

/* Which this host does not speak. */
static bool
is_of_ipv6(const char *name)
{
	return strstr(name, "ip6") != NULL || strstr(name, "icmp6") != NULL ||
	       strncmp(name, "nd_", 3) == 0 || strncmp(name, "drop_nd_", 8) == 0 ||
	       strncmp(name, "mld_", 4) == 0;
}

static void
test_balance(void **state)
{
	const char *chosen = getenv("TEST_SEED");
	struct ip_host *host = *state;
	const struct ip_stats *stats = ip_stats(host->ip);
	uint64_t seed = chosen != NULL ? strtoull(chosen, NULL, 0) : UINT64_C(0x9e3779b97f4a7c15);
	struct balance balance = {0};
	unsigned int i;

	printf("TEST_SEED=%#jx\n", (uintmax_t)seed);
	for (i = 0; i < ROUNDS; i++)
		round_of(host, &seed, &balance);
	/* Until nothing waits for a neighbour any more. */
	ip_host_sleep(host, 200 * SECOND);
	take_all(host, &balance);

	/* Every packet that came, was to be sent, or was made of itself... */
	assert_int_equal(stats->eth_rx, ROUNDS);
	assert_int_equal(stats->eth_rx + balance.asked_to_send + stats->arp_tx +
				 stats->ip_reassembled + stats->icmp_errors_sent,
			 /* ...went up, out, was made use of, or was dropped by name. */
			 balance.delivered + host->nb_packets + balance.taken +
				 stats->arp_answered + stats->arp_updates + stats->ip_fragments +
				 stats->icmp_errors_received + ip_host_drops(host));
	assert_int_equal(balance.taken, stats->arp_tx + stats->ip_tx);

	/* And chance has been everywhere. */
#define SEEN(name, help)                                                                           \
	if (strstr(RARE, #name) == NULL && !is_of_ipv6(#name)) {                                   \
		print_message("%s %ju\n", #name, (uintmax_t)stats->name);                          \
		assert_true(stats->name > 0);                                                      \
	}
	IP_STATS(SEEN)
#undef SEEN
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_balance, ip_host_setup, ip_host_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}
