/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
/* An ethdev with several queues: one that spreads connections as it is told, and one that cannot.
 */
#include "core_ethdev.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>

#include "core_ethdev_peer.h"
#include "core_guard.h"
#include "test_eal.h"

#define QUEUES 3
#define DEADLINE_MS 20000

static struct rte_mempool *mbufs[QUEUES];
static struct core_port ports[QUEUES];
static struct core_rss rss;
static uint16_t port_id;
static char error[256];

static void
plug(const char *device, const char *args)
{
	static const uint8_t key[CORE_RSS_KEY_BYTES] = "the key of this test";
	unsigned int i;

	mbufs[0] = rte_pktmbuf_pool_create("ethdev", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					   SOCKET_ID_ANY);
	assert_non_null(mbufs[0]);
	for (i = 1; i < QUEUES; i++)
		mbufs[i] = mbufs[0];
	core_rss_init(&rss, key, QUEUES);
	assert_return_code(rte_eal_hotplug_add("vdev", device, args), 0);
	assert_return_code(rte_eth_dev_get_port_by_name(device, &port_id), 0);
}

static void
start(const char *device, const char *args)
{
	plug(device, args);
	assert_return_code(core_ethdev_setup(port_id, QUEUES, mbufs, 0, false, &rss, ports, error,
					     sizeof(error)),
			   0);
	assert_return_code(core_ethdev_start(port_id, QUEUES, &rss, ports, error, sizeof(error)),
			   0);
}

static void
unplug(const char *device)
{
	core_ethdev_teardown(port_id);
	rte_eal_hotplug_remove("vdev", device);
	assert_int_equal(test_pools_full(NULL), 0);
	rte_mempool_free(mbufs[0]);
}

static void
stop(const char *device)
{
	core_ethdev_stop(port_id);
	unplug(device);
}

static void
test_a_port_is_told(void **state)
{
	struct rte_eth_rss_reta_entry64 table[CORE_RSS_ENTRIES / RTE_ETH_RETA_GROUP_SIZE] = {0};
	uint8_t key[CORE_RSS_KEY_BYTES] = {0};
	struct rte_eth_rss_conf conf = {.rss_key = key, .rss_key_len = sizeof(key)};
	struct rte_eth_dev_info info;
	unsigned int i;

	(void)state;
	start("net_null0", "");
	assert_true(core_ethdev_offers_rss(port_id));
	assert_return_code(rte_eth_dev_info_get(port_id, &info), 0);
	assert_int_equal(rss.entries, info.reta_size);
	assert_return_code(rte_eth_dev_rss_hash_conf_get(port_id, &conf), 0);
	assert_memory_equal(key, rss.key, CORE_RSS_KEY_BYTES_MIN);
	assert_true(conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_TCP);
	assert_true(conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV6_TCP);
	for (i = 0; i < RTE_DIM(table); i++)
		table[i].mask = UINT64_MAX;
	assert_return_code(rte_eth_dev_rss_reta_query(port_id, table, info.reta_size), 0);
	for (i = 0; i < info.reta_size; i++)
		assert_int_equal(
			table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE],
			core_rss_owner(&rss, i));
	for (i = 0; i < QUEUES; i++)
		assert_true(ports[i].rss);
	stop("net_null0");
}

static void
test_a_port_cannot(void **state)
{
	unsigned int i;

	(void)state;
	start("net_ring0", "");
	assert_false(core_ethdev_offers_rss(port_id));
	assert_int_equal(rss.entries, CORE_RSS_ENTRIES);
	for (i = 0; i < QUEUES; i++)
		assert_false(ports[i].rss);
	stop("net_ring0");
}

static int
set_up_with_mtu(uint16_t mtu)
{
	return core_ethdev_setup(port_id, 1, mbufs, mtu, false, &rss, ports, error, sizeof(error));
}

/* Of a port with a bound, of one whose driver does not know of an MTU, and of one that does. */
static void
test_mtu(void **state)
{
	(void)state;
	plug("net_memif0", "role=client");
	assert_int_equal(set_up_with_mtu(9000), -ERANGE);
	assert_non_null(strstr(error, "takes no MTU of 9000: 46 to 1500 would do"));
	assert_int_equal(set_up_with_mtu(45), -ERANGE);
	assert_return_code(set_up_with_mtu(1500), 0);
	unplug("net_memif0");

	plug("net_ring0", "");
	assert_return_code(set_up_with_mtu(9000), 0);
	assert_int_equal(ports[0].mtu, 9000);
	/* Its frames come in chains. */
	assert_int_equal(core_ethdev_rx_room(port_id, 9000), RTE_MBUF_DEFAULT_BUF_SIZE);
	unplug("net_ring0");

	plug("net_null0", "");
	assert_return_code(set_up_with_mtu(9000), 0);
	assert_int_equal(ports[0].mtu, 9000);
	assert_int_equal(set_up_with_mtu(UINT16_MAX), -ERANGE);
	/* Of a port without scatter a frame fits in its mbuf. */
	assert_int_equal(core_ethdev_rx_room(port_id, 0), RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_int_equal(core_ethdev_rx_room(port_id, 2026), RTE_MBUF_DEFAULT_BUF_SIZE);
	assert_int_equal(core_ethdev_rx_room(port_id, 2027), RTE_MBUF_DEFAULT_BUF_SIZE + 1);
	assert_int_equal(core_ethdev_rx_room(port_id, 9000), RTE_PKTMBUF_HEADROOM + 9022);
	unplug("net_null0");
}

/* All memory that EAL has, in a list. */
static void *
take_memory(void)
{
	void *list = NULL, *block;
	size_t bytes;

	for (bytes = 64 * 1024 * 1024; bytes >= 64; bytes /= 2)
		while ((block = rte_malloc(NULL, bytes, 0)) != NULL) {
			*(void **)block = list;
			list = block;
		}
	return list;
}

static void
give_memory(void *list)
{
	void *next;

	for (; list != NULL; list = next) {
		next = *(void **)list;
		rte_free(list);
	}
}

/* What helps is more memory, not another port. */
static void
test_no_memory(void **state)
{
	void *memory;

	(void)state;
	plug("net_null0", "");
	memory = take_memory();
	assert_int_equal(set_up_with_mtu(0), -ENOMEM);
	give_memory(memory);
	assert_non_null(strstr(error, ": give EAL more with -m"));
	assert_return_code(set_up_with_mtu(0), 0);
	unplug("net_null0");
}

/* Of ports that can be told, and of one whose peer hands over everything. */
static void
test_groups(void **state)
{
	static const char *const devices[] = {"net_null0", "net_ring0", "net_memif0"};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(devices); i++) {
		plug(devices[i], i == 2 ? "role=client" : "");
		assert_return_code(core_ethdev_hear_groups(port_id, error, sizeof(error)), 0);
		if (i < 2)
			assert_int_equal(rte_eth_allmulticast_get(port_id), 1);
		unplug(devices[i]);
	}
	assert_int_equal(core_ethdev_hear_groups(RTE_MAX_ETHPORTS - 1, error, sizeof(error)),
			 -ENOTSUP);
	assert_non_null(strstr(error, "cannot be told to receive what is sent to groups"));
}

/* Which ports are handed segments to cut: what these say of themselves is made up. */
static void
test_large_segments(void **state)
{
	static const char *const left_out[] = {"net_tap", "net_virtio", "net_virtio_user"};
	static const char *const taken[] = {"net_ixgbe", "net_i40e", "mlx5_pci"};
	static const uint64_t needed[] = {RTE_ETH_TX_OFFLOAD_TCP_TSO, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM,
					  RTE_ETH_TX_OFFLOAD_TCP_CKSUM,
					  RTE_ETH_TX_OFFLOAD_MULTI_SEGS};
	struct rte_eth_dev_info info = {.driver_name = taken[0]};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(needed); i++)
		info.tx_offload_capa |= needed[i];
	for (i = 0; i < RTE_DIM(taken); i++) {
		info.driver_name = taken[i];
		assert_true(core_ethdev_cuts_large(&info));
	}
	for (i = 0; i < RTE_DIM(left_out); i++) {
		info.driver_name = left_out[i];
		assert_false(core_ethdev_cuts_large(&info));
	}
	info.driver_name = taken[0];
	for (i = 0; i < RTE_DIM(needed); i++) {
		info.tx_offload_capa ^= needed[i];
		assert_false(core_ethdev_cuts_large(&info));
		info.tx_offload_capa ^= needed[i];
	}
}

/* What is cut out of a large segment lies in as few mbufs as the port gathers for one frame. */
static void
test_mbufs_of_large_segments(void **state)
{
	static const struct {
		uint16_t nb_seg_max, nb_mtu_seg_max, mtu, mbufs;
	} cases[] = {
		{0, 0, 9000, 48}, /* not said */
		{UINT16_MAX, UINT16_MAX, 9000, 48},
		{40, 0, 1500, 40},
		{40, 8, 1500, 40}, /* two whole mbufs of 512 bytes, two more and headers */
		{40, 4, 1500, 4},
		{255, 8, 9000, 8},
		{255, 20, 9000, 48},
		{6, 8, 9000, 6},
	};
	struct rte_eth_dev_info info = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(cases); i++) {
		info.tx_desc_lim.nb_seg_max = cases[i].nb_seg_max;
		info.tx_desc_lim.nb_mtu_seg_max = cases[i].nb_mtu_seg_max;
		assert_int_equal(core_ethdev_large_mbufs(&info, cases[i].mtu), cases[i].mbufs);
	}
}

/* Of ports that do not offer it. */
static void
test_no_large_segments(void **state)
{
	static const char *const devices[] = {"net_null0", "net_ring0", "net_memif0"};
	struct rte_eth_dev_info info;
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(devices); i++) {
		plug(devices[i], i == 2 ? "role=client" : "");
		ports[0].tx_large_mbufs = 1;
		assert_return_code(set_up_with_mtu(0), 0);
		assert_return_code(rte_eth_dev_info_get(port_id, &info), 0);
		assert_false(core_ethdev_cuts_large(&info));
		assert_int_equal(ports[0].tx_large_mbufs, 0);
		unplug(devices[i]);
	}
}

static int
check_queues(unsigned int nb)
{
	return core_ethdev_check(port_id, nb, 0, error, sizeof(error));
}

/* More queues than it counts for cannot be told apart, where that is how they are found. */
static void
test_queues_that_are_not_counted(void **state)
{
	struct rte_eth_dev_info info;

	(void)state;
	plug("net_memif0", "role=client");
	assert_return_code(check_queues(16), 0);
	assert_int_equal(check_queues(17), -ENOSPC);
	assert_non_null(strstr(error, "(net_memif) serves 16 lcores at most"));
	unplug("net_memif0");

	plug("net_null0", "");
	assert_return_code(rte_eth_dev_info_get(port_id, &info), 0);
	assert_true(info.max_rx_queues > 16);
	assert_return_code(check_queues(17), 0);
	unplug("net_null0");
}

static void
wait_link(uint16_t port, bool up)
{
	struct rte_eth_link link;
	unsigned int ms;

	for (ms = 0;; ms++) {
		assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
		if ((link.link_status == RTE_ETH_LINK_UP) == up)
			break;
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
	/* Whoever gets hold of the guard finds that it has looked. */
	core_guard_hold();
	core_guard_release();
}

/* A peer of the server comes, with so many queues. */
static void
come(uint16_t peer, uint16_t nb_queues)
{
	struct rte_eth_conf conf = {0};
	uint16_t i;

	assert_return_code(rte_eth_dev_configure(peer, nb_queues, nb_queues, &conf), 0);
	for (i = 0; i < nb_queues; i++) {
		assert_return_code(rte_eth_rx_queue_setup(peer, i, 256, 0, NULL, mbufs[0]), 0);
		assert_return_code(rte_eth_tx_queue_setup(peer, i, 256, 0, NULL), 0);
	}
	assert_return_code(rte_eth_dev_start(peer), 0);
}

static void
go(uint16_t peer)
{
	core_guard_hold();
	assert_return_code(rte_eth_dev_stop(peer), 0);
	core_guard_release();
	wait_link(port_id, false);
}

/* A frame comes by the server's last queue and goes back. */
static void
pass_frame(uint16_t peer)
{
	struct core_port *port = &ports[QUEUES - 1];
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(mbufs[0]);
	struct rte_mbuf *none;
	unsigned int ms;

	assert_non_null(mbuf);
	rte_pktmbuf_append(mbuf, 60);
	assert_int_equal(rte_eth_tx_burst(peer, QUEUES - 1, &mbuf, 1), 1);
	for (ms = 0; port->rx(port, &mbuf, 1) == 0; ms++) {
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
	for (ms = 0;; ms++) {
		/* Which gives the server room to send. */
		assert_int_equal(rte_eth_rx_burst(peer, QUEUES - 1, &none, 1), 0);
		if (port->tx(port, &mbuf, 1) == 1)
			return;
		assert_true(ms < DEADLINE_MS);
		rte_delay_us_sleep(1000);
	}
}

/* Each that comes or goes is heard of, and what it opened is known before anything is asked. */
static void
test_peers(void **state)
{
	struct core_port *last = &ports[QUEUES - 1];
	atomic_uint changes = 0;
	char args[128];
	uint16_t peer;

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* It sees nothing of what DPDK's own threads lock. */
	skip();
#endif
	snprintf(args, sizeof(args), "role=server,socket=ethdev-%d", getpid());
	plug("net_memif0", args);
	snprintf(args, sizeof(args), "role=client,socket=ethdev-%d", getpid());
	assert_return_code(rte_eal_hotplug_add("vdev", "net_memif1", args), 0);
	assert_return_code(rte_eth_dev_get_port_by_name("net_memif1", &peer), 0);
	assert_return_code(core_ethdev_setup(port_id, QUEUES, mbufs, 0, false, &rss, ports, error,
					     sizeof(error)),
			   0);
	/* The client asks once: the server is to listen. */
	assert_return_code(rte_eth_dev_start(port_id), 0);
	come(peer, QUEUES);
	assert_return_code(core_ethdev_start(port_id, QUEUES, &rss, ports, error, sizeof(error)),
			   0);
	assert_return_code(core_ethdev_peer_watch(port_id, &changes), 0);
	assert_true(last->is_there_unasked);
	wait_link(peer, true);
	pass_frame(peer);
	assert_true(last->is_there(last, false));
	assert_true(last->is_there(last, true));
	assert_int_equal(atomic_load(&changes), 0);
	go(peer);
	assert_int_equal(atomic_load(&changes), 1);

	come(peer, QUEUES - 1);
	wait_link(port_id, true);
	assert_int_equal(atomic_load(&changes), 2);
	assert_false(last->is_there(last, false));
	assert_false(last->is_there(last, true));
	go(peer);
	come(peer, QUEUES);
	wait_link(port_id, true);
	assert_int_equal(atomic_load(&changes), 4);
	assert_true(last->is_there(last, false));
	assert_true(last->is_there(last, true));
	wait_link(peer, true);
	pass_frame(peer);

	core_ethdev_peer_unwatch(port_id, &changes);
	go(peer);
	assert_int_equal(atomic_load(&changes), 4);
	core_ethdev_stop(port_id);
	core_ethdev_teardown(peer);
	rte_eal_hotplug_remove("vdev", "net_memif1");
	unplug("net_memif0");
}

/* Of a port without a guard the driver says it, if anybody does. */
static void
test_peers_of_others(void **state)
{
	atomic_uint changes = 0;

	(void)state;
	start("net_null0", "");
	assert_return_code(core_ethdev_peer_watch(port_id, &changes), 0);
	core_ethdev_peer_unwatch(port_id, &changes);
	stop("net_null0");
	core_ethdev_peer_unwatch(port_id, &changes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_port_is_told),
		cmocka_unit_test(test_a_port_cannot),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_large_segments),
		cmocka_unit_test(test_mbufs_of_large_segments),
		cmocka_unit_test(test_no_large_segments),
		cmocka_unit_test(test_queues_that_are_not_counted),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_peers_of_others),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
