/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "fuzz_watch.h"

#include <string.h>

#include <netinet/in.h>
#include <rte_mbuf.h>

#include "tcp_seq.h"
#include "wire_ether.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

#define FRAME_MAX 2048
#define TRACE_PRIME UINT64_C(0x100000001b3)

static void check_ipv4(struct fuzz_world *world, const uint8_t *ip, uint32_t bytes);
static void check_ipv6(struct fuzz_world *world, const uint8_t *ip, uint32_t bytes);
static void trace(struct fuzz_world *world, const void *data, uint32_t len);
static void check_segment(struct fuzz_world *world, const uint8_t *tcp, uint32_t bytes);
static void check_ack(struct fuzz_peer *peer, const struct wire_tcp *header);
static uint8_t scale_of(struct fuzz_peer *peer);
static bool is_late(struct fuzz_world *world, struct fuzz_peer *peer, uint32_t iss);
static void begin(struct fuzz_peer *peer, const struct wire_tcp *header);
static void look(struct tcp_conn *conn, void *arg);
static void check_conn(struct fuzz_peer *peer, const struct tcp_conn_info *info);

void
fuzz_watch_frame(struct fuzz_world *world, const struct rte_mbuf *mbuf)
{
	uint8_t copy[FRAME_MAX];
	const uint8_t *frame;
	struct wire_ether ether;
	uint32_t bytes;

	fuzz_check(mbuf->pkt_len <= sizeof(copy));
	frame = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, copy);
	fuzz_check(frame != NULL);
	trace(world, &world->now_us, sizeof(world->now_us));
	trace(world, frame, mbuf->pkt_len);
	fuzz_check(wire_ether_parse(frame, mbuf->pkt_len, &ether));
	if (ether.type == RTE_ETHER_TYPE_ARP)
		return;
	bytes = mbuf->pkt_len - WIRE_ETHER_HEADER_BYTES;
	fuzz_check(bytes <= world->port.mtu);
	fuzz_check(ether.type == RTE_ETHER_TYPE_IPV4 || ether.type == RTE_ETHER_TYPE_IPV6);
	if (ether.type == RTE_ETHER_TYPE_IPV4)
		check_ipv4(world, frame + WIRE_ETHER_HEADER_BYTES, bytes);
	else
		check_ipv6(world, frame + WIRE_ETHER_HEADER_BYTES, bytes);
}

static void
check_ipv4(struct fuzz_world *world, const uint8_t *ip, uint32_t bytes)
{
	struct wire_ipv4 ipv4;

	fuzz_check(wire_ipv4_parse(ip, bytes, bytes, 1, &ipv4) == WIRE_IPV4_OK);
	fuzz_check(ipv4.total_bytes == bytes);
	fuzz_check(ipv4.src == FUZZ_OUR_ADDR && ipv4.dst == FUZZ_PEER_ADDR);
	fuzz_check(ipv4.protocol == IPPROTO_TCP);
	ip += ipv4.header_bytes;
	bytes -= ipv4.header_bytes;
	fuzz_check(fuzz_watch_checksum(ip, bytes, tr_addr_ipv4(ipv4.src), tr_addr_ipv4(ipv4.dst)) ==
		   0);
	check_segment(world, ip, bytes);
}

/* Beside TCP it tries its addresses, asks for routers and tells of its groups. */
static void
check_ipv6(struct fuzz_world *world, const uint8_t *ip, uint32_t bytes)
{
	const struct tr_addr ours = FUZZ_OUR_IPV6, theirs = FUZZ_PEER_IPV6;
	struct wire_ipv6 ipv6;

	fuzz_check(wire_ipv6_parse(ip, bytes, bytes, &ipv6) == WIRE_IPV6_OK);
	fuzz_check(ipv6.payload_bytes == bytes - WIRE_IPV6_HEADER_BYTES);
	if (ipv6.next_header == IPPROTO_ICMPV6 || ipv6.next_header == IPPROTO_HOPOPTS)
		return;
	fuzz_check(ipv6.next_header == IPPROTO_TCP);
	fuzz_check(tr_addr_is_same(&ipv6.src, &ours) && tr_addr_is_same(&ipv6.dst, &theirs));
	ip += WIRE_IPV6_HEADER_BYTES;
	bytes -= WIRE_IPV6_HEADER_BYTES;
	fuzz_check(fuzz_watch_checksum(ip, bytes, ipv6.src, ipv6.dst) == 0);
	check_segment(world, ip, bytes);
}

void
fuzz_watch_event(struct fuzz_world *world, char kind, const struct tcp_conn_info *info)
{
	trace(world, &kind, sizeof(kind));
	trace(world, &world->now_us, sizeof(world->now_us));
	trace(world, &info->remote_port, sizeof(info->remote_port));
	trace(world, &info->id, sizeof(info->id));
	trace(world, &info->rcv_nxt, sizeof(info->rcv_nxt));
	trace(world, &info->snd_una, sizeof(info->snd_una));
}

void
fuzz_watch_opened(const struct fuzz_world *world, struct fuzz_peer *peer,
		  const struct tcp_conn_info *info)
{
	uint32_t iss = info->snd_una - 1;
	const struct wire_tcp *offer;
	unsigned int i;

	peer->conn_iss = iss;
	/* Segments of the connection before may leave yet, and nothing tells them apart. */
	peer->mixed |= world->waits && peer->known;
	for (i = 1; i <= RTE_MIN(peer->nb_offers, (unsigned int)FUZZ_OFFERS); i++) {
		offer = &peer->offers[(peer->nb_offers - i) % FUZZ_OFFERS];
		if (offer->seq != iss)
			continue;
		/* Also where it opened another before. */
		begin(peer, offer);
		check_ack(peer, offer);
		peer->sent_max = iss + 1;
		return;
	}
	/* One of so long ago that it is forgotten. */
	peer->offered = false;
	peer->iss = iss;
	peer->sent_max = iss + 1;
}

void
fuzz_watch_conns(struct fuzz_world *world)
{
	unsigned int i;

	for (i = 0; i < FUZZ_PEERS; i++)
		world->peers[i].live = NULL;
	tcp_conn_walk(world->stack.tcp, look, world);
	for (i = 0; i < FUZZ_PEERS && !world->waits; i++)
		world->peers[i].mixed = false;
}

void
fuzz_watch_ended(struct fuzz_world *world, struct fuzz_peer *peer)
{
	struct tcp_conn_info info;

	if (peer->live == NULL)
		return;
	if (tcp_conn_find(world->stack.tcp, peer->live_id) == peer->live) {
		tcp_conn_info(peer->live, &info);
		if (rte_be_to_cpu_16(info.remote_port) == FUZZ_PORT + (peer - world->peers))
			return;
	}
	peer->live = NULL;
}

uint8_t
fuzz_watch_byte(uint32_t seq)
{
	return (seq * 2654435761u) >> 24;
}

uint16_t
fuzz_watch_checksum(const uint8_t *data, uint32_t len, struct tr_addr src, struct tr_addr dst)
{
	uint64_t sum = IPPROTO_TCP + len;
	uint32_t i;

	/* Before an IPv4 address stand ten zeros and 0xffff, which adds nothing. */
	for (i = 0; i < sizeof(src.bytes); i += 2)
		sum += (src.bytes[i] << 8 | src.bytes[i + 1]) +
		       (dst.bytes[i] << 8 | dst.bytes[i + 1]);
	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return rte_cpu_to_be_16(~sum & 0xffff);
}

/* FNV-1a: two runs compare by it. */
static void
trace(struct fuzz_world *world, const void *data, uint32_t len)
{
	const uint8_t *bytes = data;
	uint32_t i;

	for (i = 0; i < len; i++)
		world->trace = (world->trace ^ bytes[i]) * TRACE_PRIME;
}

static void
check_segment(struct fuzz_world *world, const uint8_t *tcp, uint32_t bytes)
{
	struct wire_tcp header;
	struct fuzz_peer *peer;
	unsigned int index;
	uint32_t len, end, i;

	fuzz_check(wire_tcp_parse(tcp, bytes, &header) == WIRE_TCP_OK);
	len = bytes - header.header_bytes;
	fuzz_check((header.flags & (WIRE_TCP_SYN | WIRE_TCP_FIN | WIRE_TCP_RST)) == 0 ||
		   __builtin_popcount(header.flags &
				      (WIRE_TCP_SYN | WIRE_TCP_FIN | WIRE_TCP_RST)) == 1);
	fuzz_check(header.flags & (WIRE_TCP_SYN | WIRE_TCP_RST | WIRE_TCP_ACK));
	index = (uint16_t)(rte_be_to_cpu_16(header.dst_port) - FUZZ_PORT);
	if (header.flags & WIRE_TCP_RST) {
		fuzz_check(len == 0);
		return;
	}
	if (index >= FUZZ_PEERS)
		return;
	peer = &world->peers[index];
	if (header.flags & WIRE_TCP_SYN) {
		peer->offers[peer->nb_offers++ % FUZZ_OFFERS] = header;
		if (is_late(world, peer, header.seq))
			return;
		/* What was of the connection before does not hold, though its cookie leaves again.
		 */
		if (peer->live == NULL || header.seq != peer->iss || peer->iss != peer->conn_iss)
			begin(peer, &header);
	}
	fuzz_check(peer->known);
	if (peer->mixed)
		return;
	end = header.seq + len + !!(header.flags & (WIRE_TCP_SYN | WIRE_TCP_FIN));
	/* No gap, nothing before the SYN, and a probe has the number of what was acknowledged. */
	fuzz_check(tcp_seq_le(header.seq, peer->sent_max) && tcp_seq_ge(header.seq, peer->iss));
	for (i = 0; i < len; i++)
		fuzz_check(
			tcp[header.header_bytes + i] ==
				fuzz_watch_byte(header.seq + i + !!(header.flags & WIRE_TCP_SYN)) ||
			/* A keepalive probe's byte, which was acknowledged, may be any. */
			tcp_seq_lt(header.seq + i, peer->una));
	peer->sent_max = tcp_seq_max(peer->sent_max, end);
	if (header.flags & WIRE_TCP_ACK)
		check_ack(peer, &header);
	if (header.options.has_timestamps)
		peer->ts_value = header.options.ts_value;
}

/* RFC 9293 section 3.8.6: neither an ACK nor the right edge goes back, but for what a scaled field
 * cannot say. */
static void
check_ack(struct fuzz_peer *peer, const struct wire_tcp *header)
{
	uint8_t scale = header->flags & WIRE_TCP_SYN ? 0 : scale_of(peer);
	uint32_t unsaid = (UINT32_C(1) << peer->scale) - 1;
	uint32_t edge = header->ack + ((uint32_t)header->window << scale);

	if (peer->offered) {
		fuzz_check(tcp_seq_ge(header->ack, peer->acked));
		fuzz_check(tcp_seq_ge(edge + unsaid, peer->edge) || header->window == UINT16_MAX);
		fuzz_check(tcp_seq_le(header->ack, peer->edge + 1));
	}
	peer->edge = peer->offered ? tcp_seq_max(peer->edge, edge) : edge;
	peer->acked = header->ack;
	peer->offered = true;
}

/* What our SYN offers counts for nothing where the peer does not answer it (RFC 7323 section 2.2).
 */
static uint8_t
scale_of(struct fuzz_peer *peer)
{
	struct tcp_conn_info info;

	if (peer->conn != NULL) {
		tcp_conn_info(peer->conn, &info);
		peer->scale = info.receive_scale;
	}
	return peer->scale;
}

/* A SYN cookie may leave when the connection is there, by it or by another that left earlier. */
static bool
is_late(struct fuzz_world *world, struct fuzz_peer *peer, uint32_t iss)
{
	struct tcp_conn *conn = peer->conn;
	struct tcp_conn_info info;
	bool opening;

	fuzz_watch_ended(world, peer);
	if (conn == NULL)
		conn = peer->live;
	if (conn == NULL)
		return false;
	tcp_conn_info(conn, &info);
	if (info.state == TCP_CLOSED)
		return false;
	opening = info.state == TCP_SYN_SENT || info.state == TCP_SYN_RECEIVED;
	if (opening)
		peer->conn_iss = info.snd_una;
	return peer->known && peer->iss == peer->conn_iss && (!opening || iss != peer->iss);
}

static void
begin(struct fuzz_peer *peer, const struct wire_tcp *header)
{
	peer->known = true;
	peer->offered = false;
	peer->iss = header->seq;
	peer->una = header->seq;
	peer->sent_max = header->seq;
	peer->scale = header->options.window_scale;
	peer->timestamps = header->options.has_timestamps;
	peer->ts_value = header->options.ts_value;
	if (header->flags & WIRE_TCP_ACK)
		peer->next = header->ack;
}

static void
look(struct tcp_conn *conn, void *arg)
{
	struct fuzz_world *world = arg;
	struct tcp_conn_info info;
	struct fuzz_peer *peer;
	unsigned int index;

	tcp_conn_info(conn, &info);
	index = (uint16_t)(rte_be_to_cpu_16(info.remote_port) - FUZZ_PORT);
	/* One that was closed before its SYN was answered waits until its owner is told. */
	if (index >= FUZZ_PEERS || info.state == TCP_CLOSED)
		return;
	peer = &world->peers[index];
	fuzz_check(peer->live == NULL);
	peer->live = conn;
	peer->live_id = info.id;
	if (info.state != TCP_SYN_SENT)
		peer->next = info.rcv_nxt;
	if (info.state == TCP_SYN_SENT || info.state == TCP_SYN_RECEIVED)
		peer->conn_iss = info.snd_una;
	peer->una = info.snd_una;
	if (peer->mixed) {
		peer->offered = false;
		peer->iss = peer->conn_iss;
		peer->sent_max = tcp_seq_max(peer->sent_max, info.snd_nxt);
	}
	check_conn(peer, &info);
}

static void
check_conn(struct fuzz_peer *peer, const struct tcp_conn_info *info)
{
	uint32_t in_flight = info->snd_nxt - info->snd_una;
	uint32_t unsent;

	fuzz_check(info->state < TCP_STATES);
	fuzz_check(tcp_seq_le(info->snd_una, info->snd_nxt));
	/* A SYN and a FIN have numbers and no bytes. */
	fuzz_check(in_flight <= info->send_bytes + 2);
	fuzz_check(info->mss_bytes > 0 && info->cwnd_bytes >= info->mss_bytes);
	fuzz_check(info->rto_us > 0);
	/* One that its owner closed with a reset may wait to be told, with the next at its place.
	 */
	if (peer->conn != peer->live || !peer->opened)
		return;
	/* What was not read is what stands before RCV.NXT, but for a FIN; until it is thrown away.
	 */
	fuzz_check(peer->closed || info->rcv_nxt - peer->read_seq - info->receive_bytes <= 1);
	/* What is in the chain is what was appended and not acknowledged: a FIN is not. */
	unsent = peer->append_seq - tcp_send_acknowledged(peer->conn);
	fuzz_check(unsent == info->send_bytes || (peer->shut && unsent == UINT32_MAX));
}
