/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/*
 * Clients that share a port, and a core that echoes at the other end of a virtual wire: what is
 * answered comes by the queue that the port chooses, and must be the opener's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_thash.h>

#include "core.h"
#include "core_client.h"
#include "core_stats.h"
#include "sim_wire.h"
#include "test_eal.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_flow.h"
#include "wire_icmp.h"
#include "wire_icmp6.h"

#define CLIENTS 3
#define CONNS 40
#define PORT 7

#define FRAMES_MAX 4096

/* Of a segment: the headers, as far as errors quote them. */
#define HEAD_MAX (WIRE_ETHER_HEADER_BYTES + WIRE_IPV6_HEADER_BYTES + WIRE_ICMP6_QUOTED_BYTES)

/* So many queues; what is sent goes nowhere, and nothing comes. */
#define PCAP_ARGS "tx_pcap=/dev/null,tx_pcap=/dev/null,tx_pcap=/dev/null"

#define KEY_BYTES 40
#define TABLE_MAX RTE_ETH_RSS_RETA_SIZE_512

/* How the port chooses the queue of what it receives. */
enum spread {
	SPREAD_BY_HASH, /* as its key and its table say: a device with receive side scaling */
	SPREAD_AS_SENT, /* by the queue that the connection's frames left by */
	SPREAD_IN_TURN
};

struct how {
	enum spread spread;
	bool ipv6;
};

static const struct how by_hash = {SPREAD_BY_HASH, false}, by_hash_ipv6 = {SPREAD_BY_HASH, true},
			as_sent = {SPREAD_AS_SENT, false}, as_sent_ipv6 = {SPREAD_AS_SENT, true},
			in_turn = {SPREAD_IN_TURN, false}, in_turn_ipv6 = {SPREAD_IN_TURN, true};

struct told {
	unsigned int opened[CONNS];
	unsigned int closed;
	int error; /* of the last that closed */
	uint32_t len[CONNS];
};

static const struct how *how;
static uint16_t port_id;
static uint64_t now_us;
static struct sim_wire *wire;
static struct rte_mempool *wire_mbufs;
static const struct rte_eth_rxtx_callback *callbacks[2 * CLIENTS];
static struct tr_submit *submit;
static struct core *core;
static struct core_client *clients[CLIENTS];
static struct told told[CLIENTS];
static struct rte_mbuf *inbox[CLIENTS][FRAMES_MAX];
static unsigned int nb_inbox[CLIENTS];
static uint16_t sent_by[UINT16_MAX + 1]; /* the queue, by our port */
static uint8_t last_segment[HEAD_MAX]; /* that was sent, its first bytes */
static unsigned int turn;
static uint8_t key[KEY_BYTES];
static uint16_t table[TABLE_MAX];
static uint16_t table_size;

static void
opened(void *arg, uint32_t conn)
{
	struct told *to = arg;

	to->opened[conn]++;
}

static void
received(void *arg, uint32_t conn, const uint8_t *data, uint32_t len)
{
	struct told *to = arg;

	(void)data;
	to->len[conn] += len;
}

static void
closed(void *arg, uint32_t conn, int error)
{
	struct told *to = arg;

	(void)conn;
	to->closed++;
	to->error = error;
}

static const struct core_client_events events = {
	.opened = opened,
	.received = received,
	.closed = closed,
};

static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, uint16_t max,
	void *arg)
{
	(void)port;
	(void)arg;
	assert_int_equal(nb, 0);
	nb = RTE_MIN(nb_inbox[queue], (unsigned int)max);
	memcpy(mbufs, inbox[queue], nb * sizeof(mbufs[0]));
	nb_inbox[queue] -= nb;
	memmove(inbox[queue], inbox[queue] + nb, nb_inbox[queue] * sizeof(mbufs[0]));
	return nb;
}

/* What is sent is copied to the wire; the device takes the frames themselves. */
static uint16_t
transmit(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, void *arg)
{
	struct core_port *end = sim_wire_port(wire, 0);
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	struct rte_mbuf *copied;
	unsigned int bytes;
	rte_be16_t our_port;
	uint16_t i;

	(void)port;
	(void)arg;
	for (i = 0; i < nb; i++) {
		copied = rte_pktmbuf_copy(mbufs[i], wire_mbufs, 0, UINT32_MAX);
		assert_non_null(copied);
		bytes = wire_flow_parse(rte_pktmbuf_mtod(copied, uint8_t *), copied->data_len,
					flow);
		if (bytes > 0) {
			memcpy(&our_port, flow + bytes - 4, sizeof(our_port));
			sent_by[rte_be_to_cpu_16(our_port)] = queue;
			memcpy(last_segment, rte_pktmbuf_mtod(copied, void *),
			       RTE_MIN(copied->data_len, sizeof(last_segment)));
		}
		assert_int_equal(end->tx(end, &copied, 1), 1);
	}
	return nb;
}

static unsigned int
queue_by_hash(const uint8_t *flow, unsigned int bytes)
{
	uint32_t words[WIRE_FLOW_BYTES_MAX / 4];
	unsigned int i;

	for (i = 0; i < bytes / 4; i++) {
		memcpy(&words[i], flow + 4 * i, sizeof(words[i]));
		words[i] = rte_be_to_cpu_32(words[i]);
	}
	return table[rte_softrss(words, bytes / 4, key) % table_size];
}

/* What is no segment comes by one queue, whoever asked. */
static unsigned int
queue_of(const struct rte_mbuf *mbuf)
{
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes =
		wire_flow_parse(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->data_len, flow);
	rte_be16_t our_port;

	if (bytes == 0)
		return CLIENTS - 1;
	if (how->spread == SPREAD_IN_TURN)
		return turn++ % CLIENTS;
	if (how->spread == SPREAD_BY_HASH)
		return queue_by_hash(flow, bytes);
	memcpy(&our_port, flow + bytes - 2, sizeof(our_port));
	return sent_by[rte_be_to_cpu_16(our_port)];
}

static void
spread(void)
{
	struct core_port *end = sim_wire_port(wire, 0);
	struct rte_mbuf *mbuf;
	unsigned int queue;

	while (end->rx(end, &mbuf, 1) == 1) {
		queue = queue_of(mbuf);
		assert_in_range(nb_inbox[queue], 0, FRAMES_MAX - 1);
		inbox[queue][nb_inbox[queue]++] = mbuf;
	}
}

static struct tr_addr
address(unsigned int host)
{
	struct tr_addr addr = {{0xfd, [15] = host}};

	return how->ipv6 ? addr : tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, host)));
}

static struct tr_addr_net
net(unsigned int host, bool ipv6)
{
	struct tr_addr_net net = {.prefix_len = ipv6 ? 64 : 24};

	if (how->ipv6 == ipv6)
		net.addr = address(host);
	return net;
}

static void
create_core(void)
{
	const struct tr_core_config config = {
		.ipv4 = net(2, false),
		.ipv6 = net(2, true),
		.conns_max = 2 * CLIENTS * CONNS,
		.credits = 64,
		.value_max = 1024,
		.body_budget_bytes = 65536,
		.body_timeout_ms = 10000,
		.request_timeout_ms = 10000,
		.send_timeout_ms = 60000,
		.send_max_bytes = 1024 * 1024,
	};
	static const struct tr_engine no_engine;
	const struct submit_config submit_config = {.nb_cores = 1, .credits = config.credits};
	struct core_listener listener = {.port = RTE_BE16(PORT), .ops = &tr_core_echo};
	struct core_config core_config = {.server = &config, .engine = &no_engine};

	submit = submit_create(&submit_config);
	assert_non_null(submit);
	core_config.submit = submit;
	core_config.port = sim_wire_port(wire, 1);
	core = core_create(&core_config);
	assert_non_null(core);
	listener.protocol = tr_core_echo.create(NULL, 0);
	assert_return_code(core_listen(core, &listener), 0);
}

static void
create_clients(void)
{
	static const char *const names[CLIENTS] = {"client0", "client1", "client2"};
	struct core_client_config configs[CLIENTS];
	char error[256] = "";
	unsigned int i;

	for (i = 0; i < CLIENTS; i++)
		configs[i] = (struct core_client_config){
			.name = names[i],
			.port_id = port_id,
			.ipv4 = net(1, false),
			.ipv6 = net(1, true),
			.conns_max = CONNS,
			.events = &events,
			.events_arg = &told[i],
		};
	assert_return_code(core_client_create_all(configs, CLIENTS, clients, error, sizeof(error)),
			   0);
	assert_string_equal(error, "");
	for (i = 0; i < CLIENTS; i++) {
		callbacks[2 * i] = rte_eth_add_rx_callback(port_id, i, receive, NULL);
		callbacks[2 * i + 1] = rte_eth_add_tx_callback(port_id, i, transmit, NULL);
		assert_non_null(callbacks[2 * i]);
		assert_non_null(callbacks[2 * i + 1]);
	}
}

/* What the device was told, by ethdev. */
static void
read_table(void)
{
	struct rte_eth_rss_conf conf = {.rss_key = key, .rss_key_len = sizeof(key)};
	struct rte_eth_rss_reta_entry64 entries[TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE];
	struct rte_eth_dev_info info;
	unsigned int i;

	assert_return_code(rte_eth_dev_info_get(port_id, &info), 0);
	assert_in_range(info.reta_size, 64, TABLE_MAX);
	table_size = info.reta_size;
	for (i = 0; i < RTE_DIM(entries); i++)
		entries[i].mask = UINT64_MAX;
	assert_return_code(rte_eth_dev_rss_hash_conf_get(port_id, &conf), 0);
	assert_return_code(rte_eth_dev_rss_reta_query(port_id, entries, table_size), 0);
	for (i = 0; i < table_size; i++)
		table[i] = entries[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
}

/* A device that spreads by hash, or one that knows nothing of it. */
static const char *
device(void)
{
	return how->spread == SPREAD_BY_HASH ? "net_null0" : "net_pcap0";
}

static void
run(uint64_t us)
{
	uint64_t end_us = now_us + us;
	unsigned int i;

	for (; now_us<end_us; now_us += us> 1000000 ? 1000 : 50) {
		sim_wire_advance(wire, now_us);
		spread();
		for (i = 0; i < CLIENTS; i++)
			core_client_poll(clients[i], now_us);
		core_poll(core, now_us);
	}
}

static int
setup(void **state)
{
	static const struct sim_wire_config config = {
		.delay_us = 100, .mtu = 1500, .tx_segments = true, .share_mbufs = true};

	how = *state;
	now_us = 1;
	turn = 0;
	memset(told, 0, sizeof(told));
	wire = sim_wire_create(&config, 1);
	assert_non_null(wire);
	wire_mbufs = rte_pktmbuf_pool_create("wire", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	assert_non_null(wire_mbufs);
	assert_return_code(
		rte_eal_hotplug_add("vdev", device(),
				    how->spread == SPREAD_BY_HASH ? "no-rx=1" : PCAP_ARGS),
		0);
	assert_return_code(rte_eth_dev_get_port_by_name(device(), &port_id), 0);
	create_core();
	create_clients();
	if (how->spread == SPREAD_BY_HASH)
		read_table();
	/* Addresses of IPv6 are tried first. */
	if (how->ipv6)
		run(3000000);
	return 0;
}

static int
teardown(void **state)
{
	unsigned int i;

	for (i = 0; i < CLIENTS; i++) {
		rte_eth_remove_rx_callback(port_id, i, callbacks[2 * i]);
		rte_eth_remove_tx_callback(port_id, i, callbacks[2 * i + 1]);
	}
	/* All of them go. */
	core_client_destroy(clients[1]);
	for (i = 0; i < CLIENTS; i++) {
		rte_pktmbuf_free_bulk(inbox[i], nb_inbox[i]);
		nb_inbox[i] = 0;
	}
	sim_wire_flush(wire);
	core_abort(core);
	sim_wire_flush(wire);
	core_destroy(core);
	submit_destroy(submit);
	sim_wire_destroy(wire);
	rte_mempool_free(wire_mbufs);
	rte_eal_hotplug_remove("vdev", device());
	return test_pools_full(state);
}

/* All of all clients open, and hear what they said. */
static void
open_and_echo(void)
{
	static const uint8_t data[3000];
	const struct iovec part = {(void *)(uintptr_t)data, sizeof(data)};
	unsigned int i, conn;

	for (i = 0; i < CLIENTS; i++)
		for (conn = 0; conn < CONNS; conn++)
			assert_return_code(
				core_client_connect(clients[i], conn, address(2), PORT, now_us), 0);
	/* Most SYNs wait in vain for their neighbour, and leave again after a second. */
	run(5000000);
	for (i = 0; i < CLIENTS; i++)
		for (conn = 0; conn < CONNS; conn++) {
			assert_int_equal(told[i].opened[conn], 1);
			assert_return_code(core_client_send(clients[i], conn, &part, 1), 0);
		}
	run(100000);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(told[i].closed, 0);
		for (conn = 0; conn < CONNS; conn++)
			assert_int_equal(told[i].len[conn], sizeof(data));
		assert_int_equal(core_client_stats(clients[i])->drop_steer, 0);
		assert_int_equal(core_client_stats(clients[i])->drop_control, 0);
	}
}

static uint64_t
steered(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < CLIENTS; i++)
		sum += core_client_stats(clients[i])->steered;
	return sum;
}

/* Nothing stands before the queues: an answer by another would be reset. */
static void
test_a_device_brings_answers_to_who_asked(void **state)
{
	(void)state;
	open_and_echo();
	assert_int_equal(steered(), 0);
}

/* It would pass on whatever came by the queue of another. */
static void
test_nothing_is_steered(void **state)
{
	(void)state;
	open_and_echo();
	assert_int_equal(steered(), 0);
}

static void
test_whatever_queue_it_comes_by(void **state)
{
	(void)state;
	open_and_echo();
	assert_true(steered() > CLIENTS * CONNS);
}

/* A neighbour that one has learned the others need not ask for. */
static void
test_neighbours_are_shared(void **state)
{
	unsigned int i;

	(void)state;
	open_and_echo();
	for (i = 0; i < CLIENTS - 1; i++)
		assert_true(core_client_stats(clients[i])->control > 0);
}

/* An ICMP error says by a queue that the port of the last segment's peer is not there. */
static void
receive_error(unsigned int queue)
{
	const struct wire_icmp6 unreachable = {
		.type = WIRE_ICMP6_UNREACHABLE,
		.code = WIRE_ICMP6_PORT_UNREACHABLE,
	};
	const uint32_t ip_bytes = how->ipv6 ? WIRE_IPV6_HEADER_BYTES : WIRE_IPV4_HEADER_BYTES;
	const uint32_t icmp_bytes = WIRE_ICMP_HEADER_BYTES + ip_bytes + WIRE_ICMP_QUOTED_BYTES;
	const struct tr_addr src = address(2), dst = address(1);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(wire_mbufs);
	struct wire_ether ether;
	uint8_t *frame, *icmp;
	uint16_t sum;

	assert_non_null(mbuf);
	frame = (uint8_t *)rte_pktmbuf_append(mbuf,
					      WIRE_ETHER_HEADER_BYTES + ip_bytes + icmp_bytes);
	icmp = frame + WIRE_ETHER_HEADER_BYTES + ip_bytes;
	assert_true(wire_ether_parse(last_segment, sizeof(last_segment), &ether));
	RTE_SWAP(ether.src, ether.dst);
	wire_ether_write(frame, &ether);
	memcpy(icmp + WIRE_ICMP_HEADER_BYTES, last_segment + WIRE_ETHER_HEADER_BYTES,
	       ip_bytes + WIRE_ICMP_QUOTED_BYTES);
	if (how->ipv6) {
		wire_ipv6_write(frame + WIRE_ETHER_HEADER_BYTES,
				&(struct wire_ipv6){.src = src,
						    .dst = dst,
						    .payload_bytes = icmp_bytes,
						    .next_header = IPPROTO_ICMPV6,
						    .hop_limit = 64});
		wire_icmp6_write(icmp, &unreachable);
		sum = ~wire_checksum_add(
			wire_checksum_pseudo_ipv6(&src, &dst, IPPROTO_ICMPV6, icmp_bytes),
			wire_checksum_sum(icmp, icmp_bytes));
		memcpy(icmp + 2, &sum, sizeof(sum));
	} else {
		wire_ipv4_write(frame + WIRE_ETHER_HEADER_BYTES,
				&(struct wire_ipv4){.src = tr_addr_to_ipv4(&src),
						    .dst = tr_addr_to_ipv4(&dst),
						    .total_bytes = ip_bytes + icmp_bytes,
						    .protocol = IPPROTO_ICMP,
						    .ttl = 64});
		wire_icmp_error_write(icmp, icmp_bytes, WIRE_ICMP_UNREACHABLE,
				      WIRE_ICMP_UNREACHABLE_PORT);
	}
	inbox[queue][nb_inbox[queue]++] = mbuf;
}

/* The first client asks for a connection, and its SYN is the last segment. */
static void
send_syn(void)
{
	assert_return_code(core_client_connect(clients[0], 0, address(2), PORT, now_us), 0);
	run(10000);
	assert_int_equal(told[0].opened[0], 1);
	assert_return_code(core_client_connect(clients[0], 1, address(2), PORT, now_us), 0);
	core_client_poll(clients[0], now_us);
}

static void
assert_refused(void)
{
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ECONNREFUSED);
	assert_int_equal(told[0].opened[1], 0);
}

static void
test_an_error_by_its_own_queue(void **state)
{
	(void)state;
	send_syn();
	receive_error(0);
	core_client_poll(clients[0], now_us);
	assert_refused();
}

/* A device chooses the queue of an error by who sends it, not by what it is about. */
static void
test_an_error_by_the_queue_of_another(void **state)
{
	(void)state;
	send_syn();
	receive_error(1);
	core_client_poll(clients[1], now_us);
	assert_int_equal(told[0].closed, 0);
	core_client_poll(clients[0], now_us);
	assert_refused();
	assert_int_equal(core_client_stats(clients[1])->drop_icmp_handed, 0);
}

/* Anybody can make them up: the others hear a hundred in a tenth of a second. */
static void
test_errors_are_handed_on_within_limits(void **state)
{
	uint64_t heard;
	unsigned int i, nb;

	(void)state;
	send_syn();
	receive_error(1);
	run(1000000);
	assert_refused();
	for (i = 0; i < 2; i++) {
		heard = core_client_stats(clients[2])->control;
		for (nb = 0; nb < 150; nb++)
			receive_error(1);
		for (nb = 0; nb < 3; nb++)
			core_client_poll(clients[1], now_us);
		assert_int_equal(nb_inbox[1], 0);
		core_client_poll(clients[2], now_us);
		assert_int_equal(core_client_stats(clients[2])->control, heard + 100);
		assert_int_equal(core_client_stats(clients[1])->drop_icmp_handed, (i + 1) * 50);
		now_us += 100000;
	}
	assert_int_equal(core_client_stats(clients[1])->drop_control, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name, how)                                                                            \
	cmocka_unit_test_prestate_setup_teardown(name, setup, teardown, (void *)(uintptr_t) & (how))
		TEST(test_a_device_brings_answers_to_who_asked, by_hash),
		TEST(test_a_device_brings_answers_to_who_asked, by_hash_ipv6),
		TEST(test_nothing_is_steered, as_sent),
		TEST(test_nothing_is_steered, as_sent_ipv6),
		TEST(test_whatever_queue_it_comes_by, in_turn),
		TEST(test_whatever_queue_it_comes_by, in_turn_ipv6),
		TEST(test_neighbours_are_shared, in_turn),
		TEST(test_an_error_by_its_own_queue, by_hash),
		TEST(test_an_error_by_its_own_queue, by_hash_ipv6),
		TEST(test_an_error_by_the_queue_of_another, by_hash),
		TEST(test_an_error_by_the_queue_of_another, by_hash_ipv6),
		TEST(test_an_error_by_the_queue_of_another, as_sent),
		TEST(test_errors_are_handed_on_within_limits, by_hash),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
