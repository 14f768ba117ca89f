/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "fuzz_world.h"

#include <string.h>

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "fuzz_watch.h"
#include "wire_checksum.h"
#include "wire_ether.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

#define MTU 1500
#define LISTEN_PORT 80
/* No two turns at one time: initial sequence numbers are by a clock of 4 us. */
#define TURN_US 5
#define LINK_UP_US 20000000 /* until IPv6 addresses are tried, and routers asked for */
#define STARVED_US 1000000 /* between two looks at a stack that cannot send */
#define START_US 1000000000
#define WIRE_MBUFS 255
#define CHAIN_MBUFS 255
/* As many as the largest append of small segments takes, and then some. */
#define HONEST_MBUFS 100
#define TIMERS_MAX 20000 /* in one advance: more, and a timer does not get on */
#define TRACE_START UINT64_C(0xcbf29ce484222325)

static struct rte_mempool *wire_pool;

static void *on_opened(void *arg, struct tcp_conn *conn, void *listener_arg);
static void on_urgent(void *user, struct tcp_conn *conn);
static void on_readable(void *user, struct tcp_conn *conn);
static void on_sent(void *user, struct tcp_conn *conn);
static void on_peer_closed(void *user, struct tcp_conn *conn);
static void on_closed(void *user, struct tcp_conn *conn, int error);
static uint16_t port_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max);
static uint16_t port_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb);
static void bring_up(struct fuzz_world *world);
static bool starved(const struct fuzz_world *world);
static void know_peers(struct fuzz_world *world);
static uint32_t write_tcp(uint8_t *data, uint16_t port, const struct fuzz_segment *segment);
static uint32_t write_headers(uint8_t *frame, bool ipv6, uint32_t tcp_bytes);
static uint32_t header_bytes(bool ipv6);
static void release(struct rte_mbuf **mbufs, uint16_t *nb);

static const struct tcp_events events = {
	.opened = on_opened,
	.urgent = on_urgent,
	.readable = on_readable,
	.sent = on_sent,
	.peer_closed = on_peer_closed,
	.closed = on_closed,
};

/* Events come to a peer of the one world there is at a time. */
static struct fuzz_world *world_now;

void
fuzz_world_setup(void)
{
	wire_pool = rte_pktmbuf_pool_create("fuzz_wire", WIRE_MBUFS, 0, 0,
					    RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	fuzz_check(wire_pool != NULL);
}

void
fuzz_world_init(struct fuzz_world *world, uint32_t window_bytes, unsigned int ipv6)
{
	struct sim_stack_config config = {
		.name = "fuzz",
		.port = &world->port,
		.addr = tr_addr_ipv4(FUZZ_OUR_ADDR),
		.ipv6 = ipv6 != 0 ? FUZZ_OUR_IPV6 : tr_addr_none(),
		.events = &events,
		.events_arg = world,
		.nb_mbufs = CHAIN_MBUFS,
		.nb_control_mbufs = CHAIN_MBUFS,
		.receive_window_bytes = window_bytes,
		.seed = 1,
		.now_us = START_US,
	};
	unsigned int i;

	memset(world, 0, offsetof(struct fuzz_world, rx));
	world->port = (struct core_port){
		.rx = port_rx,
		.tx = port_tx,
		.mtu = MTU,
		.mac = {{2, 0, 0, 0, 0, 1}},
		.tx_segments = true,
		.share_mbufs = true,
	};
	world->now_us = START_US;
	world->trace = TRACE_START;
	world->read = true;
	world->tx_room = UINT16_MAX;
	world_now = world;
	sim_stack_init(&world->stack, &config);
	for (i = 0; i < FUZZ_PEERS; i++) {
		world->peers[i].port = FUZZ_PORT + i;
		world->peers[i].ipv6 = ipv6 >> i & 1;
		world->peers[i].irs = 0u - 20 * i; /* some wrap early */
		world->peers[i].next = world->peers[i].irs + 1;
		world->peers[i].ts_clock = 0xfffffff0;
	}
	fuzz_world_listen(world, true);
	know_peers(world);
	if (ipv6 != 0)
		bring_up(world);
}

static void
bring_up(struct fuzz_world *world)
{
	uint64_t end_us = world->now_us + LINK_UP_US;

	while (world->now_us < end_us) {
		fuzz_world_poll(world);
		world->now_us =
			RTE_MAX(world->now_us, RTE_MIN(end_us, sim_stack_next_us(&world->stack)));
	}
}

void
fuzz_world_deinit(struct fuzz_world *world)
{
	fuzz_check(tcp_conn_count(world->stack.tcp) == 0);
	release(world->held, &world->nb_held);
	fuzz_check(ip_txq(world->stack.ip)->nb == 0);
	fuzz_check(rte_mempool_in_use_count(world->stack.mbufs) == 0);
	fuzz_check(rte_mempool_in_use_count(world->stack.chains.mbufs) == 0);
	fuzz_check(rte_mempool_in_use_count(world->stack.chains.segments) == 0);
	sim_stack_deinit(&world->stack);
	fuzz_check(rte_mempool_in_use_count(wire_pool) == 0);
}

void
fuzz_world_segment(struct fuzz_world *world, uint16_t port, const struct fuzz_segment *segment)
{
	struct rte_mbuf *mbuf;
	uint32_t tcp_bytes, offset, i;
	uint8_t *frame, *tcp;

	if (world->nb_rx == FUZZ_BURST)
		fuzz_world_poll(world);
	mbuf = rte_pktmbuf_alloc(wire_pool);
	if (mbuf == NULL) /* the stack keeps them all: as a device's, they may run dry */
		return;
	frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	tcp = frame + header_bytes(segment->ipv6);
	tcp_bytes = write_tcp(tcp, port, segment);
	for (i = 0; i < segment->len; i++)
		tcp[tcp_bytes + i] = i;
	/* Data begins where the header says, at the number after a SYN's. */
	offset = (tcp[12] >> 4) * 4;
	for (i = RTE_MAX(offset, (uint32_t)WIRE_TCP_HEADER_BYTES); i < tcp_bytes + segment->len;
	     i++)
		tcp[i] = fuzz_watch_byte(segment->seq + !!(segment->flags & WIRE_TCP_SYN) + i -
					 offset);
	tcp_bytes += segment->len;
	rte_pktmbuf_append(mbuf, write_headers(frame, segment->ipv6, tcp_bytes));
	world->rx[world->nb_rx++] = mbuf;
}

void
fuzz_world_poll(struct fuzz_world *world)
{
	know_peers(world);
	world->now_us += TURN_US;
	sim_stack_poll(&world->stack, world->now_us);
	fuzz_watch_conns(world);
}

void
fuzz_world_advance(struct fuzz_world *world, uint64_t us)
{
	uint64_t end_us = world->now_us + us;
	unsigned int timers = 0;
	uint64_t next_us;

	fuzz_world_poll(world);
	for (;;) {
		/* Timers of neighbours have nothing to do: all are known, whatever the time. */
		next_us = tcp_next_timer_us(world->stack.tcp);
		/* What cannot be sent is tried again and again. */
		if (ip_txq(world->stack.ip)->nb > 0)
			next_us = world->now_us;
		if (starved(world))
			next_us = RTE_MAX(next_us, world->now_us + STARVED_US);
		if (next_us > end_us)
			break;
		fuzz_check(++timers < TIMERS_MAX);
		world->now_us = RTE_MAX(world->now_us, RTE_MIN(next_us, end_us));
		fuzz_world_poll(world);
		if (world->now_us >= end_us)
			break;
	}
	world->now_us = RTE_MAX(world->now_us, end_us);
	fuzz_world_poll(world);
}

static bool
starved(const struct fuzz_world *world)
{
	return world->nb_control > 0 || world->nb_chain > 0 || world->tx_room < UINT16_MAX ||
	       world->hold;
}

void
fuzz_world_append(struct fuzz_world *world, struct fuzz_peer *peer, uint32_t bytes)
{
	struct iovec part;
	uint8_t data[4096];
	uint32_t i;

	if (peer->conn == NULL || !peer->opened || peer->shut)
		return;
	/* Of a peer with small segments each takes an mbuf. An owner bounds what waits for one. */
	if (peer != &world->peers[FUZZ_HONEST] &&
	    rte_mempool_avail_count(world->stack.chains.mbufs) < HONEST_MBUFS)
		return;
	part.iov_base = data;
	part.iov_len = RTE_MIN(bytes, (uint32_t)sizeof(data));
	for (i = 0; i < part.iov_len; i++)
		data[i] = fuzz_watch_byte(peer->append_seq + i);
	if (tr_chain_append(tcp_chain(peer->conn), &part, 1) != 0)
		return;
	peer->append_seq += part.iov_len;
	tcp_send(peer->conn);
}

void
fuzz_world_read(struct fuzz_peer *peer, uint32_t bytes)
{
	const uint8_t *data;
	uint32_t len, i;

	while (peer->conn != NULL && bytes > 0) {
		data = tcp_receive_peek(peer->conn, &len);
		len = RTE_MIN(len, bytes);
		if (len == 0)
			return;
		for (i = 0; i < len; i++)
			fuzz_check(data[i] == fuzz_watch_byte(peer->read_seq + i));
		tcp_receive_consume(peer->conn, len);
		peer->read_seq += len;
		bytes -= len;
	}
}

void
fuzz_world_connect(struct fuzz_world *world, struct fuzz_peer *peer)
{
	if (peer->conn != NULL)
		return;
	peer->opened = false;
	peer->shut = false;
	peer->closed = false;
	peer->conn = tcp_connect(
		world->stack.tcp, peer->ipv6 ? FUZZ_PEER_IPV6 : tr_addr_ipv4(FUZZ_PEER_ADDR),
		rte_cpu_to_be_16(peer->port), rte_cpu_to_be_16(LISTEN_PORT), peer, world->now_us);
}

void
fuzz_world_close(struct fuzz_peer *peer)
{
	tcp_close(peer->conn);
	peer->shut = true;
	peer->closed = true;
}

void
fuzz_world_listen(struct fuzz_world *world, bool listen)
{
	const rte_be16_t port = rte_cpu_to_be_16(LISTEN_PORT);

	if (listen == world->listening)
		return;
	if (listen)
		fuzz_check(tcp_listen(world->stack.tcp, tr_addr_none(), port, world) == 0);
	else
		fuzz_check(tcp_unlisten(world->stack.tcp, tr_addr_none(), port) == 0);
	world->listening = listen;
}

void
fuzz_world_exhaust(struct rte_mempool *pool, struct rte_mbuf **taken, uint16_t *nb)
{
	while (*nb < FUZZ_MBUFS && (taken[*nb] = rte_pktmbuf_alloc(pool)) != NULL)
		(*nb)++;
}

void
fuzz_world_restore(struct rte_mbuf **taken, uint16_t *nb)
{
	release(taken, nb);
}

static void *
on_opened(void *arg, struct tcp_conn *conn, void *listener_arg)
{
	struct fuzz_world *world = arg;
	struct tcp_conn_info info;
	struct fuzz_peer *peer;
	unsigned int index;

	tcp_conn_info(conn, &info);
	fuzz_watch_event(world, 'o', &info);
	index = (uint16_t)(rte_be_to_cpu_16(info.remote_port) - FUZZ_PORT);
	if (index >= FUZZ_PEERS) /* of a flood, which does not come so far but by luck */
		return NULL;
	peer = &world->peers[index];
	fuzz_check(listener_arg == NULL || listener_arg == world);
	fuzz_check(listener_arg == NULL ? peer->conn == conn : peer->conn == NULL || peer->shut);
	/* Nor one beside one whose end he has not been told of. */
	if (listener_arg != NULL && (world->refuse || peer->conn != NULL))
		return NULL;
	if (listener_arg != NULL)
		fuzz_watch_opened(world, peer, &info);
	peer->conn = conn;
	peer->opened = true;
	peer->peer_closed = false;
	peer->shut = false;
	peer->closed = false;
	/* Its first segment may have been its last as well. */
	peer->read_seq = info.rcv_nxt - info.receive_bytes - (info.state == TCP_CLOSE_WAIT);
	peer->append_seq = tcp_send_acknowledged(conn);
	return peer;
}

static void
on_urgent(void *user, struct tcp_conn *conn)
{
	struct fuzz_peer *peer = user;
	uint32_t bytes = tcp_receive_urgent(conn);
	struct tcp_conn_info info;

	fuzz_check(peer->conn == conn && peer->opened && !peer->peer_closed);
	tcp_conn_info(conn, &info);
	/* As far as the pointer reaches from the end of the window. */
	fuzz_check(bytes > 0 && bytes <= info.receive_bytes + info.rcv_wnd + UINT16_MAX);
}

static void
on_readable(void *user, struct tcp_conn *conn)
{
	struct fuzz_peer *peer = user;

	fuzz_check(peer->conn == conn && peer->opened && !peer->peer_closed);
	if (world_now->read)
		fuzz_world_read(peer, UINT32_MAX);
}

static void
on_sent(void *user, struct tcp_conn *conn)
{
	struct fuzz_peer *peer = user;

	fuzz_check(peer->conn == conn && peer->opened);
}

static void
on_peer_closed(void *user, struct tcp_conn *conn)
{
	struct fuzz_peer *peer = user;

	fuzz_check(peer->conn == conn && peer->opened && !peer->peer_closed);
	peer->peer_closed = true;
}

static void
on_closed(void *user, struct tcp_conn *conn, int error)
{
	struct fuzz_peer *peer = user;
	struct tcp_conn_info info;

	fuzz_check(peer->conn == conn);
	tcp_conn_info(conn, &info);
	info.id = -error;
	fuzz_watch_event(world_now, 'c', &info);
	peer->conn = NULL;
	peer->opened = false;
	peer->peer_closed = false;
}

static uint16_t
port_rx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t max)
{
	struct fuzz_world *world = (struct fuzz_world *)port;
	uint16_t nb = RTE_MIN(world->nb_rx, max);

	memcpy(mbufs, world->rx, nb * sizeof(mbufs[0]));
	world->nb_rx -= nb;
	memmove(world->rx, world->rx + nb, world->nb_rx * sizeof(world->rx[0]));
	return nb;
}

static uint16_t
port_tx(struct core_port *port, struct rte_mbuf **mbufs, uint16_t nb)
{
	struct fuzz_world *world = (struct fuzz_world *)port;
	uint16_t i;

	world->waits = nb > world->tx_room;
	nb = RTE_MIN(nb, world->tx_room);
	if (!world->hold || world->nb_held + nb > FUZZ_HELD)
		release(world->held, &world->nb_held);
	for (i = 0; i < nb; i++) {
		fuzz_watch_frame(world, mbufs[i]);
		if (world->hold && world->nb_held < FUZZ_HELD)
			world->held[world->nb_held++] = mbufs[i];
		else
			rte_pktmbuf_free(mbufs[i]);
	}
	return nb;
}

/* They answer ARP whatever else they do. */
static void
know_peers(struct fuzz_world *world)
{
	struct ip_neighbour peer = {
		.addr = tr_addr_ipv4(FUZZ_PEER_ADDR),
		.mac = {{2, 0, 0, 0, 0, 2}},
	};
	unsigned int i;

	ip_neighbour_update(world->stack.ip, &peer, world->now_us);
	peer.addr = FUZZ_PEER_IPV6;
	for (i = 0; i < FUZZ_PEERS && !world->peers[i].ipv6; i++)
		;
	if (i < FUZZ_PEERS)
		ip_neighbour_update(world->stack.ip, &peer, world->now_us);
}

static uint32_t
write_tcp(uint8_t *data, uint16_t port, const struct fuzz_segment *segment)
{
	struct wire_tcp header = {
		.src_port = rte_cpu_to_be_16(port),
		.dst_port = rte_cpu_to_be_16(LISTEN_PORT),
		.seq = segment->seq,
		.ack = segment->ack,
		.window = segment->window,
		.urgent = segment->urgent,
		.flags = segment->flags,
	};
	uint32_t bytes;

	if (segment->raw == NULL)
		header.options = segment->options;
	bytes = wire_tcp_write(data, &header);
	if (segment->raw != NULL) {
		memcpy(data + bytes, segment->raw, segment->raw_bytes);
		bytes += segment->raw_bytes;
		data[12] = bytes / 4 << 4;
	}
	if (segment->offset != 0)
		data[12] = segment->offset << 4;
	return bytes;
}

/* Before the segment, and its checksum; returns the length of the frame. */
static uint32_t
write_headers(uint8_t *frame, bool ipv6, uint32_t tcp_bytes)
{
	const struct wire_ether ether = {
		.dst = {{2, 0, 0, 0, 0, 1}},
		.src = {{2, 0, 0, 0, 0, 2}},
		.type = ipv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4,
	};
	const struct wire_ipv6 header6 = {
		.src = FUZZ_PEER_IPV6,
		.dst = FUZZ_OUR_IPV6,
		.payload_bytes = tcp_bytes,
		.next_header = IPPROTO_TCP,
		.hop_limit = 64,
	};
	const struct wire_ipv4 ipv4 = {
		.src = FUZZ_PEER_ADDR,
		.dst = FUZZ_OUR_ADDR,
		.total_bytes = WIRE_IPV4_HEADER_BYTES + tcp_bytes,
		.protocol = IPPROTO_TCP,
		.ttl = 64,
	};
	uint8_t *tcp = frame + header_bytes(ipv6);
	uint16_t sum;

	wire_ether_write(frame, &ether);
	if (ipv6)
		wire_ipv6_write(frame + WIRE_ETHER_HEADER_BYTES, &header6);
	else
		wire_ipv4_write(frame + WIRE_ETHER_HEADER_BYTES, &ipv4);
	sum = fuzz_watch_checksum(tcp, tcp_bytes,
				  ipv6 ? FUZZ_PEER_IPV6 : tr_addr_ipv4(FUZZ_PEER_ADDR),
				  ipv6 ? FUZZ_OUR_IPV6 : tr_addr_ipv4(FUZZ_OUR_ADDR));
	memcpy(tcp + 16, &sum, sizeof(sum));
	return header_bytes(ipv6) + tcp_bytes;
}

static uint32_t
header_bytes(bool ipv6)
{
	return WIRE_ETHER_HEADER_BYTES + (ipv6 ? WIRE_IPV6_HEADER_BYTES : WIRE_IPV4_HEADER_BYTES);
}

static void
release(struct rte_mbuf **mbufs, uint16_t *nb)
{
	rte_pktmbuf_free_bulk(mbufs, *nb);
	*nb = 0;
}
