/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* The wire as a switch, its links that go away and become narrow, and who stands still on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>

#include "sim_peer.h"
#include "sim_progress.h"
#include "sim_stack.h"
#include "sim_wire.h"
#include "test_eal.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

#define EVERYBODY 0xff
#define LIMIT_US 3000000

static struct rte_mempool *pool;
static struct sim_wire *wire;
static uint64_t now_us;

static void
begin(unsigned int nb_ends, bool silent)
{
	const struct sim_wire_config config = {
		.nb_ends = nb_ends,
		.delay_us = 10,
		.mtu = 1500,
		.silent = silent,
	};

	wire = sim_wire_create(&config, 1);
	assert_non_null(wire);
	now_us = 1;
	sim_wire_advance(wire, now_us);
}

static int
end(void **state)
{
	sim_wire_destroy(wire);
	wire = NULL;
	return test_pools_full(state);
}

/* An IP packet of so many bytes. */
static struct rte_mbuf *
make(unsigned int from, unsigned int to, bool ipv6, uint16_t bytes)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(pool);
	struct rte_ether_hdr ether = {.src_addr = {{2, 0, 0, 0, 0, from + 1}},
				      .dst_addr = {{2, 0, 0, 0, 0, to + 1}}};
	struct wire_ipv4 ipv4 = {.src = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 1)),
				 .dst = rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 2)),
				 .protocol = IPPROTO_TCP,
				 .ttl = 64,
				 .dont_fragment = 1,
				 .total_bytes = bytes};
	struct wire_ipv6 packet = {.src = {{0xfd, [15] = 1}},
				   .dst = {{0xfd, [15] = 2}},
				   .next_header = IPPROTO_TCP,
				   .hop_limit = 64,
				   .payload_bytes = bytes - WIRE_IPV6_HEADER_BYTES};
	uint8_t *data;

	assert_non_null(mbuf);
	if (to == EVERYBODY)
		memset(&ether.dst_addr, 0xff, sizeof(ether.dst_addr));
	ether.ether_type = rte_cpu_to_be_16(ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
	data = (uint8_t *)rte_pktmbuf_append(mbuf, sizeof(ether) + bytes);
	assert_non_null(data);
	memset(data, 0, sizeof(ether) + bytes);
	memcpy(data, &ether, sizeof(ether));
	if (ipv6)
		wire_ipv6_write(data + sizeof(ether), &packet);
	else
		wire_ipv4_write(data + sizeof(ether), &ipv4);
	return mbuf;
}

static void
put(unsigned int from, unsigned int to, bool ipv6, uint16_t bytes)
{
	struct core_port *port = sim_wire_port(wire, from);
	struct rte_mbuf *mbuf = make(from, to, ipv6, bytes);

	assert_int_equal(port->tx(port, &mbuf, 1), 1);
	now_us += 1000;
	sim_wire_advance(wire, now_us);
}

/* What has come to an end; NULL: nothing. The caller frees it. */
static struct rte_mbuf *
take(unsigned int at)
{
	struct core_port *port = sim_wire_port(wire, at);
	struct rte_mbuf *mbuf = NULL;

	return port->rx(port, &mbuf, 1) == 1 ? mbuf : NULL;
}

static bool
came(unsigned int at)
{
	struct rte_mbuf *mbuf = take(at);

	rte_pktmbuf_free(mbuf);
	return mbuf != NULL;
}

static void
test_switch(void **state)
{
	(void)state;
	begin(3, false);
	put(0, 2, false, 100);
	assert_false(came(0) || came(1));
	assert_true(came(2));
	put(1, EVERYBODY, false, 100);
	assert_true(came(0) && came(2));
	assert_false(came(1));
	put(2, 4, false, 100);
	assert_false(came(0) || came(1) || came(2));
	assert_int_equal(sim_wire_lost(wire), 0);
}

static void
test_cut(void **state)
{
	(void)state;
	begin(3, false);
	sim_wire_cut_end(wire, 1, true);
	put(0, 1, false, 100);
	put(1, 0, false, 100);
	assert_false(came(0) || came(1));
	assert_int_equal(sim_wire_lost(wire), 2);
	put(0, 2, false, 100);
	assert_true(came(2));
	sim_wire_cut_end(wire, 1, false);
	put(0, 1, false, 100);
	assert_true(came(1));
	sim_wire_cut(wire, true);
	put(0, 2, false, 100);
	assert_false(came(2));
}

/* At either end of the way. */
static void
test_narrow(void **state)
{
	struct wire_icmp_error error;
	struct rte_mbuf *mbuf;
	struct wire_ipv4 ipv4;
	uint8_t *packet;

	(void)state;
	begin(2, false);
	sim_wire_narrow(wire, 1, 600);
	put(0, 1, false, 600);
	assert_true(came(1));
	put(0, 1, false, 601);
	assert_false(came(1));
	assert_int_equal(sim_wire_lost(wire), 1);
	mbuf = take(0);
	assert_non_null(mbuf);
	packet = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, RTE_ETHER_HDR_LEN);
	assert_int_equal(
		wire_ipv4_parse(packet, mbuf->data_len - RTE_ETHER_HDR_LEN, UINT16_MAX, 1, &ipv4),
		WIRE_IPV4_OK);
	assert_int_equal(ipv4.dst, rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 1)));
	assert_true(wire_icmp_error_parse(packet + ipv4.header_bytes,
					  ipv4.total_bytes - ipv4.header_bytes, &error));
	assert_int_equal(error.code, WIRE_ICMP_UNREACHABLE_TOO_BIG);
	assert_int_equal(error.mtu, 600);
	assert_int_equal(error.ipv4.total_bytes, 601);
	rte_pktmbuf_free(mbuf);
	put(1, 0, false, 601);
	assert_false(came(0));
	assert_true(came(1));
	sim_wire_narrow(wire, 1, 0);
	put(0, 1, false, 1500);
	assert_true(came(1));
}

static void
test_narrow_ipv6(void **state)
{
	struct wire_icmp6 icmp6;
	struct rte_mbuf *mbuf;

	(void)state;
	begin(2, false);
	sim_wire_narrow(wire, 0, 1300);
	put(0, 1, true, 1301);
	assert_false(came(1));
	mbuf = take(0);
	assert_non_null(mbuf);
	assert_true(wire_icmp6_parse(
		rte_pktmbuf_mtod_offset(mbuf, const uint8_t *,
					RTE_ETHER_HDR_LEN + WIRE_IPV6_HEADER_BYTES),
		WIRE_ICMP6_HEADER_BYTES, &icmp6));
	assert_int_equal(icmp6.type, 2);
	assert_int_equal(icmp6.value, 1300);
	rte_pktmbuf_free(mbuf);
}

static void
test_silent(void **state)
{
	(void)state;
	begin(2, true);
	sim_wire_narrow(wire, 1, 600);
	put(0, 1, false, 601);
	assert_false(came(0) || came(1));
	assert_int_equal(sim_wire_lost(wire), 1);
}

/* A client whose server does not answer, for so long; returns when it counted as stuck, or 0. */
static uint64_t
wait_for_server(uint64_t us, uint64_t lost_each_us)
{
	struct sim_progress progress;
	struct sim_peer peer = {.nb_conns = 1, .now_us = now_us};
	const struct sim_peer_conn server = {0};
	struct sim_stack_config config = {
		.name = "client",
		.port = sim_wire_port(wire, 0),
		.addr = tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 1))),
		.events = &sim_peer_events,
		.events_arg = &peer,
		.nb_mbufs = 63,
		.receive_window_bytes = 65536,
		.now_us = now_us,
	};
	uint64_t begin_us = now_us, stuck_us = 0;
	struct sim_stack stack;

	sim_progress_init(&progress, LIMIT_US);
	sim_stack_init(&stack, &config);
	sim_peer_connect(&peer, stack.tcp, tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, 2))),
			 rte_cpu_to_be_16(7), 0);
	for (; now_us < begin_us + us && stuck_us == 0; now_us += 100000) {
		sim_wire_advance(wire, now_us);
		sim_stack_poll(&stack, now_us);
		if (sim_progress_due(&progress, now_us / lost_each_us, now_us) &&
		    sim_progress_is_stuck(&progress, 0, &peer.conns[0], &server, now_us))
			stuck_us = now_us - begin_us;
	}
	tcp_abort(peer.conns[0].tcp);
	sim_stack_poll(&stack, now_us);
	sim_wire_flush(wire);
	sim_stack_deinit(&stack);
	return stuck_us;
}

static void
test_progress(void **state)
{
	uint64_t stuck_us;

	(void)state;
	begin(2, false);
	stuck_us = wait_for_server(2 * LIMIT_US, UINT64_MAX);
	assert_in_range(stuck_us, LIMIT_US, LIMIT_US + LIMIT_US / 2);
	/* What is lost is an excuse, as often as it happens. */
	assert_int_equal(wait_for_server(10 * LIMIT_US, LIMIT_US / 2), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_switch, end),
		cmocka_unit_test_teardown(test_cut, end),
		cmocka_unit_test_teardown(test_narrow, end),
		cmocka_unit_test_teardown(test_narrow_ipv6, end),
		cmocka_unit_test_teardown(test_silent, end),
		cmocka_unit_test_teardown(test_progress, end),
	};

	test_eal_init();
	pool = rte_pktmbuf_pool_create("frames", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	return pool != NULL ? cmocka_run_group_tests(tests, NULL, NULL) : EXIT_FAILURE;
}
