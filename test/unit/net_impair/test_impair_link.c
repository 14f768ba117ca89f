/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A bad link: what a seed does to frames is known to the frame, and nothing else is done to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "impair_link.h"
#include "test_eal.h"
#include "wire_ether.h"

#define FRAMES 100000
#define FRAME_BYTES 200
#define SEED 1

/* What that seed does, near to what was asked for. */
#define LOST 999
#define DUPLICATED 999
#define REORDERED 7

/* Where a frame has its number: in the payload. */
#define NUMBER_OFFSET 100
#define SEGMENT6_BYTES (FRAME_BYTES - sizeof(struct rte_ether_hdr) - sizeof(struct rte_ipv6_hdr))

static struct rte_mempool *pool;
static struct rte_mempool *copies;
static struct impair_link link;

static int
group_setup(void **state)
{
	(void)state;
	test_eal_init();
	pool = rte_pktmbuf_pool_create("frames", 2047, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	copies = rte_pktmbuf_pool_create("copies", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					 SOCKET_ID_ANY);
	return pool != NULL && copies != NULL ? 0 : -1;
}

static int
setup(void **state)
{
	(void)state;
	impair_link_init(&link, copies, SEED);
	return 0;
}

static int
teardown(void **state)
{
	impair_link_flush(&link);
	return test_pools_full(state);
}

/* An IPv4 packet whose checksums are left to the port. */
static struct rte_mbuf *
frame(uint32_t number)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr ether = {.ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)};
	struct rte_ipv4_hdr ipv4 = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(FRAME_BYTES - sizeof(ether)),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_TCP,
		.src_addr = 1,
		.dst_addr = 2,
	};
	struct rte_tcp_hdr tcp = {.data_off = 5 << 4};
	uint8_t *data;

	assert_non_null(mbuf);
	assert_non_null(rte_pktmbuf_append(mbuf, FRAME_BYTES));
	data = rte_pktmbuf_mtod(mbuf, uint8_t *);
	memset(data, 0xa5, FRAME_BYTES);
	memcpy(data, &ether, sizeof(ether));
	memcpy(data + sizeof(ether), &ipv4, sizeof(ipv4));
	tcp.cksum = rte_ipv4_phdr_cksum((struct rte_ipv4_hdr *)(data + sizeof(ether)), 0);
	memcpy(data + sizeof(ether) + sizeof(ipv4), &tcp, sizeof(tcp));
	memcpy(data + NUMBER_OFFSET, &number, sizeof(number));
	mbuf->l2_len = sizeof(ether);
	mbuf->l3_len = sizeof(ipv4);
	return mbuf;
}

static uint32_t
number_of(const struct rte_mbuf *mbuf)
{
	uint32_t number;

	memcpy(&number, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, NUMBER_OFFSET),
	       sizeof(number));
	return number;
}

/* The next frame that is due, or NULL. */
static struct rte_mbuf *
take(uint64_t now_us)
{
	struct rte_mbuf *mbuf;

	if (impair_link_peek(&link, &mbuf, 1, now_us) == 0)
		return NULL;
	impair_link_pop(&link, 1);
	return mbuf;
}

/* A frame each microsecond; what comes out, in order, and how often a number was not the next. */
static unsigned int
pass(uint64_t *disorder)
{
	struct rte_mbuf *mbuf;
	uint32_t highest = 0;
	unsigned int nb = 0;
	uint32_t i;

	*disorder = 0;
	for (i = 1; i <= FRAMES; i++) {
		impair_link_put(&link, frame(i), i);
		while ((mbuf = take(i == FRAMES ? UINT64_MAX : i)) != NULL) {
			*disorder += number_of(mbuf) < highest;
			highest = RTE_MAX(highest, number_of(mbuf));
			rte_pktmbuf_free(mbuf);
			nb++;
		}
	}
	assert_int_equal(impair_link_due_us(&link), 0);
	return nb;
}

static void
test_clear(void **state)
{
	uint64_t disorder;

	(void)state;
	assert_true(impair_link_is_clear(&link));
	assert_int_equal(pass(&disorder), FRAMES);
	assert_int_equal(disorder, 0);
	assert_int_equal(link.stats.frames, FRAMES);
	link.settings.reorder_ppm = 1;
	assert_false(impair_link_is_clear(&link));
}

static void
test_loss(void **state)
{
	uint64_t disorder, lost;

	(void)state;
	link.settings.loss_ppm = 10000;
	assert_int_equal(pass(&disorder), FRAMES - LOST);
	assert_int_equal(disorder, 0);
	assert_int_equal(link.stats.drop_impair_loss, LOST);
	/* The same again, and with another seed not. */
	lost = link.stats.drop_impair_loss;
	impair_link_seed(&link, SEED);
	pass(&disorder);
	assert_int_equal(link.stats.drop_impair_loss, 2 * lost);
	impair_link_seed(&link, SEED + 1);
	pass(&disorder);
	assert_int_not_equal(link.stats.drop_impair_loss, 3 * lost);
}

static void
test_all_lost(void **state)
{
	uint64_t disorder;

	(void)state;
	link.settings.loss_ppm = IMPAIR_PPM;
	assert_int_equal(pass(&disorder), 0);
}

static void
test_duplicate(void **state)
{
	uint64_t disorder;

	(void)state;
	link.settings.duplicate_ppm = 10000;
	assert_int_equal(pass(&disorder), FRAMES + DUPLICATED);
	assert_int_equal(disorder, 0);
	assert_int_equal(link.stats.duplicated, DUPLICATED);
	assert_int_equal(link.stats.uncopied, 0);
}

static void
test_reorder(void **state)
{
	uint64_t disorder;

	(void)state;
	/* At a frame each microsecond all that are held back are overtaken, if few are. */
	link.settings.reorder_ppm = 100;
	assert_int_equal(pass(&disorder), FRAMES);
	assert_int_equal(link.stats.reordered, REORDERED);
	assert_int_equal(disorder, link.stats.reordered);
}

static void
test_corrupt(void **state)
{
	struct rte_mbuf *sent, *got;
	unsigned int bits = 0, i;
	const uint8_t *a, *b;

	(void)state;
	link.settings.corrupt_ppm = IMPAIR_PPM;
	sent = frame(1);
	sent->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	rte_mbuf_refcnt_update(sent, 1);
	impair_link_put(&link, sent, 0);
	got = take(0);
	assert_ptr_not_equal(got, sent);
	assert_int_equal(got->pkt_len, FRAME_BYTES);
	/* Nobody believes any more what the port had found. */
	assert_int_equal(got->ol_flags, 0);
	a = rte_pktmbuf_mtod(sent, const uint8_t *);
	b = rte_pktmbuf_mtod(got, const uint8_t *);
	for (i = 0; i < FRAME_BYTES; i++)
		bits += __builtin_popcount(a[i] ^ b[i]);
	assert_int_equal(bits, 1);
	assert_memory_equal(a, b, sizeof(struct rte_ether_hdr));
	rte_pktmbuf_free(got);
	rte_pktmbuf_free(sent);
	assert_int_equal(link.stats.corrupted, 1);
}

/* As a port in a VLAN does before this one sees the frame. */
static void
put_tag_on(struct rte_mbuf *mbuf)
{
	uint8_t *data = (uint8_t *)rte_pktmbuf_prepend(mbuf, WIRE_ETHER_TAG_BYTES);

	assert_non_null(data);
	wire_ether_tag(data, 7);
	mbuf->l2_len += WIRE_ETHER_TAG_BYTES;
}

/* With the sums that are there nothing is left over. */
static bool
tcp_is_right(const struct rte_ipv4_hdr *ipv4)
{
	uint32_t sum =
		rte_ipv4_phdr_cksum(ipv4, 0) +
		rte_raw_cksum(ipv4 + 1, FRAME_BYTES - sizeof(struct rte_ether_hdr) - sizeof(*ipv4));

	return (uint16_t)(sum + (sum >> 16)) == 0xffff;
}

/* The header before the packet stays, and the packet no longer fits its checksums. */
static void
corrupt_offloaded(bool tagged)
{
	unsigned int i, ip_right = 0, tcp_right = 0;
	const struct rte_ipv4_hdr *ipv4;
	struct rte_mbuf *sent, *got;
	uint8_t header[18];
	uint16_t at;
	bool ip, tcp;

	link.settings.corrupt_ppm = IMPAIR_PPM;
	for (i = 0; i < 1000; i++) {
		sent = frame(i);
		sent->ol_flags =
			RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
		if (tagged)
			put_tag_on(sent);
		at = sent->l2_len;
		memcpy(header, rte_pktmbuf_mtod(sent, const void *), at);
		impair_link_put(&link, sent, 0);
		got = take(0);
		assert_int_equal(got->ol_flags & ~RTE_MBUF_F_TX_IPV4, 0);
		assert_memory_equal(rte_pktmbuf_mtod(got, const void *), header, at);
		ipv4 = rte_pktmbuf_mtod_offset(got, const struct rte_ipv4_hdr *, at);
		ip = rte_raw_cksum(ipv4, sizeof(*ipv4)) == 0xffff;
		tcp = tcp_is_right(ipv4);
		assert_false(ip && tcp);
		ip_right += ip;
		tcp_right += tcp;
		rte_pktmbuf_free(got);
	}
	/* 20 of 186 bytes are the IP header's, and some of these are no business of TCP. */
	assert_in_range(ip_right, 800, 950);
	assert_in_range(tcp_right, 20, 100);
	assert_int_equal(link.stats.corrupted, 1000);
}

/* A port that fills in checksums would make a right frame of a wrong one. */
static void
test_corrupt_offloaded(void **state)
{
	(void)state;
	corrupt_offloaded(false);
}

/* With the sum of IPv6's pseudo header. */
static bool
tcp6_is_right(const struct rte_ipv6_hdr *ipv6)
{
	uint32_t sum;

	if (ipv6->proto != IPPROTO_TCP)
		return false;
	sum = rte_ipv6_phdr_cksum(ipv6, 0) + rte_raw_cksum(ipv6 + 1, SEGMENT6_BYTES);
	return (uint16_t)(sum + (sum >> 16)) == 0xffff;
}

/* What the pseudo header has, and all of the segment; a router may change the rest. */
static void
test_corrupt_ipv6(void **state)
{
	struct rte_ether_hdr *ether;
	struct rte_ipv6_hdr *ipv6;
	struct rte_tcp_hdr *tcp;
	struct rte_mbuf *sent, *got;
	unsigned int i, right = 0;

	(void)state;
	link.settings.corrupt_ppm = IMPAIR_PPM;
	for (i = 0; i < 1000; i++) {
		sent = frame(i);
		ether = rte_pktmbuf_mtod(sent, struct rte_ether_hdr *);
		ether->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);
		ipv6 = (struct rte_ipv6_hdr *)(ether + 1);
		*ipv6 = (struct rte_ipv6_hdr){
			.vtc_flow = rte_cpu_to_be_32(6 << 28),
			.payload_len = rte_cpu_to_be_16(SEGMENT6_BYTES),
			.proto = IPPROTO_TCP,
			.hop_limits = 64,
		};
		tcp = (struct rte_tcp_hdr *)(ipv6 + 1);
		tcp->cksum = rte_ipv6_phdr_cksum(ipv6, 0);
		sent->l3_len = sizeof(*ipv6);
		sent->ol_flags = RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_TCP_CKSUM;
		impair_link_put(&link, sent, 0);
		got = take(0);
		right += tcp6_is_right(
			rte_pktmbuf_mtod_offset(got, const struct rte_ipv6_hdr *, sizeof(*ether)));
		rte_pktmbuf_free(got);
	}
	/* Version, traffic class, flow label, hop limit: 5 of 186 bytes. */
	assert_in_range(right, 10, 60);
	assert_int_equal(link.stats.corrupted, 1000);
}

/* Between a VLAN and the device frames have their tag. */
static void
test_corrupt_in_a_vlan(void **state)
{
	struct rte_mbuf *sent = frame(1);

	(void)state;
	corrupt_offloaded(true);
	/* A tag alone, and what is no IP, are left alone. */
	put_tag_on(sent);
	rte_pktmbuf_trim(sent, sent->pkt_len - 18);
	impair_link_put(&link, sent, 0);
	assert_ptr_equal(take(0), sent);
	rte_pktmbuf_append(sent, 46);
	*rte_pktmbuf_mtod_offset(sent, rte_be16_t *, 16) = RTE_BE16(RTE_ETHER_TYPE_ARP);
	impair_link_put(&link, sent, 0);
	assert_ptr_equal(take(0), sent);
	assert_int_equal(link.stats.corrupted, 1000);
	rte_pktmbuf_free(sent);
}

/* What the port is to cut has no checksums that could be filled in. */
static void
test_corrupt_large(void **state)
{
	struct rte_mbuf *sent = frame(1);
	struct rte_mbuf *rest = rte_pktmbuf_copy(sent, copies, 0, UINT32_MAX);

	(void)state;
	assert_non_null(rest);
	assert_int_equal(rte_pktmbuf_chain(sent, rest), 0);
	sent->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM |
			 RTE_MBUF_F_TX_TCP_SEG;
	link.settings.corrupt_ppm = IMPAIR_PPM;
	impair_link_put(&link, sent, 0);
	assert_ptr_equal(take(0), sent);
	assert_int_equal(link.stats.corrupted, 0);
	rte_pktmbuf_free(sent);
}

static void
test_corrupt_not_ip(void **state)
{
	struct rte_mbuf *sent = frame(1);

	(void)state;
	link.settings.corrupt_ppm = IMPAIR_PPM;
	rte_pktmbuf_mtod(sent, struct rte_ether_hdr *)->ether_type =
		rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP);
	impair_link_put(&link, sent, 0);
	assert_ptr_equal(take(0), sent);
	assert_int_equal(link.stats.corrupted, 0);
	rte_pktmbuf_free(sent);
}

static void
test_no_copies(void **state)
{
	struct rte_mbuf *all[63];
	struct rte_mbuf *sent = frame(1);

	(void)state;
	assert_int_equal(rte_pktmbuf_alloc_bulk(copies, all, RTE_DIM(all)), 0);
	link.settings.duplicate_ppm = IMPAIR_PPM;
	link.settings.corrupt_ppm = IMPAIR_PPM;
	impair_link_put(&link, sent, 0);
	assert_ptr_equal(take(0), sent);
	assert_null(take(UINT64_MAX));
	assert_int_equal(link.stats.uncopied, 2);
	assert_int_equal(link.stats.duplicated + link.stats.corrupted, 0);
	rte_pktmbuf_free(sent);
	rte_pktmbuf_free_bulk(all, RTE_DIM(all));
}

static void
test_delay(void **state)
{
	struct rte_mbuf *sent = frame(1);

	(void)state;
	link.settings.delay_us = 20000;
	impair_link_put(&link, sent, 5);
	assert_int_equal(impair_link_due_us(&link), 20005);
	assert_null(take(20004));
	/* What comes later may not overtake, though it need not wait any more. */
	link.settings.delay_us = 0;
	impair_link_put(&link, frame(2), 6);
	assert_ptr_equal(take(20005), sent);
	rte_pktmbuf_free(sent);
	sent = take(20005);
	assert_int_equal(number_of(sent), 2);
	rte_pktmbuf_free(sent);
}

static void
test_jitter(void **state)
{
	uint64_t now_us = 1000000, due_us, least = UINT64_MAX, most = 0;
	unsigned int i;

	(void)state;
	link.settings.delay_us = 100;
	link.settings.jitter_us = 50;
	for (i = 0; i < 1000; i++, now_us += 1000) {
		impair_link_put(&link, frame(i), now_us);
		due_us = impair_link_due_us(&link) - now_us;
		least = RTE_MIN(least, due_us);
		most = RTE_MAX(most, due_us);
		rte_pktmbuf_free(take(UINT64_MAX));
	}
	assert_int_equal(least, 100);
	assert_int_equal(most, 150);
	/* Close together they stay in order. */
	for (i = 0; i < 100; i++)
		impair_link_put(&link, frame(i), now_us);
	for (i = 0; i < 100; i++) {
		struct rte_mbuf *mbuf = take(UINT64_MAX);

		assert_int_equal(number_of(mbuf), i);
		rte_pktmbuf_free(mbuf);
	}
}

static void
test_rate(void **state)
{
	struct rte_mbuf *mbuf;
	uint64_t bits = 8 * FRAME_BYTES;
	unsigned int i;

	(void)state;
	/* 16 us a frame: the queue holds what comes at once, and the rest is dropped. */
	link.settings.rate_bps = 100000000;
	for (i = 0; i < IMPAIR_HELD_MAX + 10; i++)
		impair_link_put(&link, frame(i), 1000);
	assert_int_equal(link.stats.drop_impair_full, 10);
	for (i = 0; i < IMPAIR_HELD_MAX; i++) {
		assert_int_equal(impair_link_due_us(&link), 1000 + (i + 1) * bits / 100);
		mbuf = take(impair_link_due_us(&link));
		assert_int_equal(number_of(mbuf), i);
		rte_pktmbuf_free(mbuf);
	}
	/* A link that was idle has not saved anything up. */
	impair_link_put(&link, frame(1), 1000000);
	assert_int_equal(impair_link_due_us(&link), 1000000 + bits / 100);
}

/* What is held leaves by the new settings, where that is earlier, and stays in order. */
static void
test_set_while_held(void **state)
{
	const uint64_t rate_bps = 8 * FRAME_BYTES * 1000; /* a frame in a millisecond */
	struct impair_settings settings = {.delay_us = 1000000};
	struct rte_mbuf *mbuf;
	unsigned int i;

	(void)state;
	impair_link_set(&link, &settings, 0);
	for (i = 0; i < 4; i++)
		impair_link_put(&link, frame(i), i * 100);
	/* Later than it was: no. */
	settings.delay_us = 5000000;
	impair_link_set(&link, &settings, 500);
	assert_int_equal(impair_link_due_us(&link), 1000000);
	settings = (struct impair_settings){.rate_bps = rate_bps};
	impair_link_set(&link, &settings, 1000);
	for (i = 0; i < 2; i++) {
		assert_int_equal(impair_link_due_us(&link), 1000 + (i + 1) * 1000);
		mbuf = take(1000 + (i + 1) * 1000);
		assert_non_null(mbuf);
		assert_int_equal(number_of(mbuf), i);
		rte_pktmbuf_free(mbuf);
	}
	/* Off: at once, and what comes then is behind them. */
	settings = (struct impair_settings){0};
	impair_link_set(&link, &settings, 3100);
	impair_link_put(&link, frame(4), 3100);
	for (i = 2; i < 5; i++) {
		mbuf = take(3100);
		assert_non_null(mbuf);
		assert_int_equal(number_of(mbuf), i);
		rte_pktmbuf_free(mbuf);
	}
	assert_true(impair_link_is_clear(&link));
	/* A rate that was slow for these is not slow for the next. */
	settings.rate_bps = rate_bps;
	impair_link_set(&link, &settings, 3100);
	impair_link_put(&link, frame(5), 3100);
	assert_int_equal(impair_link_due_us(&link), 4100);
}

static void
test_flush(void **state)
{
	unsigned int i;

	(void)state;
	link.settings.delay_us = 1000;
	for (i = 0; i < 10; i++)
		impair_link_put(&link, frame(i), 0);
	impair_link_flush(&link);
	assert_int_equal(link.stats.drop_impair_end, 10);
	assert_int_equal(impair_link_due_us(&link), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_clear),
		TEST(test_loss),
		TEST(test_all_lost),
		TEST(test_duplicate),
		TEST(test_reorder),
		TEST(test_corrupt),
		TEST(test_corrupt_offloaded),
		TEST(test_corrupt_ipv6),
		TEST(test_corrupt_in_a_vlan),
		TEST(test_corrupt_large),
		TEST(test_corrupt_not_ip),
		TEST(test_no_copies),
		TEST(test_delay),
		TEST(test_jitter),
		TEST(test_rate),
		TEST(test_set_while_held),
		TEST(test_flush),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
