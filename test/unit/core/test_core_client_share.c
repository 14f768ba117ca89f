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
#include <rte_ethdev.h>
#include <rte_thash.h>

#include "client_rig.h"
#include "core_stats.h"
#include "test_eal.h"
#include "wire_flow.h"

#define CLIENTS CLIENT_RIG_CLIENTS_MAX
#define CONNS 40
#define PORT CLIENT_RIG_PORT

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
	bool fragments;
};

static const struct how by_hash = {SPREAD_BY_HASH, false}, by_hash_ipv6 = {SPREAD_BY_HASH, true},
			as_sent = {SPREAD_AS_SENT, false}, as_sent_ipv6 = {SPREAD_AS_SENT, true},
			in_turn = {SPREAD_IN_TURN, false}, in_turn_ipv6 = {SPREAD_IN_TURN, true},
			fragments = {SPREAD_BY_HASH, false, true},
			fragments_ipv6 = {SPREAD_BY_HASH, true, true};

struct told {
	unsigned int opened[CONNS];
	unsigned int closed;
	int error; /* of the last that closed */
	uint32_t len[CONNS];
};

static const struct how *how;
static struct client_rig rig;
static struct told told[CLIENTS];
static uint16_t sent_by[UINT16_MAX + 1]; /* the queue, by our port */
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

static void
sent(const struct rte_mbuf *mbuf, uint16_t queue)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint8_t flow[WIRE_FLOW_BYTES_MAX];
	unsigned int bytes = wire_flow_parse(frame, mbuf->data_len, flow);
	rte_be16_t our_port;

	if (bytes == 0)
		return;
	memcpy(&our_port, flow + bytes - 4, sizeof(our_port));
	sent_by[rte_be_to_cpu_16(our_port)] = queue;
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

/* What the device was told, by ethdev. */
static void
read_table(void)
{
	struct rte_eth_rss_conf conf = {.rss_key = key, .rss_key_len = sizeof(key)};
	struct rte_eth_rss_reta_entry64 entries[TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE];
	struct rte_eth_dev_info info;
	unsigned int i;

	assert_return_code(rte_eth_dev_info_get(rig.port_id, &info), 0);
	assert_in_range(info.reta_size, 64, TABLE_MAX);
	table_size = info.reta_size;
	for (i = 0; i < RTE_DIM(entries); i++)
		entries[i].mask = UINT64_MAX;
	assert_return_code(rte_eth_dev_rss_hash_conf_get(rig.port_id, &conf), 0);
	assert_return_code(rte_eth_dev_rss_reta_query(rig.port_id, entries, table_size), 0);
	for (i = 0; i < table_size; i++)
		table[i] = entries[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];
}

static void
run(uint64_t us)
{
	client_rig_run(&rig, us);
}

static int
setup(void **state)
{
	struct client_rig_config config = {
		/* One that knows nothing of spreading. */
		.device = "net_pcap0", .device_args = PCAP_ARGS,
		.nb = CLIENTS,	       .conns_max = CONNS,
		.events = &events,     .events_args = {&told[0], &told[1], &told[2]},
		.queue_of = queue_of,  .sent = sent,
	};

	how = *state;
	config.ipv6 = how->ipv6;
	config.fragments = how->fragments;
	if (how->spread == SPREAD_BY_HASH) {
		config.device = "net_null0";
		config.device_args = "no-rx=1";
	}
	turn = 0;
	memset(told, 0, sizeof(told));
	client_rig_init(&rig, &config);
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
	return client_rig_deinit(&rig, state);
}

static struct tr_addr
address(unsigned int host)
{
	return client_rig_address(&rig, host);
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
			assert_return_code(core_client_connect(rig.clients[i], conn,
							       address(CLIENT_RIG_SERVER), PORT,
							       rig.now_us),
					   0);
	/* Most SYNs wait in vain for their neighbour, and leave again after a second. */
	run(5000000);
	for (i = 0; i < CLIENTS; i++)
		for (conn = 0; conn < CONNS; conn++) {
			assert_int_equal(told[i].opened[conn], 1);
			assert_return_code(core_client_send(rig.clients[i], conn, &part, 1), 0);
		}
	run(100000);
	for (i = 0; i < CLIENTS; i++) {
		assert_int_equal(told[i].closed, 0);
		for (conn = 0; conn < CONNS; conn++)
			assert_int_equal(told[i].len[conn], sizeof(data));
		assert_int_equal(core_client_stats(rig.clients[i])->drop_steer, 0);
		assert_int_equal(core_client_stats(rig.clients[i])->drop_control, 0);
	}
}

static uint64_t
steered(void)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < CLIENTS; i++)
		sum += core_client_stats(rig.clients[i])->steered;
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

/* All of one peer come by the queue that the addresses choose: their owners get them whole. */
static void
test_fragments(void **state)
{
	(void)state;
	open_and_echo();
	assert_true(steered() >= CONNS * (CLIENTS - 1));
}

/* A neighbour that one has learned the others need not ask for. */
static void
test_neighbours_are_shared(void **state)
{
	unsigned int i;

	(void)state;
	open_and_echo();
	for (i = 0; i < CLIENTS - 1; i++)
		assert_true(core_client_stats(rig.clients[i])->control > 0);
}

/* The first client asks for a connection, and its SYN is the last segment. */
static void
send_syn(void)
{
	assert_return_code(core_client_connect(rig.clients[0], 0, address(CLIENT_RIG_SERVER), PORT,
					       rig.now_us),
			   0);
	run(10000);
	assert_int_equal(told[0].opened[0], 1);
	assert_return_code(core_client_connect(rig.clients[0], 1, address(CLIENT_RIG_SERVER), PORT,
					       rig.now_us),
			   0);
	core_client_poll(rig.clients[0], rig.now_us);
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
	client_rig_bring_error(&rig, 0);
	core_client_poll(rig.clients[0], rig.now_us);
	assert_refused();
}

/* A device chooses the queue of an error by who sends it, not by what it is about. */
static void
test_an_error_by_the_queue_of_another(void **state)
{
	(void)state;
	send_syn();
	client_rig_bring_error(&rig, 1);
	core_client_poll(rig.clients[1], rig.now_us);
	assert_int_equal(told[0].closed, 0);
	core_client_poll(rig.clients[0], rig.now_us);
	assert_refused();
	assert_int_equal(core_client_stats(rig.clients[1])->drop_icmp_handed, 0);
}

/* Anybody can make them up: the others hear a hundred in a tenth of a second. */
static void
test_errors_are_handed_on_within_limits(void **state)
{
	uint64_t heard;
	unsigned int i, nb;

	(void)state;
	send_syn();
	client_rig_bring_error(&rig, 1);
	run(1000000);
	assert_refused();
	for (i = 0; i < 2; i++) {
		heard = core_client_stats(rig.clients[2])->control;
		for (nb = 0; nb < 150; nb++)
			client_rig_bring_error(&rig, 1);
		for (nb = 0; nb < 3; nb++)
			core_client_poll(rig.clients[1], rig.now_us);
		assert_int_equal(rig.nb_inbox[1], 0);
		core_client_poll(rig.clients[2], rig.now_us);
		assert_int_equal(core_client_stats(rig.clients[2])->control, heard + 100);
		assert_int_equal(core_client_stats(rig.clients[1])->drop_icmp_handed, (i + 1) * 50);
		rig.now_us += 100000;
	}
	assert_int_equal(core_client_stats(rig.clients[1])->drop_control, 0);
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
		TEST(test_fragments, fragments),
		TEST(test_fragments, fragments_ipv6),
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
