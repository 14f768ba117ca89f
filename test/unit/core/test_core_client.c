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

#include <rte_ethdev.h>

#include "client_rig.h"
#include "core_port.h"
#include "test_eal.h"

#define PORT CLIENT_RIG_PORT

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

static struct client_rig rig;
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

static int
setup(void **state)
{
	const struct client_rig_config config = {
		.device = "net_null0",
		.device_args = "no-rx=1",
		.nb = 1,
		.conns_max = CONNS_MAX,
		.events = &events,
		.events_args = {told},
	};

	(void)state;
	memset(told, 0, sizeof(told));
	client_rig_init(&rig, &config);
	return 0;
}

static int
teardown(void **state)
{
	return client_rig_deinit(&rig, state);
}

static void
run(uint64_t us)
{
	client_rig_run(&rig, us);
}

static void
connect_to(uint32_t conn, uint16_t port)
{
	assert_return_code(core_client_connect(rig.clients[0], conn,
					       client_rig_address(&rig, CLIENT_RIG_SERVER), port,
					       rig.now_us),
			   0);
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

	return core_client_send(rig.clients[0], conn, parts, RTE_DIM(parts));
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
	core_client_close(rig.clients[0], 0);
	core_client_close(rig.clients[0], 0);
	assert_int_equal(send_bytes(0, "more", 4), -EPIPE);
	assert_int_equal(told[0].closed, 0);
	run(5000000);
	assert_int_equal(told[0].closed, 1);
	/* The echo came too late. */
	assert_int_equal(told[0].error, -ECONNABORTED);
	assert_int_equal(told[0].len, 0);
	assert_int_equal(send_bytes(0, "more", 4), -EPIPE);
	core_client_close(rig.clients[0], 0);
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
	core_set_listening(rig.core, false);
	run(5000000);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, 0);
}

static void
test_the_peer_resets(void **state)
{
	(void)state;
	connect_conn(0);
	core_abort(rig.core);
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
	assert_int_equal(core_client_connect(rig.clients[0], 1, tr_addr_none(), PORT, rig.now_us),
			 -EINVAL);
	assert_int_equal(send_bytes(1, "lost", 4), -EPIPE);
}

static void
test_nobody_answers(void **state)
{
	(void)state;
	connect_conn(1);
	sim_wire_cut(rig.wire, true);
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
	core_client_close(rig.clients[0], 0);
	run(5000);
	assert_int_equal(told[0].opened, 0);
	assert_int_equal(told[0].closed, 1);
	assert_int_equal(told[0].error, -ECONNABORTED);
}

/* ICMP's, about a connection that is not open yet. */
static void
test_an_error_comes(void **state)
{
	(void)state;
	connect_conn(0);
	connect_to(1, PORT);
	core_client_poll(rig.clients[0], rig.now_us);
	client_rig_bring_error(&rig, 0);
	core_client_poll(rig.clients[0], rig.now_us);
	assert_int_equal(told[1].closed, 1);
	assert_int_equal(told[1].error, -ECONNREFUSED);
	assert_int_equal(told[0].closed, 0);
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

/* Loses one frame in ten, either way. */
static unsigned int frames, lost;

static bool
is_lost(struct rte_mbuf *mbuf)
{
	if (++frames % 10 != 0)
		return false;
	lost++;
	rte_pktmbuf_free(mbuf);
	return true;
}

static uint16_t
lossy_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	uint16_t came = port->below->rx(port->below, mbufs, max);
	uint16_t nb = 0, i;

	for (i = 0; i < came; i++)
		if (!is_lost(mbufs[i]))
			mbufs[nb++] = mbufs[i];
	return nb;
}

static uint16_t
lossy_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++)
		if (!is_lost(mbufs[i]))
			assert_int_equal(port->below->tx(port->below, &mbufs[i], 1), 1);
	return nb;
}

/* A port that stands in between has all that passes, until it does not. */
static void
test_a_port_in_between(void **state)
{
	struct core_port lossy = {.rx = lossy_rx, .tx = lossy_tx, .tx_cut = true};
	static uint8_t data[RECEIVED_MAX];
	unsigned int before, i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + i / 251;
	frames = lost = 0;
	core_client_insert(rig.clients[0], &lossy);
	assert_int_equal(lossy.mtu, 1500);
	connect_conn(0);
	assert_return_code(send_bytes(0, data, sizeof(data)), 0);
	run(20000000);
	assert_int_equal(told[0].len, sizeof(data));
	assert_memory_equal(told[0].received, data, sizeof(data));
	assert_true(lost > 5);
	core_client_remove(rig.clients[0], &lossy);
	core_client_remove(rig.clients[0], &lossy);
	before = frames;
	assert_return_code(send_bytes(0, "more", 4), 0);
	run(1000000);
	assert_int_equal(told[0].len, sizeof(data) + 4);
	assert_int_equal(frames, before);
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
	client_rig_destroy_clients(&rig);
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
		TEST(test_an_error_comes),
		TEST(test_too_much),
		TEST(test_what_cannot_be_is_said),
		TEST(test_a_port_in_between),
		TEST(test_ends_with_connections),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
