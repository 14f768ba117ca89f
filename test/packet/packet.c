/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "packet.h"

#include <stdio.h>
#include <string.h>

#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "test_eal.h"
#include "wire_checksum.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"

#define OUR_ADDR IPV4(10, 0, 0, 1)
#define PEER_ADDR IPV4(10, 0, 0, 2)
#define IPV4(a, b, c, d)                                                                           \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))
#define OUR_PORT 80
#define PEER_PORT 40000
#define INNOCENT_PORT 50001
#define INNOCENT_IRS 12345
#define POOL_MBUFS 1023
#define START_US 1000000000

static struct tr_addr addr_of(uint32_t ipv4);
static struct tr_addr place(const struct packet *packet, uint32_t ipv4);
static struct tr_addr place_or(const struct packet *packet, uint32_t ipv4, const char *ipv6);
static void await_addresses(struct packet *packet);
static const uint8_t *read_ip(const struct packet *packet, const uint8_t *data, uint32_t len,
			      uint32_t *bytes, struct packet_sent *sent);
static void create_pools(struct packet *packet);
static void fill(struct rte_mbuf *mbuf, const struct packet_segment *segment,
		 const struct wire_tcp *header);
static uint16_t checksum(const uint8_t *data, uint32_t len, const struct tr_addr *src,
			 const struct tr_addr *dst);
static void check_payload(struct packet *packet, const uint8_t *data, uint32_t len, uint32_t seq);
static void read_all(struct packet *packet, struct tcp_conn *conn);

static void *
on_opened(void *arg, struct tcp_conn *conn, void *listener_arg)
{
	struct packet *packet = arg;

	packet->owner.opened++;
	packet->owner.conn = conn;
	if (packet->owner.abort_opened) {
		tcp_abort(conn);
		return packet;
	}
	if (packet->owner.close_opened)
		tcp_close(conn);
	if (listener_arg != NULL)
		assert_ptr_equal(listener_arg, packet);
	return packet->owner.refuse ? NULL : packet;
}

static void
on_urgent(void *user, struct tcp_conn *conn)
{
	struct packet *packet = user;

	packet->owner.urgent++;
	packet->owner.urgent_bytes = tcp_receive_urgent(conn);
}

static void
on_readable(void *user, struct tcp_conn *conn)
{
	struct packet *packet = user;

	packet->owner.readable++;
	if (packet->owner.abort_readable)
		tcp_abort(conn);
	else if (packet->owner.read)
		read_all(packet, conn);
}

static void
on_sent(void *user, struct tcp_conn *conn)
{
	struct packet *packet = user;

	packet->owner.sent++;
	if (packet->owner.abort_sent)
		tcp_abort(conn);
}

static void
on_peer_closed(void *user, struct tcp_conn *conn)
{
	struct packet *packet = user;

	packet->owner.peer_closed++;
	if (packet->owner.abort_peer_closed)
		tcp_abort(conn);
	else if (packet->owner.close_peer_closed)
		tcp_close(conn);
}

static void
on_closed(void *user, struct tcp_conn *conn, int error)
{
	struct packet *packet = user;

	(void)conn;
	packet->owner.closed++;
	packet->owner.error = error;
	packet->owner.conn = NULL;
}

static bool
on_comes_here(void *arg, const struct ip_ends *ends, rte_be16_t remote_port, rte_be16_t local_port)
{
	const struct packet *packet = arg;

	return packet->owner.comes_here == NULL ||
	       packet->owner.comes_here(ends, rte_be_to_cpu_16(remote_port),
					rte_be_to_cpu_16(local_port));
}

static const struct tcp_events events = {
	.opened = on_opened,
	.urgent = on_urgent,
	.readable = on_readable,
	.sent = on_sent,
	.peer_closed = on_peer_closed,
	.closed = on_closed,
	.comes_here = on_comes_here,
};

const struct packet_setup packet_ipv6 = {.ipv6 = true};

void
packet_begin(struct packet *packet, const struct packet_setup *setup)
{
	static const struct packet_setup defaults;
	static unsigned int stacks;
	char name[16];
	struct ip_config ip_config = {
		.mac = {{2, 0, 0, 0, 0, 1}},
		.ipv4 = {.addr = addr_of(OUR_ADDR), .prefix_len = 24},
		.mtu = PACKET_MTU,
		.neighbours_max = 16,
		.socket = SOCKET_ID_ANY,
	};
	struct ip_neighbour peer = {.mac = {{2, 0, 0, 0, 0, 2}}};
	struct tcp_config config = {
		.name = name,
		.events = &events,
		.events_arg = packet,
		.conns_max = PACKET_CONNS,
		.receive_window_bytes = PACKET_WINDOW,
		.reassembly_max = PACKET_REASSEMBLY,
		.time_wait_us = PACKET_TIME_WAIT_US,
		.now_us = START_US,
		.secret = "0123456789abcde",
		.socket = SOCKET_ID_ANY,
	};

	if (setup == NULL)
		setup = &defaults;
	snprintf(name, sizeof(name), "packet%u", stacks++);
	memset(packet, 0, sizeof(*packet));
	create_pools(packet);
	packet->now_us = START_US;
	packet->ipv6 = setup->ipv6;
	packet->mss = setup->ipv6 ? PACKET_MSS_IPV6 : PACKET_MSS;
	packet->headers = PACKET_MTU - packet->mss;
	packet->peer_port = PEER_PORT;
	packet->irs = PACKET_IRS;
	packet->owner.read = true;
	packet->ts_value = 0xffffff00;
	ip_config.mbufs = packet->control;
	ip_config.dscp = setup->dscp;
	ip_config.ttl = setup->ttl;
	if (packet->ipv6)
		ip_config.ipv6 =
			(struct tr_addr_net){.addr = place(packet, OUR_ADDR), .prefix_len = 64};
	packet->ip = ip_create(&ip_config);
	assert_non_null(packet->ip);
	if (packet->ipv6)
		await_addresses(packet);
	peer.addr = place(packet, PEER_ADDR);
	ip_neighbour_update(packet->ip, &peer, packet->now_us);
	config.ip = packet->ip;
	config.mbufs = packet->control;
	config.chain_pool = &packet->chain_pool;
	config.mss_max = setup->mss_max;
	config.large_mbufs = setup->large_mbufs;
	config.keepalive_idle_us = setup->keepalive_idle_us;
	config.keepalive_interval_us = setup->keepalive_interval_us;
	config.user_timeout_s = setup->user_timeout_s;
	config.user_timeout_option = setup->user_timeout_option;
	config.user_timeout_min_s = setup->user_timeout_min_s;
	config.user_timeout_max_s = setup->user_timeout_max_s;
	config.ecn = setup->ecn;
	config.congestion = setup->congestion != NULL ? setup->congestion : "newreno";
	config.flight_max = setup->flight_max;
	config.recovery_max = setup->recovery_max;
	if (setup->receive_window_bytes != 0)
		config.receive_window_bytes = setup->receive_window_bytes;
	if (setup->conns_max != 0)
		config.conns_max = setup->conns_max;
	packet->conns_max = config.conns_max;
	config.syn_backlog = setup->syn_backlog != 0 ? setup->syn_backlog : config.conns_max;
	packet->tcp = tcp_create(&config);
	assert_non_null(packet->tcp);
	assert_int_equal(
		tcp_listen(packet->tcp, tr_addr_none(), rte_cpu_to_be_16(OUR_PORT), packet), 0);
}

void
packet_end(struct packet *packet)
{
	struct ip_txq *txq = ip_txq(packet->ip);
	unsigned int i;

	tcp_destroy(packet->tcp);
	for (i = 0; i < txq->nb; i++)
		rte_pktmbuf_free(txq->frames[i]);
	txq->nb = 0;
	ip_destroy(packet->ip);
	test_pools_full(NULL);
}

void
packet_inject(struct packet *packet, const struct packet_segment *segment)
{
	struct wire_tcp header = {
		.src_port = rte_cpu_to_be_16(packet->peer_port),
		.dst_port = rte_cpu_to_be_16(OUR_PORT),
		.seq = packet->irs + segment->seq,
		.ack = segment->flags & ACK ? packet->iss + segment->ack : 0,
		.flags = segment->flags,
		.window = segment->window != 0 || segment->zero_window ? segment->window : 65535,
	};
	struct ip_packet ip = {
		.src = place_or(packet, segment->src != 0 ? segment->src : PEER_ADDR,
				segment->src6),
		.dst = place_or(packet, segment->dst != 0 ? segment->dst : OUR_ADDR, segment->dst6),
		.protocol = IPPROTO_TCP,
		.ttl = 64,
		.ecn = segment->ecn,
	};
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(packet->foreign);

	assert_non_null(mbuf);
	if (segment->options != NULL)
		header.options = *segment->options;
	if (packet->timestamps && !segment->no_timestamp && !header.options.has_timestamps) {
		header.options.has_timestamps = true;
		header.options.ts_value = packet->ts_value;
	}
	fill(mbuf, segment, &header);
	ip.bytes = mbuf->pkt_len;
	((uint16_t *)rte_pktmbuf_mtod(mbuf, void *))[9] = rte_cpu_to_be_16(segment->urgent);
	((uint16_t *)rte_pktmbuf_mtod(mbuf, void *))[8] =
		checksum(rte_pktmbuf_mtod(mbuf, uint8_t *), mbuf->pkt_len, &ip.src, &ip.dst);
	if (segment->bad_checksum)
		((uint16_t *)rte_pktmbuf_mtod(mbuf, void *))[8] ^= 0x0101;
	tcp_input(packet->tcp, mbuf, &ip, packet->now_us);
}

bool
packet_error(struct packet *packet, enum ip_error_kind kind, uint32_t seq, uint16_t mtu,
	     uint16_t bytes)
{
	const struct ip_error error = {
		.kind = kind,
		.protocol = IPPROTO_TCP,
		.mtu = mtu,
		.bytes = bytes,
		.local_addr = place(packet, OUR_ADDR),
		.remote_addr = place(packet, PEER_ADDR),
		.local_port = rte_cpu_to_be_16(OUR_PORT),
		.remote_port = rte_cpu_to_be_16(packet->peer_port),
		.seq = packet->iss + seq,
	};

	return tcp_error(packet->tcp, &error, packet->now_us);
}

/* As the port would, if it were to send it as it is. */
static void
fill_in_checksums(const struct rte_mbuf *mbuf, uint8_t *frame)
{
	uint8_t *packet = frame + mbuf->l2_len, *tcp = packet + mbuf->l3_len;
	uint16_t bytes = mbuf->pkt_len - mbuf->l2_len - mbuf->l3_len;
	uint16_t sum;

	if (mbuf->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) {
		sum = ~wire_checksum_sum(packet, mbuf->l3_len);
		memcpy(packet + WIRE_IPV4_CHECKSUM_OFFSET, &sum, sizeof(sum));
	}
	/* The pseudo header's sum lacks the length. */
	sum = ~wire_checksum_add(wire_checksum_sum(tcp, bytes), rte_cpu_to_be_16(bytes));
	memcpy(tcp + 16, &sum, sizeof(sum));
}

bool
packet_take(struct packet *packet, struct packet_sent *sent)
{
	struct ip_txq *txq = ip_txq(packet->ip);
	uint32_t ip_offset = sizeof(struct rte_ether_hdr);
	uint8_t frame[UINT16_MAX];
	bool large;
	struct rte_mbuf *mbuf;
	const uint8_t *data;
	const uint8_t *tcp;
	uint32_t bytes;

	if (txq->nb == 0)
		tcp_output(packet->tcp, packet->now_us);
	if (txq->nb == 0)
		return false;
	mbuf = txq->frames[0];
	memmove(&txq->frames[0], &txq->frames[1], --txq->nb * sizeof(txq->frames[0]));
	assert_true(mbuf->pkt_len <= sizeof(frame));
	data = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, frame);
	assert_non_null(data);
	large = mbuf->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	assert_true(large || mbuf->pkt_len - ip_offset <= PACKET_MTU);
	if (large) {
		/* It is of several mbufs, so that this is a copy. */
		assert_ptr_equal(data, frame);
		fill_in_checksums(mbuf, frame);
	}
	sent->cut_bytes = large ? mbuf->tso_segsz : 0;
	tcp = read_ip(packet, data + ip_offset, mbuf->pkt_len - ip_offset, &bytes, sent);
	assert_int_equal(wire_tcp_parse(tcp, bytes, &sent->header), WIRE_TCP_OK);
	sent->len = bytes - sent->header.header_bytes;
	if (sent->header.flags & SYN)
		packet->iss = sent->header.seq;
	check_payload(packet, tcp + sent->header.header_bytes, sent->len,
		      sent->header.seq - packet->iss);
	rte_pktmbuf_free(mbuf);
	return true;
}

void
packet_expect_at(struct packet *packet, const struct packet_segment *segment,
		 struct packet_sent *sent, const char *file, int line)
{
	struct packet_sent taken;
	bool wrong;

	if (sent == NULL)
		sent = &taken;
	if (!packet_take(packet, sent)) {
		print_error("nothing is sent where a segment is expected\n");
		_fail(file, line);
	}
	wrong = sent->header.flags != segment->flags ||
		(!(segment->flags & SYN) && sent->header.seq != packet->iss + segment->seq) ||
		(segment->flags & ACK && sent->header.ack != packet->irs + segment->ack) ||
		sent->len != segment->len ||
		((segment->window != 0 || segment->zero_window) &&
		 sent->header.window != segment->window);
	/* A reset that answers what has no ACK is the one segment not numbered from our SYN. */
	if (wrong) {
		print_error("sent: flags %#x seq %u ack %u len %u window %u\n", sent->header.flags,
			    sent->header.seq - packet->iss, sent->header.ack - packet->irs,
			    sent->len, sent->header.window);
		print_error("expected: flags %#x seq %u ack %u len %u window %u\n", segment->flags,
			    segment->seq, segment->ack, segment->len, segment->window);
		_fail(file, line);
	}
}

void
packet_expect_none_at(struct packet *packet, const char *file, int line)
{
	struct packet_sent sent;

	if (!packet_take(packet, &sent))
		return;
	print_error("sent: flags %#x seq %u ack %u len %u window %u\n", sent.header.flags,
		    sent.header.seq - packet->iss, sent.header.ack - packet->irs, sent.len,
		    sent.header.window);
	_fail(file, line);
}

void
packet_advance(struct packet *packet, uint64_t us)
{
	uint64_t end_us = packet->now_us + us;
	uint64_t next_us;

	tcp_output(packet->tcp, packet->now_us);
	while ((next_us = tcp_next_timer_us(packet->tcp)) <= end_us) {
		packet->now_us = next_us > packet->now_us ? next_us : packet->now_us;
		tcp_tick(packet->tcp, packet->now_us);
		tcp_output(packet->tcp, packet->now_us);
	}
	packet->now_us = end_us;
	tcp_tick(packet->tcp, packet->now_us);
	tcp_output(packet->tcp, packet->now_us);
}

void
packet_accept(struct packet *packet, const struct wire_tcp_options *options)
{
	if (options != NULL && options->has_timestamps) {
		packet->timestamps = true;
		packet->ts_value = options->ts_value;
	}
	inject(packet, .flags = SYN, .options = options);
	expect(packet, .flags = SYN | ACK, .ack = 1);
	inject(packet, .flags = ACK, .seq = 1, .ack = 1);
	expect_none(packet);
	assert_int_equal(packet_state(packet), TCP_ESTABLISHED);
}

void
packet_serve_innocent(struct packet *packet)
{
	struct packet_sent sent;

	while (packet_take(packet, &sent))
		;
	packet->owner = (struct packet_owner){.read = true};
	packet->peer_port = INNOCENT_PORT;
	packet->irs = INNOCENT_IRS;
	packet->timestamps = false;
	packet->appended = 0;
	packet_accept(packet, NULL);
	inject(packet, .flags = ACK | PSH, .seq = 1, .ack = 1, .len = 100);
	assert_int_equal(packet->owner.read_bytes, 100);
	packet_append(packet, 200);
	expect(packet, .flags = ACK | PSH, .seq = 1, .ack = 101, .len = 200);
	inject(packet, .flags = ACK, .seq = 101, .ack = 201);
	expect_none(packet);
	assert_int_equal(packet->owner.closed, 0);
}

void
packet_reach(struct packet *packet, enum tcp_state state)
{
	static const struct wire_tcp_options options = {.has_mss = true, .mss = PACKET_MSS};
	struct packet_sent sent;

	if (state == TCP_SYN_SENT) {
		assert_non_null(packet_connect(packet));
		expect(packet, .flags = SYN);
		return;
	}
	if (state == TCP_SYN_RECEIVED) {
		inject(packet, .flags = SYN, .options = &options);
		expect(packet, .flags = SYN | ACK, .ack = 1);
		return;
	}
	packet_accept(packet, &options);
	switch (state) {
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSING:
	case TCP_TIME_WAIT:
		tcp_close(packet->owner.conn);
		expect(packet, .flags = FIN | ACK, .seq = 1, .ack = 1);
		break;
	case TCP_CLOSE_WAIT:
	case TCP_LAST_ACK:
		inject(packet, .flags = FIN | ACK, .seq = 1, .ack = 1);
		expect(packet, .flags = ACK, .seq = 1, .ack = 2);
		break;
	default:
		break;
	}
	if (state == TCP_FIN_WAIT_2 || state == TCP_TIME_WAIT)
		inject(packet, .flags = ACK, .seq = 1, .ack = 2);
	if (state == TCP_CLOSING)
		inject(packet, .flags = FIN | ACK, .seq = 1, .ack = 1);
	if (state == TCP_TIME_WAIT)
		inject(packet, .flags = FIN | ACK, .seq = 1, .ack = 2);
	if (state == TCP_LAST_ACK)
		tcp_close(packet->owner.conn);
	while (packet_take(packet, &sent))
		;
	assert_int_equal(packet_state(packet), state);
}

struct tcp_conn *
packet_connect(struct packet *packet)
{
	return tcp_connect(packet->tcp, place(packet, PEER_ADDR),
			   rte_cpu_to_be_16(packet->peer_port), rte_cpu_to_be_16(OUR_PORT), packet,
			   packet->now_us);
}

void
packet_append(struct packet *packet, uint32_t bytes)
{
	struct iovec part;
	uint8_t data[1024];
	uint32_t i;

	while (bytes > 0) {
		part.iov_base = data;
		part.iov_len = RTE_MIN(bytes, (uint32_t)sizeof(data));
		for (i = 0; i < part.iov_len; i++)
			data[i] = packet_byte(1 + packet->appended + i);
		assert_int_equal(tr_chain_append(tcp_chain(packet->owner.conn), &part, 1), 0);
		packet->appended += part.iov_len;
		bytes -= part.iov_len;
	}
	tcp_send(packet->owner.conn);
}

struct tcp_conn *
packet_conn(struct packet *packet)
{
	struct tcp_conn *conn;
	struct tcp_conn_info info;
	uint32_t id;

	for (id = 0; id < packet->conns_max; id++) {
		conn = tcp_conn_find(packet->tcp, id);
		if (conn == NULL)
			continue;
		tcp_conn_info(conn, &info);
		if (info.remote_port == rte_cpu_to_be_16(packet->peer_port))
			return conn;
	}
	return NULL;
}

enum tcp_state
packet_state(struct packet *packet)
{
	struct tcp_conn *conn = packet_conn(packet);
	struct tcp_conn_info info;

	if (conn == NULL)
		return TCP_CLOSED;
	tcp_conn_info(conn, &info);
	return info.state;
}

uint8_t
packet_byte(uint32_t seq)
{
	return (seq * 2654435761u) >> 24;
}

static struct tr_addr
addr_of(uint32_t ipv4)
{
	return tr_addr_ipv4(rte_cpu_to_be_32(ipv4));
}

/* Where the host of IPv4 is that has this address, in the family that is spoken. */
static struct tr_addr
place(const struct packet *packet, uint32_t ipv4)
{
	struct tr_addr addr = {{0x20, 1, 0xd, 0xb8, [15] = ipv4 & 0xff}};

	return packet->ipv6 ? addr : addr_of(ipv4);
}

/* The same, but for an address of IPv6 that is given. */
static struct tr_addr
place_or(const struct packet *packet, uint32_t ipv4, const char *ipv6)
{
	struct tr_addr addr = place(packet, ipv4);

	if (ipv6 != NULL) {
		assert_true(packet->ipv6);
		assert_true(tr_addr_parse(ipv6, &addr));
	}
	return addr;
}

/* Those of IPv6 are tried before they are used; what is sent for that is no segment. */
static void
await_addresses(struct packet *packet)
{
	struct ip_txq *txq = ip_txq(packet->ip);
	uint64_t now_us;

	while ((now_us = ip_next_timer_us(packet->ip)) != UINT64_MAX) {
		ip_tick(packet->ip, RTE_MAX(now_us, packet->now_us));
		packet->now_us = RTE_MAX(now_us, packet->now_us);
	}
	rte_pktmbuf_free_bulk(txq->frames, txq->nb);
	txq->nb = 0;
	packet->now_us = START_US;
}

/* What is in a packet that was sent; its checksum is right. */
static const uint8_t *
read_ip(const struct packet *packet, const uint8_t *data, uint32_t len, uint32_t *bytes,
	struct packet_sent *sent)
{
	struct tr_addr src, dst;
	struct wire_ipv4 ipv4;
	struct wire_ipv6 ipv6;
	uint8_t dscp_ecn;

	if (packet->ipv6) {
		assert_int_equal(wire_ipv6_parse(data, len, len, &ipv6), WIRE_IPV6_OK);
		assert_int_equal(ipv6.next_header, IPPROTO_TCP);
		*bytes = ipv6.payload_bytes;
		dscp_ecn = ipv6.dscp_ecn;
		sent->ttl = ipv6.hop_limit;
		src = ipv6.src;
		dst = ipv6.dst;
		data += WIRE_IPV6_HEADER_BYTES;
	} else {
		assert_int_equal(wire_ipv4_parse(data, len, len, 1, &ipv4), WIRE_IPV4_OK);
		*bytes = ipv4.total_bytes - ipv4.header_bytes;
		dscp_ecn = ipv4.dscp_ecn;
		sent->ttl = ipv4.ttl;
		src = tr_addr_ipv4(ipv4.src);
		dst = tr_addr_ipv4(ipv4.dst);
		data += ipv4.header_bytes;
	}
	sent->ecn = dscp_ecn & WIRE_IPV4_ECN_MASK;
	sent->dscp = dscp_ecn >> WIRE_IPV4_DSCP_SHIFT;
	assert_int_equal(checksum(data, *bytes, &src, &dst), 0);
	return data;
}

static void
create_pools(struct packet *packet)
{
	static struct rte_mempool *data;
	static struct rte_mempool *control;
	static struct rte_mempool *foreign;

	test_eal_init();
	if (data == NULL) {
		data = chain_mempool_create("data", POOL_MBUFS, SOCKET_ID_ANY);
		control = rte_pktmbuf_pool_create("control", POOL_MBUFS, 0, 0,
						  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
		foreign = rte_pktmbuf_pool_create("foreign", POOL_MBUFS, 0, 0,
						  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	}
	assert_non_null(data);
	assert_non_null(control);
	assert_non_null(foreign);
	packet->data = data;
	packet->control = control;
	packet->foreign = foreign;
	packet->chain_pool = (struct chain_pool){
		.mbufs = data,
		.segments = data,
		.link_segments = true,
		.share_mbufs = true,
	};
}

static void
fill(struct rte_mbuf *mbuf, const struct packet_segment *segment, const struct wire_tcp *header)
{
	uint8_t *data =
		(uint8_t *)rte_pktmbuf_append(mbuf, wire_tcp_header_bytes(&header->options));
	uint32_t first = segment->seq + !!(segment->flags & SYN);
	uint32_t i;

	assert_non_null(data);
	wire_tcp_write(data, header);
	data = (uint8_t *)rte_pktmbuf_append(mbuf, segment->len);
	assert_non_null(data);
	for (i = 0; i < segment->len; i++)
		data[i] = packet_byte(first + i);
}

/*
 * RFC 9293 section 3.1, by the book: not what the stack itself computes with. What stands before
 * the address in a mapped one counts not.
 */
static uint16_t
checksum(const uint8_t *data, uint32_t len, const struct tr_addr *src, const struct tr_addr *dst)
{
	uint64_t sum = IPPROTO_TCP + len;
	uint32_t i;

	for (i = tr_addr_is_ipv4(src) ? TR_ADDR_IPV4_OFFSET : 0; i < sizeof(src->bytes); i += 2)
		sum += (src->bytes[i] << 8) + src->bytes[i + 1] + (dst->bytes[i] << 8) +
		       dst->bytes[i + 1];
	for (i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return rte_cpu_to_be_16(~sum & 0xffff);
}

static void
check_payload(struct packet *packet, const uint8_t *data, uint32_t len, uint32_t seq)
{
	uint32_t i;

	(void)packet;
	for (i = 0; i < len; i++)
		assert_int_equal(data[i], packet_byte(seq + i));
}

static void
read_all(struct packet *packet, struct tcp_conn *conn)
{
	const uint8_t *data;
	uint32_t len;

	while ((data = tcp_receive_peek(conn, &len)), len > 0) {
		check_payload(packet, data, len, 1 + packet->owner.read_bytes);
		packet->owner.read_bytes += len;
		tcp_receive_consume(conn, len);
	}
}
