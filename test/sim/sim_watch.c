/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The tailrace authors
 */
#include "sim_watch.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <rte_ether.h>

#include "tcp_seq.h"
#include "wire_arp.h"
#include "wire_ether.h"
#include "wire_icmp6.h"
#include "wire_ipv4.h"
#include "wire_ipv6.h"
#include "wire_tcp.h"

/* A segment on its way from one end to the other. */
struct seen {
	struct wire_tcp header;
	uint32_t len;
	uint32_t end_seq;
	uint32_t edge; /* of the window it offers */
};

static const char *look(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf,
			unsigned int *index);
static bool looks_for_neighbour(const struct rte_mbuf *mbuf);
static void note_asked(struct sim_watch *watch, unsigned int end);
static bool parse(const struct sim_watch *watch, const struct rte_mbuf *mbuf, struct seen *seen,
		  const char **wrong);
static unsigned int side_of(const struct sim_watch *watch, const struct wire_tcp *header);
static void describe(struct sim_watch *watch, const struct sim_watch_side *from,
		     const struct sim_watch_side *to, const struct seen *seen);
static const char *check(struct sim_watch_side *from, struct sim_watch_side *to, struct seen *seen);
static void begin(struct sim_watch_side *from, struct sim_watch_side *to, const struct seen *seen);
static const char *check_ack(struct sim_watch_side *from, const struct sim_watch_side *to,
			     const struct seen *seen);
static bool came_twice(const struct sim_watch_side *to, const struct seen *seen);
static const char *check_sack(const struct sim_watch_side *to, const struct seen *seen);
static const char *check_window(struct sim_watch_side *from, const struct seen *seen);
static const char *check_data(struct sim_watch_side *from, const struct sim_watch_side *to,
			      const struct seen *seen);
static const char *check_timestamps(struct sim_watch_side *from, const struct sim_watch_side *to,
				    const struct wire_tcp_options *options);

void
sim_watch_init(struct sim_watch *watch, uint16_t first_port, uint16_t mtu)
{
	memset(watch, 0, sizeof(*watch));
	watch->first_port = first_port;
	watch->mtu = mtu;
}

void
sim_watch_frame(void *arg, unsigned int end, const struct rte_mbuf *mbuf)
{
	struct sim_watch *watch = arg;
	const char *wrong;
	unsigned int index = 0;

	if (watch->wrong != NULL)
		return;
	wrong = look(watch, end, mbuf, &index);
	if (wrong == NULL)
		return;
	watch->wrong = wrong;
	watch->wrong_conn = index;
	watch->wrong_end = end;
}

void
sim_watch_answer(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf)
{
	struct seen seen = {0};
	const char *wrong;

	if (watch->wrong != NULL || !parse(watch, mbuf, &seen, &wrong))
		return;
	if (seen.header.flags & WIRE_TCP_RST)
		watch->wrong = "answered a reset with a reset";
	else if (seen.len > 0 || seen.header.flags != WIRE_TCP_ACK)
		watch->wrong = "answered a reset with more than an ACK";
	watch->wrong_conn = side_of(watch, &seen.header) / 2;
	watch->wrong_end = end;
	if (watch->wrong != NULL)
		snprintf(watch->segment, sizeof(watch->segment), "flags %02x len %u",
			 seen.header.flags, seen.len);
}

static const char *
look(struct sim_watch *watch, unsigned int end, const struct rte_mbuf *mbuf, unsigned int *index)
{
	struct sim_watch_side *sides;
	struct seen seen = {0};
	const char *wrong = NULL;
	unsigned int side;

	if (looks_for_neighbour(mbuf))
		note_asked(watch, end);
	if (!parse(watch, mbuf, &seen, &wrong))
		return wrong;
	side = side_of(watch, &seen.header);
	if (side >= 2 * SIM_WATCH_CONNS_MAX)
		return "sent a segment of a connection that nobody opened";
	*index = side / 2;
	sides = watch->conns[*index];
	side %= 2;
	sides[side].end = end;
	wrong = check(&sides[side], &sides[1 - side], &seen);
	if (wrong != NULL)
		describe(watch, &sides[side], &sides[1 - side], &seen);
	return wrong;
}

/* To everybody, or to a group, and about an address that is not the sender's own: what announces or
 * tries one's own address, or tells of groups, keeps nothing waiting. */
static bool
looks_for_neighbour(const struct rte_mbuf *mbuf)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	const uint8_t *packet = frame + WIRE_ETHER_HEADER_BYTES;
	uint32_t bytes = mbuf->data_len - WIRE_ETHER_HEADER_BYTES;
	struct wire_ether ether;
	struct wire_ipv6 ipv6;
	struct wire_arp arp;

	if (!(frame[0] & RTE_ETHER_GROUP_ADDR) || !wire_ether_parse(frame, mbuf->data_len, &ether))
		return false;
	if (ether.type == RTE_ETHER_TYPE_ARP)
		return wire_arp_parse(packet, bytes, &arp) == WIRE_ARP_OK &&
		       arp.operation == WIRE_ARP_REQUEST && arp.sender_addr != 0 &&
		       arp.sender_addr != arp.target_addr;
	return ether.type == RTE_ETHER_TYPE_IPV6 &&
	       wire_ipv6_parse(packet, bytes, mbuf->pkt_len - WIRE_ETHER_HEADER_BYTES, &ipv6) ==
		       WIRE_IPV6_OK &&
	       bytes > WIRE_IPV6_HEADER_BYTES && ipv6.next_header == IPPROTO_ICMPV6 &&
	       !tr_addr_is_none(&ipv6.src) &&
	       packet[WIRE_IPV6_HEADER_BYTES] == WIRE_ICMP6_NEIGHBOUR_SOLICITATION;
}

/* RFC 1122 section 2.3.2.2: of the packets that wait for a neighbour the latest may be all. */
static void
note_asked(struct sim_watch *watch, unsigned int end)
{
	unsigned int i, side;

	for (i = 0; i < SIM_WATCH_CONNS_MAX; i++)
		for (side = 0; side < 2; side++)
			if (!watch->conns[i][side].known || watch->conns[i][side].end == end)
				watch->conns[i][side].asked = true;
}

/* False: it is no segment, or a packet that is wrong. */
static bool
parse(const struct sim_watch *watch, const struct rte_mbuf *mbuf, struct seen *seen,
      const char **wrong)
{
	const uint8_t *data = rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, RTE_ETHER_HDR_LEN);
	uint32_t bytes = mbuf->data_len - RTE_ETHER_HDR_LEN, header_bytes, total_bytes;
	uint32_t packet_bytes = mbuf->pkt_len - RTE_ETHER_HDR_LEN;
	struct rte_ether_hdr ether;
	struct wire_ipv4 ipv4 = {0};
	struct wire_ipv6 ipv6 = {0};
	bool is_tcp;

	/* Nothing is aligned here: payload decides where headers begin. */
	memcpy(&ether, rte_pktmbuf_mtod(mbuf, const void *), sizeof(ether));
	*wrong = "sent an IP header that is wrong";
	if (ether.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)) {
		if (wire_ipv4_parse(data, bytes, packet_bytes, 1, &ipv4) != WIRE_IPV4_OK)
			return false;
		header_bytes = ipv4.header_bytes;
		total_bytes = ipv4.total_bytes;
		is_tcp = ipv4.protocol == IPPROTO_TCP;
	} else if (ether.ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6)) {
		if (wire_ipv6_parse(data, bytes, packet_bytes, &ipv6) != WIRE_IPV6_OK)
			return false;
		header_bytes = WIRE_IPV6_HEADER_BYTES;
		total_bytes = WIRE_IPV6_HEADER_BYTES + ipv6.payload_bytes;
		is_tcp = ipv6.next_header == IPPROTO_TCP;
	} else {
		*wrong = NULL;
		return false;
	}
	*wrong = total_bytes > watch->mtu ? "sent a packet larger than the MTU" : NULL;
	if (*wrong != NULL || !is_tcp)
		return false;
	if (wire_tcp_parse(data + header_bytes, bytes - header_bytes, &seen->header) !=
	    WIRE_TCP_OK) {
		*wrong = "sent a TCP header that is wrong";
		return false;
	}
	seen->len = total_bytes - header_bytes - seen->header.header_bytes;
	return true;
}

/* Twice the connection's number, and one more from its server; or more than there are. */
static unsigned int
side_of(const struct sim_watch *watch, const struct wire_tcp *header)
{
	uint16_t from = rte_be_to_cpu_16(header->src_port) - watch->first_port;
	uint16_t to = rte_be_to_cpu_16(header->dst_port) - watch->first_port;

	if (from < SIM_WATCH_CONNS_MAX)
		return 2 * from;
	return to < SIM_WATCH_CONNS_MAX ? 2 * to + 1 : UINT16_MAX;
}

/* Numbers relative to the SYNs. */
static void
describe(struct sim_watch *watch, const struct sim_watch_side *from,
	 const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp *header = &seen->header;

	snprintf(watch->segment, sizeof(watch->segment),
		 "flags %02x seq %u len %u ack %u edge %u; had sent to %u, edge %u; "
		 "peer had sent to %u, edge %u",
		 header->flags, header->seq - from->iss, seen->len, header->ack - to->iss,
		 seen->edge - to->iss, from->seq_max - from->iss, from->edge - to->iss,
		 to->seq_max - to->iss, to->edge - from->iss);
}

static const char *
check(struct sim_watch_side *from, struct sim_watch_side *to, struct seen *seen)
{
	const struct wire_tcp *header = &seen->header;
	const char *wrong = NULL;

	/* Whatever number a reset has, its receiver judges. */
	if (header->flags & WIRE_TCP_RST)
		return seen->len > 0 ? "sent data with a reset" : NULL;
	if (header->flags & WIRE_TCP_SYN && (!from->known || header->seq != from->iss))
		begin(from, to, seen);
	/* Its SYN may have waited for a neighbour, too. */
	if (!from->known)
		return from->asked ? NULL : "sent before its SYN";
	seen->end_seq = header->seq + seen->len + !!(header->flags & WIRE_TCP_SYN) +
			!!(header->flags & WIRE_TCP_FIN);
	seen->edge = header->ack +
		     ((uint32_t)header->window << (header->flags & WIRE_TCP_SYN ? 0 : from->scale));
	if (header->flags & WIRE_TCP_ACK)
		wrong = check_ack(from, to, seen);
	else if (!(header->flags & WIRE_TCP_SYN))
		wrong = "sent neither ACK nor SYN";
	if (wrong == NULL)
		wrong = check_data(from, to, seen);
	if (wrong == NULL)
		wrong = check_timestamps(from, to, &header->options);
	return wrong;
}

/* A first SYN, or one of a connection after another on the same ports. */
static void
begin(struct sim_watch_side *from, struct sim_watch_side *to, const struct seen *seen)
{
	bool again = from->known;

	*from = (struct sim_watch_side){
		.known = true,
		.strict = !again,
		.end = from->end,
		.iss = seen->header.seq,
		.seq_max = seen->header.seq,
		.scale = seen->header.options.window_scale,
		.timestamps = seen->header.options.has_timestamps,
		.ts_value = seen->header.options.ts_value,
	};
	if (again) {
		to->strict = false;
		to->offered = false;
	}
}

static const char *
check_ack(struct sim_watch_side *from, const struct sim_watch_side *to, const struct seen *seen)
{
	uint32_t ack = seen->header.ack;

	if (!to->known)
		return "acknowledged a connection that the other end does not have";
	if (!from->strict) {
		if (tcp_seq_le(ack, to->iss) || tcp_seq_gt(ack, to->seq_max))
			return NULL;
		from->strict = true;
	}
	if (tcp_seq_gt(ack, to->seq_max))
		return "acknowledged what was not sent";
	if (tcp_seq_le(ack, to->iss))
		return "acknowledged what was before the SYN";
	if (from->offered && tcp_seq_gt(ack, from->edge + 1))
		return "acknowledged what it had not offered to take";
	if (from->offered && tcp_seq_lt(ack, from->ack))
		return "took back an acknowledgment";
	from->ack = ack;
	if (check_sack(to, seen) != NULL)
		return check_sack(to, seen);
	return check_window(from, seen);
}

/*
 * RFC 2018 section 3: blocks are what was sent, and lie beyond a gap; but the first may be what
 * came twice (RFC 2883 section 4).
 */
static const char *
check_sack(const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp_options *options = &seen->header.options;
	unsigned int i;

	for (i = came_twice(to, seen); i < options->nb_sack; i++) {
		if (tcp_seq_le(options->sack[i].left, seen->header.ack) ||
		    tcp_seq_ge(options->sack[i].left, options->sack[i].right))
			return "sent a SACK block that is none";
		if (tcp_seq_gt(options->sack[i].right, to->seq_max))
			return "sent a SACK block of what was not sent";
	}
	return NULL;
}

/* It is acknowledged, or lies in the second. */
static bool
came_twice(const struct sim_watch_side *to, const struct seen *seen)
{
	const struct wire_tcp_options *options = &seen->header.options;
	uint32_t left = options->sack[0].left;
	uint32_t right = options->sack[0].right;

	if (options->nb_sack == 0 || tcp_seq_ge(left, right) || tcp_seq_le(left, to->iss))
		return false;
	if (tcp_seq_le(right, seen->header.ack))
		return true;
	return options->nb_sack > 1 && tcp_seq_ge(left, options->sack[1].left) &&
	       tcp_seq_le(right, options->sack[1].right);
}

/* RFC 9293 section 3.8.6: it never shrinks, but for what a scaled field cannot say (RFC 7323). */
static const char *
check_window(struct sim_watch_side *from, const struct seen *seen)
{
	uint32_t unsaid = (UINT32_C(1) << from->scale) - 1;

	/* Nor can a field that is full say more: the window of a SYN is not scaled. */
	if (from->offered && tcp_seq_lt(seen->edge + unsaid, from->edge) &&
	    seen->header.window != UINT16_MAX)
		return "took back what its window had offered";
	from->edge = from->offered ? tcp_seq_max(from->edge, seen->edge) : seen->edge;
	from->offered = true;
	return NULL;
}

/* One byte may lie beyond the window, as a probe (RFC 9293 section 3.8.6.1). */
static const char *
check_data(struct sim_watch_side *from, const struct sim_watch_side *to, const struct seen *seen)
{
	bool fin = seen->header.flags & WIRE_TCP_FIN;

	if (tcp_seq_gt(seen->header.seq, from->seq_max) && !from->asked)
		return "left a gap";
	if (tcp_seq_gt(seen->header.seq, from->seq_max))
		from->asked = false;
	if (seen->end_seq != seen->header.seq && from->strict && to->strict && to->offered &&
	    tcp_seq_gt(seen->end_seq, to->edge + 1))
		return "sent more than the window takes";
	if (from->fin && tcp_seq_gt(seen->end_seq, from->fin_seq + 1))
		return "sent after its FIN";
	if (fin && from->fin && from->fin_seq != seen->end_seq - 1)
		return "sent a FIN somewhere else";
	if (fin) {
		from->fin = true;
		from->fin_seq = seen->end_seq - 1;
	}
	from->seq_max = tcp_seq_max(from->seq_max, seen->end_seq);
	return NULL;
}

/* RFC 7323 section 3.2: on all or none; and what is echoed was sent. */
static const char *
check_timestamps(struct sim_watch_side *from, const struct sim_watch_side *to,
		 const struct wire_tcp_options *options)
{
	if (!from->timestamps)
		return options->has_timestamps ? "sent timestamps unasked" : NULL;
	if (!options->has_timestamps)
		return "left out its timestamp";
	if (tcp_seq_lt(options->ts_value, from->ts_value))
		return "went back in time";
	from->ts_value = options->ts_value;
	if (to->known && to->strict && from->strict && options->ts_echo != 0 &&
	    tcp_seq_gt(options->ts_echo, to->ts_value))
		return "echoed a timestamp that was not sent";
	return NULL;
}
