/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* A client on a port whose frames go over a virtual wire to a core that echoes. */
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

#include "core.h"
#include "core_client.h"
#include "sim_wire.h"
#include "test_eal.h"

/* Receives nothing by itself, and takes what is sent. */
#define DEVICE "net_null0"
#define DEVICE_ARGS "no-rx=1"

#define CLIENT RTE_IPV4(10, 0, 0, 1)
#define SERVER RTE_IPV4(10, 0, 0, 2)
#define PORT 7

#define CONNS_MAX 4
#define RECEIVED_MAX 65536

/* Beyond what a connection queues. */
#define TOO_MUCH_BYTES (2 * 1024 * 1024 + 1)

/* A connection, as the owner was told. */
struct told {
	unsigned int opened;
	unsigned int closed;
	int error;
	uint32_t len; /* of all that came */
	uint8_t received[RECEIVED_MAX]; /* the first of it */
};

static uint16_t port_id;
static uint64_t now_us;
static struct sim_wire *wire;
static struct rte_mempool *wire_mbufs;
static const struct rte_eth_rxtx_callback *callbacks[2];
static struct tr_submit *submit;
static struct core *core;
static struct core_client *client;
static struct told told[CONNS_MAX];

static void
opened(void *arg, uint32_t conn)
{
	assert_ptr_equal(arg, told);
	told[conn].opened++;
}

static void
received(void *arg, uint32_t conn, const uint8_t *data, uint32_t len)
{
	struct told *to = &told[conn];

	assert_ptr_equal(arg, told);
	if (to->len + len <= RECEIVED_MAX)
		memcpy(to->received + to->len, data, len);
	to->len += len;
}

static void
closed(void *arg, uint32_t conn, int error)
{
	assert_ptr_equal(arg, told);
	told[conn].closed++;
	told[conn].error = error;
}

static const struct core_client_events events = {
	.opened = opened,
	.received = received,
	.closed = closed,
};

/* What the client's port receives is what comes by the wire. */
static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, uint16_t max,
	void *arg)
{
	struct core_port *end = sim_wire_port(wire, 0);

	(void)port;
	(void)queue;
	(void)arg;
	assert_int_equal(nb, 0);
	return end->rx(end, mbufs, max);
}

/* What it sends is copied to the wire; the device takes the frames themselves. */
static uint16_t
transmit(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, void *arg)
{
	struct core_port *end = sim_wire_port(wire, 0);
	struct rte_mbuf *copied;
	uint16_t i;

	(void)port;
	(void)queue;
	(void)arg;
	for (i = 0; i < nb; i++) {
		copied = rte_pktmbuf_copy(mbufs[i], wire_mbufs, 0, UINT32_MAX);
		assert_non_null(copied);
		assert_int_equal(end->tx(end, &copied, 1), 1);
	}
	return nb;
}

static void
create_core(void)
{
	const struct tr_core_config config = {
		.ipv4 = {.addr = tr_addr_ipv4(RTE_BE32(SERVER)), .prefix_len = 24},
		.conns_max = 64,
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
create_client(void)
{
	const struct core_client_config config = {
		.name = "client",
		.port_id = port_id,
		.ipv4 = {.addr = tr_addr_ipv4(RTE_BE32(CLIENT)), .prefix_len = 24},
		.conns_max = CONNS_MAX,
		.events = &events,
		.events_arg = told,
	};
	char error[256] = "";

	client = core_client_create(&config, error, sizeof(error));
	assert_string_equal(error, "");
	assert_non_null(client);
	callbacks[0] = rte_eth_add_rx_callback(port_id, 0, receive, NULL);
	callbacks[1] = rte_eth_add_tx_callback(port_id, 0, transmit, NULL);
	assert_non_null(callbacks[0]);
	assert_non_null(callbacks[1]);
}

static int
setup(void **state)
{
	static const struct sim_wire_config config = {
		.delay_us = 100, .mtu = 1500, .tx_segments = true, .share_mbufs = true};

	(void)state;
	now_us = 1;
	memset(told, 0, sizeof(told));
	assert_return_code(rte_eal_hotplug_add("vdev", DEVICE, DEVICE_ARGS), 0);
	assert_return_code(rte_eth_dev_get_port_by_name(DEVICE, &port_id), 0);
	wire = sim_wire_create(&config, 1);
	assert_non_null(wire);
	wire_mbufs = rte_pktmbuf_pool_create("wire", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					     SOCKET_ID_ANY);
	assert_non_null(wire_mbufs);
	create_core();
	create_client();
	return 0;
}

/* Let time go on; when much of it is to pass, in long steps. */
static void
run(uint64_t us)
{
	uint64_t end_us = now_us + us;
	uint64_t step_us = us > 1000000 ? 1000 : 50;

	for (; now_us < end_us; now_us += step_us) {
		sim_wire_advance(wire, now_us);
		core_client_poll(client, now_us);
		core_poll(core, now_us);
	}
}

static void
destroy_client(void)
{
	if (client == NULL)
		return;
	rte_eth_remove_rx_callback(port_id, 0, callbacks[0]);
	rte_eth_remove_tx_callback(port_id, 0, callbacks[1]);
	core_client_destroy(client);
	client = NULL;
}

static int
teardown(void **state)
{
	destroy_client();
	sim_wire_flush(wire);
	core_abort(core);
	sim_wire_flush(wire);
	assert_int_equal(rte_mempool_in_use_count(wire_mbufs), 0);
	assert_int_equal(rte_mempool_in_use_count(core->chains.mbufs), 0);
	core_destroy(core);
	submit_destroy(submit);
	sim_wire_destroy(wire);
	rte_mempool_free(wire_mbufs);
	rte_eal_hotplug_remove("vdev", DEVICE);
	return test_pools_full(state);
}

static void
connect_to(uint32_t conn, uint16_t port)
{
	assert_return_code(
		core_client_connect(client, conn, tr_addr_ipv4(RTE_BE32(SERVER)), port, now_us), 0);
}

/* Connect, and wait until it is established. */
static void
connect_conn(uint32_t conn)
{
	unsigned int before = told[conn].opened;

	connect_to(conn, PORT);
	assert_int_equal(told[conn].opened, before);
	run(5000);
	assert_int_equal(told[conn].opened, before + 1);
}

static int
send_bytes(uint32_t conn, const void *data, size_t len)
{
	struct iovec parts[] = {
		{(void *)(uintptr_t)data, len / 2},
		{(uint8_t *)(uintptr_t)data + len / 2, len - len / 2},
	};

	return core_client_send(client, conn, parts, RTE_DIM(parts));
}

static void
test_what_is_sent_comes_back(void **state)
{
	static uint8_t data[RECEIVED_MAX];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + i / 251;
	for (i = 0; i < CONNS_MAX; i++)
		connect_conn(i);
	for (i = 0; i < CONNS_MAX; i++)
		assert_return_code(send_bytes(i, data + i, 10000 * (i + 1)), 0);
	/* Nothing leaves but with a poll. */
	assert_int_equal(told[0].len, 0);
	run(200000);
	for (i = 0; i < CONNS_MAX; i++) {
		assert_int_equal(told[i].len, 10000 * (i + 1));
		assert_memory_equal(told[i].received, data + i, told[i].len);
		assert_int_equal(told[i].closed, 0);
	}
}

/* What is queued goes before the end, and the number is free for another. */
static void
test_we_close(void **state)
{
	(void)state;
	connect_conn(0);
	assert_return_code(send_bytes(0, "last", 4), 0);
	core_client_close(client, 0);
	core_client_close(client, 0);
	assert_int_equal(send_bytes(0, "more", 4), -EPIPE);
	assert_int_equal(told[0].closed, 0);
	run(5000000);
	assert_int_equal(told[0].closed, 1);
	/* The echo came too late. */
	assert_int_equal(told[0].error, -ECONNABORTED);
	assert_int_equal(told[0].len, 0);
	assert_int_equal(send_bytes(0, "more", 4), -EPIPE);
	core_client_close(client, 0);
	connect_conn(0);
	assert_return_code(send_bytes(0, "again", 5), 0);
	run(5000);
	assert_int_equal(told[0].len, 5);
}

static void
test_the_peer_closes(void **state)
{
	(void)state;
	connect_conn(0);
	core_set_listening(core, false);
	run(5000000);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, 0);
}

static void
test_the_peer_resets(void **state)
{
	(void)state;
	connect_conn(0);
	core_abort(core);
	run(5000);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ECONNRESET);
}

static void
test_refused(void **state)
{
	(void)state;
	connect_to(0, PORT + 1);
	run(5000);
	assert_int_equal(told[0].opened, 0);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ECONNREFUSED);
	/* Not somebody on a network. */
	assert_int_equal(core_client_connect(client, 1, tr_addr_none(), PORT, now_us), -EINVAL);
	assert_int_equal(send_bytes(1, "lost", 4), -EPIPE);
}

static void
test_nobody_answers(void **state)
{
	(void)state;
	connect_conn(1);
	sim_wire_cut(wire, true);
	connect_to(0, PORT);
	run(200 * 1000000ull);
	assert_int_equal(told[0].opened, 0);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ETIMEDOUT);
	/* Nothing was asked of the other: it does not know. */
	assert_int_equal(told[1].closed, 0);
}

static void
test_closed_before_it_is_open(void **state)
{
	(void)state;
	connect_to(0, PORT);
	core_client_close(client, 0);
	run(5000);
	assert_int_equal(told[0].opened, 0);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ECONNABORTED);
}

/* All or nothing, and what was queued before goes its way. */
static void
test_too_much(void **state)
{
	static const uint8_t data[64 * 1024];
	uint32_t queued = 0;

	(void)state;
	connect_conn(0);
	while (send_bytes(0, data, sizeof(data)) == 0) {
		queued += sizeof(data);
		assert_true(queued < 2 * TOO_MUCH_BYTES);
	}
	assert_true(queued >= TOO_MUCH_BYTES);
	assert_int_equal(send_bytes(0, data, 1), -ENOMEM);
	/* Another has room all the same. */
	connect_conn(1);
	assert_return_code(send_bytes(1, "small", 5), 0);
	run(5000);
	assert_int_equal(told[1].len, 5);
}

static void
test_what_cannot_be_is_said(void **state)
{
	const struct core_client_config config = {
		.name = "other",
		.port_id = RTE_MAX_ETHPORTS - 1,
		.conns_max = 1,
		.events = &events,
	};
	char error[256] = "";

	(void)state;
	assert_null(core_client_create(&config, error, sizeof(error)));
	assert_non_null(strstr(error, "port"));
	assert_null(strchr(error, '\n'));
}

/* What is still open at the end is given back, and its owner hears nothing. */
static void
test_ends_with_connections(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < CONNS_MAX - 1; i++)
		connect_conn(i);
	connect_to(i, PORT);
	assert_return_code(send_bytes(0, "unsent", 6), 0);
	destroy_client();
	for (i = 0; i < CONNS_MAX; i++)
		assert_int_equal(told[i].closed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_what_is_sent_comes_back),
		TEST(test_we_close),
		TEST(test_the_peer_closes),
		TEST(test_the_peer_resets),
		TEST(test_refused),
		TEST(test_nobody_answers),
		TEST(test_closed_before_it_is_open),
		TEST(test_too_much),
		TEST(test_what_cannot_be_is_said),
		TEST(test_ends_with_connections),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
