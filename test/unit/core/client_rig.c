/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "client_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_ip_frag.h>

#include "test_eal.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_flow.h"
#include "wire_icmp.h"

/* Bytes of a packet in one piece, and pieces of one, where there are fragments. */
#define MTU_MIN 1280
#define PARTS_MAX 4

static void create_core(struct client_rig *rig);
static void create_clients(struct client_rig *rig);
static struct tr_addr_net net(const struct client_rig *rig, unsigned int host, bool ipv6);
static uint16_t receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb,
			uint16_t max, void *arg);
static uint16_t transmit(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb,
			 void *arg);
static void remember(struct client_rig *rig, const struct rte_mbuf *mbuf);
static void spread(struct client_rig *rig);
static unsigned int cut(struct client_rig *rig, struct rte_mbuf *mbuf, struct rte_mbuf **parts);

void
client_rig_init(struct client_rig *rig, const struct client_rig_config *config)
{
	static const struct sim_wire_config wire = {
		.delay_us = 100, .mtu = 1500, .tx_segments = true, .share_mbufs = true};

	memset(rig, 0, sizeof(*rig));
	rig->config = *config;
	rig->now_us = 1;
	assert_return_code(rte_eal_hotplug_add("vdev", config->device, config->device_args), 0);
	assert_return_code(rte_eth_dev_get_port_by_name(config->device, &rig->port_id), 0);
	rig->wire = sim_wire_create(&wire, 1);
	assert_non_null(rig->wire);
	rig->wire_mbufs = rte_pktmbuf_pool_create("wire", 8191, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
						  SOCKET_ID_ANY);
	assert_non_null(rig->wire_mbufs);
	create_core(rig);
	create_clients(rig);
}

static void
create_core(struct client_rig *rig)
{
	const struct tr_core_config config = {
		.ipv4 = net(rig, CLIENT_RIG_SERVER, false),
		.ipv6 = net(rig, CLIENT_RIG_SERVER, true),
		.conns_max = 2 * rig->config.nb * rig->config.conns_max,
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
	struct core_listener listener = {.port = RTE_BE16(CLIENT_RIG_PORT), .ops = &tr_core_echo};
	struct core_config core_config = {.server = &config, .engine = &no_engine};

	rig->submit = submit_create(&submit_config);
	assert_non_null(rig->submit);
	core_config.submit = rig->submit;
	core_config.port = sim_wire_port(rig->wire, 1);
	rig->core = core_create(&core_config);
	assert_non_null(rig->core);
	listener.protocol = tr_core_echo.create(NULL, 0);
	assert_return_code(core_listen(rig->core, &listener), 0);
}

static void
create_clients(struct client_rig *rig)
{
	struct core_client_config configs[CLIENT_RIG_CLIENTS_MAX];
	char names[CLIENT_RIG_CLIENTS_MAX][20];
	char error[256] = "";
	unsigned int i;

	for (i = 0; i < rig->config.nb; i++) {
		snprintf(names[i], sizeof(names[i]), "client%u", i);
		configs[i] = (struct core_client_config){
			.name = names[i],
			.port_id = rig->port_id,
			.ipv4 = net(rig, CLIENT_RIG_US, false),
			.ipv6 = net(rig, CLIENT_RIG_US, true),
			.conns_max = rig->config.conns_max,
			.events = rig->config.events,
			.events_arg = rig->config.events_args[i],
		};
	}
	assert_return_code(
		core_client_create_all(configs, rig->config.nb, rig->clients, error, sizeof(error)),
		0);
	assert_string_equal(error, "");
	for (i = 0; i < rig->config.nb; i++) {
		rig->callbacks[2 * i] = rte_eth_add_rx_callback(rig->port_id, i, receive, rig);
		rig->callbacks[2 * i + 1] = rte_eth_add_tx_callback(rig->port_id, i, transmit, rig);
		assert_non_null(rig->callbacks[2 * i]);
		assert_non_null(rig->callbacks[2 * i + 1]);
	}
}

static struct tr_addr_net
net(const struct client_rig *rig, unsigned int host, bool ipv6)
{
	struct tr_addr_net net = {.prefix_len = ipv6 ? 64 : 24};

	if (rig->config.ipv6 == ipv6)
		net.addr = client_rig_address(rig, host);
	return net;
}

struct tr_addr
client_rig_address(const struct client_rig *rig, unsigned int host)
{
	const struct tr_addr addr = {{0xfd, [15] = host}};

	return rig->config.ipv6 ? addr : tr_addr_ipv4(rte_cpu_to_be_32(RTE_IPV4(10, 0, 0, host)));
}

/* What the port receives is what came by the wire. */
static uint16_t
receive(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, uint16_t max,
	void *arg)
{
	struct client_rig *rig = arg;
	struct rte_mbuf **inbox = rig->inbox[queue];

	(void)port;
	assert_int_equal(nb, 0);
	nb = RTE_MIN(rig->nb_inbox[queue], (unsigned int)max);
	memcpy(mbufs, inbox, nb * sizeof(mbufs[0]));
	rig->nb_inbox[queue] -= nb;
	memmove(inbox, inbox + nb, rig->nb_inbox[queue] * sizeof(mbufs[0]));
	return nb;
}

/* What it sends is copied to the wire; the device takes the frames themselves. */
static uint16_t
transmit(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t nb, void *arg)
{
	struct client_rig *rig = arg;
	struct core_port *end = sim_wire_port(rig->wire, 0);
	struct rte_mbuf *copied;
	uint16_t i;

	(void)port;
	for (i = 0; i < nb; i++) {
		copied = rte_pktmbuf_copy(mbufs[i], rig->wire_mbufs, 0, UINT32_MAX);
		assert_non_null(copied);
		remember(rig, copied);
		if (rig->config.sent != NULL)
			rig->config.sent(copied, queue);
		assert_int_equal(end->tx(end, &copied, 1), 1);
	}
	return nb;
}

/* The last segment, its first bytes. */
static void
remember(struct client_rig *rig, const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint8_t flow[WIRE_FLOW_BYTES_MAX];

	if (wire_flow_parse(frame, mbuf->data_len, flow) > 0)
		memcpy(rig->last_segment, frame,
		       RTE_MIN(mbuf->data_len, sizeof(rig->last_segment)));
}

void
client_rig_run(struct client_rig *rig, uint64_t us)
{
	uint64_t end_us = rig->now_us + us;
	uint64_t step_us = us > 1000000 ? 1000 : 50;
	unsigned int i;

	for (; rig->now_us < end_us; rig->now_us += step_us) {
		sim_wire_advance(rig->wire, rig->now_us);
		spread(rig);
		for (i = 0; i < rig->config.nb; i++)
			core_client_poll(rig->clients[i], rig->now_us);
		core_poll(rig->core, rig->now_us);
	}
}

static void
spread(struct client_rig *rig)
{
	struct core_port *end = sim_wire_port(rig->wire, 0);
	struct rte_mbuf *mbuf, *parts[PARTS_MAX];
	unsigned int nb, i;

	while (end->rx(end, &mbuf, 1) == 1) {
		nb = cut(rig, mbuf, parts);
		for (i = 0; i < nb; i++)
			client_rig_bring(
				rig,
				rig->config.queue_of != NULL ? rig->config.queue_of(parts[i]) : 0,
				parts[i]);
	}
}

/* As a router on the way does that takes no notice of DF. */
static unsigned int
cut(struct client_rig *rig, struct rte_mbuf *mbuf, struct rte_mbuf **parts)
{
	uint8_t ether[WIRE_ETHER_HEADER_BYTES];
	struct rte_mempool *pool = rig->wire_mbufs;
	struct rte_ipv4_hdr *ipv4;
	int nb, i;

	parts[0] = mbuf;
	if (!rig->config.fragments || mbuf->pkt_len <= sizeof(ether) + MTU_MIN)
		return 1;
	memcpy(ether, rte_pktmbuf_mtod(mbuf, void *), sizeof(ether));
	ipv4 = (struct rte_ipv4_hdr *)rte_pktmbuf_adj(mbuf, sizeof(ether));
	if (!rig->config.ipv6)
		ipv4->fragment_offset = 0;
	nb = (rig->config.ipv6 ? rte_ipv6_fragment_packet : rte_ipv4_fragment_packet)(
		mbuf, parts, PARTS_MAX, MTU_MIN, pool, pool);
	assert_in_range(nb, 2, PARTS_MAX);
	rte_pktmbuf_free(mbuf);
	for (i = 0; i < nb; i++) {
		assert_return_code(rte_pktmbuf_linearize(parts[i]), 0);
		ipv4 = rte_pktmbuf_mtod(parts[i], struct rte_ipv4_hdr *);
		if (!rig->config.ipv6)
			ipv4->hdr_checksum = rte_ipv4_cksum(ipv4);
		memcpy(rte_pktmbuf_prepend(parts[i], sizeof(ether)), ether, sizeof(ether));
	}
	return nb;
}

void
client_rig_bring(struct client_rig *rig, unsigned int queue, struct rte_mbuf *mbuf)
{
	assert_in_range(rig->nb_inbox[queue], 0, CLIENT_RIG_FRAMES_MAX - 1);
	rig->inbox[queue][rig->nb_inbox[queue]++] = mbuf;
}

void
client_rig_bring_error(struct client_rig *rig, unsigned int queue)
{
	const struct wire_icmp6 unreachable = {
		.type = WIRE_ICMP6_UNREACHABLE,
		.code = WIRE_ICMP6_PORT_UNREACHABLE,
	};
	const uint32_t ip_bytes =
		rig->config.ipv6 ? WIRE_IPV6_HEADER_BYTES : WIRE_IPV4_HEADER_BYTES;
	const uint32_t icmp_bytes = WIRE_ICMP_HEADER_BYTES + ip_bytes + WIRE_ICMP_QUOTED_BYTES;
	const struct tr_addr src = client_rig_address(rig, CLIENT_RIG_SERVER),
			     dst = client_rig_address(rig, CLIENT_RIG_US);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(rig->wire_mbufs);
	struct wire_ether ether;
	uint8_t *frame, *icmp;
	uint16_t sum;

	assert_non_null(mbuf);
	frame = (uint8_t *)rte_pktmbuf_append(mbuf,
					      WIRE_ETHER_HEADER_BYTES + ip_bytes + icmp_bytes);
	icmp = frame + WIRE_ETHER_HEADER_BYTES + ip_bytes;
	assert_true(wire_ether_parse(rig->last_segment, sizeof(rig->last_segment), &ether));
	RTE_SWAP(ether.src, ether.dst);
	wire_ether_write(frame, &ether);
	memcpy(icmp + WIRE_ICMP_HEADER_BYTES, rig->last_segment + WIRE_ETHER_HEADER_BYTES,
	       ip_bytes + WIRE_ICMP_QUOTED_BYTES);
	if (rig->config.ipv6) {
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
	client_rig_bring(rig, queue, mbuf);
}

/* All go with any of them. */
void
client_rig_destroy_clients(struct client_rig *rig)
{
	unsigned int i;

	if (rig->clients[0] == NULL)
		return;
	for (i = 0; i < rig->config.nb; i++) {
		rte_eth_remove_rx_callback(rig->port_id, i, rig->callbacks[2 * i]);
		rte_eth_remove_tx_callback(rig->port_id, i, rig->callbacks[2 * i + 1]);
	}
	core_client_destroy(rig->clients[rig->config.nb / 2]);
	rig->clients[0] = NULL;
}

int
client_rig_deinit(struct client_rig *rig, void **state)
{
	unsigned int i;

	client_rig_destroy_clients(rig);
	for (i = 0; i < rig->config.nb; i++)
		rte_pktmbuf_free_bulk(rig->inbox[i], rig->nb_inbox[i]);
	sim_wire_flush(rig->wire);
	core_abort(rig->core);
	sim_wire_flush(rig->wire);
	assert_int_equal(rte_mempool_in_use_count(rig->wire_mbufs), 0);
	assert_int_equal(rte_mempool_in_use_count(rig->core->chains.mbufs), 0);
	core_destroy(rig->core);
	submit_destroy(rig->submit);
	sim_wire_destroy(rig->wire);
	rte_mempool_free(rig->wire_mbufs);
	rte_eal_hotplug_remove("vdev", rig->config.device);
	return test_pools_full(state);
}
