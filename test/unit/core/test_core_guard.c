/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* Bursts of a core and callbacks on EAL's interrupt thread: never at the same time. */
/* rte_interrupts.h: handles of one's own */
#define ALLOW_EXPERIMENTAL_API

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/eventfd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_interrupts.h>
#include <rte_pause.h>

#include "core_ethdev.h"
#include "core_guard.h"
#include "test_eal.h"

#define BURST 32
#define POOL_MBUFS 8191

/* How long a burst, and what a driver does on the interrupt thread, take here. */
#define BURST_US 20
#define DRIVER_US 100

#define CALLS 100
#define PEERS 100
#define DEADLINE_MS 20000

static struct rte_mempool *mbufs;
static struct core_port server_port;
static pthread_t poller;
static atomic_bool stop;
static atomic_uint bursts;
static atomic_uint calls; /* of the callback on the interrupt thread */
static atomic_bool in_burst;
static atomic_bool in_driver;
static atomic_uint collisions;
static struct rte_intr_handle *handle;

static int
setup(void **state)
{
	(void)state;
	mbufs = rte_pktmbuf_pool_create("guard", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					SOCKET_ID_ANY);
	assert_non_null(mbufs);
	atomic_store(&stop, false);
	atomic_store(&bursts, 0);
	atomic_store(&calls, 0);
	atomic_store(&collisions, 0);
	return 0;
}

static int
teardown(void **state)
{
	int ret = test_pools_full(state);

	rte_mempool_free(mbufs);
	return ret;
}

static uint16_t
add_port(const char *device, const char *args, struct core_port *port)
{
	char error[256] = "";
	uint16_t port_id;

	assert_return_code(rte_eal_hotplug_add("vdev", device, args), 0);
	assert_return_code(rte_eth_dev_get_port_by_name(device, &port_id), 0);
	assert_int_equal(
		core_ethdev_setup(port_id, 1, &mbufs, 0, false, NULL, port, error, sizeof(error)),
		0);
	return port_id;
}

/* What comes goes back; what does not fit is dropped. */
static void *
poll_port(void *arg)
{
	struct core_port *port = arg;
	struct rte_mbuf *frames[BURST];
	uint16_t nb;

	while (!atomic_load(&stop)) {
		nb = port->rx(port, frames, BURST);
		atomic_fetch_add(&bursts, nb > 0);
		if (nb > 0)
			nb -= port->tx(port, frames, nb);
		rte_pktmbuf_free_bulk(frames, nb);
	}
	return NULL;
}

static void
begin_polling(struct core_port *port)
{
	assert_int_equal(pthread_create(&poller, NULL, poll_port, port), 0);
}

static void
end_polling(void)
{
	atomic_store(&stop, true);
	pthread_join(poller, NULL);
}

static void
wait_more(atomic_uint *count, unsigned int nb)
{
	unsigned int until = atomic_load(count) + nb;
	unsigned int ms;

	for (ms = 0; (int)(atomic_load(count) - until) < 0; ms++) {
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
}

static uint16_t
long_burst(uint16_t port_id, uint16_t queue, struct rte_mbuf **frames, uint16_t nb, uint16_t max,
	   void *arg)
{
	(void)port_id;
	(void)queue;
	(void)frames;
	(void)max;
	(void)arg;
	atomic_store(&in_burst, true);
	rte_delay_us_block(BURST_US);
	atomic_fetch_add(&collisions, atomic_load(&in_driver));
	atomic_store(&in_burst, false);
	return nb;
}

static void
drive(void *arg)
{
	(void)arg;
	atomic_store(&in_driver, true);
	rte_delay_us_block(DRIVER_US);
	atomic_fetch_add(&collisions, atomic_load(&in_burst));
	atomic_store(&in_driver, false);
	atomic_fetch_add(&calls, 1);
}

/* A driver that always has something to do on the interrupt thread. */
static void
begin_driving(void)
{
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	assert_non_null(handle);
	assert_int_equal(rte_intr_fd_set(handle, eventfd(1, EFD_NONBLOCK)), 0);
	assert_int_equal(rte_intr_type_set(handle, RTE_INTR_HANDLE_EXT), 0);
	assert_int_equal(rte_intr_callback_register(handle, drive, NULL), 0);
}

static void
end_driving(void)
{
	assert_int_equal(rte_intr_callback_unregister_sync(handle, drive, NULL), 1);
	close(rte_intr_fd_get(handle));
	rte_intr_instance_free(handle);
}

/* Both go on, and neither while the other is at work; a hold keeps the driver away, not the core.
 */
static void
test_apart(void **state)
{
	const struct rte_eth_rxtx_callback *callback;
	uint16_t port_id = add_port("net_null0", "", &server_port);
	char error[256];
	unsigned int held;

	(void)state;
	assert_int_equal(core_ethdev_start(port_id, 1, NULL, &server_port, error, sizeof(error)),
			 0);
	assert_int_equal(core_guard_attach(port_id, &server_port, 1), 0);
	callback = rte_eth_add_rx_callback(port_id, 0, long_burst, NULL);
	assert_non_null(callback);
	begin_polling(&server_port);
	begin_driving();
	wait_more(&calls, CALLS);
	wait_more(&bursts, CALLS);

	core_guard_hold();
	held = atomic_load(&calls);
	wait_more(&bursts, CALLS);
	rte_delay_us_sleep(100 * 1000);
	assert_int_equal(atomic_load(&calls), held);
	core_guard_release();
	wait_more(&calls, CALLS);

	end_driving();
	end_polling();
	assert_int_equal(atomic_load(&collisions), 0);
	rte_eth_remove_rx_callback(port_id, 0, callback);
	core_ethdev_stop(port_id);
	core_ethdev_teardown(port_id);
	rte_eal_hotplug_remove("vdev", "net_null0");
}

/* Ports of two owners: the thread that stands guard opens both, and ends with the last. */
static void
test_two_ports(void **state)
{
	struct core_port other;
	uint16_t one = add_port("net_null0", "", &server_port);
	uint16_t two = add_port("net_null1", "", &other);
	struct rte_mbuf *frames[BURST];
	char error[256];
	unsigned int tries, nb;

	(void)state;
	assert_int_equal(core_ethdev_start(one, 1, NULL, &server_port, error, sizeof(error)), 0);
	assert_int_equal(core_ethdev_start(two, 1, NULL, &other, error, sizeof(error)), 0);
	for (tries = 0; tries < 3; tries++) {
		assert_int_equal(core_guard_attach(one, &server_port, 1), 0);
		assert_int_equal(core_guard_attach(two, &other, 1), 0);
		begin_polling(&server_port);
		wait_more(&bursts, CALLS);
		core_guard_hold();
		nb = other.rx(&other, frames, BURST);
		assert_int_equal(nb, BURST);
		rte_pktmbuf_free_bulk(frames, nb);
		core_guard_release();
		core_guard_detach(two);
		wait_more(&bursts, CALLS);
		end_polling();
		atomic_store(&stop, false);
		core_guard_detach(one);
		/* Nobody to be held: at once. */
		core_guard_hold();
		core_guard_release();
	}
	core_ethdev_stop(one);
	core_ethdev_teardown(one);
	core_ethdev_stop(two);
	core_ethdev_teardown(two);
	rte_eal_hotplug_remove("vdev", "net_null0");
	rte_eal_hotplug_remove("vdev", "net_null1");
}

static void
wait_link(uint16_t port_id, bool up)
{
	struct rte_eth_link link;
	unsigned int ms;

	for (ms = 0;; ms++) {
		assert_int_equal(rte_eth_link_get_nowait(port_id, &link), 0);
		if ((link.link_status == RTE_ETH_LINK_UP) == up)
			return;
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
}

/* The poller goes on, as soon as it has a CPU. */
static void
wait_bursts(unsigned int before)
{
	unsigned int ms;

	for (ms = 0; atomic_load(&bursts) == before; ms++) {
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
}

static void
exchange(uint16_t port_id)
{
	struct rte_mbuf *frames[BURST];
	unsigned int i;
	uint16_t nb;

	nb = rte_pktmbuf_alloc_bulk(mbufs, frames, BURST) == 0 ? BURST : 0;
	for (i = 0; i < nb; i++)
		rte_pktmbuf_append(frames[i], 1500);
	nb -= rte_eth_tx_burst(port_id, 0, frames, nb);
	rte_pktmbuf_free_bulk(frames + BURST - nb, nb);
	nb = rte_eth_rx_burst(port_id, 0, frames, BURST);
	rte_pktmbuf_free_bulk(frames, nb);
}

/* A peer that sends, and leaves in the midst of it, after something of it was heard. */
static void
visit(uint16_t port_id, uint16_t server, unsigned int nb_bursts)
{
	unsigned int i, before = atomic_load(&bursts);

	assert_return_code(rte_eth_dev_start(port_id), 0);
	wait_link(port_id, true);
	wait_link(server, true);
	exchange(port_id);
	wait_bursts(before);
	for (i = 1; i < nb_bursts; i++)
		exchange(port_id);
	core_guard_hold();
	assert_return_code(rte_eth_dev_stop(port_id), 0);
	core_guard_release();
	wait_link(server, false);
}

/* Hundreds of peers of a memif under traffic: its core outlives each of them. */
static void
test_peers(void **state)
{
	struct core_port client_port;
	char args[128], error[256];
	uint16_t server, client;
	unsigned int i;

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* Of DPDK it sees neither accesses nor locks: what the driver's thread frees and we get
	 * again looks like a race, and the race that this is about would not be seen. */
	skip();
#endif
	snprintf(args, sizeof(args), "role=server,socket=guard-%d", getpid());
	server = add_port("net_memif0", args, &server_port);
	snprintf(args, sizeof(args), "role=client,socket=guard-%d,mac=02:00:00:00:00:77", getpid());
	client = add_port("net_memif1", args, &client_port);
	/* The driver asks once: the server is to listen. */
	assert_return_code(rte_eth_dev_start(server), 0);
	assert_return_code(rte_eth_dev_start(client), 0);
	assert_int_equal(core_ethdev_start(server, 1, NULL, &server_port, error, sizeof(error)), 0);
	/* The server's link is up before its client has heard so, on the interrupt thread. */
	wait_link(client, true);
	begin_polling(&server_port);
	core_guard_hold();
	assert_return_code(rte_eth_dev_stop(client), 0);
	core_guard_release();
	wait_link(server, false);
	for (i = 0; i < PEERS; i++)
		visit(client, server, 200 + i);
	end_polling();
	core_ethdev_stop(server);
	core_ethdev_teardown(client);
	core_ethdev_teardown(server);
	rte_eal_hotplug_remove("vdev", "net_memif1");
	rte_eal_hotplug_remove("vdev", "net_memif0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_ports, setup, teardown),
		cmocka_unit_test_setup_teardown(test_peers, setup, teardown),
	};

	test_eal_init();
	return cmocka_run_group_tests_name("core_guard", tests, NULL, NULL);
}
