/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "core_ethdev.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_ethdev.h>
#include <rte_string_fns.h>

#include "chain.h"
#include "core_ethdev_peer.h"
#include "core_ethdev_rss.h"
#include "core_guard.h"

#define RX_DESCRIPTORS 1024
#define TX_DESCRIPTORS 1024

/* What a frame has beside its IP packet: Ethernet's header, a VLAN tag and the FCS. */
#define LINK_BYTES (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)

/* Mbufs of a large segment, however many a port gathers: 64 KiB in such of a usual MTU. */
#define LARGE_MBUFS_MAX 48

#define LINK_WAIT_MS 10000
#define LINK_POLL_MS 50

/* What a port needs to cut large segments. */
#define TSO_OFFLOADS                                                                               \
	(RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM |                              \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

/* What is asked of a port that offers it. */
#define RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
#define TX_OFFLOADS                                                                                \
	(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |                            \
	 RTE_ETH_TX_OFFLOAD_MULTI_SEGS)

static uint32_t mtu_max(const struct rte_eth_dev_info *info);
static int configure(uint16_t port_id, unsigned int nb_queues, const struct rte_eth_dev_info *info,
		     bool *interrupts, struct core_rss *rss, struct rte_eth_conf *conf);
static int set_mtu(uint16_t port_id, uint16_t mtu);
static int setup_queues(uint16_t port_id, unsigned int nb_queues, struct rte_mempool **rx_mbufs,
			const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf);
static int wait_link(uint16_t port_id);
static int guard_port(uint16_t port_id, unsigned int nb_queues, struct core_port *ports);
static void set_rss(uint16_t port_id, unsigned int nb_queues, struct core_rss *rss,
		    struct core_port *ports);
static bool has_interrupt(uint16_t port_id, uint16_t queue);
static bool reads_any_memory(const struct rte_eth_dev_info *info);
static bool hears_all(const char *driver);
static uint16_t ethdev_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t ethdev_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);

int
core_ethdev_check(uint16_t port_id, unsigned int nb_queues, uint16_t mtu, char *error,
		  size_t error_size)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port_id, &info);

	if (ret < 0) {
		snprintf(error, error_size, "port %u: %s", port_id, strerror(-ret));
		return ret;
	}
	if (nb_queues > info.max_rx_queues || nb_queues > info.max_tx_queues) {
		snprintf(error, error_size,
			 "port %u (%s) has %u queues for %u lcores: give fewer lcores (-l)",
			 port_id, info.driver_name, RTE_MIN(info.max_rx_queues, info.max_tx_queues),
			 nb_queues);
		return -ENOSPC;
	}
	if (nb_queues > core_ethdev_peer_queues_max(info.driver_name)) {
		snprintf(error, error_size,
			 "port %u (%s) serves %u lcores at most, as it counts for no more queues: "
			 "give fewer lcores (-l)",
			 port_id, info.driver_name, core_ethdev_peer_queues_max(info.driver_name));
		return -ENOSPC;
	}
	if (mtu != 0 && (mtu < info.min_mtu || mtu > mtu_max(&info))) {
		snprintf(error, error_size, "port %u (%s) takes no MTU of %u: %u to %u would do",
			 port_id, info.driver_name, mtu, info.min_mtu, mtu_max(&info));
		return -ERANGE;
	}
	return 0;
}

int
core_ethdev_setup(uint16_t port_id, unsigned int nb_queues, struct rte_mempool **rx_mbufs,
		  uint16_t mtu, bool interrupts, struct core_rss *rss, struct core_port *ports,
		  char *error, size_t error_size)
{
	struct rte_eth_conf conf = {.rxmode.mtu = mtu};
	struct rte_eth_dev_info info;
	struct core_port port = {.rx = ethdev_rx, .tx = ethdev_tx, .port_id = port_id};
	unsigned int i;
	int ret;

	ret = core_ethdev_check(port_id, nb_queues, mtu, error, error_size);
	if (ret < 0)
		return ret;
	ret = rte_eth_dev_info_get(port_id, &info);
	if (ret < 0) {
		snprintf(error, error_size, "port %u: %s", port_id, strerror(-ret));
		return ret;
	}
	ret = configure(port_id, nb_queues, &info, &interrupts, rss, &conf);
	if (ret == 0 && mtu != 0)
		ret = set_mtu(port_id, mtu);
	if (ret == 0)
		ret = setup_queues(port_id, nb_queues, rx_mbufs, &info, &conf);
	if (ret == 0)
		ret = rte_eth_dev_get_mtu(port_id, &port.mtu);
	if (ret == 0)
		ret = rte_eth_macaddr_get(port_id, &port.mac);
	if (ret == -ENOMEM)
		snprintf(error, error_size, "no memory for port %u: give EAL more with -m",
			 port_id);
	else if (ret < 0)
		snprintf(error, error_size, "port %u (%s) cannot be set up: %s", port_id,
			 info.driver_name, strerror(-ret));
	if (ret < 0)
		return ret;
	port.tx_ipv4_checksum = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	port.tx_tcp_checksum = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	port.tx_segments = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	if (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_TCP_TSO)
		port.tx_large_mbufs = core_ethdev_large_mbufs(&info, port.mtu);
	/* net_ring hands the very mbuf to its peer, which may write to it. */
	port.share_mbufs = strcmp(info.driver_name, "net_ring") != 0;
	port.tx_external = port.tx_segments && port.share_mbufs && reads_any_memory(&info);
	port.rx_interrupt = interrupts;
	core_ethdev_peer_setup(&port, info.driver_name);
	for (i = 0; i < nb_queues; i++) {
		ports[i] = port;
		ports[i].queue = i;
	}
	return 0;
}

/* As ethdev counts: what a frame has besides is Ethernet's header and FCS, if the driver is mum. */
static uint32_t
mtu_max(const struct rte_eth_dev_info *info)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		overhead = info->max_rx_pktlen - info->max_mtu;
	return RTE_MIN(RTE_MIN((uint32_t)info->max_mtu, info->max_rx_pktlen - overhead),
		       (uint32_t)(UINT16_MAX - RTE_PKTMBUF_HEADROOM - LINK_BYTES));
}

uint16_t
core_ethdev_rx_room(uint16_t port_id, uint16_t mtu)
{
	uint16_t bytes = RTE_PKTMBUF_HEADROOM + mtu + LINK_BYTES;
	struct rte_eth_dev_info info;

	if (bytes <= RTE_MBUF_DEFAULT_BUF_SIZE || rte_eth_dev_info_get(port_id, &info) < 0 ||
	    info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER)
		return RTE_MBUF_DEFAULT_BUF_SIZE;
	return bytes;
}

uint16_t
core_ethdev_large_mbufs(const struct rte_eth_dev_info *info, uint16_t mtu)
{
	const struct rte_eth_desc_lim *limits = &info->tx_desc_lim;
	/* Of a frame that is cut out of it: mbufs that lie in it whole, one on each side, headers.
	 */
	uint16_t of_frame = mtu / CHAIN_LARGE_PART_MIN + 3;
	uint16_t max = LARGE_MBUFS_MAX;

	/* Some drivers do not say. */
	if (limits->nb_seg_max > 0)
		max = RTE_MIN(max, limits->nb_seg_max);
	if (limits->nb_mtu_seg_max > 0 && of_frame > limits->nb_mtu_seg_max)
		max = RTE_MIN(max, limits->nb_mtu_seg_max);
	return max;
}

bool
core_ethdev_offers_rss(uint16_t port_id)
{
	struct rte_eth_dev_info info;

	return rte_eth_dev_info_get(port_id, &info) == 0 && core_ethdev_rss_offered(&info);
}

/*
 * net_tap cuts them by itself, at several times the cost of sending them cut, loses some, and takes
 * none of a full MTU. virtio wants the pseudo header's sum otherwise.
 */
bool
core_ethdev_cuts_large(const struct rte_eth_dev_info *info)
{
	return (info->tx_offload_capa & TSO_OFFLOADS) == TSO_OFFLOADS &&
	       strcmp(info->driver_name, "net_tap") != 0 &&
	       strncmp(info->driver_name, "net_virtio", strlen("net_virtio")) != 0;
}

static int
configure(uint16_t port_id, unsigned int nb_queues, const struct rte_eth_dev_info *info,
	  bool *interrupts, struct core_rss *rss, struct rte_eth_conf *conf)
{
	int ret;

	conf->rxmode.offloads = RX_OFFLOADS & info->rx_offload_capa;
	/* See core_ethdev_rx_room(). */
	if (conf->rxmode.mtu + LINK_BYTES > RTE_MBUF_DEFAULT_DATAROOM)
		conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER & info->rx_offload_capa;
	conf->txmode.offloads = TX_OFFLOADS & info->tx_offload_capa;
	if (core_ethdev_cuts_large(info))
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_TSO;
	if (nb_queues > 1)
		core_ethdev_rss_configure(info, rss, conf);
	conf->intr_conf.rxq = *interrupts;
	ret = rte_eth_dev_configure(port_id, nb_queues, nb_queues, conf);
	if (ret < 0 && *interrupts) {
		/* Not every port has receive interrupts: cores nap on those that have none. */
		*interrupts = false;
		conf->intr_conf.rxq = 0;
		ret = rte_eth_dev_configure(port_id, nb_queues, nb_queues, conf);
	}
	return ret;
}

/* A driver that does not know of it leaves it to its peer: its frames are as long as they may be.
 */
static int
set_mtu(uint16_t port_id, uint16_t mtu)
{
	int ret = rte_eth_dev_set_mtu(port_id, mtu);

	return ret == -ENOTSUP ? 0 : ret;
}

static int
setup_queues(uint16_t port_id, unsigned int nb_queues, struct rte_mempool **rx_mbufs,
	     const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf)
{
	struct rte_eth_rxconf rxconf = info->default_rxconf;
	struct rte_eth_txconf txconf = info->default_txconf;
	uint16_t nb_rx = RX_DESCRIPTORS;
	uint16_t nb_tx = TX_DESCRIPTORS;
	int socket = rte_eth_dev_socket_id(port_id);
	unsigned int i;
	int ret;

	rxconf.offloads = conf->rxmode.offloads;
	txconf.offloads = conf->txmode.offloads;
	ret = rte_eth_dev_adjust_nb_rx_tx_desc(port_id, &nb_rx, &nb_tx);
	for (i = 0; i < nb_queues && ret == 0; i++) {
		ret = rte_eth_tx_queue_setup(port_id, i, nb_tx, socket, &txconf);
		if (ret == 0)
			ret = rte_eth_rx_queue_setup(port_id, i, nb_rx, socket, &rxconf,
						     rx_mbufs[i]);
	}
	return ret;
}

int
core_ethdev_start(uint16_t port_id, unsigned int nb_queues, struct core_rss *rss,
		  struct core_port *ports, char *error, size_t error_size)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "";
	unsigned int i;
	int ret;

	ret = rte_eth_dev_start(port_id);
	if (ret < 0) {
		snprintf(error, error_size, "port %u cannot be started: %s", port_id,
			 strerror(-ret));
		return ret;
	}
	for (i = 0; i < nb_queues; i++)
		ports[i].rx_interrupt = ports[i].rx_interrupt && has_interrupt(port_id, i);
	if (nb_queues > 1)
		set_rss(port_id, nb_queues, rss, ports);
	ret = wait_link(port_id);
	if (ret < 0) {
		rte_eth_dev_get_name_by_port(port_id, name);
		snprintf(error, error_size,
			 "port %u (%s) has no link after %u s: connect its peer, or choose another "
			 "port with --addr ADDR/LEN,port=N",
			 port_id, name, LINK_WAIT_MS / 1000);
		goto fail;
	}
	ret = guard_port(port_id, nb_queues, ports);
	if (ret < 0) {
		snprintf(error, error_size, "port %u cannot be guarded: %s", port_id,
			 strerror(-ret));
		goto fail;
	}
	return 0;

fail:
	core_ethdev_stop(port_id);
	return ret;
}

static int
wait_link(uint16_t port_id)
{
	struct rte_eth_link link;
	unsigned int waited_ms;

	for (waited_ms = 0; waited_ms <= LINK_WAIT_MS; waited_ms += LINK_POLL_MS) {
		if (rte_eth_link_get_nowait(port_id, &link) == 0 &&
		    link.link_status == RTE_ETH_LINK_UP)
			return 0;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
	}
	return -ENETDOWN;
}

static int
guard_port(uint16_t port_id, unsigned int nb_queues, struct core_port *ports)
{
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port_id, &info);

	if (ret < 0 || !core_guard_needed(info.driver_name))
		return ret;
	return core_guard_attach(port_id, ports, nb_queues);
}

static void
set_rss(uint16_t port_id, unsigned int nb_queues, struct core_rss *rss, struct core_port *ports)
{
	bool set = core_ethdev_rss_set(port_id, rss);
	unsigned int i;

	if (!set)
		rss->entries = CORE_RSS_ENTRIES;
	for (i = 0; i < nb_queues; i++)
		ports[i].rss = set;
}

/* Many drivers take the setting and have no interrupt: only then is ethdev's complaint no news. */
static bool
has_interrupt(uint16_t port_id, uint16_t queue)
{
	uint32_t level = rte_log_get_level(rte_eth_dev_logtype);
	bool has;

	rte_log_set_level(rte_eth_dev_logtype, RTE_LOG_CRIT);
	has = rte_eth_dev_rx_intr_ctl_q_get_fd(port_id, queue) >= 0;
	rte_log_set_level(rte_eth_dev_logtype, level);
	return has;
}

int
core_ethdev_hear_groups(uint16_t port_id, char *error, size_t error_size)
{
	struct rte_eth_dev_info info;

	if (rte_eth_allmulticast_enable(port_id) == 0 || rte_eth_promiscuous_enable(port_id) == 0)
		return 0;
	if (rte_eth_dev_info_get(port_id, &info) == 0 && hears_all(info.driver_name))
		return 0;
	snprintf(error, error_size,
		 "port %u cannot be told to receive what is sent to groups, as IPv6 needs: give no "
		 "IPv6 address, or another port",
		 port_id);
	return -ENOTSUP;
}

/* Its peer hands over all there is. */
static bool
hears_all(const char *driver)
{
	static const char *const drivers[] = {"net_memif", "net_null", "net_pcap", "net_ring"};
	unsigned int i;

	for (i = 0; i < RTE_DIM(drivers); i++)
		if (strcmp(driver, drivers[i]) == 0)
			return true;
	return false;
}

void
core_ethdev_stop(uint16_t port_id)
{
	core_guard_hold();
	rte_eth_dev_stop(port_id);
	core_guard_release();
}

void
core_ethdev_teardown(uint16_t port_id)
{
	core_guard_hold();
	rte_eth_dev_close(port_id);
	/* Before the guard looks at its link again. */
	core_guard_detach(port_id);
	core_guard_release();
}

/*
 * Whether the driver copies what it sends with the CPU, out of whatever memory. A real NIC would
 * need the memory to be mapped for it, and so would virtio_user and memif's zero-copy, which hand
 * offsets into EAL's memory to a peer: for these, bytes are copied into mbufs.
 */
static bool
reads_any_memory(const struct rte_eth_dev_info *info)
{
	static const char *const drivers[] = {"net_af_packet", "net_memif", "net_null", "net_pcap",
					      "net_tap"};
	const struct rte_devargs *devargs = rte_dev_devargs(info->device);
	unsigned int i;

	if (devargs != NULL && devargs->args != NULL && strstr(devargs->args, "zero-copy") != NULL)
		return false;
	for (i = 0; i < RTE_DIM(drivers); i++)
		if (strcmp(info->driver_name, drivers[i]) == 0)
			return true;
	return false;
}

static uint16_t
ethdev_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	return rte_eth_rx_burst(port->port_id, port->queue, mbufs, max);
}

static uint16_t
ethdev_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	return rte_eth_tx_burst(port->port_id, port->queue, mbufs, nb);
}
