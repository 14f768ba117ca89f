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

#include "ip_fragment.h"
#include "ip_host.h"
#include "test_eal.h"
#include "wire_icmp.h"
#include "wire_ipv4.h"

#include <netinet/in.h>

#define IPV4 14
#define PAYLOAD (IPV4 + 20)

/* Part of a packet: of which one, and which bytes of its payload. */
struct part {
	uint16_t id;
	uint32_t offset;
	uint32_t bytes;
	bool last;
	uint8_t ecn;
	uint8_t protocol; /* 0: TCP */
};

/* What the payload of every packet here is, by place. */
static uint8_t
pattern(uint32_t at)
{
	return at * 7 + at / 251;
}

static uint32_t
frame_part(uint8_t *frame, const struct part *part)
{
	uint16_t field = part->offset / 8 | (part->last ? 0 : 0x2000);
	uint32_t bytes = frame_ipv4(
		frame, PEER, OURS, part->protocol != 0 ? part->protocol : IPPROTO_TCP, part->bytes);
	uint32_t i;

	frame[IPV4 + 1] = part->ecn;
	frame[IPV4 + 4] = part->id >> 8;
	frame[IPV4 + 5] = part->id & 0xff;
	frame[IPV4 + 6] = field >> 8;
	frame[IPV4 + 7] = field & 0xff;
	for (i = 0; i < part->bytes; i++)
		frame[PAYLOAD + i] = pattern(part->offset + i);
	frame_fix_ipv4(frame);
	return bytes;
}

static void
receive_part(struct ip_host *host, const struct part *part)
{
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_part(frame, part);

	assert_int_equal(ip_host_receive(host, frame, bytes), IP_TAKEN);
}

#define receive(host, ...) receive_part((host), &(struct part){__VA_ARGS__})

/* The packet delivered last is one of so many bytes, and as whole ones are. */
static void
check_whole(const struct ip_host *host, uint32_t bytes)
{
	uint8_t copy[FRAME_MAX];
	const uint8_t *data;
	uint32_t i;

	assert_non_null(host->delivered);
	assert_int_equal(host->packet.bytes, bytes);
	assert_int_equal(tr_addr_to_ipv4(&host->packet.src), PEER);
	assert_int_equal(tr_addr_to_ipv4(&host->packet.dst), OURS);
	assert_int_equal(host->packet.protocol, IPPROTO_TCP);
	assert_int_equal(host->packet.ttl, 64);
	assert_false(host->packet.checksum_good);
	assert_int_equal(host->delivered->pkt_len, bytes);
	assert_true(host->delivered->data_len >= RTE_MIN(bytes, 60u));
	rte_mbuf_sanity_check(host->delivered, 1);
	data = rte_pktmbuf_read(host->delivered, 0, bytes, copy);
	for (i = 0; i < bytes; i++)
		assert_int_equal(data[i], pattern(i));
}

/* Wait until whatever was kept has gone. */
static void
outlive(struct ip_host *host)
{
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US + 2 * SECOND);
	rte_pktmbuf_free(host->delivered);
	host->delivered = NULL;
	assert_int_equal(rte_mempool_in_use_count(host->rx_pool), 0);
}

/* Drops of fragments, whatever becomes of the errors that tell of them. */
static uint64_t
fragment_drops(const struct ip_host *host)
{
	const struct ip_stats *stats = ip_stats(host->ip);

	return stats->drop_fragment_malformed + stats->drop_fragment_conflict +
	       stats->drop_fragment_full + stats->drop_fragment_timeout;
}

/* Three parts in each order, with each cut. */
/* Shows: 1122-reassembly. */
static void
test_every_order(void **state)
{
	static const uint8_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
					    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	struct ip_host *host = *state;
	unsigned int packets = 0;
	size_t order, i;
	uint32_t a, b;

	for (a = 8; a < 160; a += 8)
		for (b = a + 8; b < 163; b += 8)
			for (order = 0; order < RTE_DIM(orders); order++) {
				const struct part parts[] = {
					{.id = packets, .bytes = a},
					{.id = packets, .offset = a, .bytes = b - a},
					{.id = packets,
					 .offset = b,
					 .bytes = 163 - b,
					 .last = true},
				};

				for (i = 0; i < 3; i++)
					receive_part(host, &parts[orders[order][i]]);
				assert_int_equal(host->nb_packets, ++packets);
				check_whole(host, 163);
			}
	assert_int_equal(ip_stats(host->ip)->ip_reassembled, packets);
	assert_int_equal(ip_host_drops(host), 0);
	assert_int_equal(ip_next_timer_us(host->ip), 65 * SECOND + 1);
	outlive(host);
}

/* Fragments that a device gave in pieces, with padding behind. */
static void
test_segments_and_padding(void **state)
{
	struct ip_host *host = *state;
	uint32_t segment;

	for (segment = 1; segment < 140; segment++) {
		const struct part parts[] = {
			{.id = segment, .bytes = 8},
			{.id = segment, .offset = 8, .bytes = 64},
			{.id = segment, .offset = 72, .bytes = 5, .last = true},
		};
		size_t i;

		for (i = 0; i < RTE_DIM(parts); i++) {
			uint8_t frame[FRAME_MAX];
			uint32_t bytes = frame_part(frame, &parts[i]);

			memset(frame + bytes, 0xee, 40);
			assert_int_equal(
				ip_host_receive_mbuf(
					host, ip_host_segments(host, frame, bytes + 40, segment)),
				IP_TAKEN);
		}
		assert_int_equal(host->nb_packets, segment);
		check_whole(host, 77);
	}
	assert_int_equal(ip_host_drops(host), 0);
}

/* A fragment's own options are none of the packet's. */
static void
test_options(void **state)
{
	struct ip_host *host = *state;
	uint8_t frame[FRAME_MAX];
	const struct part part = {.offset = 16, .bytes = 16, .last = true};
	uint32_t bytes = frame_part(frame, &part);

	memmove(frame + PAYLOAD + 40, frame + PAYLOAD, 16);
	memset(frame + PAYLOAD, 1, 40);
	frame[IPV4] = 0x4f;
	frame[IPV4 + 3] += 40;
	frame_fix_ipv4(frame);
	assert_int_equal(ip_host_receive(host, frame, bytes + 40), IP_TAKEN);
	receive(host, .bytes = 16);
	check_whole(host, 32);
}

/* Nothing of a packet whose parts overlap is delivered, however they do. */
/* Shows: 1122-overlap. */
static void
test_overlaps(void **state)
{
	static const struct part second[] = {
		{.offset = 0, .bytes = 64}, /* the first again */
		{.offset = 0, .bytes = 8}, /* less of it */
		{.offset = 0, .bytes = 128}, /* more of it */
		{.offset = 8, .bytes = 8}, /* inside: teardrop */
		{.offset = 56, .bytes = 16}, /* its end */
		{.offset = 120, .bytes = 16}, /* the end of the second */
		{.offset = 72, .bytes = 16}, /* inside the second */
		{.offset = 120, .bytes = 24, .last = true}, /* the last, and more before it */
		{.offset = 128, .bytes = 8}, /* less of it, and not the last */
		{.offset = 144, .bytes = 8}, /* behind the last */
		{.offset = 152, .bytes = 8, .last = true}, /* another last */
	};
	static const struct part parts[] = {
		{.offset = 0, .bytes = 64},
		{.offset = 64, .bytes = 64},
		{.offset = 128, .bytes = 16, .last = true},
	};
	struct ip_host *host = *state;
	unsigned int place, id = 0;
	size_t i, j;

	for (i = 0; i < RTE_DIM(second); i++)
		for (place = 0; place < RTE_DIM(parts); place++, id++) {
			for (j = 0; j < RTE_DIM(parts); j++) {
				struct part part = j == place ? second[i] : parts[j];

				part.id = id;
				receive_part(host, &part);
				part = parts[j];
				part.id = id;
				if (j == place)
					receive_part(host, &part);
			}
			outlive(host);
		}
	assert_int_equal(host->nb_packets, 0);
	assert_true(ip_stats(host->ip)->drop_fragment_conflict >= 2 * id);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_conflict +
				 ip_stats(host->ip)->drop_fragment_timeout,
			 4 * id);
	assert_int_equal(fragment_drops(host), 4 * id);
}

/* What comes again of a packet that is whole is the beginning of another. */
static void
test_repeated(void **state)
{
	struct ip_host *host = *state;

	receive(host, .offset = 64, .bytes = 9, .last = true);
	receive(host, .bytes = 64);
	check_whole(host, 73);
	receive(host, .offset = 64, .bytes = 9, .last = true);
	assert_int_equal(fragment_drops(host), 0);
	outlive(host);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 1);
}

/* Ping of death, and lengths that none but the last fragment may have, or none at all. */
static void
test_malformed(void **state)
{
	static const struct part parts[] = {
		{.offset = 65528, .bytes = 8, .last = true},
		{.offset = 65528, .bytes = 1400, .last = true},
		{.offset = 64800, .bytes = 1400, .last = true},
		{.offset = 64800, .bytes = 1400},
		{.offset = 65480, .bytes = 1, .last = true},
		{.offset = 0, .bytes = 0},
		{.offset = 8, .bytes = 0, .last = true},
		{.offset = 0, .bytes = 7},
		{.offset = 16, .bytes = 9},
	};
	struct ip_host *host = *state;
	size_t i;

	for (i = 0; i < RTE_DIM(parts); i++)
		receive_part(host, &parts[i]);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_malformed, RTE_DIM(parts));
	assert_int_equal(ip_next_timer_us(host->ip), UINT64_MAX);
	receive(host, .offset = 64064, .bytes = 1408, .last = true);
	assert_int_equal(ip_host_drops(host), RTE_DIM(parts));
	outlive(host);
}

/* 8,000 parts of one packet, and as many packets of which one part comes. */
static void
test_floods(void **state)
{
	struct ip_host *host = *state;
	uint32_t i;

	for (i = 0; i < 8000; i++) {
		receive(host, .offset = 8 * i, .bytes = 8);
		assert_in_range(rte_mempool_in_use_count(host->rx_pool), 0,
				RTE_LIBRTE_IP_FRAG_MAX_FRAG);
	}
	outlive(host);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_conflict +
				 ip_stats(host->ip)->drop_fragment_timeout,
			 8000);
	for (i = 0; i < 8000; i++) {
		receive(host, .id = i, .bytes = 1400);
		assert_in_range(rte_mempool_in_use_count(host->rx_pool), 0, IP_FRAGMENT_PACKETS);
	}
	assert_true(ip_stats(host->ip)->drop_fragment_full >= 8000 - IP_FRAGMENT_PACKETS);
	outlive(host);
	assert_int_equal(fragment_drops(host), 16000);
	assert_int_equal(host->nb_packets, 0);
	/* And an honest packet gets through again. */
	receive(host, .bytes = 1000);
	receive(host, .offset = 1000, .bytes = 400, .last = true);
	check_whole(host, 1400);
}

/* RFC 1122 section 3.3.2: for 60 seconds and no longer, by the clock of the packets. */
/* Shows: 1122-reassembly. */
static void
test_timeout(void **state)
{
	struct ip_host *host = *state;

	receive(host, .id = 1, .bytes = 64);
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US);
	receive(host, .id = 1, .offset = 64, .bytes = 9, .last = true);
	check_whole(host, 73);

	receive(host, .id = 2, .bytes = 64);
	host->now_us += IP_FRAGMENT_TIMEOUT_US + 1;
	/* Though nobody ticked: an old half is not made whole. */
	receive(host, .id = 2, .offset = 64, .bytes = 9, .last = true);
	assert_int_equal(host->nb_packets, 1);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 1);
	outlive(host);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 2);

	/* Nor where another packet's fragments were looked at a moment before. */
	ip_host_know(host, PEER, &peer_mac);
	receive(host, .id = 3, .bytes = 64);
	ip_host_sleep(host, SECOND / 2);
	receive(host, .id = 4, .bytes = 64);
	ip_host_sleep(host, IP_FRAGMENT_TIMEOUT_US);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 3);
	assert_int_equal(ip_stats(host->ip)->icmp_errors_sent, 2);
	host->now_us++;
	receive(host, .id = 4, .bytes = 64);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_timeout, 4);
	assert_int_equal(ip_stats(host->ip)->icmp_errors_sent, 3);
	receive(host, .id = 4, .offset = 64, .bytes = 9, .last = true);
	check_whole(host, 73);
	assert_int_equal(fragment_drops(host), 4);
	while (ip_host_sent(host))
		;
}

/* RFC 3168 section 5.3. */
/* Shows: 3168-fragments. */
static void
test_ecn(void **state)
{
	struct ip_host *host = *state;
	unsigned int a, b, packets = 0;

	for (a = 0; a < 4; a++)
		for (b = 0; b < 4; b++) {
			bool lost = (a == 3 && b == 0) || (a == 0 && b == 3);

			receive(host, .id = 4 * a + b, .ecn = a, .bytes = 64);
			receive(host, .id = 4 * a + b, .ecn = b, .offset = 64, .bytes = 8,
				.last = true);
			packets += !lost;
			assert_int_equal(host->nb_packets, packets);
			if (!lost)
				assert_int_equal(host->packet.ecn, a == 3 || b == 3 ? 3 : a);
		}
	assert_int_equal(ip_stats(host->ip)->drop_fragment_conflict, 4);
	assert_int_equal(ip_host_drops(host), 4);
}

static void
test_protocols(void **state)
{
	struct ip_host *host = *state;

	/* Of one packet all are of one protocol. */
	receive(host, .protocol = IPPROTO_ICMP, .bytes = 64);
	receive(host, .offset = 64, .bytes = 8, .last = true);
	assert_int_equal(ip_stats(host->ip)->drop_fragment_conflict, 2);
	/* None is kept that nobody wants. */
	receive(host, .protocol = IPPROTO_UDP, .bytes = 64);
	assert_int_equal(ip_stats(host->ip)->drop_ip_protocol, 1);
	assert_int_equal(ip_host_drops(host), 3);
	assert_int_equal(host->nb_packets, 0);
	outlive(host);
	assert_int_equal(ip_host_drops(host), 3);
}

/* An echo request in parts has its reply. */
static void
test_echo(void **state)
{
	struct ip_host *host = *state;
	uint8_t request[FRAME_MAX], frame[FRAME_MAX];
	uint32_t bytes = frame_echo(request, PEER, 1000);
	uint32_t offset;

	ip_host_know(host, PEER, &peer_mac);
	for (offset = 0; offset < bytes - PAYLOAD; offset += 256) {
		struct part part = {
			.protocol = IPPROTO_ICMP,
			.offset = offset,
			.bytes = RTE_MIN(256u, bytes - PAYLOAD - offset),
			.last = offset + 256 >= bytes - PAYLOAD,
		};

		assert_int_equal(frame_part(frame, &part), PAYLOAD + part.bytes);
		memcpy(frame + PAYLOAD, request + PAYLOAD + offset, part.bytes);
		assert_int_equal(ip_host_receive(host, frame, PAYLOAD + part.bytes), IP_TAKEN);
	}
	assert_true(ip_host_sent(host));
	assert_int_equal(host->sent_bytes, bytes);
	assert_int_equal(host->sent[PAYLOAD], WIRE_ICMP_ECHO_REPLY);
	assert_memory_equal(host->sent + PAYLOAD + 4, request + PAYLOAD + 4, bytes - PAYLOAD - 4);
	assert_int_equal(host->nb_packets, 0);
	assert_int_equal(ip_host_drops(host), 0);
}

/* Its sender still holds it: it cannot become part of something else. */
static void
test_shared(void **state)
{
	struct ip_host *host = *state;
	const struct part part = {.bytes = 64};
	uint8_t frame[FRAME_MAX];
	uint32_t bytes = frame_part(frame, &part);
	struct rte_mbuf *mbuf = ip_host_mbuf(host, frame, bytes);

	rte_mbuf_refcnt_update(mbuf, 1);
	assert_int_equal(ip_host_receive_mbuf(host, mbuf), IP_TAKEN);
	assert_int_equal(ip_stats(host->ip)->drop_no_mbuf, 1);
	rte_pktmbuf_free(mbuf);
}

/* A host whose owner takes no whole packets. */
static void
test_unwanted(void **state)
{
	struct ip_host *host = *state;

	host->config.events = NULL;
	ip_host_create(host);
	receive(host, .bytes = 64);
	receive(host, .offset = 64, .bytes = 8, .last = true);
	assert_int_equal(ip_stats(host->ip)->drop_ip_fragment, 2);
	assert_int_equal(ip_host_drops(host), 2);
	assert_int_equal(ip_next_timer_us(host->ip), UINT64_MAX);
}

/* What waits when the host goes, goes with it: the teardown counts. */
static void
test_destroy(void **state)
{
	struct ip_host *host = *state;

	receive(host, .id = 1, .bytes = 64);
	receive(host, .id = 2, .offset = 64, .bytes = 64);
	receive(host, .id = 2, .offset = 8, .bytes = 8);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, ip_host_setup, ip_host_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_every_order), TEST(test_segments_and_padding),
		TEST(test_options),	TEST(test_overlaps),
		TEST(test_malformed),	TEST(test_floods),
		TEST(test_timeout),	TEST(test_ecn),
		TEST(test_protocols),	TEST(test_echo),
		TEST(test_shared),	TEST(test_unwanted),
		TEST(test_destroy),	TEST(test_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, test_pools_full);
}
