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

#include <cmocka.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "test_eal.h"

#define QUEUES 3

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_port_is_told),
		cmocka_unit_test(test_a_port_cannot),
		cmocka_unit_test(test_mtu),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_large_segments),
		cmocka_unit_test(test_mbufs_of_large_segments),
		cmocka_unit_test(test_no_large_segments),
	};

	test_eal_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
